// What changes a value that is there: it is read, changed here, and stored if the old one still stands there.
#include "backends/mongodb/driver.h"
#include "core/clock.h"
#include "core/edit.h"

namespace cachetted::mongodb {

// The TTL stays the document's own unless the request names another.
void Driver::edit_value(Request& r) {
  if (!check_key(r, r.key) || !needs_index(r)) return;
  for (int i = 0; may_try(i); ++i) {
    Found old;
    if (!find(r, r.key, old)) return;
    if (r.has(kIfPresent) && !old) return finish(r, Status::not_stored);
    const bool made_anyway = !old && r.op == Op::add_unsigned;  // or a miss, whatever the cas
    if (r.has(kIfUnchanged) && !made_anyway && (!old || token_of(old.view(), old.flags) != r.cas))
      return finish(r, old ? Status::changed : Status::miss);
    std::string made;
    if (!edit(r, static_cast<bool>(old), old.view(), made)) return;
    const bool touched = old && r.has(kTouch);
    const int64_t expiry = !old ? r.expiry : touched ? r.expiry2 : old.expiry;
    if (!check_size(r, r.key, made.size() + (old ? old.view().size() : 0))) return;
    bool done = false;
    if (!old) {
      if (!insert(r, r.key, made, expiry, r.flags, done)) return;
    } else {
      Bson update;
      touched ? set_all(update, made, expiry, old.flags) : set_value(update, made);
      if (!replace(r, r.key, old, update, done)) return;
    }
    if (!done) continue;
    if (r.op == Op::add_float) r.reply.text = arena_->copy(made);
    // A counter tells the expiry as it was before.
    const int64_t told = old ? old.expiry : (r.wants & kWantNewExpiry) != 0 ? expiry : kNever;
    stored(r, made, r.op == Op::add_unsigned ? told : expiry, old ? old.flags : r.flags);
    return;
  }
  fail_busy(r);
}

}  // namespace cachetted::mongodb

// What changes a part of a value that the store has in another form than its client: it is read, changed in the
// client's form, and stored if nobody was faster, else again. The steps are requests of the pipeline's own, in the
// session's place; what the session asks behind them waits. Also how EXPLAIN looks at a value first.
#include <uv.h>

#include "core/clock.h"
#include "core/edit.h"
#include "pipeline/pipeline.h"

namespace cachetted {
namespace {

using Stage = Conversion::Stage;

std::string place_of(const Request& r) {
  std::string place(reinterpret_cast<const char*>(&r.db), sizeof r.db);
  return place += r.key;
}

void answered(Request& r, Status status, std::string_view text = {}) {
  r.conversion->stage = Stage::done;
  r.reply.status = status;
  r.reply.text = text;
}

bool unchanged(Request& r, bool found, uint64_t cas) {
  if (r.has(kIfPresent) && !found) return answered(r, Status::not_stored), false;
  const bool made_anyway = !found && r.op == Op::add_unsigned;  // or a miss, whatever the cas
  if (!r.has(kIfUnchanged) || made_anyway || (found && cas == r.cas)) return true;
  return answered(r, found ? Status::changed : Status::miss), false;
}

// A number is counted as its digits, whatever the client's form.
codecs::Form form_of(const Request& r) {
  const codecs::Form form = r.conversion->by->form(*r.owner);
  const bool counts = r.op == Op::add_integer || r.op == Op::add_unsigned || r.op == Op::add_float;
  return counts && form == codecs::Form::msgpack ? codecs::Form::json_plain : form;
}

// What a step read, as the client sees it. False, with why; on the loop also where there is not the room.
bool show_read(Request& r, size_t room) {
  Conversion& c = *r.conversion;
  c.shown.clear();
  if (c.step->reply.status != Status::ok) return true;
  return c.by->decode(c.step->reply.value.view(), form_of(r), room, c.shown, c.why, c.spent);
}

// From what the step read to what is to be stored, in c.sent, or to an answer. Any thread.
void compute(Request& r, bool readable) {
  Conversion& c = *r.conversion;
  const Reply& read = c.step->reply;
  const bool found = read.status == Status::ok;
  c.sent.clear();
  if (!readable) return answered(r, Status::undecodable, c.why);
  std::string made;
  if (!edit(r, found, c.shown, made)) {
    c.stage = Stage::done;
    return;
  }
  if (!c.by->encode(made, form_of(r), c.sent, c.why, c.spent) || !fits(c, *c.by, c.sent.size()))
    return answered(r, Status::unencodable, c.why);
  c.in_place = found && r.op == Op::add_unsigned && made.size() == c.shown.size();
  c.shown = std::move(made);
  c.stage = Stage::writing;
}

// Whether the client can be shown a value, for EXPLAIN; and what table it is. Any thread.
void look(Request& r, bool readable) {
  Conversion& c = *r.conversion;
  const Reply& read = c.step->reply;
  const std::string_view stored = read.value.view();
  const Opened opened = looks_packed(stored) ? open_envelope(stored) : Opened{stored};
  const codecs::Codec* by = opened.codec == CodecId::vanilla ? c.by->codec : codecs::find_codec(opened.codec);
  c.words = {by == nullptr ? "vanilla" : by->name, codecs::name_of(opened.compression),
             readable ? std::string_view("yes") : c.why};
  c.sent.clear();
  std::string().swap(c.shown);
  if (by == nullptr || !by->table || read.status != Status::ok) return;
  std::string why;
  if (!c.by->describe_table(stored, c.sent, why)) {
    if (!readable) return;  // it says why already
    c.why = std::move(why);
    c.words[2] = c.why;
    return;
  }
  for (std::string_view rest = c.sent; !rest.empty();) {
    const size_t tab = rest.find('\t'), end = rest.find('\n');
    c.words.push_back(rest.substr(0, tab));
    c.words.push_back(rest.substr(tab + 1, end - tab - 1));
    rest.remove_prefix(end + 1);
  }
}

void work_beside(Request& r) {
  const bool readable = show_read(r, kRoom);
  r.conversion->stage == Stage::looking ? look(r, readable) : compute(r, readable);
}

// SETRANGE and SETBIT may make a large value of a small one.
bool is_large(const Request& r, const Request& step) {
  uint64_t bytes = step.reply.value.size + r.value.size();
  if (r.op == Op::set_range) bytes += static_cast<uint64_t>(r.number);
  if (r.op == Op::set_bit) bytes += static_cast<uint64_t>(r.number) / 8;
  return bytes > kInline;
}

}  // namespace

// Of one loop those that change the same key go one after the other: side by side one of two would lose every time.
Pipeline::Forward Pipeline::begin_steps(Request& r) {
  keep_asked(r);
  if (r.conversion->stage == Stage::reading) {
    auto [last, first] = edited_.try_emplace(place_of(r), &r);
    if (!first) {
      std::exchange(last->second, &r)->conversion->behind = &r;
      return Forward::later;
    }
  }
  read_step(r);
  return Forward::later;
}

// Whoever waits for this one's key is next, unless it has waited as long as it may.
void Pipeline::give_turn(const Request& r) {
  const auto patience = static_cast<uint64_t>(rules_->config->timeouts.request_ms) * 1'000'000;
  Request* next = r.conversion->behind;
  while (next != nullptr && steady_ns() - next->started >= patience) {
    Request* const late = std::exchange(next, next->conversion->behind);
    answered(*late, Status::unavailable, "others that change the key are not done (timeouts.request)");
    feed_.resume(*late);
  }
  if (next != nullptr) return read_step(*next);
  edited_.erase(place_of(r));
}

void Pipeline::read_step(Request& r) {
  Conversion& c = *r.conversion;
  c.step = feed_.borrow_step(r);
  c.step->op = Op::get;
  c.step->unnoticed = true;
  if (c.stage != Stage::looking) c.step->wants = kWantCas | kWantFlags | (r.wants & kWantExpiry);
  feed_.submit_step(*c.step);
}

void Pipeline::stepped(Request& step) {
  Request& r = *step.asked;
  Conversion& c = *r.conversion;
  if (c.stage == Stage::writing) return written(r, step);
  const Reply& read = step.reply;
  if (is_error(read.status) && c.stage == Stage::reading) {
    c.why = read.text;
    answered(r, read.status, c.why);
    return answer(r);
  }
  const bool found = read.status == Status::ok;
  if (c.stage == Stage::reading && !unchanged(r, found, read.value.cas)) return answer(r);
  if (is_large(r, step) || c.by->keeps_tables() || !show_read(r, kInlineRoom)) {
    c.spent.clear();
    c.why.clear();
    if (step.reply.kept == nullptr) keep_reply(step);
    return send_away(r, work_beside, &Pipeline::computed);
  }
  c.stage == Stage::looking ? look(r, true) : compute(r, true);
  computed(r);
}

void Pipeline::computed(Request& r) {
  Conversion& c = *r.conversion;
  count(r);
  if (c.stage == Stage::writing) return write_step(r);
  if (c.stage == Stage::done) return answer(r);
  feed_.return_step(*std::exchange(c.step, nullptr));  // looked at: now what was asked
  feed_.resume(r);
}

void Pipeline::write_step(Request& r) {
  Conversion& c = *r.conversion;
  Request& read = *c.step;
  Request& step = *feed_.borrow_step(r);
  const bool found = read.reply.status == Status::ok, touched = found && r.has(kTouch);
  step.op = Op::set;
  step.value = c.sent;
  step.options = found ? kIfUnchanged | (touched ? 0u : uint32_t{kKeepTtl}) : uint32_t{kIfAbsent};
  step.options |= r.options & kGiveCas;
  step.new_cas = r.new_cas;
  step.cas = read.reply.value.cas;
  step.same_item = c.in_place;
  step.flags = found ? read.reply.value.flags : r.flags;
  step.expiry = touched ? r.expiry2 : r.expiry;
  step.wants = r.wants & (kWantCas | kWantExpiry);
  c.old_expiry = found ? read.reply.expiry : kNever;
  c.found = found;
  feed_.return_step(read);
  c.step = &step;
  feed_.submit_step(step);
}

void Pipeline::written(Request& r, Request& step) {
  Conversion& c = *r.conversion;
  Reply& a = r.reply;
  const Reply& did = step.reply;
  const int64_t number = a.number;
  if (did.status == Status::changed || did.status == Status::not_stored || did.status == Status::miss) {
    a = Reply{};
    const auto patience = static_cast<uint64_t>(rules_->config->timeouts.request_ms) * 1'000'000;
    if (host_.clock().steady - r.started < patience) {
      c.stage = Stage::reading;
      feed_.return_step(step);
      return read_step(r);
    }
    answered(r, Status::unavailable, "others change the key again and again (timeouts.request)");
    return answer(r);
  }
  c.why = did.text;
  answered(r, did.status, c.why);
  if (did.status == Status::ok) {
    a.number = number;
    a.value.cas = did.value.cas;
    a.value.size = static_cast<uint32_t>(c.shown.size());
    if (r.op == Op::add_unsigned && !c.found) a.value.marks = kMade;
    // A counter tells the expiry as it was before.
    a.expiry = c.found && (r.op == Op::add_unsigned || step.has(kKeepTtl)) ? c.old_expiry : step.expiry;
    if (r.op == Op::add_float) a.text = c.shown;
  }
  answer(r);
}

void Pipeline::answer(Request& r) {
  give_turn(r);
  if (Request* step = std::exchange(r.conversion->step, nullptr)) feed_.return_step(*step);
  feed_.resume(r);
}

}  // namespace cachetted

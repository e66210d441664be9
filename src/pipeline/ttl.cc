// The TTL policy (docs/architecture.md, "Time to live"). A write that names no TTL gets `default`, jittered, and never
// more than `max`; a positive TTL outside min..max is clamped and counted, or refused; one that has passed is none of
// the policy's business.
#include <algorithm>
#include <string>

#include "pipeline/pipeline.h"

namespace cachetted {

int64_t Pipeline::default_expiry(const config::Ttl& ttl) {
  int64_t ms = ttl.default_ms;
  if (ms == 0 && ttl.max_ms == 0) return kNever;
  if (ms == 0 || (ttl.max_ms != 0 && ms > ttl.max_ms)) ms = ttl.max_ms;
  if (ttl.jitter > 0) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    double part = static_cast<double>(random_ >> 11) / static_cast<double>(uint64_t{1} << 53);
    int64_t least = std::max<int64_t>(ttl.min_ms, 1);
    ms = std::max(least, ms - static_cast<int64_t>(static_cast<double>(ms) * ttl.jitter / 100 * part));
  }
  return host_.clock().now_ms + ms;
}

// Puts a named expiry inside the bounds; false when the policy refuses it.
bool Pipeline::bound_expiry(Request& r, const config::Ttl& ttl, int64_t& expiry) {
  int64_t left = expiry - host_.clock().now_ms;
  if (left <= 0) return true;
  bool low = ttl.min_ms != 0 && left < ttl.min_ms, high = ttl.max_ms != 0 && left > ttl.max_ms;
  if (!low && !high) [[likely]]
    return true;
  int64_t bound = low ? ttl.min_ms : ttl.max_ms;
  if (ttl.on_violation == config::Ttl::OnViolation::reject) {
    cells_.add(metrics::metric::ttl_rejected());
    r.reply.status = Status::ttl_rejected;
    r.reply.text = host_.arena().copy("a TTL of " + std::to_string(left) + " ms is " +
                                      (low ? "under ttl.min (" : "over ttl.max (") + std::to_string(bound) + " ms)");
    return false;
  }
  cells_.add(metrics::metric::ttl_clamped(low ? metrics::TtlBound::min : metrics::TtlBound::max));
  expiry = host_.clock().now_ms + bound;
  return true;
}

// MSET: each key may have a policy, or a jitter, of its own.
bool Pipeline::default_each(Request& r) {
  if (rules_->config->ttl.default_ms != 0 || rules_->config->ttl.max_ms != 0)
    cells_.add(metrics::metric::ttl_defaulted());
  if (rules_->routes.empty() && rules_->config->ttl.jitter == 0) {
    r.expiry = default_expiry(rules_->config->ttl);
    return true;
  }
  size_t pairs = r.args.size() / 2;
  auto* expiries = host_.arena().array<int64_t>(pairs);
  for (size_t i = 0; i < pairs; ++i) expiries[i] = default_expiry(policy(r.args[i * 2]));
  r.expiries = expiries;
  return true;
}

// Where no TTL was named, the default, which may be none.
bool Pipeline::bound_or_default(Request& r, const config::Ttl& ttl, int64_t& expiry) {
  if (expiry != kNever) return bound_expiry(r, ttl, expiry);
  expiry = default_expiry(ttl);
  if (expiry != kNever) cells_.add(metrics::metric::ttl_defaulted());
  return true;
}

// gat: each key may have a policy of its own.
bool Pipeline::touch_each(Request& r) {
  if (rules_->routes.empty()) return bound_or_default(r, rules_->config->ttl, r.expiry);
  auto* expiries = host_.arena().array<int64_t>(r.args.size());
  bool defaulted = false;
  for (size_t i = 0; i < r.args.size(); ++i) {
    const config::Ttl& ttl = policy(r.args[i]);
    expiries[i] = r.expiry == kNever ? default_expiry(ttl) : r.expiry;
    if (r.expiry != kNever && !bound_expiry(r, ttl, expiries[i])) return false;
    defaulted |= r.expiry == kNever && expiries[i] != kNever;
  }
  if (defaulted) cells_.add(metrics::metric::ttl_defaulted());
  r.expiries = expiries;
  return true;
}

// What cachetted does not understand: which of its keys it makes, the store will tell.
void Pipeline::default_made(Request& r) {
  auto* expiries = host_.arena().array<int64_t>(r.args.size());
  std::fill_n(expiries, r.args.size(), kNever);
  for (int64_t i = r.number; i <= r.number2; i += static_cast<int64_t>(r.cas)) {
    auto at = static_cast<size_t>(i);
    expiries[at] = default_expiry(policy(r.args[at]));
  }
  r.expiries = expiries;
}

bool Pipeline::apply_ttl(Request& r) {
  switch (r.op) {
    case Op::set:
    case Op::append:
    case Op::add_integer:
    case Op::add_unsigned:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit: {
      const config::Ttl& ttl = policy(r.key);
      if (r.op == Op::add_unsigned && r.has(kTouch) && !bound_or_default(r, ttl, r.expiry2)) return false;
      if (r.expiry != kNever) return bound_expiry(r, ttl, r.expiry);
      r.expiry = default_expiry(ttl);
      // Whether an operation that keeps the TTL creates its key is not known here: those are not counted.
      if (r.expiry != kNever && r.op == Op::set && !r.has(kKeepTtl)) cells_.add(metrics::metric::ttl_defaulted());
      return true;
    }
    case Op::rename:
    case Op::copy:
    case Op::move: {  // a key keeps its expiry, but not beyond what its new name allows
      const config::Ttl& ttl = policy(r.op == Op::move ? r.key : r.value);
      if (ttl.max_ms != 0) r.expiry = host_.clock().now_ms + ttl.max_ms;
      return true;
    }
    case Op::set_many: return default_each(r);
    case Op::get:
    case Op::expire: {
      const config::Ttl& ttl = policy(r.key);
      if (r.has(kPersist)) {
        if (ttl.max_ms == 0) return true;
        // No key outlives ttl.max: it gets that instead.
        r.options = (r.options & ~uint32_t{kPersist}) | kTouch;
        r.expiry = host_.clock().now_ms + ttl.max_ms;
        cells_.add(metrics::metric::ttl_clamped(metrics::TtlBound::max));
        return true;
      }
      if (r.has(kVivify) && !bound_or_default(r, ttl, r.expiry2)) return false;
      if (r.op == Op::get && !r.has(kTouch)) return true;
      if (!bound_or_default(r, ttl, r.expiry)) return false;
      if (r.expiry == kNever) r.options |= kPersist;
      return true;
    }
    case Op::raw:
      if (rules_->config->passthrough_ttl == config::PassthroughTtl::by_default && r.cas != 0) default_made(r);
      return true;
    case Op::get_many: return !r.has(kTouch) || touch_each(r);
    case Op::invalidate: return (!r.has(kTouch) && !r.has(kClear)) || bound_or_default(r, policy(r.key), r.expiry);
    case Op::inspect:
      r.value = "(none)";
      if (std::string_view prefix = rule(r.key).prefix; !prefix.empty()) r.value = prefix;
      return true;
    case Op::local:
    case Op::length:
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::common:
    case Op::remove:
    case Op::exists:
    case Op::type:
    case Op::expiry:
    case Op::random_key:
    case Op::keys:
    case Op::scan:
    case Op::count:
    case Op::flush:
    case Op::swap:
    case Op::flush_expired:
    case Op::clear:
    case Op::watch:
    case Op::group: return true;
  }
  return true;
}

namespace {

std::string duration_text(int64_t ms) {
  if (ms % 1000 != 0) return std::to_string(ms) + " ms";
  int64_t s = ms / 1000;
  if (s >= 86400 && s % 86400 == 0) return std::to_string(s / 86400) + " d";
  if (s >= 3600 && s % 3600 == 0) return std::to_string(s / 3600) + " h";
  return std::to_string(s) + " s";
}

}  // namespace

std::string describe_policy(const config::Ttl& ttl) {
  std::string text = "a plain SET ";
  int64_t plain = ttl.default_ms;
  if (ttl.max_ms != 0 && (plain == 0 || plain > ttl.max_ms)) plain = ttl.max_ms;
  text += plain == 0 ? "never expires" : "expires after " + duration_text(plain);
  if (ttl.jitter > 0) text += ", up to " + std::to_string(static_cast<int>(ttl.jitter)) + "% sooner";
  if (ttl.min_ms == 0 && ttl.max_ms == 0) return text + "; any TTL that a client names is kept";
  text += "; a TTL";
  if (ttl.min_ms != 0) text += " under " + duration_text(ttl.min_ms);
  if (ttl.min_ms != 0 && ttl.max_ms != 0) text += " or";
  if (ttl.max_ms != 0) text += " over " + duration_text(ttl.max_ms);
  return text + (ttl.on_violation == config::Ttl::OnViolation::reject ? " is refused" : " is moved to that bound");
}

}  // namespace cachetted

// How a request ended, in words of no protocol. A protocol's compose turns each into its own text.
#pragma once
#include <cstdint>

namespace cachetted {

enum class Status : uint8_t {
  pending,     // not answered yet
  ok,          // done, or found
  miss,        // the key is not there
  not_stored,  // a condition (absent, present, expiry) did not hold
  changed,     // the cas token differs
  aborted,     // a watched key changed: nothing of the group ran
  // errors from here on; Reply::text may add a detail
  not_integer,    // the stored value, or the sum's operand, is no signed 64-bit decimal
  not_float,      // no decimal number
  overflow,       // the sum leaves the signed 64-bit range
  not_finite,     // the sum is NaN or infinite
  too_large,      // the new value is over limits.max_value
  out_of_memory,  // over limits.max_memory and nothing may be evicted
  no_such_key,    // RENAME of nothing
  same_key,       // COPY or MOVE onto itself
  out_of_range,   // a database or offset outside its bounds
  ttl_rejected,   // the TTL policy refuses; text names the bound
  unencodable,    // the value cannot be kept in the form that its key has; text says why
  undecodable,    // what the store has cannot be shown; text says why
  unsupported,    // this backend cannot; text says which
  unavailable,    // the store does not answer; text says why
  store_error,    // the store refuses; text is its own words
  invalid,        // the request itself is wrong; text is the whole message
};

inline bool is_error(Status s) { return s >= Status::not_integer; }

}  // namespace cachetted

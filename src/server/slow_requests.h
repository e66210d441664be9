// Notes in the slow log what took the store long; SLOWLOG GET shows it, whatever protocol asked.
#pragma once
#include <string_view>

#include "core/request.h"

namespace cachetted::server {

class Session;

void note_slow_request(Session& session, const Request& r, std::string_view extra, std::string_view name);

// To be called when the reply of r is out. `extra` is a word kept aside where r's own are gone, `name` the client's.
inline void note_slow(Session& session, const Request& r, std::string_view extra, std::string_view name) {
  if (r.reply.spent_us != 0) [[unlikely]]  // most are not even timed
    note_slow_request(session, r, extra, name);
}

}  // namespace cachetted::server

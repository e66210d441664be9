// Notes in the slow log what took the store long; SLOWLOG GET shows it, whatever protocol asked.
#pragma once
#include <string_view>

#include "core/request.h"

namespace cachetted::server {

class Session;

// To be called when the reply of r is out. `extra` is a word kept aside where r's own are gone, `name` the client's.
void note_slow(Session& session, const Request& r, std::string_view extra, std::string_view name);

}  // namespace cachetted::server

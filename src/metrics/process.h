// What the system tells about this process. Any thread.
#pragma once
#include <cstdint>

namespace cachetted::metrics {

// The resident size in bytes; 0 where the system does not tell.
uint64_t resident_bytes();

}  // namespace cachetted::metrics

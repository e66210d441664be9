// Idle connections: opened, proven to be served by one round trip each, then held until standard input ends.
#pragma once

#include "tests/bench/options.h"

namespace cachetted::bench {

// Prints {"mode":"idle","connections":N} once all are open. Throws std::runtime_error when one fails or was closed.
void hold_idle_connections(const Options& options);

}  // namespace cachetted::bench

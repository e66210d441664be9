// The load generator's entry point: one run, one line of JSON on standard output.
// Exit status: 0 all well, 1 the run failed or the server answered with errors, 2 wrong options.
#include <sys/prctl.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>

#include "tests/bench/idle.h"
#include "tests/bench/load.h"
#include "tests/bench/options.h"

using namespace cachetted::bench;

int main(int argc, char** argv) {
  Options options;
  try {
    bool help = false;
    options = parse_options(argc, argv, help);
    if (help) {
      std::fputs(help_text().c_str(), stdout);
      return 0;
    }
  } catch (const std::invalid_argument& fault) {
    std::fprintf(stderr, "loadgen: %s\n", fault.what());
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1);  // nanoseconds: sleeps of the open loop end when they should
  try {
    if (options.mode == Mode::idle) {
      hold_idle_connections(options);
      return 0;
    }
    auto load = std::make_unique<Load>(options);
    load->run();
    std::printf("%s\n", load->json().c_str());
    if (load->errors() == 0) return 0;
    std::fprintf(stderr, "loadgen: %llu error replies, the first: %s\n",
                 static_cast<unsigned long long>(load->errors()), load->first_error().c_str());
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "loadgen: %s\n", fault.what());
  }
  return 1;
}

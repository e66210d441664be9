// The daemon: arguments, configuration, start, wait. An ordered list and nothing else.
#include <unistd.h>  // environ

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "backends/registry.h"
#include "config/command_line.h"
#include "config/load.h"
#include "server/convert.h"
#include "server/daemon.h"
#include "server/documents.h"
#include "server/log.h"

namespace {

using namespace cachetted;

int leave(const config::Parsed& p) {
  std::cout << p.out;
  std::cerr << p.err;
  return *p.exit_status;
}

// Handled by Daemon::wait() in this thread alone; every other thread inherits the mask. A vanished client is an error
// of its write, not a signal.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no more is an error of its write, too
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "convert") return server::convert(argc - 1, argv + 1);
  config::Parsed parsed = config::parse_command_line(argc, argv);
  if (parsed.exit_status) return leave(parsed);
  const config::Arguments& arguments = parsed.arguments;
  if (!arguments.describe.empty()) return server::write_documents(arguments.describe);

  config::Sources sources = config::sources_of(arguments, environ);
  config::Loaded loaded = config::load(sources, available());
  config::Parsed answer = config::answer(arguments, loaded);
  if (answer.exit_status) return leave(answer);

  block_signals();
  const config::Log& l = loaded.config.log;
  log::start({static_cast<log::Level>(l.level), static_cast<log::Format>(l.format)});
  int status = 0;
  {
    // Under systemd the journal has the log line and `systemctl status` the summary.
    bool by_hand = std::getenv("NOTIFY_SOCKET") == nullptr && l.format == config::Log::Format::text;
    server::Daemon daemon(std::move(loaded), std::move(sources));
    if (std::string error = daemon.start(); !error.empty()) {
      log::error(error);
      status = 1;
    } else {
      if (by_hand) std::cout << daemon.summary() << "try      " << daemon.example() << "\n" << std::flush;
      log::info("ready", {{"resp", daemon.listeners_text(metrics::Protocol::resp)},
                          {"memcache", daemon.listeners_text(metrics::Protocol::memcache)},
                          {"ttl", daemon.policy_text()}});
      daemon.wait();
    }
  }
  log::stop();
  return status;
}

// serve.cpp — the server, until a signal ends it.
#include "config/descriptors.hpp"
#include "config/free_memory.hpp"
#include "config/log.hpp"
#include "gateway/banner.hpp"
#include "gateway/commands/command.hpp"
#include "gateway/server.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <pthread.h>

namespace latchkey::gateway::commands {
namespace {

/// The signals that end the server, blocked in every thread so that one can wait for them.
sigset_t block_end_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ends;
}

int serve(const chosen_command& chosen) {
  keep_large_blocks_apart();
  const auto ends = block_end_signals();
  auto configured = read_settings(chosen);
  if (!configured) return exit_usage;
  if (auto logging = log_start({configured->log_from, configured->log_file}); !logging)
    return complain(logging.error());
  use_all_descriptors();
  const free_memory_returner gives_memory_back;
  int code = 0;
  const auto shown = *configured;
  auto started = server::start(std::move(*configured));
  if (started) {
    auto& running = **started;
    std::cout << banner(shown, running) << std::flush;
    int signal = 0;
    sigwait(&ends, &signal);
    log_info("server", "draining");
    running.drain();
    log_info("server", "stopped");
  } else {
    code = complain(started.error());
  }
  log_stop();
  return code;
}

} // namespace

void add_serve(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand("serve", "Run the server until SIGTERM or Ctrl-C");
  choose(*command, chosen, [&chosen] { return serve(chosen); });
}

} // namespace latchkey::gateway::commands

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

/// The signals that the server waits for, blocked in every thread so that one can.
sigset_t block_awaited_signals() {
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int one : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&awaited, one);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  // SIGXFSZ: a file that may grow no further is an error like a full disk.
  for (const int one : {SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ})
    std::signal(one, SIG_IGN);
  return awaited;
}

/// What an operator asks for by SIGHUP: the log's file by its name again, and the certificate.
void reload(server& running) {
  if (auto reopened = log_reopen(); !reopened)
    log_error("server", "SIGHUP: the log stays as it is: ", reopened.error().reason);
  else
    log_info("server", "SIGHUP: the log goes on here");
  const auto reloaded = running.reload_certificate();
  if (!reloaded)
    log_error("server", "SIGHUP: the certificate stays as it is: ", reloaded.error().reason);
  else if (*reloaded)
    log_info("server", "SIGHUP: new connections get the certificate that TLS_CERT names now");
}

/// Until the server is to end. SIGHUP never ends it, not even when it comes because the terminal
/// has gone: a server that was started from a window goes on after it, and what it says there is
/// lost.
void await_end(const sigset_t& awaited, server& running) {
  for (int signal = 0; sigwait(&awaited, &signal) == 0 && signal == SIGHUP;)
    reload(running);
}

int serve(const chosen_command& chosen) {
  keep_large_blocks_apart();
  const auto awaited = block_awaited_signals();
  auto configured = read_settings_of_a_start(chosen);
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
    std::cout.clear(); // who cannot read it is served all the same
    await_end(awaited, running);
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

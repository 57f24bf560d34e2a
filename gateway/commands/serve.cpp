// serve.cpp — the server, until a signal ends it.
#include "config/descriptors.hpp"
#include "config/free_memory.hpp"
#include "config/log.hpp"
#include "gateway/banner.hpp"
#include "gateway/commands/command.hpp"
#include "gateway/server.hpp"
#include "gateway/service_manager.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <pthread.h>

namespace latchkey::gateway::commands {
namespace {

/// The signals that the server waits for, blocked in every thread so that one thread can wait.
sigset_t block_awaited_signals() {
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&awaited, signal);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  // SIGXFSZ: reaching the file size limit is an error like a full disk.
  for (const int signal : {SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ})
    std::signal(signal, SIG_IGN);
  return awaited;
}

/// Reopens the log file and reloads the certificate, as SIGHUP asks.
void reload(server& running) {
  if (auto reopened = log_reopen(); !reopened)
    log_error("server", "SIGHUP: LOG_FILE cannot be reopened, the open file stays in use: ",
              reopened.error().reason);
  else
    log_info("server", "SIGHUP: LOG_FILE was reopened");
  const auto reloaded = running.reload_certificate();
  if (!reloaded)
    log_error("server", "SIGHUP: the certificate cannot be replaced, the loaded one stays in use: ",
              reloaded.error().reason);
  else if (*reloaded)
    log_info("server", "SIGHUP: new connections use the certificate that TLS_CERT names now");
}

/// Waits until the server must end. SIGHUP never ends it, not even when it comes because the
/// terminal was closed: a server that was started from a terminal goes on, and its output there is
/// lost.
void await_end(const sigset_t& awaited, server& running) {
  for (int signal = 0; sigwait(&awaited, &signal) == 0 && signal == SIGHUP;)
    reload(running);
}

/// Serves on while load balancers find out that they should ask others; a second signal ends that.
void await_balancers(const sigset_t& awaited, server& running, std::chrono::seconds delay) {
  using clock = std::chrono::steady_clock;
  if (delay.count() == 0) return;
  log_info("server", "unready; draining begins in ", delay.count(), " s");
  const auto end = clock::now() + delay;
  for (auto left = end - clock::now(); left.count() > 0; left = end - clock::now()) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(left);
    const timespec wait{whole.count(), (left - whole).count()};
    const int signal = sigtimedwait(&awaited, nullptr, &wait);
    if (signal == SIGHUP)
      reload(running);
    else if (signal > 0)
      return;
  }
}

/// Whether one of those signals waits that `await_end` ends at.
bool is_told_to_end() {
  sigset_t waiting;
  sigpending(&waiting);
  return sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1;
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
  service_manager manager;
  manager.say_status("Starting");
  int code = 0;
  const auto shown = *configured;
  auto started = server::start(std::move(*configured), is_told_to_end);
  if (started) {
    auto& running = **started;
    std::cout << banner(shown, running) << std::flush;
    std::cout.clear(); // the server runs even if nobody can read this
    const auto watchdog = manager.keep_watchdog([&running] { return running.is_alive(); });
    manager.say_ready("Serving");
    await_end(awaited, running);
    manager.say_stopping("Stopping");
    running.announce_stop();
    await_balancers(awaited, running, std::chrono::seconds{shown.drain_delay_s});
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

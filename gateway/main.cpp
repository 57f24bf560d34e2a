// main.cpp — the command line. Everything else is behind `server`.

#include "config/log.hpp"
#include "config/settings.hpp"
#include "gateway/admin.hpp"
#include "gateway/banner.hpp"
#include "gateway/server.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <pthread.h>
#include <string>

namespace {

using namespace latchkey;

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

int complain(const failure& error) {
  std::cerr << "latchkey: "
            << (error.reason.empty() ? std::string{describe(error.code).message} : error.reason)
            << '\n';
  return exit_failure;
}

/// The settings, or every complaint about them on stderr.
std::optional<settings> read_settings(const std::optional<std::string>& file) {
  auto read = load_settings(process_sources(file));
  if (read) return std::move(*read);
  for (const auto& problem : read.error())
    std::cerr << "latchkey: " << problem << '\n';
  return std::nullopt;
}

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

int serve(const std::optional<std::string>& file) {
  const auto ends = block_end_signals();
  auto configured = read_settings(file);
  if (!configured) return exit_usage;
  if (auto logging = log_start({configured->log_from, configured->log_file}); !logging)
    return complain(logging.error());
  int code = 0;
  const auto shown = *configured;
  auto started = gateway::server::start(std::move(*configured));
  if (started) {
    auto& server = **started;
    std::cout << gateway::banner(shown, server) << std::flush;
    int signal = 0;
    sigwait(&ends, &signal);
    log_info("server", "draining");
    server.drain();
    log_info("server", "stopped");
  } else {
    code = complain(started.error());
  }
  log_stop();
  return code;
}

/// A log for as long as a command runs, so that the store's own words reach the terminal.
class command_log {
public:
  explicit command_log(const settings& configured)
      : started_(log_start({configured.log_from, configured.log_file})) {}
  ~command_log() { log_stop(); }
  command_log(const command_log&) = delete;
  command_log& operator=(const command_log&) = delete;
  const result<void>& started() const { return started_; }

private:
  result<void> started_;
};

int migrate(const std::optional<std::string>& file) {
  auto configured = read_settings(file);
  if (!configured) return exit_usage;
  const command_log log{*configured};
  if (!log.started()) return complain(log.started().error());
  std::cout << "store: " << describe_store(*configured) << std::endl;
  if (auto made = prepare_data_dir(*configured); !made) return complain(made.error());
  auto applied = gateway::open_configured_store(*configured)->migrate();
  if (!applied) return complain(applied.error());
  for (const auto& name : *applied)
    std::cout << "applied " << name << '\n';
  if (applied->empty()) std::cout << "the schema is up to date\n";
  return 0;
}

int create_admin(const std::optional<std::string>& file, gateway::new_admin admin,
                 bool password_from_stdin) {
  auto configured = read_settings(file);
  if (!configured) return exit_usage;
  const command_log log{*configured};
  if (!log.started()) return complain(log.started().error());
  std::cout << "store: " << describe_store(*configured) << std::endl;
  if (auto made = prepare_data_dir(*configured); !made) return complain(made.error());
  if (password_from_stdin) {
    std::string line;
    std::getline(std::cin, line);
    admin.password = secret{std::move(line)};
  } else {
    admin.password = gateway::generate_password();
  }
  auto store = gateway::open_configured_store(*configured);
  if (auto applied = store->migrate(); !applied) return complain(applied.error());
  auto created = gateway::create_admin(*store, *configured, admin);
  if (!created) {
    auto error = created.error();
    if (!error.field.empty()) error.reason = error.field + ": " + error.reason;
    return complain(error);
  }
  std::cout << "created " << admin.username << " (" << admin.email << ")\n";
  if (!password_from_stdin)
    std::cout << "password, shown once: " << admin.password.reveal() << '\n';
  return 0;
}

int check_config(const std::optional<std::string>& file) {
  auto configured = read_settings(file);
  if (!configured) return exit_usage;
  std::cout << describe(*configured);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"latchkey: register, sign in, stay signed in, sign out"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  std::optional<std::string> file;
  const auto takes_config = [&file](CLI::App* command) {
    command->add_option("--config", file, "JSON file of settings (environment comes first)")
        ->envname("LATCHKEY_CONFIG")
        ->check(CLI::ExistingFile);
  };

  auto* serving = app.add_subcommand("serve", "Run the server until SIGTERM or Ctrl-C");
  takes_config(serving);
  auto* migrating = app.add_subcommand("migrate", "Bring the database's schema up to date");
  takes_config(migrating);

  auto* admin = app.add_subcommand("admin", "Administrators");
  admin->require_subcommand(1);
  auto* creating = admin->add_subcommand("create", "Add an administrator to the store");
  takes_config(creating);
  gateway::new_admin wanted;
  bool password_from_stdin = false;
  creating->add_option("--username", wanted.username, "Name to sign in with")->required();
  creating->add_option("--email", wanted.email, "Email address")->required();
  creating->add_flag("--password-stdin", password_from_stdin,
                     "Read the password from the first line of standard input; without it "
                     "one is generated and printed");

  auto* config = app.add_subcommand("config", "Settings");
  config->require_subcommand(1);
  auto* checking =
      config->add_subcommand("check", "Print every setting with its origin, secrets masked");
  takes_config(checking);
  auto* version = app.add_subcommand("version", "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return code == 0 ? 0 : exit_usage;
  }
  if (*serving) return serve(file);
  if (*migrating) return migrate(file);
  if (*creating) return create_admin(file, std::move(wanted), password_from_stdin);
  if (*checking) return check_config(file);
  if (*version) std::cout << "latchkey " << LATCHKEY_VERSION << '\n';
  return 0;
}

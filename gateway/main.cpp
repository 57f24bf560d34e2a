// main.cpp — the command line; what each command does stands in commands/.

#include "config/descriptors.hpp"
#include "gateway/commands/backup.hpp"
#include "gateway/commands/command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

namespace {

/// A command whose words nobody could read (a disk that is full, say) has failed: they may be a
/// password that is shown once.
int code_when_written(int code) {
  if (std::cout.flush().good()) return code;
  std::cerr << "latchkey: the output could not be written\n";
  return code == 0 ? latchkey::gateway::commands::exit_failure : code;
}

} // namespace

int main(int argc, char** argv) {
  using namespace latchkey::gateway::commands;
  latchkey::open_standard_descriptors();
  CLI::App app{"latchkey: register, sign in, stay signed in, sign out"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string{"latchkey "} + LATCHKEY_VERSION);
  app.set_help_all_flag("--help-all", "Help of every command");
  chosen_command chosen;
  add_serve(app, chosen);
  add_migrate(app, chosen);
  add_admin(app, chosen);
  add_service_key(app, chosen);
  add_users(app, chosen);
  add_audit(app, chosen);
  add_config(app, chosen);
  add_backup(app, chosen);
  add_routes(app, chosen);
  add_version(app, chosen);
  add_help(app, chosen);
  if (const auto unknown = unknown_command(app, argc, argv); !unknown.empty()) {
    std::cerr << unknown;
    return exit_usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return code_when_written(app.exit(e) == 0 ? 0 : exit_usage);
  }
  return code_when_written(chosen.run ? chosen.run() : exit_usage);
}

// main.cpp — the command line; what each command does stands in commands/.

#include "gateway/commands/command.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  using namespace latchkey::gateway::commands;
  CLI::App app{"latchkey: register, sign in, stay signed in, sign out"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  chosen_command chosen;
  add_serve(app, chosen);
  add_migrate(app, chosen);
  add_admin(app, chosen);
  add_service_key(app, chosen);
  add_users(app, chosen);
  add_audit(app, chosen);
  add_config(app, chosen);
  add_routes(app, chosen);
  add_version(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : exit_usage;
  }
  return chosen.run ? chosen.run() : exit_usage;
}

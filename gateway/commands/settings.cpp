// settings.cpp — the commands about the program itself: `config check`, `migrate`, `version`.
#include "gateway/commands/command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace latchkey::gateway::commands {
namespace {

int migrate(const chosen_command& chosen) {
  const opened_store opened{chosen, std::cout, schema::brought_up_to_date};
  if (opened.exit_code != 0) return opened.exit_code;
  for (const auto& name : opened.applied)
    std::cout << "applied " << name << '\n';
  if (opened.applied.empty()) std::cout << "the schema is up to date\n";
  return 0;
}

int check_config(const chosen_command& chosen) {
  const auto configured = read_settings_of_a_start(chosen);
  if (!configured) return exit_usage;
  std::cout << describe(*configured);
  return 0;
}

} // namespace

void add_migrate(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand("migrate", "Bring the database's schema up to date");
  choose(*command, chosen, [&chosen] { return migrate(chosen); });
}

void add_config(CLI::App& app, chosen_command& chosen) {
  auto* config = app.add_subcommand("config", "Settings");
  config->require_subcommand(1);
  auto* check =
      config->add_subcommand("check", "Print every setting with its origin, secrets masked");
  choose(*check, chosen, [&chosen] { return check_config(chosen); });
}

void add_version(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand("version", "Print the version");
  command->callback([&chosen] {
    chosen.run = [] {
      std::cout << "latchkey " << LATCHKEY_VERSION << '\n';
      return 0;
    };
  });
}

} // namespace latchkey::gateway::commands

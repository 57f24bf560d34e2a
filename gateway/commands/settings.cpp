// settings.cpp — the commands about the program itself: `config check`, `migrate`, `version`.
#include "config/settings/assurance.hpp"
#include "config/signing_secret.hpp"
#include "gateway/commands/command.hpp"
#include "gateway/store_secret.hpp"
#include "gateway/surfaces/docs/endpoints.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

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

/// What a start would say of the secret and the store that it finds; false when it would refuse
/// them. A store that is not there yet has nothing against any secret.
bool check_secret(const settings& configured) {
  const auto warn = [](const std::string& words) {
    std::cerr << "latchkey: warning: " << words << '\n';
    return true;
  };
  const auto key = read_signing_secret(configured);
  if (!key) return complain(key.error()) == 0;
  const auto placeholder_warning = warning_of_placeholder(configured);
  if (!placeholder_warning.empty()) warn(placeholder_warning);
  const auto store = open_configured_store(configured);
  if (const auto ready = store->check_schema(); !ready) {
    if (ready.error().field == "schema") return true;
    if (ready.error().code != error_code::store_unavailable) return complain(ready.error()) == 0;
    return warn("the secret could not be compared with the store: " + ready.error().reason);
  }
  const auto origin = origin_of_secret(configured);
  const auto warning = compare_secret(*store, *key, origin, configured);
  if (!warning) return complain(warning.error()) == 0;
  return warning->empty() || warn(*warning);
}

/// What the level demands, each with where it is kept; a failure when the settings keep it not.
int check_assurance(const settings& configured, assurance_level level) {
  const auto demands = demands_of(level, configured);
  const auto open =
      std::ranges::count(demands, assurance_demand::state::not_kept, &assurance_demand::is);
  std::cout << "NIST SP 800-63B-4, " << to_string(level) << ":\n"
            << describe(demands) << demands.size() << " demands, " << open
            << " not kept by these settings\n";
  return open == 0 ? 0 : exit_failure;
}

int check_config(const chosen_command& chosen, const std::string& level) {
  const auto configured = read_settings_of_a_start(chosen);
  if (!configured || !check_secret(*configured)) return exit_usage;
  if (!level.empty())
    return check_assurance(*configured, level == to_string(assurance_level::aal2)
                                            ? assurance_level::aal2
                                            : assurance_level::aal1);
  std::cout << describe(*configured) << "page at /docs: "
            << (docs::has_viewer(embedded::docs_page())
                    ? "Swagger UI"
                    : "the plain page; scripts/install docs and a build bring Swagger UI")
            << '\n';
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
  auto* check = config->add_subcommand(
      "check", "Print every setting with its origin, secrets masked, and what a start "
               "would refuse");
  const auto level = std::make_shared<std::string>();
  check
      ->add_option(
          "--assurance", *level,
          "Print instead what NIST SP 800-63B-4 demands at this level, and where it is kept")
      ->check(CLI::IsMember({"aal1", "aal2"}));
  choose(*check, chosen, [&chosen, level] { return check_config(chosen, *level); });
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

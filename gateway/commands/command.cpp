#include "gateway/commands/command.hpp"

#include "config/log.hpp"
#include "gateway/proxy/rules/proxy_settings.hpp"
#include "gateway/start_check.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace latchkey::gateway::commands {

void choose(CLI::App& command, chosen_command& chosen, std::function<int()> run) {
  command
      .add_option("--config", chosen.config_file, "JSON file of settings (environment comes first)")
      ->envname("LATCHKEY_CONFIG")
      ->check(CLI::ExistingFile);
  command.callback([&chosen, run = std::move(run)] { chosen.run = run; });
}

std::string sentence_of(const failure& error) {
  auto reason = error.reason.empty() ? std::string{describe(error.code).message} : error.reason;
  return error.field.empty() ? reason : error.field + ": " + reason;
}

int complain(const failure& error) {
  std::cerr << "latchkey: "
            << (error.reason.empty() ? std::string{describe(error.code).message} : error.reason)
            << '\n';
  return exit_failure;
}

std::optional<settings> read_settings(const chosen_command& chosen) {
  auto read = load_settings(process_sources(chosen.config_file));
  if (read) {
    // Checks that need more than the settings.
    const auto routes = proxy::configured_routes(*read);
    if (routes) return std::move(*read);
    std::cerr << "latchkey: " << routes.error().reason << '\n';
    return std::nullopt;
  }
  for (const auto& problem : read.error())
    std::cerr << "latchkey: " << problem << '\n';
  return std::nullopt;
}

std::optional<settings> read_settings_of_a_start(const chosen_command& chosen) {
  auto configured = read_settings(chosen);
  if (!configured) return std::nullopt;
  for (const auto& likeness : configured->likenesses)
    std::cerr << "latchkey: warning: " << likeness << '\n';
  const auto problems = check_start(*configured);
  for (const auto& problem : problems)
    std::cerr << "latchkey: " << problem << '\n';
  return problems.empty() ? std::move(configured) : std::nullopt;
}

opened_store::opened_store(const chosen_command& chosen, std::ostream& out, schema wanted) {
  auto read = read_settings(chosen);
  if (!read) {
    exit_code = exit_usage;
    return;
  }
  configured = std::move(*read);
  const auto open = [&]() -> result<void> {
    if (auto started = log_start({configured.log_from, configured.log_file}); !started)
      return started;
    out << "store: " << describe_store(configured) << std::endl;
    if (wanted == schema::as_it_is) {
      store = open_configured_store(configured);
      return store->check_schema();
    }
    if (auto made = prepare_data_dir(configured); !made) return made;
    store = open_configured_store(configured);
    auto migrated = store->migrate();
    if (!migrated) return fail(migrated.error());
    applied = std::move(*migrated);
    return {};
  };
  if (auto opened = open(); !opened) exit_code = complain(opened.error());
}

opened_store::~opened_store() {
  store.reset();
  log_stop();
}

} // namespace latchkey::gateway::commands

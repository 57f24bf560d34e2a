// help.cpp — the command `help`, and the answer to an unknown command.
#include "config/settings/nearest_word.hpp"
#include "gateway/commands/command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <vector>

namespace latchkey::gateway::commands {
namespace {

bool is_listed(const CLI::App* command) {
  return !command->get_group().empty();
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* known) { return !known->get_name().empty(); });
}

/// Null when there is no such command.
const CLI::App* find_command(const CLI::App& app, std::string_view name) {
  for (const auto* known : commands_of(app))
    if (known->get_name() == name) return known;
  return nullptr;
}

/// The name of the command that is nearest to `name`; empty when none is near.
std::string nearest_command(const CLI::App& app, std::string_view name) {
  std::vector<std::string> names;
  for (const auto* known : commands_of(app))
    if (is_listed(known)) names.push_back(known->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  return std::string{nearest_word(name, known)};
}

std::string no_such_command(const CLI::App& app, const std::string& path, std::string_view name) {
  std::string out = "latchkey: there is no command \"" + path + std::string{name} + "\"";
  if (const auto nearest = nearest_command(app, name); !nearest.empty())
    out += "; did you mean \"" + path + nearest + "\"?";
  return out + "\nlatchkey " + path + "--help lists the commands.\n";
}

} // namespace

std::string unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  const auto* parent = &app;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    // An option's value could look like a command, so what follows an option is the parser's.
    if (name.starts_with('-') || commands_of(*parent).empty()) return {};
    const auto* next = find_command(*parent, name);
    if (next == nullptr) return no_such_command(*parent, path, name);
    parent = next;
    (path += name) += ' ';
  }
  return {};
}

void add_help(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand("help", "Explain a command and its options");
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("command", *names, "The command, such as: users import");
  command->callback([&app, &chosen, names] {
    chosen.run = [&app, names] {
      app.clear(); // else it would speak for the command that was given: this one
      const CLI::App* parent = &app;
      std::string path; // of the commands before it
      std::string above = "latchkey";
      for (const auto& name : *names) {
        const auto* next = find_command(*parent, name);
        if (next == nullptr) {
          std::cerr << no_such_command(*parent, path, name);
          return exit_usage;
        }
        if (!path.empty()) (above += ' ') += parent->get_name();
        parent = next;
        (path += name) += ' ';
      }
      std::cout << parent->help(path.empty() ? std::string{} : above);
      return 0;
    };
  });
}

} // namespace latchkey::gateway::commands

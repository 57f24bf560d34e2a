// help.cpp — the command `help`, and what is said to a word that names no command.
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
  return app.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); });
}

/// Null when there is none of that name.
const CLI::App* find_command(const CLI::App& app, std::string_view name) {
  for (const auto* one : commands_of(app))
    if (one->get_name() == name) return one;
  return nullptr;
}

/// The name of the command that is nearest to `word`; empty when none is near.
std::string nearest_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const auto* one : commands_of(app))
    if (is_listed(one)) names.push_back(one->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  return std::string{nearest_word(word, known)};
}

std::string no_such_command(const CLI::App& app, const std::string& path, std::string_view word) {
  std::string out = "latchkey: there is no command \"" + path + std::string{word} + "\"";
  if (const auto nearest = nearest_command(app, word); !nearest.empty())
    out += "; did you mean \"" + path + nearest + "\"?";
  return out + "\nlatchkey " + path + "--help lists the commands.\n";
}

} // namespace

std::string unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  const auto* here = &app;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    // An option's value could look like a command, so what follows an option is the parser's.
    if (word.starts_with('-') || commands_of(*here).empty()) return {};
    const auto* next = find_command(*here, word);
    if (next == nullptr) return no_such_command(*here, path, word);
    here = next;
    (path += word) += ' ';
  }
  return {};
}

void add_help(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand("help", "Say what a command does and takes");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("command", *words, "The command, such as: users import");
  command->callback([&app, &chosen, words] {
    chosen.run = [&app, words] {
      app.clear(); // else it would speak for the command that was given: this one
      const CLI::App* here = &app;
      std::string path; // of the commands before it
      std::string above = "latchkey";
      for (const auto& word : *words) {
        const auto* next = find_command(*here, word);
        if (next == nullptr) {
          std::cerr << no_such_command(*here, path, word);
          return exit_usage;
        }
        if (!path.empty()) (above += ' ') += here->get_name();
        here = next;
        (path += word) += ' ';
      }
      std::cout << here->help(path.empty() ? std::string{} : above);
      return 0;
    };
  });
}

} // namespace latchkey::gateway::commands

// backup.cpp — `backup FILE`: copies the embedded database; works while a server runs.
#include "gateway/commands/backup.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>

namespace latchkey::gateway::commands {
namespace {

int back_up(const chosen_command& chosen, const std::string& file) {
  std::signal(SIGXFSZ, SIG_IGN); // the file size limit is an error like a full disk
  const opened_store opened{chosen, std::cout, schema::as_it_is};
  if (opened.exit_code != 0) return opened.exit_code;
  if (auto copied = opened.store->back_up(file); !copied) return complain(copied.error());
  std::cout << "copied to " << file << '\n';
  if (opened.configured.jwt_secret_key.empty())
    std::cout << "keep "
              << (std::filesystem::path(opened.configured.data_dir) / "jwt_secret").string()
              << " with it: without that file every session ends\n";
  return 0;
}

} // namespace

void add_backup(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand(
      "backup", "Copy the SQLite database to a new file; works while the server runs");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "The new file; an existing file is never overwritten")
      ->required();
  choose(*command, chosen, [&chosen, file] { return back_up(chosen, *file); });
}

} // namespace latchkey::gateway::commands

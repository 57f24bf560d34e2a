// admin.cpp — `admin create`.
#include "gateway/commands/command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace latchkey::gateway::commands {
namespace {

struct admin_options {
  new_admin wanted;
  bool password_from_stdin = false;
};

int create(const chosen_command& chosen, const admin_options& options) {
  const opened_store opened{chosen, std::cout, schema::brought_up_to_date};
  if (opened.exit_code != 0) return opened.exit_code;
  auto admin = options.wanted;
  admin.by = "cli";
  if (options.password_from_stdin) {
    std::string line;
    std::getline(std::cin, line);
    if (line.ends_with('\r')) line.pop_back(); // a Windows line end
    admin.password = secret{std::move(line)};
  } else {
    admin.password = generate_password();
  }
  if (auto created = create_admin(*opened.store, opened.configured, admin); !created) {
    auto error = created.error();
    error.reason = sentence_of(error);
    return complain(error);
  }
  std::cout << "created " << admin.username << " (" << admin.email << ")\n";
  if (!options.password_from_stdin)
    std::cout << "password, shown once: " << admin.password.reveal() << '\n';
  return 0;
}

} // namespace

void add_admin(CLI::App& app, chosen_command& chosen) {
  auto* admin = app.add_subcommand("admin", "Administrators");
  admin->require_subcommand(1);
  auto* command = admin->add_subcommand("create", "Add an administrator to the store");
  auto options = std::make_shared<admin_options>();
  command->add_option("--username", options->wanted.username, "Name to sign in with")->required();
  command->add_option("--email", options->wanted.email, "Email address")->required();
  command->add_flag("--password-stdin", options->password_from_stdin,
                    "Read the password from the first line of standard input; without this "
                    "option a password is generated and printed");
  choose(*command, chosen, [&chosen, options] { return create(chosen, *options); });
}

} // namespace latchkey::gateway::commands

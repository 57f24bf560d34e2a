// routes.cpp — the hidden command `routes`: the table that the server would serve, a line a
// route, for tests and for whoever reviews it.
#include "gateway/routes.hpp"
#include "gateway/commands/command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace latchkey::gateway::commands {
namespace {

std::string_view access_name(http::access access) {
  switch (access) {
  case http::access::anyone:
    return "anyone";
  case http::access::own_pages:
    return "own_pages";
  case http::access::session:
    return "session";
  case http::access::principal:
    return "principal";
  case http::access::service:
    return "service";
  case http::access::internal:
    return "internal";
  case http::access::undecided:
    break;
  }
  return "undecided";
}

/// "public GET /auth/me principal profile:read": listener, method, path, whom it is open to, and
/// the permission or "-".
int print_routes(const chosen_command& chosen) {
  const auto configured = read_settings(chosen);
  if (!configured) return exit_usage;
  for (const auto side : {listener::public_side, listener::internal_side}) {
    const auto table = routes_of(side, *configured);
    if (!table) return complain(table.error());
    for (const auto& row : (*table)->routes())
      std::cout << (side == listener::public_side ? "public " : "internal ")
                << http::to_string(row.method) << ' ' << row.pattern << ' '
                << access_name(row.needs.open_to) << ' '
                << (row.needs.permission.empty() ? "-" : row.needs.permission) << '\n';
  }
  return 0;
}

} // namespace

void add_routes(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand("routes", "Print the table of routes");
  command->group(""); // not in --help: its form may change
  choose(*command, chosen, [&chosen] { return print_routes(chosen); });
}

} // namespace latchkey::gateway::commands

// command.hpp — what the commands share: choosing one, reading the settings, reporting errors.
#pragma once

#include "config/settings/settings.hpp"
#include "gateway/admin.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace latchkey::gateway::commands {

inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2; // a wrong command, or wrong settings

/// The command that the command line asked for.
struct chosen_command {
  std::optional<std::string> config_file;
  std::function<int()> run; // answers the exit code; empty: nothing was asked for
};

/// Adds `--config` to a command and makes it the chosen one when it is named. `run` may look at
/// whatever the command's options were bound to.
void choose(CLI::App& command, chosen_command& chosen, std::function<int()> run);

// Each adds its commands to `app`.
void add_serve(CLI::App& app, chosen_command& chosen);
void add_migrate(CLI::App& app, chosen_command& chosen);
void add_admin(CLI::App& app, chosen_command& chosen);
void add_service_key(CLI::App& app, chosen_command& chosen);
void add_users(CLI::App& app, chosen_command& chosen);
void add_audit(CLI::App& app, chosen_command& chosen);
void add_config(CLI::App& app, chosen_command& chosen);
void add_routes(CLI::App& app, chosen_command& chosen);
void add_version(CLI::App& app, chosen_command& chosen);
/// `latchkey help [COMMAND...]`: what `--help` prints. After all others.
void add_help(CLI::App& app, chosen_command& chosen);

/// For an unknown command: two lines that name the nearest command, if one is near, and where the
/// list of commands is. Empty when the command is known.
std::string unknown_command(const CLI::App& app, int argc, const char* const* argv);

/// One line on stderr about what went wrong; answers `exit_failure`.
int complain(const failure& error);
/// The reason, with its field before it when there is one.
std::string sentence_of(const failure& error);

/// The settings, or every complaint about them on stderr.
std::optional<settings> read_settings(const chosen_command& chosen);

/// The same, and all that a start would refuse (gateway/start_check.hpp). Names in `.env` that look
/// like a setting's are reported on stderr.
std::optional<settings> read_settings_of_a_start(const chosen_command& chosen);

/// What a command needs of the store's schema. A command that writes brings it up to date. A
/// command that only reads changes nothing, and is refused when the schema is not this program's.
enum class schema : std::uint8_t { brought_up_to_date, as_it_is };

/// The settings' store, with a log for as long as this lives, so that the store's
/// own words reach the terminal.
class opened_store {
public:
  /// Says on `out` which store it is. Check `exit_code` first: not 0 when there is no store, and
  /// then the complaint is made.
  opened_store(const chosen_command& chosen, std::ostream& out, schema wanted);
  ~opened_store();
  opened_store(const opened_store&) = delete;
  opened_store& operator=(const opened_store&) = delete;

  int exit_code = 0;
  settings configured;
  std::unique_ptr<storage::store> store;
  std::vector<std::string> applied; // migrations
};

} // namespace latchkey::gateway::commands

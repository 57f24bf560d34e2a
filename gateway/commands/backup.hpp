// backup.hpp — the command that copies the embedded database.
#pragma once

#include "gateway/commands/command.hpp"

namespace latchkey::gateway::commands {

/// `backup FILE`
void add_backup(CLI::App& app, chosen_command& chosen);

} // namespace latchkey::gateway::commands

// service_list.hpp — services and their keys, for people and for programs.
#pragma once

#include "protocol/facts/services.hpp"

#include <iosfwd>

namespace latchkey::gateway::commands {

/// A table with a line a key, and one for a service without keys.
void print_services(std::ostream& out, const storage::list_services::answer& all);

/// [{"id","scopes","rate","keys":[{"id","prefix","created_at","last_used_at","revoked_at"}]}] with
/// `rate` null where the setting decides, on one line.
void print_services_as_json(std::ostream& out, const storage::list_services::answer& all);

} // namespace latchkey::gateway::commands

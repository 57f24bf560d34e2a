// new_users.hpp — what a migration needs of the rules for new users.
#pragma once

namespace latchkey::storage {

namespace sql {
class runner;
}

/// Adds the skeleton (protocol/text/name_look.hpp) of each username that lacks one. Of two names
/// that look the same already, both stay; no third may be added.
void add_missing_skeletons(sql::runner& on);

} // namespace latchkey::storage

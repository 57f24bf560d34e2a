// What usernames look like: a row of login_names each, so that two that would be taken for one
// another are one key, whoever adds them and when.
#include "protocol/name_look.hpp"
#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/facts.hpp"

#include <utility>
#include <vector>

namespace latchkey::storage::sql {

void add_missing_skeletons(runner& on) {
  struct row {
    std::string skeleton;
    std::string user;
  };
  std::vector<row> missing;
  on.run(names_beyond_ascii, {}, [&missing](const row_source& found) {
    for (auto& skeleton : skeletons_of(text_or(found, 0)))
      missing.push_back({std::move(skeleton), text_or(found, 1)});
  });
  for (auto& one : missing)
    on.run(add_login_name, {std::move(one.skeleton), std::move(one.user), std::string("skeleton")});
}

} // namespace latchkey::storage::sql

// user_export.cpp — pages in, lines out.
#include "config/open_file.hpp"
#include "gateway/commands/user_line.hpp"
#include "gateway/commands/user_transfer.hpp"

#include <cerrno>
#include <cstring>

namespace latchkey::gateway::commands {
namespace {

/// The user with the data outside its row.
result<user_line> whole(storage::reader& reader, user_record user, bool with_hashes) {
  user_line out;
  auto profile = reader.answer_to(storage::find_profile{user.id});
  if (!profile) return fail(profile.error());
  if (*profile) out.profile = std::move(**profile);
  if (with_hashes) {
    auto recovery = reader.answer_to(storage::find_recovery{user.id});
    if (!recovery) return fail(recovery.error());
    if (*recovery) out.recovery_passphrase_hash = std::move(**recovery);
  }
  out.user = std::move(user);
  return out;
}

} // namespace

result<std::uint64_t> export_users(storage::store& store, int to, bool with_hashes,
                                   progress& shown) {
  const auto reader = store.open_reader();
  std::uint64_t count = 0;
  std::string page_text;
  for (std::int64_t after = 0;;) {
    auto page = reader->answer_to(storage::users_after{after, export_page_users_max});
    if (!page) return fail(page.error());
    if (page->empty()) return count;
    after = page->back().number;
    page_text.clear();
    for (auto& user : *page) {
      const auto all = whole(*reader, std::move(user), with_hashes);
      if (!all) return fail(all.error());
      append_user_line(page_text, *all, with_hashes);
      ++count;
    }
    if (!write_all(to, page_text))
      return fail(error_code::internal_error, {},
                  std::string{"cannot write: "} + std::strerror(errno));
    shown.show(count, count);
  }
}

} // namespace latchkey::gateway::commands

// user_export.cpp — pages in, lines out.
#include "actors/user/sealed_totp.hpp"
#include "config/open_file.hpp"
#include "gateway/commands/user_line.hpp"
#include "gateway/commands/user_transfer.hpp"

#include <cerrno>
#include <cstring>

namespace latchkey::gateway::commands {
namespace {

result<std::vector<plain_totp>> opened_apps(const std::vector<totp_record>& sealed,
                                            const user_record& user, const secret& sealing_key) {
  std::vector<plain_totp> out;
  for (const auto& totp : sealed) {
    if (!totp.confirmed_at) continue;
    auto key = open_totp(sealing_key, totp);
    if (!key)
      return fail(error_code::internal_error, "totp",
                  "the authenticator app of " + user.username +
                      " was sealed under another JWT_SECRET_KEY: set that one, or remove the "
                      "user's factors (DELETE /admin/users/{id}/mfa)");
    plain_totp app;
    app.name = totp.name;
    app.key = std::move(*key);
    app.created_at = totp.created_at;
    app.last_used_at = totp.last_used_at;
    app.last_step = totp.last_step;
    out.push_back(std::move(app));
  }
  return out;
}

result<user_factors> factors_of(storage::reader& reader, const user_record& user,
                                const secret& sealing_key) {
  user_factors out;
  if (!user.factors.any() && !user.factors.has_passkeys()) return out;
  auto found = reader.answer_to(storage::list_factors{user.id});
  if (!found) return fail(found.error());
  auto codes = reader.answer_to(storage::list_recovery_codes{user.id});
  if (!codes) return fail(codes.error());
  auto apps = opened_apps(found->totp, user, sealing_key);
  if (!apps) return fail(apps.error());
  out.totp = std::move(*apps);
  out.passkeys = std::move(found->passkeys);
  out.recovery_code_hashes = std::move(codes->code_hashes);
  return out;
}

/// The user with the data outside its row.
result<user_line> whole(storage::reader& reader, user_record user, const export_options& options) {
  user_line out;
  auto profile = reader.answer_to(storage::find_profile{user.id});
  if (!profile) return fail(profile.error());
  if (*profile) out.profile = std::move(**profile);
  if (options.with_hashes) {
    auto recovery = reader.answer_to(storage::find_recovery{user.id});
    if (!recovery) return fail(recovery.error());
    if (*recovery) out.recovery_passphrase_hash = std::move(**recovery);
  }
  if (options.sealing_key) {
    auto factors = factors_of(reader, user, *options.sealing_key);
    if (!factors) return fail(factors.error());
    out.factors = std::move(*factors);
  }
  out.user = std::move(user);
  return out;
}

} // namespace

result<std::uint64_t> export_users(storage::store& store, int to, const export_options& options,
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
      const auto all = whole(*reader, std::move(user), options);
      if (!all) return fail(all.error());
      append_user_line(page_text, *all, options.with_hashes);
      ++count;
    }
    if (!write_all(to, page_text))
      return fail(error_code::internal_error, {},
                  std::string{"cannot write: "} + std::strerror(errno));
    shown.show(count, count);
  }
}

} // namespace latchkey::gateway::commands

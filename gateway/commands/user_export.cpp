// user_export.cpp — pages in, lines out.
#include "actors/user/sealed_totp.hpp"
#include "config/open_file.hpp"
#include "gateway/commands/user_line.hpp"
#include "gateway/commands/user_transfer.hpp"

#include <cerrno>
#include <cstring>

namespace latchkey::gateway::commands {
namespace {

/// Pages of users as lines.
class exporter {
public:
  exporter(storage::store& store, const export_options& options, progress& shown)
      : options_(options), shown_(shown), reader_(store.open_reader()) {}

  result<std::uint64_t> run(int to) {
    std::uint64_t count = 0;
    for (std::int64_t after = 0;;) {
      auto page = reader_->answer_to(storage::users_after{after, export_page_users_max});
      if (!page) return fail(page.error());
      if (page->empty()) break;
      after = page->back().number;
      count += page->size();
      if (auto written = write(to, std::move(*page)); !written) return fail(written.error());
      shown_.show(count, count);
    }
    if (sealed_apps_ == 0) return count;
    return fail(error_code::internal_error, "totp",
                std::to_string(sealed_apps_) +
                    " authenticator apps were sealed under another JWT_SECRET_KEY: set that one, "
                    "or remove the users' factors (DELETE /admin/users/{id}/mfa)");
  }

private:
  result<void> write(int to, std::vector<user_record> users) {
    page_text_.clear();
    for (auto& user : users) {
      const auto all = whole(std::move(user));
      if (!all) return fail(all.error());
      append_user_line(page_text_, *all, options_.with_hashes);
    }
    // Behind an app that cannot be opened only the others are looked for.
    if (sealed_apps_ > 0 || write_all(to, page_text_)) return {};
    return fail(error_code::internal_error, {},
                std::string{"cannot write: "} + std::strerror(errno));
  }

  /// The user with the data outside its row.
  result<user_line> whole(user_record user) {
    user_line out;
    auto profile = reader_->answer_to(storage::find_profile{user.id});
    if (!profile) return fail(profile.error());
    if (*profile) out.profile = std::move(**profile);
    if (options_.with_hashes) {
      auto recovery = reader_->answer_to(storage::find_recovery{user.id});
      if (!recovery) return fail(recovery.error());
      if (*recovery) out.recovery_passphrase_hash = std::move(**recovery);
    }
    if (options_.sealing_key) {
      auto factors = factors_of(user);
      if (!factors) return fail(factors.error());
      out.factors = std::move(*factors);
    }
    out.user = std::move(user);
    return out;
  }

  result<user_factors> factors_of(const user_record& user) {
    user_factors out;
    if (!user.factors.any() && !user.factors.has_passkeys()) return out;
    auto found = reader_->answer_to(storage::list_factors{user.id});
    if (!found) return fail(found.error());
    auto codes = reader_->answer_to(storage::list_recovery_codes{user.id});
    if (!codes) return fail(codes.error());
    out.totp = opened_apps(found->totp, user);
    out.passkeys = std::move(found->passkeys);
    out.recovery_code_hashes = std::move(codes->code_hashes);
    return out;
  }

  /// Tells and counts those that cannot be opened. One that was never confirmed is no factor: as
  /// such it would be asked for after an import.
  std::vector<plain_totp> opened_apps(const std::vector<totp_record>& sealed,
                                      const user_record& user) {
    std::vector<plain_totp> out;
    for (const auto& totp : sealed) {
      if (!totp.confirmed_at) continue;
      auto key = open_totp(*options_.sealing_key, totp);
      if (!key) {
        ++sealed_apps_;
        shown_.say("user " + to_string(user.id) + " (" + user.username +
                   "): the authenticator app \"" + totp.name +
                   "\" was sealed under another JWT_SECRET_KEY");
        continue;
      }
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

  const export_options& options_;
  progress& shown_;
  std::unique_ptr<storage::reader> reader_;
  std::string page_text_;
  std::uint64_t sealed_apps_ = 0; // which could not be opened
};

} // namespace

result<std::uint64_t> export_users(storage::store& store, int to, const export_options& options,
                                   progress& shown) {
  return exporter{store, options, shown}.run(to);
}

} // namespace latchkey::gateway::commands

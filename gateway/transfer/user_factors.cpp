#include "gateway/transfer/user_factors.hpp"

#include "gateway/transfer/factor_forms.hpp"
#include "gateway/transfer/factor_values.hpp"
#include "protocol/tokens/totp.hpp"

#include <algorithm>

namespace latchkey::gateway {
namespace {

result<void> check_factor_counts(const user_factors& all) {
  if (all.totp.size() > storage::totp_max)
    return transfer::wrong("totp", "must be at most " + std::to_string(storage::totp_max));
  if (all.passkeys.size() > storage::passkeys_max)
    return transfer::wrong("passkeys", "must be at most " + std::to_string(storage::passkeys_max));
  const bool is_asked = all.are_asked_for();
  if (!all.recovery_code_hashes.empty() && !is_asked)
    return transfer::wrong("recovery_code_hashes", "are of no use without a second factor");
  if (!all.passed_over.empty() && !is_asked)
    return transfer::wrong("credentials", all.passed_over.front() +
                                              " would be the only second factor, and cannot be "
                                              "verified here: leave it out, and the user is not "
                                              "asked for one");
  return {};
}

} // namespace

bool user_factors::are_asked_for() const noexcept {
  return !totp.empty() || std::ranges::any_of(passkeys, &passkey_record::is_second_factor);
}

result<user_factors> read_user_factors(input& in, bool keeps_id, time_point now) {
  // Also when one of them is wrong, the others are known.
  for (const auto* member :
       {"totp", "passkeys", "recovery_code_hashes", "credentials", "mfa_factors"})
    in.ignore(member);
  user_factors out;
  auto read = transfer::read_own(in, out, keeps_id, now);
  if (read)
    read = in.is_list("credentials") ? transfer::read_keycloak(in, out, now)
                                     : transfer::read_kratos(in, out, now);
  if (read) read = transfer::read_auth0(in, out, now);
  if (read) read = check_factor_counts(out);
  if (!read) return fail(read.error());
  return out;
}

void write_user_factors(json_writer& out, const user_factors& factors) {
  if (!factors.totp.empty()) {
    out.begin_list("totp");
    for (const auto& app : factors.totp) {
      out.begin_object()
          .text("name", app.name)
          .text("secret", totp_secret_text(app.key).reveal())
          .text("created_at", to_rfc3339(app.created_at));
      if (app.last_used_at) out.text("last_used_at", to_rfc3339(*app.last_used_at));
      if (app.last_step > 0) out.number("last_step", app.last_step);
      out.end_object();
    }
    out.end_list();
  }
  if (!factors.passkeys.empty()) {
    out.begin_list("passkeys");
    for (const auto& key : factors.passkeys)
      out.begin_object()
          .text("name", key.name)
          .text("credential_id", key.credential_id)
          .text("public_key", key.public_key)
          .number("sign_count", key.sign_count)
          .text("aaguid", key.aaguid)
          .texts("transports", key.transports)
          .flag("backup_eligible", key.is_backup_eligible)
          .flag("backed_up", key.is_backed_up)
          .flag("second_factor", key.is_second_factor)
          .flag("foreign", key.is_foreign)
          .text("created_at", to_rfc3339(key.created_at))
          .end_object();
    out.end_list();
  }
  if (!factors.recovery_code_hashes.empty())
    out.texts("recovery_code_hashes", factors.recovery_code_hashes);
}

} // namespace latchkey::gateway

// own_factors.cpp — our own form: what an export writes.
#include "gateway/transfer/factor_forms.hpp"
#include "gateway/transfer/factor_values.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/totp.hpp"

namespace latchkey::gateway::transfer {
namespace {

constexpr std::size_t code_hash_chars_max = 64;
constexpr std::size_t code_hash_bytes = 32; // SHA-256

result<void> read_own_app(input& in, user_factors& out, time_point now) {
  const auto name = in.optional_text("name", name_bytes_max);
  const auto text = in.hidden("secret", 1, secret_chars_max);
  const auto form = code_form_in(in);
  const auto created_at = in.optional_time("created_at").value_or(now);
  const auto last_used_at = in.optional_time("last_used_at");
  // A later step would keep out every code until it comes.
  const auto last_step = in.optional_integer("last_step", 0, totp_step_at(now) + 1);
  if (auto sound = in.done(); !sound) return sound;
  if (auto known = check_code_form(form); !known) return known;
  auto key = secret_of_base32("secret", text);
  if (!key) return fail(key.error());
  auto app = make_app("secret", std::move(*key), "name", name, created_at);
  if (!app) return fail(app.error());
  app->last_used_at = last_used_at;
  app->last_step = last_step.value_or(0);
  out.totp.push_back(std::move(*app));
  return {};
}

result<void> read_own_passkey(input& in, user_factors& out, bool keeps_id, time_point now) {
  passkey_texts texts;
  texts.name = in.optional_text("name", name_bytes_max);
  texts.credential_id = in.text("credential_id", 1, storage::credential_id_chars_max + 4);
  texts.public_key = in.text("public_key", 1, storage::passkey_public_key_chars_max + 4);
  texts.aaguid = in.optional_text("aaguid", id_text_bytes_max).value_or("");
  passkey_record said;
  said.sign_count = sign_count_in(in, "sign_count");
  said.transports = transports_in(in, "transports");
  said.is_backup_eligible = in.optional_flag("backup_eligible").value_or(false);
  said.is_backed_up = in.optional_flag("backed_up").value_or(false);
  said.is_second_factor = in.optional_flag("second_factor").value_or(true);
  said.is_foreign = in.optional_flag("foreign").value_or(false) || !keeps_id;
  said.created_at = in.optional_time("created_at").value_or(now);
  if (auto sound = in.done(); !sound) return sound;
  if (said.is_backed_up && !said.is_backup_eligible && !said.is_foreign)
    return wrong("backed_up", "must be false for a passkey that is not backup_eligible");
  auto key = make_passkey({"name", "credential_id", "public_key", "aaguid"}, texts);
  if (!key) return fail(key.error());
  said.name = std::move(key->name);
  said.credential_id = std::move(key->credential_id);
  said.public_key = std::move(key->public_key);
  said.aaguid = std::move(key->aaguid);
  out.passkeys.push_back(std::move(said));
  return {};
}

result<void> read_code_hashes(input& in, user_factors& out) {
  out.recovery_code_hashes =
      in.optional_texts("recovery_code_hashes", storage::recovery_codes_max, code_hash_chars_max)
          .value_or(std::vector<std::string>{});
  for (const auto& hash : out.recovery_code_hashes) {
    const auto bytes = base64url_decode(hash);
    if (!bytes || bytes->size() != code_hash_bytes)
      return wrong("recovery_code_hashes", "must be hashes that an export has written");
  }
  return {};
}

} // namespace

result<void> read_own(input& in, user_factors& out, bool keeps_id, time_point now) {
  auto read = read_each(in, "totp", storage::totp_max,
                        [&](input& item) { return read_own_app(item, out, now); });
  if (read)
    read = read_each(in, "passkeys", storage::passkeys_max,
                     [&](input& item) { return read_own_passkey(item, out, keeps_id, now); });
  return read ? read_code_hashes(in, out) : read;
}

} // namespace latchkey::gateway::transfer

// keycloak.cpp — `credentials` of a user in the export of a Keycloak realm. What belongs to a
// credential is JSON as text in two members: `secretData` and `credentialData`.
#include "gateway/transfer/factor_forms.hpp"
#include "gateway/transfer/factor_values.hpp"

#include <algorithm>
#include <array>

namespace latchkey::gateway::transfer {
namespace {

constexpr std::size_t credentials_max = 64;
constexpr std::size_t type_bytes_max = 64;
constexpr std::array first_factors{"password", "password-history"};
constexpr const char* keycloak_recovery_codes = "recovery-authn-codes";

/// Reads the JSON that a text holds.
result<void> read_text(input& in, std::string_view field,
                       const std::function<result<void>(input& item)>& read) {
  const auto json = in.hidden(field, 1, nested_bytes_max);
  if (json.empty()) return in.done();
  auto item = input::of_object(json.reveal());
  if (const auto done = read(item); !done) return below(field, done.error());
  return {};
}

time_point created_at_of(input& in, time_point now) {
  constexpr std::int64_t latest_ms = 253'402'214'400'000; // in the year 9999
  const auto ms = in.optional_integer("createdDate", 0, latest_ms);
  return ms ? time_point{std::chrono::milliseconds{*ms}} : now;
}

result<bool> read_code_form(input& data) {
  const auto kind = data.optional_text("subType", type_bytes_max);
  const auto form = code_form_in(data);
  const auto encoding = data.optional_text("secretEncoding", type_bytes_max);
  data.ignore_others();
  if (const auto sound = data.done(); !sound) return fail(sound.error());
  if (kind.value_or("totp") != "totp")
    return wrong("subType", "must be totp: codes that count cannot be verified here");
  if (const auto known = check_code_form(form); !known) return fail(known.error());
  if (!encoding || encoding->empty()) return false;
  if (*encoding == "BASE32" || *encoding == "base32") return true;
  return wrong("secretEncoding", "must be BASE32, or absent");
}

result<void> read_otp(input& in, user_factors& out, time_point now) {
  const auto name = label_in(in, "userLabel");
  const auto created_at = created_at_of(in, now);
  bool is_base32 = false;
  const auto form = read_text(in, "credentialData", [&](input& data) -> result<void> {
    const auto read = read_code_form(data);
    if (!read) return fail(read.error());
    is_base32 = *read;
    return {};
  });
  if (!form) return form;
  return read_text(in, "secretData", [&](input& data) -> result<void> {
    auto key = data.hidden("value", 1, secret_chars_max);
    data.ignore_others();
    if (auto sound = data.done(); !sound) return sound;
    if (is_base32) {
      auto decoded = secret_of_base32("value", key);
      if (!decoded) return fail(decoded.error());
      key = std::move(*decoded);
    }
    auto app = make_app("value", std::move(key), "userLabel", name, created_at);
    if (!app) return fail(app.error());
    out.totp.push_back(std::move(*app));
    return {};
  });
}

result<void> read_webauthn(input& in, passkey_use use, user_factors& out, time_point now) {
  passkey_texts texts;
  texts.name = label_in(in, "userLabel");
  const auto created_at = created_at_of(in, now);
  return read_text(in, "credentialData", [&](input& data) -> result<void> {
    texts.credential_id = data.text("credentialId", 1, storage::credential_id_chars_max + 4);
    texts.public_key =
        data.text("credentialPublicKey", 1, storage::passkey_public_key_chars_max + 4);
    texts.aaguid = data.optional_text("aaguid", id_text_bytes_max).value_or("");
    const auto sign_count = sign_count_in(data, "counter");
    auto transports = transports_in(data, "transports");
    data.ignore_others();
    if (auto sound = data.done(); !sound) return sound;
    auto key = make_passkey({"userLabel", "credentialId", "credentialPublicKey", "aaguid"}, texts);
    if (!key) return fail(key.error());
    key->sign_count = sign_count;
    key->transports = std::move(transports);
    out.passkeys.push_back(foreign(std::move(*key), use, created_at));
    return {};
  });
}

result<void> read_credential(input& in, user_factors& out, time_point now) {
  const auto type = in.text("type", 1, type_bytes_max);
  result<void> read;
  if (type == "otp")
    read = read_otp(in, out, now);
  else if (type == "webauthn")
    read = read_webauthn(in, passkey_use::second_factor, out, now);
  else if (type == "webauthn-passwordless")
    read = read_webauthn(in, passkey_use::way_in, out, now);
  else if (type == keycloak_recovery_codes)
    out.passed_over.push_back(type);
  else if (!type.empty() && std::ranges::find(first_factors, type) == first_factors.end())
    return wrong("type", "must be otp, webauthn, webauthn-passwordless or password");
  if (!read) return read;
  in.ignore_others();
  return in.done();
}

} // namespace

result<void> read_keycloak(input& in, user_factors& out, time_point now) {
  return read_each(in, "credentials", credentials_max,
                   [&](input& item) { return read_credential(item, out, now); });
}

} // namespace latchkey::gateway::transfer

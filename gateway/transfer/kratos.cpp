// kratos.cpp — `credentials` of an identity in Ory Kratos, as its API shows and imports them.
#include "gateway/http/message/request.hpp"
#include "gateway/transfer/factor_forms.hpp"
#include "gateway/transfer/factor_values.hpp"

#include <array>
#include <charconv>

namespace latchkey::gateway::transfer {
namespace {

constexpr std::string_view app_scheme = "otpauth://totp/";
constexpr const char* url_field = "totp_url";
constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t time_bytes_max = 64;

/// Nothing for what is no number; it is refused as another number is.
std::int64_t number_of(const std::string& text) {
  std::int64_t number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ptr == text.data() + text.size() ? number : -1;
}

/// Reads the parameters of an app's address (otpauth://totp/LABEL?secret=…).
result<plain_totp> app_of_url(std::string_view url, time_point now) {
  const auto query_at = url.find('?');
  if (!url.starts_with(app_scheme) || query_at == std::string_view::npos)
    return wrong(url_field,
                 "must begin with " + std::string{app_scheme} + ", and have the parameter secret");
  const auto query = url.substr(query_at + 1);
  code_form form;
  std::optional<std::string> text;
  for (const auto* name : {"secret", "algorithm", "digits", "period"}) {
    auto value = http::form_value(query, name);
    if (!value) return below(url_field, value.error());
    if (!*value) continue;
    const std::string_view field = name;
    if (field == "secret") text = std::move(**value);
    if (field == "algorithm") form.algorithm = std::move(**value);
    if (field == "digits") form.digits = number_of(**value);
    if (field == "period") form.period = number_of(**value);
  }
  if (!text) return wrong(url_field, "must have the parameter secret");
  if (const auto known = check_code_form(form); !known) return below(url_field, known.error());
  auto key = secret_of_base32("secret", secret{std::move(*text)});
  if (!key) return below(url_field, key.error());
  auto app = make_app("secret", std::move(*key), "name", std::nullopt, now);
  if (!app) return below(url_field, app.error());
  return app;
}

result<void> read_totp(input& config, user_factors& out, time_point now) {
  const auto url = config.hidden(url_field, 1, url_bytes_max);
  config.ignore_others();
  if (auto sound = config.done(); !sound) return sound;
  auto app = app_of_url(url.reveal(), now);
  if (!app) return fail(app.error());
  out.totp.push_back(std::move(*app));
  return {};
}

struct authenticator {
  std::string aaguid;
  std::uint32_t sign_count = 0;
  bool is_backup_eligible = false;
  bool is_backed_up = false;
};

result<authenticator> authenticator_in(input& item) {
  authenticator out;
  auto read = read_object(item, "authenticator", [&out](input& in) -> result<void> {
    out.aaguid = in.optional_text("aaguid", id_text_bytes_max).value_or("");
    out.sign_count = sign_count_in(in, "sign_count");
    if (in.optional_flag("clone_warning").value_or(false))
      return wrong("clone_warning", "says that somebody has a copy of this passkey: leave it out");
    in.ignore_others();
    return in.done();
  });
  if (!read) return fail(read.error());
  // Absent in what older versions have written.
  read = read_object(item, "flags", [&out](input& in) -> result<void> {
    out.is_backup_eligible = in.optional_flag("backup_eligible").value_or(false);
    const bool is_backed_up = in.optional_flag("backup_state").value_or(false);
    out.is_backed_up = out.is_backup_eligible && is_backed_up;
    in.ignore_others();
    return in.done();
  });
  if (!read) return fail(read.error());
  return out;
}

/// Go writes the year 1 for a time that is not known.
time_point added_at(input& item, time_point now) {
  const auto text = item.optional_text("added_at", time_bytes_max);
  const auto time = text ? parse_time(*text) : std::nullopt;
  return time && *time > time_point{} ? *time : now;
}

/// `is_passwordless` of a credential of the kind "webauthn" says what a "passkey" always is.
result<void> read_kratos_passkey(input& item, passkey_use use, user_factors& out, time_point now) {
  passkey_texts texts;
  texts.credential_id = item.text("id", 1, storage::credential_id_chars_max + 4);
  texts.public_key = item.text("public_key", 1, storage::passkey_public_key_chars_max + 4);
  texts.name = label_in(item, "display_name");
  const auto created_at = added_at(item, now);
  auto transports = transports_in(item, "transport");
  if (item.optional_flag("is_passwordless").value_or(false)) use = passkey_use::way_in;
  const auto device = authenticator_in(item);
  if (!device) return fail(device.error());
  texts.aaguid = device->aaguid;
  item.ignore_others();
  if (auto sound = item.done(); !sound) return sound;
  auto key = make_passkey({"display_name", "id", "public_key", "authenticator.aaguid"}, texts);
  if (!key) return fail(key.error());
  key->sign_count = device->sign_count;
  key->is_backup_eligible = device->is_backup_eligible;
  key->is_backed_up = device->is_backed_up;
  key->transports = std::move(transports);
  out.passkeys.push_back(foreign(std::move(*key), use, created_at));
  return {};
}

result<void> read_passkeys(input& config, passkey_use use, user_factors& out, time_point now) {
  auto read = read_each_required(config, "credentials", storage::passkeys_max, [&](input& item) {
    return read_kratos_passkey(item, use, out, now);
  });
  if (!read) return read;
  config.ignore_others();
  return config.done();
}

result<void> read_kind_webauthn(input& config, user_factors& out, time_point now) {
  return read_passkeys(config, passkey_use::second_factor, out, now);
}

result<void> read_kind_passkey(input& config, user_factors& out, time_point now) {
  return read_passkeys(config, passkey_use::way_in, out, now);
}

/// Ways to sign in that are no second factors, and second factors that cannot be verified here.
constexpr std::array first_factor_kinds{"password", "oidc", "saml", "profile"};
constexpr std::array unverified_kinds{"code", "lookup_secret", "deviceauthn"};

result<void> pass_over_others(input& kinds, user_factors& out) {
  for (const auto* kind : first_factor_kinds)
    kinds.ignore(kind);
  for (const auto* kind : unverified_kinds) {
    if (kinds.has(kind)) out.passed_over.emplace_back(kind);
    kinds.ignore(kind);
  }
  const auto unknown = kinds.others();
  if (unknown.empty()) return kinds.done();
  return wrong(std::string_view{unknown.front()}.substr(0, field_echo_bytes_max),
               "is no kind of credential that is known here");
}

using config_reader = result<void> (*)(input&, user_factors&, time_point);

result<void> read_kind(input& in, const char* kind, config_reader read, user_factors& out,
                       time_point now) {
  if (!in.has(kind)) return {};
  return read_required_object(in, kind, [&](input& credential) -> result<void> {
    auto done = read_required_object(credential, "config",
                                     [&](input& config) { return read(config, out, now); });
    if (!done) return done;
    credential.ignore_others();
    return credential.done();
  });
}

} // namespace

result<void> read_kratos(input& in, user_factors& out, time_point now) {
  return read_object(in, "credentials", [&](input& kinds) -> result<void> {
    for (const auto& [kind, read] : {std::pair<const char*, config_reader>{"totp", read_totp},
                                     {"webauthn", read_kind_webauthn},
                                     {"passkey", read_kind_passkey}})
      if (auto done = read_kind(kinds, kind, read, out, now); !done) return done;
    return pass_over_others(kinds, out);
  });
}

} // namespace latchkey::gateway::transfer

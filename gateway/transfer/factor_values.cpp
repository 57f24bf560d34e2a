#include "gateway/transfer/factor_values.hpp"

#include "gateway/sign_in/registration.hpp"
#include "protocol/ids.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/text/trim.hpp"
#include "protocol/tokens/totp.hpp"
#include "protocol/webauthn/authenticator_data.hpp"
#include "protocol/webauthn/public_key.hpp"
#include "protocol/webauthn/transports.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace latchkey::gateway::transfer {
namespace {

constexpr std::size_t aaguid_bytes = 16;

/// "SHA1", "HmacSHA1", "sha-1".
bool is_sha1(std::string_view algorithm) {
  std::string letters;
  for (const char c : algorithm)
    if (c != '-' && c != '_') letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return letters == "sha1" || letters == "hmacsha1";
}

result<std::string> name_of_factor(std::string_view field, const std::optional<std::string>& given,
                                   const char* otherwise) {
  auto name = check_person_name(field, given.value_or(""), storage::factor_name_chars_max);
  if (name && name->empty()) return std::string{otherwise};
  return name;
}

std::string_view leading_code_points(std::string_view text, std::size_t count) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::size_t at = 0;
  for (std::size_t code_points = 0; at < text.size() && code_points < count; ++code_points)
    do
      ++at;
    while (at < text.size() && continues(text[at]));
  return text.substr(0, at);
}

/// Empty when there is none.
result<std::string> aaguid_of(std::string_view field, const std::string& text) {
  if (text.empty()) return std::string{};
  if (const auto as_uuid = parse_uuid(text))
    return std::string{as_uuid->bytes.begin(), as_uuid->bytes.end()};
  auto bytes = bytes_of(field, text);
  if (bytes && bytes->size() != aaguid_bytes) return wrong(field, "must be of 16 bytes");
  return bytes;
}

result<void> read_one(const std::string& object, std::string_view path,
                      const std::function<result<void>(input& item)>& read) {
  auto item = input::of_object(object);
  if (const auto done = read(item); !done) return below(path, done.error());
  return {};
}

result<void> read_all(const std::vector<std::string>& objects, std::string_view field,
                      const std::function<result<void>(input& item)>& read) {
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto path = std::string{field} + '[' + std::to_string(i) + ']';
    if (auto done = read_one(objects[i], path, read); !done) return done;
  }
  return {};
}

/// The failure of a required field that was not read: what was wrong with it, or that it is absent
/// or null.
result<void> missing(input& in, std::string_view field) {
  in.problem(field, "is required");
  return in.done();
}

} // namespace

tl::unexpected<failure> wrong(std::string_view field, std::string reason) {
  return fail(error_code::validation_error, std::string{field}, std::move(reason));
}

tl::unexpected<failure> below(std::string_view path, failure found) {
  const bool is_whole = found.field.empty() || found.field == "body";
  found.field = is_whole ? std::string{path} : std::string{path} + '.' + found.field;
  return fail(std::move(found));
}

result<void> read_each(input& in, std::string_view field, std::size_t count_max,
                       const std::function<result<void>(input& item)>& read) {
  const auto objects = in.optional_objects(field, count_max);
  return objects ? read_all(*objects, field, read) : result<void>{};
}

result<void> read_each_required(input& in, std::string_view field, std::size_t count_max,
                                const std::function<result<void>(input& item)>& read) {
  const auto objects = in.optional_objects(field, count_max);
  return objects ? read_all(*objects, field, read) : missing(in, field);
}

result<void> read_object(input& in, std::string_view field,
                         const std::function<result<void>(input& item)>& read) {
  const auto object = in.object_text(field, nested_bytes_max);
  return object ? read_one(*object, field, read) : result<void>{};
}

result<void> read_required_object(input& in, std::string_view field,
                                  const std::function<result<void>(input& item)>& read) {
  const auto object = in.object_text(field, nested_bytes_max);
  return object ? read_one(*object, field, read) : missing(in, field);
}

result<std::string> bytes_of(std::string_view field, const std::string& text) {
  std::string url = text;
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  for (int padding = 0; padding < 2 && url.ends_with('='); ++padding)
    url.pop_back();
  auto bytes = base64url_decode(url);
  if (!bytes) return wrong(field, "is not base64");
  return std::move(*bytes);
}

code_form code_form_in(input& in) {
  constexpr std::size_t algorithm_bytes_max = 32;
  constexpr std::int64_t number_max = 1'000'000;
  code_form form;
  form.algorithm = in.optional_text("algorithm", algorithm_bytes_max);
  form.digits = in.optional_integer("digits", 0, number_max);
  form.period = in.optional_integer("period", 0, number_max);
  return form;
}

result<void> check_code_form(const code_form& form) {
  if (form.algorithm && !is_sha1(*form.algorithm))
    return wrong("algorithm", "must be SHA1: codes by another cannot be verified here");
  if (form.digits && *form.digits != static_cast<std::int64_t>(totp_digits))
    return wrong("digits", "must be 6: codes of another length cannot be verified here");
  if (form.period && *form.period != totp_period_s)
    return wrong("period", "must be 30 seconds: codes of another period cannot be verified here");
  return {};
}

result<secret> secret_of_base32(std::string_view field, const secret& text) {
  auto key = totp_secret_of_text(text.reveal());
  if (!key) return wrong(field, "is not base32");
  return std::move(*key);
}

result<plain_totp> make_app(std::string_view field, secret key, std::string_view name_field,
                            const std::optional<std::string>& name, time_point created_at) {
  const auto size = key.reveal().size();
  if (size < totp_secret_bytes_least || size > totp_secret_bytes_most)
    return wrong(field, "must be of " + std::to_string(totp_secret_bytes_least) + " to " +
                            std::to_string(totp_secret_bytes_most) + " bytes");
  auto shown = name_of_factor(name_field, name, app_name);
  if (!shown) return fail(shown.error());
  plain_totp app;
  app.name = std::move(*shown);
  app.key = std::move(key);
  app.created_at = created_at;
  return app;
}

std::optional<std::string> label_in(input& in, std::string_view field) {
  const auto given = in.optional_text(field, nested_bytes_max);
  if (!given) return std::nullopt;
  const auto label = trim_white_space(*given);
  if (has_invisible_characters(label)) return std::nullopt;
  return std::string{leading_code_points(label, storage::factor_name_chars_max)};
}

result<passkey_record> make_passkey(const passkey_fields& fields, const passkey_texts& texts) {
  const auto id = bytes_of(fields.credential_id, texts.credential_id);
  if (!id) return fail(id.error());
  if (id->empty() || id->size() > webauthn::credential_id_bytes_max)
    return wrong(fields.credential_id, "must be of 1 to 1023 bytes");
  const auto key = bytes_of(fields.public_key, texts.public_key);
  if (!key) return fail(key.error());
  const auto parsed = webauthn::public_key::parse_new(*key);
  if (!parsed)
    return wrong(fields.public_key, "must be a COSE key of ES256, EdDSA or RS256 (" +
                                        std::string{to_string(parsed.error())} + ")");
  const auto model = aaguid_of(fields.aaguid, texts.aaguid);
  if (!model) return fail(model.error());
  auto name = name_of_factor(fields.name, texts.name, passkey_name);
  if (!name) return fail(name.error());
  passkey_record out;
  out.name = std::move(*name);
  out.credential_id = base64url_encode(*id);
  out.public_key = base64url_encode(*key);
  out.aaguid = base64url_encode(*model);
  return out;
}

std::vector<std::string> transports_in(input& in, std::string_view field) {
  constexpr std::size_t transports_max = 16;
  constexpr std::size_t transport_bytes_max = 64;
  const auto names = in.optional_texts(field, transports_max, transport_bytes_max);
  return webauthn::known_transports_of(names.value_or(std::vector<std::string>{}));
}

std::uint32_t sign_count_in(input& in, std::string_view field) {
  const auto count = in.optional_integer(field, 0, std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(count.value_or(0));
}

passkey_record foreign(passkey_record key, passkey_use use, time_point created_at) {
  key.created_at = created_at;
  key.is_second_factor = use == passkey_use::second_factor;
  key.is_foreign = true;
  return key;
}

} // namespace latchkey::gateway::transfer

// transfer/factor_values.hpp — what all forms of second factors share: paths of fields, bytes as
// text, and the checks of secrets and keys.
#pragma once

#include "gateway/request/input/input.hpp"
#include "gateway/transfer/user_factors.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace latchkey::gateway::transfer {

inline constexpr const char* app_name = "Authenticator app"; // of one without a name
inline constexpr const char* passkey_name = "Passkey";
inline constexpr std::size_t name_bytes_max = 4 * storage::factor_name_chars_max;
inline constexpr std::size_t secret_chars_max = 256;
inline constexpr std::size_t nested_bytes_max = std::size_t{64} * 1024; // of an object

/// VALIDATION_ERROR.
tl::unexpected<failure> wrong(std::string_view field, std::string reason);
/// The failure of a field below that path.
tl::unexpected<failure> below(std::string_view path, failure found);

/// Reads each object of a list that may be absent; a failure names its place.
result<void> read_each(input& in, std::string_view field, std::size_t count_max,
                       const std::function<result<void>(input& item)>& read);
/// The same of a list that must be there: a null would lose what it stands for.
result<void> read_each_required(input& in, std::string_view field, std::size_t count_max,
                                const std::function<result<void>(input& item)>& read);
/// Reads the object of that name. Absent or null: nothing is read.
result<void> read_object(input& in, std::string_view field,
                         const std::function<result<void>(input& item)>& read);
/// The same of an object that must be there.
result<void> read_required_object(input& in, std::string_view field,
                                  const std::function<result<void>(input& item)>& read);

/// The bytes that a text of base64 (RFC 4648, 4) or base64url means, with or without padding.
result<std::string> bytes_of(std::string_view field, const std::string& text);

/// The parameters of an app's codes, as far as they are said.
struct code_form {
  std::optional<std::string> algorithm;
  std::optional<std::int64_t> digits;
  std::optional<std::int64_t> period;
};
/// Only codes that our own verifier computes: SHA-1, 6 digits, 30 seconds.
result<void> check_code_form(const code_form& form);
/// Of the members `algorithm`, `digits` and `period`.
code_form code_form_in(input& in);

/// Checks the size of the secret and the name.
result<plain_totp> make_app(std::string_view field, secret key, std::string_view name_field,
                            const std::optional<std::string>& name, time_point created_at);
/// The same of a secret in base32.
result<secret> secret_of_base32(std::string_view field, const secret& text);

/// What another system has called a factor: cut to the length of our names, and nothing where it
/// has control or invisible characters.
std::optional<std::string> label_in(input& in, std::string_view field);

/// What a form calls the members of a passkey, for failures.
struct passkey_fields {
  std::string_view name, credential_id, public_key, aaguid;
};
/// As a form has them: ids and keys in base64 of either alphabet, the AAGUID likewise or as a UUID.
struct passkey_texts {
  std::optional<std::string> name;
  std::string credential_id, public_key, aaguid;
};
/// A passkey with these, and with nothing else set. The key must be one that a sign-in verifies.
result<passkey_record> make_passkey(const passkey_fields& fields, const passkey_texts& texts);

/// The known ones of a list of transports; none without a list.
std::vector<std::string> transports_in(input& in, std::string_view field);
/// The count of signatures; 0 when it is not said.
std::uint32_t sign_count_in(input& in, std::string_view field);

/// Whether a sign-in by password asks for a passkey, or it is only another way in.
enum class passkey_use : std::uint8_t { second_factor, way_in };
/// A passkey of another system.
passkey_record foreign(passkey_record key, passkey_use use, time_point created_at);

} // namespace latchkey::gateway::transfer

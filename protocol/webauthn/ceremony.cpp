// ceremony.cpp — steps are those of WebAuthn Level 3: "7.1/8" is step 8 of section 7.1.
#include "protocol/webauthn/ceremony.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/secret.hpp"
#include "protocol/tokens/sha256.hpp"
#include "protocol/webauthn/authenticator_data.hpp"
#include "protocol/webauthn/client_data.hpp"
#include "protocol/webauthn/transports.hpp"

#include <algorithm>
#include <string_view>

namespace latchkey::webauthn {
namespace {

constexpr std::string_view type_of_registration = "webauthn.create";
constexpr std::string_view type_of_assertion = "webauthn.get";

template <class T>
bool is_among(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// 7.1/5 to 11 and 7.2/8 to 14, which are the same but for the type.
tl::expected<void, refusal> check_client_data(const expectations& expected, std::string_view json,
                                              std::string_view type) {
  const auto data = parse_client_data(json);
  if (!data) return refuse(data.error());
  if (data->type != type) return refuse(refusal::wrong_type);
  if (expected.challenge.empty() ||
      !equal_in_constant_time(data->challenge, base64url_encode(expected.challenge)))
    return refuse(refusal::wrong_challenge);
  if (!is_among(expected.origins, data->origin)) return refuse(refusal::wrong_origin);
  if (!expected.allows_cross_origin && (data->is_cross_origin || data->top_origin))
    return refuse(refusal::cross_origin);
  if (data->top_origin && !is_among(expected.top_origins, *data->top_origin))
    return refuse(refusal::wrong_top_origin);
  return {};
}

/// 7.1/14 to 16 and 7.2/15 to 17.
tl::expected<void, refusal> check_authenticator(const expectations& expected,
                                                const authenticator_data& data,
                                                bool requires_presence) {
  if (!equal_in_constant_time(data.rp_id_hash, sha256(expected.rp_id)))
    return refuse(refusal::wrong_rp_id);
  if (requires_presence && !data.is_user_present) return refuse(refusal::not_present);
  if (expected.requires_user_verification && !data.is_user_verified)
    return refuse(refusal::not_verified);
  return {};
}

/// What is signed in both ceremonies.
std::string with_client_data_hash(std::string_view authenticator, std::string_view json) {
  return std::string{authenticator} + sha256(json);
}

/// 7.1/27: what is to be stored.
new_passkey passkey_of(const authenticator_data& data, const attested_credential& credential,
                       cose_algorithm algorithm, attestation_kind attestation,
                       const registration_response& response) {
  new_passkey out;
  out.credential_id = credential.credential_id;
  out.public_key = credential.public_key;
  out.algorithm = algorithm;
  out.sign_count = data.sign_count;
  out.aaguid = credential.aaguid;
  out.is_backup_eligible = data.is_backup_eligible;
  out.is_backed_up = data.is_backed_up;
  out.is_user_verified = data.is_user_verified;
  out.attestation = attestation;
  out.transports = known_transports_of(response.transports);
  out.is_discoverable = response.is_discoverable;
  return out;
}

/// 7.2/5 and 6: both were found by the caller, who may have looked for only one of them.
tl::expected<void, refusal> check_owner(const expectations& expected,
                                        const assertion_response& response,
                                        const stored_passkey& passkey) {
  if (response.credential_id != passkey.credential_id) return refuse(refusal::other_credential);
  if (!response.user_handle && expected.requires_user_handle) return refuse(refusal::no_user);
  if (response.user_handle && passkey.user_handle &&
      !equal_in_constant_time(*response.user_handle, *passkey.user_handle))
    return refuse(refusal::other_user);
  return {};
}

} // namespace

tl::expected<new_passkey, refusal> verify_registration(const expectations& expected,
                                                       const registration_response& response) {
  const auto client = check_client_data(expected, response.client_data_json, type_of_registration);
  if (!client) return refuse(client.error());

  const auto object = parse_attestation_object(response.attestation_object); // 7.1/13
  if (!object) return refuse(object.error());
  const auto data = parse_authenticator_data(object->authenticator_data); // 7.1/17 and 25 too
  if (!data) return refuse(data.error());
  if (!data->attested) return refuse(refusal::malformed_authenticator_data);
  const auto authenticator = check_authenticator(expected, *data, expected.requires_user_presence);
  if (!authenticator) return refuse(authenticator.error());

  const auto key = public_key::parse_new(data->attested->public_key); // 7.1/20
  if (!key) return refuse(key.error());
  if (!is_among(expected.algorithms, key->algorithm())) return refuse(refusal::unknown_algorithm);

  const auto signed_bytes =
      with_client_data_hash(object->authenticator_data, response.client_data_json);
  const auto attestation =
      check_attestation(*object, *data->attested, *key, signed_bytes); // 7.1/21 and 22
  if (!attestation) return refuse(attestation.error());

  // No step asks for it, but whoever looks a passkey up by the browser's word must find this one.
  if (response.credential_id != data->attested->credential_id)
    return refuse(refusal::other_credential);
  return passkey_of(*data, *data->attested, key->algorithm(), *attestation, response);
}

tl::expected<used_passkey, refusal> verify_assertion(const expectations& expected,
                                                     const assertion_response& response,
                                                     const stored_passkey& passkey) {
  const auto owner = check_owner(expected, response, passkey);
  if (!owner) return refuse(owner.error());
  const auto client = check_client_data(expected, response.client_data_json, type_of_assertion);
  if (!client) return refuse(client.error());

  const auto data = parse_authenticator_data(response.authenticator_data); // 7.2/18 too
  if (!data) return refuse(data.error());
  const auto authenticator = check_authenticator(expected, *data, /*requires_presence*/ true);
  if (!authenticator) return refuse(authenticator.error());
  if (data->is_backup_eligible !=
      passkey.is_backup_eligible.value_or(data->is_backup_eligible)) // 7.2/19
    return refuse(refusal::backup_changed);

  const auto key = public_key::parse(passkey.public_key);
  if (!key) return refuse(key.error());
  const auto signed_bytes =
      with_client_data_hash(response.authenticator_data, response.client_data_json);
  if (!key->verify(signed_bytes, response.signature)) // 7.2/21
    return refuse(refusal::wrong_signature);

  const bool has_counter = data->sign_count != 0 || passkey.sign_count != 0;
  if (has_counter && data->sign_count <= passkey.sign_count) // 7.2/22
    return refuse(refusal::counter_went_back);
  return used_passkey{data->sign_count, data->is_backed_up, data->is_user_verified,
                      data->is_backup_eligible};
}

} // namespace latchkey::webauthn

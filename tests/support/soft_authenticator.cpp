#include "tests/support/soft_authenticator.hpp"

#include "protocol/ids.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/sha256.hpp"
#include "tests/support/cbor_writer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace latchkey::test {
namespace {

using attestation_form = soft_behaviour::attestation_form;
using nlohmann::json;

std::string decoded(const json& text) {
  auto bytes = base64url_decode(text.get<std::string>());
  if (!bytes) throw std::runtime_error("the options have no base64url where they must");
  return *std::move(bytes);
}

bool lists(const json& descriptors, const std::string& id) {
  return std::any_of(descriptors.begin(), descriptors.end(), [&id](const json& descriptor) {
    return descriptor.at("type") == "public-key" && decoded(descriptor.at("id")) == id;
  });
}

webauthn::cose_algorithm first_offered(const json& offered) {
  for (const auto& entry : offered)
    if (const auto known = webauthn::algorithm_of(entry.at("alg").get<std::int64_t>()))
      return *known;
  throw std::runtime_error("no algorithm that is known is offered");
}

std::string number_in_bytes(std::uint64_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t left = size; left > 0; --left)
    bytes += static_cast<char>(number >> (8 * (left - 1)) & 0xFFU);
  return bytes;
}

json envelope(const std::string& id, json response) {
  return {{"id", base64url_encode(id)},
          {"rawId", base64url_encode(id)},
          {"type", "public-key"},
          {"authenticatorAttachment", "platform"},
          {"clientExtensionResults", json::object()},
          {"response", std::move(response)}};
}

} // namespace

std::string soft_authenticator::create(std::string_view options_json) {
  const auto options = json::parse(options_json);
  for (const auto& known : credentials)
    if (options.contains("excludeCredentials") && lists(options.at("excludeCredentials"), known.id))
      throw std::runtime_error("the authenticator has a credential that is excluded");
  const auto offered = first_offered(options.at("pubKeyCredParams"));
  const soft_credential made{
      random_bytes(behaviour.credential_id_bytes), options.at("rp").at("id").get<std::string>(),
      decoded(options.at("user").at("id")), soft_key::make(behaviour.algorithm.value_or(offered))};
  const auto client = client_data("webauthn.create", decoded(options.at("challenge")));
  const auto data = authenticator_data(made, true);
  const bool is_attested = behaviour.attestation != attestation_form::none;
  const auto object = cbor_map({{cbor_text("fmt"), cbor_text(is_attested ? "packed" : "none")},
                                {cbor_text("attStmt"), statement(made, data + sha256(client))},
                                {cbor_text("authData"), cbor_bytes(data)}});
  credentials.push_back(made);

  auto answer =
      envelope(made.id, {{"clientDataJSON", base64url_encode(client)},
                         {"authenticatorData", base64url_encode(data)},
                         {"attestationObject", base64url_encode(object)},
                         {"publicKeyAlgorithm", static_cast<std::int64_t>(made.key.algorithm())},
                         {"transports", behaviour.transports}});
  if (options.contains("extensions") && options.at("extensions").contains("credProps"))
    answer["clientExtensionResults"]["credProps"]["rk"] = true;
  return answer.dump();
}

std::string soft_authenticator::get(std::string_view options_json) {
  const auto options = json::parse(options_json);
  const auto allowed = options.value("allowCredentials", json::array());
  const auto rp_id = options.at("rpId").get<std::string>();
  const auto found =
      std::find_if(credentials.rbegin(), credentials.rend(), [&](const soft_credential& own) {
        return own.rp_id == rp_id && (allowed.empty() || lists(allowed, own.id));
      });
  if (found == credentials.rend())
    throw std::runtime_error("the authenticator has no credential that is asked for");
  found->counter += behaviour.counter_step;
  const auto client = client_data("webauthn.get", decoded(options.at("challenge")));
  const auto data = authenticator_data(*found, false);
  json response{{"clientDataJSON", base64url_encode(client)},
                {"authenticatorData", base64url_encode(data)},
                {"signature", base64url_encode(found->key.sign(data + sha256(client)))}};
  if (behaviour.tells_user) response["userHandle"] = base64url_encode(found->user_handle);
  return envelope(found->id, std::move(response)).dump();
}

/// Serialised as WebAuthn Level 3, section 5.8.1.1, has it.
std::string soft_authenticator::client_data(std::string_view type,
                                            const std::string& challenge) const {
  std::string out = R"({"type":)";
  append_json_string(out, behaviour.type.empty() ? type : behaviour.type);
  out += R"(,"challenge":")" + base64url_encode(behaviour.challenge.value_or(challenge));
  out += R"(","origin":)";
  append_json_string(out, behaviour.origin);
  if (behaviour.is_cross_origin)
    out += *behaviour.is_cross_origin ? R"(,"crossOrigin":true)" : R"(,"crossOrigin":false)";
  if (behaviour.top_origin) {
    out += R"(,"topOrigin":)";
    append_json_string(out, *behaviour.top_origin);
  }
  return out + '}';
}

/// WebAuthn Level 3, section 6.1.
std::string soft_authenticator::authenticator_data(const soft_credential& credential,
                                                   bool is_new) const {
  unsigned flags = 0;
  if (behaviour.is_user_present) flags |= 0x01U;
  if (behaviour.is_user_verified) flags |= 0x04U;
  if (behaviour.is_backup_eligible) flags |= 0x08U;
  if (behaviour.is_backed_up) flags |= 0x10U;
  if (is_new) flags |= 0x40U;
  if (!behaviour.extensions.empty()) flags |= 0x80U;
  auto out = sha256(behaviour.rp_id.value_or(credential.rp_id));
  out += static_cast<char>(flags);
  out += number_in_bytes(credential.counter, 4);
  if (is_new) {
    out += aaguid + number_in_bytes(credential.id.size(), 2);
    out += credential.id + credential.key.cose();
  }
  return out + behaviour.extensions;
}

/// WebAuthn Level 3, section 8.2; empty without attestation.
std::string soft_authenticator::statement(const soft_credential& credential,
                                          std::string_view signed_bytes) const {
  if (behaviour.attestation == attestation_form::none) return cbor_map({});
  const bool is_self = behaviour.attestation == attestation_form::self;
  const auto key = is_self ? credential.key : soft_key::make(behaviour.certificate_algorithm);
  const auto algorithm = static_cast<std::int64_t>(key.algorithm());
  std::vector<std::pair<std::string, std::string>> entries{
      {cbor_text("alg"), cbor_number(behaviour.attestation_algorithm.value_or(algorithm))},
      {cbor_text("sig"), cbor_bytes(key.sign(signed_bytes))}};
  if (!is_self)
    entries.emplace_back(cbor_text("x5c"),
                         cbor_list({cbor_bytes(certificate_of(key, behaviour.certificate))}));
  return cbor_map(entries);
}

} // namespace latchkey::test

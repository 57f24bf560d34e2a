#include "protocol/webauthn/attestation.hpp"

#include "protocol/webauthn/attestation_certificate.hpp"

#include <algorithm>

namespace latchkey::webauthn {
namespace {

bool is_list_of_bytes(const cbor_item& item) noexcept {
  return item.kind == cbor_kind::list && !item.items.empty() &&
         item.items.size() <= attestation_certificates_max &&
         std::all_of(item.items.begin(), item.items.end(),
                     [](const cbor_item& contained) { return contained.kind == cbor_kind::bytes; });
}

/// Section 8.2, the verification procedure.
tl::expected<attestation_kind, refusal> check_packed(const cbor_item& statement,
                                                     const attested_credential& credential,
                                                     const public_key& key,
                                                     std::string_view signed_bytes) {
  const auto number = statement.integer_at("alg");
  const auto signature = statement.bytes_at("sig");
  const auto* chain = statement.find("x5c");
  if (!number || !signature || statement.entries() != (chain == nullptr ? 2U : 3U))
    return refuse(refusal::bad_attestation);
  const auto algorithm = algorithm_of(*number);
  if (!algorithm) return refuse(refusal::bad_attestation);

  if (chain == nullptr) {
    if (*algorithm != key.algorithm() || !key.verify(signed_bytes, *signature))
      return refuse(refusal::bad_attestation);
    return attestation_kind::self;
  }
  if (!is_list_of_bytes(*chain)) return refuse(refusal::bad_attestation);
  const auto certificate = attestation_certificate::parse(chain->items.front().content);
  if (!certificate || !certificate->verify(*algorithm, signed_bytes, *signature) ||
      !certificate->meets_requirements(credential.aaguid))
    return refuse(refusal::bad_attestation);
  return attestation_kind::basic;
}

} // namespace

std::string_view to_string(attestation_kind kind) noexcept {
  switch (kind) {
  case attestation_kind::none:
    return "none";
  case attestation_kind::self:
    return "self";
  case attestation_kind::basic:
    return "basic";
  }
  return "unknown";
}

tl::expected<attestation_object, refusal> parse_attestation_object(std::string_view bytes) {
  const auto map = read_cbor(bytes);
  if (!map) return refuse(refusal::malformed_attestation_object);
  const auto format = map->text_at("fmt");
  const auto data = map->bytes_at("authData");
  const auto* statement = map->find("attStmt");
  if (!format || !data || statement == nullptr || statement->kind != cbor_kind::map ||
      map->entries() != 3)
    return refuse(refusal::malformed_attestation_object);
  return attestation_object{*format, *statement, *data};
}

tl::expected<attestation_kind, refusal> check_attestation(const attestation_object& object,
                                                          const attested_credential& credential,
                                                          const public_key& key,
                                                          std::string_view signed_bytes) {
  if (object.format == "none") { // section 8.7
    if (object.statement.entries() != 0) return refuse(refusal::bad_attestation);
    return attestation_kind::none;
  }
  if (object.format == "packed")
    return check_packed(object.statement, credential, key, signed_bytes);
  return refuse(refusal::unknown_attestation);
}

} // namespace latchkey::webauthn

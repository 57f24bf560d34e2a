#include "protocol/webauthn/attestation_certificate.hpp"

#include "protocol/tokens/openssl_calls.hpp"
#include "protocol/webauthn/signature.hpp"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string>

namespace latchkey::webauthn {
namespace {

constexpr const char* aaguid_extension = "1.3.6.1.4.1.45724.1.1.4"; // id-fido-gen-ce-aaguid
constexpr std::string_view attestation_unit = "Authenticator Attestation";
constexpr std::size_t country_chars = 2; // ISO 3166-1, alpha-2

/// The one value of that kind in the subject; empty when there is none or more than one.
std::string subject_value(X509* certificate, int nid) {
  auto* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string value{reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
  OPENSSL_free(text);
  return value;
}

bool has_a_good_subject(X509* certificate) {
  return subject_value(certificate, NID_countryName).size() == country_chars &&
         !subject_value(certificate, NID_organizationName).empty() &&
         subject_value(certificate, NID_organizationalUnitName) == attestation_unit &&
         !subject_value(certificate, NID_commonName).empty();
}

/// Whether it says that it is none, once.
bool is_no_authority(X509* certificate) {
  const std::unique_ptr<BASIC_CONSTRAINTS, decltype(&BASIC_CONSTRAINTS_free)> constraints{
      static_cast<BASIC_CONSTRAINTS*>(
          X509_get_ext_d2i(certificate, NID_basic_constraints, nullptr, nullptr)),
      &BASIC_CONSTRAINTS_free};
  return constraints != nullptr && constraints->ca == 0;
}

bool names_no_other_aaguid(X509* certificate, std::string_view aaguid) {
  const std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> id{
      OBJ_txt2obj(aaguid_extension, 1), &ASN1_OBJECT_free};
  require(id != nullptr);
  const int at = X509_get_ext_by_OBJ(certificate, id.get(), -1);
  if (at < 0) return true;
  if (X509_get_ext_by_OBJ(certificate, id.get(), at) >= 0) return false;
  auto* extension = X509_get_ext(certificate, at);
  if (X509_EXTENSION_get_critical(extension) != 0) return false;
  // An OCTET STRING within the one that every extension is wrapped in.
  std::string expected{'\x04', static_cast<char>(aaguid.size())};
  expected += aaguid;
  const auto* value = X509_EXTENSION_get_data(extension);
  return std::string_view{reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                          static_cast<std::size_t>(ASN1_STRING_length(value))} == expected;
}

} // namespace

std::optional<attestation_certificate> attestation_certificate::parse(std::string_view der) {
  const openssl_errors_dropped errors;
  const auto* at = octets(der);
  std::shared_ptr<X509> certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size())),
                                    [](X509* parsed) { X509_free(parsed); }};
  if (certificate == nullptr || at != octets(der) + der.size()) return std::nullopt;
  return attestation_certificate{std::move(certificate)};
}

bool attestation_certificate::verify(cose_algorithm algorithm, std::string_view message,
                                     std::string_view signature) const {
  const openssl_errors_dropped errors;
  auto* key = X509_get0_pubkey(certificate_.get());
  return key != nullptr && suits(key, algorithm) &&
         is_signature(key, algorithm, message, signature);
}

bool attestation_certificate::meets_requirements(std::string_view aaguid) const {
  const openssl_errors_dropped errors;
  auto* certificate = certificate_.get();
  return X509_get_version(certificate) == X509_VERSION_3 && has_a_good_subject(certificate) &&
         is_no_authority(certificate) && names_no_other_aaguid(certificate, aaguid);
}

} // namespace latchkey::webauthn

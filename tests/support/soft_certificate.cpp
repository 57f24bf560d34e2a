#include "tests/support/soft_certificate.hpp"

#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace latchkey::test {
namespace {

void check_certificate_call(bool succeeded) {
  if (!succeeded) throw std::runtime_error(ERR_error_string(ERR_get_error(), nullptr));
}

void add_entry(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  check_certificate_call(
      X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, 0) == 1);
}

void add_constraints(X509* certificate, bool is_authority) {
  const std::unique_ptr<BASIC_CONSTRAINTS, decltype(&BASIC_CONSTRAINTS_free)> constraints{
      BASIC_CONSTRAINTS_new(), &BASIC_CONSTRAINTS_free};
  constraints->ca = is_authority ? 0xFF : 0;
  check_certificate_call(X509_add1_ext_i2d(certificate, NID_basic_constraints, constraints.get(), 1,
                                           X509V3_ADD_APPEND) == 1);
}

void add_aaguid(X509* certificate, const std::string& aaguid, bool is_critical) {
  std::string value{'\x04', static_cast<char>(aaguid.size())};
  value += aaguid;
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> wrapped{
      ASN1_OCTET_STRING_new(), &ASN1_OCTET_STRING_free};
  ASN1_OCTET_STRING_set(wrapped.get(), reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  const std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> id{
      OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1), &ASN1_OBJECT_free};
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
      X509_EXTENSION_create_by_OBJ(nullptr, id.get(), is_critical ? 1 : 0, wrapped.get()),
      &X509_EXTENSION_free};
  check_certificate_call(extension != nullptr &&
                         X509_add_ext(certificate, extension.get(), -1) == 1);
}

} // namespace

std::string certificate_of(const soft_key& key, const soft_certificate& content) {
  const std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(), &X509_free};
  auto* certificate = made.get();
  X509_set_version(certificate, content.version - 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key.handle());
  auto* name = X509_get_subject_name(certificate);
  add_entry(name, "C", content.country);
  add_entry(name, "O", content.organization);
  add_entry(name, "OU", content.unit);
  add_entry(name, "OU", content.second_unit);
  add_entry(name, "CN", content.common_name);
  X509_set_issuer_name(certificate, name);
  if (content.has_constraints) add_constraints(certificate, content.is_authority);
  if (content.aaguid) add_aaguid(certificate, *content.aaguid, content.is_aaguid_critical);
  if (content.aaguid && content.has_aaguid_twice) add_aaguid(certificate, *content.aaguid, false);
  const bool hashes = key.algorithm() != webauthn::cose_algorithm::eddsa;
  check_certificate_call(X509_sign(certificate, key.handle(), hashes ? EVP_sha256() : nullptr) > 0);
  std::string der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &to);
  return der;
}

} // namespace latchkey::test

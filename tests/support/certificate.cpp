#include "tests/support/certificate.hpp"

#include <cstdio>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace latchkey::test {
namespace {

template <class T, void (*Free)(T*)>
struct free_with {
  void operator()(T* object) const { Free(object); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, free_with<EVP_PKEY, EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, free_with<X509, X509_free>>;

void require_openssl(bool holds) {
  if (!holds) throw std::runtime_error(ERR_error_string(ERR_get_error(), nullptr));
}

void add_alternative_names(X509* certificate) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  auto* extension =
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  require_openssl(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

certificate_ptr make_certificate(EVP_PKEY* key) {
  certificate_ptr made{X509_new()};
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  auto* name = X509_get_subject_name(made.get());
  const std::string host = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host.data()), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  add_alternative_names(made.get());
  require_openssl(X509_sign(made.get(), key, EVP_sha256()) > 0);
  return made;
}

} // namespace

environment write_certificate(const std::string& folder) {
  const key_ptr key{EVP_EC_gen("P-256")};
  require_openssl(key != nullptr);
  const auto certificate = make_certificate(key.get());
  environment paths{{"TLS_CERT", folder + "/cert.pem"}, {"TLS_KEY", folder + "/key.pem"}};
  auto* out = std::fopen(paths["TLS_CERT"].c_str(), "w");
  require_openssl(out != nullptr && PEM_write_X509(out, certificate.get()) == 1);
  std::fclose(out);
  out = std::fopen(paths["TLS_KEY"].c_str(), "w");
  require_openssl(out != nullptr &&
                  PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(out);
  return paths;
}

} // namespace latchkey::test

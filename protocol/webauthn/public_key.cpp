// public_key.cpp — the labels and values are those of RFC 9053, sections 2 and 7, and of RFC 8230,
// section 4.
#include "protocol/webauthn/public_key.hpp"

#include "protocol/tokens/openssl_calls.hpp"
#include "protocol/webauthn/cbor.hpp"
#include "protocol/webauthn/edwards_point.hpp"
#include "protocol/webauthn/signature.hpp"

#include <algorithm>
#include <bit>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string>
#include <utility>

namespace latchkey::webauthn {
namespace {

constexpr std::int64_t label_type = 1;
constexpr std::int64_t label_algorithm = 3;
constexpr std::int64_t label_curve = -1;
constexpr std::int64_t label_x = -2;
constexpr std::int64_t label_y = -3;
constexpr std::int64_t label_modulus = -1;
constexpr std::int64_t label_exponent = -2;

constexpr std::int64_t type_okp = 1;
constexpr std::int64_t type_ec2 = 2;
constexpr std::int64_t type_rsa = 3;
constexpr std::int64_t curve_p256 = 1;
constexpr std::int64_t curve_ed25519 = 6;

constexpr std::size_t coordinate_bytes = 32;

template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using shared_pkey = std::shared_ptr<EVP_PKEY>;
using pkey_context = std::unique_ptr<EVP_PKEY_CTX, openssl_deleter<EVP_PKEY_CTX_free>>;
using parameters_builder = std::unique_ptr<OSSL_PARAM_BLD, openssl_deleter<OSSL_PARAM_BLD_free>>;
using parameters_ptr = std::unique_ptr<OSSL_PARAM, openssl_deleter<OSSL_PARAM_free>>;
using number_ptr = std::unique_ptr<BIGNUM, openssl_deleter<BN_free>>;

shared_pkey shared(EVP_PKEY* key) {
  return key == nullptr ? nullptr : shared_pkey{key, openssl_deleter<EVP_PKEY_free>{}};
}

/// Null for values that make no key. `selection` says what they are: EVP_PKEY_PUBLIC_KEY, or
/// EVP_PKEY_KEY_PARAMETERS alone.
shared_pkey key_from(const char* type, int selection, OSSL_PARAM* parameters) {
  const pkey_context context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  require(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters) != 1) return nullptr;
  return shared(key);
}

/// The curve without a point: to copy it takes a tenth of the time in which OpenSSL makes it.
shared_pkey p256_curve() {
  char group[] = "P-256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                             OSSL_PARAM_construct_end()};
  auto curve = key_from("EC", EVP_PKEY_KEY_PARAMETERS, parameters);
  require(curve != nullptr);
  return curve;
}

shared_pkey p256_key(const cbor_item& cose) {
  static const auto curve = p256_curve();
  const auto x = cose.bytes_at(label_x);
  const auto y = cose.bytes_at(label_y);
  if (cose.entries() != 5 || cose.integer_at(label_curve) != curve_p256 || !x ||
      x->size() != coordinate_bytes || !y || y->size() != coordinate_bytes)
    return nullptr;
  std::string point{'\x04'}; // uncompressed: SEC 1, section 2.3.3
  (point += *x) += *y;
  auto key = shared(EVP_PKEY_dup(curve.get()));
  require(key != nullptr);
  // Refuses coordinates that are not within the field and points that are not on the curve. All of
  // the curve's points but infinity generate the whole group, so nothing more needs to be checked.
  const bool is_point =
      EVP_PKEY_set1_encoded_public_key(key.get(), octets(point), point.size()) == 1;
  return is_point ? key : nullptr;
}

shared_pkey ed25519_key(const cbor_item& cose) {
  const auto x = cose.bytes_at(label_x);
  if (cose.entries() != 4 || cose.integer_at(label_curve) != curve_ed25519 || !x ||
      x->size() != ed25519_bytes)
    return nullptr;
  return shared(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(*x), ed25519_bytes));
}

/// Whether the bytes are a number as RFC 8230 writes one: without zeros before it.
bool is_natural_number(std::string_view bytes) noexcept {
  return !bytes.empty() && bytes.front() != '\0';
}
bool is_odd(std::string_view number) noexcept {
  return (static_cast<unsigned char>(number.back()) & 1U) != 0;
}
std::size_t bits_of(std::string_view number) noexcept {
  const auto first = static_cast<unsigned char>(number.front());
  return number.size() * 8 - static_cast<std::size_t>(std::countl_zero(first));
}

shared_pkey rsa_key(const cbor_item& cose) {
  const auto modulus = cose.bytes_at(label_modulus);
  const auto exponent = cose.bytes_at(label_exponent);
  if (cose.entries() != 4 || !modulus || !is_natural_number(*modulus) || !is_odd(*modulus) ||
      bits_of(*modulus) < rsa_bits_min || bits_of(*modulus) > rsa_bits_max)
    return nullptr;
  if (!exponent || !is_natural_number(*exponent) || !is_odd(*exponent) ||
      exponent->size() > rsa_exponent_bytes_max || *exponent == "\x01")
    return nullptr;
  const auto number = [](std::string_view bytes) {
    return number_ptr{BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr)};
  };
  const auto n = number(*modulus);
  const auto e = number(*exponent);
  const parameters_builder builder{OSSL_PARAM_BLD_new()};
  require(n != nullptr && e != nullptr && builder != nullptr &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const parameters_ptr parameters{OSSL_PARAM_BLD_to_param(builder.get())};
  require(parameters != nullptr);
  return key_from("RSA", EVP_PKEY_PUBLIC_KEY, parameters.get());
}

shared_pkey key_of(const cbor_item& cose, cose_algorithm algorithm) {
  const openssl_errors_dropped errors;
  const auto type = cose.integer_at(label_type);
  switch (algorithm) {
  case cose_algorithm::eddsa:
    return type == type_okp ? ed25519_key(cose) : nullptr;
  case cose_algorithm::es256:
    return type == type_ec2 ? p256_key(cose) : nullptr;
  case cose_algorithm::rs256:
    return type == type_rsa ? rsa_key(cose) : nullptr;
  }
  return nullptr;
}

} // namespace

std::optional<cose_algorithm> algorithm_of(std::int64_t number) noexcept {
  const auto found = std::find_if(
      known_algorithms.begin(), known_algorithms.end(),
      [number](cose_algorithm known) { return static_cast<std::int64_t>(known) == number; });
  return found == known_algorithms.end() ? std::nullopt : std::optional(*found);
}

tl::expected<public_key, refusal> public_key::parse(std::string_view cose) {
  const auto item = read_cbor(cose);
  const auto number = item ? item->integer_at(label_algorithm) : std::nullopt;
  if (!number) return refuse(refusal::malformed_public_key);
  const auto algorithm = algorithm_of(*number);
  if (!algorithm) return refuse(refusal::unknown_algorithm);
  auto key = key_of(*item, *algorithm);
  if (key == nullptr) return refuse(refusal::malformed_public_key);
  return public_key{*algorithm, std::move(key)};
}

tl::expected<public_key, refusal> public_key::parse_new(std::string_view cose) {
  auto parsed = parse(cose);
  if (!parsed || parsed->algorithm() != cose_algorithm::eddsa) return parsed;
  std::string point(ed25519_bytes, '\0');
  auto size = point.size();
  require(EVP_PKEY_get_raw_public_key(parsed->key_.get(),
                                      reinterpret_cast<unsigned char*>(point.data()), &size) == 1);
  if (!is_ed25519_point(point)) return refuse(refusal::malformed_public_key);
  return parsed;
}

bool public_key::verify(std::string_view message, std::string_view signature) const {
  return is_signature(key_.get(), algorithm_, message, signature);
}

} // namespace latchkey::webauthn

#include "protocol/webauthn/edwards_point.hpp"

#include "protocol/tokens/openssl_calls.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <openssl/bn.h>
#include <string>

namespace latchkey::webauthn {
namespace {

using big_number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using big_number_context = std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)>;

big_number number_of_hex(const char* hex) {
  BIGNUM* number = nullptr;
  require(BN_hex2bn(&number, hex) > 0);
  return {number, &BN_free};
}

/// 2^255 - 19.
constexpr const char* field_prime =
    "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFED";
/// The curve's d, -121665/121666 (RFC 8032, section 5.1).
constexpr const char* curve_constant =
    "52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3";
/// The y of the points of order 4, 1, 2 and 8 (the last two); each but those of 1 and 2 belongs to
/// two points.
constexpr std::array small_order_y{
    "00", "01", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEC",
    "05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826",
    "7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7"};

/// Whether some x fits: x^2 = (y^2 - 1) / (d y^2 + 1), which has a root when the product of both
/// sides of the fraction has one.
bool has_x(const BIGNUM* y, const BIGNUM* prime) {
  const big_number_context context{BN_CTX_new(), &BN_CTX_free};
  const auto square = number_of_hex("0");
  const auto above = number_of_hex("0");
  const auto below = number_of_hex(curve_constant);
  auto* work = context.get();
  require(work != nullptr && BN_mod_sqr(square.get(), y, prime, work) == 1 &&
          BN_mod_sub(above.get(), square.get(), BN_value_one(), prime, work) == 1 &&
          BN_mod_mul(below.get(), below.get(), square.get(), prime, work) == 1 &&
          BN_mod_add(below.get(), below.get(), BN_value_one(), prime, work) == 1 &&
          BN_mod_mul(above.get(), above.get(), below.get(), prime, work) == 1);
  const int symbol = BN_kronecker(above.get(), prime, work);
  return symbol == 0 || symbol == 1;
}

} // namespace

bool is_ed25519_point(std::string_view bytes) {
  if (bytes.size() != ed25519_bytes) return false;
  // Little-endian; the highest bit is the sign of x.
  std::string big_endian{bytes.rbegin(), bytes.rend()};
  big_endian.front() = static_cast<char>(static_cast<unsigned char>(big_endian.front()) & 0x7FU);
  const big_number y{BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr),
                     &BN_free};
  require(y != nullptr);
  const auto prime = number_of_hex(field_prime);
  if (BN_cmp(y.get(), prime.get()) >= 0) return false;
  const bool has_small_order =
      std::any_of(small_order_y.begin(), small_order_y.end(),
                  [&y](const char* hex) { return BN_cmp(y.get(), number_of_hex(hex).get()) == 0; });
  return !has_small_order && has_x(y.get(), prime.get());
}

} // namespace latchkey::webauthn

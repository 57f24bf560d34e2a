// quick_signer.hpp — ES256 for load generators: a signature costs a few multiplications, for the
// points on the curve are computed ahead.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct bignum_st;
struct bignum_ctx;

namespace latchkey::bench {

struct number_deleter {
  void operator()(bignum_st* number) const noexcept;
  void operator()(bignum_ctx* scratch) const noexcept;
};
using number = std::unique_ptr<bignum_st, number_deleter>;

/// The scalar of a P-256 key, big-endian in hexadecimal.
number private_key_from(const std::string& hex);

/// Its nonces are used again and again, which gives the private keys away to whoever looks: they
/// must be worth nothing.
class quick_signer {
public:
  explicit quick_signer(std::size_t nonces);

  /// ASN.1 DER, as WebAuthn Level 3, section 6.5.5, has it.
  std::string sign(std::string_view message, const number& private_key);

private:
  struct nonce {
    number r;         // the x coordinate of k times the generator
    number inverse;   // 1 / k
    number r_inverse; // r / k
  };

  number order_;
  std::unique_ptr<bignum_ctx, number_deleter> scratch_;
  std::vector<nonce> nonces_;
  std::size_t next_ = 0;
};

} // namespace latchkey::bench

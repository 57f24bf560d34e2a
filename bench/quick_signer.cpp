// quick_signer.cpp — FIPS 186-5, section 6.4.1: s = (hash + r * key) / k, taken apart into what the
// message changes and what it does not.
#include "bench/quick_signer.hpp"

#include "protocol/tokens/openssl_calls.hpp"
#include "protocol/tokens/sha256.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <utility>

namespace latchkey::bench {
namespace {

number new_number() {
  number made{BN_new()};
  require(made != nullptr);
  return made;
}

} // namespace

void number_deleter::operator()(bignum_st* number) const noexcept {
  BN_free(number);
}

void number_deleter::operator()(bignum_ctx* scratch) const noexcept {
  BN_CTX_free(scratch);
}

number private_key_from(const std::string& hex) {
  BIGNUM* read = nullptr;
  require(BN_hex2bn(&read, hex.c_str()) == static_cast<int>(hex.size()));
  return number{read};
}

quick_signer::quick_signer(std::size_t nonces) : order_(new_number()), scratch_(BN_CTX_new()) {
  const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group{
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), &EC_GROUP_free};
  require(scratch_ != nullptr && group != nullptr);
  auto* const scratch = scratch_.get();
  require(EC_GROUP_get_order(group.get(), order_.get(), scratch) == 1);
  const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point{EC_POINT_new(group.get()),
                                                                  &EC_POINT_free};
  const auto k = new_number();
  for (std::size_t i = 0; i < nonces; ++i) {
    nonce made{new_number(), new_number(), new_number()};
    const auto x = new_number();
    require(
        BN_priv_rand_range(k.get(), order_.get()) == 1 && BN_is_zero(k.get()) == 0 &&
        EC_POINT_mul(group.get(), point.get(), k.get(), nullptr, nullptr, scratch) == 1 &&
        EC_POINT_get_affine_coordinates(group.get(), point.get(), x.get(), nullptr, scratch) == 1 &&
        BN_nnmod(made.r.get(), x.get(), order_.get(), scratch) == 1 &&
        BN_mod_inverse(made.inverse.get(), k.get(), order_.get(), scratch) != nullptr &&
        BN_mod_mul(made.r_inverse.get(), made.r.get(), made.inverse.get(), order_.get(), scratch) ==
            1);
    nonces_.push_back(std::move(made));
  }
}

std::string quick_signer::sign(std::string_view message, const number& private_key) {
  const auto& chosen = nonces_[next_++ % nonces_.size()];
  const auto digest = sha256(message);
  const auto s = new_number();
  const auto of_key = new_number();
  require(BN_bin2bn(octets(digest), static_cast<int>(digest.size()), s.get()) != nullptr &&
          BN_mod_mul(s.get(), s.get(), chosen.inverse.get(), order_.get(), scratch_.get()) == 1 &&
          BN_mod_mul(of_key.get(), chosen.r_inverse.get(), private_key.get(), order_.get(),
                     scratch_.get()) == 1 &&
          BN_mod_add(s.get(), s.get(), of_key.get(), order_.get(), scratch_.get()) == 1);
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both{ECDSA_SIG_new(),
                                                                   &ECDSA_SIG_free};
  require(both != nullptr && ECDSA_SIG_set0(both.get(), BN_dup(chosen.r.get()), BN_dup(s.get())));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(both.get(), &der);
  require(size > 0);
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

} // namespace latchkey::bench

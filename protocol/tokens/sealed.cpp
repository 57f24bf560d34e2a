// sealed.cpp — salt (16 bytes), ciphertext, tag (16 bytes). The salt makes a fresh key and nonce
// for each text, so that no two ever share them however many are sealed.
#include "protocol/tokens/sealed.hpp"

#include "protocol/ids.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/hmac.hpp"
#include "protocol/tokens/openssl_calls.hpp"

#include <array>
#include <memory>
#include <openssl/evp.h>

namespace latchkey {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::string_view purpose = "latchkey sealed text";

using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* writable(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
int length(std::string_view text) {
  return static_cast<int>(text.size());
}

/// A context that knows the key, the nonce and what the text is bound to.
cipher_context context_for(const secret& key, std::string_view salt, std::string_view bound_to,
                           bool seals) {
  const auto derived = hkdf_sha256(key, salt, purpose, key_bytes + nonce_bytes);
  const auto bytes = derived.reveal();
  cipher_context context{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
  require(context != nullptr &&
          EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(bytes),
                            octets(bytes.substr(key_bytes)), seals ? 1 : 0) == 1);
  int size = 0;
  require(EVP_CipherUpdate(context.get(), nullptr, &size, octets(bound_to), length(bound_to)) == 1);
  return context;
}

} // namespace

std::string seal(const secret& key, std::string_view text, std::string_view bound_to) {
  text = text.substr(0, sealed_text_bytes_max);
  auto out = random_bytes(salt_bytes);
  const auto context = context_for(key, out, bound_to, true);
  out.resize(salt_bytes + text.size() + tag_bytes);
  int size = 0;
  require(EVP_CipherUpdate(context.get(), writable(out) + salt_bytes, &size, octets(text),
                           length(text)) == 1);
  require(EVP_CipherFinal_ex(context.get(), writable(out) + salt_bytes + size, &size) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                              writable(out) + salt_bytes + text.size()) == 1);
  return base64url_encode(out);
}

result<secret> open_sealed(const secret& key, std::string_view sealed, std::string_view bound_to) {
  const auto refuse = [] {
    return fail(error_code::internal_error, {},
                "the sealed text was changed, or sealed under another secret");
  };
  constexpr auto chars_max = (salt_bytes + sealed_text_bytes_max + tag_bytes + 2) / 3 * 4;
  if (sealed.size() > chars_max) return refuse();
  const auto bytes = base64url_decode(sealed);
  if (!bytes || bytes->size() < salt_bytes + tag_bytes) return refuse();
  const std::string_view all{*bytes};
  const auto text = all.substr(salt_bytes, all.size() - salt_bytes - tag_bytes);
  std::string tag{all.substr(all.size() - tag_bytes)};

  const auto context = context_for(key, all.substr(0, salt_bytes), bound_to, false);
  std::string out(text.size(), '\0');
  int size = 0;
  std::array<unsigned char, tag_bytes> rest{};
  require(EVP_CipherUpdate(context.get(), writable(out), &size, octets(text), length(text)) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1);
  secret opened{std::move(out)}; // wiped when the tag is wrong
  if (EVP_CipherFinal_ex(context.get(), rest.data(), &size) != 1) return refuse();
  return opened;
}

} // namespace latchkey

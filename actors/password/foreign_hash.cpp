// foreign_hash.cpp — the work itself: libxcrypt, OpenSSL and the reference Argon2.
#include "actors/password/foreign_hash.hpp"

#include "protocol/text/text_codec.hpp"

#include <argon2.h>
#include <array>
#include <crypt.h>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>

// libargon2 under names of its own (password_hash.cmake): libsodium has the same ones inside.
extern "C" int foreign_argon2_ctx(argon2_context* context, argon2_type type);

namespace latchkey {
namespace {

tl::unexpected<failure> no_memory_to_compare() {
  return fail(error_code::overloaded, {}, "no memory to compare a password");
}

unsigned char* unsigned_bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* md_of(foreign::digest which) {
  switch (which) {
  case foreign::digest::sha1:
    return EVP_sha1();
  case foreign::digest::sha512:
    return EVP_sha512();
  case foreign::digest::sha256:
    break;
  }
  return EVP_sha256();
}

/// What bcrypt keeps of a key while it works.
struct crypt_memory {
  crypt_data data{};
  crypt_memory() = default;
  crypt_memory(const crypt_memory&) = delete;
  crypt_memory& operator=(const crypt_memory&) = delete;
  ~crypt_memory() { OPENSSL_cleanse(&data, sizeof data); }
};

std::optional<secret> sha256_in_hex(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return std::nullopt;
  return secret{to_hex({reinterpret_cast<const char*>(digest.data()), size})};
}

} // namespace

result<bool> foreign_hash::matches(const secret& password) const {
  if (const auto* parameters = std::get_if<foreign::bcrypt>(&parameters_))
    return bcrypt_matches(*parameters, password);
  std::string computed(digest_.size(), '\0');
  if (!compute(computed, password)) return no_memory_to_compare();
  return equal_in_constant_time(computed, digest_);
}

result<bool> foreign_hash::bcrypt_matches(const foreign::bcrypt& parameters,
                                          const secret& password) const {
  // A NUL ends the text for crypt(3): what follows would not count. The work is done all the
  // same, so that the time tells nothing of the hash.
  bool may_match = password.reveal().find('\0') == std::string_view::npos;
  std::optional<secret> given = password;
  if (parameters.hashes_first) {
    given = sha256_in_hex(password.reveal());
    may_match = true; // of any bytes
  }
  if (!given) return no_memory_to_compare();
  const secret terminated{std::string{given->reveal()}}; // reveal() ends with a NUL behind it
  const auto memory = std::make_unique<crypt_memory>();
  const char* computed = crypt_rn(terminated.reveal().data(), parameters.setting_and_digest.c_str(),
                                  &memory->data, static_cast<int>(sizeof memory->data));
  if (computed == nullptr) return no_memory_to_compare();
  return equal_in_constant_time(computed, parameters.setting_and_digest) && may_match;
}

bool foreign_hash::compute(std::string& out, const secret& password) const {
  const auto text = password.reveal();
  if (const auto* parameters = std::get_if<foreign::pbkdf2>(&parameters_))
    return PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), unsigned_bytes(salt_),
                             static_cast<int>(salt_.size()),
                             static_cast<int>(parameters->iterations),
                             md_of(parameters->hashes_with), static_cast<int>(out.size()),
                             unsigned_bytes(out)) == 1;
  if (const auto* parameters = std::get_if<foreign::scrypt>(&parameters_)) {
    // OpenSSL counts a little more than 128 · N · r against its limit.
    const auto memory_max = 2 * scrypt_memory_bytes_max;
    return EVP_PBE_scrypt(text.data(), text.size(), unsigned_bytes(salt_), salt_.size(),
                          parameters->n, parameters->r, parameters->p, memory_max,
                          unsigned_bytes(out), out.size()) == 1;
  }
  const auto& parameters = std::get<foreign::argon2>(parameters_);
  std::string given{text}; // the library's structure is not const
  std::string salt = salt_;
  argon2_context context{};
  context.out = unsigned_bytes(out);
  context.outlen = static_cast<std::uint32_t>(out.size());
  context.pwd = unsigned_bytes(given);
  context.pwdlen = static_cast<std::uint32_t>(given.size());
  context.salt = unsigned_bytes(salt);
  context.saltlen = static_cast<std::uint32_t>(salt.size());
  context.t_cost = parameters.iterations;
  context.m_cost = parameters.memory_kib;
  context.lanes = parameters.lanes;
  context.threads = 1; // lanes one after another: a hashing thread has one core
  context.version = ARGON2_VERSION_13;
  const auto code = foreign_argon2_ctx(&context, parameters.is_id ? Argon2_id : Argon2_i);
  OPENSSL_cleanse(given.data(), given.size());
  return code == ARGON2_OK;
}

} // namespace latchkey

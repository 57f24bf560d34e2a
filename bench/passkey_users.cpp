// passkey_users.cpp — users for the benchmark of passkeys: those who sign in with a passkey and
// those who do with a password, as lines for `latchkey users import` on standard output. Usage:
// bench_passkey_users KEYS PASSKEY_USERS PASSWORD_USERS PASSWORD_HASH
//        KEYS: the file to write for bench_passkey_sign_ins, "user credential private-key" a line
#include "bench/live_load.hpp"
#include "protocol/ids.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/time.hpp"
#include "tests/support/soft_key.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string>

namespace {

using namespace latchkey;

constexpr std::size_t credential_bytes = 32;

std::string private_half_of(const test::soft_key& key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key.handle(), OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
    bench::die("a key has no private half");
  char* digits = BN_bn2hex(number);
  std::string out{digits};
  OPENSSL_free(digits);
  BN_clear_free(number);
  return out;
}

/// `{"username":…,"email":…` and no end.
std::string line_of(const std::string& name) {
  return R"({"username":")" + name + R"(","email":")" + name + R"(@example.com")";
}

void write_passkey_user(int number, std::ofstream& keys) {
  const auto id = to_string(make_uuid(system_clock_source().now()));
  const auto credential = base64url_encode(random_bytes(credential_bytes));
  const auto key = test::soft_key::make(webauthn::cose_algorithm::es256);
  keys << id << ' ' << credential << ' ' << private_half_of(key) << '\n';
  std::printf("%s,\"id\":\"%s\",\"passkeys\":[{\"credential_id\":\"%s\",\"public_key\":\"%s\"}]}\n",
              line_of("passkey" + std::to_string(number)).c_str(), id.c_str(), credential.c_str(),
              base64url_encode(key.cose()).c_str());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) bench::die("KEYS PASSKEY_USERS PASSWORD_USERS PASSWORD_HASH");
  std::ofstream keys{argv[1]};
  const int passkey_users = std::atoi(argv[2]);
  const int password_users = std::atoi(argv[3]);
  for (int i = 0; i < passkey_users; ++i)
    write_passkey_user(i, keys);
  for (int i = 0; i < password_users; ++i)
    std::printf("%s,\"password_hash\":\"%s\"}\n", line_of("password" + std::to_string(i)).c_str(),
                argv[4]);
  if (!keys.flush()) bench::die("cannot write the keys");
}

#include "actors/user/sealed_totp.hpp"

#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/sealed.hpp"

namespace latchkey {
namespace {

std::string binding_of_totp(const totp_record& totp) {
  return "authenticator app " + key_id_text(totp.id) + " of " + to_string(totp.user);
}

} // namespace

std::string seal_totp(const secret& sealing_key, const totp_record& totp, const secret& key) {
  return seal(sealing_key, key.reveal(), binding_of_totp(totp));
}

result<secret> open_totp(const secret& sealing_key, const totp_record& totp) {
  return open_sealed(sealing_key, totp.sealed_secret, binding_of_totp(totp));
}

} // namespace latchkey

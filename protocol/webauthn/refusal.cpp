#include "protocol/webauthn/refusal.hpp"

namespace latchkey::webauthn {

std::string_view to_string(refusal why) noexcept {
  switch (why) {
  case refusal::malformed_client_data:
    return "malformed_client_data";
  case refusal::malformed_attestation_object:
    return "malformed_attestation_object";
  case refusal::malformed_authenticator_data:
    return "malformed_authenticator_data";
  case refusal::malformed_public_key:
    return "malformed_public_key";
  case refusal::wrong_type:
    return "wrong_type";
  case refusal::wrong_challenge:
    return "wrong_challenge";
  case refusal::wrong_origin:
    return "wrong_origin";
  case refusal::cross_origin:
    return "cross_origin";
  case refusal::wrong_top_origin:
    return "wrong_top_origin";
  case refusal::wrong_rp_id:
    return "wrong_rp_id";
  case refusal::not_present:
    return "not_present";
  case refusal::not_verified:
    return "not_verified";
  case refusal::backed_up_but_not_eligible:
    return "backed_up_but_not_eligible";
  case refusal::backup_changed:
    return "backup_changed";
  case refusal::unknown_algorithm:
    return "unknown_algorithm";
  case refusal::unknown_attestation:
    return "unknown_attestation";
  case refusal::bad_attestation:
    return "bad_attestation";
  case refusal::long_credential_id:
    return "long_credential_id";
  case refusal::other_credential:
    return "other_credential";
  case refusal::no_user:
    return "no_user";
  case refusal::other_user:
    return "other_user";
  case refusal::wrong_signature:
    return "wrong_signature";
  case refusal::counter_went_back:
    return "counter_went_back";
  }
  return "unknown";
}

} // namespace latchkey::webauthn

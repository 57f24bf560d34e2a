#include "actors/user/passkey_refusal.hpp"

#include <string>

namespace latchkey {

failure refused_passkey(webauthn::refusal why) {
  failure error{error_code::invalid_credentials, "credential"};
  error.reason = "does not hold: " + std::string{to_string(why)};
  error.why = "passkey: " + std::string{to_string(why)};
  return error;
}

failure unknown_credential() {
  failure error{error_code::invalid_credentials, "credential",
                "is of none of the account's passkeys"};
  error.more = "\"unknown_credential\":true";
  error.why = "passkey: unknown credential";
  return error;
}

failure as_refused_passkey(failure lost) {
  if (lost.code == error_code::conflict && lost.field == "sign_count")
    return refused_passkey(webauthn::refusal::counter_went_back);
  if (lost.code == error_code::not_found && lost.field.empty()) return unknown_credential();
  if (lost.code == error_code::token_invalid && lost.field == "challenge")
    return {error_code::token_invalid, "credential",
            "answers a challenge that was answered before"};
  return lost;
}

} // namespace latchkey

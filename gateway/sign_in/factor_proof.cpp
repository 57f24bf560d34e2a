#include "gateway/sign_in/factor_proof.hpp"

#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/recovery_code.hpp"
#include "protocol/webauthn/json.hpp"

#include <utility>

namespace latchkey::gateway {

result<messages::factor_proof> read_factor_proof(
    input& body, std::string_view method, bool takes_password,
    const std::function<result<messages::passkey_proof>(std::string_view)>& read_passkey) {
  messages::factor_proof proof;
  if (method == to_string(auth_method::passkey)) {
    const auto credential = body.object_text("credential", webauthn::response_json_bytes_max);
    if (!credential) body.problem("credential", "is missing");
    if (auto read = body.done(); !read) return fail(read.error());
    auto shown = read_passkey(*credential);
    if (!shown) return fail(shown.error());
    proof.method = auth_method::passkey;
    proof.passkey = std::move(*shown);
    return proof;
  }
  const bool is_password = takes_password && method == to_string(auth_method::password);
  proof.code = is_password ? body.hidden("password", 1, password_input_bytes_max)
                           : body.hidden("code", 1, recovery_code_bytes_max);
  if (auto read = body.done(); !read) return fail(read.error());
  if (is_password) {
    proof.method = auth_method::password;
    return proof;
  }
  for (const auto known : {auth_method::totp, auth_method::recovery_code})
    if (to_string(known) == method) {
      proof.method = known;
      return proof;
    }
  return fail(error_code::validation_error, "method",
              takes_password ? "must be totp, recovery_code, passkey or password"
                             : "must be totp, recovery_code or passkey");
}

} // namespace latchkey::gateway

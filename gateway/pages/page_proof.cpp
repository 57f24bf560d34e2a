#include "gateway/pages/page_proof.hpp"

#include "gateway/passkeys/ceremony.hpp"
#include "protocol/tokens/recovery_code.hpp"
#include "protocol/webauthn/json.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

/// What an app shows has digits alone; a recovery code is longer.
auth_method method_of_code(std::string_view code) {
  constexpr std::size_t app_code_chars_max = 8; // with a space or a hyphen
  return code.size() <= app_code_chars_max ? auth_method::totp : auth_method::recovery_code;
}

} // namespace

result<messages::factor_proof> read_page_proof(const http::exchange& ex, input& sent) {
  messages::factor_proof proof;
  if (sent.has("credential")) {
    const auto credential = sent.text("credential", 1, webauthn::response_json_bytes_max);
    if (auto read = sent.done(); !read) return fail(read.error());
    auto shown = read_assertion(ex, credential);
    if (!shown) return fail(shown.error());
    proof.method = auth_method::passkey;
    proof.passkey = std::move(*shown);
    return proof;
  }
  proof.code = sent.hidden("code", 1, recovery_code_bytes_max);
  if (auto read = sent.done(); !read) return fail(read.error());
  proof.method = method_of_code(proof.code.reveal());
  return proof;
}

} // namespace latchkey::gateway::pages

#include "gateway/passkeys/ceremony.hpp"

#include "actors/user/passkey_refusal.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/client_data.hpp"
#include "protocol/webauthn/json.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

constexpr const char* credential_field = "credential";

std::string bytes_of(const std::string& base64url) {
  return base64url_decode(base64url).value_or(std::string{});
}

std::vector<webauthn::credential_descriptor>
descriptors_of(const std::vector<passkey_record>& passkeys) {
  std::vector<webauthn::credential_descriptor> out;
  for (const auto& key : passkeys)
    out.push_back({bytes_of(key.credential_id), key.transports});
  return out;
}

passkey_challenge new_challenge(const actor_env& env, passkey_ceremony ceremony,
                                const user_id& user) {
  return make_passkey_challenge(env.keys->sealing, ceremony, user, env.now());
}

failure below_credential(failure wrong) {
  wrong.field = wrong.field.empty() ? credential_field : credential_field + ('.' + wrong.field);
  return wrong;
}

/// The challenge of ours that the browser says it has answered.
result<passkey_challenge> challenge_in(const actor_env& env, passkey_ceremony ceremony,
                                       const std::string& client_data_json) {
  const auto client = webauthn::parse_client_data(client_data_json);
  if (!client)
    return fail(error_code::validation_error, "credential.response.clientDataJSON",
                "is not what a browser makes (WebAuthn Level 3, section 5.8.1)");
  return read_passkey_challenge(env.keys->sealing, ceremony, client->challenge, env.now());
}

} // namespace

result<std::string> assertion_options(const http::exchange& ex,
                                      const std::vector<passkey_record>& allowed, bool is_alone) {
  const auto site = passkey_site_of(ex);
  if (!site) return fail(site.error());
  return assertion_options(edge_of(ex).env(), *site, allowed, is_alone);
}

std::string assertion_options(const actor_env& env, const messages::passkey_site& site,
                              const std::vector<passkey_record>& allowed, bool is_alone) {
  webauthn::request_options options;
  options.rp_id = site.rp_id;
  options.challenge = bytes_of(new_challenge(env, passkey_ceremony::assertion, {}).text);
  options.timeout = passkey_challenge_ttl;
  options.allowed = descriptors_of(allowed);
  options.user_verification =
      is_alone ? webauthn::requirement::required : webauthn::requirement::preferred;
  return webauthn::to_json(options);
}

result<std::string> registration_options(const http::exchange& ex, const user_id& user,
                                         const messages::passkey_wanted& wanted) {
  const auto site = passkey_site_of(ex);
  if (!site) return fail(site.error());
  webauthn::creation_options options;
  options.rp = {site->rp_id, edge_of(ex).configured().brand_name};
  options.user = {user_handle_of(user), wanted.name, wanted.display_name};
  options.challenge =
      bytes_of(new_challenge(edge_of(ex).env(), passkey_ceremony::registration, user).text);
  options.timeout = passkey_challenge_ttl;
  options.excluded = descriptors_of(wanted.present);
  return webauthn::to_json(options);
}

result<messages::passkey_proof> read_assertion(const http::exchange& ex, std::string_view json) {
  auto site = passkey_site_of(ex);
  if (!site) return fail(site.error());
  return read_assertion(edge_of(ex).env(), std::move(*site), json);
}

result<messages::passkey_proof> read_assertion(const actor_env& env, messages::passkey_site site,
                                               std::string_view json) {
  auto response = webauthn::parse_assertion_response(json);
  if (!response) return fail(below_credential(response.error()));
  auto challenge = challenge_in(env, passkey_ceremony::assertion, response->client_data_json);
  if (!challenge) return fail(challenge.error());
  return messages::passkey_proof{std::move(*response), std::move(*challenge), std::move(site)};
}

result<passkey_registration> read_registration(const http::exchange& ex, std::string_view json) {
  auto site = passkey_site_of(ex);
  if (!site) return fail(site.error());
  auto response = webauthn::parse_registration_response(json);
  if (!response) return fail(below_credential(response.error()));
  auto challenge =
      challenge_in(edge_of(ex).env(), passkey_ceremony::registration, response->client_data_json);
  if (!challenge) return fail(challenge.error());
  return passkey_registration{std::move(*response), std::move(*challenge), std::move(*site)};
}

awaitable<result<messages::token_pair>>
sign_in_with_passkey(http::exchange& ex, messages::passkey_proof proof, surface opened_by) {
  auto& edge = edge_of(ex);
  const auto user = user_of_handle(proof.response.user_handle.value_or(std::string{}));
  if (!user)
    co_return fail(error_code::validation_error, "credential.response.userHandle",
                   "must name the passkey's owner: only one that can be found without a name "
                   "signs in by itself");
  // Who tries signatures is held as a guesser of passwords is.
  auto attempt = co_await address_attempt::begin(ex);
  if (!attempt) co_return fail(attempt.error());
  ex.user = *user;
  messages::sign_in_with_passkey request{std::move(proof), opened_by, client_of(ex),
                                         edge.deadline_for_actors(ex.deadline)};
  auto tokens = co_await edge.ask_user(*user, std::move(request), ex.deadline);
  std::optional<user_id> owner = *user;
  if (!tokens && tokens.error().code == error_code::user_not_found) {
    owner.reset();
    tokens = fail(unknown_credential());
  }
  count_sign_in(edge.env().outcomes, tokens);
  if (tokens) co_return tokens;
  const auto code = tokens.error().code;
  if (code == error_code::invalid_credentials) attempt->was_wrong();
  if (code == error_code::invalid_credentials || code == error_code::insufficient_permissions) {
    auto written = co_await audit_refusal(ex, "user.sign_in_refused", owner, tokens.error().why);
    if (!written) co_return fail(written.error());
  }
  co_return tokens;
}

} // namespace latchkey::gateway

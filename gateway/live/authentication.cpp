#include "gateway/live/authentication.hpp"

#include "actors/audit/audit_entry.hpp"
#include "gateway/live/live_connection.hpp"
#include "gateway/passkeys/ceremony.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/request/authentication_words.hpp"
#include "gateway/sign_in/factor_proof.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::live {
namespace {

constexpr std::size_t access_token_bytes_max = 8192;
constexpr std::size_t method_bytes_max = 32;

/// Passkeys are for the pages of ISSUER, or of a local server on its port.
result<messages::passkey_site> site_of(turn& t) {
  const auto& configured = t.edge().configured();
  const auto local = std::string{configured.uses_tls() ? "https://" : "http://"} +
                     "localhost:" + std::to_string(configured.http_port);
  return passkey_site_of(configured, local);
}

messages::author author_of(const turn& t) {
  messages::client_info client;
  client.request_id = t.message.id;
  return {std::move(client), "user:" + to_string(t.caller.user)};
}

// -- a fresh token ------------------------------------------------------------------------------

awaitable<reply> take_token(turn& t, const secret& token) {
  auto shown = co_await t.edge().authenticate(token.reveal(), t.deadline);
  if (!shown) {
    shown.error().field = "token";
    co_return fail(shown.error());
  }
  if (shown->session != t.caller.session)
    co_return fail(error_code::insufficient_permissions, "token",
                   "belongs to another session: open another socket with it");
  if (auto* client = t.sockets.find(t.socket)) client->set_expiry(shown->expires_at);
  const time_point end{std::chrono::seconds{shown->expires_at}};
  std::string members;
  json_writer(members).text("expires_at", to_rfc3339_seconds(end));
  co_return ack(t.message.id, members);
}

// -- what may be shown --------------------------------------------------------------------------

awaitable<reply> challenge(turn& t) {
  auto& edge = t.edge();
  const messages::validate question;
  const auto session = co_await edge.ask_session(t.caller.session, question, t.deadline);
  if (!session) co_return fail(session.error());
  const messages::list_factors asked{edge.deadline_for_actors(t.deadline)};
  const auto known = co_await edge.ask_user(t.caller.user, asked, t.deadline);
  if (!known) co_return fail(known.error());
  std::string members;
  json_writer answer(members);
  write_authentication(answer, session->authenticated);
  answer.texts("methods", known->methods);
  const auto site = site_of(t);
  if (site && !known->passkeys.empty())
    answer.json("publicKey", assertion_options(edge.env(), *site, known->passkeys, false));
  else
    answer.null("publicKey");
  co_return ack(t.message.id, members);
}

// -- one more factor ----------------------------------------------------------------------------

/// The refusal, once it is on record.
awaitable<failure> recorded(turn& t, failure refused) {
  if (refused.code != error_code::invalid_credentials) co_return refused;
  auto& edge = t.edge();
  messages::record_audit record;
  const auto by = author_of(t);
  record.entry =
      audit_entry("user.step_up_refused", refused.why, edge.env().now(), by, t.caller.user);
  record.entry.session = t.caller.session;
  record.deadline = edge.deadline_for_actors(t.deadline);
  const auto written = co_await edge.ask(edge.env().audit, std::move(record), t.deadline);
  co_return written ? refused : written.error();
}

awaitable<reply> take_proof(turn& t, const std::string& method) {
  const auto read_passkey = [&t](std::string_view json) -> result<messages::passkey_proof> {
    auto site = site_of(t);
    if (!site) return fail(site.error());
    return read_assertion(t.edge().env(), std::move(*site), json);
  };
  auto proof = read_factor_proof(t.message.data, method, true, read_passkey);
  if (!proof) co_return fail(proof.error());
  messages::step_up request{t.caller.session, std::move(*proof), author_of(t),
                            t.edge().deadline_for_actors(t.deadline)};
  const auto stepped = co_await t.edge().ask_user(t.caller.user, std::move(request), t.deadline);
  if (!stepped) co_return fail(co_await recorded(t, stepped.error()));
  std::string members;
  json_writer answer(members);
  write_authentication(answer, stepped->authenticated);
  co_return ack(t.message.id, members);
}

} // namespace

awaitable<reply> authenticate(turn& t) {
  auto& data = t.message.data;
  if (data.has("method")) {
    const auto method = data.text("method", 1, method_bytes_max);
    co_return co_await take_proof(t, method);
  }
  if (data.optional_flag("challenge").value_or(false)) {
    if (auto wrong = data.done(); !wrong) co_return fail(wrong.error());
    co_return co_await challenge(t);
  }
  const auto token = data.hidden("token", 1, access_token_bytes_max);
  if (auto wrong = data.done(); !wrong) co_return fail(wrong.error());
  co_return co_await take_token(t, token);
}

} // namespace latchkey::gateway::live

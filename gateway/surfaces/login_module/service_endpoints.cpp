// Tokens between services ("API Reference", Inter-Service Token Validation).
#include "actors/audit/audit_entry.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/request/request_limit.hpp"
#include "protocol/service_id.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway::login_module {
namespace {

constexpr std::int64_t service_token_ttl_s_min = 60;
constexpr std::int64_t service_token_ttl_s_max = 86400;
constexpr std::int64_t service_token_ttl_s_default = 3600;
constexpr std::size_t service_hash_chars = 22; // of the key of a rate limit: 132 bits

/// What names a service, registered or not.
result<std::string> read_service_id(input& body) {
  auto id = body.text("service_id", 1, service_id_chars_max);
  if (!is_service_id(id))
    return fail(error_code::validation_error, "service_id", std::string{service_id_rule});
  return id;
}

/// The answer for a user's token: those of the user's permissions that the service is registered
/// for.
std::string user_token_body(const principal& caller, const service_entry* service) {
  std::string out;
  json_writer body(out);
  const auto scopes = service ? caller.permissions_among(*service->scopes) : permission_set{};
  body.begin_object()
      .flag("valid", true)
      .text("user_id", to_string(caller.user))
      .texts("scopes", scopes.words())
      .end_object();
  return out;
}

/// The answer for a service's token: its scopes, as far as the service still has them. Nothing when
/// the service is no longer there.
std::optional<std::string> service_token_body(const service_claims& claims,
                                              const service_table& services) {
  const auto* service = services.find_service(claims.service_id);
  if (service == nullptr) return std::nullopt;
  std::string out;
  json_writer body(out);
  const auto scopes = permission_set{claims.scopes}.in_common_with(*service->scopes);
  body.begin_object()
      .flag("valid", true)
      .null("user_id")
      .text("service_id", claims.service_id)
      .texts("scopes", scopes.words())
      .end_object();
  return out;
}

bool is_about_the_token(error_code code) {
  return code == error_code::token_invalid || code == error_code::token_expired ||
         code == error_code::mfa_required;
}

/// Whether the caller may ask in a service's name. With a key of that service its own limit counts;
/// without one, which is taken unless SERVICE_KEY_REQUIRED, the address's, and of that a window for
/// each name, so that nobody spends what is another's. AUTH004, RATE_LIMITED.
awaitable<result<void>> admit_service(http::exchange& ex, const std::string& service_id) {
  const auto& edge = edge_of(ex);
  const auto asking = service_of(ex);
  const bool is_proven = asking && asking->service->id == service_id;
  if (is_proven) co_return co_await charge_limit(ex, *asking);
  if (auto charged = co_await charge_address_limit(ex); !charged) co_return charged;
  if (edge.configured().service_key_required) {
    if (!asking) co_return fail(asking.error());
    co_return fail(error_code::insufficient_permissions, "service_id", "is another service's");
  }
  // The name may be as long as a limiter's key; its hash is not.
  const auto key = address_key("validate", ex.client_address) + ":" +
                   hash_of_key(service_id).substr(0, service_hash_chars);
  co_return co_await charge_limit(ex, key, edge.configured().rate_limit_service);
}

} // namespace

awaitable<result<http::response>> validate_service_token(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto token = body.hidden("token", 1, access_token_bytes_max);
  const auto named = read_service_id(body);
  auto read = body.done();
  if (read && !named) read = fail(named.error());
  if (!read) co_return fail(co_await charge_address_on_failure(ex, std::move(read.error())));
  const auto& service_id = *named;
  if (auto allowed = co_await admit_service(ex, service_id); !allowed)
    co_return fail(allowed.error());

  const auto services = edge.env().book->services();
  auto caller = co_await edge.authenticate(token.reveal(), ex.deadline);
  if (caller)
    co_return http::json_response(200,
                                  user_token_body(*caller, services->find_service(service_id)));
  if (!is_about_the_token(caller.error().code)) co_return fail(caller.error());
  auto claims = edge.tokens().verify_service(token.reveal());
  auto valid = claims ? service_token_body(*claims, *services) : std::nullopt;
  co_return http::json_response(200, valid ? std::move(*valid) : R"({"valid":false})");
}

awaitable<result<http::response>> create_service_token(http::exchange& ex,
                                                       const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto service_id = body.text("service_id", 1, service_id_chars_max);
  auto scopes = body.texts("scopes", permissions_max, permission_bytes_max);
  const auto asked_ttl_s =
      body.optional_integer("expires_in", service_token_ttl_s_min, service_token_ttl_s_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  const auto services = edge.env().book->services();
  const auto* service = services->find_service(service_id);
  failure wrong{error_code::validation_error, "service_id", "is not a registered service"};
  if (service == nullptr) co_return fail(wrong);
  if (!service->scopes->has_all(scopes)) {
    wrong.field = "scopes";
    wrong.reason =
        "must be among those that the service is registered for: " + service->scopes->joined(' ');
    co_return fail(wrong);
  }

  const auto now = edge.env().now();
  messages::sign_service signing;
  auto& claims = signing.claims;
  claims.service_id = service_id;
  claims.scopes = permission_set{std::move(scopes)}.words();
  claims.iss = edge.env().keys->issuer;
  claims.aud = edge.env().keys->audience;
  claims.iat = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto ttl_s = asked_ttl_s.value_or(service_token_ttl_s_default);
  claims.exp = claims.iat + ttl_s;
  claims.jti = to_string(make_uuid(now));

  messages::record_audit record;
  record.entry = audit_entry("service.token_issued",
                             service_id + ": " + permission_set{claims.scopes}.joined(' '), now,
                             client_of(ex));
  record.entry.user = caller.user;
  record.deadline = edge.deadline_for_actors(ex.deadline);
  auto made = co_await edge.ask(edge.env().key_ring, std::move(signing), ex.deadline);
  if (!made) co_return fail(made.error());
  auto noted = co_await edge.ask(edge.env().audit, std::move(record), ex.deadline);
  if (!noted) co_return fail(noted.error());

  std::string out;
  json_writer(out)
      .begin_object()
      .text("access_token", made->token.reveal())
      .text("token_type", "bearer")
      .number("expires_in", ttl_s)
      .text("service_id", service_id)
      .end_object();
  co_return http::json_response(200, std::move(out));
}

} // namespace latchkey::gateway::login_module

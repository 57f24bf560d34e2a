#include "gateway/http_acceptor.hpp"

namespace latchkey::gateway {
namespace {

/// Clocks of nodes differ a little.
constexpr std::chrono::seconds clock_leeway{5};

/// Scheme, host and port of an http(s) URL.
std::string origin_of(std::string_view url) {
  const auto slashes = url.find("://");
  if (slashes == url.npos || !url.starts_with("http")) return {};
  return std::string{url.substr(0, url.find('/', slashes + 3))};
}

} // namespace

http_acceptor::http_acceptor(caf::actor_system& system, reactor& home, services_ptr with,
                             std::shared_ptr<const settings> configured)
    : home_(home), with_(std::move(with)), settings_(std::move(configured)),
      origins_(settings_->allowed_origins), issuer_origin_(origin_of(settings_->issuer)),
      core_manager_(home, [url = settings_->core_manager_url](deadline_point deadline) {
        return accepts_connections(url, deadline);
      }) {
  caf::actor_config config{&home};
  auto handle = system.spawn_class<edge_actor, caf::no_spawn_options>(config, home);
  edge_owner_ = caf::actor_cast<caf::strong_actor_ptr>(handle);
  edge_ = static_cast<edge_actor*>(caf::actor_cast<caf::abstract_actor*>(edge_owner_));
}

http_acceptor::~http_acceptor() {
  // At once: an answer that is queued already must not wake a coroutine that would find
  // this gone.
  edge_->close();
}

time_point http_acceptor::deadline_for_actors(deadline_point deadline) const {
  const auto left = deadline - std::chrono::steady_clock::now();
  return with_->now() + std::chrono::duration_cast<std::chrono::microseconds>(left);
}

result<http_acceptor::known_token> http_acceptor::verify_token(std::string_view token) {
  const auto now = with_->now();
  if (auto* known = tokens_.find(token)) {
    const auto end = time_point{std::chrono::seconds{known->exp}};
    if (now >= end + clock_leeway) return fail(error_code::token_expired);
    return *known;
  }
  const auto& keys = *with_->keys;
  auto claims = verify(token, keys.access, keys.issuer, keys.audience, now, clock_leeway);
  if (!claims) return tl::unexpected<failure>(claims.error());
  return tokens_.put(std::string{token}, {claims->sub, claims->sid, claims->exp});
}

awaitable<result<principal>> http_acceptor::authenticate(std::string_view token,
                                                         deadline_point deadline) {
  auto known = verify_token(token);
  if (!known) co_return tl::unexpected<failure>(known.error());
  const messages::validate question;
  auto word = co_await ask_session(known->session, question, deadline);
  if (!word) co_return tl::unexpected<failure>(word.error());
  // A token is one session's of one user's; anything else was not signed for it.
  if (word->user != known->user) co_return fail(error_code::token_invalid);
  principal who{word->user, word->user_number, known->session, std::move(word->role),
                word->opened_by};
  co_return who;
}

template <class Handle, class Question>
awaitable<bool> http_acceptor::alive(last_word& last, const Handle& whom, deadline_point deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (last.asked != deadline_point{} && now < last.asked + health_stands_for) co_return last.alive;
  // Others that ask meanwhile hear the last word, so a frozen database gets one question
  // a second, not one a request.
  last.asked = now;
  const auto wait_until = std::min(deadline, now + health_wait_max);
  const Question question{deadline_for_actors(wait_until)};
  auto word = co_await edge_->ask(whom, question, wait_until);
  last.alive = word.has_value();
  co_return last.alive;
}

awaitable<bool> http_acceptor::database_alive(deadline_point deadline) {
  return alive<reader_actor, messages::ping_store>(database_, with_->readers.front(), deadline);
}

awaitable<std::string_view> http_acceptor::redis_word(deadline_point deadline) {
  if (!with_->redis) co_return "disabled";
  const bool answers =
      co_await alive<redis_actor, messages::ping_redis>(redis_, with_->redis, deadline);
  if (answers) co_return "connected";
  co_return "disconnected";
}

std::int64_t http_acceptor::uptime_s() const {
  return std::chrono::duration_cast<std::chrono::seconds>(with_->now() - with_->started_at).count();
}

} // namespace latchkey::gateway

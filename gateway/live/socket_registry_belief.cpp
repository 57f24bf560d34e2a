// socket_registry_belief.cpp — what leaves on the sockets of a session while this node cannot
// believe its memory of it: nothing, before a look at the store that began later.
#include "gateway/live/live_connection.hpp"
#include "gateway/live/socket_registry.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace latchkey::gateway {
namespace {

/// A look that takes longer is taken again.
constexpr std::chrono::seconds look_max{5};
/// Sessions of which the looks begin together.
constexpr std::size_t looks_at_once = 64;

void tell_all(std::vector<doubted::told>& acts, bool is_alive) {
  for (auto& act : std::exchange(acts, {}))
    act(is_alive);
}

} // namespace

bool socket_registry::believes(const live_session& session) const {
  const auto& env = edge_.env();
  return !session.is_over && env.trust->counts(session.known_in, env.steady_now()) &&
         edge_.is_registry_current();
}

bool socket_registry::believes(const session_id& id) const {
  const auto found = sessions_.find(id);
  return found != sessions_.end() && believes(*found->second);
}

void socket_registry::when_believed(live_session& session, doubted::told act) {
  if (believes(session)) return act(true);
  if (session.is_over || life_ == life::shut) return act(false);
  if (!session.doubt) session.doubt = std::make_unique<doubted>();
  session.doubt->waiting.push_back(std::move(act));
  look_at(session);
}

awaitable<bool> socket_registry::is_believed(session_id id) {
  const auto begin = [this, id](auto handler) {
    const auto found = sessions_.find(id);
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    auto resume = [kept, executor = edge_.home().context().get_executor()](bool is_alive) {
      boost::asio::post(executor, [kept, is_alive] { std::move (*kept)(is_alive); });
    };
    if (found == sessions_.end()) return resume(false);
    when_believed(*found->second, std::move(resume));
  };
  co_return co_await boost::asio::async_initiate<const decltype(use_awaitable)&, void(bool)>(
      begin, use_awaitable);
}

// -- looks -------------------------------------------------------------------------------------

void socket_registry::look_at(live_session& session) {
  if (!session.doubt) session.doubt = std::make_unique<doubted>();
  auto& doubt = *session.doubt;
  if (doubt.is_looking) return;
  doubt.is_looking = true;
  doubt.asked = std::exchange(doubt.waiting, {});
  boost::asio::co_spawn(edge_.home().context(), look(session.id), [](std::exception_ptr) {});
}

awaitable<> socket_registry::look(session_id id) {
  const auto deadline = std::chrono::steady_clock::now() + look_max;
  const auto epoch = edge_.env().trust->epoch();
  if (!edge_.is_registry_current())
    if (auto roles = co_await edge_.reread_registry(deadline); !roles) {
      looked(id, epoch, fail(std::move(roles.error())));
      co_return;
    }
  const auto said = co_await watch(id, deadline);
  looked(id, epoch, said);
}

void socket_registry::looked(const session_id& id, std::uint64_t epoch,
                             const result<messages::validation>& said) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second->doubt) return;
  auto& doubt = *found->second->doubt;
  doubt.is_looking = false;
  auto asked = std::exchange(doubt.asked, {});
  if (said) {
    found->second->known_in = epoch;
    on_role({id, said->role});
    tell_all(asked, true);
  } else if (said.error().code == error_code::token_invalid) {
    tell_all(asked, false);
    on_session_ended({id, end_reason::revoked}, [] {});
  } else { // the store does not answer: `look_around` tries again
    asked.insert(asked.end(), std::make_move_iterator(doubt.waiting.begin()),
                 std::make_move_iterator(doubt.waiting.end()));
    doubt.waiting = std::move(asked);
    return;
  }
  go_on_after_look(id);
}

/// What came during the look.
void socket_registry::go_on_after_look(const session_id& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second->doubt) return;
  auto& session = *found->second;
  if (session.doubt->waiting.empty()) {
    session.doubt.reset();
  } else if (believes(session)) {
    auto waiting = std::exchange(session.doubt->waiting, {});
    session.doubt.reset();
    tell_all(waiting, true);
  } else {
    look_at(session);
  }
}

/// Nobody waits for that session any more.
void socket_registry::drop_doubt(live_session& session) {
  const auto doubt = std::exchange(session.doubt, nullptr);
  if (!doubt) return;
  tell_all(doubt->asked, false);
  tell_all(doubt->waiting, false);
}

bool socket_registry::look_at_doubted() {
  const auto& env = edge_.env();
  const bool may_be_believed = env.trust->holds(env.steady_now());
  std::vector<session_id> found;
  for (const auto& [id, session] : sessions_) {
    const bool is_open = !session->sockets.empty() || !session->splices.empty();
    if (session->is_over || !is_open || believes(*session)) continue;
    const bool is_waited_for = session->doubt && !session->doubt->waiting.empty();
    if (is_waited_for || may_be_believed) found.push_back(id);
    if (found.size() == looks_at_once) break;
  }
  for (const auto& id : found)
    if (const auto still = sessions_.find(id); still != sessions_.end()) look_at(*still->second);
  return found.size() == looks_at_once;
}

} // namespace latchkey::gateway

// one_session.hpp — a user with one session and its actor, as several tests need them.
#pragma once

#include "actors/session/session.hpp"
#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {

struct one_session : actor_fixture {
  user_record owner = add_user("ada", "plain:correct horse");
  session_record record = add_session(owner);
  session_actor actor;

  one_session() { start(); }
  void start() { actor = spawn(session, *stored(record.id), shared_env(), std::uint64_t{1}); }

  messages::refresh refresh(std::uint64_t counter) {
    return {token_of(record, counter), {"192.0.2.1", "curl", "req_1"}, soon()};
  }
  messages::prove prove(std::uint64_t counter) { return {token_of(record, counter)}; }
  messages::revoke revoke() {
    messages::revoke out;
    out.reason = end_reason::logout;
    out.client = {"192.0.2.1", "curl", "req_2"};
    out.deadline = soon();
    return out;
  }
  /// An access token that came with that refresh token is shown.
  error_code use(std::uint64_t counter) { return code_of(ask(actor, messages::validate{counter})); }
  error_code validate() { return code_of(ask(actor, messages::validate{})); }
  std::uint64_t stored_counter() { return stored(record.id)->counter; }
};

} // namespace latchkey::test

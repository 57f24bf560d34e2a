// one_user.hpp — a user with its actor in a directory, as several tests need them.
#pragma once

#include "actors/directory/directory.hpp"
#include "actors/user/user.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// Changes the first name alone.
inline storage::user_changes renamed(const std::string& first_name) {
  storage::user_changes changes;
  changes.first_name = first_name;
  return changes;
}

struct one_user : actor_fixture {
  user_record record;
  user_actor actor;

  explicit one_user(const std::string& phc = "plain:correct horse", bool is_active = true)
      : record(add_user("ada", phc, is_active)) {
    actor = find(record.id).value();
  }

  // -- what is asked ---------------------------------------------------------------------

  messages::author author(const std::string& by = {}) {
    return {{"192.0.2.1", "curl", "req_1"}, by};
  }
  messages::authenticate sign_in(const std::string& password) {
    return {secret{password}, surface::login_module, author().client, soon()};
  }
  messages::update_user update(storage::user_changes changes) {
    return {std::move(changes), author("user:admin"), soon()};
  }
  messages::update_user deactivation() {
    storage::user_changes changes;
    changes.is_active = false;
    return update(changes);
  }
  messages::update_user promotion(const std::string& role) {
    storage::user_changes changes;
    changes.role = role;
    return update(changes);
  }
  messages::end_sessions end_all(std::optional<session_id> keep = std::nullopt) {
    return {keep, "an incident", author("service:ops"), soon()};
  }
  messages::change_password change(const std::string& from, const std::string& to,
                                   std::optional<session_id> keep = std::nullopt) {
    return {secret{from}, secret{to}, keep, author(), soon()};
  }

  /// How a session was authenticated in which that was shown just now.
  authentication shown(auth_methods by = auth_method::password) { return {by, clock.now()}; }

  // -- what is so ------------------------------------------------------------------------

  const directory_actor& shard() { return env().directories.front(); }
  result<user_actor> find(const user_id& id) { return ask(shard(), messages::find_user{id}); }
  result<session_actor> find(const session_id& id) {
    return ask(shard(), messages::find_session{id});
  }
  /// Whether a session still says that it lives: AUTH003 when it does not.
  error_code state_of(const session_id& id) {
    auto found = find(id);
    return found ? code_of(ask(*found, messages::validate{})) : found.error().code;
  }
  user_record stored_user() { return store.open_reader()->find_user(record.id).value().value(); }
  std::string stored_hash() { return std::string{stored_user().password_hash.reveal()}; }
  template <class Query>
  typename Query::answer stored(Query query) {
    return store.open_reader()->answer_to(std::move(query)).value();
  }
  using actor_fixture::stored;
  std::size_t live_sessions() {
    return stored(storage::list_sessions{record.id, clock.now(), 100}).size();
  }
  session_id signed_in(const std::string& password = "correct horse") {
    const auto tokens = ask(actor, sign_in(password));
    EXPECT_TRUE(tokens);
    return parse_refresh_token(tokens->refresh_token.reveal()).value().session;
  }
  /// Comparisons with a stored hash that were asked for.
  std::size_t compared() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < hashes.seen(); ++i)
      if (const auto* asked = hashes.question_if<messages::verify_password>(i))
        count += asked->phc.empty() || asked->is_for_nothing ? 0 : 1;
    return count;
  }
  std::size_t commits_with_fact(auto is) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < commits.seen(); ++i)
      for (const auto& fact : commits.question<messages::commit>(i).unit.facts)
        count += is(fact) ? 1 : 0;
    return count;
  }
  /// What is left of the messages that the audit log has of an action.
  std::vector<audit_record> audited(const std::string& action) {
    std::vector<audit_record> out;
    for (auto& entry : store.audits())
      if (entry.action == action) out.push_back(entry);
    return out;
  }
};

} // namespace latchkey::test

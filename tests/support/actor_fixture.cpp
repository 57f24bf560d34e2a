#include "tests/support/actor_fixture.hpp"

#include "actors/audit/audit.hpp"
#include "actors/base/key_ring.hpp"
#include "actors/directory/directory.hpp"
#include "actors/store/persistence.hpp"
#include "actors/store/reader.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::test {
namespace {

constexpr std::string_view signing_secret = "a secret for tests, thirty-two bytes";

std::unique_ptr<caf::actor_system_config> test_config() {
  auto config = std::make_unique<caf::actor_system_config>();
  config->set("scheduler.policy", caf::atom("testing"));
  config->set("logger.console", caf::atom("none"));
  config->set("logger.verbosity", caf::atom("quiet"));
  return config;
}

} // namespace

password_hasher_actor::behavior_type fake_hasher(password_hasher_actor::pointer self, caf::unit_t) {
  install_default_handlers(self);
  return {[](messages::hash_password& m) -> caf::result<messages::hashed> {
            return messages::hashed{secret{"plain:" + std::string{m.password.reveal()}}};
          },
          [](messages::verify_password& m) -> caf::result<messages::verdict> {
            const std::string password{m.password.reveal()};
            messages::verdict answer;
            answer.matches = m.phc.reveal() == "plain:" + password;
            if (m.phc.reveal() == "old:" + password)
              answer = {true, m.rehashes ? secret{"plain:" + password} : secret{}};
            return answer;
          }};
}

actor_fixture::actor_fixture() : actor_fixture(faulty_store{}) {}

actor_fixture::actor_fixture(const faulty_store& shared)
    : store(shared), config_(test_config()), system_(std::make_unique<caf::actor_system>(*config_)),
      env_(std::make_shared<actor_env>()) {
  // Whether all have ended is asked in the destructor, which must not wait for ever.
  system_->await_actors_before_shutdown(false);
  EXPECT_TRUE(store.migrate().has_value());
  env_->clock = &clock;
  env_->count_in(counts);
  env_->keys = make_key_set(secret{signing_secret}, "issuer", "audience").value();
  env_->started_at = clock.now();
  const auto wait = [](caf::event_based_actor* self) -> caf::behavior {
    install_default_handlers(self);
    return {[](caf::unit_t) {}};
  };
  asker_ = static_cast<caf::event_based_actor*>(caf::actor_cast<caf::abstract_actor*>(spawn(wait)));
  commits.open(*system_, spawn(persistence, &store, &clock, &counts));
  reads.open(*system_, spawn(reader, &store, &clock));
  hashes.open(*system_, spawn(fake_hasher, caf::unit));
  env_->writers.push_back(commits.handle());
  env_->readers.push_back(reads.handle());
  env_->hasher = hashes.handle();
  env_->key_ring = spawn(key_ring, env_->keys);
  env_->audit = spawn(audit, env_->writers);
  env_->directories.push_back(spawn(directory, shared_env()));
}

actor_fixture::~actor_fixture() {
  for (auto& end : std::exchange(ends_, {}))
    end();
  commits.end();
  reads.end();
  hashes.end();
  run();
  EXPECT_EQ(system_->registry().running(), 0u) << "actors that did not end";
  // The services hold handles, and actors hold the services.
  *env_ = actor_env{};
  system_.reset();
}

void actor_fixture::advance(std::chrono::microseconds by) {
  using namespace std::chrono_literals;
  // In steps, for what falls due may send itself the next; at most a thousand of them.
  const auto step = std::max<std::chrono::microseconds>(1s, by / 1000);
  run();
  for (auto left = by; left > 0us;) {
    const auto now = std::min(step, left);
    left -= now;
    advance_once(now);
  }
}

void actor_fixture::advance_once(std::chrono::microseconds by) {
  clock.move(by);
  scheduler().advance_time(by);
  run();
}

user_record actor_fixture::add_user(const std::string& username, const std::string& password,
                                    bool is_active) {
  user_record user;
  user.id = user_id{make_uuid(clock.now())};
  user.username = username;
  user.email = username + "@example.com";
  user.password_hash = secret{password};
  user.is_active = is_active;
  user.created_at = user.updated_at = clock.now();
  write({{storage::create_user{user, user.username, user.email}}});
  return store.open_reader()->find_user(user.id).value().value();
}

session_record actor_fixture::add_session(const user_record& user) {
  session_record session;
  session.id = session_id{make_uuid(clock.now())};
  session.user = user.id;
  session.user_number = user.number;
  session.user_role = user.role;
  session.salt = random_bytes(32);
  session.created_at = session.rotated_at = session.last_seen_at = clock.now();
  session.expires_at = clock.now() + env_->policy.session_ttl;
  write({{storage::create_session{session}}});
  return session;
}

void actor_fixture::write(storage::unit unit) {
  const std::vector<storage::unit> batch{std::move(unit)};
  const auto outcome = store.open_writer()->commit(batch).front();
  EXPECT_TRUE(outcome.has_value()) << static_cast<int>(code_of(outcome));
}

std::optional<session_record> actor_fixture::stored(const session_id& id) {
  if (!own_reader_) own_reader_ = store.open_reader();
  return own_reader_->find_session(id).value();
}

refresh_token actor_fixture::token_of(const session_record& session, std::uint64_t counter) const {
  const auto text = env_->keys->refresh.issue(session.id, session.salt, counter);
  return parse_refresh_token(text.reveal()).value();
}

} // namespace latchkey::test

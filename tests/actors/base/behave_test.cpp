// What every actor has in common, and the small actors that are little more than that.
#include "actors/base/behave.hpp"

#include "actors/audit/audit.hpp"
#include "actors/base/key_ring.hpp"
#include "actors/store/reader.hpp"
#include "tests/support/actor_fixture.hpp"

#include <stdexcept>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// Does with a question what the test wants.
struct rogue_state {
  static inline const char* name = "rogue";
  audit_actor::pointer self = nullptr;

  caf::result<messages::done> on_record(messages::record_audit& request) {
    if (request.entry.action == "throw") throw std::runtime_error("as told");
    promise<messages::done> answer{self};
    if (request.entry.action == "keep") {
      answer.deliver(messages::done{});
      answer.fail(error_code::conflict); // the first answer counts
    }
    return answer;
  }
};

audit_actor::behavior_type rogue(audit_actor::stateful_pointer<rogue_state> self, caf::unit_t) {
  install_default_handlers(self);
  self->state.self = self;
  return {handler<&rogue_state::on_record>(&self->state)};
}

messages::record_audit saying(const std::string& action) {
  messages::record_audit out;
  out.entry.action = action;
  return out;
}

TEST(Promise, ThatIsDroppedAnswersInternalError) {
  actor_fixture f;
  const auto actor = f.spawn(rogue, caf::unit);
  EXPECT_EQ(code_of(f.ask(actor, saying("drop"))), error_code::internal_error);
}

TEST(Promise, IsPaidOnce) {
  actor_fixture f;
  const auto actor = f.spawn(rogue, caf::unit);
  EXPECT_TRUE(f.ask(actor, saying("keep")));
}

TEST(Handler, ThatThrowsAnswersInternalErrorAndTheActorLives) {
  actor_fixture f;
  const auto actor = f.spawn(rogue, caf::unit);
  EXPECT_EQ(code_of(f.ask(actor, saying("throw"))), error_code::internal_error);
  EXPECT_TRUE(f.ask(actor, saying("keep")));
}

// Whatever is in memory by the hundred thousand has one for each message it takes.
TEST(Handler, TakesAPointerAndWhatCafKeepsForAnyHandler) {
  using handle = decltype(handler<&rogue_state::on_record>(static_cast<rogue_state*>(nullptr)));
  EXPECT_EQ(sizeof(handle), sizeof(void*));
  EXPECT_EQ(sizeof(caf::trivial_match_case<handle>), sizeof(caf::match_case) + sizeof(void*));
}

TEST(Quiet, ActorsSurviveWhatTheyDoNotKnowAndErrors) {
  actor_fixture f;
  const auto actor = f.spawn(rogue, caf::unit);
  caf::anon_send(caf::actor_cast<caf::actor>(actor), std::string{"hello"});
  caf::anon_send(caf::actor_cast<caf::actor>(actor), caf::make_error(caf::sec::runtime_error));
  f.run();
  EXPECT_TRUE(f.ask(actor, saying("keep")));
}

TEST(Audit, AnswersAfterCommit) {
  actor_fixture f;
  messages::record_audit line = saying("user.sign_in_refused");
  line.entry.id = make_uuid(f.clock.now());
  line.entry.at = f.clock.now();
  line.deadline = f.soon();
  f.commits.hold_questions();
  auto waiting = f.begin(f.env().audit, line);
  EXPECT_FALSE(waiting.answered());
  EXPECT_TRUE(f.store.audits().empty());
  f.commits.release();
  EXPECT_TRUE(waiting.answer());
  ASSERT_EQ(f.store.audits().size(), 1u);
  EXPECT_EQ(f.store.audits().front().action, "user.sign_in_refused");
}

TEST(Audit, PassesOnTheStoresError) {
  actor_fixture f;
  messages::record_audit line = saying("user.sign_in_refused");
  line.entry.id = make_uuid(f.clock.now());
  line.entry.at = f.clock.now();
  line.deadline = f.soon();
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.env().audit, line)), error_code::store_unavailable);
}

TEST(KeyRing, RefusesASecretThatIsTooShort) {
  EXPECT_EQ(code_of(make_key_set(secret{std::string(31, 'k')}, "issuer", "audience")),
            error_code::validation_error);
}

TEST(KeyRing, SignsWhatTheKeysInForceVerify) {
  actor_fixture f;
  access_claims claims;
  claims.sub = user_id{make_uuid(f.clock.now())};
  claims.user_number = 7;
  claims.sid = session_id{make_uuid(f.clock.now())};
  claims.role = "user";
  claims.iss = "issuer";
  claims.aud = "audience";
  claims.iat =
      std::chrono::duration_cast<std::chrono::seconds>(f.clock.now().time_since_epoch()).count();
  claims.exp = claims.iat + 60;
  claims.jti = "one";
  const auto token = f.ask(f.env().key_ring, messages::sign_access{claims});
  ASSERT_TRUE(token);
  const auto read =
      verify(token->token.reveal(), f.env().keys->access, "issuer", "audience", f.clock.now(), 0s);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, claims);
}

TEST(Reader, AnswersNothingThatIsLate) {
  actor_fixture f;
  const auto owner = f.add_user("ada", "plain:correct horse");
  const auto now = f.clock.now();
  const auto& reader = f.env().readers.front();
  EXPECT_EQ(code_of(f.ask(reader, messages::read_login{"ada", now})), error_code::timeout);
  EXPECT_EQ(code_of(f.ask(reader, messages::read_user{owner.id, now})), error_code::timeout);
  EXPECT_EQ(code_of(f.ask(reader, messages::read_session{{}, now})), error_code::timeout);
  EXPECT_EQ(code_of(f.ask(reader, messages::ping_store{now})), error_code::timeout);
}

TEST(Reader, PassesOnThatTheStoreIsDown) {
  actor_fixture f;
  const auto owner = f.add_user("ada", "plain:correct horse");
  const auto& reader = f.env().readers.front();
  f.store.set_down(true);
  const auto unavailable = error_code::store_unavailable;
  EXPECT_EQ(code_of(f.ask(reader, messages::read_login{"ada", f.soon()})), unavailable);
  EXPECT_EQ(code_of(f.ask(reader, messages::read_user{owner.id, f.soon()})), unavailable);
  EXPECT_EQ(code_of(f.ask(reader, messages::read_session{{}, f.soon()})), unavailable);
  EXPECT_EQ(code_of(f.ask(reader, messages::ping_store{f.soon()})), unavailable);
}

TEST(Reader, FindsWhatIsStored) {
  actor_fixture f;
  const auto owner = f.add_user("ada", "plain:correct horse");
  const auto session = f.add_session(owner);
  const auto& reader = f.env().readers.front();
  EXPECT_EQ(f.ask(reader, messages::read_login{"ada", f.soon()})->user, owner.id);
  EXPECT_EQ(f.ask(reader, messages::read_login{"eve", f.soon()})->user, std::nullopt);
  EXPECT_EQ(f.ask(reader, messages::read_user{owner.id, f.soon()})->username, "ada");
  EXPECT_EQ(f.ask(reader, messages::read_session{session.id, f.soon()})->user_number, owner.number);
  EXPECT_TRUE(f.ask(reader, messages::ping_store{f.soon()}));
}

} // namespace
} // namespace latchkey::test

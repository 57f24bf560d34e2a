// What becomes of a change whose outcome nobody learnt while the store could not be asked either.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

const std::string new_password = "another battery staple";

struct doubtful : one_user {
  doubtful() { env().tiers = parse_tiers("free:api_keys=5").value(); }

  /// Asks; the change is durable, but neither its COMMIT nor a read is answered.
  template <class Message>
  void lose(Message change) {
    reads.hold_questions();
    store.fail_next(commit_fault::unknown_after_applying);
    auto asked = begin(actor, std::move(change));
    ASSERT_EQ(reads.held(), 1u);
    store.set_down(true);
    reads.hold_nothing();
    reads.release();
    EXPECT_EQ(code_of(asked.answer()), error_code::outcome_unknown);
  }
};

TEST(UserDoubt, EndsTheSessionsAsSoonAsTheStoreIsBack) {
  doubtful f;
  const auto kept = f.find(f.signed_in()).value();
  const auto ended = f.find(f.signed_in()).value();
  const auto id = f.stored(storage::list_sessions{f.record.id, f.clock.now(), 10});
  const auto first = f.ask(f.shard(), messages::find_session{id.front().id}).value();
  const auto& left = first == kept ? kept : ended;
  const auto& gone = first == kept ? ended : kept;
  f.lose(f.end_all(id.front().id));
  f.advance(30s);
  EXPECT_EQ(code_of(f.ask(gone, messages::validate{})), error_code::none); // nobody knows
  const auto reads = f.reads.seen();
  f.store.set_down(false);
  f.advance(2s);
  EXPECT_EQ(code_of(f.ask(gone, messages::validate{})), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(left, messages::validate{})), error_code::none);
  f.advance(10s);
  EXPECT_LE(f.reads.seen(), reads + 2) << "it looks on though it knows";
}

TEST(UserDoubt, LooksOnceASecondHoweverManyAsk) {
  doubtful f;
  f.lose(f.change("correct horse", new_password));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in(new_password))), error_code::store_unavailable);
  const auto reads = f.reads.seen();
  f.advance(10s);
  EXPECT_LE(f.reads.seen(), reads + 11);
  EXPECT_EQ(f.hashes.seen(), 2u); // those of the change
}

TEST(UserDoubt, ComparesWithTheNewPasswordOnceTheStoreIsBack) {
  doubtful f;
  f.lose(f.change("correct horse", new_password));
  f.store.set_down(false);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in(new_password)));
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::invalid_credentials);
  EXPECT_EQ(f.live_sessions(), 1u);
}

TEST(UserDoubt, KeepsThoseWithATurnWaiting) {
  doubtful f;
  f.reads.hold_questions();
  f.store.fail_next(commit_fault::unknown_after_applying);
  auto lost = f.begin(f.actor, f.promotion("admin"));
  auto after = f.begin(f.actor, f.end_all());
  f.store.set_down(true);
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_EQ(code_of(lost.answer()), error_code::outcome_unknown);
  EXPECT_EQ(code_of(after.answer()), error_code::store_unavailable);
  EXPECT_EQ(f.commits.seen(), 1u);
  f.store.set_down(false);
  EXPECT_TRUE(f.ask(f.actor, f.end_all()));
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->role, "admin");
}

TEST(UserDoubt, RefusesTheKeysOfAUserThatTurnsOutToBeDeleted) {
  doubtful f;
  const auto made =
      f.ask(f.actor, messages::create_api_key{
                         "a key", {"profile:read"}, {}, f.author(), f.soon(), {{}, f.shown()}});
  ASSERT_TRUE(made);
  const auto key = parse_opaque_key(api_key_kind, made->text.reveal()).value();
  const messages::use_api_key use{key.id, key.secret_hash, f.soon()};
  ASSERT_TRUE(f.ask(f.actor, use));
  f.lose(messages::delete_user{f.author(), f.soon()});
  EXPECT_EQ(code_of(f.ask(f.actor, use)), error_code::store_unavailable);
  f.store.set_down(false);
  EXPECT_EQ(code_of(f.ask(f.actor, use)), error_code::token_invalid);
  EXPECT_EQ(code_of(f.find(f.record.id)), error_code::user_not_found);
  f.advance(2s);
  EXPECT_TRUE(f.begin(f.actor, use).is_gone());
}

TEST(UserDoubt, KeepsTheUserInMemory) {
  doubtful f;
  const auto session = f.find(f.signed_in()).value();
  f.lose(f.end_all());
  f.advance(f.env().policy.memory_idle - 60s);
  f.store.set_down(false);
  f.advance(2s);
  EXPECT_EQ(code_of(f.ask(session, messages::validate{})), error_code::token_invalid);
}

} // namespace
} // namespace latchkey::test

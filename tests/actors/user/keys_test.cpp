// A user's API keys.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

struct key_owner : one_user {
  key_owner() { env().tiers = parse_tiers("free:api_keys=5;pro:api_keys=unlimited").value(); }

  messages::create_api_key make(std::vector<std::string> scopes = {"profile:read"},
                                std::optional<time_point> expires_at = std::nullopt) {
    return {"deploy", std::move(scopes), expires_at, author(), soon(), {{}, shown()}};
  }
  messages::use_api_key use(const secret& text) {
    const auto parsed = parse_opaque_key(api_key_kind, text.reveal()).value();
    return {parsed.id, parsed.secret_hash, soon()};
  }
  messages::revoke_api_key revoke(std::uint64_t id) { return {id, author(), soon(), shown()}; }
  std::vector<api_key_record> listed() {
    return ask(actor, messages::list_api_keys{soon()}).value().keys;
  }
};

bool is_touch(const storage::fact& fact) {
  return fact.holds<storage::touch_api_key>();
}

TEST(UserKeys, RefusesScopesThatAreNotTheOwners) {
  key_owner f;
  const auto answer = f.ask(f.actor, f.make({"profile:read", "users:delete"}));
  ASSERT_EQ(code_of(answer), error_code::insufficient_permissions);
  EXPECT_EQ(answer.error().field, "scopes");
  EXPECT_TRUE(f.listed().empty());
}

TEST(UserKeys, RefusesWhatIsOverTheTiersQuotaAndSaysSo) {
  key_owner f;
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(f.ask(f.actor, f.make()));
  const auto answer = f.ask(f.actor, f.make());
  ASSERT_EQ(code_of(answer), error_code::quota_exceeded);
  EXPECT_EQ(answer.error().more, R"("quota":"api_keys","limit":5,"resets_at":null)");
  EXPECT_EQ(f.listed().size(), 5u);
}

TEST(UserKeys, MakesFiveOfTwentyAtOnceWhereFiveAreAllowed) {
  key_owner f;
  std::vector<asked<messages::api_key_created>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(f.ask_later(f.actor, f.make()));
  f.run();
  std::size_t made = 0;
  for (const auto& question : all)
    made += question.answer() ? 1 : 0;
  EXPECT_EQ(made, 5u);
  EXPECT_EQ(f.stored(storage::list_api_keys{f.record.id}).size(), 5u);
}

TEST(UserKeys, MakesNoneWhenThatIsNotDurable) {
  key_owner f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.make())), error_code::store_unavailable);
  EXPECT_TRUE(f.listed().empty());
}

TEST(UserKeys, KnowsOfOneThoughItsOutcomeWasUnknown) {
  key_owner f;
  EXPECT_TRUE(f.listed().empty());
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.make())), error_code::outcome_unknown);
  EXPECT_EQ(f.listed().size(), 1u);
}

TEST(UserKeys, ShowsTheTextOnceAndKeepsAHash) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make());
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->text.reveal().starts_with("lk_"));
  EXPECT_TRUE(made->text.reveal().starts_with(made->key.prefix));
  EXPECT_EQ(made->key.name, "deploy");
  const auto kept = f.stored(storage::list_api_keys{f.record.id});
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept.front().secret_hash, hash_of_key(made->text.reveal()));
  const auto audits = f.audited("api_key.created");
  ASSERT_EQ(audits.size(), 1u);
  EXPECT_EQ(audits.front().reason, key_id_text(made->key.id));
}

TEST(UserKeys, SaysWhoseALiveKeyIs) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  const auto used = f.ask(f.actor, f.use(made.text));
  ASSERT_TRUE(used);
  EXPECT_EQ(used->user, f.record.id);
  EXPECT_EQ(used->user_number, f.record.number);
  EXPECT_EQ(used->role, "user");
  EXPECT_EQ(used->scopes, std::vector<std::string>{"profile:read"});
}

TEST(UserKeys, RefusesAForgedOne) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  auto forged = f.use(made.text);
  forged.secret_hash = hash_of_key("something else");
  EXPECT_EQ(code_of(f.ask(f.actor, forged)), error_code::token_invalid);
  auto unknown = f.use(made.text);
  ++unknown.id;
  EXPECT_EQ(code_of(f.ask(f.actor, unknown)), error_code::token_invalid);
}

TEST(UserKeys, RefusesAnExpiredOne) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make({}, f.clock.now() + 60s)).value();
  EXPECT_TRUE(f.ask(f.actor, f.use(made.text)));
  f.clock.move(60s);
  EXPECT_EQ(code_of(f.ask(f.actor, f.use(made.text))), error_code::token_invalid);
}

TEST(UserKeys, RefusesThoseOfAnInactiveUser) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.use(made.text))), error_code::token_invalid);
}

TEST(UserKeys, RefusesARevokedOneOnceThatIsDurable) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  f.commits.hold_questions();
  auto revoking = f.begin(f.actor, f.revoke(made.key.id));
  EXPECT_FALSE(revoking.answered());
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(revoking.answer());
  EXPECT_EQ(code_of(f.ask(f.actor, f.use(made.text))), error_code::token_invalid);
  EXPECT_TRUE(f.listed().empty());
  EXPECT_EQ(f.audited("api_key.revoked").size(), 1u);
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke(made.key.id))), error_code::not_found);
}

TEST(UserKeys, RevokesNobodyElsesKey) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  const auto other = f.find(f.add_user("grace", "").id).value();
  EXPECT_EQ(code_of(f.ask(other, f.revoke(made.key.id))), error_code::not_found);
  EXPECT_TRUE(f.ask(f.actor, f.use(made.text)));
}

TEST(UserKeys, DoesNotTakeARevokedOneFromAnOlderRead) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  const auto again =
      f.spawn(user, f.stored_user(), f.shared_env(), std::uint64_t{1}); // has read no keys yet
  f.reads.hold_answers();
  auto using_it = f.begin(again, f.use(made.text));
  ASSERT_EQ(f.reads.held(), 1u); // read while the key lived
  EXPECT_TRUE(f.ask(again, f.revoke(made.key.id)));
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_EQ(code_of(using_it.answer()), error_code::token_invalid);
}

TEST(UserKeys, ReadsThemOnceForAllWhoAskMeanwhile) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  const auto again = f.spawn(user, f.stored_user(), f.shared_env(), std::uint64_t{1});
  f.reads.hold_questions();
  const auto reads = f.reads.seen();
  std::vector<asked<messages::api_key_use>> all;
  for (int i = 0; i < 10; ++i)
    all.push_back(f.begin(again, f.use(made.text)));
  EXPECT_EQ(f.reads.seen(), reads + 1);
  f.reads.release();
  for (const auto& question : all)
    EXPECT_TRUE(question.answer());
}

TEST(UserKeys, TellsAllWhoWaitThatTheyCouldNotBeRead) {
  key_owner f;
  f.store.set_down(true);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::list_api_keys{f.soon()})),
            error_code::store_unavailable);
  f.store.set_down(false);
  EXPECT_TRUE(f.listed().empty());
}

TEST(UserKeys, NotesTheLastUseOnceAMinute) {
  key_owner f;
  const auto made = f.ask(f.actor, f.make()).value();
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(f.ask(f.actor, f.use(made.text)));
  EXPECT_EQ(f.commits_with_fact(is_touch), 1u);
  f.clock.move(60s);
  EXPECT_TRUE(f.ask(f.actor, f.use(made.text)));
  EXPECT_EQ(f.commits_with_fact(is_touch), 2u);
  EXPECT_EQ(f.stored(storage::list_api_keys{f.record.id}).front().last_used_at, f.clock.now());
  EXPECT_EQ(f.listed().front().last_used_at, f.clock.now());
}

TEST(UserKeys, AreCountedByTheTierThatIsInForce) {
  key_owner f;
  subscription_record bought;
  bought.id = make_uuid(f.clock.now());
  bought.user = f.record.id;
  bought.tier = "pro";
  bought.start_date = bought.created_at = bought.updated_at = f.clock.now();
  bought.end_date = f.clock.now() + 1h;
  f.write({{storage::put_subscription{bought}}});
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(f.ask(f.actor, f.make()));
  f.clock.move(1h);
  EXPECT_EQ(code_of(f.ask(f.actor, f.make())), error_code::quota_exceeded);
}

TEST(UserKeys, ThatExpiredAreForgotten) {
  key_owner f;
  f.env().tiers = parse_tiers("free:api_keys=40").value();
  for (std::size_t i = 0; i < 40; ++i)
    ASSERT_TRUE(f.ask(f.actor, f.make({}, f.clock.now() + 60s)));
  f.clock.move(60s);
  EXPECT_TRUE(f.listed().empty());
  EXPECT_TRUE(f.ask(f.actor, f.make()));
  EXPECT_EQ(f.listed().size(), 1u);
}

TEST(UserKeys, HaveNoMaximumWhereTheTierHasNone) {
  key_owner f;
  f.env().tiers = parse_tiers("free:api_keys=unlimited").value();
  constexpr std::size_t many = storage::page_rows_max + 100;
  for (std::size_t i = 0; i < many; ++i)
    ASSERT_TRUE(f.ask(f.actor, f.make())) << i;
  EXPECT_EQ(f.listed().size(), many);
}

TEST(UserKeys, AreListedOldestFirstWhateverTheirIds) {
  key_owner f;
  f.env().tiers = parse_tiers("free:api_keys=unlimited").value();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(f.ask(f.actor, f.make()));
    f.clock.move(1s);
  }
  EXPECT_TRUE(std::ranges::is_sorted(f.listed(), {}, &api_key_record::created_at));
}

} // namespace
} // namespace latchkey::test

// `service-key create`, `list` and `revoke`, beside a server that runs.
#include "tests/product/product.hpp"

#include <chrono>
#include <regex>

namespace latchkey::test {
namespace {

class ServiceKeyCli : public testing::TestWithParam<std::string> {
protected:
  program_result run(std::vector<std::string> words) const {
    words.insert(words.begin(), "service-key");
    return run_latchkey(std::move(words), one_.settings, one_.store.folder());
  }
  /// The key that was printed.
  std::string create(std::vector<std::string> words) const {
    words.insert(words.begin(), "create");
    const auto made = run(std::move(words));
    EXPECT_EQ(made.exit_code, 0) << made.err;
    static const std::regex form{"sk_[A-Za-z0-9_-]{43}\n"};
    EXPECT_TRUE(std::regex_match(made.out, form)) << made.out;
    return made.out.substr(0, made.out.find('\n'));
  }
  json list() const {
    const auto shown = run({"list", "--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    return json::parse(shown.out, nullptr, false);
  }
  int status_with(const std::string& key) const {
    return one_
        .call(post_json("/api/auth/validate-token", json{{"token", access_}}.dump())
                  .with("X-Service-Key", key))
        .status;
  }
  void TearDown() override { EXPECT_EQ(one_.server->stop(), 0) << one_.server->log(); }

  product one_{GetParam()};
  std::string access_ = one_.sign_in_new_user().access;
};
LATCHKEY_ON_BOTH_ENGINES(ServiceKeyCli);

TEST_P(ServiceKeyCli, RefusesWhatIsNoServiceNoScopeAndNoRate) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"create"},
                                             {"create", ""},
                                             {"create", "two words"},
                                             {"create", std::string(65, 'x')},
                                             {"create", "billing", "--scope", "everything"},
                                             {"create", "billing", "--scope", ""},
                                             {"create", "billing", "--rate", "often"},
                                             {"create", "billing", "--rate", "0/minute"},
                                             {"revoke"}}) {
    const auto done = run(words);
    EXPECT_EQ(done.exit_code, 2) << testing::PrintToString(words);
    EXPECT_EQ(done.out, "");
    EXPECT_NE(done.err, "");
  }
  EXPECT_EQ(run({"revoke", "sk_nothing"}).exit_code, 1);
  EXPECT_EQ(run({"revoke", "0190c0de-0000-7000-8000-0000000000aa"}).exit_code, 1);
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM services"), 0);
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM service_keys"), 0);
}

TEST_P(ServiceKeyCli, WarnsOfAScopeThatIsNearlyOneOfOurs) {
  const auto slipped = run({"create", "billing", "--scope", "tokens:validat", "--scope",
                            "read:inventory", "--scope", "users:write", "--scope", "users:sync"});
  EXPECT_EQ(slipped.exit_code, 0) << slipped.err;
  EXPECT_TRUE(says(slipped.err,
                   "warning: \"tokens:validat\" is kept as a word of your own and opens "
                   "nothing here; did you mean tokens:validate?"))
      << slipped.err;
  for (const auto* word : {"read:inventory", "users:write", "users:sync"})
    EXPECT_FALSE(says(slipped.err, word)) << "as documented, or our own: " << slipped.err;
}

TEST_P(ServiceKeyCli, MakesAKeyThatARunningServerTakesUntilItIsRevoked) {
  const auto key = create({"billing"});
  const auto other = create({"billing"});
  EXPECT_NE(key, other);
  // Each key is known at the server's first look after it was made.
  EXPECT_TRUE(eventually([&] { return status_with(key) == 200; }));
  EXPECT_TRUE(eventually([&] { return status_with(other) == 200; }));
  EXPECT_EQ(status_with("sk_" + std::string(43, 'A')), 403);

  const auto revoked = run({"revoke", key.substr(0, 11)});
  EXPECT_EQ(revoked.exit_code, 0) << revoked.err;
  EXPECT_NE(revoked.out.find("within 2 seconds"), std::string::npos) << revoked.out;
  EXPECT_TRUE(eventually([&] { return status_with(key) == 403; }));
  EXPECT_EQ(status_with(other), 200);
  EXPECT_EQ(run({"revoke", key.substr(0, 11)}).exit_code, 1) << "it is revoked already";
  for (const auto* action : {"service.stored", "service_key.revoked"})
    EXPECT_EQ(one_.store.count("SELECT count(*) FROM audit_log WHERE actor = 'cli' AND action = '" +
                               std::string{action} + "'"),
              1)
        << action;
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM audit_log WHERE action = 'service_key.created'"),
            2);
}

TEST_P(ServiceKeyCli, KeepsNoKeyThatCouldBeShownAgain) {
  const auto key = create({"billing"});
  const auto secret_part = key.substr(11);
  for (const auto& row : one_.store.query("SELECT id, prefix, key_hash FROM service_keys"))
    for (const auto& value : row)
      EXPECT_EQ(value.find(secret_part), std::string::npos) << value;
  const auto shown = run({"list"});
  EXPECT_EQ(shown.out.find(secret_part), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find(key.substr(0, 11)), std::string::npos) << shown.out;
}

TEST_P(ServiceKeyCli, ListsServicesWithScopesRatesAndKeys) {
  EXPECT_EQ(run({"list", "--json"}).out, "[]\n");
  create({"billing", "--scope", "users:read", "--scope", "users:write", "--rate", "10/15minutes"});
  create({"reports"});
  const auto key = create({"billing"}); // keeps what the service had
  ASSERT_EQ(run({"revoke", key.substr(0, 11)}).exit_code, 0);
  auto all = list();
  ASSERT_EQ(all.size(), 2u) << all;
  EXPECT_EQ(all[0]["id"], "billing");
  EXPECT_EQ(all[0]["scopes"], (json{"users:read", "users:write"}));
  EXPECT_EQ(all[0]["rate"], "10/15minutes");
  ASSERT_EQ(all[0]["keys"].size(), 2u) << all;
  EXPECT_TRUE(all[0]["keys"][0]["revoked_at"].is_null() !=
              all[0]["keys"][1]["revoked_at"].is_null());
  EXPECT_EQ(all[1]["rate"], nullptr);
  EXPECT_EQ(keys_of(all[1]["keys"][0]),
            (keys{"id", "prefix", "created_at", "last_used_at", "revoked_at"}));

  create({"billing", "--rate", "5/minute"});
  all = list();
  EXPECT_EQ(all[0]["rate"], "5/minute");
  EXPECT_EQ(all[0]["scopes"].size(), 2u);

  const auto table = run({"list"}).out;
  EXPECT_EQ(table.find("SERVICE"), 0u) << table;
  EXPECT_NE(table.find("5/minute"), std::string::npos) << table;
  EXPECT_NE(table.find("users:read users:write"), std::string::npos) << table;
  // Every line has its columns in the same places.
  const auto state = table.find("STATE");
  std::size_t begin = 0;
  for (auto end = table.find('\n'); end != std::string::npos;
       begin = end + 1, end = table.find('\n', begin)) {
    const auto word = table.substr(begin + state, 5);
    EXPECT_TRUE(word == "STATE" || word.starts_with("live ") || word.starts_with("revok")) << word;
  }
}

TEST_P(ServiceKeyCli, TellsKeysWithOnePrefixApartByTheirIds) {
  const auto first = create({"billing"});
  one_.store.query("UPDATE service_keys SET prefix = 'sk_the-same'");
  create({"billing"});
  one_.store.query("UPDATE service_keys SET prefix = 'sk_the-same'");
  const auto refused = run({"revoke", "sk_the-same"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("2 live keys"), std::string::npos) << refused.err;
  const auto id = list()[0]["keys"][0]["id"].get<std::string>();
  EXPECT_EQ(run({"revoke", id}).exit_code, 0);
  EXPECT_EQ(run({"revoke", "sk_the-same"}).exit_code, 0);
}

} // namespace
} // namespace latchkey::test

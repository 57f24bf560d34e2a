// A user's own sessions: listed, told apart, ended.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class Sessions : public Product {
protected:
  json list(const std::string& token) const {
    return json_of(call(get("/auth/sessions").as(token)))["sessions"];
  }
  http_reply end(const std::string& token, const std::string& id) const {
    return call(http_call{"DELETE", "/auth/sessions/" + id, {}, ""}.as(token));
  }
  std::string current(const std::string& token) const {
    for (const auto& session : list(token))
      if (session["current"] == true) return session["id"];
    return {};
  }
};
LATCHKEY_ON_BOTH_ENGINES(Sessions);

TEST_P(Sessions, AreListedWithTheOneThatAsksMarked) {
  const auto name = new_name();
  on().add_user(name);
  const auto sign_in = [&](const char* device) {
    const auto reply =
        call(post_json("/auth/token", credentials(name).dump()).with("User-Agent", device));
    return tokens_of(reply).access;
  };
  const auto phone = sign_in("phone/1.0");
  const auto desk = sign_in("desk/2.0");
  const auto seen = list(desk);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(keys_of(seen[0]), (keys{"id", "device", "address", "created_at", "last_seen_at",
                                    "expires_at", "current", "live_sockets"}));
  EXPECT_EQ(seen[0]["device"], "desk/2.0"); // newest first
  EXPECT_EQ(seen[1]["device"], "phone/1.0");
  EXPECT_EQ(seen[0]["current"], true);
  EXPECT_EQ(seen[1]["current"], false);
  EXPECT_EQ(seen[0]["address"], "127.0.0.1");
  EXPECT_EQ(current(phone), seen[1]["id"]);
}

TEST_P(Sessions, AreNobodyElsesToSeeOrEnd) {
  const auto user = on().sign_in_new_user();
  const auto other = on().sign_in_new_user();
  const auto id = current(user.access);
  ASSERT_EQ(list(other.access).size(), 1u);
  const auto foreign = end(other.access, id);
  const auto missing = end(other.access, "00000000-0000-4000-8000-000000000000");
  EXPECT_TRUE(is_error(foreign, 404, "NOT_FOUND"));
  EXPECT_TRUE(is_error(missing, 404, "NOT_FOUND"));
  EXPECT_EQ(json_of(foreign)["error"]["details"], json_of(missing)["error"]["details"]);
  EXPECT_TRUE(is_error(end(other.access, "junk"), 404, "NOT_FOUND"));
  EXPECT_EQ(on().status_of_me(user.access), 200);
  // Not even an administrator's, by this way.
  EXPECT_TRUE(is_error(end(on().admin(), id), 404, "NOT_FOUND"));
}

TEST_P(Sessions, AreDeadOnceTheyAreEnded) {
  const auto name = new_name();
  on().add_user(name);
  const auto lost = on().sign_in(name);
  const auto kept = on().sign_in(name);
  const auto id = current(lost.access);
  EXPECT_EQ(end(kept.access, id).status, 204);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(on().status_of_me(lost.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(lost.refresh)).status, 401);
  EXPECT_TRUE(is_error(end(kept.access, id), 404, "NOT_FOUND"));
  EXPECT_EQ(list(kept.access).size(), 1u);
  EXPECT_EQ(on().status_of_me(kept.access), 200);
}

TEST_P(Sessions, MayEndThemselves) {
  const auto user = on().sign_in_new_user();
  EXPECT_EQ(end(user.access, current(user.access)).status, 204);
  EXPECT_EQ(on().status_of_me(user.access), 401);
}

TEST_P(Sessions, ThatHaveBeenIdleTooLongAreNotListed) {
  const product strict{GetParam(), {{"SESSION_IDLE_TTL", "3600"}}};
  const auto name = new_name();
  strict.add_user(name);
  strict.sign_in(name);
  strict.store.query("UPDATE sessions SET rotated_at = " +
                     std::string(GetParam() == "sqlite" ? "'2020-01-01T00:00:00.000000Z'"
                                                        : "timestamptz '2020-01-01'"));
  const auto token = strict.sign_in(name).access;
  EXPECT_EQ(json_of(strict.call(get("/auth/sessions").as(token)))["sessions"].size(), 1u);
}

} // namespace
} // namespace latchkey::test

// What the log and the audit log say of each event, and `latchkey audit`, which reads the latter.
#include "tests/product/product.hpp"

#include <algorithm>
#include <sstream>

namespace latchkey::test {
namespace {

class EventLog : public testing::TestWithParam<std::string> {
protected:
  product one_{GetParam(), {{"LOGIN_FAILURE_LIMIT", "2/hour"}, {"RATE_LIMIT_DEFAULT", "40/hour"}}};

  static http_call named(http_call call, const std::string& request) {
    call.headers.push_back({"X-Request-ID", request});
    return call;
  }
  static http_call sign_in(const std::string& name, const std::string& word = password) {
    return post_json("/auth/token", credentials(name, word).dump());
  }
  /// The only INFO line of an event with that request's id; empty when there is none, or two.
  std::string line_of(const std::string& request) const {
    std::string found;
    int count = 0;
    std::istringstream lines{one_.server->log()};
    for (std::string line; std::getline(lines, line);)
      if (says(line, "latchkey.event - INFO") && says(line, "request=" + request + " ")) {
        found = line;
        ++count;
      }
    return count == 1 ? found : std::string{};
  }
  /// Asks, and the line says all of `parts`.
  void expect_line(http_call call, int status, const std::string& request,
                   const std::vector<std::string>& parts) const {
    EXPECT_EQ(one_.call(named(std::move(call), request)).status, status) << request;
    std::string line;
    EXPECT_TRUE(eventually([&] { return !(line = line_of(request)).empty(); }))
        << request << "\n"
        << one_.server->log();
    for (const auto& part : parts)
      EXPECT_TRUE(says(line, part)) << part << " is not in: " << line;
    EXPECT_TRUE(says(line, "duration_ms=")) << line;
  }
  program_result audit(std::vector<std::string> words) const {
    words.insert(words.begin(), "audit");
    return run_latchkey(std::move(words), one_.store.settings(), one_.store.folder());
  }
  static std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }
};
LATCHKEY_ON_BOTH_ENGINES(EventLog);

TEST_P(EventLog, HasOneLineForEachSignInRefusalEndAndChangeOfKeys) {
  const auto name = new_name();
  one_.add_user(name);
  const auto id = one_.id_of(name);
  const std::string token_route = "route=\"POST /auth/token\"";
  expect_line(sign_in(name), 200, "came-in",
              {"event=user.signed_in", "user=" + id, "address=127.0.0.1", token_route});
  const auto access = one_.sign_in(name).access;
  expect_line(sign_in("nobody-" + name), 401, "unknown",
              {"event=refused", "code=AUTH001", "reason=\"unknown name\"", token_route});
  expect_line(sign_in(name, "wrong one"), 401, "wrong",
              {"event=refused", "user=" + id, "reason=\"wrong password\""});
  EXPECT_EQ(one_.call(sign_in(name, "wrong two")).status, 401);
  expect_line(sign_in(name), 401, "locked", {"user=" + id, "reason=\"locked after"});
  expect_line(sign_in(name).with("Origin", "https://evil.example"), 403, "csrf",
              {"code=CSRF_FAILED", "reason="});
  expect_line(get("/admin/users").as(access), 403, "permission",
              {"code=AUTH004", "user=" + id, "is required", "route=\"GET /admin/users\""});
  expect_line(post_json("/auth/api-keys", R"({"name":"k","scopes":[]})").as(access), 201, "key",
              {"event=api_key.created", "user=" + id});
  expect_line(post("/auth/logout").as(access), 200, "out",
              {"event=session.revoked", "user=" + id, "reason="});
  const auto log = one_.server->log();
  EXPECT_FALSE(says(log, access));
  EXPECT_FALSE(says(log, password));
  EXPECT_FALSE(says(log, "wrong one"));
}

TEST_P(EventLog, NamesAnInactiveAccountAndASpentLimit) {
  const auto name = new_name();
  one_.add_user(name);
  const auto id = one_.id_of(name);
  const auto admin = one_.admin();
  expect_line(put_json("/admin/users/" + id, R"({"is_active":false})").as(admin), 200, "off",
              {"event=user.updated", "user=" + id, "by=user:", "is_active=false"});
  expect_line(sign_in(name), 401, "inactive", {"user=" + id, "reason=\"the account is inactive\""});
  int status = 0;
  for (int i = 0; i < 60 && status != 429; ++i)
    status = one_.call(get("/nothing")).status;
  expect_line(get("/nothing"), 429, "limit", {"code=RATE_LIMITED", "address=127.0.0.1"});
}

TEST_P(EventLog, IsReadByTheAuditCommandBesideTheServer) {
  const auto name = new_name();
  one_.add_user(name);
  const auto id = one_.id_of(name);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(one_.call(sign_in(name, "wrong")).status, 401);
  EXPECT_EQ(one_.call(sign_in(name)).status, 401);
  const auto all = audit({"--user", name});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(lines_in(all.out), 4u) << all.out;
  EXPECT_TRUE(says(all.out.substr(0, all.out.find('\n')), " user.registered ")) << all.out;
  EXPECT_TRUE(says(all.out, "reason=locked after")) << all.out;
  const auto refused = audit({"--user", id, "--action", "user.sign_in_refused", "--limit", "2"});
  EXPECT_EQ(lines_in(refused.out), 2u) << refused.out;
  EXPECT_LT(refused.out.find("wrong password"), refused.out.find("locked after")) << "newest last";
  const auto as_json = audit({"--user", name + "@example.com", "--since", "1h", "--json"});
  std::istringstream lines{as_json.out};
  std::string line;
  ASSERT_TRUE(std::getline(lines, line)) << as_json.err;
  EXPECT_EQ(json::parse(line)["user_id"], id);
  EXPECT_EQ(json::parse(line)["reason"], "open registration");
  EXPECT_EQ(lines_in(audit({"--since", "2999-01-01T00:00:00Z"}).out), 0u);
  EXPECT_EQ(audit({"--since", "yesterday"}).exit_code, 2);
  EXPECT_EQ(audit({"--limit", "0"}).exit_code, 2);
  const auto nobody = audit({"--user", "nobody-at-all"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_TRUE(says(nobody.err, "--user")) << nobody.err;
}

} // namespace
} // namespace latchkey::test

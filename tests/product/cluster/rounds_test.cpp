// Rounds of everything that narrows what somebody may do, on nodes that hold many sockets: after
// each answer no node validates and no socket is open. Prints how long the answers took.
// LATCHKEY_ROUNDS=1000 and LATCHKEY_SOCKETS=3000 is the long form.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/support/ws_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>

namespace latchkey::test {
namespace {

using clock_type = std::chrono::steady_clock;

int number_from(const char* variable, int usual) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::atoi(text) : usual;
}

class ClusterRounds : public testing::Test {
public:
  struct person {
    std::string name;
    std::string id;
    std::string access;
    std::vector<ws_client> sockets; // one a node
  };

  person somebody() {
    person made;
    made.name = new_name();
    nodes_[0].add_user(made.name);
    made.id = nodes_[0].id_of(made.name);
    made.access = nodes_[0].sign_in(made.name).access;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      made.sockets.emplace_back(nodes_[i].server->port(), made.access);
      EXPECT_EQ(nodes_[i].status_of_me(made.access), 200);
    }
    return made;
  }
  /// The answer, whose time counts.
  http_reply timed(std::size_t at, const http_call& call) {
    const auto begun = clock_type::now();
    auto reply = nodes_[at].call(call);
    times_.push_back(clock_type::now() - begun);
    return reply;
  }
  void expect_over(person& user, const std::string& what) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      EXPECT_EQ(nodes_[i].status_of_me(user.access), 401) << what << " at node " << i;
    for (auto& socket : user.sockets) {
      const auto notice = socket.receive_now();
      ASSERT_TRUE(notice) << what << ": the answer left before the socket was told";
      EXPECT_EQ(json::parse(notice->payload)["type"], "session_revoked") << what;
      EXPECT_TRUE(socket.receive_now()) << what;
      EXPECT_TRUE(socket.has_ended()) << what;
    }
  }

  void log_out(std::size_t at) {
    auto user = somebody();
    EXPECT_EQ(timed(at, post("/auth/logout").as(user.access)).status, 200);
    expect_over(user, "logout");
  }
  void revoke_all(std::size_t at) {
    auto user = somebody();
    const auto me = json_of(nodes_[at].call(get("/auth/me").as(user.access)));
    const json body{{"user_id", me["id"]}};
    const auto reply = timed(at, service_call("/api/auth/revoke-user-sessions", body));
    EXPECT_EQ(reply.status, 200) << reply.body;
    expect_over(user, "revoke-user-sessions");
  }
  void change_password(std::size_t at) {
    auto user = somebody();
    const auto other = nodes_[at].sign_in(user.name).access;
    const json change{{"current_password", password}, {"new_password", "another good one"}};
    const auto reply = timed(at, put_json("/account/change-password", change.dump()).as(other));
    EXPECT_EQ(reply.status, 200) << reply.body;
    expect_over(user, "change of password");
  }
  void revoke_key(std::size_t at) {
    auto user = somebody();
    const json wanted{{"name", "ci"}, {"scopes", json::array({"profile:read"})}};
    const auto made =
        json_of(nodes_[at].call(post_json("/auth/api-keys", wanted.dump()).as(user.access)));
    const auto use = get("/auth/me").with("X-API-Key", made.value("key", std::string{}));
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      EXPECT_EQ(nodes_[i].call(use).status, 200);
    const auto path = "/auth/api-keys/" + made.value("id", std::string{});
    EXPECT_EQ(timed(at, delete_(path).as(user.access)).status, 204);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      EXPECT_EQ(nodes_[i].call(use).status, 401) << "the key, at node " << i;
  }
  void change_role(std::size_t at) {
    auto user = somebody();
    const auto path = "/admin/users/" + user.id + "/role";
    const auto give = [&](const char* role) {
      return put_json(path, json{{"role", role}}.dump()).as(admin_);
    };
    EXPECT_EQ(nodes_[at].call(give("admin")).status, 200);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      EXPECT_EQ(nodes_[i].call(get("/admin/users").as(user.access)).status, 200);
    EXPECT_EQ(timed(at, give("user")).status, 200);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      EXPECT_EQ(nodes_[i].call(get("/admin/users").as(user.access)).status, 403)
          << "the role, at node " << i;
  }

  void print_times() {
    std::ranges::sort(times_);
    const auto at = [this](double part) {
      const auto index = static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1));
      return std::chrono::duration<double, std::milli>(times_[index]).count();
    };
    std::cout << std::fixed << std::setprecision(1) << times_.size() << " answers: p50 " << at(0.5)
              << " ms, p99 " << at(0.99) << " ms, longest " << at(1) << " ms\n";
  }

  few_servers nodes_{3,
                     {{"SERVICE_KEYS", service_keys},
                      {"WS_SOCKETS_MAX", "20000"},
                      {"WS_SOCKETS_PER_SESSION", "1000"},
                      {"TIERS", "free:api_keys=unlimited"}}};
  std::string admin_ = nodes_[0].admin();
  std::vector<clock_type::duration> times_;
};

TEST_F(ClusterRounds, EndWhatTheyEndOnEveryNodeBeforeTheAnswer) {
  const int rounds = number_from("LATCHKEY_ROUNDS", 25);
  const auto sockets = static_cast<std::size_t>(number_from("LATCHKEY_SOCKETS", 60));
  raise_descriptor_limit();
  std::vector<ws_client> others;
  std::string token;
  for (std::size_t i = 0; i < sockets; ++i) {
    if (i % 30 == 0) token = nodes_[i % 3].sign_in_new_user().access;
    others.emplace_back(nodes_[i % 3].server->port(), token);
  }
  using round = void (ClusterRounds::*)(std::size_t);
  static constexpr round kinds[] = {&ClusterRounds::log_out, &ClusterRounds::revoke_all,
                                    &ClusterRounds::change_password, &ClusterRounds::revoke_key,
                                    &ClusterRounds::change_role};
  for (int i = 0; i < rounds && !HasFailure(); ++i)
    (this->*kinds[static_cast<std::size_t>(i) % std::size(kinds)])(static_cast<std::size_t>(i) % 3);
  print_times();
  for (auto& each : others) {
    each.say({{"type", "ping"}});
    ASSERT_EQ(each.hear("pong")["type"], "pong") << "nobody has ended it";
  }
}

} // namespace
} // namespace latchkey::test

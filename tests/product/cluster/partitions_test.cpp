// Nodes whose network is cut, between two of them or around one, in one direction or both, while
// PostgreSQL is within reach of all. Each node is in a network namespace of its own; without root
// there is none, and these tests are skipped. The test with load prints its seed;
// LATCHKEY_CHAOS_SEED sets it, and LATCHKEY_CHAOS=N cuts N times as often.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/product/cluster/networks.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/support/postgres_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t parted_count = 3;

long in_ms(clock_type::duration took) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
}

// -- the nodes ---------------------------------------------------------------------------------

/// Three nodes, each in a network of its own.
class parted_servers {
public:
  parted_servers() {
    for (std::size_t i = 0; i < parted_count; ++i) {
      const inside there{net.of(i)};
      nodes_.push_back(
          std::make_unique<product>(test_store::on(url_), settings_of(net.address_of(i))));
    }
  }

  /// What `use` makes of a node, from that node's own network.
  template <class Use>
  auto at(std::size_t i, Use use) {
    const inside there{net.of(i)};
    return use(*nodes_.at(i));
  }
  http_reply call(std::size_t i, const http_call& asked) {
    return at(i, [&](product& node) { return node.call(asked); });
  }
  std::vector<int> statuses_of(const http_call& asked) {
    std::vector<int> out;
    for (std::size_t i = 0; i < parted_count; ++i)
      out.push_back(call(i, asked).status);
    return out;
  }
  /// Whether it answers from memory.
  bool believes_its_memory(std::size_t i) {
    return at(i, [](product& node) { return node.metric("memory_trusted"); }) == 1;
  }
  bool all_believe_their_memory() {
    for (std::size_t i = 0; i < parted_count; ++i)
      if (!believes_its_memory(i)) return false;
    return true;
  }
  server_process& process(std::size_t i) { return *nodes_.at(i)->server; }
  const test_store& store() const { return nodes_.front()->store; }

  networks net{parted_count};

private:
  static environment settings_of(const std::string& address) {
    return {{"CLUSTER_BIND", address + ":0"},
            {"CLUSTER_SECRET", cluster_secret},
            {"ISSUER", "https://auth.example.com"},
            {"WORKERS", "1"},
            {"SERVICE_KEYS", service_keys},
            {"REFRESH_GRACE", "300"},
            {"TIERS", "free:api_keys=unlimited"},
            {"LOGIN_FAILURE_LIMIT", "0"}, // old passwords are tried again and again
            {"LOGIN_FAILURES_IN_A_ROW", "0"}};
  }

  postgres_server postgres_;
  std::string url_ = postgres_.make_database();
  std::vector<std::unique_ptr<product>> nodes_;
};

/// Asks all nodes the same again and again, each on a thread, and keeps what they answer.
class parted_watch {
public:
  parted_watch(parted_servers& nodes, const http_call& asked) {
    for (std::size_t i = 0; i < parted_count; ++i)
      threads_.emplace_back([&nodes, asked, i, this] {
        while (!is_over_) {
          const auto begun = clock_type::now();
          seen_[i].push_back({begun, status_of(nodes, i, asked)});
          ++answers_[i];
          std::this_thread::sleep_for(2ms);
        }
      });
  }
  ~parted_watch() { stop(); }
  parted_watch(const parted_watch&) = delete;
  parted_watch& operator=(const parted_watch&) = delete;

  /// Waits for so many more answers of each node.
  void await_answers(long more) const {
    for (const auto& each : answers_) {
      const auto wanted = each + more;
      EXPECT_TRUE(eventually([&] { return each >= wanted; }));
    }
  }
  void stop() {
    is_over_ = true;
    for (auto& each : threads_)
      each.join();
    threads_.clear();
  }
  /// Of each question that was sent at `then` or later. Call after `stop`.
  void expect_since(clock_type::time_point then, int status) const {
    for (std::size_t i = 0; i < parted_count; ++i) {
      long count = 0;
      for (const auto& each : seen_[i]) {
        if (each.asked_at < then) continue;
        ++count;
        ASSERT_EQ(each.status, status) << "node " << i << ", asked " << in_ms(each.asked_at - then)
                                       << " ms after the change was answered";
      }
      EXPECT_GE(count, 20) << "node " << i << " was hardly asked";
    }
  }

private:
  struct answer {
    clock_type::time_point asked_at;
    int status; // 0: there was none
  };
  static int status_of(parted_servers& nodes, std::size_t i, const http_call& asked) {
    try {
      return nodes.call(i, asked).status;
    } catch (const std::runtime_error&) {
      return 0;
    }
  }

  std::atomic<bool> is_over_{false};
  std::array<std::vector<answer>, parted_count> seen_;
  std::array<std::atomic<long>, parted_count> answers_{};
  std::vector<std::thread> threads_;
};

// -- a load, and the log of what was acked -------------------------------------------------------

/// Clients that use all nodes without a pause, and ask another one when they get no answer.
class parted_load {
public:
  parted_load(parted_servers& nodes, std::uint64_t seed) : nodes_(nodes) {
    for (std::size_t i = 0; i < clients_.size(); ++i)
      clients_[i].chance.seed(seed * 1000 + i);
  }
  ~parted_load() { stop(); }
  parted_load(const parted_load&) = delete;
  parted_load& operator=(const parted_load&) = delete;

  void begin() {
    for (auto& own : clients_)
      threads_.emplace_back([this, &own] { live(own); });
  }
  /// Each client finishes what it asks.
  void stop() {
    is_over_ = true;
    for (auto& each : threads_)
      each.join();
    threads_.clear();
  }
  std::uint64_t acks() const noexcept { return acks_; }
  void await_acks(std::uint64_t more) const {
    const auto wanted = acks_ + more;
    EXPECT_TRUE(eventually([&] { return acks_ >= wanted; })) << "the clients are not served";
  }
  /// Holds the log against the database and the nodes. Call after `stop`.
  void check() {
    for (auto& own : clients_) {
      for (const auto& each : own.wrong)
        ADD_FAILURE() << each;
      check_rows(own);
      check_sessions(own);
    }
    EXPECT_EQ(count("(SELECT name FROM api_keys GROUP BY name HAVING count(*) > 1) AS twice"), 0);
  }

private:
  /// What one client has been told.
  struct client {
    std::mt19937_64 chance;
    std::vector<std::string> users; // registrations that were acked
    std::vector<std::string> keys;  // names of API keys that were acked
    std::vector<std::string> ended; // access tokens of sessions whose logout was acked
    std::vector<std::string> wrong; // answers that must not be
    tokens line;                    // of the session that is refreshed again and again
    long first_counter = 0;         // of that session's refresh token
    long refreshes = 0;             // that were acked
    std::string owner;              // its user
  };

  void live(client& own) {
    try {
      register_somebody(own);
      own.owner = own.users.at(0);
      own.line = tokens_of(ask(own, post_json("/auth/token", credentials(own.owner).dump())));
      own.first_counter = counter_of(own.line.refresh);
      using deed = void (parted_load::*)(client&);
      static constexpr deed deeds[] = {&parted_load::refresh,  &parted_load::sign_in_and_out,
                                       &parted_load::validate, &parted_load::register_somebody,
                                       &parted_load::make_key, &parted_load::refresh};
      while (!is_over_)
        (this->*deeds[own.chance() % std::size(deeds)])(own);
    } catch (const std::exception& e) {
      own.wrong.emplace_back(e.what());
    }
  }
  std::optional<http_reply> try_once(client& own, const http_call& call) {
    try {
      auto reply = nodes_.call(own.chance() % parted_count, call);
      if (reply.status != 0 && reply.status < 500) return reply;
    } catch (const std::runtime_error&) { // it does not answer
    }
    return std::nullopt;
  }
  http_reply ask(client& own, const http_call& call) {
    const auto end = clock_type::now() + patience;
    while (clock_type::now() < end) {
      auto reply = try_once(own, call);
      if (reply) {
        ++acks_;
        return *std::move(reply);
      }
      std::this_thread::sleep_for(poll_pause);
    }
    throw std::runtime_error(call.method + " " + call.target + " got no answer");
  }

  void register_somebody(client& own) {
    const auto name = new_name();
    const auto reply = ask(own, post_json("/auth/register", registration(name).dump()));
    // An earlier attempt, whose answer was lost, may have been first.
    if (reply.status == 201 || is_error(reply, 409, "USER002"))
      own.users.push_back(name);
    else
      own.wrong.push_back("registration: " + reply.body);
  }
  void refresh(client& own) {
    const auto reply = ask(own, post("/auth/token/refresh").cookie(own.line.refresh));
    auto next = tokens_of(reply);
    if (next.refresh.empty()) return own.wrong.push_back("refresh: " + reply.body);
    own.line = std::move(next);
    ++own.refreshes;
  }
  void validate(client& own) {
    const auto reply = ask(own, get("/auth/me").as(own.line.access));
    if (reply.status != 200) own.wrong.push_back("validation: " + reply.body);
    if (own.ended.empty()) return;
    const auto& over = own.ended[own.chance() % own.ended.size()];
    const auto refused = ask(own, get("/auth/me").as(over));
    if (refused.status != 401) own.wrong.push_back("a session that has ended: " + refused.body);
  }
  void sign_in_and_out(client& own) {
    const auto signed_in = ask(own, post_json("/auth/token", credentials(own.owner).dump()));
    const auto made = tokens_of(signed_in);
    if (made.access.empty()) return own.wrong.push_back("sign-in: " + signed_in.body);
    for (const int status : nodes_.statuses_of(get("/auth/me").as(made.access)))
      if (status != 200) own.wrong.push_back("a new session: " + std::to_string(status));
    const auto reply = ask(own, post("/auth/logout").as(made.access));
    // An earlier attempt may have ended it, and wait still for other nodes.
    if (reply.status != 200 && reply.status != 401)
      return own.wrong.push_back("logout: " + reply.body);
    own.ended.push_back(made.access);
    if (reply.status != 200) return;
    for (const int status : nodes_.statuses_of(get("/auth/me").as(made.access)))
      if (status != 401) own.wrong.push_back("after a logout: " + std::to_string(status));
  }
  void make_key(client& own) {
    const auto name = new_name();
    const json wanted{{"name", name}, {"scopes", json::array({"profile:read"})}};
    // Once: what got no answer may have happened.
    const auto reply =
        try_once(own, post_json("/auth/api-keys", wanted.dump()).as(own.line.access));
    if (!reply) return;
    ++acks_;
    if (reply->status == 201)
      own.keys.push_back(name);
    else
      own.wrong.push_back("key: " + reply->body);
  }

  long count(const std::string& from) const {
    return nodes_.store().count("SELECT count(*) FROM " + from);
  }
  void check_rows(const client& own) const {
    for (const auto& name : own.users)
      EXPECT_EQ(count("users WHERE username = '" + name + "'"), 1) << name << " was acked";
    for (const auto& name : own.keys)
      EXPECT_EQ(count("api_keys WHERE name = '" + name + "'"), 1) << "a key that was acked";
    EXPECT_EQ(counter_of(own.line.refresh), own.first_counter + own.refreshes)
        << "each refresh that was acked has happened once";
  }
  void check_sessions(client& own) {
    for (const auto& token : own.ended)
      EXPECT_EQ(nodes_.statuses_of(get("/auth/me").as(token)), std::vector<int>(parted_count, 401));
    EXPECT_EQ(nodes_.statuses_of(get("/auth/me").as(own.line.access)),
              std::vector<int>(parted_count, 200));
    for (std::size_t i = 0; i < parted_count; ++i) {
      own.line = tokens_of(nodes_.call(i, post("/auth/token/refresh").cookie(own.line.refresh)));
      EXPECT_FALSE(own.line.refresh.empty()) << own.owner << " was logged out";
    }
  }

  parted_servers& nodes_;
  std::array<client, 6> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_over_{false};
  std::atomic<std::uint64_t> acks_{0};
};

// -- the tests -----------------------------------------------------------------------------------

/// The nodes are shared by the tests; each begins with nodes that hear each other.
class ClusterPartitions : public testing::Test {
protected:
  /// A change that narrows what somebody may do, and what that forbids from its answer on.
  struct narrowing {
    std::string name;
    http_call change;
    int done;      // the status of its answer
    http_call use; // allowed until then
    int refused;   // and its status from then on
  };
  struct person {
    std::string name;
    std::string access;
  };
  using maker = std::function<narrowing()>;

  static void SetUpTestSuite() {
    refusal_ = networks::refusal();
    if (refusal_.empty()) nodes_ = std::make_unique<parted_servers>();
  }
  static void TearDownTestSuite() {
    for (std::size_t i = 0; nodes_ && i < parted_count; ++i)
      EXPECT_EQ(nodes_->process(i).stop(), 0) << nodes_->process(i).log();
    nodes_.reset();
  }
  void SetUp() override {
    if (!nodes_) GTEST_SKIP() << refusal_;
    await_belief();
  }
  void TearDown() override {
    if (!nodes_) return;
    net().heal();
    for (std::size_t i = 0; HasFailure() && i < parted_count; ++i)
      std::cerr << "-- node " << i << " has said so far:\n" << nodes().process(i).log();
  }

  static parted_servers& nodes() { return *nodes_; }
  static networks& net() { return nodes_->net; }
  static void await_belief() {
    const auto begun = clock_type::now();
    ASSERT_TRUE(eventually([] { return nodes().all_believe_their_memory(); }));
    std::cout << "all believe their memory after " << in_ms(clock_type::now() - begun) << " ms\n";
  }
  static void await_doubt(std::size_t i) {
    EXPECT_TRUE(eventually([i] { return !nodes().believes_its_memory(i); })) << i;
  }

  // -- what is made and ended

  static person somebody() {
    const auto name = new_name();
    return nodes().at(0, [&](product& node) {
      node.add_user(name);
      return person{name, node.sign_in(name).access};
    });
  }
  static std::string admin() {
    return nodes().at(0, [](product& node) { return node.admin(); });
  }
  static narrowing logout() {
    const auto user = somebody();
    return {"logout", post("/auth/logout").as(user.access), 200, get("/auth/me").as(user.access),
            401};
  }
  static narrowing revocation_of_all_sessions() {
    const auto user = somebody();
    const auto me = json_of(nodes().call(0, get("/auth/me").as(user.access)));
    return {"revoke-user-sessions",
            service_call("/api/auth/revoke-user-sessions", json{{"user_id", me["id"]}}), 200,
            get("/auth/me").as(user.access), 401};
  }
  static narrowing change_of_password() {
    const auto user = somebody();
    const json change{{"current_password", password}, {"new_password", "another good one"}};
    return {"change of password",
            put_json("/account/change-password", change.dump()).as(user.access), 200,
            post_json("/auth/token", credentials(user.name).dump()), 401};
  }
  static narrowing change_of_role() {
    const auto user = somebody();
    const auto id = nodes().at(0, [&](product& node) { return node.id_of(user.name); });
    const auto by = admin();
    const auto give = [&](const char* role) {
      return put_json("/admin/users/" + id + "/role", json{{"role", role}}.dump()).as(by);
    };
    EXPECT_EQ(nodes().call(0, give("admin")).status, 200);
    return {"change of role", give("user"), 200, get("/admin/users").as(user.access), 403};
  }
  static narrowing revocation_of_a_key() {
    const auto user = somebody();
    const json wanted{{"name", new_name()}, {"scopes", json::array({"profile:read"})}};
    const auto made =
        json_of(nodes().call(0, post_json("/auth/api-keys", wanted.dump()).as(user.access)));
    return {"revocation of a key",
            delete_("/auth/api-keys/" + made.value("id", std::string{})).as(user.access), 204,
            get("/auth/me").with("X-API-Key", made.value("key", std::string{})), 401};
  }

  /// Makes that change at a node right after `cut`, while every node is asked all the time.
  template <class Cut>
  static void narrow_after(Cut cut, std::size_t by, const narrowing& what) {
    EXPECT_EQ(nodes().statuses_of(what.use), std::vector<int>(parted_count, 200));
    parted_watch watch{nodes(), what.use};
    watch.await_answers(10);
    cut();
    const auto begun = clock_type::now();
    const auto reply = nodes().call(by, what.change);
    const auto answered_at = clock_type::now();
    std::cout << what.name << " at node " << by << ": " << in_ms(answered_at - begun) << " ms\n";
    EXPECT_EQ(reply.status, what.done) << reply.body;
    EXPECT_LT(answered_at - begun, 2s) << "a promise lasts a second";
    std::this_thread::sleep_for(1200ms); // longer than any promise that there was
    watch.await_answers(1);
    watch.stop();
    watch.expect_since(answered_at, what.refused);
  }
  static void narrow(std::size_t by, const narrowing& what) {
    narrow_after([] {}, by, what);
  }
  /// In each direction between two nodes, at each end of the cut.
  static void narrow_after_one_way_cuts(const maker& make) {
    for (const auto& [from, to] : {std::pair{0, 1}, std::pair{1, 0}})
      for (const std::size_t by : {0, 1}) {
        std::cout << "from " << from << " to " << to << " nothing gets through\n";
        narrow_after([&] { net().cut(from, to); }, by, make());
        await_doubt(0);
        await_doubt(1);
        net().heal();
        await_belief();
      }
  }

private:
  static inline std::string refusal_;
  static inline std::unique_ptr<parted_servers> nodes_;
};

// -- what a cut is -------------------------------------------------------------------------------

/// A connection from node 0 to node 1.
class parted_connection {
public:
  explicit parted_connection(const networks& net) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    at.sin_family = AF_INET;
    inet_pton(AF_INET, networks::address_of(1).c_str(), &at.sin_addr);
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    const int listener = open_in(net.of(1));
    const bool listens = bind(listener, address, size) == 0 && listen(listener, 1) == 0 &&
                         getsockname(listener, address, &size) == 0;
    ends[0] = open_in(net.of(0));
    if (listens && connect(ends[0], address, size) == 0)
      ends[1] = accept(listener, nullptr, nullptr);
    close(listener);
    if (ends[1] < 0) throw std::runtime_error("the nodes do not reach each other");
  }
  ~parted_connection() {
    for (const int each : ends)
      close(each);
  }
  parted_connection(const parted_connection&) = delete;
  parted_connection& operator=(const parted_connection&) = delete;

  void say(std::size_t from) const { EXPECT_EQ(send(ends[from], "x", 1, MSG_NOSIGNAL), 1); }
  /// Whether something comes within that time. An end or an error of the connection fails the test.
  bool hears(std::size_t at, std::chrono::milliseconds wait_max) const {
    pollfd ready{ends[at], POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(wait_max.count())) == 0) return false;
    char byte = 0;
    EXPECT_EQ(recv(ends[at], &byte, 1, 0), 1) << "the connection has not failed";
    return true;
  }

private:
  static int open_in(const network_namespace& there) {
    const inside now{there};
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  int ends[2] = {-1, -1};
};

TEST_F(ClusterPartitions, ACutDropsPacketsInItsDirectionAloneAndSaysNothing) {
  const parted_connection between{net()};
  net().cut(0, 1);
  between.say(1);
  EXPECT_TRUE(between.hears(0, patience)) << "the other direction is open";
  between.say(0);
  EXPECT_FALSE(between.hears(1, 1s));
  net().heal();
  EXPECT_TRUE(between.hears(1, patience)) << "it is sent again";
  net().isolate(0);
  between.say(0);
  between.say(1);
  EXPECT_FALSE(between.hears(1, 500ms));
  EXPECT_FALSE(between.hears(0, 500ms));
  net().heal();
  EXPECT_TRUE(between.hears(0, patience));
  EXPECT_TRUE(between.hears(1, patience));
}

// -- what narrows while nodes do not hear each other ---------------------------------------------

TEST_F(ClusterPartitions, APairThatIsCutDelaysARevocationByAPromiseAndNoNodeGoesByTheTokenAfter) {
  for (const std::size_t by : {0, 1, 2}) {
    narrow_after([] { net().cut_both(0, 1); }, by, logout());
    await_doubt(0);
    await_doubt(1);
    EXPECT_TRUE(nodes().believes_its_memory(2)) << "it hears both";
    narrow(by, revocation_of_all_sessions());
    net().heal();
    await_belief();
    narrow_after([] { net().cut_both(0, 1); }, by, revocation_of_all_sessions());
    narrow(by, logout());
    net().heal();
    await_belief();
  }
}

TEST_F(ClusterPartitions, AOneWayCutLetsNoNodeGoByATokenAfterItsLogout) {
  narrow_after_one_way_cuts(logout);
}

TEST_F(ClusterPartitions, AOneWayCutLetsNoNodeGoByAnOldPasswordAfterItsChange) {
  narrow_after_one_way_cuts(change_of_password);
}

TEST_F(ClusterPartitions, AOneWayCutLetsNoNodeGoByARoleAfterItsChange) {
  narrow_after_one_way_cuts(change_of_role);
}

TEST_F(ClusterPartitions, AOneWayCutLetsNoNodeGoByAKeyAfterItsRevocation) {
  narrow_after_one_way_cuts(revocation_of_a_key);
}

// -- one node alone ------------------------------------------------------------------------------

TEST_F(ClusterPartitions, ANodeThatNoneOfTheOthersHearsServesFromTheStoreAndIsNotRemoved) {
  narrow_after([] { net().isolate(2); }, 2, logout());
  for (std::size_t i = 0; i < parted_count; ++i)
    await_doubt(i);
  const auto stays = get("/auth/me").as(somebody().access);
  parted_watch watch{nodes(), stays};
  const auto alone_since = clock_type::now();
  // Longer than CLUSTER_DEAD_AFTER, and than a connection may be silent.
  while (clock_type::now() < alone_since + 7s && !HasFailure())
    for (std::size_t by = 0; by < parted_count; ++by)
      narrow(by, by == 0 ? revocation_of_a_key() : logout());
  watch.stop();
  watch.expect_since(alone_since, 200);
  EXPECT_EQ(nodes().store().count("SELECT count(*) FROM cluster_members WHERE is_open"), 3);
  EXPECT_FALSE(nodes().believes_its_memory(2)) << "nothing is healed";
  net().heal();
  await_belief();
  for (std::size_t by = 0; by < parted_count; ++by)
    narrow(by, logout());
  EXPECT_TRUE(nodes().all_believe_their_memory());
}

TEST_F(ClusterPartitions, WhatEndedBeyondACutHasEndedForANodeThatBelievesItsMemoryAgain) {
  std::vector<narrowing> changes;
  for (const auto& make : {logout, change_of_role, revocation_of_a_key, revocation_of_all_sessions})
    changes.push_back(make());
  for (const auto& each : changes)
    EXPECT_EQ(nodes().statuses_of(each.use), std::vector<int>(parted_count, 200));
  net().isolate(1);
  for (const auto& each : changes)
    EXPECT_EQ(nodes().call(0, each.change).status, each.done) << each.name;
  // Longer than a connection may be silent: what waits in it to be sent is lost.
  std::this_thread::sleep_for(6s);
  net().heal();
  await_belief();
  for (const auto& each : changes)
    EXPECT_EQ(nodes().statuses_of(each.use), std::vector<int>(parted_count, each.refused))
        << each.name;
}

// -- under load ----------------------------------------------------------------------------------

class parted_chance {
public:
  static std::uint64_t any_seed() {
    const char* given = std::getenv("LATCHKEY_CHAOS_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }
  static int rounds(int usual) {
    const char* times = std::getenv("LATCHKEY_CHAOS");
    return usual * (times != nullptr ? std::max(1, std::atoi(times)) : 1);
  }

  explicit parted_chance(std::uint64_t seed) : numbers_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return numbers_() % bound; }
  void cut_something(networks& net) {
    const auto one = below(parted_count);
    const auto other = (one + 1 + below(parted_count - 1)) % parted_count;
    switch (below(3)) {
    case 0:
      return net.cut(one, other);
    case 1:
      return net.cut_both(one, other);
    default:
      return net.isolate(one);
    }
  }
  void wait(std::uint64_t ms_min, std::uint64_t ms_more) {
    std::this_thread::sleep_for(std::chrono::milliseconds{ms_min + below(ms_more)});
  }

private:
  std::mt19937_64 numbers_;
};

TEST_F(ClusterPartitions, CutsAndHealsUnderLoadLoseNothing) {
  const auto seed = parted_chance::any_seed();
  std::cout << "seed " << seed << "\n";
  parted_chance chance{seed};
  parted_load load{nodes(), seed};
  load.begin();
  for (int round = 0; round < parted_chance::rounds(6); ++round) {
    load.await_acks(50);
    for (auto more = 1 + chance.below(2); more > 0; --more)
      chance.cut_something(net());
    chance.wait(200, 3000);
    load.await_acks(20);
    net().heal();
    chance.wait(0, 2500);
  }
  load.stop();
  await_belief();
  load.check();
  EXPECT_EQ(nodes().store().count("SELECT count(*) FROM cluster_members WHERE is_open"), 3);
  std::cout << load.acks() << " acks\n";
}

} // namespace
} // namespace latchkey::test

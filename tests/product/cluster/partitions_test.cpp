// Nodes whose network is cut, between two of them or around one, in one direction or both, while
// PostgreSQL is within reach of all. Each node is in a network namespace of its own; without root
// there is none, and these tests are skipped. The test with load prints its seed;
// LATCHKEY_CHAOS_SEED sets it, and LATCHKEY_CHAOS=N cuts N times as often.
#include "tests/product/cluster/nodes_under_load.hpp"
#include "tests/product/cluster/parted_servers.hpp"

#include <arpa/inet.h>
#include <functional>
#include <iostream>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

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
  /// As LATCHKEY_CHAOS wants it.
  static bool is_long_form() { return nodes_under_load::times(1) > 1; }
  /// In each direction between two nodes; in the long form at each end of the cut.
  static void narrow_after_one_way_cuts(const maker& make) {
    for (const auto& [from, to] : {std::pair{0, 1}, std::pair{1, 0}})
      for (const int by : {0, 1}) {
        if (by != from && !is_long_form()) continue;
        std::cout << "from " << from << " to " << to << " nothing gets through\n";
        narrow_after([&] { net().cut(from, to); }, static_cast<std::size_t>(by), make());
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
    if (!is_long_form()) continue;
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
  const auto seed = nodes_under_load::any_seed();
  std::cout << "seed " << seed << "\n";
  parted_chance chance{seed};
  steady_load load{parted_count, seed,
                   [](std::size_t i, const http_call& asked) { return nodes().call(i, asked); }};
  load.begin();
  for (int round = 0; round < nodes_under_load::times(4); ++round) {
    load.await_acks(50);
    for (auto more = 1 + chance.below(2); more > 0; --more)
      chance.cut_something(net());
    chance.wait(200, 3000);
    load.await_acks(20);
    net().heal();
    chance.wait(0, 1500);
  }
  load.stop();
  await_belief();
  load.check(nodes().store());
  EXPECT_EQ(nodes().store().count("SELECT count(*) FROM cluster_members WHERE is_open"), 3);
  std::cout << load.acks() << " acks\n";
}

} // namespace
} // namespace latchkey::test

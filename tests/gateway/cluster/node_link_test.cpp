// The connections between nodes: who is let in, and what is made of those who are not.
#include "gateway/cluster/node_link.hpp"

#include "actors/base/behave.hpp"
#include "actors/cluster/wire.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/stub.hpp"

#include <arpa/inet.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::gateway {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const secret same_secret{"thirty-two bytes that two nodes know"s};

/// What one node's link has told its actor.
struct link_journal {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines; // "up", "down", or a frame

  void add(std::string line) {
    const std::lock_guard lock(mutex);
    lines.push_back(std::move(line));
    changed.notify_all();
  }
  /// Whether that line comes within ten seconds; the lines up to it are taken out.
  bool await(const std::string& line) {
    std::unique_lock lock(mutex);
    const auto take = [&] {
      const auto found = std::find(lines.begin(), lines.end(), line);
      if (found == lines.end()) return false;
      lines.erase(lines.begin(), found + 1);
      return true;
    };
    return changed.wait_for(lock, 10s, take);
  }
  bool is_empty() {
    const std::lock_guard lock(mutex);
    return lines.empty();
  }
};

cluster_actor::behavior_type hearing(cluster_actor::pointer self,
                                     std::shared_ptr<link_journal> journal) {
  return test::stub<cluster_actor>(
      self, [journal](messages::member_connected&) { journal->add("up"); },
      [journal](messages::member_disconnected&) { journal->add("down"); },
      [journal](messages::member_said& said) { journal->add(said.frame); });
}

struct linked_node {
  member_id id;
  std::shared_ptr<link_journal> journal = std::make_shared<link_journal>();
  std::shared_ptr<node_link> link;
  cluster_actor actor;

  std::string address() const { return "127.0.0.1:" + std::to_string(link->port()); }
};

struct NodeLink : testing::Test {
  caf::actor_system_config config;
  caf::actor_system system{config};

  linked_node node(std::uint8_t number, const result<link_tls>& tls) {
    linked_node made;
    made.id.bytes[0] = number;
    EXPECT_TRUE(tls) << tls.error().field << ": " << tls.error().reason;
    auto bound = node_link::bind({made.id, "127.0.0.1", 0, *tls});
    EXPECT_TRUE(bound) << bound.error().reason;
    made.link = std::move(*bound);
    made.actor = system.spawn(hearing, made.journal);
    made.link->open(made.actor);
    return made;
  }
  linked_node node(std::uint8_t number, const secret& key = same_secret) {
    return node(number, link_tls_by_secret(key));
  }
  static void introduce(linked_node& a, linked_node& b) {
    a.link->keep(b.id, b.address());
    b.link->keep(a.id, a.address());
  }
  static void part(linked_node& node) {
    node.link.reset();
    caf::anon_send_exit(node.actor, caf::exit_reason::user_shutdown);
    node.actor = nullptr;
  }

  /// A connection of nobody who is known.
  static int dial(const linked_node& to) {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.link->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return handle;
  }
  /// Whether the other end closes it within ten seconds.
  static bool is_closed(int handle) {
    const timeval patience{10, 0};
    ::setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char byte = 0;
    ssize_t got = 0;
    do
      got = ::recv(handle, &byte, 1, 0);
    while (got > 0); // an alert
    return got == 0 || errno == ECONNRESET;
  }
};

TEST_F(NodeLink, CarriesFramesBothWaysInOrder) {
  auto a = node(1);
  auto b = node(2);
  introduce(a, b);
  ASSERT_TRUE(a.journal->await("up"));
  ASSERT_TRUE(b.journal->await("up"));
  for (int i = 0; i < 1000; ++i)
    a.link->send(b.id, "frame " + std::to_string(i));
  b.link->send(a.id, std::string(cluster::frame_max, 'x'));
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(b.journal->await("frame " + std::to_string(i))) << i;
  EXPECT_TRUE(a.journal->await(std::string(cluster::frame_max, 'x')));
  EXPECT_TRUE(b.journal->is_empty());
  part(a);
  part(b);
}

TEST_F(NodeLink, TellsWhenTheOtherIsGoneAndComesBack) {
  auto a = node(1);
  {
    auto b = node(2);
    introduce(a, b);
    ASSERT_TRUE(a.journal->await("up"));
    part(b);
  }
  EXPECT_TRUE(a.journal->await("down"));
  auto again = node(3);
  introduce(a, again);
  EXPECT_TRUE(a.journal->await("up"));
  part(a);
  part(again);
}

TEST_F(NodeLink, ConnectsAgainByItself) {
  auto a = node(1);
  auto b = node(2);
  introduce(a, b);
  ASSERT_TRUE(a.journal->await("up"));
  ASSERT_TRUE(b.journal->await("up"));
  b.link->drop(a.id);
  EXPECT_TRUE(a.journal->await("down"));
  b.link->keep(a.id, a.address());
  EXPECT_TRUE(a.journal->await("up"));
  EXPECT_TRUE(b.journal->await("up"));
  part(a);
  part(b);
}

TEST_F(NodeLink, LetsNobodyInWhoHasAnotherSecret) {
  auto a = node(1);
  auto b = node(2, secret{"thirty-two bytes of somebody else's"s});
  auto c = node(3);
  introduce(a, b);
  introduce(a, c);
  EXPECT_TRUE(a.journal->await("up")) << "of the third";
  EXPECT_TRUE(c.journal->await("up"));
  EXPECT_TRUE(a.journal->is_empty());
  EXPECT_TRUE(b.journal->is_empty());
  part(a);
  part(b);
  part(c);
}

/// Certificates that are their own authority.
struct CertifiedNodeLink : NodeLink {
  std::vector<std::string> folders;
  result<link_tls> certified(std::string authority = {}) {
    std::string folder = testing::TempDir() + "latchkey-link-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    (void)test::write_certificate(folder);
    folders.push_back(folder);
    if (authority.empty()) authority = folder;
    return link_tls_by_certificate(folder + "/cert.pem", folder + "/key.pem",
                                   authority + "/cert.pem");
  }
  ~CertifiedNodeLink() override {
    for (const auto& folder : folders)
      std::filesystem::remove_all(folder);
  }
};

TEST_F(CertifiedNodeLink, LetsInWhoeverHasACertificateOfTheAuthority) {
  const auto tls = certified();
  auto a = node(1, tls);
  auto b = node(2, tls);
  introduce(a, b);
  EXPECT_TRUE(a.journal->await("up"));
  EXPECT_TRUE(b.journal->await("up"));
  part(a);
  part(b);
}

TEST_F(CertifiedNodeLink, LetsInNobodyElse) {
  const auto tls = certified();
  auto a = node(1, tls);
  auto of_another = node(2, certified());
  auto believing = node(3, certified(folders.front())); // but not of that authority
  auto by_secret = node(4);
  auto b = node(5, tls);
  for (auto* each : {&of_another, &believing, &by_secret, &b})
    introduce(a, *each);
  EXPECT_TRUE(a.journal->await("up")) << "of the last";
  EXPECT_TRUE(b.journal->await("up"));
  EXPECT_TRUE(a.journal->is_empty());
  for (auto* each : {&a, &of_another, &believing, &by_secret, &b})
    part(*each);
}

TEST_F(CertifiedNodeLink, NamesTheFileThatIsWrong) {
  const auto refused =
      link_tls_by_certificate("/nowhere/cert.pem", "/nowhere/key.pem", "/nowhere/ca.pem");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "CLUSTER_CERT");
  EXPECT_NE(refused.error().reason.find("/nowhere/cert.pem"), std::string::npos);
}

TEST_F(NodeLink, HangsUpOnAMemberThatItDoesNotKnow) {
  auto a = node(1);
  auto b = node(2);
  a.link->keep(b.id, b.address()); // and not the other way round
  auto c = node(3);
  introduce(a, c);
  ASSERT_TRUE(c.journal->await("up"));
  EXPECT_TRUE(b.journal->is_empty());
  b.link->keep(a.id, a.address());
  EXPECT_TRUE(b.journal->await("up"));
  part(a);
  part(b);
  part(c);
}

TEST_F(NodeLink, LivesOnAfterJunkAndAFloodOfStrangers) {
  auto a = node(1);
  std::vector<int> handles;
  for (int i = 0; i < 200; ++i) {
    handles.push_back(dial(a));
    const std::string junk(100, static_cast<char>(i));
    (void)::send(handles.back(), junk.data(), junk.size(), MSG_NOSIGNAL);
  }
  for (const int handle : handles) {
    EXPECT_TRUE(is_closed(handle));
    ::close(handle);
  }
  auto b = node(2);
  introduce(a, b);
  EXPECT_TRUE(a.journal->await("up"));
  part(a);
  part(b);
}

TEST_F(NodeLink, ClosesWhoeverSaysNothing) {
  auto a = node(1);
  const int silent = dial(a);
  EXPECT_TRUE(is_closed(silent));
  ::close(silent);
  part(a);
}

TEST_F(NodeLink, RefusesAShortSecret) {
  const auto refused = link_tls_by_secret(secret{"too short"s});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "CLUSTER_SECRET");
}

TEST_F(NodeLink, SaysWhereItCannotListen) {
  auto a = node(1);
  const auto second =
      node_link::bind({a.id, "127.0.0.1", a.link->port(), *link_tls_by_secret(same_secret)});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().field, "CLUSTER_BIND");
  EXPECT_NE(second.error().reason.find(a.address()), std::string::npos) << second.error().reason;
  part(a);
}

} // namespace
} // namespace latchkey::gateway

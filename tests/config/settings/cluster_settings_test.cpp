// What a node of a cluster must be told, and in which words it is refused otherwise.
#include "config/settings/settings.hpp"

#include "tests/config/settings/loading.hpp"
#include "tests/config/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey {
namespace {

using test::load;
using test::only;
using test::refuse;
using testing::ElementsAre;
using testing::HasSubstr;

using texts = std::map<std::string, std::string, std::less<>>;

class ClusterSettings : public testing::Test {
protected:
  /// Those of a node, with others in place of some; an empty one is unset.
  static setting_sources node(const texts& others = {}) {
    texts all{{"CLUSTER_BIND", "10.1.2.3:7946"},
              {"CLUSTER_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz"},
              {"DATABASE_URL", "postgresql://db/auth"},
              {"ISSUER", "https://auth.example.com"},
              {"JWT_SECRET_KEY", "zyxwvutsrqponmlkjihgfedcba9876543210"}};
    for (const auto& [name, value] : others)
      all[name] = value;
    return only(all);
  }
  const test::temporary_folder folder;
  const texts certificates{{"CLUSTER_SECRET", ""},
                           {"CLUSTER_CERT", folder.write("chain.pem", "x")},
                           {"CLUSTER_KEY", folder.write("key.pem", "x")},
                           {"CLUSTER_CA", folder.write("ca.pem", "x")}};
};

TEST_F(ClusterSettings, MakeANodeByASecretOrByCertificates) {
  const auto values = load(node());
  EXPECT_TRUE(values.is_clustered());
  EXPECT_EQ(values.cluster_bind, "10.1.2.3:7946");
  EXPECT_EQ(values.cluster_promise_ms, 1000u);
  EXPECT_EQ(values.cluster_promise_renew_ms, 300u);
  EXPECT_EQ(values.cluster_dead_after_ms, 2000u);
  EXPECT_EQ(values.cluster_without_store_ms, 60'000u);
  EXPECT_TRUE(load(node(certificates)).is_clustered());
  EXPECT_FALSE(load(only({})).is_clustered());
}

TEST_F(ClusterSettings, TakeNamesAndAddressesThatOthersCanReach) {
  for (const auto* bind : {"auth-1.auth.svc:7946", "[fd00::1]:7946", "127.0.0.1:0"})
    EXPECT_EQ(load(node({{"CLUSTER_BIND", bind}})).cluster_bind, bind);
  for (const auto* bind : {"0.0.0.0:7946", "[::]:7946", "::1:7946", "10.1.2.3",
                           "10.1.2.3:", ":7946", "10.1.2.3:65536", "tcp://10.1.2.3:7946"})
    EXPECT_THAT(refuse(node({{"CLUSTER_BIND", bind}})),
                ElementsAre(HasSubstr("CLUSTER_BIND is \"" + std::string{bind} + "\"")));
}

TEST_F(ClusterSettings, MustNameWhatAllNodesShare) {
  EXPECT_THAT(refuse(node({{"ISSUER", ""}})), ElementsAre(HasSubstr("same ISSUER")));
  EXPECT_THAT(refuse(node({{"JWT_SECRET_KEY", ""}})),
              ElementsAre(HasSubstr("same JWT_SECRET_KEY")));
  EXPECT_THAT(refuse(node({{"DATABASE_URL", ""}})), ElementsAre(HasSubstr("DATABASE_URL is not")));
}

TEST_F(ClusterSettings, MustSayByWhatNodesKnowEachOther) {
  EXPECT_THAT(refuse(node({{"CLUSTER_SECRET", ""}})),
              ElementsAre(HasSubstr("expected either CLUSTER_SECRET or CLUSTER_CERT")));
  auto both = certificates;
  both.erase("CLUSTER_SECRET");
  EXPECT_THAT(refuse(node(both)), ElementsAre(HasSubstr("and not both")));
  auto some = certificates;
  some["CLUSTER_CA"] = "";
  EXPECT_THAT(refuse(node(some)), ElementsAre(HasSubstr("all three or none")));
  auto missing = certificates;
  missing["CLUSTER_KEY"] = folder / "missing.pem";
  EXPECT_THAT(refuse(node(missing)), ElementsAre(HasSubstr("CLUSTER_KEY is \"")));
  EXPECT_THAT(refuse(node({{"CLUSTER_SECRET", std::string(40, 'a')}})),
              ElementsAre(HasSubstr("looks like a placeholder")));
}

TEST_F(ClusterSettings, AreRefusedWithoutAnAddressOfTheNode) {
  EXPECT_THAT(refuse(only({{"CLUSTER_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz"}})),
              ElementsAre("CLUSTER_SECRET is set and CLUSTER_BIND is not: expected both or "
                          "neither"));
}

TEST_F(ClusterSettings, LeaveRoomForAPromiseThatIsLost) {
  EXPECT_THAT(refuse(node({{"CLUSTER_PROMISE", "900ms"}, {"CLUSTER_PROMISE_RENEW", "301ms"}})),
              ElementsAre(HasSubstr("CLUSTER_PROMISE_RENEW is \"301ms\"")));
  EXPECT_THAT(refuse(node({{"CLUSTER_DEAD_AFTER", "20s"}})),
              ElementsAre(HasSubstr("CLUSTER_WITHOUT_STORE is \"60s\"")));
}

} // namespace
} // namespace latchkey

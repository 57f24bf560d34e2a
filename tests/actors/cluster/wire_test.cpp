// What nodes say to each other, as text.
#include "actors/cluster/wire.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using namespace cluster;

const auto wired_user = user_id{*parse_uuid("0195a1b2-0000-7000-8000-000000000001")};
const auto wired_session = session_id{*parse_uuid("0195a1b2-0000-7000-8000-000000000002")};

std::string again(const frame& said) {
  const auto decoded = decode(encode(said));
  EXPECT_TRUE(decoded) << encode(said) << ": " << decoded.error().field;
  return decoded ? encode(*decoded) : std::string{};
}

TEST(ClusterWire, CarriesEveryFrame) {
  const std::vector<frame> all{
      ask_promise{1},
      give_promise{18446744073709551615ULL},
      welcome{},
      tell_change{3, messages::user_changed{wired_user}},
      tell_change{3,
                  messages::user_sessions_changed{wired_user, std::nullopt, end_reason::deleted}},
      tell_change{3,
                  messages::user_sessions_changed{wired_user, wired_session, end_reason::reused}},
      tell_change{3, messages::user_subscription_changed{wired_user, {}, {}}},
      tell_change{3, messages::registry_changed{}},
      confirm_change{4},
      say_goodbye{},
      workflow_changed{workflow_id{wired_user}, 7, member_id{wired_session}},
      attend_workflow{workflow_id{wired_user}, {}, 0}};
  for (const auto& said : all) {
    EXPECT_EQ(again(said), encode(said));
    EXPECT_EQ(decode(encode(said))->index(), said.index());
  }
}

TEST(ClusterWire, CarriesWhatAChangeIs) {
  const auto decoded = decode(encode(tell_change{
      7, messages::user_sessions_changed{wired_user, wired_session, end_reason::password_reset}}));
  const auto& told = decoded->get<tell_change>();
  EXPECT_EQ(told.number, 7U);
  const auto& change = told.change.get<messages::user_sessions_changed>();
  EXPECT_EQ(change.user, wired_user);
  EXPECT_EQ(change.session, wired_session);
  EXPECT_EQ(change.reason, end_reason::password_reset);
}

TEST(ClusterWire, PassesOverWhatANextVersionAdds) {
  const auto decoded = decode(R"({"say":"ask","number":1,"mood":"good"})");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->get<ask_promise>().number, 1U);
}

TEST(ClusterWire, RefusesAnythingElseByItsName) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "frame"},
      {"{", "frame"},
      {"[]", "frame"},
      {"{}", "say"},
      {R"({"say":"shout"})", "say"},
      {R"({"say":"ask"})", "number"},
      {R"({"say":"ask","number":-1})", "number"},
      {R"({"say":"ask","number":"1"})", "number"},
      {R"({"say":"tell","number":1})", "change"},
      {R"({"say":"tell","number":1,"change":"weather","user":"0195a1b2-0000-7000-8000-000000000001"})",
       "change"},
      {R"({"say":"tell","number":1,"change":"user"})", "user"},
      {R"({"say":"tell","number":1,"change":"user","user":"ada"})", "user"},
      {R"({"say":"tell","number":1,"change":"user","user":"00000000-0000-0000-0000-000000000000"})",
       "user"},
      {R"({"say":"tell","number":1,"change":"sessions",)"
       R"("user":"0195a1b2-0000-7000-8000-000000000001","reason":"boredom"})",
       "reason"}};
  for (const auto& [text, field] : wrong) {
    const auto decoded = decode(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().field, field) << text;
  }
}

} // namespace
} // namespace latchkey::test

#include "protocol/ids.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

namespace latchkey {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view known = "01943a6e-89ab-7cde-8f01-23456789abcd";
constexpr time_point made_at{1'767'322'800s};

TEST(Uuid, RefusesEveryOtherForm) {
  for (std::string_view text :
       {"", "01943a6e89ab7cde8f0123456789abcd", "{01943a6e-89ab-7cde-8f01-23456789abcd}",
        "01943a6e-89ab-7cde-8f01-23456789abc", "01943a6e-89ab-7cde-8f01-23456789abcde",
        "01943a6e-89ab-7cde-8f01-23456789abcg", "01943a6e-89ab-7cde-8f01_23456789abcd",
        "0194-3a6e89ab-7cde-8f01-23456789abcd", "01943a6e-89ab-7cde-8f01-23456789abc ",
        " 1943a6e-89ab-7cde-8f01-23456789abcd", "-1943a6e-89ab-7cde-8f01-23456789abcd",
        "0x943a6e-89ab-7cde-8f01-23456789abcd", "01943a6e--9ab-7cde-8f01-23456789abcd"})
    EXPECT_FALSE(parse_uuid(text)) << text;
  std::string nul{known};
  nul[4] = '\0';
  EXPECT_FALSE(parse_uuid(nul));
}

TEST(Uuid, ReadsEitherCaseAndWritesLower) {
  auto id = parse_uuid(known);
  ASSERT_TRUE(id);
  EXPECT_EQ(to_string(*id), known);
  EXPECT_EQ(id->bytes[0], 0x01);
  EXPECT_EQ(id->bytes[15], 0xCD);
  EXPECT_EQ(parse_uuid("01943A6E-89AB-7CDE-8F01-23456789ABCD"), id);
  EXPECT_EQ(to_string(uuid{}), "00000000-0000-0000-0000-000000000000");
}

TEST(Uuid, BeginsWithItsTimeAndSaysVersionSeven) {
  auto id = make_uuid(made_at + 123ms);
  std::uint64_t millis = 0;
  for (std::size_t i = 0; i < 6; ++i)
    millis = millis << 8U | id.bytes[i];
  EXPECT_EQ(millis, 1'767'322'800'123U);
  EXPECT_EQ(id.bytes[6] >> 4U, 7U);
  EXPECT_EQ(id.bytes[8] >> 6U, 2U);
  EXPECT_FALSE(id.is_nil());
}

TEST(Uuid, AscendsOnAThreadEvenWithinAMicrosecondAndPastAMillisecond) {
  auto start = made_at + 24h;
  auto last = make_uuid(start);
  for (int i = 0; i < 20'000; ++i) {
    auto next = make_uuid(start);
    ASSERT_LT(last, next) << i;
    ASSERT_EQ(next.bytes[6] >> 4U, 7U);
    last = next;
  }
}

TEST(Uuid, FollowsAClockThatWasSetBack) {
  auto ahead = make_uuid(made_at + 48h);
  auto back = make_uuid(made_at);
  EXPECT_LT(back, ahead);
  EXPECT_EQ(to_string(back).substr(0, 13), "019b7ca5-cf80"); // the made_at's milliseconds
  EXPECT_LT(back, make_uuid(made_at + 1s));
}

TEST(Uuid, IsNeverMadeTwice) {
  std::vector<std::vector<uuid>> made(4);
  std::vector<std::thread> threads;
  for (auto& own_ids : made)
    threads.emplace_back([&own_ids] {
      for (int i = 0; i < 5000; ++i)
        own_ids.push_back(make_uuid(made_at));
    });
  for (auto& thread : threads)
    thread.join();
  std::set<uuid> all;
  for (const auto& own_ids : made)
    all.insert(own_ids.begin(), own_ids.end());
  EXPECT_EQ(all.size(), 20'000U);
}

TEST(Uuid, HashSpreadsIdsThatDifferInOneByte) {
  std::unordered_set<std::size_t> low_bits;
  for (std::size_t at = 0; at < 16; ++at)
    for (unsigned value = 1; value < 256; ++value) {
      uuid id;
      id.bytes[at] = static_cast<std::uint8_t>(value);
      low_bits.insert(std::hash<uuid>{}(id)&0xFFFFU);
    }
  EXPECT_GT(low_bits.size(), 1500U); // of 4080; equal halves cancel to at most half of them
}

TEST(RandomBytes, HaveTheSizeAndDiffer) {
  EXPECT_EQ(random_bytes(0), "");
  EXPECT_EQ(random_bytes(33).size(), 33U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

TEST(RequestId, IsRefusedUnlessItIsAShortWord) {
  for (const std::string& text :
       {std::string{}, std::string(129, 'a'), std::string{"a b"}, std::string{"a\r\nX: y"},
        std::string{"a/b"}, std::string{"\"a\""}, std::string{"\xC3\xA9"}, std::string(1, '\0')})
    EXPECT_FALSE(is_well_formed_request_id(text)) << text;
  for (const std::string& text : {std::string{"a"}, std::string(128, 'a'),
                                  std::string{"req_1-2.3:AZ"}, std::string{"0123456789"}})
    EXPECT_TRUE(is_well_formed_request_id(text)) << text;
}

TEST(RequestId, HasItsFormAndIsNeverMadeTwice) {
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& own_ids : made)
    threads.emplace_back([&own_ids] {
      for (int i = 0; i < 5000; ++i)
        own_ids.push_back(make_request_id());
    });
  for (auto& thread : threads)
    thread.join();
  std::set<std::string> all;
  for (const auto& own_ids : made)
    all.insert(own_ids.begin(), own_ids.end());
  EXPECT_EQ(all.size(), 20'000U);
  for (const auto& id : all) {
    ASSERT_EQ(id.size(), 24U);
    ASSERT_TRUE(id.starts_with("req_"));
    ASSERT_TRUE(is_well_formed_request_id(id));
  }
}

TEST(WorkflowId, IsOneForTheSameMessageOfTheSameUserAlone) {
  const user_id ada{make_uuid(time_point{})};
  const user_id bob{make_uuid(time_point{})};
  const auto id = workflow_id_of(ada, "msg-123");
  EXPECT_EQ(id, workflow_id_of(ada, "msg-123"));
  EXPECT_NE(id, workflow_id_of(ada, "msg-124"));
  EXPECT_NE(id, workflow_id_of(bob, "msg-123"));
  const auto text = to_string(id);
  EXPECT_EQ(text[14], '8') << "RFC 9562, 5.8: the version";
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << "and the variant";
}

} // namespace
} // namespace latchkey

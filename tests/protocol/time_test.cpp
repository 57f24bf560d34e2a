#include "protocol/time.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

using namespace std::chrono_literals;

constexpr time_point moment =
    std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 3h + 4min + 5s + 6us;

TEST(Time, RefusesWhatIsNotAMoment) {
  for (std::string_view text : {"",
                                "2026",
                                "2026-01-02",
                                "2026-01-02T03:04:05",
                                "2026-01-02 03:04:05",
                                "2026-01-02T03:04Z",
                                "2026-01-02T03:04:05.Z",
                                "2026-01-02T03:04:05.1234567890Z",
                                "2026-01-02  03:04:05Z",
                                "2026-01-02x03:04:05Z",
                                "2026-1-2T03:04:05Z",
                                "26-01-02T03:04:05Z",
                                "+2026-01-02T03:04:05Z",
                                "2026-00-02T03:04:05Z",
                                "2026-13-02T03:04:05Z",
                                "2026-02-29T03:04:05Z",
                                "2026-04-31T03:04:05Z",
                                "2026-01-00T03:04:05Z",
                                "2026-01-02T24:00:00Z",
                                "2026-01-02T03:60:05Z",
                                "2026-01-02T03:04:61Z",
                                "2026-01-02T03:04:60Z",
                                "2026-01-02T03:04:05+1",
                                "2026-01-02T03:04:05+24:00",
                                "2026-01-02T03:04:05+01:60",
                                "2026-01-02T03:04:05+01:",
                                "2026-01-02T03:04:05+0100",
                                "2026-01-02T03:04:05 Z",
                                "2026-01-02T03:04:05ZZ",
                                " 2026-01-02T03:04:05Z",
                                "2026-01-02T03:04:05Z\n",
                                "2026-01-02T03:04:05.-1Z",
                                "2026-01-02T-3:04:05Z"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Time, ReadsRfc3339AndWhatPostgresqlPrints) {
  for (std::string_view text :
       {"2026-01-02T03:04:05.000006Z", "2026-01-02t03:04:05.000006z", "2026-01-02 03:04:05.000006Z",
        "2026-01-02T05:04:05.000006+02:00", "2026-01-01T21:34:05.000006-05:30",
        "2026-01-02 03:04:05.000006+00", "2026-01-02 06:04:05.000006+03",
        "2026-01-02T03:04:05.000006999Z", "2026-01-02T03:04:05.000006-00:00"})
    EXPECT_EQ(parse_time(text), moment) << text;
  EXPECT_EQ(parse_time("2026-01-02 03:04:05.6+00"), moment - 6us + 600ms);
  EXPECT_EQ(parse_time("2026-01-02T03:04:05Z"), moment - 6us);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59.999999Z"), time_point{-1us});
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"),
            time_point{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}});
}

TEST(Time, TakesALeapSecondOnlyAtTheEndOfADay) {
  auto next_day = time_point{std::chrono::sys_days{std::chrono::year{2017} / 1 / 1}};
  EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), next_day);
  EXPECT_EQ(parse_time("2017-01-01T00:59:60+01:00"), next_day);
  EXPECT_FALSE(parse_time("2016-12-31T22:59:60Z"));
}

TEST(Time, WritesTheFixedForms) {
  EXPECT_EQ(to_rfc3339(moment), "2026-01-02T03:04:05.000006Z");
  EXPECT_EQ(to_rfc3339_seconds(moment), "2026-01-02T03:04:05Z");
  EXPECT_EQ(to_rfc3339(time_point{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(time_point{-1us}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339_seconds(time_point{-1us}), "1969-12-31T23:59:59Z");
}

TEST(Time, KeepsFourDigitsForTheYearWhateverComes) {
  EXPECT_EQ(to_rfc3339(time_point::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(time_point::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(Time, ReadsWhatItWrote) {
  for (time_point t = moment; t < moment + 3000 * 24h; t += 12345678901us)
    ASSERT_EQ(parse_time(to_rfc3339(t)), t);
}

TEST(Time, MachineClockTellsTheTime) {
  auto before = std::chrono::system_clock::now();
  auto now = system_clock_source().now();
  auto after = std::chrono::system_clock::now();
  EXPECT_LE(std::chrono::floor<std::chrono::microseconds>(before), now);
  EXPECT_LE(now, after);
}

} // namespace
} // namespace latchkey

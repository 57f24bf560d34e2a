// metrics_test.cpp — what is counted comes out, in text that Prometheus takes.
#include "config/metrics/metrics.hpp"

#include <charconv>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

namespace latchkey {
namespace {

using testing::HasSubstr;

using samples = std::map<std::string, double>; // "name{labels}" → value

/// Reads the text format, version 0.0.4, strictly: every family has HELP and TYPE once and
/// before its samples, stays together, and no sample comes twice.
samples parse(const std::string& text) {
  static const std::regex sample(
      R"(([a-z][a-z0-9_]*)(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? (\S+))");
  static const std::regex comment(R"(# (HELP|TYPE) ([a-z][a-z0-9_]*) (.+))");
  samples out;
  std::set<std::string> families;
  std::string family;
  std::string type;
  EXPECT_TRUE(text.ends_with('\n'));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      if (match[1] == "HELP") {
        EXPECT_TRUE(families.insert(match[2]).second) << "twice: " << line;
        family = match[2];
      } else {
        EXPECT_EQ(match[2], family) << line;
        type = match[3];
        EXPECT_EQ(type == "counter", family.ends_with("_total")) << line;
      }
      continue;
    }
    if (!std::regex_match(line, match, sample)) {
      ADD_FAILURE() << "not a sample: " << line;
      continue;
    }
    std::string base = match[1];
    if (type == "histogram")
      base = std::regex_replace(base, std::regex("_(bucket|sum|count)$"), "");
    EXPECT_EQ(base, family) << line;
    const std::string number = match[5];
    double value = 0;
    const auto end = std::from_chars(number.data(), number.data() + number.size(), value).ptr;
    EXPECT_EQ(end, number.data() + number.size()) << line;
    EXPECT_TRUE(out.emplace(match[1].str() + match[2].str(), value).second) << "twice: " << line;
  }
  return out;
}

TEST(Metrics, NameEveryFamilyBeforeAnythingHappens) {
  const metrics all;
  const auto text = all.render();
  parse(text);
  for (const auto& name : {"http_requests_total counter",
                           "http_request_duration_seconds histogram",
                           "database_connections gauge",
                           "database_log_bytes gauge",
                           "redis_connections gauge",
                           "sessions_live gauge",
                           "logins_total counter",
                           "hashing_queue_depth gauge",
                           "hashing_duration_seconds histogram",
                           "persistence_batch_units histogram",
                           "persistence_commit_seconds histogram",
                           "refresh_total counter",
                           "requests_in_flight gauge",
                           "connections_open gauge",
                           "overload_refusals_total counter",
                           "log_lines_dropped_total counter",
                           "latchkey_build_info gauge",
                           "process_resident_memory_bytes gauge",
                           "process_cpu_seconds_total counter",
                           "process_open_fds gauge",
                           "process_max_fds gauge",
                           "process_start_time_seconds gauge"})
    EXPECT_THAT(text, HasSubstr(std::string("# TYPE ") + name + "\n"));
}

TEST(Metrics, CountRequestsByMethodRouteAndStatus) {
  metrics all;
  auto& me = all.series("GET", "/auth/me");
  me.observe(200, 0.0001);
  me.observe(200, 0.3);
  me.observe(401, 0.0007);
  me.observe(299, 60);
  me.observe(100000, 0);
  const auto found = parse(all.render());
  EXPECT_EQ(found.at(R"(http_requests_total{method="GET",route="/auth/me",status="200"})"), 2);
  EXPECT_EQ(found.at(R"(http_requests_total{method="GET",route="/auth/me",status="401"})"), 1);
  EXPECT_EQ(found.at(R"(http_requests_total{method="GET",route="/auth/me",status="other"})"), 2);
  const std::string name = R"(http_request_duration_seconds_)";
  const auto bucket = [&](const char* le) {
    return found.at(name + R"(bucket{method="GET",route="/auth/me",le=")" + le + "\"}");
  };
  EXPECT_EQ(bucket("0.0005"), 2);
  EXPECT_EQ(bucket("0.001"), 3);
  EXPECT_EQ(bucket("0.25"), 3);
  EXPECT_EQ(bucket("0.5"), 4);
  EXPECT_EQ(bucket("10"), 4);
  EXPECT_EQ(bucket("+Inf"), 5);
  EXPECT_EQ(found.at(name + R"(count{method="GET",route="/auth/me"})"), 5);
  EXPECT_NEAR(found.at(name + R"(sum{method="GET",route="/auth/me"})"), 60.3008, 1e-6);
}

TEST(Metrics, TakeTimesThatAreNoTimesAsNone) {
  metrics all;
  all.series("GET", "/a").observe(200, -1);
  all.series("GET", "/a").observe(200, std::nan(""));
  all.series("GET", "/a").observe(200, INFINITY);
  all.hashing_seconds.observe(-1);
  all.hashing_seconds.observe(INFINITY);
  const auto found = parse(all.render());
  EXPECT_EQ(
      found.at(R"(http_request_duration_seconds_bucket{method="GET",route="/a",le="0.0005"})"), 2);
  EXPECT_EQ(found.at(R"(http_request_duration_seconds_count{method="GET",route="/a"})"), 3);
  EXPECT_EQ(found.at("hashing_duration_seconds_count"), 2);
}

TEST(Metrics, GiveOneSeriesToOneMethodAndRoute) {
  metrics all;
  auto& a = all.series("GET", "/a");
  EXPECT_EQ(&a, &all.series("GET", "/a"));
  EXPECT_NE(&a, &all.series("POST", "/a"));
  EXPECT_NE(&a, &all.series("GET", "/b"));
}

TEST(Metrics, BoundTheirLabels) {
  metrics all;
  for (int i = 0; i < 100; ++i)
    all.logins("outcome " + std::to_string(i)).add();
  auto found = parse(all.render());
  EXPECT_EQ(found.at(R"(logins_total{outcome="outcome 30"})"), 1);
  EXPECT_EQ(found.count(R"(logins_total{outcome="outcome 31"})"), 0u);
  EXPECT_EQ(found.at(R"(logins_total{outcome="other"})"), 69);

  for (std::size_t i = 0; i < metrics::http_series_max + 10; ++i)
    all.series("GET", "/" + std::to_string(i)).observe(200, 0);
  found = parse(all.render());
  EXPECT_EQ(found.at(R"(http_requests_total{method="other",route="other",status="200"})"), 11);
}

TEST(Metrics, EscapeLabels) {
  metrics all;
  all.overload_refusals("a\"b\\c\nd").add();
  EXPECT_EQ(parse(all.render()).at(R"(overload_refusals_total{kind="a\"b\\c\nd"})"), 1);
}

TEST(Metrics, KeepGaugesCountersAndHistograms) {
  metrics all;
  all.database_connections.set(3);
  all.database_log_bytes.set(4096);
  all.redis_connections.set(1);
  all.sessions_live.add(5);
  all.sessions_live.add(-2);
  all.connections_open.add(7);
  all.requests_in_flight.add(8);
  all.hashing_queue_depth.set(9);
  all.logins("ok").add();
  all.logins("ok").add(2);
  all.refreshes("rotated").add();
  all.persistence_batch_units.observe(1);
  all.persistence_batch_units.observe(64);
  all.persistence_batch_units.observe(5000);
  all.persistence_commit_seconds.observe(0.0021);
  const auto found = parse(all.render());
  EXPECT_EQ(found.at("database_connections"), 3);
  EXPECT_EQ(found.at("database_log_bytes"), 4096);
  EXPECT_EQ(found.at("redis_connections"), 1);
  EXPECT_EQ(found.at("sessions_live"), 3);
  EXPECT_EQ(found.at("connections_open"), 7);
  EXPECT_EQ(found.at("requests_in_flight"), 8);
  EXPECT_EQ(found.at("hashing_queue_depth"), 9);
  EXPECT_EQ(found.at(R"(logins_total{outcome="ok"})"), 3);
  EXPECT_EQ(found.at(R"(refresh_total{outcome="rotated"})"), 1);
  EXPECT_EQ(found.at(R"(persistence_batch_units_bucket{le="1"})"), 1);
  EXPECT_EQ(found.at(R"(persistence_batch_units_bucket{le="64"})"), 2);
  EXPECT_EQ(found.at(R"(persistence_batch_units_bucket{le="+Inf"})"), 3);
  EXPECT_EQ(found.at("persistence_batch_units_sum"), 5065);
  EXPECT_NEAR(found.at("persistence_commit_seconds_sum"), 0.0021, 1e-9);
}

TEST(Metrics, LoseNothingThatThreadsCountAtOnce) {
  constexpr int threads_count = 12; // more than there are stripes
  constexpr int each = 10000;
  metrics all;
  auto& series = all.series("POST", "/auth/token");
  std::vector<std::thread> threads;
  for (int t = 0; t < threads_count; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        series.observe(200, 0.001);
        all.logins("ok").add();
        all.hashing_seconds.observe(0.005);
        if (i % 1000 == 0) parse(all.render());
      }
    });
  for (auto& thread : threads)
    thread.join();
  const auto found = parse(all.render());
  EXPECT_EQ(found.at(R"(http_requests_total{method="POST",route="/auth/token",status="200"})"),
            threads_count * each);
  EXPECT_EQ(found.at(R"(logins_total{outcome="ok"})"), threads_count * each);
  EXPECT_EQ(found.at("hashing_duration_seconds_count"), threads_count * each);
  EXPECT_NEAR(found.at("hashing_duration_seconds_sum"), 0.005 * threads_count * each, 1e-3);
}

TEST(Metrics, TellTheProcessItself) {
  const metrics all;
  const auto found = parse(all.render());
  EXPECT_GT(found.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(found.at("process_virtual_memory_bytes"), found.at("process_resident_memory_bytes"));
  EXPECT_GE(found.at("process_threads"), 1);
  EXPECT_GE(found.at("process_cpu_seconds_total"), 0);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(found.at("process_start_time_seconds"), now, 3600);
  EXPECT_LE(found.at("process_start_time_seconds"), now + 1);

  const auto before = found.at("process_open_fds");
  EXPECT_GE(before, 1);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/dev/null", "r"),
                                                             std::fclose);
  EXPECT_EQ(parse(all.render()).at("process_open_fds"), before + 1);
}

} // namespace
} // namespace latchkey

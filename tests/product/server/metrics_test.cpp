// metrics_test.cpp — what Prometheus reads on the internal listener.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class Metrics : public Product {};
LATCHKEY_ON_BOTH_ENGINES(Metrics);

// "Auth Service Internal API Documentation", Internal Metrics; "Flask Service Integration
// Documentation", Metrics
TEST_P(Metrics, CountsWhatItDoes) {
  on().sign_in_new_user();
  for (const auto* path : {"/metrics", "/internal/metrics"}) {
    const auto reply = on().call_internal(get(path));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    for (const auto* name :
         {"http_requests_total", "http_request_duration_seconds", "logins_total", "refresh_total",
          "sessions_live", "database_connections", "redis_connections", "hashing_queue_depth",
          "hashing_duration_seconds", "persistence_batch_units", "persistence_commit_seconds"})
      EXPECT_NE(reply.body.find("# TYPE " + std::string{name} + " "), std::string::npos) << name;
  }
  EXPECT_GE(on().metric("database_connections"), 2);
  // The scrape itself is one of each.
  EXPECT_GE(on().metric("connections_open"), 1);
  EXPECT_GE(on().metric("requests_in_flight"), 1);
}

TEST_P(Metrics, MovesTheFigureOfWhatHappened) {
  const auto name = new_name();
  on().add_user(name);
  const std::vector<std::pair<std::string, double>> moves = {
      {R"(logins_total{outcome="success"})", 1},
      {R"(logins_total{outcome="invalid_credentials"})", 1},
      {R"(refresh_total{outcome="rotated"})", 1},
      {R"(refresh_total{outcome="retried"})", 1},
      {R"(http_requests_total{method="POST",route="/auth/token",status="200"})", 1},
      {R"(http_requests_total{method="POST",route="/auth/token",status="401"})", 1},
      {R"(http_requests_total{method="GET",route="/auth/me",status="200"})", 1},
      {R"(http_requests_total{method="GET",route="unmatched",status="404"})", 1},
      {R"(http_requests_total{method="POST",route="unmatched",status="405"})", 1},
      {R"(http_requests_total{method="OTHER",route="unmatched",status="404"})", 2},
      {R"(http_request_duration_seconds_count{method="GET",route="/auth/me"})", 1},
      {"hashing_duration_seconds_count", 2},
      {"sessions_live", 1},
  };
  std::vector<double> before;
  for (const auto& [series, by] : moves)
    before.push_back(on().metric(series));
  const auto commits = on().metric("persistence_commit_seconds_count");

  const auto held = on().sign_in(name);
  call(post_json("/auth/token", credentials(name, "wrong password").dump()));
  call(post("/auth/token/refresh").cookie(held.refresh));
  call(post("/auth/token/refresh").cookie(held.refresh));
  call(get("/auth/me").as(held.access));
  call(get("/nothing"));
  call(post("/health"));
  for (const auto* verb : {"BREW", "get"})
    call(http_call{verb, "/nothing", {}, ""});
  for (std::size_t i = 0; i < moves.size(); ++i)
    EXPECT_EQ(on().metric(moves[i].first), before[i] + moves[i].second) << moves[i].first;
  EXPECT_GE(on().metric("persistence_commit_seconds_count"), commits + 2);
}

} // namespace
} // namespace latchkey::test

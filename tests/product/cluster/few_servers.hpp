// few_servers.hpp — several servers as the nodes of one cluster, on one PostgreSQL database.
#pragma once

#include "tests/product/product.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

inline constexpr const char* cluster_secret = "nodes alone know: 0123456789abcdefghijklmnopqrst";

class few_servers {
public:
  /// Starts them one after the other.
  explicit few_servers(std::size_t count, environment more = {});
  few_servers(std::size_t count, environment more, std::string database_url);

  product& operator[](std::size_t i) { return *nodes_.at(i); }
  std::size_t size() const noexcept { return nodes_.size(); }
  /// On the database of the others, with a folder of its own; not started.
  environment settings_of_another(const test_store& store) const;
  const std::string& database() const noexcept { return url_; }

private:
  std::string url_;
  environment more_;
  std::vector<std::unique_ptr<product>> nodes_;
};

/// Shared by the tests of a suite.
class OnThreeNodes : public testing::Test {
protected:
  static void SetUpTestSuite() { servers_ = std::make_unique<few_servers>(3); }
  static void TearDownTestSuite();
  static few_servers& nodes() { return *servers_; }
  static product& node(std::size_t i) { return nodes()[i]; }
  /// What each node answers to it.
  static std::vector<int> statuses_of(const http_call& call);
  /// Of GET /auth/me.
  static std::vector<int> statuses_of_me(const std::string& token) {
    return statuses_of(get("/auth/me").as(token));
  }

private:
  static inline std::unique_ptr<few_servers> servers_;
};

} // namespace latchkey::test

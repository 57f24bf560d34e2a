// fixture.hpp — one server and one core manager for a suite of tests of the gateway.
#pragma once

#include "tests/product/core_manager.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

namespace latchkey::test {

/// A suite calls `begin` and `start` in its SetUpTestSuite.
class gateway_fixture : public testing::Test {
protected:
  static void begin() {
    store_ = std::make_unique<test_store>("sqlite");
    upstream_ = std::make_unique<core_manager>(store_->folder());
  }
  /// With PROXY_ROUTES as given, and a user who is signed in.
  static void start(const json& routes) {
    product_ = std::make_unique<product>(std::move(*store_),
                                         environment{{"CORE_MANAGER_URL", upstream_->url()},
                                                     {"PROXY_ROUTES", routes.dump()},
                                                     {"RATE_LIMIT_DEFAULT", "0"}});
    user_ = product_->sign_in_new_user().access;
  }
  static void TearDownTestSuite() {
    product_.reset();
    upstream_.reset();
    store_.reset();
  }
  void SetUp() override {
    upstream_->behave(json::object());
    upstream_->forget();
  }

  static http_reply call(const http_call& asked) { return product_->call(asked); }
  /// The only request that came through.
  static json arrived() {
    const auto all = upstream_->seen();
    EXPECT_EQ(all.size(), 1u) << all.dump();
    return all.empty() ? json::object() : all.at(0);
  }

  static inline std::unique_ptr<test_store> store_;
  static inline std::unique_ptr<core_manager> upstream_;
  static inline std::unique_ptr<product> product_;
  static inline std::string user_;
};

} // namespace latchkey::test

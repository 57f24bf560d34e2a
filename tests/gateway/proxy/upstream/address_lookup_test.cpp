// What is known of an upstream's addresses while names cannot be looked up.
#include "gateway/proxy/upstream/address_lookup.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <utility>

namespace latchkey::proxy {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using endpoints = address_lookup::endpoints;

tcp::endpoint at(const char* address) {
  return {boost::asio::ip::make_address(address), 80};
}

/// A resolver that says what the test wants.
struct resolver {
  std::mutex mutex;
  endpoints says;
  std::atomic<int> asked{0};

  void set(endpoints next) {
    const std::lock_guard lock(mutex);
    says = std::move(next);
  }
};

/// A lookup whose answers are old at once, so that each call asks anew.
struct lookup {
  explicit lookup(std::shared_ptr<found_addresses> of_all = std::make_shared<found_addresses>())
      : shared(std::move(of_all)) {}

  boost::asio::io_context io;
  std::shared_ptr<resolver> names = std::make_shared<resolver>();
  std::shared_ptr<found_addresses> shared;
  address_lookup addresses{io,
                           "core.example",
                           80,
                           shared,
                           [names = names](const std::string&, std::uint16_t) {
                             ++names->asked;
                             const std::lock_guard lock(names->mutex);
                             return names->says;
                           },
                           {.stands_for = 0s, .asked_again_after = 0s, .patience = 10s}};

  endpoints find() {
    endpoints found;
    io.restart();
    boost::asio::co_spawn(
        io,
        [&]() -> awaitable<> {
          found = co_await addresses.find(std::chrono::steady_clock::now() + 10s);
        },
        boost::asio::detached);
    io.run();
    return found;
  }
  /// Asks again and again until the answer is that.
  bool comes_to(const endpoints& wanted) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end)
      if (find() == wanted) return true;
    return false;
  }
};

TEST(AddressLookup, KeepsTheLastAddressesAsLongAsThereAreNoNewOnes) {
  lookup found;
  found.names->set({at("192.0.2.1")});
  EXPECT_EQ(found.find(), endpoints{at("192.0.2.1")});
  found.names->set({});
  const auto asked = found.names->asked.load();
  while (found.names->asked < asked + 2) // twice in vain
    ASSERT_EQ(found.find(), endpoints{at("192.0.2.1")});
  found.names->set({at("192.0.2.2")});
  EXPECT_TRUE(found.comes_to({at("192.0.2.2")}));
  EXPECT_FALSE(found.addresses.has(at("192.0.2.1"))) << "connections to it are not used again";
  EXPECT_TRUE(found.addresses.has(at("192.0.2.2")));
}

TEST(AddressLookup, FindsNoneForANameThatNeverHadAny) {
  lookup found;
  EXPECT_EQ(found.find(), endpoints{});
  found.names->set({at("192.0.2.1")});
  EXPECT_EQ(found.find(), endpoints{at("192.0.2.1")}) << "it is asked again at once";
}

TEST(AddressLookup, GoesOnWithWhatAnotherReactorFound) {
  const auto shared = std::make_shared<found_addresses>();
  lookup knows{shared};
  knows.names->set({at("192.0.2.1")});
  EXPECT_EQ(knows.find(), endpoints{at("192.0.2.1")});
  lookup asks_late{shared};
  EXPECT_EQ(asks_late.find(), endpoints{at("192.0.2.1")}) << "its own resolver knows nothing";
  EXPECT_EQ(asks_late.find(), endpoints{at("192.0.2.1")});
  asks_late.names->set({at("192.0.2.2")});
  EXPECT_TRUE(asks_late.comes_to({at("192.0.2.2")}));
}

} // namespace
} // namespace latchkey::proxy

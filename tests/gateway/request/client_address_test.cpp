// Whose word on where a request comes from is believed, and what counts as one address.
#include "gateway/request/client_address.hpp"

#include <gtest/gtest.h>

namespace latchkey::gateway {
namespace {

proxy_list proxies(const std::vector<std::string>& networks) {
  std::vector<ip_network> parsed;
  for (const auto& network : networks)
    parsed.push_back(parse_network(network).value());
  return proxy_list{parsed};
}

/// What a request from `peer` with those X-Forwarded-For lines counts as.
std::string address_of(std::string_view peer, const std::vector<std::string>& lines,
                       const std::vector<std::string>& trusted) {
  http::request in;
  in.peer_address = peer;
  for (const auto& line : lines)
    in.headers.push_back({"X-Forwarded-For", line});
  return client_address(in, proxies(trusted));
}

TEST(ClientAddress, IsThePeersWhereNobodyIsTrusted) {
  EXPECT_EQ(address_of("192.0.2.1", {"203.0.113.9"}, {}), "192.0.2.1");
  EXPECT_EQ(address_of("192.0.2.1", {"203.0.113.9"}, {"10.0.0.0/8"}), "192.0.2.1");
}

TEST(ClientAddress, IsTheRightMostThatIsNoTrustedProxy) {
  const std::vector<std::string> trusted{"10.0.0.0/8", "192.0.2.7"};
  EXPECT_EQ(address_of("10.1.2.3", {"203.0.113.9"}, trusted), "203.0.113.9");
  // What stands further left was written by the client itself.
  EXPECT_EQ(address_of("10.1.2.3", {"198.51.100.1, 203.0.113.9"}, trusted), "203.0.113.9");
  EXPECT_EQ(address_of("10.1.2.3", {"203.0.113.9,192.0.2.7 , 10.9.9.9"}, trusted), "203.0.113.9");
  EXPECT_EQ(address_of("10.1.2.3", {"198.51.100.1", "203.0.113.9", "10.0.0.2"}, trusted),
            "203.0.113.9");
  EXPECT_EQ(address_of("10.1.2.3", {"10.0.0.1, 10.0.0.2"}, trusted), "10.0.0.1");
  EXPECT_EQ(address_of("10.1.2.3", {}, trusted), "10.1.2.3");
}

TEST(ClientAddress, StopsAtWhatIsNoAddress) {
  const std::vector<std::string> trusted{"10.0.0.0/8"};
  for (const auto* junk : {"unknown", "_hidden", "", "203.0.113", "203.0.113.9:80:80", "[::1"})
    EXPECT_EQ(address_of("10.1.2.3", {std::string{"203.0.113.9, "} + junk + ", 10.0.0.2"}, trusted),
              "10.0.0.2")
        << junk;
}

TEST(ClientAddress, ReadsPortsAndBrackets) {
  const std::vector<std::string> trusted{"::1", "2001:db8::/32"};
  EXPECT_EQ(address_of("::1", {"203.0.113.9:4711"}, trusted), "203.0.113.9");
  EXPECT_EQ(address_of("::1", {"[2001:DB9::5]:4711"}, trusted), "2001:db9::5");
  EXPECT_EQ(address_of("::1", {"2001:db9::5, [2001:db8::1]"}, trusted), "2001:db9::5");
}

TEST(ClientAddress, LooksAtABoundedNumberOfHops) {
  std::string hops = "203.0.113.9";
  for (std::size_t i = 0; i < 2 * forwarded_hops_max; ++i)
    hops += ", 10.0.0.1";
  EXPECT_EQ(address_of("10.0.0.2", {hops}, {"10.0.0.0/8"}), "10.0.0.1");
}

/// Whether it came by https, from that peer with these headers.
bool is_https(std::string_view peer, std::vector<http::header_view> headers,
              const std::vector<std::string>& trusted = {"10.0.0.0/8"}) {
  http::request in;
  in.peer_address = peer;
  in.headers = std::move(headers);
  return came_by_https(in, proxies(trusted));
}

TEST(CameByHttps, BelievesTrustedProxiesAlone) {
  EXPECT_TRUE(is_https("10.0.0.2", {{"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(is_https("10.0.0.2", {{"x-forwarded-proto", "WSS"}}));
  for (const auto* scheme : {"http", "ws", "", "httpsx", "https;"})
    EXPECT_FALSE(is_https("10.0.0.2", {{"X-Forwarded-Proto", scheme}})) << scheme;
  EXPECT_FALSE(is_https("203.0.113.9", {{"X-Forwarded-Proto", "https"}}));
  EXPECT_FALSE(is_https("10.0.0.2", {{"X-Forwarded-Proto", "https"}}, {}));
}

TEST(CameByHttps, TakesOfAListTheWordOfTheOutermostTrustedProxy) {
  // One proxy: what the client wrote itself stands to the left.
  EXPECT_FALSE(is_https(
      "10.0.0.2", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https, http"}}));
  EXPECT_TRUE(is_https("10.0.0.2",
                       {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "http, https"}}));
  // Two proxies: the outer one ends TLS, the inner one hears http.
  EXPECT_TRUE(is_https("10.0.0.2", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.1"},
                                    {"X-Forwarded-Proto", "https, http"}}));
  EXPECT_TRUE(is_https("10.0.0.2", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.1"},
                                    {"X-Forwarded-Proto", "https"},
                                    {"X-Forwarded-Proto", "http"}}));
  EXPECT_FALSE(is_https("10.0.0.2", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.1"},
                                     {"X-Forwarded-Proto", "https, http, http"}}));
  // The outer one alone says it.
  EXPECT_TRUE(is_https(
      "10.0.0.2", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.1"}, {"X-Forwarded-Proto", "https"}}));
}

TEST(ProxyList, KnowsTheAddressesOfItsNetworks) {
  const auto list = proxies({"10.0.0.0/8", "192.0.2.128/25", "203.0.113.7", "2001:db8::/33"});
  const auto has = [&list](const char* text) { return list.contains(*parse_ip(text)); };
  for (const auto* inside :
       {"10.255.0.1", "::ffff:10.0.0.1", "192.0.2.128", "203.0.113.7", "2001:db8:7fff::1"})
    EXPECT_TRUE(has(inside)) << inside;
  for (const auto* outside : {"11.0.0.1", "192.0.2.127", "203.0.113.6", "2001:db8:8000::1", "::1"})
    EXPECT_FALSE(has(outside)) << outside;
  EXPECT_TRUE(proxies({"0.0.0.0/0"}).contains(*parse_ip("8.8.8.8")));
  EXPECT_FALSE(proxies({"0.0.0.0/0"}).contains(*parse_ip("2001:db8::1")));
}

TEST(AddressGroup, IsAnIpv4AddressOrAnIpv6Network) {
  EXPECT_EQ(address_group("203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(address_group("::ffff:203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("2001:db8:1:2:ffff::1"), address_group("2001:db8:1:2::"));
  EXPECT_NE(address_group("2001:db8:1:3::1"), address_group("2001:db8:1:2::1"));
}

} // namespace
} // namespace latchkey::gateway

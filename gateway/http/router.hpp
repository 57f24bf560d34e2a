// router.hpp — the immutable table of routes: which handler answers which method and path,
// and what its caller must prove. One table serves every reactor.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/response.hpp"
#include "gateway/reactor/awaitable.hpp"
#include "protocol/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

struct exchange;

/// A coroutine on the reactor that owns the connection. It is kept in the table, so what
/// a lambda captures lives as long as the table. An exception becomes a 500.
using handler = std::function<awaitable<response>(exchange&)>;

/// Who may call a route. The composition wraps each handler in the guard that goes with
/// it; a table with a route that leaves it undecided is refused.
enum class access : std::uint8_t {
  undecided,
  anyone,
  own_pages, // anyone, but a browser only for pages of our own or an allowed origin (CSRF)
  session,   // a user by an access token of a live session, never by an API key
  principal, // a user by either
  service,   // a service by its key
  internal,  // reachable on the internal listener alone
};

/// Which rate limit window of its caller a request counts against.
enum class window : std::uint8_t {
  general,     // RATE_LIMIT_DEFAULT
  keeping,     // the same, but never refused: what keeps an account in its owner's hands
  gateway,     // RATE_LIMIT_GATEWAY
  sign_in,     // RATE_LIMIT_SIGN_IN
  by_endpoint, // the endpoint finds out who the caller is and counts the request itself
  none,        // no limit
};

/// The form of the answer when a request fails.
enum class error_form : std::uint8_t {
  envelope, // {"error":{"code":…,"message":…,…}}
  flat,     // {"error":"Invalid token","message":…,"details":…}
  page,     // of HTML, for a person: `route::failure_page` makes it
};

/// Makes the answer to a request that fails on a route for people.
using page_of_failure = std::function<response(const failure&, const request&)>;

struct requirement {
  access open_to = access::undecided;
  std::string permission = {}; // of `session` and `principal`, a scope of `service`; empty: none
  window limit = window::general;
  bool is_internal = false; // of `service`: on the internal listener alone
  /// Of `session`: one that awaits a second factor (session_record) is admitted too.
  bool admits_awaiting = false;

  bool is_counted() const noexcept { return limit != window::none; }
};

struct route {
  http::method method = http::method::get; // `get` answers HEAD too
  std::string pattern; // "/admin/users/{id}"; a last "{rest*}" takes one or more segments
  requirement needs;
  handler handle;
  std::string operation = {};     // its name in the API description
  std::string name = {};          // the metrics' label; empty: the pattern
  std::size_t body_bytes_max = 0; // 0: the listener's limit
  bool streams_body = false;      // handled once its header is there: see exchange::body
  error_form errors = error_form::envelope;
  page_of_failure failure_page = {}; // of `error_form::page`
};

/// The values of a pattern's `{names}`, percent-decoded: views into the request.
struct path_params {
  static constexpr std::size_t count_max = 4;
  struct item {
    std::string_view name, value;
  };
  std::array<item, count_max> items{};
  std::size_t count = 0;

  /// Empty when the pattern has no such name.
  std::string_view operator[](std::string_view name) const noexcept;
};

inline constexpr std::uint32_t no_route = UINT32_MAX;

struct route_match {
  const route* found = nullptr;
  std::uint32_t index = no_route; // of `found` in the table
  path_params params;
  std::uint16_t methods = 0; // of the path, one bit a `method`; 0: no such path
};

class router {
public:
  /// Refuses (INTERNAL_ERROR with the reason) a route whose access is undecided, whose
  /// handler is missing, whose pattern is malformed, or that stands there twice.
  static result<router> make(std::vector<route> routes);

  router(router&&) noexcept;
  router& operator=(router&&) noexcept;
  ~router();

  /// Exact paths first, then patterns, the one with more fixed text first.
  route_match find(method m, std::string_view path) const;

  const std::vector<route>& routes() const noexcept;

private:
  struct table;
  explicit router(std::unique_ptr<table> t);
  std::unique_ptr<table> table_;
};

/// "GET, HEAD, POST, OPTIONS": the Allow header for `route_match::methods`.
std::string allow_list(std::uint16_t methods);

} // namespace latchkey::http

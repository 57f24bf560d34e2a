#include "storage/redis/connection.hpp"

#include <array>
#include <charconv>
#include <hiredis/hiredis.h>
#include <string_view>
#include <vector>

namespace latchkey::storage {
namespace {

constexpr timeval as_timeval(std::chrono::milliseconds t) {
  return {t.count() / 1000, static_cast<suseconds_t>(t.count() % 1000 * 1000)};
}

tl::unexpected<failure> bad_url(const char* why) {
  return fail(error_code::validation_error, "REDIS_URL", why);
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size();
}

} // namespace

result<redis_address> parse_redis_url(const secret& url) {
  std::string_view rest = url.reveal();
  redis_address out;
  if (rest.starts_with("unix://")) {
    out.socket_path = rest.substr(7);
    if (out.socket_path.empty()) return bad_url("names no socket after unix://");
    return out;
  }
  if (!rest.starts_with("redis://")) return bad_url("must begin with redis:// or unix://");
  rest.remove_prefix(8);
  if (const auto at = rest.rfind('@'); at != rest.npos) {
    const auto login = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const auto colon = login.find(':');
    if (colon == login.npos) return bad_url("has a user without a password");
    out.user = login.substr(0, colon);
    out.password = secret{login.substr(colon + 1)};
  }
  if (const auto slash = rest.find('/'); slash != rest.npos) {
    const auto database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    if (!database.empty() && (!read_number(database, out.database) || out.database < 0))
      return bad_url("has a database that is not a number");
  }
  const auto colon = rest.rfind(':');
  const bool has_port = colon != rest.npos && rest.find(']', colon) == rest.npos;
  if (has_port) {
    if (!read_number(rest.substr(colon + 1), out.port) || out.port == 0)
      return bad_url("has a port that is not a number from 1 to 65535");
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return bad_url("names no host");
  out.host = rest;
  return out;
}

void redis_connection::closer::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

redis_connection::redis_connection(redis_address address) : address_(std::move(address)) {}

redis_connection::~redis_connection() = default;

result<void> redis_connection::expect_ok(int count, const char* const* words,
                                         const std::size_t* sizes) {
  // hiredis takes arguments that it never changes as `const char**`.
  auto* raw = redisCommandArgv(context_.get(), count, const_cast<const char**>(words), sizes);
  auto* reply = static_cast<redisReply*>(raw);
  const bool good = reply != nullptr && reply->type != REDIS_REPLY_ERROR;
  if (reply != nullptr) freeReplyObject(reply);
  if (good) return {};
  context_.reset();
  return fail(error_code::store_unavailable, {}, "Redis does not answer");
}

result<void> redis_connection::connect() {
  const auto wait = as_timeval(patience);
  context_.reset(address_.host.empty()
                     ? redisConnectUnixWithTimeout(address_.socket_path.c_str(), wait)
                     : redisConnectWithTimeout(address_.host.c_str(), address_.port, wait));
  if (!context_ || context_->err != 0 || redisSetTimeout(context_.get(), wait) != REDIS_OK) {
    context_.reset();
    return fail(error_code::store_unavailable, {}, "Redis cannot be reached");
  }
  if (!address_.password.empty()) {
    std::vector<std::string_view> words{"AUTH"};
    if (!address_.user.empty()) words.push_back(address_.user);
    words.push_back(address_.password.reveal());
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto word : words)
      texts.push_back(word.data()), sizes.push_back(word.size());
    if (auto good = expect_ok(static_cast<int>(words.size()), texts.data(), sizes.data()); !good)
      return good;
  }
  if (address_.database != 0) {
    const auto number = std::to_string(address_.database);
    const std::array<const char*, 2> texts{"SELECT", number.c_str()};
    const std::array<std::size_t, 2> sizes{6, number.size()};
    if (auto good = expect_ok(2, texts.data(), sizes.data()); !good) return good;
  }
  return {};
}

result<void> redis_connection::ping() {
  const std::array<const char*, 1> texts{"PING"};
  const std::array<std::size_t, 1> sizes{4};
  // A connection that Redis closed while it was idle is found out here: try once more.
  if (context_ && expect_ok(1, texts.data(), sizes.data())) return {};
  if (auto made = connect(); !made) return made;
  return expect_ok(1, texts.data(), sizes.data());
}

} // namespace latchkey::storage

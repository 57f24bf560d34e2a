#include "storage/redis/connection.hpp"

#include <array>
#include <hiredis/hiredis.h>
#include <string_view>
#include <vector>

namespace latchkey::storage {
namespace {

constexpr timeval as_timeval(std::chrono::milliseconds t) {
  return {t.count() / 1000, static_cast<suseconds_t>(t.count() % 1000 * 1000)};
}

} // namespace

void redis_connection::closer::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

redis_connection::redis_connection(redis_address address) : address_(std::move(address)) {}

redis_connection::~redis_connection() = default;

result<void> redis_connection::expect_ok(int count, const char* const* arguments,
                                         const std::size_t* sizes) {
  // hiredis takes arguments that it never changes as `const char**`.
  auto* raw = redisCommandArgv(context_.get(), count, const_cast<const char**>(arguments), sizes);
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
    std::vector<std::string_view> arguments{"AUTH"};
    if (!address_.user.empty()) arguments.push_back(address_.user);
    arguments.push_back(address_.password.reveal());
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto argument : arguments)
      texts.push_back(argument.data()), sizes.push_back(argument.size());
    if (auto good = expect_ok(static_cast<int>(arguments.size()), texts.data(), sizes.data());
        !good)
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

#include "storage/redis/connection.hpp"

#include <algorithm>
#include <array>
#include <hiredis/hiredis.h>
#include <string_view>
#include <utility>

namespace latchkey::storage {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
/// Replies in replies: a Sentinel's, ROLE's and those of scripts have less.
constexpr int reply_depth_max = 4;

tl::unexpected<failure> unavailable(std::string reason) {
  return fail(error_code::store_unavailable, {}, std::move(reason));
}

/// RESP, as Redis reads commands.
void append(const redis_command& command, std::string& out) {
  out += '*' + std::to_string(command.size()) + "\r\n";
  for (const auto& word : command) {
    out += '$' + std::to_string(word.size()) + "\r\n";
    (out += word) += "\r\n";
  }
}

redis_reply converted(const redisReply& raw, int depth = 0) {
  redis_reply out;
  switch (raw.type) {
  case REDIS_REPLY_STRING:
  case REDIS_REPLY_STATUS:
    out.type = redis_reply::kind::text;
    out.text.assign(raw.str, raw.len);
    break;
  case REDIS_REPLY_ERROR:
    out.type = redis_reply::kind::error;
    out.text.assign(raw.str, raw.len);
    break;
  case REDIS_REPLY_INTEGER:
    out.type = redis_reply::kind::number;
    out.number = raw.integer;
    break;
  case REDIS_REPLY_ARRAY:
    out.type = redis_reply::kind::list;
    for (std::size_t i = 0; depth < reply_depth_max && i < raw.elements; ++i)
      out.items.push_back(converted(*raw.element[i], depth + 1));
    break;
  default:
    break;
  }
  return out;
}

std::string_view code_of_error(const redis_reply& reply) {
  return std::string_view{reply.text}.substr(0, reply.text.find(' '));
}

std::uint16_t port_of(const redis_reply& reply) {
  std::uint32_t port = 0;
  for (const char c : reply.text.substr(0, 5))
    port = c >= '0' && c <= '9' ? port * 10 + static_cast<std::uint32_t>(c - '0') : 0;
  return static_cast<std::uint16_t>(port);
}

} // namespace

bool redis_reply::is_error(std::string_view code) const {
  return type == kind::error && code_of_error(*this) == code;
}

void redis_connection::reader_closer::operator()(void* reader) const noexcept {
  redisReaderFree(static_cast<redisReader*>(reader));
}

redis_connection::redis_connection(redis_address address, std::chrono::milliseconds wait_max,
                                   std::vector<redis_command> greeting)
    : address_(std::move(address)), wait_max_(wait_max), greeting_(std::move(greeting)) {}

redis_connection::~redis_connection() = default;

// -- connecting ---------------------------------------------------------------------------------

result<void> redis_connection::connect(stream_deadline deadline) {
  if (address_.uses_tls && !tls_) {
    auto made = make_redis_tls(address_);
    if (!made) return unavailable(made.error().reason);
    tls_ = std::move(*made);
  }
  auto done = connect_to_master(deadline);
  if (!done) stream_.reset();
  return done;
}

result<void> redis_connection::connect_to_master(stream_deadline deadline) {
  if (!address_.socket_path.empty()) {
    auto made = redis_stream::connect(address_.socket_path, deadline);
    if (!made) return fail(made.error());
    stream_.emplace(std::move(*made));
    reader_.reset(redisReaderCreate());
    return greet(deadline);
  }
  auto hosts = address_.hosts;
  if (!address_.master_name.empty()) {
    auto named = ask_sentinels(deadline);
    if (!named) return fail(named.error());
    hosts = {std::move(*named)};
  }
  const bool may_be_a_replica = hosts.size() > 1 || !address_.master_name.empty();
  result<void> done;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    // One that is silent leaves time for the others.
    const auto now = std::chrono::steady_clock::now();
    const auto until = now + (deadline - now) / static_cast<int>(hosts.size() - i);
    done = open(hosts[i], until);
    if (done) done = greet(until);
    if (done && may_be_a_replica) done = expect_master(until);
    if (done) return done;
  }
  return done;
}

result<redis_host> redis_connection::ask_sentinels(stream_deadline deadline) {
  const redis_command question{"SENTINEL", "get-master-addr-by-name", address_.master_name};
  const auto& hosts = address_.hosts;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto now = std::chrono::steady_clock::now();
    // Half of the time is the master's.
    const auto until = now + (deadline - now) / static_cast<int>(2 * (hosts.size() - i));
    if (!open(hosts[i], until)) continue;
    auto answered = exchange({&question, 1}, until);
    // A Sentinel may have no password although the master has one.
    if (answered && answered->front().is_error("NOAUTH") && sign_in(until))
      answered = exchange({&question, 1}, until);
    if (!answered || answered->front().items.size() != 2) continue;
    const auto& found = answered->front().items;
    return redis_host{found[0].text, port_of(found[1])};
  }
  return unavailable("no Sentinel names a master of Redis");
}

result<void> redis_connection::open(const redis_host& host, stream_deadline deadline) {
  auto made = redis_stream::connect(host, tls_, deadline);
  if (!made) return fail(made.error());
  stream_.emplace(std::move(*made));
  reader_.reset(redisReaderCreate());
  return {};
}

result<void> redis_connection::sign_in(stream_deadline deadline) {
  if (address_.password.empty()) return {};
  redis_command auth{"AUTH"};
  if (!address_.user.empty()) auth.push_back(address_.user);
  auth.emplace_back(address_.password.reveal());
  return expect_success({&auth, 1}, deadline);
}

result<void> redis_connection::greet(stream_deadline deadline) {
  if (auto done = sign_in(deadline); !done) return done;
  auto sent = greeting_;
  if (address_.database != 0)
    sent.insert(sent.begin(), {"SELECT", std::to_string(address_.database)});
  return expect_success(sent, deadline);
}

result<void> redis_connection::expect_success(commands sent, stream_deadline deadline) {
  const auto answers = exchange(sent, deadline);
  if (!answers) return fail(answers.error());
  for (const auto& answer : *answers)
    if (answer.type == redis_reply::kind::error)
      return unavailable("Redis refuses the connection: " + std::string{code_of_error(answer)});
  return {};
}

result<void> redis_connection::expect_master(stream_deadline deadline) {
  const redis_command question{"ROLE"};
  const auto answers = exchange({&question, 1}, deadline);
  if (!answers) return fail(answers.error());
  const auto& role = answers->front();
  if (!role.items.empty() && role.items.front().text == "master") return {};
  return unavailable("no Redis that is master can be reached");
}

// -- commands -------------------------------------------------------------------------------------

result<std::vector<redis_reply>> redis_connection::exchange(commands sent,
                                                            stream_deadline deadline) {
  std::string bytes;
  for (const auto& command : sent)
    append(command, bytes);
  if (auto written = stream_->write(bytes, deadline); !written) return fail(written.error());
  std::vector<redis_reply> replies;
  while (replies.size() < sent.size()) {
    auto reply = read_reply(deadline);
    if (!reply) return fail(reply.error());
    replies.push_back(std::move(*reply));
  }
  return replies;
}

result<redis_reply> redis_connection::read_reply(stream_deadline deadline) {
  auto* const reader = static_cast<redisReader*>(reader_.get());
  std::array<char, read_bytes> piece;
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader, &raw) != REDIS_OK)
      return unavailable("what answers is not Redis");
    if (raw != nullptr) {
      auto out = converted(*static_cast<redisReply*>(raw));
      freeReplyObject(raw);
      return out;
    }
    const auto got = stream_->read(piece, deadline);
    if (!got) return fail(got.error());
    if (redisReaderFeed(reader, piece.data(), *got) != REDIS_OK)
      return unavailable("what answers is not Redis");
  }
}

result<std::vector<redis_reply>> redis_connection::run(commands sent) {
  const auto deadline = std::chrono::steady_clock::now() + wait_max_;
  // Redis may have closed it while nothing was asked.
  if (stream_ && stream_->is_over()) stream_.reset();
  if (!stream_)
    if (auto made = connect(deadline); !made) return fail(made.error());
  auto replies = exchange(sent, deadline);
  if (replies) {
    const auto is_bad = [](const redis_reply& reply) {
      return reply.type == redis_reply::kind::error && !reply.is_error("NOSCRIPT");
    };
    const auto bad = std::ranges::find_if(*replies, is_bad);
    if (bad != replies->end())
      replies = unavailable("Redis refuses a command: " + std::string{code_of_error(*bad)});
  }
  // What comes late would be taken for the answer to something else.
  if (!replies) stream_.reset();
  return replies;
}

result<void> redis_connection::ping() {
  const redis_command command{"PING"};
  if (auto answered = run({&command, 1}); !answered) return fail(answered.error());
  return {};
}

} // namespace latchkey::storage

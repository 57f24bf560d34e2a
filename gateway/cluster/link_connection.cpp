#include "gateway/cluster/link_connection.hpp"

#include "actors/cluster/wire.hpp"
#include "config/log.hpp"

#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey::gateway::link_io {
namespace {

namespace asio = boost::asio;

constexpr std::size_t length_bytes = 4;
constexpr int greeting_version = 1;

} // namespace

std::string framed(const std::string& text) {
  std::string out;
  out.reserve(length_bytes + text.size());
  const auto size = static_cast<std::uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xFFU);
  return out + text;
}

std::string greeting(const member_id& from, const member_id& to) {
  const nlohmann::json out{
      {"hello", greeting_version}, {"from", to_string(from)}, {"to", to_string(to)}};
  return framed(out.dump());
}

std::optional<member_id> greeter_of(const std::string& text, const member_id& self) {
  const auto said = nlohmann::json::parse(text, nullptr, false);
  if (!said.is_object() || !said.contains("hello") || said["hello"] != greeting_version)
    return std::nullopt;
  const auto text_at = [&](const char* name) {
    const auto found = said.find(name);
    return found != said.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  const auto from = parse_uuid(text_at("from"));
  const auto to = parse_uuid(text_at("to"));
  if (!from || !to || member_id{*to} != self) return std::nullopt;
  return member_id{*from};
}

void connection::close() {
  boost::system::error_code ignored;
  stream.next_layer().close(ignored);
  limit.cancel();
}

void limit_to(const connection_ptr& of, std::chrono::steady_clock::duration time) {
  of->limit.expires_after(time);
  of->limit.async_wait([weak = std::weak_ptr(of)](const boost::system::error_code& error) {
    const auto here = weak.lock();
    if (!error && here) here->close();
  });
}

awaitable<std::optional<std::string>> read_frame(connection_ptr from) {
  boost::system::error_code error;
  std::array<unsigned char, length_bytes> head{};
  co_await asio::async_read(from->stream, asio::buffer(head),
                            asio::redirect_error(use_awaitable, error));
  if (error) co_return std::nullopt;
  std::uint32_t size = 0;
  for (const auto byte : head)
    size = (size << 8U) | byte;
  if (size == 0 || size > cluster::frame_max) {
    log_warning("cluster", "another node announces a frame of ", size,
                " bytes: the connection is closed");
    co_return std::nullopt;
  }
  std::string text(size, '\0');
  co_await asio::async_read(from->stream, asio::buffer(text),
                            asio::redirect_error(use_awaitable, error));
  if (error) co_return std::nullopt;
  co_return text;
}

awaitable<bool> write_text(connection_ptr to, std::string text) {
  boost::system::error_code error;
  co_await asio::async_write(to->stream, asio::buffer(text),
                             asio::redirect_error(use_awaitable, error));
  co_return !error;
}

} // namespace latchkey::gateway::link_io

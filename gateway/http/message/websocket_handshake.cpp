#include "gateway/http/message/websocket_handshake.hpp"

#include "gateway/http/message/field_list.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <openssl/evp.h>

namespace latchkey::http {
namespace {

constexpr std::string_view key_name = "Sec-WebSocket-Key";
constexpr std::string_view version_name = "Sec-WebSocket-Version";
constexpr std::string_view protocol_name = "Sec-WebSocket-Protocol";
constexpr std::string_view our_version = "13";
constexpr std::string_view accept_salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t sha1_bytes = 20;
constexpr std::size_t accept_chars = 28; // of 20 bytes in base64

/// The value of a header that must come exactly once; empty when it does not.
std::string_view only_value(const request& in, std::string_view name) {
  std::string_view value;
  std::size_t count = 0;
  for (const auto& line : in.headers) {
    if (!equal_ignoring_case(line.name, name)) continue;
    value = line.value;
    ++count;
  }
  return count == 1 ? value : std::string_view{};
}

/// Base64 (RFC 4648, section 4) of 16 bytes: 22 characters, of which the last has four unused
/// bits that are zero, and the padding.
bool is_key(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view last = "AQgw";
  return text.size() == 24 && text.ends_with("==") &&
         text.substr(0, 22).find_first_not_of(alphabet) == std::string_view::npos &&
         last.find(text[21]) != std::string_view::npos;
}

websocket_handshake refusal(error_code code, std::string_view field, std::string_view reason) {
  return {code, field, reason, {}};
}

} // namespace

websocket_handshake check_websocket(const request& in) {
  using enum error_code;
  if (in.method != method::get)
    return refusal(method_not_allowed, {}, "a WebSocket is opened with GET");
  if (!in.is_http_1_1) return refusal(validation_error, {}, "a WebSocket is opened over HTTP/1.1");
  if (!lists_token(in, "Upgrade", "websocket"))
    return refusal(validation_error, "Upgrade", "must name websocket");
  if (!lists_token(in, "Connection", "upgrade"))
    return refusal(validation_error, "Connection", "must name Upgrade");
  if (!in.header(version_name)) return refusal(validation_error, version_name, "is missing");
  if (only_value(in, version_name) != our_version)
    return refusal(upgrade_required, version_name, "must be 13, once");
  auto key = only_value(in, key_name);
  if (!is_key(key)) return refusal(validation_error, key_name, "must be 16 bytes in base64, once");
  auto is_no_token = [](std::string_view item) { return !all_of_class(item, token_char); };
  if (any_list_item(in, protocol_name, is_no_token))
    return refusal(validation_error, protocol_name, "must be a list of tokens");
  websocket_handshake good;
  good.key = key;
  return good;
}

void refuse_websocket(const websocket_handshake& checked, response& answer) {
  answer.status = checked.status();
  if (checked.refusal == error_code::method_not_allowed) answer.add("Allow", "GET");
  if (checked.refusal != error_code::upgrade_required) return;
  answer.add("Upgrade", "websocket");
  answer.add(version_name, our_version);
}

response accept_websocket(const websocket_handshake& checked, std::string_view subprotocol,
                          takeover taken_by) {
  response answer;
  answer.status = 101;
  answer.content_type = {};
  answer.add("Upgrade", "websocket");
  answer.add("Sec-WebSocket-Accept", websocket_accept_of(checked.key));
  if (!subprotocol.empty()) answer.add(protocol_name, subprotocol);
  answer.taken_by = std::move(taken_by);
  return answer;
}

std::string websocket_accept_of(std::string_view key) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  std::string text;
  text.append(key).append(accept_salt);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!algorithm ||
      EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) != 1 ||
      size != sha1_bytes)
    return {};
  std::array<unsigned char, accept_chars + 1> encoded{}; // with a NUL
  EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(sha1_bytes));
  return {reinterpret_cast<const char*>(encoded.data()), accept_chars};
}

std::string_view select_subprotocol(const request& in, std::span<const std::string_view> ours) {
  std::string_view chosen;
  any_list_item(in, protocol_name, [&](std::string_view item) {
    if (std::find(ours.begin(), ours.end(), item) == ours.end()) return false;
    chosen = item;
    return true;
  });
  return chosen;
}

std::string_view subprotocol_value(const request& in, std::string_view prefix) {
  std::string_view value;
  any_list_item(in, protocol_name, [&](std::string_view item) {
    if (!item.starts_with(prefix)) return false;
    value = item.substr(prefix.size());
    return true;
  });
  return value;
}

} // namespace latchkey::http

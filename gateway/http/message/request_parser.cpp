#include "gateway/http/message/request_parser.hpp"

#include "gateway/http/message/request_target.hpp"
#include "protocol/ids.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

namespace latchkey::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t reserved_bytes_max = std::size_t{64} * 1024; // for a body that is announced
constexpr std::size_t kept_bytes_max = std::size_t{4} * 1024; // of a buffer, between two requests

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

/// Beast's parser of a whole header block, with the request as its sink. It is set to skip
/// the body: framing is the guard's and the body reader's.
class header_sink : public beast::http::basic_parser<true> {
public:
  explicit header_sink(request& in) : in_(in) { skip(true); }

private:
  using code = beast::error_code;

  void on_request_impl(beast::http::verb, beast::string_view verb, beast::string_view target,
                       int version, code&) override {
    in_.method_text = view(verb);
    in_.method = latchkey::http::parse_method(in_.method_text);
    in_.target = view(target);
    in_.is_http_1_1 = version == 11;
  }

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     code&) override {
    auto text = view(value);
    in_.headers.push_back({view(name), text});
    switch (field) {
    case beast::http::field::host:
      in_.host = text;
      break;
    case beast::http::field::authorization:
      in_.authorization = text;
      break;
    case beast::http::field::cookie:
      if (in_.cookie.empty()) in_.cookie = text;
      break;
    case beast::http::field::content_type:
      in_.content_type = text;
      break;
    case beast::http::field::origin:
      in_.origin = text;
      break;
    case beast::http::field::accept:
      in_.accept = text;
      break;
    case beast::http::field::user_agent:
      in_.user_agent = text;
      break;
    case beast::http::field::sec_fetch_site:
      in_.sec_fetch_site = text;
      break;
    case beast::http::field::expect:
      in_.expects_continue = equal_ignoring_case(text, "100-continue");
      break;
    case beast::http::field::unknown:
      on_unknown(view(name), text);
      break;
    default:
      break;
    }
  }

  void on_unknown(std::string_view name, std::string_view value) {
    if (name.size() == 9 && equal_ignoring_case(name, "x-api-key")) in_.x_api_key = value;
    if (name.size() == 13 && equal_ignoring_case(name, "x-service-key")) in_.x_service_key = value;
    if (name.size() == 12 && equal_ignoring_case(name, "x-request-id") && in_.request_id.empty() &&
        is_well_formed_request_id(value))
      in_.request_id = value;
  }

  // Never called: there is no response and the body is skipped.
  void on_response_impl(int, beast::string_view, int, code&) override {}
  void on_header_impl(code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, code&) override {}
  std::size_t on_body_impl(beast::string_view, code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, code&) override { return 0; }
  void on_finish_impl(code&) override {}

  request& in_;
};

void drop_if_large(std::string& text) {
  if (text.capacity() > kept_bytes_max) std::string{}.swap(text);
  text.clear();
}

} // namespace

progress request_parser::read_header(std::string_view input, std::size_t& consumed) {
  consumed = 0;
  while (input.substr(consumed).starts_with("\r\n"))
    consumed += 2;
  auto rest = input.substr(consumed);
  if (rest == "\r" || rest.empty()) return progress::need_more;
  auto step = guard_.scan(rest);
  if (step == progress::refused) return refuse(guard_.refusal());
  if (step == progress::need_more) return step;
  block_.assign(rest.data(), guard_.size());
  consumed += guard_.size();
  return parse_block() ? progress::complete : refuse(error_code::bad_request);
}

bool request_parser::parse_block() {
  header_sink sink(in_);
  sink.header_limit(static_cast<std::uint32_t>(block_.size()));
  beast::error_code error;
  auto used = sink.put(boost::asio::buffer(block_), error);
  if (error || used != block_.size() || !sink.is_done()) return false;
  in_.keep_alive = sink.keep_alive();
  if (in_.request_id.empty()) in_.request_id = make_request_id();
  in_.expects_continue = in_.expects_continue && in_.is_http_1_1;
  return resolve_target(in_, decoded_);
}

progress request_parser::begin_body(std::size_t bytes_max, bool is_streamed) {
  auto step = reader_.begin(guard_.is_chunked(), guard_.content_length(), bytes_max);
  if (step == progress::refused) return refuse(reader_.refusal());
  if (is_streamed) return step;
  // An announcement costs the sender nothing, so it is believed only so far.
  body_.reserve(static_cast<std::size_t>(
      std::min<std::uint64_t>(guard_.content_length(), reserved_bytes_max)));
  return step;
}

progress request_parser::read_body(std::string_view input, std::size_t& consumed) {
  auto step = read_piece(input, body_, consumed);
  if (step == progress::complete) in_.body = body_;
  return step;
}

progress request_parser::read_piece(std::string_view input, std::string& piece,
                                    std::size_t& consumed) {
  auto step = reader_.read(input, piece, consumed);
  return step == progress::refused ? refuse(reader_.refusal()) : step;
}

std::optional<std::uint64_t> request_parser::body_size() const noexcept {
  if (guard_.is_chunked()) return std::nullopt;
  return guard_.content_length();
}

void request_parser::reset() {
  guard_.reset();
  in_.clear();
  drop_if_large(block_);
  drop_if_large(decoded_);
  drop_if_large(body_);
}

} // namespace latchkey::http

#include "gateway/proxy/upstream/upstream_exchange.hpp"

#include "gateway/http/message/field_list.hpp"
#include "gateway/proxy/rules/identity_headers.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <utility>

namespace latchkey::proxy {
namespace {

namespace beast = boost::beast;

/// Before the one that counts; more are nonsense.
constexpr int interim_answers_max = 8;
/// An upstream that closes while its client takes so long may have waited for the client.
constexpr std::chrono::seconds client_slow_from{1};
/// The status line beside the headers.
constexpr std::uint32_t head_bytes_max = answer_header_bytes_max + 1024;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

void append_framing(const upstream_call& call, std::string& out) {
  const auto append_length = [&out](std::uint64_t bytes) {
    out.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n");
  };
  if (call.pieces != nullptr) {
    if (const auto size = call.pieces->size())
      append_length(*size);
    else
      out.append("Transfer-Encoding: chunked\r\n");
    return;
  }
  using http::method;
  const bool may_go_without = call.method == method::get || call.method == method::head ||
                              call.method == method::delete_ || call.method == method::options;
  if (!call.body.empty() || !may_go_without) append_length(call.body.size());
}

} // namespace

std::string request_head(const upstream_call& call, const upstream& target) {
  std::string out;
  out.reserve(call.target.size() + call.headers.size() + target.authority.size() + 128);
  out.append(http::to_string(call.method)).append(" ").append(call.target);
  out.append(" HTTP/1.1\r\nHost: ").append(target.authority).append("\r\n").append(call.headers);
  if (call.asks_for_websocket) out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  append_framing(call, out);
  out.append("\r\n");
  return out;
}

upstream_answer::state::state(pool_seat taken, const upstream_call& call)
    : seat(std::move(taken)), core(seat.core().shared_from_this()), pool(seat.pool()),
      silence_max(call.silence_max), keep(call.held), head_only(call.method == http::method::head) {
}

/// The client may not exist any more: nothing is sent to it.
void upstream_answer::state::throw_if_given_up(const boost::system::error_code& failed) const {
  core->throw_if_closed();
  if (failed == boost::asio::error::operation_aborted && !connection->has_expired())
    throw boost::system::system_error(failed);
}

// -- out ------------------------------------------------------------------------------------

awaitable<exchange_end> upstream_answer::state::connect(const upstream_call& call) {
  connection = take_idle(*core, pool);
  if (connection) {
    connection->end_at(call.deadline);
    co_return exchange_end::answered;
  }
  const auto now = std::chrono::steady_clock::now();
  const auto deadline = std::min(call.deadline, now + core->limits.connect_max);
  const auto addresses = co_await pool.addresses.find(deadline);
  core->throw_if_closed();
  const auto unreachable = [&] {
    const bool is_late = std::chrono::steady_clock::now() >= call.deadline;
    return is_late ? exchange_end::late : exchange_end::unreachable;
  };
  if (addresses.empty()) co_return unreachable();
  auto made =
      std::make_unique<upstream_connection>(core->io, core->wheel, pool.about.counts.connections);
  connection = used_connection(*core, std::move(made));
  connection->end_at(deadline);
  const auto& target = pool.about.target;
  auto* tls = target.is_tls ? &core->upstreams->tls() : nullptr;
  const auto failed = co_await connection->open(addresses, target, tls);
  throw_if_given_up(failed);
  if (failed || connection->has_expired()) co_return unreachable();
  connection->end_at(call.deadline);
  co_return exchange_end::answered;
}

awaitable<exchange_end> upstream_answer::state::send(const upstream_call& call,
                                                     std::string_view head) {
  const auto failed = co_await connection->write(head, call.body);
  throw_if_given_up(failed);
  if (connection->has_expired()) co_return exchange_end::late;
  // It may have answered before it closed: that is found out by reading.
  is_half_sent = failed.failed();
  if (failed || call.pieces == nullptr) co_return exchange_end::answered;
  co_return co_await send_pieces(call);
}

awaitable<exchange_end> upstream_answer::state::send_pieces(const upstream_call& call) {
  const bool is_chunked = !call.pieces->size();
  auto missing = call.pieces->size().value_or(0);
  while (true) {
    is_half_sent = is_chunked || missing > 0;
    // An upstream that answers before the whole body has come does not want the rest.
    if (connection->is_readable()) co_return exchange_end::answered;
    std::string_view bytes;
    if (!co_await has_next_piece(call, bytes)) co_return exchange_end::withdrawn;
    const bool is_end = bytes.empty();
    if (is_end && !is_chunked) break;
    if (!co_await send_piece(bytes, is_chunked)) co_return exchange_end::answered;
    if (connection->has_expired()) co_return exchange_end::late;
    if (is_end) break;
    missing -= std::min<std::uint64_t>(missing, bytes.size());
  }
  is_half_sent = false;
  // From here on all depends on the upstream.
  if (!leave) leave = pool.about.breaker.try_admit(std::chrono::steady_clock::now());
  co_return exchange_end::answered;
}

/// While the client is waited for, the upstream's time stands still, and others may be the
/// breaker's probe. False: see `withdrawal`.
awaitable<bool> upstream_answer::state::has_next_piece(const upstream_call& call,
                                                       std::string_view& bytes) {
  using clock = std::chrono::steady_clock;
  body_begun = true;
  if (leave && leave->is_probe()) leave.reset();
  connection->end_never();
  const auto asked_at = clock::now();
  const auto given = co_await call.pieces->next();
  core->throw_if_closed();
  const auto given_at = clock::now();
  client_time += given_at - asked_at;
  if (!given) {
    withdrawal = given.error();
  } else if (given_at >= call.deadline && is_half_sent) {
    withdrawal = failure{error_code::request_timeout, "body", "took too long"};
  } else {
    bytes = *given;
    connection->end_at(call.deadline + client_time);
  }
  co_return !withdrawal;
}

bool upstream_answer::state::is_clients_doing() const noexcept {
  return is_half_sent && client_time >= client_slow_from;
}

/// False: it does not go through. An empty piece is the end.
awaitable<bool> upstream_answer::state::send_piece(std::string_view bytes, bool is_chunked) {
  std::string line;
  if (is_chunked && bytes.empty()) {
    line = "0\r\n\r\n";
  } else if (is_chunked) {
    line.resize(16);
    auto* end = std::to_chars(line.data(), line.data() + line.size(), bytes.size(), 16).ptr;
    line.resize(static_cast<std::size_t>(end - line.data()));
    line.append("\r\n");
  }
  auto failed = co_await connection->write(line, bytes);
  if (!failed && is_chunked && !bytes.empty()) failed = co_await connection->write("\r\n", {});
  throw_if_given_up(failed);
  co_return !failed;
}

// -- the head -------------------------------------------------------------------------------

awaitable<exchange_end> upstream_answer::state::receive_head(const upstream_call& call) {
  for (int i = 0; i < interim_answers_max; ++i) {
    const auto end = co_await read_one_head(call);
    // Not a byte of an answer, after one that was none yet: it broke off.
    if (end == exchange_end::unanswered && i > 0) co_return exchange_end::unusable;
    if (end != exchange_end::answered) co_return end;
    const auto status = parsed->get().result_int();
    const bool is_interim = status < 200 && !(status == 101 && call.asks_for_websocket);
    if (is_interim && status != 101) continue;
    if (is_interim || !has_usable_head(call)) co_return exchange_end::unusable;
    list_headers();
    connection->end_never();
    if (status != 101 && (head_only || parsed->is_done())) finish();
    co_return exchange_end::answered;
  }
  co_return exchange_end::unusable;
}

awaitable<exchange_end> upstream_answer::state::read_one_head(const upstream_call& call) {
  parsed.emplace();
  parsed->header_limit(head_bytes_max);
  parsed->body_limit(boost::none);
  parsed->skip(call.method == http::method::head);
  auto& input = connection->input();
  bool has_come = false;
  while (true) {
    if (input.size() > 0) {
      has_come = true;
      boost::system::error_code wrong;
      input.consume(parsed->put(input.cdata(), wrong));
      if (wrong && wrong != beast::http::error::need_more) co_return exchange_end::unusable;
      if (parsed->is_header_done()) co_return exchange_end::answered;
    }
    const auto failed = co_await connection->read();
    throw_if_given_up(failed);
    if (connection->has_expired()) co_return exchange_end::late;
    if (failed) co_return has_come ? exchange_end::unusable : exchange_end::unanswered;
  }
}

/// Beast has checked lengths and characters; what it lets pass is refused here.
bool upstream_answer::state::has_usable_head(const upstream_call& call) const {
  const auto& head = parsed->get();
  if (head.version() != 11 && head.version() != 10) return false;
  const auto codings = head.equal_range(beast::http::field::transfer_encoding);
  if (codings.first != codings.second) {
    const bool is_one = std::next(codings.first) == codings.second;
    const auto coding = view(codings.first->value());
    if (!is_one || head.version() != 11 || !http::equal_ignoring_case(coding, "chunked") ||
        head.count(beast::http::field::content_length) > 0)
      return false;
  }
  if (head.result_int() != 101) return true;
  return call.asks_for_websocket &&
         http::equal_ignoring_case(view(head[beast::http::field::upgrade]), "websocket");
}

void upstream_answer::state::list_headers() {
  for (const auto& line : parsed->get())
    headers.push_back({view(line.name_string()), view(line.value())});
}

// -- the body -------------------------------------------------------------------------------

std::optional<std::uint64_t> upstream_answer::state::size() const noexcept {
  const auto size = parsed->content_length();
  if (!size) return std::nullopt;
  return *size;
}

void upstream_answer::state::finish() {
  if (connection) {
    const bool is_good = !is_half_sent && parsed->keep_alive() && connection->input().size() == 0;
    if (is_good)
      connection.keep(pool);
    else
      connection.drop();
  }
  seat.give_back();
}

void upstream_answer::state::drop() {
  connection.drop();
  seat.give_back();
}

/// As much of the body as is there, up to a piece.
upstream_answer::state::body_step upstream_answer::state::parse_body() {
  if (!piece) piece = std::make_unique_for_overwrite<char[]>(upstream_read_bytes);
  auto& body = parsed->get().body();
  auto& input = connection->input();
  body.data = piece.get();
  body.size = upstream_read_bytes;
  bool goes_on = true;
  while (goes_on && !parsed->is_done() && input.size() > 0) {
    boost::system::error_code wrong;
    const auto used = parsed->put(input.cdata(), wrong);
    input.consume(used);
    const bool is_wrong =
        wrong && wrong != beast::http::error::need_more && wrong != beast::http::error::need_buffer;
    if (is_wrong) return body_step::broken;
    goes_on = !wrong && used > 0;
  }
  held = upstream_read_bytes - body.size;
  if (held > 0) return body_step::piece;
  return parsed->is_done() ? body_step::end : body_step::more;
}

awaitable<boost::system::error_code> upstream_answer::state::read_in_time() {
  connection->end_at(std::chrono::steady_clock::now() + silence_max);
  const auto failed = co_await connection->read();
  throw_if_given_up(failed);
  connection->end_never();
  co_return failed;
}

/// The piece that was parsed.
std::string_view upstream_answer::state::give() {
  const std::string_view bytes{piece.get(), std::exchange(held, 0)};
  if (parsed->is_done()) finish();
  return bytes;
}

tl::unexpected<failure> upstream_answer::state::cut() {
  const bool is_late = connection && connection->has_expired();
  pool.about.counts.cut.add();
  drop();
  if (is_late) return fail(error_code::upstream_timeout, {}, "stopped sending");
  return fail(error_code::upstream_unavailable, {}, "broke off");
}

awaitable<result<std::string_view>> upstream_answer::state::next() {
  result<std::string_view> given = std::string_view{};
  if (head_only) co_return given;
  if (held > 0) given = give();
  if (!given->empty() || parsed->is_done()) co_return given;
  if (is_broken || !connection) co_return cut();
  while (true) {
    const auto step = parse_body();
    if (step == body_step::broken) co_return cut();
    if (step != body_step::more) co_return give();
    const auto failed = co_await read_in_time();
    if (!failed) continue;
    boost::system::error_code is_short;
    if (failed == boost::asio::error::eof && parsed->need_eof()) parsed->put_eof(is_short);
    if (!parsed->is_done() || is_short) co_return cut();
    co_return give();
  }
}

std::optional<std::string> upstream_answer::state::whole() {
  if (head_only) return std::nullopt;
  if (parsed->is_done()) return std::string{};
  is_broken = parse_body() == body_step::broken;
  if (is_broken || !parsed->is_done()) return std::nullopt;
  return std::string{give()};
}

} // namespace latchkey::proxy

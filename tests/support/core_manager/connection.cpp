#include "connection.hpp"

#include "token.hpp"

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace core_manager {
namespace {

using nlohmann::json;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t body_bytes_max = 256ULL << 20;
constexpr std::size_t body_bytes_kept = 64UL << 10;
constexpr std::size_t piece_bytes = 16UL << 10;

json problem(const std::string& words) {
  return {{"error", words}};
}

/// What names a workflow, of an order for it.
json names(const json& order) {
  return {{"workflow_id", order.at("workflow_id")}};
}

/// One of a stream of server-sent events (WHATWG HTML, 9.2).
std::string as_event(std::size_t number, const std::string& data) {
  return "id: " + std::to_string(number) + "\ndata: " + data + "\n\n";
}

class connection {
public:
  connection(asio::ip::tcp::socket socket, world& all) : socket_(std::move(socket)), all_(all) {}

  asio::awaitable<void> run() {
    while (is_open_ && co_await read_head()) {
      if (beast::websocket::is_upgrade(parser_->get())) co_return co_await echo();
      const auto behaves = take_switches();
      co_await pause(behaves.read_pause_ms);
      if (!co_await read_body()) co_return;
      co_await answer(behaves);
      is_open_ = is_open_ && keeps_alive_;
    }
  }

private:
  // -- reading --------------------------------------------------------------------------

  asio::awaitable<bool> read_head() {
    parser_.emplace();
    parser_->body_limit(body_bytes_max);
    parser_->eager(false);
    boost::system::error_code failed;
    co_await http::async_read_header(socket_, buffer_, *parser_, into(failed));
    if (failed) co_return false;
    const auto& got = parser_->get();
    target_ = std::string{got.target()};
    method_ = std::string{got.method_string()};
    keeps_alive_ = got.keep_alive();
    body_.clear();
    entry_.reset();
    if (!target_.starts_with("/control")) entry_ = all_.seen.add(head());
    co_return true;
  }

  json head() const {
    json headers = json::array();
    for (const auto& field : parser_->get())
      headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
    return {{"method", method_}, {"target", target_}, {"headers", std::move(headers)}};
  }

  asio::awaitable<bool> read_body() {
    while (!parser_->is_done()) {
      auto& body = parser_->get().body();
      body.data = piece_.data();
      body.size = piece_.size();
      boost::system::error_code failed;
      co_await http::async_read(socket_, buffer_, *parser_, into(failed));
      if (failed && failed != http::error::need_buffer) co_return false;
      keep({piece_.data(), piece_.size() - body.size});
    }
    if (entry_) {
      entry_->head = head(); // with the trailers
      entry_->is_whole = true;
    }
    co_return true;
  }

  void keep(std::string_view piece) {
    if (body_.size() < body_bytes_kept) body_ += piece.substr(0, body_bytes_kept - body_.size());
    if (!entry_) return;
    entry_->body = body_;
    entry_->bytes += piece.size();
  }

  /// What holds for this request; a number of times that is used up is counted here.
  switches take_switches() {
    auto& behavior = all_.behavior;
    const bool is_meant =
        target_.starts_with("/api/") && target_.starts_with(behavior.match) && behavior.times != 0;
    if (!is_meant) return {};
    if (behavior.times > 0) --behavior.times;
    return behavior;
  }

  // -- answering ------------------------------------------------------------------------

  asio::awaitable<void> answer(const switches& behaves) {
    co_await pause(behaves.delay_ms);
    if (behaves.silent) co_return co_await stay_until_it_closes();
    if (behaves.reset) co_return reset();
    if (!behaves.garbage.empty()) {
      is_open_ = false;
      co_await write_text(behaves.garbage);
    } else if (behaves.status != 0) {
      co_await write(static_cast<unsigned>(behaves.status), problem("as it was told to"));
    } else if (behaves.bytes >= 0) {
      co_await write_bytes(behaves.bytes, behaves.cut_at);
    } else {
      co_await answer_as_usual();
    }
  }

  asio::awaitable<void> answer_as_usual() {
    if (target_.starts_with("/control")) co_return co_await control();
    const std::string path = target_.substr(0, target_.find('?'));
    if (auto found = answer_resource(path)) co_return co_await write(found->status, found->body);
    constexpr std::string_view runs = "/api/v1/workflows";
    if (path.starts_with(runs)) co_return co_await answer_workflow(path.substr(runs.size()));
    co_await write(404, problem("there is nothing here"));
  }

  /// Nothing when the path is of neither collection.
  std::optional<resource_answer> answer_resource(std::string_view path) {
    const auto in = [&](std::string_view root, resources& all) -> std::optional<resource_answer> {
      if (!path.starts_with(root)) return std::nullopt;
      const auto rest = path.substr(root.size());
      if (!rest.empty() && rest.front() != '/') return std::nullopt;
      return all.answer(method_, rest, body_);
    };
    auto found = in("/api/v1/templates", all_.templates);
    return found ? found : in("/api/v1/personas/instances", all_.instances);
  }

  asio::awaitable<void> control() {
    if (target_ == "/control/requests" && method_ == "GET")
      co_return co_await write(200, all_.seen.all());
    if (target_ == "/control/requests" && method_ == "DELETE") {
      all_.seen.clear();
      co_return co_await write(204, nullptr);
    }
    if (target_ == "/control/workflows" && method_ == "GET") {
      json counted;
      counted["started"] = all_.runs.started();
      co_return co_await write(200, counted);
    }
    if (target_ != "/control" || method_ != "PUT")
      co_return co_await write(404, problem("there is no such switch"));
    const auto given = json::parse(body_, nullptr, false);
    const json known = switches{};
    std::string wrong = given.is_object() ? "" : "the body must be an object";
    if (given.is_object())
      for (const auto& [name, value] : given.items())
        if (!known.contains(name) || known[name].type_name() != std::string{value.type_name()})
          wrong = name + " is unknown or of the wrong type";
    if (!wrong.empty()) co_return co_await write(400, problem(wrong));
    all_.behavior = given.get<switches>();
    co_await write(200, all_.behavior);
  }

  /// "" with POST starts one; "/{id}" with GET follows one, with DELETE cancels it.
  asio::awaitable<void> answer_workflow(std::string path) {
    if (path.empty() && method_ == "POST") {
      const auto order = json::parse(body_, nullptr, false);
      const bool is_order = order.is_object() && order.contains("workflow_id") &&
                            order["workflow_id"].is_string() &&
                            order["workflow_id"] == header("Idempotency-Key");
      if (!is_order)
        co_return co_await write(400, problem("workflow_id must be the Idempotency-Key"));
      const auto run = all_.runs.start(order, all_.behavior, all_.reports_to);
      if (run->behavior().answer == "callback") co_return co_await write(202, names(order));
      co_return co_await stream(run);
    }
    const auto run = all_.runs.find(path.substr(path.empty() ? 0 : 1));
    if (!run) co_return co_await write(404, problem("there is no such workflow"));
    if (method_ == "DELETE") {
      run->cancel();
      co_return co_await write(202, names(run->order()));
    }
    if (method_ != "GET") co_return co_await write(405, problem("GET or DELETE"));
    co_await stream(run);
  }

  /// All its statuses, from the first, until it has ended or this stream is to be cut.
  asio::awaitable<void> stream(std::shared_ptr<workflow> run) {
    const bool by_events = run->behavior().answer == "sse";
    const int cut = run->cut_of_next_stream();
    http::response<http::empty_body> head{http::status::ok, 11};
    head.set(http::field::content_type, by_events ? "text/event-stream" : "application/x-ndjson");
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer{head};
    boost::system::error_code failed;
    co_await http::async_write_header(socket_, serializer, into(failed));
    for (std::size_t sent = 0; !failed; ++sent) {
      if (static_cast<int>(sent) == cut) co_return reset();
      co_await run->wait_beyond(sent);
      if (sent >= run->statuses().size()) break;
      const std::string& status = run->statuses()[sent];
      const std::string framed = by_events ? as_event(sent + 1, status) : status + "\n";
      co_await write_chunk(framed, failed);
    }
    if (failed)
      is_open_ = false;
    else
      co_await write_text("0\r\n\r\n");
  }

  /// What a WebSocket to an upstream is good for in a test: it says what it hears.
  asio::awaitable<void> echo() {
    beast::websocket::stream<asio::ip::tcp::socket> both{std::move(socket_)};
    boost::system::error_code failed;
    co_await both.async_accept(parser_->get(), into(failed));
    while (!failed) {
      beast::flat_buffer heard;
      co_await both.async_read(heard, into(failed));
      if (failed) co_return;
      both.text(both.got_text());
      co_await both.async_write(heard.data(), into(failed));
    }
  }

  // -- bytes ----------------------------------------------------------------------------

  std::string header(std::string_view name) const {
    const auto found = parser_->get().find(beast::string_view{name.data(), name.size()});
    return found == parser_->get().end() ? "" : std::string{found->value()};
  }

  asio::awaitable<void> write(unsigned status, const json& body) {
    http::response<http::string_body> out{static_cast<http::status>(status), 11};
    if (!body.is_null()) {
      out.set(http::field::content_type, "application/json");
      out.body() = body.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    out.keep_alive(keeps_alive_);
    out.prepare_payload();
    boost::system::error_code failed;
    co_await http::async_write(socket_, out, into(failed));
    if (failed) is_open_ = false;
  }

  asio::awaitable<void> write_bytes(std::int64_t bytes, std::int64_t cut_at) {
    const std::string piece(piece_bytes, 'x');
    co_await write_text("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n");
    boost::system::error_code failed;
    const auto all = cut_at < 0 ? bytes : std::min(bytes, cut_at);
    for (std::int64_t sent = 0; sent < all && is_open_ && !failed;) {
      const auto next = std::min(static_cast<std::int64_t>(piece.size()), all - sent);
      const std::string now = piece.substr(0, static_cast<std::size_t>(next));
      co_await write_chunk(now, failed);
      sent += next;
    }
    if (failed || cut_at >= 0)
      is_open_ = false;
    else
      co_await write_text("0\r\n\r\n");
  }

  asio::awaitable<void> write_chunk(const std::string& piece, boost::system::error_code& failed) {
    const auto chunk = http::make_chunk(asio::buffer(piece));
    co_await asio::async_write(socket_, chunk, into(failed));
  }

  asio::awaitable<void> write_text(std::string text) {
    boost::system::error_code failed;
    co_await asio::async_write(socket_, asio::buffer(text), into(failed));
    if (failed) is_open_ = false;
  }

  asio::awaitable<void> stay_until_it_closes() {
    is_open_ = false;
    boost::system::error_code ended;
    while (!ended)
      co_await socket_.async_read_some(asio::buffer(piece_), into(ended));
  }

  void reset() {
    is_open_ = false;
    socket_.set_option(asio::socket_base::linger{true, 0});
    socket_.close();
  }

  asio::awaitable<void> pause(int milliseconds) const {
    if (milliseconds <= 0) co_return;
    asio::steady_timer timer{co_await asio::this_coro::executor,
                             std::chrono::milliseconds(milliseconds)};
    co_await timer.async_wait(asio::use_awaitable);
  }

  asio::ip::tcp::socket socket_;
  world& all_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::buffer_body>> parser_;
  std::array<char, piece_bytes> piece_{}; // of a body that is being read
  std::string method_;
  std::string target_;
  std::string body_;
  std::shared_ptr<journal_entry> entry_;
  bool keeps_alive_ = true;
  bool is_open_ = true;
};

} // namespace

asio::awaitable<void> serve(asio::ip::tcp::socket socket, world& all) {
  auto peer = std::make_unique<connection>(std::move(socket), all);
  co_await peer->run();
}

} // namespace core_manager

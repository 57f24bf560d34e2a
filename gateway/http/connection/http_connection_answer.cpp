// http_connection_answer.cpp — from a request that has been read to the bytes of its answer.
#include "gateway/http/body/incoming_body.hpp"
#include "gateway/http/connection/http_connection.hpp"
#include "gateway/http/message/content_coding.hpp"
#include "gateway/http/message/cors.hpp"
#include "gateway/http/message/error_body.hpp"
#include "gateway/http/message/field_list.hpp"
#include "protocol/ids.hpp"

#include <exception>

namespace latchkey::http {
namespace {

constexpr std::uint32_t overload_retry_s = 1;

/// Counts a handler while it runs, or until its connection is torn down around it.
class in_flight_count {
public:
  explicit in_flight_count(reactor_count& count) noexcept : count_(count) { ++count_; }
  in_flight_count(const in_flight_count&) = delete;
  in_flight_count& operator=(const in_flight_count&) = delete;
  ~in_flight_count() { --count_; }

private:
  reactor_count& count_;
};

failure plain_failure(error_code code, std::uint32_t retry_after_s = 0) {
  return failure{code, {}, {}, retry_after_s};
}

} // namespace

/// False: the connection is over.
awaitable<bool> http_connection::answer_request() {
  phase_ = phase::handling;
  exchange x{parser_.in()};
  x.matched = match_.found;
  x.route_index = match_.index;
  x.params = match_.params;
  x.deadline = x.in.received_at + core_->options.limits.request_max;
  x.edge = core_->options.edge;
  x.server = &core_->life;
  x.client = this;
  auto answer = refuse_at_once(x);
  if (!answer && !has_handler(x)) {
    answer = co_await answer_without_handler(x);
    if (core_->is_closed()) co_return false; // and gone may be what the hooks work on
  }
  if (!answer) {
    in_flight_count counted(core_->in_flight);
    // Answers that are there do not wait for one that may take long.
    if (!write_now()) {
      const bool is_alive = co_await write_rest();
      if (!is_alive || core_->is_closed()) co_return false;
    }
    if (x.matched->streams_body) {
      body_ = std::make_shared<incoming_body>(*this);
      x.body = body_.get();
    }
    try {
      answer.emplace(co_await x.matched->handle(x));
    } catch (const std::exception& error) {
      on_exception(x, error.what());
    } catch (...) {
      on_exception(x, "not a std::exception");
    }
    if (body_) co_await body_->begin_answer();
    if (core_->is_closed()) { // and gone may be what the hooks work on
      co_await end_body();
      co_return false;
    }
    if (!answer) answer = render(plain_failure(error_code::internal_error));
  }
  check_upgrade(x, *answer);
  const auto framing = finish(*answer, &x);
  bool is_alive = true;
  if (framing != body_framing::text || answer->taken_by)
    is_alive = co_await go_on(x, *answer, framing);
  if (body_) co_await end_body();
  next_request();
  co_return is_alive;
}

/// Nobody else reads from the connection afterwards.
awaitable<> http_connection::end_body() {
  if (body_) co_await body_->end();
  body_.reset();
}

/// A client that did not ask for it would read the 101's other protocol as an answer.
void http_connection::check_upgrade(const exchange& x, response& answer) const {
  constexpr unsigned switching = 101;
  if (answer.status != switching && !answer.taken_by) return;
  const bool is_good =
      answer.status == switching && answer.taken_by && asks_for_upgrade(x.in) && !reads_body_;
  if (is_good) return;
  on_exception(x, "an upgrade that is incomplete or was not asked for");
  answer = render(plain_failure(error_code::internal_error));
}

std::optional<response> http_connection::refuse_at_once(exchange& x) {
  const auto& options = core_->options;
  if (refuses_ || (x.matched && core_->in_flight >= options.limits.in_flight_max)) {
    if (options.hooks.on_refused) options.hooks.on_refused(x);
    return render(plain_failure(error_code::overloaded, overload_retry_s));
  }
  if (options.hooks.admit) return options.hooks.admit(x);
  return std::nullopt;
}

/// What is streamed is passed on as it is; everything else would be read as what it is not.
bool http_connection::has_handler(const exchange& x) {
  return x.matched && (x.matched->streams_body || !has_unread_coding(x.in));
}

awaitable<response> http_connection::answer_without_handler(exchange& x) {
  if (core_->options.hooks.charge) {
    auto refused = co_await core_->options.hooks.charge(x);
    if (refused) co_return *std::move(refused);
  }
  if (!x.matched) co_return answer_without_route();
  auto answer = render(coding_refusal());
  add_read_codings(answer);
  co_return answer;
}

response http_connection::answer_without_route() const {
  const auto& in = parser_.in();
  auto is_star = in.target == "*";
  auto never = in.method == method::trace || in.method == method::connect;
  auto methods = match_.methods;
  if (methods == 0 && (never || is_star)) {
    for (const auto& known : core_->options.routes->routes())
      methods = static_cast<std::uint16_t>(methods | 1U << static_cast<unsigned>(known.method));
  }
  if (methods == 0) return render(plain_failure(error_code::not_found));
  if (in.method == method::options) {
    auto answer = is_preflight(in) ? preflight_response(in, methods, core_->options.allowed_origins,
                                                        core_->options.allowed_headers)
                                   : empty_response();
    answer.add("Allow", allow_list(methods));
    return answer;
  }
  auto answer = render(plain_failure(error_code::method_not_allowed));
  answer.add("Allow", allow_list(methods));
  // What follows a CONNECT is not HTTP.
  answer.close = answer.close || in.method == method::connect;
  return answer;
}

/// A message that broke HTTP, or a limit: what follows it cannot be told apart from it.
void http_connection::answer_refusal(error_code code) {
  phase_ = phase::handling;
  auto& in = parser_.in();
  if (in.request_id.empty()) in.request_id = make_request_id();
  in.keep_alive = false;
  auto answer = render(refusal_of(code));
  const auto& options = core_->options;
  exchange x{in};
  x.matched = match_.found;
  x.edge = options.edge;
  if (options.hooks.on_refused) options.hooks.on_refused(x);
  if (options.hooks.decorate) options.hooks.decorate(x, answer);
  finish(answer, nullptr);
  next_request();
}

response http_connection::render(const failure& error) const {
  const auto& in = parser_.in();
  const auto& render_error = core_->options.hooks.render_error;
  if (render_error) return render_error(error, in, match_.found);
  return error_response(error, in.request_id, core_->options.clock->now());
}

void http_connection::on_exception(const exchange& x, std::string_view reason) const {
  if (core_->is_closed()) return; // and gone may be what the hook works on
  if (core_->options.hooks.on_exception) core_->options.hooks.on_exception(x, reason);
}

/// Writes the answer, or its head, into the output.
body_framing http_connection::finish(response& answer, const exchange* x) {
  const auto& options = core_->options;
  const auto& in = parser_.in();
  if (x && options.hooks.decorate) options.hooks.decorate(*x, answer);
  add_cors_headers(in, options.allowed_origins, answer);
  keep_alive_ =
      in.keep_alive && !answer.close && !core_->is_stopping() && !refuses_ && !reads_body_;
  answer_context context;
  context.request_id = in.request_id;
  context.is_http_1_1 = in.is_http_1_1;
  context.is_head = in.method == method::head;
  context.is_tls = in.is_tls;
  const auto framing = framing_of(answer, context);
  if (framing == body_framing::until_close || answer.taken_by) keep_alive_ = false;
  context.keep_alive = keep_alive_;
  serialize(answer, context, core_->date, output_);
  if (options.hooks.on_finished) {
    finished_request done;
    done.route_index = x ? x->route_index : no_route;
    if (x && x->matched) done.route_name = x->matched->name;
    done.verb = in.method;
    done.status = answer.status;
    if (x) done.duration = std::chrono::steady_clock::now() - in.received_at;
    done.request_id = in.request_id;
    done.peer_address = in.peer_address;
    options.hooks.on_finished(done);
  }
  return framing;
}

void http_connection::next_request() {
  parser_.reset();
  match_ = {};
  reads_body_ = false;
  is_continued_ = false;
  has_begun_ = !input_.empty();
  input_.shrink();
}

} // namespace latchkey::http

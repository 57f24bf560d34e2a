#include "gateway/proxy/upstream/upstream_client.hpp"

#include "config/log.hpp"
#include "gateway/http/connection/server_core.hpp"
#include "gateway/proxy/upstream/upstream_exchange.hpp"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace latchkey::proxy {
namespace {

/// Before it is sent again, and again.
constexpr std::array<std::chrono::milliseconds, upstream_retries_max> retry_pauses{
    std::chrono::milliseconds{20}, std::chrono::milliseconds{100}};
/// How often a call checks whether its client is still there.
constexpr std::chrono::milliseconds look_every{1'000};
constexpr std::uint32_t retry_hint_s = 1;

bool is_idempotent(http::method verb) noexcept {
  using http::method;
  return verb == method::get || verb == method::head || verb == method::put ||
         verb == method::delete_ || verb == method::options;
}

/// The outcome of a call, reported to its upstream's breaker and counts once, however it ends.
class call_record {
public:
  explicit call_record(upstream_set::entry& about)
      : about_(about), began_(std::chrono::steady_clock::now()) {}
  call_record(const call_record&) = delete;
  call_record& operator=(const call_record&) = delete;
  ~call_record() {
    if (!is_told_) about_.counts.abandoned.add();
  }

  /// It is made, for less time than it was given if it had to wait.
  void begin(upstream_call::deadline_point deadline) {
    const auto now = std::chrono::steady_clock::now();
    had_fair_time_ = (deadline - now) * 2 >= deadline - began_;
  }

  /// It is not made.
  tl::unexpected<failure> refused(failure why) {
    const bool is_late = why.code == error_code::upstream_timeout;
    tell(is_late ? about_.counts.timed_out : about_.counts.refused);
    return fail(std::move(why));
  }
  void answered(upstream_answer::state& on) {
    const auto now = std::chrono::steady_clock::now();
    about_.counts.seconds.observe(std::chrono::duration<double>(now - began_).count());
    tell(about_.counts.answered);
    if (on.leave) on.leave->worked(now);
  }
  /// Of the upstream's own making, but for an answer that had not half of the call's time, and
  /// for what may be the client's doing.
  tl::unexpected<failure> failed(exchange_end end, upstream_answer::state& on) {
    const bool is_late = end == exchange_end::late;
    tell(is_late ? about_.counts.timed_out : about_.counts.failed);
    const bool is_its_own = is_late ? had_fair_time_ : !on.is_clients_doing();
    if (on.leave && is_its_own) on.leave->failed(std::chrono::steady_clock::now());
    const char* why = "closed the connection before it answered";
    if (is_late) why = "has not answered in time";
    if (end == exchange_end::unreachable) why = "cannot be reached";
    if (end == exchange_end::unusable) why = "did not answer with valid HTTP";
    log_warning("proxy", about_.target.name, " ", why);
    if (is_late) return fail(error_code::upstream_timeout, {}, why);
    return fail_with_retry(error_code::upstream_unavailable, retry_hint_s, why);
  }

private:
  void tell(counter& outcome) {
    is_told_ = true;
    outcome.add();
  }

  upstream_set::entry& about_;
  const std::chrono::steady_clock::time_point began_;
  bool had_fair_time_ = false;
  bool is_told_ = false;
};

/// Closes the connection when the client has gone.
class client_watch : private timer_wheel::entry {
public:
  client_watch(timer_wheel& wheel, const upstream_call& call, used_connection& connection)
      : entry(&client_watch::look), wheel_(wheel), call_(call), connection_(connection) {
    if (call_.client != nullptr) wheel_.schedule(*this, look_every);
  }

private:
  static void look(entry& e) noexcept {
    auto& self = static_cast<client_watch&>(e);
    if (!self.call_.client->has_gone())
      self.wheel_.schedule(self, look_every);
    else if (self.connection_)
      self.connection_->close();
  }

  timer_wheel& wheel_;
  const upstream_call& call_;
  used_connection& connection_;
};

void throw_if_abandoned(const upstream_call& call) {
  if (call.client != nullptr && call.client->has_gone())
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

awaitable<exchange_end> exchange_once(upstream_answer::state& on, const upstream_call& call,
                                      std::string_view head) {
  auto end = co_await on.connect(call);
  if (end == exchange_end::answered) end = co_await on.send(call, head);
  if (end == exchange_end::answered) end = co_await on.receive_head(call);
  co_return end;
}

bool may_go_again(const upstream_answer::state& on, const upstream_call& call, exchange_end end) {
  const bool was_silent = end == exchange_end::unreachable || end == exchange_end::unanswered;
  return was_silent && is_idempotent(call.method) && !on.body_begun;
}

/// Lets a while pass, unless what was lost is a kept connection that its upstream had closed.
awaitable<> pause_before(int retry, upstream_answer::state& on) {
  const bool was_kept = on.connection && on.connection->is_reused;
  on.connection.drop();
  on.pool.about.counts.retries.add();
  if (was_kept) {
    on.pool.idle.clear(); // the others are as old
    co_return;
  }
  http::clock_timer timer(on.core->io, retry_pauses[static_cast<std::size_t>(retry)]);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
  on.core->throw_if_closed();
}

/// With a seat: sent, and sent again where that is allowed.
awaitable<exchange_end> send_until_answered(upstream_answer::state& on, const upstream_call& call) {
  const auto head = request_head(call, on.pool.about.target);
  const client_watch watched(on.core->wheel, call, on.connection);
  for (int retry = 0;; ++retry) {
    const auto end = co_await exchange_once(on, call, head);
    const bool is_last = retry == upstream_retries_max || !may_go_again(on, call, end);
    if (is_last) co_return end;
    co_await pause_before(retry, on);
    if (std::chrono::steady_clock::now() >= call.deadline) co_return exchange_end::late;
  }
}

awaitable<result<upstream_answer>> make_call(std::shared_ptr<upstream_client::core> core,
                                             upstream_call call) {
  auto& pool = *core->pools[call.upstream];
  call_record record(pool.about);
  if (!pool.about.target.is_configured()) {
    const failure nobody{error_code::upstream_unavailable, {}, "is not configured"};
    co_return record.refused(nobody);
  }
  if (call.asks_for_websocket && core->upgraded >= core->limits.upgraded_max) {
    const failure crowded{
        error_code::upstream_unavailable, {}, "has too many sockets", retry_hint_s};
    co_return record.refused(crowded);
  }
  auto granted = co_await take_seat(core, pool, call.deadline);
  if (!granted) co_return record.refused(granted.error());
  if (granted->has_waited) throw_if_abandoned(call);
  record.begin(call.deadline);
  auto state = std::make_shared<upstream_answer::state>(std::move(granted->seat), call);
  state->leave.emplace(std::move(granted->leave));
  const auto end = co_await send_until_answered(*state, call);
  if (end == exchange_end::withdrawn) co_return fail(*state->withdrawal);
  if (end != exchange_end::answered) co_return record.failed(end, *state);
  record.answered(*state);
  co_return upstream_answer(std::move(state));
}

/// Gives an answer's body away; gone before its end, it takes the connection with it.
class answer_body final : public http::body_source {
public:
  explicit answer_body(std::shared_ptr<upstream_answer::state> all) : state_(std::move(all)) {}
  ~answer_body() override { state_->drop(); }

  awaitable<result<std::string_view>> next() override { return state_->next(); }
  std::optional<std::uint64_t> size() const noexcept override { return state_->size(); }

private:
  std::shared_ptr<upstream_answer::state> state_;
};

/// Counts a connection that was given away, for as long as it is used.
class upgraded_count {
public:
  explicit upgraded_count(std::shared_ptr<upstream_client::core> core) : core_(std::move(core)) {
    ++core_->upgraded;
  }
  ~upgraded_count() { --core_->upgraded; }
  upgraded_count(const upgraded_count&) = delete;
  upgraded_count& operator=(const upgraded_count&) = delete;

private:
  std::shared_ptr<upstream_client::core> core_;
};

} // namespace

// -- an answer ------------------------------------------------------------------------------

upstream_answer::upstream_answer(std::shared_ptr<state> all) noexcept : state_(std::move(all)) {}
upstream_answer::upstream_answer(upstream_answer&&) noexcept = default;
upstream_answer& upstream_answer::operator=(upstream_answer&&) noexcept = default;
upstream_answer::~upstream_answer() = default;

unsigned upstream_answer::status() const noexcept {
  return state_->parsed->get().result_int();
}

std::span<const http::header_view> upstream_answer::headers() const noexcept {
  return state_->headers;
}

std::string_view upstream_answer::header(std::string_view name) const noexcept {
  for (const auto& line : state_->headers)
    if (http::equal_ignoring_case(line.name, name)) return line.value;
  return {};
}

std::optional<std::string> upstream_answer::whole_body() {
  return state_->whole();
}

std::unique_ptr<http::body_source> upstream_answer::take_body() {
  return std::make_unique<answer_body>(state_);
}

upstream_answer::upgraded upstream_answer::take_connection() {
  auto& all = *state_;
  upgraded out{all.connection->release(), std::make_shared<upgraded_count>(all.core)};
  all.drop();
  return out;
}

// -- the client -------------------------------------------------------------------------------

upstream_client::upstream_client(boost::asio::io_context& io, timer_wheel& wheel,
                                 std::shared_ptr<upstream_set> upstreams,
                                 const upstream_limits& limits)
    : core_(std::make_shared<core>(io, wheel, std::move(upstreams), limits)) {}

upstream_client::~upstream_client() {
  close();
}

awaitable<result<upstream_answer>> upstream_client::call(upstream_call call) {
  core_->throw_if_closed();
  return make_call(core_, std::move(call));
}

const upstream_set& upstream_client::upstreams() const noexcept {
  return *core_->upstreams;
}

void upstream_client::close() {
  core_->close();
}

} // namespace latchkey::proxy

#include "actors/password/password_hasher.hpp"

#include <caf/after.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace latchkey {
namespace {

/// What a client that was refused should wait: about what the full queue takes.
constexpr std::uint32_t retry_after_s = 2;

/// The engine's failure as an answer; whoever finds no memory may come back.
caf::error refusal(failure f) {
  if (f.code == error_code::overloaded) f.retry_after_s = retry_after_s;
  return to_error(f);
}

/// The nice value of hashing threads: sockets and commits come first.
constexpr int worker_niceness = 10;

/// A worker without work for so long gives its memory back.
constexpr std::chrono::seconds rest_after{1};

class stopwatch {
public:
  explicit stopwatch(metrics* counts) : counts_(counts) {}
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
    counts_->hashing_seconds.observe(taken.count());
  }

private:
  metrics* counts_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace

failure too_many_sign_ins() {
  return {error_code::overloaded, {}, "too many sign-ins at once", retry_after_s};
}

// -- the queue ---------------------------------------------------------------------

password_hasher_state::~password_hasher_state() {
  for (auto& worker : workers)
    caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
}

template <class Reply, class Request>
caf::result<Reply> password_hasher_state::accept(Request& request) {
  promise<Reply> answer{self};
  if (lost == workers.size()) {
    answer.fail(error_code::internal_error);
    return answer;
  }
  if (idle.empty() && queue.size() >= queue_max) {
    overload_refusals->add();
    answer.fail(too_many_sign_ins());
    return answer;
  }
  job next;
  next.deadline = request.deadline;
  next.refuse = [answer](error_code code) { answer.fail(code); };
  next.start = [this, answer, request](const password_hasher_actor& worker, std::size_t index) {
    auto finished = [this, index] {
      idle.push_back(index);
      start_next();
    };
    request_from(
        self, worker, request,
        [answer, finished](Reply& reply) {
          answer.deliver(std::move(reply));
          finished();
        },
        [this, answer, finished](caf::error& error) {
          answer.deliver(error);
          if (is_gone(error))
            lose_worker();
          else
            finished();
        });
  };
  queue.push_back(std::move(next));
  start_next();
  return answer;
}

void password_hasher_state::start_next() {
  while (!idle.empty() && !queue.empty()) {
    auto next = std::move(queue.front());
    queue.pop_front();
    if (next.deadline <= clock->steady()) {
      next.refuse(error_code::timeout);
      continue;
    }
    const auto index = idle.back();
    idle.pop_back();
    next.start(workers[index], index);
  }
  counts->hashing_queue_depth.set(static_cast<std::int64_t>(queue.size()));
}

void password_hasher_state::lose_worker() {
  log_critical(name, "a hashing thread has ended");
  if (++lost < workers.size()) return;
  for (auto& next : std::exchange(queue, {}))
    next.refuse(error_code::internal_error);
  counts->hashing_queue_depth.set(0);
}

caf::result<messages::hashed> password_hasher_state::on_hash(messages::hash_password& request) {
  return accept<messages::hashed>(request);
}

caf::result<messages::verdict>
password_hasher_state::on_verify(messages::verify_password& request) {
  return accept<messages::verdict>(request);
}

password_hasher_actor::behavior_type
password_hasher(password_hasher_actor::stateful_pointer<password_hasher_state> self,
                hasher_options options, const clock_source* clock, metrics* counts,
                std::vector<password_hasher_actor> workers) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->clock = clock;
  state->counts = counts;
  state->overload_refusals = &counts->overload_refusals("hashing");
  state->queue_max = options.queue_max;
  state->workers = std::move(workers);
  for (std::size_t i = 0; i < state->workers.size(); ++i)
    state->idle.push_back(i);
  return {handler<&password_hasher_state::on_hash>(state),
          handler<&password_hasher_state::on_verify>(state)};
}

// -- a worker ----------------------------------------------------------------------

caf::result<messages::hashed> hash_worker_state::on_hash(messages::hash_password& request) {
  stopwatch watch{counts};
  auto phc = engine->hash(request.password);
  if (!phc) return refusal(std::move(phc.error()));
  return messages::hashed{std::move(*phc)};
}

caf::result<messages::verdict> hash_worker_state::on_verify(messages::verify_password& request) {
  if (request.is_for_nothing && !request.phc.empty()) {
    compared_with_nothing->add();
    stopwatch watch{counts};
    if (auto done = engine->verify(request.password, request.phc); !done)
      return refusal(std::move(done.error()));
    return messages::verdict{};
  }
  if (request.phc.empty()) {
    compared_with_nothing->add();
    stopwatch watch{counts};
    if (auto done = engine->verify_nothing(request.password); !done)
      return refusal(std::move(done.error()));
    return messages::verdict{};
  }
  compared_with_stored->add();
  result<verify_result> found;
  {
    stopwatch watch{counts};
    found = engine->verify(request.password, request.phc);
  }
  if (!found) return refusal(std::move(found.error()));
  messages::verdict answer;
  answer.matches = found->matches;
  if (found->matches && found->needs_rehash && request.rehashes)
    if (auto phc = engine->hash(request.password)) answer.rehashed = std::move(*phc);
  return answer;
}

password_hasher_actor::behavior_type
hash_worker(password_hasher_actor::stateful_pointer<hash_worker_state> self, argon2_cost cost,
            metrics* counts) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->counts = counts;
  state->compared_with_stored = &counts->password_checks("stored");
  state->compared_with_nothing = &counts->password_checks("nothing");
  state->engine = std::make_unique<password_hasher_engine>(cost);
  // The function runs in the actor's own thread when it is detached.
  if (self->getf(caf::abstract_actor::is_detached_flag))
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), worker_niceness);
  return {handler<&hash_worker_state::on_hash>(state),
          handler<&hash_worker_state::on_verify>(state),
          caf::after(rest_after) >> [state] { state->engine->release(); }};
}

} // namespace latchkey

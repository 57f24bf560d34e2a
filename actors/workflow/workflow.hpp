// workflow.hpp — one run of a workflow: what upstream says of it, in order, and who is told.
//
// Whatever changes the run passes its turnstile alone and is durable before anybody hears of it;
// the store decides each status' number, so that nothing is lost or told twice, whatever ends in
// between. Upstream is asked again until the run is over, here and after a restart; its statuses
// are counted, and those that were taken before change nothing.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/turnstile.hpp"
#include "actors/workflow/status_body.hpp"

#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey {

struct workflow_state {
  static inline const char* name = "workflow";

  static constexpr std::size_t audiences_max = 256; // then the one that came first goes
  static constexpr std::size_t news_statuses_max = 64;
  static constexpr std::size_t news_bytes_max = 128 * 1024; // or one status
  static constexpr std::size_t tail_statuses_max = 64;      // that are kept in memory
  static constexpr std::size_t tail_bytes_max = 128 * 1024; // or one
  static constexpr std::chrono::milliseconds ask_again_first{100};
  static constexpr std::chrono::milliseconds ask_again_last{10'000};
  static constexpr std::chrono::seconds look_again_after{1};
  static constexpr std::chrono::seconds ended_idle{10}; // a run that is over then leaves memory
  /// CAF's clock holds the actor for so long, whatever becomes of the run; what is due later is
  /// looked at again.
  static constexpr std::chrono::seconds reminded_within{30};
  static constexpr int orders_max = 3; // of a run that upstream knows nothing of

  /// A socket, and what it is told next.
  struct listener {
    messages::audience to;
    std::int64_t next_seq = 1;
    std::int64_t missed_until = 0; // up to there it is told what it has missed
    bool is_busy = false;          // it is being told, or what it has missed is being read
    std::deque<messages::workflow_status> ahead; // that was read and is not told yet
  };

  /// Upstream, as far as it is known.
  struct upstream_state {
    bool is_asked = false;       // a `stream_workflow` is under way
    bool has_answered = false;   // ever; also when it may have, before a restart
    bool must_order = false;     // the next question is an order
    bool calls_back = false;     // what it says next comes by itself
    bool is_cancelled = false;   // by its user
    bool ends_cancelled = false; // and upstream knows it no more
    int orders = 0;              // that were answered
    time_point first_asked{};
    time_point followed_at{};                          // when it was asked last
    time_point last_word{};                            // a status, or that it goes on
    std::optional<time_point> trouble_since;           // and it has not come right since
    std::optional<time_point> ask_at;                  // when it is asked next
    std::chrono::milliseconds pause = ask_again_first; // before the question after that
    std::optional<failure> failed_for;                 // the run is to end with it
    messages::workflow_caller who;                     // as it was told last
  };

  workflow_actor::pointer self = nullptr;
  actor_env_ptr env;
  workflow_record record;   // what the store knows; last_seq 0: there is no such run
  bool is_known = true;     // false: the store may know better
  bool leaving = false;     // memory, for want of use
  bool looks_again = false; // soon, at what the store did not tell
  time_point last_used{};
  std::optional<turnstile> turns;
  std::deque<messages::workflow_status> tail; // the newest statuses without a gap, or none
  std::vector<listener> listeners;
  upstream_state upstream;

  workflow_state() = default;
  workflow_state(const workflow_state&) = delete;
  workflow_state& operator=(const workflow_state&) = delete;
  ~workflow_state();

  // workflow.cpp
  void on_sweep(messages::sweep& sweep);
  void begin(workflow_record loaded);
  // workflow_start.cpp
  caf::result<messages::workflow_started> on_start(messages::start_workflow& request);
  // workflow_audiences.cpp
  caf::result<messages::workflow_resumed> on_resume(messages::resume_workflow& request);
  // workflow_statuses.cpp
  caf::result<messages::status_taken> on_take(messages::take_status& request);
  // workflow_upstream.cpp
  caf::result<messages::done> on_cancel(messages::cancel_workflow& request);

private:
  using order_ptr = std::shared_ptr<const messages::start_workflow>;
  using done = std::function<void(const caf::error*)>;
  using in_turn = std::function<void(turnstile::turn)>;
  using refused = std::function<void(const caf::error&)>;

  bool is_there() const noexcept { return record.last_seq > 0; }
  bool is_running() const noexcept { return is_there() && !record.has_ended(); }
  time_point own_deadline() const { return env->steady_now() + env->policy.internal_deadline; }

  // -- the record (workflow.cpp)
  /// Calls `go` when its turn has come and the record is known; `no` otherwise.
  void take_turn(time_point deadline, in_turn go, refused no);
  /// The same without a turn when the record is known.
  void when_known(time_point deadline, std::function<void()> go, refused no);
  /// Asks the store what it knows. Only in a turn.
  void look(time_point deadline, done go_on);
  void adopt(std::optional<workflow_record> stored);
  /// After anything that may have begun or ended the run.
  void count();
  /// Reminds the actor of what is due then.
  void remind_at(time_point when);
  /// The same, soon, and once for however many it is said.
  void retry_in_doubt_soon();
  void remind();

  // -- the start (workflow_start.cpp)
  void start(const order_ptr& order, const promise<messages::workflow_started>& answer,
             const turnstile::turn& turn);
  void charge(const order_ptr& order, const promise<messages::workflow_started>& answer,
              const turnstile::turn& turn, std::uint64_t gone, int tries);
  void started(const order_ptr& order, time_point at,
               const promise<messages::workflow_started>& answer);
  void not_started(const order_ptr& order, const caf::error& error,
                   const promise<messages::workflow_started>& answer, const turnstile::turn& turn);
  void start_again(const order_ptr& order, const promise<messages::workflow_started>& answer);

  // -- what is taken (workflow_statuses.cpp)
  struct said {
    workflow_status_words words;
    std::optional<std::int64_t> position;
    time_point deadline{};
  };
  void take(const std::shared_ptr<const said>& what, const promise<messages::status_taken>& answer,
            const turnstile::turn& turn, int tries);
  /// Writes the next status; `go_on` comes after COMMIT and before anybody is told.
  void write(storage::add_workflow_status fact, time_point deadline, const turnstile::turn& turn,
             done go_on);
  void written(storage::add_workflow_status fact);
  void remember(messages::workflow_status status);
  /// Reads the newest status when none is in memory.
  void with_last_words(time_point deadline, done go_on);
  workflow_status_words last_words() const;
  /// Ends the run with a status of ours.
  void fail_run(failure why);
  void write_end(const turnstile::turn& turn);

  // -- who is told (workflow_audiences.cpp)
  void add_listener(const messages::audience& to, std::int64_t next_seq, std::int64_t missed_until);
  listener* find_listener(const messages::audience& who);
  void drop_listener(const messages::audience& who);
  void tell_all();
  /// Everybody who has all but the newest status, in one piece for each registry.
  void tell_newest();
  void tell(listener& whom);
  void read_ahead(listener& whom);
  void send(listener& whom, const std::deque<messages::workflow_status>& from);
  void send(const socket_registry_actor& registry, messages::workflow_statuses piece);
  void heard(const socket_registry_actor& registry, const std::vector<std::uint64_t>& sockets,
             const std::vector<std::uint64_t>& closed);

  // -- upstream (workflow_upstream.cpp)
  /// Asks the user's actor who is asking.
  void find_caller(std::function<void(const caf::error*)> go_on, std::uint64_t gone = 0,
                   int tries = 3);
  std::string order_body() const;
  void ask_upstream_at(time_point when);
  void ask_upstream();
  void follow(const core_manager_actor& way);
  void upstream_left(const messages::stream_ended& left, bool was_ordered);
  void upstream_failed(const caf::error& error);
  bool was_followed() const;
  bool is_lost();
  void tell_cancelled();
  void ask_upstream_later();
  void upstream_has_nothing();
  void cancel(time_point deadline, const promise<messages::done>& answer);
  void run_removed();

  bool is_counted_ = false; // among those that run
  /// A copy for each conversation that has not ended; the actor stays as long as there is one.
  std::shared_ptr<char> talks_ = std::make_shared<char>();
};

/// `record` with last_seq 0: for a run that is not there yet.
workflow_actor::behavior_type workflow(workflow_actor::stateful_pointer<workflow_state> self,
                                       workflow_record record, actor_env_ptr env);

} // namespace latchkey

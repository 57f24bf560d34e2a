// workflow.hpp — one workflow: its statuses, in order, and the sockets that they go to.
//
// Every change of the workflow takes an exclusive turn and is durable before anybody is told. The
// store decides each status' number, so that no status is lost or sent twice, whatever ends in
// between. The core manager is asked again until the workflow is over, here and after a restart;
// its statuses are counted, and those that were taken before change nothing.
//
// In a cluster each node may have an actor of it, and one of the nodes owns it: that one asks the
// core manager. The others, as long as they have sockets that want its statuses, attend at the
// owner.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"
#include "actors/base/resident.hpp"
#include "actors/base/turnstile.hpp"
#include "actors/workflow/status_body.hpp"

#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace latchkey {

struct workflow_state : resident {
  static inline const char* name = "workflow";

  static constexpr std::size_t listeners_max = 256; // then the oldest is dropped
  static constexpr std::size_t piece_statuses_max = 64;
  static constexpr std::size_t piece_bytes_max = 128 * 1024; // or one status
  static constexpr std::size_t tail_statuses_max = 64;       // that are kept in memory
  static constexpr std::size_t tail_bytes_max = 128 * 1024;  // or one
  static constexpr std::chrono::milliseconds ask_again_first{100};
  static constexpr std::chrono::milliseconds ask_again_last{10'000};
  static constexpr std::chrono::seconds ended_idle{10}; // an ended workflow then leaves memory
  /// CAF's clock holds the actor until a reminder is due, whatever becomes of the workflow; so what
  /// is due later is reminded of more than once.
  static constexpr std::chrono::seconds reminder_max{30};
  static constexpr int orders_max = 3; // of a workflow that the core manager knows nothing of
  static constexpr std::chrono::seconds attend_every{1}; // at the owner
  static constexpr std::chrono::seconds attended_for{4}; // since a member has said so
  static constexpr std::chrono::seconds owner_silent{3}; // then the store is asked

  /// A socket, and the status that it is sent next.
  struct listener {
    messages::audience to;
    std::int64_t next_seq = 1;
    std::int64_t missed_until = 0; // statuses up to this one are replayed
    bool is_busy = false;          // a piece is on its way, or statuses are being read for it
    std::deque<messages::workflow_status> ahead; // that were read and not sent yet
  };

  /// How the core manager's statuses reach us at this moment.
  enum class connection : std::uint8_t {
    none,
    streaming,   // a `stream_workflow` is under way, or its caller is being looked up
    calling_back // the core manager sends them by itself
  };
  enum class cancellation : std::uint8_t {
    none,
    requested, // by the user, and the core manager has taken it
    finished   // and the core manager knows the workflow no more
  };
  enum class upstream_call : std::uint8_t { look_up, order };

  /// The core manager's side of the workflow, as far as it is known.
  struct upstream_state {
    connection link = connection::none;
    cancellation cancel = cancellation::none;
    upstream_call next = upstream_call::look_up;
    bool has_answered = false; // ever; also when it may have, before a restart
    int orders = 0;            // that were answered
    time_point first_asked{};
    time_point followed_at{};                          // when it was asked last
    time_point last_sign{};                            // a status, or that the workflow goes on
    std::optional<time_point> trouble_since;           // and it has not come right since
    std::optional<time_point> ask_at;                  // when it is asked next
    std::chrono::milliseconds pause = ask_again_first; // before the question after that
    std::optional<failure> failed_for;                 // the workflow is to end with it
    messages::workflow_caller caller;                  // of the last question

    bool is_cancelled() const noexcept { return cancel != cancellation::none; }
  };

  workflow_actor::pointer self = nullptr;
  actor_env_ptr env;
  workflow_record record; // as in the store; last_seq 0: there is no such workflow
  bool is_known = true;   // false: the store may have another row
  std::optional<turnstile> turns;
  std::deque<messages::workflow_status> tail; // the newest statuses without a gap, or none
  std::vector<listener> listeners;
  upstream_state upstream;
  std::vector<std::pair<member_id, time_point>> attending; // members with sockets, and until when
  time_point owner_heard{};                                // when another owner last told of it

  workflow_state() = default;
  workflow_state(const workflow_state&) = delete;
  workflow_state& operator=(const workflow_state&) = delete;
  ~workflow_state();

  // workflow.cpp
  void on_sweep(messages::sweep& sweep);
  void init(workflow_record loaded);
  // start.cpp
  task<messages::workflow_started> on_start(messages::start_workflow request);
  // audiences.cpp
  task<messages::workflow_resumed> on_resume(messages::resume_workflow request);
  /// A socket's first status follows the answer to whoever made it a listener.
  void on_answered() { send_missed(); }
  // statuses.cpp
  task<messages::status_taken> on_take(messages::take_status request);
  // upstream.cpp
  task<messages::done> on_cancel(messages::cancel_workflow request);
  // owner.cpp
  void on_changed(messages::workflow_changed& event);
  void on_attend(messages::attend_workflow& event);

private:
  bool is_there() const noexcept { return record.last_seq > 0; }
  bool is_running() const noexcept { return is_there() && !record.has_ended(); }
  /// Whether this node owns the workflow. A server that is alone owns all.
  bool owns() const noexcept { return env->member.is_nil() || record.owner == env->member; }
  bool runs_here() const noexcept { return is_running() && owns(); }
  /// Of work that no request waits for.
  time_point own_deadline() const { return env->steady_now() + env->policy.internal_deadline; }
  /// A coroutine that nobody waits for.
  void begin(task<> work) { converse(self, presence(), std::move(work)); }

  // -- the record (workflow.cpp)
  /// An exclusive turn, with the record known.
  task<turnstile::turn> take_turn(time_point deadline);
  /// The same without a turn.
  task<messages::done> wait_until_known(time_point deadline);
  task<> settle_in_doubt();
  /// Reads the row. Only in a turn.
  task<messages::done> look(time_point deadline);
  void adopt(std::optional<workflow_record> stored);
  void workflow_removed();
  /// After anything that may have begun or ended the workflow.
  void count();
  /// Reminds the actor of what is due then.
  void remind_at(time_point when);
  void remind();

  // -- the start (start.cpp)
  messages::spend charge_for(const messages::start_workflow& order, time_point now) const;
  void workflow_started(const messages::start_workflow& order, time_point at);
  result<messages::workflow_started> start_again(const messages::start_workflow& order);

  // -- what is taken (statuses.cpp)
  /// Writes the next status and sends it to the listeners. Only in a turn.
  task<messages::done> write(storage::add_workflow_status fact, time_point deadline);
  void written(storage::add_workflow_status fact);
  void remember(messages::workflow_status status);
  /// The newest status, which is read when it is not in memory.
  task<workflow_status_words> last_words(time_point deadline);
  /// Ends the workflow with a status of ours.
  void fail_workflow(failure why);
  task<> end_workflow();
  task<messages::done> write_last_status();

  // -- the listeners (audiences.cpp)
  /// Its first status is sent when the request has been answered.
  void add_listener(const messages::audience& to, std::int64_t next_seq, std::int64_t missed_until);
  listener* find_listener(const messages::audience& to);
  void drop_listener(const messages::audience& to);
  void send_to_all();
  /// The same; after the end it drops those that have every status.
  void send_missed();
  /// To all listeners that miss the newest status alone: in one piece for each registry.
  void send_newest();
  void send_next(listener& to);
  void send_from(const std::deque<messages::workflow_status>& statuses, listener& to);
  task<> read_ahead(messages::audience to, std::int64_t after_seq);
  task<> deliver(socket_registry_actor registry, messages::workflow_statuses piece);
  void delivered(const socket_registry_actor& registry, const std::vector<std::uint64_t>& sockets,
                 const std::vector<std::uint64_t>& closed);

  // -- the owner (owner.cpp)
  /// Memory of another's workflow is not asked without a look at the row.
  void doubt_if_another_owns();
  void tell(const member_id& member);
  /// Whoever does not know that there is a new status.
  void tell_others();
  task<> attend();
  /// This node owns it from now on.
  task<messages::done> take_over(time_point deadline);
  void owner_changed(bool ran_here);

  // -- the core manager (upstream.cpp)
  /// Asks the user's actor; `upstream.caller` is then what it says.
  task<messages::done> find_caller();
  std::string order_body() const;
  void ask_upstream_at(time_point when);
  void ask_upstream();
  void ask_upstream_later();
  task<> follow(core_manager_actor client);
  /// In a cluster by a look at the row.
  task<messages::done> make_sure_of_owner();
  void stream_ended(const messages::stream_ended& end, bool was_ordered);
  void upstream_failed(const failure& error);
  bool was_followed() const;
  bool is_lost();
  void upstream_has_nothing();
  /// Nobody waits for it.
  void send_cancellation();

  bool is_counted_ = false; // among those that run
};

/// `record` with last_seq 0: for a workflow that is not there yet.
workflow_actor::behavior_type workflow(workflow_actor::stateful_pointer<workflow_state> self,
                                       workflow_record record, actor_env_ptr env);

} // namespace latchkey

// workflows.hpp — people who start workflows and read their statuses at any node, and the core
// manager that runs them. What each socket reads is held against what was written: every status
// once, in order, and the last one in the end.
#pragma once

#include "tests/simulation/requests.hpp"
#include "tests/simulation/sockets.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test::simulation {

/// The played core manager's answer to one question.
struct end_stream {
  std::uint64_t question = 0;
  messages::stream_outcome outcome{};
};

class workflows {
public:
  /// Workflows that each person may start.
  static constexpr std::int64_t limit = 8;

  /// `any_node` names one that serves, or none.
  workflows(world& of, requests& asked, sockets& live, actor_fixture& store,
            std::vector<user_id> people, std::function<node*()> any_node,
            std::function<void(const std::string&)> tell,
            std::function<void(const std::string&)> blame);

  /// Its core manager, before anybody is asked at that node.
  void join(node& with);
  /// Its sockets and streams are gone.
  void lose(const node& gone);
  void act(place at, node& with);
  /// No workflow is started any more.
  void finish() noexcept { is_finishing_ = true; }
  /// Who has not read the end of its workflow yet; empty: every socket has.
  std::string unfinished() const;
  /// When nothing fails any more and nothing runs.
  void check_all();

private:
  /// A workflow as the core manager knows it.
  struct job {
    workflow_id id;
    std::size_t number = 0;
    std::size_t owner = 0;
    std::int64_t positions = 0; // the last of which ends it
    bool calls_back = false;    // or is streamed
    bool is_ordered = false;
    bool is_cancelled = false;
    bool is_started = false; // and its starter was told so
    bool is_refused = false; // by the quota
    std::int64_t said = 0;   // the last position that was ever sent
    std::int64_t taken = 0;  // the last position that was acknowledged
    bool is_calling_back = false;
    std::map<std::int64_t, std::string> read; // by seq, on any socket
  };
  /// A person who wants the statuses of a job, wherever there is a node.
  struct reader {
    job* of = nullptr;
    sockets::number socket = 0;
    const node* at = nullptr; // null: it has no socket
    bool is_asking = false;
    std::int64_t last_seq = 0;
  };
  struct stream {
    job* of = nullptr;
    node* at = nullptr;
    std::int64_t next = 1;
  };
  using question = std::uint64_t;
  using core_manager = core_manager_actor::extend<notice<end_stream>>;

  static core_manager::behavior_type play(core_manager::pointer self, workflows* all, node* at);

  // -- people
  void start(node& with, const std::string& where);
  void order(job& wanted, node& with, reader& by);
  void try_again(job& wanted, reader& by);
  messages::audience socket_for(reader& by, node& with);
  void attach(reader& by, node& with);
  void attach_later(reader& by);
  void hear(reader& by, const messages::workflow_statuses& piece);
  void watch_another(node& with, const std::string& where);
  void leave(const std::string& where);
  void cancel(node& with, const std::string& where);
  job* any_job();

  // -- the core manager
  std::optional<messages::stream_outcome> asked(question number, node& at,
                                                const messages::stream_workflow& wish);
  void go_on(question number, microseconds pause);
  void send_next(question number);
  void end(question number, messages::stream_outcome outcome);
  void call_back_later(job& of);
  void call_back(job& of);
  /// That position's status, for that node.
  static messages::take_status say(job& of, std::int64_t position, const node& at);
  void taken(job& of, std::int64_t position);

  std::optional<workflow_record> row_of(const job& of) const;
  void check(const job& of);
  void check_quotas();
  void tell(const std::string& what) { tell_(std::to_string(requests_.operations()) + " " + what); }
  void expect(bool holds, const job& of, const std::string& claim) {
    if (!holds) blame_("workflow " + std::to_string(of.number) + ": " + claim);
  }

  world& world_;
  requests& requests_;
  sockets& sockets_;
  std::unique_ptr<storage::reader> rows_;
  std::vector<user_id> people_;
  std::function<node*()> any_node_;
  std::function<void(const std::string&)> tell_;
  std::function<void(const std::string&)> blame_;
  std::vector<std::unique_ptr<job>> jobs_;
  std::map<workflow_id, job*> by_id_;
  std::vector<std::unique_ptr<reader>> readers_;
  std::map<question, stream> streams_;
  std::map<const node*, core_manager> managers_;
  question questions_ = 0;
  bool is_finishing_ = false;
};

} // namespace latchkey::test::simulation

LATCHKEY_LOCAL_MESSAGE(latchkey::test::simulation::end_stream)

// cluster.hpp — this node's member of the cluster.
//
// It keeps a row in the table of members and connections to all who have one, gives and asks for
// promises, tells the others of changes and follows theirs. What is decided stands in promises.hpp
// and membership.hpp; here it is carried out.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/conversation.hpp"
#include "actors/cluster/link.hpp"
#include "actors/cluster/membership.hpp"
#include "actors/cluster/promises.hpp"
#include "actors/cluster/wire.hpp"

#include <caf/stateful_actor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct cluster_options {
  storage::member_row self;
  cluster::promise_terms terms;
  std::chrono::microseconds dead_after = std::chrono::seconds{2}; // without a heartbeat
  std::chrono::microseconds beat_every = std::chrono::milliseconds{500};
  std::chrono::microseconds tick_every = std::chrono::milliseconds{50};
  /// The other members have removed this one: the process must end. With a sentence why.
  std::function<void(const std::string&)> fenced;
  /// The members have other terms than this node: it cannot join them. With a sentence.
  std::function<void(const std::string&)> refused;
};

struct cluster_state {
  static inline const char* name = "cluster";

  cluster_actor::pointer self = nullptr;
  actor_env_ptr env;
  cluster_options options;
  member_table_actor table;
  std::shared_ptr<cluster::link> net;

  cluster_state() = default;
  cluster_state(const cluster_state&) = delete;
  cluster_state& operator=(const cluster_state&) = delete;

  task<messages::done> on_tell(messages::tell_members request);
  task<messages::done> on_await_open(messages::await_open);
  task<messages::done> on_leave(messages::leave_cluster);
  caf::result<messages::members_listed> on_list(messages::list_members&);
  void on_tell_of_workflow(messages::tell_of_workflow& event);
  void on_attend_at(messages::attend_at& event);
  void on_connected(messages::member_connected& event);
  void on_disconnected(messages::member_disconnected& event);
  void on_said(messages::member_said& event);
  void on_tick(messages::cluster_tick&);

private:
  /// Of this node in the table.
  enum class stage : unsigned char {
    succeeding, // the rows of its earlier lives are to be removed
    joining,    // its own is to be added
    joined,     // it is not welcomed by everybody yet
    open,
    leaving,
    gone,
  };

  /// (CAF takes a state with a member `begin` for a container.)
  void start();
  void send(const member_id& to, const cluster::frame& said);
  void ask_for_promises();
  /// What a member has said of workflows may be lost.
  void doubt_news_of_workflows();
  /// It has told of a change that this node does not follow: what it remembers counts no more, and
  /// no promise that is on its way.
  void distrust(const member_id& other);
  void hear(const member_id& from, const cluster::frame& said);
  task<> follow(member_id from, std::uint64_t number, messages::durable_change change);
  /// Answers changes that wait for nobody any more, and says what memory is worth.
  void settle();
  void publish();

  // -- the table: one question at a time
  void ask_table();
  void begin_asking(task<> question);
  task<> succeed();
  task<> join();
  task<> beat();
  task<> open();
  void read(const std::vector<storage::member_row>& rows, time_point sent);
  task<> fence(cluster::fence silent);
  void end_fenced();

  std::optional<cluster::promises> owed_;
  std::optional<cluster::membership> who_;
  std::map<cluster::promises::change_number, messages::durable_change> changes_; // not over yet
  std::map<cluster::promises::change_number, wait_list<messages::done>> askers_;
  wait_list<messages::done> waiting_for_open_;
  stage stage_ = stage::succeeding;
  bool is_asking_ = false;
  time_point beats_at_{};
};

/// `env` is that of this node, whose `trust` it sets. It begins with the first `cluster_tick`, to
/// be sent once `env.cluster` is this actor: others reach it from then on.
cluster_actor::behavior_type cluster_member(cluster_actor::stateful_pointer<cluster_state> self,
                                            actor_env_ptr env, cluster_options options,
                                            member_table_actor table,
                                            std::shared_ptr<cluster::link> net);

} // namespace latchkey

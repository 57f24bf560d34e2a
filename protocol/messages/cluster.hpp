// messages/cluster.hpp — what the nodes of a cluster tell each other, and what the actors say that
// keep a node in it.
#pragma once

#include "protocol/facts/members.hpp"
#include "protocol/messages/done.hpp"
#include "protocol/messages/identity.hpp"
#include "protocol/messages/workflow.hpp"
#include "protocol/one_of.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::messages {

// -- changes that are durable, as every node must know them ------------------------------------

/// The user's row or keys are other ones: password, address, activity, API keys, passphrase.
struct user_changed {
  user_id user;
};
/// The user's sessions are other ones in the store, or that one of them: they have ended, or have
/// another role or end. What is told may arrive late, after newer changes, so it does not say what
/// the sessions are: their rows do.
struct user_sessions_changed {
  user_id user;
  std::optional<session_id> session;       // none: all of the user's, and the user's own row
  end_reason reason = end_reason::revoked; // of those that have ended
};
/// Roles, services or service keys are other ones.
struct registry_changed {};

using durable_change =
    one_of<user_changed, user_sessions_changed, user_subscription_changed, registry_changed>;

// -- to the node's member of the cluster -------------------------------------------------------

/// The change is durable, and this node's memory and sockets follow it. Done when every other node
/// has confirmed that its own have, or counts its memory no more.
struct tell_members {
  durable_change change;
};

/// Say that to that member, if there is a connection to it.
struct tell_of_workflow {
  member_id to;
  workflow_changed news;
};
struct attend_at {
  member_id owner; // of the workflow
  attend_workflow request;
};
/// The members of the newest table, this one among them.
struct list_members {};
struct members_listed {
  std::vector<member_id> members;
};

/// A connection to that member is there.
struct member_connected {
  member_id member;
};
struct member_disconnected {
  member_id member;
};
/// It has sent a frame (actors/cluster/wire.hpp).
struct member_said {
  member_id member;
  std::string frame;
};
/// Time for what is due.
struct cluster_tick {
  bool is_repeated = true; // another one follows
};
/// Done once this node may serve: its row is open.
struct await_open {};
/// Changes nothing more: the others need no promise of this node any more. Done when its row is
/// removed.
struct leave_cluster {};

// -- to the actor that holds the connection to the table of members ------------------------------

struct remove_predecessors {
  std::string node;
};
struct join_members {
  storage::member_row row;
};
struct members_joined {
  bool has_joined = false; // otherwise another one is joining
};
struct beat_member {
  member_id self;
  std::chrono::microseconds gap_from{};
};
struct members_read {
  std::vector<storage::member_row> rows;
};
struct open_member {
  member_id self;
};
struct member_opened {
  bool is_open = false; // otherwise it was fenced
};
struct fence_member {
  member_id self;
  member_id silent;
  std::chrono::microseconds silent_for{};
  std::chrono::microseconds judge_from{};
};
struct leave_members {
  member_id self;
};

} // namespace latchkey::messages

// audiences.cpp — the listeners of a workflow: each socket is sent every status once and in order,
// as fast as it takes them and no faster. One piece is on its way to a socket at a time; sockets
// that miss the newest status alone share a piece.
#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

bool contains(const std::vector<std::uint64_t>& sorted, std::uint64_t number) {
  return std::ranges::binary_search(sorted, number);
}

bool is_same_audience(const messages::audience& a, const messages::audience& b) {
  return a.socket == b.socket && a.registry == b.registry;
}

bool has_seq(const std::deque<messages::workflow_status>& statuses, std::int64_t seq) {
  return !statuses.empty() && statuses.front().seq <= seq && statuses.back().seq >= seq;
}

} // namespace

task<messages::workflow_resumed> workflow_state::on_resume(messages::resume_workflow request) {
  doubt_if_another_owns();
  // The client may have read at another node what this one has not heard of yet.
  if (env->cluster && request.last_seq > record.last_seq) is_known = false;
  const auto known = co_await wait_until_known(own_deadline());
  if (!known) co_return known.error();
  if (!is_there() || record.user != request.user) co_return fail(error_code::not_found);
  if (request.last_seq < 0 || request.last_seq > record.last_seq)
    co_return fail(error_code::validation_error, "last_seq",
                   "must be from 0 to " + std::to_string(record.last_seq));
  add_listener(request.to, request.last_seq + 1, record.last_seq);
  co_return messages::workflow_resumed{record.last_seq, record.message_id};
}

void workflow_state::add_listener(const messages::audience& to, std::int64_t next_seq,
                                  std::int64_t missed_until) {
  auto* known = find_listener(to);
  if (known == nullptr) {
    if (listeners.size() >= listeners_max) listeners.erase(listeners.begin());
    known = &listeners.emplace_back();
    known->to = to;
  }
  known->next_seq = next_seq;
  known->missed_until = missed_until;
  known->ahead.clear();
  if (next_seq <= missed_until) env->counts->workflow_replays.add();
  if (!owns() && !upstream.ask_at) ask_upstream_at(env->steady_now());
}

void workflow_state::send_missed() {
  send_to_all();
  if (record.has_ended()) // those that have every status
    std::erase_if(listeners, [](const listener& known) { return !known.is_busy; });
}

workflow_state::listener* workflow_state::find_listener(const messages::audience& to) {
  const auto found = std::ranges::find_if(
      listeners, [&to](const listener& known) { return is_same_audience(known.to, to); });
  return found == listeners.end() ? nullptr : &*found;
}

void workflow_state::drop_listener(const messages::audience& to) {
  std::erase_if(listeners, [&to](const listener& known) { return is_same_audience(known.to, to); });
}

void workflow_state::send_to_all() {
  send_newest();
  for (auto& to : listeners)
    send_next(to);
}

void workflow_state::send_newest() {
  if (tail.empty() || tail.back().seq != record.last_seq) return;
  std::vector<std::pair<socket_registry_actor, messages::workflow_statuses>> pieces;
  for (auto& to : listeners) {
    const bool misses_newest_alone =
        to.next_seq == record.last_seq && to.missed_until < to.next_seq;
    if (to.is_busy || !misses_newest_alone) continue;
    auto known = std::ranges::find_if(
        pieces, [&to](const auto& piece) { return piece.first == to.to.registry; });
    if (known == pieces.end()) {
      messages::workflow_statuses piece;
      piece.workflow = record.id;
      piece.correlation_id = record.message_id;
      piece.statuses.push_back(tail.back());
      known = pieces.emplace(pieces.end(), to.to.registry, std::move(piece));
    }
    known->second.sockets.push_back(to.to.socket);
    ++to.next_seq;
    to.is_busy = true;
    to.ahead.clear();
  }
  for (auto& [registry, piece] : pieces)
    begin(deliver(registry, std::move(piece)));
}

void workflow_state::send_next(listener& to) {
  if (to.is_busy || to.next_seq > record.last_seq) return;
  if (has_seq(tail, to.next_seq)) {
    to.ahead.clear();
    send_from(tail, to);
  } else if (has_seq(to.ahead, to.next_seq)) {
    send_from(to.ahead, to);
  } else {
    to.is_busy = true;
    begin(read_ahead(to.to, to.next_seq - 1));
  }
}

task<> workflow_state::read_ahead(messages::audience to, std::int64_t after_seq) {
  messages::read question{storage::list_workflow_statuses{record.id, after_seq, piece_statuses_max},
                          own_deadline()};
  auto found = co_await ask(env->reader_for(record.id), std::move(question));
  auto* known = find_listener(to);
  if (known != nullptr) known->is_busy = false;
  if (!found) {
    remind_of_doubt(self);
    co_return;
  }
  if (known == nullptr) co_return;
  auto& rows = found->as<storage::list_workflow_statuses>();
  if (rows.empty()) { // the workflow is no more
    drop_listener(to);
    co_return;
  }
  known->ahead.clear();
  for (auto& row : rows)
    known->ahead.push_back({row.seq, std::move(row.body)});
  send_next(*known);
}

void workflow_state::send_from(const std::deque<messages::workflow_status>& statuses,
                               listener& to) {
  messages::workflow_statuses piece;
  piece.sockets.push_back(to.to.socket);
  piece.workflow = record.id;
  piece.correlation_id = record.message_id;
  const bool is_late = record.last_seq > to.next_seq; // by more than the newest
  piece.is_replay = is_late || to.next_seq <= to.missed_until;
  std::size_t bytes = 0;
  for (const auto& status : statuses) {
    if (status.seq < to.next_seq) continue;
    bytes += status.body.size();
    const bool is_full = piece.statuses.size() == piece_statuses_max ||
                         (bytes > piece_bytes_max && !piece.statuses.empty());
    if (is_full || status.seq > record.last_seq) break;
    piece.statuses.push_back(status);
  }
  to.next_seq = piece.statuses.back().seq + 1;
  to.is_busy = true;
  begin(deliver(to.to.registry, std::move(piece)));
}

task<> workflow_state::deliver(socket_registry_actor registry, messages::workflow_statuses piece) {
  auto sockets = piece.sockets;
  std::ranges::sort(sockets);
  auto reply = co_await ask(registry, std::move(piece));
  // A registry that is gone has no socket.
  auto closed = reply ? std::move(reply->closed) : sockets;
  std::ranges::sort(closed);
  delivered(registry, sockets, closed);
}

void workflow_state::delivered(const socket_registry_actor& registry,
                               const std::vector<std::uint64_t>& sockets,
                               const std::vector<std::uint64_t>& closed) {
  std::erase_if(listeners, [&](const listener& known) {
    return known.to.registry == registry && contains(closed, known.to.socket);
  });
  for (auto& known : listeners)
    if (known.to.registry == registry && contains(sockets, known.to.socket)) known.is_busy = false;
  send_missed();
}

} // namespace latchkey

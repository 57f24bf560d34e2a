// audiences.cpp — who is told: each socket every status once and in order, as fast as
// itself and no faster. One piece is on its way to it at a time; those who have all but the newest
// status share it.
#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

bool is_among(std::uint64_t number, const std::vector<std::uint64_t>& sorted) {
  return std::ranges::binary_search(sorted, number);
}

bool is_same_audience(const messages::audience& a, const messages::audience& b) {
  return a.socket == b.socket && a.registry == b.registry;
}

} // namespace

caf::result<messages::workflow_resumed>
workflow_state::on_resume(messages::resume_workflow& request) {
  if (leaving) return gone();
  promise<messages::workflow_resumed> answer{self};
  const auto attach = [this, request, answer] {
    if (!is_there() || record.user != request.user) return answer.fail(error_code::not_found);
    if (request.last_seq < 0 || request.last_seq > record.last_seq)
      return answer.fail(failure{error_code::validation_error, "last_seq",
                                 "must be from 0 to " + std::to_string(record.last_seq)});
    answer.deliver(messages::workflow_resumed{record.last_seq, record.message_id});
    add_listener(request.to, request.last_seq + 1, record.last_seq);
  };
  when_known(own_deadline(), attach, [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

void workflow_state::add_listener(const messages::audience& to, std::int64_t next_seq,
                                  std::int64_t missed_until) {
  auto* known = find_listener(to);
  if (known == nullptr) {
    if (listeners.size() >= audiences_max) listeners.erase(listeners.begin());
    known = &listeners.emplace_back();
    known->to = to;
  }
  known->next_seq = next_seq;
  known->missed_until = missed_until;
  known->ahead.clear();
  if (next_seq <= missed_until) env->counts->workflow_replays.add();
  tell(*known);
  if (record.has_ended() && !known->is_busy) drop_listener(to); // it has heard all
}

workflow_state::listener* workflow_state::find_listener(const messages::audience& who) {
  const auto found = std::ranges::find_if(
      listeners, [&who](const listener& one) { return is_same_audience(one.to, who); });
  return found == listeners.end() ? nullptr : &*found;
}

void workflow_state::drop_listener(const messages::audience& who) {
  std::erase_if(listeners, [&who](const listener& one) { return is_same_audience(one.to, who); });
}

void workflow_state::tell_all() {
  tell_newest();
  for (auto& one : listeners)
    tell(one);
}

void workflow_state::tell_newest() {
  if (tail.empty() || tail.back().seq != record.last_seq) return;
  std::vector<std::pair<socket_registry_actor, messages::workflow_statuses>> pieces;
  for (auto& one : listeners) {
    const bool has_all_but_it = one.next_seq == record.last_seq && one.missed_until < one.next_seq;
    if (one.is_busy || !has_all_but_it) continue;
    auto known = std::ranges::find_if(
        pieces, [&one](const auto& piece) { return piece.first == one.to.registry; });
    if (known == pieces.end()) {
      messages::workflow_statuses piece;
      piece.workflow = record.id;
      piece.correlation_id = record.message_id;
      piece.statuses.push_back(tail.back());
      known = pieces.emplace(pieces.end(), one.to.registry, std::move(piece));
    }
    known->second.sockets.push_back(one.to.socket);
    ++one.next_seq;
    one.is_busy = true;
    one.ahead.clear();
  }
  for (auto& [registry, piece] : pieces)
    send(registry, std::move(piece));
}

void workflow_state::tell(listener& whom) {
  if (whom.is_busy || whom.next_seq > record.last_seq) return;
  const auto begins = [&whom](const std::deque<messages::workflow_status>& statuses) {
    return !statuses.empty() && statuses.front().seq <= whom.next_seq &&
           statuses.back().seq >= whom.next_seq;
  };
  if (begins(tail)) {
    whom.ahead.clear();
    send(whom, tail);
  } else if (begins(whom.ahead)) {
    send(whom, whom.ahead);
  } else {
    read_ahead(whom);
  }
}

void workflow_state::read_ahead(listener& whom) {
  whom.is_busy = true;
  const storage::list_workflow_statuses what{record.id, whom.next_seq - 1, news_statuses_max};
  self->request(env->reader_for(record.id), no_timeout, messages::read{what, own_deadline()})
      .then(
          [this, to = whom.to](messages::found& found) {
            auto* one = find_listener(to);
            if (one == nullptr) return;
            one->is_busy = false;
            auto& rows = found.as<storage::list_workflow_statuses>();
            if (rows.empty()) return drop_listener(to); // the run is no more
            one->ahead.clear();
            for (auto& row : rows)
              one->ahead.push_back({row.seq, std::move(row.body)});
            tell(*one);
          },
          [this, to = whom.to](caf::error&) {
            if (auto* one = find_listener(to)) one->is_busy = false;
            retry_in_doubt_soon();
          });
}

void workflow_state::send(listener& whom, const std::deque<messages::workflow_status>& from) {
  messages::workflow_statuses piece;
  piece.sockets.push_back(whom.to.socket);
  piece.workflow = record.id;
  piece.correlation_id = record.message_id;
  const bool is_late = record.last_seq > whom.next_seq; // by more than the newest
  piece.is_replay = is_late || whom.next_seq <= whom.missed_until;
  std::size_t bytes = 0;
  for (const auto& one : from) {
    if (one.seq < whom.next_seq) continue;
    bytes += one.body.size();
    const bool is_full = piece.statuses.size() == news_statuses_max ||
                         (bytes > news_bytes_max && !piece.statuses.empty());
    if (is_full || one.seq > record.last_seq) break;
    piece.statuses.push_back(one);
  }
  whom.next_seq = piece.statuses.back().seq + 1;
  whom.is_busy = true;
  send(whom.to.registry, std::move(piece));
}

void workflow_state::send(const socket_registry_actor& registry,
                          messages::workflow_statuses piece) {
  auto sockets = piece.sockets;
  std::ranges::sort(sockets);
  self->request(registry, no_timeout, std::move(piece))
      .then(
          [this, registry, sockets](messages::statuses_delivered& word) {
            std::ranges::sort(word.closed);
            heard(registry, sockets, word.closed);
          },
          [this, registry, sockets](caf::error&) { heard(registry, sockets, sockets); });
}

void workflow_state::heard(const socket_registry_actor& registry,
                           const std::vector<std::uint64_t>& sockets,
                           const std::vector<std::uint64_t>& closed) {
  std::erase_if(listeners, [&](const listener& one) {
    return one.to.registry == registry && is_among(one.to.socket, closed);
  });
  for (auto& one : listeners)
    if (one.to.registry == registry && is_among(one.to.socket, sockets)) one.is_busy = false;
  tell_all();
  if (record.has_ended())
    std::erase_if(listeners, [](const listener& one) { return !one.is_busy; }); // have heard all
}

} // namespace latchkey

#include "tests/simulation/sockets.hpp"

#include "tests/support/stub.hpp"

namespace latchkey::test::simulation {

void sockets::join(node& with) {
  const auto behavior = [](socket_registry_actor::pointer self, sockets* all, const node* at) {
    return stub<socket_registry_actor>(
        self,
        [all, at](messages::session_ended& event) -> caf::result<messages::done> {
          all->end_sockets_of(*at, event.session);
          return messages::done{};
        },
        [all](messages::workflow_statuses& piece) -> caf::result<messages::statuses_delivered> {
          return all->deliver(piece);
        });
  };
  const node* at = &with;
  registries_[at] = with.on().spawn(behavior, this, at);
}

void sockets::lose(const node& gone) {
  std::erase_if(open_, [&gone](const auto& entry) { return entry.second.at == &gone; });
  registries_.erase(&gone);
}

messages::audience sockets::open(node& with, hears_statuses hears) {
  open_[++last_] = {&with, {}, 0, std::move(hears)};
  return {registry_of(with), last_};
}

sockets::number sockets::open(node& with, const session_id& session) {
  open_[++last_] = {&with, session, 0, {}};
  return last_;
}

void sockets::looked(number socket, std::uint64_t epoch) {
  const auto found = open_.find(socket);
  if (found != open_.end()) found->second.known_in = epoch;
}

std::vector<session_id> sockets::speaking() const {
  std::vector<session_id> out;
  for (const auto& [id, each] : open_) {
    if (each.known_in == 0 || each.at->is_frozen()) continue;
    auto& f = each.at->on();
    if (f.env().trust->counts(each.known_in, f.clock.steady())) out.push_back(each.session);
  }
  return out;
}

void sockets::end_sockets_of(const node& with, const session_id& session) {
  std::erase_if(open_, [&](const auto& entry) {
    return entry.second.at == &with && entry.second.session == session;
  });
}

messages::statuses_delivered sockets::deliver(const messages::workflow_statuses& piece) {
  messages::statuses_delivered receipt;
  for (const auto socket : piece.sockets) {
    const auto found = open_.find(socket);
    if (found == open_.end())
      receipt.closed.push_back(socket);
    else
      found->second.hears(piece);
  }
  return receipt;
}

} // namespace latchkey::test::simulation

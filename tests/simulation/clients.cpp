#include "tests/simulation/clients.hpp"

#include "protocol/tokens/refresh_token.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::test::simulation {
namespace {

/// What is durable is known everywhere by then, though nobody was answered: whoever has made it may
/// be gone. As long as the others take to notice, and the store to answer.
constexpr std::chrono::seconds known_within{12};

} // namespace

clients::clients(world& of, requests& asked, sockets& live, actor_fixture& store,
                 std::function<void(const visit&)> each_node,
                 std::function<void(const std::string&)> tell,
                 std::function<void(const std::string&)> blame)
    : world_(of), requests_(asked), sockets_(live), store_(store), each_node_(std::move(each_node)),
      tell_(std::move(tell)), blame_(std::move(blame)) {
  for (std::size_t i = 0; i < people_count; ++i) {
    const auto password = "first of " + std::to_string(i);
    person added;
    added.row = store.add_user("user" + std::to_string(i), "plain:" + password);
    added.passwords = {password};
    added.roles = {added.row.role};
    people_.push_back(std::move(added));
  }
}

void clients::act(place at, node& with) {
  using deed = void (clients::*)(node&, const std::string&);
  static constexpr std::pair<deed, std::size_t> deeds[] = {
      {&clients::sign_in, 5},     {&clients::validate, 16},  {&clients::refresh, 8},
      {&clients::log_out, 2},     {&clients::end_all, 1},    {&clients::change_password, 2},
      {&clients::change_role, 2}, {&clients::make_key, 1},   {&clients::use_key, 3},
      {&clients::revoke_key, 1},  {&clients::open_socket, 4}};
  std::size_t all = 0;
  for (const auto& [method, share] : deeds)
    all += share;
  auto drawn = world_.below(all);
  requests_.begin_operation();
  for (const auto& [method, share] : deeds) {
    if (drawn < share) return (this->*method)(with, at_node(at));
    drawn -= share;
  }
}

void clients::follow_up() {
  for (const auto& question : std::exchange(follow_ups_, {}))
    each_node_([this, &question](place at, node& with) {
      requests_.begin_operation();
      question(with, at_node(at));
    });
  for (const auto& session : sockets_.speaking())
    expect(!by_session_.at(session)->is_over,
           "a socket may speak after the end of its session had been answered");
}

std::vector<user_id> clients::people() const {
  std::vector<user_id> out;
  for (const auto& each : people_)
    out.push_back(each.row.id);
  return out;
}

clients::device* clients::any_device() {
  return devices_.empty() ? nullptr : devices_[world_.below(devices_.size())].get();
}

bool clients::ended_long_ago(const device& client) {
  const auto row = store_.stored(client.id);
  // The nodes' clocks began with this one, which stands still.
  return row && row->ended_at && *row->ended_at + known_within < store_.clock.now() + world_.now();
}

std::string clients::row_of(const device& client) {
  const auto row = store_.stored(client.id);
  if (!row) return "there is none";
  return "user " + std::to_string(client.owner) + ", counter " + std::to_string(row->counter) +
         ", seen " + std::to_string(row->seen) +
         (row->ended_at ? ", ended: " + store_.store.end_reason(client.id) : "");
}

bool clients::may_try_again(const failure& error) {
  return error.code != error_code::token_invalid && error.code != error_code::invalid_credentials &&
         error.code != error_code::not_found;
}

// -- sessions --------------------------------------------------------------------------------

void clients::sign_in(node& with, const std::string& where) {
  const auto owner = any_person();
  const auto& from = people_[owner];
  const bool is_former = !from.former.empty() && world_.one_in(4);
  sign_in(with, where, owner, *any_of(is_former ? from.former : from.passwords));
}

void clients::sign_in(node& with, const std::string& where, std::size_t owner,
                      const std::string& password) {
  const auto& from = people_[owner];
  const bool is_former = from.former.contains(password);
  tell(where, "user " + std::to_string(owner) + " signs in with \"" + password + "\"");
  messages::authenticate request;
  request.password = secret{password};
  request.client = author().client;
  request.deadline = with.on().soon();
  requests_.ask(with, messages::find_user{from.row.id}, std::move(request),
                [this, owner, password, is_former,
                 began = requests_.operations()](result<messages::token_pair>& answer) {
                  if (!answer) return;
                  expect(!is_former, "a password that was replaced has opened a session");
                  opened(owner, password, began, *answer);
                });
}

void clients::opened(std::size_t owner, const std::string& password, std::uint64_t began,
                     const messages::token_pair& tokens) {
  const auto& from = people_[owner];
  auto made = std::make_unique<device>();
  const auto text = tokens.refresh_token.reveal();
  made->id = parse_refresh_token(text).value().session;
  made->number = devices_.size();
  made->owner = owner;
  made->password = password;
  made->tokens[1] = text;
  // The password may have been replaced while the answer was on its way.
  made->is_over = from.former.contains(password);
  made->may_have_ended = made->is_over || from.ends > 0 || from.last_end >= began;
  by_session_[made->id] = made.get();
  devices_.push_back(std::move(made));
}

void clients::validate(node& with, const std::string& where) {
  if (const auto* client = any_device()) validate(with, where, *client);
}

void clients::validate(node& with, const std::string& where, const device& of) {
  tell(where, "validates session " + std::to_string(of.number));
  const auto* client = &of;
  const auto roles = people_[client->owner].roles;
  requests_.ask(
      with, messages::find_session{client->id}, messages::validate{},
      [this, client, roles, was_over = client->is_over](result<messages::validation>& answer) {
        if (!answer)
          return expect(may_try_again(answer.error()) || client->may_have_ended,
                        "a live session was not found alive: ", client);
        expect(!was_over, "a session was found alive after its end had been answered");
        expect(!ended_long_ago(*client), "a session is found alive long after it has ended");
        const auto& later = people_[client->owner].roles;
        expect(roles.contains(answer->role) || later.contains(answer->role),
               "a session has the role \"" + answer->role + "\" that was replaced");
      });
}

void clients::open_socket(node& with, const std::string& where) {
  const auto* client = any_device();
  if (client == nullptr) return;
  tell(where, "opens a socket of session " + std::to_string(client->number));
  const auto epoch = with.on().env().trust->epoch();
  const auto socket = sockets_.open(with, client->id);
  requests_.ask(with, messages::find_session{client->id},
                messages::watch{sockets_.registry_of(with)},
                [this, socket, epoch](result<messages::validation>& answer) {
                  if (answer)
                    sockets_.looked(socket, epoch);
                  else
                    sockets_.close(socket);
                });
}

void clients::refresh(node& with, const std::string& where) {
  auto* client = any_device();
  if (client == nullptr) return;
  const auto counter = client->newest;
  tell(where, "refreshes session " + std::to_string(client->number) + " with token " +
                  std::to_string(counter));
  const messages::refresh request{parse_refresh_token(client->tokens.at(counter)).value(),
                                  author().client, with.on().soon()};
  ++client->refreshes;
  requests_.ask(
      with, messages::find_session{client->id}, request,
      [this, client, counter, was_over = client->is_over](result<messages::token_pair>& answer) {
        --client->refreshes;
        if (!answer)
          return expect(may_try_again(answer.error()) || client->may_have_ended ||
                            client->newest > counter + 1,
                        "a live session refused the newest token of its client: ", client);
        expect(!was_over, "a session was refreshed after its end had been answered");
        const std::string text{answer->refresh_token.reveal()};
        const auto given = parse_refresh_token(text).value().counter;
        expect(given == counter + 1, "a refresh with token " + std::to_string(counter) +
                                         " has given token " + std::to_string(given));
        const auto [known, is_new] = client->tokens.emplace(given, text);
        expect(known->second == text, "one token has two successors");
        // One of several that raced: the client keeps what it was given last of all.
        if (client->refreshes == 0) client->newest = std::max(client->newest, given);
      },
      [client] { --client->refreshes; });
}

void clients::log_out(node& with, const std::string& where) {
  auto* client = any_device();
  if (client == nullptr) return;
  tell(where, "ends session " + std::to_string(client->number));
  client->may_have_ended = true;
  messages::revoke request{end_reason::logout, author().client, with.on().soon(), std::nullopt};
  requests_.ask(with, messages::find_session{client->id}, std::move(request),
                [this, client](result<messages::revoked>& answer) {
                  // AUTH003: somebody else has ended it, whose own answer may be on its way.
                  if (!answer) return;
                  client->is_over = true;
                  ask_everywhere([this, client](node& other, const std::string& there) {
                    validate(other, there, *client);
                  });
                });
}

std::vector<std::size_t> clients::begin_ends(std::size_t owner) {
  ++people_[owner].ends;
  std::vector<std::size_t> ending;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    if (devices_[i]->owner != owner) continue;
    devices_[i]->may_have_ended = true;
    ending.push_back(i);
  }
  return ending;
}

void clients::end_ends(std::size_t owner, const std::vector<std::size_t>& ended, bool is_acked) {
  --people_[owner].ends;
  people_[owner].last_end = requests_.operations();
  if (!is_acked || ended.empty()) return;
  for (const auto i : ended)
    devices_[i]->is_over = true;
  ask_everywhere([this, one = devices_[*any_of(ended)].get()](
                     node& other, const std::string& there) { validate(other, there, *one); });
}

void clients::end_all(node& with, const std::string& where) {
  const auto owner = any_person();
  tell(where, "ends all sessions of user " + std::to_string(owner));
  messages::end_sessions request;
  request.reason = "an incident";
  request.author = author();
  request.deadline = with.on().soon();
  requests_.ask(
      with, messages::find_user{people_[owner].row.id}, std::move(request),
      [this, owner, ending = begin_ends(owner)](auto& answer) {
        end_ends(owner, ending, answer.has_value());
      },
      [this, owner] { end_ends(owner, {}, false); });
}

// -- the end -----------------------------------------------------------------------------------

void clients::check_all(place at, node& with) {
  const auto where = " (at node " + std::to_string(at) + ")";
  for (const auto& each : devices_) {
    const auto row = with.on().stored(each->id);
    const auto name = "session " + std::to_string(each->number);
    if (!row) {
      expect(false, name + " that was opened is not in the store" + where);
      continue;
    }
    const bool is_over = row->ended_at.has_value();
    expect(is_over || !each->is_over, name + " was ended, and is not in the store" + where);
    expect(!is_over || each->may_have_ended, "nobody asked for the end of " + name + where);
    expect(is_over || row->counter >= each->newest,
           name + " has an earlier counter in the store than was given" + where);
    requests_.ask(with, messages::find_session{each->id}, messages::validate{},
                  [this, is_over, name, where, role = row->user_role](auto& answer) {
                    expect(answer.has_value() != is_over,
                           "memory and store do not agree on " + name + where);
                    if (answer) expect(answer->role == role, "nor on the role of " + name + where);
                  });
  }
}

} // namespace latchkey::test::simulation

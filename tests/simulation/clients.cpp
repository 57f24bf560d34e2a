#include "tests/simulation/clients.hpp"

#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::test::simulation {
namespace {

/// Whether an error says that what was asked for may have happened, or may yet be asked for again.
bool may_try_again(const failure& error) {
  return error.code != error_code::token_invalid && error.code != error_code::invalid_credentials &&
         error.code != error_code::not_found;
}

std::string at_node(place at) {
  return "at node " + std::to_string(at) + ": ";
}

std::string word_of(error_code code) {
  return code == error_code::none ? "done" : std::string{name_of(code)};
}

} // namespace

clients::clients(world& of, actor_fixture& store, std::function<void(const visit&)> each_node,
                 std::function<void(const std::string&)> tell,
                 std::function<void(const std::string&)> blame)
    : world_(of), store_(store), each_node_(std::move(each_node)), tell_(std::move(tell)),
      blame_(std::move(blame)) {
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
      {&clients::sign_in, 5},     {&clients::validate, 16}, {&clients::refresh, 8},
      {&clients::log_out, 2},     {&clients::end_all, 1},   {&clients::change_password, 2},
      {&clients::change_role, 2}, {&clients::make_key, 1},  {&clients::use_key, 3},
      {&clients::revoke_key, 1}};
  std::size_t all = 0;
  for (const auto& [method, share] : deeds)
    all += share;
  auto drawn = world_.below(all);
  ++operations_;
  for (const auto& [method, share] : deeds) {
    if (drawn < share) return (this->*method)(with, at_node(at));
    drawn -= share;
  }
}

template <class Find, class Message>
void clients::ask(
    node& with, Find find, Message message,
    std::function<void(result<typename routed_request<Find, Message>::reply>&)> on_answer,
    std::function<void()> on_lost) {
  auto asked = std::make_shared<routed_request<Find, Message>>(with.on(), std::move(find),
                                                               std::move(message));
  auto is_over = [this, asked, number = operations_, on_answer = std::move(on_answer)] {
    const auto answer = asked->poll();
    if (!answer) return false;
    ++answered_;
    tell_("  " + std::to_string(number) + ": " + word_of(code_of(*answer)));
    on_answer(*answer);
    return true;
  };
  requests_.push_back({&with, std::move(is_over), std::move(on_lost)});
}

void clients::poll() {
  requests_.remove_if([](auto& each) { return !each.at->is_frozen() && each.is_over(); });
  for (const auto& question : std::exchange(follow_ups_, {}))
    each_node_([this, &question](place at, node& with) {
      ++operations_;
      question(with, at_node(at));
    });
}

void clients::lose(const node& gone) {
  requests_.remove_if([&gone](auto& each) {
    if (each.at != &gone) return false;
    each.on_lost();
    return true;
  });
}

clients::device* clients::any_device() {
  return devices_.empty() ? nullptr : devices_[world_.below(devices_.size())].get();
}

std::string clients::row_of(const device& client) {
  const auto row = store_.stored(client.id);
  if (!row) return "there is none";
  return "user " + std::to_string(client.owner) + ", counter " + std::to_string(row->counter) +
         ", seen " + std::to_string(row->seen) +
         (row->ended_at ? ", ended: " + store_.store.end_reason(client.id) : "");
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
  tell_(where + std::to_string(operations_) + " user " + std::to_string(owner) +
        " signs in with \"" + password + "\"");
  messages::authenticate request;
  request.password = secret{password};
  request.client = author().client;
  request.deadline = with.on().soon();
  ask(with, messages::find_user{from.row.id}, std::move(request),
      [this, owner, password, is_former,
       began = operations_](result<messages::token_pair>& answer) {
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
  devices_.push_back(std::move(made));
}

void clients::validate(node& with, const std::string& where) {
  if (const auto* client = any_device()) validate(with, where, *client);
}

void clients::validate(node& with, const std::string& where, const device& of) {
  tell_(where + std::to_string(operations_) + " validates session " + std::to_string(of.number));
  const auto* client = &of;
  const auto roles = people_[client->owner].roles;
  ask(with, messages::find_session{client->id}, messages::validate{},
      [this, client, roles, was_over = client->is_over](result<messages::validation>& answer) {
        if (!answer)
          return expect(may_try_again(answer.error()) || client->may_have_ended,
                        "a live session was not found alive: ", client);
        expect(!was_over, "a session was found alive after its end had been answered");
        const auto& later = people_[client->owner].roles;
        expect(roles.contains(answer->role) || later.contains(answer->role),
               "a session has the role \"" + answer->role + "\" that was replaced");
      });
}

void clients::refresh(node& with, const std::string& where) {
  auto* client = any_device();
  if (client == nullptr) return;
  const auto counter = client->newest;
  tell_(where + std::to_string(operations_) + " refreshes session " +
        std::to_string(client->number) + " with token " + std::to_string(counter));
  const messages::refresh request{parse_refresh_token(client->tokens.at(counter)).value(),
                                  author().client, with.on().soon()};
  ++client->refreshes;
  ask(
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
  tell_(where + std::to_string(operations_) + " ends session " + std::to_string(client->number));
  client->may_have_ended = true;
  messages::revoke request{end_reason::logout, author().client, with.on().soon(), std::nullopt};
  ask(with, messages::find_session{client->id}, std::move(request),
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
  people_[owner].last_end = operations_;
  if (!is_acked || ended.empty()) return;
  for (const auto i : ended)
    devices_[i]->is_over = true;
  ask_everywhere([this, one = devices_[*any_of(ended)].get()](
                     node& other, const std::string& there) { validate(other, there, *one); });
}

void clients::end_all(node& with, const std::string& where) {
  const auto owner = any_person();
  tell_(where + std::to_string(operations_) + " ends all sessions of user " +
        std::to_string(owner));
  messages::end_sessions request;
  request.reason = "an incident";
  request.author = author();
  request.deadline = with.on().soon();
  ask(
      with, messages::find_user{people_[owner].row.id}, std::move(request),
      [this, owner, ending = begin_ends(owner)](auto& answer) {
        end_ends(owner, ending, answer.has_value());
      },
      [this, owner] { end_ends(owner, {}, false); });
}

// -- passwords, roles and keys ---------------------------------------------------------------

void clients::change_password(node& with, const std::string& where) {
  const auto owner = any_person();
  auto& of = people_[owner];
  if (of.changes_of_password > 0) return;
  const auto current = *any_of(of.passwords);
  const auto next = "number " + std::to_string(++passwords_made_);
  tell_(where + std::to_string(operations_) + " user " + std::to_string(owner) + " replaces \"" +
        current + "\" by \"" + next + "\"");
  of.passwords.insert(next);
  ++of.changes_of_password;
  messages::change_password request;
  request.current = secret{current};
  request.next = secret{next};
  request.author = author();
  request.deadline = with.on().soon();
  ask(
      with, messages::find_user{of.row.id}, std::move(request),
      [this, owner, current, next, ending = begin_ends(owner)](result<messages::done>& answer) {
        end_ends(owner, ending, answer.has_value());
        auto& changed = people_[owner];
        --changed.changes_of_password;
        if (!answer) return;
        changed.former.merge(changed.passwords);
        changed.former.erase(next);
        changed.passwords = {next};
        // Opened meanwhile, by a password that is none any more.
        for (auto& each : devices_)
          if (each->owner == owner && each->password != next)
            each->is_over = each->may_have_ended = true;
        ask_everywhere([this, owner, current](node& other, const std::string& there) {
          sign_in(other, there, owner, current);
        });
      },
      [this, owner] {
        end_ends(owner, {}, false);
        --people_[owner].changes_of_password;
      });
}

void clients::change_role(node& with, const std::string& where) {
  const auto owner = any_person();
  auto& of = people_[owner];
  if (of.changes_of_role > 0) return;
  const std::string role = world_.one_in(2) ? "user" : "admin";
  tell_(where + std::to_string(operations_) + " gives user " + std::to_string(owner) +
        " the role " + role);
  of.roles.insert(role);
  ++of.changes_of_role;
  messages::update_user request;
  request.changes.role = role;
  request.author = author();
  request.deadline = with.on().soon();
  ask(
      with, messages::find_user{of.row.id}, std::move(request),
      [this, owner, role](result<messages::user_view>& answer) {
        --people_[owner].changes_of_role;
        if (!answer) return;
        people_[owner].roles = {role};
        const auto of_owner = [owner](const auto& each) { return each->owner == owner; };
        const auto one = std::find_if(devices_.rbegin(), devices_.rend(), of_owner);
        if (one == devices_.rend()) return;
        ask_everywhere([this, client = one->get()](node& other, const std::string& there) {
          validate(other, there, *client);
        });
      },
      [this, owner] { --people_[owner].changes_of_role; });
}

void clients::make_key(node& with, const std::string& where) {
  const auto owner = any_person();
  tell_(where + std::to_string(operations_) + " makes a key of user " + std::to_string(owner));
  messages::create_api_key request;
  request.name = "a key";
  request.scopes = {"profile:read"};
  request.author = author();
  request.deadline = with.on().soon();
  ask(with, messages::find_user{people_[owner].row.id}, std::move(request),
      [this, owner](result<messages::api_key_created>& answer) {
        if (!answer) return;
        const auto parsed = parse_opaque_key(api_key_kind, answer->text.reveal());
        people_[owner].keys[answer->key.id] = parsed.value().secret_hash;
      });
}

void clients::use_key(node& with, const std::string& where) {
  const auto owner = any_person();
  if (people_[owner].keys.empty()) return;
  use_key(with, where, owner, any_of(people_[owner].keys)->first);
}

void clients::use_key(node& with, const std::string& where, std::size_t owner, std::uint64_t id) {
  const auto hash = people_[owner].keys.at(id);
  tell_(where + std::to_string(operations_) + " uses a key of user " + std::to_string(owner));
  const bool was_revoked = people_[owner].revoked_keys.contains(id);
  ask(with, messages::find_user{people_[owner].row.id},
      messages::use_api_key{id, hash, with.on().soon()},
      [this, was_revoked](result<messages::api_key_use>& answer) {
        expect(!answer || !was_revoked, "a key was good after its end had been answered");
      });
}

void clients::revoke_key(node& with, const std::string& where) {
  const auto owner = any_person();
  if (people_[owner].keys.empty()) return;
  const auto id = any_of(people_[owner].keys)->first;
  tell_(where + std::to_string(operations_) + " revokes a key of user " + std::to_string(owner));
  messages::revoke_api_key request;
  request.id = id;
  request.author = author();
  request.deadline = with.on().soon();
  ask(with, messages::find_user{people_[owner].row.id}, std::move(request),
      [this, owner, id](auto& answer) {
        if (!answer && may_try_again(answer.error())) return;
        people_[owner].revoked_keys.insert(id);
        ask_everywhere([this, owner, id](node& other, const std::string& there) {
          use_key(other, there, owner, id);
        });
      });
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
    ask(with, messages::find_session{each->id}, messages::validate{},
        [this, is_over, name, where, role = row->user_role](auto& answer) {
          expect(answer.has_value() != is_over, "memory and store do not agree on " + name + where);
          if (answer) expect(answer->role == role, "nor on the role of " + name + where);
        });
  }
}

} // namespace latchkey::test::simulation

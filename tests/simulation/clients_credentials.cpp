// clients_credentials.cpp — what people do with their passwords, roles and keys.
#include "tests/simulation/clients.hpp"

#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::test::simulation {
namespace {

/// Whether it may be in the store all the same.
bool may_have_happened(const failure& error) {
  return error.code != error_code::quota_exceeded && error.code != error_code::not_found;
}

constexpr std::size_t keys_max = 3; // as node.cpp sets it

} // namespace

void clients::change_password(node& with, const std::string& where) {
  const auto owner = any_person();
  auto& of = people_[owner];
  if (of.changes_of_password > 0) return;
  const auto current = *any_of(of.passwords);
  const auto next = "number " + std::to_string(++passwords_made_);
  tell(where,
       "user " + std::to_string(owner) + " replaces \"" + current + "\" by \"" + next + "\"");
  of.passwords.insert(next);
  ++of.changes_of_password;
  messages::change_password request;
  request.current = secret{current};
  request.next = secret{next};
  request.author = author();
  request.deadline = with.on().soon();
  requests_.ask(
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
  tell(where, "gives user " + std::to_string(owner) + " the role " + role);
  of.roles.insert(role);
  ++of.changes_of_role;
  messages::update_user request;
  request.changes.role = role;
  request.author = author();
  request.deadline = with.on().soon();
  requests_.ask(
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
  tell(where, "makes a key of user " + std::to_string(owner));
  ++people_[owner].keys_in_doubt;
  messages::create_api_key request;
  request.name = "a key";
  request.caller.authenticated = {auth_method::password, with.on().env().now()};
  request.scopes = {"profile:read"};
  request.author = author();
  request.deadline = with.on().soon();
  requests_.ask(with, messages::find_user{people_[owner].row.id}, std::move(request),
                [this, owner, had = people_[owner]](result<messages::api_key_created>& answer) {
                  auto& of = people_[owner];
                  if (!answer) {
                    // All that there can have been at once.
                    const auto most = of.keys.size() - had.revoked_keys.size() + of.keys_in_doubt;
                    if (answer.error().code == error_code::quota_exceeded)
                      expect(most - 1 >= keys_max, "a key was refused below the limit");
                    if (!may_have_happened(answer.error())) --of.keys_in_doubt;
                    return;
                  }
                  --of.keys_in_doubt;
                  const auto parsed = parse_opaque_key(api_key_kind, answer->text.reveal());
                  of.keys[answer->key.id] = parsed.value().secret_hash;
                  expect(of.keys.size() - of.going_keys.size() <= keys_max,
                         "a user has more keys than allowed");
                });
}

void clients::use_key(node& with, const std::string& where) {
  const auto owner = any_person();
  if (people_[owner].keys.empty()) return;
  use_key(with, where, owner, any_of(people_[owner].keys)->first);
}

void clients::use_key(node& with, const std::string& where, std::size_t owner, std::uint64_t id) {
  const auto hash = people_[owner].keys.at(id);
  tell(where, "uses a key of user " + std::to_string(owner));
  const bool was_revoked = people_[owner].revoked_keys.contains(id);
  requests_.ask(with, messages::find_user{people_[owner].row.id},
                messages::use_api_key{id, hash, with.on().soon()},
                [this, was_revoked](result<messages::api_key_use>& answer) {
                  expect(!answer || !was_revoked, "a key was good after its end had been answered");
                });
}

void clients::revoke_key(node& with, const std::string& where) {
  const auto owner = any_person();
  if (people_[owner].keys.empty()) return;
  const auto id = any_of(people_[owner].keys)->first;
  tell(where, "revokes a key of user " + std::to_string(owner));
  people_[owner].going_keys.insert(id);
  messages::revoke_api_key request;
  request.id = id;
  request.shown = {auth_method::password, with.on().env().now()};
  request.author = author();
  request.deadline = with.on().soon();
  requests_.ask(with, messages::find_user{people_[owner].row.id}, std::move(request),
                [this, owner, id](auto& answer) {
                  if (!answer && may_try_again(answer.error())) return;
                  people_[owner].revoked_keys.insert(id);
                  ask_everywhere([this, owner, id](node& other, const std::string& there) {
                    use_key(other, there, owner, id);
                  });
                });
}

} // namespace latchkey::test::simulation

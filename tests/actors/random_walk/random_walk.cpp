#include "tests/actors/random_walk/random_walk.hpp"

#include "protocol/messages/identity.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t account_count = 3;

/// Whether an error says that what was asked for may have happened, or may yet be asked for again.
bool may_try_again(const failure& error) {
  return error.code != error_code::token_invalid && error.code != error_code::invalid_credentials;
}

} // namespace

random_walk::random_walk(std::uint64_t seed) : chance_(seed) {
  env().policy.login_failures = {1'000'000, 1};
  env().policy.login_failures_in_a_row_max = 0;
  for (std::size_t i = 0; i < account_count; ++i) {
    const auto password = "first password of " + std::to_string(i);
    account added;
    added.user = add_user("user" + std::to_string(i), "plain:" + password);
    added.passwords = {password};
    added.roles = {added.user.role};
    accounts_.push_back(std::move(added));
  }
}

void random_walk::expect(bool holds, const std::string& claim) {
  if (!holds) ADD_FAILURE() << "after step " << steps_.size() << ": " << claim;
}

void random_walk::run_steps(std::size_t count) {
  for (std::size_t i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    step();
    if (!one_in(3)) run(); // otherwise the next request comes before anybody has run
    poll_all();
  }
  settle();
  for (auto& client : devices_)
    check_session(*client);
  for (std::size_t i = 0; i < accounts_.size(); ++i)
    check_account(i);
}

void random_walk::step() {
  using act = void (random_walk::*)();
  // How often each comes, in proportion.
  static constexpr std::pair<act, std::size_t> acts[] = {{&random_walk::sign_in, 4},
                                                         {&random_walk::refresh, 10},
                                                         {&random_walk::reuse_a_token, 1},
                                                         {&random_walk::validate, 5},
                                                         {&random_walk::revoke, 2},
                                                         {&random_walk::end_all, 1},
                                                         {&random_walk::change_password, 2},
                                                         {&random_walk::change_role, 2},
                                                         {&random_walk::fail_commits, 3},
                                                         {&random_walk::turn_a_gate, 4},
                                                         {&random_walk::release_something, 14},
                                                         {&random_walk::leave_memory, 3},
                                                         {&random_walk::let_time_pass, 3}};
  std::size_t all = 0;
  for (const auto& [method, share] : acts)
    all += share;
  auto drawn = below(all);
  for (const auto& [method, share] : acts) {
    if (drawn < share) return (this->*method)();
    drawn -= share;
  }
}

template <class Find, class Message>
void random_walk::begin_request(
    Find find, Message message,
    std::function<void(result<typename routed_request<Find, Message>::reply>&)> on_answer) {
  auto request =
      std::make_shared<routed_request<Find, Message>>(*this, std::move(find), std::move(message));
  under_way_.push_back([request, on_answer = std::move(on_answer)] {
    const auto answer = request->poll();
    if (answer) on_answer(*answer);
    return answer != nullptr;
  });
}

void random_walk::poll_all() {
  under_way_.remove_if([](const auto& is_over) { return is_over(); });
}

// -- what clients ask ------------------------------------------------------------------------

void random_walk::sign_in() {
  const auto owner = below(accounts_.size());
  auto& owned = accounts_[owner];
  const bool is_former = !owned.former.empty() && one_in(4);
  const auto& from = is_former ? owned.former : owned.passwords;
  const auto password = *std::next(from.begin(), static_cast<std::ptrdiff_t>(below(from.size())));
  note("sign in user " + std::to_string(owner) + " with \"" + password + "\"");
  messages::authenticate request;
  request.password = secret{password};
  request.client = author().client;
  request.deadline = soon();
  begin_request(
      messages::find_user{owned.user.id}, std::move(request),
      [this, owner, is_former, began = steps_.size()](result<messages::token_pair>& answer) {
        if (!answer) return;
        expect(!is_former, "a former password has opened a session");
        auto opened = std::make_unique<device>();
        const auto text = answer->refresh_token.reveal();
        opened->id = parse_refresh_token(text).value().session;
        opened->number = devices_.size();
        opened->owner = owner;
        opened->tokens[1] = text;
        const auto& signed_in = accounts_[owner];
        opened->may_have_ended = signed_in.ends > 0 || signed_in.last_end >= began;
        devices_.push_back(std::move(opened));
      });
}

void random_walk::refresh() {
  auto* client = any_device();
  if (client == nullptr) return;
  // One that still waits asks with the same token again, as a second tab does.
  if (client->refreshes == 0) client->held = one_in(3) ? client->held : client->next;
  const auto counter = client->held;
  ++client->refreshes;
  note("refresh " + name_of(*client) + " with token " + std::to_string(counter));
  messages::refresh request{parse_refresh_token(client->tokens.at(counter)).value(),
                            author().client, soon()};
  begin_request(
      messages::find_session{client->id}, std::move(request),
      [this, client, counter, was = client->is_revoked](result<messages::token_pair>& answer) {
        --client->refreshes;
        refreshed(*client, counter, was, answer);
      });
}

void random_walk::refreshed(device& client, std::uint64_t counter, bool was_revoked,
                            const result<messages::token_pair>& answer) {
  if (!answer)
    return expect(may_try_again(answer.error()) || client.may_have_ended,
                  "a live session has refused the newest token of its client");
  expect(!was_revoked, "a revoked session has given tokens");
  const std::string text{answer->refresh_token.reveal()};
  const auto given = parse_refresh_token(text).value().counter;
  expect(given == counter + 1,
         "a refresh with token " + std::to_string(counter) + " has given " + std::to_string(given));
  const auto [known, is_new] = client.tokens.emplace(given, text);
  expect(known->second == text, "a retried refresh has given another successor");
  client.next = std::max(client.next, given);
}

void random_walk::reuse_a_token() {
  auto* client = any_device();
  if (client == nullptr || client->refreshes > 0 || client->held < 3) return;
  const auto counter = 1 + below(client->held - 2);
  note("reuse token " + std::to_string(counter) + " of " + name_of(*client));
  client->may_have_ended = true;
  messages::refresh request{parse_refresh_token(client->tokens.at(counter)).value(),
                            author().client, soon()};
  begin_request(messages::find_session{client->id}, std::move(request),
                [this, client](result<messages::token_pair>& answer) {
                  expect(!answer, "an old token has been exchanged again");
                  if (!answer && !may_try_again(answer.error())) client->is_revoked = true;
                });
}

void random_walk::validate() {
  auto* client = any_device();
  if (client == nullptr) return;
  note("validate " + name_of(*client));
  auto roles = accounts_[client->owner].roles;
  begin_request(
      messages::find_session{client->id}, messages::validate{},
      [this, client, roles, was = client->is_revoked](result<messages::validation>& answer) {
        if (!answer)
          return expect(may_try_again(answer.error()) || client->may_have_ended,
                        "a live session has not been found alive");
        expect(!was, "a revoked session has been found alive");
        const auto& later = accounts_[client->owner].roles;
        expect(roles.contains(answer->role) || later.contains(answer->role),
               "a session has a former role of its user");
      });
}

// -- what ends sessions ------------------------------------------------------------------------

void random_walk::revoke() {
  auto* client = any_device();
  if (client == nullptr) return;
  note("revoke " + name_of(*client));
  client->may_have_ended = true;
  messages::revoke request{end_reason::logout, author().client, soon(), std::nullopt};
  begin_request(messages::find_session{client->id}, std::move(request),
                [client](result<messages::revoked>& answer) {
                  if (answer || !may_try_again(answer.error())) client->is_revoked = true;
                });
}

std::vector<std::size_t> random_walk::sessions_that_end(std::size_t owner, const device* keep) {
  ++accounts_[owner].ends;
  std::vector<std::size_t> ending;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    if (devices_[i]->owner == owner && devices_[i].get() != keep) {
      devices_[i]->may_have_ended = true;
      ending.push_back(i);
    }
  return ending;
}

void random_walk::sessions_have_ended(std::size_t owner, const std::vector<std::size_t>& ended,
                                      bool is_acked) {
  --accounts_[owner].ends;
  accounts_[owner].last_end = steps_.size();
  for (const auto i : ended)
    if (is_acked) devices_[i]->is_revoked = true;
}

void random_walk::end_all() {
  const auto owner = below(accounts_.size());
  auto* keep = any_device();
  if (keep != nullptr && (keep->owner != owner || one_in(2))) keep = nullptr;
  note("end all sessions of user " + std::to_string(owner) +
       (keep == nullptr ? "" : " but " + name_of(*keep)));
  messages::end_sessions request;
  if (keep != nullptr) request.keep = keep->id;
  request.reason = "an incident";
  request.author = author();
  request.deadline = soon();
  begin_request(messages::find_user{accounts_[owner].user.id}, std::move(request),
                [this, owner,
                 ended = sessions_that_end(owner, keep)](result<messages::sessions_ended>& answer) {
                  sessions_have_ended(owner, ended, answer.has_value());
                });
}

void random_walk::change_password() {
  const auto owner = below(accounts_.size());
  auto& owned = accounts_[owner];
  auto* keep = any_device();
  if (keep != nullptr && keep->owner != owner) keep = nullptr;
  const auto current = *std::next(owned.passwords.begin(),
                                  static_cast<std::ptrdiff_t>(below(owned.passwords.size())));
  const auto next = "password number " + std::to_string(++passwords_made_);
  note("change the password of user " + std::to_string(owner) + " to \"" + next + "\"");
  owned.passwords.insert(next);
  ++owned.changes_of_password;
  messages::change_password request;
  request.current = secret{current};
  request.next = secret{next};
  if (keep != nullptr) request.keep = keep->id;
  request.author = author();
  request.deadline = soon();
  begin_request(
      messages::find_user{owned.user.id}, std::move(request),
      [this, owner, next, ended = sessions_that_end(owner, keep)](result<messages::done>& answer) {
        sessions_have_ended(owner, ended, answer.has_value());
        auto& changed = accounts_[owner];
        --changed.changes_of_password;
        // Others under way may have replaced it already.
        if (!answer || changed.changes_of_password > 0) return;
        changed.former.merge(changed.passwords);
        changed.former.erase(next);
        changed.passwords = {next};
      });
}

void random_walk::change_role() {
  auto& owned = any_account();
  const std::string role = one_in(2) ? "user" : "admin";
  note("give " + owned.user.username + " the role " + role);
  owned.roles.insert(role);
  messages::update_user request;
  request.changes.role = role;
  request.author = author();
  request.deadline = soon();
  begin_request(messages::find_user{owned.user.id}, std::move(request),
                [](result<messages::user_view>&) {});
}

// -- the end -----------------------------------------------------------------------------------

void random_walk::settle() {
  note("everything goes on");
  store.fail_next(commit_fault::none, 0);
  commits.hold_nothing();
  reads.hold_nothing();
  hashes.hold_nothing();
  while (commits.held() + reads.held() + hashes.held() > 0)
    release_something();
  // Longer than any deadline, and than the pause before what is in doubt is looked at again.
  for (int second = 0; second < 40; ++second) {
    run();
    poll_all();
    advance(1s);
  }
  expect(under_way_.empty(), std::to_string(under_way_.size()) + " requests have no answer");
}

void random_walk::check_session(device& client) {
  const auto id = name_of(client);
  const auto row = stored(client.id);
  ASSERT_TRUE(row) << id;
  const bool is_over = row->ended_at.has_value();
  expect(is_over || !client.is_revoked, "a revoked session has no end in the store: " + id);
  expect(!is_over || client.may_have_ended, "nobody asked for the end of session " + id);
  const auto found = ask(env().directories.front(), messages::find_session{client.id});
  result<messages::validation> alive = tl::unexpected<failure>(failure{error_code::token_invalid});
  if (found) alive = ask(*found, messages::validate{});
  expect(alive.has_value() != is_over, "memory and store do not agree on the end of " + id);
  if (is_over || !alive) return;
  expect(alive->role == row->user_role, "memory and store do not agree on the role of " + id);
  expect(row->counter >= client.next, "the store has an earlier counter than was given: " + id);
  // Its client never got the answers that came after `next`: it asks once more.
  const messages::refresh request{parse_refresh_token(client.tokens.at(client.next)).value(),
                                  author().client, soon()};
  refreshed(client, client.next, false, ask(*found, request));
}

void random_walk::check_account(std::size_t index) {
  auto& owned = accounts_[index];
  const auto row = store.open_reader()->find_user(owned.user.id).value().value();
  const std::string hash{row.password_hash.reveal()};
  const auto password = hash.substr(hash.find(':') + 1);
  expect(owned.passwords.contains(password), "nobody asked for the password that is stored");
  const auto found = ask(env().directories.front(), messages::find_user{owned.user.id});
  ASSERT_TRUE(found);
  const auto view = ask(*found, messages::describe_user{});
  ASSERT_TRUE(view);
  expect(view->role == row.role, "memory and store do not agree on a user's role");
  for (const auto& tried : owned.passwords) {
    messages::authenticate request;
    request.password = secret{tried};
    request.client = author().client;
    request.deadline = soon();
    const auto answer = ask(*found, std::move(request));
    expect(answer.has_value() == (tried == password),
           "memory and store do not agree on the password of user " + std::to_string(index));
  }
}

} // namespace latchkey::test

// clients.hpp — people whose requests go to all nodes at random, and what each may expect: the log
// of what was answered, against which every later answer is held.
#pragma once

#include "tests/simulation/requests.hpp"
#include "tests/simulation/sockets.hpp"

#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace latchkey::test::simulation {

class clients {
public:
  static constexpr std::size_t people_count = 4;

  /// Called with each node that serves.
  using visit = std::function<void(place, node&)>;
  /// `tell` hears a line of what happens, `blame` what must not be; `each_node` visits all that
  /// serve.
  clients(world& of, requests& asked, sockets& live, actor_fixture& store,
          std::function<void(const visit&)> each_node, std::function<void(const std::string&)> tell,
          std::function<void(const std::string&)> blame);

  /// Somebody asks that node something.
  void act(place at, node& with);
  /// Asks what is to be asked because of the answers that have come, and looks whether a socket
  /// may send what it may not.
  void follow_up();
  /// Whose they are: workflows are started by the same people.
  std::vector<user_id> people() const;

  /// When nothing fails any more: whether memory at that node agrees with the log.
  void check_all(place at, node& with);

private:
  struct person {
    user_record row;
    std::set<std::string> passwords;           // one of them is the password
    std::set<std::string> former;              // that were replaced
    std::size_t changes_of_password = 0;       // under way
    std::set<std::string> roles;               // one of them is the role
    std::size_t changes_of_role = 0;           // under way
    std::size_t ends = 0;                      // of all sessions: under way
    std::uint64_t last_end = 0;                // operation at which such a one was over last
    std::map<std::uint64_t, std::string> keys; // API keys by id: their secret's hash
    std::set<std::uint64_t> revoked_keys;      // for sure
    std::set<std::uint64_t> going_keys;        // that somebody has asked to revoke
    std::size_t keys_in_doubt = 0;             // that may have been made
  };
  struct device {
    session_id id;
    std::size_t number = 0;
    std::size_t owner = 0;
    std::string password;        // that opened it
    std::uint64_t newest = 1;    // counter of the newest token that its client was given
    std::size_t refreshes = 0;   // under way, all with `newest` of when they began
    bool may_have_ended = false; // somebody asked for it
    bool is_over = false;        // and was told that it is done
    std::map<std::uint64_t, std::string> tokens; // that were given, by counter
  };

  void sign_in(node& with, const std::string& where);
  void sign_in(node& with, const std::string& where, std::size_t owner,
               const std::string& password);
  void validate(node& with, const std::string& where);
  void validate(node& with, const std::string& where, const device& client);
  void refresh(node& with, const std::string& where);
  void log_out(node& with, const std::string& where);
  void end_all(node& with, const std::string& where);
  void change_password(node& with, const std::string& where);
  void change_role(node& with, const std::string& where);
  void open_socket(node& with, const std::string& where);
  void make_key(node& with, const std::string& where);
  void use_key(node& with, const std::string& where);
  void use_key(node& with, const std::string& where, std::size_t owner, std::uint64_t id);
  void revoke_key(node& with, const std::string& where);

  void opened(std::size_t owner, const std::string& password, std::uint64_t began,
              const messages::token_pair& tokens);
  /// Asks every node at once, for a change has just been answered.
  void ask_everywhere(std::function<void(node&, const std::string&)> question) {
    follow_ups_.push_back(std::move(question));
  }
  /// Of all sessions of a person: those that there are.
  std::vector<std::size_t> begin_ends(std::size_t owner);
  /// `is_acked`: those have ended for sure.
  void end_ends(std::size_t owner, const std::vector<std::size_t>& ended, bool is_acked);

  /// Of the operation that begins now, with a line of the log.
  void tell(const std::string& where, const std::string& what) {
    tell_(where + std::to_string(requests_.operations()) + " " + what);
  }
  std::size_t any_person() { return world_.below(people_.size()); }
  device* any_device();
  template <class Values>
  auto any_of(const Values& values) {
    return std::next(values.begin(), static_cast<std::ptrdiff_t>(world_.below(values.size())));
  }
  messages::author author() const { return {{"192.0.2.1", "curl", "req_1"}, {}}; }
  bool ended_long_ago(const device& client);
  /// What the store has of it, for a line of the log.
  std::string row_of(const device& client);
  /// Whether an error says that what was asked for may have happened, or may yet be asked for
  /// again.
  static bool may_try_again(const failure& error);
  /// `of`: the session whose row belongs to the claim.
  void expect(bool holds, const std::string& claim, const device* of = nullptr) {
    if (!holds) blame_(of == nullptr ? claim : claim + row_of(*of));
  }

  world& world_;
  requests& requests_;
  sockets& sockets_;
  actor_fixture& store_; // that of no node
  std::function<void(const visit&)> each_node_;
  std::function<void(const std::string&)> tell_;
  std::function<void(const std::string&)> blame_;
  std::vector<person> people_;
  std::vector<std::unique_ptr<device>> devices_;
  std::map<session_id, device*> by_session_;
  std::vector<std::function<void(node&, const std::string&)>> follow_ups_;
  std::size_t passwords_made_ = 0;
};

} // namespace latchkey::test::simulation

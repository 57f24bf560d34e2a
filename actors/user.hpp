// user.hpp — one user in use: profile and credentials. Everything about the user passes
// through here, one message after the other.
#pragma once

#include "actors/behave.hpp"
#include "actors/services.hpp"

#include <caf/stateful_actor.hpp>

namespace latchkey {

struct user_state {
  static inline const char* name = "user";

  /// How often a sign-in is begun anew because the hash was replaced under it.
  static constexpr std::size_t verifications_max = 3;

  user_actor::pointer self = nullptr;
  services_ptr with;
  user_record record;            // what the store knows
  std::size_t conversations = 0; // that have not been answered yet
  bool leaving = false;          // memory, for want of use
  time_point last_used{};

  caf::result<messages::token_pair> on_authenticate(messages::authenticate& request);
  caf::result<messages::user_view> on_describe(messages::describe_user&);
  void on_sweep(messages::sweep& sweep);

private:
  using sign_in = promise<messages::token_pair>;
  void check_password(const messages::authenticate& request, const sign_in& answer,
                      std::size_t attempt);
  void open_session(const messages::authenticate& request, const sign_in& answer);
  void hand_out_tokens(session_record session, const sign_in& answer);
  void keep_rehashed(const secret& phc, time_point deadline);
  void reload();
};

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, user_record record,
                               services_ptr with);

} // namespace latchkey

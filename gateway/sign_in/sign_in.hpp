// sign_in.hpp — signs a user in by password, without telling a stranger anything about the account.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

/// Opens a session for the right password. `login` is a username or an email. MFA_REQUIRED, with a
/// token for the second step, for a user with a second factor. AUTH001
/// for an unknown, inactive or wrong one, after the same work; the failure is audited, and
/// counts for the account and for the address: RATE_LIMITED when the latter has had too many.
awaitable<result<messages::token_pair>> sign_in(http::exchange& ex, std::string_view login,
                                                secret password, surface opened_by);

/// Counts how a sign-in ended, for the metrics.
void count_sign_in(const outcome_counters& counts, const result<messages::token_pair>& outcome);

/// Puts a refused proof on record in the audit log, and waits for that: a refusal is durable before
/// the client gets it. `owner` is the user that was named, if there is one; `why` is not shown to
/// the client.
awaitable<result<void>> audit_refusal(http::exchange& ex, std::string action,
                                      std::optional<user_id> owner, std::string why);

/// The failure, after it is on record under that action if it is a wrong password or code (AUTH001)
/// of somebody who is signed in; or why it could not be put there.
awaitable<failure> audited(http::exchange& ex, const principal& caller, std::string action,
                           failure refused);

/// Whose username or email this is; USER001 when nobody's.
awaitable<result<user_id>> owner_of(http::exchange& ex, std::string_view login);

/// The work of a wrong password or recovery passphrase, for a user that does not exist: OVERLOADED
/// and its like when it could not be done.
awaitable<result<void>> compare_with_nothing(http::exchange& ex, std::string_view login,
                                             secret password, bool is_passphrase = false);

/// One of the failures that LOGIN_FAILURE_LIMIT_ADDRESS allows the client's address: held
/// before any work and given back unless it was one, so that however many try at once no more
/// than the limit are ever compared.
class address_attempt {
public:
  /// RATE_LIMITED when none is left; that is noted in the exchange. OVERLOADED when one may be left
  /// as soon as an attempt that is under way turns out to be none.
  static awaitable<result<address_attempt>> begin(http::exchange& ex);
  address_attempt(address_attempt&&) noexcept = default;
  address_attempt& operator=(address_attempt&&) = delete;
  ~address_attempt();

  void was_wrong();

private:
  address_attempt() = default;
  std::shared_ptr<rate_limiter> limiter_; // nullptr: nothing to give back
  std::string key_;
  time_point window_; // that it is held in
};

} // namespace latchkey::gateway

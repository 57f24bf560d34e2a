// two_factors.hpp — a user who adds a second factor, for tests.
#pragma once

#include "one_user.hpp"

#include "protocol/tokens/totp.hpp"

#include <string>
#include <vector>

namespace latchkey::test {

struct two_factors : one_user {
  secret key;
  std::vector<secret> codes;
  session_id session;

  two_factors() {
    env().mails =
        std::make_shared<mail_writer>("https://auth.example.com", "", secret{std::string(32, 'k')});
    session = signed_in();
  }
  /// The session, as if those methods had been shown in it just now.
  messages::signed_in_session just_now(auth_methods by = auth_method::password) {
    return {session, {by, clock.now()}};
  }
  messages::signed_in_session of_both() {
    return just_now(auth_methods{auth_method::password}.with(auth_method::totp));
  }
  std::string code(int steps_ahead = 0) {
    return totp_code(key, totp_step_at(clock.now()) + steps_ahead);
  }
  result<messages::totp_enrolled> enrol(messages::signed_in_session caller) {
    return ask(actor, messages::enrol_totp{"phone", caller, author(), soon()});
  }
  result<messages::totp_confirmed> confirm(const std::string& with) {
    return ask(actor, messages::confirm_totp{secret{with}, just_now(), author(), soon()});
  }
  /// The factor is there, and its first step is used.
  void add_totp() {
    const auto enrolled = enrol(just_now());
    ASSERT_TRUE(enrolled);
    key = enrolled->key;
    auto confirmed = confirm(code());
    ASSERT_TRUE(confirmed);
    codes = std::move(confirmed->recovery_codes);
    advance(30s);
  }
  /// Whoever is not used so long leaves memory.
  void pass(std::chrono::microseconds time) {
    advance(time);
    actor = find(record.id).value();
  }
  /// The token that the password earns.
  mfa_token first_step(const std::string& password = "correct horse") {
    const auto answer = ask(actor, sign_in(password));
    EXPECT_EQ(code_of(answer), error_code::mfa_required);
    const auto& more = answer.error().more;
    const std::string before = "\"mfa_token\":\"";
    const auto at = more.find(before) + before.size();
    const auto text = more.substr(at, more.find('"', at) - at);
    return read_mfa_token(env().keys->sealing, text, clock.now()).value();
  }
  messages::finish_sign_in finish(mfa_token token, const std::string& with,
                                  auth_method method = auth_method::totp) {
    return {std::move(token), {method, secret{with}}, author().client, soon()};
  }
  /// There is a factor, and too many wrong codes in a row were shown for it. What a right one is
  /// answered then.
  failure lock_second_step() {
    add_totp();
    env().policy.login_failures_in_a_row_max = 3;
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(code_of(ask(actor, finish(first_step(), "000000"))),
                error_code::invalid_credentials);
    const auto refused = ask(actor, finish(first_step(), code()));
    EXPECT_EQ(code_of(refused), error_code::rate_limited);
    return refused ? failure{} : refused.error();
  }
  messages::step_up step(const std::string& with, auth_method method = auth_method::totp) {
    return {session, {method, secret{with}}, author(), soon()};
  }
  authentication authenticated(const session_id& of) {
    return ask(find(of).value(), messages::validate{}).value().authenticated;
  }
  session_id session_of(const messages::token_pair& tokens) {
    return parse_refresh_token(tokens.refresh_token.reveal()).value().session;
  }
};

} // namespace latchkey::test

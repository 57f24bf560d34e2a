#include "protocol/authentication.hpp"

namespace latchkey {

namespace {

constexpr std::uint8_t every_method = 2 * static_cast<std::uint8_t>(last_auth_method) - 1;

} // namespace

std::string_view to_string(auth_method method) noexcept {
  switch (method) {
  case auth_method::password:
    return "password";
  case auth_method::totp:
    return "totp";
  case auth_method::recovery_code:
    return "recovery_code";
  case auth_method::passkey:
  case auth_method::verified_passkey:
    return "passkey";
  }
  return {};
}

assurance_level auth_methods::level() const noexcept {
  using enum auth_method;
  const bool shows_possession = has(totp) || has(recovery_code) || has(passkey);
  const bool is_two_factors = has(verified_passkey) || (has(password) && shows_possession);
  return is_two_factors ? assurance_level::aal2 : assurance_level::aal1;
}

std::vector<std::string_view> auth_methods::amr() const {
  using enum auth_method;
  std::vector<std::string_view> words;
  if (has(password)) words.emplace_back("pwd");
  if (has(totp)) words.emplace_back("otp");
  if (has(recovery_code)) words.emplace_back("rcv");
  if (has(passkey) || has(verified_passkey)) words.emplace_back("pop");
  if (has(verified_passkey)) words.emplace_back("user");
  if (level() == assurance_level::aal2) words.emplace_back("mfa");
  return words;
}

auth_methods auth_methods::of_number(std::int64_t bits) noexcept {
  auth_methods out;
  out.bits_ = static_cast<std::uint8_t>(bits) & every_method;
  return out;
}

} // namespace latchkey

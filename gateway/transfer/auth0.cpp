// auth0.cpp — `mfa_factors` of a user, as Auth0 imports and migrates them.
#include "gateway/transfer/factor_forms.hpp"
#include "gateway/transfer/factor_values.hpp"

namespace latchkey::gateway::transfer {
namespace {

constexpr std::size_t mfa_factors_max = 16;

result<void> read_factor(input& in, user_factors& out, time_point now) {
  for (const auto* sent : {"phone", "email"})
    if (in.has(sent))
      return wrong(sent,
                   "is no second factor here: leave it out, and the user is not asked for it");
  auto read = read_required_object(in, "totp", [&](input& totp) -> result<void> {
    const auto text = totp.hidden("secret", 1, secret_chars_max);
    if (auto sound = totp.done(); !sound) return sound;
    auto key = secret_of_base32("secret", text);
    if (!key) return fail(key.error());
    auto app = make_app("secret", std::move(*key), "name", std::nullopt, now);
    if (!app) return fail(app.error());
    out.totp.push_back(std::move(*app));
    return {};
  });
  return read ? in.done() : read;
}

} // namespace

result<void> read_auth0(input& in, user_factors& out, time_point now) {
  return read_each(in, "mfa_factors", mfa_factors_max,
                   [&](input& item) { return read_factor(item, out, now); });
}

} // namespace latchkey::gateway::transfer

// account_access.cpp — where an account is signed in, and the keys that act for it.
#include "gateway/account/holdings.hpp"
#include "gateway/pages/account.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr std::size_t id_bytes_max = 64;
constexpr int key_days_max = 3660;

/// What was asked for, and the form as it was sent.
struct sent_key {
  wanted_key wanted;
  form shown;
};

sent_key read_key(const visit& v, const principal& caller, input& sent) {
  sent_key out;
  out.wanted.name = sent.text("name", 1, 4 * key_name_chars_max);
  out.shown = new_key_form(v, caller, out.wanted.name);
  const auto days = sent.optional_text("days", id_bytes_max).value_or("");
  for (auto& option : out.shown.options)
    option.is_chosen = option.value == days;
  for (auto& check : out.shown.checks) {
    check.is_chosen = sent.optional_text(check.name, id_bytes_max).has_value();
    if (check.is_chosen) out.wanted.scopes.push_back(check.label);
  }
  const bool is_number =
      !days.empty() && days.size() <= 4 && days.find_first_not_of("0123456789") == days.npos;
  const int count = is_number ? std::stoi(days) : -1;
  if (count < 0 || count > key_days_max)
    sent.problem("days", "must be a number of days");
  else if (count > 0)
    out.wanted.expires_at = edge_of(v.ex).env().now() + std::chrono::days{count};
  return out;
}

} // namespace

endpoint_answer take_session_end(visit& v, const principal& caller, input& sent) {
  const auto id = sent.text("session", 1, id_bytes_max);
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto ended = co_await end_own_session(v.ex, caller, id);
  // One that is over already is what was asked for.
  if (!ended && ended.error().code != error_code::not_found) co_return fail(ended.error());
  if (id == to_string(caller.session))
    co_return v.signed_out(caller.session, "/sign-in?done=signed_out");
  co_return go_to("/account?done=session_ended");
}

endpoint_answer take_end_of_others(visit& v, const principal& caller, input& sent) {
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto ended = co_await end_other_sessions(v.ex, caller);
  if (!ended) co_return fail(ended.error());
  co_return go_to("/account?done=others_ended");
}

endpoint_answer take_new_key(visit& v, const principal& caller, input& sent) {
  auto key = read_key(v, caller, sent);
  if (auto read = sent.done(); !read)
    co_return co_await refused_change(v, caller, std::move(key.shown), read.error());
  auto made = co_await make_own_key(v.ex, caller, std::move(key.wanted));
  if (!made)
    co_return co_await refused_change(v, caller, std::move(key.shown), std::move(made.error()));
  account_extras extras;
  extras.made = std::move(*made);
  co_return co_await account_answer(v, caller, std::move(extras));
}

endpoint_answer take_key_revocation(visit& v, const principal& caller, input& sent) {
  const auto id = sent.text("key", 1, id_bytes_max);
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto revoked = co_await revoke_own_key(v.ex, caller, id);
  if (!revoked && revoked.error().code != error_code::not_found) co_return fail(revoked.error());
  co_return go_to("/account?done=key_revoked");
}

} // namespace latchkey::gateway::pages

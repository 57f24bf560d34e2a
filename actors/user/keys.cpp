// keys.cpp — a user's API keys: made, listed, revoked, used. They are read when first
// needed and kept from then on; every change of them passes through here.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/cluster/announce.hpp"
#include "actors/limits/quota.hpp"
#include "actors/subscription/subscription.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <tuple>
#include <utility>

namespace latchkey {
namespace {

/// `last_used_at` is written at most so often.
constexpr std::chrono::seconds touched_every{60};
constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

using key_list = std::vector<api_key_record>;

bool is_before(const api_key_record& key, std::uint64_t id) {
  return key.id < id;
}

/// Of keys that are in the order of their ids, for there may be very many.
std::size_t index_of(const key_list& keys, std::uint64_t id) {
  const auto at = std::lower_bound(keys.begin(), keys.end(), id, is_before);
  return at == keys.end() || at->id != id ? nowhere : static_cast<std::size_t>(at - keys.begin());
}

void insert_by_id(key_list& keys, const api_key_record& key) {
  const auto at = std::lower_bound(keys.begin(), keys.end(), key.id, is_before);
  if (at == keys.end() || at->id != key.id) keys.insert(at, key);
}

/// As they are shown: oldest first.
key_list by_age(key_list keys) {
  std::ranges::sort(keys, [](const api_key_record& a, const api_key_record& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  return keys;
}

failure too_many_keys(std::size_t keys_max, time_point now) {
  const auto limit = static_cast<std::int64_t>(keys_max);
  auto out = quota_exceeded(api_keys_quota, limit, std::nullopt, now);
  out.field = api_keys_quota;
  out.reason = "the plan's number of keys is reached";
  return out;
}

} // namespace

task<messages::done> user_state::with_keys() {
  const auto read_them = [this] { return read_keys(); };
  while (!keys) {
    const auto outcome = co_await key_reads_.join(read_them, key_askers_max - 1);
    if (!outcome) co_return outcome.error();
  }
  co_return messages::done{};
}

task<messages::done> user_state::read_keys() {
  for (;;) {
    // However impatient the first asker is, the next are served by the same answer.
    const auto deadline = env->steady_now() + env->policy.internal_deadline;
    const auto changes_before = key_changes_;
    const storage::list_api_keys query{record.id, env->now()};
    auto found = co_await read(query, deadline);
    if (!found) co_return found.error();
    // It may be older than a change that was answered meanwhile.
    if (changes_before != key_changes_) continue;
    std::ranges::sort(*found, {}, &api_key_record::id);
    keys = std::move(*found);
    co_return messages::done{};
  }
}

void user_state::forget_keys() {
  ++key_changes_; // what is being read now may be older
  keys.reset();
}

void user_state::drop_expired_keys() {
  if (!keys) return;
  std::erase_if(*keys, [now = env->now()](const api_key_record& key) {
    return key.expires_at && *key.expires_at <= now;
  });
}

void user_state::drop_key(std::uint64_t id) {
  ++key_changes_;
  if (!keys) return;
  const auto index = index_of(*keys, id);
  if (index != nowhere) keys->erase(keys->begin() + static_cast<std::ptrdiff_t>(index));
}

std::string user_state::words_for_key(std::uint64_t id) const {
  const auto index = keys ? index_of(*keys, id) : nowhere;
  if (index == nowhere) return key_id_text(id); // it does not wait for a read
  const auto& key = (*keys)[index];
  return '"' + key.name + "\" (" + key.prefix + "...)";
}

// -- made and revoked -------------------------------------------------------------------

task<messages::api_key_created> user_state::on_create_key(messages::create_api_key request) {
  const auto granted = env->book->roles()->permissions_of(record.role);
  if (!granted->has_all(request.scopes))
    co_return fail(error_code::insufficient_permissions, "scopes",
                   "must be among the permissions of the key's owner");
  if (const auto recent = check_recent(request.caller.authenticated); !recent)
    co_return recent.error();
  if (const auto allowed = check_level_of(request); !allowed) co_return allowed.error();
  // Not beside what revokes all keys: one would be left.
  const auto turn = co_await take_turn(turnstile::kind::shared);
  if (!turn) co_return turn.error();
  const auto known = co_await with_keys();
  if (!known) co_return known.error();
  const storage::find_subscription query{record.id};
  const auto stored = co_await read(query, request.deadline);
  if (!stored) co_return stored.error();
  const auto bought = stored->value_or(default_subscription(record));
  const auto allowed = env->tiers.quota_of(tier_in_force(bought, env->now()), api_keys_quota).limit;
  const auto keys_max = static_cast<std::size_t>(
      std::clamp<std::int64_t>(allowed.value_or(api_keys_max), 0, std::int64_t{api_keys_max}));
  drop_expired_keys();
  if (keys && keys->size() >= api_keys_max) co_return too_many_keys(keys_max, env->now());
  co_return co_await create_key(request, keys_max);
}

/// A key must not do what its owner's session may not.
result<void> user_state::check_level_of(const messages::create_api_key& request) const {
  if (request.caller.authenticated.by.level() == assurance_level::aal2) return {};
  const auto& asking = env->policy.factors.permissions;
  const auto asks = [&asking](const std::string& scope) {
    return asking.has(scope) || (scope == "*" && !asking.words().empty());
  };
  const auto found = std::ranges::find_if(request.scopes, asks);
  if (found == request.scopes.end()) return {};
  return fail(needs_level(assurance_level::aal2, *found + " needs a second factor"));
}

task<messages::api_key_created> user_state::create_key(const messages::create_api_key& request,
                                                       std::size_t keys_max) {
  auto made = make_opaque_key(api_key_kind, record.id);
  const auto at = env->now();
  api_key_record key;
  key.id = made.key.id;
  key.user = record.id;
  key.name = request.name;
  key.prefix = std::move(made.prefix);
  key.secret_hash = std::move(made.key.secret_hash);
  key.scopes = request.scopes;
  key.created_at = at;
  key.expires_at = request.expires_at;
  auto entry = audit_entry("api_key.created", key_id_text(key.id), at, request.author, record.id);
  storage::add_api_key added{key, keys_max};
  if (!request.caller.id.is_nil()) added.session = request.caller.id;
  storage::unit unit{{std::move(added), storage::add_audit{std::move(entry)}}};
  const auto may = co_await may_notify("api_key_created");
  if (may.value_or(false))
    unit.facts.emplace_back(env->mails->api_key_created(record.email, key.name, key.prefix, at));
  const auto written = co_await commit(std::move(unit), request.deadline);
  if (!written) {
    const auto code = written.error().code;
    if (code == error_code::quota_exceeded) co_return too_many_keys(keys_max, at);
    if (code == error_code::outcome_unknown) forget_keys();
    co_return written.error();
  }
  ++key_changes_;
  announce_mail();
  if (env->cluster)
    forget_keys(); // another node may have revoked it meanwhile
  else if (keys)
    insert_by_id(*keys, key);
  const auto announced = co_await announce(*env, messages::user_changed{record.id});
  if (!announced) co_return announced.error();
  co_return messages::api_key_created{key, made.text};
}

task<messages::api_key_list> user_state::on_list_keys(messages::list_api_keys) {
  const auto known = co_await with_keys();
  if (!known) co_return known.error();
  drop_expired_keys();
  co_return messages::api_key_list{by_age(*keys)};
}

task<messages::done> user_state::on_revoke_key(messages::revoke_api_key request) {
  if (const auto recent = check_recent(request.shown); !recent) co_return recent.error();
  const auto may = co_await may_notify("api_key_revoked");
  const auto at = env->now();
  auto entry =
      audit_entry("api_key.revoked", key_id_text(request.id), at, request.author, record.id);
  storage::unit unit{
      {storage::revoke_api_key{request.id, record.id, at}, storage::add_audit{std::move(entry)}}};
  if (may.value_or(false))
    unit.facts.emplace_back(
        env->mails->api_key_revoked(record.email, words_for_key(request.id), at));
  const auto written = co_await commit(std::move(unit), request.deadline);
  if (!written) {
    const auto code = written.error().code;
    if (code == error_code::not_found) drop_key(request.id);
    if (code == error_code::outcome_unknown) forget_keys();
    // It may have been revoked by an attempt whose outcome nobody was told.
    (void)co_await announce(*env, messages::user_changed{record.id});
    co_return written.error();
  }
  announce_mail();
  drop_key(request.id);
  co_return co_await announce(*env, messages::user_changed{record.id});
}

// -- used -----------------------------------------------------------------------------------

task<messages::api_key_use> user_state::on_use_key(messages::use_api_key request) {
  if (!keys || in_doubt_) {
    const auto settled = co_await settle_in_doubt();
    if (!settled) co_return settled.error();
    const auto known = co_await with_keys();
    if (!known) co_return known.error();
  }
  co_return use_key(request);
}

result<messages::api_key_use> user_state::use_key(const messages::use_api_key& request) {
  const auto now = env->now();
  const auto index = keys ? index_of(*keys, request.id) : nowhere;
  if (!record.is_active || index == nowhere) return fail(error_code::token_invalid);
  auto& key = (*keys)[index];
  if (!equal_in_constant_time(key.secret_hash, request.secret_hash) || key.revoked_at ||
      (key.expires_at && *key.expires_at <= now))
    return fail(error_code::token_invalid);
  if (!key.last_used_at || now >= *key.last_used_at + touched_every) {
    key.last_used_at = now;
    // Nobody waits for it; it may be lost.
    caf::anon_send(env->writer_for(record.id),
                   messages::commit{{{storage::touch_api_key{key.id, now}}},
                                    env->steady_now() + env->policy.internal_deadline});
  }
  return messages::api_key_use{record.id, record.number, record.role, key.scopes};
}

} // namespace latchkey

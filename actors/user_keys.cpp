// user_keys.cpp — a user's API keys: made, listed, revoked, used. They are read when first
// needed and kept from then on; every change of them passes through here.
#include "actors/user.hpp"

#include "actors/audit_entry.hpp"
#include "actors/subscription.hpp"
#include "protocol/opaque_key.hpp"

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
std::size_t place_of(const key_list& keys, std::uint64_t id) {
  const auto at = std::lower_bound(keys.begin(), keys.end(), id, is_before);
  return at == keys.end() || at->id != id ? nowhere : static_cast<std::size_t>(at - keys.begin());
}

void put_in_place(key_list& keys, const api_key_record& key) {
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

} // namespace

void user_state::with_keys(std::function<void()> done, on_error failed) {
  if (keys) return done();
  if (key_askers_.size() >= key_askers_max) return failed(to_error(error_code::overloaded));
  key_askers_.push_back({std::move(done), std::move(failed)});
  if (key_askers_.size() == 1) read_keys();
}

void user_state::read_keys() {
  // However impatient the first asker is, the next are served by the same answer.
  read(
      storage::list_api_keys{record.id, with->now()},
      with->steady_now() + with->policy.internal_deadline,
      [this, before = key_changes_](std::vector<api_key_record>& found) {
        // It may be older than a change that was answered meanwhile.
        if (before != key_changes_) return read_keys();
        std::ranges::sort(found, {}, &api_key_record::id);
        keys = std::move(found);
        for (auto& asker : std::exchange(key_askers_, {}))
          asker.done();
      },
      [this](const caf::error& error) {
        for (auto& asker : std::exchange(key_askers_, {}))
          asker.failed(error);
      });
}

void user_state::forget_keys() {
  ++key_changes_; // what is being read now may be older
  keys.reset();
}

void user_state::drop_expired_keys() {
  if (!keys) return;
  std::erase_if(*keys, [now = with->now()](const api_key_record& key) {
    return key.expires_at && *key.expires_at <= now;
  });
}

// -- made and revoked -------------------------------------------------------------------

caf::result<messages::api_key_created>
user_state::on_create_key(messages::create_api_key& request) {
  if (!serves()) return gone();
  promise<messages::api_key_created> answer{self};
  const auto granted = with->book->roles()->permissions_of(record.role);
  if (!granted->has_all(request.scopes)) {
    answer.fail({error_code::insufficient_permissions, "scopes",
                 "must be among the permissions of the key's owner"});
    return answer;
  }
  const auto failed = [answer](const caf::error& error) { answer.deliver(error); };
  // Not beside what revokes all keys: one would be left.
  take_turn(turnstile::kind::together, answer, [this, request, answer, failed](const turn& mine) {
    with_keys(
        [this, request, answer, failed, mine] {
          read(
              storage::find_subscription{record.id}, request.deadline,
              [this, request, answer, mine](std::optional<subscription_record>& stored) {
                const auto bought = stored.value_or(default_subscription(record));
                create_key(request, tier_in_force(bought, with->now()), answer, mine);
              },
              failed);
        },
        failed);
  });
  return answer;
}

void user_state::create_key(const messages::create_api_key& request, std::string_view tier,
                            const promise<messages::api_key_created>& answer,
                            const turn& together) {
  const auto allowed = with->tiers.quota_of(tier, "api_keys").limit;
  const auto max = static_cast<std::size_t>(
      std::clamp<std::int64_t>(allowed.value_or(api_keys_max), 0, std::int64_t{api_keys_max}));
  const auto refuse = [answer, max] {
    failure why{error_code::quota_exceeded, "api_keys", "the plan's number of keys is reached"};
    why.more = R"("quota":"api_keys","limit":)" + std::to_string(max) + R"(,"resets_at":null)";
    answer.fail(why);
  };
  drop_expired_keys();
  if (keys && keys->size() >= api_keys_max) return refuse();

  auto made = make_opaque_key(api_key_kind, record.id);
  const auto at = with->now();
  api_key_record key;
  key.id = made.key.id;
  key.user = record.id;
  key.name = request.name;
  key.prefix = std::move(made.prefix);
  key.secret_hash = std::move(made.key.secret_hash);
  key.scopes = request.scopes;
  key.created_at = at;
  key.expires_at = request.expires_at;
  auto entry = audit_entry("api_key.created", key_id_text(key.id), at, request.who, record.id);
  storage::unit unit{
      {storage::add_api_key{key, max, request.session}, storage::add_audit{std::move(entry)}}};
  if (may_notify("api_key_created"))
    unit.facts.emplace_back(with->mails->api_key_created(record.email, key.name, key.prefix, at));
  commit(
      std::move(unit), request.deadline,
      [this, answer, key, text = made.text, together](storage::written&) {
        ++key_changes_;
        announce_mail();
        if (keys) put_in_place(*keys, key);
        answer.deliver(messages::api_key_created{key, text});
      },
      [this, answer, refuse, together](const caf::error& error) {
        const auto code = to_failure(error).code;
        if (code == error_code::quota_exceeded) return refuse();
        if (code == error_code::outcome_unknown) forget_keys();
        answer.deliver(error);
      });
}

caf::result<messages::api_key_list> user_state::on_list_keys(messages::list_api_keys&) {
  if (!serves()) return gone();
  promise<messages::api_key_list> answer{self};
  with_keys(
      [this, answer] {
        drop_expired_keys();
        answer.deliver(messages::api_key_list{by_age(*keys)});
      },
      [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

caf::result<messages::api_key_revoked>
user_state::on_revoke_key(messages::revoke_api_key& request) {
  if (!serves()) return gone();
  promise<messages::api_key_revoked> answer{self};
  const auto at = with->now();
  auto entry = audit_entry("api_key.revoked", key_id_text(request.id), at, request.who, record.id);
  const auto forget = [this, id = request.id] {
    ++key_changes_;
    if (!keys) return;
    const auto place = place_of(*keys, id);
    if (place != nowhere) keys->erase(keys->begin() + static_cast<std::ptrdiff_t>(place));
  };
  commit(
      {{storage::revoke_api_key{request.id, record.id, at}, storage::add_audit{std::move(entry)}}},
      request.deadline,
      [answer, forget](storage::written&) {
        forget();
        answer.deliver(messages::api_key_revoked{});
      },
      [this, answer, forget](const caf::error& error) {
        const auto code = to_failure(error).code;
        if (code == error_code::not_found) forget();
        if (code == error_code::outcome_unknown) forget_keys();
        answer.deliver(error);
      });
  return answer;
}

// -- used -----------------------------------------------------------------------------------

caf::result<messages::api_key_use> user_state::on_use_key(messages::use_api_key& request) {
  if (!serves()) return gone();
  if (keys && !doubt_) {
    auto used = use_key(request);
    if (!used) return to_error(used.error());
    return std::move(*used);
  }
  promise<messages::api_key_use> answer{self};
  settle_doubt([this, request, answer](const caf::error* doubtful) {
    if (doubtful != nullptr) return answer.deliver(*doubtful);
    with_keys(
        [this, request, answer] {
          auto used = use_key(request);
          if (used)
            answer.deliver(std::move(*used));
          else
            answer.fail(used.error());
        },
        [answer](const caf::error& error) { answer.deliver(error); });
  });
  return answer;
}

result<messages::api_key_use> user_state::use_key(const messages::use_api_key& request) {
  const auto now = with->now();
  const auto place = keys ? place_of(*keys, request.id) : nowhere;
  if (!record.is_active || place == nowhere) return fail(error_code::token_invalid);
  auto& key = (*keys)[place];
  if (!equal_in_constant_time(key.secret_hash, request.secret_hash) || key.revoked_at ||
      (key.expires_at && *key.expires_at <= now))
    return fail(error_code::token_invalid);
  if (!key.last_used_at || now >= *key.last_used_at + touched_every) {
    key.last_used_at = now;
    // Nobody waits for it; it may be lost.
    caf::anon_send(with->writer_for(record.id),
                   messages::commit{{{storage::touch_api_key{key.id, now}}},
                                    with->steady_now() + with->policy.internal_deadline});
  }
  return messages::api_key_use{record.id, record.number, record.role, key.scopes};
}

} // namespace latchkey

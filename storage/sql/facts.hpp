// facts.hpp — the facts that are not hot, each written once for both engines: straight lines
// of statements inside the transaction of whoever calls, one function a fact.
//
// Each answers why the fact lost, or nothing when it won. A fact that lost may have written
// rows; the caller takes them back.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/result.hpp"
#include "storage/sql/runner.hpp"

#include <optional>
#include <type_traits>
#include <variant>

namespace latchkey::storage::sql {

/// How many of `fact`'s first alternatives have a form of their own on each engine.
inline constexpr std::size_t hot_kinds = 8;
static_assert(
    std::is_same_v<std::variant_alternative_t<hot_kinds - 1, fact>, storage::touch_login>);

template <class Fact>
inline constexpr bool is_hot =
    std::is_same_v<Fact, storage::create_user> ||
    std::is_same_v<Fact, storage::set_password_hash> ||
    std::is_same_v<Fact, storage::create_session> ||
    std::is_same_v<Fact, storage::rotate_session> || std::is_same_v<Fact, storage::end_session> ||
    std::is_same_v<Fact, storage::end_sessions_of> || std::is_same_v<Fact, storage::add_audit> ||
    std::is_same_v<Fact, storage::touch_login>;

/// Writes any fact but a hot one.
std::optional<failure> write_cold(runner& on, const fact& what, written& note);

// -- users (user_facts.cpp) --------------------------------------------------------
std::optional<failure> write(runner& on, const storage::update_user& f, written& note);
std::optional<failure> write(runner& on, const storage::delete_user& f, written& note);

std::optional<failure> write(runner& on, const storage::count_password_failures& f, written& note);
std::optional<failure> write(runner& on, const storage::forget_password_failures& f, written& note);

// -- what names look like (skeleton_facts.cpp) -----------------------------------------
/// Adds the skeleton (protocol/text/name_look.hpp) of each username that lacks it. Of two that look
/// the same already both stay, and nobody else becomes the third.
void add_missing_skeletons(runner& on);

// -- recovery (recovery_facts.cpp) ---------------------------------------------------
std::optional<failure> write(runner& on, const storage::set_recovery& f, written& note);
std::optional<failure> write(runner& on, const storage::add_reset_token& f, written& note);
std::optional<failure> write(runner& on, const storage::use_reset_token& f, written& note);
std::optional<failure> write(runner& on, const storage::use_up_reset_tokens& f, written& note);
std::optional<failure> write(runner& on, const storage::remove_recovery& f, written& note);
std::optional<failure> write(runner& on, const storage::mark_used& f, written& note);

// -- sessions of other services (session_facts.cpp) ------------------------------------
std::optional<failure> write(runner& on, const storage::upsert_session& f, written& note);
std::optional<failure> write(runner& on, const storage::touch_session& f, written& note);

// -- what is over (session_facts.cpp) --------------------------------------------------
std::optional<failure> write(runner& on, const storage::forget_sessions& f, written& note);
std::optional<failure> write(runner& on, const storage::forget_audits& f, written& note);

// -- mail (mail_facts.cpp) -----------------------------------------------------------
std::optional<failure> write(runner& on, const storage::add_mail& f, written& note);
std::optional<failure> write(runner& on, const storage::lease_mail& f, written& note);
std::optional<failure> write(runner& on, const storage::settle_mail& f, written& note);
std::optional<failure> write(runner& on, const storage::drop_mails_to& f, written& note);

// -- roles, services, keys (registry_facts.cpp) ----------------------------------------
std::optional<failure> write(runner& on, const storage::add_role& f, written& note);
std::optional<failure> write(runner& on, const storage::update_role& f, written& note);
std::optional<failure> write(runner& on, const storage::remove_role& f, written& note);
std::optional<failure> write(runner& on, const storage::add_api_key& f, written& note);
std::optional<failure> write(runner& on, const storage::revoke_api_key& f, written& note);
std::optional<failure> write(runner& on, const storage::revoke_api_keys_of& f, written& note);
std::optional<failure> write(runner& on, const storage::touch_api_key& f, written& note);
std::optional<failure> write(runner& on, const storage::put_service& f, written& note);
std::optional<failure> write(runner& on, const storage::add_service_key& f, written& note);
std::optional<failure> write(runner& on, const storage::revoke_service_key& f, written& note);
std::optional<failure> write(runner& on, const storage::touch_service_key& f, written& note);

// -- subscriptions and projects (billing_facts.cpp) ------------------------------------
std::optional<failure> write(runner& on, const storage::put_stripe_subscription& f, written& note);
std::optional<failure> write(runner& on, const storage::put_subscription& f, written& note);
std::optional<failure> write(runner& on, const storage::add_stripe_event& f, written& note);
std::optional<failure> write(runner& on, const storage::spend_quota& f, written& note);
std::optional<failure> write(runner& on, const storage::add_project& f, written& note);
std::optional<failure> write(runner& on, const storage::update_project& f, written& note);
std::optional<failure> write(runner& on, const storage::remove_project& f, written& note);

// -- workflows (workflow_facts.cpp) ------------------------------------------------------
std::optional<failure> write(runner& on, const storage::add_workflow& f, written& note);
std::optional<failure> write(runner& on, const storage::add_workflow_status& f, written& note);
std::optional<failure> write(runner& on, const storage::forget_workflows& f, written& note);

/// Why a fact lost.
inline failure losing(error_code code, const char* field = "", const char* reason = "") {
  return {code, field, reason, 0};
}

} // namespace latchkey::storage::sql

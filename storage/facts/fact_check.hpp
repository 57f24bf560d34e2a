// fact_check.hpp — what a fact must look like to be written at all. Both engines refuse
// the same things, before any SQL: PostgreSQL would fail a whole statement over one row,
// and SQLite would take anything.
#pragma once

#include "protocol/permission.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <optional>

namespace latchkey::storage {

// In characters, as VARCHAR counts. Those of the documented columns are the document's.
constexpr std::size_t username_chars_max = 255;
constexpr std::size_t email_chars_max = 255;
constexpr std::size_t name_key_chars_max = 512;  // folding may lengthen a name
constexpr std::size_t name_key_bytes_max = 2048; // PostgreSQL's index entries end at 2704
constexpr std::size_t first_name_chars_max = 100;
constexpr std::size_t last_name_chars_max = 100;
constexpr std::size_t full_name_chars_max = 255;
constexpr std::size_t password_hash_chars_max = 255;
constexpr std::size_t role_chars_max = 50;
constexpr std::size_t client_id_chars_max = 100;
constexpr std::size_t tier_chars_max = 50;
constexpr std::size_t user_agent_chars_max = 8192;
constexpr std::size_t address_chars_max = 255;
constexpr std::size_t salt_bytes_max = 1024;
constexpr std::size_t end_reason_chars_max = 255;
constexpr std::size_t action_chars_max = 100;
constexpr std::size_t request_id_chars_max = 128;
constexpr std::size_t audit_reason_chars_max = 8192;
constexpr std::size_t audit_by_chars_max = 255;
constexpr std::size_t company_chars_max = 255;
constexpr std::size_t phone_chars_max = 50;
constexpr std::size_t avatar_url_chars_max = 500;
constexpr std::size_t preferences_bytes_max = 65536;
constexpr std::size_t passphrase_hash_chars_max = 255;
constexpr std::size_t secret_hash_chars_max = 64; // base64url of SHA-256 has 43
constexpr std::size_t key_name_chars_max = 100;
constexpr std::size_t key_prefix_chars_max = 32;
constexpr std::size_t role_description_chars_max = 500;
constexpr std::size_t service_chars_max = 64;
constexpr std::size_t mail_kind_chars_max = 50;
constexpr std::size_t recipient_chars_max = 255;
constexpr std::size_t sealed_bytes_max = std::size_t{1} << 20;
constexpr std::size_t subscription_status_chars_max = 50;
constexpr std::size_t payment_method_chars_max = 100;
constexpr std::size_t stripe_id_chars_max = 255;
constexpr std::size_t quota_chars_max = 64;
constexpr std::size_t project_name_chars_max = 255;
constexpr std::size_t project_description_chars_max = 65536;

/// VALIDATION_ERROR and the field when text is not UTF-8, holds a NUL or is too long, when
/// an id is nil or a number is out of range; empty when the fact can be written.
std::optional<failure> check_fact(const fact& what);
/// The first such failure among a unit's facts.
std::optional<failure> check_unit(const unit& facts);

} // namespace latchkey::storage

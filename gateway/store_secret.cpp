#include "gateway/store_secret.hpp"

#include "config/log.hpp"
#include "config/secret_strength.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/hmac.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace latchkey::gateway {
namespace {

constexpr std::string_view note_name = "signing_secrets"; // the last one is in use
constexpr std::size_t fingerprints_max = 16;
constexpr std::size_t fingerprint_bytes = 16;

std::string secret_path(const settings& configured) {
  return (std::filesystem::path(configured.data_dir) / "jwt_secret").string();
}

std::string fingerprint_of(const secret& key) {
  const auto mac = hmac_sha256(key, "latchkey: which secret signs, version 1");
  return to_hex(bytes_of(mac).substr(0, fingerprint_bytes));
}

std::vector<std::string> words_of(const std::string& note) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from < note.size();) {
    const auto space = std::min(note.find(' ', from), note.size());
    out.push_back(note.substr(from, space - from));
    from = space + 1;
  }
  return out;
}

std::string warning_of_another(secret_origin origin, bool is_made, const std::string& path) {
  const std::string ended = "every session of before has ended, and mails that still wait and "
                            "authenticator apps of before cannot be read";
  if (origin == secret_origin::setting)
    return "JWT_SECRET_KEY is not the secret that this store was used with: " + ended;
  if (origin == secret_origin::kept)
    return path + " is not the secret that this store was used with last: " + ended;
  if (!is_made)
    return path + " is missing: a start generates a new secret, but this store was used with "
                  "another one, so every session ends, and mails that still wait and authenticator "
                  "apps cannot be read. Put the old file back first";
  return path +
         " was missing and a new secret was generated, but this store was used with another "
         "one: " +
         ended + ". To undo it, stop, put the old file back, start";
}

/// Adds the fingerprint as that of the secret in use.
result<void> note_secret(storage::store& store, const secret& key) {
  const auto note = store.read_note(note_name);
  if (!note) return fail(note.error());
  auto known = words_of(note->value_or(""));
  const auto ours = fingerprint_of(key);
  if (!known.empty() && known.back() == ours) return {};
  std::erase(known, ours);
  known.push_back(ours);
  std::string text;
  for (std::size_t i = known.size() - std::min(known.size(), fingerprints_max); i < known.size();
       ++i)
    (text += text.empty() ? "" : " ") += known[i];
  return store.write_note(note_name, text);
}

} // namespace

secret_origin origin_of_secret(const settings& configured) {
  if (!configured.jwt_secret_key.empty()) return secret_origin::setting;
  std::error_code ignored;
  return std::filesystem::exists(secret_path(configured), ignored) ? secret_origin::kept
                                                                   : secret_origin::made;
}

std::string warning_of_placeholder(const settings& configured) {
  const auto& key = configured.jwt_secret_key;
  if (key.empty() || !looks_like_a_placeholder(key)) return "";
  return "JWT_SECRET_KEY looks like a placeholder: whoever guesses it can sign in as anybody. Set "
         "one such as `openssl rand -base64 48` prints";
}

result<std::string> compare_secret(storage::store& store, const std::optional<secret>& key,
                                   secret_origin origin, const settings& configured) {
  const auto note = store.read_note(note_name);
  if (!note) return fail(note.error());
  const auto known = words_of(note->value_or(""));
  const auto ours = key ? fingerprint_of(*key) : "";
  if (known.empty() || known.back() == ours) return "";
  const auto path = secret_path(configured);
  const bool is_new = std::ranges::find(known, ours) == known.end();
  if (origin == secret_origin::kept && is_new) {
    const auto live = store.has_live_sessions(system_clock_source().now());
    if (!live) return fail(live.error());
    if (*live)
      return fail(error_code::conflict, "DATA_DIR",
                  path +
                      " is not the secret that this store's sessions were opened with; it may "
                      "belong to another store. Put the right file in its place, or, to end "
                      "all sessions and go on without it, remove " +
                      path + " or set JWT_SECRET_KEY");
  }
  return warning_of_another(origin, key.has_value(), path);
}

result<std::string> compare_and_note_secret(storage::store& store, const secret& key,
                                            secret_origin origin, const settings& configured,
                                            another_secret is) {
  auto difference = compare_secret(store, key, origin, configured);
  if (!difference) return difference;
  if (!difference->empty() && is == another_secret::refused) return difference;
  if (const auto noted = note_secret(store, key); !noted) return fail(noted.error());
  return difference;
}

result<void> agree_on_secret(storage::store& store, const secret& key, secret_origin origin,
                             const settings& configured) {
  const auto placeholder_warning = warning_of_placeholder(configured);
  if (!placeholder_warning.empty()) log_warning("server", placeholder_warning);
  const auto warning =
      compare_and_note_secret(store, key, origin, configured, another_secret::accepted);
  if (!warning) return fail(warning.error());
  if (!warning->empty()) log_warning("server", *warning);
  return {};
}

} // namespace latchkey::gateway

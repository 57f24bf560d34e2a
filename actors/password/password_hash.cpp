// password_hash.cpp — PHC strings in and out, and libsodium in between.
#include "actors/password/password_hash.hpp"

#include "actors/password/foreign_hash.hpp"
#include "actors/password/password_hash_memory.hpp"
#include "actors/password/phc_number.hpp"
#include "protocol/text/opaque_string.hpp"
#include "protocol/text/password_policy.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <sodium.h>
#include <string>
#include <string_view>

namespace latchkey {
namespace {

constexpr std::string_view phc_prefix = "$argon2id$v=19$m=";
constexpr std::size_t phc_bytes_max = 256;
constexpr std::size_t salt_bytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t hash_bytes = 32;
static_assert(salt_bytes == 16);

using salt_type = std::array<unsigned char, salt_bytes>;
using hash_type = std::array<unsigned char, hash_bytes>;

struct stored_hash {
  argon2_cost cost;
  salt_type salt;
  hash_type hash;
};

std::string base64(const unsigned char* bytes, std::size_t size) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string text(sodium_base64_encoded_len(size, variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, variant);
  text.pop_back(); // its NUL
  return text;
}

/// Exactly as many bytes as `out` holds; libsodium refuses padding and unused bits.
template <std::size_t Size>
bool from_base64(std::string_view text, std::array<unsigned char, Size>& out) {
  std::size_t size = 0;
  return sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size,
                           nullptr, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
         size == out.size();
}

/// What this library writes and what others write with the same sizes; anything else is for
/// foreign_hash.
std::optional<stored_hash> parse_phc(std::string_view text) {
  if (text.size() > phc_bytes_max || !text.starts_with(phc_prefix)) return std::nullopt;
  text.remove_prefix(phc_prefix.size());
  auto memory_kib = take_number(text, ",t=");
  auto iterations = memory_kib ? take_number(text, ",p=") : std::nullopt;
  auto lanes = iterations ? take_number(text, "$") : std::nullopt;
  if (!lanes) return std::nullopt;
  stored_hash stored{{*memory_kib, *iterations, *lanes}, {}, {}};
  auto dollar = text.find('$');
  if (!check_cost(stored.cost) || dollar == std::string_view::npos ||
      !from_base64(text.substr(0, dollar), stored.salt) ||
      !from_base64(text.substr(dollar + 1), stored.hash))
    return std::nullopt;
  return stored;
}

/// Less memory, or less work in all: more of one does not make up for less memory.
bool is_lower(const argon2_cost& stored, const argon2_cost& today) {
  auto work = [](const argon2_cost& cost) {
    return std::uint64_t{cost.memory_kib} * cost.iterations;
  };
  return stored.memory_kib < today.memory_kib || work(stored) < work(today);
}

std::size_t memory_of(const argon2_cost& cost) {
  return std::size_t{cost.memory_kib} * 1024;
}

/// Once a process; libsodium chooses its code by the processor here.
bool sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

/// Below a block for each slice of a lane libsodium rounds down, to no less than this; the
/// mapping's size must be the one it asks for.
std::size_t mapping_bytes(const argon2_cost& cost) {
  return memory_of(cost) / 4096 * 4096;
}

tl::unexpected<failure> no_memory_to_hash() {
  return fail(error_code::overloaded, {}, "no memory to hash a password");
}

} // namespace

class password_hasher_engine::arena : public kept_mapping {
public:
  using kept_mapping::kept_mapping;

  bool compute(hash_type& out, const secret& password, const salt_type& salt,
               const argon2_cost& cost) {
    lending while_hashing{*this};
    auto text = password.reveal();
    return crypto_pwhash(out.data(), out.size(), text.data(), text.size(), salt.data(),
                         cost.iterations, memory_of(cost), crypto_pwhash_ALG_ARGON2ID13) == 0;
  }
};

result<void> check_cost(const argon2_cost& cost) {
  auto refuse = [](std::string field, std::string reason) {
    return fail(error_code::validation_error, std::move(field), std::move(reason));
  };
  if (cost.memory_kib < argon2_memory_kib_min || cost.memory_kib > argon2_memory_kib_max)
    return refuse("memory_kib", "Must be 8 to 262144");
  if (cost.iterations < 1 || cost.iterations > argon2_iterations_max)
    return refuse("iterations", "Must be 1 to 16");
  if (cost.lanes != 1) return refuse("lanes", "Must be 1");
  return {};
}

password_hasher_engine::password_hasher_engine(argon2_cost cost)
    : cost_(cost), arena_(std::make_unique<arena>(mapping_bytes(cost))) {}

password_hasher_engine::~password_hasher_engine() = default;
password_hasher_engine::password_hasher_engine(password_hasher_engine&&) noexcept = default;
password_hasher_engine&
password_hasher_engine::operator=(password_hasher_engine&&) noexcept = default;

result<secret> password_hasher_engine::hash(const secret& password) {
  if (auto checked = check_cost(cost_); !checked) return fail(std::move(checked.error()));
  if (password.reveal().size() > password_input_bytes_max)
    return fail(error_code::validation_error, "password", "Password must have at most 4096 bytes");
  if (!sodium_is_ready()) return fail(error_code::internal_error);

  salt_type salt;
  hash_type computed;
  randombytes_buf(salt.data(), salt.size());
  if (!arena_->compute(computed, opaque_string(password), salt, cost_)) return no_memory_to_hash();
  std::string phc{phc_prefix};
  phc += std::to_string(cost_.memory_kib) + ",t=" + std::to_string(cost_.iterations) + ",p=1$";
  phc += base64(salt.data(), salt.size()) + '$' + base64(computed.data(), computed.size());
  return secret{std::move(phc)};
}

result<verify_result> password_hasher_engine::verify(const secret& password, const secret& phc) {
  const auto prepared = opaque_string(password);
  auto found = verify_as_it_is(prepared, phc);
  if (!found || found->matches || prepared == password) return found;
  found = verify_as_it_is(password, phc);
  if (found && found->matches) found->needs_rehash = true;
  return found;
}

result<verify_result> password_hasher_engine::verify_as_it_is(const secret& password,
                                                              const secret& phc) {
  auto stored = parse_phc(phc.reveal());
  if (!stored) return verify_foreign(password, phc);
  if (password.reveal().size() > password_input_bytes_max) return verify_result{};
  if (!sodium_is_ready()) return fail(error_code::internal_error);
  hash_type computed;
  if (!arena_->compute(computed, password, stored->salt, stored->cost)) return no_memory_to_hash();
  bool matches = sodium_memcmp(computed.data(), stored->hash.data(), computed.size()) == 0;
  return verify_result{.matches = matches,
                       .needs_rehash = matches && is_lower(stored->cost, cost_)};
}

result<verify_result> password_hasher_engine::verify_foreign(const secret& password,
                                                             const secret& stored) {
  const auto foreign = foreign_hash::parse(stored.reveal());
  if (!foreign) {
    if (auto done = compute_nothing(password); !done) return fail(std::move(done.error()));
    return verify_result{.refused = true};
  }
  if (password.reveal().size() > password_input_bytes_max) return verify_result{};
  const auto matches = foreign->matches(password);
  if (!matches) return fail(matches.error());
  return verify_result{.matches = *matches, .needs_rehash = *matches};
}

bool is_password_hash(const secret& stored) {
  return parse_phc(stored.reveal()) || foreign_hash::parse(stored.reveal());
}

result<void> password_hasher_engine::verify_nothing(const secret& password) {
  const auto prepared = opaque_string(password);
  auto done = compute_nothing(prepared);
  if (done && prepared != password) done = compute_nothing(password);
  return done;
}

result<void> password_hasher_engine::compute_nothing(const secret& password) {
  if (password.reveal().size() > password_input_bytes_max) return {};
  if (!check_cost(cost_) || !sodium_is_ready()) return fail(error_code::internal_error);
  constexpr salt_type salt{};
  hash_type computed;
  if (!arena_->compute(computed, password, salt, cost_)) return no_memory_to_hash();
  return {};
}

void password_hasher_engine::release() noexcept {
  arena_->release();
}

std::uint64_t password_hasher_engine::mapping_uses() const noexcept {
  return arena_->uses();
}

} // namespace latchkey

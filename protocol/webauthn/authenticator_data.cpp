#include "protocol/webauthn/authenticator_data.hpp"

#include "protocol/tokens/sha256.hpp"
#include "protocol/webauthn/cbor.hpp"

namespace latchkey::webauthn {
namespace {

constexpr unsigned user_present_flag = 0x01;
constexpr unsigned user_verified_flag = 0x04;
constexpr unsigned backup_eligible_flag = 0x08;
constexpr unsigned backup_state_flag = 0x10;
constexpr unsigned attested_flag = 0x40;
constexpr unsigned extensions_flag = 0x80;

constexpr std::size_t fixed_bytes = sha256_bytes + 1 + 4;
constexpr std::size_t id_length_bytes = 2;

std::uint32_t big_endian(std::string_view bytes) noexcept {
  std::uint32_t number = 0;
  for (const unsigned char byte : bytes)
    number = number << 8U | byte;
  return number;
}

std::string_view take_front(std::string_view& rest, std::size_t size) noexcept {
  const auto front = rest.substr(0, size);
  rest.remove_prefix(size);
  return front;
}

/// Takes the attested credential off the front of `rest`.
tl::expected<attested_credential, refusal> take_attested(std::string_view& rest) {
  attested_credential out;
  if (rest.size() < aaguid_bytes + id_length_bytes)
    return refuse(refusal::malformed_authenticator_data);
  out.aaguid = take_front(rest, aaguid_bytes);
  const std::size_t id_bytes = big_endian(take_front(rest, id_length_bytes));
  if (id_bytes > credential_id_bytes_max) return refuse(refusal::long_credential_id);
  if (id_bytes == 0 || id_bytes > rest.size()) return refuse(refusal::malformed_authenticator_data);
  out.credential_id = take_front(rest, id_bytes);
  const auto key = read_cbor_prefix(rest);
  if (!key || key->item.kind != cbor_kind::map)
    return refuse(refusal::malformed_authenticator_data);
  out.public_key = take_front(rest, key->bytes);
  return out;
}

} // namespace

tl::expected<authenticator_data, refusal> parse_authenticator_data(std::string_view bytes) {
  if (bytes.size() < fixed_bytes) return refuse(refusal::malformed_authenticator_data);
  auto rest = bytes;
  authenticator_data out;
  out.rp_id_hash = take_front(rest, sha256_bytes);
  const unsigned flags = big_endian(take_front(rest, 1));
  const auto has = [flags](unsigned flag) { return (flags & flag) != 0; };
  out.is_user_present = has(user_present_flag);
  out.is_user_verified = has(user_verified_flag);
  out.is_backup_eligible = has(backup_eligible_flag);
  out.is_backed_up = has(backup_state_flag);
  out.sign_count = big_endian(take_front(rest, 4));
  if (has(attested_flag)) {
    const auto attested = take_attested(rest);
    if (!attested) return refuse(attested.error());
    out.attested = *attested;
  }
  if (has(extensions_flag)) {
    const auto extensions = read_cbor(rest);
    if (!extensions || extensions->kind != cbor_kind::map)
      return refuse(refusal::malformed_authenticator_data);
    out.extensions = take_front(rest, rest.size());
  }
  if (!rest.empty()) return refuse(refusal::malformed_authenticator_data);
  if (out.is_backed_up && !out.is_backup_eligible)
    return refuse(refusal::backed_up_but_not_eligible);
  return out;
}

} // namespace latchkey::webauthn

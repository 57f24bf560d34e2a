// json.cpp — reads a browser's answer member by member; the first fault is the one that is told.
#include "protocol/webauthn/json.hpp"

#include "protocol/text/json_text.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/authenticator_data.hpp"
#include "protocol/webauthn/cbor.hpp"
#include "protocol/webauthn/client_data.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey::webauthn {
namespace {

constexpr std::size_t response_depth_max = 16;
constexpr std::size_t transports_max = 16;
constexpr std::size_t authenticator_data_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t signature_bytes_max = 1024; // RSA's with 4096 bits takes 512

/// The members of one object of the answer.
class response_reader {
public:
  /// `path` is the object's own: "response.", or empty for the outermost.
  response_reader(std::string_view json, std::string path) : path_(std::move(path)) {
    auto members = json_members(json, response_depth_max);
    if (members)
      members_ = std::move(*members);
    else
      fail_at("", members.error());
  }

  const std::optional<failure>& fault() const noexcept { return fault_; }

  /// The JSON of a member that must be there and begin as `first` says; empty after a fault.
  std::string_view required(std::string_view name, char first, const char* kind) {
    const auto* value = find(name);
    if (value == nullptr) return fail_at(name, "is required");
    if (!value->starts_with(first)) return fail_at(name, kind);
    return *value;
  }
  std::string_view object(std::string_view name) {
    return required(name, '{', "must be an object");
  }
  std::string text(std::string_view name) {
    return json_string_content(required(name, '"', "must be a string"));
  }
  std::string bytes(std::string_view name, std::size_t bytes_max) {
    const auto chars = text(name);
    if (fault_) return {};
    auto decoded = base64url_decode(chars);
    if (!decoded)
      fail_at(name, "must be base64url without padding");
    else if (decoded->empty())
      fail_at(name, "must not be empty");
    else if (decoded->size() > bytes_max)
      fail_at(name, "is too long");
    return fault_ ? std::string{} : *std::move(decoded);
  }
  /// Nothing when it is missing, null or empty.
  std::optional<std::string> optional_bytes(std::string_view name, std::size_t bytes_max) {
    const auto* value = find(name);
    if (value == nullptr || *value == "null" || *value == "\"\"") return std::nullopt;
    return bytes(name, bytes_max);
  }
  /// None when it is missing.
  std::vector<std::string> texts(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    const auto list = nlohmann::json::parse(*value, nullptr, /*allow_exceptions*/ false);
    if (!list.is_array() || list.size() > transports_max) {
      fail_at(name, "must be a short list of strings");
      return {};
    }
    std::vector<std::string> out;
    for (const auto& entry : list) {
      const auto* text = entry.get_ptr<const nlohmann::json::string_t*>();
      if (text == nullptr) fail_at(name, "must be a short list of strings");
      if (text != nullptr) out.push_back(*text);
    }
    return out;
  }
  const std::string* find(std::string_view name) const noexcept {
    for (const auto& member : members_)
      if (member.name == name) return &member.value;
    return nullptr;
  }
  /// Keeps the first fault.
  std::string_view fail_at(std::string_view name, const char* reason) {
    auto field = path_ + std::string{name};
    if (field.ends_with('.')) field.pop_back();
    if (!fault_) fault_ = failure{error_code::validation_error, std::move(field), reason};
    return {};
  }

private:
  std::vector<json_member> members_;
  std::string path_;
  std::optional<failure> fault_;
};

/// What every answer has: PublicKeyCredential itself.
struct credential_members {
  std::string id;
  std::string_view response;
  std::string_view extensions; // clientExtensionResults
};

credential_members read_credential(response_reader& reader) {
  credential_members out;
  out.id = reader.bytes("rawId", credential_id_bytes_max);
  if (reader.text("id") != base64url_encode(out.id))
    reader.fail_at("id", "must be the same as rawId");
  if (reader.text("type") != "public-key") reader.fail_at("type", "must be public-key");
  out.extensions = reader.object("clientExtensionResults");
  out.response = reader.object("response");
  return out;
}

/// credProps.rk (section 10.1.3); a browser may leave out both.
std::optional<bool> discoverable_in(std::string_view extensions) {
  const auto results = nlohmann::json::parse(extensions, nullptr, /*allow_exceptions*/ false);
  const auto properties = results.find("credProps");
  if (properties == results.end() || !properties->is_object()) return std::nullopt;
  const auto rk = properties->find("rk");
  if (rk == properties->end() || !rk->is_boolean()) return std::nullopt;
  return rk->get<bool>();
}

tl::unexpected<failure> too_long() {
  return fail(error_code::validation_error, {}, "is too long");
}

} // namespace

result<registration_response> parse_registration_response(std::string_view json) {
  if (json.size() > response_json_bytes_max) return too_long();
  response_reader outer{json, {}};
  const auto credential = outer.fault() ? credential_members{} : read_credential(outer);
  if (outer.fault()) return fail(*outer.fault());
  response_reader inner{credential.response, "response."};
  registration_response out;
  if (!inner.fault()) {
    out.client_data_json = inner.bytes("clientDataJSON", client_data_bytes_max);
    out.attestation_object = inner.bytes("attestationObject", cbor_bytes_max);
    out.transports = inner.texts("transports");
  }
  if (inner.fault()) return fail(*inner.fault());
  out.credential_id = credential.id;
  out.is_discoverable = discoverable_in(credential.extensions);
  return out;
}

result<assertion_response> parse_assertion_response(std::string_view json) {
  if (json.size() > response_json_bytes_max) return too_long();
  response_reader outer{json, {}};
  const auto credential = outer.fault() ? credential_members{} : read_credential(outer);
  if (outer.fault()) return fail(*outer.fault());
  response_reader inner{credential.response, "response."};
  assertion_response out;
  if (!inner.fault()) {
    out.client_data_json = inner.bytes("clientDataJSON", client_data_bytes_max);
    out.authenticator_data = inner.bytes("authenticatorData", authenticator_data_bytes_max);
    out.signature = inner.bytes("signature", signature_bytes_max);
    out.user_handle = inner.optional_bytes("userHandle", user_handle_bytes_max);
  }
  if (inner.fault()) return fail(*inner.fault());
  out.credential_id = credential.id;
  return out;
}

} // namespace latchkey::webauthn

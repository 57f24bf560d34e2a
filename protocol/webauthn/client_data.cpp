#include "protocol/webauthn/client_data.hpp"

#include "protocol/text/json_text.hpp"
#include "protocol/text/text_codec.hpp"

#include <vector>

namespace latchkey::webauthn {
namespace {

constexpr std::size_t client_data_depth_max = 8;

class client_data_reader {
public:
  explicit client_data_reader(const std::vector<json_member>& members) noexcept
      : members_(members) {}

  bool is_wellformed() const noexcept { return is_wellformed_; }

  /// Nothing for a member that is missing or not a string; the latter is malformed.
  std::optional<std::string> text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->starts_with('"')) {
      is_wellformed_ = false;
      return std::nullopt;
    }
    return json_string_content(*value);
  }
  std::string required_text(std::string_view name) {
    auto read = text(name);
    if (!read) is_wellformed_ = false;
    return std::move(read).value_or(std::string{});
  }
  bool flag(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    if (*value != "true" && *value != "false") is_wellformed_ = false;
    return *value == "true";
  }

private:
  const std::string* find(std::string_view name) const noexcept {
    for (const auto& member : members_)
      if (member.name == name) return &member.value;
    return nullptr;
  }

  const std::vector<json_member>& members_;
  bool is_wellformed_ = true;
};

} // namespace

tl::expected<client_data, refusal> parse_client_data(std::string_view json) {
  if (json.size() > client_data_bytes_max) return refuse(refusal::malformed_client_data);
  // UTF-8 decode drops the mark (section 7.1, step 5).
  const auto members = json_members(without_byte_order_mark(json), client_data_depth_max);
  if (!members) return refuse(refusal::malformed_client_data);
  client_data_reader reader{*members};
  client_data out;
  out.type = reader.required_text("type");
  out.challenge = reader.required_text("challenge");
  out.origin = reader.required_text("origin");
  out.is_cross_origin = reader.flag("crossOrigin");
  out.top_origin = reader.text("topOrigin");
  if (!reader.is_wellformed()) return refuse(refusal::malformed_client_data);
  return out;
}

} // namespace latchkey::webauthn

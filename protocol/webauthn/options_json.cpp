// options_json.cpp — members stand in the order of the specification's dictionaries.
#include "protocol/text/json_writer.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/json.hpp"

#include <cstdint>

namespace latchkey::webauthn {
namespace {

constexpr std::string_view credential_type = "public-key"; // section 5.8.2: the only one

std::string_view name_of_requirement(requirement value) noexcept {
  switch (value) {
  case requirement::discouraged:
    return "discouraged";
  case requirement::preferred:
    return "preferred";
  case requirement::required:
    return "required";
  }
  return "preferred";
}

void write_descriptors(json_writer& writer, const std::vector<credential_descriptor>& credentials) {
  for (const auto& credential : credentials) {
    writer.begin_object().text("type", credential_type).text("id", base64url_encode(credential.id));
    if (!credential.transports.empty()) writer.texts("transports", credential.transports);
    writer.end_object();
  }
}

void write_algorithms(json_writer& writer, const std::vector<cose_algorithm>& algorithms) {
  writer.begin_list("pubKeyCredParams");
  for (const auto algorithm : algorithms)
    writer.begin_object()
        .text("type", credential_type)
        .number("alg", static_cast<std::int64_t>(algorithm))
        .end_object();
  writer.end_list();
}

} // namespace

std::string to_json(const creation_options& options) {
  std::string out;
  json_writer writer{out};
  writer.begin_object();
  writer.begin_object("rp").text("id", options.rp.id).text("name", options.rp.name).end_object();
  writer.begin_object("user")
      .text("id", base64url_encode(options.user.id))
      .text("name", options.user.name)
      .text("displayName", options.user.display_name)
      .end_object();
  writer.text("challenge", base64url_encode(options.challenge));
  write_algorithms(writer, options.algorithms);
  writer.number("timeout", options.timeout.count());
  writer.begin_list("excludeCredentials");
  write_descriptors(writer, options.excluded);
  writer.end_list();
  writer.begin_object("authenticatorSelection")
      .text("residentKey", name_of_requirement(options.resident_key))
      // For browsers that know Level 1 alone.
      .flag("requireResidentKey", options.resident_key == requirement::required)
      .text("userVerification", name_of_requirement(options.user_verification))
      .end_object();
  writer.text("attestation", "none");
  writer.begin_object("extensions").flag("credProps", true).end_object();
  writer.end_object();
  return out;
}

std::string to_json(const request_options& options) {
  std::string out;
  json_writer writer{out};
  writer.begin_object()
      .text("challenge", base64url_encode(options.challenge))
      .number("timeout", options.timeout.count())
      .text("rpId", options.rp_id)
      .begin_list("allowCredentials");
  write_descriptors(writer, options.allowed);
  writer.end_list()
      .text("userVerification", name_of_requirement(options.user_verification))
      .end_object();
  return out;
}

} // namespace latchkey::webauthn

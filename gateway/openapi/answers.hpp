// answers.hpp — the errors that operations have in common, as components of the description:
// one response for each set of codes with one status, with an example a code as the server
// itself renders it.
#pragma once

#include "gateway/openapi/document.hpp"
#include "gateway/openapi/fragments.hpp"
#include "protocol/error_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::openapi {

/// The first code of that name ("USER001"); nothing for a name that no code has.
std::optional<error_code> code_named(std::string_view name);

/// What a response's headers and errors depend on.
struct answer_traits {
  bool is_flat = false;    // errors of the service integration
  bool is_counted = false; // by a rate limit
};

/// References to the headers that every answer of that status has.
json headers_of(unsigned status, answer_traits traits);
/// `components/headers`.
json header_components();
/// `components/securitySchemes`.
json security_schemes();

class error_responses {
public:
  explicit error_responses(flat_renderer flat) : flat_(flat) {}

  /// A reference to the response for these codes, which have one status and are not none.
  json reference_for(const std::vector<error_code>& codes, answer_traits traits);
  /// The schema of its body: the envelope with one of these codes, or the flat form.
  static json schema_for(const std::vector<error_code>& codes, answer_traits traits);

  /// `components/responses` and `components/examples`: what was referred to.
  const json& responses() const noexcept { return responses_; }
  const json& examples() const noexcept { return examples_; }

private:
  std::string example_for(error_code code, answer_traits traits);

  flat_renderer flat_;
  json responses_ = json::object();
  json examples_ = json::object();
};

} // namespace latchkey::openapi

#include "gateway/http/message/content_coding.hpp"

#include "gateway/http/message/field_list.hpp"

namespace latchkey::http {

bool has_unread_coding(const request& in) noexcept {
  if (in.body.empty()) return false;
  return any_list_item(in, "Content-Encoding", [](std::string_view coding) {
    return !coding.empty() && !equal_ignoring_case(coding, "identity");
  });
}

failure coding_refusal() {
  return {error_code::unsupported_media_type, "Content-Encoding",
          "the body must not be encoded: leave content-encoding out, or send identity", 0};
}

void add_read_codings(response& answer) {
  answer.add("Accept-Encoding", "identity");
}

} // namespace latchkey::http

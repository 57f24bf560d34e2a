#include "storage/postgres/array_literal.hpp"

#include "protocol/text/text_codec.hpp"

#include <utility>

namespace latchkey::storage::postgres {

void array_literal::separate() {
  out_ += out_.empty() ? '{' : ',';
}

void array_literal::text(std::string_view value) {
  separate();
  out_ += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out_ += '\\';
    out_ += c;
  }
  out_ += '"';
}

void array_literal::bytes(std::string_view value) {
  separate();
  out_ += R"("\\x)";
  out_ += to_hex(value);
  out_ += '"';
}

void array_literal::number(std::int64_t value) {
  separate();
  out_ += std::to_string(value);
}

void array_literal::flag(bool value) {
  separate();
  out_ += value ? 't' : 'f';
}

void array_literal::null() {
  separate();
  out_ += "NULL";
}

void array_literal::text_or_null(const std::optional<std::string>& value) {
  if (value)
    text(*value);
  else
    null();
}

std::string array_literal::take() {
  if (out_.empty()) out_ += '{';
  out_ += '}';
  return std::exchange(out_, {});
}

} // namespace latchkey::storage::postgres

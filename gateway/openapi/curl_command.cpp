#include "gateway/openapi/curl_command.hpp"

#include <algorithm>
#include <array>

namespace latchkey::openapi {
namespace {

constexpr auto json_type = "application/json";
constexpr std::string_view next_line = " \\\n  ";

/// What opens a WebSocket (RFC 6455, section 4.1), with the key that is printed there.
constexpr std::array<std::string_view, 4> handshake_headers{
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="};

/// One word of a POSIX shell, whatever it holds.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  return out + "'";
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter || (c >= '0' && c <= '9') ||
        (c != '\0' && std::string_view{"-._~"}.find(c) != std::string_view::npos)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
  }
  return out;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The first type that the schema names; "string" when it names none.
std::string type_of(const json& schema) {
  const auto type = schema.find("type");
  if (type == schema.end()) return "string";
  return type->is_array() ? type->front().get<std::string>() : type->get<std::string>();
}

/// A value that the parameter takes.
std::string value_of(const json& document, const json& parameter) {
  if (parameter.contains("example")) return text_of(parameter.at("example"));
  const auto given = parameter.value("schema", json::object());
  const auto& schema = resolved(document, given);
  for (const auto* key : {"default", "const"})
    if (schema.contains(key)) return text_of(schema[key]);
  for (const auto* key : {"examples", "enum"})
    if (schema.contains(key) && !schema[key].empty()) return text_of(schema[key].front());
  const auto type = type_of(schema);
  if (type == "integer" || type == "number") return "1";
  if (type == "boolean") return "true";
  return "example";
}

/// The first example of a request body; a discarded value when there is none.
json example_of(const json& operation) {
  const auto body = operation.find("requestBody");
  if (body == operation.end()) return json::value_t::discarded;
  const auto& media = (*body).at("content").at(json_type);
  for (const auto& example : media.value("examples", json::object()))
    return example.at("value");
  return body->value("required", false) ? json::object() : json(json::value_t::discarded);
}

bool sets_cookie(const json& document, const json& operation) {
  const auto& responses = operation.at("responses");
  return std::any_of(responses.begin(), responses.end(), [&](const json& response) {
    return resolved(document, response).value("headers", json::object()).contains("Set-Cookie");
  });
}

/// Whether a good answer is a picture, which no terminal shows.
bool answers_with_picture(const json& operation) {
  const auto good = operation.at("responses").find("200");
  if (good == operation.at("responses").end() || !good->contains("content")) return false;
  return (*good).at("content").begin().key().starts_with("image/");
}

/// Puts a command together, word by word.
class command {
public:
  command(const json& document, const json& operation)
      : document_(document), operation_(operation) {}

  std::string of(const std::string& path, const std::string& verb);

private:
  void take_parameters();
  void take_credential();

  const json& document_;
  const json& operation_;
  std::string path_;
  std::string query_;
  std::string options_; // each on a line of its own
};

void command::take_parameters() {
  for (const auto& parameter : operation_.value("parameters", json::array())) {
    const auto name = parameter.value("name", "");
    const auto kind = parameter.value("in", "");
    const auto value = value_of(document_, parameter);
    if (kind == "path") {
      const auto hole = "{" + name + "}";
      if (const auto at = path_.find(hole); at != std::string::npos)
        path_.replace(at, hole.size(), percent_encoded(value));
    } else if (!parameter.value("required", false)) {
      continue;
    } else if (kind == "query") {
      query_ += (query_.empty() ? "?" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
    } else if (kind == "header") {
      (options_ += next_line) += "-H " + single_quoted(name + ": " + value);
    }
  }
}

/// The first of the ways to prove who calls.
void command::take_credential() {
  const auto security = operation_.value("security", json::array());
  if (security.empty() || security.front().empty()) return;
  const auto& name = security.front().begin().key();
  const auto& scheme = document_.at("components").at("securitySchemes").at(name);
  const auto variable = "$" + credential_variable(name);
  const auto kind = scheme.value("in", "");
  if (scheme.value("type", "") == "http")
    (options_ += next_line) += "-H \"Authorization: Bearer " + variable + "\"";
  else if (kind == "header")
    (options_ += next_line) += "-H \"" + scheme.value("name", "") + ": " + variable + "\"";
  else if (kind == "cookie")
    ((options_ += next_line) += "-b ") += cookie_file;
}

std::string command::of(const std::string& path, const std::string& verb) {
  path_ = path;
  take_parameters();
  take_credential();
  const bool is_upgrade = operation_.at("responses").contains("101");
  if (is_upgrade)
    for (const auto header : handshake_headers)
      (options_ += next_line) += "-H " + single_quoted(header);
  if (const auto body = example_of(operation_); !body.is_discarded()) {
    (options_ += next_line) += "-H 'Content-Type: application/json'";
    (options_ += next_line) += "-d " + single_quoted(body.dump());
  }
  if (sets_cookie(document_, operation_)) ((options_ += next_line) += "-c ") += cookie_file;

  std::string out = "curl -i";
  if (answers_with_picture(operation_)) out = "curl -D - -o picture";
  if (is_upgrade) out += " --http1.1 --max-time 2"; // the connection stays open
  if (verb != "get") {
    out += " -X ";
    for (const char c : verb)
      out += static_cast<char>(c - 'a' + 'A');
  }
  std::string base{origin_mark};
  if (operation_.contains("servers")) base = operation_.at("servers").front().value("url", base);
  return out + " " + single_quoted(base + path_ + query_) + options_;
}

} // namespace

const json& resolved(const json& document, const json& value) {
  if (!value.is_object() || !value.contains("$ref")) return value;
  return resolved(document,
                  document.at(json::json_pointer(value["$ref"].get<std::string>().substr(1))));
}

std::string credential_variable(std::string_view scheme) {
  if (scheme == "bearerAuth") return "ACCESS_TOKEN";
  if (scheme == "apiKeyAuth") return "API_KEY";
  return "SERVICE_KEY";
}

std::string curl_command(const json& document, const std::string& path, const std::string& verb,
                         const json& operation) {
  return command{document, operation}.of(path, verb);
}

} // namespace latchkey::openapi

#include "gateway/openapi/plain_page.hpp"

#include "gateway/openapi/curl_command.hpp"
#include "gateway/openapi/fragments.hpp"
#include "gateway/openapi/html.hpp"
#include "gateway/openapi/schema_html.hpp"

#include <algorithm>
#include <array>

namespace latchkey::openapi {
namespace {

constexpr int json_indent = 2;

/// The verbs in the order in which operations of one path are shown.
constexpr std::array<const char*, 5> verbs{"get", "post", "put", "patch", "delete"};

constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>latchkey API</title>
<link rel="icon" type="image/png" href="/favicon.ico">
<link rel="stylesheet" href="/docs/plain.css">
</head>
<body>
<main>
)";

constexpr std::string_view page_end = "</main>\n</body>\n</html>\n";

/// "Auth Service" as an anchor: "Auth_Service".
std::string anchor_of(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return escaped_html(name);
}

std::string block_html(std::string_view text, std::string_view kind) {
  return "<pre class=\"" + std::string{kind} + "\"><code>" + escaped_html(text) + "</code></pre>\n";
}

std::string example_html(const std::string& name, const json& value) {
  return "<details><summary>Example " + code_html(name) + "</summary>" +
         block_html(value.dump(json_indent), "json") + "</details>\n";
}

/// Writes one part of the page after another.
class page_writer {
public:
  explicit page_writer(const json& document) : document_(document) {}

  std::string page();

private:
  std::string introduction() const;
  std::string first_commands() const;
  std::string part(const json& tag) const;
  std::string operation(const std::string& path, const std::string& verb, const json& about) const;
  std::string credentials(const json& about) const;
  static std::string parameters(const json& about);
  std::string body(const json& content) const;
  std::string examples(const json& media) const;
  std::string answers(const json& about) const;
  std::string errors() const;
  std::string schemas() const;

  const json& document_;
};

std::string page_writer::introduction() const {
  const auto& info = document_.at("info");
  std::string out = "<h1>latchkey API</h1>\n<p>Version " + escaped_html(info.value("version", "")) +
                    " · <a href=\"/openapi.json\">the description for programs</a> (OpenAPI 3.1) "
                    "· <a href=\"/docs/core-manager\">the core manager's contract</a></p>\n" +
                    prose_html(info.value("description", "")) + "<nav><ul>\n";
  for (const auto& tag : document_.at("tags")) {
    const auto name = tag.value("name", "");
    out += "<li><a href=\"#" + anchor_of(name) + "\">" + escaped_html(name) + "</a></li>\n";
  }
  return out + "<li><a href=\"#errors\">Errors</a></li>\n"
               "<li><a href=\"#schemas\">Schemas</a></li>\n</ul></nav>\n";
}

/// How the shell variables of the commands get their values.
std::string page_writer::first_commands() const {
  const auto path = document_.at("paths").find("/auth/token");
  if (path == document_.at("paths").end() || !path->contains("post")) return {};
  auto sign_in = curl_command(document_, "/auth/token", "post", (*path).at("post"));
  sign_in.replace(0, std::string_view{"curl -i"}.size(), "curl -sS");
  return "<h2 id=\"credentials\">Credentials</h2>\n<p>The commands below take credentials from "
         "shell variables: " +
         code_html("ACCESS_TOKEN") + ", " + code_html("API_KEY") + " and " +
         code_html("SERVICE_KEY") + ". After a registration this command sets the first:</p>\n" +
         block_html("ACCESS_TOKEN=$(" + sign_in +
                        R"sed( | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'))sed",
                    "shell");
}

std::string page_writer::credentials(const json& about) const {
  std::string out;
  for (const auto& scheme : about.value("security", json::array())) {
    if (!out.empty()) out += " or ";
    if (scheme.empty()) {
      out += "nothing";
      continue;
    }
    const auto& shown = document_.at("components").at("securitySchemes").at(scheme.begin().key());
    out += phrase_html(shown.value("description", ""));
  }
  return out.empty() ? out : "<h4>Credentials</h4>\n<p>" + out + "</p>\n";
}

std::string page_writer::parameters(const json& about) {
  if (!about.contains("parameters")) return {};
  std::string out = "<h4>Parameters</h4>\n<table class=\"properties\">\n";
  for (const auto& parameter : about.at("parameters")) {
    out += "<tr><th scope=\"row\">" + code_html(parameter.value("name", "")) + " <small>" +
           escaped_html(parameter.value("in", ""));
    if (parameter.value("required", false)) out += ", required";
    out += "</small></th><td>" + schema_html(parameter.value("schema", json::object())) +
           prose_html(parameter.value("description", "")) + "</td></tr>\n";
  }
  return out + "</table>\n";
}

std::string page_writer::examples(const json& media) const {
  std::string out;
  const auto named = media.value("examples", json::object());
  for (const auto& [name, example] : named.items())
    out += example_html(name, resolved(document_, example).value("value", json{}));
  return out;
}

/// What a body may be, by its media type.
std::string page_writer::body(const json& content) const {
  std::string out;
  for (const auto& [type, media] : content.items())
    out += "<div>" + code_html(type) + ": " + type_html(media.value("schema", json::object())) +
           "</div>\n";
  // The same under every type.
  return content.empty() ? out : out + examples(content.begin().value());
}

std::string page_writer::answers(const json& about) const {
  std::string out = "<h4>Answers</h4>\n<table class=\"properties\">\n";
  for (const auto& [status, given] : about.at("responses").items()) {
    const bool is_shared = given.contains("$ref");
    const auto& answer = resolved(document_, given);
    out += "<tr><th scope=\"row\">" + code_html(status) + "</th><td>" +
           prose_html(answer.value("description", ""));
    const auto content = answer.value("content", json::object());
    // Errors are all alike: a section of their own shows one of each.
    if (is_shared)
      out += "<p><a href=\"#errors\">As all errors</a></p>";
    else
      out += body(content);
    out += "</td></tr>\n";
  }
  return out + "</table>\n";
}

std::string page_writer::operation(const std::string& path, const std::string& verb,
                                   const json& about) const {
  std::string out = "<details class=\"operation\" id=\"operation-" +
                    escaped_html(about.value("operationId", "")) + "\">\n<summary><b class=\"" +
                    verb + "\">" + verb + "</b> " + code_html(path) + " <span>" +
                    phrase_html(about.value("summary", "")) + "</span></summary>\n";
  out += prose_html(about.value("description", ""));
  if (about.contains("servers")) {
    const auto& server = about.at("servers").front();
    out += "<p>" + escaped_html(server.value("description", "")) + ": " +
           code_html(server.value("url", "")) + "</p>\n";
  }
  out += credentials(about) + parameters(about);
  if (about.contains("requestBody")) {
    const auto& request = about.at("requestBody");
    out += request.value("required", false) ? "<h4>Body</h4>\n" : "<h4>Body, optional</h4>\n";
    out += body(request.at("content"));
  }
  out += answers(about) + "<h4>Command</h4>\n" +
         block_html(curl_command(document_, path, verb, about), "shell curl");
  return out + "</details>\n";
}

/// The operations of one part of the API.
std::string page_writer::part(const json& tag) const {
  const auto name = tag.value("name", "");
  std::string out = "<section>\n<h2 id=\"" + anchor_of(name) + "\">" + escaped_html(name) +
                    "</h2>\n" + prose_html(tag.value("description", ""));
  for (const auto& [path, operations] : document_.at("paths").items())
    for (const auto* verb : verbs) {
      const auto found = operations.find(verb);
      if (found == operations.end() || (*found).at("tags").front() != name) continue;
      out += operation(path, verb, *found);
    }
  return out + "</section>\n";
}

std::string page_writer::errors() const {
  std::string out = "<section>\n<h2 id=\"errors\">Errors</h2>\n";
  for (const auto& [name, example] : document_.at("components").at("examples").items())
    out += "<details class=\"error\"><summary>" + code_html(name) + " <span>" +
           phrase_html(example.value("summary", "")) + "</span></summary>\n" +
           block_html(example.at("value").dump(json_indent), "json") + "</details>\n";
  return out + "</section>\n";
}

std::string page_writer::schemas() const {
  std::string out = "<section>\n<h2 id=\"schemas\">Schemas</h2>\n";
  for (const auto& [name, schema] : document_.at("components").at("schemas").items())
    out += "<h3 id=\"schema-" + escaped_html(name) + "\">" + escaped_html(name) + "</h3>\n" +
           schema_html(schema);
  return out + "</section>\n";
}

std::string page_writer::page() {
  std::string out{page_head};
  out += introduction();
  out += first_commands();
  for (const auto& tag : document_.at("tags"))
    out += part(tag);
  out += errors();
  out += schemas();
  return out += page_end;
}

} // namespace

result<std::string> plain_page(std::string_view description) {
  try {
    const auto document = json::parse(description);
    return page_writer{document}.page();
  } catch (const json::exception& problem) {
    return fail(error_code::internal_error, {},
                std::string{"the page of the API's description: "} + problem.what());
  }
}

} // namespace latchkey::openapi

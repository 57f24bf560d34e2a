#include "gateway/openapi/fragments.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace latchkey::openapi {
namespace {

result<void> broken(const embedded::file& file, std::string reason) {
  return fail(error_code::internal_error, {}, std::string{file.name} + ": " + std::move(reason));
}

/// The first key of an object that is none of `known`; empty when there is none.
std::string unknown_key(const json& object, std::initializer_list<std::string_view> known) {
  for (const auto& item : object.items())
    if (std::ranges::find(known, item.key()) == known.end()) return item.key();
  return {};
}

std::string unknown_key_of_operation(const json& words) {
  auto unknown = unknown_key(words, {"summary", "description", "security", "parameters",
                                     "requestBody", "responses", "errors"});
  if (unknown.empty() && words.contains("requestBody"))
    unknown = unknown_key(words["requestBody"], {"schema", "examples", "optional", "form"});
  for (const auto& answer : words.value("responses", json::object()))
    if (unknown.empty())
      unknown = unknown_key(answer, {"description", "schema", "type", "examples", "sets_cookie"});
  return unknown;
}

/// Puts the value in every "@name"'s place; the first name that is not there, else nothing.
std::string put_in_place(json& at, const json& examples) {
  if (at.is_string()) {
    const auto text = at.get<std::string>();
    if (!text.starts_with('@')) return {};
    const auto found = examples.find(text.substr(1));
    if (found == examples.end()) return text;
    at = *found;
    return {};
  }
  std::string missing;
  if (at.is_structured())
    for (auto& part : at)
      if (missing.empty()) missing = put_in_place(part, examples);
  return missing;
}

std::string put_examples_in_place(json& words, const json& examples) {
  std::string missing;
  const auto look = [&](json& holder) {
    if (missing.empty() && holder.contains("examples"))
      missing = put_in_place(holder["examples"], examples);
  };
  if (words.contains("requestBody")) look(words["requestBody"]);
  if (words.contains("responses"))
    for (auto& answer : words["responses"])
      look(answer);
  return missing;
}

/// Adds what `from` has; the first name that was there already, else nothing.
std::string merge(json& into, const json& from) {
  for (const auto& item : from.items()) {
    if (into.contains(item.key())) return item.key();
    into[item.key()] = item.value();
  }
  return {};
}

result<void> add(fragment_set& all, const embedded::file& file) {
  const auto read = json::parse(file.content, nullptr, /*allow_exceptions*/ false);
  if (!read.is_object()) return broken(file, "is not a JSON object");
  if (auto key = unknown_key(
          read, {"tag", "description", "operations", "examples", "parameters", "schemas"});
      !key.empty())
    return broken(file, "unknown key " + key);
  const auto tag = read.value("tag", std::string{});
  auto about = read.value("description", std::string{});
  if (tag.empty())
    all.about = std::move(about);
  else
    all.tags.emplace_back(tag, std::move(about));
  if (auto twice = merge(all.parameters, read.value("parameters", json::object())); !twice.empty())
    return broken(file, "parameter " + twice + " stands there twice");
  if (auto twice = merge(all.schemas, read.value("schemas", json::object())); !twice.empty())
    return broken(file, "schema " + twice + " stands there twice");
  const auto operations = read.value("operations", json::object());
  const auto examples = read.value("examples", json::object());
  for (const auto& item : operations.items()) {
    operation_words operation{tag, item.value()};
    if (auto key = unknown_key_of_operation(operation.words); !key.empty())
      return broken(file, item.key() + ": unknown key " + key);
    if (auto name = put_examples_in_place(operation.words, examples); !name.empty())
      return broken(file, item.key() + ": there is no example " + name);
    if (!all.operations.emplace(item.key(), std::move(operation)).second)
      return broken(file, "operation " + item.key() + " stands there twice");
  }
  return {};
}

} // namespace

result<fragment_set> read_fragments(std::span<const embedded::file> files) {
  fragment_set all;
  for (const auto& file : files) {
    try {
      if (auto added = add(all, file); !added) return fail(added.error());
    } catch (const json::exception& problem) { // a value of another type than expected
      auto refused = broken(file, problem.what());
      return fail(refused.error());
    }
  }
  return all;
}

} // namespace latchkey::openapi

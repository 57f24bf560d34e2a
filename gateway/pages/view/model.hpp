// model.hpp — the values that a template is filled with, by name. They are text, never HTML: the
// template engine escapes all of them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace latchkey::gateway::pages {

class model {
public:
  using value = std::variant<std::string, bool, std::vector<model>>;

  /// `{{name}}`; as a section it stands for itself unless it is empty.
  model& text(std::string name, std::string content) {
    values_.insert_or_assign(std::move(name), std::move(content));
    return *this;
  }
  /// `{{#name}}…{{/name}}` and `{{^name}}…{{/name}}`.
  model& flag(std::string name, bool holds) {
    values_.insert_or_assign(std::move(name), holds);
    return *this;
  }
  /// A section, once for each item. A name that an item does not have is looked for around it.
  model& list(std::string name, std::vector<model> items) {
    values_.insert_or_assign(std::move(name), std::move(items));
    return *this;
  }
  /// A section with values of its own.
  model& part(std::string name, model content) {
    std::vector<model> one;
    one.push_back(std::move(content));
    return list(std::move(name), std::move(one));
  }

  const std::map<std::string, value>& values() const noexcept { return values_; }

private:
  std::map<std::string, value> values_;
};

} // namespace latchkey::gateway::pages

#include "gateway/pages/view/template.hpp"

#include "gateway/docs_assets/embedded.hpp"

#include <kainjow/mustache.hpp>
#include <map>
#include <memory>
#include <stdexcept>

namespace latchkey::gateway::pages {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

constexpr std::string_view template_ending = ".html";

data data_of(const model& values);

data data_of(const model::value& value) {
  // To this engine an empty text is one that is there.
  if (const auto* text = std::get_if<std::string>(&value))
    return text->empty() ? data{false} : data{*text};
  if (const auto* flag = std::get_if<bool>(&value)) return data{*flag};
  data list{data::type::list};
  for (const auto& item : std::get<std::vector<model>>(value))
    list.push_back(data_of(item));
  return list;
}

data data_of(const model& values) {
  data object{data::type::object};
  for (const auto& [name, value] : values.values())
    object.set(name, data_of(value));
  return object;
}

data data_of(const texts& words) {
  data all{data::type::object};
  for (const auto& [key, text] : words.all())
    all.set(key, data{text});
  data root{data::type::object};
  root.set("t", all);
  return root;
}

std::string content_of(std::string_view name) {
  for (const auto& file : embedded::pages())
    if (file.name == name) return std::string{file.content};
  throw std::logic_error{"there is no template " + std::string{name}};
}

/// What templates are looked up in: the values of the page, then the texts; and other templates.
class page_scope : public kainjow::mustache::context<std::string> {
public:
  page_scope(const data& words, const data& values) {
    push(&words);
    push(&values);
  }
  const data* get_partial(const std::string& name) const override {
    auto& known = partials_[name];
    if (!known)
      known = std::make_unique<data>(kainjow::mustache::partial{
          [name] { return content_of(name + std::string{template_ending}); }});
    return known.get();
  }

private:
  mutable std::map<std::string, std::unique_ptr<data>> partials_;
};

/// Parsed once in each thread: rendering is not const in this engine.
mustache& parsed(std::string_view name) {
  thread_local std::map<std::string, mustache, std::less<>> known;
  auto found = known.find(name);
  if (found == known.end())
    found = known.emplace(std::string{name}, mustache{content_of(name)}).first;
  if (!found->second.is_valid())
    throw std::logic_error{std::string{name} + ": " + found->second.error_message()};
  return found->second;
}

} // namespace

std::string fill(std::string_view name, const texts& words, const model& values) {
  thread_local std::map<const texts*, data> languages;
  auto language = languages.find(&words);
  if (language == languages.end()) language = languages.emplace(&words, data_of(words)).first;
  const auto content = data_of(values);
  page_scope scope{language->second, content};
  return parsed(name).render(scope);
}

} // namespace latchkey::gateway::pages

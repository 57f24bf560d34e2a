#include "gateway/pages/view/form.hpp"

#include <algorithm>

namespace latchkey::gateway::pages {
namespace {

constexpr std::string_view password_type = "password";

std::string id_of(const form& shown, std::string_view field) {
  return shown.id + "-" + std::string{field};
}

const form_field* find_field(const form& shown, std::string_view name) {
  const auto found = std::ranges::find(shown.fields, name, &form_field::name);
  return found == shown.fields.end() ? nullptr : &*found;
}

model model_of_field(const texts& words, const form& shown, const form_field& field,
                     const std::optional<problem>& wrong) {
  const bool is_wrong = wrong && wrong->field == field.name;
  const bool is_secret = field.type == password_type;
  const auto id = id_of(shown, field.name);
  std::string described;
  if (!field.hint.empty()) described = id + "-hint";
  if (is_wrong) described += (described.empty() ? "" : " ") + id + "-error";
  model out;
  out.text("id", id)
      .text("name", field.name)
      .text("label", field.label)
      .text("type", field.type)
      .text("autocomplete", field.autocomplete)
      .text("value", is_secret ? std::string{} : field.value)
      .text("hint", field.hint)
      .text("described_by", described)
      .flag("is_secret", is_secret)
      .flag("is_required", field.is_required)
      .flag("is_optional", !field.is_required)
      .flag("is_wrong", is_wrong)
      .flag("is_english", is_wrong && wrong->is_english)
      .text("wrong", is_wrong ? wrong->text : std::string{})
      .text("show", words["show_password"])
      .text("hide", words["hide_password"]);
  return out;
}

std::vector<model> models_of_choices(const form& shown, const std::vector<form_choice>& choices) {
  std::vector<model> out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& one = choices[i];
    out.emplace_back()
        .text("id", id_of(shown, "choice-" + std::to_string(i)))
        .text("name", one.name)
        .text("value", one.value)
        .text("label", one.label)
        .flag("is_chosen", one.is_chosen);
  }
  return out;
}

} // namespace

model model_of(const texts& words, const form& shown, const std::string& token,
               const std::optional<problem>& wrong) {
  std::vector<model> fields, hidden;
  for (const auto& field : shown.fields)
    fields.push_back(model_of_field(words, shown, field, wrong));
  for (const auto& [name, value] : shown.hidden)
    hidden.emplace_back().text("name", name).text("value", value);
  model out;
  out.text("action", shown.action)
      .text("token", token)
      .text("submit", shown.submit)
      .text("submit_label", shown.submit_label)
      .text("password_of", shown.username)
      .flag("is_grave", shown.is_grave)
      .flag("is_quiet", shown.is_quiet)
      .text("passkey", shown.passkey)
      .text("passkey_options", shown.passkey_options)
      .text("passkey_failed", shown.passkey.empty() ? std::string{} : words["passkey_failed"])
      .text("unknown_credential", shown.unknown_credential)
      .flag("tries_unattended", shown.tries_unattended)
      .list("fields", std::move(fields))
      .list("hidden", std::move(hidden))
      .text("select_id", id_of(shown, shown.select_name))
      .text("select_name", shown.select_name)
      .text("select_label", shown.select_label)
      .list("options", models_of_choices(shown, shown.options))
      .text("checks_label", shown.checks_label)
      .list("checks", models_of_choices(shown, shown.checks));
  return out;
}

model summary_of(const form& refused, const problem& wrong) {
  const auto* field = find_field(refused, wrong.field);
  model out;
  out.text("text", wrong.text)
      .text("at", field != nullptr ? field->label : std::string{})
      .text("target", field != nullptr ? id_of(refused, wrong.field) : std::string{})
      .flag("is_english", wrong.is_english);
  return out;
}

} // namespace latchkey::gateway::pages

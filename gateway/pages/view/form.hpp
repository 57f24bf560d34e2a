// form.hpp — a form as the templates have it: labels, hints, what was typed, and what is wrong with
// it where it is wrong.
#pragma once

#include "gateway/pages/view/model.hpp"
#include "gateway/pages/view/words.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::gateway::pages {

/// One input. What is typed into a password's is never shown again.
struct form_field {
  std::string name; // of the input and of the API's field
  std::string label;
  std::string type = "text";
  std::string autocomplete = "off";
  std::string hint = {};
  std::string value = {};
  bool is_required = true;
};

struct form_choice {
  std::string name, value, label;
  bool is_chosen = false;
};

struct form {
  std::string id;     // the beginning of its inputs' ids
  std::string action; // where it is sent
  std::string submit; // on its button
  std::vector<form_field> fields = {};
  std::vector<std::pair<std::string, std::string>> hidden = {};
  std::string select_name = {}, select_label = {}; // of one choice among `options`
  std::vector<form_choice> options = {};
  std::string checks_label = {}; // of any among `checks`
  std::vector<form_choice> checks = {};
  std::string submit_label = {}; // of the button for those who do not see what it stands beside
  std::string username = {};     // whose password it takes, for a browser that keeps passwords
  bool is_grave = false;         // what it does cannot be taken back
  bool is_quiet = false;         // a button among others
  /// "get" or "create": it stays hidden unless a script can ask the browser for a passkey, whose
  /// answer goes into `credential`.
  std::string passkey = {};
  std::string passkey_options = {};    // as JSON; empty: the script asks for them
  std::string unknown_credential = {}; // as JSON, for signalUnknownCredential
  bool tries_unattended = false;       // at once, where nobody need be asked
};

/// The form with its token and, if it was sent and refused, what is wrong.
model model_of(const texts& words, const form& shown, const std::string& token,
               const std::optional<problem>& wrong = {});

/// What stands above a page whose form was refused, with a link to the field; nothing for none.
model summary_of(const form& refused, const problem& wrong);

} // namespace latchkey::gateway::pages

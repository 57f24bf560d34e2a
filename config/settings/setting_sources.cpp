// setting_sources.cpp — reads the environment, `.env` and the JSON file into texts.
#include "config/settings/setting_sources.hpp"

#include "config/settings/setting_table.hpp"
#include "config/settings/setting_values.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/text/trim.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey {

setting_sources process_sources(std::optional<std::string> config_file) {
  setting_sources out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = text.substr(0, equals);
    if (find_setting(name) || name == "LATCHKEY_CONFIG")
      out.environment.emplace(name, text.substr(equals + 1));
  }
  out.config_file = std::move(config_file);
  return out;
}

namespace setting_sources_detail {
namespace {

constexpr std::size_t likenesses_max = 20;

/// The file's text; nothing, and a problem, when it cannot be had.
std::optional<std::string> read_file(const std::string& path, bool may_be_missing,
                                     setting_problems& problems) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    if (may_be_missing && errno == ENOENT) return std::nullopt;
    problems.push_back("cannot read " + path + ": " + std::strerror(errno));
    return std::nullopt;
  }
  if (!S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode)) {
    problems.push_back("cannot read " + path + ": it is not a file");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (file.bad() || (!file.eof() && file.gcount() == 0)) {
    problems.push_back("cannot read " + path + ": " + std::strerror(errno));
    return std::nullopt;
  }
  if (text.size() > file_bytes_max) {
    problems.push_back(path + " is larger than 1 MiB");
    return std::nullopt;
  }
  if (const auto encoding = other_unicode_encoding(text); !encoding.empty()) {
    problems.push_back(path + " is in " + std::string(encoding) + ": save it as UTF-8");
    return std::nullopt;
  }
  return std::string(without_byte_order_mark(text));
}

/// The text after `=`; empty when a quote is not closed or is followed by more text.
std::optional<std::string> unquote(std::string_view text) {
  text = trim_blanks(text);
  if (text.empty() || text.front() == '#') return std::string{};
  const char quote = text.front();
  if (quote != '"' && quote != '\'') {
    const auto comment = text.find(" #");
    return std::string(trim_blanks(text.substr(0, comment)));
  }
  std::string out;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != quote; ++i) {
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      if (text[i] == 'n') {
        out += '\n';
        continue;
      }
      if (text[i] != '"' && text[i] != '\\' && text[i] != '$') out += '\\';
    }
    out += text[i];
  }
  if (i >= text.size()) return std::nullopt;
  const auto rest = trim_blanks(text.substr(i + 1));
  if (!rest.empty() && rest.front() != '#') return std::nullopt;
  return out;
}

/// Names of other programs stand in a `.env` as well, so only one that looks like a setting's is
/// spoken of, and none is refused.
void note_likeness(const std::string& where, std::string_view name,
                   std::vector<std::string>& likenesses) {
  const auto near = nearest_setting(name);
  if (near.empty() || likenesses.size() >= likenesses_max) return;
  likenesses.push_back(where + ": there is no setting \"" + setting_values::shown(name) +
                       "\"; did you mean " + std::string(near) + "?");
}

/// A JSON value as the text the environment would have; nothing when it has none.
std::optional<std::string> as_text(const nlohmann::json& value) {
  if (value.is_null()) return std::string{};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  if (!value.is_array()) return std::nullopt;
  std::string out;
  for (const auto& item : value) {
    if (!item.is_string()) return std::nullopt;
    (out += out.empty() ? "" : ",") += item.get_ref<const std::string&>();
  }
  return out;
}

} // namespace

texts read_env_file(const std::string& path, setting_problems& problems,
                    std::vector<std::string>& likenesses) {
  texts out;
  const auto text = read_file(path, true, problems);
  if (!text) return out;
  std::size_t number = 0;
  for (std::size_t from = 0; from < text->size();) {
    const auto end = std::min(text->find('\n', from), text->size());
    auto line = trim_blanks(std::string_view(*text).substr(from, end - from));
    from = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim_blanks(line.substr(7));
    const auto equals = line.find('=');
    const auto name = trim_blanks(line.substr(0, equals));
    // The line itself is not shown: it may hold a secret.
    const auto where = path + " line " + std::to_string(number);
    if (equals == std::string_view::npos || !setting_values::is_printable_word(name)) {
      problems.push_back(where + " is not NAME=value");
      continue;
    }
    if (!find_setting(name) && name != "LATCHKEY_CONFIG") {
      note_likeness(where, name, likenesses);
      continue;
    }
    if (auto value = unquote(line.substr(equals + 1)))
      out.insert_or_assign(std::string(name), std::move(*value));
    else
      problems.push_back(where + " (" + std::string(name) + ") has a quote that is not closed");
  }
  return out;
}

texts read_config_file(const std::string& path, setting_problems& problems) {
  texts out;
  const auto text = read_file(path, false, problems);
  if (!text) return out;
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(*text);
  } catch (const nlohmann::json::parse_error& error) {
    problems.push_back(path + " is not JSON: it goes wrong at byte " + std::to_string(error.byte));
    return out;
  }
  if (!json.is_object()) {
    problems.push_back(path + " is not one JSON object of settings");
    return out;
  }
  for (const auto& [name, value] : json.items()) {
    if (!find_setting(name)) {
      const auto near = nearest_setting(name);
      problems.push_back(path + ": there is no setting \"" + setting_values::shown(name) + "\"" +
                         (near.empty() ? "; `latchkey config check` lists all"
                                       : "; did you mean " + std::string(near) + "?"));
    } else if (auto as = as_text(value)) {
      out.insert_or_assign(name, std::move(*as));
    } else {
      problems.push_back(path + ": " + name + " must be text, a number or an array of text");
    }
  }
  return out;
}

} // namespace setting_sources_detail
} // namespace latchkey

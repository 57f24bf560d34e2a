// settings_report.cpp — the settings as an operator is shown them, with secrets masked.
#include "config/log.hpp"
#include "config/settings/setting_table.hpp"
#include "config/settings/settings.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace latchkey {

std::string describe(const settings& values) {
  std::string out;
  const auto table = setting_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto value = table[i].show(values);
    if (value.empty()) value = "-";
    out.append(table[i].name).append(20 - std::min<std::size_t>(19, table[i].name.size()), ' ');
    ((out += value) += " (") += to_string(values.origins[i]);
    ((out += "): ") += table[i].about) += "\n";
  }
  return out;
}

std::string describe_store(const settings& values) {
  std::error_code ignored;
  if (!values.uses_postgres())
    return "SQLite, " +
           std::filesystem::absolute(values.sqlite_path(), ignored).lexically_normal().string();
  std::string_view rest = values.database_url.reveal();
  rest.remove_prefix(std::min(rest.find("://") + 3, rest.size()));
  const auto query_at = std::min(rest.find('?'), rest.size());
  std::string out = "PostgreSQL, ";
  // The URL was read strictly: there is one @ at most, and it ends the login.
  const auto authority = rest.substr(0, query_at);
  out += authority.substr(authority.find('@') + 1);
  for (auto query = rest.substr(query_at); !query.empty();) {
    query.remove_prefix(1);
    const auto parameter = query.substr(0, query.find('&'));
    for (const auto* name : {"host=", "hostaddr=", "port=", "dbname="})
      if (parameter.starts_with(name)) (out += " ") += parameter;
    query.remove_prefix(parameter.size());
  }
  return escaped_for_log(out);
}

} // namespace latchkey

// env_example_test.cpp — .env.example lists every setting with its default, and is right.
#include "config/settings/setting_table.hpp"
#include "tests/config/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey {
namespace {

/// The file's settings in order: its lines "#NAME=value". Prose has a space after the #.
std::vector<std::pair<std::string, std::string>> listed() {
  std::vector<std::pair<std::string, std::string>> out;
  std::ifstream file(LATCHKEY_SOURCE_DIR "/config/.env.example");
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find('=');
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ' && equals != std::string::npos)
      out.emplace_back(line.substr(1, equals - 1), line.substr(equals + 1));
  }
  return out;
}

TEST(EnvExample, ListsEverySettingOnceWithItsDefault) {
  std::map<std::string, std::string> defaults = {{"LATCHKEY_CONFIG", ""}};
  for (const auto& row : setting_table())
    defaults.emplace(std::string(row.name), std::string(row.fallback));
  const auto lines = listed();
  const std::map<std::string, std::string> found(lines.begin(), lines.end());
  EXPECT_EQ(found, defaults);
  EXPECT_EQ(lines.size(), defaults.size());
}

TEST(EnvExample, ChangesNothingWhenEveryLineIsTakenIn) {
  test::temporary_folder folder;
  std::string text;
  for (const auto& [name, value] : listed())
    ((text += name) += "=") += value + "\n";
  const auto with = load_settings({{}, folder.write("env", text), std::nullopt});
  const auto without = load_settings({{}, "", std::nullopt});
  ASSERT_TRUE(with.has_value());
  ASSERT_TRUE(without.has_value());
  for (const auto& row : setting_table())
    EXPECT_EQ(row.show(*with), row.show(*without)) << row.name;
}

} // namespace
} // namespace latchkey

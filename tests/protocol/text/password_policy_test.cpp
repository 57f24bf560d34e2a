#include "protocol/text/password_policy.hpp"

#include "protocol/text/common_passwords.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

namespace latchkey {
namespace {

using namespace std::string_literals;

/// The reason for a refusal, or "" when there is none.
std::string refusal(std::string_view password, std::string_view username = "alice",
                    std::string_view email = "wonder@land.example") {
  auto checked = check_password(password, username, email);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, error_code::password_format);
  EXPECT_EQ(checked.error().field, "password");
  return checked.error().reason;
}

const std::string common = "Password is among the most common ones";
const std::string like_username = "Password cannot be the username or little more";
const std::string like_email = "Password cannot be the email or little more";

std::vector<std::string> lines_of_the_list() {
  std::ifstream file{LATCHKEY_COMMON_PASSWORDS_FILE};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

TEST(PasswordPolicy, CountsCodePointsOfTheComposedForm) {
  const std::string too_short = "Password must have at least 8 characters";
  EXPECT_EQ(refusal(""), too_short);
  EXPECT_EQ(refusal("zq8-Lw7"), too_short);
  EXPECT_EQ(refusal("zq8-Lw7x"), "");
  EXPECT_EQ(refusal("\xF0\x9F\x94\x91\xF0\x9F\x94\x92"), too_short); // two emoji, eight bytes
  EXPECT_EQ(refusal("\xC3\xA9\xC3\xA8\xC3\xAB\xC3\xAA"), too_short);
  // Seven letters, one of them in two parts.
  EXPECT_EQ(refusal("zq8-Lwe\xCC\x81"), too_short);
  EXPECT_EQ(refusal("zq8-Lwxe\xCC\x81"), "");
}

TEST(PasswordPolicy, CountsAgainstTheSetting) {
  const auto checked = check_password("zq8-Lw7xzq8-Lw", "", "", 15);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().reason, "Password must have at least 15 characters");
  EXPECT_TRUE(check_password("zq8-Lw7xzq8-Lw7", "", "", 15));
}

TEST(PasswordPolicy, BoundsBytes) {
  std::string long_one;
  while (long_one.size() < 1024)
    long_one += "zq8-Lw7x";
  EXPECT_EQ(refusal(long_one.substr(0, 64)), "");
  EXPECT_EQ(refusal(long_one.substr(0, 128)), "");
  EXPECT_EQ(refusal(long_one), "");
  EXPECT_EQ(refusal(long_one + 'x'), "Password must have at most 1024 bytes");
  EXPECT_EQ(refusal(std::string(1 << 20, 'x')), "Password must have at most 1024 bytes");
}

TEST(PasswordPolicy, TakesNulAndBytesThatAreNotText) {
  EXPECT_EQ(refusal("password\0zq8"s), "");
  EXPECT_EQ(refusal("\0\0\0\0\0\0\0\0"s), "");
  EXPECT_EQ(refusal("\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8"), "");
  EXPECT_EQ(refusal("\0alice\0\0"s), "");
}

TEST(PasswordPolicy, RefusesTheCommonestInEveryCaseAndWidth) {
  for (std::string_view password : {"password", "PASSWORD", "PassWord", "12345678", "qwertyuiop",
                                    "iloveyou", "trustno1", "\xEF\xBD\x90\xEF\xBD\x81ssword",
                                    "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x93\xEF\xBC\x94"
                                    "\xEF\xBC\x95\xEF\xBC\x96\xEF\xBC\x97\xEF\xBC\x98"})
    EXPECT_EQ(refusal(password), common) << password;
}

TEST(PasswordPolicy, RefusesTheWordsOfItsContext) {
  for (std::string_view password :
       {"Alice123", "alice!!!", "123alice", "(alice)1", "ALICE2026!", "\xEF\xBC\xA1lice2026"})
    EXPECT_EQ(refusal(password), like_username) << password;
  for (std::string_view password : {"wonder@land.example", "WONDER@LAND.EXAMPLE1", "wonder12",
                                    "wonder2026!", "land.example", "Land.Example99"})
    EXPECT_EQ(refusal(password), like_email) << password;
  EXPECT_NE(refusal("latchkey"), "");
  EXPECT_NE(refusal("Latchkey2026!"), "");
  EXPECT_EQ(refusal("83920174", "83920174"), like_username);
  EXPECT_EQ(refusal("83920174", "8392"), like_username);
  EXPECT_NE(refusal("Stra\xC3\x9F"
                    "e!",
                    "STRASSE"),
            "");
}

TEST(PasswordPolicy, TakesWhatHasMoreToItThanTheName) {
  for (std::string_view password :
       {"alice in chains", "malice99", "alicebob", "alice123456789", "wonderwall99", "yalice123"})
    EXPECT_EQ(refusal(password), "") << password;
  EXPECT_EQ(refusal("zq8-Lw7x", "", ""), "");
  EXPECT_EQ(refusal("zq8-Lw7x", "a", "not an address"), "");
}

TEST(CommonPasswords, HoldAtLeastTheThreeThousandCommonest) {
  auto lines = lines_of_the_list();
  EXPECT_GE(lines.size(), 3000U);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end());
  for (const auto& line : lines)
    ASSERT_TRUE(is_common_password(line)) << line;
}

TEST(CommonPasswords, AreEmbeddedAsTheyStandInTheFile) {
  std::ifstream file{LATCHKEY_COMMON_PASSWORDS_FILE};
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(common_passwords(), text.str());
}

TEST(CommonPasswords, HoldNothingElse) {
  auto lines = lines_of_the_list();
  for (const auto& line : lines) {
    for (const auto& other : {line + '\x01', line.substr(0, line.size() - 1) + '\x7F'})
      ASSERT_FALSE(is_common_password(other)) << line;
  }
  EXPECT_FALSE(is_common_password(""));
  EXPECT_FALSE(is_common_password("\n"));
  EXPECT_FALSE(is_common_password(lines[0] + '\n' + lines[1]));
  EXPECT_FALSE(is_common_password("!"));
  EXPECT_FALSE(is_common_password("\xFF"));
}

} // namespace
} // namespace latchkey

#include "protocol/text/login_name.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

using namespace std::string_literals;

/// The field at fault, or "" when there is none.
template <class Result>
std::string fault(const Result& checked) {
  if (checked) return "";
  EXPECT_EQ(checked.error().code, error_code::validation_error);
  EXPECT_NE(checked.error().reason, "");
  return checked.error().field;
}

TEST(LoginName, IsNobodysWhenItCannotBeOne) {
  for (const std::string& name : {""s, " "s, "\t\n"s, "\xE3\x80\x80"s, "\xE2\x80\x8B"s, "\xFF"s,
                                  "a\xC3"s, "a\0b"s, "a\nb"s, "a\x7F"s, std::string(1025, 'a')})
    EXPECT_FALSE(fold_login_name(name)) << testing::PrintToString(name);
  EXPECT_TRUE(fold_login_name(std::string(1024, 'a')));
}

TEST(LoginName, IsOneIdentityInEveryCaseWidthAndForm) {
  for (const std::string& name :
       {"alice"s, "ALICE"s, "Alice"s, " alice"s, "alice "s, "\talice\r\n"s, "alice\xC2\xA0"s,
        "alice\xE3\x80\x80"s, "\xEF\xBC\xA1\xEF\xBD\x8C\xEF\xBD\x89\xEF\xBD\x83\xEF\xBD\x85"s,
        "al\xC2\xADice"s, "\xE2\x80\x8B alice \xE2\x80\x8B"s})
    EXPECT_EQ(fold_login_name(name), "alice") << name;
  EXPECT_EQ(fold_login_name("STRASSE"), fold_login_name("stra\xC3\x9F"
                                                        "e"));
  EXPECT_EQ(fold_login_name("\xC3\x89l\xC3\xA8ne"), fold_login_name("e\xCC\x81le\xCC\x80NE"));
  EXPECT_EQ(fold_login_name("\xE2\x84\xAB"), fold_login_name("\xC3\xA5"));
  EXPECT_EQ(fold_login_name("\xEF\xAC\x81ne"), "fine");
  EXPECT_EQ(fold_login_name("Bob\xEF\xBC\xA0"
                            "Example.COM"),
            "bob@example.com");
}

TEST(LoginName, KeepsDifferentNamesApart) {
  EXPECT_NE(fold_login_name("alice"), fold_login_name("al\xC3\xAE"
                                                      "ce"));
  EXPECT_NE(fold_login_name("alice"), fold_login_name("\xD0\xB0lice")); // Cyrillic a
  EXPECT_NE(fold_login_name("a b"), fold_login_name("ab"));
}

TEST(LoginName, FoldedTwiceIsTheSame) {
  for (const std::string& name : {"STRASSE \xC3\x9F \xE1\xBA\x9E"s, "\xC7\x84 \xCE\xA3\xCF\x82"s,
                                  "\xEF\xB7\xBA"s, "\xCD\x85\xCE\xB1\xCC\x81"s, "\xC4\xB0"s}) {
    auto once = fold_login_name(name);
    ASSERT_TRUE(once);
    EXPECT_EQ(fold_login_name(*once), once);
  }
}

TEST(Username, IsRefusedWithItsField) {
  for (const std::string& name : {""s,
                                  std::string(65, 'a'),
                                  std::string(5000, 'a'),
                                  " alice"s,
                                  "alice "s,
                                  "alice\xE3\x80\x80"s,
                                  "\xFF"s,
                                  "a\0b"s,
                                  "a\nb"s,
                                  "a\x7F"
                                  "b"s,
                                  "a\xC2\x85"
                                  "b"s,
                                  "a\xE2\x80\xAE"
                                  "b"s,
                                  "a\xE2\x80\x8B"
                                  "b"s,
                                  "a\xC2\xAD"
                                  "b"s,
                                  "a\xE2\x80\xA8"
                                  "b"s,
                                  "\xEE\x80\x80"s,
                                  "\xCD\xB8"s,
                                  "\xE2\x80\x8D"s,
                                  "a@b"s,
                                  "a\xEF\xBC\xA0"
                                  "b"s,
                                  "@"s})
    EXPECT_EQ(fault(check_username(name)), "username") << testing::PrintToString(name);
}

TEST(Username, MayBeAnythingReadable) {
  std::string wide;
  for (int i = 0; i < 64; ++i)
    wide += "\xE6\xBC\xA2";
  for (const std::string& name : {"a"s, "alice"s, "Alice B. O'Neil-Smith"s, std::string(64, 'a'),
                                  wide, "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD"s, "12345"s,
                                  "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"s})
    EXPECT_EQ(fault(check_username(name)), "") << name;
}

TEST(Username, MixesNoScriptsThatNoLanguageMixes) {
  for (const std::string& name : {"p\xD0\xB0ypal"s,  // one Cyrillic letter
                                  "\xD0\x98van"s,    // the first one
                                  "\xCE\xA9mega"s,   // Greek
                                  "user\xD9\xA1"s,   // an Arabic digit
                                  "a\xE0\xA4\x95"s}) // Devanagari
    EXPECT_EQ(fault(check_username(name)), "username") << name;
  for (const std::string& name : {"\xD0\x92\xD0\xB0\xD1\x81\xD1\x8F 2"s, "jos\xC3\xA9"s,
                                  "\xE5\xB1\xB1\xE7\x94\xB0\xE5\xA4\xAA\xE9\x83\x8E"s,
                                  "Taro \xE5\xB1\xB1\xE7\x94\xB0"s, "\xD9\xA1\xD9\xA2"s})
    EXPECT_EQ(fault(check_username(name)), "") << name;
}

TEST(Username, WithAnAtSignIsOnlyOnesOwnEmail) {
  EXPECT_EQ(fault(check_username("Bob@Example.com", "bob@example.com")), "");
  EXPECT_EQ(fault(check_username("bob@example.com", "rob@example.com")), "username");
  EXPECT_EQ(fault(check_username("bob@example.com", "")), "username");
}

TEST(Username, MayBeAsLongAsOnesOwnEmail) {
  const auto email = std::string(60, 'a') + "@" + std::string(40, 'b') + ".example";
  EXPECT_EQ(fault(check_username(email, email)), "");
  EXPECT_EQ(fault(check_username(email, "other@example.com")), "username");
  EXPECT_EQ(fault(check_username(std::string(65, 'a'), email)), "username");
}

TEST(Username, ThatFoldsIntoTooMuchIsRefused) {
  std::string name;
  for (int i = 0; i < 15; ++i)
    name += "\xEF\xB7\xBA"; // 18 characters each
  EXPECT_EQ(fault(check_username(name)), "username");
}

TEST(Email, IsRefusedUnlessItIsOneAddress) {
  auto labels = [](std::size_t size) { return std::string(size, 'd'); };
  for (const std::string& email :
       {""s,
        "a"s,
        "@"s,
        "a@"s,
        "@example.com"s,
        "a@b@example.com"s,
        "a b@example.com"s,
        " a@example.com"s,
        "a@example.com "s,
        "a@example.com,b@example.com"s,
        "a@example.com;b@example.com"s,
        "a,b@example.com"s,
        "a@example.com\r\nBcc: b@example.com"s,
        "a\n@example.com"s,
        "a\0@example.com"s,
        "a@exa\0mple.com"s,
        "Al <a@example.com>"s,
        "<a@example.com>"s,
        "\"a b\"@example.com"s,
        "a(comment)@example.com"s,
        ".a@example.com"s,
        "a.@example.com"s,
        "a..b@example.com"s,
        "a@.example.com"s,
        "a@example..com"s,
        "a@example.com."s,
        "a@-example.com"s,
        "a@example-.com"s,
        "a@exam_ple.com"s,
        "a@[127.0.0.1]"s,
        "a\xC3\xA9@example.com"s,
        "a@ex\xC3\xA4mple.com"s,
        "a\xEF\xBC\xA0"
        "example.com"s,
        "a@example.com\xE3\x80\x80"s,
        std::string(65, 'a') + "@example.com",
        "a@" + labels(64) + ".com",
        std::string(64, 'a') + '@' + labels(63) + '.' + labels(63) + '.' + labels(62)})
    EXPECT_EQ(fault(check_email(email)), "email") << testing::PrintToString(email);
}

TEST(Email, HasOneFormInWhicheverSpellingItsDomainComes) {
  const std::string ascii = "Ines@xn--bcher-kva.example";
  EXPECT_EQ(normal_email("Ines@b\xC3\xBC"
                         "cher.example"),
            ascii);
  EXPECT_EQ(normal_email("Ines@bu\xCC\x88"
                         "cher.example"),
            ascii);
  EXPECT_EQ(normal_email(ascii), ascii);
  EXPECT_EQ(normal_email("A.B+tag@Example.COM"), "A.B+tag@Example.COM");
  EXPECT_FALSE(normal_email("in\xC3\xA9s@example.com"));
  EXPECT_FALSE(normal_email("in\xC3\xA9s@b\xC3\xBC"
                            "cher.example"));
  EXPECT_FALSE(normal_email("ines@\xF0\x9F\x92\xA9.example")); // no letter of IDNA2008
  EXPECT_FALSE(normal_email("@b\xC3\xBC"
                            "cher.example"));
}

TEST(LoginName, IsOneMailboxInWhicheverSpellingItsDomainComes) {
  const auto key = fold_login_name("ines@xn--bcher-kva.example");
  EXPECT_EQ(key, "ines@xn--bcher-kva.example");
  for (const std::string& name : {"ines@b\xC3\xBC"
                                  "cher.example"s,
                                  "INES@B\xC3\x9C"
                                  "CHER.EXAMPLE"s,
                                  " Ines@XN--BCHER-KVA.example "s,
                                  "ines\xEF\xBC\xA0"
                                  "b\xC3\xBC"
                                  "cher.example"s,
                                  "ines@b\xC3\xBC"
                                  "cher\xE3\x80\x82"
                                  "example"s})
    EXPECT_EQ(fold_login_name(name), key) << name;
  // What case folding takes for one is two domains.
  EXPECT_EQ(fold_login_name("a@stra\xC3\x9F"
                            "e.example"),
            "a@xn--strae-oqa.example");
}

TEST(Email, MayBeAnyDotStringAtADomain) {
  auto labels = [](std::size_t size) { return std::string(size, 'd'); };
  for (const std::string& email :
       {"a@example.com"s, "A.B+tag@Example.COM"s, "!#$%&'*+-/=?^_`{|}~@example.com"s,
        "root@localhost"s, "a@xn--mnchen-3ya.de"s, "1@2.3"s, std::string(64, 'a') + "@example.com",
        std::string(64, 'a') + '@' + labels(63) + '.' + labels(63) + '.' + labels(61)})
    EXPECT_EQ(fault(check_email(email)), "") << email;
}

} // namespace
} // namespace latchkey

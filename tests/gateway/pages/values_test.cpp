// values_test.cpp — tokens of forms, colours, devices, times and failures in words.
#include "gateway/pages/view/color.hpp"
#include "gateway/pages/view/device.hpp"
#include "gateway/pages/view/form_token.hpp"
#include "gateway/pages/view/sign_in_chart.hpp"
#include "gateway/pages/view/template.hpp"
#include "gateway/pages/view/words.hpp"

#include <gtest/gtest.h>

namespace latchkey::gateway::pages {
namespace {

using namespace std::chrono_literals;

const time_point now = *parse_time("2026-01-02T12:00:00Z");
const hmac_sha256_key key{secret{std::string_view{"a key of the tests"}}};
const hmac_sha256_key other_key{secret{std::string_view{"another key of the tests"}}};

const texts& words_in(const char* language) {
  return *find_language(language);
}

TEST(FormToken, IsGoodForItsBrowserAndItsTime) {
  const auto token = make_form_token(key, "session 1", now);
  EXPECT_TRUE(is_form_token(key, token, "session 1", now));
  EXPECT_TRUE(is_form_token(key, token, "session 1", now + form_token_ttl - 1s));
  EXPECT_TRUE(is_form_token(key, token, "session 1", now - 1min)) << "the clock was set back";
  EXPECT_FALSE(is_form_token(key, token, "session 1", now + form_token_ttl));
  EXPECT_FALSE(is_form_token(key, token, "session 1", now - 1h));
  EXPECT_FALSE(is_form_token(key, token, "session 2", now));
  EXPECT_FALSE(is_form_token(key, token, "", now));
  EXPECT_FALSE(is_form_token(other_key, token, "session 1", now));
}

TEST(FormToken, IsNothingElse) {
  const auto token = make_form_token(key, "v", now);
  EXPECT_LE(token.size(), form_token_bytes_max);
  const auto dot = token.find('.');
  const auto later = std::to_string(std::stoll(token.substr(0, dot)) + 1) + token.substr(dot);
  for (const auto& wrong : {std::string{}, std::string{"."}, token.substr(0, token.size() - 1),
                            token + "A", later, "-" + token, " " + token, token.substr(dot),
                            std::string(200, 'a'), std::string(100, '9') + token.substr(dot)})
    EXPECT_FALSE(is_form_token(key, wrong, "v", now)) << wrong;
}

TEST(Colors, AreReadAndWritten) {
  EXPECT_EQ(parse_color("#1F5fbf"), (color{0x1f, 0x5f, 0xbf}));
  EXPECT_EQ(to_string(color{0x1f, 0x5f, 0xbf}), "#1f5fbf");
  for (const auto* wrong : {"", "#123", "1f5fbf0", "#1f5fbg", "#1f5fbf0", "red", "# 1f5fb"})
    EXPECT_FALSE(parse_color(wrong)) << wrong;
}

TEST(Colors, CanBeReadOnEachOther) {
  EXPECT_NEAR(contrast({0, 0, 0}, {255, 255, 255}), 21.0, 0.01);
  EXPECT_NEAR(contrast({0x76, 0x76, 0x76}, {255, 255, 255}), 4.54, 0.01);
  for (int red = 0; red < 256; red += 15)
    for (int green = 0; green < 256; green += 15)
      for (int blue = 0; blue < 256; blue += 15) {
        const color ground{static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                           static_cast<std::uint8_t>(blue)};
        EXPECT_GE(contrast(text_on(ground), ground), contrast_min) << to_string(ground);
        for (const color page : {color{0xf4, 0xf5, 0xf7}, color{0x22, 0x27, 0x2e}})
          EXPECT_GE(contrast(readable_on(ground, page), page), contrast_min) << to_string(ground);
      }
  const color good{0x1f, 0x5f, 0xbf};
  EXPECT_EQ(readable_on(good, {255, 255, 255}), good) << "what can be read stays as it is";
}

TEST(Devices, AreNamedInWords) {
  const auto name = [](std::string_view user_agent) {
    return device_in_words(words_in("en"), user_agent);
  };
  EXPECT_EQ(name("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            "Firefox on Linux");
  EXPECT_EQ(name("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"),
            "Edge on Windows");
  EXPECT_EQ(name("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                 "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
            "Safari on iPhone");
  EXPECT_EQ(name("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/126.0.0.0 Mobile Safari/537.36"),
            "Chrome on Android");
  EXPECT_EQ(name("curl/7.88.1"), "curl");
  EXPECT_EQ(name(""), "Unknown device");
  EXPECT_EQ(name("Mozilla/5.0"), "Unknown device");
  EXPECT_EQ(device_in_words(words_in("de"), "Firefox/1 Linux"), "Firefox unter Linux");
}

TEST(Times, AreToldAsTheyWereLongAgo) {
  const auto told = [](time_point then) { return ago(words_in("en"), then, now); };
  EXPECT_EQ(told(now), "just now");
  EXPECT_EQ(told(now + 1h), "just now");
  EXPECT_EQ(told(now - 60s), "a minute ago");
  EXPECT_EQ(told(now - 59min), "59 minutes ago");
  EXPECT_EQ(told(now - 60min), "an hour ago");
  EXPECT_EQ(told(now - 23h), "23 hours ago");
  EXPECT_EQ(told(now - 24h), "a day ago");
  EXPECT_EQ(told(now - 24h * 400), "400 days ago");
  EXPECT_EQ(day_of(now), "2026-01-02");
  EXPECT_EQ(wait_of(words_in("de"), 0), "1 Sekunden");
  EXPECT_EQ(wait_of(words_in("en"), 91), "2 minutes");
}

TEST(Failures, AreToldByCodeFieldAndReason) {
  const auto told = [](const char* language, const failure& error) {
    return problem_of(words_in(language), error);
  };
  using enum error_code;
  EXPECT_EQ(told("en", {invalid_credentials}).text, "The username or the password is wrong.");
  EXPECT_EQ(told("en", {invalid_credentials, "current_password"}).text,
            "This is not your current password.");
  EXPECT_EQ(
      told("de", {password_format, "password", "Password must have at least 15 characters"}).text,
      "Mindestens 15 Zeichen.");
  EXPECT_EQ(told("en", {user_exists, "username", "is taken"}).text, "Somebody has this username.");
  EXPECT_EQ(told("en", {user_exists, "username", "looks like another's"}).text,
            "It looks like somebody else's username.");
}

TEST(Failures, OfWhichNoTextIsKnownAreToldAsTheyAre) {
  const failure strange{error_code::validation_error, "username", "is <b>strange</b>"};
  const auto in_german = problem_of(words_in("de"), strange);
  EXPECT_EQ(in_german.text, "is <b>strange</b>");
  EXPECT_EQ(in_german.field, "username");
  EXPECT_TRUE(in_german.is_english);
  EXPECT_FALSE(problem_of(words_in("en"), strange).is_english);
  EXPECT_EQ(problem_of(words_in("de"), {error_code::validation_error}).text,
            "Das war nicht möglich.");
}

TEST(SignInChart, ShowsTheDaysAndSaysWhatItShows) {
  const std::vector<storage::audit_day> days{
      {2, now - 2h}, {5000, now - 24h * 29}, {7, now - 24h * 30}, {9, now + 24h}};
  const auto html = fill("chart.html", words_in("en"), sign_in_chart(words_in("en"), days, now));
  EXPECT_NE(html.find("5002 sign-ins in the last 30 days, the last one 2 hours ago."), html.npos)
      << html;
  EXPECT_NE(html.find("aria-labelledby=\"chart-title chart-description\""), html.npos) << html;
  std::size_t used = 0;
  for (auto at = html.find("class=\"used\""); at != html.npos;
       at = html.find("class=\"used\"", at + 1))
    ++used;
  EXPECT_EQ(used, 2U) << html;
  EXPECT_EQ(sign_in_chart_since(now), *parse_time("2025-12-04T00:00:00Z"));
  const auto none = fill("chart.html", words_in("en"), sign_in_chart(words_in("en"), {}, now));
  EXPECT_EQ(none.find("<svg"), none.npos) << none;
}

} // namespace
} // namespace latchkey::gateway::pages

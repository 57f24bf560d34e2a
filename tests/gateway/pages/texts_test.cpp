// texts_test.cpp — every language has every text, every text is used, and none is missing.
#include "gateway/docs_assets/embedded.hpp"
#include "gateway/pages/view/texts.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <regex>
#include <set>

namespace latchkey::gateway::pages {
namespace {

using names = std::set<std::string>;

names keys_of(const texts& words) {
  names found;
  for (const auto& [key, text] : words.all())
    found.insert(key);
  return found;
}

/// All that the program's own pages are made by, in one text.
std::string sources() {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{PAGES_SOURCES}) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file{entry.path()};
    all.append(std::istreambuf_iterator<char>{file}, {});
  }
  return all;
}

std::string templates() {
  std::string all;
  for (const auto& file : embedded::pages())
    if (file.name.ends_with(".html")) all += file.content;
  return all;
}

names matches(const std::string& text, const char* pattern) {
  const std::regex form{pattern};
  names found;
  for (std::sregex_iterator at{text.begin(), text.end(), form}, end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

TEST(PageTexts, AreTheSameInEveryLanguage) {
  const auto& all = all_languages();
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all.front().language(), "en");
  for (const auto& words : all) {
    EXPECT_EQ(keys_of(words), keys_of(all.front())) << words.language();
    for (const auto& [key, text] : words.all()) {
      EXPECT_FALSE(text.empty()) << words.language() << " " << key;
      // Each has the same places to fill.
      EXPECT_EQ(matches(text, R"(\{([a-z]+)\})"), matches(all.front()[key], R"(\{([a-z]+)\})"))
          << words.language() << " " << key;
    }
  }
}

TEST(PageTexts, AreThereForWhateverIsAskedFor) {
  const auto known = keys_of(all_languages().front());
  const auto code = sources();
  ASSERT_GT(code.size(), 20000U) << "the sources are not where they should be";
  auto asked = matches(templates(), R"(\bt\.([a-z_]+))");
  for (const auto* form : {R"re(words_?\["([a-z_]+)"\])re", R"re(filled\(\s*"([a-z_]+)")re",
                           R"re("((?:wrong|ago|wait)_[a-z_]+)")re"})
    asked.merge(matches(code, form));
  EXPECT_GT(asked.size(), 100U);
  for (const auto& key : asked)
    EXPECT_TRUE(known.contains(key)) << key;
  for (const auto& word : matches(code, R"(\?done=([a-z_]+))"))
    EXPECT_TRUE(known.contains("done_" + word)) << word;
}

TEST(PageTexts, AreAllUsed) {
  auto used = matches(templates(), R"(\bt\.([a-z_]+))");
  const auto code = sources();
  used.merge(matches(code, R"re("([a-z_]+)")re"));
  for (const auto& word : matches(code, R"(\?done=([a-z_]+))"))
    used.insert("done_" + word);
  for (const auto* word : {"registered", "registered_plain"}) // of a page that depends on settings
    if (used.contains(word)) used.insert(std::string{"done_"} + word);
  for (const auto& kind : matches(code, R"re(return "(error_[a-z]+)";)re"))
    used.merge(names{kind + "_title", kind + "_text"});
  used.merge(names{"error_request_title", "error_request_text", "error_internal_title",
                   "error_internal_text"});
  for (const auto& key : keys_of(all_languages().front()))
    EXPECT_TRUE(used.contains(key)) << key;
}

TEST(PageTexts, AreChosenByAcceptLanguage) {
  const auto best = [](std::string_view accepted) { return best_language(accepted).language(); };
  EXPECT_EQ(best(""), "en");
  EXPECT_EQ(best("de"), "de");
  EXPECT_EQ(best("de-AT"), "de");
  EXPECT_EQ(best("DE-at, en;q=0.9"), "de");
  EXPECT_EQ(best("fr, de;q=0.4, en;q=0.8"), "en");
  EXPECT_EQ(best("fr, de ; q=0.5"), "de");
  EXPECT_EQ(best("de;q=0"), "en");
  EXPECT_EQ(best("de;q=nonsense, en;q=0.1"), "en");
  EXPECT_EQ(best("fr"), "en");
  EXPECT_EQ(best("*"), "en");
  EXPECT_EQ(best(",,;;q=,"), "en");
}

TEST(PageTexts, TakeAWeightOnlyInItsOwnForm) {
  const auto best = [](std::string_view weight) {
    return best_language("de;q=" + std::string{weight}).language();
  };
  for (const auto* good : {"1", "1.", "1.0", "1.000", "0.001", "0.5"})
    EXPECT_EQ(best(good), "de") << good;
  for (const auto* wrong : {"0", "0.", "0.000", "", "nan", "-nan", "inf", "infinity", "1.001", "2",
                            "0.0001", "1.0000", ".5", "+0.5", "-0.5", "1e0", "0x1", "0.5x", "00.5"})
    EXPECT_EQ(best(wrong), "en") << wrong;
  EXPECT_EQ(best_language("en;Q=0.2, de; Q=0.3").language(), "de");
  EXPECT_EQ(best_language("de;level=1").language(), "en");
}

TEST(PageTexts, AreChosenByThePersonFirst) {
  const auto chosen = [](std::string_view cookie) {
    http::request in;
    in.headers = {{"Cookie", cookie}, {"Accept-Language", "en"}};
    in.cookie = cookie;
    return language_of(in).language();
  };
  EXPECT_EQ(chosen("a=b; language=de"), "de");
  EXPECT_EQ(chosen("language=xx"), "en");
  EXPECT_EQ(chosen("language="), "en");
}

TEST(PageTexts, FillEachPlaceOnce) {
  const texts words{"en", {{"one", "{a} and {b}, {c"}}};
  EXPECT_EQ(words.filled("one", {{"a", "{b}"}, {"b", "2"}}), "{b} and 2, {c");
  EXPECT_EQ(words.filled("none", {}), "none");
}

} // namespace
} // namespace latchkey::gateway::pages

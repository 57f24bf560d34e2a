// page_test.cpp — what is written into a page stays text, whoever chose it; and a page keeps itself
// to itself.
#include "gateway/docs_assets/embedded.hpp"
#include "gateway/pages/view/form.hpp"
#include "gateway/pages/view/page.hpp"
#include "gateway/pages/view/template.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* hostile = R"(<script>alert("1")</script>'{{t.sign_in_title}}{{{content}}}&)";
constexpr const char* harmless =
    "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&apos;{{t.sign_in_title}}{{{content}}}&amp;";

const texts& english() {
  return *find_language("en");
}

settings usual() {
  settings values;
  values.pages_on = true;
  values.brand_name = "latchkey";
  values.brand_color = "#1f5fbf";
  values.registration_open = true;
  values.password_length_min = 8;
  return values;
}

std::shared_ptr<const site> usual_site(const settings& values = usual()) {
  auto made = site::make(values);
  EXPECT_TRUE(made) << made.error().reason;
  return *made;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

/// A model in which every value of every template is hostile.
model hostile_model(const std::string& of_template, int depth = 0) {
  constexpr int depth_max = 3;
  model out;
  for (std::size_t at = of_template.find("{{"); at != of_template.npos;
       at = of_template.find("{{", at + 2)) {
    auto name = of_template.substr(at + 2, of_template.find("}}", at) - at - 2);
    if (name.empty() || name.front() == '{' || name.front() == '/') continue;
    const bool is_section = name.front() == '#';
    if (name.front() == '^' || name.front() == '>' || name.starts_with("t.")) continue;
    if (!is_section)
      out.text(name, hostile);
    else if (depth < depth_max && !out.values().contains(name.substr(1)))
      out.list(name.substr(1), {hostile_model(of_template, depth + 1)});
  }
  return out;
}

TEST(PageTemplates, EscapeWhateverTheyAreFilledWith) {
  std::string all; // a partial's names too
  std::size_t seen = 0;
  for (const auto& file : embedded::pages())
    if (file.name.ends_with(".html")) all += file.content;
  const auto values = hostile_model(all, 2);
  for (const auto& file : embedded::pages()) {
    if (!file.name.ends_with(".html")) continue;
    const auto html = fill(file.name, english(), values);
    EXPECT_EQ(html.find("<script>alert"), html.npos) << file.name;
    EXPECT_EQ(html.find("\"1\""), html.npos) << file.name;
    seen += count(html, harmless);
  }
  EXPECT_GT(seen, 20U) << "nothing was filled in";
}

TEST(PageTemplates, LeaveNoMarkUnfilled) {
  for (const auto& file : embedded::pages()) {
    if (!file.name.ends_with(".html")) continue;
    const auto html = fill(file.name, english(), {});
    EXPECT_EQ(html.find("{{"), html.npos) << file.name;
    // Only the frame's content is HTML already.
    EXPECT_EQ(count(file.content, "{{{") + count(file.content, "{{&"),
              file.name == "page.html" ? 1U : 0U)
        << file.name;
  }
}

/// What `pattern` finds in the files that end so.
std::set<std::string> found_in_files(std::string_view ending, const char* pattern) {
  const std::regex form{pattern};
  std::set<std::string> found;
  for (const auto& file : embedded::pages()) {
    if (!file.name.ends_with(ending)) continue;
    const std::string text{file.content};
    for (std::sregex_iterator at{text.begin(), text.end(), form}, end; at != end; ++at)
      found.insert((*at)[1]);
  }
  return found;
}

std::set<std::string> words_of(const std::set<std::string>& texts) {
  std::set<std::string> words;
  for (const auto& text : texts) {
    std::istringstream in{std::regex_replace(text, std::regex{R"(\{\{[^}]*\}\})"}, " ")};
    for (std::string word; in >> word;)
      words.insert(word);
  }
  return words;
}

TEST(PageTemplates, NameClassesThatTheStyleKnows) {
  auto used = words_of(found_in_files(".html", R"re(class="([^"]*)")re"));
  used.merge(words_of(found_in_files(".js", R"re(className = "([^"]*)")re")));
  used.merge(words_of(found_in_files(".js", R"re(classList\.add\("([^"]*)")re")));
  EXPECT_GT(used.size(), 20U);
  EXPECT_EQ(used, found_in_files(".css", R"(\.([a-z][a-z-]*))"));
}

TEST(PageTemplates, UseWhateverTheyAreGiven) {
  const std::regex given{
      R"re((?:content|out|outer|row|values|\)|\s)\.(?:text|flag|list|part)\(\s*"([a-z_]+)",)re"};
  auto used = found_in_files(".html", R"(\{\{[{#^]?([a-z_]+))");
  used.merge(found_in_files(".css", R"(\{\{([a-z_]+))"));
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{PAGES_SOURCES}) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file{entry.path()};
    const std::string code{std::istreambuf_iterator<char>{file}, {}};
    for (std::sregex_iterator at{code.begin(), code.end(), given}, end; at != end; ++at, ++seen)
      EXPECT_TRUE(used.contains((*at)[1])) << (*at)[1] << " of " << entry.path();
  }
  EXPECT_GT(seen, 80U);
}

TEST(PageForms, ShowWhatWasTypedButNoPassword) {
  form sent{"f", "/f", "Send", {{"name", "Name", "text", "username", "A hint", hostile}}};
  sent.fields.push_back({"word", "Word", "password", "current-password", {}, "secret word"});
  const problem wrong{"name", "Not this one.", false};
  const auto content = model_of(english(), sent, "the-token", wrong);
  const auto html = fill("form.html", english(), content);
  EXPECT_NE(html.find(std::string{"value=\""} + harmless), html.npos) << html;
  EXPECT_EQ(html.find("secret word"), html.npos) << html;
  EXPECT_NE(html.find(R"(name="form_token" value="the-token")"), html.npos) << html;
  EXPECT_NE(html.find(R"(aria-describedby="f-name-hint f-name-error")"), html.npos) << html;
  EXPECT_NE(html.find(R"(aria-invalid="true")"), html.npos) << html;
  EXPECT_EQ(count(html, "aria-invalid"), 1U) << html;
  const auto summary = summary_of(sent, wrong);
  EXPECT_EQ(std::get<std::string>(summary.values().at("target")), "f-name");
}

TEST(PageAnswer, KeepsItselfToItself) {
  const auto at = usual_site();
  page_frame frame{"Title", "/sign-in"};
  const auto answer = page_answer(*at, english(), 200, frame, "error.html", {});
  const auto lines = answer.header_lines();
  EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
  for (const auto* line :
       {"Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; "
        "script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'\r\n",
        "Referrer-Policy: same-origin\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n"})
    EXPECT_NE(lines.find(line), lines.npos) << line << lines;
  EXPECT_FALSE(answer.has("Cache-Control")) << "no-store is the edge's own word";
  EXPECT_NE(answer.body.find("<title>Title – latchkey</title>"), answer.body.npos);
  EXPECT_EQ(answer.body.find(" style="), answer.body.npos);
  frame.is_secret = true;
  const auto secret = page_answer(*at, english(), 200, frame, "error.html", {});
  EXPECT_NE(secret.header_lines().find("Referrer-Policy: no-referrer"), std::string_view::npos);
}

TEST(PageAnswer, NamesTheBrandAndRefersToFilesThatStay) {
  auto values = usual();
  values.brand_name = hostile;
  const auto at = usual_site(values);
  const auto answer = page_answer(*at, english(), 200, {"Title", "/x?token=1"}, "error.html", {});
  EXPECT_GE(count(answer.body, harmless), 2U) << answer.body;
  EXPECT_EQ(answer.body.find("<script>alert"), answer.body.npos);
  EXPECT_NE(answer.body.find("href=\"/x?token=1&amp;language=de\""), answer.body.npos)
      << answer.body;
  const auto name = at->style().substr(files_path.size());
  const auto* style = at->find_file(name);
  ASSERT_NE(style, nullptr);
  EXPECT_EQ(style->content.find("{{"), std::string::npos);
  EXPECT_NE(style->content.find("--brand: #1f5fbf; --on-brand: #ffffff"), std::string::npos);
  const auto file = file_answer(*style);
  EXPECT_NE(file.header_lines().find("Cache-Control: public, max-age=31536000, immutable"),
            std::string_view::npos);
  EXPECT_EQ(at->find_file("style.css"), nullptr);
  EXPECT_EQ(at->find_file("../style.css"), nullptr);
}

TEST(PageAnswer, OffersNoLanguageWhereItHasNoAddress) {
  const auto at = usual_site();
  const auto answer = page_answer(*at, english(), 200, {"Title", ""}, "error.html", {});
  EXPECT_EQ(answer.body.find("language="), answer.body.npos) << answer.body;
  EXPECT_EQ(answer.body.find("<nav"), answer.body.npos) << answer.body;
}

TEST(PageAnswer, SaysWhatHasFailed) {
  const auto at = usual_site();
  http::request in;
  in.request_id = "req_1";
  const auto page = [&](const failure& error) { return failure_page(*at, error, in); };
  const auto limited = page({error_code::rate_limited, {}, {}, 600});
  EXPECT_EQ(limited.status, 429U);
  EXPECT_NE(limited.body.find("Wait 10 minutes"), limited.body.npos) << limited.body;
  EXPECT_NE(limited.header_lines().find("Retry-After: 600\r\n"), std::string_view::npos);
  EXPECT_EQ(page({error_code::overloaded}).status, 503U);
  EXPECT_NE(page({error_code::csrf_failed}).body.find("out of date"), std::string::npos);
  EXPECT_EQ(page({error_code::internal_error, {}, hostile}).body.find("alert"), std::string::npos);
  const auto nobody = page({error_code::token_invalid});
  EXPECT_EQ(nobody.status, 303U);
  EXPECT_NE(nobody.header_lines().find("Location: /sign-in\r\n"), std::string_view::npos);
}

TEST(PageSite, RefusesALogoThatIsNone) {
  auto values = usual();
  const auto folder =
      std::filesystem::temp_directory_path() / ("latchkey-logo-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const auto path = [&](const char* name) { return (folder / name).string(); };
  std::ofstream{path("good.svg")} << "<svg xmlns='http://www.w3.org/2000/svg'/>";
  std::ofstream{path("bad.png")} << "<svg/>";
  std::ofstream{path("large.svg")} << "<svg>" << std::string(logo_bytes_max, ' ') << "</svg>";
  std::ofstream{path("empty.svg")};
  values.brand_logo = path("good.svg");
  const auto made = usual_site(values);
  EXPECT_TRUE(made->logo().ends_with(".svg")) << made->logo();
  for (const auto* name : {"bad.png", "large.svg", "empty.svg", "missing.svg"}) {
    values.brand_logo = path(name);
    const auto refused = site::make(values);
    ASSERT_FALSE(refused) << name;
    EXPECT_NE(refused.error().reason.find("BRAND_LOGO: " + path(name)), std::string::npos);
  }
  std::filesystem::remove_all(folder);
}

} // namespace
} // namespace latchkey::gateway::pages

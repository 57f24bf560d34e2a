// What does not change while the server runs is answered with a validator, and compressed for
// those who take that.
#include "gateway/docs_assets/embedded.hpp"
#include "gateway/surfaces/docs/asset.hpp"
#include "gateway/surfaces/docs/endpoints.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string_view>

namespace latchkey::gateway::docs {
namespace {

http::request asking(std::initializer_list<http::header_view> headers) {
  http::request in;
  in.headers = headers;
  return in;
}

asset two_forms() {
  return {"text/plain", "no-cache", "content", "packed", etag_of("content")};
}

TEST(DocsAsset, IsCompressedOnlyForThoseWhoTakeGzip) {
  for (const auto* takes : {"gzip", "GZIP", "br, gzip", "deflate,gzip;q=0.001", "*", "*;q=0.5",
                            "gzip; q=1.0, identity;q=0", "*;q=0, gzip"})
    EXPECT_TRUE(takes_gzip(takes)) << takes;
  for (const auto* refuses : {"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "gzip;q=0, *",
                              "x-gzipped", "*;q=0", "*, gzip;q=0"})
    EXPECT_FALSE(takes_gzip(refuses)) << refuses;
}

TEST(DocsAsset, IsNotSentAgainToThoseWhoHaveIt) {
  EXPECT_TRUE(has_tag(R"("a")", R"("a")"));
  EXPECT_TRUE(has_tag(R"("b", W/"a")", R"("a")"));
  EXPECT_TRUE(has_tag("*", R"("a")"));
  EXPECT_FALSE(has_tag("", R"("a")"));
  EXPECT_FALSE(has_tag("a", R"("a")"));
  EXPECT_FALSE(has_tag(R"("ab")", R"("a")"));
}

TEST(DocsAsset, HasATagForEachOfItsForms) {
  const auto whole = answer_with(asking({}), two_forms());
  EXPECT_EQ(whole.status, 200U);
  EXPECT_EQ(whole.body, "content");
  EXPECT_FALSE(whole.has("Content-Encoding"));
  EXPECT_TRUE(whole.has("Vary"));

  const auto packed = answer_with(asking({{"Accept-Encoding", "gzip"}}), two_forms());
  EXPECT_EQ(packed.body, "packed");
  EXPECT_TRUE(packed.has("Content-Encoding"));

  const auto tag = two_forms().etag;
  const auto known = answer_with(asking({{"if-none-match", tag}}), two_forms());
  EXPECT_EQ(known.status, 304U);
  EXPECT_EQ(known.body, "");
  EXPECT_TRUE(known.has("ETag"));
  // The plain form's tag says nothing of the compressed one.
  const auto other =
      answer_with(asking({{"If-None-Match", tag}, {"Accept-Encoding", "gzip"}}), two_forms());
  EXPECT_EQ(other.status, 200U);
}

TEST(DocsAsset, IsOfTheTypeThatItsNameSays) {
  EXPECT_EQ(content_type_of("page.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("page.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("LICENSE"), "text/plain; charset=utf-8");
  EXPECT_EQ(content_type_of("x.exe"), "application/octet-stream");
}

TEST(DocsAsset, IsInTheProgramInBothForms) {
  std::set<std::string_view> names;
  for (const auto& file : embedded::docs_page()) {
    EXPECT_FALSE(file.content.empty()) << file.name;
    EXPECT_TRUE(file.gzip.starts_with("\x1f\x8b")) << file.name; // RFC 1952, section 2.3.1
    names.insert(file.name);
  }
  for (const auto* name : {"core-manager.html", "guide.css", "icon.png", "plain.css"})
    EXPECT_TRUE(names.contains(name)) << name;
  // The viewer is there with all of its parts or not at all.
  for (const auto* name :
       {"page.js", "page.css", "swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"})
    EXPECT_EQ(names.contains(name), has_viewer(embedded::docs_page())) << name;
}

} // namespace
} // namespace latchkey::gateway::docs

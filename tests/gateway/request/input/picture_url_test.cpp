// Where a picture may be, whoever tells it.
#include "gateway/request/input/picture_url.hpp"

#include <gtest/gtest.h>

namespace latchkey::gateway {
namespace {

using enum picture_url_form;

TEST(PictureUrl, IsRefusedWhereAPageCouldRunIt) {
  for (const char* url : {"javascript:alert(1)",
                          "JavaScript:alert(1)",
                          "data:text/html,x",
                          "java\tscript:alert(1)",
                          " javascript:alert(1)",
                          "vbscript:x",
                          "file:///etc/passwd",
                          "http\\://x",
                          "a b",
                          ":",
                          "x:y/z",
                          "https://",
                          "https:///x",
                          "http://?x",
                          "http://@x",
                          "ftp://a.example/x",
                          "//a.example/x",
                          "https://a.example/\"onerror=",
                          "x\"onerror=",
                          "<script>",
                          "https://a.example/<script>",
                          "a\\b",
                          "https://\xc3\xa9.example/"})
    for (const auto form : {absolute, reference}) {
      const auto checked = check_picture_url("profile_picture", url, form);
      ASSERT_FALSE(checked) << url;
      EXPECT_EQ(checked.error().code, error_code::validation_error);
      EXPECT_EQ(checked.error().field, "profile_picture");
      EXPECT_FALSE(checked.error().reason.empty());
    }
}

TEST(PictureUrl, IsOfTheWeb) {
  for (const char* url :
       {"", "https://cdn.example.com/1.png?s=64#x", "HTTP://cdn.example.com/1.png"})
    for (const auto form : {absolute, reference})
      EXPECT_TRUE(check_picture_url("avatar_url", url, form)) << url;
}

TEST(PictureUrl, IsRelativeWhereADocumentSaysSo) {
  for (const char* url : {"url-to-picture", "/a:b", "?a:b", "#a:b", "pictures/1.png"}) {
    EXPECT_TRUE(check_picture_url("profile_picture", url, reference)) << url;
    EXPECT_FALSE(check_picture_url("avatar_url", url, absolute)) << url;
  }
}

} // namespace
} // namespace latchkey::gateway

#include "protocol/text/json_writer.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>

namespace latchkey {
namespace {

TEST(JsonWriter, WritesMembersInTheOrderOfTheCalls) {
  std::string out;
  json_writer(out)
      .begin_object()
      .text("z", "1")
      .number("a", -2)
      .flag("on", true)
      .flag("off", false)
      .null("none")
      .json("raw", "[1.50]")
      .end_object();
  EXPECT_EQ(out, R"({"z":"1","a":-2,"on":true,"off":false,"none":null,"raw":[1.50]})");
}

TEST(JsonWriter, EscapesTextsAndNamesFromOutside) {
  std::string out;
  json_writer(out).begin_object().json_as("a\"b", "[]").text("c", "d\n\\").end_object();
  EXPECT_EQ(out, R"({"a\"b":[],"c":"d\n\\"})");
}

TEST(JsonWriter, EscapesWhereAPlainTextEnds) {
  std::string out;
  json_writer(out).begin_list().item("").item("plain").item("pl\tain").item("\x01").item(
      "\xC3\xA4\xFF!");
  EXPECT_EQ(out, "[\"\",\"plain\",\"pl\\tain\",\"\\u0001\",\"\xC3\xA4\xEF\xBF\xBD!\"");
}

TEST(JsonWriter, WritesTheLongestNameWhole) {
  std::string out;
  static_assert(json_name{"a_name_of_the_most_bytes_that_we_may_use"}.text().size() ==
                json_name::bytes_max);
  json_writer(out).begin_object().flag("a", true).flag("a_name_of_the_most_bytes_that_we_may_use",
                                                       false);
  EXPECT_EQ(out, R"({"a":true,"a_name_of_the_most_bytes_that_we_may_use":false)");
}

TEST(JsonWriter, WritesNullForWhatIsNotThere) {
  std::string out;
  json_writer(out)
      .begin_object()
      .text_or_null("a", "")
      .text_or_null("b", "x")
      .number_or_null("c", std::nullopt)
      .number_or_null("d", 0)
      .end_object();
  EXPECT_EQ(out, R"({"a":null,"b":"x","c":null,"d":0})");
}

TEST(JsonWriter, WritesTimesAndListsOfTexts) {
  std::string out;
  json_writer(out)
      .begin_object()
      .time_or_null("at", time_point{std::chrono::milliseconds{1'700'000'000'900}})
      .time_or_null("never", std::nullopt)
      .texts("some", {"a", "b\""})
      .texts("none", {})
      .end_object();
  EXPECT_EQ(out, R"({"at":"2023-11-14T22:13:20Z","never":null,"some":["a","b\""],"none":[]})");
}

TEST(JsonWriter, PutsCommasBetweenItemsAndMembersAlone) {
  std::string out;
  json_writer writer(out);
  writer.begin_object().begin_list("texts").item("a").item("{").item("b").end_list();
  writer.begin_list("objects");
  for (int i = 0; i < 2; ++i)
    writer.begin_object().number("i", i).end_object();
  writer.end_list().begin_object("empty").end_object().begin_list("none").end_list();
  writer.begin_object("inner").text("k", "v").end_object().end_object();
  EXPECT_EQ(out, R"({"texts":["a","{","b"],"objects":[{"i":0},{"i":1}],"empty":{},"none":[],)"
                 R"("inner":{"k":"v"}})");
}

TEST(JsonWriter, AddsMembersThatAreJsonAlready) {
  std::string out;
  json_writer(out)
      .begin_object()
      .members("")
      .text("a", "b")
      .members(R"("c":1,"d":2)")
      .members("")
      .end_object();
  EXPECT_EQ(out, R"({"a":"b","c":1,"d":2})");
}

TEST(JsonWriter, LeavesTheValueOfANameToTheCaller) {
  std::string out;
  json_writer writer(out);
  writer.begin_object().name("a");
  out += "1.0";
  writer.name("b").begin_object().end_object().end_object();
  EXPECT_EQ(out, R"({"a":1.0,"b":{}})");
}

TEST(JsonWriter, BeginsEachLineAnew) {
  std::string out;
  for (int i = 0; i < 2; ++i) {
    json_writer(out).begin_object().number("i", i).end_object();
    out += '\n';
  }
  EXPECT_EQ(out, "{\"i\":0}\n{\"i\":1}\n");
}

TEST(JsonWriter, WritesTheSmallestAndTheLargestNumber) {
  std::string out;
  using limits = std::numeric_limits<std::int64_t>;
  json_writer(out).begin_object().number("a", limits::min()).number("b", limits::max());
  EXPECT_EQ(out, R"({"a":-9223372036854775808,"b":9223372036854775807)");
}

} // namespace
} // namespace latchkey

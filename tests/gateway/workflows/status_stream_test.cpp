// From the bytes of a stream to the objects in it, however they are cut into pieces.
#include "gateway/workflows/status_stream.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace latchkey::gateway {
namespace {

using format = status_stream::format;

/// What comes of `bytes` given in pieces of `size`.
std::vector<std::string> objects_of(format framing, std::string_view bytes, std::size_t size) {
  status_stream stream(framing);
  std::vector<std::string> out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    stream.add(bytes.substr(0, size));
    EXPECT_FALSE(stream.is_too_long());
    while (auto object = stream.next())
      out.push_back(*object);
  }
  if (auto last = stream.rest()) out.push_back(*last);
  return out;
}

using texts = std::vector<std::string>;

TEST(StatusStream, IsKnownByItsType) {
  EXPECT_EQ(status_stream::format_of("application/x-ndjson; charset=utf-8"), format::lines);
  EXPECT_EQ(status_stream::format_of("Text/Event-Stream"), format::events);
  EXPECT_EQ(status_stream::format_of("application/json"), std::nullopt);
  EXPECT_EQ(status_stream::format_of(""), std::nullopt);
}

TEST(StatusStream, GivesALineEachHoweverItIsCut) {
  for (const std::size_t size : {1, 2, 3, 7, 1000})
    EXPECT_EQ(objects_of(format::lines, "{\"a\":1}\n\r\n  \n{\"b\":2}\r\n{\"c\":3}", size),
              (texts{R"({"a":1})", R"({"b":2})", R"({"c":3})"}))
        << size;
}

TEST(StatusStream, GivesTheDataOfAnEventEachHoweverItIsCut) {
  const auto* const bytes =
      "\xEF\xBB\xBF: a comment\n\nid: 1\nevent: status\ndata: {\"a\":\ndata:1}\n"
      "\ndata\n\nretry: 9\r\rdata: {\"b\":2}\r\n\r\ndata: {\"cut\"";
  for (const std::size_t size : {1, 2, 3, 7, 1000})
    EXPECT_EQ(objects_of(format::events, bytes, size), (texts{"{\"a\":\n1}", R"({"b":2})"}))
        << size;
}

/// How much of a stream of such pieces is taken until it is too long.
std::size_t taken_of(format framing, const std::string& piece) {
  status_stream stream(framing);
  std::size_t given = 0;
  while (!stream.is_too_long() && given < 4 * status_stream::bytes_max) {
    stream.add(piece);
    EXPECT_FALSE(stream.next());
    given += piece.size();
  }
  return given;
}

TEST(StatusStream, EndsAtALineThatIsTooLong) {
  for (const auto framing : {format::lines, format::events})
    EXPECT_LE(taken_of(framing, std::string(1024, 'x')), status_stream::bytes_max + 4096);
}

TEST(StatusStream, EndsAtAnEventThatIsTooLong) {
  EXPECT_LE(taken_of(format::events, "data: " + std::string(1024, 'x') + "\n"),
            status_stream::bytes_max + 4096);
}

TEST(StatusStream, TakesWhatIsJustNotTooLong) {
  const std::string longest(status_stream::bytes_max, 'x');
  EXPECT_EQ(objects_of(format::lines, longest + "\n", 1000), texts{longest});
}

} // namespace
} // namespace latchkey::gateway

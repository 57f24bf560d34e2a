// What RFC 6455 says of a client's frames, rule by rule, against the bytes themselves.
#include "gateway/live/ws/frame_reader.hpp"

#include "gateway/live/ws/frame.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace latchkey::ws {
namespace {

using namespace std::string_literals;

constexpr std::size_t message_bytes_max = 64UL << 10;

/// A frame of a client's: its first byte, and the payload masked.
std::string framed(unsigned first, std::string payload, std::uint64_t claimed_bytes = 0) {
  const std::uint64_t bytes = claimed_bytes != 0 ? claimed_bytes : payload.size();
  const std::string mask = "\x11\x22\x33\x44";
  std::string out{static_cast<char>(first)};
  const auto put = [&](std::uint64_t byte) { out += static_cast<char>(byte & 0xff); };
  const int length_bytes = bytes <= 125 ? 0 : bytes <= 0xffff ? 2 : 8;
  put(0x80 | (length_bytes == 0 ? bytes : length_bytes == 2 ? 126 : 127));
  for (int i = length_bytes - 1; i >= 0; --i)
    put(bytes >> (8 * i));
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

std::string text(const std::string& payload) {
  return framed(0x81, payload);
}

std::string close_payload(unsigned code, const std::string& reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)} + reason;
}

/// A reader and all that it heard.
struct reading {
  frame_reader reader{message_bytes_max};
  std::vector<std::string> heard;
  std::string replies;
  bool has_ended = false;

  reading& read(const std::string& bytes) {
    const auto out = reader.read(bytes, [this](std::string_view message) {
      heard.emplace_back(message);
      return true;
    });
    replies += out.reply;
    has_ended = out.has_ended;
    return *this;
  }
};

/// The code of the close frame that is all of the reply; 0 when it is none.
unsigned code_in(const std::string& reply) {
  if (reply.size() < 4 || static_cast<unsigned char>(reply[0]) != 0x88) return 0;
  if (static_cast<std::size_t>(reply[1]) + 2 != reply.size()) return 0;
  return static_cast<unsigned char>(reply[2]) * 256U + static_cast<unsigned char>(reply[3]);
}

unsigned refusal_of(const std::string& bytes) {
  reading of;
  of.read(bytes);
  EXPECT_TRUE(of.heard.empty());
  EXPECT_EQ(of.has_ended, !of.replies.empty());
  return code_in(of.replies);
}

TEST(FrameReader, HearsWholeTextMessages) {
  reading of;
  of.read(text("one") + text("") + text("drei €"));
  EXPECT_EQ(of.heard, (std::vector{"one"s, ""s, "drei €"s}));
  EXPECT_EQ(of.replies, "");
  EXPECT_FALSE(of.has_ended);
  EXPECT_TRUE(of.reader.is_idle());
}

TEST(FrameReader, HearsTheSameHoweverTheBytesAreCut) {
  const auto all = text("one") + framed(0x01, "tw") + framed(0x89, "beat") + framed(0x80, "o") +
                   text(std::string(300, 'x')) + text(std::string(message_bytes_max, 'y'));
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 1000UL, 4096UL, 100'000UL}) {
    reading of;
    for (std::size_t at = 0; at < all.size(); at += piece)
      of.read(all.substr(at, piece));
    ASSERT_EQ(of.heard.size(), 4u) << piece;
    EXPECT_EQ(of.heard[1], "two");
    EXPECT_EQ(of.heard[3].size(), message_bytes_max);
    EXPECT_EQ(of.replies, "\x8a\x04"s + "beat");
    EXPECT_TRUE(of.reader.is_idle());
  }
}

TEST(FrameReader, IsIdleOnlyBetweenFramesAndMessages) {
  const auto frame = text("hello");
  for (std::size_t at = 1; at < frame.size(); ++at) {
    reading of;
    EXPECT_FALSE(of.read(frame.substr(0, at)).reader.is_idle()) << at;
    EXPECT_TRUE(of.read(frame.substr(at)).reader.is_idle()) << at;
  }
  reading of;
  EXPECT_FALSE(of.read(framed(0x01, "half")).reader.is_idle());
  EXPECT_FALSE(of.read(framed(0x89, "")).reader.is_idle());
  EXPECT_TRUE(of.read(framed(0x80, "")).reader.is_idle());
}

TEST(FrameReader, TellsWhetherAnyFrameCame) {
  frame_reader reader{message_bytes_max};
  const auto ignored = [](std::string_view) { return true; };
  const auto pong = framed(0x8a, "");
  EXPECT_FALSE(reader.read(pong.substr(0, 3), ignored).received_frame);
  EXPECT_TRUE(reader.read(pong.substr(3), ignored).received_frame);
}

TEST(FrameReader, StopsWhenItIsTold) {
  frame_reader reader{message_bytes_max};
  int heard = 0;
  const auto out =
      reader.read(text("a") + text("b") + text("c"), [&](std::string_view) { return ++heard < 2; });
  EXPECT_EQ(heard, 2);
  EXPECT_TRUE(out.has_ended);
  EXPECT_TRUE(reader.read(text("d"), [](std::string_view) { return true; }).has_ended);
}

// RFC 6455, 5.1: a server closes when a frame is not masked.
TEST(FrameReader, RefusesAFrameThatIsNotMasked) {
  EXPECT_EQ(refusal_of("\x81\x02hi"s), 1002u);
}

// RFC 6455, 5.2: reserved bits are 0, as no extension was agreed.
TEST(FrameReader, RefusesReservedBits) {
  for (const unsigned first : {0xc1U, 0xa1U, 0x91U})
    EXPECT_EQ(refusal_of(framed(first, "hi")), 1002u) << first;
}

// RFC 6455, 5.2: reserved opcodes.
TEST(FrameReader, RefusesReservedOpcodes) {
  for (const unsigned code : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
    EXPECT_EQ(refusal_of(framed(0x80 | code, "hi")), 1002u) << code;
}

// RFC 6455, 5.2: the most significant bit of a 64-bit length is 0.
TEST(FrameReader, RefusesALengthWithItsHighestBit) {
  EXPECT_EQ(refusal_of(framed(0x81, "", 1ULL << 63)), 1002u);
}

// RFC 6455, 5.2: the fewest bytes that hold a length.
TEST(FrameReader, RefusesALengthInMoreBytesThanItNeeds) {
  EXPECT_EQ(refusal_of("\x81\xfe\x00\x02\x11\x22\x33\x44\x79\x4b"s), 1002u);
  EXPECT_EQ(refusal_of("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x02\x11\x22\x33\x44\x79\x4b"s), 1002u);
}

// RFC 6455, 5.4: how messages are cut.
TEST(FrameReader, RefusesAContinuationOfNothingAndAMessageInsideAnother) {
  EXPECT_EQ(refusal_of(framed(0x80, "rest")), 1002u);
  EXPECT_EQ(refusal_of(framed(0x01, "half") + text("other")), 1002u);
}

// RFC 6455, 5.5: control frames are whole and short.
TEST(FrameReader, RefusesControlFramesThatAreCutOrLong) {
  for (const unsigned code : {8U, 9U, 10U}) {
    EXPECT_EQ(refusal_of(framed(code, "")), 1002u) << code;
    EXPECT_EQ(refusal_of(framed(0x80 | code, std::string(126, 'x'))), 1002u) << code;
  }
}

// RFC 6455, 5.5.2 and 5.5.3
TEST(FrameReader, AnswersAPingWithItsOwnPayload) {
  reading of;
  of.read(framed(0x89, std::string(125, 'p')) + framed(0x8a, "unasked"));
  EXPECT_EQ(of.replies, "\x8a\x7d"s + std::string(125, 'p'));
  EXPECT_FALSE(of.has_ended);
}

// RFC 6455, 5.5.1: a close is answered with its own code, and nothing after it is read.
TEST(FrameReader, AnswersACloseAndReadsNothingBehindIt) {
  reading of;
  of.read(framed(0x88, close_payload(1000, "bye")) + text("too late"));
  EXPECT_EQ(code_in(of.replies), 1000u);
  EXPECT_TRUE(of.has_ended);
  EXPECT_TRUE(of.heard.empty());
  EXPECT_FALSE(of.reader.is_idle());

  reading bare;
  bare.read(framed(0x88, ""));
  EXPECT_EQ(bare.replies, "\x88\x00"s);
  EXPECT_TRUE(bare.has_ended);
}

// RFC 6455, 7.4: codes that are for no frame, or for nobody.
TEST(FrameReader, RefusesBadCloseFrames) {
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U, 65535U})
    EXPECT_EQ(refusal_of(framed(0x88, close_payload(code))), 1002u) << code;
  EXPECT_EQ(refusal_of(framed(0x88, "x")), 1002u);
  EXPECT_EQ(refusal_of(framed(0x88, close_payload(1000, "\xff"))), 1007u);
  for (const unsigned code : {1000U, 1001U, 1011U, 3000U, 4999U}) {
    reading of;
    EXPECT_EQ(code_in(of.read(framed(0x88, close_payload(code))).replies), code);
  }
}

// RFC 6455, 8.1
TEST(FrameReader, RefusesTextThatIsNoUtf8) {
  for (const auto& bad : {"\xff"s, "\xc0\xaf"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "a\xe2\x82"s})
    EXPECT_EQ(refusal_of(text(bad)), 1007u);
}

TEST(FrameReader, TakesACharacterThatIsCutByFrames) {
  reading of;
  of.read(framed(0x01, "\xe2") + framed(0x00, "\x82") + framed(0x89, "") + framed(0x80, "\xac"));
  EXPECT_EQ(of.heard, std::vector{"\xe2\x82\xac"s});
}

TEST(FrameReader, RefusesBinaryMessages) {
  EXPECT_EQ(refusal_of(framed(0x82, "{}")), 1003u);
}

TEST(FrameReader, RefusesAMessageThatIsTooLongBeforeItIsThere) {
  // Its first byte is enough, in one frame or in several.
  EXPECT_EQ(refusal_of(framed(0x81, "x", message_bytes_max + 1)), 1009u);
  EXPECT_EQ(refusal_of(framed(0x81, "x", (1ULL << 63) - 1)), 1009u);
  EXPECT_EQ(refusal_of(framed(0x01, std::string(message_bytes_max, 'x')) + framed(0x80, "y")),
            1009u);
}

TEST(Frame, IsWholeAndNotMasked) {
  EXPECT_EQ(*text_frame("hi"), "\x81\x02hi"s);
  EXPECT_EQ(text_frame(std::string(126, 'x'))->substr(0, 4), "\x81\x7e\x00\x7e"s);
  EXPECT_EQ(text_frame(std::string(65536, 'x'))->substr(0, 10),
            "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(*ping_frame(), "\x89\x00"s);
  EXPECT_EQ(*close_frame(close_code::revoked, "gone"), "\x88\x06\x0f\xa1gone"s);
}

TEST(Frame, OfACloseCutsItsReasonAtACharacter) {
  const auto frame = close_frame(close_code::policy, std::string(122, 'x') + "€");
  EXPECT_EQ(frame->size(), 2u + 2u + 122u);
}

} // namespace
} // namespace latchkey::ws

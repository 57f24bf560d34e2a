// rules_test.cpp — RFC 6455, rule by rule, on the wire.
#include "tests/product/product.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

/// One server for all; nothing here is about stores.
class LiveRules : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<product>("sqlite");
    token_ = server_->sign_in_new_user().access;
  }
  static void TearDownTestSuite() { server_.reset(); }
  static ws_client open() { return ws_client{server_->server->port(), token_}; }

  static ws_frame frame(unsigned kind, std::string payload, bool is_last = true) {
    ws_frame out;
    out.opcode = kind;
    out.payload = std::move(payload);
    out.is_last = is_last;
    return out;
  }
  static ws_frame close(unsigned code, const std::string& reason = {}) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return frame(opcode::close, payload + reason);
  }
  /// What the server closes with when it is sent these.
  static unsigned closed_after(const std::vector<ws_frame>& frames) {
    auto socket = open();
    for (const auto& each : frames)
      socket.send(each);
    return socket.wait_for_close();
  }
  static bool answers_ping(ws_client& socket) {
    socket.say({{"type", "ping"}, {"id", "still there"}});
    return socket.hear()["correlation_id"] == "still there";
  }

  static inline std::unique_ptr<product> server_;
  static inline std::string token_;
};

// -- 5.1 and 5.2: frames ---------------------------------------------------------------------

TEST_F(LiveRules, AFrameThatIsNotMaskedIsAProtocolError) {
  auto bare = frame(opcode::text, "{}");
  bare.is_masked = false;
  EXPECT_EQ(closed_after({bare}), 1002u);
}

TEST_F(LiveRules, ServerFramesAreNotMasked) {
  auto socket = open();
  socket.say({{"type", "ping"}});
  const auto answer = socket.receive();
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->is_masked);
  EXPECT_EQ(answer->reserved, 0u);
  EXPECT_TRUE(answer->is_last);
}

TEST_F(LiveRules, EveryReservedBitIsAProtocolError) {
  for (const unsigned bits : {1u, 2u, 4u}) {
    auto odd = frame(opcode::text, "{}");
    odd.reserved = bits;
    EXPECT_EQ(closed_after({odd}), 1002u) << bits;
  }
}

TEST_F(LiveRules, EveryReservedOpcodeIsAProtocolError) {
  for (const unsigned code : {0x3u, 0x4u, 0x5u, 0x6u, 0x7u, 0xbu, 0xcu, 0xdu, 0xeu, 0xfu})
    EXPECT_EQ(closed_after({frame(code, "")}), 1002u) << code;
}

TEST_F(LiveRules, ALengthWithTheHighBitIsRefusedBeforeItsBytes) {
  auto socket = open();
  std::string head{"\x81\xff"};
  head += std::string("\x80\0\0\0\0\0\0\x01", 8) + "mask";
  socket.send_bytes(head);
  EXPECT_EQ(socket.wait_for_close(), 1002u);
}

TEST_F(LiveRules, ALengthInMoreBytesThanItNeedsIsAProtocolError) {
  for (const unsigned bytes : {2u, 8u}) {
    auto longer = frame(opcode::text, "{}");
    longer.length_bytes = bytes;
    EXPECT_EQ(closed_after({longer}), 1002u) << bytes;
  }
}

TEST_F(LiveRules, AFrameMayComeByteByByte) {
  auto socket = open();
  for (const char byte : to_bytes(frame(opcode::text, R"({"type":"ping","id":"slow"})")))
    socket.send_bytes({&byte, 1});
  EXPECT_EQ(socket.hear()["correlation_id"], "slow");
}

TEST_F(LiveRules, ManyFramesMayComeAtOnce) {
  auto socket = open();
  std::string bytes;
  for (int i = 0; i < 200; ++i)
    bytes += to_bytes(frame(opcode::text, R"({"type":"ping","id":")" + std::to_string(i) + "\"}"));
  socket.send_bytes(bytes);
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(socket.hear()["correlation_id"], std::to_string(i));
}

// -- 5.4: fragments --------------------------------------------------------------------------

TEST_F(LiveRules, AMessageMayComeInFragmentsEvenEmptyOnes) {
  auto socket = open();
  socket.send(frame(opcode::text, R"({"type":)", false));
  socket.send(frame(opcode::continuation, "", false));
  socket.send(frame(opcode::continuation, R"("ping","id":"whole"})"));
  EXPECT_EQ(socket.hear()["correlation_id"], "whole");
}

TEST_F(LiveRules, AControlFrameMayStandBetweenFragments) {
  auto socket = open();
  socket.send(frame(opcode::text, R"({"type":"ping",)", false));
  socket.send(frame(opcode::ping, "between"));
  const auto pong = socket.receive();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, opcode::pong);
  EXPECT_EQ(pong->payload, "between");
  socket.send(frame(opcode::continuation, R"("id":"after"})"));
  EXPECT_EQ(socket.hear()["correlation_id"], "after");
}

TEST_F(LiveRules, AnotherMessageBetweenFragmentsIsAProtocolError) {
  EXPECT_EQ(closed_after({frame(opcode::text, "{", false), frame(opcode::text, "{}")}), 1002u);
}

TEST_F(LiveRules, AContinuationOfNothingIsAProtocolError) {
  EXPECT_EQ(closed_after({frame(opcode::continuation, "{}")}), 1002u);
}

// -- 5.5: control frames ---------------------------------------------------------------------

TEST_F(LiveRules, AFragmentedControlFrameIsAProtocolError) {
  for (const unsigned code : {opcode::close, opcode::ping, opcode::pong})
    EXPECT_EQ(closed_after({frame(code, "", false)}), 1002u) << code;
}

TEST_F(LiveRules, AControlFrameOfMoreThan125BytesIsAProtocolError) {
  for (const unsigned code : {opcode::close, opcode::ping, opcode::pong})
    EXPECT_EQ(closed_after({frame(code, std::string(126, 'a'))}), 1002u) << code;
}

TEST_F(LiveRules, APingIsAnsweredWithItsOwnPayload) {
  auto socket = open();
  for (const auto& payload :
       {std::string{}, std::string("\0\xff payload", 10), std::string(125, 'p')}) {
    socket.send(frame(opcode::ping, payload));
    const auto pong = socket.receive();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->opcode, opcode::pong);
    EXPECT_EQ(pong->payload, payload);
  }
}

TEST_F(LiveRules, APongThatNobodyAskedForIsIgnored) {
  auto socket = open();
  socket.send(frame(opcode::pong, "unasked"));
  EXPECT_TRUE(answers_ping(socket));
}

// -- 5.5.1 and 7: closing --------------------------------------------------------------------

TEST_F(LiveRules, ACloseIsAnsweredWithItsCodeAndTheConnectionEnds) {
  for (const unsigned code : {1000u, 1001u, 1003u, 1007u, 1011u, 3000u, 4999u}) {
    auto socket = open();
    socket.send(close(code, "bye"));
    EXPECT_EQ(socket.wait_for_close(), code);
  }
}

TEST_F(LiveRules, ACloseWithoutACodeIsAnsweredWithoutOne) {
  auto socket = open();
  socket.send(frame(opcode::close, ""));
  const auto answer = socket.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode, opcode::close);
  EXPECT_EQ(answer->payload, "");
  EXPECT_FALSE(socket.receive());
}

TEST_F(LiveRules, ACloseCodeThatMustNotBeSentIsAProtocolError) {
  for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 5000u, 65535u})
    EXPECT_EQ(closed_after({close(code)}), 1002u) << code;
}

TEST_F(LiveRules, ACloseOfOneByteIsAProtocolError) {
  EXPECT_EQ(closed_after({frame(opcode::close, "\x03")}), 1002u);
}

TEST_F(LiveRules, AReasonThatIsNoUtf8IsRefused) {
  const auto code = closed_after({close(1000, "\xff")});
  EXPECT_TRUE(code == 1007u || code == 1002u) << code;
}

TEST_F(LiveRules, NothingIsAnsweredBehindAClose) {
  auto socket = open();
  socket.send_bytes(to_bytes(close(1000)) + to_bytes(frame(opcode::text, R"({"type":"ping"})")));
  const auto first = socket.receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->opcode, opcode::close);
  EXPECT_FALSE(socket.receive());
}

// -- 5.6 and 8.1: data -----------------------------------------------------------------------

TEST_F(LiveRules, ABinaryMessageIsRefusedAsSuch) {
  EXPECT_EQ(closed_after({frame(opcode::binary, "{}")}), 1003u);
}

TEST_F(LiveRules, ATextThatIsNoUtf8IsRefused) {
  for (const std::string text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3"})
    EXPECT_EQ(closed_after({frame(opcode::text, text)}), 1007u);
}

TEST_F(LiveRules, ACharacterMayBeSplitAcrossFragments) {
  auto socket = open();
  const std::string text = "{\"type\":\"ping\",\"id\":\"\u20ac\"}";
  const auto middle = text.find("\xe2") + 1;
  socket.send(frame(opcode::text, text.substr(0, middle), false));
  socket.send(frame(opcode::continuation, text.substr(middle)));
  EXPECT_EQ(socket.hear()["correlation_id"], "\u20ac");
}

TEST_F(LiveRules, ACharacterThatIsNeverFinishedIsRefused) {
  EXPECT_EQ(closed_after({frame(opcode::text, "{\xe2", false), frame(opcode::continuation, "}")}),
            1007u);
}

TEST_F(LiveRules, AMessageMayHave64KibAndNotAByteMore) {
  const std::size_t most = std::size_t{64} << 10U;
  const auto text_of = [](std::size_t size) {
    std::string out = R"({"type":"ping","id":"full"})";
    return out + std::string(size - out.size(), ' ');
  };
  auto socket = open();
  socket.send(frame(opcode::text, text_of(most)));
  EXPECT_EQ(socket.hear()["correlation_id"], "full");
  EXPECT_EQ(closed_after({frame(opcode::text, text_of(most + 1))}), 1009u);
  const auto half = text_of(most + 1).substr(0, most / 2);
  EXPECT_EQ(
      closed_after({frame(opcode::text, half, false), frame(opcode::continuation, half, false),
                    frame(opcode::continuation, "  ")}),
      1009u);
}

} // namespace
} // namespace latchkey::test

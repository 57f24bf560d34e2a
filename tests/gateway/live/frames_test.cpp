// Messages of live sockets as text: what is read of a client's, and how the answers look.
#include "gateway/live/frames.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace latchkey::gateway::live {
namespace {

using nlohmann::json;

/// What the frame carries behind its header.
json content_of(const ws::frame& frame) {
  return json::parse(frame->substr(frame->find('{')));
}

std::string field_at_fault(std::string_view text) {
  const auto read = read_message(text);
  if (read.form) return "none";
  EXPECT_EQ(read.form.error().code, error_code::validation_error) << text;
  return read.form.error().field;
}

TEST(ClientMessage, HasATypeAnIdAndData) {
  auto read = read_message(R"({"type":"ping","id":"a","data":{"x":1}})");
  ASSERT_TRUE(read.form);
  EXPECT_EQ(read.type, "ping");
  EXPECT_EQ(read.id, "a");
  EXPECT_TRUE(read.data.optional_number("x", 10));
  EXPECT_TRUE(read_message(R"({"type":"ping"})").id.empty());
}

TEST(ClientMessage, ThatIsWrongNamesTheField) {
  EXPECT_EQ(field_at_fault("[]"), "body");
  EXPECT_EQ(field_at_fault("{"), "body");
  EXPECT_EQ(field_at_fault(R"({"id":"a"})"), "type");
  EXPECT_EQ(field_at_fault(R"({"type":7})"), "type");
  EXPECT_EQ(field_at_fault(R"({"type":"ping","id":true})"), "id");
  EXPECT_EQ(field_at_fault(R"({"type":"ping","data":[]})"), "data");
}

TEST(ClientMessage, KeepsItsIdWhateverElseIsWrong) {
  EXPECT_EQ(read_message(R"({"id":"a","type":7})").id, "a");
}

// JSON-RPC's ids may be numbers; 1 and "1" are different ones, and so are "#1" and 1.
TEST(CorrelationId, ComesBackAsItWasSent) {
  for (const auto* id :
       {R"("a")", "7", "-1.50", "1e3", R"("7")", R"("#7")", R"("##7")", R"("#")"}) {
    const auto read = read_message(R"({"type":"ping","id":)" + std::string{id} + "}");
    ASSERT_TRUE(read.form) << id;
    const auto text = *pong(read.id);
    EXPECT_NE(text.find(R"("correlation_id":)" + std::string{id} + "}"), std::string::npos)
        << id << " came back in " << text;
  }
}

TEST(CorrelationId, LeavesRoomForItsMark) {
  const auto of_size = [](std::size_t size, char first) {
    auto id = std::string(size, 'x');
    id.front() = first;
    return R"({"type":"ping","id":")" + id + "\"}";
  };
  EXPECT_EQ(field_at_fault(of_size(message_id_bytes_max, 'x')), "none");
  EXPECT_EQ(field_at_fault(of_size(message_id_bytes_max + 1, 'x')), "id");
  EXPECT_EQ(field_at_fault(of_size(message_id_bytes_max - 1, '#')), "none");
  EXPECT_EQ(field_at_fault(of_size(message_id_bytes_max, '#')), "id");
}

TEST(Frame, OfAnErrorHasTheWordsOfTheTable) {
  const auto frame =
      content_of(error("a", {error_code::quota_exceeded, "workflows", "no more", 60}));
  EXPECT_EQ(frame["type"], "error");
  EXPECT_EQ(frame["correlation_id"], "a");
  EXPECT_EQ(frame["error"]["code"], describe(error_code::quota_exceeded).name);
  EXPECT_EQ(frame["error"]["details"]["field"], "workflows");
  EXPECT_EQ(frame["error"]["details"]["reason"], "no more");
  EXPECT_EQ(frame["error"]["retry_after"], 60);
  EXPECT_FALSE(content_of(error({}, {error_code::not_found})).contains("correlation_id"));
}

messages::workflow_statuses statuses_for(std::string correlation_id) {
  messages::workflow_statuses out;
  out.correlation_id = std::move(correlation_id);
  return out;
}

TEST(Frame, OfAStatusHasItsBodyAmongTheData) {
  const auto frame = content_of(
      status(statuses_for("a"), {3, R"({"status":"completed","step":"s","progress":1.00})"}));
  EXPECT_EQ(frame["type"], "workflow_status");
  EXPECT_EQ(frame["data"]["seq"], 3);
  EXPECT_EQ(frame["data"]["status"], "completed");
  EXPECT_EQ(frame["data"]["step"], "s");
  EXPECT_FALSE(frame.contains("error"));
}

TEST(Frame, OfAFailedStatusHasItsErrorBesideTheData) {
  const auto frame = content_of(
      status(statuses_for("a"), {3, R"({"status":"failed","step":"s","error":{"code":"GW001"}})"}));
  EXPECT_EQ(frame["error"]["code"], "GW001");
  EXPECT_FALSE(frame["data"].contains("error"));
  EXPECT_EQ(frame["data"]["status"], "failed");
  // The word alone is no member.
  const auto other =
      content_of(status(statuses_for("a"), {4, R"({"status":"failed","step":"\"error\""})"}));
  EXPECT_FALSE(other.contains("error"));
  EXPECT_EQ(other["data"]["step"], "\"error\"");
}

TEST(Frame, OfWhatTheServerSaysUnaskedHasNoCorrelationId) {
  EXPECT_EQ(content_of(session_revoked("logout")),
            json::parse(R"({"type":"session_revoked","data":{"reason":"logout"}})"));
  EXPECT_EQ(
      content_of(session_expiring(86400)),
      json::parse(R"({"type":"session_expiring","data":{"expires_at":"1970-01-02T00:00:00Z"}})"));
  EXPECT_EQ(
      content_of(subscription_changed("pro", "active")),
      json::parse(R"({"type":"subscription_changed","data":{"tier":"pro","status":"active"}})"));
  EXPECT_EQ(content_of(server_stopping(std::chrono::milliseconds{1500})),
            json::parse(R"({"type":"server_stopping","data":{"reconnect_in_ms":1500}})"));
}

} // namespace
} // namespace latchkey::gateway::live

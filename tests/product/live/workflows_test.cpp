// workflows_test.cpp — workflows over live sockets: started once, told in order, found again
// whatever drops ("Auth Service Internal API Documentation", Message Types).
#include "tests/product/core_manager.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/product/live/following.hpp"

namespace latchkey::test {
namespace {

class LiveWorkflows : public testing::TestWithParam<std::string> {
protected:
  LiveWorkflows() {
    internal_port_ = free_port();
    upstream_ = std::make_unique<core_manager>(testing::TempDir(),
                                               calling_back(internal_port_, service_key));
    one_ = std::make_unique<product>(
        GetParam(), environment{{"CORE_MANAGER_URL", upstream_->url()},
                                {"INTERNAL_PORT", std::to_string(internal_port_)},
                                {"SERVICE_KEYS", service_keys},
                                {"RATE_LIMIT_SERVICE", "0"},
                                {"TIERS", "free:workflows=3/month;pro:workflows=unlimited"}});
    user_ = one_->sign_in_new_user();
  }
  ws_client open() const { return ws_client{one_->server->port(), user_.access}; }
  int used() const {
    const auto body = json_of(one_->call(get("/api/v1/subscription").as(user_.access)));
    for (const auto& quota : body["quotas"])
      if (quota["quota"] == "workflows") return quota["used"];
    return -1;
  }

  std::uint16_t internal_port_ = 0;
  std::unique_ptr<core_manager> upstream_;
  std::unique_ptr<product> one_;
  tokens user_;
};
LATCHKEY_ON_BOTH_ENGINES(LiveWorkflows);

TEST_P(LiveWorkflows, AreToldFromInProgressToCompleted) {
  auto socket = open();
  socket.say(start_of("msg-123"));
  const auto first = socket.hear();
  EXPECT_EQ(keys_of(first), (keys{"type", "correlation_id", "data"}));
  EXPECT_EQ(first["correlation_id"], "msg-123");
  EXPECT_EQ(keys_of(first["data"]),
            (keys{"workflow_id", "seq", "status", "step", "progress", "result"}));
  EXPECT_EQ(first["data"]["status"], "in_progress");
  follower all;
  all.take(first);
  all.follow(socket);
  EXPECT_EQ(all.status, "completed");
  EXPECT_EQ(all.seq, 4) << "our own and upstream's three";
  EXPECT_EQ(upstream_->workflows_started(), 1);
  EXPECT_EQ(used(), 1);
}

TEST_P(LiveWorkflows, ReachUpstreamWithTheUsersIdentityAndTheirOrder) {
  auto socket = open();
  socket.say(start_of("msg-1"));
  follower all;
  all.follow(socket);
  json post;
  for (const auto& request : upstream_->seen())
    if (request["method"] == "POST") post = request;
  ASSERT_FALSE(post.is_null());
  EXPECT_EQ(post["target"], "/api/v1/workflows");
  const auto header = [&](const char* name) {
    const auto values = values_of(post, name);
    return values.size() == 1 ? values.front() : std::string{};
  };
  EXPECT_EQ(header("Idempotency-Key"), all.workflow);
  EXPECT_FALSE(header("X-User-ID").empty());
  EXPECT_FALSE(header("X-Client-ID").empty());
  EXPECT_EQ(header("X-User-Role"), "user");
  EXPECT_EQ(header("X-User-Tier"), "free");
  const auto body = json::parse(post["body"].get<std::string>());
  EXPECT_EQ(body["workflow_id"], all.workflow);
  EXPECT_EQ(body["workflow_type"], "content_generation");
  EXPECT_EQ(body["agent_instance_id"], "instance-uuid");
  EXPECT_EQ(body["project_id"], "project-uuid");
  EXPECT_EQ(body["parameters"], (json{{"topic", "lighthouses"}}));
}

TEST_P(LiveWorkflows, StartOnceHoweverOftenTheMessageIsSent) {
  auto socket = open();
  auto other = open();
  for (int i = 0; i < 10; ++i) {
    socket.say(start_of("again"));
    other.say(start_of("again"));
  }
  follower all;
  all.follow(socket);
  follower of_other;
  of_other.follow(other);
  EXPECT_EQ(all.workflow, of_other.workflow);
  EXPECT_EQ(upstream_->workflows_started(), 1);
  EXPECT_EQ(used(), 1);
  // Other words under the same id are a mistake of the client's.
  auto changed = start_of("again");
  changed["data"]["workflow_type"] = "another";
  auto third = open();
  third.say(changed);
  const auto refused = third.hear("error");
  EXPECT_EQ(refused["error"]["code"], "CONFLICT");
  EXPECT_EQ(refused["error"]["details"]["field"], "id");
}

TEST_P(LiveWorkflows, AreCountedByTheTiersQuota) {
  auto socket = open();
  for (int i = 0; i < 3; ++i)
    socket.say(start_of("within-" + std::to_string(i)));
  int completed = 0;
  while (completed < 3)
    completed += socket.hear("workflow_status")["data"]["status"] == "completed";
  socket.say(start_of("beyond"));
  const auto refused = socket.hear("error");
  EXPECT_EQ(refused["correlation_id"], "beyond");
  EXPECT_EQ(refused["error"]["code"], "SUB002");
  EXPECT_EQ(refused["error"]["details"]["quota"], "workflows");
  EXPECT_EQ(refused["error"]["details"]["limit"], 3);
  EXPECT_EQ(upstream_->workflows_started(), 3);
}

TEST_P(LiveWorkflows, CanBeCancelled) {
  upstream_->behave({{"statuses", 1000}, {"interval_ms", 20}});
  auto socket = open();
  socket.say(start_of("long"));
  follower all;
  all.take(socket.hear("workflow_status"));
  all.take(socket.hear("workflow_status"));
  socket.say(
      {{"type", "cancel_workflow"}, {"id", "c-1"}, {"data", {{"workflow_id", all.workflow}}}});
  bool is_acknowledged = false;
  while (!all.is_over() || !is_acknowledged) {
    const auto frame = socket.hear();
    ASSERT_FALSE(frame.is_null());
    if (frame["type"] == "ack") {
      EXPECT_EQ(frame["correlation_id"], "c-1");
      is_acknowledged = true;
    } else {
      ASSERT_NO_FATAL_FAILURE(all.take(frame));
    }
  }
  EXPECT_EQ(all.status, "failed");
}

TEST_P(LiveWorkflows, AreNobodyElses) {
  auto socket = open();
  socket.say(start_of("mine"));
  follower all;
  all.follow(socket);
  const auto stranger = one_->sign_in_new_user();
  ws_client other{one_->server->port(), stranger.access};
  other.say(resume_of(all.workflow, 0));
  auto foreign = other.hear("error");
  other.say(resume_of("00000000-0000-4000-8000-000000000000", 0));
  auto missing = other.hear("error");
  EXPECT_EQ(foreign["error"], missing["error"]);
  EXPECT_EQ(foreign["error"]["code"], "NOT_FOUND");
  json cancel{{"type", "cancel_workflow"}, {"id", "c"}, {"data", {{"workflow_id", all.workflow}}}};
  other.say(cancel);
  EXPECT_EQ(other.hear("error")["error"]["code"], "NOT_FOUND");
}

TEST_P(LiveWorkflows, ComeByServerSentEventsAndByCallbacksToo) {
  for (const auto* mode : {"sse", "callback"}) {
    upstream_->behave({{"answer", mode}, {"statuses", 20}, {"interval_ms", 1}});
    auto socket = open();
    socket.say(start_of(std::string{"by-"} + mode));
    follower all;
    all.follow(socket);
    EXPECT_EQ(all.status, "completed") << mode;
    EXPECT_EQ(all.seq, 21) << mode;
  }
}

TEST_P(LiveWorkflows, SurviveDroppedSocketsADroppedStreamAndAKilledServer) {
  constexpr int statuses = 200;
  upstream_->behave({{"statuses", statuses}, {"interval_ms", 15}, {"drop_after", 70}});
  follower all;
  {
    auto socket = open();
    socket.say(start_of("long-lived"));
    all.take(socket.hear("workflow_status"));
  }
  // Ten sockets, each dropped in the middle; the server dies between two of them.
  for (int drop = 1; drop <= 10; ++drop) {
    auto socket = open();
    socket.say(resume_of(all.workflow, all.seq));
    const auto until = std::min<std::int64_t>(all.seq + 12, statuses);
    while (all.seq < until) {
      ASSERT_NO_FATAL_FAILURE(all.take(socket.hear("workflow_status"))) << "drop " << drop;
    }
    if (drop == 5) {
      one_->server->kill();
      one_->start();
    }
  }
  auto socket = open();
  socket.say(resume_of(all.workflow, all.seq));
  all.follow(socket);
  EXPECT_EQ(all.status, "completed");
  EXPECT_EQ(all.seq, statuses + 1);
  EXPECT_EQ(upstream_->workflows_started(), 1);
  EXPECT_EQ(used(), 1);
}

TEST_P(LiveWorkflows, SurviveAKilledServerThatHadAcknowledgedThem) {
  upstream_->behave({{"statuses", 50}, {"interval_ms", 10}});
  follower all;
  {
    auto socket = open();
    socket.say(start_of("acknowledged"));
    all.take(socket.hear("workflow_status"));
  }
  one_->server->kill();
  one_->start();
  auto socket = open();
  socket.say(start_of("acknowledged")); // the client does not know whether it was taken
  follower again;
  again.follow(socket);
  EXPECT_EQ(again.workflow, all.workflow);
  EXPECT_EQ(again.seq, 51);
  EXPECT_EQ(upstream_->workflows_started(), 1);
  EXPECT_EQ(used(), 1);
}

TEST_P(LiveWorkflows, PassNumbersOnToTheLastDigitAndAgainFromTheStore) {
  upstream_->behave({{"answer", "callback"}, {"interval_ms", 3'600'000}});
  auto socket = open();
  const std::string parameters = R"({"price":0.10,"id":12345678901234567890123})";
  socket.send({.payload = R"({"type":"start_workflow","id":41,"data":{"workflow_type":"c",)"
                          R"("parameters":)" +
                          parameters + "}}"});
  const auto first = socket.receive().value().payload;
  EXPECT_NE(first.find("\"correlation_id\":41,"), std::string::npos) << first;
  const auto workflow = json::parse(first)["data"]["workflow_id"].get<std::string>();
  const std::string result =
      R"({"price":0.10,"huge":1e400,"id":12345678901234567890,"list":[-0.0,1E+2]})";
  const auto report = post_json("/internal/workflows/" + workflow + "/status",
                                R"({"status":"completed","step":"a","progress":1.0,"sequence":1,)"
                                R"("result":)" +
                                    result + R"(,"error":{"after":2.50}})")
                          .with("X-Service-Key", service_key);
  const auto taken = one_->call_internal(report);
  ASSERT_EQ(taken.status, 200) << taken.body;
  const auto expected = "\"progress\":1.0,\"result\":" + result + "},\"error\":{\"after\":2.50}}";
  const auto payload = socket.receive().value().payload;
  EXPECT_TRUE(payload.ends_with(expected)) << payload;
  EXPECT_TRUE(eventually([&] {
    for (const auto& request : upstream_->seen())
      if (says(request["body"].get<std::string>(), "\"parameters\":" + parameters)) return true;
    return false;
  }));
  EXPECT_EQ(one_->server->stop(), 0);
  one_->start();
  auto again = open();
  again.say(resume_of(workflow, 1));
  EXPECT_EQ(again.hear()["type"], "ack");
  const auto kept = again.receive().value().payload;
  EXPECT_TRUE(kept.ends_with(expected)) << kept;
  EXPECT_NE(kept.find("\"correlation_id\":41,"), std::string::npos) << kept;
}

TEST_P(LiveWorkflows, FailWithTheGatewaysErrorsWhenUpstreamDoesNotWork) {
  upstream_->behave({{"match", "/api/v1/workflows"}, {"status", 422}});
  auto socket = open();
  socket.say(start_of("refused"));
  follower all;
  json last;
  while (!all.is_over()) {
    last = socket.hear("workflow_status");
    ASSERT_NO_FATAL_FAILURE(all.take(last));
  }
  EXPECT_EQ(all.status, "failed");
  EXPECT_EQ(last["error"]["code"], "VALIDATION_ERROR") << last;
  EXPECT_FALSE(last["data"].contains("error"));
}

TEST_P(LiveWorkflows, AreRefusedInWordsWhenTheMessageIsWrong) {
  auto socket = open();
  const auto field_of = [&](const json& message) {
    socket.say(message);
    const auto answer = socket.hear("error");
    EXPECT_EQ(answer["error"]["code"], "VALIDATION_ERROR") << answer;
    return answer["error"]["details"]["field"];
  };
  auto message = start_of("w");
  message["data"].erase("workflow_type");
  EXPECT_EQ(field_of(message), "workflow_type");
  message = start_of("w");
  message["data"]["parameters"] = "text";
  EXPECT_EQ(field_of(message), "parameters");
  message = start_of("w");
  message["data"]["more"] = 1;
  EXPECT_EQ(field_of(message), "more");
  message = start_of("w");
  message.erase("id");
  EXPECT_EQ(field_of(message), "id");
  EXPECT_EQ(upstream_->workflows_started(), 0);
  EXPECT_EQ(used(), 0);
}

} // namespace
} // namespace latchkey::test

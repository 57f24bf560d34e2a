// POST /internal/workflows/{id}/status: what a core manager that calls back tells of a workflow.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

class WorkflowCallback : public Integration {
protected:
  /// A workflow in the store that nobody has in memory, as after a restart; its id.
  std::string new_workflow() const {
    const auto name = new_name();
    on().add_user(name);
    const auto id = new_uuid();
    const auto at = "'2026-01-01T00:00:00.000000Z'";
    on().store.query("INSERT INTO workflows (id, user_id, message_id, workflow_type, "
                     "agent_instance_id, project_id, parameters, status, last_seq, last_position, "
                     "created_at) VALUES ('" +
                     id + "', '" + on().id_of(name) + "', 'm', 'deploy', '', '', '{}', " +
                     "'in_progress', 1, 0, " + at + ") RETURNING 1");
    on().store.query("INSERT INTO workflow_statuses (workflow_id, seq, body, at) VALUES ('" + id +
                     "', 1, '{}', " + at + ") RETURNING 1");
    return id;
  }
  http_reply tell(const std::string& id, const std::string& body) const {
    return on().call_internal(service_call("/internal/workflows/" + id + "/status", body));
  }
  http_reply tell(const std::string& id, long sequence,
                  const std::string& status = "in_progress") const {
    return tell(id, json{{"sequence", sequence}, {"status", status}, {"step", "s"}}.dump());
  }
  long stored(const std::string& id) const {
    return on().store.count("SELECT count(*) FROM workflow_statuses WHERE workflow_id = '" + id +
                            "'");
  }

private:
  static std::string new_uuid() {
    static int made = 0;
    auto tail = std::to_string(++made);
    return "123e4567-e89b-52d3-a456-" + std::string(12 - tail.size(), '0') + tail;
  }
};
LATCHKEY_ON_BOTH_ENGINES(WorkflowCallback);

TEST_P(WorkflowCallback, OfNoWorkflowIsNotFound) {
  for (const auto* id : {"00000000-0000-4000-8000-000000000000", "not-a-uuid"})
    EXPECT_TRUE(is_error(tell(id, 1), 404, "NOT_FOUND")) << id;
}

TEST_P(WorkflowCallback, ThatIsNoStatusNamesTheField) {
  const auto id = new_workflow();
  const auto is_wrong = [&](const std::string& body, const std::string& field) {
    return is_error(tell(id, body), 400, "VALIDATION_ERROR", field);
  };
  EXPECT_TRUE(is_wrong("", "body"));
  EXPECT_TRUE(is_wrong("[]", "body"));
  EXPECT_TRUE(is_wrong(R"({"sequence":1,"status":"in_progress","step":"a","step":"b"})", "body"));
  EXPECT_TRUE(is_wrong(R"({"status":"in_progress","step":"a"})", "sequence"));
  EXPECT_TRUE(is_wrong(R"({"sequence":0,"status":"in_progress","step":"a"})", "sequence"));
  EXPECT_TRUE(is_wrong(R"({"sequence":1,"status":"done","step":"a"})", "status"));
  EXPECT_TRUE(is_wrong(R"({"sequence":1,"status":"completed"})", "step"));
  EXPECT_TRUE(
      is_wrong(R"({"sequence":1,"status":"completed","step":"a","progress":2})", "progress"));
  EXPECT_TRUE(is_wrong(R"({"sequence":1,"status":"failed","step":"a","error":1})", "error"));
  auto untyped = service_call("/internal/workflows/" + id + "/status", std::string{"{}"});
  for (auto& header : untyped.headers)
    if (header.name == "Content-Type") header.value = "text/plain";
  EXPECT_TRUE(is_error(on().call_internal(untyped), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type"));
  EXPECT_EQ(stored(id), 1);
}

TEST_P(WorkflowCallback, IsStoredOnceAndInItsPlaceUntilTheLast) {
  const auto id = new_workflow();
  EXPECT_TRUE(is_error(tell(id, 2), 409, "CONFLICT", "sequence", "the next is 1"));
  for (int again = 0; again < 2; ++again) {
    const auto reply = tell(id, 1);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.body, R"({"is_over":false})");
  }
  EXPECT_EQ(stored(id), 2);
  EXPECT_EQ(tell(id, 2, "completed").body, R"({"is_over":true})");
  EXPECT_EQ(tell(id, 3).body, R"({"is_over":true})") << "nothing more is taken";
  EXPECT_EQ(stored(id), 3);
  const auto row = on().store.query("SELECT status, last_seq, last_position FROM workflows "
                                    "WHERE id = '" +
                                    id + "'");
  EXPECT_EQ(row.front(), (std::vector<std::string>{"completed", "3", "2"}));
}

TEST_P(WorkflowCallback, IsCounted) {
  const auto statuses = on().metric("workflow_statuses_total");
  const auto completed = on().metric("workflows_total{what=\"completed\"}");
  const auto id = new_workflow();
  ASSERT_EQ(tell(id, 1).status, 200);
  EXPECT_GE(on().metric("workflows_running"), 1);
  ASSERT_EQ(tell(id, 2, "completed").status, 200);
  EXPECT_EQ(on().metric("workflow_statuses_total"), statuses + 2);
  EXPECT_EQ(on().metric("workflows_total{what=\"completed\"}"), completed + 1);
}

} // namespace
} // namespace latchkey::test

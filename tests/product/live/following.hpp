// following.hpp — a client that starts a workflow and keeps its statuses, one after the other.
#pragma once

#include "tests/product/product.hpp"
#include "tests/support/ws_client.hpp"

#include <cstdint>
#include <string>

namespace latchkey::test {

inline json start_of(const std::string& id) {
  return {{"type", "start_workflow"},
          {"id", id},
          {"data",
           {{"workflow_type", "content_generation"},
            {"agent_instance_id", "instance-uuid"},
            {"project_id", "project-uuid"},
            {"parameters", {{"topic", "lighthouses"}}}}}};
}
inline json resume_of(const std::string& workflow, std::int64_t last_seq) {
  return {{"type", "resume"},
          {"id", "resume-" + std::to_string(last_seq)},
          {"data", {{"workflow_id", workflow}, {"last_seq", last_seq}}}};
}

/// What a client keeps of one workflow: it fails when a status is not the next one.
struct follower {
  std::string workflow;
  std::int64_t seq = 0;
  std::string status;

  void take(const json& frame) {
    ASSERT_EQ(frame["type"], "workflow_status") << frame;
    const auto& data = frame["data"];
    ASSERT_EQ(data["seq"], seq + 1) << frame;
    if (workflow.empty()) workflow = data["workflow_id"];
    ASSERT_EQ(data["workflow_id"], workflow);
    ++seq;
    status = data["status"];
  }
  /// Hears to the end.
  void follow(ws_client& socket) {
    while (!is_over())
      ASSERT_NO_FATAL_FAILURE(take(socket.hear("workflow_status")));
  }
  bool is_over() const { return status == "completed" || status == "failed"; }
};

} // namespace latchkey::test

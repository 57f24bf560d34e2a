// What counts as a status of a workflow, and how it is written anew.
#include "actors/workflow/status_body.hpp"

#include "protocol/facts/workflows.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace latchkey::test {
namespace {

using nlohmann::json;

/// The field that is at fault; empty when nothing is.
std::string fault_of(const std::string& text) {
  const auto read = read_workflow_status(text);
  if (read) return {};
  EXPECT_EQ(read.error().code, error_code::validation_error);
  EXPECT_FALSE(read.error().reason.empty());
  return read.error().field;
}

std::string written_anew(const std::string& text, const std::string& progress_before = "0.25") {
  const auto read = read_workflow_status(text);
  EXPECT_TRUE(read) << text;
  workflow_status_words before;
  before.progress = progress_before;
  return read ? workflow_status_body(*read, before) : "";
}

TEST(WorkflowStatusBody, NamesWhatIsWrongWithIt) {
  EXPECT_EQ(fault_of(""), "body");
  EXPECT_EQ(fault_of("[]"), "body");
  EXPECT_EQ(fault_of(R"({"status":"in_progress","step":"a")"), "body");
  EXPECT_EQ(fault_of(R"({"status":"in_progress","step":"a"} {})"), "body");
  EXPECT_EQ(fault_of("{\"status\":\"in_progress\",\"step\":\"\xff\"}"), "body");
  EXPECT_EQ(fault_of(R"({"status":"in_progress","step":"a","status":"failed"})"), "body");
  EXPECT_EQ(fault_of(R"({"status":"completed","step":"a","result":{"x":[{"y":1,"y":2}]}})"),
            "body");
  EXPECT_EQ(fault_of(R"({"step":"a"})"), "status");
  EXPECT_EQ(fault_of(R"({"status":"paused","step":"a"})"), "status");
  EXPECT_EQ(fault_of(R"({"status":1,"step":"a"})"), "status");
  EXPECT_EQ(fault_of(R"({"status":"completed"})"), "step");
  EXPECT_EQ(fault_of(R"({"status":"completed","step":7})"), "step");
  EXPECT_EQ(fault_of(R"({"status":"completed","step":")" + std::string(256, 's') + "\"}"), "step");
  for (const auto* progress : {"-0.1", "1.01", "\"1\"", "true", "[]"})
    EXPECT_EQ(
        fault_of(R"({"status":"completed","step":"a","progress":)" + std::string{progress} + "}"),
        "progress");
  for (const auto* sequence : {"0", "-1", "1.0", "\"1\"", "4503599627370497"})
    EXPECT_EQ(
        fault_of(R"({"status":"completed","step":"a","sequence":)" + std::string{sequence} + "}"),
        "sequence");
  EXPECT_EQ(fault_of(R"({"status":"failed","step":"a","error":"no"})"), "error");
}

TEST(WorkflowStatusBody, IsNeitherTooLongNorTooDeep) {
  const auto padded = [](std::size_t size) {
    const std::string begin = R"({"status":"completed","step":"a","progress":1,"result":")";
    return begin + std::string(size - begin.size() - 2, 'x') + "\"}";
  };
  EXPECT_EQ(fault_of(padded(workflow_status_bytes_max)), "");
  EXPECT_EQ(fault_of(padded(workflow_status_bytes_max + 1)), "body");
  const auto nested = [](std::size_t depth) {
    return R"({"status":"completed","step":"a","result":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_EQ(fault_of(nested(workflow_json_depth_max - 1)), "");
  EXPECT_EQ(fault_of(nested(workflow_json_depth_max)), "body");
  EXPECT_EQ(fault_of(nested(30'000)), "body");
  std::string full = R"({"status":"failed","step":"a","result":[)";
  while (full.size() < workflow_status_bytes_max - 10)
    full += "1e5,";
  EXPECT_EQ(fault_of(full + "1]}"), "body") << "with the progress that is added it is too long";
}

TEST(WorkflowStatusBody, KeepsEveryDigitOfANumber) {
  const std::string result =
      R"({"price":0.10,"huge":1e400,"id":12345678901234567890,"more":[-0,1E+2,0.1e-7,)"
      R"(3.14159265358979323846264338327950288],"text":"1e400 \"0.10\" \u00e9"})";
  EXPECT_EQ(written_anew(R"({"status":"completed","step":"a","progress":1.00,"result":)" + result +
                         R"(,"error":{"after":1.50}})"),
            R"({"status":"completed","step":"a","progress":1.00,"result":)" + result +
                R"(,"error":{"after":1.50}})");
}

TEST(WorkflowStatusBody, IsWrittenAnewWithoutWhatItNeedNotSay) {
  EXPECT_EQ(
      written_anew(R"({ "workflow_id":"x", "result":{"b":[1,null]}, "progress":0.5, "sequence":3,
               "step":"aé", "status":"in_progress", "error":null })"),
      R"({"status":"in_progress","step":"aé","progress":0.5,"result":{"b":[1,null]}})");
  EXPECT_EQ(
      written_anew(
          R"({"status":"failed","step":"a","progress":1,"result":null,"error":{"code":"E"}})"),
      R"({"status":"failed","step":"a","progress":1,"result":null,"error":{"code":"E"}})");
  EXPECT_EQ(read_workflow_status(R"({"status":"failed","step":"a","sequence":9})")->sequence, 9);
  EXPECT_FALSE(read_workflow_status(R"({"status":"failed","step":"a"})")->sequence);
}

TEST(WorkflowStatusBody, KeepsTheProgressThatItDoesNotTell) {
  EXPECT_EQ(json::parse(written_anew(R"({"status":"in_progress","step":"a"})"))["progress"], 0.25);
  EXPECT_EQ(json::parse(written_anew(R"({"status":"failed","step":"a"})"))["progress"], 0.25);
  EXPECT_EQ(json::parse(written_anew(R"({"status":"completed","step":"a"})"))["progress"], 1);
}

TEST(WorkflowStatusBody, OfOursCanBeReadLikeAnyOther) {
  workflow_status_words before;
  before.step = "build";
  before.progress = "0.75";
  const failure why{error_code::validation_error, "", "422 Unprocessable Entity"};
  EXPECT_EQ(json::parse(failed_workflow_status(before, why)),
            json::parse(R"({"status":"failed","step":"build","progress":0.75,"result":{},
              "error":{"code":"VALIDATION_ERROR","message":"Invalid input parameters",
                       "details":{"reason":"422 Unprocessable Entity"}}})"));
  EXPECT_EQ(json::parse(cancelled_workflow_status(before)),
            json::parse(R"({"status":"failed","step":"cancelled","progress":0.75,"result":{}})"));
  EXPECT_EQ(fault_of(accepted_workflow_status()), "");
  const failure lost{error_code::upstream_unavailable, "", std::string(1u << 20, '\xff')};
  EXPECT_EQ(fault_of(failed_workflow_status({}, lost)), "") << "upstream's reasons are cut";
}

} // namespace
} // namespace latchkey::test

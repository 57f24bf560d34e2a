// Traces go on where they are well-formed and begin anew where they are not.
#include "gateway/proxy/rules/trace_context.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace latchkey::proxy {
namespace {

constexpr std::string_view trace_id = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

trace_context after(const std::vector<std::string_view>& values) {
  std::vector<http::header_view> headers{{"Accept", "*/*"}};
  for (const auto value : values)
    headers.push_back({"TraceParent", value});
  return next_trace(headers);
}

bool is_well_formed(const std::string& text) {
  return text.size() == 55 && text.starts_with("00-") && text[35] == '-' && text[52] == '-' &&
         text.find_first_not_of("0123456789abcdef-") == std::string::npos;
}

TEST(TraceContext, BeginsANewTraceForOneThatIsMalformed) {
  for (const std::string_view bad :
       {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"}) {
    const auto next = after({bad});
    EXPECT_FALSE(next.is_continued) << bad;
    EXPECT_TRUE(is_well_formed(next.traceparent)) << next.traceparent;
    EXPECT_EQ(next.traceparent.find(trace_id), std::string::npos) << bad;
  }
}

TEST(TraceContext, BelievesNeitherOfTwo) {
  EXPECT_FALSE(after({theirs, theirs}).is_continued);
}

TEST(TraceContext, BeginsADifferentTraceForEachRequest) {
  const auto trace = after({});
  EXPECT_FALSE(trace.is_continued);
  EXPECT_TRUE(is_well_formed(trace.traceparent)) << trace.traceparent;
  EXPECT_TRUE(trace.traceparent.ends_with("-01"));
  EXPECT_NE(trace.traceparent, after({}).traceparent);
}

TEST(TraceContext, ContinuesUnderANewParent) {
  const auto next = after({theirs});
  EXPECT_TRUE(next.is_continued);
  EXPECT_TRUE(is_well_formed(next.traceparent)) << next.traceparent;
  EXPECT_EQ(next.traceparent.substr(3, 32), trace_id);
  EXPECT_NE(next.traceparent.substr(36, 16), theirs.substr(36, 16));
  EXPECT_TRUE(next.traceparent.ends_with("-01"));
}

TEST(TraceContext, KeepsTheSampledFlagAlone) {
  const auto flags_after = [](std::string_view flags) {
    const auto text = std::string{theirs.substr(0, 53)} + std::string{flags};
    return after({text}).traceparent.substr(53);
  };
  EXPECT_EQ(flags_after("00"), "00");
  EXPECT_EQ(flags_after("ff"), "01");
  EXPECT_EQ(flags_after("fe"), "00");
}

TEST(TraceContext, ReadsWhatItKnowsOfALaterVersion) {
  const auto next = after({"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"});
  EXPECT_TRUE(next.is_continued);
  EXPECT_TRUE(is_well_formed(next.traceparent)) << next.traceparent;
}

} // namespace
} // namespace latchkey::proxy

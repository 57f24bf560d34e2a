// The audit log, read: in which order, of whom, and page by page.
#include "tests/storage/engines.hpp"

#include <map>

namespace latchkey::test {
namespace {

using namespace storage;
using namespace std::chrono_literals;

class Audit : public Contract {
protected:
  audit_record add_line(const std::string& action, time_point at,
                        std::optional<user_id> user = std::nullopt) {
    auto entry = make_audit(action);
    entry.id = make_uuid(at);
    entry.at = at;
    entry.user = user;
    EXPECT_TRUE(commit({add_audit{entry}}));
    return entry;
  }
  std::vector<std::string> actions(const list_audit& question) {
    std::vector<std::string> out;
    const auto found = reader_->answer_to(question).value();
    for (const auto& entry : found)
      out.push_back(entry.action);
    return out;
  }
};
LATCHKEY_ON_EVERY_ENGINE(Audit);

using words = std::vector<std::string>;

TEST_P(Audit, IsReadNewestFirstWithAllThatALineSays) {
  auto entry = make_audit("said");
  entry.at = noon;
  entry.reason = "because \"it\" was so";
  entry.by = "cli";
  ASSERT_TRUE(commit({add_audit{entry}}));
  add_line("later", noon + 1s);
  const auto found = reader_->answer_to(list_audit{}).value();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].action, "later");
  EXPECT_EQ(found[1].id, entry.id);
  EXPECT_EQ(found[1].at, entry.at);
  EXPECT_EQ(found[1].user, entry.user);
  EXPECT_EQ(found[1].session, entry.session);
  EXPECT_EQ(found[1].address, entry.address);
  EXPECT_EQ(found[1].request_id, entry.request_id);
  EXPECT_EQ(found[1].reason, entry.reason);
  EXPECT_EQ(found[1].by, "cli");
}

TEST_P(Audit, IsReadOfAUserOfAnActionAndSinceATime) {
  const user_id ann{make_uuid(noon)}, bob{make_uuid(noon)};
  add_line("in", noon, ann);
  add_line("in", noon + 1s, bob);
  add_line("out", noon + 2s, ann);
  add_line("in", noon + 3s, ann);
  list_audit question;
  question.user = ann;
  EXPECT_EQ(actions(question), (words{"in", "out", "in"}));
  question.action = "in";
  EXPECT_EQ(actions(question), (words{"in", "in"}));
  question.since = noon + 1s;
  EXPECT_EQ(actions(question), words{"in"});
  question.user.reset();
  EXPECT_EQ(actions(question), (words{"in", "in"}));
  question.action = "nothing\xff";
  EXPECT_EQ(actions(question), words{});
}

TEST_P(Audit, IsReadPageByPageWithLinesOfOneTime) {
  for (int i = 0; i < 7; ++i)
    add_line("line", i < 3 ? noon : noon + 1s);
  std::vector<uuid> all;
  const auto found = reader_->answer_to(list_audit{}).value();
  for (const auto& entry : found)
    all.push_back(entry.id);
  ASSERT_EQ(all.size(), 7u);
  std::vector<uuid> paged;
  list_audit question;
  question.limit = 2;
  for (;;) {
    const auto page = reader_->answer_to(question).value();
    for (const auto& entry : page)
      paged.push_back(entry.id);
    if (page.size() < question.limit) break;
    question.before = page.back();
  }
  EXPECT_EQ(paged, all);
}

TEST_P(Audit, IsCountedByDayHoweverManyLinesThereAre) {
  const user_id ann{make_uuid(noon)}, bob{make_uuid(noon)};
  const auto midnight = std::chrono::floor<std::chrono::days>(noon);
  add_line("in", midnight - 1us, ann); // the day before
  add_line("in", midnight, ann);
  add_line("in", midnight + 24h - 1us, ann);
  add_line("in", midnight - 48h, ann);
  add_line("out", noon, ann);
  add_line("in", noon, bob);
  std::vector<fact> many;
  for (std::size_t i = 0; i <= page_rows_max; ++i) {
    auto entry = make_audit("often");
    entry.id = make_uuid(noon);
    entry.at = noon;
    entry.user = ann;
    many.emplace_back(add_audit{std::move(entry)});
  }
  ASSERT_TRUE(commit(std::move(many)));
  const auto days = [&](const char* action) {
    std::map<time_point, std::int64_t> found;
    const auto counted = reader_->answer_to(count_audit{ann, action, midnight - 24h}).value();
    for (const auto& day : counted)
      found[day.last] = day.count;
    return found;
  };
  using counts = std::map<time_point, std::int64_t>;
  EXPECT_EQ(days("in"), (counts{{midnight - 1us, 1}, {midnight + 24h - 1us, 2}}));
  EXPECT_EQ(days("often"), (counts{{noon, page_rows_max + 1}}));
  EXPECT_EQ(days("nothing\xff"), counts{});
}

} // namespace
} // namespace latchkey::test

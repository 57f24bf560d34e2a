// Group commit by mailbox.
#include "actors/store/persistence.hpp"

#include "tests/support/actor_fixture.hpp"

#include <stdexcept>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

struct one_writer : actor_fixture {
  persistence_actor writer = spawn(persistence, &store, &clock, &counts);

  messages::commit line(const std::string& action) {
    audit_record entry;
    entry.id = make_uuid(clock.now());
    entry.at = clock.now();
    entry.action = action;
    return {{{storage::add_audit{entry}}}, soon()};
  }
  std::vector<asked<storage::written>> commit_at_once(std::size_t count) {
    std::vector<asked<storage::written>> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(ask_later(writer, line("one")));
    run();
    return all;
  }
};

TEST(Persistence, WritesWhatIsInTheMailboxInOneTransaction) {
  one_writer f;
  for (const auto& question : f.commit_at_once(100))
    EXPECT_TRUE(question.answer());
  EXPECT_EQ(f.store.batch_sizes(), std::vector<std::size_t>{100});
  EXPECT_EQ(f.store.audits().size(), 100u);
  EXPECT_TRUE(f.ask(f.writer, f.line("later")));
  EXPECT_EQ(f.store.batch_sizes(), (std::vector<std::size_t>{100, 1}));
}

TEST(Persistence, NeverWritesMoreThanItsMaximumAtOnce) {
  one_writer f;
  constexpr auto most = persistence_state::batch_units_max;
  for (const auto& question : f.commit_at_once(2 * most + 3))
    EXPECT_TRUE(question.answer());
  EXPECT_EQ(f.store.batch_sizes(), (std::vector<std::size_t>{most, most, 3}));
  EXPECT_EQ(f.store.audits().size(), 2 * most + 3);
}

TEST(Persistence, DropsUnwrittenWhatIsLate) {
  one_writer f;
  auto late = f.line("late");
  late.deadline = f.clock.now();
  EXPECT_EQ(code_of(f.ask(f.writer, late)), error_code::timeout);
  EXPECT_TRUE(f.store.batch_sizes().empty());
  late.deadline += 1us;
  EXPECT_TRUE(f.ask(f.writer, late));
}

TEST(Persistence, LetsABadUnitFailAlone) {
  one_writer f;
  f.store.refuse_units([](const storage::unit& u) {
    return u.facts.front().get<storage::add_audit>().entry.action == "bad";
  });
  std::vector<asked<storage::written>> all;
  for (const auto* action : {"one", "bad", "two"})
    all.push_back(f.ask_later(f.writer, f.line(action)));
  f.run();
  EXPECT_EQ(code_of(all[0].answer()), error_code::none);
  EXPECT_EQ(code_of(all[1].answer()), error_code::validation_error);
  EXPECT_EQ(code_of(all[2].answer()), error_code::none);
  EXPECT_EQ(f.store.batch_sizes().size(), 1u);
  EXPECT_EQ(f.store.audits().size(), 2u);
}

TEST(Persistence, GivesEachAskerItsOwnOutcome) {
  one_writer f;
  const auto owner = f.add_user("ada", "plain:correct horse");
  const auto record = f.add_session(owner);
  const auto rotate = [&](std::uint64_t from) {
    return messages::commit{{{storage::rotate_session{record.id, from, f.clock.now()}}}, f.soon()};
  };
  auto first = f.ask_later(f.writer, rotate(1));
  auto stale = f.ask_later(f.writer, rotate(1));
  auto end = f.ask_later(
      f.writer,
      messages::commit{{{storage::end_session{record.id, f.clock.now(), "logout"}}}, f.soon()});
  f.run();
  EXPECT_EQ(code_of(first.answer()), error_code::none);
  EXPECT_EQ(code_of(stale.answer()), error_code::token_invalid);
  ASSERT_TRUE(end.answer());
  EXPECT_EQ(end.answer()->sessions_ended, 1);
}

TEST(Persistence, TellsEverybodyOfALostConnectionAndGoesOn) {
  one_writer f;
  f.store.fail_next(commit_fault::unavailable);
  for (const auto& question : f.commit_at_once(3))
    EXPECT_EQ(code_of(question.answer()), error_code::store_unavailable);
  EXPECT_TRUE(f.ask(f.writer, f.line("one")));
}

/// A writer that breaks its promise not to throw.
class throwing_store final : public storage::store {
public:
  struct writer final : storage::writer {
    std::vector<result<storage::written>> commit(std::span<const storage::unit>) override {
      throw std::runtime_error("as told");
    }
  };
  std::unique_ptr<storage::reader> open_reader() override { return nullptr; }
  std::unique_ptr<storage::writer> open_writer() override { return std::make_unique<writer>(); }
  result<std::vector<std::string>> migrate() override { return {}; }
  result<void> check_schema() override { return {}; }
  result<void> claim(const std::string&, std::function<void(const std::string&)>) override {
    return {};
  }
  result<std::optional<std::string>> read_note(std::string_view) override { return std::nullopt; }
  result<void> write_note(std::string_view, std::string_view) override { return {}; }
  result<bool> has_live_sessions(time_point) override { return false; }
  result<void> back_up(const std::string&) override { return {}; }
  std::string_view engine() const noexcept override { return "throwing"; }
  std::size_t open_connections() const noexcept override { return 0; }
  std::int64_t log_bytes() const noexcept override { return 0; }
};

TEST(Persistence, AnswersAndLivesOnWhenItsWriterThrows) {
  one_writer f;
  throwing_store store;
  const auto writer = f.spawn(persistence, &store, &f.clock, &f.counts);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(code_of(f.ask(writer, f.line("one"))), error_code::internal_error);
}

} // namespace
} // namespace latchkey::test

// The bounded queue in front of the hashing threads, and a worker without a thread.
#include "actors/password/password_hasher.hpp"

#include "tests/actors/password/memory_limit.hpp"
#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// Two workers behind one gate each, and room for three that wait.
struct two_workers : actor_fixture {
  static constexpr std::size_t workers_count = 2;
  static constexpr std::size_t queue_max = 3;

  gate<password_hasher_actor> first;
  gate<password_hasher_actor> second;
  password_hasher_actor hasher;

  two_workers() {
    first.open(system(), spawn(fake_hasher, caf::unit));
    second.open(system(), spawn(fake_hasher, caf::unit));
    hold();
    hasher = spawn(password_hasher, hasher_options{workers_count, queue_max, {}}, &clock, &counts,
                   std::vector{first.handle(), second.handle()});
  }
  ~two_workers() {
    first.end();
    second.end();
  }
  void hold() {
    first.hold_questions();
    second.hold_questions();
  }
  std::size_t started() const { return first.seen() + second.seen(); }
  asked<messages::verdict> verify(const std::string& password, time_point deadline) {
    return begin(
        hasher, messages::verify_password{secret{password}, secret{"plain:" + password}, deadline});
  }
  /// Whatever is being hashed is finished, and the next, until none is left.
  void finish_all() {
    while (first.held() + second.held() > 0)
      (first.held() > 0 ? first : second).release();
  }
};

TEST(PasswordHasher, RefusesExactlyWhatDoesNotFit) {
  two_workers f;
  std::vector<asked<messages::verdict>> admitted;
  for (std::size_t i = 0; i < f.workers_count + f.queue_max; ++i) {
    admitted.push_back(f.verify("p", f.soon()));
    EXPECT_FALSE(admitted.back().answered()) << i;
  }
  EXPECT_EQ(f.started(), f.workers_count);
  EXPECT_EQ(f.counts.hashing_queue_depth.value(), 3);
  const auto refused = f.verify("p", f.soon());
  ASSERT_EQ(code_of(refused.answer()), error_code::overloaded);
  EXPECT_GT(refused.answer().error().retry_after_s, 0u);
  EXPECT_EQ(f.counts.overload_refusals("hashing").value(), 1u);
  // One finishes, one may come; and not two.
  f.first.release();
  admitted.push_back(f.verify("p", f.soon()));
  EXPECT_FALSE(admitted.back().answered());
  EXPECT_EQ(code_of(f.verify("p", f.soon()).answer()), error_code::overloaded);
  f.finish_all();
  for (const auto& question : admitted)
    EXPECT_TRUE(question.answer().value().matches);
  EXPECT_EQ(f.counts.hashing_queue_depth.value(), 0);
  EXPECT_EQ(f.started(), admitted.size());
}

TEST(PasswordHasher, WithoutAQueueTakesWhatItsWorkersCanDo) {
  two_workers f;
  const auto hasher = f.spawn(password_hasher, hasher_options{1, 0, {}}, &f.clock, &f.counts,
                              std::vector{f.hashes.handle()});
  f.hashes.hold_questions();
  const messages::verify_password question{secret{"p"s}, secret{"plain:p"s}, f.soon()};
  auto admitted = f.begin(hasher, question);
  EXPECT_EQ(code_of(f.ask(hasher, question)), error_code::overloaded);
  f.hashes.release();
  EXPECT_TRUE(admitted.answer()->matches);
}

TEST(PasswordHasher, DropsUnhashedWhatIsLate) {
  two_workers f;
  f.verify("a", f.soon());
  f.verify("b", f.soon());
  auto late = f.verify("late", f.clock.now() + 1s);
  auto in_time = f.verify("in time", f.soon());
  f.advance(1s);
  f.finish_all();
  EXPECT_EQ(code_of(late.answer()), error_code::timeout);
  EXPECT_TRUE(in_time.answer().value().matches);
  EXPECT_EQ(f.started(), 3u);
}

TEST(PasswordHasher, HashesInTheOrderOfAsking) {
  two_workers f;
  std::vector<asked<messages::verdict>> all;
  for (const auto* password : {"a", "b", "c", "d", "e"})
    all.push_back(f.verify(password, f.soon()));
  f.first.hold_answers(); // the first worker does everything from here
  f.first.release();
  while (f.first.held() > 0)
    f.first.release();
  // "a" or "b" is the other worker's.
  EXPECT_EQ(f.started(), 5u);
  ASSERT_EQ(f.first.seen(), 4u);
  const auto password = [&f](std::size_t i) {
    return f.first.question<messages::verify_password>(i).password;
  };
  EXPECT_EQ(password(1), secret{"c"s});
  EXPECT_EQ(password(2), secret{"d"s});
  EXPECT_EQ(password(3), secret{"e"s});
}

TEST(PasswordHasher, UsesAWorkerAgainAfterItsError) {
  two_workers f;
  const auto broken = f.spawn(
      [](password_hasher_actor::pointer, caf::unit_t) {
        return password_hasher_actor::behavior_type{
            [](messages::hash_password&) -> caf::result<messages::hashed> {
              return messages::hashed{secret{"hash"s}};
            },
            [](messages::verify_password&) -> caf::result<messages::verdict> {
              return to_error(error_code::internal_error);
            }};
      },
      caf::unit);
  const auto hasher =
      f.spawn(password_hasher, hasher_options{1, 1, {}}, &f.clock, &f.counts, std::vector{broken});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(f.ask(hasher, messages::verify_password{secret{"p"s}, {}, f.soon()})),
              error_code::internal_error);
  EXPECT_TRUE(f.ask(hasher, messages::hash_password{secret{"p"s}, f.soon()}));
}

TEST(PasswordHasher, GivesNoMoreWorkToAWorkerThatHasEnded) {
  two_workers f;
  f.first.hold_nothing();
  f.second.hold_nothing();
  f.second.end(); // the one that would be given work first
  f.run();
  const auto unlucky = f.verify("a", f.soon());
  EXPECT_EQ(code_of(unlucky.answer()), error_code::internal_error);
  EXPECT_FALSE(unlucky.is_gone()); // the hasher is not
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(f.verify("b", f.soon()).answer()->matches);
  EXPECT_EQ(f.first.seen(), 5u);
}

TEST(PasswordHasher, RefusesEverybodyWhenNoWorkerIsLeft) {
  two_workers f;
  std::vector<asked<messages::verdict>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(f.verify("a", f.soon()));
  f.first.end();
  f.second.end();
  f.run();
  all.push_back(f.verify("late", f.soon()));
  for (const auto& question : all) {
    EXPECT_EQ(code_of(question.answer()), error_code::internal_error);
    EXPECT_FALSE(question.is_gone());
  }
}

TEST(PasswordHasher, AnswersThoseWhoWaitWhenItEnds) {
  two_workers f;
  auto hashing = f.verify("a", f.soon());
  f.verify("b", f.soon());
  auto waiting = f.verify("c", f.soon());
  caf::anon_send_exit(f.hasher, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(code_of(hashing.answer()), error_code::internal_error);
  EXPECT_EQ(code_of(waiting.answer()), error_code::internal_error);
}

struct one_worker : actor_fixture {
  argon2_cost cost{8, 1, 1};
  password_hasher_actor worker = spawn(hash_worker, cost, &counts);
};

TEST(HashWorker, MatchesWhatItHashed) {
  one_worker f;
  const auto hashed = f.ask(f.worker, messages::hash_password{secret{"correct horse"s}, f.soon()});
  ASSERT_TRUE(hashed);
  const auto right =
      f.ask(f.worker, messages::verify_password{secret{"correct horse"s}, hashed->phc, f.soon()});
  EXPECT_TRUE(right->matches);
  EXPECT_TRUE(right->rehashed.empty());
  const auto wrong =
      f.ask(f.worker, messages::verify_password{secret{"correct horsf"s}, hashed->phc, f.soon()});
  EXPECT_FALSE(wrong->matches);
}

TEST(HashWorker, NeverMatchesNothing) {
  one_worker f;
  EXPECT_FALSE(
      f.ask(f.worker, messages::verify_password{secret{""s}, secret{}, f.soon()})->matches);
}

TEST(HashWorker, HashesAnewWhatWasStoredAtALowerCost) {
  one_worker f;
  const auto hashed = f.ask(f.worker, messages::hash_password{secret{"correct horse"s}, f.soon()});
  const auto dearer = f.spawn(hash_worker, argon2_cost{16, 2, 1}, &f.counts);
  const auto verdict =
      f.ask(dearer, messages::verify_password{secret{"correct horse"s}, hashed->phc, f.soon()});
  ASSERT_TRUE(verdict && verdict->matches);
  EXPECT_NE(verdict->rehashed.reveal().find("m=16,t=2,p=1"), std::string_view::npos);
  const auto again = f.ask(
      dearer, messages::verify_password{secret{"correct horse"s}, verdict->rehashed, f.soon()});
  EXPECT_TRUE(again->matches);
  EXPECT_TRUE(again->rehashed.empty());
}

TEST(HashWorker, IsOverloadedWithoutMemoryWhoeverSignsIn) {
  one_worker f;
  const auto dear = f.spawn(hash_worker, argon2_cost{argon2_memory_kib_max, 1, 1}, &f.counts);
  const secret stored{"$argon2id$v=19$m=262144,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                      "$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0"s};
  std::vector<asked<messages::verdict>> answers;
  {
    memory_limit limit{std::size_t{64} << 20U};
    for (const auto& phc : {stored, secret{}, secret{"foreign"s}})
      answers.push_back(
          f.begin(dear, messages::verify_password{secret{"password"s}, phc, f.soon()}));
  }
  for (const auto& hashing : answers) {
    ASSERT_EQ(code_of(hashing.answer()), error_code::overloaded);
    EXPECT_GT(hashing.answer().error().retry_after_s, 0u);
  }
}

TEST(HashWorker, WorksOnAfterItGaveItsMemoryBack) {
  one_worker f;
  const auto hashed = f.ask(f.worker, messages::hash_password{secret{"correct horse"s}, f.soon()});
  f.advance(10s);
  EXPECT_TRUE(
      f.ask(f.worker, messages::verify_password{secret{"correct horse"s}, hashed->phc, f.soon()})
          ->matches);
}

} // namespace
} // namespace latchkey::test

// What a slow client loses, and what it never does.
#include "gateway/live/ws/outgoing_queue.hpp"

#include <gtest/gtest.h>

namespace latchkey::ws {
namespace {

frame bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// All that waits, as one text.
std::string drained(outgoing_queue& queue) {
  std::string all;
  while (!queue.is_empty()) {
    all += queue.front();
    queue.sent(queue.front().size());
  }
  return all;
}

TEST(OutgoingQueue, SendsInOrderHoweverItIsCut) {
  outgoing_queue queue{{10, 100}};
  for (const auto* text : {"abc", "d", "efg"})
    EXPECT_TRUE(queue.push(bytes(text)));
  std::string all;
  while (!queue.is_empty()) {
    all += queue.front()[0];
    queue.sent(1);
  }
  EXPECT_EQ(all, "abcdefg");
  EXPECT_TRUE(queue.push(bytes("again")));
  EXPECT_EQ(drained(queue), "again");
}

TEST(OutgoingQueue, KeepsEveryStatusWhileThereIsRoom) {
  outgoing_queue queue{{3, 100}};
  for (const auto* text : {"1", "2", "3"})
    EXPECT_TRUE(queue.push(bytes(text), 7));
  EXPECT_EQ(queue.overtaken(), 0u);
  EXPECT_EQ(drained(queue), "123");
}

TEST(OutgoingQueue, LetsTheLatestStatusOfEachWorkflowWin) {
  outgoing_queue queue{{6, 100}};
  queue.push(bytes("a1 "), 1);
  queue.push(bytes("b1 "), 2);
  queue.push(bytes("x "));
  queue.push(bytes("a2 "), 1);
  queue.push(bytes("b2 "), 2);
  queue.push(bytes("y "));
  EXPECT_TRUE(queue.push(bytes("a3 "), 1));
  EXPECT_EQ(queue.overtaken(), 3u);
  EXPECT_EQ(drained(queue), "x b2 y a3 ");
}

TEST(OutgoingQueue, NeverDropsWhatIsHalfSent) {
  outgoing_queue queue{{2, 100}};
  queue.push(bytes("old"), 1);
  queue.sent(1);
  queue.push(bytes("mid"), 1);
  EXPECT_TRUE(queue.push(bytes("new"), 1));
  EXPECT_EQ(drained(queue), "ldnew");
}

TEST(OutgoingQueue, RefusesWhatHasNoRoomAllTheSame) {
  outgoing_queue frames{{2, 100}};
  EXPECT_TRUE(frames.push(bytes("a")));
  EXPECT_TRUE(frames.push(bytes("b"), 1));
  EXPECT_FALSE(frames.push(bytes("c")));
  EXPECT_FALSE(frames.push(bytes("d"), 2));
  EXPECT_TRUE(frames.push(bytes("e"), 1)); // in the place of the one before
  EXPECT_EQ(drained(frames), "ae");

  outgoing_queue few{{100, 10}};
  EXPECT_TRUE(few.push(bytes("123456")));
  EXPECT_FALSE(few.push(bytes("12345")));
  EXPECT_TRUE(few.push(bytes("1234")));
  EXPECT_EQ(drained(few), "1234561234");
  EXPECT_TRUE(few.push(bytes("0123456789")));
}

} // namespace
} // namespace latchkey::ws

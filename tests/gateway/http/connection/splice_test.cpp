// splice_test.cpp — two connections made one: what passes, what waits, and how it ends.
#include "tests/gateway/http/connection/splice_fixture.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace latchkey::http::testing {
namespace {

constexpr std::size_t flood_bytes = std::size_t{64} * 1024 * 1024; // more than four sockets hold

/// Both sides plain; the test speaks for both peers.
class PlainSplice : public Splice {
protected:
  raw_client client_{maker_.port()};
  raw_client upstream_{maker_.port()};
};

void reset_connection(raw_client& client) {
  const linger abrupt{1, 0};
  ::setsockopt(client.handle(), SOL_SOCKET, SO_LINGER, &abrupt, sizeof(abrupt));
  const sockaddr gone{AF_UNSPEC, {}};
  EXPECT_EQ(::connect(client.handle(), &gone, sizeof(gone)), 0);
}

TEST_F(PlainSplice, ThatIsResetEndsTheOtherSide) {
  begin();
  reset_connection(client_);
  EXPECT_TRUE(upstream_.is_closed());
  EXPECT_TRUE(has_ended(splice_end::broken));
}

TEST_F(PlainSplice, PassesBytesBothWays) {
  begin();
  for (const auto* text : {"a", "bc", "def"}) {
    const auto size = std::string_view(text).size();
    client_.send(text);
    EXPECT_EQ(upstream_.read_bytes(size), text);
    upstream_.send(text);
    EXPECT_EQ(client_.read_bytes(size), text);
  }
  EXPECT_TRUE(wait_until(
      [this] { return splice_->counts().to_client == 6 && splice_->counts().to_upstream == 6; }));
  EXPECT_EQ(ended_, 0);
}

/// Its gate is closed until a test decides.
class GatedSplice : public PlainSplice {
protected:
  GatedSplice() {
    options_.gate.is_open = [this] { return is_open_; };
    options_.gate.opening = [this]() -> awaitable<bool> {
      ++asked_;
      while (!decision_)
        co_await boost::asio::post(io_, use_awaitable);
      co_return *decision_;
    };
  }
  bool is_open_ = false;
  std::optional<bool> decision_;
  int asked_ = 0;
};

TEST_F(GatedSplice, HoldsWhatASideSentUntilItMayPass) {
  begin();
  upstream_.send("news");
  EXPECT_TRUE(wait_until([this] { return asked_ == 1; }));
  on_reactor([this] { EXPECT_EQ(splice_->counts().to_client, 0u); });
  on_reactor([this] { decision_ = true; });
  EXPECT_EQ(client_.read_bytes(4), "news");
  on_reactor([this] { is_open_ = true; });
  upstream_.send("more");
  EXPECT_EQ(client_.read_bytes(4), "more");
  on_reactor([this] { EXPECT_EQ(asked_, 1) << "it is asked only while it is closed"; });
}

TEST_F(GatedSplice, EndsWithoutWhatMayNotPass) {
  begin();
  upstream_.send("news");
  EXPECT_TRUE(wait_until([this] { return asked_ == 1; }));
  on_reactor([this] { decision_ = false; });
  EXPECT_TRUE(client_.is_closed());
  EXPECT_TRUE(has_ended(splice_end::closed));
  EXPECT_EQ(told_.to_client, 0u);
}

TEST_F(PlainSplice, BeginsWithWhatCameBehindTheHeads) {
  client_.send(" and more");
  begin("from the client", "from upstream");
  EXPECT_EQ(upstream_.read_bytes(24), "from the client and more");
  EXPECT_EQ(client_.read_bytes(13), "from upstream");
}

TEST_F(PlainSplice, ReadsNoFasterThanTheOtherSideDoes) {
  constexpr std::size_t piece_size = std::size_t{64} * 1024;
  begin();
  auto sent = client_.flood(flood_bytes);
  EXPECT_LT(sent, flood_bytes);
  upstream_.send("the other way is free");
  EXPECT_EQ(client_.read_bytes(21), "the other way is free");
  auto reader = std::async(std::launch::async, [&] {
    std::size_t got = 0;
    for (std::string bytes = "x"; got < flood_bytes && !bytes.empty(); got += bytes.size())
      bytes = upstream_.read_bytes(std::min(flood_bytes - got, piece_size));
    return got;
  });
  const std::string piece(piece_size, 'x');
  for (; sent < flood_bytes; sent += std::min(piece.size(), flood_bytes - sent))
    ASSERT_TRUE(client_.send(std::string_view(piece).substr(0, flood_bytes - sent)));
  EXPECT_EQ(reader.get(), flood_bytes);
}

TEST_F(PlainSplice, PassesOnTheEndOfEitherSideAlone) {
  begin();
  client_.send("last words");
  client_.half_close();
  EXPECT_EQ(upstream_.read_to_end(), "last words");
  upstream_.send("an answer");
  EXPECT_EQ(client_.read_bytes(9), "an answer");
  EXPECT_EQ(ended_, 0);
  upstream_.half_close();
  EXPECT_TRUE(client_.is_closed());
  EXPECT_TRUE(has_ended(splice_end::finished));
  EXPECT_EQ(told_.to_upstream, 10u);
  EXPECT_EQ(told_.to_client, 9u);
}

TEST_F(PlainSplice, PassesOnTheEndOfTheUpstreamFirst) {
  begin();
  upstream_.half_close();
  EXPECT_TRUE(client_.is_closed());
  client_.send("still heard");
  EXPECT_EQ(upstream_.read_bytes(11), "still heard");
  client_.half_close();
  EXPECT_TRUE(upstream_.is_closed());
  EXPECT_TRUE(has_ended(splice_end::finished));
}

TEST_F(PlainSplice, ClosesBothSidesAtOnce) {
  begin();
  client_.send("under way");
  EXPECT_EQ(upstream_.read_bytes(9), "under way");
  int told_inside = 0;
  on_reactor([&] {
    splice_->close();
    splice_->close();
    told_inside = ended_;
  });
  EXPECT_EQ(told_inside, 0);
  EXPECT_TRUE(client_.is_closed());
  EXPECT_TRUE(upstream_.is_closed());
  EXPECT_TRUE(has_ended(splice_end::closed));
  EXPECT_EQ(told_.to_upstream, 9u);
}

TEST_F(PlainSplice, ClosesWhatNobodyReads) {
  begin();
  client_.flood(flood_bytes);
  on_reactor([this] { splice_->close(); });
  EXPECT_TRUE(has_ended(splice_end::closed));
}

TEST_F(PlainSplice, EndsWhenNothingMoves) {
  options_.idle_max = 50ms;
  begin();
  EXPECT_TRUE(client_.is_closed());
  EXPECT_TRUE(upstream_.is_closed());
  EXPECT_TRUE(has_ended(splice_end::idle));
}

TEST_F(PlainSplice, StaysWhileOneWayMoves) {
  options_.idle_max = 2s;
  begin();
  for (int i = 0; i < 6; ++i) {
    ASSERT_FALSE(client_.is_readable_within(500ms)) << "it was closed";
    upstream_.send("x");
    ASSERT_EQ(client_.read_bytes(1), "x");
  }
  EXPECT_EQ(ended_, 0);
}

TEST_F(PlainSplice, EndsWhenASideDoesNotRead) {
  options_.idle_max = 1s;
  begin();
  client_.flood(flood_bytes);
  EXPECT_TRUE(has_ended(splice_end::idle));
}

TEST_F(PlainSplice, TellsNobodyAfterItsDestruction) {
  begin();
  client_.send("x");
  EXPECT_EQ(upstream_.read_bytes(1), "x");
  finish();
  EXPECT_TRUE(client_.is_closed());
  EXPECT_TRUE(upstream_.is_closed());
  EXPECT_EQ(ended_, 0);
}

TEST_F(PlainSplice, MayBeDestroyedWhenItTells) {
  ends_itself_ = true;
  begin();
  on_reactor([this] { splice_->close(); });
  EXPECT_TRUE(has_ended(splice_end::closed));
  EXPECT_EQ(splice_, nullptr);
}

TEST_F(PlainSplice, OfConnectionsThatAreGoneTellsLater) {
  reset_connection(client_);
  reset_connection(upstream_);
  begin();
  EXPECT_EQ(ended_at_once_, 0);
  EXPECT_TRUE(has_ended(splice_end::broken));
}

TEST(SpliceEnd, IsFineAtAnyStep) {
  // Ends it, or the reactor around it, after each number of steps that its coroutines take.
  constexpr int steps_max = 40;
  for (int steps = 0; steps < steps_max; ++steps) {
    for (const bool is_closed : {false, true}) {
      auto io = std::make_unique<boost::asio::io_context>(1);
      auto wheel = std::make_unique<timer_wheel>(*io);
      auto maker = std::make_unique<connection_maker>(*io);
      raw_client client(maker->port()), upstream(maker->port());
      client.send("abc");
      upstream.send("def");
      client.half_close();
      if (steps % 2 == 0) upstream.half_close();
      splice_options options;
      int ended = 0;
      options.on_ended = [&](splice_end, const splice_counts&) { ++ended; };
      auto first = maker->accept("x");
      auto running = std::make_unique<splice>(*wheel, std::move(first), maker->accept(), options);
      for (int i = 0; i < steps; ++i)
        io->poll_one();
      if (is_closed) running->close();
      if (is_closed) io->restart(), io->poll();
      EXPECT_LE(ended, 1) << steps;
      EXPECT_TRUE(!is_closed || ended == 1) << steps;
      running.reset();
      wheel.reset();
      maker.reset();
      io.reset();
      EXPECT_TRUE(client.read_to_end().has_value()) << steps;
      EXPECT_TRUE(upstream.read_to_end().has_value()) << steps;
    }
  }
}

} // namespace
} // namespace latchkey::http::testing

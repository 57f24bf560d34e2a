// How runs are ordered at the core manager, and how what it streams of them comes to the
// workflow's actor.
#include "gateway/workflows/core_manager_client.hpp"
#include "gateway/workflows/status_stream.hpp"
#include "tests/gateway/proxy/upstream/scripted_upstream.hpp"
#include "tests/gateway/reactor/reactor_fixture.hpp"
#include "tests/support/stub.hpp"

namespace latchkey::gateway::test {
namespace {

using namespace std::chrono_literals;
using messages::stream_outcome;
using proxy::testing::peer;
using proxy::testing::script;
using proxy::testing::scripted_upstream;

/// What a test says to the workflow's actor, and what that has received.
struct received_statuses {
  std::mutex mutex;
  std::vector<std::string> bodies;
  std::vector<std::int64_t> positions;
  std::size_t last = 0;       // of the statuses: the workflow is over with it
  std::size_t bad = 0;        // this one is no status
  std::size_t gone_after = 0; // so many, then this actor has left memory
  error_code refuses = error_code::none;

  std::size_t count() {
    const std::lock_guard lock(mutex);
    return bodies.size();
  }
};

workflow_actor::behavior_type taker(workflow_actor::pointer self, received_statuses* all) {
  return latchkey::test::stub<workflow_actor>(
      self, [all](messages::take_status& request) -> caf::result<messages::status_taken> {
        const std::lock_guard lock(all->mutex);
        if (all->refuses != error_code::none) return to_error(all->refuses);
        if (all->gone_after != 0 && all->bodies.size() == all->gone_after) {
          all->gone_after = 0;
          return gone();
        }
        all->bodies.push_back(request.body);
        all->positions.push_back(request.position.value_or(-1));
        if (all->bodies.size() == all->bad) return to_error(error_code::validation_error);
        return messages::status_taken{all->bodies.size() == all->last};
      });
}

directory_actor::behavior_type finder(directory_actor::pointer self, workflow_actor found,
                                      std::atomic<int>* asked) {
  return latchkey::test::stub<directory_actor>(
      self, [found, asked](messages::find_workflow&) -> caf::result<workflow_actor> {
        ++*asked;
        return found;
      });
}

/// A client of a scripted core manager.
struct one_client : reactor_fixture {
  explicit one_client(std::vector<script> scripts, std::chrono::milliseconds silence_max = 20s)
      : upstream(std::move(scripts)) {
    proxy::proxy_defaults defaults;
    const auto url = upstream.url();
    defaults.core_manager_url = url;
    set = std::make_shared<proxy::upstream_set>(*proxy::read_proxy_routes({}, defaults), counts);
    env().clock = &clock;
    env().directories.push_back(spawn(finder, spawn(taker, &received), &asked));
    core_manager_limits limits;
    limits.silence_max = silence_max;
    const actor_env_ptr shared{actor_env_ptr{}, &env()};
    client = spawn_core_manager_client(system(), at(0), shared, set, limits);
  }
  ~one_client() {
    caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
    client = nullptr;
    stop(); // what it counts with goes before the base
  }

  result<messages::stream_ended> follow(const std::string& order) {
    return run(0, [&](reactor_edge& edge) -> awaitable<result<messages::stream_ended>> {
      messages::stream_workflow question;
      question.workflow = id;
      question.caller.email = "somebody@example.com";
      question.order = order;
      co_return co_await edge.ask(client, question, std::chrono::steady_clock::now() + patience);
    });
  }
  result<messages::done> cancel() {
    return run(0, [&](reactor_edge& edge) -> awaitable<result<messages::done>> {
      messages::cancel_upstream question;
      question.workflow = id;
      question.deadline = clock.steady() + patience;
      co_return co_await edge.ask(client, question, std::chrono::steady_clock::now() + patience);
    });
  }

  /// The time of day was set forward by a day since the start.
  struct set_forward final : clock_source {
    time_point now() const noexcept override {
      return system_clock_source().now() + std::chrono::hours{24};
    }
    time_point steady() const noexcept override { return system_clock_source().steady(); }
  };

  set_forward clock;
  metrics counts;
  received_statuses received;
  std::atomic<int> asked{0};
  scripted_upstream upstream;
  std::shared_ptr<proxy::upstream_set> set;
  core_manager_actor client;
  workflow_id id{make_uuid(system_clock_source().now())};
};

/// Answers the first request with these bytes; what it was is told.
script core_says(std::string bytes, std::promise<std::string>* seen = nullptr) {
  return [bytes = std::move(bytes), seen](peer& connection) {
    const auto head = connection.read_head();
    if (seen != nullptr) seen->set_value(head);
    connection.send(bytes);
  };
}

std::string stream_of(const std::string& type, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n" + body;
}

constexpr const char* ndjson = "application/x-ndjson";

TEST(CoreManagerClient, OrdersAWorkflowAndBringsItsStatusesOneAfterTheOther) {
  std::promise<std::string> seen;
  one_client f({core_says(stream_of(ndjson, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"), &seen)});
  f.received.last = 3;
  const auto left = f.follow(R"({"workflow_id":"x"})");
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->outcome, stream_outcome::over);
  EXPECT_EQ(f.received.bodies,
            (std::vector<std::string>{R"({"a":1})", R"({"a":2})", R"({"a":3})"}));
  EXPECT_EQ(f.received.positions, (std::vector<std::int64_t>{1, 2, 3}));
  const auto head = seen.get_future().get();
  const auto id = to_string(f.id);
  EXPECT_TRUE(head.starts_with("POST /api/v1/workflows HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("Idempotency-Key: " + id + "\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("X-User-Email: somebody@example.com\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Content-Length: 19\r\n"), std::string::npos) << head;
}

TEST(CoreManagerClient, FindsAWorkflowAgainAndTakesItsOwnCount) {
  std::promise<std::string> seen;
  one_client f({core_says(stream_of("text/event-stream",
                                    "id: 9\ndata: {\"result\":{\"n\":1e400},\"sequence\":4}\n\n"
                                    "data: {\"sequence\":-1}\n\n"),
                          &seen)});
  const auto left = f.follow("");
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->outcome, stream_outcome::cut); // it ended before the workflow did
  EXPECT_EQ(f.received.positions, (std::vector<std::int64_t>{4, 2}));
  EXPECT_TRUE(seen.get_future().get().starts_with("GET /api/v1/workflows/" + to_string(f.id)));
}

TEST(CoreManagerClient, SaysHowTheCoreManagerAnswered) {
  const auto how_of = [](const std::string& status) {
    one_client f({core_says("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n")});
    return f.follow("{}");
  };
  EXPECT_EQ(how_of("202 Accepted")->outcome, stream_outcome::accepted);
  EXPECT_EQ(how_of("404 Not Found")->outcome, stream_outcome::missing);
  EXPECT_EQ(how_of("422 Unprocessable Entity")->outcome, stream_outcome::refused);
  EXPECT_TRUE(how_of("422 Unprocessable Entity")->reason.starts_with("422 "));
  EXPECT_EQ(how_of("200 OK")->outcome, stream_outcome::refused); // without a stream
}

TEST(CoreManagerClient, IsDoneWithAStreamWhoseStatusIsTooLong) {
  one_client f({core_says(stream_of(ndjson, "{\"a\":1}\n") +
                          std::string(status_stream::bytes_max + 4096, 'x'))});
  const auto left = f.follow("");
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(f.received.count(), 1u);
  EXPECT_EQ(left->outcome, stream_outcome::refused);
  EXPECT_NE(left->reason.find("too long"), std::string::npos) << left->reason;
}

TEST(CoreManagerClient, PassesOverWhatIsNoStatus) {
  one_client f({core_says(stream_of(ndjson, "{\"a\":1}\nno object\n{\"a\":3}\n"))});
  f.received.bad = 2;
  EXPECT_EQ(f.follow("{}")->outcome, stream_outcome::cut);
  EXPECT_EQ(f.received.positions, (std::vector<std::int64_t>{1, 2, 2}));
}

TEST(CoreManagerClient, EndsAtAStatusThatIsNotTaken) {
  one_client f({core_says(stream_of(ndjson, "{\"a\":1}\n{\"a\":2}\n"))});
  f.received.refuses = error_code::store_unavailable;
  EXPECT_EQ(f.follow("{}")->outcome, stream_outcome::cut);
  EXPECT_EQ(f.received.count(), 0u);
}

TEST(CoreManagerClient, FindsAnActorAgainThatLeftMemory) {
  one_client f({core_says(stream_of(ndjson, "{\"a\":1}\n{\"a\":2}\n"))});
  f.received.gone_after = 1;
  f.received.last = 2;
  EXPECT_EQ(f.follow("{}")->outcome, stream_outcome::over);
  EXPECT_EQ(f.asked, 2);
}

TEST(CoreManagerClient, CountsAStreamAsCutThatIsResetOrSilent) {
  const auto begins = stream_of(ndjson, "{\"a\":1}\n");
  one_client reset({[&](peer& connection) {
    connection.read_head();
    connection.send(begins);
    connection.reset();
  }});
  EXPECT_EQ(reset.follow("{}")->outcome, stream_outcome::cut);
  one_client silent({[&](peer& connection) {
                      connection.read_head();
                      connection.send(begins);
                      connection.wait_for_end();
                    }},
                    50ms);
  EXPECT_EQ(silent.follow("{}")->outcome, stream_outcome::cut);
}

TEST(CoreManagerClient, IsGw001WhenNobodyIsThereOrItFails) {
  one_client gone({core_says("")});
  gone.upstream.stop_listening();
  EXPECT_EQ(gone.follow("{}").error().code, error_code::upstream_unavailable);
  one_client failing({core_says("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")});
  EXPECT_EQ(failing.follow("{}").error().code, error_code::upstream_unavailable);
}

TEST(CoreManagerClient, AsksForAWorkflowsEnd) {
  std::promise<std::string> seen;
  one_client f({core_says("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", &seen)});
  EXPECT_TRUE(f.cancel().has_value());
  EXPECT_TRUE(seen.get_future().get().starts_with("DELETE /api/v1/workflows/" + to_string(f.id)));
  one_client missing({core_says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")});
  EXPECT_TRUE(missing.cancel().has_value());
  one_client failing({core_says("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")});
  EXPECT_EQ(failing.cancel().error().code, error_code::upstream_unavailable);
}

TEST(CoreManagerClient, AnswersWhoeverWaitsWhenItEnds) {
  std::promise<void> seen;
  one_client f({[&](peer& connection) {
    connection.read_head();
    seen.set_value();
    connection.wait_for_end();
  }});
  std::thread ends([&] {
    seen.get_future().wait();
    caf::anon_send_exit(f.client, caf::exit_reason::user_shutdown);
  });
  EXPECT_FALSE(f.follow("{}").has_value());
  ends.join();
}

} // namespace
} // namespace latchkey::gateway::test

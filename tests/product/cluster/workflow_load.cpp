#include "tests/product/cluster/workflow_load.hpp"

#include "tests/product/live/following.hpp"

#include <stdexcept>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t readers_count = 3;
/// For how long one workflow, or one request, is tried.
constexpr auto reading_max = 50s;
/// A socket that says nothing for so long is given up.
constexpr auto silence_max = 2s;
constexpr auto retry_pause = 20ms;

} // namespace

workflow_load::workflow_load(steady_load::port_list& ports, std::uint64_t seed)
    : ports_(ports), clients_(readers_count) {
  for (std::size_t i = 0; i < clients_.size(); ++i)
    clients_[i].chance.seed(seed * 1000 + 500 + i);
}

workflow_load::~workflow_load() {
  stop();
}

void workflow_load::begin() {
  for (auto& own : clients_)
    threads_.emplace_back([this, &own] { live(own); });
}

void workflow_load::stop() {
  is_over_ = true;
  for (auto& each : threads_)
    each.join();
  threads_.clear();
}

std::size_t workflow_load::finished() const {
  std::size_t all = 0;
  for (const auto& own : clients_)
    all += own.finished.size();
  return all;
}

// -- one client ------------------------------------------------------------------------------

void workflow_load::live(client& own) {
  try {
    own.name = new_name();
    const auto made = ask(own, post_json("/auth/register", registration(own.name).dump()));
    if (made.status != 201 && !is_error(made, 409, "USER002"))
      throw std::runtime_error("registration: " + made.body);
    own.access = tokens_of(ask(own, post_json("/auth/token", credentials(own.name).dump()))).access;
    while (!is_over_)
      run_one(own, std::chrono::steady_clock::now() + reading_max);
  } catch (const std::runtime_error& e) {
    own.wrong.emplace_back(e.what());
  }
}

http_reply workflow_load::ask(client& own, const http_call& call) const {
  const auto end = std::chrono::steady_clock::now() + reading_max;
  while (std::chrono::steady_clock::now() < end) {
    try {
      const auto port = ports_[own.chance() % ports_.size()].load();
      auto reply = port == 0 ? http_reply{} : exchange(port, call);
      if (reply.status != 0 && reply.status < 500) return reply;
    } catch (const std::runtime_error&) { // it is gone, or does not answer
    }
    std::this_thread::sleep_for(retry_pause);
  }
  throw std::runtime_error(call.method + " " + call.target + " got no answer");
}

std::unique_ptr<ws_client> workflow_load::connect(client& own) const {
  const auto port = ports_[own.chance() % ports_.size()].load();
  if (port == 0) return nullptr;
  try {
    return std::make_unique<ws_client>(port, own.access);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

void workflow_load::run_one(client& own, time_limit end) {
  reading of;
  of.message = "message " + std::to_string(own.chance());
  while (!of.is_over && own.wrong.empty()) {
    if (std::chrono::steady_clock::now() > end)
      return own.wrong.push_back(of.message + " of " + own.name + " has not come to its end");
    const auto socket = connect(own);
    try {
      if (socket) read(own, of, *socket);
    } catch (const std::runtime_error&) { // the socket is lost
    }
    if (!of.is_over) std::this_thread::sleep_for(retry_pause);
  }
  if (of.is_over) own.finished.push_back(of.workflow);
}

void workflow_load::read(client& own, reading& of, ws_client& socket) const {
  socket.say(of.seq == 0 ? start_of(of.message) : resume_of(of.workflow, of.seq));
  auto given_up = std::chrono::steady_clock::now() + silence_max;
  while (!of.is_over && own.wrong.empty() && std::chrono::steady_clock::now() < given_up) {
    const auto frame = socket.receive_now();
    if (!frame && socket.has_ended()) return;
    if (!frame) {
      std::this_thread::sleep_for(1ms);
    } else if (frame->opcode == opcode::text) {
      given_up = std::chrono::steady_clock::now() + silence_max;
      take(own, of, json::parse(frame->payload));
    } else if (frame->opcode == opcode::close) {
      return;
    }
  }
}

void workflow_load::take(client& own, reading& of, const json& frame) {
  const auto type = frame.value("type", "");
  if (type == "error" && frame.dump().find("last_seq") != std::string::npos)
    own.wrong.push_back("a client has read more than there is: " + frame.dump());
  if (type != "workflow_status") return;
  const auto& data = frame["data"];
  if (of.workflow.empty()) of.workflow = data["workflow_id"];
  // Who has started it again without having read anything is sent all of it.
  if (data["seq"] != of.seq + 1)
    return own.wrong.push_back("after status " + std::to_string(of.seq) + ": " + frame.dump());
  ++of.seq;
  const auto& status = data["status"];
  of.is_over = status != "in_progress";
  if (of.is_over && (status != "completed" || of.seq != statuses + 1))
    own.wrong.push_back("the end: " + frame.dump());
}

// -- against the database ---------------------------------------------------------------------

void workflow_load::check(const test_store& store) const {
  for (const auto& own : clients_) {
    for (const auto& each : own.wrong)
      ADD_FAILURE() << each;
    EXPECT_FALSE(own.finished.empty());
    for (const auto& id : own.finished) {
      EXPECT_EQ(store.count("SELECT count(*) FROM workflows WHERE id = '" + id + "'"), 1);
      EXPECT_EQ(
          store.count("SELECT count(*) FROM workflow_statuses WHERE workflow_id = '" + id + "'"),
          statuses + 1);
    }
  }
}

} // namespace latchkey::test

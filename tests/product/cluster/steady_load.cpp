#include "tests/product/cluster/steady_load.hpp"

#include "tests/product/integration/integration.hpp"

#include <stdexcept>
#include <utility>

namespace latchkey::test {
namespace {

constexpr std::size_t clients_count = 6;
/// For how long one request is tried again.
constexpr std::chrono::seconds trial_max{50};
constexpr std::chrono::milliseconds pause{20};

} // namespace

steady_load::steady_load(port_list& ports, std::uint64_t seed)
    : steady_load(ports.size(), seed, [&ports](std::size_t node, const http_call& call) {
        const auto port = ports[node].load();
        return port == 0 ? http_reply{} : exchange(port, call);
      }) {}

steady_load::steady_load(std::size_t nodes, std::uint64_t seed, asker ask_node)
    : nodes_(nodes), ask_node_(std::move(ask_node)), clients_(clients_count) {
  for (std::size_t i = 0; i < clients_.size(); ++i)
    clients_[i].chance.seed(seed * 1000 + i);
}

steady_load::~steady_load() {
  stop();
}

void steady_load::begin() {
  for (auto& own : clients_)
    threads_.emplace_back([this, &own] { live(own); });
}

void steady_load::stop() {
  is_over_ = true;
  for (auto& each : threads_)
    each.join();
  threads_.clear();
}

void steady_load::await_acks(std::uint64_t more) const {
  const auto wanted = acks_ + more;
  EXPECT_TRUE(eventually([&] { return acks_ >= wanted; })) << "the clients are not served";
}

// -- one client ------------------------------------------------------------------------------

void steady_load::live(client& own) {
  try {
    register_somebody(own);
    own.owner = own.users.back();
    const auto signed_in = ask(own, post_json("/auth/token", credentials(own.owner).dump()));
    own.line = tokens_of(signed_in);
    own.owner_number = json_of(ask(own, get("/auth/me").as(own.line.access)))["id"];
    using deed = void (steady_load::*)(client&);
    static constexpr deed deeds[] = {
        &steady_load::refresh,      &steady_load::validate,     &steady_load::refresh,
        &steady_load::validate,     &steady_load::make_key,     &steady_load::register_somebody,
        &steady_load::sync_session, &steady_load::sync_session, &steady_load::sign_in_and_out};
    while (!is_over_)
      (this->*deeds[own.chance() % std::size(deeds)])(own);
  } catch (const std::runtime_error& e) {
    own.wrong.emplace_back(e.what());
  }
}

std::optional<http_reply> steady_load::try_once(client& own, const http_call& call) {
  try {
    auto reply = ask_node_(own.chance() % nodes_, call);
    if (reply.status != 0 && reply.status < 500) return reply;
  } catch (const std::runtime_error&) { // it is gone, or does not answer
  }
  return std::nullopt;
}

http_reply steady_load::ask(client& own, const http_call& call) {
  const auto end = std::chrono::steady_clock::now() + trial_max;
  while (std::chrono::steady_clock::now() < end) {
    auto reply = try_once(own, call);
    if (reply) {
      ++acks_;
      return *std::move(reply);
    }
    std::this_thread::sleep_for(pause);
  }
  throw std::runtime_error(call.method + " " + call.target + " got no answer");
}

void steady_load::register_somebody(client& own) {
  const auto name = new_name();
  const auto reply = ask(own, post_json("/auth/register", registration(name).dump()));
  // An earlier attempt, whose answer was lost, may have been first.
  if (reply.status == 201 || is_error(reply, 409, "USER002"))
    own.users.push_back(name);
  else
    own.wrong.push_back("registration: " + reply.body);
}

void steady_load::refresh(client& own) {
  const auto reply = ask(own, post("/auth/token/refresh").cookie(own.line.refresh));
  auto next = tokens_of(reply);
  if (next.refresh.empty())
    own.wrong.push_back("refresh: " + std::to_string(reply.status) + " " + reply.body);
  else
    own.line = std::move(next);
}

void steady_load::validate(client& own) {
  const auto reply = ask(own, get("/auth/me").as(own.line.access));
  if (reply.status != 200) own.wrong.push_back("validation: " + reply.body);
  if (own.ended.empty()) return;
  const auto& over = own.ended[own.chance() % own.ended.size()];
  const auto refused = ask(own, get("/auth/me").as(over));
  if (refused.status != 401) own.wrong.push_back("a session that has ended: " + refused.body);
}

void steady_load::sign_in_and_out(client& own) {
  const auto signed_in = ask(own, post_json("/auth/token", credentials(own.owner).dump()));
  const auto made = tokens_of(signed_in);
  if (made.access.empty()) return own.wrong.push_back("sign-in: " + signed_in.body);
  const auto reply = ask(own, post("/auth/logout").as(made.access));
  // An earlier attempt may have ended it, and wait still for other nodes.
  if (reply.status != 200 && reply.status != 401)
    return own.wrong.push_back("logout: " + reply.body);
  own.ended.push_back(made.access);
  if (reply.status == 200) expect_refused(own, made.access);
}

void steady_load::expect_refused(client& own, const std::string& access_token) {
  for (std::size_t i = 0; i < nodes_; ++i)
    try {
      const auto reply = ask_node_(i, get("/auth/me").as(access_token));
      if (reply.status == 200) own.wrong.push_back("after a logout: " + reply.body);
    } catch (const std::runtime_error&) { // it says nothing at all
    }
}

void steady_load::make_key(client& own) {
  const auto name = new_name();
  const json wanted{{"name", name}, {"scopes", json::array({"profile:read"})}};
  // Once: what got no answer may have happened.
  const auto reply = try_once(own, post_json("/auth/api-keys", wanted.dump()).as(own.line.access));
  if (!reply) return;
  ++acks_;
  if (reply->status == 201)
    own.keys.push_back(name);
  else if (!is_error(*reply, 403, "SUB002"))
    own.wrong.push_back("key: " + reply->body);
}

void steady_load::sync_session(client& own) {
  const bool ends = !own.told.empty() && own.chance() % 3 == 0;
  char id[40];
  std::snprintf(id, sizeof id, "%08x-0000-4000-8000-%012llx",
                static_cast<unsigned>(own.chance() & 0xffff'ffffU),
                static_cast<unsigned long long>(own.chance() & 0xffff'ffff'ffffULL));
  const std::string session = ends ? own.told.back() : id;
  const json body{
      {"user_id", own.owner_number},
      {"session_data",
       {{"session_id", session}, {"expires_at", "2999-01-01T00:00:00Z"}, {"is_active", !ends}}}};
  const auto reply = ask(own, service_call("/api/auth/sync-session", body));
  if (reply.status != 200) return own.wrong.push_back("sync-session: " + reply.body);
  if (ends) own.told.pop_back();
  (ends ? own.untold : own.told).push_back(session);
}

// -- the log against the database ------------------------------------------------------------

void steady_load::check(const test_store& store) {
  const auto count = [&store](const std::string& from) {
    return store.count("SELECT count(*) FROM " + from);
  };
  for (auto& own : clients_) {
    for (const auto& each : own.wrong)
      ADD_FAILURE() << each;
    for (const auto& name : own.users)
      EXPECT_EQ(count("users WHERE username = '" + name + "'"), 1) << name << " was acked";
    for (const auto& name : own.keys)
      EXPECT_EQ(count("api_keys WHERE name = '" + name + "'"), 1) << "a key that was acked";
    for (const auto& id : own.told)
      EXPECT_EQ(count("sessions WHERE ended_at IS NULL AND id = '" + id + "'"), 1) << id;
    for (const auto& id : own.untold)
      EXPECT_EQ(count("sessions WHERE ended_at IS NULL AND id = '" + id + "'"), 0) << id;
    for (std::size_t i = 0; i < nodes_; ++i) {
      for (const auto& token : own.ended)
        EXPECT_EQ(ask_node_(i, get("/auth/me").as(token)).status, 401);
      const auto again =
          tokens_of(ask_node_(i, post("/auth/token/refresh").cookie(own.line.refresh)));
      EXPECT_FALSE(again.refresh.empty()) << own.owner << " was logged out";
      own.line = again;
    }
  }
  EXPECT_EQ(count("(SELECT name FROM api_keys GROUP BY name HAVING count(*) > 1) AS twice"), 0);
}

} // namespace latchkey::test

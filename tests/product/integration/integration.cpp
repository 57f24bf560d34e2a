#include "tests/product/integration/integration.hpp"

#include <atomic>
#include <map>
#include <memory>

namespace latchkey::test {

http_call service_call(const std::string& target, const std::string& body, const std::string& key) {
  return post_json(target, body).with("X-Service-Key", key);
}

http_call service_call(const std::string& target, const json& body, const std::string& key) {
  return service_call(target, body.dump(), key);
}

namespace {

testing::AssertionResult no(const std::string& why, const http_reply& reply) {
  auto out = testing::AssertionFailure() << why << "\n" << reply.status << " " << reply.reason;
  for (const auto& h : reply.headers)
    out << "\n" << h.name << ": " << h.value;
  return out << "\n\n" << reply.body;
}

} // namespace

testing::AssertionResult is_flat(const http_reply& reply, int status, const std::string& error,
                                 const std::string& field, const std::string& reason) {
  if (reply.status != status) return no("status is not " + std::to_string(status), reply);
  const auto body = json_of(reply);
  if (keys_of(body) != keys{"error", "message", "details"}) return no("not a flat error", reply);
  if (body["error"] != error) return no("error is not \"" + error + "\"", reply);
  if (!body["message"].is_string() || body["message"].get<std::string>().empty())
    return no("message is not a text", reply);
  const auto& details = body["details"];
  if (!details.is_object()) return no("details is not an object", reply);
  if (!field.empty() && details.value("field", "") != field)
    return no("field is not " + field, reply);
  if (!field.empty() && details.value("reason", "").empty()) return no("no reason", reply);
  if (details.value("reason", "").find(reason) == std::string::npos)
    return no("reason does not say \"" + reason + "\"", reply);
  if (!reply.has("X-Request-ID")) return no("no request id", reply);
  if (reply.has("Allow") != (status == 405)) return no("Allow belongs to a 405", reply);
  if (reply.header("Cache-Control") != "no-store") return no("an error may be cached", reply);
  return testing::AssertionSuccess();
}

testing::AssertionResult is_success(const http_reply& reply) {
  if (reply.status != 200 || reply.body != R"({"status":"success"})")
    return no("not a success", reply);
  return testing::AssertionSuccess();
}

namespace {

std::map<std::string, std::unique_ptr<product>>& shared() {
  static std::map<std::string, std::unique_ptr<product>> by_engine;
  return by_engine;
}

} // namespace

product& Integration::on() const {
  auto& instance = shared()[GetParam()];
  if (!instance)
    instance = std::make_unique<product>(GetParam(), environment{{"SERVICE_KEYS", service_keys},
                                                                 {"RATE_LIMIT_DEFAULT", "0"},
                                                                 {"RATE_LIMIT_SERVICE", "0"}});
  return *instance;
}

void Integration::TearDownTestSuite() {
  for (auto& [engine, instance] : shared())
    EXPECT_EQ(instance->server->stop(), 0) << instance->server->log();
  shared().clear();
}

bool Integration::holds(const std::string& access_token) const {
  return ask("validate-token", {{"token", access_token}}).status == 200;
}

json Integration::facts_of(const std::string& access_token) const {
  return json_of(ask("validate-token", {{"token", access_token}}));
}

long Integration::new_number() const {
  static std::atomic<long> last{1'000'000};
  return last += 1'000;
}

std::vector<std::string> Integration::row_of(long number, const std::string& columns) const {
  const auto rows = on().store.query("SELECT " + columns +
                                     " FROM users JOIN user_profiles ON user_id = id "
                                     "WHERE number = " +
                                     std::to_string(number));
  return rows.size() == 1 ? rows.front() : std::vector<std::string>{};
}

} // namespace latchkey::test

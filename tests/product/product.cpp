#include "tests/product/product.hpp"

#include <atomic>
#include <charconv>
#include <memory>
#include <regex>
#include <stdexcept>
#include <unistd.h>

namespace latchkey::test {

// -- answers -----------------------------------------------------------------------------

json json_of(const http_reply& reply) {
  if (reply.header("Content-Type") != "application/json") return nullptr;
  auto body = json::parse(reply.body, nullptr, /*allow_exceptions*/ false);
  return body.is_discarded() ? json(nullptr) : body;
}

keys keys_of(const json& object) {
  keys found;
  if (!object.is_object()) return found;
  for (const auto& item : object.items())
    found.push_back(item.key());
  return found;
}

namespace {

testing::AssertionResult no(const std::string& why, const http_reply& reply) {
  auto out = testing::AssertionFailure() << why << "\n" << reply.status << " " << reply.reason;
  for (const auto& h : reply.headers)
    out << "\n" << h.name << ": " << h.value;
  return out << "\n\n" << reply.body;
}

/// The headers that go with an error's status.
testing::AssertionResult has_headers_of_error(const http_reply& reply) {
  if (reply.has("WWW-Authenticate") != (reply.status == 401))
    return no("WWW-Authenticate must stand in a 401 and nowhere else", reply);
  if (reply.has("Allow") != (reply.status == 405)) return no("Allow belongs to a 405", reply);
  if (reply.status == 401 && !reply.header("WWW-Authenticate").starts_with("Bearer "))
    return no("the challenge is not Bearer", reply);
  if (reply.header("Cache-Control") != "no-store") return no("an error may be cached", reply);
  if (reply.header("X-Content-Type-Options") != "nosniff") return no("nosniff is missing", reply);
  return testing::AssertionSuccess();
}

} // namespace

testing::AssertionResult is_error(const http_reply& reply, int status, const std::string& code,
                                  const std::string& field, const std::string& reason) {
  if (reply.status != status) return no("status is not " + std::to_string(status), reply);
  const auto body = json_of(reply);
  if (keys_of(body) != keys{"error"}) return no("not an envelope", reply);
  const auto& error = body["error"];
  if (keys_of(error) != keys{"code", "message", "details", "timestamp", "request_id"})
    return no("not the envelope's keys", reply);
  for (const auto* key : {"code", "message", "timestamp", "request_id"})
    if (!error[key].is_string() || error[key].get<std::string>().empty())
      return no(std::string{key} + " is not a text", reply);
  if (error["code"] != code) return no("code is not " + code, reply);
  if (!is_time(error["timestamp"])) return no("timestamp is not in UTC", reply);
  if (error["request_id"] != reply.header("X-Request-ID")) return no("ids differ", reply);
  const auto& details = error["details"];
  if (!details.is_object()) return no("details is not an object", reply);
  for (const auto& item : details.items())
    if ((item.key() != "field" && item.key() != "reason") || !item.value().is_string())
      return no("details has a key of its own", reply);
  if (!field.empty() && details.value("field", "") != field)
    return no("field is not " + field, reply);
  if (!field.empty() && details.value("reason", "").empty()) return no("no reason", reply);
  if (details.value("reason", "").find(reason) == std::string::npos)
    return no("reason does not say \"" + reason + "\"", reply);
  return has_headers_of_error(reply);
}

bool is_time(const json& value) {
  static const std::regex form{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"};
  return value.is_string() && std::regex_match(value.get<std::string>(), form);
}

bool is_whole_second(const json& value) {
  return is_time(value) && value.get<std::string>().find('.') == std::string::npos;
}

visible visible_of(const http_reply& reply) {
  visible out{reply.status, reply.headers, json_of(reply)};
  for (auto& h : out.headers)
    if (h.name == "Date" || h.name == "X-Request-ID") h.value.clear();
  if (out.body.contains("error"))
    for (const auto* key : {"timestamp", "request_id"})
      out.body["error"][key] = nullptr;
  return out;
}

// -- people and their tokens --------------------------------------------------------------

std::string new_name() {
  static std::atomic<int> last{0};
  return "user" + std::to_string(getpid()) + "n" + std::to_string(++last);
}

json registration(const std::string& name) {
  return {{"username", name}, {"email", name + "@example.com"}, {"password", password}};
}

json credentials(const std::string& login, const std::string& with) {
  return {{"username", login}, {"password", with}};
}

tokens tokens_of(const http_reply& reply) {
  if (reply.status != 200) return {};
  tokens found;
  const auto body = json_of(reply);
  found.access = body.value("access_token", "");
  for (const std::string start : {"refresh_token=", "__Host-refresh_token="})
    for (const auto& line : reply.all("Set-Cookie"))
      if (line.starts_with(start))
        found.refresh = line.substr(start.size(), line.find(';') - start.size());
  return found;
}

long counter_of(const std::string& refresh_token) {
  const auto dot = refresh_token.find('.');
  long counter = -1;
  if (dot != std::string::npos)
    std::from_chars(refresh_token.data() + dot + 1, refresh_token.data() + refresh_token.size(),
                    counter);
  return counter;
}

// -- servers ---------------------------------------------------------------------------------

product::product(test_store at, environment more)
    : store(std::move(at)), settings(store.settings(more)) {
  start();
}

product::product(const std::string& engine, environment more)
    : product(test_store{engine}, std::move(more)) {}

void product::start() {
  server.reset(); // before the next: they may not share a store file's lock
  server = std::make_unique<server_process>(settings, store.folder());
}

void product::add_user(const std::string& name) const {
  const auto reply = call(post_json("/auth/register", registration(name).dump()));
  if (reply.status != 201) throw std::runtime_error("no registration: " + reply.body);
}

tokens product::sign_in(const std::string& login, const std::string& with) const {
  const auto reply = call(post_json("/auth/token", credentials(login, with).dump()));
  auto got = tokens_of(reply);
  if (got.access.empty() || got.refresh.empty())
    throw std::runtime_error("no sign-in: " + reply.body);
  return got;
}

tokens product::sign_in_new_user() const {
  const auto name = new_name();
  add_user(name);
  return sign_in(name);
}

std::string product::id_of(const std::string& name) const {
  const auto found = store.query("SELECT id FROM users WHERE username = '" + name + "'");
  return found.size() == 1 ? found.front().front() : std::string{};
}

int product::status_of_me(const std::string& access_token) const {
  return call(get("/auth/me").as(access_token)).status;
}

double product::metric(const std::string& series) const {
  const auto text = "\n" + call_internal(get("/metrics")).body;
  const auto found = text.find("\n" + series + " ");
  return found == std::string::npos ? 0 : std::stod(text.substr(found + series.size() + 2));
}

namespace {

std::map<std::string, std::unique_ptr<product>>& shared() {
  static std::map<std::string, std::unique_ptr<product>> by_engine;
  return by_engine;
}

} // namespace

product& Product::on() const {
  auto& instance = shared()[engine()];
  if (!instance) instance = std::make_unique<product>(engine(), settings());
  return *instance;
}

void Product::TearDownTestSuite() {
  for (auto& [engine, instance] : shared())
    EXPECT_EQ(instance->server->stop(), 0) << instance->server->log();
  shared().clear();
}

} // namespace latchkey::test

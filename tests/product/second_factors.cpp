#include "tests/product/second_factors.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

namespace latchkey::test {

namespace {

using seconds = std::chrono::seconds;

constexpr seconds step{30};

seconds since_epoch() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now().time_since_epoch());
}

/// The time of day, once a code of the step before it stays good until the server looks. Codes of
/// other steps stay good for longer than half a minute.
seconds clear_of_the_end_of_a_step() {
  constexpr seconds clear{10};
  while (step - since_epoch() % step < clear)
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  return since_epoch();
}

} // namespace

std::string code_of_app(const std::string& secret, int steps_ahead) {
  // By its number: what oathtool takes for now may be a few milliseconds older.
  const auto at =
      (steps_ahead < 0 ? clear_of_the_end_of_a_step() : since_epoch()) + steps_ahead * step;
  const auto command =
      "oathtool --totp --base32 " + secret + " --now @" + std::to_string(at.count());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose};
  std::array<char, 32> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return "no oathtool";
  return std::string{line.data()}.substr(0, 6);
}

app_owner add_app_owner(const product& server, bool with_earlier_session) {
  app_owner owner;
  owner.name = new_name();
  server.add_user(owner.name);
  if (with_earlier_session) owner.earlier = server.sign_in(owner.name);
  owner.session = server.sign_in(owner.name);
  add_app(server, owner);
  return owner;
}

void add_app(const product& server, app_owner& owner) {
  const auto enrolled = server.call(
      post_json("/auth/mfa/totp/enroll", R"({"name":"Phone"})").as(owner.session.access));
  EXPECT_EQ(enrolled.status, 201) << enrolled.body;
  owner.secret = json_of(enrolled).value("secret", "");
  const json code{{"code", owner.next_code()}};
  const auto verified =
      server.call(post_json("/auth/mfa/totp/verify", code.dump()).as(owner.session.access));
  EXPECT_EQ(verified.status, 200) << verified.body;
  const auto shown = json_of(verified);
  for (const auto& each : shown["recovery_codes"])
    owner.codes.push_back(each);
  EXPECT_EQ(owner.codes.size(), 10u);
}

json details_of(const http_reply& reply) {
  return json_of(reply)["error"].value("details", json::object());
}

testing::AssertionResult asks_for_second_step(const http_reply& reply) {
  const auto details = details_of(reply);
  const bool is_right = reply.status == 401 &&
                        json_of(reply)["error"].value("code", "") == "MFA_REQUIRED" &&
                        keys_of(details) == keys{"reason", "mfa_token", "methods"} &&
                        details["methods"] == json{"totp", "recovery_code"};
  return is_right ? testing::AssertionSuccess() : testing::AssertionFailure() << reply.body;
}

testing::AssertionResult has_no_tokens(const http_reply& reply) {
  for (const auto& line : reply.all("Set-Cookie"))
    if (says(line, "refresh_token=") && !says(line, "Max-Age=0"))
      return testing::AssertionFailure() << line;
  const auto body = json::parse(reply.body, nullptr, false);
  for (const auto* name : {"access_token", "refresh_token"})
    if (body.is_object() && body.contains(name)) return testing::AssertionFailure() << reply.body;
  return testing::AssertionSuccess();
}

std::string mfa_token(const product& server, const app_owner& owner, const std::string& path) {
  const auto asked = server.call(post_json(path, credentials(owner.name).dump()));
  EXPECT_TRUE(asks_for_second_step(asked)) << path;
  return details_of(asked).value("mfa_token", "");
}

http_call finish_call(const std::string& token, const std::string& method,
                      const std::string& code) {
  return post_json("/auth/mfa/verify",
                   json{{"mfa_token", token}, {"method", method}, {"code", code}}.dump());
}

} // namespace latchkey::test

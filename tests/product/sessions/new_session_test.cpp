// Each sign-in opens a session of its own, by whichever path: what a browser holds already, its
// own or one that somebody has put there, becomes neither the new session nor a part of it.
#include "tests/product/accounts/recovery.hpp"
#include "tests/product/local_passkey.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"

#include <functional>

namespace latchkey::test {
namespace {

struct way_in {
  std::string name;
  std::function<http_reply(const std::string& cookie)> take; // with that refresh token
};

class NewSession : public Product {
protected:
  way_in by_json(const std::string& path, const std::string& name) const {
    return {path, [this, path, name](const std::string& cookie) {
              return call(post_json(path, credentials(name).dump()).cookie(cookie));
            }};
  }
  way_in by_form(const std::string& path, const std::string& name) const {
    return {path + " by a form", [this, path, name](const std::string& cookie) {
              const auto fields = "username=" + name + "&password=correct+horse+battery";
              return call(post_form(path, fields).cookie(cookie));
            }};
  }
  /// A form of a page that a browser with that refresh token has open.
  http_reply send_form(const std::string& cookie, const std::string& page,
                       const browser::values& fields) const {
    browser visitor{on()};
    visitor.open(page);
    visitor.set_cookie("refresh_token", cookie);
    return visitor.answer_to(page, fields);
  }
  std::vector<way_in> ways_of_password(const std::string& name) const {
    return {by_json("/auth/token", name),
            by_json("/auth/login", name),
            by_json("/api/v1/auth/login", name),
            by_form("/auth/token", name),
            by_form("/api/v1/auth/login", name),
            {"/sign-in",
             [this, name](const std::string& cookie) {
               return send_form(cookie, "/sign-in", {{"username", name}, {"password", password}});
             }},
            {"/register", [this](const std::string& cookie) {
               const auto newcomer = new_name();
               return send_form(cookie, "/register",
                                {{"username", newcomer},
                                 {"email", newcomer + "@example.com"},
                                 {"password", password}});
             }}};
  }
  std::vector<way_in> ways_of_app(app_owner& owner) const {
    return {{"/auth/mfa/verify",
             [&, this](const std::string& cookie) {
               const auto token = mfa_token(on(), owner);
               return call(finish_call(token, "totp", owner.next_code()).cookie(cookie));
             }},
            {"/sign-in/second-step", [&, this](const std::string& cookie) {
               browser visitor{on()};
               visitor.sign_in(owner.name);
               visitor.set_cookie("refresh_token", cookie);
               return visitor.answer_to("/sign-in/second-step", {{"code", owner.next_code()}});
             }}};
  }
  std::vector<way_in> ways_of_passkey(local_passkey& passkey) const {
    return {{"/auth/passkeys/sign-in",
             [&](const std::string& cookie) {
               const json body{{"credential", passkey.credential()}};
               return passkey.call(post_json("/auth/passkeys/sign-in", body.dump()).cookie(cookie));
             }},
            {"/sign-in/passkey", [&, this](const std::string& cookie) {
               browser visitor{on()};
               visitor.open("/sign-in");
               visitor.set_cookie("refresh_token", cookie);
               const auto origin = "http://" + passkey.host();
               return visitor.send_any("/sign-in/passkey",
                                       {{"credential", passkey.credential().dump()}},
                                       {{"Host", passkey.host()}, {"Origin", origin}});
             }}};
  }
  static std::string session_of(const std::string& refresh) { return refresh.substr(0, 36); }
  static std::string refresh_token_in(const http_reply& reply) {
    const std::string start = "refresh_token=";
    for (const auto& line : reply.all("Set-Cookie"))
      if (line.starts_with(start)) return line.substr(start.size(), line.find(';') - start.size());
    return {};
  }
  /// With what that person holds already, and with what somebody else does.
  void expect_new_sessions(const way_in& way, const tokens& own) const {
    for (const auto& held : {own, on().sign_in_new_user()}) {
      const auto reply = way.take(held.refresh);
      const auto opened = refresh_token_in(reply);
      ASSERT_FALSE(opened.empty()) << way.name << " " << reply.status << reply.body;
      EXPECT_NE(session_of(opened), session_of(held.refresh)) << way.name;
      EXPECT_EQ(counter_of(opened), 1) << way.name;
      EXPECT_EQ(on().status_of_me(held.access), 200) << way.name << ": it is as it was";
      EXPECT_EQ(call(post("/auth/logout").cookie(opened)).status, 200) << way.name;
      EXPECT_EQ(on().status_of_me(held.access), 200) << way.name << ": nor do they end together";
    }
  }
};
LATCHKEY_ON_BOTH_ENGINES(NewSession);

TEST_P(NewSession, IsOpenedByEachPathForAPasswordWhateverCookieComesWithIt) {
  const auto name = new_name();
  on().add_user(name);
  for (const auto& way : ways_of_password(name))
    expect_new_sessions(way, on().sign_in(name));
}

TEST_P(NewSession, IsOpenedByEachPathForACodeWhateverCookieComesWithIt) {
  for (const std::size_t which : {0U, 1U}) { // an app has no more codes than one of them takes
    auto owner = add_app_owner(on());
    expect_new_sessions(ways_of_app(owner).at(which), owner.session);
  }
}

TEST_P(NewSession, IsOpenedByEachPathForAPasskeyWhateverCookieComesWithIt) {
  const auto session = on().sign_in_new_user();
  local_passkey passkey{on(), session};
  for (const auto& way : ways_of_passkey(passkey))
    expect_new_sessions(way, session);
}

} // namespace
} // namespace latchkey::test

// An API key is asked for no second factor, and is in the way of none: whatever it is for, it
// neither changes a factor nor becomes a session.
#include "tests/product/local_passkey.hpp"
#include "tests/product/routes.hpp"
#include "tests/product/second_factors.hpp"

#include <algorithm>

namespace latchkey::test {
namespace {

/// A superuser with an app and a passkey, and a key that may what its owner may.
struct key_owner : app_owner {
  std::string key;
  std::string id, totp_id, passkey_id;
};

class KeysAndFactors : public Product {
protected:
  http_reply with_key(http_call asked, const std::string& key) const {
    return call(std::move(asked).with("X-API-Key", key));
  }
  std::string new_key(const tokens& session, const char* scope) const {
    const json body{{"name", "ci"}, {"scopes", {scope}}};
    const auto made = call(post_json("/auth/api-keys", body.dump()).as(session.access));
    EXPECT_EQ(made.status, 201) << made.body;
    return json_of(made).value("key", "");
  }
  json factors_of(const key_owner& owner) const {
    return json_of(call(get("/auth/mfa").as(owner.session.access)));
  }
  key_owner add_owner() const {
    key_owner owner{add_app_owner(on()), {}, {}, {}, {}};
    owner.id = on().id_of(owner.name);
    const auto given = call(
        put_json("/admin/users/" + owner.id + "/role", R"({"role":"superuser"})").as(on().admin()));
    EXPECT_EQ(given.status, 200) << given.body;
    const local_passkey passkey{on(), owner.session};
    owner.totp_id = factors_of(owner)["totp"][0].value("id", "");
    owner.passkey_id = factors_of(owner)["passkeys"][0].value("id", "");
    owner.key = new_key(owner.session, "*");
    return owner;
  }
};
LATCHKEY_ON_BOTH_ENGINES(KeysAndFactors);

TEST_P(KeysAndFactors, AKeyKeepsWorkingOnceItsOwnerHasOne) {
  app_owner owner;
  owner.name = new_name();
  on().add_user(owner.name);
  owner.session = on().sign_in(owner.name);
  const auto before = new_key(owner.session, "profile:read");
  add_app(on(), owner);
  const auto after = new_key(owner.session, "profile:read");
  for (const auto& key : {before, after}) {
    const auto reply = with_key(get("/auth/me"), key);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(json_of(reply)["username"], owner.name);
  }
}

bool is_of_factors(const listed_route& route) {
  const auto words = {"/mfa", "passkey", "/apps", "totp", "recovery-codes"};
  return std::ranges::any_of(words, [&](const char* word) { return says(route.path, word); });
}

TEST_P(KeysAndFactors, NoRouteOfFactorsIsForKeys) {
  std::size_t in_person = 0;
  for (const auto& route : routes_of(on())) {
    if (!is_of_factors(route)) continue;
    EXPECT_NE(route.client, "principal") << route.name();
    in_person += route.client == "session" ? 1 : 0;
  }
  EXPECT_GE(in_person, 19U) << "twelve of the API, seven of pages";
}

/// As a client would that has looked up what there is.
http_call call_of(const listed_route& route, const key_owner& owner) {
  auto path = route.path;
  if (const auto at = path.find("{id}"); at != std::string::npos && is_of_factors(route))
    path.replace(at, 4,
                 says(path, "totp")      ? owner.totp_id
                 : says(path, "passkey") ? owner.passkey_id
                                         : owner.id);
  http_call asked{route.method, filled(path), {}, ""};
  if (route.method == "POST" || route.method == "PUT") {
    asked.headers.push_back({"Content-Type", "application/json"});
    asked.body = "{}";
  }
  return asked;
}

TEST_P(KeysAndFactors, NoRouteLetsAKeyDoWhatIsForItsOwnerInPerson) {
  const auto owner = add_owner();
  ASSERT_EQ(with_key(get("/admin/users"), owner.key).status, 200) << "it may what its owner may";
  const auto factors = factors_of(owner);
  const auto sessions = [&] {
    return on().store.count("SELECT count(*) FROM sessions WHERE user_id = '" + owner.id + "'");
  };
  const auto before = sessions();
  for (const auto& route : routes_of(on())) {
    const auto reply = with_key(call_of(route, owner), owner.key);
    EXPECT_TRUE(has_no_tokens(reply)) << route.name();
    if (route.client != "session") continue;
    // Pages know a browser by its cookie alone: who comes with a key is sent to sign in.
    const bool is_page = reply.status == 303 && reply.header("Location").starts_with("/sign-in");
    EXPECT_TRUE(is_page || is_error(reply, 403, "AUTH004", "X-API-Key"))
        << route.name() << " " << reply.status << reply.body;
  }
  EXPECT_EQ(factors_of(owner), factors);
  EXPECT_EQ(sessions(), before);
}

} // namespace
} // namespace latchkey::test

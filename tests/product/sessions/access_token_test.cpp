// access_token_test.cpp — what an access token is to the server: signed by its key, for it,
// and not for ever.
#include "protocol/text/text_codec.hpp"
#include "tests/product/product.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace latchkey::test {
namespace {

std::string sign(const std::string& text, const std::string& key) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  mac.resize(size);
  return mac;
}

/// A token taken apart, to be put together otherwise.
struct parts {
  std::string header;
  json claims;

  explicit parts(const std::string& token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    header = base64url_decode(token.substr(0, first)).value();
    claims = json::parse(base64url_decode(token.substr(first + 1, second - first - 1)).value());
  }
  std::string token(const std::string& key = signing_secret) const {
    const auto text = base64url_encode(header) + "." + base64url_encode(claims.dump());
    return text + "." + base64url_encode(sign(text, key));
  }
};

class AccessToken : public Product {
protected:
  http_reply me(const std::string& token) const { return call(get("/auth/me").as(token)); }
};
INSTANTIATE_TEST_SUITE_P(Product, AccessToken, testing::Values("sqlite"), name_of_engine);

TEST_P(AccessToken, SaysWhoseItIsAndUntilWhen) {
  const auto held = on().sign_in_new_user();
  const parts read{held.access};
  EXPECT_EQ(json::parse(read.header), (json{{"typ", "JWT"}, {"alg", "HS256"}}));
  EXPECT_EQ(keys_of(read.claims), (keys{"sub", "user_id", "sid", "type", "role", "iss", "aud",
                                        "iat", "exp", "jti", "amr", "acr", "auth_time"}));
  EXPECT_EQ(read.claims["amr"], json::array({"pwd"}));
  EXPECT_EQ(read.claims["acr"], "aal1");
  EXPECT_EQ(read.claims["auth_time"], read.claims["iat"]);
  EXPECT_EQ(read.claims["user_id"], json_of(me(held.access))["id"]);
  EXPECT_EQ(read.claims["sid"], held.refresh.substr(0, 36));
  EXPECT_EQ(read.claims["type"], "access");
  EXPECT_EQ(read.claims["role"], "user");
  EXPECT_EQ(read.claims["exp"].get<long>() - read.claims["iat"].get<long>(), 3600);
  EXPECT_EQ(read.token(), held.access); // so that what follows is refused for its change alone
}

TEST_P(AccessToken, IsRefusedOnceItIsOver) {
  const auto held = on().sign_in_new_user();
  parts old{held.access};
  old.claims["iat"] = old.claims["iat"].get<long>() - 7200;
  old.claims["exp"] = old.claims["exp"].get<long>() - 7200;
  const auto reply = me(old.token());
  EXPECT_TRUE(is_error(reply, 401, "AUTH002"));
  EXPECT_NE(reply.header("WWW-Authenticate").find("invalid_token"), std::string::npos);
}

TEST_P(AccessToken, IsRefusedWithAnyOtherClaimHeaderOrKey) {
  const auto held = on().sign_in_new_user();
  const auto other = on().sign_in_new_user();
  const parts good{held.access};
  std::vector<std::string> tokens;
  const auto with = [&](const char* claim, const json& value) {
    auto changed = good;
    changed.claims[claim] = value;
    tokens.push_back(changed.token());
  };
  for (const auto* type : {"refresh", "mfa", "reset", "id", "service", "Access", "access ", ""})
    with("type", type);
  with("aud", "another");
  with("iss", "http://another");
  with("sid", "00000000-0000-7000-8000-000000000000");
  with("sid", parts{other.access}.claims["sid"]); // another user's session
  with("sub", parts{other.access}.claims["sub"]);
  with("exp", "9999999999");
  with("exp", 1e308);
  with("exp", nullptr);
  for (const auto* claim : {"sub", "sid", "type", "iss", "aud", "exp"}) {
    auto without = good;
    without.claims.erase(claim);
    tokens.push_back(without.token());
  }
  for (const auto* header : {R"({"typ":"JWT","alg":"none"})", R"({"typ":"JWT","alg":"HS512"})",
                             R"({"alg":"HS256","typ":"JWT","kid":"../../dev/null"})",
                             R"({"typ":"JWT","alg":"HS256","crit":["b64"],"b64":false})"}) {
    auto changed = good;
    changed.header = header;
    tokens.push_back(changed.token());
  }
  tokens.push_back(good.token("another key of more than thirty-two bytes"));
  tokens.push_back(good.token(""));
  const auto unsigned_one = held.access.substr(0, held.access.rfind('.') + 1);
  tokens.push_back(unsigned_one);
  for (const auto& token : tokens)
    EXPECT_TRUE(is_error(me(token), 401, "AUTH003")) << token;
  EXPECT_EQ(me(held.access).status, 200);
}

TEST(AccessTokenLifetime, EndsByItselfAndTheRefreshTokenOutlivesIt) {
  product instance{"sqlite", {{"ACCESS_TOKEN_TTL", "3"}}};
  const auto held = instance.sign_in_new_user();
  EXPECT_EQ(instance.status_of_me(held.access), 200);
  // One connection: nothing but the clock may make the difference.
  http_connection peer{instance.server->port()};
  http_reply reply;
  ASSERT_TRUE(eventually([&] {
    reply = peer.exchange(get("/auth/me").as(held.access));
    return reply.status != 200;
  }));
  EXPECT_TRUE(is_error(reply, 401, "AUTH002"));
  const auto next = tokens_of(instance.call(post("/auth/token/refresh").cookie(held.refresh)));
  EXPECT_EQ(instance.status_of_me(next.access), 200);
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

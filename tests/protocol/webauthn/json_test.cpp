#include "protocol/webauthn/json.hpp"

#include "protocol/text/text_codec.hpp"
#include "tests/protocol/webauthn/ceremony_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace latchkey::webauthn {
namespace {

using nlohmann::json;

class WebauthnJson : public testing::Test, protected test::ceremony_fixture {
protected:
  json registration = json::parse(authenticator.create(to_json(creation)));
  json assertion = json::parse(authenticator.get(to_json(request)));
};

/// The field that is at fault and why; "accepted" when none is.
template <class T>
std::string fault_in(const result<T>& parsed) {
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code, error_code::validation_error);
  return parsed.error().field + " " + parsed.error().reason;
}

std::string registration_fault(const json& answer) {
  return fault_in(parse_registration_response(answer.dump()));
}
std::string assertion_fault(const json& answer) {
  return fault_in(parse_assertion_response(answer.dump()));
}

TEST_F(WebauthnJson, WhatIsNoObjectIsRefused) {
  for (const char* text : {"", "{", "x", "[]", "null", "{}x", "{\"a\":1,\"a\":2}", "\"\xFF\""}) {
    const auto parsed = parse_registration_response(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().field, "") << text;
    EXPECT_NE(parsed.error().reason, "") << text;
    EXPECT_FALSE(parse_assertion_response(text)) << text;
  }
  const std::string long_text(response_json_bytes_max + 1, ' ');
  EXPECT_EQ(fault_in(parse_assertion_response(long_text)), " is too long");
  EXPECT_EQ(fault_in(parse_registration_response(long_text)), " is too long");
}

TEST_F(WebauthnJson, AMissingMemberIsNamed) {
  for (const char* name : {"rawId", "id", "type", "clientExtensionResults", "response"}) {
    auto answer = registration;
    answer.erase(name);
    EXPECT_EQ(registration_fault(answer), std::string{name} + " is required");
    answer = assertion;
    answer.erase(name);
    EXPECT_EQ(assertion_fault(answer), std::string{name} + " is required");
  }
  for (const char* name : {"clientDataJSON", "attestationObject"}) {
    auto answer = registration;
    answer["response"].erase(name);
    EXPECT_EQ(registration_fault(answer), "response." + std::string{name} + " is required");
  }
  for (const char* name : {"clientDataJSON", "authenticatorData", "signature"}) {
    auto answer = assertion;
    answer["response"].erase(name);
    EXPECT_EQ(assertion_fault(answer), "response." + std::string{name} + " is required");
  }
}

TEST_F(WebauthnJson, AMemberOfAWrongTypeIsNamed) {
  for (const json& wrong : {json(1), json(nullptr), json(true), json::array(), json::object()}) {
    auto answer = registration;
    answer["rawId"] = wrong;
    EXPECT_EQ(registration_fault(answer), "rawId must be a string");
    answer = assertion;
    answer["response"]["signature"] = wrong;
    EXPECT_EQ(assertion_fault(answer), "response.signature must be a string");
  }
  for (const json& wrong : {json(1), json(nullptr), json("text"), json::array()}) {
    auto answer = registration;
    answer["response"] = wrong;
    EXPECT_EQ(registration_fault(answer), "response must be an object");
    answer = registration;
    answer["clientExtensionResults"] = wrong;
    EXPECT_EQ(registration_fault(answer), "clientExtensionResults must be an object");
  }
  for (const json& wrong : {json(1), json("usb"), json::object(), json::array({1}),
                            json::array({"usb", nullptr}), json(std::vector<std::string>(17))}) {
    auto answer = registration;
    answer["response"]["transports"] = wrong;
    EXPECT_EQ(registration_fault(answer), "response.transports must be a short list of strings");
  }
}

TEST_F(WebauthnJson, BytesInAnotherFormAreRefused) {
  for (const char* wrong : {"AA==", "AAA=", "A", "A+A", "A/A", "AB", "A A", "AAAA\n", "äö"}) {
    auto answer = registration;
    answer["response"]["attestationObject"] = wrong;
    EXPECT_EQ(registration_fault(answer),
              "response.attestationObject must be base64url without padding");
    answer = assertion;
    answer["response"]["userHandle"] = wrong;
    EXPECT_EQ(assertion_fault(answer), "response.userHandle must be base64url without padding");
  }
  auto answer = assertion;
  answer["response"]["signature"] = "";
  EXPECT_EQ(assertion_fault(answer), "response.signature must not be empty");
}

TEST_F(WebauthnJson, BytesThatAreTooManyAreRefused) {
  const auto of_size = [](std::size_t size) { return base64url_encode(std::string(size, 'x')); };
  auto answer = assertion;
  answer["response"]["signature"] = of_size(1025);
  EXPECT_EQ(assertion_fault(answer), "response.signature is too long");
  answer = assertion;
  answer["response"]["userHandle"] = of_size(65);
  EXPECT_EQ(assertion_fault(answer), "response.userHandle is too long");
  answer = assertion;
  answer["rawId"] = answer["id"] = of_size(1024);
  EXPECT_EQ(assertion_fault(answer), "rawId is too long");
}

TEST_F(WebauthnJson, AnIdThatIsNotTheRawOneIsRefused) {
  registration["id"] = "AAAA";
  EXPECT_EQ(registration_fault(registration), "id must be the same as rawId");
  assertion["id"] = assertion["id"].get<std::string>() + "=";
  EXPECT_EQ(assertion_fault(assertion), "id must be the same as rawId");
}

TEST_F(WebauthnJson, AnotherTypeOfCredentialIsRefused) {
  registration["type"] = "password";
  EXPECT_EQ(registration_fault(registration), "type must be public-key");
}

TEST_F(WebauthnJson, ANameThatIsThereTwiceIsRefused) {
  auto text = assertion.dump();
  text.insert(text.find("\"signature\""), R"("signature":"AAAA",)");
  EXPECT_NE(fault_in(parse_assertion_response(text)), "accepted");
}

TEST_F(WebauthnJson, AnAnswerOfTheOtherCeremonyIsRefused) {
  EXPECT_EQ(registration_fault(assertion), "response.attestationObject is required");
  EXPECT_EQ(assertion_fault(registration), "response.signature is required");
}

TEST_F(WebauthnJson, WhatMayBeLeftOutMayBe) {
  for (const char* name : {"transports", "publicKey", "publicKeyAlgorithm", "authenticatorData"})
    registration["response"].erase(name);
  registration.erase("authenticatorAttachment");
  registration["clientExtensionResults"] = json::object();
  const auto made = parse_registration_response(registration.dump());
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->transports.empty());
  EXPECT_EQ(made->is_discoverable, std::nullopt);
  for (const json& nothing : {json(nullptr), json("")}) {
    assertion["response"]["userHandle"] = nothing;
    const auto parsed = parse_assertion_response(assertion.dump());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->user_handle, std::nullopt);
  }
}

TEST_F(WebauthnJson, SaysWhetherAPasskeyCanBeFoundWithoutAName) {
  for (const bool rk : {true, false}) {
    registration["clientExtensionResults"]["credProps"]["rk"] = rk;
    EXPECT_EQ(parse_registration_response(registration.dump())->is_discoverable, rk);
  }
  for (const json& other : {json(1), json::object(), json({{"rk", "yes"}})}) {
    registration["clientExtensionResults"]["credProps"] = other;
    EXPECT_EQ(parse_registration_response(registration.dump())->is_discoverable, std::nullopt);
  }
}

TEST_F(WebauthnJson, CreationOptionsAreThoseOfTheSpecification) {
  creation.algorithms = {known_algorithms.begin(), known_algorithms.end()};
  creation.user = {"\1\2\3", "alice@example.org", "Alice \"A\" Ä"};
  creation.challenge = std::string(16, '\xFF');
  creation.timeout = std::chrono::milliseconds{60'000};
  creation.excluded = {{"id 1", {"usb", "nfc"}}, {"id 2"}};
  EXPECT_EQ(to_json(creation),
            R"({"rp":{"id":"example.org","name":"Example"},)"
            R"("user":{"id":"AQID","name":"alice@example.org","displayName":"Alice \"A\" Ä"},)"
            R"("challenge":"_____________________w","pubKeyCredParams":[)"
            R"({"type":"public-key","alg":-8},{"type":"public-key","alg":-7},)"
            R"({"type":"public-key","alg":-257}],"timeout":60000,"excludeCredentials":[)"
            R"({"type":"public-key","id":"aWQgMQ","transports":["usb","nfc"]},)"
            R"({"type":"public-key","id":"aWQgMg"}],)"
            R"("authenticatorSelection":{"residentKey":"required","requireResidentKey":true,)"
            R"("userVerification":"preferred"},"attestation":"none",)"
            R"("extensions":{"credProps":true}})");
  creation.resident_key = requirement::preferred;
  creation.user_verification = requirement::required;
  const auto options = json::parse(to_json(creation));
  EXPECT_EQ(options["authenticatorSelection"], json({{"residentKey", "preferred"},
                                                     {"requireResidentKey", false},
                                                     {"userVerification", "required"}}));
}

TEST_F(WebauthnJson, RequestOptionsAreThoseOfTheSpecification) {
  request.challenge = std::string(16, '\0');
  EXPECT_EQ(to_json(request),
            R"({"challenge":"AAAAAAAAAAAAAAAAAAAAAA","timeout":300000,"rpId":"example.org",)"
            R"("allowCredentials":[],"userVerification":"preferred"})");
  request.allowed = {{"id 1", {"internal"}}};
  request.user_verification = requirement::discouraged;
  EXPECT_EQ(to_json(request),
            R"({"challenge":"AAAAAAAAAAAAAAAAAAAAAA","timeout":300000,"rpId":"example.org",)"
            R"("allowCredentials":[{"type":"public-key","id":"aWQgMQ","transports":["internal"]}],)"
            R"("userVerification":"discouraged"})");
}

} // namespace
} // namespace latchkey::webauthn

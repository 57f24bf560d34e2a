#include "protocol/webauthn/attestation.hpp"

#include "protocol/tokens/sha256.hpp"
#include "tests/protocol/webauthn/ceremony_fixture.hpp"
#include "tests/support/cbor_writer.hpp"

#include <functional>
#include <gtest/gtest.h>

namespace latchkey::webauthn {
namespace {

using latchkey::test::cbor_bytes;
using latchkey::test::cbor_list;
using latchkey::test::cbor_map;
using latchkey::test::cbor_number;
using latchkey::test::cbor_text;
using latchkey::test::soft_certificate;
using test::ceremony_fixture;
using test::soft_behaviour;
using test::soft_key;

using attestation_form = soft_behaviour::attestation_form;

class WebauthnAttestation : public testing::Test, protected ceremony_fixture {
protected:
  std::string verdict_with(attestation_form form) {
    behaviour().attestation = form;
    return create_and_judge();
  }

  std::string verdict_on_certificate(const std::function<void(soft_certificate&)>& change) {
    behaviour().certificate = {};
    behaviour().certificate.aaguid = authenticator.aaguid;
    change(behaviour().certificate);
    return verdict_with(attestation_form::basic);
  }

  /// A registration whose object is `made_of` what the authenticator made for it: its data, and
  /// what is signed.
  std::string verdict_on_object(
      const std::function<std::string(const std::string& data, const std::string& signed_bytes)>&
          made_of) {
    behaviour().attestation = attestation_form::none;
    auto response = create();
    const auto object = parse_attestation_object(response.attestation_object).value();
    const std::string data{object.authenticator_data};
    response.attestation_object = made_of(data, data + sha256(response.client_data_json));
    return test::verdict(judge(response));
  }

  /// The same with a format and a statement.
  std::string verdict_on_statement(
      std::string_view format,
      const std::function<std::string(const std::string& signed_bytes)>& statement) {
    return verdict_on_object([&](const std::string& data, const std::string& signed_bytes) {
      return cbor_map({{cbor_text("fmt"), cbor_text(format)},
                       {cbor_text("attStmt"), statement(signed_bytes)},
                       {cbor_text("authData"), cbor_bytes(data)}});
    });
  }

  const soft_key& latest_key() { return authenticator.credentials.back().key; }
};

TEST_F(WebauthnAttestation, AnObjectThatIsCutOffAnywhereIsRefused) {
  for (const auto form : {attestation_form::none, attestation_form::self}) {
    behaviour().attestation = form;
    auto response = create();
    ASSERT_EQ(test::verdict(judge(response)), "accepted");
    const auto whole = response.attestation_object;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      response.attestation_object = whole.substr(0, size);
      EXPECT_EQ(test::verdict(judge(response)), "malformed_attestation_object") << size;
    }
    response.attestation_object = whole + '\0';
    EXPECT_EQ(test::verdict(judge(response)), "malformed_attestation_object");
  }
}

TEST_F(WebauthnAttestation, AnObjectOfOtherMembersIsRefused) {
  const auto fmt = std::pair{cbor_text("fmt"), cbor_text("none")};
  const auto statement = std::pair{cbor_text("attStmt"), cbor_map({})};
  const auto refused = [&](std::vector<std::pair<std::string, std::string>> entries) {
    return verdict_on_object([&](const std::string& data, const std::string&) {
      for (auto& [key, value] : entries)
        if (value == "DATA") value = cbor_bytes(data);
      return cbor_map(entries);
    });
  };
  const auto data = std::pair{cbor_text("authData"), std::string{"DATA"}};
  ASSERT_EQ(refused({fmt, statement, data}), "accepted");
  ASSERT_EQ(refused({data, fmt, statement}), "accepted");
  const std::string malformed = "malformed_attestation_object";
  EXPECT_EQ(refused({fmt, statement}), malformed);
  EXPECT_EQ(refused({fmt, data}), malformed);
  EXPECT_EQ(refused({statement, data}), malformed);
  EXPECT_EQ(refused({fmt, statement, data, {cbor_text("more"), cbor_number(1)}}), malformed);
  EXPECT_EQ(refused({fmt, fmt, statement, data}), malformed);
  EXPECT_EQ(refused({fmt, statement, data, data}), malformed);
  EXPECT_EQ(refused({{cbor_text("fmt"), cbor_bytes("none")}, statement, data}), malformed);
  EXPECT_EQ(refused({fmt, {cbor_text("attStmt"), cbor_list({})}, data}), malformed);
  EXPECT_EQ(refused({fmt, statement, {cbor_text("authData"), cbor_text("")}}), malformed);
  // As CTAP2 numbers them: it is for the browser to name them.
  EXPECT_EQ(refused({{cbor_number(1), cbor_text("none")},
                     {cbor_number(2), "DATA"},
                     {cbor_number(3), cbor_map({})}}),
            malformed);
}

TEST_F(WebauthnAttestation, OfAnotherFormatIsRefused) {
  for (const std::string_view format : {"fido-u2f", "tpm", "apple", "android-key",
                                        "android-safetynet", "compound", "None", "packed ", ""})
    EXPECT_EQ(verdict_on_statement(format, [](const std::string&) { return cbor_map({}); }),
              "unknown_attestation")
        << format;
}

TEST_F(WebauthnAttestation, OfNoneHasNoStatement) {
  EXPECT_EQ(verdict_on_statement("none",
                                 [](const std::string&) {
                                   return cbor_map({{cbor_text("alg"), cbor_number(-7)}});
                                 }),
            "bad_attestation");
}

TEST_F(WebauthnAttestation, OfItselfWithAnotherAlgorithmIsRefused) {
  for (const std::int64_t algorithm : {-8, -257, -35, 0}) {
    behaviour().attestation_algorithm = algorithm;
    EXPECT_EQ(verdict_with(attestation_form::self), "bad_attestation") << algorithm;
  }
  behaviour().attestation_algorithm = -7;
  EXPECT_EQ(verdict_with(attestation_form::self), "accepted");
}

TEST_F(WebauthnAttestation, OfItselfSignedOtherwiseIsRefused) {
  const auto verdict_on_signature = [&](auto sign) {
    return verdict_on_statement("packed", [&](const std::string& signed_bytes) {
      return cbor_map({{cbor_text("alg"), cbor_number(-7)},
                       {cbor_text("sig"), cbor_bytes(sign(signed_bytes))}});
    });
  };
  EXPECT_EQ(verdict_on_signature([&](const std::string& it) { return latest_key().sign(it); }),
            "accepted");
  EXPECT_EQ(
      verdict_on_signature([&](const std::string& it) { return latest_key().sign(it + "x"); }),
      "bad_attestation");
  EXPECT_EQ(verdict_on_signature([](const std::string& it) {
              return soft_key::make(cose_algorithm::es256).sign(it);
            }),
            "bad_attestation");
  EXPECT_EQ(verdict_on_signature([](const std::string&) { return std::string{}; }),
            "bad_attestation");
}

TEST_F(WebauthnAttestation, APackedStatementOfOtherMembersIsRefused) {
  using entries = std::vector<std::pair<std::string, std::string>>;
  const auto verdict_on_entries = [&](auto entries_for) {
    return verdict_on_statement("packed", [&](const std::string& signed_bytes) {
      return cbor_map(entries_for(cbor_bytes(latest_key().sign(signed_bytes))));
    });
  };
  const std::pair alg{cbor_text("alg"), cbor_number(-7)};
  const auto sig = cbor_text("sig");
  const auto x5c = cbor_text("x5c");
  EXPECT_EQ(verdict_on_entries([&](auto it) { return entries{alg, {sig, it}}; }), "accepted");
  EXPECT_EQ(verdict_on_entries([&](auto) { return entries{alg}; }), "bad_attestation");
  EXPECT_EQ(verdict_on_entries([&](auto it) { return entries{{sig, it}}; }), "bad_attestation");
  EXPECT_EQ(verdict_on_entries([&](auto it) {
              return entries{{cbor_text("alg"), cbor_text("ES256")}, {sig, it}};
            }),
            "bad_attestation");
  EXPECT_EQ(verdict_on_entries([&](auto it) {
              return entries{alg, {sig, it}, {cbor_text("ecdaaKeyId"), cbor_bytes("id")}};
            }),
            "bad_attestation");
  for (const auto& chain :
       {cbor_list({}), cbor_bytes("certificate"), std::string{"\xF6"}, cbor_list({cbor_text("x")}),
        cbor_list({cbor_bytes("no certificate")}), cbor_list({cbor_bytes("")})})
    EXPECT_EQ(verdict_on_entries([&](auto it) {
                return entries{alg, {sig, it}, {x5c, chain}};
              }),
              "bad_attestation");
}

TEST_F(WebauthnAttestation, WithACertificateAtFaultIsRefused) {
  ASSERT_EQ(verdict_on_certificate([](auto&) {}), "accepted");
  const std::function<void(soft_certificate&)> faults[]{
      [](auto& it) { it.version = 1; },
      [](auto& it) { it.version = 2; },
      [](auto& it) { it.country = ""; },
      [](auto& it) { it.organization = ""; },
      [](auto& it) { it.unit = ""; },
      [](auto& it) { it.unit = "authenticator attestation"; },
      [](auto& it) { it.unit = "Authenticator Attestation "; },
      [](auto& it) { it.common_name = ""; },
      [](auto& it) { it.second_unit = "Authenticator Attestation"; },
      [](auto& it) { it.second_unit = "Sales"; },
      [](auto& it) { it.is_authority = true; },
      [](auto& it) { it.has_constraints = false; },
      [](auto& it) { it.is_aaguid_critical = true; },
      [](auto& it) { it.has_aaguid_twice = true; },
      [](auto& it) { it.aaguid = std::string(16, 'x'); },
      [](auto& it) { it.aaguid->pop_back(); },
      [](auto& it) { *it.aaguid += 'x'; },
      [](auto& it) { it.aaguid = ""; },
  };
  for (const auto& fault : faults)
    EXPECT_EQ(verdict_on_certificate(fault), "bad_attestation") << &fault - faults;
}

TEST_F(WebauthnAttestation, WithACertificateThatNamesNoModelHolds) {
  EXPECT_EQ(verdict_on_certificate([](auto& it) { it.aaguid.reset(); }), "accepted");
}

TEST_F(WebauthnAttestation, WithACertificateOfAnotherAlgorithmIsRefused) {
  for (const auto of_certificate : known_algorithms)
    for (const auto said : known_algorithms) {
      behaviour().certificate_algorithm = of_certificate;
      behaviour().attestation_algorithm = static_cast<std::int64_t>(said);
      EXPECT_EQ(verdict_with(attestation_form::basic),
                of_certificate == said ? "accepted" : "bad_attestation");
    }
}

TEST_F(WebauthnAttestation, WithACertificateWhoseKeyDidNotSignIsRefused) {
  const auto key = soft_key::make(cose_algorithm::es256);
  const auto der = latchkey::test::certificate_of(key, {});
  const auto verdict_on_chain = [&](const std::string& certificate, std::string_view more) {
    return verdict_on_statement("packed", [&](const std::string& signed_bytes) {
      return cbor_map(
          {{cbor_text("alg"), cbor_number(-7)},
           {cbor_text("sig"), cbor_bytes(key.sign(signed_bytes + std::string{more}))},
           {cbor_text("x5c"), cbor_list({cbor_bytes(certificate), cbor_bytes("its issuer's")})}});
    });
  };
  EXPECT_EQ(verdict_on_chain(der, ""), "accepted");
  EXPECT_EQ(verdict_on_chain(der, "x"), "bad_attestation");
  EXPECT_EQ(verdict_on_chain(der + '\0', ""), "bad_attestation");
  EXPECT_EQ(verdict_on_chain(der.substr(0, der.size() - 1), ""), "bad_attestation");
  const auto other = soft_key::make(cose_algorithm::es256);
  EXPECT_EQ(verdict_on_chain(latchkey::test::certificate_of(other, {}), ""), "bad_attestation");
}

TEST_F(WebauthnAttestation, WithALongChainOfCertificatesIsRefused) {
  const auto key = soft_key::make(cose_algorithm::es256);
  const auto der = cbor_bytes(latchkey::test::certificate_of(key, {}));
  const auto verdict_on_chain_of = [&](std::size_t count) {
    return verdict_on_statement("packed", [&](const std::string& signed_bytes) {
      return cbor_map({{cbor_text("alg"), cbor_number(-7)},
                       {cbor_text("sig"), cbor_bytes(key.sign(signed_bytes))},
                       {cbor_text("x5c"), cbor_list(std::vector<std::string>(count, der))}});
    });
  };
  EXPECT_EQ(verdict_on_chain_of(attestation_certificates_max), "accepted");
  EXPECT_EQ(verdict_on_chain_of(attestation_certificates_max + 1), "bad_attestation");
}

TEST_F(WebauthnAttestation, WithACertificateOfAWeakKeyOrAnotherCurveIsRefused) {
  const auto verdict_on_key = [&](const soft_key& key) {
    const auto der = latchkey::test::certificate_of(key, {});
    const auto algorithm = static_cast<std::int64_t>(key.algorithm());
    return verdict_on_statement("packed", [&](const std::string& signed_bytes) {
      return cbor_map({{cbor_text("alg"), cbor_number(algorithm)},
                       {cbor_text("sig"), cbor_bytes(key.sign(signed_bytes))},
                       {cbor_text("x5c"), cbor_list({cbor_bytes(der)})}});
    });
  };
  EXPECT_EQ(verdict_on_key(soft_key::make(cose_algorithm::rs256, 2048)), "accepted");
  EXPECT_EQ(verdict_on_key(soft_key::make(cose_algorithm::rs256, 1024)), "bad_attestation");
  EXPECT_EQ(verdict_on_key(soft_key::make_on_curve("P-256")), "accepted");
  for (const char* curve : {"P-384", "P-521", "secp256k1"})
    EXPECT_EQ(verdict_on_key(soft_key::make_on_curve(curve)), "bad_attestation") << curve;
}

TEST_F(WebauthnAttestation, IsToldByItsKind) {
  const std::pair<attestation_form, std::string_view> kinds[]{{attestation_form::none, "none"},
                                                              {attestation_form::self, "self"},
                                                              {attestation_form::basic, "basic"}};
  for (const auto& [form, kind] : kinds) {
    behaviour().attestation = form;
    EXPECT_EQ(to_string(judge(create()).value().attestation), kind);
  }
}

} // namespace
} // namespace latchkey::webauthn

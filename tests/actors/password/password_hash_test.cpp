#include "actors/password/password_hash.hpp"

#include "protocol/text/password_policy.hpp"
#include "tests/actors/password/memory_limit.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace latchkey {
namespace {

using namespace std::string_literals;

/// Cheap, so that many hashes take no time; the rules do not depend on the cost.
constexpr argon2_cost cheap{64, 2, 1};

/// Made with the reference implementation (libargon2, argon2id_hash_encoded).
const std::string reference_nul = "$argon2id$v=19$m=64,t=3,p=1$c29tZXNhbHRzb21lc2FsdA"
                                  "$Va8xEDQOpUnv4qNcJ1+rUqq9xNDCSu7DfHi7pzyCEwI";
const std::string reference_today = "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
                                    "$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0";

std::string hashed(const std::string& password, argon2_cost cost = cheap) {
  auto phc = password_hasher_engine{cost}.hash(secret{password});
  return phc ? std::string{phc->reveal()} : std::string{name_of(phc.error().code)};
}

verify_result verified(const std::string& password, const std::string& phc) {
  return password_hasher_engine{cheap}.verify(secret{password}, secret{phc}).value();
}

std::string with_other(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(PasswordHash, RefusesAStoredHashThatIsMalformedOrUnknown) {
  ASSERT_TRUE(verified("pass\0word"s, reference_nul).matches);
  for (const std::string& phc : {""s,
                                 "plain text"s,
                                 "$"s,
                                 "$argon2id$"s,
                                 reference_nul.substr(0, 40),
                                 reference_nul + 'A',
                                 reference_nul + '$',
                                 reference_nul + '\n',
                                 ' ' + reference_nul,
                                 reference_nul + "\0"s,
                                 reference_nul.substr(0, reference_nul.size() - 1),
                                 std::string(100'000, '$'),
                                 with_other(reference_nul, "argon2id", "argon2d"),
                                 with_other(reference_nul, "v=19", "v=16"),
                                 with_other(reference_nul, "v=19$", ""),
                                 with_other(reference_nul, "m=64", "m=064"),
                                 with_other(reference_nul, "m=64", "m=+64"),
                                 with_other(reference_nul, "m=64", "m=-64"),
                                 with_other(reference_nul, "m=64", "m="),
                                 with_other(reference_nul, "m=64,t=3", "t=3,m=64"),
                                 with_other(reference_nul, ",p=1", ""),
                                 with_other(reference_nul, "CEwI", "CEwJ"), // an unused bit
                                 with_other(reference_nul, "$c29t", "$c29-"),
                                 with_other(reference_nul, "XNhbHRzb21lc2FsdA", ""),
                                 "$scrypt$ln=15,r=8,p=1$c2FsdA$aGFzaA"s}) {
    auto result = verified("password", phc);
    EXPECT_TRUE(result.refused) << phc;
    EXPECT_FALSE(result.matches) << phc;
  }
}

TEST(PasswordHash, RefusesAStoredHashThatAsksForTooMuchWithoutPayingForIt) {
  for (std::string_view cost :
       {"m=4194304,t=3,p=1", "m=4294967295,t=1,p=1", "m=4294967296,t=1,p=1",
        "m=99999999999999999999,t=1,p=1", "m=262145,t=1,p=1", "m=7,t=1,p=1", "m=64,t=65537,p=1",
        "m=64,t=4294967295,p=1", "m=64,t=0,p=1", "m=64,t=3,p=16777215"}) {
    password_hasher_engine engine{cheap};
    auto phc = with_other(reference_nul, "m=64,t=3,p=1", cost);
    EXPECT_TRUE(engine.verify(secret{"password"s}, secret{phc})->refused) << cost;
    // One hash at today's cost and no other: what an unknown user costs.
    EXPECT_EQ(engine.mapping_uses(), 1U) << cost;
  }
}

TEST(PasswordHash, RefusesACostOutsideItsLimits) {
  for (argon2_cost cost : {argon2_cost{7, 2, 1}, argon2_cost{262'145, 2, 1}, argon2_cost{64, 0, 1},
                           argon2_cost{64, 17, 1}, argon2_cost{64, 2, 0}, argon2_cost{64, 2, 2}}) {
    auto checked = check_cost(cost);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, error_code::validation_error);
    EXPECT_NE(checked.error().field, "");
    EXPECT_EQ(hashed("password", cost), "VALIDATION_ERROR");
  }
  EXPECT_TRUE(check_cost({}));
  EXPECT_TRUE(check_cost({argon2_memory_kib_min, 1, 1}));
  EXPECT_TRUE(check_cost({argon2_memory_kib_max, argon2_iterations_max, 1}));
}

TEST(PasswordHash, NeverHashesMoreThanFourKibibytes) {
  password_hasher_engine engine{cheap};
  secret too_long{std::string(password_input_bytes_max + 1, 'x')};
  auto phc = engine.hash(too_long);
  ASSERT_FALSE(phc);
  EXPECT_EQ(phc.error().code, error_code::validation_error);
  EXPECT_FALSE(engine.verify(too_long, secret{reference_nul})->matches);
  EXPECT_TRUE(engine.verify_nothing(too_long));
  EXPECT_EQ(engine.mapping_uses(), 0U);
  EXPECT_TRUE(engine.hash(secret{std::string(password_input_bytes_max, 'x')}));
  EXPECT_EQ(engine.mapping_uses(), 1U);
}

TEST(PasswordHash, TellsPasswordsApartByEveryByte) {
  for (std::size_t size : {8U, 64U, 72U, 73U, 128U, 1024U}) {
    std::string password(size, 'x');
    auto phc = hashed(password);
    EXPECT_TRUE(verified(password, phc).matches) << size;
    EXPECT_FALSE(verified(password + 'x', phc).matches) << size;
    EXPECT_FALSE(verified(password.substr(1), phc).matches) << size;
    auto last = password;
    last.back() = 'y';
    EXPECT_FALSE(verified(last, phc).matches) << size;
  }
  std::string long_one(100, 'x');
  auto phc = hashed(long_one);
  long_one[72] = 'y';
  EXPECT_FALSE(verified(long_one, phc).matches);
}

TEST(PasswordHash, TakesNulForAByteLikeAnyOther) {
  auto phc = hashed("secret\0tail"s);
  EXPECT_TRUE(verified("secret\0tail"s, phc).matches);
  EXPECT_FALSE(verified("secret"s, phc).matches);
  EXPECT_FALSE(verified("secret\0"s, phc).matches);
  EXPECT_FALSE(verified("secret\0tale"s, phc).matches);
}

TEST(PasswordHash, AgreesWithTheReferenceImplementation) {
  EXPECT_TRUE(verified("pass\0word"s, reference_nul).matches);
  EXPECT_FALSE(verified("pass"s, reference_nul).matches);
  password_hasher_engine engine;
  auto result =
      engine.verify(secret{"correct horse battery staple"s}, secret{reference_today}).value();
  EXPECT_TRUE(result.matches);
  EXPECT_FALSE(result.needs_rehash);
  EXPECT_EQ(engine.mapping_uses(), 1U);
}

TEST(PasswordHash, WritesTodaysCostAndANewSaltEachTime) {
  auto phc = hashed("password", {});
  EXPECT_TRUE(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << phc;
  EXPECT_EQ(phc.size(), reference_today.size());
  EXPECT_NE(hashed("password"), hashed("password"));
}

TEST(PasswordHash, IsStoredAnewOnlyWhenItWasCheaper) {
  auto rehash = [](argon2_cost stored, argon2_cost today, const std::string& password) {
    secret phc{hashed("password", stored)};
    return password_hasher_engine{today}.verify(secret{password}, phc)->needs_rehash;
  };
  EXPECT_FALSE(rehash({64, 2, 1}, {64, 2, 1}, "password"));
  EXPECT_FALSE(rehash({128, 2, 1}, {64, 2, 1}, "password"));
  EXPECT_FALSE(rehash({64, 3, 1}, {64, 2, 1}, "password"));
  EXPECT_FALSE(rehash({128, 1, 1}, {64, 2, 1}, "password"));
  EXPECT_TRUE(rehash({63, 2, 1}, {64, 2, 1}, "password"));
  EXPECT_TRUE(rehash({64, 1, 1}, {64, 2, 1}, "password"));
  EXPECT_TRUE(rehash({32, 9, 1}, {64, 2, 1}, "password"));
  EXPECT_FALSE(rehash({32, 1, 1}, {64, 2, 1}, "wrong"));
}

TEST(PasswordHash, DoesTheSameWorkWhoeverSignsIn) {
  password_hasher_engine engine{cheap};
  secret stored{hashed("password")};
  EXPECT_TRUE(engine.verify(secret{"password"s}, stored));
  EXPECT_EQ(engine.mapping_uses(), 1U);
  EXPECT_TRUE(engine.verify(secret{"wrong"s}, stored));
  EXPECT_EQ(engine.mapping_uses(), 2U);
  EXPECT_TRUE(engine.verify(secret{"wrong"s}, secret{}));
  EXPECT_EQ(engine.mapping_uses(), 3U);
  EXPECT_TRUE(engine.verify_nothing(secret{"wrong"s}));
  EXPECT_EQ(engine.mapping_uses(), 4U);
}

/// "café au lait" in NFD, and its PBKDF2-SHA256 as another system made it of these very bytes.
const std::string decomposed = "cafe\xcc\x81 au lait";
const std::string composed = "caf\xc3\xa9 au lait";
const std::string of_decomposed =
    "pbkdf2:sha256:1000$Zk3vQ1pL$64fcfee89b80ead3d6b06c999daaa8dc980b6d9848c3f0d04e54cb9c4705cae8";

TEST(PasswordHash, ComparesAsItCameWhatWasMadeOfAnotherSpelling) {
  const auto found = verified(decomposed, of_decomposed);
  EXPECT_TRUE(found.matches);
  EXPECT_TRUE(found.needs_rehash);
  EXPECT_FALSE(verified(composed, of_decomposed).matches);
  EXPECT_FALSE(verified(decomposed + "x", of_decomposed).matches);
}

TEST(PasswordHash, IsOfEverySpellingOnceItIsMadeAnew) {
  for (const auto& spelling : {decomposed, composed}) {
    const auto anew = hashed(spelling);
    for (const auto& typed : {decomposed, composed}) {
      const auto found = verified(typed, anew);
      EXPECT_TRUE(found.matches) << typed;
      EXPECT_FALSE(found.needs_rehash) << typed;
    }
  }
}

TEST(PasswordHash, DoesTheWorkOfBothSpellingsForNobodyToo) {
  password_hasher_engine engine{cheap};
  const secret stored{hashed("password")};
  EXPECT_FALSE(engine.verify(secret{decomposed}, stored)->matches);
  EXPECT_EQ(engine.mapping_uses(), 2U);
  EXPECT_TRUE(engine.verify_nothing(secret{decomposed}));
  EXPECT_EQ(engine.mapping_uses(), 4U);
  EXPECT_FALSE(engine.verify(secret{composed}, stored)->matches);
  EXPECT_EQ(engine.mapping_uses(), 5U);
  EXPECT_TRUE(engine.verify_nothing(secret{composed}));
  EXPECT_EQ(engine.mapping_uses(), 6U);
}

TEST(PasswordHash, GoesOnAfterItsMemoryWasGivenBack) {
  password_hasher_engine engine{cheap};
  engine.release();
  auto phc = engine.hash(secret{"password"s});
  ASSERT_TRUE(phc);
  engine.release();
  engine.release();
  EXPECT_TRUE(engine.verify(secret{"password"s}, *phc)->matches);
  auto moved = std::move(engine);
  EXPECT_TRUE(moved.verify(secret{"password"s}, *phc)->matches);
  EXPECT_EQ(moved.mapping_uses(), 3U);
}

TEST(PasswordHash, ComparesNothingWithoutMemory) {
  constexpr argon2_cost dear{argon2_memory_kib_max, 1, 1};
  const secret password{"pass\0word"s};
  const secret foreign{"$2b$12$"s};
  const secret own{with_other(reference_nul, "m=64", "m=262144")};
  password_hasher_engine engine{dear};
  std::vector<error_code> answers;
  {
    test::memory_limit limit{std::size_t{64} << 20U};
    const auto code_of = [](const auto& r) { return r ? error_code::none : r.error().code; };
    answers = {code_of(engine.verify(password, own)), code_of(engine.verify(password, foreign)),
               code_of(engine.verify_nothing(password)), code_of(engine.hash(password))};
  }
  for (auto code : answers)
    EXPECT_EQ(code, error_code::overloaded);
}

TEST(PasswordHash, WorksAtTheEdgesOfItsMemory) {
  for (std::uint32_t memory_kib : {8U, 9U, 13U, 2047U, 2048U, 2051U, 4096U}) {
    password_hasher_engine engine{{memory_kib, 1, 1}};
    auto phc = engine.hash(secret{"password"s});
    ASSERT_TRUE(phc);
    EXPECT_TRUE(engine.verify(secret{"password"s}, *phc)->matches);
    EXPECT_EQ(engine.mapping_uses(), 2U) << memory_kib;
  }
}

} // namespace
} // namespace latchkey

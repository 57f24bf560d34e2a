// Other systems' password hashes: values from the RFCs, from crypt_blowfish's own tests, from
// passlib's and Django's documentation, and from the argon2 command.
#include "actors/password/foreign_hash.hpp"

#include "actors/password/password_hash.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

using namespace std::string_literals;

bool matches(const std::string& stored, const std::string& password) {
  const auto hash = foreign_hash::parse(stored);
  if (!hash) {
    ADD_FAILURE() << "not read: " << stored;
    return false;
  }
  const auto found = hash->matches(secret{password});
  EXPECT_TRUE(found) << stored;
  return found && *found;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const std::string bcrypt_abcd =
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"; // U*U
const std::string passlib_pbkdf2 = "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg"
                                   "$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44";
const std::string django_pbkdf2 = "pbkdf2_sha256$100000$seasalt"
                                  "$BNZ6eyaNc8qFTJPjrAq99hSYb73EgAdytAtdBg2Sdcc=";
const std::string werkzeug_pbkdf2 =
    "pbkdf2:sha256:1000$q8X0oO1dF2rDkZ3e"
    "$561ee93e52f4319c851173a83b87b436e4db072ea6a79b561d9a7f4bfcd864e8";
const std::string rfc7914_passlib =
    "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
    "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";
const std::string rfc7914_django =
    "scrypt$16384$SodiumChloride$8$1"
    "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw==";
const std::string werkzeug_scrypt = "scrypt:1024:8:1$q8X0oO1dF2rDkZ3e"
                                    "$c8dc1815ef66426c0116b6613eaa8134e5b1a5b1fe817f7c73a710eafb734"
                                    "88a5cc9084c5c66e3a00f7ec4d21b4162"
                                    "63392aadcb95fd0d007d0963f7843d06b4";
const std::string argon2id_lanes = "$argon2id$v=19$m=128,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA"
                                   "$EYvnjMcYPK/aJH0qpfNCwVCag7AsEqQemDBauz0meHE";
const std::string argon2i = "$argon2i$v=19$m=128,t=3,p=2$c2FsdHNhbHRzYWx0c2FsdA"
                            "$3ZcGFw5sGuhzXfKZEGlD8oGWuq51Bpfjd3MgwEWyvqk";

const std::vector<std::string> readable = {bcrypt_abcd,     passlib_pbkdf2,  django_pbkdf2,
                                           werkzeug_pbkdf2, rfc7914_passlib, rfc7914_django,
                                           werkzeug_scrypt, argon2id_lanes,  argon2i};

TEST(ForeignHash, RefusesWhatIsMalformed) {
  for (const auto& stored : readable) {
    ASSERT_TRUE(foreign_hash::parse(stored)) << stored;
    EXPECT_FALSE(foreign_hash::parse(" " + stored)) << stored;
    EXPECT_FALSE(foreign_hash::parse(stored + " ")) << stored;
    EXPECT_FALSE(foreign_hash::parse(stored + "\n")) << stored;
    EXPECT_FALSE(foreign_hash::parse(stored + "$")) << stored;
    EXPECT_FALSE(foreign_hash::parse(stored + "\0"s)) << stored;
    EXPECT_FALSE(foreign_hash::parse(stored + std::string(600, 'A'))) << stored;
    // Every shorter text has less than 16 bytes of a digest.
    for (std::size_t size = 0; size < stored.rfind('$') + 21; ++size)
      EXPECT_FALSE(foreign_hash::parse(stored.substr(0, size))) << stored.substr(0, size);
  }
  for (const auto& stored : {replaced(passlib_pbkdf2, "6400", "06400"),
                             replaced(passlib_pbkdf2, "6400", "+6400"),
                             replaced(passlib_pbkdf2, "6400", "0"),
                             replaced(passlib_pbkdf2, "6400", ""),
                             replaced(passlib_pbkdf2, "-sha256", "-sha1"),
                             replaced(passlib_pbkdf2, ".6UI", "+6UI"),
                             replaced(passlib_pbkdf2, ".6UI", "_6UI"),
                             replaced(passlib_pbkdf2, ".6UI/S.nXIk8jcbdHx3Fhg", ""),
                             replaced(passlib_pbkdf2, "DD44", "DD45"), // unused bits
                             replaced(passlib_pbkdf2, "DD44", "DD4"),  // cut off
                             replaced(django_pbkdf2, "cc=", "cc"),
                             replaced(django_pbkdf2, "seasalt", ""),
                             replaced(werkzeug_pbkdf2, "561e", "561g"),
                             replaced(werkzeug_pbkdf2, "561e", "561"),
                             replaced(rfc7914_passlib, "ln=14", "ln=014"),
                             replaced(rfc7914_passlib, "ln=14,r=8", "r=8,ln=14"),
                             replaced(rfc7914_passlib, ",p=1", ""),
                             replaced(rfc7914_django, "16384", "16385"), // no power of two
                             replaced(rfc7914_django, "16384", "1"),
                             replaced(argon2id_lanes, "v=19", "v=16"),
                             replaced(argon2id_lanes, "argon2id", "argon2d"),
                             replaced(argon2id_lanes, "m=128,t=3", "t=3,m=128"),
                             replaced(argon2id_lanes, "m=128", "m=31"), // 8 KiB a lane at least
                             replaced(argon2id_lanes, "c2FsdHNhbHRzYWx0c2FsdA", "c2FsdA"),
                             replaced(bcrypt_abcd, "$2a", "$2x"),
                             replaced(bcrypt_abcd, "$2a", "$2"),
                             replaced(bcrypt_abcd, "CCCC", "C*CC"),
                             "md5$seasalt$f5531bef9f3687d0ccf0f617f0e25573"s,
                             "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0"s,
                             "$6$rounds=5000$usesomesillystri$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQ"s})
    EXPECT_FALSE(foreign_hash::parse(stored)) << stored;
}

TEST(ForeignHash, RefusesWhatAsksForTooMuch) {
  for (const auto& stored : {replaced(bcrypt_abcd, "$05", "$15"),
                             replaced(bcrypt_abcd, "$05", "$31"),
                             replaced(bcrypt_abcd, "$05", "$03"),
                             replaced(passlib_pbkdf2, "6400", "4000001"),
                             replaced(passlib_pbkdf2, "6400", "4294967297"),
                             replaced(django_pbkdf2, "100000", "4000001"),
                             replaced(werkzeug_pbkdf2, "1000", "4000001"),
                             replaced(rfc7914_passlib, "ln=14", "ln=19"), // 512 MiB
                             replaced(rfc7914_passlib, "ln=14", "ln=22"), // 4 GiB
                             replaced(rfc7914_passlib, "ln=14", "ln=64"),
                             replaced(rfc7914_passlib, "r=8", "r=4294967295"),
                             replaced(rfc7914_passlib, "p=1", "p=4294967295"),
                             replaced(rfc7914_passlib, "p=1", "p=65"),
                             replaced(rfc7914_django, "16384", "524288"),
                             replaced(werkzeug_scrypt, "1024", "4194304"),
                             replaced(argon2id_lanes, "m=128", "m=4194304"), // 4 GiB
                             replaced(argon2id_lanes, "m=128", "m=262145"),
                             replaced(argon2id_lanes, "m=128,t=3", "m=262144,t=17"),
                             replaced(argon2id_lanes, "t=3", "t=4294967295"),
                             replaced(argon2id_lanes, "p=4", "p=65"),
                             replaced(argon2id_lanes, "p=4", "p=16777215")})
    EXPECT_FALSE(foreign_hash::parse(stored)) << stored;
  EXPECT_TRUE(foreign_hash::parse(replaced(bcrypt_abcd, "$05", "$14")));
  EXPECT_TRUE(foreign_hash::parse(replaced(passlib_pbkdf2, "6400", "4000000")));
  EXPECT_TRUE(foreign_hash::parse(replaced(rfc7914_passlib, "ln=14", "ln=18")));
  EXPECT_TRUE(foreign_hash::parse(replaced(argon2id_lanes, "m=128,t=3", "m=262144,t=16")));
}

TEST(ForeignHash, TellsARightPasswordFromAWrongOne) {
  struct vector {
    std::string stored, password;
  };
  for (
      const auto& [stored, password] : std::vector<vector>{
          {bcrypt_abcd, "U*U"},
          {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"},
          {"$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"},
          {replaced(bcrypt_abcd, "$2a", "$2b"), "U*U"},
          {replaced(bcrypt_abcd, "$2a", "$2y"), "U*U"},
          {"bcrypt$" + replaced(bcrypt_abcd, "$2a", "$2b"), "U*U"},
          {"bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuufV272VH8foALu3wq4YO/APujbquD2c2",
           "correct\0horse"s},
          {passlib_pbkdf2, "password"},
          {"$pbkdf2-sha256$8000$XAuBMIYQQogxRg$tRRlz8hYn63B9LYiCd6PRo6FMiunY9ozmMMI3srxeRE",
           "password"},
          // RFC 7914, 11
          {"$pbkdf2-sha256$80000$TmFDbA$TdzY9guYviGDDO5e8icB.WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBt"
           "RybMXaicr3ruh0HhHj2Kzl/M8jQ",
           "Password"},
          {"$pbkdf2-sha512$1000$c2FsdHNhbHRzYWx0$"
           "qEWuBHP82uzPrybCUpp9FMGVDoszagDwOgBhAY44y2gPun4RFBM"
           "9zjAnhQjJRk.l/dEEhatLCI65Yj/OYq4dcQ",
           "password"},
          {django_pbkdf2, "l\u00e8tmein"},
          {"pbkdf2_sha512$1000$seasalt$TCtBOEq+xXm+"
           "XNZRLfJoHDneh4iBM8b625BLGQLietyIGZ27aNH0oiYQ1uvtI"
           "KO2f60DdYIkgYbHnIAbnk1sWw==",
           "password"},
          {werkzeug_pbkdf2, "correct horse"},
          // RFC 7914, 12
          {"$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xC"
           "SedmDDaxyevuUqD7m2DYMvfoswGQA",
           "password"},
          {rfc7914_passlib, "pleaseletmein"},
          {rfc7914_django, "pleaseletmein"},
          {werkzeug_scrypt, "correct horse"},
          {argon2id_lanes, "correct horse"},
          {argon2i, "correct horse"},
          {"$argon2id$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$F1jG2CV3/Nr+yRuIsPKw0J9r4s7cJHBU",
           "password"},
          {"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
           "password"}}) {
    EXPECT_TRUE(matches(stored, password)) << stored;
    EXPECT_FALSE(matches(stored, password + "x")) << stored;
    EXPECT_FALSE(matches(stored, "")) << stored;
  }
}

TEST(ForeignHash, ComparesAsBcryptDidByTheFirst72Bytes) {
  const auto stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"s;
  const auto begin = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"s;
  ASSERT_EQ(begin.size(), 72u);
  EXPECT_TRUE(matches(stored, begin));
  EXPECT_TRUE(matches(stored, begin + "chars after 72 are ignored"));
  EXPECT_FALSE(matches(stored, begin.substr(0, 71)));
  EXPECT_FALSE(matches(stored, begin.substr(0, 71) + "x"));
}

TEST(ForeignHash, NeverTakesANulForTheEndOfABcryptPassword) {
  EXPECT_FALSE(matches(bcrypt_abcd, "U*U\0"s));
  EXPECT_FALSE(matches(bcrypt_abcd, "U*U\0x"s));
}

TEST(ForeignHash, IsVerifiedByTheEngineAndAsksForOurOwn) {
  password_hasher_engine engine{{64, 2, 1}};
  for (const auto& stored : readable) {
    EXPECT_TRUE(is_password_hash(secret{stored})) << stored;
    const auto wrong = engine.verify(secret{"wrong"s}, secret{stored});
    ASSERT_TRUE(wrong) << stored;
    EXPECT_FALSE(wrong->matches || wrong->needs_rehash || wrong->refused) << stored;
  }
  const auto right = engine.verify(secret{"correct horse"s}, secret{argon2i});
  ASSERT_TRUE(right);
  EXPECT_TRUE(right->matches && right->needs_rehash);
  EXPECT_FALSE(right->refused);
  EXPECT_EQ(engine.mapping_uses(), 0u) << "hashing ours as well would tell foreign users by time";

  const auto too_long = std::string(5000, 'x');
  EXPECT_FALSE(engine.verify(secret{too_long}, secret{argon2i})->matches);
}

TEST(ForeignHash, CostsAsMuchAsNobodyWhenItIsRefused) {
  password_hasher_engine engine{{64, 2, 1}};
  const secret greedy{replaced(rfc7914_passlib, "ln=14", "ln=22")};
  EXPECT_FALSE(is_password_hash(greedy));
  const auto found = engine.verify(secret{"pleaseletmein"s}, greedy);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->refused);
  EXPECT_FALSE(found->matches);
  EXPECT_EQ(engine.mapping_uses(), 1u);
}

const std::string tide = "tide pool 1843 x";

TEST(ForeignHash, ReadsPbkdf2WithSha1) {
  EXPECT_TRUE(matches("pbkdf2:sha1:1000$Zk3vQ1pL$904f75e12548cf5e2302fd82c38f9a06db9aab04", tide));
  EXPECT_TRUE(matches("pbkdf2_sha1$100000$Zk3vQ1pLwR7t$a5LrY6IfXL0aeUjbG3g6gNs1Klk=", tide));
  EXPECT_TRUE(matches("$pbkdf2$1000$c2FsdHNhbHRzYWx0MTIzNA$H8jT1e8FDYhpHSPg3Z8nyrrSZCE", tide));
  EXPECT_FALSE(matches("$pbkdf2$1001$c2FsdHNhbHRzYWx0MTIzNA$H8jT1e8FDYhpHSPg3Z8nyrrSZCE", tide));
}

TEST(ForeignHash, ReadsThePhcFormOfPbkdf2) {
  EXPECT_TRUE(
      matches("$pbkdf2-sha1$i=1000,l=20$c2FsdHNhbHRzYWx0MTIzNA$H8jT1e8FDYhpHSPg3Z8nyrrSZCE", tide));
  const std::string sha256 = "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0MTIzNA"
                             "$OOHjoK8Oyib94tMPWzm5rTgRbKd/VGo2tNXeUb4xUh8";
  EXPECT_TRUE(matches(sha256, tide));
  EXPECT_TRUE(matches(replaced(sha256, ",l=32", ""), tide));
  EXPECT_FALSE(foreign_hash::parse(replaced(sha256, "l=32", "l=31")));
  EXPECT_FALSE(foreign_hash::parse(replaced(sha256, "l=32", "x=32")));
}

TEST(ForeignHash, PassesOverPaddingWhereNoneIsUsual) {
  EXPECT_TRUE(matches("$pbkdf2$1000$c2FsdHNhbHRzYWx0MTIzNA==$H8jT1e8FDYhpHSPg3Z8nyrrSZCE=", tide));
  EXPECT_TRUE(matches(argon2id_lanes + "=", "correct horse"));
  EXPECT_TRUE(matches(replaced(argon2id_lanes, "c2FsdA$", "c2FsdA==$"), "correct horse"));
  EXPECT_TRUE(matches(rfc7914_passlib + "==", "pleaseletmein"));
  EXPECT_FALSE(foreign_hash::parse(argon2id_lanes + "=="));
}

TEST(ForeignHash, ReadsArgon2BehindDjangosOwnWord) {
  EXPECT_TRUE(matches("argon2" + argon2id_lanes, "correct horse"));
  EXPECT_TRUE(matches("argon2" + argon2i, "correct horse"));
  EXPECT_FALSE(foreign_hash::parse("argon2" + bcrypt_abcd));
  EXPECT_FALSE(foreign_hash::parse("argon2argon2" + argon2i));
}

TEST(ForeignHash, NamesTheFamilyOfWhatItDoesNotTake) {
  const std::vector<std::pair<std::string, std::string>> strangers = {
      {"$P$BabcdefghaxJJbhO7tFuoMXvvOqDeQ1", "phpass"},
      {"$H$9abcdefghaxJJbhO7tFuoMXvvOqDeQ1", "phpass"},
      {"{SSHA}2TFTjP+jXlWedIGrOY3Kocs+FbdTQUxU", "SSHA"},
      {"{SHA}2TFTjP+jXlWedIGrOY3Kocs+FbdTQUxU", "SHA"},
      {"$6$rounds=5000$saltsalt$VFn88SKFRYWCcJUaBCQyFpKeG", "sha512crypt"},
      {"$5$saltsalt$VFn88SKFRYWCcJUaBCQyFpKeG", "sha256crypt"},
      {"$1$abcdefgh$irWbblnpmw.5z7wgBnprh0", "md5crypt"},
      {"$y$j9T$abcdefgh$irWbblnpmw.5z7wgBnprh0", "yescrypt"},
      {"sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "SHA-1"},
      {"f5531bef9f3687d0ccf0f617f0e25573", "MD5"},
      {"!Yk2vQ8sLr0bTn5wZc7xHd1mPf3gJa9eKu6iOy4qWq", "no password at all"},
      {"$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "looks like bcrypt"}};
  for (const auto& [text, name] : strangers) {
    EXPECT_FALSE(foreign_hash::parse(text)) << text;
    EXPECT_NE(foreign_hash_family(text).find(name), std::string::npos) << foreign_hash_family(text);
  }
  EXPECT_EQ(foreign_hash_family("plain text"), "");
}

} // namespace
} // namespace latchkey

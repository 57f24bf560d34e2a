#include "protocol/tokens/recovery_code.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace latchkey::test {
namespace {

TEST(RecoveryCode, ComesInTensEachWithItsHash) {
  const auto made = make_recovery_codes();
  ASSERT_EQ(made.texts.size(), recovery_codes_made);
  ASSERT_EQ(made.hashes.size(), recovery_codes_made);
  for (std::size_t i = 0; i < made.texts.size(); ++i)
    EXPECT_EQ(hash_of_recovery_code(made.texts[i].reveal()), made.hashes[i]);
  EXPECT_EQ(std::set<std::string>(made.hashes.begin(), made.hashes.end()).size(),
            recovery_codes_made);
}

TEST(RecoveryCode, IsReadAsPeopleTypeIt) {
  const auto hash = hash_of_recovery_code("01ab-cdef-ghjk-mnpq");
  ASSERT_TRUE(hash);
  for (const char* typed : {"01abcdefghjkmnpq", "01AB-CDEF-GHJK-MNPQ", " o1ab cdef ghjk mnpq ",
                            "Oiab-cdef-ghjk-mnpq", "0lab-cdef-ghjk-mnpq", "OLABCDEFGHJKMNPQ"})
    EXPECT_EQ(hash_of_recovery_code(typed), hash) << typed;
}

TEST(RecoveryCode, IsNoneOfAnotherForm) {
  for (const char* typed : {"", "----", "01ab-cdef-ghjk-mnp", "01ab-cdef-ghjk-mnpqr",
                            "u1ab-cdef-ghjk-mnpq", "01ab-cdef-ghjk-mnp!", "01ab_cdef_ghjk_mnpq"})
    EXPECT_FALSE(hash_of_recovery_code(typed)) << typed;
}

} // namespace
} // namespace latchkey::test

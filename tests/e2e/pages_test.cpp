// The pages in a real browser: all that a person does without scripts, and how each page looks.
#include "tests/e2e/script.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

TEST(Pages, CarryAnAccountFromItsBeginningToItsEnd) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds("pages.mjs", "sqlite"));
}

TEST(Pages, AreOpenToEverybodyOnAnyScreen) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds("pages_look.mjs", "sqlite"));
}

TEST(Pages, MakePasskeysAndAskForThem) {
  ASSERT_STRNE(E2E_CHROMIUM, "E2E_CHROMIUM-NOTFOUND") << "scripts/install test brings chromium";
  EXPECT_TRUE(succeeds("passkeys.mjs", "sqlite"));
}

} // namespace
} // namespace latchkey::test

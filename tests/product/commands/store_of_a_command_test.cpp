// store_of_a_command_test.cpp — what commands and starts make of a store that they find.
#include "tests/product/product.hpp"

#include <sys/stat.h>

namespace latchkey::test {
namespace {

class StoreOfACommand : public testing::TestWithParam<std::string> {
protected:
  test_store store_{GetParam()};
  program_result run(std::vector<std::string> arguments, const environment& more = {},
                     const std::string& standard_input = {}) const {
    return run_latchkey(std::move(arguments), store_.settings(more), store_.folder(),
                        standard_input);
  }
};
LATCHKEY_ON_BOTH_ENGINES(StoreOfACommand);

TEST_P(StoreOfACommand, MakesAndChangesNoSchemaToLookAtIt) {
  const std::vector<std::vector<std::string>> looks{
      {"service-key", "list"}, {"users", "export", "-"}, {"users", "import", "-", "--dry-run"}};
  const auto refused = [&](const std::string& why) {
    for (const auto& words : looks) {
      const auto done = run(words);
      EXPECT_EQ(done.exit_code, 1) << testing::PrintToString(words);
      EXPECT_EQ(done.out, "");
      EXPECT_TRUE(says(done.err, why)) << done.err;
      EXPECT_TRUE(says(done.err, "latchkey migrate")) << done.err;
    }
  };
  refused("no schema yet");
  struct stat about {};
  EXPECT_NE(stat((store_.folder() + "/data").c_str(), &about), 0);
  EXPECT_EQ(run({"migrate"}).exit_code, 0);
  for (const auto& words : looks)
    EXPECT_EQ(run(words).exit_code, 0) << testing::PrintToString(words);
  store_.query("DELETE FROM schema_migrations WHERE version > 1");
  refused("schema version 1, older than");
}

TEST_P(StoreOfACommand, MakesAnAdministratorWheneverThereIsNone) {
  const auto add = [this](const std::string& name) {
    const auto line = json{{"username", name}, {"email", name + "@example.com"}}.dump();
    EXPECT_EQ(run({"users", "import", "-"}, {}, line).exit_code, 0);
  };
  add("admin");
  add("ada");
  // Somebody who is none has the name: the installation would be left without one.
  const auto refused = run({"serve"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.err, "ADMIN_USERNAME")) << refused.err;
  EXPECT_FALSE(says(refused.out, "ready")) << refused.out;
  product instance{std::move(store_),
                   {{"ADMIN_USERNAME", "root"}, {"ADMIN_EMAIL", "root@example.com"}}};
  const auto held = instance.sign_in("root", admin_password);
  EXPECT_EQ(json_of(instance.call(get("/auth/me").as(held.access)))["is_superuser"], true);
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

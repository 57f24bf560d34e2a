// POST /api/auth/sync-user about users who may more than everybody.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

constexpr const char* failed = "Failed to sync user data";
constexpr const char* shown_columns =
    "email, username, CASE WHEN is_active THEN 'active' ELSE 'inactive' END";

class SyncPrivileged : public Integration {
protected:
  /// A key of a service with the scope users:write, known to the server.
  std::string key_that_writes_users() const {
    const auto made = run_latchkey({"service-key", "create", new_name(), "--scope", "users:write",
                                    "--scope", "users:sync", "--scope", "users:read"},
                                   on().settings, on().store.folder());
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const auto key = made.out.substr(0, made.out.find('\n'));
    EXPECT_TRUE(eventually([&] {
      return call(service_call("/api/auth/sync-user", json::object(), key)).status != 403;
    }));
    return key;
  }
};
LATCHKEY_ON_BOTH_ENGINES(SyncPrivileged);

TEST_P(SyncPrivileged, RefusesToDeactivateTheLastAdministrator) {
  const auto admin = on().store.query("SELECT number, email FROM users WHERE role = 'superuser' "
                                      "OR role = 'admin'");
  ASSERT_EQ(admin.size(), 1u);
  const json body{{"id", admin[0][0]}, {"email", admin[0][1]}, {"is_active", false}};
  EXPECT_TRUE(is_flat(call(service_call("/api/auth/sync-user", body, key_that_writes_users())), 400,
                      failed, "is_active", "last"));
}

// Or a service could have a reset mailed to an address of its own.
TEST_P(SyncPrivileged, LeavesEmailAndStateToServicesThatMayWriteUsers) {
  const auto name = new_name();
  on().add_user(name);
  const auto role = json{{"name", name}, {"permissions", {"users:read"}}};
  ASSERT_EQ(call(post_json("/admin/roles", role.dump()).as(on().admin())).status, 201);
  ASSERT_EQ(call(put_json("/admin/users/" + on().id_of(name) + "/role", json{{"role", name}}.dump())
                     .as(on().admin()))
                .status,
            200);
  for (const auto& login : {name, std::string{"admin"}}) {
    const auto row =
        on().store.query("SELECT number, email FROM users WHERE username = '" + login + "'")[0];
    const auto number = std::stol(row[0]);
    const auto before = row_of(number, shown_columns);
    const json same{{"id", number}, {"email", row[1]}};
    auto taken_over = same;
    taken_over["email"] = new_name() + "@example.com";
    EXPECT_TRUE(is_flat(ask("sync-user", taken_over), 400, failed, "email", "users:write"));
    auto shut_out = same;
    shut_out["is_active"] = false;
    EXPECT_TRUE(is_flat(ask("sync-user", shut_out), 400, failed, "is_active", "users:write"));
    EXPECT_EQ(row_of(number, shown_columns), before);
    auto harmless = same;
    harmless["is_active"] = true;
    harmless["last_name"] = "Doe";
    EXPECT_TRUE(is_success(ask("sync-user", harmless)));
    EXPECT_EQ(row_of(number, "last_name"), std::vector<std::string>{"Doe"});
  }
  const auto number =
      std::stol(on().store.query("SELECT number FROM users WHERE username = '" + name + "'")[0][0]);
  const auto email = new_name() + "@example.com";
  const json moved{{"id", number}, {"email", email}, {"is_active", false}};
  EXPECT_TRUE(
      is_success(call(service_call("/api/auth/sync-user", moved, key_that_writes_users()))));
  EXPECT_EQ(row_of(number, "email"), std::vector<std::string>{email});
}

// Or the squatter of an address would keep it: the owner's mailed reset would no longer take the
// account from whoever set it up.
TEST_P(SyncPrivileged, ProvesNoAddressOfAnAccountWithAPassword) {
  const auto name = new_name();
  on().add_user(name);
  const auto email = name + "@example.com";
  EXPECT_TRUE(is_success(
      ask("sync-user", {{"id", new_number()}, {"email", email}, {"is_email_verified", true}})));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE email_verified AND email = '" +
                             email + "'"),
            0);
}

} // namespace
} // namespace latchkey::test

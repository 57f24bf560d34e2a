// Roles and services as snapshots: what is built in, what a change does and when it is seen.
#include "actors/registry/registry_actor.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {
namespace {

using std::chrono::seconds;

struct with_registry : actor_fixture {
  with_registry() { keeper = spawn(registry, shared_env()); }

  messages::put_role put(const std::string& name, std::vector<std::string> permissions,
                         bool is_new) {
    messages::put_role request;
    request.role.name = name;
    request.role.permissions = std::move(permissions);
    request.is_new = is_new;
    request.author.by = "user:ada";
    request.deadline = soon();
    return request;
  }
  messages::delete_role remove(const std::string& name) { return {name, {}, soon()}; }
  bool grants(const std::string& role, std::string_view permission) {
    return env().book->roles()->permissions_of(role)->has(permission);
  }
  bool knows(const std::string& role) { return env().book->roles()->find(role) != nullptr; }

  registry_actor keeper;
};

TEST(RoleTable, GivesEverybodyWhatEverybodyHasAndNoMore) {
  const auto table = make_role_table({});
  for (const auto* role : {"user", "admin", "no such role"}) {
    EXPECT_TRUE(table->permissions_of(role)->has("profile:read")) << role;
    EXPECT_FALSE(table->permissions_of(role)->has("anything:else")) << role;
  }
  EXPECT_FALSE(table->permissions_of("user")->has("users:read"));
  EXPECT_TRUE(table->permissions_of("admin")->has("users:read"));
  EXPECT_TRUE(table->permissions_of("superuser")->has("anything:else"));
}

TEST(RoleTable, LetsNothingInTheStoreTakeABuiltInRolesPlace) {
  role_record forged;
  forged.name = "user";
  forged.permissions = {"*"};
  EXPECT_FALSE(make_role_table({forged})->permissions_of("user")->has("users:read"));
}

TEST(RoleTable, KnowsEveryPermissionThatABuiltInRoleGrants) {
  for (const auto& role : built_in_roles())
    for (const auto& permission : role.permissions)
      EXPECT_TRUE(permission == "*" || is_known_permission(permission)) << permission;
  EXPECT_FALSE(is_known_permission("users:everything"));
}

TEST(ServiceTable, HasNoKeyThatIsRevokedOrNobodys) {
  storage::list_services::answer stored;
  stored.services.push_back({"billing", {"read:users"}, 5, 60, {}, {}});
  service_key_record live;
  live.id = make_uuid(*parse_time("2026-01-02T03:04:05Z"));
  live.service = "billing";
  live.key_hash = "live";
  auto revoked = live;
  revoked.key_hash = "revoked";
  revoked.revoked_at = *parse_time("2026-01-02T03:04:05Z");
  auto stray = live;
  stray.key_hash = "stray";
  stray.service = "gone";
  stored.keys = {live, revoked, stray};
  const auto table = make_service_table(stored, {});
  EXPECT_EQ(table->find_key("revoked"), nullptr);
  EXPECT_EQ(table->find_key("stray"), nullptr);
  ASSERT_NE(table->find_key("live"), nullptr);
  const auto& service = *table->find_key("live")->service;
  EXPECT_EQ(service.id, "billing");
  EXPECT_EQ(service.limit, (rate_limit{5, 60}));
  EXPECT_TRUE(service.scopes->has("read:users"));

  table->find_key("live")->noted_at->store(77);
  const auto next = make_service_table(stored, *table);
  EXPECT_EQ(next->find_key("live")->noted_at->load(), 77);
}

TEST(Registry, RefusesToTouchABuiltInRole) {
  with_registry f;
  for (const bool is_new : {true, false}) {
    const auto refused = f.ask(f.keeper, f.put("admin", {"*"}, is_new));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::conflict);
    EXPECT_EQ(refused.error().field, "name");
  }
  EXPECT_EQ(code_of(f.ask(f.keeper, f.remove("superuser"))), error_code::conflict);
  EXPECT_FALSE(f.grants("admin", "anything:else"));
}

TEST(Registry, RefusesWhatTheStoreRefuses) {
  with_registry f;
  EXPECT_EQ(code_of(f.ask(f.keeper, f.put("none", {"a:b"}, false))), error_code::not_found);
  EXPECT_EQ(code_of(f.ask(f.keeper, f.remove("none"))), error_code::not_found);
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"a:b"}, true)));
  EXPECT_EQ(code_of(f.ask(f.keeper, f.put("support", {"c:d"}, true))), error_code::conflict);
  EXPECT_TRUE(f.grants("support", "a:b"));
  EXPECT_FALSE(f.grants("support", "c:d"));
  EXPECT_FALSE(f.knows("none"));
}

TEST(Registry, PublishesAChangeBeforeItAnswers) {
  with_registry f;
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"users:read"}, true)));
  EXPECT_TRUE(f.grants("support", "users:read"));
  EXPECT_TRUE(f.grants("support", "profile:read"));
  const auto created = f.env().book->roles()->find("support")->role.created_at;
  f.clock.move(seconds{5});
  const auto changed = f.ask(f.keeper, f.put("support", {"audit:read"}, false));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->role.created_at, created);
  EXPECT_EQ(changed->role.updated_at, created + seconds{5});
  EXPECT_FALSE(f.grants("support", "users:read"));
  EXPECT_TRUE(f.grants("support", "audit:read"));
  ASSERT_TRUE(f.ask(f.keeper, f.remove("support")));
  EXPECT_FALSE(f.knows("support"));
}

TEST(Registry, WritesEveryChangeIntoTheAuditLog) {
  with_registry f;
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"a:b"}, true)));
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"c:d"}, false)));
  ASSERT_TRUE(f.ask(f.keeper, f.remove("support")));
  std::vector<std::string> actions;
  for (const auto& line : f.store.audits()) {
    actions.push_back(line.action);
    EXPECT_EQ(line.reason, "support");
  }
  EXPECT_EQ(actions, (std::vector<std::string>{"role.created", "role.changed", "role.deleted"}));
  EXPECT_EQ(f.store.audits().front().by, "user:ada");
}

TEST(Registry, SeesWithinASecondWhatAnotherProcessHasChanged) {
  with_registry f;
  role_record role;
  role.name = "support";
  role.permissions = {"users:read"};
  role.created_at = role.updated_at = f.clock.now();
  service_record service;
  service.id = "billing";
  service.created_at = service.updated_at = f.clock.now();
  service_key_record key;
  key.id = make_uuid(f.clock.now());
  key.service = "billing";
  key.prefix = "sk_";
  key.key_hash = hash_of_key("a key");
  key.created_at = f.clock.now();
  f.write({{storage::add_role{role, roles_max}, storage::put_service{service},
            storage::add_service_key{key}}});
  EXPECT_FALSE(f.knows("support"));
  f.advance(registry_refresh);
  EXPECT_TRUE(f.grants("support", "users:read"));
  EXPECT_NE(f.env().book->services()->find_key(key.key_hash), nullptr);
  f.write({{storage::revoke_service_key{key.id, f.clock.now()}}});
  f.advance(registry_refresh);
  EXPECT_EQ(f.env().book->services()->find_key(key.key_hash), nullptr);
}

TEST(Registry, PublishesNothingWhenNothingHasChanged) {
  with_registry f;
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"users:read"}, true)));
  f.advance(registry_refresh);
  const auto before = f.env().book->version();
  f.advance(registry_refresh);
  f.advance(registry_refresh);
  EXPECT_EQ(f.env().book->version(), before);
}

TEST(Registry, DoesNotTakeBackAChangeForWhatItReadBefore) {
  with_registry f;
  f.reads.hold_answers();
  f.advance(registry_refresh); // has read the store, and the answers are on their way
  ASSERT_GT(f.reads.held(), 0u);
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"users:read"}, true)));
  f.reads.hold_nothing();
  while (f.reads.held() > 0)
    f.reads.release();
  EXPECT_TRUE(f.knows("support"));
  f.advance(registry_refresh);
  EXPECT_TRUE(f.knows("support"));
}

TEST(Registry, GoesOnWithWhatItKnewWhileTheStoreIsAway) {
  with_registry f;
  ASSERT_TRUE(f.ask(f.keeper, f.put("support", {"users:read"}, true)));
  f.store.set_down(true);
  f.advance(registry_refresh);
  EXPECT_TRUE(f.grants("support", "users:read"));
}

TEST(ServiceKeysOfTheSettings, AreThereFromTheStartAndOnlyOnce) {
  actor_fixture f;
  const secret keys{std::string_view{"billing:0123456789abcdef, reports:fedcba9876543210"}};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(seed_service_keys(f.store, keys, f.clock.now()));
    registry_book book;
    ASSERT_TRUE(load_registry(f.store, book));
    EXPECT_EQ(book.services()->services.size(), 2u);
    EXPECT_EQ(book.services()->keys.size(), 2u);
    const auto* key = book.services()->find_key(hash_of_key("fedcba9876543210"));
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->service->id, "reports");
  }
}

TEST(ServiceKeysOfTheSettings, KeepNothingOfTheKeyThatCouldBeRead) {
  actor_fixture f;
  const secret keys{std::string_view{"billing:0123456789abcdef"}};
  ASSERT_TRUE(seed_service_keys(f.store, keys, f.clock.now()));
  const auto stored = f.store.open_reader()->answer_to(storage::list_services{});
  ASSERT_TRUE(stored && stored->keys.size() == 1);
  const auto& key = stored->keys.front();
  EXPECT_EQ(key.prefix, "sha256:" + key.key_hash.substr(0, 8));
}

TEST(ServiceKeysOfTheSettings, LeaveAServiceAndARevokedKeyAsTheyAre) {
  actor_fixture f;
  const secret keys{std::string_view{"billing:0123456789abcdef"}};
  ASSERT_TRUE(seed_service_keys(f.store, keys, f.clock.now()));
  registry_book book;
  ASSERT_TRUE(load_registry(f.store, book));
  const auto id = book.services()->find_key(hash_of_key("0123456789abcdef"))->id;
  service_record scoped;
  scoped.id = "billing";
  scoped.scopes = {"read:users"};
  scoped.created_at = scoped.updated_at = f.clock.now();
  f.write({{storage::put_service{scoped}, storage::revoke_service_key{id, f.clock.now()}}});
  ASSERT_TRUE(seed_service_keys(f.store, keys, f.clock.now()));
  ASSERT_TRUE(load_registry(f.store, book));
  EXPECT_TRUE(book.services()->keys.empty());
  EXPECT_TRUE(book.services()->find_service("billing")->scopes->has("read:users"));
}

} // namespace
} // namespace latchkey::test

// What every engine does with projects.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Projects : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann = add(make_user("ann"));
    bob = add(make_user("bob"));
  }
  project_record make_project(const user_id& owner, const std::string& client) {
    project_record p;
    p.id = make_uuid(noon);
    p.client_id = client;
    p.name = "A project";
    p.description = "with a description";
    p.owner = owner;
    p.created_at = noon + std::chrono::seconds(++made_);
    p.updated_at = noon + 1h;
    return p;
  }
  list_projects::answer page(const user_id& owner, const std::string& client,
                             std::size_t offset = 0, std::size_t limit = 50) {
    return ask(*reader_, list_projects{owner, client, offset, limit});
  }
  user_record ann, bob;

private:
  int made_ = 0;
};
LATCHKEY_ON_EVERY_ENGINE(Projects);

TEST_P(Projects, AreRefusedWithoutTheirOwner) {
  const auto lost = make_project(user_id{make_uuid(noon)}, "acme");
  EXPECT_TRUE(failed_with(commit({add_project{lost}}), error_code::user_not_found));
  EXPECT_FALSE(ask(*reader_, find_project{lost.id}));
}

TEST_P(Projects, AreRefusedAnIdThatIsTaken) {
  const auto first = make_project(ann.id, "acme");
  auto second = make_project(bob.id, "other");
  second.id = first.id;
  ASSERT_TRUE(commit({add_project{first}}));
  EXPECT_TRUE(failed_with(commit({add_project{second}}), error_code::conflict, "id"));
  EXPECT_EQ(ask(*reader_, find_project{first.id})->owner, ann.id);
}

TEST_P(Projects, ThatAreNotThereCannotBeChangedOrRemoved) {
  const auto none = make_project(ann.id, "acme");
  EXPECT_TRUE(
      failed_with(commit({update_project{none.id, "x", {}, {}, noon}}), error_code::not_found));
  EXPECT_TRUE(failed_with(commit({remove_project{none.id}}), error_code::not_found));
  EXPECT_FALSE(ask(*reader_, find_project{none.id}));
}

TEST_P(Projects, AreReadBackAsTheyWereWritten) {
  auto wanted = make_project(ann.id, "acme");
  wanted.is_active = false;
  ASSERT_TRUE(commit({add_project{wanted}}));
  const auto found = ask(*reader_, find_project{wanted.id});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, wanted.id);
  EXPECT_EQ(found->client_id, "acme");
  EXPECT_EQ(found->name, "A project");
  EXPECT_EQ(found->description, "with a description");
  EXPECT_EQ(found->owner, ann.id);
  EXPECT_FALSE(found->is_active);
  EXPECT_EQ(found->created_at, wanted.created_at);
  EXPECT_EQ(found->updated_at, wanted.updated_at);
}

TEST_P(Projects, ChangeNameDescriptionAndStateAlone) {
  const auto before = make_project(ann.id, "acme");
  ASSERT_TRUE(commit({add_project{before}}));
  ASSERT_TRUE(commit({update_project{before.id, "Renamed", "", false, noon + 2h}}));
  const auto found = ask(*reader_, find_project{before.id});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Renamed");
  EXPECT_EQ(found->description, "");
  EXPECT_FALSE(found->is_active);
  EXPECT_EQ(found->updated_at, noon + 2h);
  EXPECT_EQ(found->owner, ann.id);
  EXPECT_EQ(found->client_id, "acme");
  EXPECT_EQ(found->created_at, before.created_at);
}

TEST_P(Projects, KeepWhatIsNotChangedAsSomebodyElseHasMadeIt) {
  const auto project = make_project(ann.id, "acme");
  ASSERT_TRUE(commit({add_project{project}}));
  ASSERT_TRUE(commit({update_project{project.id, "Renamed", {}, {}, noon + 1h}}));
  ASSERT_TRUE(commit({update_project{project.id, {}, {}, false, noon + 2h}}));
  const auto found = ask(*reader_, find_project{project.id});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Renamed");
  EXPECT_EQ(found->description, project.description);
  EXPECT_FALSE(found->is_active);
}

TEST_P(Projects, AreRemovedOnce) {
  const auto project = make_project(ann.id, "acme");
  ASSERT_TRUE(commit({add_project{project}}));
  EXPECT_TRUE(commit({remove_project{project.id}}));
  EXPECT_FALSE(ask(*reader_, find_project{project.id}));
  EXPECT_TRUE(failed_with(commit({remove_project{project.id}}), error_code::not_found));
}

TEST_P(Projects, RemovedAtOnceAreRemovedOnce) {
  const auto project = make_project(ann.id, "acme");
  ASSERT_TRUE(commit({add_project{project}}));
  const std::vector<unit> units(8, unit{{remove_project{project.id}}});
  EXPECT_EQ(winners(race(*store_, units), error_code::not_found), 1u);
}

TEST_P(Projects, AreListedForTheirOwnerAndTheirClientAlone) {
  const auto anns = make_project(ann.id, "acme");
  const auto bobs = make_project(bob.id, "acme");
  const auto others = make_project(bob.id, "other");
  ASSERT_TRUE(commit({add_project{others}, add_project{bobs}, add_project{anns}}));
  const auto seen_by_ann = page(ann.id, "acme");
  EXPECT_EQ(seen_by_ann.total, 2);
  ASSERT_EQ(seen_by_ann.projects.size(), 2u);
  EXPECT_EQ(seen_by_ann.projects[0].id, anns.id) << "in the order they were made";
  EXPECT_EQ(seen_by_ann.projects[1].id, bobs.id);
  EXPECT_EQ(page(bob.id, "nothing").total, 2);
  EXPECT_EQ(page(user_id{make_uuid(noon)}, "nothing").total, 0);
  EXPECT_EQ(page(user_id{make_uuid(noon)}, std::string("acme\0", 5)).total, 0);
}

TEST_P(Projects, OfNoClientAreTheirOwnersAlone) {
  const auto anns = make_project(ann.id, "");
  ASSERT_TRUE(commit({add_project{anns}}));
  EXPECT_EQ(page(ann.id, "").total, 1);
  EXPECT_EQ(page(bob.id, "").total, 0);
  EXPECT_TRUE(page(bob.id, "").projects.empty());
}

TEST_P(Projects, AreListedInPagesWithTheTotal) {
  std::vector<fact> facts;
  std::vector<uuid> ids;
  for (int i = 0; i < 7; ++i) {
    auto project = make_project(ann.id, "acme");
    project.created_at = noon; // so that the ids decide
    ids.push_back(project.id);
    facts.emplace_back(add_project{project});
  }
  ASSERT_TRUE(commit(facts));
  std::vector<uuid> seen;
  for (std::size_t offset : {0U, 3U, 6U}) {
    const auto part = page(ann.id, "acme", offset, 3);
    EXPECT_EQ(part.total, 7);
    EXPECT_EQ(part.projects.size(), offset == 6 ? 1u : 3u);
    for (const auto& project : part.projects)
      seen.push_back(project.id);
  }
  EXPECT_EQ(seen, ids);
  EXPECT_TRUE(page(ann.id, "acme", 7, 3).projects.empty());
  EXPECT_EQ(page(ann.id, "acme", 7, 3).total, 7);
  EXPECT_TRUE(page(ann.id, "acme", ~std::size_t{0}, ~std::size_t{0}).projects.empty());
}

} // namespace

} // namespace latchkey::test

// Which names workers have in the AUR's protocol, and what a publication costs.
#include "api/aur_view.hpp"

#include <gmock/gmock.h>

#include "api/aur_fixture.hpp"

namespace rbee::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> names(const AurView& view) {
  std::vector<std::string> all;
  for (const AurRow* row : view.all()) all.emplace_back(row->name);
  EXPECT_EQ(all.size(), view.package_count());
  return all;
}
std::string worker_of(const AurView& view, std::string_view name) {
  const AurRow* row = view.find(name);
  return row == nullptr ? "" : row->worker->id.str();
}
std::string recipe(const std::string& name, const std::string& more = {}) {
  return GrowingCatalog::recipe(name, more);
}

TEST(AurNames, AreTheRecipesOwn) {
  GrowingCatalog catalog;
  catalog.worker("community/one", recipe("one"), recipe("one-bin"));
  catalog.worker("community/two", "", recipe("two"));
  catalog.worker("community/three", "", recipe("three-bin"));
  const AurView view(catalog.commit(), nullptr, AurIntake());
  EXPECT_THAT(names(view), ElementsAre("one", "one-bin", "three-bin", "two"));
  EXPECT_THAT(view.unlisted(), IsEmpty());
  EXPECT_EQ(worker_of(view, "one-bin"), "one");
  // A repository is found by pkgbase, and by the worker's id.
  for (const auto& [name, base] : std::map<std::string, std::string>{{"one", "one"},
                                                                     {"one-bin", "one-bin"},
                                                                     {"three", "three-bin"},
                                                                     {"three-bin", "three-bin"},
                                                                     {"two", "two"}})
    EXPECT_EQ(view.find_base(name)->base(), base) << name;
  EXPECT_EQ(view.find("three"), nullptr);
  for (const char* name : {"", "-bin", "two-bin", "thre", "x"})
    EXPECT_EQ(view.find_base(name), nullptr) << name;
}

TEST(AurNames, NobodyTakesAnothersName) {
  GrowingCatalog catalog;
  catalog.worker("community/honest", recipe("honest"), "");
  catalog.worker("community/evil", "pkgbase=honest\n" + recipe("evil"), "");
  catalog.worker("community/both", recipe("both"), recipe("both"));
  catalog.worker("x-bin", recipe("x-bin"), "");
  catalog.worker("community/x", recipe("x"), recipe("x-bin"));
  const AurView view(catalog.commit(), nullptr, AurIntake());
  EXPECT_THAT(names(view), ElementsAre("both", "honest", "x", "x-bin"));
  EXPECT_EQ(worker_of(view, "x-bin"), "x-bin");
  EXPECT_EQ(view.find_base("honest")->worker->id.str(), "honest");
  EXPECT_EQ(view.find_base("evil"), nullptr);
  std::vector<std::string> unlisted;
  for (const AurUnlisted& each : view.unlisted())
    unlisted.push_back(each.worker + ": " + each.reason);
  EXPECT_THAT(unlisted,
              ElementsAre("both: the worker's PKGBUILD has the name 'both' already; name this one "
                          "'both-bin'",
                          "evil: the pkgbase 'honest' is neither 'evil' nor 'evil-bin'",
                          "x: 'x-bin' is the id of another worker"));
  // Not even while its worker cannot be offered.
  catalog.write("x-bin/PKGBUILD", "pkgname=(");
  const AurView broken(catalog.commit(), &view, AurIntake());
  EXPECT_EQ(broken.snapshot().broken().size(), 1u);
  EXPECT_THAT(names(broken), ElementsAre("both", "honest", "x"));
  catalog.remove("x-bin");
  const AurView gone(catalog.commit(), &broken, AurIntake());
  EXPECT_EQ(worker_of(gone, "x-bin"), "x");
}

TEST(AurView, StepByStepIsTheSameAsAtOnce) {
  GrowingCatalog catalog;
  std::unique_ptr<AurView> view;
  AurIntake intake;  // Every other round packs as the server does.
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string id = "worker-" + std::to_string((round * 7 + i * 3) % 20);
      if ((round + i) % 4 == 0)
        catalog.remove("community/" + id);
      else
        catalog.worker("community/" + id,
                       recipe(id, "depends=('dep" + std::to_string(round) + "')\n"), "");
    }
    catalog.commit();
    intake.clear();
    if (round % 2 == 0)
      for (const auto& entry : catalog.snapshot()->workers())
        intake.take(**catalog.snapshot()->load(*entry));
    auto next = std::make_unique<AurView>(catalog.snapshot(), view.get(), intake);
    const AurView whole(catalog.snapshot(), nullptr, AurIntake());
    EXPECT_EQ(names(*next), names(whole)) << round;
    for (const AurRow* row : whole.all()) {
      ASSERT_NE(next->find(row->name), nullptr) << row->name;
      EXPECT_EQ(next->find(row->name)->details, row->details);
      EXPECT_EQ(next->find(row->name)->relations, row->relations);
    }
    for (const char* dependency : {"dep0", "dep3", "dep7"})
      EXPECT_EQ(next->related(AurRelation::depends, dependency, 100).size(),
                whole.related(AurRelation::depends, dependency, 100).size());
    EXPECT_EQ(next->containing("worker-1", AurView::In::name, 100).size(),
              whole.containing("worker-1", AurView::In::name, 100).size());
    view = std::move(next);
  }
}

}  // namespace
}  // namespace rbee::api

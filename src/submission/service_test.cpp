// The office against a real repository and a real database, under a clock of ours.
#include "submission/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "../../tests/fakes/each_database.hpp"
#include "../../tests/fakes/manual_clock.hpp"
#include "catalog/builder.hpp"
#include "community/audit.hpp"
#include "community/schema.hpp"
#include "community/switches.hpp"
#include "platform/git_write.hpp"

namespace rbee::submission {
namespace {

using community::Account;
using community::Role;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::string error_id(const Result<T>& result) {
  return result ? "" : result.error().id;
}

/// A recipe's text: clean, and different where a test wants it to be.
std::string recipe(const std::string& name, const std::string& version,
                   const std::string& more = "") {
  return "pkgname=" + name + "\npkgver=" + version +
         "\npkgrel=1\npkgdesc='Speaks text'\narch=(x86_64)\nurl=https://github.com/acme/" + name +
         "\nlicense=(MIT)\nsource=(\"https://github.com/acme/" + name +
         "/v$pkgver.tar.gz\")\nsha256sums=(" + std::string(64, version.back()) +
         ")\npackage() {\n  make DESTDIR=\"$pkgdir\" install\n" + more + "}\n";
}

class Office : public fakes::EachDatabase {
 protected:
  Office() {
    put("work/README.md", "# A catalog\n");
    put_worker("old-worker", "1.0");
    const auto made = platform::create_repository_from_directory(
        root_ / "work", bare(), {"host", "host@example.org", clock_.now()}, "First");
    if (!made) throw std::runtime_error(describe(made.error()));
    database_ = place_.open();
    open();
    for (const char* name : {"ann", "bob", "eve"}) add(name, Role::user);
    for (const char* name : {"rex", "ria"}) add(name, Role::reviewer);
    add("adm", Role::admin);
    clock_.advance(std::chrono::days(30));  // Nobody's account is young.
    shell("git clone -q " + bare().string() + " clone");
  }

  void open() {
    service_.reset();
    if (!community::prepare(*database_)) throw std::runtime_error("schema");
    options_.repository = bare();
    options_.url = "http://market.example";
    options_.secret = "secret";
    options_.risk.sample_per_mille = 0;
    service_ = std::make_unique<Service>(
        options_, *database_, clock_, [this] { return snapshot(); }, [this] { ++moved_; });
    const auto started = service_->start();
    if (!started) throw std::runtime_error(describe(started.error()));
  }

  std::filesystem::path bare() const { return root_ / "catalog.git"; }
  std::shared_ptr<const catalog::Snapshot> snapshot() {
    const auto repository = platform::Repository::open(bare());
    return *catalog::build_snapshot(**repository, *(*repository)->resolve("refs/heads/main"));
  }
  void put(const std::string& path, const std::string& text) {
    fakes::write_text(root_ / path, text);
  }
  void put_worker(const std::string& name, const std::string& version, const std::string& more = "",
                  const std::string& top = "work") {
    put(top + "/community/" + name + "/PKGBUILD", recipe(name, version, more));
    put(top + "/community/" + name + "/worker.toml",
        "[worker]\nid = \"" + name +
            "\"\nname = \"W\"\ndescription = \"Speaks\"\nlicense = \"MIT\"\n");
  }
  std::string shell(const std::string& command) {
    const std::string out = (root_ / "out").string();
    const int code = std::system(
        ("cd " + root_.path().string() +
         " && env -i PATH=/usr/bin:/bin HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 sh -ec '" +
         command + "' >" + out + " 2>&1")
            .c_str());
    std::string text = fakes::read_text(out);
    if (code != 0) throw std::runtime_error(command + ": " + text);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  /// Commit what lies in the clone, hand its objects to the bare repository as a push would, and
  /// ask.
  Push push(const std::string& account, const std::string& title = "a change",
            const std::string& topic = "", const std::string& email = "") {
    const std::string address = email.empty() ? account + "@example.org" : email;
    shell("cd clone && git add -A && git -c user.name=x -c user.email=" + address +
          " commit -q -m \"" + title +
          "\" && git push -q ../catalog.git HEAD:refs/heads/incoming -f && git "
          "--git-dir=../catalog.git update-ref -d refs/heads/incoming");
    return {"push-" + std::to_string(++pushes_),
            account,
            "192.0.2.1",
            topic,
            *ObjectId::parse(shell("git -C clone rev-parse HEAD")),
            {}};
  }
  /// Both hooks; the submission that came of it.
  Submission submit(const std::string& account, const std::string& title = "a change",
                    const std::string& topic = "") {
    const Push each = push(account, title, topic);
    const PushAnswer checked = service_->check(each);
    if (!checked.accepted) throw std::runtime_error("refused: " + checked.text);
    const PushAnswer recorded = service_->record(each);
    if (!recorded.accepted) throw std::runtime_error("not recorded: " + recorded.text);
    return list(*database_, {.limit = 1})->at(0);
  }
  void back_to_main() {
    shell(
        "cd clone && git fetch -q ../catalog.git main && git reset -q --hard FETCH_HEAD && git "
        "clean -qfd");
  }
  Account account(const std::string& name) {
    return *community::Accounts(*database_, clock_).find(name);
  }
  void add(const std::string& name, Role role) {
    if (!community::Accounts(*database_, clock_)
             .create({name, name + "@example.org", "", role}, "test"))
      throw std::runtime_error(name);
  }
  /// ann's new worker, merged.
  Submission merged_worker(const std::string& name = "new-worker") {
    put_worker(name, "1.0", "", "clone");
    const Submission made = submit("ann", "new: " + name);
    const auto done = service_->approve(made.id, account("rex"), made.tree);
    if (!done || done->state != State::merged) throw std::runtime_error("not merged");
    back_to_main();
    return *done;
  }

  fakes::TempDir root_;
  fakes::ManualClock clock_;
  ServiceOptions options_;
  std::unique_ptr<platform::Database> database_;
  std::unique_ptr<Service> service_;
  int moved_ = 0, pushes_ = 0;
};

TEST_P(Office, ANewWorkerNeedsOneApprovalAndMakesItsOwner) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann", "new-worker: says hello");
  EXPECT_EQ(made.state, State::awaiting_review);
  EXPECT_EQ(made.tier, 2);
  EXPECT_EQ(made.topic, "new-worker");
  EXPECT_EQ(made.title, "new-worker: says hello");
  EXPECT_EQ(error_id(service_->approve(made.id, account("ann"), made.tree)), "reviewer-needed");
  EXPECT_EQ(error_id(service_->approve(made.id, account("rex"), std::string(40, 'a'))),
            "approval-stale");
  const auto done = service_->approve(made.id, account("rex"), made.tree);
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(done->state, State::merged);
  EXPECT_EQ(moved_, 1);
  EXPECT_NE(snapshot()->find("new-worker"), nullptr);
  const auto maintainers =
      community::Ownership(*database_, clock_).maintainers(*WorkerId::parse("new-worker"));
  EXPECT_EQ(maintainers->owner, "ann");
  EXPECT_EQ(shell("git -C catalog.git fsck --full --strict"), "");
  EXPECT_TRUE(community::verify_audit(*database_));
  EXPECT_EQ(error_id(service_->approve(made.id, account("ria"), made.tree)), "submission-state");
}

TEST_P(Office, AVersionBumpByTheOwnerMergesItself) {
  merged_worker();
  put_worker("new-worker", "1.1", "", "clone");
  const Submission bump = submit("ann", "1.1");
  EXPECT_EQ(bump.tier, 0);
  EXPECT_EQ(bump.state, State::merged);
  EXPECT_EQ(snapshot()->find("new-worker")->version, "1.1-1");
  // The first was approved by a person; the bump merged itself.
  const auto reviewed = service_->reviewed_releases();
  ASSERT_TRUE(reviewed) << describe(reviewed.error());
  EXPECT_THAT(*reviewed, ElementsAre(testing::Pair("new-worker", "1.0-1")));
}

TEST_P(Office, SomeVersionBumpsAreLookedAt) {
  merged_worker();
  options_.risk.sample_per_mille = 1000;
  service_.reset();
  ServiceOptions all = options_;
  service_ = std::make_unique<Service>(
      all, *database_, clock_, [this] { return snapshot(); }, [] {});
  ASSERT_TRUE(service_->start());
  put_worker("new-worker", "1.1", "", "clone");
  const Submission bump = submit("ann", "1.1");
  EXPECT_EQ(bump.tier, 1);
  EXPECT_EQ(bump.state, State::awaiting_review);
}

TEST_P(Office, LogicNeedsAPersonAndAnotherAccountIsRefused) {
  merged_worker();
  put_worker("new-worker", "1.1", "  install -Dm644 LICENSE -t \"$pkgdir/usr/share/licenses/x\"\n",
             "clone");
  const Submission logic = submit("ann", "license");
  EXPECT_EQ(logic.tier, 1);
  EXPECT_EQ(logic.state, State::awaiting_review);
  back_to_main();
  put_worker("new-worker", "6.6", "", "clone");
  const PushAnswer answer = service_->check(push("eve"));
  EXPECT_FALSE(answer.accepted);
  EXPECT_THAT(answer.text, HasSubstr("OWN-001"));
}

TEST_P(Office, EveryPushVoidsWhatWasSaidBefore) {
  merged_worker();
  put_worker("new-worker", "1.1", "  true\n", "clone");
  const Submission first = submit("ann", "one");
  put_worker("new-worker", "1.1", "  : other\n", "clone");
  const Submission second = submit("ann", "two");
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.revision, 2);
  EXPECT_EQ(error_id(service_->approve(first.id, account("rex"), first.tree)), "approval-stale");
  EXPECT_EQ(service_->approve(second.id, account("rex"), second.tree)->state, State::merged);
}

TEST_P(Office, TheRiskiestNeedsTwoAndTime) {
  put_worker("old-workers", "1.0", "", "clone");  // A near twin of old-worker.
  const Submission made = submit("ann", "twin");
  EXPECT_EQ(made.tier, 3);
  EXPECT_EQ(made.state, State::held);
  EXPECT_EQ(made.approvals_needed, 2);
  const auto one = service_->approve(made.id, account("rex"), made.tree);
  ASSERT_TRUE(one) << describe(one.error());
  EXPECT_EQ(one->state, State::held);
  EXPECT_EQ(error_id(service_->approve(made.id, account("rex"), made.tree)), "approval-twice");
  const auto two = service_->approve(made.id, account("ria"), made.tree);
  EXPECT_EQ(two->state, State::approved);
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::approved);
  clock_.advance(std::chrono::days(7));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);
}

TEST_P(Office, AnApprovedOneCanStillBeStopped) {
  put_worker("old-workers", "1.0", "", "clone");
  const Submission made = submit("ann", "twin");
  ASSERT_TRUE(service_->approve(made.id, account("rex"), made.tree));
  ASSERT_TRUE(service_->approve(made.id, account("ria"), made.tree));
  EXPECT_EQ(error_id(service_->reject(made.id, account("rex"), "")), "reason-missing");
  EXPECT_EQ(service_->reject(made.id, account("rex"), "a look-alike")->state, State::rejected);
  clock_.advance(std::chrono::days(8));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(snapshot()->find("old-workers"), nullptr);
}

TEST_P(Office, WhatIsFrozenWaitsAndGoesOnByItself) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann", "new: new-worker");
  ASSERT_TRUE(community::turn_switch(*database_, clock_, "publish", true, "an attack", "root"));
  const auto approved = service_->approve(made.id, account("rex"), made.tree);
  ASSERT_TRUE(approved) << describe(approved.error());
  EXPECT_EQ(approved->state, State::approved);
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::approved);
  ASSERT_TRUE(community::turn_switch(*database_, clock_, "publish", false, "over", "root"));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);

  ASSERT_TRUE(community::turn_switch(*database_, clock_, "submissions", true, "a flood", "root"));
  back_to_main();
  put_worker("next-worker", "1.0", "", "clone");
  const PushAnswer refused = service_->check(push("ann"));
  EXPECT_FALSE(refused.accepted);
  EXPECT_THAT(refused.text, testing::HasSubstr("a flood"));
}

TEST_P(Office, ADraftWaitsForItsAuthor) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission draft = submit("ann", "draft: not yet");
  EXPECT_EQ(draft.state, State::draft);
  EXPECT_TRUE(service_->queue()->empty());
  put_worker("new-worker", "1.0", "  true\n", "clone");
  EXPECT_EQ(submit("ann", "now").state, State::awaiting_review);
}

TEST_P(Office, ForgedAuthorsAndOrphansAreRefused) {
  put_worker("new-worker", "1.0", "", "clone");
  const PushAnswer forged = service_->check(push("eve", "mine", "", "ann@example.org"));
  EXPECT_FALSE(forged.accepted);
  EXPECT_THAT(forged.text, HasSubstr("OWN-003"));
  back_to_main();
  merged_worker();
  community::Ownership ownership(*database_, clock_);
  ASSERT_TRUE(ownership.disown(*WorkerId::parse("new-worker"), account("ann")));
  put_worker("new-worker", "1.1", "", "clone");
  for (const char* who : {"ann", "eve"}) {
    const PushAnswer answer = service_->check(push(who, std::string("again by ") + who));
    EXPECT_FALSE(answer.accepted) << who;
    EXPECT_THAT(answer.text, HasSubstr("OWN-001"));
    put_worker("new-worker", "1.2", "", "clone");
    back_to_main();
    put_worker("new-worker", "1.1", "", "clone");
  }
}

TEST_P(Office, TheFirstReleaseOfANewOwnerIsLookedAtByTwo) {
  merged_worker();
  const WorkerId worker = *WorkerId::parse("new-worker");
  community::Ownership ownership(*database_, clock_);
  ASSERT_TRUE(ownership.disown(worker, account("ann")));
  const auto asked = ownership.request_adoption(worker, account("bob"), "I use it", "192.0.2.9");
  ASSERT_TRUE(asked) << describe(asked.error());
  for (const char* reviewer : {"rex", "ria"})
    ASSERT_TRUE(ownership.grant(asked->id, account(reviewer)));
  EXPECT_EQ(error_id(ownership.grant(asked->id, account("adm"))), "adoption-decided");
  // In the very second of the merge and the adoption, and after what old submissions go through.
  for (const std::string version : {"1.1", "1.2"}) {
    put_worker("new-worker", version, "", "clone");
    const Submission bump = submit("bob", version, version);
    EXPECT_EQ(bump.tier, 3);
    ASSERT_TRUE(service_->quarantine(worker, account("adm"), "odd"));
    clock_.advance(std::chrono::hours(1));
    ASSERT_TRUE(service_->release(worker, account("adm")));
    back_to_main();
  }
  put_worker("new-worker", "1.3", "", "clone");
  const Submission bump = submit("bob", "1.3", "1.3");
  for (const char* reviewer : {"rex", "ria"})
    ASSERT_TRUE(service_->approve(bump.id, account(reviewer), bump.tree));
  clock_.advance(std::chrono::days(8));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, bump.id)->state, State::merged);
  back_to_main();
  put_worker("new-worker", "1.4", "", "clone");
  EXPECT_EQ(submit("bob", "1.4", "1.4").tier, 0);
}

TEST_P(Office, AWorkerThatChangedMeanwhileIsNotOverwritten) {
  merged_worker();
  put_worker("new-worker", "1.1", "  true\n", "clone");
  const Submission slow = submit("ann", "slow", "slow");
  back_to_main();
  put_worker("new-worker", "1.2", "  : quick\n", "clone");
  const Submission quick = submit("ann", "quick", "quick");
  ASSERT_EQ(service_->approve(quick.id, account("rex"), quick.tree)->state, State::merged);
  const auto late = service_->approve(slow.id, account("rex"), slow.tree);
  ASSERT_TRUE(late) << describe(late.error());
  EXPECT_EQ(late->state, State::changes_requested);
  EXPECT_THAT(late->reason, HasSubstr("rebase"));
  EXPECT_EQ(snapshot()->find("new-worker")->version, "1.2-1");
}

TEST_P(Office, TwoWorkersMergeSideBySide) {
  put_worker("first-tool", "1.0", "", "clone");
  const Submission a = submit("ann", "a");
  shell("cd clone && git reset -q --hard HEAD~1 && git clean -qfd");
  put_worker("second-tool", "1.0", "", "clone");
  const Submission b = submit("bob", "b");
  ASSERT_EQ(service_->approve(a.id, account("rex"), a.tree)->state, State::merged);
  ASSERT_EQ(service_->approve(b.id, account("rex"), b.tree)->state, State::merged);
  EXPECT_NE(snapshot()->find("first-tool"), nullptr);
  EXPECT_NE(snapshot()->find("second-tool"), nullptr);
  EXPECT_EQ(shell("git -C catalog.git log -1 --format=%s main"), "Merge submission 2: b");
  EXPECT_EQ(shell("git -C catalog.git fsck --full --strict"), "");
}

TEST_P(Office, PushesOutsideOneWorkerAreRefused) {
  const struct {
    const char* name;
    std::vector<std::pair<std::string, std::string>> files;
    std::string wanted;
  } rows[] = {
      {"a file at the top", {{"README.md", "# mine\n"}}, "push-scope"},
      {"workflows", {{".github/workflows/x.yml", "on: push\n"}}, "push-scope"},
      {"an official folder", {{"official-x/worker.toml", "x"}}, "push-scope"},
      {"a file in community", {{"community/file", "x"}}, "push-scope"},
      {"two workers",
       {{"community/aa/PKGBUILD", "x"}, {"community/bb/PKGBUILD", "x"}},
       "push-scope"},
      {"a bad id", {{"community/Bad_Name/PKGBUILD", "x"}}, "push-folder-name"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    back_to_main();
    for (const auto& [path, text] : row.files) put("clone/" + path, text);
    const PushAnswer answer = service_->check(push("ann"));
    EXPECT_FALSE(answer.accepted);
    EXPECT_THAT(answer.text, HasSubstr(row.wanted));
  }
}

TEST_P(Office, ClaimsEndByThemselves) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann");
  ASSERT_TRUE(service_->claim(made.id, account("rex")));
  EXPECT_EQ(error_id(service_->claim(made.id, account("ria"))), "submission-claimed");
  clock_.advance(std::chrono::hours(3));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->claimed_by, "");
  EXPECT_TRUE(service_->claim(made.id, account("ria")));
}

TEST_P(Office, TheQueueIsSortedByRiskThenTime) {
  put_worker("first-tool", "1.0", "", "clone");
  const Submission a = submit("ann", "a");
  shell("cd clone && git reset -q --hard HEAD~1 && git clean -qfd");
  put_worker("old-workers", "1.0", "", "clone");
  const Submission twin = submit("bob", "twin");
  std::vector<std::int64_t> order;
  const auto queue = service_->queue();
  for (const Submission& each : *queue) order.push_back(each.id);
  EXPECT_THAT(order, ElementsAre(twin.id, a.id));
  EXPECT_EQ(service_->place(a)->position, 2u);
}

TEST_P(Office, QuarantineHidesAndReleases) {
  const Submission made = merged_worker();
  const WorkerId worker = *WorkerId::parse("new-worker");
  EXPECT_EQ(error_id(service_->quarantine(worker, account("rex"), "bad")), "admin-needed");
  EXPECT_EQ(error_id(service_->quarantine(worker, account("adm"), " ")), "reason-missing");
  ASSERT_TRUE(service_->quarantine(worker, account("adm"), "it steals keys"));
  EXPECT_EQ(get(*database_, made.id)->state, State::quarantined);
  EXPECT_EQ(service_->quarantines()->at(0).reason, "it steals keys");
  EXPECT_EQ(error_id(service_->quarantine(worker, account("adm"), "again")), "quarantined-already");
  ASSERT_TRUE(service_->release(worker, account("adm")));
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);
  EXPECT_TRUE(service_->quarantines()->empty());
}

TEST_P(Office, YanksAndRequestsAreForThoseWhoMay) {
  merged_worker();
  const WorkerId worker = *WorkerId::parse("new-worker");
  EXPECT_EQ(error_id(service_->yank(worker, "1.0-1", account("eve"), "x")), "admin-needed");
  EXPECT_EQ(error_id(service_->yank(worker, "9.9-1", account("ann"), "x")), "release-not-found");
  ASSERT_TRUE(service_->yank(worker, "1.0-1", account("ann"), "crashes"));
  EXPECT_EQ(error_id(service_->yank(worker, "1.0-1", account("ann"), "x")), "yanked-already");
  EXPECT_EQ(service_->yanks()->size(), 1u);
  ASSERT_TRUE(service_->unyank(worker, "1.0-1", account("adm")));
  EXPECT_EQ(error_id(service_->unyank(worker, "1.0-1", account("adm"))), "not-yanked");
  const auto request = service_->ask(worker, "out-of-date", account("bob"), "2.0 is out", "");
  ASSERT_TRUE(request) << describe(request.error());
  EXPECT_EQ(error_id(service_->ask(worker, "out-of-date", account("bob"), "again", "")),
            "request-open");
  EXPECT_EQ(error_id(service_->ask(worker, "nonsense", account("bob"), "x", "")), "request-kind");
  EXPECT_EQ(error_id(service_->close_request(*request, account("bob"), "no")), "reviewer-needed");
  EXPECT_TRUE(service_->close_request(*request, account("rex"), "thanks"));
  EXPECT_TRUE(service_->open_requests()->empty());
}

TEST_P(Office, AKillBetweenTheStepsOfAMergeLosesNothing) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann");
  const auto main_of = [&] { return shell("git -C catalog.git rev-parse main"); };
  const std::string before = main_of();
  // The commit was noted, and main did not move: nothing happened.
  {
    auto transaction = database_->begin();
    ASSERT_TRUE(set_merging(*transaction, made.id, made.head));
    ASSERT_TRUE(transaction->commit());
  }
  open();
  EXPECT_EQ(get(*database_, made.id)->state, State::awaiting_review);
  EXPECT_EQ(main_of(), before);
  EXPECT_TRUE(all_merging(*database_)->empty());
  // main moved, and the database does not know yet: it is merged.
  {
    auto transaction = database_->begin();
    Submission approved = *get(*transaction, made.id);
    approved.state = State::approved;
    ASSERT_TRUE(save(*transaction, approved));
    ASSERT_TRUE(set_merging(*transaction, made.id, made.head));
    ASSERT_TRUE(transaction->commit());
  }
  shell("git -C catalog.git update-ref refs/heads/main " + made.head);
  shell("git -C catalog.git update-ref -d refs/submissions/1/head");
  open();
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);
  EXPECT_EQ(
      community::Ownership(*database_, clock_).maintainers(*WorkerId::parse("new-worker"))->owner,
      "ann");
}

TEST_P(Office, LocksOfAKilledServerAreTakenAway) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann");
  put("catalog.git/refs/heads/main.lock", "");
  put("catalog.git/refs/submissions/1/head.lock", "");
  shell(
      "git -C catalog.git update-ref -d refs/submissions/1/head || rm "
      "catalog.git/refs/submissions/1/head");
  EXPECT_EQ(service_->approve(made.id, account("rex"), made.tree)->state, State::approved);
  EXPECT_FALSE(service_->tick());
  open();
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);
}

TEST_P(Office, ASecondProgramMergesBesideUs) {
  // `rbee-market review approve` and the server's clock, at the same moment.
  const auto other_database = place_.open();
  Service other(
      options_, *other_database, clock_, [this] { return snapshot(); }, [] {});
  std::atomic<bool> is_over = false;
  std::string trouble;
  std::thread server([&] {
    while (!is_over)
      if (const auto ticked = other.tick(); !ticked) trouble += describe(ticked.error());
  });
  for (const char* name : {"alpha-one", "bravo-two", "charlie-three", "delta-four", "echo-five"}) {
    put_worker(name, "1.0", "", "clone");
    const Submission made = submit("ann", name);
    const auto approved = service_->approve(made.id, account("rex"), made.tree);
    EXPECT_TRUE(approved) << describe(approved.error());
    if (approved) {
      EXPECT_EQ(approved->state, State::merged) << name;
    }
    back_to_main();
  }
  is_over = true;
  server.join();
  EXPECT_EQ(trouble, "");
}

TEST_P(Office, NobodyStopsWhatIsBeingMerged) {
  put_worker("old-workers", "1.0", "", "clone");
  const Submission made = submit("ann", "twin");
  ASSERT_TRUE(service_->approve(made.id, account("rex"), made.tree));
  ASSERT_TRUE(service_->approve(made.id, account("ria"), made.tree));
  const auto merge_begins = [&](const std::string& commit) {
    auto transaction = *database_->begin();
    EXPECT_TRUE(set_merging(transaction, made.id, commit));
    EXPECT_TRUE(transaction.commit());
  };
  merge_begins(made.head);
  EXPECT_EQ(error_id(service_->reject(made.id, account("rex"), "a look-alike")),
            "submission-merging");
  EXPECT_EQ(error_id(service_->withdraw(made.id, account("ann"))), "submission-merging");
  // Whoever merged was killed before main moved: the note means nothing.
  clock_.advance(std::chrono::days(8));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);
}

TEST_P(Office, AMergeWhoseProgramWasKilledIsFinished) {
  put_worker("old-workers", "1.0", "", "clone");
  const Submission made = submit("ann", "twin");
  ASSERT_TRUE(service_->approve(made.id, account("rex"), made.tree));
  ASSERT_TRUE(service_->approve(made.id, account("ria"), made.tree));
  {
    auto transaction = *database_->begin();
    EXPECT_TRUE(set_merging(transaction, made.id, made.head));
    EXPECT_TRUE(transaction.commit());
  }
  shell("git -C catalog.git update-ref refs/heads/main " + made.head);
  clock_.advance(std::chrono::days(8));
  EXPECT_TRUE(service_->tick());
  EXPECT_EQ(get(*database_, made.id)->state, State::merged);
  EXPECT_EQ(get(*database_, made.id)->merged, made.head);
}

TEST_P(Office, RefsFollowTheDatabase) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann");
  shell("git -C catalog.git update-ref -d refs/submissions/1/head");
  open();
  EXPECT_EQ(shell("git -C catalog.git rev-parse refs/submissions/1/head"), made.head);
}

TEST_P(Office, ARecordWithoutACheckIsRefused) {
  put_worker("new-worker", "1.0", "", "clone");
  const Push each = push("ann");
  const PushAnswer answer = service_->record(each);
  EXPECT_FALSE(answer.accepted);
  EXPECT_EQ(answer.reason, "interrupted");
  EXPECT_TRUE(list(*database_, {})->empty());
}

TEST_P(Office, AWithdrawalIsByItsAuthor) {
  put_worker("new-worker", "1.0", "", "clone");
  const Submission made = submit("ann", "x", "topic-a");
  Push away{"w", "eve", "", "topic-a", *ObjectId::parse(std::string(40, '0')), {}};
  EXPECT_FALSE(service_->check(away).accepted);
  EXPECT_EQ(error_id(service_->withdraw(made.id, account("eve"))), "submission-not-yours");
  away.account = "ann";
  EXPECT_TRUE(service_->check(away).accepted);
  EXPECT_TRUE(service_->record(away).accepted);
  EXPECT_EQ(get(*database_, made.id)->state, State::withdrawn);
}

RBEE_EACH_DATABASE(Office);

}  // namespace
}  // namespace rbee::submission

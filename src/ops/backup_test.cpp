// Backups of a real repository and a real database: round trips, writers beside them, damage of
// every file, hostile manifests, and kills.
#include "ops/backup.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "../../tests/fakes/manual_clock.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "base/digest.hpp"
#include "community/accounts.hpp"
#include "community/audit.hpp"
#include "community/schema.hpp"
#include "ops/backup_manifest.hpp"
#include "platform/database.hpp"
#include "platform/git_bundle.hpp"

namespace rbee::ops {
namespace {

namespace fs = std::filesystem;
using platform::Database;

template <typename T>
std::string id_of(const Result<T>& result) {
  return result ? "" : result.error().id;
}

class Backups : public testing::Test {
 protected:
  Backups() {
    shell(
        "mkdir data work && git init -q --bare -b main data/catalog.git && cd work && "
        "git init -q -b main && mkdir a && echo 1 >a/x && git add -A && commit one && "
        "git push -q ../data/catalog.git main");
    fakes::write_text(data() / "secret", "s3cret\n");
    fakes::write_text(data() / "premium/w/file.bin", std::string(700'000, 'p'));
    fakes::write_text(data() / "hooks/pre-receive", "#!/bin/sh\n");
    fakes::write_text(data() / "lock", "me\n");
    fs::create_symlink("/etc/passwd", data() / "premium/link");
    auto opened = Database::open(data() / "market.db");
    if (!opened || !community::prepare(**opened)) throw std::runtime_error("database");
    database_ = std::move(*opened);
    community::Accounts accounts(*database_, clock_);
    if (!accounts.create({"ann", "ann@example.org", "", community::Role::user}, "local:test"))
      throw std::runtime_error("ann");
  }
  fs::path data() const { return root_ / "data"; }
  void shell(const std::string& command) {
    const std::string whole =
        "cd " + root_.path().string() +
        " && commit() { git -c user.name=x -c user.email=x@example.org commit -q -m \"$1\"; } && " +
        command;
    const std::string quoted =
        "env -i PATH=/usr/bin:/bin HOME=/nonexistent "
        "GIT_CONFIG_NOSYSTEM=1 bash -ec '" +
        whole + "' >/dev/null 2>&1";
    if (std::system(quoted.c_str()) != 0) throw std::runtime_error(command);
  }
  Result<BackupManifest> back_up(const std::string& name) {
    return write_backup({.data = data(),
                         .target = root_ / name,
                         .catalog = std::nullopt,
                         .program = "test 1",
                         .actor = "local:test"},
                        clock_);
  }
  Result<BackupManifest> restore(const std::string& from, const std::string& to) {
    return restore_backup(root_ / from, root_ / to, "local:test", clock_);
  }
  /// Nothing is left beside what was asked for.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(root_.path()))
      if (each.path().filename().string().starts_with(".rbee"))
        names.push_back(each.path().filename());
    return names;
  }

  fakes::TempDir root_;
  fakes::ManualClock clock_;
  std::unique_ptr<Database> database_;
};

TEST_F(Backups, ComeBackWhole) {
  for (const std::string name : {"one", "one.tar.zst"}) {
    const auto made = back_up(name);
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_TRUE(made->has_database);
    const auto verified = verify_backup(root_ / name, root_.path());
    ASSERT_TRUE(verified) << describe(verified.error());
    EXPECT_EQ(verified->sha256, made->sha256);
    const std::string to = name + ".data";
    const auto restored = restore(name, to);
    ASSERT_TRUE(restored) << describe(restored.error());
    EXPECT_EQ(fakes::read_text(root_ / to / "secret"), "s3cret\n");
    EXPECT_EQ(fakes::read_text(root_ / to / "premium/w/file.bin"), std::string(700'000, 'p'));
    EXPECT_FALSE(fs::exists(root_ / to / "hooks"));
    EXPECT_FALSE(fs::exists(root_ / to / "premium/link"));
    EXPECT_FALSE(fs::exists(root_ / to / "catalog.bundle"));
    EXPECT_EQ(fs::status(root_ / to / "secret").permissions(), fs::perms(0600));
    EXPECT_EQ(*platform::git_list_refs(root_ / to / "catalog.git"),
              *platform::git_list_refs(data() / "catalog.git"));
    const auto database = Database::open(root_ / to / "market.db");
    ASSERT_TRUE(database);
    EXPECT_EQ((*database)->query("SELECT name FROM accounts")->at(0)[0].text(), "ann");
    const auto log = community::list_audit(**database, {});
    EXPECT_EQ(log->at(0).action, "server.restore");
    EXPECT_EQ(log->at(0).digest, made->sha256);
    EXPECT_TRUE(community::verify_audit(**database));
  }
  EXPECT_EQ(community::list_audit(*database_, {})->at(0).action, "server.backup");
  EXPECT_THAT(leftovers(), testing::IsEmpty());
}

TEST_F(Backups, TouchNothingThatIsThere) {
  ASSERT_TRUE(back_up("one"));
  EXPECT_EQ(id_of(back_up("one")), "backup-exists");
  fakes::write_text(root_ / "full/file", "mine");
  EXPECT_EQ(id_of(restore("one", "full")), "data-not-empty");
  EXPECT_EQ(fakes::list_all(root_ / "full"), std::vector<std::string>{"file"});
  fs::create_directory(root_ / "empty");
  EXPECT_TRUE(restore("one", "empty"));
  EXPECT_EQ(id_of(back_up("data/inside")), "backup-inside-data");
  EXPECT_EQ(id_of(back_up("data/premium/inside")), "backup-inside-data");
  EXPECT_EQ(id_of(restore("none", "new")), "backup-missing");
  EXPECT_FALSE(fs::exists(root_ / "new"));
}

TEST_F(Backups, LeaveTheSecretOutWhenToldTo) {
  ASSERT_TRUE(write_backup({.data = data(),
                            .target = root_ / "one",
                            .catalog = std::nullopt,
                            .secrets = Secrets::without,
                            .program = "test",
                            .actor = "local:test"},
                           clock_));
  EXPECT_FALSE(fs::exists(root_ / "one/data/secret"));
  ASSERT_TRUE(restore("one", "two"));
  EXPECT_FALSE(fs::exists(root_ / "two/secret"));
}

TEST_F(Backups, OneWithoutItsPostgresIsRefused) {
  fakes::write_text(data() / "database", "postgresql://rbee@db/market\n");
  const auto refused = back_up("backup");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "backup-of-postgres");
  EXPECT_FALSE(fs::exists(root_ / "backup"));
}

TEST_F(Backups, WithoutADatabaseTheCatalogAlone) {
  database_.reset();
  for (const char* name : {"market.db", "market.db-wal", "market.db-shm"})
    fs::remove(data() / name);
  const auto made = back_up("one");
  ASSERT_TRUE(made) << describe(made.error());
  EXPECT_FALSE(made->has_database);
  EXPECT_TRUE(restore("one", "two"));
}

/// One changed, missing or added byte anywhere is found, and nothing is restored.
TEST_F(Backups, EveryDamageIsFound) {
  ASSERT_TRUE(back_up("one"));
  for (const std::string& file : fakes::list_all(root_ / "one")) {
    const fs::path path = root_ / "one" / file;
    if (!fs::is_regular_file(path)) continue;
    const std::string good = fakes::read_text(path);
    std::string flipped = good;
    flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
    for (const std::string& bad : {flipped, good.substr(0, good.size() - 1), std::string()}) {
      fakes::write_text(path, bad);
      const auto done = restore("one", "two");
      EXPECT_FALSE(done) << file << " with " << bad.size() << " bytes";
      EXPECT_FALSE(fs::exists(root_ / "two")) << file;
    }
    fs::remove(path);
    EXPECT_FALSE(restore("one", "two")) << file;
    EXPECT_FALSE(fs::exists(root_ / "two")) << file;
    fakes::write_text(path, good);
  }
  EXPECT_TRUE(restore("one", "two"));
  EXPECT_THAT(leftovers(), testing::IsEmpty());
}

/// A backup whose digests fit, and which lies: about the audit log, the catalog, where files go.
TEST_F(Backups, DigestsAreNotBelievedAlone) {
  ASSERT_TRUE(back_up("one"));
  const auto change = [&](const std::function<void(BackupManifest&)>& how) {
    fs::remove_all(root_ / "bad");
    fs::copy(root_ / "one", root_ / "bad", fs::copy_options::recursive);
    auto manifest = *read_manifest(root_ / "bad");
    how(manifest);
    std::sort(manifest.files.begin(), manifest.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    const std::string text = print_manifest(manifest);
    fakes::write_text(root_ / "bad/manifest.json", text);
    fakes::write_text(root_ / "bad/manifest.sha256", print_manifest_digest(text));
    const auto done = restore("bad", "two");
    EXPECT_FALSE(fs::exists(root_ / "two"));
    return id_of(done);
  };
  const auto add = [&](BackupManifest& manifest, const std::string& path) {
    // An absolute path is named and not written: it would be this machine's.
    if (!fs::path(path).is_absolute()) fakes::write_text(root_ / "bad" / path, "x");
    manifest.files.push_back({path, 1, Sha256::of("x").hex()});
  };
  for (const char* path :
       {"data/../../escaped", "../escaped", "/etc/passwd", "data/catalog.git/config",
        "data/market.db", "data/hooks/pre-receive", "other", "data//x", "data/./x", "data/lock"})
    EXPECT_EQ(change([&](auto& manifest) { add(manifest, path); }), "backup-damaged") << path;
  EXPECT_EQ(change([](auto& manifest) { manifest.commit = std::string(40, 'a'); }),
            "backup-damaged");
  EXPECT_EQ(change([](auto& manifest) { ++manifest.audit_entries; }), "backup-damaged");
  EXPECT_EQ(change([](auto& manifest) { manifest.audit_hash = std::string(64, 'a'); }),
            "backup-damaged");
  EXPECT_EQ(change([](auto& manifest) { manifest.files.clear(); }), "backup-damaged");
  // An audit entry that was changed in the database, with digests that fit.
  EXPECT_EQ(change([&](auto& manifest) {
              shell(
                  "sqlite3 bad/market.db \"drop trigger audit_no_update; update audit set "
                  "details = \\\"other\\\" where id = 1\" || python3 -c \"import sqlite3; d = "
                  "sqlite3.connect(\\\"bad/market.db\\\"); d.execute(\\\"drop trigger "
                  "audit_no_update\\\"); d.execute(\\\"update audit set details = 7777\\\"); "
                  "d.commit()\"");
              const std::string bytes = fakes::read_text(root_ / "bad/market.db");
              for (auto& file : manifest.files)
                if (file.path == "market.db")
                  file = {"market.db", bytes.size(), Sha256::of(bytes).hex()};
            }),
            "audit-chain-broken");
  // A link in place of a file.
  fs::remove_all(root_ / "bad");
  fs::copy(root_ / "one", root_ / "bad", fs::copy_options::recursive);
  fs::rename(root_ / "bad/market.db", root_ / "elsewhere");
  fs::create_symlink(root_ / "elsewhere", root_ / "bad/market.db");
  EXPECT_FALSE(restore("bad", "two"));
}

/// Writers go on; what comes back is of one moment: pairs that are written together are together.
TEST_F(Backups, AreOfOneMomentWhileOthersWrite) {
  ASSERT_TRUE(database_->migrate(
      "test", std::vector<platform::Migration>{{1,
                                                "CREATE TABLE pairs (id INTEGER PRIMARY KEY, "
                                                "a INTEGER NOT NULL) STRICT; CREATE TABLE twins "
                                                "(id INTEGER PRIMARY KEY) STRICT;"}}));
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (!stop) {
      auto transaction = database_->begin();
      const auto id = transaction->insert("INSERT INTO pairs (a) VALUES (1)");
      (void)transaction->execute("INSERT INTO twins (id) VALUES (?)", {*id});
      (void)community::append_audit(
          *transaction, {.at = clock_.now(), .actor = "w", .action = "test.write", .subject = "s"});
      if (transaction->commit()) ++written;
    }
  });
  for (int i = 0; i < 4; ++i) {
    const int before = written;
    while (written < before + 20) std::this_thread::yield();
    const std::string name = "b" + std::to_string(i);
    const auto made = back_up(name);
    EXPECT_TRUE(made) << (made ? "" : describe(made.error()));
    const auto restored = restore(name, name + ".data");
    EXPECT_TRUE(restored) << (restored ? "" : describe(restored.error()));
    if (!restored) continue;
    const auto copy = Database::open(root_ / (name + ".data") / "market.db");
    const auto rows = (*copy)->query(
        "SELECT (SELECT count(*) FROM pairs), (SELECT count(*) FROM twins), (SELECT count(*) FROM "
        "audit WHERE action = 'test.write')");
    EXPECT_EQ(rows->at(0)[0].integer(), rows->at(0)[1].integer());
    EXPECT_EQ(rows->at(0)[0].integer(), rows->at(0)[2].integer());
    EXPECT_GE(rows->at(0)[0].integer(), before + 20);
  }
  stop = true;
  writer.join();
}

/// kill -9 at many moments: the target is complete or not there.
TEST_F(Backups, AKillLeavesNothingThatLooksLikeABackup) {
  database_.reset();
  int complete = 0, absent = 0;
  for (int i = 0; i < 24; ++i) {
    const std::string name = "k" + std::to_string(i) + (i % 2 == 0 ? "" : ".tar.zst");
    const pid_t child = ::fork();
    if (child == 0) {
      (void)back_up(name);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(i * 12'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (fs::exists(root_ / name)) {
      ++complete;
      const auto verified = verify_backup(root_ / name, root_.path());
      EXPECT_TRUE(verified) << i << ": " << describe(verified.error());
    } else {
      ++absent;
    }
    // What the kill left has no manifest at its place, or is complete by its own.
    for (const std::string& left : leftovers()) {
      const auto done = restore(left, "from-leftover");
      EXPECT_FALSE(done) << left;
      fs::remove_all(root_ / left);
    }
  }
  EXPECT_GT(absent, 0);
  RecordProperty("complete", complete);
}

}  // namespace
}  // namespace rbee::ops

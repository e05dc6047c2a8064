// The database: what it keeps through a kill, what it gives back, what it refuses.
#include "platform/database.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::platform {
namespace {

constexpr Migration kSchema[] = {
    {1,
     "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, note TEXT) "
     "STRICT; CREATE INDEX things_note ON things (note)"},
    {2, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7"},
};

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() { open(); }
  void open() {
    db_.reset();
    auto opened = Database::open(file());
    if (!opened) throw std::runtime_error(describe(opened.error()));
    db_ = std::move(*opened);
    const auto migrated = db_->migrate("test", kSchema);
    if (!migrated) throw std::runtime_error(describe(migrated.error()));
  }
  std::filesystem::path file() const { return root_ / "market.db"; }
  std::int64_t count() const {
    return (*db_->query("SELECT count(*) FROM things"))[0][0].integer();
  }
  fakes::TempDir root_;
  std::unique_ptr<Database> db_;
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWere) {
  const std::string hostile = std::string("'); DROP TABLE things; --\0\xff", 27);
  auto transaction = db_->begin();
  ASSERT_TRUE(transaction);
  const auto id = transaction->insert("INSERT INTO things (name, note) VALUES (?, ?)",
                                      {std::string_view(hostile), nullptr});
  ASSERT_TRUE(id) << describe(id.error());
  EXPECT_EQ(*transaction->execute("UPDATE things SET size = ?", {std::int64_t{1} << 60}), 1);
  ASSERT_TRUE(transaction->commit());
  const auto rows = db_->query("SELECT name, note, size FROM things WHERE id = ?", {*id});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0][0].text(), hostile);
  EXPECT_TRUE((*rows)[0][1].is_null());
  EXPECT_EQ((*rows)[0][2].integer(), std::int64_t{1} << 60);
}

TEST_F(DatabaseTest, WhatIsNotCommittedIsUndone) {
  {
    auto transaction = db_->begin();
    ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"a"}));
    EXPECT_EQ(count(), 0);  // A reader beside it.
  }
  EXPECT_EQ(count(), 0);
  auto transaction = db_->begin();
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"a"}));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ARuleOfTheSchemaIsAnErrorOfItsOwn) {
  auto transaction = db_->begin();
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"a"}));
  const auto twice = transaction->insert("INSERT INTO things (name) VALUES (?)", {"a"});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().id, "database-constraint");
  EXPECT_EQ(twice.error().code, Errc::exists);
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"b"}));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(db_->query("SELECT nothing FROM things").error().id, "database-failed");
  EXPECT_EQ(db_->query("DELETE FROM things").error().id, "database-failed");  // A reader.
}

TEST_F(DatabaseTest, TheFileIsNobodyElses) {
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(DatabaseTest, RefusesWhatANewerProgramWrote) {
  const auto refused = db_->migrate("test", std::span(kSchema).first(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "database-too-new");
  open();  // The same schema again changes nothing.
  EXPECT_TRUE(db_->query("SELECT size FROM things"));
}

TEST_F(DatabaseTest, RefusesWhatIsNoDatabase) {
  fakes::write_text(root_ / "other", std::string(4096, 'x'));
  const auto opened = Database::open(root_ / "other");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().id, "database-corrupt");
  EXPECT_EQ(Database::open(root_ / "nowhere/market.db").error().id, "database-unopenable");
}

TEST_F(DatabaseTest, WritersWaitForEachOther) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this, i] {
      for (int k = 0; k < 25; ++k) {
        auto transaction = db_->begin();
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)",
                                        {std::to_string(i) + "/" + std::to_string(k)}));
        ASSERT_TRUE(transaction->commit());
        ASSERT_TRUE(db_->query("SELECT count(*) FROM things"));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count(), 100);
}

/// A child commits, says so through a pipe, and goes on; it is killed at a moment of ours. Every
/// row that it acknowledged must be there.
TEST_F(DatabaseTest, WhatWasAcknowledgedSurvivesAKill) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  db_.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    auto db = Database::open(file());
    for (std::int32_t i = 0; db; ++i) {
      auto transaction = (*db)->begin();
      if (!transaction || !transaction->insert("INSERT INTO things (name) VALUES (?)", {i}) ||
          !transaction->commit() || ::write(pipe_ends[1], &i, sizeof i) != sizeof i)
        ::_exit(1);
    }
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  std::int32_t last = -1, next = 0;
  while (last < 200 && ::read(pipe_ends[0], &next, sizeof next) == sizeof next) last = next;
  ::kill(child, SIGKILL);
  while (::read(pipe_ends[0], &next, sizeof next) == sizeof next) last = next;
  ::waitpid(child, nullptr, 0);
  ::close(pipe_ends[0]);
  open();
  EXPECT_GE(last, 200);
  EXPECT_GE(count(), last + 1);
  EXPECT_LE(count(), last + 2);
  EXPECT_EQ((*db_->query("PRAGMA integrity_check"))[0][0].text(), "ok");
}

}  // namespace
}  // namespace rbee::platform

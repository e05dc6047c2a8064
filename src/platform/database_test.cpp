// The database, on either product: what it keeps through a kill, what it gives back, what it
// refuses.
#include "platform/database.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "../../tests/fakes/each_database.hpp"

namespace rbee::platform::database_tests {
namespace {

constexpr Migration kSchema[] = {
    {1,
     "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, note TEXT) "
     "STRICT; CREATE INDEX things_note ON things (note)"},
    {2, "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7"},
};

class DatabaseTest : public fakes::EachDatabase {
 protected:
  DatabaseTest() { open(); }
  void open() {
    db_.reset();
    db_ = place_.open();
    const auto migrated = db_->migrate("test", kSchema);
    if (!migrated) throw std::runtime_error(describe(migrated.error()));
  }
  std::int64_t count() const {
    return (*db_->query("SELECT count(*) FROM things"))[0][0].integer();
  }
  std::unique_ptr<Database> db_;
};

TEST_P(DatabaseTest, ValuesComeBackAsTheyWere) {
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

TEST_P(DatabaseTest, WhatIsNotCommittedIsUndone) {
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

TEST_P(DatabaseTest, ARuleOfTheSchemaIsAnErrorOfItsOwn) {
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

TEST(SqliteTest, TheFileIsNobodyElses) {
  const fakes::DatabasePlace place(fakes::Product::sqlite);
  place.open();
  struct stat status {};
  ASSERT_EQ(::stat(place.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_P(DatabaseTest, RefusesWhatANewerProgramWrote) {
  const auto refused = db_->migrate("test", std::span(kSchema).first(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "database-too-new");
  open();  // The same schema again changes nothing.
  EXPECT_TRUE(db_->query("SELECT size FROM things"));
}

TEST(SqliteTest, RefusesWhatIsNoDatabase) {
  const fakes::TempDir root;
  fakes::write_text(root / "other", std::string(4096, 'x'));
  const auto opened = Database::open(root / "other");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().id, "database-corrupt");
  EXPECT_EQ(Database::open(root / "nowhere/market.db").error().id, "database-unopenable");
}

TEST_P(DatabaseTest, WritersWaitForEachOther) {
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
TEST_P(DatabaseTest, WhatWasAcknowledgedSurvivesAKill) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  db_.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    auto db = place_.try_open();
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
  if (GetParam() == fakes::Product::sqlite) {
    EXPECT_EQ((*db_->query("PRAGMA integrity_check"))[0][0].text(), "ok");
  }
}

TEST_P(DatabaseTest, AStatementThatIsRefusedUndoesNothingElse) {
  auto transaction = db_->begin();
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"a"}));
  EXPECT_EQ(transaction->execute("UPDATE things SET nothing = 1").error().id, "database-failed");
  EXPECT_EQ(transaction->insert("INSERT INTO things (name) VALUES (?)", {nullptr}).error().id,
            "database-constraint");
  EXPECT_EQ(*transaction->execute("UPDATE things SET note = ? WHERE name = ?", {"n", "a"}), 1);
  EXPECT_EQ((*transaction->query("SELECT note FROM things"))[0][0].text(), "n");
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ((*db_->query("SELECT note FROM things"))[0][0].text(), "n");
}

TEST_P(DatabaseTest, CountsAndIdsAreOfThisStatement) {
  auto transaction = db_->begin();
  const auto first = transaction->insert("INSERT INTO things (name) VALUES ('a')");
  const auto second = transaction->insert("INSERT INTO things (name) VALUES ('b')");
  EXPECT_GT(*second, *first);
  EXPECT_EQ(*transaction->insert("INSERT INTO things (name) SELECT name FROM things WHERE id < 0"),
            0);
  EXPECT_EQ(*transaction->execute("DELETE FROM things WHERE id < ?", {0}), 0);
  EXPECT_EQ(
      *transaction->execute("INSERT INTO things (name) VALUES ('a') ON CONFLICT (name) DO NOTHING"),
      0);
  EXPECT_EQ(*transaction->execute("DELETE FROM things"), 2);
}

TEST_P(DatabaseTest, AnswersHaveTheSameTypes) {
  auto transaction = db_->begin();
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name, size) VALUES ('a', 3)"));
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name, size) VALUES ('b', ?)", {4}));
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name, size) VALUES (?, ?)", {17, 4}));
  const auto rows = transaction->query(
      "SELECT sum(size), count(*), max(name), length(name) > 0, note FROM things WHERE name = '17' "
      "GROUP BY name, note");
  ASSERT_TRUE(rows) << describe(rows.error());
  for (int i : {0, 1, 3})
    EXPECT_NE((*rows)[0][static_cast<std::size_t>(i)].as_integer(), nullptr) << i;
  EXPECT_EQ((*rows)[0][0].integer(), 4);
  EXPECT_EQ((*rows)[0][2].text(), "17");
  EXPECT_EQ((*rows)[0][3].integer(), 1);
  EXPECT_TRUE((*rows)[0][4].is_null());
}

TEST_P(DatabaseTest, TextsAreOrderedByTheirBytes) {
  auto transaction = db_->begin();
  for (const char* name : {"b", "a-c", "B", "ab", "\xC3\xA4", "a", "\xff", "_"})
    ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {name}));
  std::string order;
  const auto rows = transaction->query("SELECT name FROM things ORDER BY name");
  ASSERT_TRUE(rows);
  for (const SqlRow& row : *rows) order += row[0].text() + " ";
  EXPECT_EQ(order, "B _ a a-c ab b \xC3\xA4 \xff ");
  EXPECT_EQ(transaction->query("SELECT 1 FROM things WHERE name > 'a' AND name < 'b'")->size(), 2u);
}

/// Read, decide, write: what every service of ours does.
TEST_P(DatabaseTest, NobodyWritesBetweenReadingAndWriting) {
  {
    auto transaction = db_->begin();
    ASSERT_TRUE(transaction->insert("INSERT INTO things (name, size) VALUES ('sum', 0)"));
    ASSERT_TRUE(transaction->commit());
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this] {
      // As another process would have it.
      const auto other = place_.open();
      for (int k = 0; k < 25; ++k) {
        auto transaction = other->begin();
        ASSERT_TRUE(transaction) << describe(transaction.error());
        const auto now = transaction->query("SELECT size FROM things WHERE name = 'sum'");
        ASSERT_TRUE(now);
        ASSERT_TRUE(transaction->execute("UPDATE things SET size = ? WHERE name = 'sum'",
                                         {(*now)[0][0].integer() + 1}));
        ASSERT_TRUE(transaction->commit());
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((*db_->query("SELECT size FROM things"))[0][0].integer(), 100);
}

TEST_P(DatabaseTest, ManyReadersAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 40; ++i)
    threads.emplace_back([this] {
      for (int k = 0; k < 10; ++k) ASSERT_TRUE(db_->query("SELECT count(*) FROM things"));
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_P(DatabaseTest, SeveralProgramsMayBringTheSchemaUpAtOnce) {
  constexpr Migration kOther[] = {{1, "CREATE TABLE others (id INTEGER PRIMARY KEY) STRICT"}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      const auto other = place_.open();
      const auto migrated = other->migrate("other", kOther);
      EXPECT_TRUE(migrated) << describe(migrated.error());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(db_->query("SELECT id FROM others"));
}

TEST_P(DatabaseTest, ASchemaThatFailsChangesNothing) {
  constexpr Migration kBad[] = {{1, "CREATE TABLE fine (id INTEGER PRIMARY KEY) STRICT"},
                                {2, "CREATE INDEX bad ON nowhere (id)"}};
  const auto failed = db_->migrate("bad", kBad);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().id, "database-failed");
  EXPECT_NE(failed.error().message.find("'bad' cannot be brought to 2"), std::string::npos);
  EXPECT_FALSE(db_->query("SELECT id FROM fine"));
  EXPECT_TRUE(db_->migrate("bad", std::span(kBad).first(1)));
}

TEST_P(DatabaseTest, ANamedLockIsOneHolders) {
  auto held = db_->lock("merge", std::chrono::milliseconds(0));
  ASSERT_TRUE(held) << describe(held.error());
  EXPECT_FALSE(*db_->try_lock("merge"));
  EXPECT_TRUE(*db_->try_lock("another"));
  EXPECT_EQ(db_->lock("merge", std::chrono::milliseconds(20)).error().id, "database-busy");
  if (db_->is_shared()) {
    EXPECT_FALSE(*place_.open()->try_lock("merge"));
  }
  { const auto gone = std::move(*held); }
  EXPECT_TRUE(*db_->try_lock("merge"));
}

RBEE_EACH_DATABASE(DatabaseTest);

}  // namespace
}  // namespace rbee::platform::database_tests
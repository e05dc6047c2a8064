// A schema that grows: the copy from before, what a failed step leaves, and who may read it after.
#include <gtest/gtest.h>

#include <array>

#include "../../tests/fakes/temp_dir.hpp"
#include "platform/database.hpp"
#include "platform/database_copy.hpp"

namespace rbee::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::array<Migration, 1> kFirst = {
    {{1, "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT"}}};
constexpr std::array<Migration, 2> kSecond = {
    {kFirst[0], {2, "CREATE TABLE b (id INTEGER PRIMARY KEY) STRICT; INSERT INTO b VALUES (7)"}}};
constexpr std::array<Migration, 2> kBroken = {
    {kFirst[0],
     {2, "CREATE TABLE b (id INTEGER PRIMARY KEY) STRICT; INSERT INTO nowhere VALUES (1)"}}};

std::unique_ptr<Database> open(const fs::path& path) {
  auto opened = Database::open(path);
  if (!opened) throw std::runtime_error(describe(opened.error()));
  return std::move(*opened);
}

class Upgrades : public testing::Test {
 protected:
  Upgrades() {
    const auto database = open(path_);
    if (!database->migrate("x", kFirst)) throw std::runtime_error("schema");
    auto transaction = database->begin();
    (void)transaction->insert("INSERT INTO a (id) VALUES (42)");
    if (!transaction->commit()) throw std::runtime_error("row");
  }
  static std::int64_t version(const Database& database) {
    return database.query("SELECT number FROM schema_versions WHERE component = 'x'")
        ->at(0)[0]
        .integer();
  }
  fakes::TempDir root_;
  fs::path path_ = root_ / "market.db";
  fs::path kept_ = root_ / "market.db.before-upgrade";
};

TEST_F(Upgrades, ANewDatabaseHasNothingToKeep) {
  EXPECT_FALSE(fs::exists(kept_));
  const auto again = open(path_);
  ASSERT_TRUE(again->migrate("x", kFirst));
  EXPECT_FALSE(fs::exists(kept_));  // Nothing was changed.
}

TEST_F(Upgrades, TheDatabaseIsKeptAsItWas) {
  {
    const auto database = open(path_);
    ASSERT_TRUE(database->migrate("x", kSecond));
    EXPECT_EQ(version(*database), 2);
  }
  ASSERT_TRUE(check_database(kept_));
  EXPECT_EQ(fs::status(kept_).permissions(), fs::perms(0600));
  // The older program goes on with the copy.
  fs::rename(kept_, path_);
  for (const char* log : {"-wal", "-shm"}) fs::remove(path_.string() + log);
  const auto older = open(path_);
  EXPECT_EQ(version(*older), 1);
  ASSERT_TRUE(older->migrate("x", kFirst));
  EXPECT_EQ(older->query("SELECT id FROM a")->at(0)[0].integer(), 42);
}

TEST_F(Upgrades, AStepThatFailsChangesNothingAndSaysWhich) {
  {
    const auto database = open(path_);
    const auto failed = database->migrate("x", kBroken);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().id, "database-failed");
    EXPECT_NE(failed.error().message.find("the schema of 'x' cannot be brought to 2"),
              std::string::npos);
    EXPECT_EQ(version(*database), 1);
    EXPECT_FALSE(database->query("SELECT * FROM b"));
  }
  const auto database = open(path_);
  EXPECT_TRUE(database->migrate("x", kSecond));
  EXPECT_EQ(database->query("SELECT id FROM b")->at(0)[0].integer(), 7);
  EXPECT_EQ(database->migrate("x", kFirst).error().id, "database-too-new");
}

TEST_F(Upgrades, WithoutACopyNothingIsChanged) {
  // Something that cannot be replaced stands where the copy would.
  fs::create_directories(kept_ / "full");
  {
    const auto database = open(path_);
    const auto refused = database->migrate("x", kSecond);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().id, "database-copy-failed");
    EXPECT_EQ(version(*database), 1);
  }
  EXPECT_FALSE(fs::exists(root_ / "market.db.before-upgrade.new"));
  fs::remove_all(kept_);
  EXPECT_TRUE(open(path_)->migrate("x", kSecond));
}

TEST_F(Upgrades, DamageIsFound) {
  ASSERT_TRUE(check_database(path_));
  const fs::path copy = root_ / "copy.db";
  ASSERT_TRUE(copy_database(path_, copy));
  EXPECT_FALSE(copy_database(path_, copy));  // Never over something.
  std::string bytes = fakes::read_text(copy);
  bytes.replace(4096, 200, std::string(200, '\xff'));
  fakes::write_text(copy, bytes);
  EXPECT_FALSE(check_database(copy));
  fakes::write_text(copy, "not a database at all, but a text that is long enough");
  EXPECT_FALSE(check_database(copy));
}

}  // namespace
}  // namespace rbee::platform

// A fresh database of either product for each test: a SQLite file, or a schema of a PostgreSQL
// server.
//
// The server is started at the first use, once for a test program (postgres-server beside this),
// and ends with it, however that ends. Where PostgreSQL is not installed the tests fail; they are
// never skipped. Use: class X : public fakes::EachDatabase; TEST_P(X, …); RBEE_EACH_DATABASE(X);
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "platform/database.hpp"
#include "temp_dir.hpp"

namespace rbee::fakes {

class PostgresServer {
 public:
  /// `setting`: "--durable", or NAME=VALUE for the server.
  explicit PostgresServer(const char* setting = "log_min_messages=fatal") {
    int to[2], from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      const char* program = RBEE_SOURCE_DIR "/tests/fakes/postgres-server";
      ::execl(program, program, setting, nullptr);
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    orders_ = to[1];
    answers_ = from[0];
    url_ = line();
  }
  ~PostgresServer() {
    ::close(orders_);
    ::close(answers_);
    ::waitpid(child_, nullptr, 0);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// "postgresql://rbee:PASSWORD@127.0.0.1:PORT/postgres", of a superuser.
  const std::string& url() const { return url_; }
  /// Killed as by a power cut, and started again: returns when it answers.
  void crash() {
    begin_crash();
    url_ = line();
  }
  /// The same, but the caller does not wait; `crash_is_over` does.
  void begin_crash() {
    if (::write(orders_, "crash\n", 6) != 6) throw std::runtime_error("the server is gone");
  }
  void crash_is_over() { url_ = line(); }

  /// A new, empty schema in it.
  std::string fresh_url() const {
    static std::atomic<int> count = 0;
    const std::string schema = "test_" + std::to_string(++count);
    auto database = platform::Database::connect(url_);
    if (!database) throw std::runtime_error(describe(database.error()));
    auto transaction = (*database)->begin();
    if (!transaction || !transaction->execute("CREATE SCHEMA " + schema) || !transaction->commit())
      throw std::runtime_error("no schema");
    return url_ + "?options=-csearch_path%3D" + schema;
  }

 private:
  std::string line() const {
    std::string text;
    char c = 0;
    while (::read(answers_, &c, 1) == 1 && c != '\n') text += c;
    if (text.empty()) throw std::runtime_error("tests/fakes/postgres-server failed");
    return text;
  }
  pid_t child_ = 0;
  int orders_ = -1, answers_ = -1;
  std::string url_;
};

/// The one server of a test program.
inline const PostgresServer& postgres_server() {
  static const PostgresServer server;
  return server;
}

enum class Product { sqlite, postgres };

/// Where one database is; it may be opened several times.
class DatabasePlace {
 public:
  explicit DatabasePlace(Product product) : product_(product) {
    if (product == Product::postgres) url_ = postgres_server().fresh_url();
  }
  Result<std::unique_ptr<platform::Database>> try_open() const {
    return product_ == Product::postgres ? platform::Database::connect(url_)
                                         : platform::Database::open(file());
  }
  std::unique_ptr<platform::Database> open() const {
    auto opened = try_open();
    if (!opened) throw std::runtime_error(describe(opened.error()));
    return std::move(*opened);
  }
  /// Everything that it holds: of the file and its log, or of all rows.
  std::string bytes() const {
    if (product_ == Product::sqlite) return read_text(file()) + read_text(file().string() + "-wal");
    const auto database = open();
    std::string all;
    const auto tables = database->query(
        "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = current_schema()");
    if (!tables) throw std::runtime_error(describe(tables.error()));
    for (const platform::SqlRow& table : *tables) {
      const auto rows = database->query("SELECT CAST(t AS text) FROM " + table[0].text() + " AS t");
      if (!rows) throw std::runtime_error(describe(rows.error()));
      for (const platform::SqlRow& row : *rows) all += row[0].text() + "\n";
    }
    return all;
  }
  std::filesystem::path file() const { return root_ / "market.db"; }
  const std::string& url() const { return url_; }
  Product product() const { return product_; }

 private:
  Product product_;
  TempDir root_;
  std::string url_;
};

class EachDatabase : public ::testing::TestWithParam<Product> {
 protected:
  const DatabasePlace place_{GetParam()};
};

inline std::string product_name(const ::testing::TestParamInfo<Product>& info) {
  return info.param == Product::postgres ? "postgres" : "sqlite";
}

#define RBEE_EACH_DATABASE(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(                                                                \
      Each, suite,                                                                         \
      ::testing::Values(::rbee::fakes::Product::sqlite, ::rbee::fakes::Product::postgres), \
      ::rbee::fakes::product_name)

}  // namespace rbee::fakes

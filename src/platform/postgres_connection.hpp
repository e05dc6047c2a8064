// One connection to a PostgreSQL server, and the statements that it prepared.
//
// Reads and writes one socket; one thread at a time. Source: PostgreSQL 15 manual, chapter 34
// (libpq), pipeline mode 34.5, error codes appendix A.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/database_engine.hpp"
#include "platform/libpq_api.hpp"

namespace rbee::platform {

/// Where the server is, and as whom.
class PostgresAddress {
 public:
  /// Errors: Errc::usage "database-url-invalid"; Errc::failed "library-missing".
  static Result<PostgresAddress> parse(const std::string& url);
  /// "postgresql://rbee@db.example:5432/market": never the password.
  const std::string& display() const { return display_; }

 private:
  friend class PostgresConnection;
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::string display_;
};

class PostgresConnection {
 public:
  enum class Use { reads, writes };
  /// Errors: as Database::connect.
  static Result<PostgresConnection> open(const PostgresAddress& address, Use use);

  struct Statement {
    std::string_view sql;
    SqlSpan parameters = {};
    bool is_kept = true;  ///< Prepared once, for those that come again.
  };
  /// All of them in one round trip; the outcome of each. Those after one that fails are not run.
  /// Not atomic by itself: BEGIN and SAVEPOINT are statements like others.
  Result<std::vector<SqlOutcome>> run(const std::vector<Statement>& statements);
  Result<SqlOutcome> run_one(std::string_view sql, SqlSpan parameters = {}, bool is_kept = true);
  /// Several statements without parameters in one text.
  Result<void> run_script(const std::string& sql);
  /// False when the server closed it, or the network did.
  bool is_alive() const { return PQstatus(handle_.get()) == CONNECTION_OK; }

 private:
  struct Close {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  explicit PostgresConnection(PGconn* handle) : handle_(handle) {}
  /// Its name on the server; `is_new` when it has to be prepared first.
  std::string statement_name(const Statement& statement, bool& is_new);
  bool send(const Statement& statement, std::vector<bool>& yields_outcome);
  tl::unexpected<Error> failure(const PGresult* result) const;

  std::unique_ptr<PGconn, Close> handle_;
  /// By text and types of parameters.
  std::unordered_map<std::string, std::string> prepared_;
  std::vector<std::string> fresh_;  ///< Keys that came in the present `run`.
  int names_ = 0;                   ///< That were ever used.
};

}  // namespace rbee::platform

// What stands behind platform::Database: one class for each product.
//
// Only database*.cpp include this.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "platform/database.hpp"

namespace rbee::platform {

using SqlSpan = std::span<const SqlValue>;

/// What a statement did.
struct SqlOutcome {
  SqlRows rows = {};
  std::int64_t changed = 0;  ///< Rows.
  bool is_rollback = false;  ///< A COMMIT that became one.
  std::int64_t id = 0;       ///< Of the row that an INSERT made; 0 when it made none.
};

/// Errors are those that database.hpp names.
class DatabaseEngine {
 public:
  enum class Wants { rows, count, id };

  virtual ~DatabaseEngine() = default;
  virtual std::string name() const = 0;
  virtual bool is_shared() const = 0;

  /// The right to write, until `commit` succeeds or `rollback` is called by the same thread.
  virtual Result<void> begin() = 0;
  virtual Result<SqlOutcome> run(std::string_view sql, SqlSpan parameters, Wants wants) = 0;
  /// Statements of a schema, without parameters.
  virtual Result<void> run_schema(const Migration& migration) = 0;
  virtual Result<void> commit() = 0;
  virtual void rollback() = 0;

  virtual Result<SqlRows> read(std::string_view sql, SqlSpan parameters) = 0;

  /// nullptr when another holds it; who holds the pointer holds the lock.
  virtual Result<std::shared_ptr<void>> try_lock(std::string_view name) = 0;
};

Result<std::unique_ptr<DatabaseEngine>> open_sqlite(const std::filesystem::path& path);
Result<std::unique_ptr<DatabaseEngine>> connect_postgres(const std::string& url);

}  // namespace rbee::platform

#include "platform/postgres_connection.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/text.hpp"
#include "platform/sql_dialect.hpp"

namespace rbee::platform {

namespace {

// pg_type.dat: types that our columns and expressions have.
constexpr Oid kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kNumeric = 1700;
constexpr std::size_t kPreparedMax = 1000;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, Clear>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// One line of what libpq or the server says, without its newline.
std::string said(const char* text) {
  return printable_line(trim(std::string_view(text == nullptr ? "" : text)));
}

/// Settings that every connection has, whatever the server's defaults are. A statement waits 10 s
/// for a lock. What is acknowledged is on the disk. Nobody keeps the right to write while asleep.
constexpr const char* kSettings =
    "SET standard_conforming_strings = on; SET lock_timeout = '10s'; "
    "SET default_transaction_isolation = 'read committed'; "
    "SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning; "
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'";
constexpr const char* kReadOnly = "SET default_transaction_read_only = on";

SqlValue value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case kBool:  // As SQLite has it.
      return text == "t" ? 1 : 0;
    case kInt8:
    case kInt4:
    case kInt2:
    case kNumeric: {  // What sum() of integers gives.
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc() && end == text.data() + text.size()) return value;
      return text;
    }
    default:
      return from_postgres_text(text);
  }
}

SqlOutcome outcome_of(const PGresult* result) {
  SqlOutcome outcome;
  const int rows = PQntuples(result), columns = PQnfields(result);
  outcome.rows.reserve(static_cast<std::size_t>(rows));
  for (int r = 0; r < rows; ++r) {
    SqlRow& row = outcome.rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) row.push_back(value_of(result, r, c));
  }
  outcome.is_rollback = std::string_view(PQcmdStatus(const_cast<PGresult*>(result))) == "ROLLBACK";
  const std::string_view changed = PQcmdTuples(const_cast<PGresult*>(result));
  std::from_chars(changed.data(), changed.data() + changed.size(), outcome.changed);
  return outcome;
}

bool is_good(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/// Texts of parameters, alive while they are sent. libpq reads '\0'-ended text; ours has no '\0'.
struct Bound {
  explicit Bound(SqlSpan parameters) {
    texts.reserve(parameters.size());
    for (const SqlValue& value : parameters) {
      if (const std::string* text = value.as_text())
        texts.push_back(to_postgres_text(*text));
      else
        texts.push_back(value.text());
      pointers.push_back(value.is_null() ? nullptr : texts.back().c_str());
    }
  }
  int count() const { return static_cast<int>(pointers.size()); }
  std::vector<std::string> texts;
  std::vector<const char*> pointers;
};

std::vector<Oid> types_of(SqlSpan parameters) {
  std::vector<Oid> types;
  for (const SqlValue& value : parameters)
    types.push_back(value.as_integer() != nullptr ? kInt8 : value.as_text() != nullptr ? kText : 0);
  return types;
}

}  // namespace

Result<PostgresAddress> PostgresAddress::parse(const std::string& url) {
  TRY(load_libpq());
  const auto invalid = [](std::string evidence) {
    return fail(Errc::usage, "database-url-invalid", "the database's URL cannot be read",
                {.evidence = {std::move(evidence)},
                 .fix = "write postgresql://USER@HOST:PORT/NAME; the password goes into a file "
                        "(docs/storage.md)"});
  };
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
    return invalid("it does not begin with postgresql://");
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), &reason));
  if (options == nullptr) {
    // libpq's reason repeats the URL, and with it the password.
    PQfreemem(reason);
    return invalid("libpq does not understand it");
  }
  PostgresAddress address;
  std::string host, port, name, user;
  for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each) {
    if (each->val == nullptr) continue;
    address.parameters_.emplace_back(each->keyword, each->val);
    const std::string_view key = each->keyword;
    if (key == "host") host = each->val;
    if (key == "hostaddr" && host.empty()) host = each->val;
    if (key == "port") port = each->val;
    if (key == "dbname") name = each->val;
    if (key == "user") user = each->val;
  }
  const auto unless_set = [&](std::string_view key, std::string_view value) {
    for (const auto& [each, given] : address.parameters_)
      if (each == key) return;
    address.parameters_.emplace_back(key, value);
  };
  unless_set("application_name", "rbee-market");
  unless_set("connect_timeout", "5");
  // A server that vanished is noticed in seconds, not in the kernel's two hours.
  unless_set("keepalives_idle", "10");
  unless_set("keepalives_interval", "5");
  unless_set("keepalives_count", "3");
  unless_set("tcp_user_timeout", "20000");
  std::erase_if(address.parameters_,
                [](const auto& each) { return each.first == "client_encoding"; });
  address.parameters_.emplace_back("client_encoding", "UTF8");
  address.display_ =
      printable_line(fmt::format("postgresql://{}{}{}{}/{}", user, user.empty() ? "" : "@", host,
                                 port.empty() ? "" : ":" + port, name));
  return address;
}

Result<PostgresConnection> PostgresConnection::open(const PostgresAddress& address, Use use) {
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : address.parameters_) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  const auto dial = [&] { return PQconnectdbParams(keys.data(), values.data(), 0); };
  const auto accepts = [&] { return PQpingParams(keys.data(), values.data(), 0) == PQPING_OK; };
  PostgresConnection connection(dial());
  // It may have been starting, and be there by now: who accepts others twice and us not, means us.
  bool is_refused = false;
  if (connection.handle_ != nullptr && !connection.is_alive() && accepts()) {
    connection.handle_.reset(dial());
    is_refused = connection.handle_ != nullptr && !connection.is_alive() && accepts();
  }
  PGconn* handle = connection.handle_.get();
  if (handle == nullptr) return fail(Errc::failed, "database-failed", "libpq has no memory");
  if (!connection.is_alive()) {
    const std::string reason = said(PQerrorMessage(handle));
    if (is_refused && reason.find("too many") == std::string::npos &&
        reason.find("remaining connection slots") == std::string::npos)
      return fail(Errc::io, "database-unopenable",
                  fmt::format("the database {} does not let us in", address.display()),
                  {.evidence = {reason},
                   .fix = "check user, password and database: psql '" + address.display() + "'"});
    return fail(Errc::unreachable, "database-unreachable",
                fmt::format("the database {} cannot be reached", address.display()),
                {.evidence = {reason}, .fix = "start PostgreSQL there, or correct the URL"});
  }
  PQsetNoticeProcessor(
      handle, [](void*, const char*) {}, nullptr);
  const auto refuse = [&](std::string what, std::string fix) {
    return fail(Errc::io, "database-unopenable",
                fmt::format("the database {} cannot be used", address.display()),
                {.evidence = {std::move(what)}, .fix = std::move(fix)});
  };
  constexpr int kVersionMin = 130000;  // pg_current_xact_id, uncountable fixes; Debian 12 has 15.
  if (PQserverVersion(handle) < kVersionMin)
    return refuse(fmt::format("it is PostgreSQL {}", PQserverVersion(handle) / 10000),
                  "upgrade it to PostgreSQL 13 or newer");
  const char* encoding = PQparameterStatus(handle, "server_encoding");
  if (encoding == nullptr || std::strcmp(encoding, "UTF8") != 0)
    return refuse(fmt::format("its encoding is {}", said(encoding)),
                  "make one: createdb --encoding UTF8 --template template0 NAME");
  TRY(connection.run_script(kSettings));
  if (use == Use::reads) TRY(connection.run_script(kReadOnly));
  return connection;
}

tl::unexpected<Error> PostgresConnection::failure(const PGresult* result) const {
  const auto field = [&](int code) -> std::string {
    const char* text = result == nullptr ? nullptr : PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
  };
  const std::string state = field(PG_DIAG_SQLSTATE);
  std::string reason = said(field(PG_DIAG_MESSAGE_PRIMARY).c_str());
  if (reason.empty() && result != nullptr) reason = said(PQresultErrorMessage(result));
  if (reason.empty()) reason = said(PQerrorMessage(handle_.get()));
  if (!state.empty()) reason += fmt::format(" ({})", state);
  // 08: connection; 57P01, 57P02, 57P03: the server stops or starts; 25P03: we slept too long.
  if (!is_alive() || state.starts_with("08") || state.starts_with("57P0") || state == "25P03")
    return fail(Errc::unreachable, "database-unreachable", "the database went away",
                {.evidence = {reason}, .fix = "try again"});
  if (state.starts_with("23"))
    return fail(Errc::exists, "database-constraint",
                "the database refuses a statement: a rule of the database refuses it",
                {.evidence = {reason}});
  if (state == "55P03" || state == "40P01")
    return fail(Errc::io, "database-busy", "the database is busy: another process holds it",
                {.evidence = {reason}, .fix = "end the other process, or try again"});
  return fail(Errc::io, "database-failed", "the database refuses a statement",
              {.evidence = {reason}});
}

Result<void> PostgresConnection::run_script(const std::string& sql) {
  const ResultHandle result(PQexec(handle_.get(), sql.c_str()));
  const bool is_empty = result != nullptr && PQresultStatus(result.get()) == PGRES_EMPTY_QUERY;
  if (result == nullptr || (!is_good(result.get()) && !is_empty)) return failure(result.get());
  return {};
}

std::string PostgresConnection::statement_name(const Statement& statement, bool& is_new) {
  std::string key;
  for (const Oid type : types_of(statement.parameters))
    key += type == kInt8 ? 'i' : type == kText ? 't' : 'n';
  key += ' ';
  key += statement.sql;
  if (const auto found = prepared_.find(key); found != prepared_.end()) return found->second;
  is_new = true;
  std::string name = fmt::format("s{}", ++names_);
  fresh_.push_back(key);
  prepared_.emplace(std::move(key), name);
  return name;
}

bool PostgresConnection::send(const Statement& statement, std::vector<bool>& yields_outcome) {
  PGconn* handle = handle_.get();
  const Bound bound(statement.parameters);
  if (!statement.is_kept || prepared_.size() >= kPreparedMax) {
    const std::vector<Oid> types = types_of(statement.parameters);
    yields_outcome.push_back(true);
    return PQsendQueryParams(handle, numbered_parameters(statement.sql).c_str(), bound.count(),
                             types.data(), bound.pointers.data(), nullptr, nullptr, 0) == 1;
  }
  bool is_new = false;
  const std::string name = statement_name(statement, is_new);
  if (is_new) {
    const std::vector<Oid> types = types_of(statement.parameters);
    yields_outcome.push_back(false);
    if (PQsendPrepare(handle, name.c_str(), numbered_parameters(statement.sql).c_str(),
                      bound.count(), types.data()) != 1)
      return false;
  }
  yields_outcome.push_back(true);
  return PQsendQueryPrepared(handle, name.c_str(), bound.count(), bound.pointers.data(), nullptr,
                             nullptr, 0) == 1;
}

Result<std::vector<SqlOutcome>> PostgresConnection::run(const std::vector<Statement>& statements) {
  PGconn* handle = handle_.get();
  if (PQenterPipelineMode(handle) != 1) return failure(nullptr);
  std::vector<bool> yields_outcome;
  bool is_sent = true;
  fresh_.clear();
  for (const Statement& statement : statements)
    is_sent = is_sent && send(statement, yields_outcome);
  is_sent = is_sent && PQpipelineSync(handle) == 1;
  std::vector<SqlOutcome> outcomes;
  std::optional<Error> error;
  if (!is_sent) error = failure(nullptr).value();
  for (std::size_t i = 0; is_sent && i < yields_outcome.size() && is_alive(); ++i) {
    while (const ResultHandle result{PQgetResult(handle)}) {
      if (error || PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) continue;
      if (!is_good(result.get()))
        error = failure(result.get()).value();
      else if (yields_outcome[i])
        outcomes.push_back(outcome_of(result.get()));
    }
  }
  while (is_sent && is_alive()) {  // Up to the answer to our Sync.
    const ResultHandle result{PQgetResult(handle)};
    if (result == nullptr || PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) break;
  }
  if (!is_alive() || PQexitPipelineMode(handle) != 1) {
    if (!error || error->id != "database-unreachable") error = failure(nullptr).value();
  }
  if (!error) return outcomes;
  // The server may know these or not; under another name nothing can go wrong.
  for (const std::string& key : fresh_) prepared_.erase(key);
  return tl::unexpected(std::move(*error));
}

Result<SqlOutcome> PostgresConnection::run_one(std::string_view sql, SqlSpan parameters,
                                               bool is_kept) {
  TRY_ASSIGN(auto outcomes, run({Statement{sql, parameters, is_kept}}));
  return std::move(outcomes.front());
}

}  // namespace rbee::platform

#include "community/switches.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "community/audit.hpp"

namespace rbee::community {

namespace {

constexpr std::size_t kReasonBytesMax = 500;

constexpr std::pair<std::string_view, std::string_view> kSwitches[] = {
    {"sign-up", "making accounts"},
    {"adoption", "asking for orphaned workers, and granting them"},
    {"submissions", "pushing new submissions"},
    {"publish", "merging approved submissions into the catalog"},
    {"reviews", "writing ratings and comments"},
};

constexpr platform::Migration kSwitchesMigrations[] = {
    {1, R"sql(
CREATE TABLE switches (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)),
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;
)sql"},
};

}  // namespace

Result<void> prepare_switches(platform::Database& database) {
  return database.migrate("switches", kSwitchesMigrations);
}

Result<std::vector<Switch>> list_switches(const platform::Database& database) {
  TRY_ASSIGN(const auto rows,
             database.query("SELECT name, frozen, reason, actor, since FROM switches ORDER BY id"));
  std::vector<Switch> all;
  for (const auto& [name, summary] : kSwitches) {
    Switch each{std::string(name), std::string(summary)};
    for (const auto& row : rows) {
      if (row[0].text() != name) continue;
      each.frozen = row[1].integer() == 1;
      each.reason = row[2].text();
      each.actor = row[3].text();
      each.since = Time(std::chrono::seconds(row[4].integer()));
    }
    all.push_back(std::move(each));
  }
  return all;
}

Result<Switch> turn_switch(platform::Database& database, const Clock& clock, std::string_view name,
                           bool frozen, std::string_view reason, std::string_view actor) {
  std::vector<std::string> names;
  for (const auto& [known, summary] : kSwitches) names.emplace_back(known);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const auto near = did_you_mean(name, names);
    return fail(Errc::not_found, "switch-unknown",
                fmt::format("there is no switch '{}'", printable_line(name.substr(0, 60))),
                {.fix = near ? fmt::format("did you mean '{}'?", *near)
                             : "switches are sign-up, adoption, submissions, publish and reviews"});
  }
  if (trim(reason).empty())
    return fail(Errc::policy, "reason-missing", "this needs a reason",
                {.why = "people see it, and the audit log keeps it"});
  if (reason.size() > kReasonBytesMax || !is_utf8(reason))
    return fail(Errc::policy, "reason-long",
                fmt::format("a reason is at most {} bytes of UTF-8", kReasonBytesMax));
  const std::string clean = printable_line(trim(reason));
  TRY_ASSIGN(platform::Transaction transaction, database.begin());
  const Time now = clock.now();
  TRY(transaction.execute(
      "INSERT INTO switches (name, frozen, reason, actor, since) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (name) DO UPDATE SET frozen = excluded.frozen, reason = excluded.reason, "
      "actor = excluded.actor, since = excluded.since",
      {name, frozen ? 1 : 0, frozen ? clean : std::string(), actor,
       now.time_since_epoch().count()}));
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = frozen ? "switch.freeze" : "switch.thaw",
                                 .subject = fmt::format("switch:{}", name),
                                 .details = clean}));
  TRY(transaction.commit());
  TRY_ASSIGN(const auto all, list_switches(database));
  for (const Switch& each : all)
    if (each.name == name) return each;
  return fail(Errc::failed, "switch-lost", "the switch is gone again");
}

Result<void> require_thawed(const platform::Database& database, std::string_view name) {
  TRY_ASSIGN(
      const auto rows,
      database.query("SELECT reason, since FROM switches WHERE name = ? AND frozen = 1", {name}));
  if (rows.empty()) return {};
  std::string summary(name);
  for (const auto& [known, text] : kSwitches)
    if (known == name) summary = text;
  return fail(Errc::policy, "frozen",
              fmt::format("{} is stopped here since {}: {}", summary,
                          rfc3339(Time(std::chrono::seconds(rows[0][1].integer()))),
                          printable_line(rows[0][0].text())),
              {.fix = "GET /v1/status shows what is stopped"});
}

}  // namespace rbee::community

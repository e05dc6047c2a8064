#include "api/aur_people.hpp"

#include <algorithm>

#include "community/ownership.hpp"
#include "submission/store.hpp"

namespace rbee::api {

std::shared_ptr<const AurPeople> AurPeopleDesk::get() const {
  const std::lock_guard lock(mutex_);
  return people_;
}

Result<bool> AurPeopleDesk::refresh() {
  // Whatever changes these tables is on the record (community/audit.hpp), in the same transaction.
  TRY_ASSIGN(const auto newest,
             database_.query("SELECT id, action FROM audit WHERE id > ? ORDER BY id", {seen_}));
  const bool is_first = seen_ < 0;
  bool matters = is_first;
  for (const platform::SqlRow& row : newest) {
    const std::string& action = row[1].text();
    for (const std::string_view start : {"worker.", "request.", "adoption.", "account."})
      matters = matters || action.starts_with(start);
  }
  const std::int64_t last =
      newest.empty() ? std::max<std::int64_t>(seen_, 0) : newest.back()[0].integer();
  if (!matters) {
    seen_ = last;
    return false;
  }
  auto people = std::make_shared<AurPeople>();
  TRY_ASSIGN(const auto owned, community::all_maintainers(database_));
  for (const community::WorkerMaintainers& each : owned) {
    AurPerson& person = (*people)[each.worker];
    person.maintainer = each.owner;
    person.submitter = each.first_owner;
    person.co_maintainers = each.co_maintainers;
    std::sort(person.co_maintainers.begin(), person.co_maintainers.end());
    person.pending_requests = each.open_adoption_requests;
  }
  TRY_ASSIGN(const auto asked, submission::open_worker_requests(database_));
  for (const submission::OpenWorkerRequest& each : asked) {
    AurPerson& person = (*people)[each.worker];
    if (each.kind == "out-of-date") {
      const std::int64_t since = each.created.time_since_epoch().count();
      if (person.out_of_date == 0 || since < person.out_of_date) person.out_of_date = since;
    } else {
      ++person.pending_requests;
    }
  }
  seen_ = last;
  const std::lock_guard lock(mutex_);
  people_ = std::move(people);
  return true;
}

}  // namespace rbee::api

#include "submission/proposal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"

namespace rbee::submission {

namespace {

using platform::CommitInfo;
using platform::EntryKind;
using platform::Repository;
using platform::TreeEntry;

using Entries = std::map<std::string, TreeEntry>;

Result<Entries> entries_of(const Repository& repository, const std::optional<ObjectId>& tree) {
  Entries all;
  if (!tree) return all;
  TRY_ASSIGN(const auto list, repository.tree(*tree));
  for (const TreeEntry& entry : list)
    if (!all.emplace(entry.name, entry).second)
      return fail(
          Errc::invalid_input, "push-scope",
          fmt::format("the name '{}' stands twice in one folder", printable_line(entry.name)));
  return all;
}

/// Names that differ between two folders, with what stands there now and stood there before.
struct Difference {
  std::string name;
  std::optional<TreeEntry> before, now;
};

std::vector<Difference> differences(const Entries& before, const Entries& now) {
  std::vector<Difference> all;
  for (const auto& [name, entry] : now) {
    const auto old = before.find(name);
    if (old == before.end())
      all.push_back({name, std::nullopt, entry});
    else if (old->second.id != entry.id || old->second.kind != entry.kind)
      all.push_back({name, old->second, entry});
  }
  for (const auto& [name, entry] : before)
    if (!now.contains(name)) all.push_back({name, entry, std::nullopt});
  return all;
}

Result<void> check_commit(const CommitInfo& commit) {
  const auto refuse = [&](std::string what, std::string fix = {}) {
    return fail(Errc::invalid_input, "push-commit",
                fmt::format("the commit {} {}", commit.id.str().substr(0, 12), what),
                {.fix = std::move(fix)});
  };
  if (commit.parents.size() > kParentsMax)
    return refuse(fmt::format("has {} parents", commit.parents.size()));
  if (commit.header_bytes > kHeaderBytesMax)
    return refuse(fmt::format("has a header of {} bytes", commit.header_bytes));
  if (commit.message.size() > kMessageBytesMax)
    return refuse(fmt::format("has a message of {} bytes", commit.message.size()));
  if (trim(commit.message).empty())
    return refuse("has no message", "git commit --amend, and say what changes and why");
  // From the first release of Git to some days ahead of every clock.
  constexpr std::int64_t kFirst = 1'112'911'993, kLast = 4'102'444'800;
  for (const Time time : {commit.authored, commit.committed}) {
    const std::int64_t seconds = time.time_since_epoch().count();
    if (seconds < kFirst || seconds > kLast)
      return refuse("has a date that no clock shows", "git commit --amend --date=now");
  }
  for (const std::string& email : {commit.author_email, commit.committer_email})
    if (email.size() > 254 || printable_line(email) != email)
      return refuse("has an e-mail address that is none");
  return {};
}

tl::unexpected<Error> out_of_scope(std::string what) {
  return fail(Errc::policy, "push-scope", std::move(what),
              {.why = "a submission is about one worker, so that one person can look at all of it",
               .fix = "change files below community/NAME/ only, and push each worker on its own"});
}

}  // namespace

Result<void> vet_new_commits(const Repository& incoming, const Repository& known,
                             const CommitId& head) {
  constexpr std::uint64_t kCommitBytesMax = kHeaderBytesMax + kMessageBytesMax;
  std::vector<CommitId> waiting{head};
  std::set<CommitId> seen{head};
  while (!waiting.empty()) {
    const CommitId id = std::move(waiting.back());
    waiting.pop_back();
    if (known.object_size(id)) continue;
    if (seen.size() > kCommitsMax * 2)
      return fail(Errc::policy, "push-too-many-commits",
                  fmt::format("a submission has at most {} commits", kCommitsMax),
                  {.fix = "git rebase -i, and squash them"});
    const auto size = incoming.object_size(id);
    if (size && *size > kCommitBytesMax)
      return fail(Errc::invalid_input, "push-commit",
                  fmt::format("the commit {} has {} bytes", id.str().substr(0, 12), *size));
    TRY_ASSIGN(const CommitInfo commit, incoming.commit(id));
    for (const CommitId& parent : commit.parents)
      if (seen.insert(parent).second) waiting.push_back(parent);
  }
  return {};
}

Result<std::optional<ObjectId>> folder_tree(const Repository& repository, const CommitId& commit,
                                            std::string_view directory) {
  TRY_ASSIGN(const CommitInfo info, repository.commit(commit));
  std::optional<ObjectId> tree = info.tree;
  for (const std::string_view segment : split(directory, '/')) {
    TRY_ASSIGN(const auto list, repository.tree(*tree));
    tree.reset();
    for (const TreeEntry& entry : list)
      if (entry.name == segment && entry.kind == EntryKind::folder) tree = entry.id;
    if (!tree) return tree;
  }
  return tree;
}

Result<Proposal> read_proposal(const Repository& repository, const CommitId& main,
                               const CommitId& head) {
  TRY_ASSIGN(const std::optional<CommitId> base, repository.merge_base(main, head));
  if (!base)
    return fail(Errc::policy, "push-unrelated", "the commits share no history with the catalog",
                {.fix = "git fetch the catalog, and rebase onto its main"});
  if (*base == head)
    return fail(Errc::policy, "push-empty", "there is nothing that the catalog does not have",
                {.fix = "commit a change first"});

  Proposal proposal{head, *base, {}, false, catalog::Origin::community, {}, {}, {}, {}};
  std::size_t count = 0;
  Result<void> sound;
  TRY(repository.walk(head, *base, [&](const CommitInfo& commit) {
    if (++count > kCommitsMax) return false;
    sound = check_commit(commit);
    for (const std::string& email : {commit.author_email, commit.committer_email})
      if (std::find(proposal.emails.begin(), proposal.emails.end(), email) == proposal.emails.end())
        proposal.emails.push_back(email);
    return sound.has_value();
  }));
  TRY(sound);
  if (count > kCommitsMax)
    return fail(Errc::policy, "push-too-many-commits",
                fmt::format("a submission has at most {} commits", kCommitsMax),
                {.fix = "git rebase -i, and squash them"});

  TRY_ASSIGN(const CommitInfo newest, repository.commit(head));
  TRY_ASSIGN(const CommitInfo oldest, repository.commit(*base));
  const std::string_view message = trim(newest.message);
  proposal.title =
      printable_line(message.substr(0, std::min(message.find('\n'), std::size_t{120})));
  for (const std::string_view word : {"draft:", "Draft:", "WIP:", "wip:"})
    proposal.is_draft |= proposal.title.starts_with(word);

  TRY_ASSIGN(const Entries before, entries_of(repository, oldest.tree));
  TRY_ASSIGN(const Entries now, entries_of(repository, newest.tree));
  std::vector<std::pair<catalog::Origin, Difference>> folders;
  for (const Difference& each : differences(before, now)) {
    const auto is_folder = [](const std::optional<TreeEntry>& entry) {
      return !entry || entry->kind == EntryKind::folder;
    };
    if (!is_folder(each.before) || !is_folder(each.now) || each.name.starts_with('.'))
      return out_of_scope(
          fmt::format("it changes '{}', which is no worker's", printable_line(each.name)));
    if (each.name != "community") {
      folders.emplace_back(catalog::Origin::official, each);
      continue;
    }
    const auto tree_of = [](const std::optional<TreeEntry>& entry) {
      return entry ? std::optional(entry->id) : std::nullopt;
    };
    TRY_ASSIGN(const Entries old_workers, entries_of(repository, tree_of(each.before)));
    TRY_ASSIGN(const Entries new_workers, entries_of(repository, tree_of(each.now)));
    for (const Difference& worker : differences(old_workers, new_workers)) {
      if (!is_folder(worker.before) || !is_folder(worker.now))
        return out_of_scope(
            fmt::format("'community/{}' is no folder", printable_line(worker.name)));
      folders.emplace_back(catalog::Origin::community, worker);
    }
  }
  if (folders.empty())
    return fail(Errc::policy, "push-empty", "the commits change nothing",
                {.fix = "commit a change first"});
  if (folders.size() > 1) {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(folders.size(), 5); ++i)
      names += (i == 0 ? "" : ", ") + printable_line(folders[i].second.name);
    return out_of_scope(fmt::format("it changes {} folders: {}{}", folders.size(), names,
                                    folders.size() > 5 ? " …" : ""));
  }
  const auto& [origin, folder] = folders.front();
  if (!WorkerId::parse(folder.name))
    return fail(
        Errc::policy, "push-folder-name",
        fmt::format("'{}' is not a worker id", printable_line(folder.name)),
        {.fix = "an id is 1 to 100 lower-case letters, digits and '-', a letter or digit first"});
  proposal.origin = origin;
  proposal.name = folder.name;
  if (folder.now) proposal.tree = folder.now->id;
  if (folder.before) proposal.base_tree = folder.before->id;
  return proposal;
}

}  // namespace rbee::submission

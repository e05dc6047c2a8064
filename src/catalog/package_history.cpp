#include "catalog/package_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "catalog/arch_package.hpp"
#include "catalog/builder.hpp"
#include "catalog/git_files.hpp"
#include "catalog/worker_loader.hpp"
#include "platform/files.hpp"
#include "platform/git_write.hpp"

namespace rbee::catalog {

namespace fs = std::filesystem;
using platform::CommitInfo;
using platform::Repository;
using platform::RepositoryWriter;

namespace {

constexpr std::string_view kMaster = "refs/heads/master";

/// What the last build noted beside the objects. Its tip counts, not the ref: a kill may have come
/// between the two, and the same commits are made again then.
struct Note {
  std::string head, tip, directory, kind;
};

fs::path note_path(const fs::path& repository) {
  return repository / "rbee-package";
}

std::optional<Note> read_note(const fs::path& repository) {
  const auto text = platform::read_file(note_path(repository), 4096);
  if (!text) return std::nullopt;
  const auto lines = split(*text, '\n');
  if (lines.size() < 4) return std::nullopt;
  return Note{std::string(lines[0]), std::string(lines[1]), std::string(lines[2]),
              std::string(lines[3])};
}

bool is_of(const Note& note, const PackageSource& source) {
  return note.directory == source.directory && note.kind == manifest::file_name(source.kind);
}

/// A commit that changed the worker's folder.
struct Step {
  CommitInfo commit;
  ObjectId folder;
};

class Walk {
 public:
  Walk(const Repository& repository, const PackageSource& source,
       const PackageHistoryLimits& limits)
      : repository_(repository),
        source_(source),
        limits_(limits),
        give_up_(std::chrono::steady_clock::now() + limits.time_max) {}

  /// Newest first, until the commit `known`, which is left out. As `git log -- FOLDER` follows
  /// history: where a parent has the same folder it is the one to follow, else the first parent.
  Result<std::vector<Step>> run(const std::string& known) {
    std::vector<Step> steps;
    CommitId at = source_.head;
    TRY_ASSIGN(CommitInfo commit, repository_.commit(at));
    TRY_ASSIGN(std::optional<ObjectId> folder, folder_of(commit));
    while (folder) {
      was_cut_ = steps.size() >= limits_.commits_max;
      if (was_cut_) break;
      if (commit.id.str() == known) {
        met_known_ = true;
        break;
      }
      if (++looked_at_ > limits_.looked_at_max || std::chrono::steady_clock::now() > give_up_) {
        was_cut_ = true;
        break;
      }
      std::optional<CommitInfo> first, same;
      std::optional<ObjectId> first_folder;
      for (const CommitId& id : commit.parents) {
        TRY_ASSIGN(CommitInfo parent, repository_.commit(id));
        TRY_ASSIGN(auto parents_folder, folder_of(parent));
        if (parents_folder == folder) {
          same = std::move(parent);
          break;
        }
        if (!first) {
          first = std::move(parent);
          first_folder = std::move(parents_folder);
        }
      }
      if (same) {
        commit = std::move(*same);
        continue;
      }
      steps.push_back({commit, *folder});
      if (!first) break;
      commit = std::move(*first);
      folder = std::move(first_folder);
    }
    return steps;
  }
  bool met_known() const { return met_known_; }
  /// A limit ended it: there is more, and nobody looked at it.
  bool was_cut() const { return was_cut_; }

 private:
  Result<std::optional<ObjectId>> folder_of(const CommitInfo& commit) const {
    TRY_ASSIGN(const auto entry, repository_.find(commit.tree, source_.directory));
    if (!entry || entry->kind != platform::EntryKind::folder) return std::optional<ObjectId>();
    return std::optional(entry->id);
  }

  const Repository& repository_;
  const PackageSource& source_;
  const PackageHistoryLimits& limits_;
  std::chrono::steady_clock::time_point give_up_;
  std::size_t looked_at_ = 0;
  bool met_known_ = false, was_cut_ = false;
};

class HistoryBuilder {
 public:
  HistoryBuilder(const Repository& catalog, RepositoryWriter& writer, const PackageSource& source)
      : catalog_(catalog), writer_(writer), source_(source) {}

  /// The package's tree at `step`; nothing when it could not be published then.
  Result<std::optional<ObjectId>> tree(const Step& step) {
    const std::size_t slash = source_.directory.rfind('/');
    const Folder folder{
        source_.origin,
        slash == std::string::npos ? source_.directory : source_.directory.substr(slash + 1),
        step.folder};
    auto loaded = load_worker(GitFiles(catalog_, step.folder), step.commit.id, folder);
    if (!loaded && loaded.error().code == Errc::invalid_input) return std::optional<ObjectId>();
    if (!loaded) return tl::unexpected(std::move(loaded).error());
    if (!loaded->worker) return std::optional<ObjectId>();
    for (const ArchPackage& package : arch_packages(*loaded->worker)) {
      if (package.kind != source_.kind) continue;
      std::vector<platform::TreeFile> files;
      for (const PackageFile& file : package_files(*loaded->worker, package)) {
        TRY_ASSIGN(ObjectId blob, file.blob ? copy(*file.blob) : writer_.blob(file.text));
        files.push_back({file.path, file.executable, std::move(blob)});
      }
      TRY_ASSIGN(ObjectId tree, writer_.tree(files));
      return std::optional(std::move(tree));
    }
    return std::optional<ObjectId>();
  }

  Result<CommitId> commit(const Step& step, const ObjectId& tree,
                          const std::optional<CommitId>& parent) {
    const auto clean = [](std::string_view text, std::string_view otherwise) {
      std::string out;
      for (const char c : text)
        if (c != '<' && c != '>' && c != '\n' && c != '\0') out += c;
      const std::string_view trimmed = trim(out);
      return std::string(trimmed.empty() ? otherwise : trimmed);
    };
    const platform::CommitAuthor author{clean(step.commit.author_name, "unknown"),
                                        clean(step.commit.author_email, "unknown"),
                                        step.commit.authored};
    std::vector<CommitId> parents;
    if (parent) parents.push_back(*parent);
    // Git does not know every name that a commit can hold.
    if (auto made = writer_.commit(tree, parents, author, step.commit.message)) return made;
    return writer_.commit(tree, parents, {"unknown", "unknown", author.time}, step.commit.message);
  }

 private:
  Result<ObjectId> copy(const ObjectId& blob) {
    if (copied_.contains(blob)) return blob;
    TRY_ASSIGN(const std::string bytes, catalog_.blob(blob, kBlobBytesMax));
    copied_.emplace(blob, true);
    return writer_.blob(bytes);
  }

  const Repository& catalog_;
  RepositoryWriter& writer_;
  const PackageSource& source_;
  std::map<ObjectId, bool> copied_;
};

}  // namespace

bool is_package_history_current(const PackageSource& source, const fs::path& repository) {
  const auto note = read_note(repository);
  return note && is_of(*note, source) && note->head == source.head.str();
}

Result<void> build_package_history(const PackageSource& source, const fs::path& repository,
                                   const PackageHistoryLimits& limits) {
  std::error_code code;
  if (!fs::exists(repository, code)) TRY(platform::create_empty_repository(repository, "master"));
  TRY_ASSIGN(const auto catalog, Repository::open(source.catalog));
  TRY_ASSIGN(const auto writer, RepositoryWriter::open(repository));
  TRY_ASSIGN(const auto package, Repository::open(repository));
  std::optional<CommitId> tip;
  std::optional<ObjectId> tip_tree;
  std::string known;
  if (const auto note = read_note(repository); note && is_of(*note, source)) {
    if (auto parsed = ObjectId::parse(note->tip)) {
      if (const auto commit = package->commit(*parsed)) {
        known = note->head;
        tip = commit->id;
        tip_tree = commit->tree;
      }
    }
  }

  Walk walk(*catalog, source, limits);
  TRY_ASSIGN(std::vector<Step> steps, walk.run(known));
  std::reverse(steps.begin(), steps.end());
  HistoryBuilder builder(*catalog, *writer, source);
  std::vector<std::optional<ObjectId>> trees;
  for (const Step& step : steps) {
    TRY_ASSIGN(auto tree, builder.tree(step));
    trees.push_back(std::move(tree));
  }
  std::size_t from = 0;
  // After a cut, what is new stands on what is there, and the gap is not told.
  if (tip && !walk.met_known() && !walk.was_cut()) {
    // The catalog came here by another way. Whoever cloned can go on if it passed what they have.
    const auto same = std::find(trees.rbegin(), trees.rend(), tip_tree);
    if (same == trees.rend()) {
      tip.reset();
      tip_tree.reset();
    } else {
      from = static_cast<std::size_t>(trees.rend() - same);
    }
  }
  for (std::size_t i = from; i < steps.size(); ++i) {
    if (!trees[i] || trees[i] == tip_tree) continue;
    TRY_ASSIGN(tip, builder.commit(steps[i], *trees[i], tip));
    tip_tree = trees[i];
  }
  if (!tip)
    return fail(Errc::not_found, "package-not-built",
                fmt::format("'{}' holds no package that could be published", source.directory));
  TRY_ASSIGN(const auto before, writer->ref(kMaster));
  if (before != tip) TRY(writer->move_ref(kMaster, before, *tip, "follow the catalog"));
  return platform::write_file_atomically(
      note_path(repository),
      fmt::format("{}\n{}\n{}\n{}\n", source.head.str(), tip->str(), source.directory,
                  manifest::file_name(source.kind)),
      0644);
}

}  // namespace rbee::catalog

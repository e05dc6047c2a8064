// Service: from a form to a submission on the record, by the same way as a push.
#include "submission/pasted.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "base/text.hpp"
#include "check/formats.hpp"
#include "platform/git_write.hpp"
#include "platform/random.hpp"
#include "submission/changes.hpp"
#include "submission/service.hpp"

namespace rbee::submission {

namespace {

constexpr std::size_t kPastedFilesMax = 32, kPastedTitleBytesMax = 200;

/// "refs/submissions/17/head"
std::optional<std::int64_t> number_of(std::string_view ref) {
  constexpr std::string_view kPrefix = "refs/submissions/";
  std::int64_t number = 0;
  if (!ref.starts_with(kPrefix)) return std::nullopt;
  ref.remove_prefix(kPrefix.size());
  const auto [end, error] = std::from_chars(ref.data(), ref.data() + ref.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<PastedAnswer> Service::submit(const Pasted& pasted) {
  if (pasted.files.empty() || pasted.files.size() > kPastedFilesMax)
    return fail(Errc::invalid_input, "files-invalid",
                fmt::format("a worker is 1 to {} files here", kPastedFilesMax),
                {.fix = "push larger ones with Git"});
  const std::string title = printable_line(trim(pasted.title)).substr(0, kPastedTitleBytesMax);
  const std::string directory = "community/" + pasted.worker.str();
  TRY_ASSIGN(const CommitId on_main, main());
  TRY_ASSIGN(const auto repository, platform::Repository::open(options_.repository));
  TRY_ASSIGN(const auto writer, platform::RepositoryWriter::open(options_.repository));
  TRY_ASSIGN(const auto root, repository->commit(on_main));
  TRY_ASSIGN(const auto before, folder_tree(*repository, on_main, directory));
  std::map<std::string, platform::TreeFile> files;
  if (before) {
    TRY_ASSIGN(const auto there, files_of_tree(*repository, *before));
    for (const auto& [path, entry] : there)
      files.emplace(
          path, platform::TreeFile{path, entry.kind == platform::EntryKind::executable, entry.id});
  }
  for (const auto& [path, text] : pasted.files) {
    if (text.empty()) {
      files.erase(path);
      continue;
    }
    TRY_ASSIGN(const ObjectId blob, writer->blob(text));
    const auto old = files.find(path);
    const bool executable = old == files.end() ? text.starts_with("#!") : old->second.executable;
    files.insert_or_assign(path, platform::TreeFile{path, executable, blob});
  }
  std::vector<platform::TreeFile> all;
  for (auto& [path, file] : files) all.push_back(std::move(file));
  platform::FolderChange change{directory, std::nullopt};
  if (!all.empty()) {
    TRY_ASSIGN(change.tree, writer->tree(all));
  }
  TRY_ASSIGN(const ObjectId tree, writer->tree_with(root.tree, {&change, 1}));
  const std::vector<CommitId> parents{on_main};
  const platform::CommitAuthor author{pasted.account, pasted.account + "@users.noreply.invalid",
                                      clock_.now()};
  TRY_ASSIGN(const CommitId commit,
             writer->commit(tree, parents, author,
                            (title.empty() ? pasted.worker.str() + ": submitted" : title) + "\n"));
  TRY(writer->sync());

  const Push push{
      platform::random_token(16), pasted.account, pasted.remote_address, "", commit, {}};
  TRY_ASSIGN(Pending pending, examine(push));
  PastedAnswer answer;
  answer.findings = pending.findings;
  answer.blocked = check::count(pending.findings).block > 0;
  if (pasted.check_only) return answer;
  if (answer.blocked) {
    TRY(note_refusal(push, pending));
    return answer;
  }
  TRY_ASSIGN(const PushAnswer recorded, record_proposal(push, std::move(pending)));
  answer.submission = number_of(recorded.result_ref);
  return answer;
}

}  // namespace rbee::submission

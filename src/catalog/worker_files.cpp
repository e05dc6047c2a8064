#include "catalog/worker_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "catalog/builder.hpp"
#include "catalog/findings.hpp"

namespace rbee::catalog {

namespace {

using platform::EntryKind;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// What is wrong with one name, as the end of "the name '…' "; empty when it is safe on every
/// system.
std::string wrong_name(std::string_view name) {
  if (!is_utf8(name)) return "is not UTF-8";
  if (printable_line(name) != name || name.find('\t') != std::string_view::npos)
    return "holds control or invisible characters";
  if (name == "." || name == ".." || name.empty()) return "is not a name";
  const std::string small = lower(name);
  if (small == ".git" || small.starts_with("git~") || small.starts_with(".git "))
    return "is Git's own, in one of its spellings";
  if (small == ".gitmodules" || small == ".gitattributes")
    return "would change how Git treats other files";
  if (name.find_first_of("\\:*?\"<>|") != std::string_view::npos)
    return "holds one of \\ : * ? \" < > |";
  if (name[0] == '-') return "begins with '-', which commands take for an option";
  if (name.back() == ' ' || name.back() == '.' || name[0] == ' ')
    return "begins or ends with a space, or ends with a dot";
  if (name.size() > 128) return "is longer than 128 bytes";
  return {};
}

}  // namespace

Result<WorkerFiles> WorkerFiles::list(const FileSource& source, std::vector<Finding>& findings) {
  WorkerFiles files(source);
  TRY(files.list_folder("", "", 1, findings));
  std::sort(files.files_.begin(), files.files_.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

Result<void> WorkerFiles::list_folder(const std::string& key, const std::string& prefix,
                                      std::size_t depth, std::vector<Finding>& findings) {
  TRY_ASSIGN(const std::vector<SourceEntry> entries, source_->list(key));
  std::map<std::string, std::string> folded;
  for (const SourceEntry& entry : entries) {
    ++entries_;
    if (has_too_many(findings)) return {};
    const std::string path = prefix + entry.name;
    const std::string shown = printable_line(std::string_view(path).substr(0, 300));
    if (const std::string wrong = wrong_name(entry.name); !wrong.empty()) {
      findings.push_back(
          make_finding("file-name", shown, fmt::format("the name '{}' {}", shown, wrong)));
      continue;
    }
    if (const auto [other, added] = folded.emplace(lower(entry.name), entry.name); !added)
      findings.push_back(
          make_finding("file-name", shown,
                       fmt::format("'{}' and '{}' are one file where case does not count",
                                   other->second, entry.name)));
    switch (entry.kind) {
      case EntryKind::symlink:
        findings.push_back(
            make_finding("file-symlink", shown, fmt::format("'{}' is a symbolic link", shown),
                         {.why = "it could name any file of the machine that unpacks it",
                          .fix = "commit the file itself"}));
        break;
      case EntryKind::submodule:
        findings.push_back(make_finding("file-submodule", shown,
                                        fmt::format("'{}' is a Git submodule", shown),
                                        {.why = "the review would not see what it holds",
                                         .fix = "name it in source=() with its full commit id"}));
        break;
      case EntryKind::folder:
        if (depth >= kDepthMax) {
          findings.push_back(make_finding(
              "file-depth", shown, fmt::format("folders nest deeper than {} levels", kDepthMax)));
        } else {
          TRY(list_folder(entry.key, path + "/", depth + 1, findings));
        }
        break;
      case EntryKind::file:
      case EntryKind::executable: {
        TRY_ASSIGN(const std::uint64_t size, source_->size(entry.key));
        if (size > kBlobBytesMax) {
          findings.push_back(make_finding(
              "file-too-large", shown,
              fmt::format("'{}' has {} bytes; at most {} are allowed", shown, size, kBlobBytesMax),
              {.why = "a catalog holds recipes, not what they fetch",
               .fix = "name it in source=()"}));
        }
        TRY_ASSIGN(ObjectId blob, source_->blob(entry.key));
        files_.push_back({path, std::move(blob), size, entry.kind == EntryKind::executable});
        keys_[path] = entry.key;
        break;
      }
    }
    if (has_too_many(findings)) return {};
  }
  return {};
}

bool WorkerFiles::has_too_many(std::vector<Finding>& findings) const {
  const bool files = files_.size() > kFilesMax;
  if (!files && entries_ <= kEntriesMax) return false;
  if (std::none_of(findings.begin(), findings.end(),
                   [](const Finding& finding) { return finding.rule == "file-count"; }))
    findings.push_back(make_finding(
        "file-count", "",
        files
            ? fmt::format("the folder holds more than {} files", kFilesMax)
            : fmt::format("the folder holds more than {} files, folders and links", kEntriesMax)));
  return true;
}

const File* WorkerFiles::find(std::string_view path) const {
  const auto found =
      std::lower_bound(files_.begin(), files_.end(), path,
                       [](const File& file, std::string_view p) { return file.path < p; });
  return found == files_.end() || found->path != path ? nullptr : &*found;
}

std::optional<std::string> WorkerFiles::read(std::string_view path) const {
  if (path.starts_with("./")) path.remove_prefix(2);
  if (const auto known = texts_.find(path); known != texts_.end()) return known->second;
  const File* file = find(path);
  if (file == nullptr) return std::nullopt;
  auto text = source_->read(keys_.find(file->path)->second, kBlobBytesMax);
  if (!text) return std::nullopt;
  return texts_.emplace(path, std::move(*text)).first->second;
}

pkgbuild::FileLook WorkerFiles::look(std::string_view path) const {
  using Kind = pkgbuild::FileLook::Kind;
  if (path.starts_with("../")) return {};
  if (std::optional<std::string> text = read(path)) return {Kind::file, std::move(*text)};
  return {has(path) ? Kind::unknown : Kind::absent, {}};
}

}  // namespace rbee::catalog

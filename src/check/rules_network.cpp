// Group network and execution: what functions fetch, and what strangers' files they run.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "check/report.hpp"
#include "check/source_urls.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

using pkgbuild::Redirect;

bool is_dev_network(std::string_view target) {
  return target.starts_with("/dev/tcp/") || target.starts_with("/dev/udp/");
}

/// Feeds an interpreter: what it prints is executed.
bool runs_its_input(const Invocation& invocation) {
  if (!is_interpreter(invocation.name) || invocation.name.ends_with("awk")) return false;
  for (const std::string& arg : invocation.args) {
    if (arg == "-" || arg == "-s" || arg == "/dev/stdin" || arg.starts_with("/dev/fd/"))
      return true;
    if (arg == "-c" || arg == "-e" || arg == "-m" || arg.empty()) return false;
    if (arg[0] != '-') return false;
  }
  return true;
}

/// A command that makes a text into code: an interpreter, eval, source.
bool executes(const Invocation& invocation) {
  return is_interpreter(invocation.name) || invocation.name == "eval" ||
         invocation.name == "source" || invocation.name == ".";
}

/// The names in a recipe's sources, by the file or folder that they have below $srcdir.
struct Downloads {
  struct Item {
    std::string name;
    bool is_local = false;     ///< Lies beside the recipe: it is reviewed.
    bool is_archive = false;   ///< Unpacked: the program's own tree.
    bool is_stranger = false;  ///< Another owner than the recipe's url.
    bool is_vcs = false;
  };
  std::vector<Item> items;

  explicit Downloads(const SubjectRecipe& recipe) {
    std::set<std::string> seen;
    for (const SubjectVariant& variant : recipe.variants) {
      const std::string project = forge_owner(variant.recipe->scalar("url"));
      for (const pkgbuild::SourceEntry& source : variant.recipe->sources(variant.platform.arch)) {
        if (!seen.insert(source.file_name + "\n" + source.url).second) continue;
        const std::string owner = forge_owner(source.url);
        Item item;
        item.name = source.file_name;
        item.is_local = source.protocol == "local";
        item.is_vcs = is_vcs(source.protocol);
        item.is_archive = is_archive_name(source.file_name);
        // A site and its forge have different names; what bears the worker's name is its own.
        const std::string& base = variant.recipe->pkgbase;
        const std::string stem = base.substr(0, std::min(base.rfind("-git"), base.rfind("-bin")));
        item.is_stranger = !item.is_local && !project.empty() && !owner.empty() &&
                           owner != project && !item.name.starts_with(stem);
        std::string folder = item.name;
        if (item.is_vcs && folder.ends_with(".git")) folder.resize(folder.size() - 4);
        by_name_.emplace(std::move(folder), items.size());
        items.push_back(std::move(item));
      }
    }
  }

  /// The item that a path leads to or into; nullptr when it is none.
  const Item* of_path(std::string_view path) const {
    for (const std::string_view prefix : {"/srcdir/", "../../", "../", "./", ""}) {
      if (!path.starts_with(prefix)) continue;
      const std::string_view rest = path.substr(prefix.size());
      const auto found = by_name_.find(rest.substr(0, rest.find('/')));
      if (found != by_name_.end()) return &items[found->second];
    }
    return nullptr;
  }

 private:
  std::map<std::string, std::size_t, std::less<>> by_name_;  ///< By file or folder: index of items.
};

void check_inline(Report& report, const RecipeView& view, const CommandView& command) {
  for (const Invocation& each : command.invocations) {
    const std::string code = inline_code(each);
    std::string all = code;
    if (is_interpreter(each.name) && !is_shell(each.name))
      for (const RedirectView& redirect : command.redirects)
        if (redirect.kind == Redirect::Kind::here_doc ||
            redirect.kind == Redirect::Kind::here_string)
          for (const std::string& text : redirect.targets) all += "\n" + text;
    if (all.empty()) continue;
    if (all == std::string(1, kHole)) {
      report.add("EXEC-001", view, command.span,
                 fmt::format("'{}' is given a program that cannot be read here", each.name), {},
                 command.file);
      continue;
    }
    if (const std::string_view word = dangerous_in(all); !word.empty())
      report.add("EXEC-001", view, command.span,
                 fmt::format("the program given to '{}' uses '{}'", each.name, word), {},
                 command.file);
  }
}

void check_run_files(Report& report, RecipeView& view, const CommandView& command,
                     const Downloads& downloads, std::set<std::string>& opened,
                     std::vector<std::pair<std::string, CommandView>>& to_open) {
  for (const Invocation& each : command.invocations) {
    std::string path = each.path;
    if (executes(each) && each.name != "eval") {
      if (!inline_code(each).empty() || each.has("-c") || each.has("-m")) continue;
      path = each.first_operand();
    } else if (path.find('/') == std::string::npos) {
      continue;
    }
    if (each.has("--appimage-extract") || path.empty()) continue;
    const Downloads::Item* item = downloads.of_path(path);
    if (item == nullptr && path.starts_with("/startdir/")) {
      const std::string name = path.substr(10);
      if (report.subject().now.file(name) != nullptr && opened.insert(name).second)
        to_open.emplace_back(name, command);
      continue;
    }
    if (item == nullptr) continue;
    if (item->is_local) {
      // Beside the recipe, so everybody can read it: look into it as if it stood here.
      const SubjectFile* file = report.subject().now.file(item->name);
      const bool shell_text =
          file != nullptr && (is_shell(each.name) || each.name == "source" || each.name == "." ||
                              file->bytes.starts_with("#!"));
      if (shell_text && opened.insert(item->name).second) to_open.emplace_back(item->name, command);
      continue;
    }
    const bool is_own_tree = (item->is_archive || item->is_vcs) && !item->is_stranger;
    if (is_own_tree) continue;
    report.add("EXEC-002", view, command.span,
               item->is_stranger
                   ? fmt::format("'{}' runs a file of '{}', which comes from another owner", path,
                                 item->name)
                   : fmt::format("'{}' is downloaded and run as it is", item->name),
               {}, command.file);
  }
}

/// Of which commands something is true, so that a range of them can be asked at once.
class Marks {
 public:
  /// `name` is the program that it is true of; empty: it is not.
  void add(std::string_view name) {
    names_.emplace_back(name);
    last_.push_back(name.empty() ? (last_.empty() ? 0 : last_.back()) : names_.size());
  }
  /// The name of the last one in the range; empty when there is none.
  std::string_view last_in(const IndexRange& range) const {
    const std::size_t end = std::min(range.end, last_.size());
    if (end == 0 || last_[end - 1] <= range.begin) return {};
    return names_[last_[end - 1] - 1];
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::size_t> last_;  ///< By command: the number of the last true one, from 1.
};

/// The commands so far whose output comes from the network, or out of a decoder.
struct Feeds {
  Marks fetchers, decoders;

  void add(const CommandView& command) {
    std::string_view fetcher, decoder;
    for (const Invocation& each : command.invocations) {
      if (!network_use(each).empty() || !package_manager_fetch(each).manager.empty())
        fetcher = each.name;
      else if (is_decoder(each))
        decoder = each.name;
    }
    fetchers.add(fetcher);
    decoders.add(decoder);
  }
};

void check_command(Report& report, const RecipeView& view, const CommandView& command,
                   const Feeds& feeds) {
  for (const RedirectView& redirect : command.redirects)
    for (const std::string& target : redirect.targets)
      if (is_dev_network(target))
        report.add("NET-001", view, redirect.span, fmt::format("'{}' opens a connection", target),
                   {}, command.file);
  for (const Invocation& each : command.invocations) {
    if (const std::string use = network_use(each); !use.empty() && !command.function.empty())
      report.add("NET-001", view, command.span, fmt::format("'{}' uses the network", use), {},
                 command.file);
    for (const std::string& arg : each.args)
      if (is_dev_network(arg))
        report.add("NET-001", view, command.span, fmt::format("'{}' opens a connection", arg), {},
                   command.file);
    // What stands before it in a pipeline or inside its words feeds it.
    if (!executes(each)) continue;
    std::vector<IndexRange> feeders{command.inner};
    if (runs_its_input(each))
      feeders.insert(feeders.end(), command.upstream.begin(), command.upstream.end());
    for (const IndexRange& range : feeders) {
      if (const auto source = feeds.fetchers.last_in(range); !source.empty())
        report.add("NET-002", view, command.span,
                   fmt::format("what '{}' gets is executed by '{}'", source, each.name), {},
                   command.file);
      if (const auto source = feeds.decoders.last_in(range); !source.empty())
        report.add("OBF-002", view, command.span,
                   fmt::format("what '{}' decodes is executed by '{}'", source, each.name), {},
                   command.file);
    }
  }
  if (command.background || command.coprocess)
    report.add("EXEC-003", view, command.span, "it is started in the background", {}, command.file);
  constexpr auto kDetach =
      std::to_array<std::string_view>({"nohup", "setsid", "systemd-run", "start-stop-daemon",
                                       "daemonize", "at", "batch", "disown", "screen", "tmux"});
  for (const std::string& wrapper : command.wrappers)
    if (contains(kDetach, wrapper))
      report.add("EXEC-003", view, command.span, fmt::format("'{}' detaches it", wrapper), {},
                 command.file);
  for (const Invocation& each : command.invocations)
    if (contains(kDetach, each.name))
      report.add("EXEC-003", view, command.span, fmt::format("'{}' detaches it", each.name), {},
                 command.file);
}

/// curl -o f …; sh f: what one command saves, another executes.
void check_saved(Report& report, const RecipeView& view) {
  std::set<std::string> saved;
  for (const CommandView& command : view.commands->all()) {
    bool uses_network = false;
    for (const Invocation& each : command.invocations) {
      if (network_use(each).empty()) continue;
      uses_network = true;
      for (std::size_t i = 0; i < each.args.size(); ++i) {
        const std::string& arg = each.args[i];
        const bool names_output = arg == "-o" || arg == "-O" || arg == "--output" ||
                                  arg == "--output-document" || arg == "--out";
        if (names_output && i + 1 < each.args.size())
          saved.insert(std::string(base_name(each.args[i + 1])));
        if (arg.find("://") != std::string::npos) saved.insert(std::string(base_name(arg)));
      }
    }
    if (!uses_network) continue;
    for (const RedirectView& redirect : command.redirects)
      for (const std::string& target : redirect.targets)
        saved.insert(std::string(base_name(target)));
  }
  saved.erase("");
  saved.erase("-");
  if (saved.empty()) return;
  for (const CommandView& command : view.commands->all())
    for (const Invocation& each : command.invocations) {
      std::string path = each.path;
      if (executes(each)) path = each.has("-c") ? "" : each.first_operand();
      if (path.empty() || (path == each.name && !executes(each))) continue;
      if (saved.contains(std::string(base_name(path))))
        report.add(
            "NET-002", view, command.span,
            fmt::format("'{}' was downloaded by this recipe, and is executed", base_name(path)), {},
            command.file);
    }
}

}  // namespace

void check_network(Report& report) {
  for (RecipeView& view : report.recipes()) {
    if (view.commands == nullptr) continue;
    const Downloads downloads(*view.recipe);
    Feeds feeds;
    std::set<std::string> opened;
    std::size_t done = 0;
    // Local scripts that are run are looked into, and may run others.
    for (int round = 0; round < 4 && done < view.commands->all().size(); ++round) {
      std::vector<std::pair<std::string, CommandView>> to_open;
      const std::size_t end = view.commands->all().size();
      for (std::size_t i = done; i < end; ++i) feeds.add(view.commands->all()[i]);
      for (; done < end; ++done) {
        const CommandView& command = view.commands->all()[done];
        check_command(report, view, command, feeds);
        check_inline(report, view, command);
        check_run_files(report, view, command, downloads, opened, to_open);
      }
      for (const auto& [name, runner] : to_open)
        view.commands->open_file(name, report.subject().now.file(name)->bytes, runner);
    }
    check_saved(report, view);
  }
}

}  // namespace rbee::check

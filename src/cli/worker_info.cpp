// rbee worker info: everything useful about one worker, and what this machine would get.
//
// The answer to "what would I get" comes from the same `plan_install` that installs.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/marketplace_source.hpp"
#include "cli/selection.hpp"
#include "cli/table.hpp"

namespace rbee::cli {

namespace {

std::string joined(const std::vector<std::string>& texts, std::string_view separator = ", ") {
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string yes_no(const std::optional<bool>& claim) {
  return !claim ? "" : *claim ? "yes" : "no";
}

/// "https://github.com" for a URL, "beside the recipe" for a file there.
std::string origin_of(const wire::Source& source) {
  if (source.protocol == "local") return "beside the recipe";
  std::string text = source.url;
  // "git+https://…": the part before '+' is makepkg's, not the URL's.
  if (const std::size_t plus = text.find('+'); plus != std::string::npos && plus < text.find(':'))
    text.erase(0, plus + 1);
  const auto url = Url::parse(text.substr(0, text.find('#')));
  if (!url) return source.url;
  return url->scheme() == "file" ? "this machine"
                                 : fmt::format("{}://{}", url->scheme(), url->host());
}

std::string checksums_of(const wire::Source& source) {
  if (source.url.find("#commit=") != std::string::npos) return "pinned to a commit";
  std::vector<std::string> names;
  for (const auto& [name, digest] : source.checksums) {
    std::string algorithm = name.substr(0, name.find("sums"));
    names.push_back(digest == "SKIP" ? algorithm + " skipped" : algorithm);
  }
  return names.empty() ? "no checksum" : joined(names);
}

std::string hardware_of(const wire::Hardware& hardware) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t mb, std::string_view what) {
    if (mb > 0)
      parts.push_back(
          fmt::format("{} of {}", human_size(static_cast<std::uint64_t>(mb) * 1'000'000), what));
  };
  add(hardware.ram_mb, "memory");
  add(hardware.vram_mb, "video memory");
  add(hardware.disk_mb, "disk");
  if (!hardware.cuda.empty()) parts.push_back("CUDA " + hardware.cuda);
  return joined(parts);
}

/// "label  text", the text wrapped and indented; nothing for an empty text.
class Sheet {
 public:
  explicit Sheet(Context& context) : context_(context) {}
  void line(std::string_view label, std::string_view text) {
    if (trim(text).empty()) return;
    constexpr int label_width = 14;
    const int columns = context_.columns();
    bool first = true;
    const std::string shown = printable(text);
    for (std::string_view paragraph : split(shown, '\n')) {
      const auto lines = columns == 0
                             ? std::vector<std::string>{printable_line(trim(paragraph))}
                             : wrap(printable_line(paragraph), std::max(20, columns - label_width));
      for (const std::string& each : lines) {
        context_.print(context_.styled(pad(first ? label : "", label_width), Style::dim) + each);
        first = false;
      }
    }
  }

 private:
  Context& context_;
};

void print_sources(const wire::WorkerDetail& detail, Sheet& sheet) {
  std::vector<std::string> seen;
  for (const wire::Variant& variant : detail.variants)
    for (const wire::Source& source : variant.sources) {
      const std::string text =
          fmt::format("{} from {}, {}", source.file_name, origin_of(source), checksums_of(source));
      if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
      sheet.line(seen.empty() ? "sources" : "", printable_line(text));
      seen.push_back(text);
    }
}

void print_sheet(const wire::WorkerDetail& detail, const Result<install::Plan>& plan,
                 const std::optional<install::Installed>& installed, Context& context) {
  const wire::WorkerSummary& worker = detail.summary;
  context.print(fmt::format("{} {}  ({})", context.styled(printable_line(worker.id), Style::bold),
                            printable_line(worker.version), printable_line(worker.source)));
  Sheet sheet(context);
  if (worker.name != worker.id) sheet.line("name", worker.name);
  sheet.line("description", worker.description);
  sheet.line("licence", worker.license);
  sheet.line("homepage", worker.homepage);
  sheet.line("author", worker.author);
  sheet.line("tags", joined(worker.tags));
  sheet.line("written in", worker.implementation);
  sheet.line("created", worker.created_at);
  sheet.line("updated", worker.updated_at);
  sheet.line("tasks", joined(detail.capabilities.tasks));
  sheet.line("formats", joined(detail.capabilities.supported_formats));
  if (detail.capabilities.max_context_length)
    sheet.line("context", fmt::format("{} tokens", *detail.capabilities.max_context_length));
  sheet.line("streaming", yes_no(detail.capabilities.supports_streaming));
  sheet.line("batching", yes_no(detail.capabilities.supports_batching));
  sheet.line("needs", hardware_of(detail.hardware));
  if (detail.run)
    sheet.line("runs as",
               detail.run->protocol +
                   (detail.run->health.empty() ? "" : ", health at " + detail.run->health));
  bool first = true;
  for (const wire::RecipeInfo& recipe : detail.recipes) {
    sheet.line(first ? "recipes" : "",
               fmt::format("{}: {}{}", recipe.file,
                           recipe.file == "PKGBUILD" ? "built from source" : "pre-built",
                           recipe.generated ? ", generated from the manifest" : ""));
    first = false;
  }
  first = true;
  for (const wire::Variant& variant : detail.variants) {
    std::string text = fmt::format("{}-{}-{} from {}", variant.os, variant.arch,
                                   variant.accelerator, variant.recipe);
    if (!variant.features.empty()) text += "; features " + joined(variant.features, " ");
    if (!variant.depends.empty()) text += "; depends on " + joined(variant.depends, " ");
    sheet.line(first ? "variants" : "", printable_line(text));
    first = false;
  }
  print_sources(detail, sheet);
  if (plan) {
    sheet.line("this machine",
               fmt::format("{} from {}", to_string(plan->platform), plan->recipe_file));
    sheet.line("", plan->why);
  } else {
    std::string why = plan.error().message;
    for (const std::string& fact : plan.error().evidence) why += "\n" + fact;
    sheet.line("this machine", "cannot install it: " + why);
  }
  if (!installed) {
    sheet.line("installed", "no");
    if (plan) sheet.line("", fmt::format("rbee worker install {}", worker.id));
  } else if (installed->version == worker.version) {
    sheet.line("installed",
               fmt::format("yes, {} on {}", installed->version, installed->installed_at));
  } else {
    sheet.line("installed", fmt::format("{}, not {}; to update: rbee worker install {}",
                                        installed->version, worker.version, worker.id));
  }
}

}  // namespace

Result<int> worker_info(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
  MarketplaceSource source(client);
  TRY_ASSIGN(const platform::Machine machine, context.world.machine());
  TRY_ASSIGN(const install::InstallRequest request, install_request(id, arguments, machine));
  TRY_ASSIGN(const wire::WorkerDetail detail, client.detail(id));
  const Result<install::Plan> plan = install::plan_install(request, source);

  std::optional<install::Installed> installed;
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));
  for (const install::Installed& worker : workers)
    if (worker.id == id.str()) installed = worker;

  if (!context.settings.json) {
    print_sheet(detail, plan, installed, context);
    return 0;
  }
  boost::json::object machine_json{{"platform", to_string(machine.platform())}};
  if (plan) {
    machine_json["variant"] = to_string(plan->platform);
    machine_json["recipe"] = plan->recipe_file;
    machine_json["why"] = json_text(plan->why);
    machine_json["error"] = nullptr;
  } else {
    machine_json["variant"] = nullptr;
    machine_json["recipe"] = nullptr;
    machine_json["why"] = json_text(plan.error().message);
    machine_json["error"] = to_json(plan.error()).as_object()["error"];
  }
  boost::json::value value = wire::to_json(detail);
  value.as_object()["marketplace"] = client.base();
  value.as_object()["this_machine"] = std::move(machine_json);
  value.as_object()["installed"] = installed ? to_json(*installed) : boost::json::value();
  context.print(value);
  return 0;
}

}  // namespace rbee::cli

#include "cli/machine_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <initializer_list>

#include "base/text.hpp"
#include "platform/files.hpp"
#include "wire/json_reader.hpp"

namespace rbee::cli {

namespace json = boost::json;
using platform::FoundAccelerator;
using platform::Gpu;
using platform::Machine;

namespace {

constexpr std::uint64_t kMachineBytesMax = 1 << 20;

json::value or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}
json::value or_null(std::uint64_t number) {
  return number == 0 ? json::value() : json::value(number);
}
json::array array_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object to_json(const FoundAccelerator& found) {
  return {{"accelerator", to_string(found.accelerator)},
          {"evidence", or_null(found.evidence)},
          {"runtime_max", or_null(found.runtime_max)},
          {"targets", array_of(found.targets)},
          {"vram_bytes", or_null(found.vram_bytes)}};
}

json::object to_json(const Gpu& gpu) {
  return {{"accelerator", to_string(gpu.accelerator)},
          {"vendor", or_null(gpu.vendor)},
          {"name", or_null(gpu.name)},
          {"pci_address", or_null(gpu.pci_address)},
          {"driver", or_null(gpu.driver)},
          {"driver_version", or_null(gpu.driver_version)},
          {"cuda_max", or_null(gpu.cuda_max)},
          {"compute_capability", or_null(gpu.compute_capability)},
          {"gfx_target", or_null(gpu.gfx_target)},
          {"vram_bytes", or_null(gpu.vram_bytes)},
          {"evidence", array_of(gpu.evidence)},
          {"problem", or_null(gpu.problem)},
          {"fix", or_null(gpu.fix)}};
}

/// Reads one file; the first thing that is wrong is kept, and later reads answer defaults.
class Reader {
 public:
  explicit Reader(std::string name) : name_(printable_line(name)) {}

  Machine machine(const json::value& value) {
    const wire::Node root(value, shape_);
    only(value, "",
         {"platform", "os", "arch", "cpu", "libc", "memory", "disk", "accelerators", "gpus",
          "notes", "checks"});
    Machine out;
    out.os = word(root.string("os"), "os", parse_os);
    out.arch = word(root.string("arch"), "arch", parse_arch);
    cpu(value, root, out);
    libc(value, root, out);
    memory(value, root, out);
    if (const auto disk = part(value, root, "disk", {"path", "free_bytes"}))
      out.disk = platform::Disk{text(*disk, "path"), count(*disk, "disk", "free_bytes")};
    if (has(value, "notes")) out.notes = printable_lines(root.strings("notes"));
    accelerators(value, root, out);
    if (has(value, "gpus")) gpus(value, root, out);
    const std::string platform = root.string_or_empty("platform");
    if (!shape_ && !platform.empty() && platform != to_string(out.platform()))
      bad("platform", platform,
          fmt::format("os, arch and the first accelerator make it {}", to_string(out.platform())));
    return out;
  }

  /// What is wrong, if anything is.
  std::optional<Error> error() const {
    if (wrong_) return wrong_;
    if (!shape_) return std::nullopt;
    return made("machine-file-shape", shape_->message);
  }

  Error made(std::string id, std::string evidence) const {
    return Error{Errc::invalid_input,
                 std::move(id),
                 fmt::format("RBEE_MACHINE: {} does not describe a machine", name_),
                 {std::move(evidence)},
                 {},
                 "`rbee doctor --json` prints a description that can be used",
                 {}};
  }

 private:
  static const json::value* member(const json::value& value, std::string_view key) {
    const json::object* object = value.if_object();
    const json::value* found =
        object == nullptr ? nullptr : object->if_contains(json::string_view(key));
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  static bool has(const json::value& value, std::string_view key) {
    return member(value, key) != nullptr;
  }
  static std::vector<std::string> printable_lines(std::vector<std::string> texts) {
    for (std::string& each : texts) each = printable_line(each);
    return texts;
  }
  static std::string text(const wire::Node& node, std::string_view key) {
    return printable_line(node.string_or_empty(key));
  }

  void complain(Error error) {
    if (!wrong_ && !shape_) wrong_ = std::move(error);
  }
  void bad(std::string_view where, std::string_view value, std::string_view why) {
    constexpr std::size_t kShownMax = 60;
    complain(made(
        "machine-file-value",
        fmt::format("'{}' is '{}': {}", where, printable_line(value.substr(0, kShownMax)), why)));
  }
  /// Refuse keys that are not `known`: a misspelt one would be an unknown value.
  void only(const json::value& value, std::string_view where,
            std::initializer_list<const char*> known) {
    const json::object* object = value.if_object();
    if (object == nullptr) return;
    const std::vector<std::string> names(known.begin(), known.end());
    for (const auto& item : *object) {
      const std::string key(item.key().data(), item.key().size());
      if (std::find(names.begin(), names.end(), key) != names.end()) continue;
      Error error = made("machine-file-key",
                         fmt::format("{}{}'{}' is no key of a machine", where,
                                     where.empty() ? "" : ": ", printable_line(key.substr(0, 60))));
      if (const auto nearest = did_you_mean(key, names))
        error.fix = fmt::format("did you mean '{}'? {}", *nearest, error.fix);
      return complain(std::move(error));
    }
  }
  template <typename T>
  T word(const std::string& text, std::string_view where, Result<T> (*parse)(std::string_view)) {
    const Result<T> value = parse(text);
    if (value) return *value;
    // The words that are allowed stand in the evidence: "known: linux macos windows".
    const Error& error = value.error();
    std::string_view known;
    if (!error.evidence.empty()) known = error.evidence.front();
    bad(where, text, fmt::format("one of {} is expected", trim(known.substr(known.find(':') + 1))));
    return T{};
  }
  std::uint64_t count(const wire::Node& node, std::string_view where, std::string_view key) {
    const std::int64_t number = node.integer_or_zero(key);
    if (number < 0) bad(fmt::format("{}.{}", where, key), std::to_string(number), "less than 0");
    return number < 0 ? 0 : static_cast<std::uint64_t>(number);
  }
  /// A text of digits and dots, "12.4".
  std::string version(const wire::Node& node, std::string_view where, std::string_view key) {
    std::string value = text(node, key);
    const bool digits = value.find_first_not_of("0123456789.") == std::string::npos;
    if (!value.empty() && (!digits || value.front() == '.' || value.back() == '.'))
      bad(fmt::format("{}.{}", where, key), value, "a version such as 12.4 is expected");
    return value;
  }
  std::optional<wire::Node> part(const json::value& value, const wire::Node& root,
                                 std::string_view key, std::initializer_list<const char*> known) {
    auto node = root.object(key);
    if (const json::value* found = member(value, key)) only(*found, key, known);
    return node;
  }

  void cpu(const json::value& value, const wire::Node& root, Machine& out) {
    const auto node = part(value, root, "cpu", {"model", "cores", "level", "features"});
    if (!node) return;
    out.cpu.model = text(*node, "model");
    const std::uint64_t cores = count(*node, "cpu", "cores");
    constexpr std::uint64_t kCoresMax = 1'000'000;
    if (cores > kCoresMax) bad("cpu.cores", std::to_string(cores), "no machine has so many");
    out.cpu.cores = static_cast<unsigned>(std::min(cores, kCoresMax));
    out.cpu.level = text(*node, "level");
    constexpr std::array kLevels = {"", "x86-64-v1", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
    if (std::find(kLevels.begin(), kLevels.end(), out.cpu.level) == kLevels.end())
      bad("cpu.level", out.cpu.level, "x86-64-v1, -v2, -v3 or -v4 is expected");
    if (has(*member(value, "cpu"), "features"))
      out.cpu.features = printable_lines(node->strings("features"));
  }
  void libc(const json::value& value, const wire::Node& root, Machine& out) {
    const auto node = part(value, root, "libc", {"kind", "version"});
    if (!node) return;
    const std::string kind = node->string("kind");
    using platform::LibcKind;
    for (const LibcKind each : {LibcKind::glibc, LibcKind::musl})
      if (kind == to_string(each)) out.libc.kind = each;
    if (out.libc.kind == LibcKind::unknown) bad("libc.kind", kind, "glibc or musl is expected");
    out.libc.version = version(*node, "libc", "version");
  }
  void memory(const json::value& value, const wire::Node& root, Machine& out) {
    const auto node = part(value, root, "memory", {"total_bytes", "available_bytes"});
    if (!node) return;
    out.ram_bytes = count(*node, "memory", "total_bytes");
    out.available_ram_bytes = count(*node, "memory", "available_bytes");
    if (out.ram_bytes != 0 && out.available_ram_bytes > out.ram_bytes)
      bad("memory.available_bytes", std::to_string(out.available_ram_bytes),
          "more than memory.total_bytes");
  }
  void accelerators(const json::value& value, const wire::Node& root, Machine& out) {
    const std::vector<wire::Node> nodes = root.objects("accelerators");
    const json::value* all = member(value, "accelerators");
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::string where = fmt::format("accelerators[{}]", i);
      const json::value& one = all->get_array()[i];
      only(one, where, {"accelerator", "evidence", "runtime_max", "targets", "vram_bytes"});
      FoundAccelerator found;
      found.accelerator =
          word(nodes[i].string("accelerator"), where + ".accelerator", parse_accelerator);
      found.evidence = text(nodes[i], "evidence");
      found.runtime_max = version(nodes[i], where, "runtime_max");
      if (has(one, "targets")) found.targets = printable_lines(nodes[i].strings("targets"));
      found.vram_bytes = count(nodes[i], where, "vram_bytes");
      if (out.find(found.accelerator) != nullptr)
        bad(where + ".accelerator", to_string(found.accelerator), "it stands there already");
      out.accelerators.push_back(std::move(found));
    }
    if (out.accelerators.empty() || out.accelerators.back().accelerator != Accelerator::cpu)
      bad("accelerators",
          out.accelerators.empty() ? "[]" : to_string(out.accelerators.back().accelerator),
          "best first, the last one must be cpu");
  }
  void gpus(const json::value& value, const wire::Node& root, Machine& out) {
    const std::vector<wire::Node> nodes = root.objects("gpus");
    const json::value* all = member(value, "gpus");
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const wire::Node& node = nodes[i];
      const std::string where = fmt::format("gpus[{}]", i);
      const json::value& one = all->get_array()[i];
      only(one, where,
           {"accelerator", "vendor", "name", "pci_address", "driver", "driver_version", "cuda_max",
            "compute_capability", "gfx_target", "vram_bytes", "evidence", "problem", "fix"});
      Gpu gpu;
      gpu.accelerator = word(node.string("accelerator"), where + ".accelerator", parse_accelerator);
      gpu.vendor = text(node, "vendor");
      gpu.name = text(node, "name");
      gpu.pci_address = text(node, "pci_address");
      gpu.driver = text(node, "driver");
      gpu.driver_version = text(node, "driver_version");
      gpu.cuda_max = version(node, where, "cuda_max");
      gpu.compute_capability = version(node, where, "compute_capability");
      gpu.gfx_target = text(node, "gfx_target");
      gpu.vram_bytes = count(node, where, "vram_bytes");
      if (has(one, "evidence")) gpu.evidence = printable_lines(node.strings("evidence"));
      gpu.problem = text(node, "problem");
      gpu.fix = text(node, "fix");
      if (out.find(gpu.accelerator) == nullptr)
        bad(where + ".accelerator", to_string(gpu.accelerator), "the machine has it not");
      out.gpus.push_back(std::move(gpu));
    }
  }

  std::string name_;
  std::optional<Error> shape_;
  std::optional<Error> wrong_;
};

}  // namespace

json::object to_json(const Machine& machine) {
  json::object out{
      {"platform", to_string(machine.platform())},
      {"os", to_string(machine.os)},
      {"arch", to_string(machine.arch)},
      {"cpu", json::object{{"model", or_null(machine.cpu.model)},
                           {"cores", or_null(machine.cpu.cores)},
                           {"level", or_null(machine.cpu.level)},
                           {"features", array_of(machine.cpu.features)}}},
      {"libc", nullptr},
      {"memory", json::object{{"total_bytes", or_null(machine.ram_bytes)},
                              {"available_bytes", or_null(machine.available_ram_bytes)}}},
      {"disk", nullptr}};
  if (machine.libc.kind != platform::LibcKind::unknown)
    out["libc"] = json::object{{"kind", to_string(machine.libc.kind)},
                               {"version", or_null(machine.libc.version)}};
  if (machine.disk)
    out["disk"] =
        json::object{{"path", machine.disk->path}, {"free_bytes", machine.disk->free_bytes}};
  json::array accelerators, gpus;
  for (const FoundAccelerator& found : machine.accelerators) accelerators.push_back(to_json(found));
  for (const Gpu& gpu : machine.gpus) gpus.push_back(to_json(gpu));
  out["accelerators"] = std::move(accelerators);
  out["gpus"] = std::move(gpus);
  out["notes"] = array_of(machine.notes);
  return out;
}

Result<Machine> parse_machine(std::string_view text, const std::string& name) {
  Reader reader(name);
  const Result<json::value> value = wire::parse_json(text);
  if (!value) return tl::unexpected<Error>(reader.made("machine-file-json", value.error().why));
  if (!value->is_object())
    return tl::unexpected<Error>(reader.made("machine-file-shape", "an object is expected"));
  Machine machine = reader.machine(*value);
  if (std::optional<Error> error = reader.error()) return tl::unexpected<Error>(std::move(*error));
  return machine;
}

Result<Machine> find_machine(const Environment& environment) {
  const std::string path(environment.variable("RBEE_MACHINE"));
  const std::string platform(environment.variable("RBEE_PLATFORM"));
  if (path.empty()) return platform::probe_machine("/", platform);
  if (!platform.empty())
    return fail(Errc::usage, "machine-file-conflict",
                "RBEE_MACHINE and RBEE_PLATFORM both say what this machine is",
                {.evidence = {"RBEE_MACHINE=" + path, "RBEE_PLATFORM=" + platform},
                 .fix = "unset one of them"});
  Result<std::string> text = platform::read_file(path, kMachineBytesMax);
  if (!text) {
    Error error = std::move(text).error();
    const bool missing = error.code == Errc::not_found;
    error.id = missing ? "machine-file-missing" : "machine-file-unreadable";
    error.evidence.insert(error.evidence.begin(), error.message);
    error.message = fmt::format("RBEE_MACHINE names a file that {}",
                                missing ? "is not there" : "cannot be read");
    error.fix = "unset RBEE_MACHINE, or make the file: rbee doctor --json > machine.json";
    return tl::unexpected<Error>(std::move(error));
  }
  return parse_machine(*text, path);
}

Result<Platform> find_host(const Environment& environment) {
  if (environment.variable("RBEE_MACHINE").empty())
    return platform::host_platform(environment.variable("RBEE_PLATFORM"));
  TRY_ASSIGN(const Machine machine, find_machine(environment));
  return Platform{machine.os, machine.arch, Accelerator::cpu};
}

}  // namespace rbee::cli

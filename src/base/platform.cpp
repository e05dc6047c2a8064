#include "base/platform.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rbee {

std::string_view to_string(Os os) {
  switch (os) {
    case Os::linux:
      return "linux";
    case Os::macos:
      return "macos";
    case Os::windows:
      return "windows";
  }
  return "linux";
}

std::string_view to_string(Arch arch) {
  switch (arch) {
    case Arch::x86_64:
      return "x86_64";
    case Arch::aarch64:
      return "aarch64";
    case Arch::armv7h:
      return "armv7h";
  }
  return "x86_64";
}

std::string_view to_string(Accelerator accelerator) {
  switch (accelerator) {
    case Accelerator::cpu:
      return "cpu";
    case Accelerator::cuda:
      return "cuda";
    case Accelerator::rocm:
      return "rocm";
    case Accelerator::metal:
      return "metal";
    case Accelerator::vulkan:
      return "vulkan";
    case Accelerator::sycl:
      return "sycl";
    case Accelerator::openvino:
      return "openvino";
  }
  return "cpu";
}

namespace {

template <typename T, std::size_t N>
Result<T> parse_word(std::string_view text, const std::array<T, N>& all, std::string_view what) {
  std::vector<std::string> words;
  for (T value : all) {
    if (to_string(value) == text) return value;
    words.emplace_back(to_string(value));
  }
  const auto near = did_you_mean(text, words);
  return fail(Errc::invalid_input, "platform-invalid",
              fmt::format("'{}' is not {}", printable_line(text.substr(0, 60)), what),
              {.evidence = {fmt::format("known: {}", fmt::join(words, " "))},
               .fix = near ? fmt::format("did you mean '{}'?", *near) : std::string()});
}

}  // namespace

Result<Os> parse_os(std::string_view text) {
  return parse_word(text, kOses, "an operating system");
}
Result<Arch> parse_arch(std::string_view text) {
  return parse_word(text, kArches, "an architecture");
}
Result<Accelerator> parse_accelerator(std::string_view text) {
  return parse_word(text, kAccelerators, "an accelerator");
}

std::string to_string(const Platform& platform) {
  return fmt::format("{}-{}-{}", to_string(platform.os), to_string(platform.arch),
                     to_string(platform.accelerator));
}

Result<Platform> parse_platform(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() != 2 && parts.size() != 3)
    return fail(Errc::invalid_input, "platform-invalid",
                fmt::format("'{}' is not a platform", printable_line(text.substr(0, 60))),
                {.fix = "write os-arch-accelerator, for example linux-x86_64-cpu"});
  Platform platform;
  TRY_ASSIGN(platform.os, parse_os(parts[0]));
  TRY_ASSIGN(platform.arch, parse_arch(parts[1]));
  if (parts.size() == 3) {
    TRY_ASSIGN(platform.accelerator, parse_accelerator(parts[2]));
  }
  return platform;
}

namespace {

/// Every platform for which `wanted` is true.
template <typename Wanted>
PlatformSet those(Wanted wanted) {
  PlatformSet set;
  for (const Os os : kOses)
    for (const Arch arch : kArches)
      for (const Accelerator accelerator : kAccelerators)
        if (const Platform platform{os, arch, accelerator}; wanted(platform)) set.insert(platform);
  return set;
}

}  // namespace

PlatformSet PlatformSet::of(Accelerator accelerator) {
  return those([&](const Platform& each) { return each.accelerator == accelerator; });
}

PlatformSet PlatformSet::of(Os os) {
  return those([&](const Platform& each) { return each.os == os; });
}

PlatformSet PlatformSet::all() {
  return those([](const Platform&) { return true; });
}

PlatformSet PlatformSet::of(Arch arch) {
  return those([&](const Platform& each) { return each.arch == arch; });
}

}  // namespace rbee

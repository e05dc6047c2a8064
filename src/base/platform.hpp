// A platform: what one variant of a worker runs on.
//
// Touches nothing. Words: docs/architecture.md.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee {

enum class Os { linux, macos, windows };
enum class Arch { x86_64, aarch64, armv7h };
enum class Accelerator { cpu, cuda, rocm, metal, vulkan, sycl, openvino };

inline constexpr std::array kOses = {Os::linux, Os::macos, Os::windows};
inline constexpr std::array kArches = {Arch::x86_64, Arch::aarch64, Arch::armv7h};
inline constexpr std::array kAccelerators = {
    Accelerator::cpu,    Accelerator::cuda, Accelerator::rocm,    Accelerator::metal,
    Accelerator::vulkan, Accelerator::sycl, Accelerator::openvino};

std::string_view to_string(Os os);
std::string_view to_string(Arch arch);
std::string_view to_string(Accelerator accelerator);

/// Errors of the three: Errc::invalid_input "platform-invalid", with the words that are allowed.
Result<Os> parse_os(std::string_view text);
Result<Arch> parse_arch(std::string_view text);
Result<Accelerator> parse_accelerator(std::string_view text);

struct Platform {
  Os os = Os::linux;
  Arch arch = Arch::x86_64;
  Accelerator accelerator = Accelerator::cpu;
  friend auto operator<=>(const Platform&, const Platform&) = default;
};

/// "linux-x86_64-cpu".
std::string to_string(const Platform& platform);

/// The reverse; "linux-x86_64" means cpu. Errors: Errc::invalid_input "platform-invalid".
Result<Platform> parse_platform(std::string_view text);

}  // namespace rbee

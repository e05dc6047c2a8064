// A platform: what one variant of a worker runs on.
//
// Touches nothing. Words: docs/architecture.md.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
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

/// Any number of platforms in eight bytes.
class PlatformSet {
 public:
  void insert(const Platform& platform) { bits_ |= std::uint64_t{1} << place(platform); }
  /// Every platform with this accelerator; likewise for the others.
  static PlatformSet of(Accelerator accelerator);
  static PlatformSet of(Os os);
  static PlatformSet of(Arch arch);
  static PlatformSet all();
  /// Those that are in both.
  PlatformSet operator&(const PlatformSet& other) const {
    PlatformSet both;
    both.bits_ = bits_ & other.bits_;
    return both;
  }
  bool contains(const Platform& platform) const { return (bits_ >> place(platform) & 1) != 0; }
  bool empty() const { return bits_ == 0; }
  /// True when some platform is in both.
  bool intersects(const PlatformSet& other) const { return (bits_ & other.bits_) != 0; }
  friend bool operator==(const PlatformSet&, const PlatformSet&) = default;

 private:
  static unsigned place(const Platform& platform) {
    const auto os = static_cast<unsigned>(platform.os);
    const auto arch = static_cast<unsigned>(platform.arch);
    return (os * static_cast<unsigned>(kArches.size()) + arch) *
               static_cast<unsigned>(kAccelerators.size()) +
           static_cast<unsigned>(platform.accelerator);
  }
  static_assert(kOses.size() * kArches.size() * kAccelerators.size() <= 64);

  std::uint64_t bits_ = 0;
};

/// "linux-x86_64-cpu".
std::string to_string(const Platform& platform);

/// The reverse; "linux-x86_64" means cpu. Errors: Errc::invalid_input "platform-invalid".
Result<Platform> parse_platform(std::string_view text);

}  // namespace rbee

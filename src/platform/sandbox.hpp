// Run untrusted code where it can reach nothing but what it is given.
//
// bubblewrap makes the room: no network, no home, no other process, the system read-only;
// libseccomp bars the kernel calls that builds do not need. Source: bwrap(1), seccomp(2). What is
// tried from inside: sandbox_test.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/file_descriptor.hpp"
#include "platform/process.hpp"

namespace rbee::platform {

/// Where the sandbox finds its gateway, when it has one.
inline constexpr std::uint16_t kGatewayPort = 3128;

enum class Access { read_only, writable };

/// A directory or file of this machine that the sandbox shows.
struct Bind {
  std::filesystem::path host;
  std::string inside;  ///< Absolute.
  Access access = Access::read_only;
};

/// A file that the sandbox shows although this machine has none such; read-only.
struct TextFile {
  std::string inside;  ///< Absolute.
  std::string text;
  bool executable = false;
};

/// Who the program believes to be. Neither has a capability; both are the calling user outside.
enum class InsideUser {
  builder,  ///< User id 1000.
  root,     ///< User id 0, for `install -o root`, as fakeroot would have it.
};

struct SandboxSpec {
  std::vector<std::string> argv;  ///< Looked up inside.
  std::map<std::string, std::string> environment =
      {};  ///< The whole; HOME and PATH are added when missing.
  std::vector<Bind> binds = {};
  std::vector<TextFile> texts = {};  ///< After `binds`, so that one may lie on a bound file.
  /// Programs of /usr/bin that are other than this machine's: the text of a script by name, or
  /// nothing for one that shall not be there.
  std::map<std::string, std::optional<std::string>> programs = {};
  std::vector<int> inherit = {};  ///< Descriptors the program keeps, same numbers.
  std::uint64_t scratch_bytes_max = std::uint64_t{2} << 30;  ///< Of /tmp, /var/tmp and HOME each.
  std::string directory = "/";                               ///< Inside.
  std::string host_name = "rbee-build";
  InsideUser user = InsideUser::builder;
  /// Called before the program starts, on another thread, with a socket that listens on
  /// 127.0.0.1:kGatewayPort in the sandbox's own network (net_gateway.hpp). Not set: no such
  /// socket, and no way out at all.
  std::function<void(FileDescriptor)> gateway = {};
  std::function<void(std::string_view)> output = {};
  std::function<bool()> cancelled = {};
  ProcessLimits limits = {};
};

/// Find out, by starting one, whether this machine can make a sandbox.
/// Errors: Errc::failed "sandbox-unavailable", with what bubblewrap said and how to enable it.
Result<void> check_sandbox();

/// Run a program in a sandbox of its own. When it returns, every process inside is gone.
/// Errors: those of `check_sandbox` and `run_process`.
Result<ProcessResult> run_sandboxed(const SandboxSpec& spec);

}  // namespace rbee::platform

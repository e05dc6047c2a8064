#include "check/words.hpp"

#include "base/platform.hpp"
#include "base/text.hpp"
#include "pkgbuild/text_commands.hpp"

namespace rbee::check {

namespace {

constexpr auto kNetworkTools = std::to_array<std::string_view>(
    {"curl",       "wget",        "wget2",    "aria2c",  "axel",        "lftp",
     "ftp",        "tftp",        "sftp",     "scp",     "ssh",         "sshpass",
     "telnet",     "nc",          "ncat",     "netcat",  "socat",       "http",
     "https",      "httpie",      "xh",       "w3m",     "lynx",        "links",
     "elinks",     "dig",         "nslookup", "host",    "drill",       "ping",
     "mosh",       "rclone",      "s3cmd",    "aws",     "gsutil",      "gh",
     "youtube-dl", "yt-dlp",      "torsocks", "tor",     "proxychains", "mail",
     "sendmail",   "mutt",        "msmtp",    "snarf",   "puf",         "curlie",
     "fetch",      "bitsadmin",   "megadl",   "gdown",   "hf",          "huggingface-cli",
     "ipfs",       "cloudflared", "ngrok",    "docker",  "podman",      "skopeo",
     "flatpak",    "snap",        "apt",      "apt-get", "pacman",      "yay",
     "paru",       "dnf",         "yum",      "brew",    "nix",         "nix-env"});

constexpr auto kManagers = std::to_array<std::string_view>(
    {"npm",      "npx",     "pnpm",     "pnpx",         "yarn",   "bun",        "bunx",
     "corepack", "pip",     "pip2",     "pip3",         "pipx",   "uv",         "uvx",
     "poetry",   "pdm",     "hatch",    "easy_install", "cargo",  "go",         "gem",
     "bundle",   "bundler", "luarocks", "conda",        "mamba",  "micromamba", "composer",
     "deno",     "cabal",   "stack",    "mix",          "rebar3", "dotnet",     "nuget",
     "opam",     "cpan",    "cpanm",    "dub",          "nimble", "vcpkg",      "conan",
     "pixi",     "rustup",  "nvm",      "pyenv",        "maven",  "sbt",        "lein"});

bool starts_any(std::string_view word, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return word.starts_with(prefix); });
}
bool any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_any(const Invocation& invocation, std::initializer_list<std::string_view> options) {
  return std::any_of(options.begin(), options.end(),
                     [&](std::string_view option) { return invocation.has(option); });
}

/// "git -C dir -c a=b clone …": the subcommand and whether local files alone are allowed.
std::string git_use(const Invocation& invocation) {
  std::string_view subcommand;
  std::size_t at = 0;
  bool local_only = false;
  for (std::size_t i = 0; i < invocation.args.size(); ++i) {
    const std::string& arg = invocation.args[i];
    if (arg == "-C" || arg == "-c" || arg == "--git-dir" || arg == "--work-tree") {
      local_only |= i + 1 < invocation.args.size() &&
                    invocation.args[i + 1].starts_with("protocol.file.allow=");
      ++i;
      continue;
    }
    if (!arg.empty() && arg[0] == '-') continue;
    subcommand = arg;
    at = i;
    break;
  }
  const auto operand = [&]() -> std::string_view {
    for (std::size_t i = at + 1; i < invocation.args.size(); ++i)
      if (!invocation.args[i].empty() && invocation.args[i][0] != '-') return invocation.args[i];
    return {};
  };
  if (any_of(subcommand, {"clone", "fetch", "pull", "push", "ls-remote", "remote-https"})) {
    const std::string_view url = operand();
    // A clone of what source=() brought is no network.
    const bool is_local = !url.empty() && url.find("://") == std::string_view::npos &&
                          url.find('@') == std::string_view::npos &&
                          starts_any(url, {"/srcdir", "/startdir", "..", "."});
    if (is_local || url.starts_with("file://")) return {};
    return "git " + std::string(subcommand);
  }
  if (subcommand == "submodule" && !local_only)
    for (const std::string& arg : invocation.args)
      if (arg == "update") return "git submodule update";
  if (subcommand == "lfs" && (operand() == "pull" || operand() == "fetch")) return "git lfs";
  return {};
}

/// The system's own program of that name: found by PATH, or where a system keeps programs. What was
/// built or downloaded may have any name.
bool is_system_program(const Invocation& invocation) {
  return invocation.path == invocation.name ||
         starts_any(invocation.path,
                    {"/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/", "/sbin/"}) ||
         invocation.path.find(kHole) != std::string::npos;
}

}  // namespace

bool is_network_tool(std::string_view name) {
  return contains(kNetworkTools, name);
}

std::string network_use(const Invocation& invocation) {
  const std::string& name = invocation.name;
  if (!is_system_program(invocation)) return {};
  if (is_network_tool(name)) {
    // Asking a tool what it is, is not using it.
    if (invocation.args.size() == 1 && any_of(invocation.args[0], {"--version", "-V", "--help"}))
      return {};
    return name;
  }
  if (name == "git") return git_use(invocation);
  if (any_of(name, {"svn", "hg", "bzr", "fossil", "cvs"})) {
    const std::string_view verb = invocation.first_operand();
    if (any_of(verb, {"clone", "checkout", "co", "pull", "export", "update", "branch", "up"}))
      return name + " " + std::string(verb);
    return {};
  }
  if (name == "rsync")
    for (const std::string& arg : invocation.args)
      if (arg.find("::") != std::string::npos || arg.starts_with("rsync://") ||
          (arg.find(':') != std::string::npos && arg[0] != '-' && arg[0] != '/'))
        return "rsync";
  if (name == "openssl" && invocation.first_operand() == "s_client") return "openssl s_client";
  if (name == "busybox" && !invocation.args.empty() && is_network_tool(invocation.args[0]))
    return "busybox " + invocation.args[0];
  if (is_interpreter(name))
    for (std::size_t i = 0; i + 1 < invocation.args.size(); ++i)
      if (invocation.args[i] == "-m" &&
          any_of(invocation.args[i + 1], {"http.server", "urllib.request", "ftplib", "smtplib",
                                          "telnetlib", "webbrowser", "wget", "gdown"}))
        return "python -m " + invocation.args[i + 1];
  return {};
}

bool is_package_manager(std::string_view name) {
  return contains(kManagers, name);
}

Fetch package_manager_fetch(const Invocation& invocation) {
  std::string name = invocation.name;
  std::string_view verb = invocation.first_operand();
  const auto& args = invocation.args;
  if (is_interpreter(name)) {  // python -m pip …
    for (std::size_t i = 0; i + 1 < args.size(); ++i) {
      if (args[i] != "-m" || !any_of(args[i + 1], {"pip", "uv", "pipx", "poetry", "conda"}))
        continue;
      Invocation inner;
      inner.path = inner.name = args[i + 1];
      inner.args.assign(args.begin() + static_cast<std::ptrdiff_t>(i) + 2, args.end());
      return package_manager_fetch(inner);
    }
    if (name != "bun" && name != "deno") return {};
  }
  if (!is_package_manager(name) || !is_system_program(invocation)) return {};
  if (has_any(invocation, {"--help", "--version", "-v", "-V"}) && args.size() == 1) return {};
  if (name.starts_with("pip") && name != "pipx") {
    if (!any_of(verb, {"install", "download", "wheel"})) return {};
    if (has_any(invocation, {"--no-index"})) return {};
    // A wheel or the project's own folder without its dependencies.
    const bool no_dependencies = has_any(invocation, {"--no-deps"});
    bool local = false;
    for (const std::string& arg : args)
      local |= arg == "." || arg.ends_with(".whl") || starts_any(arg, {"./", "/srcdir", "dist/"});
    if (no_dependencies && local && has_any(invocation, {"--no-build-isolation"})) return {};
    if (no_dependencies && local)
      for (const std::string& arg : args)
        if (arg.ends_with(".whl")) return {};
    return {"pip", false};
  }
  if (name == "cargo") {
    if (verb == "fetch") return {"cargo", has_any(invocation, {"--locked", "--frozen"})};
    if (verb == "vendor") return {"cargo", has_any(invocation, {"--locked", "--frozen"})};
    const bool offline = has_any(invocation, {"--offline", "--frozen"});
    if (verb == "install" || verb == "add" || verb == "update" || verb == "search" ||
        verb == "publish" || verb == "login")
      return offline ? Fetch{} : Fetch{"cargo", false};
    return {};
  }
  if (name == "go") {
    if (verb == "mod")
      for (const std::string& arg : args)
        if (arg == "download") return {"go", true};
    if (any_of(verb, {"install", "get"})) {
      for (const std::string& arg : args)
        if (arg.starts_with("-mod=vendor")) return {};
      for (const std::string& arg : args)
        if (arg.find('@') != std::string::npos) return {"go", false};
      // go install ./… builds what is there.
      for (const std::string& arg : args)
        if (starts_any(arg, {"./", "/srcdir"}) || arg == ".") return {};
      return {"go", false};
    }
    return {};
  }
  if (any_of(name, {"npm", "pnpm", "yarn", "bun"})) {
    if (has_any(invocation, {"--offline", "--prefer-offline"}) &&
        has_any(invocation, {"--offline"}))
      return {};
    if (any_of(verb, {"run",     "run-script", "test",    "t",      "start",      "build",
                      "config",  "pack",       "version", "root",   "prefix",     "bin",
                      "ls",      "list",       "prune",   "dedupe", "help",       "set",
                      "get",     "cache",      "rebuild", "pkg",    "workspaces", "workspace",
                      "compile", "link",       "lint",    "node",   "plugin"}))
      return {};
    if (verb == "ci") return {"npm", true};
    if (verb == "install" || verb == "i" || verb.empty())
      return {name, has_any(invocation, {"--frozen-lockfile", "--immutable"})};
    if (any_of(verb, {"add", "update", "upgrade", "exec", "x", "dlx", "create", "init", "global",
                      "import", "audit", "publish", "login", "up", "remove", "unlink"}))
      return {name, false};
    return {};
  }
  if (name == "gem") {
    if (verb == "install" && !has_any(invocation, {"--local", "-l"})) return {"gem", false};
    if (any_of(verb, {"fetch", "update", "push"})) return {"gem", false};
    return {};
  }
  if (any_of(name, {"bundle", "bundler"})) {
    if (any_of(verb, {"install", "update"}) && !has_any(invocation, {"--local"}))
      return {"bundle", false};
    return {};
  }
  if (name == "uv") {
    if (any_of(verb, {"pip", "sync", "tool", "add", "run", "python", "venv"}) &&
        !has_any(invocation, {"--offline", "--no-index"}))
      return {"uv", false};
    return {};
  }
  if (any_of(name, {"npx", "pnpx", "bunx", "pipx", "uvx", "easy_install", "corepack", "cpanm",
                    "rustup", "nvm"})) {
    const bool asks = any_of(verb, {"--version", "show", "which", "disable", "enable"});
    if (name == "npx" && has_any(invocation, {"--no-install", "--no"})) return {};
    return asks ? Fetch{} : Fetch{name, false};
  }
  if (any_of(verb, {"install", "get", "fetch", "update", "add", "restore", "download", "create",
                    "require", "sync"}))
    return has_any(invocation, {"--offline"}) ? Fetch{} : Fetch{name, false};
  return {};
}

bool is_decoder(const Invocation& invocation) {
  const std::string& name = invocation.name;
  if (any_of(name, {"base64", "base32", "basenc"}))
    return std::any_of(invocation.args.begin(), invocation.args.end(), [](const std::string& arg) {
      return arg == "--decode" || (arg.size() > 1 && arg[0] == '-' && arg[1] != '-' &&
                                   arg.find_first_of("dD") != std::string::npos);
    });
  if (name == "xxd")
    return std::any_of(invocation.args.begin(), invocation.args.end(), [](const std::string& arg) {
      return arg.size() > 1 && arg[0] == '-' && arg.find('r') != std::string::npos;
    });
  if (name == "openssl")
    return any_of(invocation.first_operand(), {"enc", "base64", "aes-256-cbc", "zlib"}) ||
           invocation.has("-d");
  if (any_of(name, {"uudecode", "rev", "tr", "rot13", "od", "gunzip", "zcat", "xz", "bzcat",
                    "xzcat", "zstdcat", "gpg", "mcrypt", "ccrypt", "uncompress"}))
    return true;
  return false;
}

bool is_platform_probe(std::string_view name) {
  for (const Accelerator accelerator : {Accelerator::cpu, Accelerator::cuda, Accelerator::rocm}) {
    for (const pkgbuild::VirtualProbe& probe :
         pkgbuild::virtual_probes({Os::linux, Arch::x86_64, accelerator}))
      if (probe.name == name) return true;
  }
  return false;
}

std::string inline_code(const Invocation& invocation) {
  if (!is_interpreter(invocation.name) || is_shell(invocation.name)) return {};
  const bool is_awk = invocation.name.ends_with("awk");
  if (is_awk) return std::string(invocation.first_operand());
  for (std::size_t i = 0; i < invocation.args.size(); ++i) {
    const std::string& arg = invocation.args[i];
    if (arg == "--eval" || arg == "--exec")
      return i + 1 < invocation.args.size() ? invocation.args[i + 1] : "";
    if (arg.size() < 2 || arg[0] != '-' || arg[1] == '-') continue;
    const std::size_t letter = arg.find_first_of("ceEr");
    if (letter == std::string::npos) continue;
    if (arg[letter] == 'r' && !invocation.name.starts_with("php")) continue;
    if (letter + 1 < arg.size() && arg[letter] == 'c') return arg.substr(letter + 1);
    if (i + 1 < invocation.args.size()) return invocation.args[i + 1];
  }
  return {};
}

std::string_view dangerous_in(std::string_view code) {
  constexpr auto kWords = std::to_array<std::string_view>({"urllib",
                                                           "urlopen",
                                                           "urlretrieve",
                                                           "requests.",
                                                           "httpx",
                                                           "http.client",
                                                           "aiohttp",
                                                           "socket",
                                                           "ftplib",
                                                           "smtplib",
                                                           "paramiko",
                                                           "os.system",
                                                           "os.popen",
                                                           "os.exec",
                                                           "os.spawn",
                                                           "subprocess",
                                                           "Popen",
                                                           "pty.spawn",
                                                           "__import__",
                                                           "exec(",
                                                           "eval(",
                                                           "compile(",
                                                           "marshal",
                                                           "codecs.decode",
                                                           "b64decode",
                                                           "b85decode",
                                                           "fromhex",
                                                           "zlib.decompress",
                                                           "child_process",
                                                           "execSync",
                                                           "spawnSync",
                                                           "require('http",
                                                           "require(\"http",
                                                           "require('net",
                                                           "require(\"net",
                                                           "fetch(",
                                                           "XMLHttpRequest",
                                                           "Buffer.from",
                                                           "atob(",
                                                           "new Function",
                                                           "Net::HTTP",
                                                           "open-uri",
                                                           "IO.popen",
                                                           "Kernel.",
                                                           "Open3",
                                                           "LWP",
                                                           "HTTP::Tiny",
                                                           "IO::Socket",
                                                           "system(",
                                                           "system \"",
                                                           "system '",
                                                           "qx(",
                                                           "qx{",
                                                           "exec \"",
                                                           "exec '",
                                                           "`",
                                                           "shell_exec",
                                                           "passthru",
                                                           "proc_open",
                                                           "popen(",
                                                           "file_get_contents('http",
                                                           "file_get_contents(\"http",
                                                           "curl_exec",
                                                           "base64_decode",
                                                           "io.popen",
                                                           "os.execute",
                                                           "loadstring",
                                                           "socket.http",
                                                           "getline",
                                                           "/inet/",
                                                           "| \"sh",
                                                           "Deno.run",
                                                           "Deno.Command",
                                                           "Bun.spawn",
                                                           "ctypes"});
  for (const std::string_view word : kWords)
    if (code.find(word) != std::string_view::npos) return word;
  return {};
}

}  // namespace rbee::check

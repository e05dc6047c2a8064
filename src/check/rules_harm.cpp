// Group harm: secrets, sending out, persistence, rights, the kernel, miners.
#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "check/report.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

using pkgbuild::Redirect;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Below somebody's home: "~/.ssh", "/home/x/.ssh", "/root/.ssh", "<unknown>/.ssh".
bool in_home(std::string_view text, std::string_view name) {
  const std::size_t tilde = text.find("~/"), home = text.find("/home/"),
                    package = text.find("/pkgdir");
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::string_view before = text.substr(0, at);
    if (before.ends_with("/root/") || before.ends_with(kHole + std::string("/"))) return true;
    if (tilde < at || (home < at && package > at)) return true;
  }
  return false;
}

constexpr auto kSecretPlaces = std::to_array<std::string_view>({".ssh",
                                                                ".gnupg",
                                                                ".aws",
                                                                ".azure",
                                                                ".kube",
                                                                ".docker/config",
                                                                ".npmrc",
                                                                ".pypirc",
                                                                ".netrc",
                                                                ".git-credentials",
                                                                ".config/gh",
                                                                ".config/gcloud",
                                                                ".config/google-chrome",
                                                                ".config/chromium",
                                                                ".config/BraveSoftware",
                                                                ".config/microsoft-edge",
                                                                ".config/opera",
                                                                ".config/discord",
                                                                ".config/Slack",
                                                                ".config/Signal",
                                                                ".mozilla",
                                                                ".thunderbird",
                                                                ".local/share/keyrings",
                                                                ".password-store",
                                                                ".bitcoin",
                                                                ".ethereum",
                                                                ".electrum",
                                                                ".config/solana",
                                                                ".monero",
                                                                ".exodus",
                                                                ".config/Exodus",
                                                                ".metamask",
                                                                ".vault-token",
                                                                ".bash_history",
                                                                ".zsh_history",
                                                                ".local/share/fish/fish_history",
                                                                ".config/rclone",
                                                                ".cargo/credentials",
                                                                ".config/rbee",
                                                                ".config/op",
                                                                ".terraform.d",
                                                                ".putty",
                                                                ".pki",
                                                                "Local State",
                                                                "Login Data"});
constexpr auto kSecretAnywhere = std::to_array<std::string_view>(
    {"/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/proc/self/environ", "/proc/1/environ",
     "wallet.dat", "id_rsa", "id_ed25519", "id_ecdsa", "logins.json", "key4.db", "Login Data",
     "169.254.169.254", "keystore/UTC--"});

constexpr auto kStartPlaces = std::to_array<std::string_view>({"/systemd/system/",
                                                               "/systemd/user/",
                                                               "/systemd/system-generators",
                                                               "/etc/systemd/",
                                                               "/etc/cron",
                                                               "/var/spool/cron",
                                                               "/etc/anacrontab",
                                                               "/etc/init.d",
                                                               "/etc/rc.local",
                                                               "/autostart/",
                                                               "/etc/profile.d",
                                                               "/etc/profile",
                                                               "/etc/bash.bashrc",
                                                               "/etc/zsh",
                                                               "/etc/environment",
                                                               "/etc/ld.so.preload",
                                                               "/etc/ld.so.conf",
                                                               "/udev/rules.d",
                                                               "/etc/xdg/autostart",
                                                               "/dbus-1/system-services",
                                                               "/dbus-1/services",
                                                               "/etc/pam.d",
                                                               "/etc/X11/xinit",
                                                               "/libalpm/hooks",
                                                               "/etc/pacman.d/hooks",
                                                               "/etc/modules-load.d",
                                                               "/modules-load.d/",
                                                               "/etc/skel",
                                                               "/tmpfiles.d/",
                                                               "/sysusers.d/",
                                                               "/polkit-1/rules.d",
                                                               "/etc/sudoers.d",
                                                               "/NetworkManager/dispatcher.d"});
constexpr auto kShellFiles = std::to_array<std::string_view>(
    {".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".zprofile", ".zshenv",
     ".xinitrc", ".xprofile", ".config/fish/config.fish", ".config/autostart", ".config/systemd",
     ".pam_environment", ".login", ".cshrc"});

constexpr auto kWriters =
    std::to_array<std::string_view>({"install", "cp", "mv", "ln", "tee", "touch", "dd", "rsync",
                                     "sed", "mkdir", "cat", "echo", "printf", "ginstall"});

bool writes(const RedirectView& redirect) {
  return redirect.kind == Redirect::Kind::write || redirect.kind == Redirect::Kind::append ||
         redirect.kind == Redirect::Kind::clobber || redirect.kind == Redirect::Kind::both ||
         redirect.kind == Redirect::Kind::both_append ||
         redirect.kind == Redirect::Kind::read_write;
}

/// Why a path is one where things start by themselves; empty when it is not.
std::string start_place(std::string_view path) {
  for (const std::string_view place : kStartPlaces)
    if (holds(path, place) ||
        (path.ends_with(place.substr(0, place.size() - 1)) && place.back() == '/'))
      return std::string(place);
  for (const std::string_view file : kShellFiles)
    if (in_home(path, file)) return std::string(file);
  return {};
}

struct Harm {
  Report& report;
  const RecipeView& view;
  const CommandView& command;

  void add(std::string_view rule, std::string message) const {
    report.add(rule, view, command.span, std::move(message), {}, command.file);
  }
};

/// echo and printf print; what they say of a path is no use of it, unless it is written somewhere.
bool only_prints(const CommandView& command, const Invocation& invocation) {
  if (invocation.name != "echo" && invocation.name != "printf" && invocation.name != "msg" &&
      invocation.name != "msg2" && invocation.name != "warning" && invocation.name != "error" &&
      invocation.name != "note")
    return false;
  for (const RedirectView& redirect : command.redirects)
    if (writes(redirect) && !redirect.targets.empty() && redirect.targets[0] != "/dev/null")
      return false;
  return true;
}

void check_secrets(const Harm& harm, const Invocation& each) {
  const auto look = [&](const std::string& text) {
    for (const std::string_view place : kSecretPlaces)
      if (in_home(text, place)) {
        harm.add("SEC-001", fmt::format("'{}' is a place of secrets", place));
        return;
      }
    for (const std::string_view place : kSecretAnywhere)
      if (holds(text, place)) {
        harm.add("SEC-001", fmt::format("'{}' is a place of secrets", place));
        return;
      }
  };
  if (!only_prints(harm.command, each)) {
    look(each.path);
    for (const std::string& arg : each.args) look(arg);
  }
  for (const RedirectView& redirect : harm.command.redirects)
    if (redirect.kind != Redirect::Kind::here_doc)
      for (const std::string& target : redirect.targets) look(target);
  const bool dumps = ((each.name == "env" || each.name == "printenv" || each.name == "set") &&
                      each.args.empty()) ||
                     ((each.name == "export" || each.name == "declare" || each.name == "typeset") &&
                      each.args.size() == 1 &&
                      (each.args[0] == "-p" || each.args[0] == "-x" || each.args[0] == "-xp"));
  if (dumps) harm.add("SEC-001", fmt::format("'{}' lists the whole environment", each.line()));
}

void check_sending(const Harm& harm, const Invocation& each) {
  constexpr auto kCurl = std::to_array<std::string_view>(
      {"-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "-F",
       "--form", "--form-string", "-T", "--upload-file", "--json"});
  constexpr auto kWget =
      std::to_array<std::string_view>({"--post-data", "--post-file", "--body-data", "--body-file"});
  if (each.name == "curl" || each.name == "curlie" || each.name == "xh" || each.name == "http") {
    for (std::size_t i = 0; i < each.args.size(); ++i) {
      const std::string& arg = each.args[i];
      const std::string_view option = std::string_view(arg).substr(0, arg.find('='));
      const bool short_form = arg.size() > 2 && arg[0] == '-' && arg[1] != '-' &&
                              (arg[1] == 'd' || arg[1] == 'F' || arg[1] == 'T');
      const bool method = (arg == "-X" || arg == "--request") && i + 1 < each.args.size() &&
                          (each.args[i + 1] == "POST" || each.args[i + 1] == "PUT");
      if (contains(kCurl, option) || short_form || method || arg == "-XPOST" || arg == "-XPUT" ||
          arg == "POST" || arg == "PUT") {
        harm.add("EXF-001", fmt::format("'{}' sends something out", each.line()));
        return;
      }
    }
  }
  if (each.name.starts_with("wget"))
    for (const std::string& arg : each.args) {
      const std::string_view option = std::string_view(arg).substr(0, arg.find('='));
      if (contains(kWget, option) || arg == "--method=POST" || arg == "--method=PUT")
        harm.add("EXF-001", fmt::format("'{}' sends something out", each.line()));
    }
  if ((each.name == "scp" || each.name == "rsync" || each.name == "sftp" ||
       each.name == "rclone") &&
      !network_use(each).empty() && !each.args.empty() && holds(each.args.back(), ":"))
    harm.add("EXF-001", fmt::format("'{}' copies something to another machine", each.line()));
  const bool asks_names = each.name == "dig" || each.name == "nslookup" || each.name == "host" ||
                          each.name == "drill" || each.name == "getent" || each.name == "ping";
  if (asks_names)
    for (const std::string& arg : each.args)
      if (holds(arg, std::string(1, kHole) + ".") ||
          (holds(arg, ".") && (holds(arg, "$(") || arg.front() == kHole)))
        harm.add("EXF-001", fmt::format("'{}' could carry something out in a name", each.name));
  const bool raw = each.name == "nc" || each.name == "ncat" || each.name == "netcat" ||
                   each.name == "socat" || each.name == "telnet" || each.name == "sendmail" ||
                   each.name == "mail";
  if (raw && (!harm.command.upstream.empty() || !harm.command.redirects.empty()))
    harm.add("EXF-001", fmt::format("'{}' sends its input out", each.name));
  for (const RedirectView& redirect : harm.command.redirects)
    for (const std::string& target : redirect.targets)
      if (writes(redirect) && (target.starts_with("/dev/tcp/") || target.starts_with("/dev/udp/")))
        harm.add("EXF-001", fmt::format("it writes to '{}'", target));
}

void check_persistence(const Harm& harm, const Invocation& each) {
  if (each.name == "systemctl" || each.name == "loginctl") {
    const std::string_view verb = each.first_operand();
    constexpr auto kVerbs = std::to_array<std::string_view>(
        {"enable", "start", "restart", "link", "preset", "daemon-reload", "enable-linger", "edit",
         "add-wants", "reenable", "set-default", "import-environment"});
    if (contains(kVerbs, verb))
      harm.add("PERS-001", fmt::format("'{}' makes something start by itself", each.line()));
  }
  if (each.name == "crontab" || each.name == "update-rc.d" || each.name == "chkconfig" ||
      each.name == "rc-update" || each.name == "udevadm")
    harm.add("PERS-001", fmt::format("'{}' makes something start by itself", each.line()));
  if (contains(kWriters, each.name) && !only_prints(harm.command, each)) {
    for (const std::string& arg : each.args) {
      std::string value = arg;
      if (const std::size_t equals = arg.find("of="); equals == 0) value = arg.substr(3);
      if (!value.empty() && value[0] == '-' && each.name != "install") continue;
      if (each.name == "echo" || each.name == "printf" || each.name == "cat") continue;
      // What is read is another matter; a destination is the last, or behind -t.
      const bool is_destination = &arg == &each.args.back() || each.name == "mkdir" ||
                                  each.name == "tee" || each.name == "touch" || each.name == "dd" ||
                                  each.name == "install" || each.name == "sed";
      if (!is_destination) continue;
      if (const std::string place = start_place(value); !place.empty())
        harm.add("PERS-001",
                 fmt::format("'{}' is written to, where things start by themselves", value));
    }
    for (const std::string& arg : each.args)
      if ((each.name == "install" || each.name == "cp" || each.name == "ln" || each.name == "mv") &&
          (arg.ends_with(".timer") || arg.ends_with(".service") || arg.ends_with(".socket")) &&
          !arg.starts_with("-")) {
        harm.add("PERS-001", fmt::format("'{}' is a systemd unit", base_name(arg)));
        break;
      }
  }
  for (const RedirectView& redirect : harm.command.redirects)
    if (writes(redirect))
      for (const std::string& target : redirect.targets)
        if (const std::string place = start_place(target); !place.empty())
          harm.add("PERS-001",
                   fmt::format("'{}' is written to, where things start by themselves", target));
  for (const std::string& name : harm.command.assigned)
    if (name == "LD_PRELOAD" || name == "LD_AUDIT" || name == "BASH_ENV" ||
        name == "PROMPT_COMMAND")
      harm.add("PERS-001", fmt::format("{} is set for a command", name));
}

void check_rights(const Harm& harm, const Invocation& each) {
  constexpr auto kMore = std::to_array<std::string_view>(
      {"sudo", "su", "pkexec", "doas", "gosu", "runuser", "setpriv", "run0"});
  for (const std::string& wrapper : harm.command.wrappers)
    if (contains(kMore, wrapper))
      harm.add("PRIV-001", fmt::format("'{}' asks for more rights", wrapper));
  if (contains(kMore, each.name))
    harm.add("PRIV-001", fmt::format("'{}' asks for more rights", each.name));
  if (each.name == "setcap" || each.name == "setfacl" || each.name == "usermod" ||
      each.name == "useradd" || each.name == "passwd" || each.name == "visudo" ||
      each.name == "groupadd" || each.name == "chpasswd" || each.name == "newuidmap")
    harm.add("PRIV-001", fmt::format("'{}' gives rights", each.name));
  if (each.name == "chown" || each.name == "chgrp") {
    std::string who(each.first_operand());
    const bool root = who == "root" || who == "root:root" || who == "0" || who == "0:0" ||
                      who == "root:" || who == ":root" || who == "0:root" || who == "root.root";
    if (!root) harm.add("PRIV-001", fmt::format("'{}' gives files away", each.line()));
  }
  if (each.name == "chmod" || each.name == "install" || each.name == "mkdir") {
    for (std::size_t i = 0; i < each.args.size(); ++i) {
      std::string mode = each.args[i];
      if (each.name != "chmod") {
        if (mode.starts_with("--mode="))
          mode = mode.substr(7);
        else if (const std::size_t m = mode.find('m');
                 mode.starts_with("-") && !mode.starts_with("--") && m != std::string::npos)
          mode = m + 1 < mode.size() ? mode.substr(m + 1)
                                     : (i + 1 < each.args.size() ? each.args[i + 1] : "");
        else
          continue;
      }
      const bool octal = !mode.empty() && mode.find_first_not_of("01234567") == std::string::npos;
      const bool special = octal && ((mode.size() == 4 && mode[0] >= '2' && mode[0] <= '7') ||
                                     (mode.size() == 5 && mode[1] >= '2'));
      const bool symbolic = !octal && mode.find("+s") != std::string::npos;
      const bool both =
          !octal &&
          (mode.find("=s") != std::string::npos || mode.find("+xs") != std::string::npos ||
           mode.find("s,") != std::string::npos) &&
          mode.find('/') == std::string::npos;
      if (special || symbolic || both) {
        harm.add("PRIV-001",
                 fmt::format("'{}' sets a set-user-id or set-group-id bit", each.line()));
        break;
      }
    }
  }
}

void check_kernel(const Harm& harm, const Invocation& each) {
  constexpr auto kTools = std::to_array<std::string_view>(
      {"insmod", "modprobe", "rmmod", "kmod", "depmod", "sysctl", "bpftool", "kexec", "dkms",
       "bpftrace", "perf", "mount", "umount", "losetup", "iptables", "nft", "swapoff", "setenforce",
       "dmsetup"});
  if (contains(kTools, each.name))
    harm.add("KERN-001", fmt::format("'{}' reaches into the kernel", each.name));
  const auto look = [&](const std::string& target) {
    if (target.starts_with("/proc/sys/") || target.starts_with("/sys/") ||
        target.starts_with("/dev/mem") || target.starts_with("/dev/kmem"))
      harm.add("KERN-001", fmt::format("'{}' is written to", target));
  };
  for (const RedirectView& redirect : harm.command.redirects)
    if (writes(redirect))
      for (const std::string& target : redirect.targets) look(target);
  if (each.name == "tee" || each.name == "dd")
    for (const std::string& arg : each.args) look(arg.starts_with("of=") ? arg.substr(3) : arg);
}

/// A wallet's address: Monero, or a bech32 Bitcoin one.
bool is_wallet(std::string_view text) {
  const auto base58 = [](char c) {
    return (c >= '1' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O') ||
           (c >= 'a' && c <= 'z' && c != 'l');
  };
  if (text.size() == 95 && (text[0] == '4' || text[0] == '8') &&
      std::all_of(text.begin(), text.end(), base58))
    return true;
  return text.starts_with("bc1q") && (text.size() == 42 || text.size() == 62);
}

void check_mining(const Harm& harm, const Invocation& each) {
  constexpr auto kMiners = std::to_array<std::string_view>(
      {"xmrig", "minerd", "cpuminer", "ethminer", "cgminer", "bfgminer", "t-rex", "nbminer",
       "lolMiner", "phoenixminer", "xmr-stak", "ccminer", "teamredminer", "gminer", "srbminer",
       "nanominer"});
  constexpr auto kPools = std::to_array<std::string_view>(
      {"stratum+", "stratum1+", "nanopool.org", "minexmr", "supportxmr", "nicehash", "2miners",
       "ethermine", "hashvault.pro", "moneroocean", "f2pool", "herominers", "unmineable",
       "--donate-level", "c3pool"});
  const std::string line = each.line();
  for (const std::string_view pool : kPools)
    if (holds(line, pool)) harm.add("MINE-001", fmt::format("'{}' is of a mining pool", pool));
  for (const std::string_view miner : kMiners)
    if (each.name == miner || each.name.starts_with(std::string(miner) + "-"))
      harm.add("MINE-001", fmt::format("'{}' is a miner", each.name));
  for (const std::string& arg : each.args)
    if (is_wallet(arg)) harm.add("MINE-001", "a wallet's address");
}

}  // namespace

void check_harm(Report& report) {
  for (const RecipeView& view : report.recipes()) {
    if (view.commands == nullptr) continue;
    for (const CommandView& command : view.commands->all()) {
      const Harm harm{report, view, command};
      for (const Invocation& each : command.invocations) {
        check_secrets(harm, each);
        check_sending(harm, each);
        check_persistence(harm, each);
        check_rights(harm, each);
        check_kernel(harm, each);
        check_mining(harm, each);
      }
      if (command.invocations.empty()) {
        const Invocation nothing;
        check_persistence(harm, nothing);
        check_kernel(harm, nothing);
      }
    }
    for (const AssignmentView& assignment : view.commands->assignments()) {
      if (assignment.name == "LD_PRELOAD" || assignment.name == "BASH_ENV" ||
          assignment.name == "LD_AUDIT" || assignment.name == "PROMPT_COMMAND")
        report.add("PERS-001", view, assignment.span, fmt::format("{} is set", assignment.name));
      for (const std::string& text : assignment.texts)
        if (text.find("stratum+") != std::string::npos || is_wallet(text))
          report.add("MINE-001", view, assignment.span, "a mining pool or a wallet's address");
    }
  }
}

}  // namespace rbee::check

// verify_signatures: one keyring for the recipe, then gpgv for each signature.
#include "install/signatures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/text.hpp"
#include "install/git_sources.hpp"
#include "platform/archive.hpp"
#include "platform/files.hpp"
#include "platform/process.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSignatureBytesMax = 1 << 20;
/// What a signed tarball may have been compressed with after it was signed; makepkg's order.
constexpr std::string_view kCompressed[] = {"", ".gz", ".bz2", ".xz", ".lrz", ".lzo", ".Z", ".zst"};

bool is_fingerprint(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

/// What a program printed, if it is there and ended well.
std::optional<std::string> output_of(std::vector<std::string> argv,
                                     std::map<std::string, std::string> environment) {
  std::string out;
  platform::ProcessSpec spec{.argv = std::move(argv), .environment = std::move(environment)};
  spec.output = [&](std::string_view bytes) { out += bytes; };
  spec.limits.wall_max = std::chrono::seconds(30);
  spec.limits.output_bytes_max = 4 << 20;
  const auto result = platform::run_process(spec);
  if (!result || !result->ok()) return std::nullopt;
  return out;
}

/// A key out of the user's own keyring; empty when it is not there.
std::string key_of_user(const std::string& fingerprint) {
  std::map<std::string, std::string> environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C"}};
  for (const char* name : {"HOME", "GNUPGHOME"})
    if (const char* value = std::getenv(name); value != nullptr) environment[name] = value;
  const auto out = output_of(
      {"gpg", "--batch", "--quiet", "--no-tty", "--armor", "--export", "0x" + fingerprint},
      std::move(environment));
  if (!out) return {};
  const auto begin = out->find("-----BEGIN PGP PUBLIC KEY BLOCK-----");
  if (begin == std::string::npos) return {};
  return dearmor(std::string_view(*out).substr(begin), "PGP PUBLIC KEY BLOCK").value_or("");
}

/// The commit or tag as it was signed, and its signature (git-commit's "gpgsig" header; a tag's
/// end).
struct SignedObject {
  std::string payload, signature;
};

std::optional<SignedObject> split_commit(const std::string& object) {
  SignedObject out;
  const auto end = object.find("\n\n");
  const std::string_view head = std::string_view(object).substr(0, end + 1);
  bool inside = false;
  for (std::size_t at = 0; at < head.size();) {
    auto newline = head.find('\n', at);
    if (newline == std::string_view::npos) newline = head.size() - 1;
    const std::string_view line = head.substr(at, newline + 1 - at);
    at = newline + 1;
    if (line.starts_with("gpgsig ")) {
      inside = true;
      out.signature += line.substr(7);
    } else if (inside && line.starts_with(' ')) {
      out.signature += line.substr(1);
    } else {
      inside = false;
      out.payload += line;
    }
  }
  if (out.signature.empty() || end == std::string::npos) return std::nullopt;
  out.payload += object.substr(end + 1);
  return out;
}

std::optional<SignedObject> split_tag(const std::string& object) {
  const auto at = object.rfind("\n-----BEGIN PGP SIGNATURE-----");
  if (at == std::string::npos) return std::nullopt;
  return SignedObject{object.substr(0, at + 1), object.substr(at + 1)};
}

class Signatures {
 public:
  Signatures(const Plan& plan, const Fetched& fetched, const fs::path& room, Observer& observer)
      : plan_(plan), fetched_(fetched), room_(room), observer_(observer) {
    for (const std::string& key : plan.recipe.array("validpgpkeys")) keys_.push_back(upper(key));
  }

  Result<void> run() {
    TRY(make_keyring());
    for (const pkgbuild::SourceEntry& source : plan_.sources) {
      if (observer_.cancelled())
        return fail(Errc::interrupted, "interrupted", "stopped while checking signatures");
      if (source.protocol == "git") {
        TRY(check_git(source));
      } else if (const auto what = signed_name(source.file_name)) {
        TRY(check_file(source, std::string(*what)));
      }
    }
    return {};
  }

 private:
  Result<void> make_keyring() {
    std::string keys;
    for (const std::string& key : keys_) {
      if (!is_fingerprint(key))
        return fail(Errc::invalid_input, "pgp-keys-missing",
                    fmt::format("'{}' in validpgpkeys is no fingerprint", printable_line(key)),
                    {.why = "only the whole fingerprint, 40 or 64 digits, names one key"});
      const auto file = plan_.local_files.find("keys/pgp/" + key + ".asc");
      std::string packets;
      if (file != plan_.local_files.end())
        packets = dearmor(file->second, "PGP PUBLIC KEY BLOCK").value_or("");
      if (packets.empty()) packets = key_of_user(key);
      if (packets.empty()) missing_.push_back(key);
      keys += packets;
    }
    return platform::write_file_atomically(keyring(), keys, 0600);
  }

  fs::path keyring() const { return room_ / "keys.gpg"; }

  std::optional<fs::path> file_of(const std::string& name) {
    if (const auto found = fetched_.files.find(name); found != fetched_.files.end())
      return found->second;
    const auto beside = plan_.local_files.find(name);
    if (beside == plan_.local_files.end()) return std::nullopt;
    const fs::path copy = room_ / "beside";
    if (!platform::write_file_atomically(copy, beside->second, 0600)) return std::nullopt;
    return copy;
  }

  Result<void> check_file(const pkgbuild::SourceEntry& source, const std::string& what) {
    const auto signature = file_of(source.file_name);
    if (!signature)
      return fail(Errc::not_found, "signature-missing",
                  fmt::format("'{}' is not there", printable_line(source.file_name)));
    TRY_ASSIGN(const std::string bytes, platform::read_file(*signature, kSignatureBytesMax));
    for (const std::string_view suffix : kCompressed) {
      auto file = file_of(what + std::string(suffix));
      if (!file) continue;
      if (!suffix.empty()) {
        const fs::path plain = room_ / "plain";
        TRY(platform::remove_tree(plain));
        TRY(platform::decompress(*file, plain, {}, [this] { return observer_.cancelled(); }));
        file = plain;
      }
      return judge(source.file_name, bytes, *file);
    }
    return fail(Errc::invalid_input, "signature-of-nothing",
                fmt::format("the recipe has the signature '{}' and not what it signs",
                            printable_line(source.file_name)),
                {.fix = fmt::format("name '{}' in source=()", printable_line(what))});
  }

  Result<void> check_git(const pkgbuild::SourceEntry& source) {
    TRY_ASSIGN(const GitSource git, parse_git_source(source));
    if (!git.is_signed) return {};
    const build::Repository& repository = fetched_.repositories.at(source.file_name);
    const bool tag = git.ref.kind == platform::GitRef::Kind::tag;
    TRY_ASSIGN(const std::string object,
               platform::git_object(repository.path, tag ? "tag" : "commit",
                                    tag ? "refs/tags/" + git.ref.name : repository.commit));
    const auto parts = tag ? split_tag(object) : split_commit(object);
    if (!parts)
      return fail(Errc::integrity, "signature-missing",
                  fmt::format("{} of '{}' is not signed", tag ? "the tag" : "the commit",
                              printable_line(source.file_name)),
                  {.fix = "do not install it; tell the worker's maintainer"});
    const fs::path payload = room_ / "payload";
    TRY(platform::write_file_atomically(payload, parts->payload, 0600));
    return judge(source.file_name, parts->signature, payload);
  }

  Result<void> judge(const std::string& name, const std::string& signature, const fs::path& data) {
    if (!platform::find_program("gpgv"))
      return fail(Errc::not_found, "gpgv-missing", "the program 'gpgv' is not installed",
                  {.why = "this worker's sources are signed",
                   .fix = "install the package 'gpgv' (or GnuPG) and try again"});
    const fs::path file = room_ / "signature";
    TRY(platform::write_file_atomically(file, signature, 0600));
    std::string output;
    platform::ProcessSpec spec{
        .argv = {"gpgv", "--homedir", room_.string(), "--status-fd", "1", "--keyring",
                 keyring().string(), file.string(), data.string()},
        .environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C"}, {"HOME", room_.string()}}};
    spec.output = [&](std::string_view bytes) { output += bytes; };
    spec.cancelled = [this] { return observer_.cancelled(); };
    spec.limits.wall_max = std::chrono::minutes(10);
    spec.limits.output_bytes_max = 1 << 20;
    TRY_ASSIGN(const platform::ProcessResult ended, platform::run_process(spec));
    if (ended.end == platform::ProcessResult::End::cancelled)
      return fail(Errc::interrupted, "interrupted", "stopped while checking signatures");
    return decide(name, read_status(output));
  }

  Result<void> decide(const std::string& name, const SignatureVerdict& verdict) {
    using State = SignatureVerdict::State;
    const std::string shown = printable_line(name);
    const auto evidence = [&] {
      std::vector<std::string> out;
      if (!verdict.key.empty()) out.push_back("signed by: " + printable_line(verdict.key));
      for (const std::string& key : keys_) out.push_back("recipe's: " + printable_line(key));
      return out;
    };
    const std::string stay_away = "do not install it; tell the worker's maintainer";
    switch (verdict.state) {
      case State::good:
      case State::expired:
      case State::expired_key:
        if (std::find(keys_.begin(), keys_.end(), upper(verdict.key)) == keys_.end())
          return fail(Errc::integrity, "signature-key-other",
                      fmt::format("'{}' is signed by a key that the recipe does not name", shown),
                      {.evidence = evidence(), .fix = stay_away});
        observer_.phase(Phase::verify, fmt::format("{}: signed by {}{}", name, verdict.key,
                                                   verdict.state == State::good ? ""
                                                   : verdict.state == State::expired
                                                       ? " (the signature has expired)"
                                                       : " (the key has expired)"));
        return {};
      case State::revoked_key:
        return fail(Errc::integrity, "signature-key-revoked",
                    fmt::format("the key that signed '{}' was revoked by its owner", shown),
                    {.evidence = evidence(), .fix = stay_away});
      case State::missing_key:
        if (!missing_.empty())
          return fail(Errc::not_found, "pgp-key-missing",
                      fmt::format("the key to check '{}' with is not here", shown),
                      {.evidence = evidence(),
                       .why = "the recipe names the key, and the worker does not bring it "
                              "(keys/pgp/FINGERPRINT.asc)",
                       .fix = fmt::format("gpg --recv-keys {}", missing_.front())});
        return fail(Errc::integrity, "signature-key-other",
                    fmt::format("'{}' is signed by a key that the recipe does not name", shown),
                    {.evidence = evidence(), .fix = stay_away});
      case State::bad:
      case State::none:
        break;
    }
    return fail(Errc::integrity, "signature-bad",
                fmt::format("the signature of '{}' is not valid", shown),
                {.evidence = evidence(),
                 .why = "the file or its signature was changed after it was signed",
                 .fix = stay_away});
  }

  const Plan& plan_;
  const Fetched& fetched_;
  const fs::path& room_;
  Observer& observer_;
  std::vector<std::string> keys_;     ///< Fingerprints, upper case.
  std::vector<std::string> missing_;  ///< Those of which we have no key.
};

}  // namespace

std::optional<std::string_view> signed_name(std::string_view file_name) {
  for (const std::string_view suffix : {".sig", ".sign", ".asc"})
    if (file_name.size() > suffix.size() && file_name.ends_with(suffix))
      return file_name.substr(0, file_name.size() - suffix.size());
  return std::nullopt;
}

std::optional<std::string> dearmor(std::string_view text, std::string_view kind) {
  const std::string begin = fmt::format("-----BEGIN {}-----", kind);
  const std::string end = fmt::format("-----END {}-----", kind);
  std::string out;
  auto at = text.find(begin);
  if (at == std::string_view::npos) return std::string(text);
  // Several blocks may follow each other.
  for (; at != std::string_view::npos; at = text.find(begin, at)) {
    const auto stop = text.find(end, at);
    if (stop == std::string_view::npos) return std::nullopt;
    std::string base64;
    bool headers = true;
    const auto lines = split(text.substr(at + begin.size(), stop - at - begin.size()), '\n');
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::string_view line = trim(lines[i]);
      if (headers) {
        if (line.empty()) headers = false;
      } else if (!line.starts_with('=')) {
        base64 += line;
      }
    }
    const auto bytes = from_base64(base64);
    if (!bytes || bytes->empty()) return std::nullopt;
    out += *bytes;
    at = stop + end.size();
  }
  return out;
}

SignatureVerdict read_status(std::string_view output) {
  using State = SignatureVerdict::State;
  SignatureVerdict verdict;
  for (const std::string_view line : split(output, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 3 || words[0] != "[GNUPG:]") continue;
    const std::string_view what = words[1];
    const auto becomes = [&](State state) {
      // Of several signatures none may be bad; makepkg looks at the last alone.
      if (verdict.state == State::bad || verdict.state == State::revoked_key) return;
      if (state == State::missing_key && verdict.state != State::none) return;
      verdict = {state, std::string(words[2])};
    };
    if (what == "GOODSIG") becomes(State::good);
    if (what == "EXPSIG") becomes(State::expired);
    if (what == "EXPKEYSIG") becomes(State::expired_key);
    if (what == "REVKEYSIG") becomes(State::revoked_key);
    if (what == "BADSIG") becomes(State::bad);
    if (what == "ERRSIG") {
      // ERRSIG keyid pkalgo hashalgo class time rc fingerprint; 9: no public key.
      becomes(words.size() > 7 && words[7] == "9" ? State::missing_key : State::bad);
      if (verdict.state == State::missing_key && words.size() > 8 && is_fingerprint(words[8]))
        verdict.key = words[8];
    }
    // VALIDSIG fingerprint … and, tenth, the primary key's.
    if (what == "VALIDSIG" && (verdict.state == State::good || verdict.state == State::expired ||
                               verdict.state == State::expired_key))
      verdict.key = words.size() > 11 ? words[11] : words[2];
  }
  return verdict;
}

Result<void> verify_signatures(const Plan& plan, const Fetched& fetched, const fs::path& scratch,
                               Observer& observer) {
  const bool has_keys = !plan.recipe.array("validpgpkeys").empty();
  bool any = false;
  for (const pkgbuild::SourceEntry& source : plan.sources) {
    if (source.protocol == "git") {
      TRY_ASSIGN(const GitSource git, parse_git_source(source));
      if (git.is_signed && !has_keys)
        return fail(Errc::invalid_input, "pgp-keys-missing",
                    fmt::format("'{}' is to be signed, and the recipe does not say by whom",
                                printable_line(source.file_name)),
                    {.fix = "name the author's fingerprint in validpgpkeys=()"});
      any = any || git.is_signed;
    } else {
      any = any || (has_keys && signed_name(source.file_name));
    }
  }
  if (!any) return {};
  TRY(platform::make_directories(scratch, 0700));
  TRY_ASSIGN(const platform::TemporaryDirectory room,
             platform::TemporaryDirectory::create(scratch, "keys-"));
  return Signatures(plan, fetched, room.path(), observer).run();
}

}  // namespace rbee::install

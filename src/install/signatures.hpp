// PGP: is what a recipe calls signed signed by one of its validpgpkeys?
//
// Starts gpgv, and gpg only to read keys out of the user's keyring; the user's trust settings do
// not matter, the recipe's list does. Writes only into a scratch directory. Source: PKGBUILD(5)
// "validpgpkeys" and "source"; gpgv(1); doc/DETAILS of GnuPG; RFC 9580, 6 (armor).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "install/installer.hpp"
#include "install/source_cache.hpp"

namespace rbee::install {

/// "x.tar.gz.sig", ".sign", ".asc": the name of what it signs; nothing for any other file.
std::optional<std::string_view> signed_name(std::string_view file_name);

/// The packets of an ASCII-armored block of `kind` ("PGP PUBLIC KEY BLOCK"), or `text` itself when
/// it is no armor. Nothing when the armor is damaged. (The checksum line is optional and not read.)
std::optional<std::string> dearmor(std::string_view text, std::string_view kind);

/// What gpgv's status lines say, by makepkg's reading.
struct SignatureVerdict {
  enum class State { good, expired, expired_key, revoked_key, bad, missing_key, none };
  State state = State::none;
  std::string key;  ///< Fingerprint of the primary key; of a missing one its id.
};
SignatureVerdict read_status(std::string_view output);

/// Check every signature among the sources, and every Git source that says "?signed". Does nothing
/// when the recipe names no keys and no Git source asks. `scratch` is a directory to work in; it
/// may be left behind, empty. Errors: Errc::integrity "signature-bad", "signature-missing",
/// "signature-key-other", "signature-key-revoked"; Errc::not_found "pgp-key-missing" with how to
/// get it, "gpgv-missing"; Errc::invalid_input "pgp-keys-missing", "signature-of-nothing".
Result<void> verify_signatures(const Plan& plan, const Fetched& fetched,
                               const std::filesystem::path& scratch, Observer& observer);

}  // namespace rbee::install

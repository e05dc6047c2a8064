#include "api/problems.hpp"

#include <array>
#include <utility>

namespace rbee::api {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kProblems = {{
    {"body-too-large", "The request's body is larger than this server reads."},
    {"encoding-unsupported", "The request's body is in a Transfer-Encoding other than chunked."},
    {"expectation-unsupported", "The request expects something other than 100-continue."},
    {"file-not-found", "The worker's folder has no file of this path."},
    {"headers-too-large", "The request's header lines together are larger than this server reads."},
    {"internal-error", "A bug in the server. The request id finds it in the server's log."},
    {"method-not-allowed",
     "The path exists and does not answer this method; the Allow field names those it does."},
    {"no-such-resource", "Nothing is at this path."},
    {"parameter-invalid",
     "A query parameter has a value that cannot be used; the detail says what can."},
    {"parameter-unknown", "A query parameter is not known here; it was probably misspelt."},
    {"readme-not-found", "The worker has no README.md."},
    {"recipe-not-found",
     "The worker has the other recipe only: PKGBUILD builds from source, PKGBUILD.bin installs a "
     "binary."},
    {"request-line-too-long", "The request's first line is longer than this server reads."},
    {"request-malformed",
     "The bytes are not one clear HTTP/1.1 request; doubtful ones are refused, never repaired."},
    {"request-too-slow", "The request did not arrive in time."},
    {"target-invalid",
     "The path or query holds something that could mean two things: dot segments, '//', a "
     "backslash, control characters, malformed escapes, bytes that are not UTF-8."},
    {"too-many-connections", "The server has as many connections as it serves. Try again."},
    {"too-many-connections-from-address",
     "One address holds as many connections as one may. Reuse them."},
    {"too-many-headers", "The request has more header lines than this server reads."},
    {"variant-not-found",
     "The worker has no variant for this platform and recipe; the detail lists those it has."},
    {"version-unsupported", "The request speaks another HTTP version than 1.1 or 1.0."},
    {"worker-broken",
     "The worker is in the catalog, and something in its folder blocks it; `rbee-market catalog "
     "check` shows what."},
    {"worker-id-invalid",
     "A worker's id is lower-case letters, digits and hyphens, at most 100, and starts with a "
     "letter or digit."},
    {"worker-not-found", "No worker has this id."},
    {"object-not-found", "The catalog's Git repository lacks an object that its commit names."},
    {"blob-too-large", "The file is larger than the catalog serves."},
    {"repository-unreadable",
     "The catalog's Git repository cannot be read; the server's log says why."},
}};

}  // namespace

std::string_view describe_problem(std::string_view id) {
  for (const auto& [name, text] : kProblems)
    if (name == id) return text;
  return {};
}

}  // namespace rbee::api

#include "api/problems.hpp"

namespace rbee::api {

namespace {

struct Problem {
  std::string_view id, text;
};

constexpr Problem kProblems[] = {
    {"account-disabled", "The account was disabled by the host."},
    {"account-name-invalid", "An account's name is 2 to 39 of a-z, 0-9 and '-'."},
    {"account-not-found", "No account has this name."},
    {"account-taken", "The name or the e-mail address is another account's."},
    {"admin-needed", "Only an administrator may do this."},
    {"adoption-decided", "The request was granted or refused already."},
    {"adoption-not-found", "No adoption request has this number."},
    {"adoption-open", "The account has asked for this worker already."},
    {"adoption-reason-missing", "An adoption request says why."},
    {"already-a-maintainer", "The account maintains the worker already."},
    {"already-granted", "This reviewer has granted it; another one must, too."},
    {"approval-own", "Nobody reviews their own submission."},
    {"approval-stale", "An approval is of exact bytes, and the submission has others now."},
    {"approval-twice", "This reviewer has approved this revision; another one must, too."},
    {"bad-gateway", "The program behind this path gave no proper answer."},
    {"body-invalid", "The body is not the JSON object that this path wants; the detail says why."},
    {"commit-unknown",
     "The database went away in the middle of a change. Look whether it was made before trying "
     "again."},
    {"cross-site", "The form was sent from another site."},
    {"database-busy", "Somebody else was writing for too long. Try again."},
    {"database-unreachable", "The database is away for a moment; nothing was changed. Try again."},
    {"download-none",
     "The release is built from the catalog's own files or from Git on this platform: there is no "
     "file to download."},
    {"email-invalid", "That is not an e-mail address."},
    {"frozen",
     "The host has stopped this for a while; the detail says why. GET /v1/status shows what is "
     "stopped."},
    {"history-busy",
     "The releases of other workers are being read out of the catalog. Try again in a moment."},
    {"idempotency-in-progress",
     "The first request with this Idempotency-Key is still being answered. Try again."},
    {"idempotency-key-invalid",
     "An Idempotency-Key is 1 to 255 printable characters without spaces."},
    {"idempotency-key-reused", "Another request was sent with this Idempotency-Key before."},
    {"license-needed",
     "This file is for holders of a licence: Authorization: Bearer. purchase_url says where to get "
     "one."},
    {"license-refused",
     "The licence is unknown, over, revoked, or for another worker. purchase_url says where to get "
     "one."},
    {"login-refused", "The account's name or the password is wrong."},
    {"login-throttled", "Too many wrong passwords, or too many open log-ins. Wait 15 minutes."},
    {"metrics-private", "The metrics are for who runs this server."},
    {"not-a-maintainer", "The account is not a co-maintainer of the worker."},
    {"not-an-orphan", "Only a worker that its owner gave up can be adopted."},
    {"not-quarantined", "The worker is not in quarantine."},
    {"not-the-owner", "Only the worker's owner may do this."},
    {"not-yanked", "The release is not yanked."},
    {"own-request", "Nobody decides about their own request."},
    {"password-long", "The password is longer than is read."},
    {"password-weak", "The password is too easy to guess."},
    {"quarantined-already", "The worker is in quarantine already."},
    {"query-invalid",
     "The search query is too long, has too many words, or asks a field for a value that it cannot "
     "have."},
    {"range-not-satisfiable", "The file ends before the range begins."},
    {"rate-limited",
     "This client asks more often than one client may; Retry-After says when to go on. The "
     "RateLimit fields of every answer show what is left."},
    {"reason-long", "A reason is at most 500 bytes."},
    {"reason-missing", "This needs a reason, and the reason is shown to others."},
    {"receipt-invalid",
     "The install receipt has a value that no client sends; docs/statistics.md lists them."},
    {"receipts-throttled",
     "This address has sent many install receipts. Retry-After says when to send the rest."},
    {"release-not-found", "The worker has had no such release."},
    {"request-kind", "Requests are out-of-date, deletion and merge."},
    {"request-not-found", "No open request has this number."},
    {"request-open", "The account has said so already."},
    {"reviewer-needed", "Only a reviewer may do this."},
    {"scope-missing", "The token lacks the scope that this needs."},
    {"scope-not-yours", "The account's role does not allow this scope."},
    {"rating-invalid", "A rating is a whole number from 1 to 5."},
    {"report-open", "The account has reported this review already."},
    {"review-not-found", "There is no such review, or its author took it back."},
    {"review-own", "Nobody judges or finds helpful what they said themselves."},
    {"review-own-worker", "A rating is for those who use a worker; its maintainers answer."},
    {"review-text-invalid",
     "Titles are one line of at most 120 bytes, texts at most 5,000, UTF-8 without control "
     "characters."},
    {"scope-unknown", "Scopes are read, community, submit, review and admin."},
    {"search-not-ready", "The search index is being made. Try again in a few seconds."},
    {"signature-invalid", "The request is not signed with the webhook's secret."},
    {"sign-up-throttled", "Too many accounts were made from one address. Wait 15 minutes."},
    {"sign-up-closed", "This marketplace makes accounts by invitation."},
    {"switch-unknown", "Switches are sign-up, adoption, submissions, publish and reviews."},
    {"submission-actor", "Somebody else must do this."},
    {"submission-claimed", "Another reviewer looks at it now."},
    {"submission-merging", "The submission is being merged this very moment."},
    {"submission-not-found", "No submission has this number."},
    {"submission-not-yours", "The submission is another account's."},
    {"submission-state",
     "The submission is in a state where this cannot be done; the detail says what can."},
    {"submissions-off", "This marketplace takes no submissions."},
    {"token-invalid", "The token is unknown, expired or was ended."},
    {"token-name-invalid", "A token needs a printable name of at most 60 characters."},
    {"token-needed", "This needs an API token: Authorization: Bearer."},
    {"token-not-found", "The account has no such token in use."},
    {"too-many-programs",
     "As many clones and pushes are under way as the server runs at once, and none ended in time. "
     "Try again."},
    {"too-many-today",
     "One account may do only so many of these in 24 hours, a new one fewer; the detail says when "
     "the next is possible."},
    {"too-slow", "The program behind this path took too long and was ended."},
    {"user-code-unknown", "The code is wrong, expired or was used."},
    {"webhook-off", "This marketplace has no webhook."},
    {"worker-quarantined", "An administrator took the worker off the market; the detail says why."},
    {"yanked-already", "The release is yanked already."},
    {"path-not-found", "Only Git's smart protocol is served below this path."},
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
    {"parameter-missing", "The path needs this query parameter; the detail shows one."},
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
};

}  // namespace

std::string_view describe_problem(std::string_view id) {
  for (const auto& [name, text] : kProblems)
    if (name == id) return text;
  return {};
}

}  // namespace rbee::api

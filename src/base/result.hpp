// What a function that can fail returns, and what an error says.
//
// Touches nothing. An `Errc` is for code to branch on; the texts are for people and follow one
// order: what happened, the evidence, why, what to do. An exception means a bug in this program.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/finding.hpp"

namespace rbee {

/// What kind of failure, for code. Each maps to one exit code (`exit_code`) and one HTTP status.
enum class Errc {
  failed,     ///< Something the caller could not have prevented and cannot sort into the rest.
  usage,      ///< The command line or a call's arguments are wrong.
  not_found,  ///< The named thing does not exist.
  exists,     ///< The named thing exists already, or another process holds it.
  unauthenticated,  ///< No credentials, or wrong ones.
  forbidden,        ///< The credentials are right and do not allow this.
  unreachable,      ///< Network: refused, reset, silent, or a name that does not resolve.
  bad_response,     ///< Network: the peer answered something that its protocol does not allow.
  integrity,        ///< The bytes are not the ones that were promised.
  does_not_fit,     ///< This machine cannot run it.
  policy,           ///< Refused by a rule, not by a fault.
  partial,          ///< Some of several things were done.
  interrupted,      ///< The user stopped it.
  invalid_input,    ///< A file or message does not follow its format.
  unsupported,      ///< Well-formed, and this program cannot decide or do it.
  too_large,        ///< A limit on size, count, depth or work was reached.
  io,               ///< The disk or the operating system refused.
};

/// One failure, for people.
struct Error {
  Errc code = Errc::failed;
  std::string id;       ///< Stable, kebab-case, e.g. "checksum-mismatch". Documented, never reused.
  std::string message;  ///< What happened, one sentence without a final full stop.
  std::vector<std::string> evidence;  ///< Facts, one a line: digests, paths, status codes.
  std::string why;                    ///< Why that is a failure; empty where the message says it.
  std::string fix;  ///< The nearest thing that works, as an exact command if there is one.
  std::vector<Finding> findings;  ///< Where the failure is in a text the user wrote.
};

/// The parts of an error that `fail` does not always need.
struct ErrorDetails {
  std::vector<std::string> evidence = {};
  std::string why = {};
  std::string fix = {};
  std::vector<Finding> findings = {};
};

/// A value or an `Error`. Ignoring one is a compiler error.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// `return fail(Errc::not_found, "worker-not-found", "no worker is called 'x'");`
inline tl::unexpected<Error> fail(Errc code, std::string id, std::string message,
                                  ErrorDetails details = {}) {
  return tl::unexpected<Error>(Error{code, std::move(id), std::move(message),
                                     std::move(details.evidence), std::move(details.why),
                                     std::move(details.fix), std::move(details.findings)});
}

/// Exit code of a program that ends with this error: 0 ok, 1 failure, 2 usage, 3 not found, 4 auth,
/// 5 network, 6 integrity, 7 does not fit this machine, 8 refused by policy, 9 partial, 130
/// interrupted.
int exit_code(Errc code);

/// The error as people read it on a terminal: message, evidence, why and fix, one idea a line,
/// findings with their excerpts, every untrusted byte made printable (`printable` of
/// base/text.hpp).
std::string describe(const Error& error);

}  // namespace rbee

#define RBEE_CONCAT_(a, b) a##b
#define RBEE_CONCAT(a, b) RBEE_CONCAT_(a, b)

/// Run `expr`, a `Result<void>` or a `Result<T>` whose value is not wanted, and return its error if
/// it failed.
#define TRY(expr)                                                             \
  do {                                                                        \
    if (auto try_result_ = (expr); !try_result_)                              \
      return ::tl::unexpected<::rbee::Error>(std::move(try_result_).error()); \
  } while (false)

/// `TRY_ASSIGN(auto digest, Sha256::parse(text));` declares or assigns, or returns the error.
#define TRY_ASSIGN(target, expr) TRY_ASSIGN_(RBEE_CONCAT(try_value_, __COUNTER__), target, expr)
#define TRY_ASSIGN_(temporary, target, expr)                                            \
  auto temporary = (expr);                                                              \
  if (!temporary) return ::tl::unexpected<::rbee::Error>(std::move(temporary).error()); \
  target = std::move(*temporary)

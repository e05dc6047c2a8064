#include "pkgbuild/refusal.hpp"

namespace rbee::pkgbuild {

Error to_error(const Refusal& refusal) {
  Error error;
  switch (refusal.kind) {
    case Refusal::Kind::syntax:
      error.code = Errc::invalid_input;
      error.id = "recipe-syntax";
      break;
    case Refusal::Kind::invalid:
      error.code = Errc::invalid_input;
      error.id = "recipe-invalid";
      break;
    case Refusal::Kind::unsupported:
      error.code = Errc::unsupported;
      error.id = "recipe-unsupported";
      break;
    case Refusal::Kind::limit:
      error.code = Errc::too_large;
      error.id = "recipe-limit";
      break;
  }
  error.message =
      refusal.findings.empty() ? "the recipe was refused" : refusal.findings.front().message;
  error.findings = refusal.findings;
  return error;
}

}  // namespace rbee::pkgbuild

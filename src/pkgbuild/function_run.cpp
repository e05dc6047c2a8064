// run_function: the recipe once more, then one of its functions with its effects let through.
#include "pkgbuild/effects.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/evaluate.hpp"

namespace rbee::pkgbuild {

tl::expected<void, Refusal> run_function(std::string_view text, const Inputs& inputs,
                                         const FunctionCall& call, Effects& effects) {
  const auto refused = [&](Span span, std::string construct) {
    return tl::unexpected<Refusal>(
        refuse(text, Refusal::Kind::unsupported, span, std::move(construct)));
  };
  const auto script = parse_recipe(text, inputs.limits);
  if (!script) return tl::unexpected<Refusal>(script.error());
  Inputs own = inputs;
  own.startdir = call.startdir;
  Interpreter shell(own, Interpreter::TopLevel::sourced);
  shell.set_scalar("CARCH", std::string(to_string(inputs.platform.arch)));
  shell.set_scalar("CHOST", chost(inputs.platform));
  shell.set_scalar("srcdir", call.srcdir);
  shell.set_scalar("pkgdir", call.pkgdir);
  shell.run(*script);
  if (!shell.halt() && !shell.exited()) {
    shell.leave_top_level();
    if (call.name != "package") shell.set_scalar("pkgname", call.package);
    shell.act_on(effects, call.srcdir);
    shell.call(call.name);
  }
  if (const auto& halt = shell.halt())
    return tl::unexpected<Refusal>(refuse(text, halt->kind, halt->span, halt->message));
  if (shell.exited()) return refused({}, "exit");
  if (shell.status_taint() != 0)
    return refused(shell.taint(shell.status_taint()).second,
                   shell.taint(shell.status_taint()).first);
  if (shell.status() != 0) return refused({}, "a function that fails");
  return {};
}

}  // namespace rbee::pkgbuild

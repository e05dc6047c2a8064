// Redirections: here-documents, /dev/null, files beside the recipe (interpreter.hpp).
#include "pkgbuild/interpreter.hpp"

namespace rbee::pkgbuild {

bool Interpreter::apply_redirects(const Command& command, std::deque<std::string>& texts,
                                  std::deque<Input>& inputs, std::vector<Written>& written) {
  taint_ = 0;
  for (const Redirect& redirect : command.redirects) {
    if (stopped()) return false;
    if (!redirect.fd_name.empty()) {
      unsupported("a redirection to {" + std::string(redirect.fd_name) + "}", redirect.span);
      return false;
    }
    using Kind = Redirect::Kind;
    const auto feed = [&](std::string text) {
      texts.push_back(std::move(text));
      inputs.push_back(Input{&texts.back(), 0, taint_});
      io_.in = &inputs.back();
    };
    const bool input_fd = redirect.fd == -1 || redirect.fd == 0;
    const bool output_fd = redirect.fd == -1 || redirect.fd == 1;
    if (redirect.kind == Kind::here_doc || redirect.kind == Kind::here_string) {
      if (!input_fd) {
        unsupported("a redirection of another file descriptor", redirect.span);
        return false;
      }
      if (redirect.kind == Kind::here_doc) {
        feed(expand_single(redirect.body));
      } else {
        feed(expand_single(redirect.target) + "\n");
      }
      continue;
    }
    if (redirect.kind == Kind::read && input_fd && redirect.target.parts.size() == 1 &&
        redirect.target.parts[0].kind == WordPart::Kind::process) {
      const WordPart& process = redirect.target.parts[0];
      if (inputs_.platform.os == Os::windows) {
        unsupported("process substitution", process.span);
        return false;
      }
      feed(command_output(process));
      inputs.back().taint = taint_;
      continue;
    }
    const std::string target = expand_single(redirect.target);
    require_untainted(redirect.span);
    if (stopped()) return false;
    switch (redirect.kind) {
      case Kind::write:
      case Kind::append:
      case Kind::clobber:
      case Kind::both:
      case Kind::both_append: {
        std::string* sink = nullptr;
        if (target == "/dev/stderr") {
          sink = io_.err;
        } else if (target == "/dev/stdout") {
          sink = io_.out;
        } else if (target != "/dev/null" && effects_ != nullptr && subshells_ == 0 && output_fd &&
                   (redirect.kind == Kind::write || redirect.kind == Kind::append)) {
          texts.emplace_back();
          sink = &texts.back();
          written.push_back({target, redirect.kind == Kind::append, sink});
        } else if (target != "/dev/null") {
          unsupported("writing a file", redirect.span);
          return false;
        }
        const bool both = redirect.kind == Kind::both || redirect.kind == Kind::both_append;
        if (both || redirect.fd == 2) io_.err = sink;
        if (both || output_fd) io_.out = sink;
        if (!both && !output_fd && redirect.fd != 2)
          unsupported("a redirection of another file descriptor", redirect.span);
        break;
      }
      case Kind::dup_out:
        if (target == "1" && redirect.fd == 2) {
          io_.err = io_.out;
        } else if (target == "2" && output_fd) {
          io_.out = io_.err;
        } else if ((target == "1" && output_fd) || (target == "2" && redirect.fd == 2)) {
          // Onto itself.
        } else if (target == "-" && redirect.fd == 2) {
          io_.err = nullptr;
        } else if (target == "/dev/null" && redirect.fd == -1) {
          io_.out = io_.err = nullptr;
        } else {
          unsupported("a redirection of another file descriptor", redirect.span);
        }
        break;
      case Kind::read: {
        if (!input_fd) {
          unsupported("a redirection of another file descriptor", redirect.span);
        } else if (target == "/dev/null") {
          feed("");
        } else if (world_changed_) {
          unsupported("reading a file", redirect.span);
        } else if (FileLook found = files_.look(target); found.kind == FileLook::Kind::file) {
          if (spend_bytes(found.text.size(), redirect.span)) feed(std::move(found.text));
        } else {
          unsupported("reading a file", redirect.span);
        }
        break;
      }
      default:
        unsupported("this redirection", redirect.span);
        break;
    }
  }
  return !stopped();
}

}  // namespace rbee::pkgbuild

// The terminal on standard input, where a secret is typed.
//
// termios(3).
#pragma once

#include <memory>

namespace rbee::platform {

/// While it lives, what is typed is not shown. Nothing happens when `wanted` is false or there is
/// no terminal.
class HiddenInput {
 public:
  explicit HiddenInput(bool wanted);
  ~HiddenInput();
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  struct Saved;
  std::unique_ptr<Saved> saved_;
};

}  // namespace rbee::platform

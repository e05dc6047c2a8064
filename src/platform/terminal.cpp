#include "platform/terminal.hpp"

#include <termios.h>
#include <unistd.h>

namespace rbee::platform {

struct HiddenInput::Saved {
  termios settings{};
};

HiddenInput::HiddenInput(bool wanted) {
  auto saved = std::make_unique<Saved>();
  if (!wanted || ::tcgetattr(STDIN_FILENO, &saved->settings) != 0) return;
  termios silent = saved->settings;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0) saved_ = std::move(saved);
}

HiddenInput::~HiddenInput() {
  if (saved_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_->settings);
}

}  // namespace rbee::platform

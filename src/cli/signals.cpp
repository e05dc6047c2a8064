#include "cli/signals.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <initializer_list>

namespace rbee::cli {

namespace {

std::atomic<bool> polite{false};
std::atomic<bool> wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

std::atomic<bool> hidden{false};
termios shown{};  // Meaningful while `hidden`; written before it is set.

extern "C" void on_signal(int) {
  if (polite && !wanted.exchange(true)) return;
  if (hidden) tcsetattr(STDIN_FILENO, TCSANOW, &shown);  // Safe in a handler: POSIX.1-2017, 2.4.3.
  if (isatty(STDERR_FILENO) == 1) {
    constexpr char show_cursor[] = "\x1b[?25h\n";
    [[maybe_unused]] const ssize_t ignored =
        write(STDERR_FILENO, show_cursor, sizeof show_cursor - 1);
  }
  _exit(130);
}

}  // namespace

void install_signal_handlers() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old {};
    // Who started us with a signal ignored (nohup) meant it.
    if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

bool stop_wanted() {
  return wanted;
}

PoliteStop::PoliteStop() {
  polite = true;
}
PoliteStop::~PoliteStop() {
  polite = false;
}

HiddenInput::HiddenInput() {
  if (tcgetattr(STDIN_FILENO, &shown) != 0) return;
  termios silent = shown;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  hidden = true;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
}
HiddenInput::~HiddenInput() {
  if (hidden.exchange(false)) tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
}

}  // namespace rbee::cli

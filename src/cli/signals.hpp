// Ctrl+C: at once where nothing is at stake, politely where something is; the terminal is left as
// it was.
//
// The one place with process-wide state, because signals have it. `main` installs the handlers.
#pragma once

namespace rbee::cli {

/// From now on SIGINT, SIGTERM and SIGHUP end the program with 130, or, inside a `PoliteStop`, are
/// noted.
void install_signal_handlers();

/// True once a signal was noted.
bool stop_wanted();

/// While one lives, the first signal is only noted (`stop_wanted`); the second ends the program
/// with 130 after giving the terminal its cursor back. They do not nest.
class PoliteStop {
 public:
  PoliteStop();
  ~PoliteStop();
  PoliteStop(const PoliteStop&) = delete;
  PoliteStop& operator=(const PoliteStop&) = delete;
};

/// While it lives, what is typed is not shown: for secrets. Nothing happens when standard input is
/// no terminal. Whatever ends the program, a signal too, shows again what is typed. They do not
/// nest.
class HiddenInput {
 public:
  HiddenInput();
  ~HiddenInput();
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;
};

}  // namespace rbee::cli

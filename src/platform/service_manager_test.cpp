// The words to a service manager, heard on a socket of our own.
#include "platform/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::platform {
namespace {

/// A bound datagram socket, `name` with '@' for the abstract name space.
int listen_at(const std::string& name) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 ? fd : -1;
}

std::string hear(int fd) {
  char buffer[256];
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  return got < 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
}

TEST(ServiceManager, HearsWhatItIsTold) {
  const fakes::TempDir root;
  for (const std::string& name :
       {(root / "notify").string(), "@rbee-test-" + std::to_string(::getpid())}) {
    const int fd = listen_at(name);
    ASSERT_GE(fd, 0) << name;
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    EXPECT_TRUE(notify_service_manager("READY=1"));
    EXPECT_EQ(hear(fd), "READY=1");
    ::close(fd);
  }
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(notify_service_manager("READY=1"));
  for (const std::string bad : {"relative", "", "/nowhere/at/all"}) {
    ::setenv("NOTIFY_SOCKET", bad.c_str(), 1);
    EXPECT_FALSE(notify_service_manager("READY=1")) << bad;
  }
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'a')).c_str(), 1);
  EXPECT_FALSE(notify_service_manager("READY=1"));
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceManager, TheWatchdogIsForOneProcess) {
  EXPECT_FALSE(watchdog_interval());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(watchdog_interval());
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(watchdog_interval());
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

}  // namespace
}  // namespace rbee::platform

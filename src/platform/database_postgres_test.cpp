// What only a database behind a network can do: be refused, go away, come back.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <csignal>
#include <thread>

#include "../../tests/fakes/each_database.hpp"
#include "platform/database.hpp"

namespace rbee::platform {
namespace {

constexpr Migration kSchema[] = {
    {1, "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT"}};

std::int64_t count(const Database& database) {
  const auto rows = database.query("SELECT count(*) FROM things");
  return rows ? (*rows)[0][0].integer() : -1;
}

Result<void> add(Database& database, std::string_view name) {
  TRY_ASSIGN(auto transaction, database.begin());
  TRY(transaction.insert("INSERT INTO things (name) VALUES (?)", {name}));
  return transaction.commit();
}

/// With a server of its own: it is crashed.
class PostgresCrash : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<fakes::PostgresServer>("--durable"); }
  static void TearDownTestSuite() { server.reset(); }
  PostgresCrash() {
    if (!database_->migrate("test", kSchema)) throw std::runtime_error("schema");
  }
  static inline std::unique_ptr<fakes::PostgresServer> server;
  const std::string url_ = server->fresh_url();
  std::unique_ptr<Database> database_ = *Database::connect(url_);
};

TEST(Postgres, AUrlThatCannotBeReadIsRefusedWithoutItsPassword) {
  for (const char* url : {"mysql://a:secret@b/c", "postgresql://u:secret@h:1/x?nonsense=1",
                          "postgresql://u:secret@[h/x", "secret"}) {
    const auto refused = Database::connect(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().id, "database-url-invalid");
    EXPECT_EQ(describe(refused.error()).find("secret"), std::string::npos)
        << describe(refused.error());
  }
}

TEST(Postgres, WhoIsNotLetInIsTold) {
  const std::string url = fakes::postgres_server().url();
  const std::size_t colon = url.find(':', 13), at = url.find('@');
  const std::string wrong = url.substr(0, colon) + ":wrong-secret" + url.substr(at);
  const auto refused = Database::connect(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "database-unopenable");
  EXPECT_EQ(describe(refused.error()).find("wrong-secret"), std::string::npos);
  EXPECT_EQ(Database::connect(url + "-nowhere").error().id, "database-unopenable");
  EXPECT_EQ(Database::connect(url + "?options=-csearch_path%3Dnowhere").error().id,
            "database-unopenable");
  const auto nobody = Database::connect("postgresql://u:secret@127.0.0.1:1/x");
  EXPECT_EQ(nobody.error().id, "database-unreachable");
  EXPECT_EQ(nobody.error().code, Errc::unreachable);
  EXPECT_EQ(nobody.error().message, "the database postgresql://u@127.0.0.1:1/x cannot be reached");
}

TEST(Postgres, AnotherEncodingIsRefused) {
  const auto database = *Database::connect(fakes::postgres_server().url());
  // CREATE DATABASE wants no transaction: psql has none.
  const std::string url = fakes::postgres_server().url();
  ASSERT_EQ(std::system(("psql -qX '" + url +
                         "' -c \"create database latin encoding 'LATIN1' locale_provider 'libc' "
                         "locale 'C' template template0\" >/dev/null")
                            .c_str()),
            0);
  const auto refused = Database::connect(url.substr(0, url.rfind('/')) + "/latin");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().evidence.front(), "its encoding is LATIN1");
}

TEST(Postgres, MarketplacesWithASchemaEachDoNotWaitForEachOther) {
  const auto one = *Database::connect(fakes::postgres_server().fresh_url());
  const auto other = *Database::connect(fakes::postgres_server().fresh_url());
  const auto first = one->begin();
  const auto second = other->begin();
  EXPECT_TRUE(first && second);
  const auto held = *one->try_lock("tick");
  EXPECT_TRUE(held && *other->try_lock("tick"));
}

TEST(Postgres, ALockEndsWithItsProcess) {
  const std::string url = fakes::postgres_server().fresh_url();
  const auto database = *Database::connect(url);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto own = *Database::connect(url);
    const auto lock = own->lock("tick", std::chrono::milliseconds(0));
    const auto writing = own->begin();
    const bool both = lock && writing;
    if (::write(ends[1], &both, 1) == 1) ::pause();
    ::_exit(1);
  }
  char both = 0;
  ASSERT_EQ(::read(ends[0], &both, 1), 1);
  EXPECT_EQ(both, 1);
  EXPECT_FALSE(*database->try_lock("tick"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(database->lock("tick", std::chrono::seconds(5)));
  EXPECT_TRUE(database->begin());
}

TEST_F(PostgresCrash, WhatWasCommittedIsThereAfterItAndConnectionsComeBack) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(add(*database_, "before " + std::to_string(i)));
  auto lost = database_->begin();
  ASSERT_TRUE(lost->insert("INSERT INTO things (name) VALUES (?)", {"lost"}));
  server->crash();
  // The transaction is gone with the server; nobody is told that it is there.
  const auto more = lost->insert("INSERT INTO things (name) VALUES (?)", {"lost, too"});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().id, "database-unreachable");
  EXPECT_EQ(lost->commit().error().id, "database-unreachable");
  { const Transaction gone = std::move(*lost); }
  EXPECT_EQ(count(*database_), 20);
  const auto added = add(*database_, "after");
  EXPECT_TRUE(added) << describe(added.error());
  EXPECT_EQ(count(*database_), 21);
}

TEST_F(PostgresCrash, RequestsWaitForAServerThatIsStartedAgain) {
  ASSERT_TRUE(add(*database_, "before"));
  server->begin_crash();
  int known = 1;
  std::string trouble;
  for (int i = 0; i < 200; ++i) {
    const auto added = add(*database_, std::to_string(i));
    if (added) ++known;
    if (!added && trouble.find(added.error().id) == std::string::npos)
      trouble += added.error().id + " ";
  }
  server->crash_is_over();
  EXPECT_EQ(count(*database_), known) << trouble;
  EXPECT_TRUE(trouble.empty() || trouble == "database-unreachable ") << trouble;
}

TEST_F(PostgresCrash, ACommitThatDidNotArriveChangedNothing) {
  ASSERT_TRUE(add(*database_, "before"));
  auto transaction = database_->begin();
  ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"doubtful"}));
  // The backend of this transaction ends before our COMMIT reaches it.
  const auto pid = transaction->query("SELECT pg_backend_pid()");
  const auto other = *Database::connect(url_);
  auto killer =
      other->query("SELECT pg_terminate_backend(CAST(? AS int))", {(*pid)[0][0].integer()});
  ASSERT_TRUE(killer) << describe(killer.error());
  const auto committed = transaction->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().id, "database-unreachable");
  EXPECT_EQ(committed.error().message, "the database went away, and nothing was changed");
  { const Transaction gone = std::move(*transaction); }
  EXPECT_EQ(count(*database_), 1);
}

/// Stands between a program and its server, and loses the answer to the next COMMIT.
class LossyWire {
 public:
  explicit LossyWire(int server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~LossyWire() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (std::thread& each : carriers_) each.join();
    ::close(listener_);
  }
  int port() const { return port_; }
  std::atomic<bool> loses_next_commit = false;

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void accept_all() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      carriers_.emplace_back([this, client] { carry(client); });
    }
  }
  void carry(int client) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(server_port_);
    bool is_open =
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    std::string block(1 << 16, '\0');
    while (is_open) {
      pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      ::poll(ends, 2, -1);
      for (const pollfd& end : ends) {
        if (end.revents == 0 || !is_open) continue;
        const ssize_t count = ::recv(end.fd, block.data(), block.size(), 0);
        const std::string_view bytes(block.data(),
                                     static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        const int other = end.fd == client ? server : client;
        is_open = count > 0 && ::send(other, bytes.data(), bytes.size(), MSG_NOSIGNAL) == count;
        const bool commits = end.fd == client && bytes.find("COMMIT") != std::string_view::npos;
        if (commits && loses_next_commit.exchange(false)) {
          // The answer is there, so it is done; nobody gets it.
          is_open = ::recv(server, block.data(), block.size(), 0) > 0 && false;
        }
      }
    }
    ::close(server);
    ::close(client);
  }
  const int server_port_;
  int port_ = 0, listener_ = -1;
  std::thread thread_;
  std::vector<std::thread> carriers_;  ///< Of the accepting thread, then of the destructor.
};

TEST(Postgres, ACommitWhoseAnswerIsLostIsLookedUp) {
  std::string url = fakes::postgres_server().fresh_url();
  const std::size_t begin = url.find("127.0.0.1:") + 10, end = url.find('/', begin);
  LossyWire wire(std::stoi(url.substr(begin, end - begin)));
  url.replace(begin, end - begin, std::to_string(wire.port()));
  const auto database = *Database::connect(url);
  ASSERT_TRUE(database->migrate("test", kSchema));
  {
    // A new connection, whose first COMMIT goes over the wire in words.
    const auto fresh = *Database::connect(url);
    auto transaction = fresh->begin();
    ASSERT_TRUE(transaction->insert("INSERT INTO things (name) VALUES (?)", {"done"}));
    wire.loses_next_commit = true;
    const auto committed = transaction->commit();
    EXPECT_TRUE(committed) << describe(committed.error());
    EXPECT_FALSE(wire.loses_next_commit);
    EXPECT_TRUE(add(*fresh, "another"));
  }
  EXPECT_EQ(count(*database), 2);
}

}  // namespace
}  // namespace rbee::platform

// Idempotency-Key over a real database: again, otherwise, at once, after a crash, and never with a
// secret in it.
#include "ops/idempotency.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "../../tests/fakes/each_database.hpp"
#include "../../tests/fakes/manual_clock.hpp"
#include "http/problem.hpp"

namespace rbee::ops {
namespace {

using http::Request;
using http::Response;
using testing::HasSubstr;

Request post(std::string path, std::string body, const char* key = "\"k-1\"",
             const char* account = "ann") {
  Request request;
  request.method = http::Method::post;
  request.method_text = "POST";
  request.path = request.target = std::move(path);
  request.body = std::move(body);
  if (*key != '\0') request.headers.add("Idempotency-Key", key);
  request.headers.add("Authorization", account);
  request.headers.add("Content-Type", "application/json");
  return request;
}

class Keys : public fakes::EachDatabase {
 protected:
  Keys() {
    database_ = place_.open();
    if (!prepare_idempotency(*database_)) throw std::runtime_error("database");
    keys_ = std::make_unique<Idempotency>(
        *database_, clock_,
        [](const Request& request) -> std::optional<std::string> {
          const std::string who(request.headers.get("Authorization"));
          return who.empty() ? std::nullopt : std::optional(who);
        },
        std::chrono::hours(24));
  }
  Response send(const Request& request, int status = 201) {
    return keys_->respond(request, [&](const Request&) {
      Response response =
          http::reply(status, "application/json", "{\"made\":" + std::to_string(++made_) + "}\n");
      response.headers.set("Location", "/v1/things/" + std::to_string(made_));
      return response;
    });
  }
  std::int64_t rows() {
    return database_->query("SELECT count(*) FROM idempotency_keys")->at(0)[0].integer();
  }
  fakes::ManualClock clock_;
  std::unique_ptr<platform::Database> database_;
  std::unique_ptr<Idempotency> keys_;
  std::atomic<int> made_ = 0;
};

TEST_P(Keys, TheSameRequestIsDoneOnce) {
  const Response first = send(post("/v1/things", "{}"));
  EXPECT_EQ(first.headers.get("Idempotency-Replayed"), "");
  for (int i = 0; i < 3; ++i) {
    const Response again = send(post("/v1/things", "{}"));
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.headers.get("Location"), "/v1/things/1");
    EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
  }
  // Without quotes it is the same key.
  EXPECT_EQ(send(post("/v1/things", "{}", "k-1")).body, first.body);
  EXPECT_EQ(made_, 1);
}

TEST_P(Keys, AnotherRequestAnotherAccountAnotherDay) {
  send(post("/v1/things", "{}"));
  EXPECT_THAT(send(post("/v1/things", "{\"a\":1}")).body, HasSubstr("idempotency-key-reused"));
  EXPECT_EQ(send(post("/v1/others", "{}")).status, 422);
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(send(post("/v1/things", "{}", "\"k-1\"", "bob")).status, 201);
  EXPECT_EQ(send(post("/v1/things", "{}", "\"k-2\"")).status, 201);
  EXPECT_EQ(made_, 3);
  clock_.advance(std::chrono::hours(25));
  EXPECT_EQ(send(post("/v1/things", "{\"a\":1}")).status, 201);
  EXPECT_EQ(made_, 4);
  EXPECT_EQ(rows(), 1);
}

TEST_P(Keys, WhatMayBeTriedAgainIsNotKept) {
  for (const int status : {500, 503, 401, 403, 429}) {
    EXPECT_EQ(send(post("/v1/things", "{}"), status).status, status);
    EXPECT_EQ(rows(), 0) << status;
  }
  EXPECT_EQ(send(post("/v1/things", "{}"), 409).status, 409);
  EXPECT_EQ(send(post("/v1/things", "{}"), 201).status, 409);
}

TEST_P(Keys, AnExceptionIsNoAnswer) {
  EXPECT_THROW(keys_->respond(post("/v1/things", "{}"),
                              [](const Request&) -> Response { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(send(post("/v1/things", "{}")).status, 201);
}

TEST_P(Keys, TwoAtOnceAreOneAndAConflict) {
  std::atomic<bool> inside = false, go = false;
  std::thread first([&] {
    const Response response = keys_->respond(post("/v1/things", "{}"), [&](const Request&) {
      inside = true;
      while (!go) std::this_thread::yield();
      return http::reply(201, "application/json", "{}");
    });
    EXPECT_EQ(response.status, 201);
  });
  while (!inside) std::this_thread::yield();
  const Response second = send(post("/v1/things", "{}"));
  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(second.body, HasSubstr("idempotency-in-progress"));
  EXPECT_EQ(second.headers.get("Retry-After"), "1");
  go = true;
  first.join();
  EXPECT_EQ(send(post("/v1/things", "{}")).status, 201);
  EXPECT_EQ(made_, 0);
}

TEST_P(Keys, AnAnswerThatWasLostWithItsProcessIsMadeAgain) {
  // As a killed process leaves it: begun, never ended.
  try {
    keys_->respond(post("/v1/things", "{}"), [&](const Request&) -> Response {
      auto transaction = database_->begin();
      (void)transaction->execute("UPDATE idempotency_keys SET account = 'crashed'");
      (void)transaction->commit();
      throw std::runtime_error("killed");
    });
  } catch (const std::runtime_error&) {
  }
  {
    auto transaction = database_->begin();
    (void)transaction->execute("UPDATE idempotency_keys SET account = 'ann'");
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(send(post("/v1/things", "{}")).status, 409);
  clock_.advance(std::chrono::seconds(61));
  EXPECT_EQ(send(post("/v1/things", "{}")).status, 201);
}

TEST_P(Keys, SecretsAndStrangersAreLeftAlone) {
  for (const char* path : {"/v1/users/me/tokens", "/v1/login/device", "/v1/login/device/token",
                           "/v1/licenses/verify", "/v1/users/me/webhooks"}) {
    send(post(path, "{}"));
    send(post(path, "{}"));
  }
  send(post("/v1/things", "{}", "\"k\"", ""));
  send(post("/device", "x"));
  Request put = post("/v1/things", "{}");
  put.method = http::Method::put;
  send(put);
  EXPECT_EQ(made_, 13);
  EXPECT_EQ(rows(), 0);
}

TEST_P(Keys, KeysAreCheckedHashedAndBounded) {
  for (const char* bad : {"\"\"", "a b", "\"a\"b\"", "\x7f", "\xc3\xa9"})
    EXPECT_THAT(send(post("/v1/things", "{}", bad)).body, HasSubstr("idempotency-key-invalid"))
        << bad;
  EXPECT_EQ(send(post("/v1/things", "{}", std::string(256, 'a').c_str())).status, 400);
  EXPECT_EQ(made_, 0);
  for (int i = 0; i < 1'010; ++i)
    send(post("/v1/things", "{}", ("key-number-" + std::to_string(i)).c_str()));
  EXPECT_EQ(rows(), 1'000);
  EXPECT_EQ(place_.bytes().find("key-number-1"), std::string::npos);
}

RBEE_EACH_DATABASE(Keys);

}  // namespace
}  // namespace rbee::ops

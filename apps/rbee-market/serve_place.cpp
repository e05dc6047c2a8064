#include "serve_place.hpp"

#include <fmt/format.h>

#include "platform/random.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using platform::FileLock;

namespace {

constexpr std::chrono::seconds kStartPatience{120};
constexpr std::string_view kSocketPrefix = "hook-";

tl::unexpected<Error> in_use(const fs::path& data, const Error& error) {
  return fail(Errc::exists, "data-in-use", fmt::format("another server works on {}", data.string()),
              {.evidence = error.evidence,
               .why = "several may share a directory when all of them share a PostgreSQL",
               .fix = "end that one, or give this one a --data directory of its own"});
}

}  // namespace

Result<Place> Place::take(const fs::path& data, const std::string& listen, bool is_shared) {
  const std::string purpose = fmt::format("rbee-market serve --listen {}", listen);
  auto alone = [&] { return FileLock::acquire(data / "lock", purpose); };
  if (!is_shared) {
    auto held = alone();
    if (!held && held.error().code == Errc::exists) return in_use(data, held.error());
    if (!held) return tl::unexpected(std::move(held).error());
    return Place(std::move(*held), std::nullopt);
  }
  auto starting = FileLock::wait(data / "starting", purpose, kStartPatience);
  if (!starting) return in_use(data, starting.error());
  auto held = alone();
  const bool is_alone = held.has_value();
  if (!is_alone) held = FileLock::acquire_shared(data / "lock");
  if (!held && held.error().code == Errc::exists) return in_use(data, held.error());
  if (!held) return tl::unexpected(std::move(held).error());
  Place place(std::move(*held), std::move(*starting));
  place.is_alone_ = is_alone;
  place.is_shared_ = true;
  place.socket_name_ = fmt::format(
      "{}{}.sock", kSocketPrefix, platform::random_word(8, "abcdefghijklmnopqrstuvwxyz0123456789"));
  std::error_code code;
  if (is_alone)  // Of servers that were killed.
    for (const auto& each : fs::directory_iterator(data, code)) {
      const std::string name = each.path().filename().string();
      if (name.starts_with(kSocketPrefix) && name.ends_with(".sock")) fs::remove(each.path(), code);
    }
  return place;
}

Result<void> Place::started() {
  if (is_shared_ && is_alone_) TRY(held_.share());
  starting_.reset();
  return {};
}

}  // namespace rbee::market

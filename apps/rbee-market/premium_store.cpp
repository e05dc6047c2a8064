#include "premium_store.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"

namespace rbee::market {

namespace {

constexpr std::string_view kPrefix = "/premium/";

http::Response refuse(const http::Request& request, int status, std::string id, std::string detail,
                      const std::string& purchase_url) {
  http::Refusal refusal{status, std::move(id), std::move(detail)};
  if (!purchase_url.empty()) refusal.more.emplace_back("purchase_url", purchase_url);
  http::Response response = http::problem(request, refusal);
  if (status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee licence\"");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

}  // namespace

bool is_premium_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 150 && name[0] != '.' && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '+' || c == '-';
         });
}

http::Streamed PremiumStore::decide(const http::Request& request) {
  if (!request.path.starts_with(kPrefix)) return std::monostate{};
  const std::string_view rest = std::string_view(request.path).substr(kPrefix.size());
  const auto slash = rest.find('/');
  const auto worker = WorkerId::parse(rest.substr(0, slash));
  const std::string_view name = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  const http::Refusal unknown{404, "file-not-found", "there is no such file here"};
  if (!worker || !is_premium_file_name(name)) return http::problem(request, unknown);
  if (request.method != http::Method::get && request.method != http::Method::head) {
    http::Response response = http::problem(
        request, http::Refusal{405, "method-not-allowed", "another method is needed"});
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  const std::string shop = purchase_url_(worker->str());
  const std::string_view sent = request.headers.get("Authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (sent.size() <= kBearer.size() ||
      !http::equal_ignoring_case(sent.substr(0, kBearer.size()), kBearer))
    return refuse(request, 401, "license-needed",
                  fmt::format("{} needs a licence: Authorization: Bearer KEY", worker->str()),
                  shop);
  const auto license = licenses_.find(trim(sent.substr(kBearer.size())));
  if (!license) return http::problem(request, license.error());
  // Whether the file is there is told to holders alone.
  if (!*license || !(*license)->covers(worker->str()))
    return refuse(request, 403, "license-refused",
                  fmt::format("this licence is not good for {}", worker->str()), shop);
  const std::filesystem::path file = folder_ / worker->str() / name;
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return http::problem(request, unknown);
  http::FileAnswer answer;
  answer.path = file.string();
  answer.etag = fmt::format("\"{:x}-{:x}-{:x}\"", status.st_ino, status.st_size,
                            status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  answer.headers.add("Cache-Control", "private, no-store");
  if (sent_) sent_(request, worker->str(), std::string(name));
  return answer;
}

}  // namespace rbee::market

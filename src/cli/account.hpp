// The account that this user has at a marketplace: its token, and requests in its name.
//
// Reads and writes credentials.json beside the configuration, mode 0600. A token is sent to the
// marketplace that gave it and to nobody else.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace rbee::cli {

struct Credential {
  std::string account, token;
};

/// The marketplace's base address, as `rbee config` and --catalog give it.
Result<std::string> marketplace_base(Context& context);

/// Neither a line nor a header can be made of it: 1 to 512 printable ASCII characters, no blank.
/// Names and tokens come from servers, files and pipes.
bool is_plain(std::string_view text);

/// What is kept for `base`; nothing when nobody logged in. RBEE_TOKEN wins over the file.
/// Errors: Errc::invalid_input "credentials-invalid".
Result<std::optional<Credential>> find_credential(Context& context, const std::string& base);
/// The file's alone.
Result<std::optional<Credential>> find_kept_credential(Context& context, const std::string& base);
Result<void> keep_credential(Context& context, const std::string& base,
                             const Credential& credential);
Result<void> forget_credential(Context& context, const std::string& base);

/// Send to the marketplace in the user's name; `path` begins with "/v1/". An empty `method` is GET.
/// Errors: Errc::unauthenticated "not-logged-in"; those of the answer's problem details.
Result<boost::json::value> call(Context& context, std::string_view method, const std::string& path,
                                const boost::json::object& body = {});
/// The same without a token.
Result<boost::json::value> call_anonymous(Context& context, std::string_view method,
                                          const std::string& path,
                                          const boost::json::object& body = {});

}  // namespace rbee::cli

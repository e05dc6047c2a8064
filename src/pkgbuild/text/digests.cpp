// sha256sum and its siblings, and base64: bytes as digits.
//
// Source: GNU coreutils 9.1 manual; base/digest.hpp computes.
#include <array>

#include "base/digest.hpp"
#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(std::string_view bytes, std::uint64_t width) {
  std::string out;
  std::uint64_t column = 0;
  const auto put = [&](char c) {
    if (width != 0 && column == width) {
      out += '\n';
      column = 0;
    }
    out += c;
    ++column;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
    };
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    put(kBase64[group >> 18]);
    put(kBase64[(group >> 12) & 63]);
    put(i + 1 < bytes.size() ? kBase64[(group >> 6) & 63] : '=');
    put(i + 2 < bytes.size() ? kBase64[group & 63] : '=');
  }
  if (width != 0 && !out.empty()) out += '\n';
  return out;
}

Supported<std::string> decode(std::string_view digits) {
  std::string clean;
  for (const char c : digits)
    if (c != '\n') clean += c;
  if (clean.size() % 4 != 0) return unsupported("base64 -d of incomplete input");
  std::string out;
  for (std::size_t i = 0; i < clean.size(); i += 4) {
    unsigned group = 0;
    std::size_t padding = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const char c = clean[i + j];
      const std::size_t value = kBase64.find(c);
      if (c == '=' && i + 4 == clean.size() && j >= 2) {
        ++padding;
        group <<= 6;
      } else if (value == kBase64.npos || padding > 0) {
        return unsupported("base64 -d of other than base64");
      } else {
        group = group << 6 | static_cast<unsigned>(value);
      }
    }
    out += static_cast<char>(group >> 16 & 255);
    if (padding < 2) out += static_cast<char>(group >> 8 & 255);
    if (padding < 1) out += static_cast<char>(group & 255);
  }
  // Command substitution drops NUL bytes with a warning; what a pipe would do with them is another
  // matter.
  if (out.find('\0') != out.npos) return unsupported("base64 -d of NUL bytes");
  return out;
}

}  // namespace

Supported<CommandOutput> run_digest(const CommandCall& call) {
  static constexpr std::array<Option, 2> kOptions = {{{'b', "binary"}, {'t', "text"}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  const auto algorithm = hash_algorithm(call.argv.front() + "s");
  if (!algorithm || *algorithm == HashAlgorithm::cksum) return unsupported(call.argv.front());
  const char mark = arguments.has('b') && !arguments.has('t') ? '*' : ' ';
  if (arguments.has('b') && arguments.has('t')) return unsupported(call.argv.front() + " -b -t");
  if (arguments.operands.size() > 1) return unsupported(call.argv.front() + " of several files");
  const std::string name = arguments.operands.empty() ? "-" : arguments.operands.front();
  if (name.find_first_of("\\\n\r") != name.npos)
    return unsupported(call.argv.front() + " of that file name");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  if (input.missing_file) return CommandOutput{1, "", 1};
  std::string out = digest_of(*algorithm, input.bytes);
  out.append(" ").append(1, mark).append(name).append("\n");
  return CommandOutput{0, std::move(out), 10 + linear_steps(input.bytes)};
}

Supported<CommandOutput> run_base64(const CommandCall& call) {
  static constexpr std::array<Option, 2> kOptions = {{{'d', "decode"}, {'w', "wrap", true}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  if (arguments.operands.size() > 1) return unsupported("base64 of several files");
  const auto width = number(arguments.value('w').value_or("76"));
  if (!width) return unsupported("base64 with that width");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  if (input.missing_file) return CommandOutput{1, "", 1};
  const std::uint64_t steps = linear_steps(input.bytes);
  if (!arguments.has('d')) return CommandOutput{0, encode(input.bytes, *width), steps};
  SUPPORTED(std::string bytes, decode(input.bytes));
  return CommandOutput{0, std::move(bytes), steps};
}

}  // namespace rbee::pkgbuild::text

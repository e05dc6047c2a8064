// Options, operands and input, for all text commands alike.
#include "pkgbuild/text/command.hpp"

#include "pkgbuild/file_view.hpp"

#include <algorithm>

namespace rbee::pkgbuild::text {

Supported<Arguments> Arguments::parse(const std::vector<std::string>& argv,
                                      std::span<const Option> options) {
  Arguments arguments;
  const std::string& command = argv.front();
  const auto refuse = [&](std::string_view option) {
    return unsupported(command + " " + std::string(option));
  };
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view word = argv[i];
    if (word.size() < 2 || word[0] != '-') {
      arguments.operands.emplace_back(word);
      continue;
    }
    if (word == "--") {
      arguments.operands.insert(arguments.operands.end(),
                                argv.begin() + static_cast<std::ptrdiff_t>(i) + 1, argv.end());
      break;
    }
    if (word[1] == '-') {
      const std::size_t equals = word.find('=');
      const std::string_view name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
      const auto option = std::find_if(options.begin(), options.end(),
                                       [&](const Option& o) { return o.long_name == name; });
      if (option == options.end()) return refuse(word.substr(0, equals));
      std::string value;
      if (option->takes_value) {
        if (equals != word.npos) {
          value = word.substr(equals + 1);
        } else if (++i < argv.size()) {
          value = argv[i];
        } else {
          return refuse("--" + std::string(name) + " without a value");
        }
      } else if (equals != word.npos) {
        return refuse(word);
      }
      arguments.given_.push_back({option->letter, std::move(value)});
      continue;
    }
    for (std::size_t at = 1; at < word.size(); ++at) {
      const auto option = std::find_if(options.begin(), options.end(),
                                       [&](const Option& o) { return o.letter == word[at]; });
      if (option == options.end()) return refuse(std::string("-") + word[at]);
      if (!option->takes_value) {
        arguments.given_.push_back({option->letter, ""});
        continue;
      }
      std::string value(word.substr(at + 1));
      if (value.empty()) {
        if (++i >= argv.size()) return refuse(std::string("-") + word[at] + " without a value");
        value = argv[i];
      }
      arguments.given_.push_back({option->letter, std::move(value)});
      break;
    }
  }
  return arguments;
}

bool Arguments::has(char letter) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&](const Given& g) { return g.letter == letter; });
}

std::optional<std::string_view> Arguments::value(char letter) const {
  for (auto given = given_.rbegin(); given != given_.rend(); ++given)
    if (given->letter == letter) return given->value;
  return std::nullopt;
}

std::vector<std::string> Arguments::values(char letter) const {
  std::vector<std::string> values;
  for (const Given& given : given_)
    if (given.letter == letter) values.push_back(given.value);
  return values;
}

std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || text.size() > 10) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 1'000'000'000) return std::nullopt;
  return value;
}

Lines lines_of(std::string_view text) {
  Lines result;
  result.ends_with_newline = text.empty() || text.back() == '\n';
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    result.lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return result;
}

Supported<std::optional<std::string>> read_file(const CommandCall& call, std::string_view path) {
  const auto refuse = [&](std::string_view what) {
    return unsupported(call.argv.front() + " reading " + std::string(what));
  };
  if (call.files == nullptr) return refuse("a file");
  FileLook found = call.files->look(path);
  if (found.kind == FileLook::Kind::unknown) return refuse("a file outside the recipe's folder");
  if (found.kind == FileLook::Kind::absent) return std::nullopt;
  return std::move(found.text);
}

Supported<Input> read_input(const CommandCall& call, std::span<const std::string> operands) {
  Input input;
  if (operands.empty()) {
    input.bytes = call.input;
    return input;
  }
  bool read_standard_input = false;
  for (const std::string& operand : operands) {
    if (operand == "-" || operand == "/dev/stdin") {
      if (!read_standard_input) input.bytes += call.input;
      read_standard_input = true;
      continue;
    }
    SUPPORTED(const auto bytes, read_file(call, operand));
    if (bytes)
      input.bytes += *bytes;
    else
      input.missing_file = true;
  }
  return input;
}

std::uint64_t linear_steps(std::string_view bytes) {
  return 1 + bytes.size() / 64;
}

}  // namespace rbee::pkgbuild::text

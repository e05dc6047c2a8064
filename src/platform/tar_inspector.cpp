// The inspector: one 512-byte block at a time, strict about every field that decides a name or a
// length.
#include "platform/tar_inspector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace rbee::platform {

namespace {

constexpr std::uint64_t kExtensionBytesMax = 64 * 1024;
constexpr std::uint64_t kOctalSizeMax = 077777777777;

tl::unexpected<Error> refuse(std::string id, std::string message) {
  return fail(Errc::invalid_input, std::move(id), std::move(message));
}

/// A numeric field: octal digits with spaces before and spaces or NULs after, or GNU's base-256.
std::optional<std::uint64_t> numeric(std::string_view field) {
  const auto first = static_cast<unsigned char>(field[0]);
  if ((first & 0x80U) != 0) {
    if (first != 0x80) return std::nullopt;  // Negative, or beyond 2^88.
    std::uint64_t value = 0;
    for (const char c : field.substr(1)) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (digits < field.size() && field[digits] >= '0' && field[digits] <= '7')
    value = value * 8 + static_cast<std::uint64_t>(field[digits++] - '0');
  const std::string_view rest = field.substr(digits);
  if (rest.find_first_not_of(std::string_view(" \0", 2)) != std::string_view::npos)
    return std::nullopt;
  return value;
}

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

std::uint64_t padded(std::uint64_t size) {
  return (size + 511) / 512 * 512;
}

}  // namespace

bool TarInspector::is_header(std::string_view block) {
  if (block.size() < 512) return false;
  const auto told = numeric(block.substr(148, 8));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i)
    sum += i >= 148 && i < 156 ? std::uint64_t{' '} : static_cast<unsigned char>(block[i]);
  return told == sum && block[0] != '\0';
}

Result<void> TarInspector::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (filled_ == 0 && data_left_ >= 512 && extension_type_ == 0) {  // Content: nothing to see.
      const auto skip = std::min<std::uint64_t>(data_left_ / 512 * 512, bytes.size() / 512 * 512);
      data_left_ -= skip;
      bytes.remove_prefix(static_cast<std::size_t>(skip));
      if (skip > 0) continue;
    }
    const std::size_t take = std::min(bytes.size(), buffer_.size() - filled_);
    std::copy_n(bytes.begin(), take, buffer_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += take;
    bytes.remove_prefix(take);
    if (filled_ == buffer_.size()) {
      filled_ = 0;
      TRY(block());
    }
  }
  return {};
}

Result<void> TarInspector::block() {
  const std::string_view bytes(buffer_.data(), buffer_.size());
  if (data_left_ > 0) {
    data_left_ -= 512;
    if (extension_type_ == 0) return {};
    payload_ += bytes;
    return data_left_ == 0 ? extension() : Result<void>{};
  }
  if (all_zero(bytes)) {
    ++zero_blocks_;
    return {};
  }
  if (zero_blocks_ >= 2)
    return refuse("archive-trailing-data", "there are bytes after the end of the tar");
  if (zero_blocks_ == 1)
    return refuse("archive-header", "the tar goes on after a block that looks like its end");
  return header();
}

Result<void> TarInspector::header() {
  const std::string_view bytes(buffer_.data(), buffer_.size());
  if (!is_header(bytes)) return refuse("archive-header", "a tar header's checksum is wrong");
  const auto size = numeric(bytes.substr(124, 12));
  if (!size) return refuse("archive-size", "an entry's size is negative or not a number");
  if (!numeric(bytes.substr(100, 8)))
    return refuse("archive-header", "an entry's mode is not a number");
  const char type = bytes[156];
  const std::string_view extensions = "xgLK";
  if (extensions.find(type) != std::string_view::npos) {
    if (*size > kExtensionBytesMax)
      return refuse("archive-long-name", "an extended header is larger than 64 KiB");
    if (*size == 0) return refuse("archive-long-name", "an extended header is empty");
    if (!pending_.insert(type).second)
      return refuse("archive-long-name", "two extended headers of one kind stand before one entry");
    extension_type_ = type;
    extension_size_ = *size;
    payload_.clear();
    data_left_ = padded(*size);
    return {};
  }
  if (type == '3' || type == '4' || type == '6')
    return refuse("archive-special-file", "it holds a device or a FIFO");
  if (type == 'S') return refuse("archive-sparse", "it holds a sparse file");
  if (std::string_view("0\0"
                       "125",
                       5)
          .find(type) == std::string_view::npos)
    return refuse("archive-entry-type", fmt::format("it holds an entry of the unknown type {:#04x}",
                                                    static_cast<unsigned char>(type)));
  if ((pending_.contains('L') && pax_path_) || (pending_.contains('K') && pax_link_))
    return refuse("archive-long-name", "an entry's name is given twice, in two formats");
  std::uint64_t data = *size;
  if (pax_size_set_) {
    if (pax_size_ != *size && pax_size_ <= kOctalSizeMax)
      return refuse("archive-size", "an entry's two sizes differ");
    data = pax_size_;
  }
  if (data > size_bytes_max_)
    return fail(Errc::too_large, "archive-too-large",
                fmt::format("an entry of {} is larger than the {} that are allowed",
                            human_size(data), human_size(size_bytes_max_)));
  if (type != '0' && type != '\0' && data != 0)
    return refuse("archive-size", "a link or a directory has content");
  data_left_ = padded(data);
  pending_.clear();
  pax_path_ = pax_link_ = pax_size_set_ = false;
  return {};
}

Result<void> TarInspector::extension() {
  const char type = std::exchange(extension_type_, '\0');
  std::string_view text(payload_);
  text = text.substr(0, static_cast<std::size_t>(extension_size_));
  if (type == 'L' || type == 'K') {
    const auto end = text.find('\0');
    if (end == std::string_view::npos || !all_zero(text.substr(end)))
      return refuse("archive-long-name", "a long name does not end where it should");
    return {};
  }
  std::set<std::string, std::less<>> seen;
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [space, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<std::size_t>(space - text.data());
    if (error != std::errc{} || digits == 0 || length > text.size() || length < digits + 4 ||
        text[digits] != ' ' || text[length - 1] != '\n')
      return refuse("archive-pax", "an extended header is malformed");
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return refuse("archive-pax", "an extended header is malformed");
    const std::string_view key = record.substr(0, equals);
    if (!seen.emplace(key).second)
      return refuse("archive-pax",
                    fmt::format("an extended header says '{}' twice", printable_line(key)));
    if (type == 'g' && key != "comment")
      return refuse("archive-pax-global",
                    fmt::format("a header for all entries sets '{}'", printable_line(key)));
    if (type == 'x') TRY(pax_record(key, record.substr(equals + 1)));
    text.remove_prefix(length);
  }
  if (type == 'g') pending_.erase('g');
  return {};
}

Result<void> TarInspector::pax_record(std::string_view key, std::string_view value) {
  if (key.starts_with("GNU.sparse")) return refuse("archive-sparse", "it holds a sparse file");
  if (key == "hdrcharset" || key == "charset")
    return refuse("archive-pax", "an extended header changes the character set");
  if (key == "path" || key == "linkpath") {
    if (value.empty() || value.find('\0') != std::string_view::npos)
      return refuse("archive-name", "a name is empty or holds a NUL");
    (key == "path" ? pax_path_ : pax_link_) = true;
  }
  if (key == "size") {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), pax_size_);
    if (error != std::errc{} || end != value.data() + value.size())
      return refuse("archive-size", "an entry's size is negative or not a number");
    pax_size_set_ = true;
  }
  return {};
}

Result<void> TarInspector::finish() const {
  if (filled_ != 0 && !(ended() && all_zero({buffer_.data(), filled_})))
    return ended() ? Result<void>(refuse("archive-trailing-data",
                                         "there are bytes after the end of the tar"))
                   : Result<void>(refuse("archive-truncated", "the tar ends in the middle"));
  if (data_left_ > 0 || zero_blocks_ == 0 || !pending_.empty())
    return refuse("archive-truncated", "the tar ends in the middle");
  return {};
}

}  // namespace rbee::platform

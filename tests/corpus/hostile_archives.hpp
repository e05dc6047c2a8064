// Archives that must be refused, made byte by byte here: none is stored, so none can surprise a
// virus scanner.
//
// Touches nothing. Each row says which stable id its refusal must carry (docs/hostile-input.md,
// "Archives").
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::corpus {

struct HostileArchive {
  std::string name;       ///< For people.
  std::string file_name;  ///< What the recipe would call it.
  std::string bytes;
  std::string id;  ///< Of the refusal; several, separated by '|', when either is right.
};

/// One tar header and its content. Fields that a test wants wrong are overwritten by `spoil` before
/// the checksum.
struct TarEntry {
  std::string name = "file";
  char type = '0';
  std::string content = {};
  std::string link = {};
  unsigned mode = 0644;
  std::string size = {};                         ///< The 12 bytes of the field; empty: the truth.
  std::function<void(std::string&)> spoil = {};  ///< Sees the header before its checksum.
  std::function<void(std::string&)> spoil_last = {};  ///< And after.
};

inline std::string tar_header(const TarEntry& entry) {
  std::string h(512, '\0');
  h.replace(0, std::min<std::size_t>(100, entry.name.size()), entry.name.substr(0, 100));
  h.replace(100, 8, fmt::format("{:07o}", entry.mode) + std::string(1, '\0'));
  h.replace(108, 8, std::string("0000000\0", 8));
  h.replace(116, 8, std::string("0000000\0", 8));
  h.replace(124, 12,
            entry.size.empty() ? fmt::format("{:011o}", entry.content.size()) + std::string(1, '\0')
                               : entry.size);
  h.replace(136, 12, std::string("14000000000\0", 12));
  h.replace(148, 8, "        ");
  h[156] = entry.type;
  h.replace(157, std::min<std::size_t>(100, entry.link.size()), entry.link.substr(0, 100));
  h.replace(257, 8, std::string("ustar\00000", 8));
  if (entry.spoil) entry.spoil(h);
  unsigned sum = 0;
  for (const char c : h) sum += static_cast<unsigned char>(c);
  h.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  if (entry.spoil_last) entry.spoil_last(h);
  return h;
}

inline std::string tar_body(const std::string& content) {
  return content + std::string((512 - content.size() % 512) % 512, '\0');
}

inline std::string tar_end() {
  return std::string(1024, '\0');
}

inline std::string tar_entries(const std::vector<TarEntry>& entries) {
  std::string out;
  for (const TarEntry& entry : entries) out += tar_header(entry) + tar_body(entry.content);
  return out;
}

inline std::string tar(const std::vector<TarEntry>& entries) {
  return tar_entries(entries) + tar_end();
}

inline std::string pax_record(std::string_view key, std::string_view value) {
  std::size_t length = key.size() + value.size() + 3;
  while (std::to_string(length).size() + key.size() + value.size() + 3 != length) ++length;
  return fmt::format("{} {}=", length, key) + std::string(value) + "\n";
}

inline TarEntry pax(const std::string& records, char type = 'x') {
  return {.name = "PaxHeader", .type = type, .content = records};
}

/// `bytes` through libarchive's compressor ("gzip", "xz", "zstd", "bzip2"), with no archive around
/// them.
inline std::string compress(const std::string& filter, const std::string& bytes,
                            const std::string& options = {}) {
  std::string out;
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  archive_write_add_filter_by_name(writer, filter.c_str());
  if (!options.empty()) archive_write_set_options(writer, options.c_str());
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open(
      writer, &out, nullptr,
      [](archive*, void* to, const void* data, std::size_t size) -> la_ssize_t {
        static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
        return static_cast<la_ssize_t>(size);
      },
      nullptr);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  return out;
}

struct PlainEntry {
  std::string name;
  std::string content = {};
  unsigned type = AE_IFREG;
  std::string link = {};
  unsigned mode = 0644;
};

/// An archive as libarchive writes it: "zip", "7zip", "cpio", "ar".
inline std::string packed(const std::string& format, const std::vector<PlainEntry>& entries,
                          const std::string& options = {}) {
  std::string out;
  archive* writer = archive_write_new();
  archive_write_set_format_by_name(writer, format.c_str());
  if (!options.empty()) archive_write_set_options(writer, options.c_str());
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open(
      writer, &out, nullptr,
      [](archive*, void* to, const void* data, std::size_t size) -> la_ssize_t {
        static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
        return static_cast<la_ssize_t>(size);
      },
      nullptr);
  for (const PlainEntry& plain : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, plain.name.c_str());
    archive_entry_set_filetype(entry, plain.type);
    archive_entry_set_perm(entry, static_cast<mode_t>(plain.mode));
    archive_entry_set_size(entry, static_cast<la_int64_t>(plain.content.size()));
    archive_entry_set_mtime(entry, 1'600'000'000, 0);
    if (plain.type == AE_IFLNK) archive_entry_set_symlink(entry, plain.link.c_str());
    archive_write_header(writer, entry);
    archive_write_data(writer, plain.content.data(), plain.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return out;
}

inline std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
  for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size()))
    bytes.replace(at, from.size(), to);
  return bytes;
}

inline std::vector<HostileArchive> hostile_archives() {
  std::vector<HostileArchive> out;
  const auto add = [&](std::string name, std::string bytes, std::string id,
                       std::string file = "a.tar") {
    out.push_back({std::move(name), std::move(file), std::move(bytes), std::move(id)});
  };
  const std::string nul(1, '\0');
  const auto named = [](std::string name) {
    return tar({{.name = std::move(name), .content = "evil"}});
  };
  const auto link = [](std::string name, std::string to) {
    return TarEntry{.name = std::move(name), .type = '2', .link = std::move(to)};
  };
  const auto hard = [](std::string name, std::string to) {
    return TarEntry{.name = std::move(name), .type = '1', .link = std::move(to)};
  };

  // Names.
  add("a name that leads upwards", named("../evil"), "archive-traversal");
  add("a name that leads upwards in the middle", named("a/../../evil"), "archive-traversal");
  add("a name that leads upwards at its end", named("a/.."), "archive-traversal");
  add("only dots", named(".."), "archive-traversal");
  add("an absolute name", named("/tmp/evil"), "archive-absolute");
  add("two slashes first", named("//tmp/evil"), "archive-absolute");
  add("a drive letter", named("C:\\evil"), "archive-name");
  add("a drive letter with a slash", named("c:/evil"), "archive-absolute");
  add("backslashes upwards", named("..\\evil"), "archive-name");
  add("two slashes inside", named("a//b"), "archive-name");
  add("a dot inside", named("a/./b"), "archive-name");
  add("an empty name", tar({{.name = "", .content = "x"}}), "archive-header|archive-name");
  add("a newline in a name", named("a\nb"), "archive-name");
  add("an escape in a name", named("a\x1b[31mb"), "archive-name");
  add("a name that is not UTF-8", named("caf\xe9"), "archive-name|archive-damaged");
  add("an over-long UTF-8 slash",
      named("..\xc0\xaf..\xc0\xaf"
            "evil"),
      "archive-name|archive-damaged");
  add("a name with NUL",
      tar({pax(pax_record("path", "good" + nul + "/../../evil")), {.content = "x"}}),
      "archive-name");
  add("a name of 513 bytes",
      tar({pax(pax_record("path", std::string(256, 'a') + "/" + std::string(256, 'b'))), {}}),
      "archive-path-length");
  add("a part of 256 bytes", tar({pax(pax_record("path", std::string(256, 'a'))), {}}),
      "archive-path-length");
  {
    std::string deep;
    for (int i = 0; i < 33; ++i) deep += "d/";
    add("33 directories deep", named(deep + "f"), "archive-depth");
    for (int i = 0; i < 10'000; ++i) deep += "d/";
    add("10,000 directories deep", tar({pax(pax_record("path", deep + "f")), {}}),
        "archive-path-length");
  }

  // The same place twice.
  add("the same name twice", tar({{.name = "a"}, {.name = "a", .content = "x"}}),
      "archive-duplicate");
  add("names that differ in case", tar({{.name = "readme"}, {.name = "README"}}),
      "archive-duplicate");
  add("names that differ in the case of a letter beyond ASCII",
      tar({{.name = "\xc3\xa9"}, {.name = "\xc3\x89"}}), "archive-duplicate");
  add("one name with and without ./", tar({{.name = "a"}, {.name = "./a"}}), "archive-duplicate");
  add("a file where a directory is", tar({{.name = "a/b"}, {.name = "a"}}), "archive-exists");
  add("a directory where a file is", tar({{.name = "a"}, {.name = "a/b"}}), "archive-through-link");

  // Links.
  add("a link out, then a file through it", tar({link("l", ".."), {.name = "l/evil"}}),
      "archive-symlink");
  add("a link inside, then a file through it",
      tar({{.name = "d", .type = '5'}, link("l", "d"), {.name = "l/f"}}), "archive-through-link");
  add("a link, then a file of its name", tar({link("l", "f"), {.name = "l", .content = "x"}}),
      "archive-duplicate");
  add("a link, then a directory of its name", tar({link("l", "d"), {.name = "L", .type = '5'}}),
      "archive-duplicate");
  add("an absolute link", tar({link("l", "/etc/passwd")}), "archive-symlink");
  add("a link upwards", tar({link("a/l", "../../x")}), "archive-symlink");
  add("a link down and up again", tar({link("l", "a/../../x")}), "archive-symlink");
  add("a chain of links", tar({link("d/up", "../d/../.."), link("l", "d/up/x")}),
      "archive-symlink");
  add("an empty link", tar({link("l", "")}), "archive-symlink|archive-damaged|archive-hard-link");
  add("a hard link out", tar({hard("h", "../../etc/passwd")}), "archive-traversal");
  add("an absolute hard link", tar({hard("h", "/etc/passwd")}), "archive-absolute");
  add("a hard link to a link", tar({link("l", "x"), hard("h", "l")}), "archive-hard-link");
  add("a hard link to nothing", tar({hard("h", "nothing")}), "archive-hard-link");
  add("a hard link to a directory", tar({{.name = "d", .type = '5'}, hard("h", "d")}),
      "archive-hard-link");
  add("a hard link with content",
      tar({{.name = "f"}, {.name = "h", .type = '1', .content = "evil", .link = "f"}}),
      "archive-size");
  add("a link target with a NUL",
      tar({pax(pax_record("linkpath", "a" + nul + "b")), link("l", "x")}), "archive-name");

  // Things that are no files.
  add("a character device", tar({{.name = "null", .type = '3'}}), "archive-special-file");
  add("a block device", tar({{.name = "disk", .type = '4'}}), "archive-special-file");
  add("a FIFO", tar({{.name = "pipe", .type = '6'}}), "archive-special-file");
  add("a socket in cpio", packed("cpio", {{.name = "s", .type = AE_IFSOCK}}),
      "archive-special-file", "a.cpio");
  add("a device in cpio", packed("cpio", {{.name = "s", .type = AE_IFCHR}}), "archive-special-file",
      "a.cpio");
  add("an unknown type", tar({{.name = "x", .type = 'Z'}}), "archive-entry-type");
  add("a contiguous file", tar({{.name = "x", .type = '7'}}), "archive-entry-type");
  add("a set-user-id file", tar({{.name = "su", .mode = 04755}}), "archive-set-id");
  add("a set-group-id directory", tar({{.name = "d", .type = '5', .mode = 02755}}),
      "archive-set-id");
  add("a set-user-id file in zip", packed("zip", {{.name = "su", .content = "x", .mode = 04755}}),
      "archive-set-id", "a.zip");
  add("a sparse file of old GNU tar", tar({{.name = "s", .type = 'S'}}), "archive-sparse");
  add("a sparse file of pax",
      tar({pax(pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0")), {}}),
      "archive-sparse");

  // Headers that two readers read differently.
  add("two sizes", tar({pax(pax_record("size", "512")), {.name = "a", .content = "x"}}),
      "archive-size");
  add("a negative size", tar({{.name = "a", .size = std::string(12, '\xff')}}), "archive-size");
  add("an overflowing size", tar({{.name = "a", .size = "\x80" + std::string(11, '\xff')}}),
      "archive-size");
  add("a size with a sign", tar({{.name = "a", .size = "-0000000001" + nul}}), "archive-size");
  add("a size with junk", tar({{.name = "a", .size = "00000000x00" + nul}}), "archive-size");
  add("a huge size", tar({{.name = "a", .size = "77777777777" + nul}}),
      "archive-too-large|archive-ratio");
  add("a pax size that is no number", tar({pax(pax_record("size", "-1")), {.name = "a"}}),
      "archive-size");
  add("a directory with content", tar({{.name = "d", .type = '5', .content = "x"}}),
      "archive-size");
  add("an unterminated long name",
      tar({{.name = "././@LongLink", .type = 'L', .content = std::string(600, 'a')}, {}}),
      "archive-long-name");
  add("a long name with a NUL inside",
      tar({{.name = "././@LongLink", .type = 'L', .content = "a" + nul + "b" + nul}, {}}),
      "archive-long-name");
  add("two long names",
      tar({{.name = "L", .type = 'L', .content = "a" + nul},
           {.name = "L", .type = 'L', .content = "b" + nul},
           {}}),
      "archive-long-name");
  add("a long name of a megabyte",
      tar({{.name = "L", .type = 'L', .content = std::string(1 << 20, 'a') + nul}, {}}),
      "archive-long-name");
  add("a name given in two formats",
      tar({{.name = "L", .type = 'L', .content = "a" + nul}, pax(pax_record("path", "b")), {}}),
      "archive-long-name");
  add("a path for all entries", tar({pax(pax_record("path", "evil"), 'g'), {.name = "good"}}),
      "archive-pax-global");
  add("a key twice", tar({pax(pax_record("path", "a") + pax_record("path", "../b")), {}}),
      "archive-pax");
  add("a record with a wrong length", tar({pax("99 path=a\n"), {}}), "archive-pax");
  add("a record without an end", tar({pax("9 path=ab"), {}}), "archive-pax");
  add("another character set",
      tar({pax(pax_record("hdrcharset", "BINARY") + pax_record("path", "\xff")), {}}),
      "archive-pax");
  add("a wrong checksum",
      tar({{.name = "good"}, {.name = "a", .spoil_last = [](std::string& h) { h[0] = 'b'; }}}),
      "archive-header");
  add("a signed checksum",
      tar({{.name = "\xc3\xa9",
            .spoil_last =
                [](std::string& h) {
                  int sum = 0;
                  h.replace(148, 8, "        ");
                  for (const char c : h) sum += static_cast<signed char>(c);
                  h.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
                }}}),
      "archive-header");
  add("a mode that is no number",
      tar({{.name = "a", .spoil = [](std::string& h) { h[101] = 'x'; }}}), "archive-header");

  // Ends.
  const std::string good = tar({{.name = "good", .content = "fine"}});
  add("truncated in the content", good.substr(0, 514), "archive-truncated|archive-damaged");
  add("truncated in a header",
      tar_entries({{.name = "a"}}) + tar_header({.name = "b"}).substr(0, 300),
      "archive-truncated|archive-damaged");
  add("no end", tar_entries({{.name = "a"}}), "archive-truncated");
  add("an extension without its entry", tar({{.name = "a"}, pax(pax_record("path", "b"))}),
      "archive-truncated|archive-damaged");
  add("bytes after the end", good + "evil", "archive-trailing-data");
  add("a second tar after the end", good + tar({{.name = "../evil"}}), "archive-trailing-data");
  add("a tar that goes on after one empty block",
      tar_entries({{.name = "a"}}) + std::string(512, '\0') + tar({{.name = "b"}}),
      "archive-header|archive-truncated|archive-trailing-data");
  add("a second gzip member", compress("gzip", good) + compress("gzip", tar({{.name = "evil"}})),
      "archive-trailing-data|archive-damaged", "a.tar.gz");
  add("one tar in two gzip members",
      compress("gzip", good.substr(0, 512)) + compress("gzip", good.substr(512)), "archive-damaged",
      "a.tar.gz");
  for (const auto& [filter, suffix] : {std::pair{"gzip", "gz"}, std::pair{"xz", "xz"},
                                       std::pair{"zstd", "zst"}, std::pair{"bzip2", "bz2"}}) {
    const std::string whole = compress(filter, good);
    add(fmt::format("bytes after {}", filter), whole + "evil bytes that only some readers see",
        "archive-trailing-data|archive-damaged", fmt::format("a.tar.{}", suffix));
    add(fmt::format("truncated {}", filter), whole.substr(0, whole.size() - 12),
        "archive-truncated|archive-damaged", fmt::format("a.tar.{}", suffix));
    add(fmt::format("{} that is no archive", filter), compress(filter, "just text"),
        "archive-unrecognized", "a.bin");
    add(fmt::format("{} of {}", filter, filter), compress(filter, whole), "archive-nested",
        fmt::format("a.tar.{}", suffix));
  }
  {
    std::string broken = compress("gzip", good);
    broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 1);
    add("a wrong checksum of gzip", broken, "archive-damaged", "a.tar.gz");
  }

  // Bombs.
  const std::string zeros(16 << 20, '\0');
  add("16 MiB of zeros in a tar", compress("gzip", tar({{.name = "zeros", .content = zeros}})),
      "archive-ratio", "a.tar.gz");
  add("16 MiB of zeros in xz", compress("xz", zeros), "archive-ratio", "zeros.xz");
  add("16 MiB of zeros in a zip", packed("zip", {{.name = "zeros", .content = zeros}}),
      "archive-ratio", "a.zip");
  {
    std::string many;
    for (int i = 0; i < 20'001; ++i) many += tar_header({.name = fmt::format("{}", i)});
    add("20,001 empty files", many + tar_end(), "archive-entries");
    add("20,001 empty files, compressed", compress("zstd", many + tar_end()),
        "archive-entries|archive-ratio", "a.tar.zst");
  }
  // A frame that asks for a 2 GiB window (RFC 8878 3.1.1.1.2: exponent 21), then one raw block.
  add("a 2 GiB window", std::string("\x28\xB5\x2F\xFD\x00\xA8\x01\x00\x00", 9), "archive-damaged",
      "a.tar.zst");

  // Zip and 7z.
  const std::string zip = packed("zip", {{.name = "good.txt", .content = "fine"}});
  add("zip: a name that leads upwards",
      replaced(packed("zip", {{.name = "xx/evil", .content = "x"}}), "xx/", "../"),
      "archive-traversal", "a.zip");
  add("zip: an absolute name",
      replaced(packed("zip", {{.name = "xtmp/evil", .content = "x"}}), "xtmp", "/tmp"),
      "archive-absolute", "a.zip");
  add("zip: backslashes upwards", packed("zip", {{.name = "..\\evil", .content = "x"}}),
      "archive-traversal|archive-name", "a.zip");
  add("zip: a link out", packed("zip", {{.name = "l", .type = AE_IFLNK, .link = "../../x"}}),
      "archive-symlink", "a.zip");
  add("zip: bytes after the end", zip + "evil", "archive-trailing-data", "a.zip");
  add("zip: a second zip before the first", zip + packed("zip", {{.name = "evil"}}),
      "archive-polyglot", "a.zip");
  add("zip: truncated", zip.substr(0, zip.size() - 30), "archive-truncated", "a.zip");
  add("zip: the same name twice",
      packed("zip", {{.name = "a", .content = "1"}, {.name = "a", .content = "2"}}),
      "archive-duplicate", "a.zip");
  {
    std::string lying = zip;
    const auto entry = lying.rfind(std::string_view("PK\1\2", 4));
    lying[entry + 24] = 2;  // The directory says 2 bytes; there are 4.
    add("zip: a size that is a lie", lying, "archive-size|archive-damaged", "a.zip");
  }
  const std::string seven = packed("7zip", {{.name = "good.txt", .content = "fine"}});
  add("7z: a name that leads upwards", packed("7zip", {{.name = "../evil", .content = "x"}}),
      "archive-traversal", "a.7z");
  add("7z: bytes after the end", seven + "evil", "archive-trailing-data", "a.7z");
  add("7z: truncated", seven.substr(0, seven.size() - 5), "archive-damaged|archive-truncated",
      "a.7z");

  // Others.
  add("cpio: a name that leads upwards", packed("cpio", {{.name = "../evil", .content = "x"}}),
      "archive-traversal", "a.cpio");
  add("cpio: bytes after the end", packed("cpio", {{.name = "a", .content = "x"}}) + "evil",
      "archive-trailing-data|archive-damaged", "a.cpio");
  add("ar: a name that leads upwards",
      replaced(packed("ar", {{.name = "xxevil", .content = "x"}}), "xxevil", "../evi"),
      "archive-traversal|archive-damaged", "a.deb");
  add("rar", "Rar!\x1A\x07\x01" + std::string(100, '\0'), "archive-format", "a.rar");
  return out;
}

}  // namespace rbee::corpus

#include "check/artefact.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.hpp"

namespace rbee::check {

namespace {

template <typename T>
std::optional<T> read_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<Elf64_Half> machine_of(Arch arch) {
  switch (arch) {
    case Arch::x86_64:
      return EM_X86_64;
    case Arch::aarch64:
      return EM_AARCH64;
    default:
      return std::nullopt;
  }
}

/// RPATH or RUNPATH that leads out of the package: relative, empty, or where others write.
bool is_writable_path(std::string_view paths) {
  for (const std::string_view path : split(paths, ':')) {
    if (path.starts_with("$ORIGIN") || path.starts_with("${ORIGIN}")) continue;
    if (path.starts_with("/usr/") || path.starts_with("/opt/") || path.starts_with("/lib"))
      continue;
    return true;
  }
  return false;
}

void look_at_elf(std::string_view path, std::string_view bytes, std::span<const Arch> arches,
                 std::vector<ArtefactRemark>& remarks) {
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header || header->e_ident[EI_CLASS] != ELFCLASS64 ||
      header->e_ident[EI_DATA] != ELFDATA2LSB) {
    if (!arches.empty())
      remarks.push_back({"ELF-004", fmt::format("'{}' is no 64-bit little-endian program", path)});
    return;
  }
  if (!arches.empty() && std::none_of(arches.begin(), arches.end(), [&](Arch arch) {
        return machine_of(arch) == header->e_machine;
      }))
    remarks.push_back({"ELF-004", fmt::format("'{}' is for another architecture (ELF machine {})",
                                              path, header->e_machine)});
  if (bytes.substr(0, std::min<std::size_t>(bytes.size(), 4096)).find("UPX!") !=
      std::string_view::npos)
    remarks.push_back({"ELF-002", fmt::format("'{}' is packed with UPX", path)});
  std::uint64_t dynamic = 0, dynamic_size = 0;
  std::vector<Elf64_Phdr> loads;
  for (unsigned i = 0; i < std::min<unsigned>(header->e_phnum, 128); ++i) {
    const auto segment =
        read_at<Elf64_Phdr>(bytes, header->e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
    if (!segment) return;
    if (segment->p_type == PT_GNU_STACK && (segment->p_flags & PF_X) != 0)
      remarks.push_back({"ELF-001", fmt::format("'{}' has an executable stack", path)});
    if (segment->p_type == PT_DYNAMIC) {
      dynamic = segment->p_offset;
      dynamic_size = segment->p_filesz;
    }
    if (segment->p_type == PT_LOAD) loads.push_back(*segment);
  }
  std::uint64_t strings = 0;
  std::vector<std::uint64_t> paths;
  for (std::uint64_t at = 0;
       at + sizeof(Elf64_Dyn) <= std::min<std::uint64_t>(dynamic_size, 64 * 1024);
       at += sizeof(Elf64_Dyn)) {
    const auto entry = read_at<Elf64_Dyn>(bytes, dynamic + at);
    if (!entry || entry->d_tag == DT_NULL) break;
    if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
    if (entry->d_tag == DT_RPATH || entry->d_tag == DT_RUNPATH) paths.push_back(entry->d_un.d_val);
  }
  for (const std::uint64_t offset : paths)
    for (const Elf64_Phdr& load : loads) {
      if (strings < load.p_vaddr || strings - load.p_vaddr >= load.p_filesz) continue;
      const std::uint64_t at = strings - load.p_vaddr + load.p_offset + offset;
      if (at >= bytes.size()) continue;
      const std::string_view text = bytes.substr(at, bytes.substr(at, 4096).find('\0'));
      if (is_writable_path(text))
        remarks.push_back({"ELF-001", fmt::format("'{}' looks for libraries in '{}'", path,
                                                  printable_line(text.substr(0, 200)))});
    }
}

/// A GGUF header whose counts cannot fit into the file. Source: GGUF specification, "File
/// Structure".
void look_at_gguf(std::string_view path, std::string_view bytes, std::uint64_t size,
                  std::vector<ArtefactRemark>& remarks) {
  const auto version = read_at<std::uint32_t>(bytes, 4);
  const auto tensors = read_at<std::uint64_t>(bytes, 8);
  const auto pairs = read_at<std::uint64_t>(bytes, 16);
  // A tensor's entry has at least 8 + 4 + 4 + 8 bytes, a pair at least 8 + 4 + 1.
  const bool bad = !version || *version < 1 || *version > 3 || !tensors || !pairs ||
                   *tensors > size / 24 || *pairs > size / 13;
  if (bad)
    remarks.push_back(
        {"BLOB-002", fmt::format("'{}' says more than its {} bytes can hold", path, size)});
}

bool is_pickle(std::string_view path, std::string_view bytes) {
  for (const std::string_view suffix :
       {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill"})
    if (path.ends_with(suffix)) return true;
  // Protocol 2 to 5: PROTO n, and STOP at the end or a GLOBAL early on.
  return bytes.size() > 4 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5 &&
         (bytes.back() == '.' ||
          bytes.substr(0, 64).find("c__builtin__") != std::string_view::npos);
}

}  // namespace

std::vector<ArtefactRemark> look_at_file(std::string_view path, std::string_view bytes,
                                         std::uint64_t size_bytes, std::span<const Arch> arches) {
  std::vector<ArtefactRemark> remarks;
  if (bytes.starts_with("\x7f"
                        "ELF"))
    look_at_elf(path, bytes, arches, remarks);
  if (bytes.starts_with("GGUF")) look_at_gguf(path, bytes, size_bytes, remarks);
  if (is_pickle(path, bytes))
    remarks.push_back({"BLOB-001", fmt::format("'{}' is a pickle", path)});
  return remarks;
}

}  // namespace rbee::check

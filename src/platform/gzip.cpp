#include "platform/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

namespace rbee::platform {

namespace {

/// windowBits of zlib.h: 15 bits of window, 16 more for gzip instead of zlib.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kChunk = 64 * 1024;

/// zlib counts in unsigned int: the next piece of `bytes` for it.
void feed(z_stream& stream, std::string_view& bytes) {
  const std::size_t piece =
      std::min<std::size_t>(bytes.size(), std::numeric_limits<unsigned>::max() / 2);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): zlib's type is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<unsigned>(piece);
  bytes.remove_prefix(piece);
}

}  // namespace

struct GzipStream::State {
  z_stream stream{};
  std::string out;
  std::size_t written = 0;

  void run(std::string_view bytes, int flush) {
    do {
      if (stream.avail_in == 0 && !bytes.empty()) feed(stream, bytes);
      const int mode = bytes.empty() ? flush : Z_NO_FLUSH;
      int state = Z_OK;
      do {
        if (written == out.size()) out.resize(out.size() + std::max(kChunk, out.size() / 2));
        const std::size_t room =
            std::min<std::size_t>(out.size() - written, std::numeric_limits<unsigned>::max());
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
        stream.avail_out = static_cast<unsigned>(room);
        state = ::deflate(&stream, mode);
        written += room - stream.avail_out;
      } while (stream.avail_out == 0 && state == Z_OK);
    } while (!bytes.empty());
  }
};

GzipStream::GzipStream(int level) : state_(std::make_unique<State>()) {
  // Fails only when memory is short or the arguments are wrong: a bug, or the end.
  if (::deflateInit2(&state_->stream, std::clamp(level, 1, 9), Z_DEFLATED, kGzipWindow,
                     kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    std::abort();
}

GzipStream::~GzipStream() {
  ::deflateEnd(&state_->stream);
}

void GzipStream::add(std::string_view bytes) {
  if (!bytes.empty()) state_->run(bytes, Z_NO_FLUSH);
}

std::string GzipStream::finish() {
  state_->run({}, Z_FINISH);
  std::string out = std::move(state_->out);
  out.resize(state_->written);
  // The byte that names the system (RFC 1952, 2.3.1): 255 is "unknown", the same everywhere.
  out[9] = static_cast<char>(0xff);
  return out;
}

std::string gzip(std::string_view bytes, int level) {
  GzipStream stream(level);
  stream.add(bytes);
  return stream.finish();
}

Result<std::string> gunzip(std::string_view bytes, std::uint64_t size_bytes_max) {
  const auto damaged = [] {
    return fail(Errc::integrity, "gzip-damaged", "the bytes are no gzip, or are damaged");
  };
  if (bytes.empty()) return damaged();
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipWindow) != Z_OK) std::abort();
  std::string out;
  std::string chunk(kChunk, '\0');
  for (;;) {
    if (stream.avail_in == 0 && !bytes.empty()) feed(stream, bytes);
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<unsigned>(chunk.size());
    const int state = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = chunk.size() - stream.avail_out;
    if (state != Z_OK && state != Z_STREAM_END) break;
    if (out.size() + got > size_bytes_max) {
      ::inflateEnd(&stream);
      return fail(Errc::too_large, "gzip-too-large",
                  fmt::format("the unpacked bytes would be more than {}", size_bytes_max));
    }
    out.append(chunk, 0, got);
    if (state != Z_STREAM_END) continue;
    if (stream.avail_in == 0 && bytes.empty()) {
      ::inflateEnd(&stream);
      return out;
    }
    if (::inflateReset(&stream) != Z_OK) break;
  }
  ::inflateEnd(&stream);
  return damaged();
}

}  // namespace rbee::platform

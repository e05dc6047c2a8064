#include "search/words.hpp"

#include <algorithm>
#include <cstring>

namespace rbee::search {

namespace {

enum class Kind : std::uint8_t { between, letter, cjk };

struct Character {
  char32_t code = 0;
  std::uint32_t length = 1;
  Kind kind = Kind::between;
};

constexpr std::uint64_t kHashFactor = 0x9E3779B97F4A7C15ULL;

std::uint64_t mix(std::uint64_t hash, unsigned char byte) {
  hash = (hash ^ byte) * kHashFactor;
  return hash ^ (hash >> 29);
}

/// For ASCII: 0 between words, else the letter in lower case.
constexpr std::array<char, 128> make_ascii() {
  std::array<char, 128> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c)
    table[static_cast<std::size_t>(c)] = static_cast<char>(c - 'A' + 'a');
  return table;
}
constexpr std::array<char, 128> kAscii = make_ascii();

char ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80 ? kAscii[static_cast<std::size_t>(c)] : '\0';
}

bool is_cjk(char32_t c) {
  return (c >= 0x3041 && c <= 0x30FF && c != 0x30FB) || (c >= 0x31F0 && c <= 0x31FF) ||
         (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x323AF) || c == 0x3005 || c == 0x3007;
}

/// Signs, spaces, emoji: what separates words beyond ASCII.
bool is_between(char32_t c) {
  return c < 0xAA || (c > 0xAA && c < 0xB5) || (c > 0xB5 && c < 0xBA) || (c > 0xBA && c < 0xC0) ||
         c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x2E00 && c <= 0x2E7F) ||
         (c >= 0x3000 && c <= 0x3040) || c == 0x30FB || (c >= 0xE000 && c <= 0xF8FF) ||
         (c >= 0xFE00 && c <= 0xFE6F) || c == 0xFEFF || (c >= 0xFF00 && c <= 0xFF0F) ||
         (c >= 0xFF1A && c <= 0xFF20) || (c >= 0xFF3B && c <= 0xFF40) ||
         (c >= 0xFF5B && c <= 0xFF65) || (c >= 0xFFE0 && c <= 0xFFFF) ||
         (c >= 0x1F000 && c <= 0x1FAFF) || c >= 0xE0000;
}

char32_t lower(char32_t c) {
  if (c >= 0xFF21 && c <= 0xFF3A) return c - 0xFF21 + 'a';  // Full-width Latin.
  if (c >= 0xFF41 && c <= 0xFF5A) return c - 0xFF41 + 'a';
  if (c >= 0xFF10 && c <= 0xFF19) return c - 0xFF10 + '0';
  if (c >= 0xC0 && c <= 0xDE) return c + 32;
  if (c >= 0x100 && c <= 0x137) return c | 1;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

Character decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const std::uint32_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return {};
  char32_t code = lead & (0x7Fu >> length);
  for (std::uint32_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  if (is_between(code)) return {code, length, Kind::between};
  return {lower(code), length, is_cjk(code) ? Kind::cjk : Kind::letter};
}

std::size_t encode(char32_t c, char* out) {
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<char>(0xC0 | (c >> 6));
    out[1] = static_cast<char>(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xE0 | (c >> 12));
    out[1] = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out[2] = static_cast<char>(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | (c >> 18));
  out[1] = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
  out[2] = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  out[3] = static_cast<char>(0x80 | (c & 0x3F));
  return 4;
}

bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// Length of "http://…" at the front of `text`, up to the next space or bracket; 0 when it is none.
std::size_t bare_address(std::string_view text) {
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return 0;
  const std::size_t end = text.find_first_of(" \t\r\n<>()[]\"'`", scheme);
  return std::min(end, text.size());
}

/// Length of `<a href=…>` or `<!-- … -->` at the front of `text`; 0 when it is none. HTML that is
/// not closed within 2,000 bytes is text.
std::size_t html_tag(std::string_view text) {
  constexpr std::size_t kTagBytesMax = 2000;
  if (text.size() < 3) return 0;
  const char c = text[1];
  if (!(c == '/' || c == '!' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return 0;
  const std::string_view closer = text.starts_with("<!--") ? "-->" : ">";
  const std::size_t end = text.substr(0, kTagBytesMax).find(closer, 2);
  return end == std::string_view::npos ? 0 : end + closer.size();
}

/// Length of "](address" without the closing bracket.
std::size_t link_target(std::string_view text) {
  constexpr std::size_t kTargetBytesMax = 2000;
  if (!text.starts_with("](")) return 0;
  const std::size_t end = text.substr(0, kTargetBytesMax).find_first_of(")\n", 2);
  return end == std::string_view::npos ? 0 : end;
}

/// Length of "&amp;".
std::size_t entity(std::string_view text) {
  for (std::size_t i = 1; i < std::min<std::size_t>(text.size(), 12); ++i) {
    if (text[i] == ';') return i > 1 ? i + 1 : 0;
    if (ascii(text[i]) == '\0' && text[i] != '#') return 0;
  }
  return 0;
}

constexpr std::array<std::string_view, 30> kStopWords = {
    "a",    "an",   "and", "are", "as",   "at",    "be",   "by",   "can", "for",
    "from", "has",  "in",  "is",  "it",   "its",   "of",   "on",   "or",  "that",
    "the",  "this", "to",  "was", "when", "which", "will", "with", "you", "your"};

}  // namespace

void WordReader::skip_between() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (markup_ == Markup::markdown) {
      std::size_t skipped = 0;
      const std::string_view rest = text_.substr(at_);
      if (c == '<') skipped = html_tag(rest);
      if (c == ']') skipped = link_target(rest);
      if (c == '&') skipped = entity(rest);
      if (c == 'h') skipped = bare_address(rest);
      if (skipped > 0) {
        at_ += skipped;

        continue;
      }
    }
    if (ascii(c) != '\0') return;
    if (is_high(c)) {
      const Character character = decode(text_, at_);
      if (character.kind != Kind::between) return;
      at_ += character.length;
    } else {
      ++at_;
    }
  }
}

bool WordReader::next(Word& word) {
  for (;;) {
    skip_between();
    if (at_ >= text_.size()) return false;
    if (read_word(word)) return true;
  }
}

bool WordReader::read_word(Word& word) {
  const std::size_t begin = at_;
  word.is_cjk = word.ends_run = false;
  std::uint64_t hash = seed_;
  std::size_t length = 0;
  bool is_cut = false;
  while (at_ < text_.size()) {
    if (const char c = ascii(text_[at_]); c != '\0') {
      if (length < kWordBytesMax) {
        buffer_[length++] = c;
        hash = mix(hash, static_cast<unsigned char>(c));
      } else {
        is_cut = true;
      }
      ++at_;
      continue;
    }
    if (!is_high(text_[at_])) break;
    const Character character = decode(text_, at_);
    if (character.kind == Kind::between) break;
    if (character.kind == Kind::cjk) {
      if (at_ > begin) break;
      // A pair with the character behind it, or alone at the end of the run.
      const std::size_t second = at_ + character.length;
      const Character after =
          second < text_.size() && is_high(text_[second]) ? decode(text_, second) : Character{};
      const std::size_t end = after.kind == Kind::cjk ? second + after.length : second;
      word.text = text_.substr(begin, end - begin);
      word.is_cjk = true;
      word.ends_run = after.kind != Kind::cjk;
      word.hash = hash_word(word.text, seed_);
      word.position = position_++;
      word.begin = static_cast<std::uint32_t>(begin);
      word.end = static_cast<std::uint32_t>(end);
      at_ = second;
      return true;
    }
    if (length + 4 <= kWordBytesMax) {
      const std::size_t added = encode(character.code, buffer_.data() + length);
      for (std::size_t i = 0; i < added; ++i)
        hash = mix(hash, static_cast<unsigned char>(buffer_[length + i]));
      length += added;
    } else {
      is_cut = true;
    }
    at_ += character.length;
  }
  const std::uint32_t position = position_++;
  if (is_cut && markup_ == Markup::markdown) return false;
  word.text = std::string_view(buffer_.data(), length);
  word.hash = hash;
  word.position = position;
  word.begin = static_cast<std::uint32_t>(begin);
  word.end = static_cast<std::uint32_t>(at_);
  return true;
}

std::uint64_t hash_word(std::string_view word, std::uint64_t seed) {
  std::uint64_t hash = seed;
  for (const char c : word) hash = mix(hash, static_cast<unsigned char>(c));
  return hash;
}

std::vector<std::string> words_of(std::string_view text, Markup markup) {
  std::vector<std::string> words;
  WordReader reader(text, markup);
  for (Word word; reader.next(word);) words.emplace_back(word.text);
  return words;
}

std::string normalised(std::string_view text) {
  std::string out;
  WordReader reader(text);
  for (Word word; reader.next(word);) {
    if (!out.empty()) out += ' ';
    out += word.text;
  }
  return out;
}

bool is_stop_word(std::string_view word) {
  return word.size() <= 5 && std::binary_search(kStopWords.begin(), kStopWords.end(), word);
}

bool is_one_cjk_character(std::string_view word) {
  if (word.empty() || !is_high(word[0])) return false;
  const Character character = decode(word, 0);
  return character.kind == Kind::cjk && character.length == word.size();
}

}  // namespace rbee::search

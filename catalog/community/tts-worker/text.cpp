// See text.hpp.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace worker {
namespace {

constexpr std::size_t piece_bytes_max = 300;

/// Words that a full stop follows inside a sentence.
constexpr std::array<std::string_view, 14> abbreviations = {
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "no", "e.g", "i.e", "z.b", "mt"};

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The bytes of the sentence mark that begins at `at`; 0 when none does. Full-width ones need no
/// space.
std::size_t mark_at(std::string_view text, std::size_t at) {
  for (const std::string_view wide : {"。", "！", "？", "।"})
    if (text.substr(at, wide.size()) == wide) return wide.size();
  if (text[at] == '\n' && at + 1 < text.size() && text[at + 1] == '\n') return 1;
  if (text[at] != '.' && text[at] != '!' && text[at] != '?') return 0;
  std::size_t end = at + 1;
  while (end < text.size() &&
         std::string_view(".!?\"')]").find(text[end]) != std::string_view::npos)
    ++end;
  if (end < text.size() && !is_space(text[end])) return 0;
  if (text[at] == '.') {
    std::size_t begin = at;
    while (begin > 0 && !is_space(text[begin - 1])) --begin;
    std::string word(text.substr(begin, at - begin));
    for (char& c : word)
      if (static_cast<unsigned char>(c) < 128) c = static_cast<char>(std::tolower(c));
    const bool initial = word.size() == 1 && std::isalpha(static_cast<unsigned char>(word[0]));
    if (initial ||
        std::find(abbreviations.begin(), abbreviations.end(), word) != abbreviations.end())
      return 0;
  }
  return end - at;
}

/// Where to cut `text`, which is longer than a piece may be: after a space or comma, else between
/// letters.
std::size_t cut_at(std::string_view text) {
  for (const std::string_view stops : {";:,", " \n\t\r"}) {
    const auto at = text.substr(0, piece_bytes_max).find_last_of(stops);
    if (at != std::string_view::npos && at > piece_bytes_max / 3) return at + 1;
  }
  std::size_t at = piece_bytes_max;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

void add(std::vector<std::string>& pieces, std::string_view sentence) {
  sentence = trim(sentence);
  while (sentence.size() > piece_bytes_max) {
    const std::size_t cut = cut_at(sentence);
    if (const auto piece = trim(sentence.substr(0, cut)); !piece.empty())
      pieces.emplace_back(piece);
    sentence = trim(sentence.substr(cut));
  }
  if (!sentence.empty()) pieces.emplace_back(sentence);
}

/// U+00C0 to U+017F without accents. '*' stands for two letters, kept in `pairs` in the same order.
constexpr std::string_view folded =
    "AAAAAA*CEEEEIIIIDNOOOOO OUUUUY**aaaaaa*ceeeeiiiidnooooo ouuuuy*y"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi**JjKkkLlLlLlLlLl"
    "NnNnNnnNnOoOoOo**RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
constexpr std::array<std::string_view, 9> pairs = {"AE", "Th", "ss", "ae", "th",
                                                   "IJ", "ij", "OE", "oe"};
static_assert(folded.size() == 0x180 - 0xC0);

std::string_view fold(std::uint32_t code) {
  if (code >= 0xC0 && code < 0x180) {
    const std::size_t at = code - 0xC0;
    if (folded[at] != '*') return folded.substr(at, 1);
    return pairs[static_cast<std::size_t>(
        std::count(folded.begin(), folded.begin() + static_cast<std::ptrdiff_t>(at), '*'))];
  }
  switch (code) {
    case 0x2018:
    case 0x2019:
    case 0x201B:
    case 0x2032:
      return "'";
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0xAB:
    case 0xBB:
      return "\"";
    case 0x2010:
    case 0x2011:
      return "-";
    case 0x2012:
    case 0x2013:
    case 0x2014:
      return ", ";
    case 0x2026:
      return "...";
    case 0xA3:
      return " pounds ";
    case 0x20AC:
      return " euros ";
    case 0xB0:
      return " degrees ";
    default:
      return " ";
  }
}

}  // namespace

std::vector<std::string> split_sentences(std::string_view text) {
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = mark_at(text, at);
    at += mark == 0 ? 1 : mark;
    if (mark == 0) continue;
    add(pieces, text.substr(begin, at - begin));
    begin = at;
  }
  add(pieces, text.substr(begin));
  return pieces;
}

std::string to_ascii(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      result += first < 0x20 || first == 0x7F ? ' ' : text[i];
      ++i;
      continue;
    }
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t code = first & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    result += fold(code);
    i += length;
  }
  return result;
}

}  // namespace worker

// Text into words, the same for documents and for queries.
//
// Touches nothing. A word is a run of letters and digits: ASCII, Latin-1, Greek and Cyrillic in
// lower case, other scripts as they are. Chinese, Japanese and Korean do not put spaces between
// words: of a run of their characters every pair of neighbours is a word, and the last character
// alone, so that each character begins one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::search {

/// A longer word is cut here; in Markdown it is left out: it is no word but data.
inline constexpr std::size_t kWordBytesMax = 64;

enum class Markup {
  none,
  markdown,  ///< Addresses of links, tags and entities of HTML are no words.
};

struct Word {
  std::string_view text;             ///< Normalised; until the next call of `next`.
  std::uint64_t hash = 0;            ///< Of `text`, with the reader's seed.
  std::uint32_t position = 0;        ///< Its number in the text.
  std::uint32_t begin = 0, end = 0;  ///< Its bytes in the text as written.
  bool is_cjk = false;
  bool ends_run = false;  ///< The last character of a run of CJK, alone.
};

/// Reads one text from front to back. Any bytes will do: what is not UTF-8 stands between words.
class WordReader {
 public:
  explicit WordReader(std::string_view text, Markup markup = Markup::none, std::uint64_t seed = 0)
      : text_(text), seed_(seed), markup_(markup) {}
  bool next(Word& word);

 private:
  void skip_between();
  bool read_word(Word& word);

  std::string_view text_;
  std::uint64_t seed_;
  Markup markup_;
  std::size_t at_ = 0;
  std::uint32_t position_ = 0;
  std::array<char, kWordBytesMax + 4> buffer_{};
};

/// What `WordReader` calculates for a word.
std::uint64_t hash_word(std::string_view word, std::uint64_t seed = 0);

/// The words of `text`, in order.
std::vector<std::string> words_of(std::string_view text, Markup markup = Markup::none);

/// The words with a space between: what two texts that say the same share.
std::string normalised(std::string_view text);

/// "the", "of", "and" …: they stand everywhere and say nothing. Not indexed in long texts.
bool is_stop_word(std::string_view word);

/// True when the text is one character of Chinese, Japanese or Korean.
bool is_one_cjk_character(std::string_view word);

}  // namespace rbee::search

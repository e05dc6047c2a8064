// What the words of a recipe can be, without running it: constants carried through variables.
//
// Pure. Flow is ignored on purpose: a variable may hold whatever any assignment of the text gives
// it, so that neither order nor branches hide a value. What cannot be known stands as a hole, never
// as a guess; what is too much is told (`more`, `exhausted`), never left out in silence. Source:
// docs/checks.md, "three views of every command".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/ast.hpp"

namespace rbee::check {

/// Stands in a text for what cannot be known. No recipe holds this byte: SYN-001 blocks it.
inline constexpr char kHole = '\x01';

/// How a word is put together, as far as it matters whether it hides something.
struct Assembly {
  bool split_quotes = false;  ///< Quoted pieces glued to other text: 'b''u''n', b"u"n.
  bool ansi_c = false;        ///< $'\x62un'
  bool escapes = false;       ///< A backslash inside: c\url; not one in front.
  bool parameter = false;     ///< $x
  bool glued = false;         ///< Parameters or substitutions joined with each other or with text.
  bool substitution = false;  ///< $(…)
  bool lookup = false;        ///< The substitution is command -v, which or type -P.
  bool ifs = false;           ///< $IFS
  bool indirect = false;      ///< ${!x}
};

/// One word: the texts that it can be, after expansion, before word splitting.
struct WordValue {
  std::vector<std::string> texts;  ///< At least one, at most `kAlternativesMax`.
  bool more = false;               ///< It can be others, too: they did not fit.
  bool splits = false;             ///< An unquoted expansion: blanks in it separate words.
  Assembly assembly;
};

inline constexpr std::size_t kAlternativesMax = 12, kTextBytesMax = 64 * 1024;

class ShellValues {
 public:
  /// Learns all assignments of `script`. The script must outlive this object.
  explicit ShellValues(const pkgbuild::Script& script);

  WordValue word(const pkgbuild::Script& script, const pkgbuild::Word& word) const;
  /// Elements of a word that is "${array[@]}" alone; none otherwise.
  std::vector<WordValue> elements(const pkgbuild::Script& script, const pkgbuild::Word& word) const;

  /// Remember that a variable may hold these.
  void learn(std::string_view name, const std::vector<std::string>& texts, bool append,
             bool more = false);
  /// All assignments of another script: a nested text, a local file.
  void learn(const pkgbuild::Script& script);

  /// Something in the text gives the variable a value.
  bool is_set(std::string_view name) const {
    return scalars_.find(name) != scalars_.end() || arrays_.find(name) != arrays_.end();
  }

  /// What a text prints when it is run as a script over the known variables; a hole where the
  /// engine cannot tell. `text` is bash.
  std::string output_of(std::string_view text) const;

  /// What separates words of an unquoted expansion: blanks, and whatever the text puts into IFS.
  const std::string& separators() const { return separators_; }
  /// The words that braces make of one: {a,b} is two. The word itself when it has none.
  std::vector<std::string> braces(const pkgbuild::Script& script, const pkgbuild::Word& word) const;

  /// True when the work allowed for one recipe is used up: then much is a hole.
  bool exhausted() const { return runs_ >= kRunsMax || bytes_left_ == 0; }
  /// Takes `bytes` from what texts made of one recipe may weigh in all; false when it is used up.
  bool charge(std::size_t bytes) const {
    bytes_left_ = bytes > bytes_left_ ? 0 : bytes_left_ - bytes;
    return bytes_left_ > 0;
  }

 private:
  /// What a variable or a part of a word can be; see WordValue.
  struct Alternatives {
    std::vector<std::string> texts;
    bool more = false;
  };
  static constexpr std::size_t kRunsMax = 600;
  static constexpr std::uint64_t kStepsMax = 5'000;  ///< Of one run.
  static constexpr std::size_t kBytesMax = 24 * 1024 * 1024;
  static Alternatives hole();
  void add_once(Alternatives& known, std::string text) const;
  void append_all(WordValue& value, const Alternatives& pieces) const;
  void learn_command(const pkgbuild::Script& script, const pkgbuild::Command* command, int depth);
  void learn_assignment(const pkgbuild::Script& script, const pkgbuild::Assignment& assignment);
  void add_part(const pkgbuild::Script& script, const pkgbuild::WordPart& part, bool quoted,
                WordValue& value) const;
  Alternatives parameter(const pkgbuild::Script& script, const pkgbuild::WordPart& part) const;
  Alternatives engine(std::string_view raw) const;

  std::string separators_ = " \t\n";
  std::map<std::string, Alternatives, std::less<>> scalars_;
  std::map<std::string, std::vector<WordValue>, std::less<>> arrays_;
  mutable std::size_t runs_ = 0, bytes_left_ = kBytesMax;
  mutable std::map<std::string, std::vector<std::string>, std::less<>> answers_;
};

}  // namespace rbee::check

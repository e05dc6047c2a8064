// The parser's insides, shared by parser.cpp (commands), compound.cpp (if, for, case …) and
// words.cpp.
//
// One pass over one text; each parse_x reads as its grammar line. After `fail` the place is the end
// of the text, so that every loop ends by itself; the first fault is the one that is told.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pkgbuild/lexer.hpp"
#include "pkgbuild/parser.hpp"

namespace rbee::pkgbuild {

class Parser {
 public:
  /// Parses script.text[begin, end). `place`: the span that every node gets instead of its own.
  Parser(Script& script, std::uint32_t begin, std::uint32_t end, const ParseOptions& options,
         std::optional<Span> place)
      : script_(script),
        lex_(script.text, begin, end),
        options_(options),
        place_(place),
        extglob_(options.extglob == Extglob::on) {}

  const Command* parse_program();
  const std::optional<SyntaxError>& error() const { return error_; }

 private:
  /// What ends the parts of a word.
  enum class Stop : std::uint8_t {
    word,          ///< A metacharacter.
    double_quote,  ///< "
    brace,         ///< }
    slash,         ///< / or }
    colon,         ///< : (not of a ?:) or }
    bracket,       ///< ] of the same depth
    regex,         ///< As word, but parentheses and | belong to it.
    end,           ///< The end of the range.
  };
  /// How quotes read.
  enum class Quoting : std::uint8_t {
    none,          ///< Outside quotes.
    quoted,        ///< Inside "…".
    quoted_brace,  ///< Inside the operand of a ${…} that stands in "…": " toggles, ' is itself.
    here_doc,      ///< " and ' are themselves.
    arithmetic,    ///< " is removed, ' is itself.
  };
  struct Mode {
    Stop stop;
    Quoting quoting;
    bool assignment = false;  ///< ~ after : is special.
    bool extglob = false;     ///< ?( *( +( @( !( belong to the word.
    bool pairs = false;  ///< A quoted_brace inside "…": ' is itself, and must have a partner.
  };
  struct HereDoc {
    Redirect* redirect;
    std::string delimiter;
    bool quoted;
    bool strip_tabs;
  };
  /// Counts nesting; `ok` is false when there is too much of it.
  struct Depth {
    explicit Depth(Parser& parser);
    ~Depth() { --parser.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Parser& parser;
    bool ok;
  };

  // parser.cpp
  /// Fails, and is true, when so much was looked at ahead that the cost would be the square of the
  /// text.
  bool looked_too_far();
  static constexpr std::uint64_t kLookAheadMin = 4096, kLookAheadTimes = 64;
  const Command* parse_list(bool top_level);
  const Command* parse_required_list(std::string_view after);
  const Command* parse_and_or();
  const Command* parse_pipeline();
  const Command* parse_command();
  const Command* parse_simple();
  const Command* parse_function(std::uint32_t begin, std::string_view name, Span name_span);
  bool parse_redirect(std::vector<Redirect*>& out);
  bool at_redirect() const;
  List<Redirect> finish_redirects(std::vector<Redirect*>& pending);
  void parse_trailing_redirects(Command& command);
  void skip_newlines();
  void read_newline();
  void read_here_doc(HereDoc& doc);
  bool at_reserved(std::string_view word) const;
  bool at_list_end() const;
  bool expect_reserved(std::string_view word, std::uint32_t opened_at, std::string_view opened);
  void note_shopt(const Command* command);

  // compound.cpp
  const Command* parse_if();
  const Command* parse_for();
  const Command* parse_for_arith(std::uint32_t begin);
  const Command* parse_loop_body(std::uint32_t begin, std::string_view opened);
  const Command* parse_while();
  const Command* parse_case();
  const Command* parse_group();
  const Command* parse_subshell();
  const Command* parse_arithmetic_command();
  const Command* parse_condition_command();
  const Condition* parse_condition_or();
  const Condition* parse_condition_and();
  const Condition* parse_condition_term();
  void skip_condition_blanks();
  bool at_condition_end();

  // words.cpp
  Word parse_word(Mode mode);
  Word parse_plain_word() { return parse_word({Stop::word, Quoting::none, false, extglob_}); }
  void parse_parts(std::vector<WordPart>& out, Mode mode);
  bool parse_dollar(std::vector<WordPart>& out, Mode mode);
  void parse_backtick(std::vector<WordPart>& out, Mode mode);
  void parse_substitution(std::vector<WordPart>& out, WordPart::Kind kind, std::uint32_t opened);
  void parse_single_quoted(std::vector<WordPart>& out);
  void parse_ansi_c(std::vector<WordPart>& out);
  void parse_double_quoted(std::vector<WordPart>& out, WordPart::Kind kind);
  void parse_extglob_group(std::vector<WordPart>& out, Mode mode);
  void parse_parameter(std::vector<WordPart>& out, Mode mode);
  void parse_parameter_operator(Parameter& parameter, Mode mode);
  void parse_bad_parameter(Parameter& parameter);
  const Word* parse_operand(Stop stop, Mode outer, bool pattern);
  Word parse_range(std::uint32_t begin, std::uint32_t end, Mode mode);
  bool at_assignment(std::uint32_t& operator_at);
  Assignment parse_assignment();
  void parse_array_elements(Assignment& assignment);
  List<WordPart> keep(const std::vector<WordPart>& parts) { return keep_list(parts); }
  /// Keeps what was pushed to `scratch_` since it held `base` parts, and takes it off again.
  List<WordPart> keep_from(std::size_t base) {
    const std::size_t size = scratch_.size() - base;
    if (size == 0) return {};
    void* memory = script_.arena.allocate(sizeof(WordPart) * size, alignof(WordPart));
    std::memcpy(memory, static_cast<const void*>(scratch_.data() + base), sizeof(WordPart) * size);
    scratch_.erase(scratch_.begin() + static_cast<std::ptrdiff_t>(base), scratch_.end());
    return {static_cast<const WordPart*>(memory), size};
  }

  // Arena.
  template <typename T, typename... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (script_.arena.allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }
  template <typename T>
  List<T> keep_list(const std::vector<T>& items) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (items.empty()) return {};
    void* memory = script_.arena.allocate(sizeof(T) * items.size(), alignof(T));
    std::memcpy(memory, static_cast<const void*>(items.data()), sizeof(T) * items.size());
    return {static_cast<const T*>(memory), items.size()};
  }
  std::string_view keep_text(std::string_view text);
  Command* make_command(Command::Kind kind, std::uint32_t begin);
  const Command* finish(Command* command);

  Span span(std::uint32_t begin, std::uint32_t end) const {
    return place_ ? *place_ : Span{begin, end};
  }
  Span span_from(std::uint32_t begin) const { return span(begin, lex_.pos()); }
  void fail(SyntaxError::Kind kind, std::uint32_t begin, std::uint32_t end, std::string message);
  void fail(std::uint32_t begin, std::uint32_t end, std::string message) {
    fail(SyntaxError::Kind::syntax, begin, end, std::move(message));
  }
  void fail_here(std::string_view expected);
  bool failed() const { return error_.has_value(); }

  Script& script_;
  Lexer lex_;
  ParseOptions options_;
  std::optional<Span> place_;
  bool extglob_;
  bool in_substitution_ = false;  ///< Inside $(…) or <(…).
  int depth_ = 0;
  std::vector<HereDoc> here_docs_;
  std::vector<WordPart> scratch_;  ///< Parts of the words being read, the innermost last.
  std::optional<SyntaxError> error_;
};

}  // namespace rbee::pkgbuild

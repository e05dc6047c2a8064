// The syntax tree of a recipe: bash as PKGBUILDs use it, every node with the bytes it stands on.
//
// Touches nothing. Nodes live in the script's arena, are never changed after parsing and hold views
// into its text, so a node is valid as long as its Script. Source: bash(1), "Shell Grammar" and
// "Expansion".
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/span.hpp"

namespace rbee::pkgbuild {

/// A read-only run of nodes in an arena.
template <typename T>
class List {
 public:
  List() = default;
  List(const T* data, std::size_t size) : data_(data), size_(size) {}
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  const T& front() const { return data_[0]; }
  const T& back() const { return data_[size_ - 1]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

struct Command;
struct Parameter;
struct Assignment;

/// One piece of a word. `text` is what it means where that is known from the text alone.
struct WordPart {
  enum class Kind : std::uint8_t {
    literal,  ///< abc            `text` as written; outside quotes it may hold braces and globs.
    escaped,  ///< \x             `text` is the one character (or none: a line continuation).
    single_quoted,  ///< 'abc'          `text` is what stands between the quotes.
    ansi_c,         ///< $'a\n'         `text` is decoded.
    double_quoted,  ///< "a $b"         `parts`.
    locale,         ///< $"a $b"        `parts`; never translated here.
    parameter,      ///< $x ${x…}       `parameter`.
    command,        ///< $(…) or `…`    `command`, absent when nothing stands inside.
    arithmetic,     ///< $((…)) $[…]    `parts` are the expression, as in double quotes.
    process,        ///< <(…) >(…)      `command`.
    tilde,          ///< ~ ~user        `text` as written.
  };
  Kind kind = Kind::literal;
  bool backtick = false;  ///< A command in the old spelling.
  Span span;
  std::string_view text = {};
  List<WordPart> parts = {};
  const Parameter* parameter = nullptr;
  const Command* command = nullptr;
};

struct Word {
  Span span;
  List<WordPart> parts;
  bool may_brace = false;  ///< An unquoted '{' stands in it.
  const Assignment* assignment =
      nullptr;  ///< An argument of declare, local, export … of the form a=b.

  /// The word's text when it is one unquoted literal; a null view otherwise.
  std::string_view literal() const {
    if (parts.size() != 1 || parts[0].kind != WordPart::Kind::literal || assignment) return {};
    return parts[0].text;
  }
};

/// `$name`, or `${…}` in any of its forms.
struct Parameter {
  enum class Op : std::uint8_t {
    none,
    use_default,            ///< ${x-w}   ${x:-w}
    assign_default,         ///< ${x=w}   ${x:=w}
    error_if_unset,         ///< ${x?w}   ${x:?w}
    use_alternate,          ///< ${x+w}   ${x:+w}
    substring,              ///< ${x:o}   ${x:o:l}
    remove_prefix,          ///< ${x#p}
    remove_prefix_longest,  ///< ${x##p}
    remove_suffix,          ///< ${x%p}
    remove_suffix_longest,  ///< ${x%%p}
    replace,                ///< ${x/p/r}
    replace_all,            ///< ${x//p/r}
    replace_prefix,         ///< ${x/#p/r}
    replace_suffix,         ///< ${x/%p/r}
    upper_first,            ///< ${x^p}
    upper_all,              ///< ${x^^p}
    lower_first,            ///< ${x,p}
    lower_all,              ///< ${x,,p}
    toggle_first,           ///< ${x~p}
    toggle_all,             ///< ${x~~p}
    transform,              ///< ${x@Q}   `operand` is the letter.
    length,                 ///< ${#x}
    names,                  ///< ${!prefix*}  ${!prefix@}
    keys,                   ///< ${!x[*]}     ${!x[@]}
    bad,                    ///< What bash calls a bad substitution, and only when it gets there.
  };
  enum class Subscript : std::uint8_t { none, index, at, star };
  std::string_view name;  ///< An identifier, digits, or one of @ * # ? - $ ! 0 _
  Span name_span;
  bool braced = false;    ///< ${x} rather than $x.
  bool indirect = false;  ///< ${!x…}
  bool colon = false;     ///< The form with ':' that takes empty as unset.
  Op op = Op::none;
  Subscript subscript = Subscript::none;  ///< For `names`: at or star.
  const Word* index = nullptr;            ///< Of Subscript::index.
  const Word* operand = nullptr;          ///< Default, pattern, offset, letter.
  const Word* second = nullptr;           ///< Replacement or length; absent when not written.
};

/// One element of `x=( … )`.
struct ArrayElement {
  Span span;
  const Word* index = nullptr;  ///< [index]=value
  bool append = false;          ///< [index]+=value
  Word value;
};

/// `x=value`, `x+=value`, `x[i]=value`, `x=( … )`.
struct Assignment {
  Span span;
  std::string_view name;
  Span name_span;
  bool append = false;
  bool array = false;  ///< The value is `elements`.
  const Word* index = nullptr;
  Word value;
  Span value_span;  ///< After the '='; parentheses included.
  List<ArrayElement> elements;
};

struct Redirect {
  enum class Kind : std::uint8_t {
    read,         ///< <
    write,        ///< >
    append,       ///< >>
    clobber,      ///< >|
    read_write,   ///< <>
    dup_in,       ///< <&
    dup_out,      ///< >&
    both,         ///< &>
    both_append,  ///< &>>
    here_doc,     ///< << and <<-   `target` is the delimiter, `body` the text.
    here_string,  ///< <<<
  };
  Kind kind = Kind::read;
  Span span;
  int fd = -1;               ///< As written; -1 when none is.
  std::string_view fd_name;  ///< {name}> form.
  Word target;
  Word body;
  Span body_span;  ///< Of the here-document's lines with the closing delimiter.
};

/// One clause of a case.
struct CaseItem {
  enum class End : std::uint8_t { stop, fall_through, test_next };  ///< ;;  ;&  ;;&
  Span span;
  List<Word> patterns;
  const Command* body = nullptr;  ///< Absent when empty.
  End end = End::stop;
};

/// An expression of [[ ]].
struct Condition {
  enum class Kind : std::uint8_t { word, unary, binary, negation, conjunction, disjunction, group };
  Kind kind = Kind::word;
  Span span;
  std::string_view op;  ///< "-f", "==", "=~" …
  Word left;            ///< Of word, unary and binary.
  Word right;           ///< Of binary.
  const Condition* a = nullptr;
  const Condition* b = nullptr;
};

/// One command of any kind.
struct Command {
  enum class Kind : std::uint8_t {
    simple,     ///< assignments, words
    pipeline,   ///< parts; `negated`
    and_or,     ///< parts; ops[i] stands before parts[i + 1]
    sequence,   ///< parts; `background[i]`
    group,      ///< { parts[0] }
    subshell,   ///< ( parts[0] )
    if_clause,  ///< parts: condition, body, condition, body …, and an else body when their number
                ///< is odd
    for_in,     ///< name, words when has_in, parts[0]
    for_arith,  ///< texts[0..2], parts[0]
    while_loop,   ///< parts: condition, body
    until_loop,   ///< parts: condition, body
    select,       ///< as for_in
    case_clause,  ///< words[0], items
    function,     ///< name, parts[0]
    condition,    ///< [[ condition ]]
    arithmetic,   ///< (( texts[0] ))
    coprocess,    ///< coproc parts[0]
  };
  Kind kind = Kind::simple;
  bool negated = false;  ///< pipeline: '!' an odd number of times.
  bool has_in = false;   ///< for_in, select: words were given.
  bool timed = false;    ///< pipeline: 'time'.
  Span span;
  std::string_view name;
  Span name_span;
  List<Assignment> assignments;
  List<Word> words;
  List<Redirect> redirects;
  List<const Command*> parts;
  List<char> ops;  ///< and_or: '&' or '|'; pipeline: '|' or '&' (for |&); sequence: ';' or '&'
                   ///< after parts[i].
  List<CaseItem> items;
  List<Word> texts;
  const Condition* condition = nullptr;
};

/// The heap, with a count of what was taken from it.
class CountedMemory final : public std::pmr::memory_resource {
 public:
  std::size_t bytes() const { return bytes_; }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    bytes_ += size;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(memory, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::size_t bytes_ = 0;
};

/// A parsed text. Not copied, not moved: nodes point into it.
struct Script {
  std::string text;
  CountedMemory memory;
  std::pmr::monotonic_buffer_resource arena;
  std::optional<Span> place;  ///< Where in another text it stands: the eval that made it.
  std::vector<std::shared_ptr<const Script>> children;  ///< Texts of `…` that hold escapes.
  const Command* root = nullptr;  ///< A sequence; absent when the text holds no command.

  explicit Script(std::string source)
      : text(std::move(source)),
        arena(256 + std::min<std::size_t>(text.size() * 8, 4096), &memory) {}
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  /// Of the text, its tree and those of its children.
  std::size_t memory_bytes() const {
    std::size_t bytes = sizeof(Script) + text.size() + memory.bytes();
    for (const auto& child : children) bytes += child->memory_bytes();
    return bytes;
  }
};

}  // namespace rbee::pkgbuild

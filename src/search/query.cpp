#include "search/query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "search/words.hpp"

namespace rbee::search {

namespace {

struct FieldName {
  std::string_view name;
  Field field;
};
constexpr std::array<FieldName, 10> kFieldNames{{{"tag", Field::tag},
                                                 {"accelerator", Field::accelerator},
                                                 {"os", Field::os},
                                                 {"arch", Field::arch},
                                                 {"license", Field::license},
                                                 {"licence", Field::license},
                                                 {"source", Field::source},
                                                 {"task", Field::task},
                                                 {"format", Field::format},
                                                 {"owner", Field::owner}}};
constexpr std::string_view kPremium = "premium";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/// One piece between spaces; quotes hold spaces together.
struct Piece {
  std::string_view field;  ///< Before the colon, when the piece has one that may be a field's.
  std::string_view value;  ///< Without quotes.
  std::string_view whole;  ///< As typed, without the '-'.
  std::uint32_t begin = 0, end = 0;
  bool excluded = false, quoted = false, at_end = false;
};

class Parser {
 public:
  Parser(std::string_view text, LastWord last) : text_(text), last_(last) {}

  ParsedQuery parse() {
    if (text_.size() > kQueryBytesMax) {
      block("query-too-long", fmt::format("a query is at most {} bytes", kQueryBytesMax),
            "search for fewer words", {0, static_cast<std::uint32_t>(text_.size())});
      return std::move(out_);
    }
    for (Piece piece; next(piece);) {
      if (terms_ > kQueryTermsMax) break;
      if (!piece.field.empty() && take_field(piece)) continue;
      take_words(piece);
    }
    if (terms_ > kQueryTermsMax)
      block("query-too-many", fmt::format("a query has at most {} words", kQueryTermsMax),
            "search for fewer words", {0, static_cast<std::uint32_t>(text_.size())});
    drop_stop_words();
    return std::move(out_);
  }

 private:
  bool next(Piece& piece) {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return false;
    piece = {};
    piece.begin = static_cast<std::uint32_t>(at_);
    if (text_[at_] == '-' && at_ + 1 < text_.size() && !is_space(text_[at_ + 1])) {
      piece.excluded = true;
      ++at_;
    }
    const std::size_t begin = at_;
    std::size_t name_end = begin;
    while (name_end < text_.size() && is_letter(text_[name_end])) ++name_end;
    if (name_end > begin && name_end + 1 < text_.size() && text_[name_end] == ':' &&
        !is_space(text_[name_end + 1])) {
      piece.field = text_.substr(begin, name_end - begin);
      at_ = name_end + 1;
    }
    piece.value = read_value(piece);
    piece.end = static_cast<std::uint32_t>(at_);
    piece.whole = text_.substr(begin, at_ - begin);
    piece.at_end = at_ == text_.size();
    return true;
  }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view read_value(Piece& piece) {
    if (text_[at_] == '"') {
      const std::size_t close = text_.find('"', at_ + 1);
      const std::size_t end = std::min(close, text_.size());
      const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
      // A phrase that is not closed yet is being typed.
      piece.quoted = true;
      at_ = std::min(end + 1, text_.size());
      return value;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '"') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  /// False: the piece is words.
  bool take_field(const Piece& piece) {
    std::string name(piece.field);
    for (char& c : name) c = static_cast<char>(c | 0x20);
    std::string value = printable_line(trim(piece.value));
    if (value.empty()) return false;
    ++terms_;
    if (name == kPremium) {
      if (value != "yes" && value != "no") {
        block("query-value", fmt::format("'premium:{}' cannot be", value),
              "write premium:yes or premium:no", {piece.begin, piece.end});
        return true;
      }
      out_.query.premium = (value == "yes") != piece.excluded;
      return true;
    }
    const auto field = parse_field(name);
    if (!field) {
      --terms_;
      note_unknown(piece, name);
      return false;
    }
    if (*field != Field::license && *field != Field::owner)
      for (char& c : value)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (const auto checked = check_value(*field, value); !checked) {
      block("query-value", checked.error().message, checked.error().fix, {piece.begin, piece.end});
      return true;
    }
    out_.query.filters.push_back({*field, std::move(value), piece.excluded});
    return true;
  }

  void note_unknown(const Piece& piece, const std::string& name) {
    // Of a URL or of C++.
    if (piece.value.starts_with('/') || piece.value.starts_with(':')) return;
    std::vector<std::string> known;
    for (const FieldName& each : kFieldNames) known.emplace_back(each.name);
    known.emplace_back(kPremium);
    const auto near = did_you_mean(name, known);
    Finding finding;
    finding.rule = "query-field";
    finding.severity = Severity::info;
    finding.span = {piece.begin, piece.end};
    finding.position = {1, piece.begin + 1};
    finding.message =
        fmt::format("there is no field '{}'; it was searched for as words", printable_line(name));
    finding.fix = near ? fmt::format("did you mean '{}:{}'?", *near, printable_line(piece.value))
                       : fmt::format("fields: {} {}", fmt::join(known, " "), "");
    while (finding.fix.ends_with(' ')) finding.fix.pop_back();
    out_.findings.push_back(std::move(finding));
  }

  void take_words(const Piece& piece) {
    struct Read {
      std::string text;
      std::uint32_t position;
      bool is_cjk, ends_run;
    };
    std::vector<Read> read;
    WordReader reader(piece.field.empty() ? piece.value : piece.whole);
    for (Word word; reader.next(word);) {
      // Of a run of several characters the pairs say it all.
      if (word.ends_run && !read.empty() && read.back().is_cjk && !read.back().ends_run) {
        read.back().ends_run = true;
        continue;
      }
      read.push_back({std::string(word.text), word.position, word.is_cjk, word.ends_run});
    }
    if (read.empty()) return;
    // A run of CJK counts once, however many pairs it has: 200 bytes bound them.
    for (const Read& each : read) terms_ += !each.is_cjk || each.ends_run ? 1 : 0;
    if (!piece.excluded)
      for (const Read& each : read) {
        if (!out_.query.exact.empty()) out_.query.exact += ' ';
        out_.query.exact += each.text;
      }
    if (piece.quoted) {
      Clause phrase{Clause::Kind::phrase, {}, {}, piece.excluded};
      const bool only_stops = std::all_of(read.begin(), read.end(),
                                          [](const Read& each) { return is_stop_word(each.text); });
      for (const Read& each : read) {
        if (!only_stops && is_stop_word(each.text)) continue;
        phrase.words.push_back(each.text);
        phrase.offsets.push_back(each.position);
      }
      add_phrase(std::move(phrase));
      return;
    }
    // A run of CJK is a phrase of its pairs; the other words stand for themselves.
    for (std::size_t i = 0; i < read.size();) {
      if (!read[i].is_cjk) {
        const bool is_typed =
            last_ == LastWord::beginning && piece.at_end && i + 1 == read.size() && !piece.excluded;
        out_.query.clauses.push_back({is_typed ? Clause::Kind::prefix : Clause::Kind::word,
                                      {read[i].text},
                                      {},
                                      piece.excluded});
        ++i;
        continue;
      }
      Clause run{Clause::Kind::phrase, {}, {}, piece.excluded};
      do {
        run.words.push_back(read[i].text);
        run.offsets.push_back(read[i].position);
      } while (!read[i++].ends_run && i < read.size());
      add_phrase(std::move(run));
    }
  }

  /// A phrase of one word is a word; of one character of CJK, the beginning of one.
  void add_phrase(Clause phrase) {
    if (phrase.words.size() == 1) {
      phrase.kind =
          is_one_cjk_character(phrase.words.front()) ? Clause::Kind::prefix : Clause::Kind::word;
      phrase.offsets.clear();
    } else {
      const std::uint32_t first = phrase.offsets.front();
      for (std::uint32_t& offset : phrase.offsets) offset -= first;
    }
    out_.query.clauses.push_back(std::move(phrase));
  }

  /// "the", "for" … are not asked for when something else is.
  void drop_stop_words() {
    auto& clauses = out_.query.clauses;
    const auto is_stop = [](const Clause& clause) {
      return clause.kind == Clause::Kind::word && is_stop_word(clause.words.front());
    };
    const bool says_more = std::any_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
      return !is_stop(clause) && !clause.excluded;
    });
    if (says_more) std::erase_if(clauses, is_stop);
  }

  void block(std::string rule, std::string message, std::string fix, Span span) {
    Finding finding;
    finding.rule = std::move(rule);
    finding.span = span;
    finding.position = {1, span.begin + 1};
    finding.message = std::move(message);
    finding.fix = std::move(fix);
    out_.findings.push_back(std::move(finding));
  }

  std::string_view text_;
  LastWord last_;
  std::size_t at_ = 0;
  std::size_t terms_ = 0;
  ParsedQuery out_;
};

}  // namespace

std::string_view to_string(Field field) {
  constexpr std::array<std::string_view, kFields.size()> names = {
      "tag", "accelerator", "os", "arch", "license", "source", "task", "format", "owner"};
  return names[static_cast<std::size_t>(field)];
}

bool ParsedQuery::blocked() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::block; });
}

std::optional<Field> parse_field(std::string_view name) {
  for (const FieldName& each : kFieldNames)
    if (each.name == name) return each.field;
  return std::nullopt;
}

Result<void> check_value(Field field, std::string_view value) {
  const auto refuse = [&](std::vector<std::string> known) -> Result<void> {
    const auto near = did_you_mean(value, known);
    return fail(
        Errc::invalid_input, "query-value",
        fmt::format("'{}:{}' cannot be; {} is one of: {}", to_string(field),
                    printable_line(value.substr(0, 60)), to_string(field), fmt::join(known, " ")),
        {.fix =
             near ? fmt::format("did you mean '{}:{}'?", to_string(field), *near) : std::string()});
  };
  const auto words = [](const auto& all) {
    std::vector<std::string> known;
    for (const auto each : all) known.emplace_back(to_string(each));
    return known;
  };
  switch (field) {
    case Field::accelerator:
      if (!parse_accelerator(value)) return refuse(words(kAccelerators));
      return {};
    case Field::os:
      if (!parse_os(value)) return refuse(words(kOses));
      return {};
    case Field::arch:
      if (!parse_arch(value)) return refuse(words(kArches));
      return {};
    case Field::source:
      if (value != "official" && value != "community") return refuse({"official", "community"});
      return {};
    default:
      return {};
  }
}

ParsedQuery parse_query(std::string_view text, LastWord last) {
  return Parser(text, last).parse();
}

Platforms platform_bit(const Platform& platform) {
  const auto os = static_cast<unsigned>(platform.os), arch = static_cast<unsigned>(platform.arch),
             accelerator = static_cast<unsigned>(platform.accelerator);
  static_assert(kOses.size() * kArches.size() * kAccelerators.size() <= 64);
  return Platforms{1} << ((os * kArches.size() + arch) * kAccelerators.size() + accelerator);
}

namespace {
template <typename Keep>
Platforms all_platforms(Keep keep) {
  Platforms set = 0;
  for (const Os os : kOses)
    for (const Arch arch : kArches)
      for (const Accelerator accelerator : kAccelerators)
        if (const Platform platform{os, arch, accelerator}; keep(platform))
          set |= platform_bit(platform);
  return set;
}
}  // namespace

Platforms platforms_of(Os os) {
  return all_platforms([os](const Platform& each) { return each.os == os; });
}
Platforms platforms_of(Arch arch) {
  return all_platforms([arch](const Platform& each) { return each.arch == arch; });
}
Platforms platforms_of(Accelerator accelerator) {
  return all_platforms(
      [accelerator](const Platform& each) { return each.accelerator == accelerator; });
}

}  // namespace rbee::search

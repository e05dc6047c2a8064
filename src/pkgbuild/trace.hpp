// What one evaluation did to variables: which assignment made each value, and from which others.
//
// Touches nothing. The interpreter reports reads and writes when it is given a trace; explain.hpp
// turns the record into an answer for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/span.hpp"
#include "pkgbuild/variables.hpp"

namespace rbee::pkgbuild {

class Trace {
 public:
  /// Records beyond these bounds are left out: a recipe may assign in loops.
  static constexpr std::size_t kEventsMax = 20'000;
  static constexpr std::size_t kValueBytesMax = 4096;  ///< Of one event's values together.

  /// One assignment, of any form: x=1, x+=(a), a loop's turn, read, printf -v.
  struct Event {
    std::string name;
    Span span;  ///< In the recipe; of the eval or source for what they ran.
    bool array = false;
    std::vector<std::string> values;  ///< After it, cut at `kValueBytesMax`.
    bool cut = false;
    std::vector<std::uint32_t> reads;  ///< Events whose values went into it; sorted.
    std::vector<std::string> given;    ///< Variables it read that no assignment had made; sorted.
  };

  const std::vector<Event>& events() const { return events_; }
  /// Index of the event that made the present value of a variable; npos when none did.
  std::uint32_t latest(std::string_view name) const;
  static constexpr std::uint32_t npos = ~std::uint32_t{0};

  // What the interpreter reports.

  /// Reads from here to `end_scope` belong to the events made in between.
  void begin_scope() { scopes_.emplace_back(); }
  enum class Reads { stay, rise };  ///< Rise: they belong to the scope around it as well.
  void end_scope(Reads reads);
  void read(std::string_view name);
  /// What was read since the innermost scope began, and the same read once more.
  struct Inputs {
    std::vector<std::uint32_t> reads;
    std::vector<std::string> given;
  };
  Inputs inputs() const { return scopes_.empty() ? Inputs{} : scopes_.back().inputs; }
  void read(const Inputs& inputs);
  /// $1, $@: what the words of the innermost call read.
  void read_parameters();
  void begin_call() { calls_.push_back(inputs()); }
  void end_call() { calls_.pop_back(); }
  /// `before` is the variable as the event before this one left it; may be nullptr.
  void write(std::string_view name, Span span, const Variable* before);
  /// The value of a variable's present event, once nothing more will change it.
  void settle(std::string_view name, const Variable& value);

  /// What a subshell or a local variable takes back when it ends.
  using Names = std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>>;
  const Names& names() const { return latest_; }
  void restore(Names names) { latest_ = std::move(names); }
  void restore(std::string_view name, std::uint32_t event);

 private:
  struct Scope {
    Inputs inputs;
    std::vector<std::uint32_t> events;
  };
  std::vector<Event> events_;
  std::vector<Scope> scopes_;
  std::vector<Inputs> calls_;
  Names latest_;
};

}  // namespace rbee::pkgbuild

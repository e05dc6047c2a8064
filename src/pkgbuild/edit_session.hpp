// One recipe under edit: its tree, its values, the edits so far, and the proof at the end. For
// edit_*.cpp.
//
// Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/edit.hpp"
#include "pkgbuild/edit_places.hpp"

namespace rbee::pkgbuild {

class EditSession {
 public:
  /// Errors: the recipe's own refusal.
  static Result<std::unique_ptr<EditSession>> open(std::string_view text, const Inputs& inputs);

  const Recipe& before() const { return before_; }
  const Script& script() const { return *script_; }
  const std::vector<Place>& places() const { return places_; }

  /// Plan that the scalar `field` becomes `value`, following it to the literal that makes it.
  /// Errors: "edit-not-assigned", "edit-conditional", "edit-appended", "edit-built",
  /// "edit-ambiguous".
  Result<void> set_scalar(const std::string& field, const std::string& value);

  /// Plan one more edit. The same edit twice is one. Errors: "edit-built" when another edit wants
  /// something else at the same place.
  Result<void> add(Edit edit);

  /// The place that makes a field. Errors: "edit-not-assigned", "edit-appended"; and when the
  /// place is not one of those `allowed`, "edit-conditional" or "edit-loop".
  Result<const Place*> maker(const std::string& field, Place::Where weakest_allowed) const;

  /// Make the edits and prove the result: it evaluates, and its tree is the same but for them.
  /// Errors: "edit-refused", "edit-spread".
  Result<Edited> finish() const;

  /// An error of this recipe at this place, with the line shown.
  tl::unexpected<Error> refuse(std::string id, Span span, std::string message, std::string why,
                               std::string fix = {}, std::vector<std::string> evidence = {}) const;
  /// "line 7: pkgver=$_major.$_minor"
  std::string line_of(Span span) const;

 private:
  EditSession(std::string_view text, const Inputs& inputs) : text_(text), inputs_(inputs) {}

  /// A literal that may be what a value is made of: the word that a variable holds, or, without a
  /// word, a piece of text in the value itself.
  struct Literal {
    std::string name, value;
    const Word* word = nullptr;
    Span span;  ///< Where the new text goes.
    /// What makes it hold `wanted`; nothing when that cannot be written there.
    std::optional<Edit> edit(std::string_view wanted) const;
  };
  std::vector<Literal> literals_behind(const Place& place) const;
  Result<void> follow(const Place& place, const std::string& field, const std::string& value);
  bool gives(const std::vector<Edit>& edits, const std::string& field,
             const std::string& value) const;
  std::vector<Edit> divided(const Place& place, const std::vector<Literal>& literals,
                            const std::string& value) const;

  std::string text_;
  const Inputs& inputs_;
  std::shared_ptr<const Script> script_;
  Recipe before_;
  std::vector<Place> places_;
  std::vector<Edit> edits_;
};

}  // namespace rbee::pkgbuild

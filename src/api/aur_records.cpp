#include "api/aur_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/digest.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using pkgbuild::Field;

/// A package's own value of a field, else the recipe's.
const Field* field_of(const pkgbuild::Recipe& recipe, const pkgbuild::Package& package,
                      std::string_view name) {
  if (const auto own = package.overrides.find(name); own != package.overrides.end())
    return &own->second;
  const auto global = recipe.fields.find(name);
  return global == recipe.fields.end() ? nullptr : &global->second;
}

std::string scalar(const pkgbuild::Recipe& recipe, const pkgbuild::Package& package,
                   std::string_view name) {
  const Field* field = field_of(recipe, package, name);
  return field == nullptr || field->values.empty() ? std::string() : field->values.front();
}

/// "name" and "name_x86_64" together, sorted, each once: as aurweb's database gives them.
std::vector<std::string> array(const pkgbuild::Recipe& recipe, const pkgbuild::Package& package,
                               std::string_view name, Arch arch) {
  std::vector<std::string> values;
  for (const std::string& key : {std::string(name), fmt::format("{}_{}", name, to_string(arch))})
    if (const Field* field = field_of(recipe, package, key))
      values.insert(values.end(), field->values.begin(), field->values.end());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

void append_array(std::string& out, std::string_view key, const std::vector<std::string>& values) {
  if (!out.empty()) out += ',';
  append_json_string(out, key);
  out += ":[";
  for (const std::string& value : values) {
    if (&value != &values.front()) out += ',';
    append_json_string(out, value);
  }
  out += ']';
}

/// "curl" of "curl>=7.1": what a search by relation compares.
std::string_view name_of(std::string_view relation) {
  return relation.substr(0, relation.find_first_of("<>="));
}

struct Relation {
  AurRelation letter;
  std::string_view field, key;
};
/// In the order of the records' keys.
constexpr std::array<Relation, 8> kRelations{{
    {AurRelation::depends, "depends", "Depends"},
    {AurRelation::make_depends, "makedepends", "MakeDepends"},
    {AurRelation::opt_depends, "optdepends", "OptDepends"},
    {AurRelation::check_depends, "checkdepends", "CheckDepends"},
    {AurRelation::provides, "provides", "Provides"},
    {AurRelation::conflicts, "conflicts", "Conflicts"},
    {AurRelation::replaces, "replaces", "Replaces"},
    {AurRelation::groups, "groups", "Groups"},
}};

void append_or_null(std::string& out, std::string_view text) {
  if (text.empty())
    out += "null";
  else
    append_json_string(out, text);
}

void append_number(std::string& out, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

}  // namespace

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  if (!is_plain) {
    out += http::json_quote(text);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

std::int32_t aur_id(std::string_view text) {
  const std::string hex = Sha256::of(text).hex().substr(0, 8);
  const auto bits = static_cast<std::int32_t>(std::stoul(hex, nullptr, 16) >> 1);
  return std::max(bits, 1);
}

std::vector<AurRecord> aur_records(const catalog::Worker& worker,
                                   const catalog::ArchPackage& package) {
  const pkgbuild::Recipe& recipe = *package.recipe;
  std::vector<AurRecord> records;
  for (const pkgbuild::Package& each : recipe.packages) {
    AurRecord record;
    record.name = each.name;
    record.base = recipe.pkgbase;
    const std::string description = scalar(recipe, each, "pkgdesc");
    std::string& head = record.head;
    head = "{\"ID\":";
    append_number(head, aur_id("package:" + each.name));
    head += ",\"Name\":";
    append_json_string(head, each.name);
    head += ",\"PackageBaseID\":";
    append_number(head, aur_id("pkgbase:" + recipe.pkgbase));
    head += ",\"PackageBase\":";
    append_json_string(head, recipe.pkgbase);
    head += ",\"Version\":";
    append_json_string(head, recipe.version());
    head += ",\"Description\":";
    append_or_null(head, description);
    head += ",\"URL\":";
    append_or_null(head, scalar(recipe, each, "url"));

    const auto relate = [&](AurRelation letter, std::string_view name) {
      record.relations += static_cast<char>(letter);
      record.relations += ascii_lower(name);
      record.relations += kRelationEnd;
    };
    record.relations = kRelationEnd;
    std::vector<std::string> tags = worker.manifest.tags;
    std::sort(tags.begin(), tags.end());
    append_array(record.tail, "License", array(recipe, each, "license", package.arch));
    append_array(record.tail, "Keywords", tags);
    for (const std::string& tag : tags) relate(AurRelation::keywords, tag);
    for (const Relation& relation : kRelations) {
      std::vector<std::string> values = array(recipe, each, relation.field, package.arch);
      if (relation.letter == AurRelation::opt_depends)
        for (std::string& value : values) value = value.substr(0, value.find(": "));
      if (!values.empty()) append_array(record.tail, relation.key, values);
      for (const std::string& value : values) relate(relation.letter, name_of(value));
    }
    // A package provides itself.
    relate(AurRelation::provides, each.name);
    record.text = ascii_lower(each.name) + kFieldEnd + ascii_lower(description);
    records.push_back(std::move(record));
  }
  return records;
}

void append_record(std::string& out, std::string_view name, std::string_view base,
                   std::string_view head, std::string_view tail, const AurLively& lively,
                   AurShape shape) {
  static const AurPerson kNobody;
  const AurPerson& person = lively.person == nullptr ? kNobody : *lively.person;
  const bool is_archive = shape == AurShape::meta || shape == AurShape::meta_ext;
  out += head;
  out += ",\"URLPath\":\"/cgit/aur.git/snapshot/";
  out += is_archive ? name : base;
  out += ".tar.gz\",\"NumVotes\":";
  append_number(out, lively.numbers.votes);
  out += ",\"Popularity\":";
  // Six decimals, without trailing zeros.
  std::string popularity = fmt::format("{:.6f}", std::max(lively.numbers.popularity, 0.0));
  popularity.erase(popularity.find_last_not_of('0') + 1);
  if (popularity.ends_with('.')) popularity.pop_back();
  out += popularity;
  out += ",\"OutOfDate\":";
  if (person.out_of_date == 0)
    out += "null";
  else
    append_number(out, person.out_of_date);
  out += ",\"Maintainer\":";
  append_or_null(out, person.maintainer);
  if (shape != AurShape::search) {
    out += ",\"Submitter\":";
    append_or_null(out, person.submitter);
  }
  out += ",\"FirstSubmitted\":";
  append_number(out, lively.first_submitted);
  out += ",\"LastModified\":";
  append_number(out, lively.last_modified);
  if (shape == AurShape::info || shape == AurShape::meta_ext) {
    out += ',';
    out += tail;
    out += ",\"PendingRequests\":";
    append_number(out, person.pending_requests);
    if (!person.co_maintainers.empty()) {
      std::string co;
      append_array(co, "CoMaintainers", person.co_maintainers);
      out += ',';
      out += co;
    }
  }
  out += '}';
}

}  // namespace rbee::api

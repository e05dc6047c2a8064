#include "api/aur_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using pkgbuild::Field;

/// A package's own value of a field, else the recipe's.
const Field* field_of(const pkgbuild::Recipe& recipe, std::string_view name) {
  const pkgbuild::Package& package = recipe.packages.front();
  if (const auto own = package.overrides.find(name); own != package.overrides.end())
    return &own->second;
  const auto global = recipe.fields.find(name);
  return global == recipe.fields.end() ? nullptr : &global->second;
}

/// Controls would end a line or a field of ours.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return out;
}

std::string scalar(const pkgbuild::Recipe& recipe, std::string_view name) {
  const Field* field = field_of(recipe, name);
  return field == nullptr || field->values.empty() ? std::string()
                                                   : one_line(field->values.front());
}

/// "name" and "name_x86_64" together, sorted, each once: as aurweb's database gives them.
std::vector<std::string> array(const pkgbuild::Recipe& recipe, std::string_view name, Arch arch) {
  std::vector<std::string> values;
  for (const std::string& key : {std::string(name), fmt::format("{}_{}", name, to_string(arch))})
    if (const Field* field = field_of(recipe, key))
      for (const std::string& value : field->values) values.push_back(one_line(value));
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

struct Relation {
  AurRelation letter;
  std::string_view field, key;
  bool always = false;  ///< An empty array is written, too.
};
constexpr std::array<Relation, 10> kRelations{{
    {AurRelation::license, "license", "License", true},
    {AurRelation::keywords, "", "Keywords", true},
    {AurRelation::depends, "depends", "Depends"},
    {AurRelation::make_depends, "makedepends", "MakeDepends"},
    {AurRelation::opt_depends, "optdepends", "OptDepends"},
    {AurRelation::check_depends, "checkdepends", "CheckDepends"},
    {AurRelation::provides, "provides", "Provides"},
    {AurRelation::conflicts, "conflicts", "Conflicts"},
    {AurRelation::replaces, "replaces", "Replaces"},
    {AurRelation::groups, "groups", "Groups"},
}};

AurPackage pack(const catalog::Worker& worker, const catalog::ArchPackage& package) {
  const pkgbuild::Recipe& recipe = *package.recipe;
  AurPackage packed;
  packed.kind = package.kind;
  packed.name = recipe.packages.front().name;
  packed.base = recipe.pkgbase;
  const std::string description = scalar(recipe, "pkgdesc");
  packed.text = ascii_lower(packed.name) + kFieldEnd + ascii_lower(description) + kLineEnd;
  packed.details = recipe.version() + kFieldEnd + scalar(recipe, "url") + kFieldEnd + description;
  packed.relations = kLineEnd;
  for (const Relation& relation : kRelations) {
    std::vector<std::string> values;
    if (relation.letter == AurRelation::keywords) {
      values = worker.manifest.tags;
      std::sort(values.begin(), values.end());
    } else {
      values = array(recipe, relation.field, package.arch);
    }
    if (relation.letter == AurRelation::opt_depends)
      for (std::string& value : values) value = value.substr(0, value.find(": "));
    for (const std::string& value : values) {
      packed.relations += static_cast<char>(relation.letter);
      packed.relations += value;
      packed.relations += kLineEnd;
    }
  }
  return packed;
}

void append_or_null(std::string& out, std::string_view text) {
  if (text.empty())
    out += "null";
  else
    append_json_string(out, text);
}

void append_number(std::string& out, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

/// The lines of `relations` as members of an object.
void append_relations(std::string& out, std::string_view relations) {
  relations.remove_prefix(std::min<std::size_t>(1, relations.size()));
  for (const Relation& relation : kRelations) {
    bool is_open = relation.always;
    if (is_open) out += fmt::format(",\"{}\":[", relation.key);
    bool is_first = true;
    while (!relations.empty() && relations.front() == static_cast<char>(relation.letter)) {
      const std::size_t end = relations.find(kLineEnd);
      if (!is_open) out += fmt::format(",\"{}\":[", relation.key);
      is_open = true;
      if (!is_first) out += ',';
      is_first = false;
      append_json_string(out, relations.substr(1, end - 1));
      relations.remove_prefix(end + 1);
    }
    if (is_open) out += ']';
  }
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

std::vector<AurPackage> pack_packages(const catalog::Worker& worker) {
  const std::string& id = worker.id.str();
  std::vector<AurPackage> packages;
  std::vector<std::string> taken;
  for (const catalog::ArchPackage& package : catalog::arch_packages(worker)) {
    AurPackage packed = pack(worker, package);
    std::vector<std::string> names{packed.name};
    if (packed.base != packed.name) names.push_back(packed.base);
    for (const std::string& name : names) {
      // The catalog takes no other pkgname; a pkgbase is the recipe's own affair there.
      if (name != id && name != id + "-bin")
        packed.unlisted = fmt::format("the pkgbase '{}' is neither '{}' nor '{}-bin'",
                                      printable_line(name), id, id);
      else if (std::find(taken.begin(), taken.end(), name) != taken.end())
        packed.unlisted = fmt::format(
            "the worker's PKGBUILD has the name '{}' already; name this one '{}-bin'", name, id);
    }
    if (packed.unlisted.empty()) taken.insert(taken.end(), names.begin(), names.end());
    packages.push_back(std::move(packed));
  }
  return packages;
}

void AurIntake::take(const catalog::Worker& worker) {
  std::vector<AurPackage> packed = pack_packages(worker);
  const std::lock_guard lock(mutex_);
  packages_.insert_or_assign(worker.tree, std::move(packed));
}

const std::vector<AurPackage>* AurIntake::find(const ObjectId& tree) const {
  const std::lock_guard lock(mutex_);
  const auto found = packages_.find(tree);
  return found == packages_.end() ? nullptr : &found->second;
}

void AurIntake::clear() {
  const std::lock_guard lock(mutex_);
  packages_.clear();
}

void append_record(std::string& out, const AurFields& fields, AurShape shape) {
  static const AurPerson kNobody;
  const AurPerson& person = fields.person == nullptr ? kNobody : *fields.person;
  const bool is_archive = shape == AurShape::meta || shape == AurShape::meta_ext;
  const std::size_t first = fields.details.find(kFieldEnd);
  const std::size_t second = fields.details.find(kFieldEnd, first + 1);
  out += "{\"ID\":";
  append_number(out, fields.id);
  out += ",\"Name\":";
  append_json_string(out, fields.name);
  out += ",\"PackageBaseID\":";
  append_number(out, fields.base_id);
  out += ",\"PackageBase\":";
  append_json_string(out, fields.base);
  out += ",\"Version\":";
  append_json_string(out, fields.details.substr(0, first));
  out += ",\"Description\":";
  append_or_null(out, fields.details.substr(second + 1));
  out += ",\"URL\":";
  append_or_null(out, fields.details.substr(first + 1, second - first - 1));
  out += ",\"URLPath\":\"/cgit/aur.git/snapshot/";
  out += is_archive ? fields.name : fields.base;
  out += ".tar.gz\",\"NumVotes\":";
  append_number(out, fields.numbers.votes);
  out += ",\"Popularity\":";
  // Six decimals, without trailing zeros.
  std::string popularity = fmt::format("{:.6f}", std::max(fields.numbers.popularity, 0.0));
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
  append_number(out, fields.first_submitted);
  out += ",\"LastModified\":";
  append_number(out, fields.last_modified);
  if (shape == AurShape::info || shape == AurShape::meta_ext) {
    append_relations(out, fields.relations);
    out += ",\"PendingRequests\":";
    append_number(out, person.pending_requests);
    if (!person.co_maintainers.empty()) {
      out += ",\"CoMaintainers\":[";
      for (const std::string& each : person.co_maintainers) {
        if (&each != &person.co_maintainers.front()) out += ',';
        append_json_string(out, each);
      }
      out += ']';
    }
  }
  out += '}';
}

}  // namespace rbee::api

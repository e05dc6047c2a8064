#include "web/diff_view.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string>

#include "base/text.hpp"
#include "web/shown.hpp"

namespace rbee::web {

namespace {

/// By line; 0: of the whole file.
using Notes = std::map<std::int64_t, Views>;

View note_of(const boost::json::value& json) {
  View note = shown(json);
  if (json.at("line").as_int64() == 0) note.set("line", View());
  return note;
}

Notes notes_of(std::string_view path, const boost::json::value& detail) {
  Notes notes;
  for (const auto& each : detail.at("findings").as_array()) {
    if (each.at("file").as_string() != path) continue;
    View note = note_of(each);
    note.set("is_finding", true);
    notes[each.at("line").as_int64()].push_back(std::move(note));
  }
  const auto& revision = detail.at("revision");
  for (const auto& each : detail.at("comments").as_array()) {
    if (each.at("file").as_string() != path) continue;
    // Its line is of what was there when it was written.
    const bool is_current = each.at("revision") == revision;
    View note = note_of(each);
    note.set("is_old", !is_current);
    notes[is_current ? each.at("line").as_int64() : 0].push_back(std::move(note));
  }
  return notes;
}

/// The numbers of "@@ -3,7 +3,9 @@".
std::pair<std::int64_t, std::int64_t> hunk_begin(std::string_view head) {
  std::int64_t numbers[2] = {0, 0};
  std::size_t which = 0;
  for (const char sign : {'-', '+'}) {
    const std::size_t at = head.find(sign);
    if (at != std::string_view::npos)
      std::from_chars(head.data() + at + 1, head.data() + head.size(), numbers[which]);
    ++which;
  }
  return {numbers[0], numbers[1]};
}

Views lines_of(std::string_view diff, Notes& notes) {
  Views lines;
  std::int64_t old = 0, now = 0;
  while (!diff.empty()) {
    const std::string_view text = diff.substr(0, diff.find('\n'));
    diff.remove_prefix(std::min(diff.size(), text.size() + 1));
    View line;
    line.set("notes", View());  // Else the file's would stand here.
    const char sign = text.empty() ? ' ' : text[0];
    if (text.starts_with("@@")) {
      std::tie(old, now) = hunk_begin(text);
      line.set("kind", "hunk");
      line.set("text", text);
      lines.push_back(std::move(line));
      continue;
    }
    if (sign == '\\') continue;  // "No newline at end of file".
    line.set("kind", sign == '+' ? "add" : sign == '-' ? "del" : "");
    line.set("sign", sign == '+' ? "+" : sign == '-' ? "-" : " ");
    line.set("text", text.substr(text.empty() ? 0 : 1));
    if (sign != '+') line.set("old", old++);
    if (sign != '-') {
      line.set("now", now);
      if (auto said = notes.extract(now); !said.empty())
        line.set("notes", std::move(said.mapped()));
      ++now;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

Views diff_files(const boost::json::value& diff, const boost::json::value& detail) {
  Views files;
  for (const auto& each : diff.at("files").as_array()) {
    View file = View::of(each);
    const std::string_view path = each.at("path").as_string();
    Notes notes = notes_of(path, detail);
    file.set("anchor", fmt::format("file-{}", files.size() + 1));
    file.set("number", files.size() + 1);
    file.set(fmt::format("is_{}", std::string_view(each.at("status").as_string())), true);
    if (const auto* text = each.as_object().if_contains("diff"))
      file.set("lines", lines_of(text->as_string(), notes));
    Views others;
    for (auto& [line, said] : notes)
      for (View& note : said) others.push_back(std::move(note));
    file.set("notes", std::move(others));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace rbee::web

// What one evaluation did to variables: see trace.hpp.
#include "pkgbuild/trace.hpp"

#include <algorithm>
#include <utility>

namespace rbee::pkgbuild {
namespace {

template <typename T>
void merge(std::vector<T>& into, const std::vector<T>& from) {
  into.insert(into.end(), from.begin(), from.end());
  std::sort(into.begin(), into.end());
  into.erase(std::unique(into.begin(), into.end()), into.end());
}

}  // namespace

std::uint32_t Trace::latest(std::string_view name) const {
  const auto found = latest_.find(name);
  return found == latest_.end() ? npos : found->second;
}

void Trace::end_scope(Reads reads) {
  const Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  for (const std::uint32_t event : scope.events) {
    merge(events_[event].reads, scope.inputs.reads);
    merge(events_[event].given, scope.inputs.given);
  }
  if (reads == Reads::rise) read(scope.inputs);
}

void Trace::read(std::string_view name) {
  if (scopes_.empty()) return;
  Inputs& inputs = scopes_.back().inputs;
  const auto found = latest_.find(name);
  if (found != latest_.end()) {
    inputs.reads.push_back(found->second);
  } else {
    inputs.given.emplace_back(name);
  }
}

void Trace::read(const Inputs& inputs) {
  if (scopes_.empty()) return;
  merge(scopes_.back().inputs.reads, inputs.reads);
  merge(scopes_.back().inputs.given, inputs.given);
}

void Trace::read_parameters() {
  if (!calls_.empty()) read(calls_.back());
}

void Trace::write(std::string_view name, Span span, const Variable* before) {
  // One assignment may ask for its variable twice.
  if (const std::uint32_t last = latest(name);
      last != npos && !scopes_.empty() && events_[last].span == span &&
      std::find(scopes_.back().events.begin(), scopes_.back().events.end(), last) !=
          scopes_.back().events.end())
    return;
  if (events_.size() >= kEventsMax) return;
  if (before != nullptr) settle(name, *before);
  const auto index = static_cast<std::uint32_t>(events_.size());
  Event event;
  event.name = name;
  event.span = span;
  events_.push_back(std::move(event));
  if (!scopes_.empty()) scopes_.back().events.push_back(index);
  latest_.insert_or_assign(std::string(name), index);
}

void Trace::settle(std::string_view name, const Variable& value) {
  const auto found = latest_.find(name);
  if (found == latest_.end()) return;
  Event& event = events_[found->second];
  event.values.clear();
  event.cut = false;
  std::size_t bytes = 0;
  const auto add = [&](const std::string& text) {
    bytes += text.size() + sizeof(std::string);
    if (bytes > kValueBytesMax) {
      event.cut = true;
    } else {
      event.values.push_back(text);
    }
  };
  event.array = value.form != Variable::Form::scalar;
  switch (value.form) {
    case Variable::Form::scalar:
      if (value.set) add(value.scalar);
      break;
    case Variable::Form::indexed:
      for (const auto& item : value.indexed.items()) {
        if (event.cut) break;
        add(item.second);
      }
      break;
    case Variable::Form::associative:
      for (const auto& [key, text] : value.associative.items()) {
        if (event.cut) break;
        add("[" + std::string(key) + "]=" + *text);
      }
      break;
  }
}

void Trace::restore(std::string_view name, std::uint32_t event) {
  if (event == npos) {
    if (const auto found = latest_.find(name); found != latest_.end()) latest_.erase(found);
  } else {
    latest_.insert_or_assign(std::string(name), event);
  }
}

}  // namespace rbee::pkgbuild

// Variables: reading, assigning, scopes, attributes (interpreter.hpp).
#include <algorithm>

#include "pkgbuild/host.hpp"
#include "pkgbuild/interpreter.hpp"
#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {

Variable* Interpreter::find(std::string_view name) {
  const auto found = state_.variables.find(name);
  return found == state_.variables.end() ? nullptr : &found->second;
}

bool Interpreter::is_dynamic(std::string_view name) const {
  return is_computed_variable(name);
}

// The variable, or nothing when it was never assigned; a read of the host's is noted as a taint.
const Variable* Interpreter::read(std::string_view name, Span span) {
  if (trace_ != nullptr) trace_->read(name);
  const Variable* variable = find(name);
  if (variable != nullptr && !is_dynamic(name)) {
    mark(variable->taint);
    return variable;
  }
  if (is_host_variable(name)) mark(note_taint("$" + std::string(name), span));
  return nullptr;
}

Variable& Interpreter::writable(std::string_view name, Span span) {
  const auto found = state_.variables.find(name);
  if (only_writable_ && *only_writable_ != name)
    unsupported("an override that assigns " + std::string(name), span);
  if (trace_ != nullptr)
    trace_->write(name, eval_place_.value_or(span),
                  found == state_.variables.end() ? nullptr : &found->second);
  if (found != state_.variables.end()) {
    if (found->second.readonly)
      unsupported("assigning the readonly variable " + std::string(name), span);
    found->second.span = eval_place_.value_or(span);
    return found->second;
  }
  if (is_computed_variable(name) ||
      (top_level_ == TopLevel::sourced && is_makepkg_readonly(name))) {
    unsupported("assigning " + std::string(name), span);
  }
  Variable fresh;
  if (is_host_variable(name)) {
    // Its value is still the host's, should it be appended to.
    fresh.exported = true;
    fresh.taint = note_taint("$" + std::string(name), span);
  }
  fresh.span = eval_place_.value_or(span);
  account(0, sizeof(Variable) + name.size(), span);
  return state_.variables.emplace(std::string(name), std::move(fresh)).first->second;
}

void Interpreter::account(std::size_t before, std::size_t after, Span span) {
  memory_bytes_ = memory_bytes_ + after - std::min(before, memory_bytes_ + after);
  if (memory_bytes_ > inputs_.limits.memory_bytes_max) {
    stop(Refusal::Kind::limit,
         "its variables need more than " + std::to_string(inputs_.limits.memory_bytes_max) +
             " bytes of memory",
         span);
  }
}

void Interpreter::set_scalar(std::string_view name, std::string value, Span span) {
  Variable& variable = writable(name, span);
  variable.form = Variable::Form::scalar;
  variable.set = true;
  variable.taint = 0;
  variable.scalar = std::move(value);
}

void Interpreter::forget_variable(std::string_view name) {
  const auto found = state_.variables.find(name);
  if (found != state_.variables.end()) state_.variables.erase(found);
}

void Interpreter::taint_variable(std::string_view name) {
  set_scalar(name, "");
  find(name)->taint = note_taint("$" + std::string(name), {});
}

// What the variable's attributes make of a value: declare -i, -l, -u.
std::string Interpreter::cast(const Variable& variable, std::string value, Span span) {
  if (variable.integer) return std::to_string(arithmetic(value, span));
  if (variable.letters == Variable::Letters::as_is) return value;
  const bool up = variable.letters == Variable::Letters::upper;
  for (char& c : value) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      unsupported("letters outside ASCII in declare -u or -l", span);
      break;
    }
    if (up ? (c >= 'a' && c <= 'z') : (c >= 'A' && c <= 'Z')) c = static_cast<char>(c ^ 0x20);
  }
  return value;
}

void Interpreter::store_scalar(Variable& variable, std::string value, bool append, Span span) {
  if (stopped()) return;
  if (variable.form != Variable::Form::scalar) {
    // x=v is x[0]=v for an array.
    store_element_text(variable, "0", std::move(value), append, span);
    return;
  }
  if (append && variable.integer) {
    value = std::to_string(arithmetic(variable.scalar, span) + arithmetic(value, span));
  } else if (append) {
    if (!spend_bytes(variable.scalar.size(), span)) return;
    value = cast(variable, variable.scalar + value, span);
  } else {
    value = cast(variable, std::move(value), span);
  }
  account(variable.scalar.size(), value.size(), span);
  variable.scalar = std::move(value);
  variable.set = true;
}

std::string Interpreter::index_text(const Word& index) {
  return expand_single(index);
}

void Interpreter::store_element(Variable& variable, const Word& index, std::string value,
                                bool append, Span span) {
  const std::string text = index_text(index);
  if (!stopped()) store_element_text(variable, text, std::move(value), append, span);
}

void Interpreter::store_element_text(Variable& variable, std::string_view index, std::string value,
                                     bool append, Span span) {
  std::string* slot = nullptr;
  const std::size_t before = variable.form == Variable::Form::scalar ? variable.scalar.size() : 0;
  if (variable.form == Variable::Form::associative) {
    if (variable.associative.size() >= AssociativeArray::kKeysMax) {
      stop(Refusal::Kind::limit, "an associative array has more than 1024 keys", span);
      return;
    }
    if (index.empty()) return unsupported("an empty key", span);
    slot = &variable.associative.at_or_new(std::string(index));
  } else {
    std::int64_t number = index == "0" ? 0 : arithmetic(index, span);
    if (stopped()) return;
    if (variable.form == Variable::Form::scalar) {
      variable.form = Variable::Form::indexed;
      if (variable.set) variable.indexed.at_or_new(0) = std::move(variable.scalar);
      variable.scalar.clear();
    }
    if (number < 0) number += variable.indexed.next_index();
    if (number < 0) return unsupported("an index before the array's first element", span);
    slot = &variable.indexed.at_or_new(number);
  }
  variable.set = true;
  const std::size_t old = slot->size();
  if (append && variable.integer) {
    value = std::to_string(arithmetic(*slot, span) + arithmetic(value, span));
  } else if (append) {
    value = cast(variable, *slot + value, span);
  } else {
    value = cast(variable, std::move(value), span);
  }
  account(old + before, value.size() + before + index.size() + 48, span);
  *slot = std::move(value);
}

void Interpreter::apply_assignment(const Assignment& assignment) {
  if (stopped() || !spend(1, assignment.span)) return;
  const Traced traced(*this, Trace::Reads::stay);
  const TaintId outer_taint = taint_;
  taint_ = 0;
  if (trace_ != nullptr && (assignment.append || assignment.index != nullptr) &&
      trace_->latest(assignment.name) != Trace::npos)
    trace_->read(assignment.name);
  if (assignment.array) {
    Variable& variable = writable(assignment.name, assignment.span);
    if (!stopped()) assign_array(variable, assignment);
  } else {
    std::string value = expand_single(assignment.value);
    std::string index;
    if (assignment.index != nullptr) index = index_text(*assignment.index);
    if (stopped()) return;
    Variable& variable = writable(assignment.name, assignment.span);
    if (stopped()) return;
    const bool keeps = assignment.append || assignment.index != nullptr;
    const TaintId taint = taint_ != 0 ? taint_ : keeps ? variable.taint : 0;
    if (assignment.index != nullptr) {
      store_element_text(variable, index, std::move(value), assignment.append, assignment.span);
    } else {
      store_scalar(variable, std::move(value), assignment.append, assignment.span);
    }
    variable.taint = taint;
  }
  taint_ = outer_taint;
  if ((state_.options & kAllExport) != 0) {
    if (Variable* variable = find(assignment.name)) variable->exported = true;
  }
}

// x=( … ): all values are expanded before the variable changes.
void Interpreter::assign_array(Variable& target, const Assignment& assignment) {
  const Variable::Form form = target.form == Variable::Form::associative
                                  ? Variable::Form::associative
                                  : Variable::Form::indexed;
  std::vector<std::string> plain;
  bool keyed = false;
  for (const ArrayElement& element : assignment.elements) keyed = keyed || element.index != nullptr;
  const std::string name(assignment.name);
  if (!keyed) {
    plain.reserve(assignment.elements.size());
    for (const ArrayElement& element : assignment.elements) expand_fields(element.value, plain);
    if (stopped()) return;
    // The expansion may have changed the variables' table: ${x:=y}.
    Variable& variable = writable(name, assignment.span);
    const TaintId taint = taint_ != 0 ? taint_ : assignment.append ? variable.taint : 0;
    std::size_t after = 0;
    if (form == Variable::Form::associative) {
      if (plain.size() % 2 != 0)
        return unsupported("an associative array from an odd number of words", assignment.span);
      if (!assignment.append) variable.associative.clear();
      for (std::size_t i = 0; i + 1 < plain.size(); i += 2) {
        store_element_text(variable, plain[i], plain[i + 1], false, assignment.span);
      }
      variable.set = true;
    } else {
      const std::size_t before = assignment.append ? 0 : variable.memory_bytes() - sizeof(Variable);
      if (variable.form == Variable::Form::scalar) {
        if (assignment.append && variable.set) variable.indexed.append(std::move(variable.scalar));
        variable.scalar.clear();
        variable.form = Variable::Form::indexed;
      }
      if (!assignment.append) variable.indexed.clear();
      for (std::string& value : plain) {
        after += value.size() + sizeof(IndexedArray::Item);
        variable.indexed.append(cast(variable, std::move(value), assignment.span));
      }
      account(before, after, assignment.span);
      variable.set = true;
    }
    variable.taint = taint;
    return;
  }
  struct Entry {
    std::optional<std::string> index;
    bool append;
    std::string value;
  };
  std::vector<Entry> entries;
  for (const ArrayElement& element : assignment.elements) {
    if (element.index != nullptr) {
      std::string index = index_text(*element.index);
      entries.push_back({std::move(index), element.append, expand_single(element.value)});
    } else {
      plain.clear();
      expand_fields(element.value, plain);
      for (std::string& value : plain) entries.push_back({std::nullopt, false, std::move(value)});
    }
    if (stopped()) return;
  }
  Variable& variable = writable(name, assignment.span);
  const TaintId taint = taint_ != 0 ? taint_ : assignment.append ? variable.taint : 0;
  if (variable.form == Variable::Form::scalar) {
    if (assignment.append && variable.set) variable.indexed.append(std::move(variable.scalar));
    variable.scalar.clear();
    variable.form = Variable::Form::indexed;
  }
  if (!assignment.append) {
    variable.indexed.clear();
    variable.associative.clear();
  }
  variable.set = true;
  std::int64_t next = variable.indexed.next_index();
  for (Entry& entry : entries) {
    if (stopped()) return;
    if (form == Variable::Form::associative) {
      if (!entry.index)
        return unsupported("an associative array with and without keys", assignment.span);
      store_element_text(variable, *entry.index, std::move(entry.value), entry.append,
                         assignment.span);
      continue;
    }
    if (entry.index) {
      next = arithmetic(*entry.index, assignment.span);
      if (next < 0) next += variable.indexed.next_index();
      if (next < 0)
        return unsupported("an index before the array's first element", assignment.span);
    }
    store_element_text(variable, std::to_string(next), std::move(entry.value), entry.append,
                       assignment.span);
    ++next;
  }
  variable.taint = taint;
}

// A local variable begins: unset, until it is assigned.
void Interpreter::make_local(std::string_view name) {
  ShellState::Frame& frame = state_.frames.back();
  for (const ShellState::Saved& saved : frame.saved) {
    if (saved.name == name) return;
  }
  ShellState::Saved saved{std::string(name), std::nullopt,
                          trace_ != nullptr ? trace_->latest(name) : Trace::npos};
  const auto found = state_.variables.find(name);
  Variable fresh;
  if (found != state_.variables.end()) {
    fresh.exported = found->second.exported;
    saved.variable = std::move(found->second);
    found->second = std::move(fresh);
  } else {
    state_.variables.emplace(std::string(name), std::move(fresh));
  }
  frame.saved.push_back(std::move(saved));
}

void Interpreter::pop_frame() {
  for (auto it = state_.frames.back().saved.rbegin(); it != state_.frames.back().saved.rend();
       ++it) {
    if (trace_ != nullptr) {
      if (const Variable* local = find(it->name)) trace_->settle(it->name, *local);
      trace_->restore(it->name, it->traced);
    }
    if (it->variable) {
      state_.variables[it->name] = std::move(*it->variable);
    } else {
      state_.variables.erase(it->name);
    }
  }
  state_.frames.pop_back();
}

void Interpreter::unset_variable(std::string_view name, Span span) {
  if (is_dynamic(name)) return unsupported("unset " + std::string(name), span);
  for (std::size_t i = 0; i + 1 < state_.frames.size(); ++i) {
    for (const ShellState::Saved& saved : state_.frames[i].saved) {
      if (saved.name == name) return unsupported("unset of a caller's local variable", span);
    }
  }
  const auto found = state_.variables.find(name);
  if (only_writable_ && *only_writable_ != name)
    unsupported("an override that assigns " + std::string(name), span);
  if (trace_ != nullptr)
    trace_->write(name, eval_place_.value_or(span),
                  found == state_.variables.end() ? nullptr : &found->second);
  if (found != state_.variables.end()) {
    if (found->second.readonly) {
      complain(span);
      status_ = 1;
      return;
    }
    state_.variables.erase(found);
  }
  // The host's own value is gone as well: an unset variable takes its place.
  if (is_host_variable(name)) state_.variables.emplace(std::string(name), Variable{});
  if (!state_.frames.empty()) {
    for (const ShellState::Saved& saved : state_.frames.back().saved) {
      if (saved.name == name) state_.variables.emplace(std::string(name), Variable{});
    }
  }
}

void Interpreter::unset_element(std::string_view name, std::string_view index, Span span) {
  Variable* variable = find(name);
  if (variable == nullptr) return;
  if (variable->readonly) return unsupported("unset of a readonly variable's element", span);
  if (index == "@" || index == "*") return unsupported("unset of x[@]", span);
  if (variable->form == Variable::Form::associative) {
    variable->associative.erase(std::string(index));
  } else if (variable->form == Variable::Form::indexed) {
    std::int64_t number = arithmetic(index, span);
    if (number < 0) number += variable->indexed.next_index();
    if (number < 0) return unsupported("an index before the array's first element", span);
    variable->indexed.erase(number);
  } else {
    return unsupported("unset of an element of what is no array", span);
  }
}

}  // namespace rbee::pkgbuild

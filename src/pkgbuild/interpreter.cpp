// Commands: running the tree (interpreter.hpp).
#include "pkgbuild/interpreter.hpp"

#include <algorithm>
#include <utility>

#include "pkgbuild/parser.hpp"
#include "pkgbuild/text_commands.hpp"

namespace rbee::pkgbuild {
namespace {

constexpr std::string_view kTooDeep = "calls and commands are nested too deep";

// bash 5.2 leaves a mark of empty quotes in such a word: neither case ${x-""}a in a) matches, nor
// case "${x=}"a in a).
bool keeps_a_null(const Word& word) {
  if (word.parts.size() < 2) return false;
  for (const WordPart& part : word.parts) {
    if (part.kind == WordPart::Kind::double_quoted)
      for (const WordPart& inner : part.parts)
        if (inner.kind == WordPart::Kind::parameter &&
            inner.parameter->op == Parameter::Op::assign_default)
          return true;
    if (part.kind != WordPart::Kind::parameter || part.parameter->operand == nullptr) continue;
    const Parameter::Op op = part.parameter->op;
    if (op != Parameter::Op::use_default && op != Parameter::Op::use_alternate) continue;
    for (const WordPart& inner : part.parameter->operand->parts) {
      if (inner.kind == WordPart::Kind::double_quoted) return true;
    }
  }
  return false;
}

}  // namespace

Interpreter::Depth::Depth(Interpreter& i, Span span) : interpreter(i) {
  if (++interpreter.depth_ > 2 * interpreter.inputs_.limits.depth_max) {
    interpreter.stop(Refusal::Kind::limit, std::string(kTooDeep), span);
  }
}

Interpreter::Interpreter(const Inputs& inputs, TopLevel top_level)
    : inputs_(inputs),
      files_(inputs.files, inputs.startdir),
      top_level_(top_level),
      meter_(inputs.limits.steps_max) {
  taints_.emplace_back();
  // bash sets it at its start, whatever the environment says.
  Variable& separators = state_.variables["IFS"];
  separators.set = true;
  separators.scalar = " \t\n";
  for (const auto& [name, value] : inputs.environment) {
    if (name == "IFS") continue;
    set_scalar(name, value);
    state_.variables.find(name)->second.exported = true;
  }
  if (top_level_ == TopLevel::sourced) {
    state_.frames.emplace_back();
    state_.parameters = {"PKGBUILD"};
    state_.parameters_taint = note_taint("$1", {});
    if (!inputs.startdir.empty()) {
      for (const char* name : {"startdir", "PWD"}) {
        Variable& variable = state_.variables[name];
        variable.set = true;
        variable.scalar = inputs.startdir;
        variable.readonly = name == std::string_view("startdir");
      }
      source_names_.push_back(inputs.startdir + "/PKGBUILD");
    }
  } else {
    io_.out = &output_;
  }
}

void Interpreter::stop(Refusal::Kind kind, std::string message, Span span) {
  if (!halt_) halt_ = Halt{kind, eval_place_.value_or(span), std::move(message)};
  flow_ = Flow::halted;
}

void Interpreter::unsupported(std::string construct, Span span) {
  stop(Refusal::Kind::unsupported, std::move(construct), span);
}

bool Interpreter::spend(std::uint64_t steps, Span span) {
  if (meter_.spend(steps)) return true;
  stop(Refusal::Kind::limit,
       "it takes more than " + std::to_string(inputs_.limits.steps_max) + " steps to evaluate",
       span);
  return false;
}

TaintId Interpreter::note_taint(std::string construct, Span span) {
  taints_.emplace_back(std::move(construct), eval_place_.value_or(span));
  return static_cast<TaintId>(taints_.size() - 1);
}

void Interpreter::require_untainted(Span) {
  if (taint_ != 0) unsupported(taints_[taint_].first, taints_[taint_].second);
}

void Interpreter::require_status(Span) {
  if (status_taint_ != 0) unsupported(taints_[status_taint_].first, taints_[status_taint_].second);
}

bool Interpreter::condition_holds(Span span) {
  require_status(span);
  return !stopped() && status_ == 0;
}

void Interpreter::put(std::string_view text, Span span) {
  stream_taint_ = taint_ != 0 ? taint_ : stream_taint_;
  if (taint_ != 0 && io_.out == &output_) return require_untainted(span);
  if (io_.out == nullptr || !spend_bytes(text.size(), span)) return;
  io_.out->append(text);
  if (io_.out->size() > inputs_.limits.memory_bytes_max) {
    stop(Refusal::Kind::limit, "a command's output is longer than the memory that is allowed",
         span);
  }
}

// A builtin has written a message of its own, whose words are not reproduced.
void Interpreter::complain(Span span) {
  if (io_.err != nullptr) unsupported("capturing an error message", span);
}

void Interpreter::run(const std::shared_ptr<const Script>& script) {
  const auto outer = std::exchange(script_, script);
  scripts_.push_back(script);
  execute(script->root);
  script_ = outer;
}

void Interpreter::act_on(Effects& effects, const std::string& directory) {
  effects_ = &effects;
  world_changed_ = true;
  state_.options |= kErrExit | kExtglob;
  set_scalar("PWD", directory);
}

void Interpreter::call(const std::string& name) {
  const auto found = state_.functions.find(name);
  if (found == state_.functions.end()) return unsupported("a function that is not there", {});
  const ShellFunction function = found->second;
  call_function(function, {name}, 0, function.command->name_span);
}

bool Interpreter::refused(const Effects::Refused& construct, Span span) {
  if (construct) unsupported(*construct, span);
  return construct.has_value();
}

void Interpreter::leave_top_level() {
  if (flow_ == Flow::return_function) flow_ = Flow::none;
  while (!state_.frames.empty()) pop_frame();
}

void Interpreter::execute(const Command* command) {
  if (command == nullptr || stopped()) return;
  const Depth depth(*this, command->span);
  if (stopped() || !spend(1, command->span)) return;
  std::optional<Traced> traced;
  if (trace_ != nullptr && command->kind == Command::Kind::simple)
    traced.emplace(*this, Trace::Reads::rise);
  if (command->redirects.empty()) {
    execute_body(*command);
  } else {
    const Io outer = io_;
    std::deque<std::string> texts;
    std::deque<Input> inputs;
    std::vector<Written> written;
    const TaintId outer_stream = stream_taint_;
    if (apply_redirects(*command, texts, inputs, written)) {
      if (!written.empty()) stream_taint_ = 0;
      execute_body(*command);
    }
    io_ = outer;
    for (const Written& file : written) {
      // Nobody knows what `echo $(id -u) >file` leaves in the file.
      if (stream_taint_ != 0)
        unsupported(taints_[stream_taint_].first, taints_[stream_taint_].second);
      if (!halted()) refused(effects_->write(file.path, *file.text, file.append), command->span);
    }
    if (!written.empty()) stream_taint_ = outer_stream;
  }
  // bash would stop here, unless what stands around the command looks at its status; a command made
  // of others fails by one of them, which was looked at by itself.
  const bool by_itself =
      command->kind == Command::Kind::simple || command->kind == Command::Kind::condition ||
      command->kind == Command::Kind::arithmetic || command->kind == Command::Kind::subshell ||
      (command->kind == Command::Kind::pipeline && !command->negated);
  if ((state_.options & kErrExit) != 0 && by_itself && status_ != 0 && conditions_ == 0 &&
      !stopped())
    unsupported("a command that fails under set -e", command->span);
}

void Interpreter::execute_body(const Command& command) {
  switch (command.kind) {
    case Command::Kind::simple:
      return execute_simple(command);
    case Command::Kind::pipeline:
      return execute_pipeline(command);
    case Command::Kind::and_or:
      return execute_and_or(command);
    case Command::Kind::sequence:
      return execute_list(command);
    case Command::Kind::group:
      return execute(command.parts[0]);
    case Command::Kind::subshell:
      return execute_subshell(command.parts[0]);
    case Command::Kind::if_clause:
      return execute_if(command);
    case Command::Kind::for_in:
      return execute_for(command);
    case Command::Kind::for_arith:
      return execute_for_arith(command);
    case Command::Kind::while_loop:
    case Command::Kind::until_loop:
      return execute_while(command);
    case Command::Kind::case_clause:
      return execute_case(command);
    case Command::Kind::select:
      return unsupported("select", command.span);
    case Command::Kind::coprocess:
      return unsupported("coproc", command.span);
    case Command::Kind::function:
      state_.functions[std::string(command.name)] = ShellFunction{script_, &command};
      status_ = 0;
      status_taint_ = 0;
      return;
    case Command::Kind::condition: {
      taint_ = 0;
      status_taint_ = 0;
      const bool holds = test_condition(*command.condition);
      require_untainted(command.span);
      status_ = holds ? 0 : 1;
      return;
    }
    case Command::Kind::arithmetic: {
      taint_ = 0;
      status_taint_ = 0;
      const std::int64_t value = arithmetic(command.texts[0].parts, command.span);
      require_untainted(command.span);
      status_ = value != 0 ? 0 : 1;
      return;
    }
  }
}

void Interpreter::execute_list(const Command& command) {
  for (std::size_t i = 0; i < command.parts.size() && !stopped(); ++i) {
    if (command.ops[i] == '&')
      return unsupported("a command in the background", command.parts[i]->span);
    execute(command.parts[i]);
  }
}

void Interpreter::execute_and_or(const Command& command) {
  execute_condition(command.parts[0]);
  for (std::size_t i = 1; i < command.parts.size() && !stopped(); ++i) {
    const bool holds = condition_holds(command.span);
    if (stopped()) return;
    if ((command.ops[i - 1] == '&') != holds) continue;
    if (i + 1 == command.parts.size()) {
      execute(command.parts[i]);
    } else {
      execute_condition(command.parts[i]);
    }
  }
}

/// A command whose failure is an answer.
void Interpreter::execute_condition(const Command* command) {
  ++conditions_;
  execute(command);
  --conditions_;
}

void Interpreter::execute_pipeline(const Command& command) {
  if (command.timed) return unsupported("time", command.span);
  if (command.parts.size() == 1) {
    execute_condition(command.parts[0]);
  } else {
    std::string between;
    TaintId between_taint = 0;
    const Io outer = io_;
    const TaintId outer_stream = stream_taint_;
    int failure = 0;
    TaintId failure_taint = 0;
    for (std::size_t i = 0; i < command.parts.size() && !stopped(); ++i) {
      const bool last = i + 1 == command.parts.size();
      std::string produced;
      Input input{&between, 0, between_taint};
      io_.in = i == 0 ? outer.in : &input;
      io_.out = last ? outer.out : &produced;
      if (!last && command.ops[i] == '&') io_.err = &produced;
      stream_taint_ = 0;
      execute_subshell(command.parts[i]);
      if (status_ != 0) failure = status_;
      if (status_taint_ != 0) failure_taint = status_taint_;
      io_ = outer;
      if (!last) {
        between = std::move(produced);
        between_taint = stream_taint_;
      }
    }
    stream_taint_ = stream_taint_ != 0 ? stream_taint_ : outer_stream;
    if ((state_.options & kPipeFail) != 0) {
      status_ = failure;
      if (failure_taint != 0) status_taint_ = failure_taint;
    }
  }
  if (command.negated && !stopped()) {
    require_status(command.span);
    status_ = status_ == 0 ? 1 : 0;
  }
}

/// What a copy of the state costs: every node of it, and its bytes.
std::uint64_t Interpreter::copy_steps() const {
  std::size_t strings = state_.parameters.size();
  for (const ShellState::Frame& frame : state_.frames)
    strings += 1 + frame.saved.size() + frame.parameters.size();
  return (state_.variables.size() + state_.functions.size()) / 2 + strings / 4 +
         memory_bytes_ / 256;
}

void Interpreter::execute_subshell(const Command* body) {
  if (body == nullptr || stopped()) return;
  ++subshells_;
  if (memory_bytes_ * static_cast<std::size_t>(subshells_ + 1) > inputs_.limits.memory_bytes_max) {
    stop(Refusal::Kind::limit, "its subshells need more memory than is allowed", body->span);
  }
  if (stopped() || !spend(1 + copy_steps(), body->span)) return;
  ShellState outer = state_;
  Trace::Names outer_names;
  if (trace_ != nullptr) outer_names = trace_->names();
  const std::size_t outer_memory = memory_bytes_;
  const int outer_loops = std::exchange(loops_, 0);
  execute(body);
  loops_ = outer_loops;
  --subshells_;
  if (halted()) return;
  if (trace_ != nullptr) {
    for (const auto& [name, event] : trace_->names()) {
      const auto outside = outer_names.find(name);
      if (outside != outer_names.end() && outside->second == event) continue;
      if (const Variable* variable = find(name)) trace_->settle(name, *variable);
    }
    trace_->restore(std::move(outer_names));
  }
  state_ = std::move(outer);
  memory_bytes_ = outer_memory;
  flow_ = Flow::none;
}

void Interpreter::execute_if(const Command& command) {
  std::size_t i = 0;
  for (; i + 1 < command.parts.size(); i += 2) {
    execute_condition(command.parts[i]);
    if (stopped()) return;
    const bool holds = condition_holds(command.parts[i]->span);
    if (stopped()) return;
    if (holds) return execute(command.parts[i + 1]);
  }
  // An else begins with the last condition's status in $?.
  if (i < command.parts.size()) return execute(command.parts[i]);
  status_ = 0;
  status_taint_ = 0;
}

// True when the loop must end after a turn.
bool Interpreter::end_loop_turn() {
  if (flow_ == Flow::break_loop) {
    if (--flow_count_ <= 0) flow_ = Flow::none;
    return true;
  }
  if (flow_ == Flow::continue_loop) {
    if (--flow_count_ > 0) return true;
    flow_ = Flow::none;
    return false;
  }
  return stopped();
}

void Interpreter::execute_for(const Command& command) {
  taint_ = 0;
  if (!command.has_in && !spend(1 + state_.parameters.size() / 4, command.span)) return;
  std::vector<std::string> items;
  Trace::Inputs words;
  {
    const Traced traced(*this, Trace::Reads::stay);
    items = command.has_in ? expand_words(command.words) : state_.parameters;
    if (!command.has_in) {
      mark(state_.parameters_taint);
      if (trace_ != nullptr) trace_->read_parameters();
    }
    if (trace_ != nullptr) words = trace_->inputs();
  }
  require_untainted(command.span);
  status_ = 0;
  status_taint_ = 0;
  ++loops_;
  for (std::string& item : items) {
    if (stopped() || !spend(1, command.span)) break;
    {
      const Traced traced(*this, Trace::Reads::stay);
      if (trace_ != nullptr) trace_->read(words);
      store_scalar(writable(command.name, command.name_span), std::move(item), false,
                   command.name_span);
    }
    execute(command.parts[0]);
    if (end_loop_turn()) break;
  }
  --loops_;
}

void Interpreter::execute_for_arith(const Command& command) {
  const auto value = [&](std::size_t i, std::int64_t when_empty) {
    if (command.texts[i].parts.empty()) return when_empty;
    taint_ = 0;
    std::string text;
    FieldBuilder builder(*this, Expand::single);
    expand_parts(command.texts[i].parts, builder, true);
    text = builder.take();
    if (text.find_first_not_of(" \t\n") == std::string::npos) return when_empty;
    const std::int64_t result = arithmetic(text, command.texts[i].span);
    require_untainted(command.texts[i].span);
    return result;
  };
  value(0, 1);
  status_ = 0;
  status_taint_ = 0;
  ++loops_;
  while (!stopped() && spend(1, command.span) && value(1, 1) != 0 && !stopped()) {
    execute(command.parts[0]);
    if (end_loop_turn()) break;
    value(2, 1);
  }
  --loops_;
}

void Interpreter::execute_while(const Command& command) {
  int last = 0;
  TaintId last_taint = 0;
  const bool wanted = command.kind == Command::Kind::while_loop;
  ++loops_;
  while (!stopped() && spend(1, command.span)) {
    execute_condition(command.parts[0]);
    if (stopped()) {
      if (end_loop_turn()) break;
      continue;
    }
    const bool holds = condition_holds(command.parts[0]->span);
    if (stopped() || holds != wanted) break;
    execute(command.parts[1]);
    last = status_;
    last_taint = status_taint_;
    if (end_loop_turn()) break;
  }
  --loops_;
  if (flow_ == Flow::none) {
    status_ = last;
    status_taint_ = last_taint;
  }
}

void Interpreter::execute_case(const Command& command) {
  taint_ = 0;
  if (keeps_a_null(command.words[0])) {
    return unsupported("quotes inside ${ } beside other text in the word of a case",
                       command.words[0].span);
  }
  const std::string word = expand_single(command.words[0]);
  require_untainted(command.span);
  status_ = 0;
  status_taint_ = 0;
  bool run_next = false;
  for (const CaseItem& item : command.items) {
    if (stopped()) return;
    bool matched = run_next;
    for (std::size_t i = 0; i < item.patterns.size() && !matched && !stopped(); ++i) {
      const Pattern pattern = make_pattern(expand_pattern(item.patterns[i]), item.patterns[i].span);
      require_untainted(item.patterns[i].span);
      matched = !stopped() && pattern.matches(word, meter_) && check_meter(item.patterns[i].span);
    }
    if (!check_meter(item.span)) return;
    run_next = false;
    if (!matched) continue;
    execute(item.body);
    if (item.end == CaseItem::End::stop) return;
    run_next = item.end == CaseItem::End::fall_through;
  }
}

void Interpreter::execute_assignments(const Command& command) {
  substitution_status_ = -1;
  TaintId status_taint = 0;
  for (const Assignment& assignment : command.assignments) {
    status_taint_ = 0;
    apply_assignment(assignment);
    if (status_taint_ != 0) status_taint = status_taint_;
    if (stopped()) return;
  }
  status_ = substitution_status_ >= 0 ? substitution_status_ : 0;
  status_taint_ = status_taint;
}

void Interpreter::execute_words(const Command& command, std::vector<std::string>& argv) {
  for (const Word& word : command.words) {
    if (stopped()) return;
    if (word.assignment == nullptr) {
      expand_fields(word, argv);
    } else if (!argv.empty() && argv[0] == "eval") {
      const Assignment& assignment = *word.assignment;
      if (assignment.array || assignment.index != nullptr)
        return unsupported("eval of an array", word.span);
      argv.push_back(std::string(assignment.name) + (assignment.append ? "+=" : "=") +
                     expand_single(assignment.value));
    }
  }
}

void Interpreter::execute_simple(const Command& command) {
  status_taint_ = 0;
  if (command.words.empty()) {
    if (command.assignments.empty()) status_ = 0;
    return execute_assignments(command);
  }
  taint_ = 0;
  substitution_status_ = -1;
  std::vector<std::string> argv;
  argv.reserve(command.words.size());
  execute_words(command, argv);
  if (stopped()) return;
  if (argv.empty()) {
    // Nothing was left of the words: the assignments stand by themselves.
    if (command.words[0].assignment != nullptr)
      return unsupported("an assignment as a command", command.span);
    const int status = substitution_status_;
    const TaintId status_taint = status_taint_;
    if (!command.assignments.empty()) return execute_assignments(command);
    require_untainted(command.span);
    status_ = status >= 0 ? status : 0;
    status_taint_ = status_taint;
    return;
  }
  status_taint_ = 0;
  if (command.assignments.empty()) return run_command(command, argv);
  // name=value before a command lasts as long as the command.
  const TaintId words_taint = taint_;
  std::vector<ShellState::Saved> saved;
  for (const Assignment& assignment : command.assignments) {
    if (assignment.array || assignment.index != nullptr)
      return unsupported("an array before a command", assignment.span);
    const Variable* present = find(assignment.name);
    if (present != nullptr && !spend(1 + present->memory_bytes() / 64, assignment.span)) return;
    saved.push_back(
        {std::string(assignment.name), present ? std::optional<Variable>(*present) : std::nullopt});
    apply_assignment(assignment);
    if (stopped()) return;
  }
  taint_ = words_taint;
  run_command(command, argv);
  for (auto it = saved.rbegin(); it != saved.rend(); ++it) {
    if (it->variable) {
      state_.variables[it->name] = std::move(*it->variable);
    } else {
      state_.variables.erase(it->name);
    }
  }
}

void Interpreter::run_command(const Command& command, std::vector<std::string>& argv) {
  // Functions come before builtins, as in bash (but for the special ones in POSIX mode).
  if (const auto found = state_.functions.find(argv[0]); found != state_.functions.end()) {
    const ShellFunction function = found->second;
    const TaintId taint = taint_;
    return call_function(function, std::move(argv), taint, command.span);
  }
  if (run_builtin(command, argv)) return;
  run_external(argv, command.span);
}

void Interpreter::call_function(const ShellFunction& function, std::vector<std::string> argv,
                                TaintId argv_taint, Span span) {
  if (++calls_ > inputs_.limits.depth_max) {
    stop(
        Refusal::Kind::limit,
        "functions call each other more than " + std::to_string(inputs_.limits.depth_max) + " deep",
        span);
    return;
  }
  argv.erase(argv.begin());
  ShellState::Frame frame;
  frame.parameters = std::exchange(state_.parameters, std::move(argv));
  frame.parameters_taint = std::exchange(state_.parameters_taint, argv_taint);
  state_.frames.push_back(std::move(frame));
  if (trace_ != nullptr) trace_->begin_call();
  const auto outer_script = std::exchange(script_, function.script);
  const auto outer_place = std::exchange(eval_place_, function.script->place);
  const int outer_loops = std::exchange(loops_, 0);
  status_ = 0;
  execute(function.command->parts[0]);
  loops_ = outer_loops;
  script_ = outer_script;
  eval_place_ = outer_place;
  if (trace_ != nullptr) trace_->end_call();
  --calls_;
  if (halted()) return;
  if (flow_ == Flow::return_function) flow_ = Flow::none;
  state_.parameters = std::move(state_.frames.back().parameters);
  state_.parameters_taint = state_.frames.back().parameters_taint;
  pop_frame();
}

void Interpreter::run_external(std::vector<std::string>& argv, Span span) {
  // Inside $( ) what cannot be computed taints the value; a field that uses it is then unsupported.
  const auto unknown = [&](std::string construct) {
    if (subshells_ == 0 || io_.out == nullptr || argv[0].empty())
      return unsupported(std::move(construct), span);
    mark(note_taint(std::move(construct), span));
    put("", span);
    status_ = 0;
    status_taint_ = taint_;
  };
  if (effects_ != nullptr && subshells_ == 0 && !argv[0].empty() && !is_text_command(argv[0])) {
    require_untainted(span);
    // Then it may be a program of the recipe's own.
    if (find("PATH") != nullptr) unsupported("commands under a PATH that the recipe sets", span);
    if (stopped() || refused(effects_->run(argv), span)) return;
    status_ = 0;
    return;
  }
  if (!is_text_command(argv[0])) {
    world_changed_ = true;
    return unknown("command " + (argv[0].empty() ? "''" : argv[0]));
  }
  const TaintId input_taint = io_.in != nullptr ? io_.in->taint : 0;
  mark(input_taint);
  if (taint_ != 0) {
    // What it prints and whether it succeeds depend on the host as its arguments do.
    put("", span);
    status_ = 0;
    status_taint_ = taint_;
    return;
  }
  std::string_view input;
  if (io_.in != nullptr) {
    input = std::string_view(*io_.in->text).substr(std::min(io_.in->pos, io_.in->text->size()));
    io_.in->pos = io_.in->text->size();
  }
  // Arguments may be programs and patterns, which are compiled.
  std::size_t bytes = 0;
  for (const std::string& argument : argv) bytes += argument.size();
  if (!spend(20 + bytes * 3 / 2 + input.size() / 8, span)) return;
  const CommandCall call{argv, input, inputs_.platform, world_changed_ ? nullptr : &files_,
                         inputs_.limits.memory_bytes_max / 16};
  const auto result = run_text_command(call);
  if (const auto* refused = std::get_if<CommandUnsupported>(&result)) {
    // How far it came is not known; "over that much text" is when it came to its end.
    const bool costly = refused->construct.ends_with("over that much text");
    if (!spend(costly ? kCallStepsMax : 500, span)) return;
    return unknown(refused->construct);
  }
  const CommandOutput& output = std::get<CommandOutput>(result);
  if (!spend(output.steps, span)) return;
  put(output.output, span);
  if (output.status != 0) complain(span);
  status_ = output.status;
  status_taint_ = taint_;
}

// eval and source: parse and run in the present shell.
void Interpreter::run_text(std::string text, Span span) {
  if (!spend(1 + text.size() / 2, span)) return;
  ParseOptions options;
  options.depth_max = std::max(1, inputs_.limits.depth_max - depth_ / 2);
  options.extglob = (state_.options & kExtglob) != 0 ? Extglob::on : Extglob::off;
  options.place = eval_place_.value_or(span);
  const auto parsed = parse(text, options);
  if (!parsed) {
    if (parsed.error().kind == SyntaxError::Kind::depth) {
      stop(Refusal::Kind::limit, std::string(kTooDeep), span);
    } else {
      unsupported("eval of text that bash would not parse", span);
    }
    return;
  }
  texts_bytes_ += (*parsed)->memory_bytes();
  if (texts_bytes_ > inputs_.limits.memory_bytes_max) {
    return stop(Refusal::Kind::limit,
                "the texts that it evaluates need more than " +
                    std::to_string(inputs_.limits.memory_bytes_max) + " bytes of memory",
                span);
  }
  const auto outer_place = std::exchange(eval_place_, options.place);
  status_ = 0;
  status_taint_ = 0;
  run(*parsed);
  eval_place_ = outer_place;
}

}  // namespace rbee::pkgbuild

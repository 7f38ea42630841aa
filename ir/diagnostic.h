// SPDX-License-Identifier: Apache-2.0
//
// Problems of the user's model, as values: collected by the frontends, printed by the command line.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

/// Where an op comes from in the user's model. Any part may be empty.
struct Location {
  std::string node;   ///< the model's own name of the node
  std::string op;     ///< the operator in the source format, such as "Conv"
  std::string source; ///< "file:line" of the user's program, where the format has it

  bool operator==(const Location &) const = default;
};

/// What a problem means for the exit code of the command line (docs/cli.md).
enum class Problem : uint8_t {
  unreadable,  ///< a file that is missing, truncated, corrupt or not what it claims to be
  unsupported, ///< a valid model that burin cannot compile
  invalid,     ///< a model that breaks a rule of its own format, or of the IR
  limit,       ///< a limit of the user that the result exceeds
  usage,       ///< an argument that does not fit
};

struct Diagnostic {
  struct Note {
    Location at;
    std::string text;
  };

  Problem problem = Problem::invalid;
  std::string code; ///< stable, such as "onnx.conv.auto_pad" or "conv.c3"; may be empty
  Location at;
  std::string text; ///< lower case, no full stop: the fact and the expectation
  std::vector<Note> notes;
  std::string hint; ///< what the user can do; may be empty
};

/// "model.onnx: node 'conv1' (Conv): error: filter has 3 input channels but x has 4 [conv.c3]",
/// then notes and the hint on lines of their own.
std::string toText(const Diagnostic &, std::string_view file);

/// Thrown where a problem is found; caught per node by the importers, and once in main.
class CompileError : public std::exception {
public:
  CompileError(Problem problem, Location at, std::string text)
      : diagnostic_{problem, {}, std::move(at), std::move(text), {}, {}} {}
  explicit CompileError(Diagnostic diagnostic) : diagnostic_(std::move(diagnostic)) {}

  CompileError &&code(std::string code) && {
    diagnostic_.code = std::move(code);
    return std::move(*this);
  }
  CompileError &&note(Location at, std::string text) && {
    diagnostic_.notes.push_back({std::move(at), std::move(text)});
    return std::move(*this);
  }
  CompileError &&hint(std::string text) && {
    diagnostic_.hint = std::move(text);
    return std::move(*this);
  }

  const Diagnostic &diagnostic() const { return diagnostic_; }
  Diagnostic &diagnostic() { return diagnostic_; }
  const char *what() const noexcept override { return diagnostic_.text.c_str(); }

private:
  Diagnostic diagnostic_;
};

/// Several problems at once: an importer reports all that it found.
class CompileErrors : public std::exception {
public:
  explicit CompileErrors(std::vector<Diagnostic> all) : all_(std::move(all)) {}
  const std::vector<Diagnostic> &all() const { return all_; }
  const char *what() const noexcept override { return "the model has problems"; }

private:
  std::vector<Diagnostic> all_;
};

/// A bug of burin, not of the model: printed with a request for a report, exit code 70.
class InternalError : public std::exception {
public:
  explicit InternalError(std::string text) : text_(std::move(text)) {}
  const char *what() const noexcept override { return text_.c_str(); }

private:
  std::string text_;
};

} // namespace burin

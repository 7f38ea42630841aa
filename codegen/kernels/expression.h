// SPDX-License-Identifier: Apache-2.0
//
// Elementwise ops as C++ expressions: one text for vectors of floats of any width, one for scalars.
#pragma once

#include "codegen/kernels/call.h"

namespace burin::kernels {

/// Whether the ops of a body (or one op) can be computed on vectors of f32: all values are f32, or
/// bool between them.
bool isVectorBody(const ir::Block &body);
bool isVectorOp(const Op &);

/// Writes the ops of an elementwise body as statements and expressions.
class ExpressionWriter {
public:
  /// `vector`: values are of type V; else of the C++ type of their element.
  explicit ExpressionWriter(bool vector) : vector_{vector} {}

  /// The text of a value that the body takes from outside.
  void bind(const Value *, std::string text);
  /// The same for a load from memory: into a local where the body uses it more than once.
  void bindLoad(const Value *, std::string text, std::string local);
  /// Computes one op; its result is then available to text().
  void add(const Op &);
  void addBody(const ir::Block &); ///< all ops but the yield
  /// The expression of a value: inlined, or the name of a local that lines() declares.
  std::string text(const Value *) const;
  const std::vector<std::string> &lines() const { return lines_; }

private:
  struct Term {
    std::string text;
    int precedence;
  };
  std::string constant(const Value *) const;
  std::string quantization(const Op &) const;
  std::string operand(const Op &, size_t i, int outer) const;
  bool vector_;
  std::unordered_map<const Value *, Term> terms_;
  std::vector<std::string> lines_;
  int locals_ = 0;
};

/// A float as a C++ literal of type float: "0.5f"; infinities and NaN by builtins.
std::string floatLiteral(double, ElementType);

} // namespace burin::kernels

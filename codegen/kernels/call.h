// SPDX-License-Identifier: Apache-2.0
//
// How an op calls its kernel: what a kernel row fills in and the emitter prints. The text becomes a
// stub (one function for each specialisation; equal ones are shared) and a call of it in the step.
#pragma once

#include "ir/graph.h"
#include "ir/target.h"

#include <fmt/format.h>
#include <functional>
#include <set>
#include <string>
#include <variant>

namespace burin::kernels {

using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Op;
using ir::Target;
using ir::Type;
using ir::Value;

/// A constant as a kernel wants it: packed when the weights are written, not before.
struct Packed {
  const Value *from = nullptr;
  std::string layout; ///< such as "[2][256][16]": part of the identity, and printed
  ElementType element = ElementType::f32;
  int64_t count = 0; ///< elements
  std::function<std::vector<std::byte>()> make;
};

/// What the step passes for a parameter of a stub, or for a member of a functor.
struct Argument {
  struct Read {
    const Value *value;
  };
  struct Write {
    const Value *value;
  };
  struct Defined {
    Dim dim; ///< a symbol that the op defines: a pointer to where the run keeps it
  };
  std::variant<Read, Write, Packed, Dim, Defined> of;
};

struct Param {
  std::string type, name;
  Argument argument;
};

/// A known extent in the text of a stub. Where stubs of several layers differ in nothing but their
/// shared extents, they become one, and what differs a parameter.
struct Extent {
  int64_t value;
  std::string name; ///< of the parameter
  bool isType;      ///< "Const<8>{}", and rt::AtMost or MultipleOf as a parameter; else "8" and int
  bool isShared;    ///< may become a parameter
  int64_t step = 1; ///< a divisor that layers which share a stub must have in common

  bool operator==(const Extent &) const = default;
};
/// What stands for extent `index` until then.
std::string placeholder(size_t index);
/// Characters of the placeholder at a place of the text, 0 if there is none; and its extent.
size_t placeholderLength(std::string_view text, size_t at);
size_t placeholderIndex(std::string_view text, size_t at);
/// The text with every placeholder replaced by what `say` tells of its extent.
std::string resolved(std::string_view text, const std::function<std::string(size_t)> &say);

/// A generated struct with operator(): an epilogue, or the body of an elementwise loop.
struct Functor {
  std::string base; ///< what its name is made from: "BiasRelu"
  std::vector<Param> members;
  std::string signature; ///< "template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int
                         ///< column) const"
  std::vector<std::string> lines; ///< of the body
  std::string comment;            ///< the formula, for people

  std::string key() const; ///< equal keys: one struct serves both
};

/// fmt::format for arguments that add parameters to a call: in braces they are evaluated from left
/// to right, in the brackets of a function as the compiler of burin likes.
struct InOrder {
  std::string text;
  template <class... T>
  explicit InOrder(fmt::format_string<T...> format, T &&...arguments)
      : text{fmt::format(format, std::forward<T>(arguments)...)} {}
};

class Call {
public:
  Call(const Op &calledOp, const Target &forTarget) : op{calledOp}, target{forTarget} {}

  const Op &op;
  const Target &target;

  // ---- the stub ----
  void include(std::string header) { includes.insert(std::move(header)); }
  /// Parameters; each returns the name that the body uses.
  std::string read(const Value *, std::string paramName);
  std::string readAsF32(const Value *,
                        std::string paramName); ///< `const rt::F32 *`, constant or not
  std::string write(const Value *, std::string paramName);
  /// A null pointer for a result that nobody reads (ir/views.h).
  std::string writeIfMade(const Value *, std::string paramName);
  std::string packed(Packed, std::string paramName);
  std::string functor(Functor, std::string paramName);
  /// An extent as a kernel takes it: "Const<8>{}", or a parameter of type rt::AtMost<hi> or int.
  /// isShared: the kernel loses nothing where it is one. A target that does not specialise shares
  /// all.
  std::string extent(const Dim &, std::string paramName, bool isShared = false);
  /// An extent that register tiles divide: shared with those that the same tile fits.
  std::string tiled(const Dim &, std::string paramName);
  /// A plain int: "8", or a parameter.
  std::string number(const Dim &, std::string paramName, bool isShared = false);
  void line(std::string text) { body.push_back(std::move(text)); }

  std::string name;               ///< of the stub, before it is made unique; may have placeholders
  std::set<std::string> includes; ///< "burin/rt/gemm.h"
  std::vector<Param> params;
  std::vector<Extent> extents;
  std::vector<Functor> functors; ///< passed by value, behind the other parameters
  std::vector<std::string> functorNames;
  std::vector<std::string> body;
  bool returnsStatus = false; ///< the stub returns Status: the run can fail in it

  // ---- the step ----
  Dim units = 1;            ///< how many the work is cut into, at most
  std::string unitsOf;      ///< "rows", "panels of 16": a comment
  int64_t scratchBytes = 0; ///< for one task, at the upper bounds of the symbols
  Dim macs = 0;

private:
  std::string add(std::string type, std::string paramName, Argument);
};

/// The C++ type of an element in memory: "float", "int64_t", "rt::f16", "bool".
std::string elementCpp(ElementType);
/// Of what a value consists of: elements, or bytes of a list or an optional (ir/list_layout.h).
std::string storedCpp(const Type &);
/// The same in the public API, which knows no rt: halves are uint16_t.
std::string elementApi(ElementType);
/// Whether the text has the identifier as a word of its own.
bool mentions(std::string_view text, std::string_view identifier);
bool mentions(const std::vector<std::string> &lines, std::string_view identifier);
/// A dim as a C++ expression in which a symbol is what `symbol` says.
std::string dimCpp(const Dim &, const std::function<std::string(std::string_view)> &symbol);

} // namespace burin::kernels

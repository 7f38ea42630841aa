// SPDX-License-Identifier: Apache-2.0
//
// How users write shapes, bounds and pairs on the command line. What does not fit is a usage error
// that quotes the input.
#pragma once

#include "ir/type.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace burin::cli {

/// A number, a range lo..hi, or the name of a symbol whose bounds --dim gives.
struct ExtentSpec {
  std::string symbol;  ///< empty for a number and a range
  ir::Bounds bounds{}; ///< lo == hi for a number
  bool isNumber() const { return symbol.empty() && bounds.lo == bounds.hi; }
  bool operator==(const ExtentSpec &) const = default;
};

struct ShapeSpec {
  std::string name; ///< of the input; empty if it was not given
  std::vector<ExtentSpec> extents;
  std::optional<ir::ElementType> element;
};

/// "NAME:1x3x224x224", "NAME=1x3", "NAME:[1, 3, 224]", "NAME:scalar", each also without a name and
/// with a type behind the extents: "ids:1x128xi64". The name ends at the last ':' or '=', because
/// names of tensors have colons themselves. Symbols need the form in brackets: "x:[batch, 3]".
ShapeSpec parseShapeSpec(std::string_view text);

/// Of --dim: "batch=4" or "batch=1..8".
struct DimSpec {
  std::string symbol;
  ir::Bounds bounds;
};
DimSpec parseDimSpec(std::string_view text);

/// Of --input-type: "NAME:i8", or "i8" for a model with one input.
struct TypeSpec {
  std::string name;
  ir::ElementType element;
};
TypeSpec parseTypeSpec(std::string_view text);

struct PairSpec {
  std::string left, right;
};
/// Of --state: "h=h_out", an input and an output.
PairSpec parseStateSpec(std::string_view text);
/// Of --state-init: "h=0" or "h=@h.npy", the state and what it begins with.
PairSpec parseStateInitSpec(std::string_view text);
/// Of --input: "x=@x.npy", or "@x.npy" for a model with one input; right is the path.
PairSpec parseInputSpec(std::string_view text);

} // namespace burin::cli

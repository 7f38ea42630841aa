// SPDX-License-Identifier: Apache-2.0
//
// The text form of a module (.gir): print(parse(t)) == t for everything that print writes.
//
//   module "mnist" {
//     dim N = 1..8                                        # symbols with bounds; `..` alone: unbounded
//     const @conv0.filter : f32[8, 5, 5, 1] = hex"0000803f..."   # or [0.1, 0.2, ...] up to 16 elements
//
//     func @main(%image: f32[N, 28, 28, 1], state %h: f32[8] = @h0) -> (%scores: f32[N, 10], state %h_out: f32[8]) {
//       %conv0 = conv(%image, @conv0.filter, @bias) {strides=[1, 1], pads=[2, 2, 2, 2], dilations=[1, 1], group=1}
//         epilogue(%acc: f32[], %b: f32[]) {
//           %s = add(%acc, %b) : f32[]
//           yield %s
//         } : f32[N, 28, 28, 8] loc("layer1/conv", "Conv", "net.py:12")
//       %out = if(%deep) then {
//         yield %a
//       } else {
//         yield %b
//       } : f32[N, 8]
//       return %out, %h2
//     }
//   }
//
// Names that are not [A-Za-z0-9_.$-]+ are quoted: %"input:0". Absent operands are `_`. An attribute
// that is absent is not printed. Extents: 2*N + 1, floordiv(N, 2), ceildiv, min, max.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

struct PrintOptions {
  bool elideConstants = false; ///< `...` for constants of more than 16 elements: to read, not to parse
  bool locations = true;
  /// Messages printed as `# error: ...` behind the line of the op.
  std::vector<std::pair<const Op *, std::string>> annotations;
};

std::string print(const Module &, const PrintOptions & = {});
std::string print(const Function &, const PrintOptions & = {});
std::string print(const Op &); ///< one op, constants elided

/// Reads what print writes. Builds through Builder, so ill-typed ops are refused, and compares the
/// printed types with the inferred ones. Throws CompileError(invalid) with "file:line:column" as
/// Location::source.
std::unique_ptr<Module> parse(std::string_view text, std::string_view file);

} // namespace burin::ir

// SPDX-License-Identifier: Apache-2.0
//
// The text form of a module (.gir): print(parse(t)) == t for everything that print writes.
//
//   module "mnist" format("onnx") sha256("93f1...") {
//     dim N = 1..8 "dimension 0 of 'image'"     # a symbol, bounds (`1..`: no upper one), origin
//     const @conv0.w : f32[8, 5, 5, 1] = hex"0000803f..."
//     const @bias : f32[4] = [0.1, 0.2, 0, -inf]              # a list of up to 16 elements
//
//     func @main(%image: f32[N, 28, 28, 1], state h %h: f32[8] = @h0)
//         -> (%scores: f32[N, 10], state h %h_out: f32[8]) {
//       %conv0 = conv(%image, @conv0.w, @bias) {strides=[1, 1], pads=[2, 2, 2, 2],
//           dilations=[1, 1], group=1} epilogue(%acc: f32[], %b: f32[]) {
//         %s = add(%acc, %b) : f32[]
//         yield %s
//       } : f32[N, 28, 28, 8] loc("layer1/conv", "Conv", "net.py:12")
//       %out = if(%deep) then {
//         yield %a
//       } else {
//         yield %b
//       } : f32[N, 8]
//       %v, %0 = topk(%out) {count=[2], axis=1, largest=true, sorted=true} : f32[N, 2], i64[N, 2]
//       return %v, %h2
//     }
//   }
//
// (An op is one line up to its first block; here two are broken.) Names that are not
// [A-Za-z0-9_.$-]+, or that are digits alone, are quoted: %"input:0". A value without a name has a
// number. A name is seen to the end of its block and taken once: where a model has it twice, the
// second one gets a suffix. Absent operands are `_`; attributes and epilogues that are absent are
// not printed. Extents: 2*N + 1, floordiv(N, 2), ceildiv, min, max. Escapes of strings: \" \\ \n
// \t \r \xNN. `#` begins a comment.
//
// A module without name, format and checksum is written without its first and last line. By hand,
// the types of an op may be left out, and a list may be nested and as long as one likes.
#pragma once

#include "ir/graph.h"

namespace burin::ir {

struct PrintOptions {
  /// `...` for constants of more than 16 elements: to read, not to parse.
  bool elideConstants = false;
  bool locations = true;
  /// Messages printed as `# error: ...` behind the line of the op.
  std::vector<std::pair<const Op *, std::string>> annotations;
};

std::string print(const Module &, const PrintOptions & = {});
std::string print(const Function &, const PrintOptions & = {});
/// One op, constants elided, names as the values have them.
std::string print(const Op &);

/// Reads what print writes. Builds through Builder, so ill-typed ops are refused, and compares the
/// printed types with the inferred ones. Throws CompileError(invalid) with "file:line:column" as
/// Location::source.
std::unique_ptr<Module> parse(std::string_view text, std::string_view file);

} // namespace burin::ir

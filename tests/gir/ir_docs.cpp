// SPDX-License-Identifier: Apache-2.0
//
// burin_ir_docs: prints docs/ir.md, made of the rows of the op table.
#include "ir/ops.h"

#include <fmt/format.h>

namespace burin::tests {
namespace {

using ir::Arity;
using ir::OpDef;
using ir::OpFamily;
using ir::Trait;

constexpr std::string_view kHead = R"(# The IR

<!-- Made by burin_ir_docs from the rows in ir/ops. To change a text, change its row; `BLESS=1 ctest -R ir_docs` writes this page. -->

A module holds functions, constants and symbols; a function is a block of ops; a value is a tensor, a list or an optional. The text
form (`.gir`), an input and an output format of every stage, is described in [ir/text.h](../ir/text.h). The types of results are
inferred from the row of the op; no other place computes a shape.

**Elements** are f32, f16, bf16, f64; i8 to i64, u8 to u64; bool; i4, u4, i2, u2; f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz,
f4e2m1, f8e8m0; str; c64, c128. **Extents** are numbers, symbols with bounds (`dim N = 1..8`) or expressions over them
(`2*N + 1`, `floordiv(N, 2)`, `ceildiv`, `min`, `max`).

An operand with `?` may be absent (`_`), one with `…` stands for any number. Every attribute is written, but for those with `?`. A
word such as `epilogue` names a block of the op.
)";

struct FamilyNote {
  std::string_view family, text;
};
constexpr FamilyNote kNotes[] = {
    {"Elementwise", "Operands broadcast as in numpy. A scalar is a tensor of rank 0."},
    {"Shapes and movement",
     "Shapes are attributes, in extents. What a format gives as a tensor has become extents by "
     "folding, or by `bind` where only the run knows it."},
    {"Indexing",
     "Indices are i32 or i64; negative ones count from the end, and what is still out of range is "
     "moved to the nearest element in it."},
    {"Reductions", "The axes leave the shape."},
    {"Contractions and pooling",
     "Images are NHWC: [batch, spatial..., channels], with one to three spatial axes; pads are "
     "begins of every spatial axis, then ends. An epilogue is a block over single elements: its "
     "first argument is what the op computed, the others are the extras, which broadcast into the "
     "result; it yields the element of the result."},
    {"Normalisation", "Statistics are taken in f32 (f64 for f64), whatever the element type."},
    {"Recurrent cells",
     "A whole sequence with the semantics of ONNX: x [t, b, i], w [d, g*h, i], r [d, g*h, h], bias "
     "[d, 2*g*h] (input part, then recurrent part), lengths i32[b]; d is 2 for `bidirectional`. "
     "Results: y [t, d, b, h], the last h [d, b, h], the last c. direction: forward, reverse, "
     "bidirectional. clip 0: none."},
    {"Quantisation",
     "Real = scale * (integer - zero_point). A scale of rank 0 serves the whole tensor, of rank 1 "
     "the slices along `axis`, of the rank of x with block_size > 0 blocks of that many elements "
     "along `axis`."},
};

std::string operandsText(const auto &specs) {
  std::string text;
  for (const ir::OperandSpec &spec : specs)
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", spec.name,
                        spec.arity == Arity::optional   ? "?"
                        : spec.arity == Arity::variadic ? "…"
                                                        : "");
  return text;
}

std::string signature(const OpDef &op) {
  std::string text = fmt::format("{}({})", op.name, operandsText(op.operands));
  for (size_t i = 0; i < op.attrs.size(); ++i)
    text += fmt::format("{}{}: {}{}", i ? ", " : " {", op.attrs[i].name,
                        ir::attrKindName(op.attrs[i].kind), op.attrs[i].optional ? "?" : "");
  text += op.attrs.size() ? "}" : "";
  for (const std::string_view block : op.blocks)
    text += fmt::format(" {}", block);
  if (op.results.size())
    text += " → " + operandsText(op.results);
  return text;
}

std::string traitsText(const OpDef &op) {
  constexpr std::pair<Trait, std::string_view> kTraits[] = {
      {Trait::effect, "has an effect"},
      {Trait::commutative, "commutative"},
      {Trait::terminator, "terminator"},
      {Trait::view, "may share memory"},
      {Trait::random, "random"},
      {Trait::movement, "moves elements"},
      {Trait::definesDims, "defines dims"},
  };
  std::string text;
  for (const auto &[trait, word] : kTraits)
    if (op.is(trait))
      text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
  return text.empty() ? text : fmt::format(" *{}*", text);
}

void printFamily(const OpFamily &family) {
  fmt::print("\n## {}\n", family.title);
  for (const FamilyNote &note : kNotes)
    if (note.family == family.title)
      fmt::print("\n{}\n", note.text);
  for (const OpDef *op : family.ops)
    fmt::print("\n### {0}\n\n`{1}`\n\n{2}{3} [Cases](../tests/ops/{0}.gir)\n", op->name,
               signature(*op), op->doc, traitsText(*op));
}

} // namespace
} // namespace burin::tests

int main() {
  fmt::print("{}", burin::tests::kHead);
  for (const burin::ir::OpFamily &family : burin::ir::opFamilies())
    burin::tests::printFamily(family);
}

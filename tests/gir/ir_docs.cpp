// SPDX-License-Identifier: Apache-2.0
//
// burin_ir_docs ROOT: prints docs/ir.md, made of the rows of the op table. What an operand takes is
// asked of `infer`; the text of a constraint is that of a case in tests/errors, the example the
// first op in tests/ops.
#include "ir/ops.h"
#include "ir/ops/constraints.h"
#include "ir/text.h"
#include "tests/gir/accepted.h"
#include "tests/gir/run.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace burin::tests {
namespace {

using ir::Arity;
using ir::OpDef;
using ir::OpFamily;
using ir::Trait;

constexpr std::string_view kHead = R"(# The IR

<!-- Made by burin_ir_docs from the rows in ir/ops and the cases in tests/errors and tests/ops. To change a text, change its row;
`BLESS=1 ctest -R ir_docs` writes this page. -->

A module holds functions, constants and symbols; a function is a block of ops; a value is a tensor, a list or an optional. The text
form (`.gir`), an input and an output format of every stage, is described in [ir/text.h](../ir/text.h). The types of results are
inferred from the row of the op; no other place computes a shape.

**Extents** are numbers, symbols with bounds (`dim N = 1..8`) or expressions over them (`2*N + 1`, `floordiv(N, 2)`, `ceildiv`,
`min`, `max`).

**Elements** are

| word | element types |
|---|---|
| floats | f32, f16, bf16, f64 |
| integers | i8, i16, i32, i64, u8, u16, u32, u64 (the whole ones), i4, i2, u4, u2 (the small ones) |
| small floats | f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz, f4e2m1, f8e8m0 |
| numbers | all of these |
| | bool; str; c64, c128 |

How to read an op:

* The first line has its operands, attributes, blocks and results. An operand with `?` may be absent (`_`), one with `…` stands for
  any number of them. A word behind the attributes, such as `epilogue`, names a block.
* There are no defaults: every attribute is written, but for those with `?`. An axis may count from the end; the op has it from the
  front.
* *Operands* tells the element types that each takes; *as x*: the one that x has.
* *Refused* lists the constraints by the ids of their errors, as in `[conv.channels]`, with what such an error says. All ops refuse
  a missing or surplus operand (`operands`), and nearly all an operand that is no tensor (`tensor`).
* The example is the first op of its cases, in front of it the types of the operands.
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

/// Prose: `*` between letters is a multiplication, but for what is within backticks.
std::string escaped(std::string_view prose) {
  std::string text;
  bool isCode = false;
  for (size_t i = 0; i < prose.size(); ++i) {
    isCode = isCode != (prose[i] == '`');
    if (prose[i] == '*' && !isCode && i > 0 && prose[i - 1] != ' ')
      text += '\\';
    text += prose[i];
  }
  return text;
}

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

// ---- what the cases tell ----

/// The ops of its row in tests/ops, as long as the modules live.
struct Examples {
  std::vector<std::unique_ptr<ir::Module>> modules;
  std::vector<const ir::Op *> ops;

  Examples(const std::filesystem::path &root, const OpDef &op) {
    const std::filesystem::path path = root / "tests/ops" / fmt::format("{}.gir", op.name);
    if (!std::filesystem::exists(path))
      return; // burin_completeness tells
    for (const Case &c : readCases(path.string()).cases) {
      Outcome outcome;
      std::unique_ptr<ir::Module> module = parseCase(c, outcome);
      if (!module)
        continue;
      for (const auto &function : module->functions)
        function->body.walk([&](ir::Op &each) {
          if (each.is(op))
            ops.push_back(&each);
        });
      modules.push_back(std::move(module));
    }
  }
};

/// "x, y: floats; indices: i32, i64".
std::string operandTypes(const OpDef &op, const Examples &examples) {
  AcceptedElements accepted{op};
  for (const ir::Op *each : examples.ops)
    accepted.ask(*each);
  std::string text;
  for (size_t i = 0; i < op.operands.size(); ++i)
    if (const std::string elements = accepted.text(i); !elements.empty()) {
      const std::optional<size_t> as = accepted.as(i);
      text += fmt::format("{}`{}` {}", text.empty() ? "" : "; ", op.operands[i].name,
                          as ? fmt::format("as {}", op.operands[*as].name) : elements);
    }
  return text;
}

/// What the first case with this constraint says.
std::string errorText(const TestFile &file, std::string_view id) {
  constexpr std::string_view kMark = "# error: ";
  for (const Case &c : file.cases)
    for (const std::string &line : linesOf(c.text)) {
      const size_t at = line.find(kMark), code = line.find(fmt::format(" [{}]", id));
      if (at != line.npos && code != line.npos)
        return line.substr(at + kMark.size(), code - at - kMark.size());
    }
  return {};
}

void printConstraints(const std::filesystem::path &root, const OpDef &op) {
  const auto *row = std::ranges::find(ir::kConstraints, op.name, &ir::OpConstraints::op);
  const std::filesystem::path path = root / "tests/errors" / fmt::format("{}.gir", op.name);
  if (row == std::end(ir::kConstraints) || row->ids.size() == 0 || !std::filesystem::exists(path))
    return;
  const TestFile file = readCases(path.string());
  std::vector<std::string> texts;
  for (const std::string_view id : row->ids)
    if (id != "tensor") // of nearly all
      texts.push_back(
          fmt::format("`{}`: {}", id, escaped(errorText(file, fmt::format("{}.{}", op.name, id)))));
  if (texts.size() == 1)
    fmt::print("\nRefused: {}.\n", texts.front());
  else if (!texts.empty())
    fmt::print("\nRefused:\n* {}\n", fmt::join(texts, "\n* "));
}

/// One without blocks, where they are optional.
const ir::Op *exampleOf(const OpDef &op, const Examples &examples) {
  const auto plain =
      std::ranges::find_if(examples.ops, [](const ir::Op *each) { return each->numBlocks() == 0; });
  if (op.is(Trait::reduction) && plain != examples.ops.end())
    return *plain;
  return examples.ops.empty() ? nullptr : examples.ops.front();
}

void printExample(const ir::Op &op) {
  std::string types;
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (const ir::Value *v = op.operand(i))
      types += fmt::format("{}{}{}: {}", types.empty() ? "# " : ", ", v->isConstant() ? '@' : '%',
                           v->name, v->type.text());
  fmt::print("\n```\n{}{}{}\n```\n", types, types.empty() ? "" : "\n", trimmed(ir::print(op)));
}

// ---- the page ----

void printOp(const std::filesystem::path &root, const OpDef &op) {
  const Examples examples{root, op};
  fmt::print("\n### {0}\n\n`{1}`\n\n{2}{3} [Cases](../tests/ops/{0}.gir)\n", op.name, signature(op),
             escaped(op.doc), traitsText(op));
  if (const std::string types = operandTypes(op, examples); !types.empty())
    fmt::print("\nOperands: {}.\n", types);
  printConstraints(root, op);
  if (const ir::Op *example = exampleOf(op, examples))
    printExample(*example);
}

std::string anchor(std::string_view title) {
  std::string text;
  for (const char c : title)
    if (c == ' ')
      text += '-';
    else if (c != ',')
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void printIndex() {
  fmt::print("\n| family | ops |\n|---|---|\n");
  for (const OpFamily &family : ir::opFamilies()) {
    fmt::print("| [{}](#{}) |", family.title, anchor(family.title));
    for (const OpDef *op : family.ops)
      fmt::print(" [{0}](#{0})", op->name);
    fmt::print(" |\n");
  }
}

void printFamily(const std::filesystem::path &root, const OpFamily &family) {
  fmt::print("\n## {}\n", family.title);
  for (const FamilyNote &note : kNotes)
    if (note.family == family.title)
      fmt::print("\n{}\n", escaped(note.text));
  for (const OpDef *op : family.ops)
    printOp(root, *op);
}

} // namespace
} // namespace burin::tests

int main(int argc, char **argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: burin_ir_docs ROOT\n");
    return 2;
  }
  fmt::print("{}", burin::tests::kHead);
  burin::tests::printIndex();
  for (const burin::ir::OpFamily &family : burin::ir::opFamilies())
    burin::tests::printFamily(argv[1], family);
}

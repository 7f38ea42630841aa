// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN: constant weights are packed as the kernels read them; others by the step.
#include "codegen/kernels/expression.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/packing.h"
#include "ir/ops.h"

#include "burin/rt/rnn_layer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;
namespace rt = burin::rt;

/// An operand that the kernels read packed.
struct Weight {
  size_t operand;
  std::string_view name, pack; ///< "input", "packInput"
  const rt::F32 *(*make)(const rt::RnnWeights &, const float *, float *);
  ptrdiff_t (rt::RnnWeights::*floats)() const; ///< of one direction
};
constexpr Weight kWeights[] = {
    {1, "input", "packInput", rt::packInput, &rt::RnnWeights::inputFloats},
    {2, "state", "packState", rt::packState, &rt::RnnWeights::stateFloats},
    {3, "bias", "packBias", rt::packBias, &rt::RnnWeights::biasFloats},
    {7, "peephole", "packPeephole", rt::packPeephole, &rt::RnnWeights::peepholeFloats},
};

const Value *operandOrNull(const Op &op, size_t i) {
  return i < op.numOperands() ? op.operand(i) : nullptr;
}

std::string cellName(const Op &op) {
  return op.is(ops::gru) && op[attr::linearBeforeReset] ? "gruLinear" : std::string(op.def.name);
}
rt::Cell cellOf(const Op &op) {
  if (op.is(ops::gru))
    return op[attr::linearBeforeReset] ? rt::Cell::gruLinear : rt::Cell::gru;
  return op.is(ops::lstm) ? rt::Cell::lstm : rt::Cell::rnn;
}

Packed packWeight(const Op &op, const Weight &weight, const Value *from,
                  const rt::RnnWeights &shape) {
  Packed packed;
  packed.from = from;
  packed.count = (shape.*weight.floats)() * shape.directions;
  packed.layout = fmt::format("{} of {}, panels of {}", weight.name, cellName(op), shape.panel);
  packed.make = [&weight, from, shape, count = packed.count] {
    const std::vector<float> values = kernels::floats(from);
    std::vector<float> out(static_cast<size_t>(count));
    weight.make(shape, values.data(), out.data());
    return toBytes(out);
  };
  return packed;
}

/// "rt::Activations<rt::Sigmoid, rt::Tanh, rt::Tanh>{}" of one direction.
std::string activationsText(const Op &op, size_t direction, size_t directions) {
  const ir::Strings &names = op[attr::activations];
  const size_t each = names.size() / directions;
  std::string text;
  for (size_t i = 0; i < each; ++i)
    text += fmt::format("{}rt::{}", i ? ", " : "", names[direction * each + i]);
  return fmt::format("rt::Activations<{}>{{}}", text);
}

void emitRecurrent(Call &call) {
  const Op &op = call.op;
  const ir::Shape &x = op.operand(0)->type.shape();
  const bool isLstm = op.is(ops::lstm);
  const int hidden = static_cast<int>(op[attr::hidden]),
            directions = op[attr::direction] == "bidirectional" ? 2 : 1;
  const int panel = panelFor(call.target, hidden), most = static_cast<int>(x[2].bounds().hi);
  const rt::RnnWeights shape{cellOf(op), directions, most, hidden, panel};
  call.name = cellName(op);
  call.include("burin/rt/rnn_layer.h");
  const std::string steps = call.number(x[0], "steps"), batch = call.number(x[1], "batch"),
                    inputs = call.number(x[2], "inputs");
  const std::string in = call.read(op.operand(0), "x");
  call.line(fmt::format("const rt::RnnWeights shape{{rt::Cell::{}, {}, {}, {}, {}}};", call.name,
                        directions, inputs, hidden, panel));
  call.line("float *scratch = static_cast<float *>(static_cast<void *>(work.scratch));");
  std::vector<std::string> weights;
  ptrdiff_t packedFloats = 0;
  for (const Weight &w : kWeights) {
    const Value *from = w.operand < 7 || isLstm ? operandOrNull(op, w.operand) : nullptr;
    if (!from) {
      weights.emplace_back("nullptr");
      continue;
    }
    weights.emplace_back(w.name);
    if (from->isConstant()) {
      call.packed(packWeight(op, w, from, shape), std::string(w.name));
      continue;
    }
    const std::string given = call.read(from, fmt::format("{}Weights", w.name));
    const ptrdiff_t floats = (shape.*w.floats)() * directions;
    call.line(
        fmt::format("const rt::F32 *{} = rt::{}(shape, {}, scratch);", w.name, w.pack, given));
    call.line(fmt::format("scratch += {};", floats));
    packedFloats += floats;
  }
  const auto optional = [&](size_t i, std::string_view name) {
    return operandOrNull(op, i) ? call.read(op.operand(i), std::string(name)) : "nullptr";
  };
  const std::string lengths = optional(4, "lengths"), h0 = optional(5, "h0"),
                    c0 = isLstm ? optional(6, "c0") : "nullptr";
  const std::string y = call.writeIfMade(op.result(0), "y"),
                    hn = call.writeIfMade(op.result(1), "hn"),
                    cn = isLstm ? call.writeIfMade(op.result(2), "cn") : "nullptr";
  call.line("const rt::RnnLayer layer{");
  const auto member = [&](std::string_view value, std::string_view name) {
    call.line(fmt::format("    {}, // {}", value, name));
  };
  member("shape", "the weights");
  member(steps, "steps");
  member(batch, "batch");
  member(in, "x");
  for (size_t i = 0; i < weights.size(); ++i)
    member(weights[i], kWeights[i].name);
  member(lengths, "lengths");
  member(h0, "h0");
  member(c0, "c0");
  member(y, "y");
  member(hn, "hn");
  member(cn, "cn");
  member(floatLiteral(op[attr::clip], ElementType::f32), "clip");
  call.line("};");
  for (int d = 0; d < directions; ++d)
    call.line(fmt::format(
        "rt::recurrentLayer<{}, rt::Cell::{}>(layer, {}, {}, {}, {}, scratch);", panel, call.name,
        d, d == 1 || op[attr::direction] == "reverse", isLstm && op[attr::inputForget],
        activationsText(op, static_cast<size_t>(d), static_cast<size_t>(directions))));
  const Dim gates = shape.gates(), padded = shape.padded();
  call.scratchBytes = 4 * (packedFloats + ((x[0] * gates + 4) * x[1] * padded).bounds().hi);
  call.macs = x[0] * x[1] * gates * hidden * (x[2] + hidden) * directions;
}

bool isF32(const Op &op, const Target &) {
  return op.operand(0)->type.element() == ElementType::f32;
}

constexpr KernelDef kRecurrent[] = {
    {.op = &ops::lstm, .variant = "packed gates", .applies = isF32, .emit = emitRecurrent},
    {.op = &ops::gru, .variant = "packed gates", .applies = isF32, .emit = emitRecurrent},
    {.op = &ops::rnn, .variant = "packed gates", .applies = isF32, .emit = emitRecurrent},
};

} // namespace

std::span<const KernelDef> recurrentKernels() { return kRecurrent; }

} // namespace burin::kernels

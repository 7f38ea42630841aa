// SPDX-License-Identifier: Apache-2.0
//
// Random numbers.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/random.h"

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

void random(Evaluation &e) {
  const auto seed = static_cast<uint64_t>(e.op[attr::seed]);
  const double low = e.op[attr::low], high = e.op[attr::high];
  const rt::Work work = allOf(static_cast<int64_t>(e.out().count()));
  // In double, so that small types are rounded once.
  ir::Tensor drawn{e.out().type.withElement(ElementType::f64)};
  if (e.op[attr::distribution] == "uniform")
    rt::randomUniform(seed, low, high, elements<double>(drawn), work);
  else
    rt::randomNormal(seed, low, high, elements<double>(drawn), work);
  for (size_t i = 0; i < drawn.count(); ++i)
    e.out().setNumber(i, drawn.number(i));
}

constexpr EvaluateDef kOther[] = {{&ops::random, random}};

} // namespace

std::span<const EvaluateDef> otherEvaluations() { return kOther; }

} // namespace burin::kernels

// SPDX-License-Identifier: Apache-2.0
//
// Matrix products.
#include "codegen/kernels/contraction.h"
#include "codegen/kernels/elementwise.h"
#include "codegen/kernels/families.h"
#include "codegen/kernels/packing.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

std::string nd(const std::vector<std::string> &v) {
  return fmt::format("rt::Nd<{}>{{{{{}}}}}", v.size(), fmt::join(v, ", "));
}

struct Matmul {
  Dims batch; ///< broadcast
  Dim m, n, k;
  std::vector<Dim> aStride, bStride;   ///< of the batch axes, in elements; 0 where it broadcasts
  bool aShared = true, bShared = true; ///< no batch axis steps
};

Matmul describeMatmul(const Op &op) {
  const Type &a = op.operand(0)->type, &b = op.operand(1)->type;
  const bool ta = op[attr::transposeA], tb = op[attr::transposeB];
  Matmul d;
  d.m = a.dim(a.rank() - (ta ? 1 : 2));
  d.k = a.dim(a.rank() - (ta ? 2 : 1));
  d.n = b.dim(b.rank() - (tb ? 2 : 1));
  const ir::Shape &out = op.result()->type.shape();
  d.batch.assign(out.begin(), out.end() - 2);
  const auto strides = [&](const Type &t, std::vector<Dim> &into, bool &shared) {
    into.assign(d.batch.size(), 0);
    Dim step = t.dim(t.rank() - 1) * t.dim(t.rank() - 2);
    for (size_t i = 0; i + 2 < t.rank(); ++i) {
      const size_t axis = t.rank() - 3 - i;
      if (!t.dim(axis).isNumber(1)) {
        into[d.batch.size() - 1 - i] = step;
        shared = false;
      }
      step = step * t.dim(axis);
    }
  };
  strides(a, d.aStride, d.aShared);
  strides(b, d.bStride, d.bShared);
  return d;
}

/// Of rows of f32 that the register tile can sum: it reads at least one element of each.
bool isTiled(const Op &op) {
  return isF32(op.operand(0)) && isF32(op.operand(1)) && !op[attr::transposeA] &&
         describeMatmul(op).k.bounds().lo > 0;
}

bool isPackedMatmul(const Op &op, const Target &) {
  return isTiled(op) && op.operand(1)->isConstant() && describeMatmul(op).bShared;
}

bool isGemv(const Op &op, const Target &target) {
  const Matmul d = describeMatmul(op);
  return isPackedMatmul(op, target) && (ir::product(d.batch) * d.m).isNumber(1);
}

void emitPackedMatmul(Call &call) {
  const Op &op = call.op;
  const Matmul d = describeMatmul(op);
  const Dim rows = ir::product(d.batch) * d.m;
  const int64_t n = d.n.number();
  const int panel = panelFor(call.target, n);
  const bool vector = isGemv(op, call.target);
  call.include(vector ? "burin/rt/gemv.h" : "burin/rt/gemm.h");
  call.include("burin/rt/math.h");
  const std::string in = call.read(op.operand(0), "in");
  const std::string weight =
      call.packed(packMatrix(op.operand(1), op[attr::transposeB], panel), "weight");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const std::string m = call.tiled(rows, "rows");
  // A product with a vector is short: its loops gain from extents that are known.
  const std::string columns = call.extent(n, "columns", !vector),
                    depth = call.extent(d.k, "depth", !vector && call.target.panel >= 16);
  const std::string lda = call.number(d.k, "depth", true), ldc = call.number(n, "columns", true);
  call.name = fmt::format("dense{}x{}{}", lda, ldc, epilogueName(op));
  if (vector)
    call.line(fmt::format("rt::gemv<{}>({}, {}, {}, {}, {}, {}, work);", panel, columns, depth, in,
                          weight, out, epilogue));
  else
    call.line(fmt::format("rt::{}<{}>({}, {}, {}, {}, {}, {}, {}, {}, {}, work);",
                          n % panel ? "gemmExact" : "gemm", panel, m, columns, depth, in, lda,
                          weight, out, ldc, epilogue));
  call.units = (n + panel - 1) / panel;
  call.unitsOf = fmt::format("panels of {}", panel);
  call.macs = rows * d.n * d.k;
}

std::string batchText(Call &call, const Matmul &d) {
  // Without batch axes a batch of one.
  std::vector<std::string> shape, a, b, c;
  Dim cStep = d.m * d.n;
  std::vector<Dim> cStride(d.batch.size());
  for (size_t i = d.batch.size(); i-- > 0;) {
    cStride[i] = cStep;
    cStep = cStep * d.batch[i];
  }
  for (size_t i = 0; i < d.batch.size(); ++i) {
    shape.push_back(call.number(d.batch[i], fmt::format("batch{}", i)));
    a.push_back(call.number(d.aStride[i], fmt::format("aBatch{}", i)));
    b.push_back(call.number(d.bStride[i], fmt::format("bBatch{}", i)));
    c.push_back(call.number(cStride[i], fmt::format("cBatch{}", i)));
  }
  if (d.batch.empty()) {
    shape = {"1"};
    a = b = c = {"0"};
  }
  return fmt::format("rt::GemmBatch<{}>{{{}, {}, {}, {}}}", shape.size(), nd(shape), nd(a), nd(b),
                     nd(c));
}

bool isDynamicMatmul(const Op &op, const Target &) { return isTiled(op); }

void emitDynamicMatmul(Call &call) {
  const Op &op = call.op;
  const Matmul d = describeMatmul(op);
  const int panel = d.n.isNumber() ? panelFor(call.target, d.n.number()) : call.target.panel;
  const bool tb = op[attr::transposeB];
  call.name = fmt::format("matmul{}x{}{}", d.k.isNumber() ? d.k.text() : "K",
                          d.n.isNumber() ? d.n.text() : "N", epilogueName(op));
  call.include("burin/rt/gemm_dynamic.h");
  call.include("burin/rt/math.h");
  const std::string a = call.read(op.operand(0), "a"), b = call.read(op.operand(1), "b");
  const std::string out = call.write(op.result(), "out");
  const std::string epilogue = call.functor(epilogueFunctor(op, 2), "epilogue");
  const std::string m = call.extent(d.m, "rows"), n = call.extent(d.n, "columns"),
                    k = call.extent(d.k, "depth");
  const std::string lda = call.number(d.k, "lda"), ldc = call.number(d.n, "ldc");
  const std::string bRow = tb ? "1" : call.number(d.n, "bRow"),
                    bColumn = tb ? call.number(d.k, "bColumn") : "1";
  call.line(fmt::format("const auto batch = {};", batchText(call, d)));
  call.line(
      fmt::format("rt::gemmDynamic<{}>(batch, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, work);",
                  panel, m, n, k, a, lda, b, bRow, bColumn, out, ldc, epilogue));
  call.units = ir::product(d.batch) * ceilDiv(d.n, panel);
  call.unitsOf = fmt::format("panels of {}", panel);
  call.scratchBytes = d.k.bounds().hi * panel * 4;
  call.macs = ir::product(d.batch) * d.m * d.n * d.k;
}

void emitScalarMatmul(Call &call) {
  const Op &op = call.op;
  const Matmul d = describeMatmul(op);
  const bool ta = op[attr::transposeA], tb = op[attr::transposeB];
  const bool integer = op.is(ops::matmul_integer);
  call.name = integer ? "matmulInteger" : "matmul";
  call.include(integer ? "burin/rt/integer.h" : "burin/rt/matmul.h");
  call.include("burin/rt/numeric.h");
  const std::string a = call.read(op.operand(0), "a"), b = call.read(op.operand(1), "b");
  std::string zeros;
  if (integer) {
    for (const size_t i : {size_t{2}, size_t{3}}) {
      const Value *zero = i < op.numOperands() ? op.operand(i) : nullptr;
      const std::string element = elementCpp(op.operand(i - 2)->type.element());
      const std::string p = zero ? call.read(zero, i == 2 ? "aZero" : "bZero") : "nullptr";
      const bool one = !zero || zero->type.count().isNumber(1);
      zeros += fmt::format("rt::IntegerZero<{}>{{{}, {}}}, ", element, p, one ? 0 : 1);
    }
  }
  const std::string out = call.write(op.result(), "out");
  const std::string m = call.number(d.m, "rows"), n = call.number(d.n, "columns"),
                    k = call.number(d.k, "depth");
  call.line(fmt::format("const auto batch = {};", batchText(call, d)));
  const std::string aStride = ta ? nd({"1", m}) : nd({k, "1"}),
                    bStride = tb ? nd({"1", k}) : nd({n, "1"}), cStride = nd({n, "1"});
  if (integer)
    call.line(fmt::format(
        "rt::matmulInteger(batch, {}, {}, {}, {}, {}, {}, {}, {}{}, {}, rt::Keep{{}}, work);", m, n,
        k, a, aStride, b, bStride, zeros, out, cStride));
  else
    call.line(
        fmt::format("rt::matmulScalar<{}>(batch, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, work);",
                    accumulator(op.operand(0)->type.element()), m, n, k, a, aStride, b, bStride,
                    out, cStride, storeAs(op.operand(0)->type.element())));
  call.units = ir::product(d.batch) * d.m;
  call.unitsOf = "rows";
  call.macs = ir::product(d.batch) * d.m * d.n * d.k;
}

std::string whyGemv(const Op &, const Target &) { return "one row: the weights are read once"; }
std::string whyGemm(const Op &op, const Target &) {
  const Matmul d = describeMatmul(op);
  return fmt::format("{} rows by constant weights", (ir::product(d.batch) * d.m).text());
}

constexpr KernelDef kLinear[] = {
    {.op = &ops::matmul,
     .variant = "gemv",
     .applies = isGemv,
     .emit = emitPackedMatmul,
     .epilogue = true,
     .reason = whyGemv},
    {.op = &ops::matmul,
     .variant = "gemm",
     .applies = isPackedMatmul,
     .emit = emitPackedMatmul,
     .epilogue = true,
     .reason = whyGemm},
    {.op = &ops::matmul,
     .variant = "gemm of two activations",
     .applies = isDynamicMatmul,
     .emit = emitDynamicMatmul,
     .epilogue = true},
    {.op = &ops::matmul, .variant = "scalar", .emit = emitScalarMatmul},
    {.op = &ops::matmul_integer, .variant = "scalar", .emit = emitScalarMatmul},
};

} // namespace

std::span<const KernelDef> linearKernels() { return kLinear; }

} // namespace burin::kernels

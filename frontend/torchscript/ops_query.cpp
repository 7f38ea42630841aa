// SPDX-License-Identifier: Apache-2.0
//
// Texts, ranges, and questions about tensors.
#include "frontend/torchscript/lowering.h"

#include <fmt/format.h>

namespace burin::torchscript {
namespace {

// ---- texts ----

/// Each {} by the next value.
Host format(const Call &n) {
  const std::string &pattern = n.text("self");
  std::string result;
  size_t next = 1;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.compare(i, 2, "{}") == 0 && next < n.values.size()) {
      result += textOf(n.values[next++]);
      ++i;
    } else {
      result += pattern[i];
    }
  }
  return result;
}

Host nothing(const Call &) { return None{}; }

/// A run has no output but its tensors.
Host print(const Call &n) {
  std::string text;
  for (const Host &h : n.values)
    text += fmt::format("{}{}", text.empty() ? "" : " ",
                        h.holds<TensorRef>() || h.holds<RunNumber>() ? "..." : textOf(h));
  n.note(fmt::format(": print(\"{}\") is left out: a compiled model prints nothing", text));
  return None{};
}
Host warn(const Call &n) {
  n.note(fmt::format(": the model warns: {}", n.text("message")));
  return None{};
}
Host no(const Call &) { return false; }
Host identity(const Call &n) { return n.values[0]; }

Host lengthOfText(const Call &n) { return Dim(static_cast<int64_t>(n.text("s").size())); }

// ---- ranges ----

Host rangeLength(const Call &n) {
  const Dim lo = n.dim("lo"), hi = n.dim("hi");
  const int64_t step = n.integer("step");
  if (step == 0)
    n.fail("range", "a range with the step 0");
  return max(step > 0 ? ceilDiv(hi - lo, step) : ceilDiv(lo - hi, -step), 0);
}

Host deriveIndex(const Call &n) {
  const Host i = n.number(0);
  const Dim start = n.dim("start"), step = n.dim("step");
  if (const Dim *d = i.find<Dim>())
    return start + *d * step;
  const compose::Arith is{n.to};
  return RunNumber{is.add(is.mul(n.in.scalarOf(i), n.in.scalarOf(step)), n.in.scalarOf(start))};
}

// ---- questions about tensors ----

Host sizeOf(const Call &n) {
  const ir::Shape &shape = n.value("self")->type.shape();
  return shape[static_cast<size_t>(n.axis("dim", shape.size()))];
}

Host sizes(const Call &n) {
  std::vector<Host> items;
  for (const Dim &d : n.value("self")->type.shape())
    items.emplace_back(d);
  return makeList(std::move(items), Type{Type::Kind::integer, {}, {}, 0});
}

Host rankOf(const Call &n) { return Dim(static_cast<int64_t>(n.value("self")->type.rank())); }
Host countOf(const Call &n) { return n.value("self")->type.count(); }
Host lengthOfTensor(const Call &n) {
  const ir::Shape &shape = n.value("t")->type.shape();
  if (shape.empty())
    n.fail("len", "a tensor without axes has no length");
  return shape[0];
}
Host dtype(const Call &n) { return Dim(dtypeOf(n.value("a")->type.element())); }
Host device(const Call &) { return Device{"cpu"}; }
Host makeDevice(const Call &n) { return Device{n.text("a")}; }
Host makeIndexedDevice(const Call &n) { return Device{n.text("type")}; }
Host isContiguous(const Call &n) { return n.ref("self")->isContiguous(); }
Host isNonzero(const Call &n) {
  Value *x = n.value("self");
  if (!x->type.count().isNumber(1))
    n.fail("shape", "the truth of a tensor of several elements");
  return n.in.numberOf(compose::cast(n.to, x, ElementType::boolean));
}
Host isSameSize(const Call &n) {
  return n.value("self")->type.shape() == n.value("other")->type.shape();
}
Host isSigned(const Call &n) { return !ir::isUnsignedInteger(n.value("self")->type.element()); }
Host elementBytes(const Call &n) {
  return Dim(static_cast<int64_t>(ir::elementSize(n.value("self")->type.element())));
}
Host isFloatingPoint(const Call &n) { return ir::isFloat(n.value("self")->type.element()); }
Host zero(const Call &) { return Dim(0); }

constexpr Lowering kQuery[] = {
    {"aten::format(str self, ...) -> str", format},
    {"aten::warn(str message, int stacklevel=2) -> ()", warn},
    {"prim::Print(...) -> ()", print},
    {"aten::len.str(str s) -> int", lengthOfText},
    {"aten::__range_length(int lo, int hi, int step) -> int", rangeLength},
    {"aten::__derive_index(int index, int start, int step) -> int", deriveIndex},
    {"aten::size.int(Tensor self, int dim) -> int", sizeOf},
    {"aten::size(Tensor self) -> int[]", sizes},
    {"prim::shape(Tensor self) -> int[]", sizes},
    {"aten::dim(Tensor self) -> int", rankOf},
    {"aten::numel(Tensor self) -> int", countOf},
    {"aten::len.Tensor(Tensor t) -> int", lengthOfTensor},
    {"prim::dtype(Tensor a) -> int", dtype},
    {"prim::device(Tensor a) -> Device", device},
    {"prim::layout(Tensor a) -> Layout", zero},
    {"prim::is_nested(Tensor a) -> bool", no},
    {"prim::is_sparse(Tensor a) -> bool", no},
    {"prim::is_quantized(Tensor a) -> bool", no},
    {"prim::is_cuda(Tensor a) -> bool", no},
    {"prim::requires_grad(Tensor a) -> bool", no},
    {"aten::device(str a) -> Device", makeDevice},
    {"aten::is_floating_point(Tensor self) -> bool", isFloatingPoint},
    {"aten::is_grad_enabled() -> bool", no},
    {"aten::is_autocast_enabled() -> bool", no},
    {"aten::is_autocast_cpu_enabled() -> bool", no},
    {"aten::set_grad_enabled(bool val) -> ()", nothing},
    {"aten::is_contiguous(Tensor self) -> bool", isContiguous},
    {"aten::is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool", nullptr},
    {"aten::is_nonzero(Tensor self) -> bool", isNonzero},
    {"aten::is_complex(Tensor self) -> bool", no},
    {"aten::is_same_size(Tensor self, Tensor other) -> bool", isSameSize},
    {"aten::is_signed(Tensor self) -> bool", isSigned},
    {"aten::element_size(Tensor self) -> int", elementBytes},
    {"aten::device.with_index(str type, int index) -> Device", makeIndexedDevice},
    {"aten::_unwrap_optional(t(a)? optional) -> t(a)", identity},
    {"prim::unchecked_unwrap_optional(t(a)? optional) -> t(a)", identity},
    {"aten::wait(Future(t) self) -> t", identity},
};

} // namespace

std::span<const Lowering> queryLowerings() { return kQuery; }

} // namespace burin::torchscript

// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/einsum.h"

#include "frontend/common/compose.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace burin::compose {
namespace ops = ir::ops;
namespace attr = ir::attr;
namespace {

struct Einsum {
  Builder &to;
  std::string_view equation;
  std::span<Value *const> operands;
  const Refuse &refuse;

  void fail(std::string text) const { refuse(Problem::invalid, std::move(text)); }
};

/// A label an axis: a letter, or 256 + i for the i-th axis of an ellipsis from the end.
using Labels = std::vector<int>;

struct Labelled {
  Value *value;
  Labels labels;
};

bool holds(const Labels &labels, int label) {
  return std::ranges::find(labels, label) != labels.end();
}

struct Equation {
  std::vector<Labels> operands;
  Labels result;
};

constexpr int kEllipsis = 256, kMostEllipsis = 32;

/// Labels of one term; the ellipsis stands for as many axes as the rank leaves.
Labels termLabels(const Einsum &n, std::string_view term, size_t ellipsisAxes) {
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (term.substr(i, 3) == "...") {
      for (size_t k = ellipsisAxes; k-- > 0;)
        labels.push_back(kEllipsis + static_cast<int>(k));
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(term[i]))) {
      labels.push_back(term[i]);
    } else {
      n.fail(fmt::format("'{}' is no label", term[i]));
    }
  }
  return labels;
}

Equation parse(const Einsum &n) {
  std::string text = std::string(n.equation);
  std::erase_if(text, [](char c) { return c == ' '; });
  const size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  std::vector<std::string> terms;
  for (size_t begin = 0;;) {
    const size_t comma = left.find(',', begin);
    terms.push_back(left.substr(begin, comma == std::string::npos ? comma : comma - begin));
    if (comma == std::string::npos)
      break;
    begin = comma + 1;
  }
  if (terms.size() != n.operands.size())
    n.fail(fmt::format("the equation has {} operands and the operator {}", terms.size(),
                       n.operands.size()));
  Equation equation;
  size_t widest = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const bool open = terms[i].find("...") != std::string::npos;
    const size_t letters = terms[i].size() - (open ? 3 : 0);
    if (letters > n.operands[i]->type.rank() || (!open && letters != n.operands[i]->type.rank()) ||
        n.operands[i]->type.rank() - letters > kMostEllipsis)
      n.fail(fmt::format("operand {} has rank {} and the term '{}'", i, n.operands[i]->type.rank(),
                         terms[i]));
    widest = std::max(widest, n.operands[i]->type.rank() - letters);
    equation.operands.push_back(termLabels(n, terms[i], n.operands[i]->type.rank() - letters));
  }
  if (arrow != std::string::npos) {
    equation.result = termLabels(n, std::string_view(text).substr(arrow + 2), widest);
    return equation;
  }
  // Without an arrow: the ellipsis, then the labels that occur once, in order.
  for (size_t k = widest; k-- > 0;)
    equation.result.push_back(kEllipsis + static_cast<int>(k));
  std::map<int, int> counts;
  for (const Labels &labels : equation.operands)
    for (const int l : labels)
      ++counts[l];
  for (const auto &[label, count] : counts)
    if (label < kEllipsis && count == 1)
      equation.result.push_back(label);
  return equation;
}

/// The diagonal along the axes of a label that occurs twice.
Labelled withoutRepeats(const Einsum &n, Labelled x) {
  for (size_t i = 0; i < x.labels.size(); ++i)
    for (size_t j = i + 1; j < x.labels.size(); ++j) {
      if (x.labels[i] != x.labels[j])
        continue;
      // Both axes last, as one of d * d elements, of which every (d + 1)-th is on the diagonal.
      Ints perm;
      Labels labels;
      for (size_t k = 0; k < x.labels.size(); ++k)
        if (k != i && k != j) {
          perm.push_back(static_cast<int64_t>(k));
          labels.push_back(x.labels[k]);
        }
      perm.push_back(static_cast<int64_t>(i));
      perm.push_back(static_cast<int64_t>(j));
      labels.push_back(x.labels[i]);
      Value *y = transpose(n.to, x.value, perm);
      const Dim d = y->type.dim(perm.size() - 1);
      if (!d.isNumber() || y->type.dim(perm.size() - 2) != d)
        n.refuse(Problem::unsupported, "a repeated label on an extent that is no number");
      Dims shape = y->type.shape();
      shape.resize(shape.size() - 2);
      shape.push_back(d * d);
      y = sliceAxis(n.to, reshape(n.to, y, shape), shape.size() - 1, 0, d, d.number() + 1);
      return withoutRepeats(n, {y, labels});
    }
  return x;
}

/// Sums away the labels that `kept` does not hold.
Labelled summed(const Einsum &n, const Labelled &x, const Labels &kept) {
  Ints axes;
  Labels labels;
  for (size_t i = 0; i < x.labels.size(); ++i)
    if (holds(kept, x.labels[i]))
      labels.push_back(x.labels[i]);
    else
      axes.push_back(static_cast<int64_t>(i));
  return axes.empty() ? x
                      : Labelled{n.to.make(ops::reduce_sum, {x.value}, {attr::axes(axes)}), labels};
}

/// The axes in this order; labels that x lacks become extents of 1.
Value *arranged(const Einsum &n, const Labelled &x, const Labels &order) {
  Ints perm;
  Dims shape;
  for (const int label : order) {
    const auto it = std::ranges::find(x.labels, label);
    if (it == x.labels.end()) {
      shape.emplace_back(1);
      continue;
    }
    perm.push_back(it - x.labels.begin());
    shape.push_back(x.value->type.dim(static_cast<size_t>(perm.back())));
  }
  Value *y = std::ranges::is_sorted(perm) ? x.value : transpose(n.to, x.value, perm);
  return reshape(n.to, y, shape);
}

/// a times b, summed over what neither the result nor a later operand needs.
Labelled product(const Einsum &n, Labelled a, Labelled b, const Labels &needed) {
  Labels keptByA = needed, keptByB = needed;
  keptByA.insert(keptByA.end(), b.labels.begin(), b.labels.end());
  keptByB.insert(keptByB.end(), a.labels.begin(), a.labels.end());
  a = summed(n, a, keptByA);
  b = summed(n, b, keptByB);
  const auto extent = [](const Labelled &x, int label) {
    return x.value->type.dim(
        static_cast<size_t>(std::ranges::find(x.labels, label) - x.labels.begin()));
  };
  Labels batch, depth, rows, columns;
  bool asMatrix = n.operands[0]->type.element() != ElementType::boolean &&
                  ir::elementSize(n.operands[0]->type.element()) >=
                      (ir::isFloat(n.operands[0]->type.element()) ? 2u : 4u);
  for (const int l : a.labels)
    if (!holds(b.labels, l)) {
      rows.push_back(l);
    } else {
      (holds(needed, l) ? batch : depth).push_back(l);
      asMatrix = asMatrix && extent(a, l) == extent(b, l); // else one of them is repeated
    }
  for (const int l : b.labels)
    if (!holds(a.labels, l))
      columns.push_back(l);
  const auto joined = [](std::initializer_list<const Labels *> parts) {
    Labels all;
    for (const Labels *p : parts)
      all.insert(all.end(), p->begin(), p->end());
    return all;
  };
  const Labels order = joined({&batch, &rows, &columns});
  if (!asMatrix || depth.empty()) {
    const Labels all = joined({&batch, &rows, &columns, &depth});
    Value *y = n.to.make(ops::mul, {arranged(n, a, all), arranged(n, b, all)});
    return summed(n, {y, all}, order);
  }
  const auto extents = [&](const Labelled &x, const Labels &labels) {
    Dims out;
    for (const int l : labels)
      out.push_back(extent(x, l));
    return out;
  };
  const Dims batchShape = extents(a, batch), rowShape = extents(a, rows),
             columnShape = extents(b, columns);
  const Dim k = ir::product(extents(a, depth));
  Value *left = reshape(n.to, arranged(n, a, joined({&batch, &rows, &depth})),
                        {ir::product(batchShape), ir::product(rowShape), k});
  Value *right = reshape(n.to, arranged(n, b, joined({&batch, &depth, &columns})),
                         {ir::product(batchShape), k, ir::product(columnShape)});
  Value *y =
      n.to.make(ops::matmul, {left, right}, {attr::transposeA(false), attr::transposeB(false)});
  Dims shape = batchShape;
  shape.insert(shape.end(), rowShape.begin(), rowShape.end());
  shape.insert(shape.end(), columnShape.begin(), columnShape.end());
  return {reshape(n.to, y, shape), order};
}

} // namespace

Value *einsum(Builder &to, std::string_view text, std::span<Value *const> operands,
              const Refuse &refuse) {
  const Einsum n{to, text, operands, refuse};
  const Equation equation = parse(n);
  Labelled out = withoutRepeats(n, {operands[0], equation.operands[0]});
  for (size_t i = 1; i < equation.operands.size(); ++i) {
    Labels needed = equation.result;
    for (size_t k = i + 1; k < equation.operands.size(); ++k)
      needed.insert(needed.end(), equation.operands[k].begin(), equation.operands[k].end());
    out = product(n, out, withoutRepeats(n, {operands[i], equation.operands[i]}), needed);
  }
  out = summed(n, out, equation.result);
  for (const int l : equation.result)
    if (!holds(out.labels, l) && l < kEllipsis)
      n.fail(fmt::format("the result has the label '{}', and no operand", static_cast<char>(l)));
  return arranged(n, out, equation.result);
}

} // namespace burin::compose

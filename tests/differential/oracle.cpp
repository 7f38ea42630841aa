// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/oracle.h"

#include "ir/ops.h"
#include "tests/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <random>

namespace burin::differential {
namespace {

using ir::ElementType;
using ir::Tensor;

/// The same on every machine, which std::hash is not.
uint32_t hashOf(std::string_view text, uint32_t seed) {
  uint32_t hash = 2166136261U ^ seed;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

Tensor randomTensor(const ir::Type &type, const Extents &extents, uint32_t seed) {
  std::mt19937 random{seed};
  ir::Shape shape;
  for (const ir::Dim &d : type.shape())
    shape.emplace_back(
        d.evaluate([&](std::string_view name) { return extents.find(name)->second; }));
  Tensor t{type.withShape(std::move(shape))};
  const ElementType e = type.element();
  for (size_t i = 0; i < t.count(); ++i) {
    const auto n = static_cast<int64_t>(random() % 65) - 32; // -32 to 32
    if (e == ElementType::boolean)
      t.setInteger(i, n & 1);
    else if (ir::isFloat(e))
      t.setNumber(i, static_cast<double>(n) / 16);
    else if (ir::elementSize(e) < 4)
      t.setInteger(i, ir::isSigned(e)        ? n * 4 - 1
                      : (n + 32) * 4 - 1 < 0 ? 0
                                             : std::min<int64_t>((n + 32) * 4 - 1, 255));
    else
      t.setInteger(i, ir::isSigned(e) ? n / 4 : (n + 32) / 8);
  }
  return t;
}

double noiseOf(ElementType e) {
  switch (e) {
  case ElementType::f64:
    return 0x1p-46;
  case ElementType::f32:
    return 0x1p-21;
  case ElementType::f16:
    return 0x1p-9;
  case ElementType::bf16:
    return 0x1p-6;
  default:
    return 0;
  }
}

/// The reference, with noise on what is not exact: the values whose names begin with n.
class NoisyEvaluator final : public ir::Evaluator {
public:
  explicit NoisyEvaluator(uint32_t seed) : random_{seed} {}

  bool supports(const ir::Op &op) const override { return reference::evaluator().supports(op); }
  std::vector<Tensor> evaluate(const ir::Op &op, std::span<const Tensor *const> operands,
                               const ir::SymbolValues &symbols) const override {
    std::vector<Tensor> results = reference::evaluator().evaluate(op, operands, symbols);
    for (size_t r = 0; r < results.size(); ++r) {
      Tensor &t = results[r];
      const double noise = noiseOf(t.type.element());
      if (noise == 0 || op.result(r)->name.empty() || op.result(r)->name.front() != 'n')
        continue;
      double largest = 0;
      for (size_t i = 0; i < t.count(); ++i)
        if (std::isfinite(t.number(i)))
          largest = std::max(largest, std::fabs(t.number(i)));
      for (size_t i = 0; i < t.count(); ++i) {
        const double x = t.number(i);
        const double some = static_cast<double>(random_() % 2001) / 1000 - 1; // -1 to 1
        if (std::isfinite(x))
          t.setNumber(i, x + some * noise * (std::fabs(x) + largest / 8));
      }
    }
    return results;
  }

private:
  mutable std::mt19937 random_;
};

bool isSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

} // namespace

std::vector<Sample> makeSamples(const ir::Function &f, uint32_t seed) {
  std::map<std::string, ir::Bounds, std::less<>> symbols;
  for (size_t i = 0; i < f.body.numArguments(); ++i)
    for (const ir::Dim &d : f.body.argument(i)->type.shape())
      d.collectSymbols(symbols);
  std::vector<Sample> samples;
  for (uint32_t s = 0; s < 4; ++s) {
    Sample sample{{}, s % 3 == 0, {}};
    for (const auto &[name, bounds] : symbols) {
      const auto width = static_cast<uint32_t>(bounds.hi - bounds.lo + 1);
      sample.extents[name] = s == 0   ? bounds.hi
                             : s == 1 ? bounds.lo
                                      : bounds.lo + hashOf(name, seed + s) % width;
    }
    for (size_t i = 0; i < f.body.numArguments(); ++i)
      if (!f.stateOfArgument(i)) {
        const ir::Value *v = f.body.argument(i);
        sample.arguments.push_back(
            randomTensor(v->type, sample.extents, hashOf(v->name, seed * 4 + s)));
      }
    samples.push_back(std::move(sample));
  }
  return samples;
}

Results execute(const ir::Function &f, const std::vector<Sample> &samples,
                const ir::Evaluator &evaluator) {
  std::vector<Tensor> states;
  Results all;
  for (const Sample &sample : samples) {
    if (sample.reset) {
      states.clear();
      for (const ir::State &s : f.states)
        states.push_back(s.initial ? ir::toTensor(*s.initial)
                                   : Tensor(f.body.argument(s.argument)->type));
    }
    std::vector<Tensor> arguments, results;
    size_t next = 0;
    for (size_t i = 0; i < f.body.numArguments(); ++i) {
      const ir::State *state = f.stateOfArgument(i);
      arguments.push_back(state ? states[static_cast<size_t>(state - f.states.data())]
                                : sample.arguments[next++]);
    }
    std::vector<Tensor> made = ir::execute(f, std::move(arguments), evaluator);
    for (size_t i = 0; i < made.size(); ++i)
      if (const ir::State *state = f.stateOfResult(i))
        states[static_cast<size_t>(state - f.states.data())] = std::move(made[i]);
      else
        results.push_back(std::move(made[i]));
    all.push_back(std::move(results));
  }
  return all;
}

Expected expect(const ir::Function &f, const std::vector<Sample> &samples, uint32_t seed) {
  constexpr double kFactor = 16;
  Expected expected{execute(f, samples, reference::evaluator()), {}};
  for (const auto &results : expected.results)
    expected.tolerances.emplace_back(results.size(), 0.0);
  for (uint32_t n = 1; n <= 3; ++n) {
    const Results noisy = execute(f, samples, NoisyEvaluator{seed + n});
    for (size_t s = 0; s < noisy.size(); ++s)
      for (size_t r = 0; r < noisy[s].size(); ++r) {
        const Tensor &a = expected.results[s][r], &b = noisy[s][r];
        double worst = 0, largest = 0;
        for (size_t i = 0; i < std::min(a.count(), b.count()); ++i)
          if (!isSame(a.number(i), b.number(i))) {
            worst = std::max(worst, std::fabs(a.number(i) - b.number(i)));
            largest = std::max(largest, std::fabs(a.number(i)));
          }
        // where the noise of one op takes that of another away
        worst = std::max(worst, largest * noiseOf(a.type.element()) / 8);
        expected.tolerances[s][r] = std::max(expected.tolerances[s][r], kFactor * worst);
      }
  }
  return expected;
}

std::string difference(const std::vector<Tensor> &results, const Expected &expected,
                       size_t sample) {
  const std::vector<Tensor> &right = expected.results[sample];
  if (results.size() != right.size())
    return fmt::format("{} results, expected {}", results.size(), right.size());
  for (size_t r = 0; r < right.size(); ++r) {
    if (results[r].type != right[r].type)
      return fmt::format("result {} is {}, expected {}", r, results[r].type.text(),
                         right[r].type.text());
    const double tolerance = expected.tolerances[sample][r];
    const bool isFloat = ir::isFloat(right[r].type.element());
    for (size_t i = 0; i < right[r].count(); ++i) {
      const bool same = isFloat
                            ? isSame(results[r].number(i), right[r].number(i)) ||
                                  std::fabs(results[r].number(i) - right[r].number(i)) <= tolerance
                            : results[r].integer(i) == right[r].integer(i);
      if (!same)
        return fmt::format("result {}, element {} of {}, is {}, expected {} within {:.3g}", r, i,
                           right[r].type.text(), results[r].number(i), right[r].number(i),
                           tolerance);
    }
  }
  return {};
}

} // namespace burin::differential

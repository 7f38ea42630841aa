// SPDX-License-Identifier: Apache-2.0
#include "tests/passes/random_graph.h"

#include "ir/evaluator.h"
#include "ir/ops.h"

#include <algorithm>

namespace burin::tests {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Builder;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Shape;
using ir::Value;

class Generator {
public:
  Generator(uint32_t seed, const GraphOptions &options)
      : random_{seed}, options_{options}, module_{std::make_unique<ir::Module>()} {}

  std::unique_ptr<ir::Module> run() {
    ir::Function &f = module_->addFunction("f");
    const Dim n = module_->symbol("N", {1, 4}, "test");
    for (int i = 0; i < 3; ++i)
      values_.push_back(f.body.addArgument(
          {ElementType::f32,
           {chance(50) ? n : Dim(1), 4, 4, static_cast<int64_t>(2 * pick(2) + 2)}},
          "x" + std::to_string(i)));
    values_.push_back(f.body.addArgument({ElementType::f32, {4, 6}}, "m"));
    if (options_.states)
      for (size_t i = 0; i < 2; ++i) {
        const size_t at = f.body.numArguments();
        values_.push_back(f.body.addArgument({ElementType::f32, {4, 6}}, "h" + std::to_string(i)));
        f.states.push_back({"h" + std::to_string(i), at, 0, nullptr});
      }
    condition_ = f.body.addArgument({ElementType::boolean, {}}, "condition");
    grow(f.body, options_.ops, 0);
    std::vector<Value *> results;
    for (size_t i = 0; i < 3; ++i)
      results.push_back(values_[values_.size() - 1 - pick(std::min<size_t>(values_.size(), 6))]);
    for (ir::State &s : f.states) {
      s.result = results.size();
      results.push_back(ofType(f.body.argument(s.argument)->type));
    }
    for (size_t i = 0; i < results.size(); ++i)
      f.resultNames.push_back("y" + std::to_string(i));
    Builder{*module_, f.body}.yield(results);
    return std::move(module_);
  }

private:
  size_t pick(size_t n) { return random_() % n; }
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  Value *any() {
    return values_[chance(60) ? values_.size() - 1 - pick(std::min<size_t>(values_.size(), 4))
                              : pick(values_.size())];
  }

  Value *ofType(const ir::Type &type) {
    std::vector<Value *> fit;
    for (Value *v : values_)
      if (v->type == type)
        fit.push_back(v);
    return fit[chance(60) ? fit.size() - 1 : pick(fit.size())];
  }

  Value *constant(Shape shape) {
    std::vector<float> numbers(static_cast<size_t>(ir::product(shape).number()));
    const bool isSplat = chance(20);
    const float special[] = {0, 1, 2, 0.5f, -1};
    const float splat = special[pick(5)];
    for (float &x : numbers)
      x = isSplat ? splat : static_cast<float>(static_cast<int>(pick(33)) - 16) / 16;
    return module_->addConstant({ElementType::f32, std::move(shape)},
                                std::as_bytes(std::span(numbers)),
                                "c" + std::to_string(constants_++));
  }

  /// A constant that broadcasts with v.
  Value *beside(const Value *v) {
    Shape shape = v->type.shape();
    for (Dim &d : shape)
      if (!d.isNumber() || chance(40))
        d = 1;
    while (!shape.empty() && shape.front().isNumber(1) && chance(60))
      shape.erase(shape.begin());
    return constant(std::move(shape));
  }

  void grow(ir::Block &block, int count, int depth) {
    Builder to{*module_, block};
    for (int i = 0; i < count; ++i) {
      to.at = {"node" + std::to_string(nodes_++), "Op", ""};
      Value *made = nullptr;
      try {
        made = one(to, depth);
      } catch (const CompileError &) {
        continue; // shapes that do not fit
      }
      if (made && made->type.rank() <= 5 && largest(made->type) <= 4096) {
        made->name = "v" + std::to_string(nodes_);
        values_.push_back(made);
      }
    }
  }

  static int64_t largest(const ir::Type &type) {
    int64_t n = 1;
    for (const Dim &d : type.shape())
      n *= std::max<int64_t>(d.bounds().hi, 1);
    return n;
  }

  Value *one(Builder &to, int depth) {
    Value *v = any();
    const size_t rank = v->type.rank();
    const auto axis = [&] { return static_cast<int64_t>(pick(rank)); };
    switch (pick(20)) {
    case 0:
    case 1:
    case 2: {
      const ir::OpDef *unary[] = {&ops::relu, &ops::neg,     &ops::abs,
                                  &ops::tanh, &ops::sigmoid, &ops::sin};
      return to.make(*unary[pick(6)], {v});
    }
    case 3:
    case 4: {
      const ir::OpDef *binary[] = {&ops::add, &ops::sub, &ops::mul, &ops::min, &ops::max};
      return chance(20) ? to.make(*binary[pick(5)], {beside(v), v})
                        : to.make(*binary[pick(5)], {v, chance(50) ? any() : beside(v)});
    }
    case 5:
    case 6: {
      Ints perm(rank);
      for (size_t i = 0; i < rank; ++i)
        perm[i] = static_cast<int64_t>(i);
      if (rank == 4 && chance(70))
        perm = chance(50) ? Ints{0, 3, 1, 2} : Ints{0, 2, 3, 1};
      else
        std::shuffle(perm.begin(), perm.end(), random_);
      return to.make(ops::transpose, {v}, {attr::perm(perm)});
    }
    case 7: {
      Shape shape = v->type.shape();
      if (rank == 0)
        return nullptr;
      const size_t at = pick(rank);
      if (chance(50) && at + 1 < rank) { // merge
        shape[at] = shape[at] * shape[at + 1];
        shape.erase(shape.begin() + static_cast<ptrdiff_t>(at) + 1);
      } else if (shape[at].isNumber() && shape[at].number() % 2 == 0) { // cut
        shape[at] = shape[at].number() / 2;
        shape.insert(shape.begin() + static_cast<ptrdiff_t>(at) + 1, 2);
      } else {
        shape.insert(shape.begin() + static_cast<ptrdiff_t>(at), 1);
      }
      return to.make(ops::reshape, {v}, {attr::shape(shape)});
    }
    case 8: {
      if (rank == 0)
        return nullptr;
      Value *other = chance(50) ? v : any();
      return to.make(ops::concat, {v, other}, {attr::axis(axis())});
    }
    case 9: {
      Dims starts(rank, 0), shape = v->type.shape();
      Ints steps(rank, 1);
      for (size_t i = 0; i < rank; ++i)
        if (shape[i].isNumber() && shape[i].number() > 1 && chance(50)) {
          const bool back = chance(30);
          starts[i] = back ? shape[i].number() - 1 : 1;
          steps[i] = back ? -1 : 1;
          shape[i] = shape[i].number() - 1;
        }
      return to.make(ops::slice, {v},
                     {attr::starts(starts), attr::steps(steps), attr::shape(shape)});
    }
    case 10: {
      Dims pads(2 * rank, 0);
      for (Dim &d : pads)
        d = chance(25) ? 1 : 0;
      return to.make(ops::pad, {v, chance(50) ? nullptr : constant({})},
                     {attr::pads(pads), attr::mode("constant")});
    }
    case 11: {
      if (rank == 0)
        return nullptr;
      const ir::OpDef *reductions[] = {&ops::reduce_sum, &ops::reduce_mean, &ops::reduce_max};
      Ints axes{axis()};
      if (rank == 4 && chance(50))
        axes = chance(50) ? Ints{1, 2} : Ints{2, 3};
      return to.make(*reductions[pick(3)], {v}, {attr::axes(axes)});
    }
    case 12:
      return rank ? to.make(ops::softmax, {v}, {attr::axis(axis())}) : nullptr;
    case 13:
    case 14: {
      if (rank != 4 || !v->type.dim(3).isNumber())
        return nullptr;
      const int64_t k = 1 + 2 * static_cast<int64_t>(pick(2)), pad = k / 2;
      Value *out = to.make(ops::conv, {v, constant({4, k, k, v->type.dim(3)})},
                           {attr::strides({1, 1}), attr::pads({pad, pad, pad, pad}),
                            attr::dilations({1, 1}), attr::group(1)});
      return chance(60) ? to.make(ops::transpose, {out}, {attr::perm({0, 3, 1, 2})}) : out;
    }
    case 15:
      return rank == 4 ? to.make(ops::max_pool, {v},
                                 {attr::kernel({2, 2}), attr::strides({2, 2}),
                                  attr::pads({0, 0, 0, 0}), attr::dilations({1, 1})})
                       : nullptr;
    case 16: {
      if (rank < 2 || !v->type.dim(rank - 1).isNumber())
        return nullptr;
      Value *out = to.make(ops::matmul, {v, constant({v->type.dim(rank - 1), 6})},
                           {attr::transposeA(false), attr::transposeB(false)});
      return chance(50) ? to.make(ops::add, {out, constant({6})}) : out;
    }
    case 17: {
      if (rank == 0)
        return nullptr;
      const int64_t at = axis();
      const Dim &c = v->type.dim(static_cast<size_t>(at));
      if (!c.isNumber())
        return nullptr;
      Value *variance = constant({c});
      return to.make(
          ops::batch_norm,
          {v, constant({c}), constant({c}), constant({c}), to.make(ops::abs, {variance})},
          {attr::axis(at), attr::epsilon(0.5)});
    }
    case 18:
      if (options_.comparisons)
        return to.make(ops::where, {to.make(ops::less, {v, any()}), any(), v});
      return to.make(ops::copy, {v});
    default:
      return options_.blocks && depth < 2 ? control(to, depth) : nullptr;
    }
  }

  Value *control(Builder &to, int depth) {
    const std::vector<Value *> outer = values_;
    const bool isLoop = chance(50);
    Value *start = any();
    std::vector<std::unique_ptr<ir::Block>> blocks;
    std::vector<Value *> operands{condition_};
    if (isLoop) {
      auto body = std::make_unique<ir::Block>();
      body->addArgument({ElementType::i64, {}}, "i");
      values_.push_back(body->addArgument(start->type, "carried"));
      grow(*body, 4, depth + 1);
      Builder{*module_, *body}.yield(std::vector<Value *>{
          module_->addScalar(ElementType::boolean, 1), ofType(start->type), start});
      values_ = outer;
      blocks.push_back(std::move(body));
      operands = {module_->addScalar(ElementType::i64, static_cast<double>(pick(3))), nullptr,
                  start};
      const int64_t count = ir::elementAsInt(*operands[0], 0);
      return to
          .makeOp(ops::loop, operands, {attr::carried(1), attr::dims({count})}, std::move(blocks))
          .result(chance(70) ? 0 : 1);
    }
    for (int b = 0; b < 2; ++b) {
      auto block = std::make_unique<ir::Block>();
      grow(*block, 3, depth + 1);
      Builder{*module_, *block}.yield(std::vector<Value *>{ofType(start->type)});
      values_ = outer;
      blocks.push_back(std::move(block));
    }
    return to.makeOp(ops::if_, operands, {}, std::move(blocks)).result();
  }

  std::mt19937 random_;
  GraphOptions options_;
  std::unique_ptr<ir::Module> module_;
  std::vector<Value *> values_;
  Value *condition_ = nullptr;
  int nodes_ = 0, constants_ = 0;
};

} // namespace

std::unique_ptr<ir::Module> randomGraph(uint32_t seed, const GraphOptions &options) {
  return Generator{seed, options}.run();
}

std::vector<ir::Tensor> randomArguments(const ir::Function &f, uint32_t seed, int64_t symbol) {
  std::mt19937 random{seed};
  std::vector<ir::Tensor> arguments;
  for (size_t i = 0; i < f.body.numArguments(); ++i) {
    const ir::Type &type = f.body.argument(i)->type;
    Shape shape;
    for (const Dim &d : type.shape())
      shape.push_back(d.evaluate([&](std::string_view) { return symbol; }));
    ir::Tensor t{type.withShape(std::move(shape))};
    for (size_t k = 0; k < t.count(); ++k)
      t.setNumber(k, type.element() == ElementType::boolean
                         ? random() % 2
                         : static_cast<double>(static_cast<int>(random() % 65) - 32) / 16);
    arguments.push_back(std::move(t));
  }
  return arguments;
}

} // namespace burin::tests

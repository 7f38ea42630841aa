// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scale_models.h"

#include "ir/builder.h"
#include "ir/ops.h"

#include <fmt/format.h>

namespace burin::bench {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::ElementType;
using ir::Shape;
using ir::Value;

/// A function of one input and one output under construction.
class Model {
public:
  explicit Model(Shape input)
      : function_{module_->addFunction("main")}, to{*module_, function_.body} {
    x = function_.body.addArgument({ElementType::f32, std::move(input)}, "x");
  }

  /// Makes an op with a name and a source of its own, as a frontend does.
  Value *make(const ir::OpDef &def, std::initializer_list<Value *> operands,
              std::vector<ir::NamedAttr> attributes = {}) {
    to.at = {fmt::format("layer{}/{}", count, def.name), std::string(def.name), {}};
    Value *v = to.make(def, operands, std::move(attributes));
    v->name = fmt::format("layer{}/{}_output", count++, def.name);
    return v;
  }
  /// Numbers that differ from one constant to the next.
  Value *constant(Shape shape) {
    std::vector<float> numbers(static_cast<size_t>(ir::product(shape).number()));
    for (float &number : numbers)
      number =
          static_cast<float>((state_ = state_ * 1664525u + 1013904223u) >> 16) / 65536.0f - 0.5f;
    return module_->addConstant({ElementType::f32, std::move(shape)},
                                std::as_bytes(std::span(numbers)),
                                fmt::format("weight{}", constants_++));
  }
  Value *affine(Value *v, int64_t from, int64_t into) {
    return make(ops::add, {matmul(v, constant({from, into})), constant({into})});
  }
  Value *matmul(Value *a, Value *b, bool transposeB = false) {
    return make(ops::matmul, {a, b}, {attr::transposeA(false), attr::transposeB(transposeB)});
  }
  Value *heads(Value *v) { // [8, 16] -> [2, 8, 8]
    return make(ops::transpose, {make(ops::reshape, {v}, {attr::shape(Shape{8, 2, 8})})},
                {attr::perm({1, 0, 2})});
  }
  std::unique_ptr<ir::Module> end(Value *result) {
    function_.resultNames = {"y"};
    to.yield(std::span<Value *const>(&result, 1));
    return std::move(module_);
  }

private:
  std::unique_ptr<ir::Module> module_ = std::make_unique<ir::Module>();
  ir::Function &function_;
  uint32_t state_ = 1;
  size_t constants_ = 0;

public:
  ir::Builder to;
  Value *x;
  size_t count = 0; ///< ops made
};

std::unique_ptr<ir::Module> elementwise(size_t count) {
  Model m({64});
  Value *v = m.x;
  while (m.count < count)
    v = m.make(ops::sigmoid, {m.make(ops::add, {m.make(ops::mul, {v, m.constant({64})}), v})});
  return m.end(v);
}

std::unique_ptr<ir::Module> residual(size_t count) {
  Model m({1, 6, 6, 4});
  const auto conv = [&](Value *v) {
    Value *out = m.make(
        ops::conv, {v, m.constant({4, 3, 3, 4})},
        {attr::strides({1, 1}), attr::pads({1, 1, 1, 1}), attr::dilations({1, 1}), attr::group(1)});
    return m.make(ops::add, {out, m.constant({4})});
  };
  Value *v = m.x;
  while (m.count < count)
    v = m.make(ops::relu, {m.make(ops::add, {conv(m.make(ops::relu, {conv(v)})), v})});
  return m.end(v);
}

std::unique_ptr<ir::Module> mlp(size_t count) {
  Model m({1, 8});
  Value *v = m.x;
  while (m.count < count)
    v = m.make(ops::relu, {m.affine(v, 8, 8)});
  return m.end(v);
}

std::unique_ptr<ir::Module> attention(size_t count) {
  Model m({8, 16});
  Value *v = m.x;
  while (m.count < count) {
    Value *q = m.heads(m.affine(v, 16, 16)), *k = m.heads(m.affine(v, 16, 16)),
          *w = m.heads(m.affine(v, 16, 16));
    Value *scores = m.make(ops::softmax, {m.matmul(q, k, true)}, {attr::axis(2)});
    Value *joined = m.make(ops::transpose, {m.matmul(scores, w)}, {attr::perm({1, 0, 2})});
    joined = m.make(ops::reshape, {joined}, {attr::shape(Shape{8, 16})});
    v = m.make(ops::add, {m.affine(joined, 16, 16), v});
    v = m.make(ops::layer_norm, {v, m.constant({16}), m.constant({16})},
               {attr::axis(1), attr::epsilon(1e-5)});
    v = m.make(ops::add, {m.affine(m.make(ops::tanh, {m.affine(v, 16, 32)}), 32, 16), v});
  }
  return m.end(v);
}

/// Arithmetic of constants, all of which folds, between ops that stay.
std::unique_ptr<ir::Module> constants(size_t count) {
  Model m({1, 8});
  Value *v = m.x;
  while (m.count < count) {
    Value *scale = m.make(ops::mul, {m.constant({8, 8}), m.constant({1, 8})});
    scale = m.make(ops::add, {m.make(ops::exp, {scale}), m.constant({8, 1})});
    v = m.matmul(v, m.make(ops::transpose, {scale}, {attr::perm({1, 0})}));
  }
  return m.end(v);
}

/// One value that half of the ops read, whose results are joined in pairs.
std::unique_ptr<ir::Module> fanout(size_t count) {
  Model m({1, 8});
  std::vector<Value *> level;
  while (m.count < count / 2)
    level.push_back(m.matmul(m.x, m.constant({8, 8})));
  while (level.size() > 1) {
    std::vector<Value *> next;
    for (size_t i = 0; i + 1 < level.size(); i += 2)
      next.push_back(m.make(ops::add, {level[i], level[i + 1]}));
    if (level.size() % 2)
      next.push_back(level.back());
    level = std::move(next);
  }
  return m.end(level[0]);
}

/// The values of many ops in one concat.
std::unique_ptr<ir::Module> wide(size_t count) {
  Model m({1, 8});
  std::vector<Value *> parts;
  while (m.count + 1 < count)
    parts.push_back(m.matmul(m.x, m.constant({8, 8})));
  return m.end(m.to.makeOp(ops::concat, parts, {attr::axis(0)}).result());
}

/// Blocks in blocks, `depth` deep: a loop and an `if` in turn.
Value *nest(Model &m, ir::Builder to, Value *v, int depth) {
  const auto add = [&](ir::Builder &at, Value *a) {
    at.at = {fmt::format("layer{}/add", m.count), "add", {}};
    Value *sum = at.make(ops::add, {a, m.constant({8})});
    sum->name = fmt::format("layer{}/add_output", m.count++);
    return sum;
  };
  if (depth == 0)
    return add(to, v);
  ++m.count;
  std::vector<std::unique_ptr<ir::Block>> blocks;
  if (depth % 2) {
    auto body = std::make_unique<ir::Block>();
    body->addArgument({ElementType::i64, {}}, "i");
    Value *carried = body->addArgument(v->type, "carried");
    ir::Builder inner = to.inside(*body);
    Value *go = to.module().addScalar(ElementType::boolean, 1);
    Value *results[] = {go, nest(m, inner, add(inner, carried), depth - 1)};
    inner.yield(results);
    blocks.push_back(std::move(body));
    Value *trips = to.scalar(ElementType::i64, 3);
    return to
        .makeOp(ops::loop, {trips, nullptr, v}, {attr::carried(1), attr::dims({})},
                std::move(blocks))
        .result();
  }
  for (int side = 0; side < 2; ++side) {
    auto body = std::make_unique<ir::Block>();
    ir::Builder inner = to.inside(*body);
    Value *result = side == 0 ? nest(m, inner, v, depth - 1) : add(inner, v);
    inner.yield(std::span<Value *const>(&result, 1));
    blocks.push_back(std::move(body));
  }
  Value *sum = to.make(ops::reduce_sum, {v}, {attr::axes({0})});
  Value *condition = to.make(ops::less, {to.scalar(ElementType::f32, 0), sum});
  return to.makeOp(ops::if_, {condition}, {}, std::move(blocks)).result();
}

std::unique_ptr<ir::Module> nested(size_t count) {
  Model m({8});
  Value *v = m.x;
  while (m.count < count)
    v = nest(m, m.to, v, 12);
  return m.end(v);
}

constexpr Kind kKinds[] = {
    {"elementwise", "a chain that becomes fused loops", elementwise},
    {"residual", "convolution, bias, relu, residual sum", residual},
    {"mlp", "matrix product, bias, relu", mlp},
    {"attention", "blocks of a transformer", attention},
    {"constants", "arithmetic of constants that folds", constants},
    {"fanout", "one value that half of the ops read", fanout},
    {"wide", "one op that reads all others", wide},
    {"nested", "loops and branches, twelve deep", nested, nullptr, 10'000},
    {"onnx", "residual, from an ONNX file", nullptr, residualOnnx},
};
} // namespace

std::span<const Kind> kinds() { return kKinds; }

} // namespace burin::bench

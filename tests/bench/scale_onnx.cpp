// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scale_models.h"
#include "tests/frontend/onnx/wire_builder.h"

#include <fmt/format.h>

namespace burin::bench {

std::string residualOnnx(size_t ops) {
  using onnx::test::Message;
  constexpr int64_t kFloat = 1;
  const auto port = [](std::string_view name) {
    Message shape, tensor;
    for (const int64_t extent : {1, 4, 6, 6})
      shape.message(1, Message{}.varint(1, extent));
    tensor.varint(1, kFloat).message(2, shape);
    return Message{}.text(1, name).message(2, Message{}.message(1, tensor));
  };
  Message graph;
  size_t count = 0;
  const auto add = [&](std::string_view op, std::initializer_list<std::string_view> inputs) {
    const std::string name = fmt::format("layer{}/{}", count++, op), result = name + "_output";
    Message node = onnx::test::node(op, inputs, {result}, name);
    if (op == "Conv")
      node.message(5, Message{}.text(1, "pads").varints(8, {1, 1, 1, 1}).varint(20, 7));
    graph.message(1, node);
    return result;
  };
  const auto constant = [&](std::initializer_list<int64_t> extents) {
    const std::string name = fmt::format("weight{}", count);
    Message tensor, numbers;
    tensor.varints(1, extents).varint(2, kFloat).text(8, name);
    int64_t n = 1;
    for (const int64_t extent : extents)
      n *= extent;
    for (int64_t i = 0; i < n; ++i)
      numbers.little(
          std::bit_cast<uint32_t>(static_cast<float>((count + static_cast<size_t>(i)) % 97) / 97),
          4);
    graph.message(5, tensor.text(9, numbers.bytes));
    return name;
  };
  const auto conv = [&](std::string_view from) {
    const std::string filter = constant({4, 4, 3, 3});
    const std::string product = add("Conv", {from, filter});
    return add("Add", {product, constant({1, 4, 1, 1})});
  };
  std::string v = "x";
  while (count < ops)
    v = add("Relu", {add("Add", {conv(add("Relu", {conv(v)})), v})});
  add("Identity", {v});
  graph.text(2, "residual")
      .message(11, port("x"))
      .message(12, port(fmt::format("layer{}/Identity_output", count - 1)));
  return Message{}.varint(1, 8).message(7, graph).message(8, Message{}.varint(2, 17)).bytes;
}

} // namespace burin::bench

// SPDX-License-Identifier: Apache-2.0
//
// Elementwise operators.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

namespace burin::onnx {
namespace {

// clang-format off
constexpr Lowering kMath[] = {
    {"Abs", 1, direct<ops::abs>},
    {"Add", 7, direct<ops::add>},
    {"Div", 7, direct<ops::div>},
    {"Erf", 9, direct<ops::erf>},
    {"Exp", 1, direct<ops::exp>},
    {"Log", 1, direct<ops::log>},
    {"Mul", 7, direct<ops::mul>},
    {"Neg", 1, direct<ops::neg>},
    {"Pow", 7, direct<ops::pow>},
    {"Relu", 1, direct<ops::relu>},
    {"Sigmoid", 1, direct<ops::sigmoid>},
    {"Sqrt", 1, direct<ops::sqrt>},
    {"Sub", 7, direct<ops::sub>},
    {"Tanh", 1, direct<ops::tanh>},
};
// clang-format on

} // namespace

std::span<const Lowering> mathLowerings() { return kMath; }

} // namespace burin::onnx

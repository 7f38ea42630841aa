// SPDX-License-Identifier: Apache-2.0
//
// What a model of this folder must compute, by the reference interpreter.
#pragma once

#include "ir/tensor.h"

#include <string>
#include <vector>

namespace burin::tests {

/// The results of models/NAME.gir.
std::vector<ir::Tensor> referenceRun(const std::string &name, std::vector<ir::Tensor> arguments);

/// Multiples of 1/16 within 2, or integers within 4: no other seed gives the same.
ir::Tensor someTensor(ir::ElementType, std::vector<int64_t> shape, unsigned seed);

/// Expects every element of `actual` within 1e-5 of `expected`.
void expectNear(const float *actual, const ir::Tensor &expected, const std::string &what);
void expectSame(const int64_t *actual, const ir::Tensor &expected, const std::string &what);

} // namespace burin::tests

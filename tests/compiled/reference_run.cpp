// SPDX-License-Identifier: Apache-2.0
#include "tests/compiled/reference_run.h"

#include "ir/evaluator.h"
#include "ir/text.h"
#include "tests/reference/reference.h"

#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

namespace burin::tests {

std::vector<ir::Tensor> referenceRun(const std::string &name, std::vector<ir::Tensor> arguments) {
  std::ostringstream text;
  text << std::ifstream(std::string(BURIN_MODELS) + "/" + name + ".gir").rdbuf();
  const auto module = ir::parse(text.str(), name);
  return ir::execute(*module->functions.front(), std::move(arguments), reference::evaluator());
}

ir::Tensor someTensor(ir::ElementType element, std::vector<int64_t> shape, unsigned seed) {
  std::mt19937 random{seed};
  ir::Tensor t{ir::Type{element, ir::Shape(shape.begin(), shape.end())}};
  for (size_t i = 0; i < t.count(); ++i) {
    const auto n = static_cast<int64_t>(random() % 65) - 32;
    if (ir::isFloat(element))
      t.setNumber(i, static_cast<double>(n) / 16);
    else
      t.setInteger(i, n / 8);
  }
  return t;
}

void expectNear(const float *actual, const ir::Tensor &expected, const std::string &what) {
  for (size_t i = 0; i < expected.count(); ++i)
    ASSERT_NEAR(actual[i], expected.number(i), 1e-5) << what << ", element " << i;
}

void expectSame(const int64_t *actual, const ir::Tensor &expected, const std::string &what) {
  for (size_t i = 0; i < expected.count(); ++i)
    ASSERT_EQ(actual[i], expected.integer(i)) << what << ", element " << i;
}

} // namespace burin::tests

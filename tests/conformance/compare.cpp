// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/suite.h"

#include <cmath>
#include <fmt/format.h>

namespace burin::conformance {

std::string oneLine(std::string text) {
  for (char &c : text)
    if (c == '\n' || c == '\t')
      c = ' ';
  return text.substr(0, 160);
}

std::string compare(const ir::Tensor &got, const ir::Tensor &expected, double rtol, double atol) {
  if (got.type != expected.type)
    return fmt::format("is {}, expected {}", got.type.text(), expected.type.text());
  if (got.type.element() == ir::ElementType::string)
    return got.strings == expected.strings ? "" : "strings differ";
  for (size_t i = 0; i < expected.count(); ++i) {
    const double a = got.number(i), b = expected.number(i);
    const bool same = a == b || (std::isnan(a) && std::isnan(b)) ||
                      std::fabs(a - b) <= atol + rtol * std::fabs(b);
    if (!same)
      return fmt::format("element {} is {}, expected {}", i, a, b);
  }
  return "";
}

} // namespace burin::conformance

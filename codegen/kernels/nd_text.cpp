// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/nd_text.h"

#include <fmt/format.h>

namespace burin::kernels {

std::string ndText(Call &call, const Dims &dims, std::string_view name, bool isShared) {
  std::string text;
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i ? ", " : "") + call.number(dims[i], fmt::format("{}{}", name, i), isShared);
  return fmt::format("rt::Nd<{}>{{{{{}}}}}", dims.size(), text);
}

Dims denseStrides(const Dims &shape) {
  Dims strides(shape.size());
  Dim step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step = step * shape[i];
  }
  return strides;
}

Dims atLeastOneAxis(Dims shape) {
  if (shape.empty())
    shape.emplace_back(1);
  return shape;
}

} // namespace burin::kernels

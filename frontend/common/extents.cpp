// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/extents.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace burin::frontend {

void checkExtents(std::vector<Diagnostic> &problems, const ir::Module &module,
                  const std::map<std::string, ir::Bounds, std::less<>> &dims,
                  const std::map<std::string, ir::Shape, std::less<>> &inputShapes,
                  const std::set<std::string, std::less<>> &used) {
  std::vector<std::string> open, options;
  for (const ir::Symbol &s : module.symbols())
    if (s.bounds.hi >= ir::kUnbounded) {
      open.push_back(fmt::format("{} ({})", s.name, s.origin));
      options.push_back(fmt::format("--dim {}=1..N", s.name));
    }
  if (!open.empty())
    problems.push_back(
        {Problem::unsupported,
         "dims.unbounded",
         {},
         fmt::format("extents of inputs are open: {}", fmt::join(open, ", ")),
         {},
         fmt::format("fix each by a number or a range: {}", fmt::join(options, " "))});
  const auto unknown = [&](std::string text) {
    problems.push_back({Problem::usage, "dims.unknown", {}, std::move(text), {}, {}});
  };
  for (const auto &[name, bounds] : dims)
    if (!used.contains(name) &&
        std::ranges::find(module.symbols(), name, &ir::Symbol::name) == module.symbols().end())
      unknown(fmt::format("--dim {}: no input has an extent of that name", name));
  for (const auto &[name, shape] : inputShapes)
    if (!used.contains(name))
      unknown(fmt::format("--input-shape {}: the model has no input of that name", name));
}

} // namespace burin::frontend

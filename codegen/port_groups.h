// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's models take and return tuples, lists, dictionaries and named tuples of tensors. Their
// tensors are inputs and outputs by themselves, "output.mean" and "output.scores.0"; here they are
// put together again, as structs of views.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::codegen {

/// A tensor, or what holds several.
struct PortTree {
  std::string name;           ///< of the field: "mean", or "item0" of a tuple
  std::optional<size_t> port; ///< of a tensor: its index among the names
  std::vector<PortTree> items;
};

/// The names that have dots, as one tree for each first part: those without are left out.
std::vector<PortTree> groupPorts(std::span<const std::string> names);

/// The name of a type, of that of a member: "by_name" -> "ByName".
std::string typeName(std::string_view member);

} // namespace burin::codegen

// SPDX-License-Identifier: Apache-2.0
#include "ir/attribute.h"

namespace burin::ir {

std::string_view attrKindName(uint8_t kind) {
  constexpr std::string_view kNames[] = {"none",   "bool",         "int",    "float",
                                         "string", "ints",         "floats", "strings",
                                         "dims",   "element type", "type"};
  static_assert(std::size(kNames) == std::variant_size_v<AttrValue>);
  return kNames[kind];
}

} // namespace burin::ir

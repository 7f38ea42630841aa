// SPDX-License-Identifier: Apache-2.0
#include "ir/target.h"

#include <algorithm>
#include <iterator>

namespace burin::ir {
namespace {
constexpr Target kTargets[] = {
    {"host", 16, true, true, 64, true, true},      {"mcu-fpu", 8, true, false, 16, true, false},
    {"mcu-dsp", 8, true, false, 16, true, false}, {"mcu-min", 4, true, false, 8, false, false},
    {"portable", 8, true, false, 64, true, true},
};
} // namespace

const Target *findTarget(std::string_view name) {
  const auto *it = std::ranges::find(kTargets, name, &Target::name);
  return it == std::end(kTargets) ? nullptr : it;
}

std::string_view targetNames() { return "host, mcu-fpu, mcu-dsp, mcu-min, portable"; }

} // namespace burin::ir

// SPDX-License-Identifier: Apache-2.0
#include "ir/target.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace burin::ir {
namespace {
constexpr Target kTargets[] = {
    {"host", 16, true, true, 64, true, true, "zen4"},
    {"mcu-fpu", 8, true, false, 16, true, false, "cortex-m4"},
    {"mcu-dsp", 8, true, false, 16, true, false, "cortex-m4"},
    {"mcu-min", 4, true, false, 8, false, false, "cortex-m0"},
    {"portable", 8, true, false, 64, true, true, "zen4"},
};
constexpr auto changed(void (*change)(Target &)) {
  std::array<Target, std::size(kTargets)> targets{};
  std::ranges::copy(kTargets, targets.begin());
  std::ranges::for_each(targets, change);
  return targets;
}
constexpr auto kExact = changed([](Target &t) { t.winograd = false; });
constexpr auto kSmall = changed([](Target &t) { t.winograd = t.specialise = false; });
} // namespace

const Target *findTarget(std::string_view name) {
  const auto *it = std::ranges::find(kTargets, name, &Target::name);
  return it == std::end(kTargets) ? nullptr : it;
}

const Target &exact(const Target &target) {
  return *std::ranges::find(kExact, target.name, &Target::name);
}

const Target &small(const Target &target) {
  return *std::ranges::find(kSmall, target.name, &Target::name);
}

std::string_view targetNames() { return "host, mcu-fpu, mcu-dsp, mcu-min, portable"; }

} // namespace burin::ir

// SPDX-License-Identifier: Apache-2.0
//
// The time of every step of a network, through the observer hook.
#pragma once

#include "workshop.h"

#include <functional>

namespace burin::bench {

/// A row for each step: node, sources, kernel, why that one, stub, macs, seconds (median), share of the run,
/// GMAC/s, percent of `peak` (GFLOP/s), and the seconds beyond those of its operations at the peak.
/// `run` does one run with the observer.
nlohmann::ordered_json timeLayers(const Network &, const std::function<void(const Observer *)> &run,
                                  double seconds, double peak);

std::string layersText(const nlohmann::ordered_json &);
/// As a table of Markdown, with the reasons.
std::string layersTable(const nlohmann::ordered_json &);

} // namespace burin::bench

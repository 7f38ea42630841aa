// SPDX-License-Identifier: Apache-2.0
//
// A chart of horizontal bars as SVG, for a report: no library, no script.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace burin::bench {

struct Bar {
  std::string name;
  double value;
  std::string label; ///< behind the bar
};

/// `mark`: where a line is drawn through all bars, such as a ratio of 1. Throws std::runtime_error
/// if the file cannot be written.
void writeBars(const std::filesystem::path &, const std::string &title, const std::string &subtitle,
               const std::vector<Bar> &, double mark);

} // namespace burin::bench

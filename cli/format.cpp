// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"

#include <fmt/format.h>

namespace burin::cli {

std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > (number < 0 ? 4U : 3U);)
    text.insert(at -= 3, 1, ',');
  return text;
}

std::string bytesText(int64_t bytes) {
  constexpr int64_t kKilo = 1024, kMega = kKilo * kKilo;
  std::string text = grouped(bytes) + " bytes";
  if (bytes >= 10 * kMega)
    text += fmt::format(" ({:.1f} MiB)", static_cast<double>(bytes) / kMega);
  else if (bytes >= 10 * kKilo)
    text += fmt::format(" ({:.1f} KiB)", static_cast<double>(bytes) / kKilo);
  return text;
}

} // namespace burin::cli

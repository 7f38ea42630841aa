// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/problems.h"

#include <fmt/format.h>

namespace burin::onnx {

std::string quote(std::string_view text) {
  constexpr size_t kLongest = 120;
  std::string result = "'";
  for (char c : text.substr(0, kLongest)) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
  }
  return result + (text.size() > kLongest ? "...'" : "'");
}

} // namespace burin::onnx

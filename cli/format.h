// SPDX-License-Identifier: Apache-2.0
//
// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace burin::cli {

/// "1,234,567".
std::string grouped(int64_t number);
/// "4,096 bytes", with KiB or MiB behind it where that is easier to read.
std::string bytesText(int64_t bytes);

} // namespace burin::cli

// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), which names the model in the generated code and the report.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace burin::cli {

class Sha256 {
public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  /// The digest in hexadecimal; the object is then used up.
  std::string finish();

private:
  void compress(const std::byte *block);

  std::array<uint32_t, 8> state_;
  std::array<std::byte, 64> pending_; ///< the bytes that do not fill a block yet
  uint64_t length_ = 0;               ///< bytes so far
};

std::string sha256(std::span<const std::byte> bytes);

} // namespace burin::cli

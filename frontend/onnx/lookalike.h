// SPDX-License-Identifier: Apache-2.0
//
// What a file is that is not an ONNX model, so that the message can say so.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace burin::onnx {

struct LookAlike {
  std::string what; ///< "a zip archive"
  std::string hint; ///< what to do; may be empty
};

/// By its first bytes: something that cannot be an ONNX model.
std::optional<LookAlike> lookAlike(std::span<const std::byte> file);

/// Of a file in protobuf's format that has no graph: by its outer fields.
std::optional<LookAlike> otherProtobuf(std::span<const std::byte> file);

} // namespace burin::onnx

// SPDX-License-Identifier: Apache-2.0
//
// Test data as ONNX keeps them beside a model: input_0.pb, output_0.pb.
#pragma once

#include "frontend/onnx/model.h"

namespace burin::onnx {

struct TestValue {
  enum class Kind : uint8_t { tensor, sequence, optional, map };

  Kind kind = Kind::tensor;
  Tensor tensor;                ///< of a tensor (a sparse one is dense here); the keys of a map
  std::vector<TestValue> items; ///< of a sequence or a map; of an optional: one, or none
};

/// Reads a file that holds a value of the declared type: TensorProto, SequenceProto, OptionalProto
/// or MapProto. The file does not say which; only the kinds of the type are looked at.
TestValue readTestValue(const std::filesystem::path &file, const Type &declared);

} // namespace burin::onnx

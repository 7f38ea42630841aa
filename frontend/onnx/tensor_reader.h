// SPDX-License-Identifier: Apache-2.0
//
// TensorProto to Tensor: the data found where they lie, checked against type and dims, converted
// only where the file has another layout than Tensor.
#pragma once

#include "frontend/onnx/file.h"
#include "frontend/onnx/model.h"

#include "onnx.pb.h"

namespace burin::onnx {

class TensorReader {
public:
  TensorReader(Bytes file, std::filesystem::path folder)
      : file_{std::move(file)}, folder_{std::move(folder)} {}

  /// `what` names the tensor in messages: "initializer 'w'". Throws CompileError.
  Tensor read(const pb::TensorProto &, const Location &at, const std::string &what);
  Tensor readSparse(const pb::SparseTensorProto &, const Location &at, const std::string &what);

  const Folder &folder() const { return folder_; }

private:
  Bytes file_;
  Folder folder_;
  uint64_t denseBytes_ = 0; ///< of all sparse tensors so far
};

} // namespace burin::onnx

// SPDX-License-Identifier: Apache-2.0
//
// ONNX Runtime through its C API, from a shared library that is opened at run time: the one of the
// PyPI wheel (onnxruntime/capi/libonnxruntime.so.*).
#pragma once

#include "burin/runtime.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace burin::bench {

/// A tensor in memory of the caller.
struct Tensor {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  void *data;
  size_t bytes;
};

class Ort {
public:
  /// Throws std::runtime_error if the library cannot be opened or is too old.
  explicit Ort(const std::filesystem::path &library);
  std::string version() const;

private:
  friend class OrtSession;
  void **api_ = nullptr; ///< the table of functions
  const char *version_ = nullptr;
  void *environment_ = nullptr;
};

/// A model with all optimisations, its inputs and outputs bound once.
class OrtSession {
public:
  OrtSession(const Ort &, const std::filesystem::path &model, int threads,
             const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs);
  ~OrtSession();
  OrtSession(const OrtSession &) = delete;
  OrtSession &operator=(const OrtSession &) = delete;

  void run();

private:
  const Ort &ort_;
  void *options_ = nullptr, *session_ = nullptr, *memory_ = nullptr;
  std::vector<std::string> names_;
  std::vector<const char *> inputNames_, outputNames_;
  std::vector<void *> inputs_, outputs_;
};

} // namespace burin::bench

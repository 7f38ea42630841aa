// SPDX-License-Identifier: Apache-2.0
#include "ort.h"

#include <dlfcn.h>
#include <stdexcept>

namespace burin::bench {
namespace {

// Positions in `struct OrtApi` of include/onnxruntime/core/session/onnxruntime_c_api.h: functions
// are only ever appended to it, so they hold for every version of the library.
enum Position : size_t {
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kCreateSession = 7,
  kRun = 9,
  kCreateSessionOptions = 10,
  kSetSessionExecutionMode = 13,
  kSetSessionGraphOptimizationLevel = 23,
  kSetIntraOpNumThreads = 24,
  kSetInterOpNumThreads = 25,
  kCreateTensorWithDataAsOrtValue = 49,
  kCreateCpuMemoryInfo = 69,
  kReleaseStatus = 93,
  kReleaseMemoryInfo = 94,
  kReleaseSession = 95,
  kReleaseValue = 96,
  kReleaseSessionOptions = 100,
};
constexpr uint32_t kApiVersion = 11; // all of the above, and IR version 8
enum : int { kWarning = 2, kSequential = 0, kAllOptimisations = 99, kArena = 1, kDefault = 0 };

struct ApiBase {
  void **(*getApi)(uint32_t version);
  const char *(*getVersion)();
};

template <class... Arguments> void *call(void **api, Position position, Arguments... arguments) {
  return reinterpret_cast<void *(*)(Arguments...)>(api[position])(arguments...);
}

/// Calls a function that returns a status: null, or what went wrong.
template <class... Arguments> void check(void **api, Position position, Arguments... arguments) {
  void *status = call(api, position, arguments...);
  if (!status)
    return;
  const std::string message =
      reinterpret_cast<const char *(*)(void *)>(api[kGetErrorMessage])(status);
  call(api, kReleaseStatus, status);
  throw std::runtime_error("ONNX Runtime: " + message);
}

/// ONNXTensorElementDataType, the same numbers as TensorProto.DataType of ONNX.
int elementType(DType dtype) {
  switch (dtype) {
  case DType::f32:
    return 1;
  case DType::u8:
    return 2;
  case DType::i8:
    return 3;
  case DType::u16:
    return 4;
  case DType::i16:
    return 5;
  case DType::i32:
    return 6;
  case DType::i64:
    return 7;
  case DType::boolean:
    return 9;
  case DType::f16:
    return 10;
  case DType::f64:
    return 11;
  case DType::u32:
    return 12;
  case DType::u64:
    return 13;
  case DType::bf16:
    return 16;
  default:
    throw std::runtime_error("the benchmark has no such element type at a model's interface");
  }
}

} // namespace

Ort::Ort(const std::filesystem::path &library) {
  void *handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw std::runtime_error(::dlerror());
  const auto getBase = reinterpret_cast<const ApiBase *(*)()>(::dlsym(handle, "OrtGetApiBase"));
  if (!getBase)
    throw std::runtime_error(library.string() + " is not the library of ONNX Runtime");
  version_ = getBase()->getVersion();
  api_ = getBase()->getApi(kApiVersion);
  if (!api_)
    throw std::runtime_error(std::string("ONNX Runtime ") + version_ + " is too old");
  check(api_, kCreateEnv, int{kWarning}, "bench", &environment_);
}

std::string Ort::version() const { return version_; }

OrtSession::OrtSession(const Ort &ort, const std::filesystem::path &model, int threads,
                       const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs)
    : ort_{ort} {
  void **api = ort.api_;
  check(api, kCreateSessionOptions, &options_);
  check(api, kSetSessionExecutionMode, options_, int{kSequential});
  check(api, kSetSessionGraphOptimizationLevel, options_, int{kAllOptimisations});
  check(api, kSetIntraOpNumThreads, options_, threads);
  check(api, kSetInterOpNumThreads, options_, 1);
  check(api, kCreateSession, ort.environment_, model.c_str(), static_cast<const void *>(options_),
        &session_);
  check(api, kCreateCpuMemoryInfo, int{kArena}, int{kDefault}, &memory_);
  const auto bind = [&](const std::vector<Tensor> &tensors, std::vector<void *> &values) {
    for (const Tensor &t : tensors) {
      names_.push_back(t.name);
      void *value = nullptr;
      check(api, kCreateTensorWithDataAsOrtValue, static_cast<const void *>(memory_), t.data,
            t.bytes, t.shape.data(), t.shape.size(), elementType(t.dtype), &value);
      values.push_back(value);
    }
  };
  bind(inputs, inputs_);
  bind(outputs, outputs_);
  for (size_t i = 0; i < names_.size(); ++i)
    (i < inputs.size() ? inputNames_ : outputNames_).push_back(names_[i].c_str());
}

OrtSession::~OrtSession() {
  for (void *value : inputs_)
    call(ort_.api_, kReleaseValue, value);
  for (void *value : outputs_)
    call(ort_.api_, kReleaseValue, value);
  call(ort_.api_, kReleaseSession, session_);
  call(ort_.api_, kReleaseSessionOptions, options_);
  call(ort_.api_, kReleaseMemoryInfo, memory_);
}

void OrtSession::run() {
  check(ort_.api_, kRun, session_, static_cast<const void *>(nullptr), inputNames_.data(),
        static_cast<void *const *>(inputs_.data()), inputs_.size(), outputNames_.data(),
        outputs_.size(), outputs_.data());
}

} // namespace burin::bench

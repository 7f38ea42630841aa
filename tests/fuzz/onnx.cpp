// SPDX-License-Identifier: Apache-2.0
//
// ONNX: one protobuf message, and files of external data beside it.
#include "frontend/onnx/import.h"
#include "frontend/onnx/read.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/readers.h"

namespace burin::fuzz {
namespace {
namespace fs = std::filesystem;
constexpr const char *kModel = "model.onnx";

Files load(const fs::path &path) {
  Files files = {{kModel, contentOf(path)}};
  for (const fs::directory_entry &entry : fs::directory_iterator(path.parent_path()))
    if (entry.path().extension() == ".bin")
      files[entry.path().filename().string()] = contentOf(entry.path());
  return files;
}

Files mutate(const Files &from, const Files &donor, Random &random) {
  Files files = from;
  std::string &model = files.at(kModel);
  if (auto fields = fieldsOf(model); fields && !random.oneIn(20)) {
    mutateMessage(*fields, fieldsOf(donor.at(kModel)).value_or(Fields{}), random);
    model = bytesOf(*fields);
  }
  if (random.oneIn(10))
    mutateBytes(model, random);
  return files;
}

void read(const fs::path &path, Random &random) {
  onnx::ImportOptions options;
  for (const onnx::ValueInfo &input : onnx::readModel(path).graph.inputs)
    if (input.type.shape)
      for (size_t i = 0; i < input.type.shape->size(); ++i)
        if (const auto *name = std::get_if<std::string>(&(*input.type.shape)[i]))
          options.dims[name->empty() ? input.name + "." + std::to_string(i) : *name] = {
              1, static_cast<int64_t>(random.below(4)) + 1};
  const onnx::Import import = onnx::importModel(path, options);
  verify(*import.module);
}

} // namespace

const Reader kOnnx = {"onnx", kModel, load, mutate, read};

} // namespace burin::fuzz

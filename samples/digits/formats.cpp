// SPDX-License-Identifier: Apache-2.0
//
// One network as ONNX, as TorchScript, as a program of torch.export and as a TensorFlow SavedModel:
// five classes in one program, which give the same logits for 200 held-out digits.
#include "digits.h"
#include "digits_exported.h"
#include "digits_saved_model.h"
#include "digits_scripted.h"
#include "digits_traced.h"
#include "test_images.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace {

using Logits = std::array<std::array<float, 10>, test_images::count>;

/// The greatest distance of all logits from others.
template <class Others> double distance(const Logits &logits, const Others &others) {
  double greatest = 0;
  for (size_t i = 0; i < logits.size(); ++i)
    for (size_t k = 0; k < 10; ++k)
      greatest = std::fmax(greatest, std::fabs(double{logits[i][k]} - double{others[i][k]}));
  return greatest;
}

/// Reads all pictures and adds a row to the table. The classes share nothing but their form: each
/// has its own type, namespace and memory.
template <class Model> bool compare(const Logits *first, Logits &logits) {
  static burin::Owned<Model> model;
  for (size_t i = 0; i < logits.size(); ++i) {
    std::array<float, 64> image;
    for (size_t p = 0; p < image.size(); ++p)
      image[p] = static_cast<float>(test_images::pixels[i][p]) / 16;
    if (const burin::Status status = model.run(image, logits[i]); status != burin::Status::ok) {
      std::printf("%s: picture %zu: %s\n", Model::name, i, to_string(status));
      return false;
    }
  }
  const double fromTorch = distance(logits, test_images::logits),
               fromFirst = first ? distance(logits, *first) : 0;
  std::printf("%-12s %-20s %-12.2g %-12.2g %zu\n", Model::model_format, Model::name, fromTorch,
              fromFirst, Model::arena_size);
  return fromTorch < 1e-4 && fromFirst < 1e-4; // of logits up to 25
}

} // namespace

int main() {
  static Logits onnx, other;
  std::printf("format       class                from PyTorch from the first  arena\n");
  bool good = compare<digits::Model>(nullptr, onnx);
  good = compare<digits_traced::Model>(&onnx, other) && good;
  good = compare<digits_scripted::Model>(&onnx, other) && good;
  good = compare<digits_exported::Model>(&onnx, other) && good;
  good = compare<digits_saved_model::Model>(&onnx, other) && good;
  std::printf(good ? "the same logits from every format\n" : "FAILED: logits differ\n");
  return good ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
//
// Files of TensorFlow and Keras that are no SavedModel, by what they are.
#include "frontend/savedmodel/import.h"
#include "frontend/savedmodel/wire.h"

#include <algorithm>

namespace burin::savedmodel {
namespace {
using namespace std::string_view_literals;

struct Row {
  size_t offset;
  std::string_view magic;  ///< at the offset
  std::string_view within; ///< near the end of the file, where archives have their names
  std::string_view what, hint;
};

constexpr std::string_view kExport = "load it and export it: model.export(DIR); then pass DIR";
constexpr std::string_view kSource = "pass the SavedModel that it was made of";

constexpr Row kRows[] = {
    {0, "PK\3\4"sv, "saved_model.pb", "a zipped SavedModel", "unpack it and pass the folder"},
    {0, "PK\3\4"sv, "model.weights.h5", "a Keras model (.keras)", kExport},
    {0, "\x89HDF\r\n\x1a\n"sv, "", "an HDF5 file (Keras)", kExport},
    {4, "TFL3"sv, "", "a TensorFlow Lite model", kSource},
    {0, "{"sv, "\"weightsManifest\"", "a TensorFlow.js model", kSource},
    {0, "saved_model_schema_version"sv, "", "a SavedModel in protobuf's text form",
     "load it and save it again: tf.saved_model.load(DIR), tf.saved_model.save(model, DIR2)"},
};

/// At the end of the index of a checkpoint.
constexpr std::string_view kIndexMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"sv;

} // namespace

std::optional<NotSavedModel> notSavedModel(std::span<const std::byte> file) {
  constexpr size_t kEnd = 65536;
  const std::string_view text = textOf(file),
                         end = text.substr(text.size() - std::min(text.size(), kEnd));
  const auto *row = std::ranges::find_if(kRows, [&](const Row &r) {
    return text.size() >= r.offset && text.substr(r.offset).starts_with(r.magic) &&
           (r.within.empty() || end.find(r.within) != std::string_view::npos);
  });
  if (row != std::end(kRows))
    return NotSavedModel{std::string(row->what), std::string(row->hint)};
  if (text.ends_with(kIndexMagic))
    return NotSavedModel{"the index of a checkpoint", "pass the folder that holds saved_model.pb"};
  return std::nullopt;
}

} // namespace burin::savedmodel

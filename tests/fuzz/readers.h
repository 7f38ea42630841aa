// SPDX-License-Identifier: Apache-2.0
//
// What the fuzzer knows of a format: how to take a model apart, to change it so that what holds it
// together (lengths, checksums, archives) stays right, and to read it. A format is a row of
// kReaders.
#pragma once

#include "ir/graph.h"
#include "tests/fuzz/random.h"

#include <filesystem>
#include <map>

namespace burin::fuzz {

/// By path below the folder of the model.
using Files = std::map<std::string, std::string>;

std::string contentOf(const std::filesystem::path &);
/// Throws InternalError unless the module is valid. Symbols may have any name of the model.
void verify(const ir::Module &);

struct Reader {
  std::string_view name;
  std::string_view model; ///< the file that is read; empty: the folder
  /// A model, in parts of the reader's own choice.
  Files (*load)(const std::filesystem::path &);
  /// The files of a model that is like `from`, changed in some places; `donor` is another model.
  Files (*mutate)(const Files &from, const Files &donor, Random &);
  /// Imports it and verifies the module. Throws what the frontend throws.
  void (*read)(const std::filesystem::path &, Random &);
};

extern const Reader kOnnx, kTorchScript, kExported, kSavedModel;

} // namespace burin::fuzz

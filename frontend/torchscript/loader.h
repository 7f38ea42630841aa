// SPDX-License-Identifier: Apache-2.0
//
// From a pickle to values of the program: objects with their attributes, tensors as constants that
// stay in the mapped file.
#pragma once

#include "frontend/torchscript/interpreter.h"
#include "frontend/torchscript/pickle.h"

#include <set>
#include <unordered_map>

namespace burin::torchscript {

class Loader {
public:
  /// `folder` holds the storages: "data" or "constants".
  Loader(const Archive &, Program &, Evaluation &, std::string folder);

  /// `interpreter` runs the __setstate__ of classes that have one; null where none may have.
  Host load(const Pickled &, const std::string &path, Interpreter *interpreter);

private:
  struct Storage {
    Bytes bytes;
    std::string type; ///< "Float"
    TensorRef user;   ///< the first tensor that lies in it
  };
  Host make(const Pickled &, const std::string &path);
  Host called(const Pickled &, const std::string &path);
  Host object(const Pickled &, const std::string &path);
  Host items(const Pickled &, const std::string &path, Cell::Kind);
  Host tensor(const Pickled &, const std::string &path);
  Storage &storageOf(const Pickled &);

  const Archive &archive_;
  Program &program_;
  Evaluation &in_;
  std::string folder_;
  Interpreter *interpreter_ = nullptr;
  std::unordered_map<const Pickled *, Host> made_; // what is shared stays shared
  std::map<std::string, Storage, std::less<>> storages_;
  int depth_ = 0;
};

/// The element type of "FloatStorage"; nothing for one that the IR does not have.
std::optional<ElementType> elementTypeOfStorage(std::string_view global);

} // namespace burin::torchscript

// SPDX-License-Identifier: Apache-2.0
//
// The archive in both of its layouts: before PyTorch 2.8 four members at the top, since then a
// folder of models, each with its weights and constants.
#pragma once

#include "frontend/exported/json.h"
#include "frontend/torchscript/archive.h"
#include "frontend/torchscript/evaluation.h"

#include <map>

namespace burin::exported {

class Container {
public:
  /// `program`: which of several; empty: "model", or the only one.
  Container(const std::filesystem::path &, std::string_view program);

  /// The text of the program, whose version is one that is known.
  const Document &program() const { return *program_; }
  const torchscript::Archive &archive() const { return archive_; }

  /// Where tensors of one kind lie: `config` says it for raw bytes, or a member of torch.save has
  /// all of them.
  struct Payload {
    std::string folder; ///< of raw bytes
    std::optional<Document> config;
    std::optional<torchscript::Archive> saved;
  };
  const Payload &weights() const { return weights_; }
  const Payload &constants() const { return constants_; }

  static bool isExported(const torchscript::Archive &);

private:
  void openOld();
  void openNew(std::string_view program);
  Payload payload(const std::string &kind, const std::string &program) const;

  torchscript::Archive archive_;
  std::optional<Document> program_;
  Payload weights_, constants_;
};

/// The tensors of a container as constants of a module, each made once.
class Tensors {
public:
  Tensors(const Container &, torchscript::Evaluation &);
  /// Of parameters and persistent buffers; of all others.
  torchscript::TensorRef weight(const std::string &name);
  torchscript::TensorRef constant(const std::string &name);

private:
  using Loaded = std::map<std::string, torchscript::Host, std::less<>>;
  torchscript::TensorRef tensor(const Container::Payload &, Loaded &, const std::string &name);
  void loadSaved(const torchscript::Archive &, Loaded &);
  torchscript::Host loadRaw(const Container::Payload &, const std::string &name);

  const Container &from_;
  torchscript::Evaluation &in_;
  Loaded weights_, constants_;
  std::map<std::string, torchscript::TensorRef, std::less<>> users_; ///< the first of each member
};

/// The element type of a dtype of the program, whose numbers are not those of torch; nothing for
/// one without elements in the IR.
std::optional<ir::ElementType> elementTypeOf(int64_t dtype);

} // namespace burin::exported

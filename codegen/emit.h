// SPDX-License-Identifier: Apache-2.0
//
// Printing. Nothing here changes the IR or decides anything: that is prepare.cpp.
#pragma once

#include "codegen/prepare.h"

#include <utility>

namespace burin::codegen {

/// How the text of one model names its memory.
class Memory {
public:
  Memory(const Prepared &, const ir::MemoryPlan &);

  /// A pointer to the elements, of the type that kernels take: "c.f32(at_conv1)", "c.image",
  /// "weights::bias". `F32`: as rt::F32, for constants.
  std::string pointer(const Value *, bool asF32 = false) const;
  /// The value that has the memory in which v lies, and v's first element there.
  struct Place {
    const Value *root;
    int64_t first;
  };
  Place placeOf(const Value *v) const;
  std::string packed(const kernels::Packed &) const;
  /// An extent as an int: "8", "c.batch".
  std::string extent(const Dim &) const;
  std::string argument(const kernels::Param &) const;
  std::string functorArguments(const kernels::Functor &) const;
  /// The name of a buffer's constant in the enum of the plan: "at_conv1".
  const std::string &bufferName(size_t buffer) const { return bufferNames_[buffer]; }
  int64_t arenaBytes() const { return arenaBytes_; }
  int64_t extentsOffset() const { return extentsOffset_; }
  const std::set<ElementType> &accessors() const { return accessors_; }

  /// What has been named since it was asked last: a shard declares no more.
  struct Named {
    std::set<size_t> buffers, weights; ///< indices
  };
  Named takeNamed() const { return std::exchange(named_, {}); }

  const Prepared &prepared;
  const ir::MemoryPlan &plan;

private:
  const Weight &weight(const Value *, const std::string &layout) const;
  /// The pointer, moved by as many elements.
  static std::string moved(const std::string &pointer, int64_t elements);

  std::vector<std::string> bufferNames_;
  std::unordered_map<const Value *, std::string> direct_; ///< members of the context
  struct Output {
    std::string pointer; ///< a member of the context
    ElementType element;
  };
  std::unordered_map<size_t, Output> outputOf_; ///< by buffer
  int64_t arenaBytes_ = 0, extentsOffset_ = 0;
  mutable std::set<ElementType> accessors_;
  mutable Named named_;
};

std::string emitHeader(const Prepared &, const Memory &);
/// The texts of sourceNames().
std::vector<std::string> emitSources(const Prepared &, const Memory &);
/// One element of a tensor in C++, as kernels take it.
std::string literal(ElementType, const std::byte *);
void emitWeights(const Prepared &, const Sink &);
void emitBinary(const Prepared &, const Sink &); ///< NAME.weights.bin
/// NAME.weights: the form is in burin/rt/weights_file.h. `hash`: weightsHash.
void emitWeightsFile(const Prepared &, uint64_t hash, const Sink &);
uint64_t weightsHash(const Prepared &); ///< packs all of them
/// What the code expects to lie where in the weights that it is given.
uint64_t weightsLayout(const Prepared &);
std::string emitCHeader(const Prepared &, const Memory &);
std::string emitCSource(const Prepared &, const Memory &);
std::string emitReport(const Prepared &, const Memory &);

/// The three comment lines that every generated file begins with.
std::string preamble(const Prepared &, bool withSettings = true);
/// "burin::View<const float, 1, 10>" or "burin::DynView<const float, 2>".
std::string viewType(const Type &, bool isConst);
bool isDynamic(const Type &);
int64_t bytesOf(const Type &); ///< at the upper bounds

} // namespace burin::codegen

// SPDX-License-Identifier: Apache-2.0
//
// Makes random modules of all families of ops. Rounding must not decide what a graph computes, so
// the maker follows which values are exact: every number is a multiple of 2^-fraction, within
// bound, and both fit into the element type. Ops that jump (comparisons, rounding, top-k, casts to
// integers) get exact values alone. The names of values tell it: "e12" is exact, "n12" is not.
#pragma once

#include "ir/builder.h"
#include "ir/evaluator.h"
#include "ir/ops.h"

#include <functional>
#include <memory>
#include <random>
#include <unordered_map>

namespace burin::differential {

using ir::Builder;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Shape;
using ir::Type;
using ir::Value;
namespace ops = ir::ops;
namespace attr = ir::attr;

/// What is known of the numbers of a value.
struct Facts {
  bool exact = true;
  int fraction = 0;
  double bound = 1;
};
constexpr double kMostBound = 1e4;    ///< larger values are not kept
constexpr double kAnyInteger = 1e300; ///< the bound of integers that may wrap

struct Made {
  Value *value = nullptr; ///< null: nothing fits
  Facts facts;
};

struct MakerOptions {
  int ops = 14;
  bool states = false;
  bool control = true;
};

class Maker {
public:
  Maker(uint32_t seed, const MakerOptions &);
  std::unique_ptr<ir::Module> run();

  // ---- for the makers of ops ----
  size_t pick(size_t n) { return random_() % n; }
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  template <class T> T oneOf(std::initializer_list<T> all) { return all.begin()[pick(all.size())]; }

  using Filter = std::function<bool(const Value &)>;
  /// A value that fits, the newest more often; null if none does.
  Value *any(const Filter &fits);
  Value *anyFloat();   ///< f32 mostly
  Value *anyExact();   ///< a float whose numbers are exact, or an integer
  Value *anyInteger(); ///< not bool
  Value *anyBool();
  const Facts &factsOf(const Value *v) const { return facts_.at(v); }
  bool isExact(const Value *v) const { return factsOf(v).exact; }
  /// Facts of something computed from v that is as exact as v.
  Facts like(const Value *v) const { return factsOf(v); }

  /// Multiples of 1/16 within 1, small integers, or bools.
  Value *constant(ElementType, Shape, double most = 1);
  /// Of v's element type, of a shape that broadcasts with v's.
  Value *beside(const Value *v);
  /// Another value that fits beside v by broadcasting, or a constant.
  Value *partner(const Value *v);
  /// Indices for an axis: a constant, or a computed integer tensor. All of them are legal.
  Value *indices(Shape, const Dim &extent);

  Builder &to() { return *to_; }
  ir::Module &module() { return *module_; }
  int depth() const { return depth_; }
  const Shape &extents() const { return extents_; } ///< symbols in use
  bool hasOptions(bool MakerOptions::*option) const { return options_.*option; }
  void keep(Value *, const Facts &, std::string_view name = {});
  void forget(size_t count) { values_.resize(count); }
  size_t count() const { return values_.size(); }
  /// Ops into a block, for control flow.
  void grow(ir::Block &, int ops);
  /// Whether the first `count` values have all symbols of v's extents: a block may make its own.
  bool isKnown(const Value &v, size_t count) const;
  /// The newest values of a type, not made before `from`.
  std::vector<Value *> ofType(const Type &, size_t from = 0) const;

private:
  void addArguments(ir::Function &);
  Value *argument(ir::Function &, Type, std::string_view stem, double bound);

  std::mt19937 random_;
  MakerOptions options_;
  std::unique_ptr<ir::Module> module_;
  std::vector<Value *> values_;
  std::unordered_map<const Value *, Facts> facts_;
  Shape extents_;
  Builder *to_ = nullptr;
  int depth_ = 0, names_ = 0, constants_ = 0;
};

/// A kind of op that the maker may try.
struct OpMaker {
  std::string_view name;
  int weight;
  Made (*make)(Maker &);
};
std::span<const OpMaker> elementwiseMakers();
std::span<const OpMaker> movementMakers();
std::span<const OpMaker> indexMakers();
std::span<const OpMaker> contractionMakers();
std::span<const OpMaker> rowMakers();
std::span<const OpMaker> shapeMakers();
std::span<const OpMaker> controlMakers();

/// Whether numbers with these facts are exact in an element type.
bool fitsExactly(ElementType, const Facts &);
/// The largest count that a type can have.
int64_t largestCount(const Type &);
/// Whether an axis can have no element.
bool mayBeEmpty(const Dim &);

/// The same module for the same seed.
std::unique_ptr<ir::Module> makeModule(uint32_t seed, const MakerOptions &);

} // namespace burin::differential

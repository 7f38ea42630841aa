// SPDX-License-Identifier: Apache-2.0
//
// The extent of a tensor: a number, a named symbol with bounds, or an expression over symbols.
// Kept in a normal form (a sum of products), so that N * 4 / 4 == N without a prover.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace burin::ir {

/// A symbol without an upper bound: a model whose input has one is refused.
constexpr int64_t kUnbounded = INT64_MAX;

struct Bounds {
  int64_t lo = 0, hi = kUnbounded;
  bool operator==(const Bounds &) const = default;
};

class Dim {
public:
  Dim(int64_t number = 0) : number_{number} {} // implicit: a number is a Dim
  /// Symbols of one name in one module have the same bounds (Module::symbols).
  static Dim symbol(std::string name, Bounds bounds);

  bool isNumber() const { return !sum_; }
  bool isNumber(int64_t n) const { return !sum_ && number_ == n; }
  /// The number; throws InternalError for anything symbolic.
  int64_t number() const;
  /// The name, if this is a symbol and nothing else.
  std::optional<std::string_view> symbolName() const;
  /// An interval that holds the value; saturates at kUnbounded.
  Bounds bounds() const;
  /// As printed in .gir, and as C++ when every symbol is an int: "2*N + 1", "floordiv(N, 2)".
  std::string text() const;
  int64_t evaluate(const std::function<int64_t(std::string_view)> &valueOf) const;
  Dim substitute(const std::map<std::string, Dim, std::less<>> &) const;
  void collectSymbols(std::map<std::string, Bounds, std::less<>> &into) const;

  friend Dim operator+(const Dim &, const Dim &);
  friend Dim operator-(const Dim &, const Dim &);
  friend Dim operator*(const Dim &, const Dim &);
  /// Rounded down, and up; the divisor must not be zero.
  friend Dim floorDiv(const Dim &, const Dim &);
  friend Dim ceilDiv(const Dim &, const Dim &);
  friend Dim min(const Dim &, const Dim &);
  friend Dim max(const Dim &, const Dim &);
  friend bool operator==(const Dim &, const Dim &);
  friend bool isNonNegative(const Dim &);

  // The normal form: coefficient * atom * atom ... + ...
  struct Atom;
  using AtomRef = std::shared_ptr<const Atom>;
  struct Term {
    int64_t coefficient;
    std::vector<AtomRef> atoms; ///< sorted by key; empty in the constant term, which comes last
  };
  struct Atom {
    enum class Kind : uint8_t { symbol, floorDiv, ceilDiv, min, max };
    Kind kind;
    std::string key; ///< its text; equal keys are equal atoms
    Bounds bounds;
    std::vector<Dim> operands; ///< two, or none for a symbol
  };
  /// The terms, also of a number (one term, or none for zero).
  std::vector<Term> terms() const;

private:
  using Sum = std::vector<Term>;
  static Dim fromSum(Sum);
  static Dim fromAtom(Atom::Kind, const Dim &, const Dim &);
  static Dim divide(Atom::Kind, const Dim &, const Dim &);
  static Dim floorDivByNumber(const Dim &, int64_t);
  static Dim reducedFloorDiv(const Dim &, int64_t offset, int64_t);
  static bool provesNonNegative(const Dim &, int steps);

  int64_t number_;
  std::shared_ptr<const Sum> sum_; // null for a number
};

using Dims = std::vector<Dim>;

/// True if a and b are equal for every value of the symbols, false if not known to be.
bool operator==(const Dim &, const Dim &);
/// True if the extent is at least zero for every value of the symbols, false if not known to be.
bool isNonNegative(const Dim &);
/// True if the two can be equal for some value of the symbols.
bool mayEqual(const Dim &, const Dim &);
/// The product; 1 for none.
Dim product(const Dims &);

} // namespace burin::ir

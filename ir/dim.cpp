// SPDX-License-Identifier: Apache-2.0
#include "ir/dim.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::ir {
namespace {

// ---- arithmetic that saturates at "unbounded" ----

bool isInfinite(int64_t x) { return x == kUnbounded || x == INT64_MIN; }

int64_t addSaturating(int64_t a, int64_t b) {
  int64_t out;
  if (!__builtin_add_overflow(a, b, &out))
    return out;
  return a > 0 ? kUnbounded : INT64_MIN;
}

/// The end of an interval: what is infinite stays so.
int64_t addEnds(int64_t a, int64_t b) {
  return isInfinite(a) ? a : isInfinite(b) ? b : addSaturating(a, b);
}

int64_t mulSaturating(int64_t a, int64_t b) {
  int64_t out;
  if (a == 0 || b == 0)
    return 0;
  if (!isInfinite(a) && !isInfinite(b) && !__builtin_mul_overflow(a, b, &out))
    return out;
  return (a > 0) == (b > 0) ? kUnbounded : INT64_MIN;
}

int64_t floorDivide(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
int64_t ceilDivide(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) == (b < 0) ? q + 1 : q;
}

Bounds add(Bounds a, Bounds b) { return {addEnds(a.lo, b.lo), addEnds(a.hi, b.hi)}; }

Bounds multiply(Bounds a, Bounds b) {
  const int64_t p[] = {mulSaturating(a.lo, b.lo), mulSaturating(a.lo, b.hi),
                       mulSaturating(a.hi, b.lo), mulSaturating(a.hi, b.hi)};
  return {*std::ranges::min_element(p), *std::ranges::max_element(p)};
}

template <class Divide> Bounds divideBounds(Bounds a, Bounds b, Divide divide) {
  if (b.lo <= 0)
    return {INT64_MIN, kUnbounded};
  const auto one = [&](int64_t x, int64_t y) {
    if (isInfinite(x))
      return x;
    return isInfinite(y) ? divide(x, INT64_MAX) : divide(x, y);
  };
  const int64_t q[] = {one(a.lo, b.lo), one(a.lo, b.hi), one(a.hi, b.lo), one(a.hi, b.hi)};
  return {*std::ranges::min_element(q), *std::ranges::max_element(q)};
}

// ---- terms ----

bool sameAtoms(const Dim::Term &a, const Dim::Term &b) {
  return std::ranges::equal(a.atoms, b.atoms,
                            [](const auto &x, const auto &y) { return x->key == y->key; });
}

/// Products of more atoms first, then by name; the constant last.
bool termBefore(const Dim::Term &a, const Dim::Term &b) {
  if (a.atoms.size() != b.atoms.size())
    return a.atoms.size() > b.atoms.size();
  return std::ranges::lexicographical_compare(
      a.atoms, b.atoms, [](const auto &x, const auto &y) { return x->key < y->key; });
}

std::string termText(const Dim::Term &t, bool first) {
  const bool negative = t.coefficient < 0;
  std::string text = first ? (negative ? "-" : "") : (negative ? " - " : " + ");
  // INT64_MIN has no positive counterpart; it never is an extent.
  const int64_t magnitude =
      negative ? -(t.coefficient + (t.coefficient == INT64_MIN)) : t.coefficient;
  if (t.atoms.empty())
    return text + std::to_string(magnitude);
  if (magnitude != 1)
    text += std::to_string(magnitude) + "*";
  for (size_t i = 0; i < t.atoms.size(); ++i)
    text += (i ? "*" : "") + t.atoms[i]->key;
  return text;
}

/// The term a / b if every atom and the coefficient of b divide those of a.
std::optional<Dim::Term> divideTerm(const Dim::Term &a, const Dim::Term &b) {
  if (a.coefficient % b.coefficient != 0)
    return std::nullopt;
  Dim::Term out{a.coefficient / b.coefficient, a.atoms};
  for (const Dim::AtomRef &atom : b.atoms) {
    const auto it = std::ranges::find(out.atoms, atom->key, [](const auto &x) { return x->key; });
    if (it == out.atoms.end())
      return std::nullopt;
    out.atoms.erase(it);
  }
  return out;
}

std::string_view kindName(Dim::Atom::Kind kind) {
  switch (kind) {
  case Dim::Atom::Kind::symbol:
    return "symbol";
  case Dim::Atom::Kind::floorDiv:
    return "floordiv";
  case Dim::Atom::Kind::ceilDiv:
    return "ceildiv";
  case Dim::Atom::Kind::min:
    return "min";
  case Dim::Atom::Kind::max:
    return "max";
  }
  return "?";
}

} // namespace

Dim Dim::symbol(std::string name, Bounds bounds) {
  if (bounds.lo == bounds.hi)
    return bounds.lo;
  Atom atom{Atom::Kind::symbol, std::move(name), bounds, {}};
  return fromSum({Term{1, {std::make_shared<const Atom>(std::move(atom))}}});
}

int64_t Dim::number() const {
  if (sum_)
    throw InternalError("a number is needed where an extent is " + text());
  return number_;
}

std::optional<std::string_view> Dim::symbolName() const {
  if (!sum_ || sum_->size() != 1 || sum_->front().coefficient != 1 ||
      sum_->front().atoms.size() != 1 || sum_->front().atoms.front()->kind != Atom::Kind::symbol)
    return std::nullopt;
  return sum_->front().atoms.front()->key;
}

Bounds Dim::bounds() const {
  if (!sum_)
    return {number_, number_};
  Bounds total{0, 0};
  for (const Term &t : *sum_) {
    Bounds term{t.coefficient, t.coefficient};
    for (const AtomRef &atom : t.atoms)
      term = multiply(term, atom->bounds);
    total = add(total, term);
  }
  return total;
}

std::vector<Dim::Term> Dim::terms() const {
  if (sum_)
    return *sum_;
  return number_ ? Sum{Term{number_, {}}} : Sum{};
}

std::string Dim::text() const {
  if (!sum_)
    return std::to_string(number_);
  std::string text;
  for (const Term &t : *sum_)
    text += termText(t, text.empty());
  return text;
}

Dim Dim::fromSum(Sum terms) {
  std::ranges::stable_sort(terms, termBefore);
  Sum merged;
  for (Term &t : terms) {
    if (!merged.empty() && sameAtoms(merged.back(), t))
      merged.back().coefficient = addSaturating(merged.back().coefficient, t.coefficient);
    else
      merged.push_back(std::move(t));
  }
  std::erase_if(merged, [](const Term &t) { return t.coefficient == 0; });
  if (merged.empty())
    return 0;
  if (merged.size() == 1 && merged.front().atoms.empty())
    return merged.front().coefficient;
  Dim dim;
  dim.sum_ = std::make_shared<const Sum>(std::move(merged));
  return dim;
}

Dim Dim::fromAtom(Atom::Kind kind, const Dim &a, const Dim &b) {
  const Bounds x = a.bounds(), y = b.bounds();
  Bounds bounds;
  switch (kind) {
  case Atom::Kind::symbol:
    break;
  case Atom::Kind::floorDiv:
    bounds = divideBounds(x, y, floorDivide);
    break;
  case Atom::Kind::ceilDiv:
    bounds = divideBounds(x, y, ceilDivide);
    break;
  case Atom::Kind::min:
    bounds = {std::min(x.lo, y.lo), std::min(x.hi, y.hi)};
    break;
  case Atom::Kind::max:
    bounds = {std::max(x.lo, y.lo), std::max(x.hi, y.hi)};
    break;
  }
  Atom atom{kind, fmt::format("{}({}, {})", kindName(kind), a.text(), b.text()), bounds, {a, b}};
  return fromSum({Term{1, {std::make_shared<const Atom>(std::move(atom))}}});
}

Dim operator+(const Dim &a, const Dim &b) {
  if (!a.sum_ && !b.sum_)
    return addSaturating(a.number_, b.number_);
  Dim::Sum terms = a.terms();
  for (Dim::Term &t : b.terms())
    terms.push_back(std::move(t));
  return Dim::fromSum(std::move(terms));
}

Dim operator-(const Dim &a, const Dim &b) { return a + b * Dim(-1); }

Dim operator*(const Dim &a, const Dim &b) {
  if (!a.sum_ && !b.sum_)
    return mulSaturating(a.number_, b.number_);
  Dim::Sum terms;
  for (const Dim::Term &x : a.terms())
    for (const Dim::Term &y : b.terms()) {
      Dim::Term t{mulSaturating(x.coefficient, y.coefficient), x.atoms};
      t.atoms.insert(t.atoms.end(), y.atoms.begin(), y.atoms.end());
      std::ranges::sort(t.atoms, {}, [](const auto &atom) { return atom->key; });
      terms.push_back(std::move(t));
    }
  return Dim::fromSum(std::move(terms));
}

Dim Dim::divide(Atom::Kind kind, const Dim &a, const Dim &b) {
  const bool floor = kind == Atom::Kind::floorDiv;
  if (b.isNumber(0))
    throw CompileError(Problem::invalid, {}, "division of the extent " + a.text() + " by zero");
  if (a.isNumber(0) || b.isNumber(1))
    return a;
  if (b.isNumber(-1))
    return a * b;
  if (!a.sum_ && !b.sum_)
    return floor ? floorDivide(a.number_, b.number_) : ceilDivide(a.number_, b.number_);
  if (a == b)
    return 1;
  if (b.isNumber())
    return b.number_ < 0 ? divide(kind, a * Dim(-1), Dim(-1) * b)
                         : floorDivByNumber(floor ? a : a + Dim(b.number_ - 1), b.number_);
  // What divides exactly leaves the quotient: (k d + r) / d = k + r / d.
  const Sum divisor = b.terms();
  if (divisor.size() == 1) {
    Sum exact, rest;
    for (const Term &t : a.terms())
      if (std::optional<Term> q = divideTerm(t, divisor.front()))
        exact.push_back(std::move(*q));
      else
        rest.push_back(t);
    if (rest.empty())
      return fromSum(std::move(exact));
    if (!exact.empty())
      return fromSum(std::move(exact)) + divide(kind, fromSum(std::move(rest)), b);
  }
  // By a sum, if that leaves nothing: (32 s - 16) / (4 s - 2) = 8.
  constexpr int kMostTerms = 4;
  Dim quotient = 0, rest = a;
  for (int i = 0; i < kMostTerms && divisor.size() > 1 && !rest.isNumber(0); ++i) {
    std::optional<Term> q = divideTerm(rest.terms().front(), divisor.front());
    if (!q)
      break;
    const Dim part = fromSum({std::move(*q)});
    quotient = quotient + part;
    rest = rest - part * b;
  }
  return rest.isNumber(0) ? quotient : fromAtom(kind, a, b);
}

/// The normal form of a quotient by a number n > 1, so that the extents of equal windows are equal:
///   (k n x + r) / n             = k x + r / n
///   floordiv(-x, n)             = -ceildiv(x, n)
///   floordiv(g x + c, g n)      = floordiv(x + floordiv(c, g), n)
///   floordiv(floordiv(x, m), n) = floordiv(x, m n)
///   floordiv(x + n - 1, n)      = ceildiv(x, n)
Dim Dim::floorDivByNumber(const Dim &a, int64_t n) {
  Sum whole, rest;
  int64_t offset = 0;
  for (const Term &t : a.terms()) {
    if (t.atoms.empty()) {
      offset = t.coefficient;
      continue;
    }
    // Rounded towards zero: the rest grows where the term does, which keeps the bounds narrow.
    if (const int64_t k = t.coefficient / n)
      whole.push_back({k, t.atoms});
    if (const int64_t r = t.coefficient % n)
      rest.push_back({r, t.atoms});
  }
  const bool isNegated = !rest.empty() && rest.front().coefficient < 0;
  if (isNegated) {
    for (Term &t : rest)
      t.coefficient = -t.coefficient;
    offset = addSaturating(n - 1, mulSaturating(-1, offset));
  }
  int64_t divisor = n;
  for (const Term &t : rest)
    divisor = std::gcd(divisor, t.coefficient);
  for (Term &t : rest)
    t.coefficient /= divisor;
  offset = floorDivide(offset, divisor);
  divisor = n / divisor;
  Dim quotient = floorDivide(offset, divisor);
  offset %= divisor;
  offset += offset < 0 ? divisor : 0;
  if (!rest.empty()) {
    const Dim x = fromSum(std::move(rest));
    quotient = quotient + reducedFloorDiv(x, offset, divisor);
  }
  return fromSum(std::move(whole)) + quotient * Dim(isNegated ? -1 : 1);
}

/// floordiv(x + offset, n) for 0 <= offset < n, where x has no constant and no factor in common
/// with n.
Dim Dim::reducedFloorDiv(const Dim &x, int64_t offset, int64_t n) {
  if (n == 1)
    return x;
  const Sum terms = x.terms();
  if (terms.size() == 1 && terms[0].coefficient == 1 && terms[0].atoms.size() == 1) {
    const Atom &atom = *terms[0].atoms[0];
    const bool isCeil = atom.kind == Atom::Kind::ceilDiv;
    int64_t both;
    if ((isCeil || atom.kind == Atom::Kind::floorDiv) && atom.operands[1].isNumber() &&
        atom.operands[1].number_ > 0 &&
        !__builtin_mul_overflow(atom.operands[1].number_, n, &both)) {
      const int64_t m = atom.operands[1].number_;
      return floorDivByNumber(atom.operands[0] + Dim(isCeil ? m - 1 : 0) + Dim(m) * Dim(offset),
                              both);
    }
  }
  const Bounds b = (x + Dim(offset)).bounds();
  if (!isInfinite(b.lo) && !isInfinite(b.hi) && floorDivide(b.lo, n) == floorDivide(b.hi, n))
    return floorDivide(b.lo, n);
  return offset == n - 1 ? fromAtom(Atom::Kind::ceilDiv, x, n)
                         : fromAtom(Atom::Kind::floorDiv, x + Dim(offset), n);
}

Dim floorDiv(const Dim &a, const Dim &b) { return Dim::divide(Dim::Atom::Kind::floorDiv, a, b); }
Dim ceilDiv(const Dim &a, const Dim &b) { return Dim::divide(Dim::Atom::Kind::ceilDiv, a, b); }

Dim min(const Dim &a, const Dim &b) {
  if (isNonNegative(b - a))
    return a;
  if (isNonNegative(a - b))
    return b;
  return b.text() < a.text() ? Dim::fromAtom(Dim::Atom::Kind::min, b, a)
                             : Dim::fromAtom(Dim::Atom::Kind::min, a, b);
}

Dim max(const Dim &a, const Dim &b) {
  if (isNonNegative(a - b))
    return a;
  if (isNonNegative(b - a))
    return b;
  return b.text() < a.text() ? Dim::fromAtom(Dim::Atom::Kind::max, b, a)
                             : Dim::fromAtom(Dim::Atom::Kind::max, a, b);
}

/// Opens one atom a step. For c < 0, c*min(p, q) is at least c*p and at least c*q, so that either
/// may stand for it; for c > 0 it is one of them, so that both must hold. n*floordiv(x, n) lies in
/// [x - n + 1, x].
bool Dim::provesNonNegative(const Dim &d, int steps) {
  const Bounds bounds = d.bounds();
  if (bounds.lo >= 0)
    return true;
  if (!d.sum_ || bounds.hi < 0 || steps == 0)
    return false;
  const auto opened = [&](auto isKind) {
    return std::ranges::find_if(
        *d.sum_, [&](const Term &t) { return t.atoms.size() == 1 && isKind(*t.atoms[0]); });
  };
  const auto without = [&](Sum::const_iterator it) {
    Sum rest = *d.sum_;
    rest.erase(rest.begin() + (it - d.sum_->begin()));
    return fromSum(std::move(rest));
  };
  auto it =
      opened([](const Atom &a) { return a.kind == Atom::Kind::min || a.kind == Atom::Kind::max; });
  if (it != d.sum_->end()) {
    const Atom &atom = *it->atoms[0];
    const Dim c = it->coefficient, rest = without(it);
    const bool either = (atom.kind == Atom::Kind::min) == (it->coefficient < 0);
    return provesNonNegative(rest + c * atom.operands[0], steps - 1) == either
               ? either
               : provesNonNegative(rest + c * atom.operands[1], steps - 1);
  }
  it = opened([](const Atom &a) {
    return (a.kind == Atom::Kind::floorDiv || a.kind == Atom::Kind::ceilDiv) &&
           a.operands[1].isNumber() && a.operands[1].number_ > 0;
  });
  if (it == d.sum_->end())
    return false;
  const Atom &atom = *it->atoms[0];
  const int64_t n = atom.operands[1].number_;
  const bool isFloor = atom.kind == Atom::Kind::floorDiv;
  const int64_t slack = isFloor == (it->coefficient > 0) ? n - 1 : 0;
  const Dim product = atom.operands[0] + Dim(isFloor ? -slack : slack);
  return provesNonNegative(Dim(n) * without(it) + Dim(it->coefficient) * product, steps - 1);
}

bool isNonNegative(const Dim &d) {
  constexpr int kSteps = 12;
  return Dim::provesNonNegative(d, kSteps);
}

bool operator==(const Dim &a, const Dim &b) {
  if (!a.sum_ || !b.sum_)
    return !a.sum_ && !b.sum_ && a.number_ == b.number_;
  return a.sum_ == b.sum_ ||
         std::ranges::equal(*a.sum_, *b.sum_, [](const Dim::Term &x, const Dim::Term &y) {
           return x.coefficient == y.coefficient && sameAtoms(x, y);
         });
}

bool mayEqual(const Dim &a, const Dim &b) {
  const Bounds d = (a - b).bounds();
  return d.lo <= 0 && d.hi >= 0;
}

Dim product(const Dims &dims) {
  Dim out = 1;
  for (const Dim &d : dims)
    out = out * d;
  return out;
}

int64_t Dim::evaluate(const std::function<int64_t(std::string_view)> &valueOf) const {
  int64_t total = 0;
  for (const Term &t : terms()) {
    int64_t term = t.coefficient;
    for (const AtomRef &atom : t.atoms) {
      if (atom->kind == Atom::Kind::symbol) {
        term *= valueOf(atom->key);
        continue;
      }
      const int64_t a = atom->operands[0].evaluate(valueOf),
                    b = atom->operands[1].evaluate(valueOf);
      const bool isDivision =
          atom->kind == Atom::Kind::floorDiv || atom->kind == Atom::Kind::ceilDiv;
      if (isDivision && b == 0)
        throw InternalError("division by zero in the extent " + atom->key);
      switch (atom->kind) {
      case Atom::Kind::symbol:
        break;
      case Atom::Kind::floorDiv:
        term *= floorDivide(a, b);
        break;
      case Atom::Kind::ceilDiv:
        term *= ceilDivide(a, b);
        break;
      case Atom::Kind::min:
        term *= std::min(a, b);
        break;
      case Atom::Kind::max:
        term *= std::max(a, b);
        break;
      }
    }
    total += term;
  }
  return total;
}

Dim Dim::substitute(const std::map<std::string, Dim, std::less<>> &values) const {
  Dim total = 0;
  for (const Term &t : terms()) {
    Dim term = t.coefficient;
    for (const AtomRef &atom : t.atoms) {
      Dim value;
      if (atom->kind == Atom::Kind::symbol) {
        const auto it = values.find(atom->key);
        value = it == values.end() ? fromSum({Term{1, {atom}}}) : it->second;
      } else {
        const Dim a = atom->operands[0].substitute(values),
                  b = atom->operands[1].substitute(values);
        value = atom->kind == Atom::Kind::floorDiv  ? floorDiv(a, b)
                : atom->kind == Atom::Kind::ceilDiv ? ceilDiv(a, b)
                : atom->kind == Atom::Kind::min     ? min(a, b)
                                                    : max(a, b);
      }
      term = term * value;
    }
    total = total + term;
  }
  return total;
}

void Dim::collectSymbols(std::map<std::string, Bounds, std::less<>> &into) const {
  for (const Term &t : terms())
    for (const AtomRef &atom : t.atoms) {
      if (atom->kind == Atom::Kind::symbol)
        into.emplace(atom->key, atom->bounds);
      for (const Dim &d : atom->operands)
        d.collectSymbols(into);
    }
}

} // namespace burin::ir

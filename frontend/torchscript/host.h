// SPDX-License-Identifier: Apache-2.0
//
// Values of the program while it is evaluated: numbers, texts and containers that the import knows,
// tensors and numbers that the run will know. Lists, dicts, objects and tensors are shared, as they
// are in Python; everything else is copied.
#pragma once

#include "frontend/torchscript/types.h"
#include "ir/graph.h"

#include <functional>
#include <memory>
#include <optional>
#include <variant>

namespace burin::torchscript {

class Tensor;
struct Cell;
struct Tuple;
using TensorRef = std::shared_ptr<Tensor>;
using CellRef = std::shared_ptr<Cell>;
using TupleRef = std::shared_ptr<const Tuple>;

struct None {
  bool operator==(const None &) const = default;
};
/// What nobody may read: uninitialized(T), or a value that two ways made in forms that do not fit
/// together. What an unsupported operator would have made has no `why`: it is reported already.
struct Uninitialized {
  std::string why;
};
/// A number that only the run knows: a tensor of rank 0, i64, f64 or bool.
struct RunNumber {
  ir::Value *value;
};
struct Device {
  std::string name;
  bool operator==(const Device &) const = default;
};
/// A function or a class that a local name is bound to, by its qualified name.
struct Named {
  std::string name;
};
/// A closure, for fork.
struct Closure;
using ClosureRef = std::shared_ptr<const Closure>;

struct Host {
  using Is = std::variant<None, bool, ir::Dim, double, std::string, RunNumber, TensorRef, CellRef,
                          TupleRef, Device, Named, ClosureRef, Uninitialized>;
  Is is;

  Host() = default;
  template <class T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Host> && std::is_constructible_v<Is, T>)
      Host(T &&value)
      : is(std::forward<T>(value)) {}

  template <class T> bool holds() const { return std::holds_alternative<T>(is); }
  template <class T> const T &as() const { return std::get<T>(is); }
  template <class T> const T *find() const { return std::get_if<T>(&is); }
  bool isNone() const { return holds<None>(); }
};

/// Counts what is made, so that one can tell what is older than a branch or a loop.
uint64_t nextSerial();

/// A list, a dict or an object: what may change while several hold it.
struct Cell {
  const uint64_t serial = nextSerial();
  enum class Kind : uint8_t { list, dict, object };
  Kind kind;
  /// Elements; key, value, key, value, ...; or attributes in the order of `names`.
  std::vector<Host> items;
  std::optional<Type> element;    ///< of a list, where it is declared: an empty one needs it
  std::vector<std::string> names; ///< of an object
  const Class *type = nullptr;    ///< of an object
  std::string path;               ///< of an object of the archive: "layers.0"

  Host *attribute(std::string_view name);
  bool isList() const { return kind == Kind::list; }
};

struct Tuple {
  std::vector<Host> items;
  const Class *type = nullptr; ///< of a NamedTuple
  bool isComplex = false;      ///< the real and the imaginary parts of one complex tensor
};

Host makeList(std::vector<Host> items, std::optional<Type> element = {});
Host makeTuple(std::vector<Host> items);
/// A tensor of complex numbers, as two of real ones.
Host makeComplex(Host real, Host imaginary);
bool isComplex(const Host &);

/// "List[int]", "Tensor": for messages and isinstance.
std::string typeText(const Host &);
std::string typeText(const Type &);

/// What the language prints a value as: str() and format().
std::string textOf(const Host &);

} // namespace burin::torchscript

// SPDX-License-Identifier: Apache-2.0
//
// Protocol 2 of pickle, as PyTorch writes it, into a graph of plain values. Nothing is executed:
// what would call something by its name stays such a call in the graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::torchscript {

struct Pickled {
  enum class Kind : uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    tuple,
    list,
    dict,       ///< items: key, value, key, value, ...
    global,     ///< text: "module.Name"
    call,       ///< text: what is called; items[0]: the tuple of arguments
    instance,   ///< text: the class; items[0]: the state, if there is one
    persistent, ///< items[0]: the tuple that names a storage
  };

  Kind kind = Kind::none;
  int64_t integer = 0; ///< also of a boolean
  double real = 0;
  std::string text;
  std::vector<const Pickled *> items;

  bool is(Kind k) const { return kind == k; }
};

/// The values of one pickle. The graph may share nodes and have cycles.
class Pickle {
public:
  /// `name` is the member, for the messages. Throws CompileError (unreadable).
  Pickle(std::span<const std::byte> bytes, std::string_view name);
  const Pickled &root() const { return *root_; }

private:
  friend class PickleMachine;
  std::deque<Pickled> nodes_;
  const Pickled *root_ = nullptr;
};

} // namespace burin::torchscript

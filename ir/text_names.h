// SPDX-License-Identifier: Apache-2.0
//
// Names of values in .gir: given by the printer, found by the parser. A name is seen to the
// end of its block.
#pragma once

#include "ir/graph.h"

#include <unordered_set>

namespace burin::ir {

/// Gives every value a name that nothing else has where it is seen: its own if that is free.
class ValueNames {
public:
  explicit ValueNames(char sigil) : sigil_{sigil} {}

  /// A name that some value has of its own: none that is made up takes it.
  void reserve(std::string_view own) {
    if (!own.empty())
      reserved_.insert(own);
  }
  void reserveAll(const Block &);

  /// The name, with its sigil. A value that is used and never defined gets one, too: broken IR is
  /// printed all the same.
  const std::string &of(const Value &);

  struct Mark {
    size_t defined, names, unnamed;
  };
  Mark enter() const { return {defined_.size(), names_.size(), unnamed_}; }
  void leave(const Mark &);

private:
  std::string unique(const std::string &own);
  bool take(const std::string &name);

  char sigil_;
  size_t unnamed_ = 0;
  std::unordered_map<const Value *, std::string> texts_;
  std::unordered_set<std::string_view> reserved_;
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, size_t> suffixes_;
  // In order, to be forgotten at the end of a block.
  std::vector<const Value *> defined_;
  std::vector<std::string> names_;
};

/// What a name means where the parser stands.
class NameScope {
public:
  /// False if the name is taken.
  bool define(const std::string &name, Value *);
  Value *find(const std::string &name) const; ///< null if there is none
  size_t enter() const { return order_.size(); }
  void leave(size_t mark);

private:
  std::unordered_map<std::string, Value *> values_;
  std::vector<std::string> order_;
};

} // namespace burin::ir

// SPDX-License-Identifier: Apache-2.0
//
// What the members of the class are called: entry points, inputs, outputs, states, and the structs
// of those that the model nests.
#include "codegen/prepare.h"

#include <fmt/format.h>
#include <functional>

namespace burin::codegen {

void Prepared::nameInterface() {
  const std::initializer_list<std::string_view> constants = {"_shape"};
  if (settings.cApi && hasSeveralEntries())
    for (const std::string_view name : {"init", "save", "status_text", "failed_node"})
      api_.take(name);
  if (hasSeveralEntries())
    for (EntryInfo &e : entries) {
      e.run = api_.fresh(e.name);
      const std::string facts = typeName(e.run);
      e.facts = api_.fresh(facts == e.run ? facts + "Facts" : facts);
    }
  std::map<std::string, std::string, std::less<>> ofStates;
  for (const EntryInfo &e : entries) {
    const std::string prefix = hasSeveralEntries() ? e.run + "_" : "";
    for (size_t i = e.firstArgument; i < e.endArgument; ++i) {
      const std::string name = entry.body.argument(i)->name.empty()
                                   ? fmt::format("input{}", i - e.firstArgument)
                                   : entry.body.argument(i)->name;
      const ir::State *state = entry.stateOfArgument(i);
      std::string *known = state ? &ofStates[state->name] : nullptr;
      if (!known || known->empty())
        argumentNames.push_back(api_.fresh(known ? name : prefix + name, constants));
      else
        argumentNames.push_back(*known);
      if (known)
        *known = argumentNames.back();
    }
    for (size_t i = e.firstResult; i < e.endResult; ++i)
      resultNames.push_back(api_.fresh(prefix + entry.resultNames[i], constants));
  }
}

/// What PyTorch nests. Names of other formats have dots for other reasons.
void Prepared::groupInterface() {
  if (module.format != "torchscript" && module.format != "pt2")
    return;
  for (const EntryInfo &e : entries) {
    addGroups(e, true, e.firstArgument, e.endArgument);
    addGroups(e, false, e.firstResult, e.endResult);
  }
}

void Prepared::addGroups(const EntryInfo &e, bool isInput, size_t first, size_t end) {
  std::vector<std::string> all;
  for (size_t i = first; i < end; ++i) {
    const bool isState = isInput ? entry.stateOfArgument(i) : entry.stateOfResult(i);
    all.push_back(isState   ? std::string{} // has no dot
                  : isInput ? entry.body.argument(i)->name
                            : entry.resultNames[i]);
  }
  const std::function<void(PortTree &)> place = [&](PortTree &tree) {
    if (tree.port)
      *tree.port += first;
    for (PortTree &item : tree.items)
      place(item);
  };
  for (PortTree &tree : groupPorts(all)) {
    place(tree);
    const std::string prefix = hasSeveralEntries() ? e.run + "_" : "";
    PortGroup group{&e, isInput, tree.name, api_.fresh(prefix + tree.name), {}, std::move(tree)};
    group.type = api_.fresh(typeName(group.accessor));
    portGroups.push_back(std::move(group));
  }
}

} // namespace burin::codegen

// SPDX-License-Identifier: Apache-2.0
#include "codegen/emit_groups.h"

#include "codegen/line_breaks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace burin::codegen {
namespace {

class GroupEmitter {
public:
  GroupEmitter(CodeWriter &out, const Prepared &p, const EntryInfo &entry, const PortGroup &group)
      : out_{out}, p_{p}, group_{group} {
    for (const SymbolInfo *s : symbolsOfInputs(p, entry)) {
      parameters_ += (parameters_.empty() ? "size_t " : ", size_t ") + s->identifier;
      extents_ += (extents_.empty() ? "" : ", ") + s->identifier;
    }
  }

  void emit() {
    out_.blank();
    out_.line(fmt::format("/// \"{}\" as the model {} it: views inside the arena.",
                          commentText(group_.name), group_.isInput ? "takes" : "returns"));
    emitStruct(group_.tree, group_.type, {});
    const std::vector<std::string> items = itemsOf(group_.tree);
    out_.beginFunction(fmt::format("BURIN_INLINE {} {}({}){} noexcept", group_.type,
                                   group_.accessor, isDynamic_ ? parameters_ : "",
                                   group_.isInput ? "" : " const"));
    const std::string inOne = fmt::format("return {{{}}};", fmt::join(items, ", "));
    if (inOne.size() + 4 <= kColumns) {
      out_.line(inOne);
    } else { // clang-format makes columns of a list that holds lists
      for (size_t i = 0; i < items.size(); ++i)
        out_.line(fmt::format("{}{}{}", i ? "        " : "return {", items[i],
                              i + 1 < items.size() ? "," : "};"));
    }
    out_.endFunction();
  }

private:
  const Value *valueOf(size_t port) const {
    return group_.isInput ? p_.entry.body.argument(port) : p_.entry.body.terminator().operand(port);
  }

  /// A struct within another is called after its field, "Scores" of "scores", and unlike those
  /// around it.
  void emitStruct(const PortTree &tree, const std::string &type, std::set<std::string> taken) {
    taken.insert(type);
    for (const PortTree &item : tree.items)
      taken.insert(item.name);
    out_.line(fmt::format("struct {} {{", type));
    out_.indent();
    for (const PortTree &item : tree.items)
      if (item.port) {
        out_.line(
            fmt::format("{} {};", viewType(valueOf(*item.port)->type, !group_.isInput), item.name));
      } else {
        std::string inner = typeName(item.name);
        while (!taken.insert(inner).second)
          inner += "Items";
        emitStruct(item, inner, taken);
        out_.line(fmt::format("{} {};", inner, item.name));
      }
    out_.outdent();
    out_.line("};");
  }

  /// The values of the fields; those of a struct in braces.
  std::vector<std::string> itemsOf(const PortTree &tree) {
    std::vector<std::string> all;
    for (const PortTree &item : tree.items) {
      if (!item.port) {
        all.push_back(fmt::format("{{{}}}", fmt::join(itemsOf(item), ", ")));
        continue;
      }
      const bool dynamic = isDynamic(valueOf(*item.port)->type);
      isDynamic_ |= dynamic;
      all.push_back(fmt::format("this->{}({})",
                                (group_.isInput ? p_.argumentNames : p_.resultNames)[*item.port],
                                dynamic ? extents_ : ""));
    }
    return all;
  }

  CodeWriter &out_;
  const Prepared &p_;
  const PortGroup &group_;
  std::string parameters_, extents_;
  bool isDynamic_ = false;
};

} // namespace

void emitGroups(CodeWriter &out, const Prepared &p, const EntryInfo &entry) {
  for (const PortGroup &group : p.portGroups)
    if (group.entry == &entry)
      GroupEmitter{out, p, entry, group}.emit();
}

} // namespace burin::codegen

// SPDX-License-Identifier: Apache-2.0
//
// Ensembles of decision trees: the tables of the model become keys in the layout of full trees, or
// of linked ones where these would be much larger.
#include "ir/ops/tree.h"
#include "codegen/kernels/forest.h"
#include "ir/number.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

using Tables = std::shared_ptr<const ForestTables>;

bool isFast(const Target &target) { return target.wordIsCheap && target.specialise; }

/// How much larger full trees may be: they take two thirds of the time of linked ones.
int64_t growthOf(const Target &target) { return isFast(target) ? 4 : 1; }

ElementType unsignedOf(int bytes) {
  return bytes == 1   ? ElementType::u8
         : bytes == 2 ? ElementType::u16
         : bytes == 4 ? ElementType::u32
                      : ElementType::u64;
}

template <class T> std::vector<std::byte> bytesOf(const std::vector<T> &values, ElementType e) {
  const size_t size = ir::elementSize(e);
  std::vector<std::byte> bytes(values.size() * size);
  for (size_t i = 0; i < values.size(); ++i)
    if constexpr (std::is_floating_point_v<T>)
      ir::storeNumber(e, values[i], bytes.data() + i * size);
    else
      ir::storeInteger(e, static_cast<int64_t>(values[i]), bytes.data() + i * size);
  return bytes;
}

/// A parameter that reads a table; its name.
template <class T>
std::string table(Call &call, const Tables &tables, std::vector<T> ForestTables::*member,
                  ElementType e, std::string name) {
  Packed packed;
  packed.from = call.op.result();
  packed.layout = name;
  packed.element = e;
  packed.count = static_cast<int64_t>(((*tables).*member).size());
  packed.make = [tables, member, e] { return bytesOf((*tables).*member, e); };
  return call.packed(std::move(packed), std::move(name));
}

/// Rows that are worked on at once: enough to load a tree for, which is larger if it is linked; few
/// enough for the first cache.
int64_t blockOf(const Target &target, const ForestTables &tables, const Dim &rows, int64_t keyBytes,
                int lanes) {
  constexpr int64_t kMostBytes = 16384;
  const int64_t fitting = kMostBytes / std::max<int64_t>(keyBytes, 1);
  const int64_t block = std::clamp<int64_t>(fitting, lanes, tables.isFull ? 32 : 128);
  return isFast(target) && rows.bounds().hi >= lanes ? std::min(block, rows.bounds().hi) : 1;
}

void emitTrees(Call &call) {
  const Op &op = call.op;
  const Type &x = op.operand(0)->type;
  const ElementType e = x.element();
  const int wide = static_cast<int>(ir::elementSize(e)), lanes = isFast(call.target) ? 8 : 1;
  const Tables tables =
      std::make_shared<const ForestTables>(forestTables(op, growthOf(call.target)));
  call.name = tables->isFull ? "fullTrees" : "linkedTrees";
  call.include("burin/rt/tree.h");
  const std::string rows = call.number(x.dim(0), "rows"), in = call.read(op.operand(0), "in");
  const ElementType key = unsignedOf(wide), column = unsignedOf(tables->columnBytes());
  const auto cpp = [](ElementType of) { return elementCpp(of); };
  const std::string thresholds = table(call, tables, &ForestTables::thresholds, key, "thresholds");
  const std::string columns = table(call, tables, &ForestTables::columns, column, "columns");
  std::string trees;
  if (tables->isFull) {
    trees = fmt::format("rt::FullTrees<{}, {}>{{{}, {}, {}}}", cpp(key), cpp(column), thresholds,
                        columns, tables->depth);
  } else {
    const ElementType link = unsignedOf(tables->linkBytes());
    const std::string links = table(call, tables, &ForestTables::links, link, "links");
    const std::string roots = table(call, tables, &ForestTables::roots, ElementType::i32, "roots");
    trees = fmt::format("rt::LinkedTrees<{}, {}, {}>{{{}, {}, {}, {}}}", cpp(key), cpp(column),
                        cpp(link), thresholds, columns, links, roots);
  }
  const std::string features =
      table(call, tables, &ForestTables::features, ElementType::u32, "features");
  const std::string weights = table(call, tables, &ForestTables::weights, e, "weights");
  const std::string targets = tables->targets.empty() ? "nullptr"
                                                      : table(call, tables, &ForestTables::targets,
                                                              ElementType::i32, "targets");
  const std::string out = call.write(op.result(), "out");
  const int64_t rowBytes = tables->keysOfRow() * wide,
                block = blockOf(call.target, *tables, x.dim(0), rowBytes, lanes);
  const int64_t count = op.operand(1)->type.dim(0).number();
  call.line(fmt::format("const rt::Forest<{}> forest{{", elementCpp(e)));
  const auto member = [&](const auto &value, std::string_view name) {
    call.line(fmt::format("    {}, // {}", value, name));
  };
  member(count, "trees");
  member(x.dim(1).number(), "features");
  member(op[attr::numTargets], "outputs");
  member(tables->features.size(), "keys");
  member(tables->each, "each");
  member(features, "feature");
  member(weights, "weights");
  member(targets, "target");
  call.line("};");
  const std::string &reduction = op[attr::reduction];
  call.line(fmt::format("rt::forest<rt::Tree{}, {}, {}>({}, forest, {}, {}, {}, work);",
                        reduction == "sum"   ? "Sum"
                        : reduction == "min" ? "Min"
                                             : "Max",
                        lanes, block, rows, trees, in, out));
  call.units = ceilDiv(x.dim(0), block);
  call.unitsOf = block == 1 ? "rows" : fmt::format("blocks of {} rows", block);
  call.scratchBytes = block * rowBytes;
  call.macs = x.dim(0) * count * tables->depth;
}

std::string formReason(const Op &op, const Target &target) {
  const ForestTables tables = forestTables(op, growthOf(target));
  const int64_t node = static_cast<int64_t>(ir::elementSize(op.operand(0)->type.element())) +
                       tables.columnBytes() + (tables.isFull ? 0 : tables.linkBytes());
  return fmt::format("{} trees of depth {} at most, {} nodes of {} bytes",
                     tables.isFull ? "full" : "linked", tables.depth, tables.thresholds.size(),
                     node);
}

constexpr KernelDef kTree[] = {
    {.op = &ops::tree_ensemble, .variant = "keys", .emit = emitTrees, .reason = formReason},
};

} // namespace

std::span<const KernelDef> treeKernels() { return kTree; }

} // namespace burin::kernels

// SPDX-License-Identifier: Apache-2.0
//
// Lookup tables. What sets them up runs once, at import, so that they are constants.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/importer.h"

#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

Items table(const NodeView &n) { return {n.importer().table(std::string(n.node.name))}; }

Table &tableOf(const NodeView &n) {
  Table *t = n.item(0).table;
  if (!t)
    n.fail("input", "input 0 is no lookup table");
  return *t;
}

Items importTable(const NodeView &n) {
  Table &t = tableOf(n);
  t.keys = n.constant(1, "the keys of a table");
  t.values = n.constant(2, "the values of a table");
  if (t.keys->type.rank() != 1 || t.values->type.shape() != t.keys->type.shape())
    n.unsupported("table", fmt::format("a table of keys {} and values {}, expected one value a key",
                                       t.keys->type.text(), t.values->type.text()));
  return {};
}

/// The table with its elements, which the initialisation of the model gives it.
Table &initialised(const NodeView &n) {
  Table &t = tableOf(n);
  if (!t.keys)
    n.importer().initialise();
  if (!t.keys)
    n.unsupported("table", "nothing that runs when the model is loaded fills this table",
                  "put its keys and values into the model");
  return t;
}

/// Where the key is that of the query, of all keys; where none is, the default.
Items find(const NodeView &n) {
  const compose::Arith is{n.to};
  const Table &t = initialised(n);
  Value *query = n.in(1), *otherwise = n.in(2);
  if (t.keys->type.count().isNumber(0))
    return {compose::expand(n.to, otherwise, query->type.shape())};
  const auto last = static_cast<int64_t>(query->type.rank());
  Value *same = is.equal(compose::unsqueeze(n.to, query, {last}), t.keys);
  Value *number = compose::cast(n.to, same, ElementType::i32);
  Value *place = n.to.make(ops::argmax, {number}, {attr::axis(last), attr::selectLast(false)});
  Value *found = n.to.make(ops::reduce_max, {same}, {attr::axes({last})});
  return {is.where(found, compose::take(n.to, t.values, place, 0), otherwise)};
}

Items size(const NodeView &n) {
  return {compose::scalarOf(n.to, n.to.extents({initialised(n).keys->type.count()}))};
}

// clang-format off
constexpr Lowering kTable[] = {
    {"HashTableV2", table}, {"InitializeTableV2", importTable}, {"LookupTableFindV2", find},
    {"LookupTableImportV2", importTable}, {"LookupTableSizeV2", size},
};
// clang-format on

} // namespace

std::span<const Lowering> tableLowerings() { return kTable; }

} // namespace burin::savedmodel

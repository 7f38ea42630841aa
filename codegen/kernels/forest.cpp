// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/forest.h"

#include "ir/ops/tree.h"

#include "burin/rt/tree.h"

#include <algorithm>
#include <map>

namespace burin::kernels {
namespace {
namespace attr = ir::attr;
namespace rt = burin::rt;

enum : size_t { kX, kRoots, kFeatures, kThresholds, kModes, kBranches, kTargets, kWeights };
constexpr int kDeepestFull = 14;

/// A node that only asks whether a key is at or below a threshold.
struct Node {
  uint64_t threshold;
  uint32_t column;
  int32_t branch[2]; ///< where it is, where it is above: a node behind this one, or -1 - a leaf
};

/// The trees of an op as such nodes.
struct Forest {
  std::vector<Node> nodes;
  std::vector<int32_t> roots;
  std::vector<uint32_t> features;
  std::vector<int> height; ///< of what hangs below each node, 1 for two leaves

  explicit Forest(const Op &);
  int heightAt(int32_t to) const { return to < 0 ? 0 : height[static_cast<size_t>(to)]; }

private:
  uint32_t columnOf(int64_t feature, bool nanPasses);
  std::map<std::pair<int64_t, bool>, uint32_t> columns_;
};

uint64_t keyOf(const Value &thresholds, size_t i) {
  const double t = ir::elementAsDouble(thresholds, i);
  return thresholds.type.element() == ElementType::f64
             ? rt::treeKey(t, rt::kKeyPasses<uint64_t>)
             : rt::treeKey(static_cast<float>(t), rt::kKeyPasses<uint32_t>);
}

uint32_t Forest::columnOf(int64_t feature, bool nanPasses) {
  const auto [it, isNew] =
      columns_.try_emplace({feature, nanPasses}, static_cast<uint32_t>(features.size()));
  if (isNew)
    features.push_back(static_cast<uint32_t>(feature) | (nanPasses ? rt::kNanPasses : 0));
  return it->second;
}

Forest::Forest(const Op &op) {
  const Value &branches = *op.operand(kBranches);
  const auto count = static_cast<size_t>(op.operand(kFeatures)->type.dim(0).number());
  std::vector<int32_t> place(count); // of the first node that an op's node has become
  const auto branch = [&](const Value &table, size_t i) {
    return static_cast<int32_t>(ir::elementAsInt(table, i));
  };
  for (size_t i = 0; i < count; ++i) {
    const int64_t mode = ir::elementAsInt(*op.operand(kModes), i);
    const int64_t feature = ir::elementAsInt(*op.operand(kFeatures), i);
    const int64_t test = mode & ~ir::kTreeNan;
    const bool nanPasses = (mode & ir::kTreeNan) != 0;
    const uint64_t key = keyOf(*op.operand(kThresholds), i), below = key > 0 ? key - 1 : 0;
    const uint32_t column = columnOf(feature, nanPasses);
    const int32_t yes = branch(branches, 2 * i), no = branch(branches, 2 * i + 1);
    place[i] = static_cast<int32_t>(nodes.size());
    nodes.push_back({test == ir::kTreeLess ? below : key, column, {yes, no}});
    if (test != ir::kTreeEqual)
      continue;
    // Equal is at or below, and not below. NaN that has passed so far must not be below.
    nodes.push_back({below, nanPasses ? columnOf(feature, false) : column, {no, yes}});
  }
  // A branch to the second of two nodes leads to what has not been numbered.
  const auto moved = [&](int32_t to) { return to < 0 ? to : place[static_cast<size_t>(to)]; };
  for (Node &node : nodes)
    for (int32_t &to : node.branch)
      to = moved(to);
  for (size_t i = 0; i < count; ++i)
    if ((ir::elementAsInt(*op.operand(kModes), i) & ~ir::kTreeNan) == ir::kTreeEqual)
      nodes[static_cast<size_t>(place[i])].branch[0] = place[i] + 1;
  for (size_t t = 0; t < static_cast<size_t>(op.operand(kRoots)->type.dim(0).number()); ++t)
    roots.push_back(moved(branch(*op.operand(kRoots), t)));
  height.resize(nodes.size());
  for (size_t i = nodes.size(); i-- > 0;)
    height[i] = 1 + std::max(heightAt(nodes[i].branch[0]), heightAt(nodes[i].branch[1]));
}

/// The nodes of a tree, and its leaves, each once and in order.
struct Tree {
  std::vector<int32_t> nodes, leaves;

  Tree(const Forest &f, int32_t root, std::vector<bool> &seen) {
    visit(f, root, seen);
    std::ranges::sort(nodes);
    std::ranges::sort(leaves);
    leaves.erase(std::ranges::unique(leaves).begin(), leaves.end());
    for (const int32_t i : nodes)
      seen[static_cast<size_t>(i)] = false;
  }

private:
  void visit(const Forest &f, int32_t root, std::vector<bool> &seen) {
    std::vector<int32_t> open = {root};
    while (!open.empty()) {
      const int32_t at = open.back();
      open.pop_back();
      if (at < 0) {
        leaves.push_back(-1 - at);
      } else if (!seen[static_cast<size_t>(at)]) {
        seen[static_cast<size_t>(at)] = true;
        nodes.push_back(at);
        for (const int32_t to : f.nodes[static_cast<size_t>(at)].branch)
          open.push_back(to);
      }
    }
  }
};

/// What a leaf adds: [leaves][each] from the target of its tree on. Where the leaves of a tree
/// differ in their target, every leaf has a weight for every target.
void setWeights(ForestTables &tables, const Op &op, const std::vector<Tree> &trees) {
  const Value &targets = *op.operand(kTargets), &weights = *op.operand(kWeights);
  const auto target = [&](int32_t leaf) {
    return static_cast<int32_t>(ir::elementAsInt(targets, static_cast<size_t>(leaf)));
  };
  const int64_t own = weights.type.dim(1).number();
  const bool isUniform = std::ranges::all_of(trees, [&](const Tree &tree) {
    return std::ranges::all_of(
        tree.leaves, [&](int32_t leaf) { return target(leaf) == target(tree.leaves[0]); });
  });
  tables.each = isUniform ? own : op[attr::numTargets];
  const double none = op[attr::reduction] == "sum" ? 0 : rt::kNan<double>;
  const auto leaves = static_cast<size_t>(targets.type.dim(0).number());
  tables.weights.assign(leaves * static_cast<size_t>(tables.each), none);
  for (size_t leaf = 0; leaf < leaves; ++leaf) {
    const int64_t first = isUniform ? 0 : target(static_cast<int32_t>(leaf));
    for (int64_t k = 0; k < own; ++k)
      tables.weights[leaf * static_cast<size_t>(tables.each) + static_cast<size_t>(first + k)] =
          ir::elementAsDouble(weights, leaf * static_cast<size_t>(own) + static_cast<size_t>(k));
  }
  if (isUniform)
    for (const Tree &tree : trees)
      tables.targets.push_back(target(tree.leaves[0]));
  if (std::ranges::all_of(tables.targets, [](int32_t t) { return t == 0; }))
    tables.targets.clear();
}

void linkTrees(ForestTables &tables, const Forest &f, const std::vector<Tree> &trees) {
  std::vector<size_t> pair(f.nodes.size()); // where the two behind a node are
  const auto append = [&](int32_t to) {     // links hold the node until all pairs have a place
    const bool isLeaf = to < 0;
    tables.thresholds.push_back(isLeaf ? static_cast<uint64_t>(-1 - int64_t{to})
                                       : f.nodes[static_cast<size_t>(to)].threshold);
    tables.columns.push_back(isLeaf ? 0 : f.nodes[static_cast<size_t>(to)].column + 1);
    tables.links.push_back(isLeaf ? UINT32_MAX : static_cast<uint32_t>(to));
  };
  for (size_t t = 0; t < trees.size(); ++t) {
    const size_t first = tables.links.size();
    tables.roots.push_back(static_cast<int32_t>(first));
    append(f.roots[t]);
    for (const int32_t i : trees[t].nodes) { // those that lead to a node come before it
      pair[static_cast<size_t>(i)] = tables.links.size();
      for (const int32_t to : f.nodes[static_cast<size_t>(i)].branch)
        append(to);
    }
    for (size_t at = first; at < tables.links.size(); ++at)
      tables.links[at] =
          tables.links[at] == UINT32_MAX ? 0 : static_cast<uint32_t>(pair[tables.links[at]] - at);
  }
}

void fillTree(ForestTables &tables, const Forest &f, size_t first, size_t at, int32_t to,
              std::vector<int32_t> &leaves) {
  const size_t size = size_t{1} << tables.depth;
  if (at >= size) {
    leaves[first + at - size] = -1 - to;
    return;
  }
  const Node *node = to < 0 ? nullptr : &f.nodes[static_cast<size_t>(to)];
  if (node) {
    tables.thresholds[first + at] = node->threshold;
    tables.columns[first + at] = node->column;
  }
  for (const size_t side : {size_t{0}, size_t{1}})
    fillTree(tables, f, first, 2 * at + side, node ? node->branch[side] : to, leaves);
}

/// Every leaf moves down to `depth`, behind nodes that every key passes.
void fillTrees(ForestTables &tables, const Forest &f, uint64_t passed) {
  const size_t size = size_t{1} << tables.depth, all = f.roots.size() * size;
  tables.thresholds.assign(all, passed);
  tables.columns.assign(all, 0);
  std::vector<int32_t> leaves(all);
  for (size_t t = 0; t < f.roots.size(); ++t)
    fillTree(tables, f, t * size, 1, f.roots[t], leaves);
  std::vector<double> weights;
  weights.reserve(all * static_cast<size_t>(tables.each));
  for (const int32_t leaf : leaves)
    weights.insert(weights.end(), tables.weights.begin() + leaf * tables.each,
                   tables.weights.begin() + (leaf + 1) * tables.each);
  tables.weights = std::move(weights);
}

} // namespace

int ForestTables::linkBytes() const {
  return links.empty() || *std::ranges::max_element(links) < 65536 ? 2 : 4;
}

ForestTables forestTables(const Op &op, int64_t growth) {
  const Forest f{op};
  std::vector<bool> seen(f.nodes.size());
  std::vector<Tree> trees;
  for (const int32_t root : f.roots)
    trees.emplace_back(f, root, seen);
  ForestTables tables;
  tables.features = f.features;
  setWeights(tables, op, trees);
  for (const int32_t root : f.roots)
    tables.depth = std::max(tables.depth, f.heightAt(root));

  const bool isWide = op.operand(kX)->type.element() == ElementType::f64;
  const int64_t key = isWide ? 8 : 4, weight = key * tables.each;
  int64_t linked = static_cast<int64_t>(tables.weights.size()) * key;
  for (const Tree &tree : trees)
    linked += (2 * static_cast<int64_t>(tree.nodes.size()) + 1) * (key + tables.columnBytes() + 2);
  const int64_t each = key + tables.columnBytes() + weight;
  tables.isFull = tables.depth <= kDeepestFull &&
                  (static_cast<int64_t>(trees.size()) << tables.depth) * each <= growth * linked;
  if (tables.isFull)
    fillTrees(tables, f, isWide ? rt::kKeyFails<uint64_t> : rt::kKeyFails<uint32_t>);
  else
    linkTrees(tables, f, trees);
  return tables;
}

} // namespace burin::kernels

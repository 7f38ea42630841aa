// SPDX-License-Identifier: Apache-2.0
//
// Tree ensembles of ai.onnx.ml. The two older operators have leaves among the nodes, and lists of
// weights that name theirs; TreeEnsemble numbers nodes and leaves by themselves.
#include "frontend/common/compose.h"
#include "frontend/onnx/ml.h"
#include "ir/ops/tree.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>

namespace burin::onnx {
namespace {

enum class Test : uint8_t { lessEqual, less, greaterEqual, greater, equal, notEqual, member };

struct TreeNode {
  int64_t feature = 0;
  double threshold = 0;
  uint8_t mode = 0;       ///< of the IR op
  int64_t branch[2] = {}; ///< a node, or -1 - a leaf
};

/// An ensemble on its way into the tables of the op.
struct Ensemble {
  ElementType element = ElementType::f32;
  std::vector<TreeNode> nodes;
  Ints roots;
  std::vector<std::map<int64_t, double>> leaves; ///< weights by target
  int64_t targets = 1;
  std::string reduction = "sum";
};

/// Sets mode and branches of a node: the IR knows three tests, the others are those turned round.
void setTest(TreeNode &node, Test test, bool nanIsTrue, int64_t yes, int64_t no) {
  const bool isTurned =
      test == Test::greaterEqual || test == Test::greater || test == Test::notEqual;
  const uint8_t mode = test == Test::lessEqual || test == Test::greater   ? ir::kTreeLessEqual
                       : test == Test::less || test == Test::greaterEqual ? ir::kTreeLess
                                                                          : ir::kTreeEqual;
  // NaN is not equal to anything, so it passes notEqual whatever is said of missing values.
  const bool nanPasses = test == Test::notEqual ? false : nanIsTrue != isTurned;
  node.mode = static_cast<uint8_t>(mode | (nanPasses ? ir::kTreeNan : 0));
  node.branch[0] = isTurned ? no : yes;
  node.branch[1] = isTurned ? yes : no;
}

/// The nodes from the roots on, every one before those that it leads to; an error for a cycle.
void sortNodes(const NodeView &n, Ensemble &e) {
  enum : uint8_t { unseen, open, done };
  std::vector<uint8_t> state(e.nodes.size(), unseen);
  std::vector<int64_t> order; // children first
  for (const int64_t root : e.roots) {
    std::vector<int64_t> path;
    if (root >= 0)
      path.push_back(root);
    while (!path.empty()) {
      const auto at = static_cast<size_t>(path.back());
      if (state[at] != unseen) {
        path.pop_back();
        if (state[at] == open)
          order.push_back(static_cast<int64_t>(at));
        state[at] = done;
        continue;
      }
      state[at] = open;
      for (const int64_t to : {e.nodes[at].branch[1], e.nodes[at].branch[0]}) {
        if (to >= 0 && state[static_cast<size_t>(to)] == open)
          n.fail("tree", fmt::format("node {} is above itself in its tree", to));
        if (to >= 0 && state[static_cast<size_t>(to)] == unseen)
          path.push_back(to);
      }
    }
  }
  std::vector<int64_t> place(e.nodes.size());
  std::vector<TreeNode> sorted;
  for (size_t i = order.size(); i-- > 0;) {
    place[static_cast<size_t>(order[i])] = static_cast<int64_t>(sorted.size());
    sorted.push_back(e.nodes[static_cast<size_t>(order[i])]);
  }
  const auto moved = [&](int64_t to) { return to < 0 ? to : place[static_cast<size_t>(to)]; };
  for (TreeNode &node : sorted)
    for (int64_t &to : node.branch)
      to = moved(to);
  for (int64_t &root : e.roots)
    root = moved(root);
  e.nodes = std::move(sorted);
}

/// The op: sums, least or greatest weights [n, targets].
Value *makeTrees(const NodeView &n, Value *x, Ensemble e) {
  sortNodes(n, e);
  int64_t each = 1; // targets from the first to the last of a leaf
  for (const auto &leaf : e.leaves)
    if (!leaf.empty())
      each = std::max(each, leaf.rbegin()->first - leaf.begin()->first + 1);
  std::vector<double> features, thresholds, modes, branches, targets, weights, roots;
  for (const TreeNode &node : e.nodes) {
    features.push_back(static_cast<double>(node.feature));
    thresholds.push_back(node.threshold);
    modes.push_back(node.mode);
    for (const int64_t to : node.branch)
      branches.push_back(static_cast<double>(to));
  }
  const double none = e.reduction == "sum" ? 0 : std::numeric_limits<double>::quiet_NaN();
  for (const auto &leaf : e.leaves) {
    const int64_t first = leaf.empty() ? 0 : std::min(leaf.begin()->first, e.targets - each);
    targets.push_back(static_cast<double>(first));
    for (int64_t k = 0; k < each; ++k) {
      const auto it = leaf.find(first + k);
      weights.push_back(it == leaf.end() ? none : it->second);
    }
  }
  for (const int64_t root : e.roots)
    roots.push_back(static_cast<double>(root));
  const auto count = static_cast<int64_t>(e.nodes.size()),
             leaves = static_cast<int64_t>(e.leaves.size());
  const auto table = [&](ElementType element, const std::vector<double> &values, Dims shape) {
    return numbers(n, element, values, std::move(shape));
  };
  return n.to.make(
      ops::tree_ensemble,
      {compose::cast(n.to, x, e.element),
       table(ElementType::i32, roots, {static_cast<int64_t>(roots.size())}),
       table(ElementType::i32, features, {count}), table(e.element, thresholds, {count}),
       table(ElementType::u8, modes, {count}), table(ElementType::i32, branches, {count, 2}),
       table(ElementType::i32, targets, {leaves}), table(e.element, weights, {leaves, each})},
      {attr::numTargets(e.targets), attr::reduction(e.reduction)});
}

// ---- TreeEnsembleRegressor, TreeEnsembleClassifier ----

/// Numbers of a list attribute, or of the tensor that stands for it from version 3 on.
std::vector<double> reals(const NodeView &n, const std::string &name) {
  const std::vector<float> list = n.reals(name);
  std::vector<double> all(list.begin(), list.end());
  if (const Tensor *t = n.tensor(name + "_as_tensor")) {
    const Value *v = addTensor(n.to.module(), *t, {});
    for (size_t i = 0; i < static_cast<size_t>(t->count()); ++i)
      all.push_back(ir::elementAsDouble(*v, i));
  }
  return all;
}

bool isDouble(const NodeView &n, const std::string &name) {
  const Tensor *t = n.tensor(name + "_as_tensor");
  return t && t->type == DataType::f64;
}

Test testOf(const NodeView &n, std::string_view mode) {
  constexpr std::string_view kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                         "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
  const auto *it = std::ranges::find(kModes, mode);
  if (it == std::end(kModes))
    n.fail("attribute", fmt::format("nodes_modes names '{}', expected LEAF, BRANCH_LEQ, BRANCH_LT, "
                                    "BRANCH_GTE, BRANCH_GT, BRANCH_EQ or BRANCH_NEQ",
                                    mode));
  return static_cast<Test>(it - std::begin(kModes));
}

/// The lists of nodes and weights of the two older operators; `kind` is "target" or "class".
Ensemble listedTrees(const NodeView &n, const std::string &kind, int64_t targets) {
  Ensemble e;
  e.targets = targets;
  const bool wide = n.element(0) == ElementType::f64 || isDouble(n, "nodes_values") ||
                    isDouble(n, kind + "_weights");
  e.element = wide ? ElementType::f64 : ElementType::f32;
  const Ints trees = n.ints("nodes_treeids", {}), ids = n.ints("nodes_nodeids", {}),
             features = n.ints("nodes_featureids", {});
  const Ints yes = n.ints("nodes_truenodeids", {}), no = n.ints("nodes_falsenodeids", {}),
             missing = n.ints("nodes_missing_value_tracks_true", {});
  const ir::Strings modes = n.texts("nodes_modes");
  const std::vector<double> values = reals(n, "nodes_values");
  const size_t count = trees.size();
  for (const auto &[name, entries] : {std::pair{"nodes_nodeids", ids.size()},
                                      {"nodes_featureids", features.size()},
                                      {"nodes_truenodeids", yes.size()},
                                      {"nodes_falsenodeids", no.size()},
                                      {"nodes_modes", modes.size()},
                                      {"nodes_values", values.size()}})
    if (!hasCount(n, name, entries, count) && count > 0)
      n.fail("attribute", fmt::format("the attribute '{}' is absent", name));
  const bool tracks = hasCount(n, "nodes_missing_value_tracks_true", missing.size(), count);

  using Id = std::pair<int64_t, int64_t>;
  std::map<Id, int64_t> place; // a node, or -1 - a leaf
  for (size_t i = 0; i < count; ++i) {
    const bool isLeaf = modes[i] == "LEAF";
    const auto at =
        isLeaf ? -1 - static_cast<int64_t>(e.leaves.size()) : static_cast<int64_t>(e.nodes.size());
    if (!place.try_emplace(Id{trees[i], ids[i]}, at).second)
      n.fail("tree", fmt::format("tree {} has two nodes {}", trees[i], ids[i]));
    if (isLeaf)
      e.leaves.emplace_back();
    else
      e.nodes.push_back({features[i], values[i], 0, {}});
  }
  const auto find = [&](int64_t tree, int64_t id) {
    const auto it = place.find({tree, id});
    if (it == place.end())
      n.fail("tree", fmt::format("tree {} has no node {}", tree, id));
    return it->second;
  };
  std::vector<Id> inOrder;
  std::map<Id, bool> isBelow;
  for (size_t i = 0, at = 0; i < count; ++i) {
    inOrder.emplace_back(trees[i], ids[i]);
    if (modes[i] == "LEAF")
      continue;
    setTest(e.nodes[at++], testOf(n, modes[i]), tracks && missing[i] != 0, find(trees[i], yes[i]),
            find(trees[i], no[i]));
    isBelow[{trees[i], yes[i]}] = isBelow[{trees[i], no[i]}] = true;
  }
  std::map<int64_t, bool> hasRoot;
  for (const Id &id : inOrder) {
    if (isBelow.contains(id))
      continue;
    if (!hasRoot.try_emplace(id.first, true).second)
      n.fail("tree", fmt::format("tree {} has two roots", id.first));
    e.roots.push_back(place[id]);
  }
  for (const Id &id : inOrder)
    if (!hasRoot.contains(id.first))
      n.fail("tree", fmt::format("tree {} has no root: every node is below another", id.first));

  const Ints weightTrees = n.ints(kind + "_treeids", {}),
             weightNodes = n.ints(kind + "_nodeids", {}), weightIds = n.ints(kind + "_ids", {});
  const std::vector<double> weights = reals(n, kind + "_weights");
  for (const auto &[name, entries] : {std::pair{"_nodeids", weightNodes.size()},
                                      {"_ids", weightIds.size()},
                                      {"_weights", weights.size()}})
    if (entries != weightTrees.size())
      n.fail("attribute", fmt::format("the attribute '{}{}' has {} entries, expected {}", kind,
                                      name, entries, weightTrees.size()));
  for (size_t i = 0; i < weights.size(); ++i) {
    const int64_t leaf = find(weightTrees[i], weightNodes[i]);
    if (leaf >= 0)
      n.fail("tree", fmt::format("node {} of tree {} has a weight and is no leaf", weightNodes[i],
                                 weightTrees[i]));
    if (weightIds[i] < 0 || weightIds[i] >= targets)
      n.fail("tree", fmt::format("{}_ids names {} of {}", kind, weightIds[i], targets));
    e.leaves[static_cast<size_t>(-1 - leaf)][weightIds[i]] += weights[i];
  }
  return e;
}

/// base_values, one for each of k scores, or none.
Value *withBase(const NodeView &n, Value *scores, const std::vector<double> &base, size_t k) {
  if (!hasCount(n, "base_values", base.size(), k))
    return scores;
  return compose::Arith{n.to}.add(
      scores, numbers(n, scores->type.element(), base, {static_cast<int64_t>(k)}));
}

Value *asFloat(const NodeView &n, Value *v) { return compose::cast(n.to, v, ElementType::f32); }

/// Sets the reduction by its name; whether it is the average.
bool setReduction(const NodeView &n, Ensemble &e, const std::string &name) {
  if (name != "SUM" && name != "AVERAGE" && name != "MIN" && name != "MAX")
    n.fail("attribute",
           fmt::format("aggregate_function is '{}', expected SUM, AVERAGE, MIN or MAX", name));
  e.reduction = name == "MIN" ? "min" : name == "MAX" ? "max" : "sum";
  return name == "AVERAGE";
}

Values regressor(const NodeView &n) {
  Ensemble e = listedTrees(n, "target", n.integer("n_targets", 1));
  const auto targets = static_cast<size_t>(e.targets), trees = e.roots.size();
  const bool isAverage = setReduction(n, e, n.text("aggregate_function", "SUM"));
  Value *y = makeTrees(n, featureRows(n), std::move(e));
  if (isAverage)
    y = compose::Arith{n.to}.div(y, static_cast<double>(trees));
  y = withBase(n, y, reals(n, "base_values"), targets);
  return {postTransform(n, n.text("post_transform", "NONE"), asFloat(n, y))};
}

Values classifier(const NodeView &n) {
  const Labels labels = labelsOf(n, "classlabels_int64s");
  const Ensemble e = listedTrees(n, "class", static_cast<int64_t>(labels.size()));
  const std::vector<double> base = reals(n, "base_values"), weights = reals(n, "class_weights");
  const std::string transform = n.text("post_transform", "NONE");
  const Ints ids = n.ints("class_ids", {});
  const bool oneScore = labels.size() == 2 && !ids.empty() &&
                        std::ranges::all_of(ids, [](int64_t id) { return id == 0; });
  if (oneScore) {
    Ensemble one = e;
    one.targets = 1;
    Value *score = asFloat(n, withBase(n, makeTrees(n, featureRows(n), std::move(one)), base, 1));
    const bool mixed = std::ranges::any_of(weights, [](double w) { return w < 0; });
    return binaryClasses(n, labels, transform, score, mixed ? 0 : 0.5, mixed);
  }
  Value *scores = withBase(n, makeTrees(n, featureRows(n), e), base, labels.size());
  return {bestLabel(n, labels, scores), postTransform(n, transform, asFloat(n, scores))};
}

// ---- TreeEnsemble ----

std::vector<double> numbersOf(const NodeView &n, const std::string &name) {
  const Tensor *t = n.tensor(name);
  if (!t)
    return {};
  const Value *v = addTensor(n.to.module(), *t, {});
  std::vector<double> all(static_cast<size_t>(t->count()));
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = ir::elementAsDouble(*v, i);
  return all;
}

/// A node that tests whether its feature is one of `members` becomes a chain of nodes that test for
/// one each; the first keeps its place.
void setMembers(Ensemble &e, size_t at, const std::vector<double> &members, bool nanIsTrue,
                int64_t yes, int64_t no) {
  size_t last = at;
  for (size_t i = 0; i < std::max<size_t>(members.size(), 1); ++i) {
    if (i > 0) {
      const auto next = static_cast<int64_t>(e.nodes.size());
      e.nodes.push_back({e.nodes[at].feature, 0, 0, {}});
      e.nodes[last].branch[1] = next;
      last = static_cast<size_t>(next);
    }
    e.nodes[last].threshold =
        members.empty() ? std::numeric_limits<double>::quiet_NaN() : members[i];
    setTest(e.nodes[last], Test::equal, nanIsTrue, yes, no);
  }
}

Values treeEnsemble(const NodeView &n) {
  Ensemble e;
  e.targets = n.integer("n_targets", 1);
  const bool wide = n.element(0) == ElementType::f64;
  e.element = wide ? ElementType::f64 : ElementType::f32;
  const Ints features = n.ints("nodes_featureids", {}), yes = n.ints("nodes_truenodeids", {}),
             no = n.ints("nodes_falsenodeids", {});
  const Ints yesLeaf = n.ints("nodes_trueleafs", {}), noLeaf = n.ints("nodes_falseleafs", {}),
             missing = n.ints("nodes_missing_value_tracks_true", {});
  const std::vector<double> splits = numbersOf(n, "nodes_splits"),
                            modes = numbersOf(n, "nodes_modes"),
                            weights = numbersOf(n, "leaf_weights");
  const std::vector<double> members = numbersOf(n, "membership_values");
  const Ints leafTargets = n.ints("leaf_targetids", {}), roots = n.ints("tree_roots", {});
  const size_t count = features.size();
  for (const auto &[name, entries] : {std::pair{"nodes_truenodeids", yes.size()},
                                      {"nodes_falsenodeids", no.size()},
                                      {"nodes_trueleafs", yesLeaf.size()},
                                      {"nodes_falseleafs", noLeaf.size()},
                                      {"nodes_splits", splits.size()},
                                      {"nodes_modes", modes.size()}})
    if (!hasCount(n, name, entries, count))
      n.fail("attribute", fmt::format("the attribute '{}' is absent", name));
  const bool tracks = hasCount(n, "nodes_missing_value_tracks_true", missing.size(), count);
  if (weights.size() != leafTargets.size())
    n.fail("attribute", fmt::format("leaf_weights has {} entries, expected {}", weights.size(),
                                    leafTargets.size()));
  const auto reference = [&](int64_t to, bool isLeaf) {
    if (to < 0 || static_cast<size_t>(to) >= (isLeaf ? weights.size() : count))
      n.fail("tree", fmt::format("a node leads to {} {}, of {}", isLeaf ? "leaf" : "node", to,
                                 isLeaf ? weights.size() : count));
    return isLeaf ? -1 - to : to;
  };
  for (size_t i = 0; i < count; ++i)
    e.nodes.push_back({features[i], splits[i], 0, {}});
  size_t member = 0;
  for (size_t i = 0; i < count; ++i) {
    const int64_t to = reference(yes[i], yesLeaf[i] != 0), other = reference(no[i], noLeaf[i] != 0);
    const bool nanIsTrue = tracks && missing[i] != 0;
    if (modes[i] < 0 || modes[i] > static_cast<double>(Test::member))
      n.fail("attribute", fmt::format("nodes_modes has {}, expected 0 to 6", modes[i]));
    const auto test = static_cast<Test>(modes[i]);
    if (test != Test::member) {
      setTest(e.nodes[i], test, nanIsTrue, to, other);
      continue;
    }
    std::vector<double> set; // NaN ends the set of a node
    while (member < members.size() && !std::isnan(members[member]))
      set.push_back(members[member++]);
    if (member == members.size())
      n.fail("attribute", fmt::format("membership_values has no set for node {}", i));
    ++member;
    setMembers(e, i, set, nanIsTrue, to, other);
  }
  for (const int64_t root : roots)
    e.roots.push_back(reference(root, false));
  for (size_t i = 0; i < weights.size(); ++i) {
    if (leafTargets[i] < 0 || leafTargets[i] >= e.targets)
      n.fail("tree", fmt::format("leaf_targetids names {} of {}", leafTargets[i], e.targets));
    e.leaves.push_back({{leafTargets[i], weights[i]}});
  }
  constexpr const char *kAggregates[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  constexpr const char *kTransforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
  const int64_t aggregate = n.integer("aggregate_function", 1),
                transform = n.integer("post_transform", 0);
  if (aggregate < 0 || aggregate > 3)
    n.fail("attribute", fmt::format("aggregate_function is {}, expected 0 to 3", aggregate));
  if (transform < 0 || transform > 4)
    n.fail("attribute", fmt::format("post_transform is {}, expected 0 to 4", transform));
  const bool isAverage = setReduction(n, e, kAggregates[aggregate]);
  Value *y = makeTrees(n, featureRows(n), std::move(e));
  if (isAverage)
    y = compose::Arith{n.to}.div(y, static_cast<double>(roots.size()));
  return {compose::cast(n.to, postTransform(n, kTransforms[transform], y), n.element(0))};
}

constexpr std::string_view kMl = "ai.onnx.ml";
constexpr Lowering kTree[] = {
    {"TreeEnsemble", 5, treeEnsemble, kMl},
    {"TreeEnsembleClassifier", 1, classifier, kMl},
    {"TreeEnsembleRegressor", 1, regressor, kMl},
};

} // namespace

std::span<const Lowering> treeLowerings() { return kTree; }

} // namespace burin::onnx

// SPDX-License-Identifier: Apache-2.0
//
// Tree ensembles: both layouts against a walk by comparisons of floats, for every cut into tasks.
#include "burin/rt/tree.h"

#include "rt_test.h"

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(Tree, KeysHaveTheOrderOfNumbers) {
  const float rising[] = {-kInf, -3.5f, -1e-45f, 0, 1e-45f, 1, 1.0000001f, kInf};
  for (size_t i = 0; i + 1 < std::size(rising); ++i) {
    EXPECT_LT(rt::treeKey(rising[i], 0u), rt::treeKey(rising[i + 1], 0u)) << rising[i];
    EXPECT_LT(rt::treeKey<double>(rising[i], 0u), rt::treeKey<double>(rising[i + 1], 0u));
  }
  EXPECT_EQ(rt::treeKey(-0.f, 1u), rt::treeKey(0.f, 2u));
  EXPECT_EQ(rt::treeKey(kNan, 7u), 7u);
  EXPECT_EQ(rt::treeKey(-kNan, 7u), 7u);
  EXPECT_GT(rt::treeKey(-kInf, 0u), rt::kKeyPasses<uint32_t>);
  EXPECT_LT(rt::treeKey(kInf, 0u), rt::kKeyFails<uint32_t>);
}

/// Full trees of random thresholds; feature 0 has a second key whose NaN passes.
struct Problem {
  int rows, trees, depth, features, outputs, each;
  std::vector<uint32_t> feature;
  std::vector<float> threshold, weight, x;
  std::vector<uint8_t> column;
  std::vector<int32_t> target;

  Problem(int r, int t, int d, int f, int o, int e)
      : rows{r}, trees{t}, depth{d}, features{f}, outputs{o}, each{e} {
    Random random{static_cast<uint32_t>(r + 10 * t + 100 * d)};
    const auto pick = [&](int n) {
      return static_cast<int>(random.uniform(0, 0.999f) * static_cast<float>(n));
    };
    for (int i = 0; i < features; ++i)
      feature.push_back(static_cast<uint32_t>(i));
    feature.push_back(rt::kNanPasses);
    for (int i = 0; i < trees << depth; ++i) {
      threshold.push_back(static_cast<float>(pick(9) - 4) / 2);
      column.push_back(static_cast<uint8_t>(pick(features + 1)));
      for (int k = 0; k < each; ++k)
        weight.push_back(static_cast<float>(pick(64)) / 8);
    }
    for (int i = 0; i < rows * features; ++i)
      x.push_back(pick(8) == 0 ? kNan : static_cast<float>(pick(9) - 4) / 2);
    for (int i = 0; i < trees; ++i)
      target.push_back(pick(outputs - each + 1));
  }

  std::vector<float> expected() const {
    std::vector<float> y(static_cast<size_t>(rows * outputs));
    for (int r = 0; r < rows; ++r)
      for (int t = 0; t < trees; ++t) {
        int at = 1;
        for (int level = 0; level < depth; ++level) {
          const auto node = static_cast<size_t>((t << depth) + at);
          const uint32_t f = feature[column[node]];
          const float v = x[static_cast<size_t>(r * features) + (f & ~rt::kNanPasses)];
          const bool passes = std::isnan(v) ? (f & rt::kNanPasses) != 0 : v <= threshold[node];
          at = 2 * at + (passes ? 0 : 1);
        }
        const int leaf = (t << depth) + at - (1 << depth);
        for (int k = 0; k < each; ++k)
          y[static_cast<size_t>(r * outputs + target[static_cast<size_t>(t)] + k)] +=
              weight[static_cast<size_t>(leaf * each + k)];
      }
    return y;
  }
};

/// The same trees with their leaves among the nodes.
struct Linked {
  std::vector<uint32_t> threshold;
  std::vector<uint8_t> column;
  std::vector<uint16_t> link;
  std::vector<int32_t> root;

  explicit Linked(const Problem &p) {
    for (int t = 0; t < p.trees; ++t) {
      root.push_back(static_cast<int32_t>(link.size()));
      for (int i = 1; i < 2 << p.depth; ++i) { // in the order of the heap: 2 * i is i behind i
        const bool isLeaf = i >= 1 << p.depth;
        const auto node = static_cast<size_t>((t << p.depth) + i);
        threshold.push_back(isLeaf ? static_cast<uint32_t>((t << p.depth) + i - (1 << p.depth))
                                   : rt::treeKey(p.threshold[node], 0u));
        column.push_back(isLeaf ? uint8_t{0} : static_cast<uint8_t>(p.column[node] + 1));
        link.push_back(isLeaf ? uint16_t{0} : static_cast<uint16_t>(i));
      }
    }
  }
};

template <int Lanes, int Block, class Trees>
void check(const Problem &p, const Trees &trees, bool hasTargets) {
  const std::vector<float> expected = p.expected();
  const int units = (p.rows + Block - 1) / Block;
  for (const int tasks : {1, 2, 3}) {
    Guarded<float> y(expected.size(), 99.f);
    Guarded<uint32_t> scratch(static_cast<size_t>(Block) * (p.feature.size() + Trees::kFirstKey));
    const rt::Forest<float> forest{p.trees,
                                   p.features,
                                   p.outputs,
                                   static_cast<int>(p.feature.size()),
                                   p.each,
                                   p.feature.data(),
                                   rt::weights(p.weight.data()),
                                   hasTargets ? p.target.data() : nullptr};
    for (int task = 0; task < tasks; ++task)
      rt::forest<rt::TreeSum, Lanes, Block>(
          p.rows, forest, trees, p.x.data(), y.data(),
          rt::Work{units * task / tasks, units * (task + 1) / tasks,
                   static_cast<unsigned char *>(static_cast<void *>(scratch.data()))});
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ(y[i], expected[i]) << i << " of " << tasks << " tasks";
  }
}

void checkBoth(const Problem &p, bool hasTargets) {
  std::vector<uint32_t> keys;
  for (const float t : p.threshold)
    keys.push_back(rt::treeKey(t, 0u));
  const rt::FullTrees<uint32_t, uint8_t> full{keys.data(), p.column.data(), p.depth};
  const Linked tables{p};
  const rt::LinkedTrees<uint32_t, uint8_t, uint16_t> linked{
      tables.threshold.data(), tables.column.data(), tables.link.data(), tables.root.data()};
  check<8, 32>(p, full, hasTargets);
  check<1, 1>(p, full, hasTargets);
  check<8, 32>(p, linked, hasTargets);
  check<1, 1>(p, linked, hasTargets);
}

TEST(Tree, OneOutput) { checkBoth(Problem{70, 21, 4, 3, 1, 1}, false); }
TEST(Tree, Classes) { checkBoth(Problem{19, 9, 3, 5, 4, 4}, false); }
TEST(Tree, OutputOfEachTree) { checkBoth(Problem{35, 17, 3, 5, 5, 1}, true); }
TEST(Tree, Leaves) { checkBoth(Problem{9, 3, 0, 2, 1, 1}, false); }

TEST(Tree, ExtremesLeaveOutNan) {
  const uint32_t keys[3] = {}, feature[1] = {0};
  const uint8_t columns[3] = {};
  const float weight[] = {kNan, 1, 3, -2, kNan, kNan}, x = 0;
  const rt::Forest<float> forest{3, 1, 2, 1, 2, feature, rt::weights(weight), nullptr};
  const rt::FullTrees<uint32_t, uint8_t> trees{keys, columns, 0};
  uint32_t scratch[1];
  const rt::Work work{0, 1, static_cast<unsigned char *>(static_cast<void *>(scratch))};
  float y[2];
  rt::forest<rt::TreeMin, 8, 1>(1, forest, trees, &x, y, work);
  EXPECT_EQ(y[0], 3);
  EXPECT_EQ(y[1], -2);
  rt::forest<rt::TreeMax, 8, 1>(1, forest, trees, &x, y, work);
  EXPECT_EQ(y[0], 3);
  EXPECT_EQ(y[1], 1);
  const rt::Forest<float> none{0, 1, 2, 1, 2, feature, rt::weights(weight), nullptr};
  rt::forest<rt::TreeMax, 8, 1>(1, none, trees, &x, y, work);
  EXPECT_EQ(y[0], 0);
}

} // namespace

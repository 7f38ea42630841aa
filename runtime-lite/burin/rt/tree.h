// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ensembles of decision trees. Features and thresholds become unsigned integers of the same order,
// so that a step down is two loads, a comparison and an addition: no branch to guess, no float. The
// time goes into waiting for loads, so several rows go down one tree at once, or one row goes down
// several trees. Whichever it is, leaves are added in the order of the trees.
#ifndef BURIN_RT_TREE_H
#define BURIN_RT_TREE_H

#include "special.h"

namespace burin {
namespace rt {
inline namespace BURIN_ABI {

// ---- keys ----

template <class T> struct TreeTypes;
template <> struct TreeTypes<float> {
  using Key = uint32_t;
  using Weights = const F32 *;
  static constexpr Key kSign = 0x80000000u, kInfinity = 0x7f800000u;
};
template <> struct TreeTypes<double> {
  using Key = uint64_t;
  using Weights = const double *;
  static constexpr Key kSign = 0x8000000000000000u, kInfinity = 0x7ff0000000000000u;
};
template <class T> using TreeKey = typename TreeTypes<T>::Key;

/// Keys are in the order of the numbers, equal for both zeros; of NaN it is `nan`.
template <class T> BURIN_FN TreeKey<T> treeKey(T x, TreeKey<T> nan) {
  using Key = TreeKey<T>;
  constexpr Key sign = TreeTypes<T>::kSign;
  const Key bits = bitCast<Key>(x), size = bits & (sign - 1);
  if (size > TreeTypes<T>::kInfinity)
    return nan;
  return bits & sign ? sign - size : sign + size;
}

/// A key that every threshold lets pass, and one that passes none.
template <class Key> constexpr Key kKeyPasses = 0;
template <class Key> constexpr Key kKeyFails = static_cast<Key>(~Key{0});

/// Added to a feature in the table of those that have a key: its NaN passes.
constexpr uint32_t kNanPasses = 0x80000000u;

template <class T>
BURIN_FN void treeKeys(int count, const uint32_t *features, const T *BURIN_RESTRICT x,
                       TreeKey<T> *BURIN_RESTRICT keys) {
  using Key = TreeKey<T>;
  for (int i = 0; i < count; ++i) {
    const uint32_t f = features[i];
    keys[i] = treeKey(x[f & ~kNanPasses], f & kNanPasses ? kKeyPasses<Key> : kKeyFails<Key>);
  }
}

// ---- layouts: leaves() finds the leaves of Lanes trees, `tree` and those `treeStep` behind, for
// rows of keys that lie `keyStep` behind each other; one of the steps is 0 ----

/// All leaves are `depth` below their root. 2^depth nodes a tree in the order of a heap: the root
/// is node 1, and 2 * i and 2 * i + 1 are behind node i, the second where the key is above the
/// threshold; node 0 is not used.
template <class Key, class Column> struct FullTrees {
  static constexpr int kFirstKey = 0;
  const Key *threshold;
  const Column *column; ///< which key
  int depth;
};

/// Where Lanes trees from `tree` on end, each treeStep behind the one before it, with keys that lie
/// keyStep apart. A free function, as the lambdas of a member would be weak symbols.
template <int Lanes, class Key, class Column>
BURIN_FN void leaves(const FullTrees<Key, Column> &trees, int tree, int treeStep, const Key *keys,
                     ptrdiff_t keyStep, Array<ptrdiff_t, Lanes> &leaf) {
  const ptrdiff_t size = ptrdiff_t{1} << trees.depth, first = tree * size, step = treeStep * size;
  const Key *t = trees.threshold + first;
  const Column *c = trees.column + first;
  unroll<Lanes>([&](auto l) BURIN_LAMBDA { leaf[l] = 1; });
  for (int level = 0; level < trees.depth; ++level)
    unroll<Lanes>([&](auto l) BURIN_LAMBDA {
      const ptrdiff_t at = l * step + leaf[l];
      leaf[l] += leaf[l] + (keys[l * keyStep + c[at]] > t[at]);
    });
  unroll<Lanes>([&](auto l) BURIN_LAMBDA { leaf[l] += first + l * step - size; });
}

/// Trees of any form: link and link + 1 behind node i are the nodes that follow it. A leaf has its
/// number in place of a threshold, link 0, and key 0, which is that of nothing and never above.
template <class Key, class Column, class Link> struct LinkedTrees {
  static constexpr int kFirstKey = 1;
  const Key *threshold;
  const Column *column;
  const Link *link;
  const int32_t *root; ///< of each tree
};

template <int Lanes, class Key, class Column, class Link>
BURIN_FN void leaves(const LinkedTrees<Key, Column, Link> &trees, int tree, int treeStep,
                     const Key *keys, ptrdiff_t keyStep, Array<ptrdiff_t, Lanes> &leaf) {
  unroll<Lanes>([&](auto l) BURIN_LAMBDA { leaf[l] = trees.root[tree + l * treeStep]; });
  for (ptrdiff_t moved = 1; moved != 0;) {
    moved = 0;
    unroll<Lanes>([&](auto l) BURIN_LAMBDA {
      const ptrdiff_t at = leaf[l], next = static_cast<ptrdiff_t>(trees.link[at]);
      const ptrdiff_t step = next + (keys[l * keyStep + trees.column[at]] > trees.threshold[at]);
      leaf[l] += step;
      moved |= step;
    });
  }
  unroll<Lanes>([&](auto l)
                    BURIN_LAMBDA { leaf[l] = static_cast<ptrdiff_t>(trees.threshold[leaf[l]]); });
}

// ---- what the leaves add up to ----

struct TreeSum {
  template <class T> static constexpr T kFirst = 0;
  template <class T> BURIN_INLINE static T join(T sum, T x) { return sum + x; }
  template <class T> BURIN_INLINE static T last(T sum) { return sum; }
};
/// The least or greatest of what is not NaN, and 0 of nothing.
template <bool Least> struct TreeExtreme {
  template <class T> static constexpr T kFirst = kNan<T>;
  template <class T> BURIN_INLINE static T join(T sum, T x) {
    return (Least ? x < sum : x > sum) || sum != sum ? x : sum;
  }
  template <class T> BURIN_INLINE static T last(T sum) { return sum == sum ? sum : T{}; }
};
using TreeMin = TreeExtreme<true>;
using TreeMax = TreeExtreme<false>;

template <class T> struct Forest {
  int trees, features, outputs;
  int keys;                               ///< of a row, that have a feature
  int each;                               ///< weights of a leaf
  const uint32_t *feature;                ///< [keys]
  typename TreeTypes<T>::Weights weights; ///< [leaves][each]
  const int32_t *target;                  ///< of the first weight, for each tree; null: always 0
};

BURIN_FN float treeWeight(const F32 *p) { return load<float>(p); }
BURIN_FN double treeWeight(const double *p) { return *p; }

/// One row: Lanes trees at once.
template <class Join, int Lanes, class T, class Trees>
BURIN_FN void forestRow(const Forest<T> &f, const Trees &trees, int tree, const TreeKey<T> *keys,
                        T *BURIN_RESTRICT out) {
  for (; tree + Lanes <= f.trees; tree += Lanes) {
    Array<ptrdiff_t, Lanes> leaf;
    leaves<Lanes>(trees, tree, 1, keys, 0, leaf);
    for (int k = 0; k < f.each; ++k) {
      const auto weight = [&](auto l)
                              BURIN_LAMBDA { return treeWeight(f.weights + leaf[l] * f.each + k); };
      if (f.target) {
        unroll<Lanes>([&](auto l) BURIN_LAMBDA {
          T &sum = out[f.target[tree + l] + k];
          sum = Join::join(sum, weight(l));
        });
      } else {
        T sum = out[k];
        unroll<Lanes>([&](auto l) BURIN_LAMBDA { sum = Join::join(sum, weight(l)); });
        out[k] = sum;
      }
    }
  }
  if constexpr (Lanes > 1)
    forestRow<Join, 1>(f, trees, tree, keys, out);
}

/// Lanes rows: all trees, one after the other.
template <class Join, int Lanes, class T, class Trees>
BURIN_FN void forestRows(const Forest<T> &f, const Trees &trees, int rows,
                         const TreeKey<T> *BURIN_RESTRICT keys, ptrdiff_t keyStep,
                         T *BURIN_RESTRICT out) {
  for (int tree = 0; tree < f.trees; ++tree) {
    const int target = f.target ? f.target[tree] : 0;
    for (int r = 0; r < rows; r += Lanes) {
      Array<ptrdiff_t, Lanes> leaf;
      leaves<Lanes>(trees, tree, 0, keys + r * keyStep, keyStep, leaf);
      unroll<Lanes>([&](auto l) BURIN_LAMBDA {
        T *sums = out + static_cast<ptrdiff_t>(r + l) * f.outputs + target;
        for (int k = 0; k < f.each; ++k)
          sums[k] = Join::join(sums[k], treeWeight(f.weights + leaf[l] * f.each + k));
      });
    }
  }
}

/// out [rows][outputs] of in [rows][features]; Lanes go down at once, Block rows are worked on
/// together, so that a tree is in the cache for all of them. Units: blocks of rows. Scratch: Block
/// rows of kFirstKey + keys.
template <class Join, int Lanes, int Block, class T, class Trees>
BURIN_FN void forest(int rows, const Forest<T> &f, const Trees &trees, const T *in, T *out,
                     Work work) {
  using Key = TreeKey<T>;
  Key *keys = static_cast<Key *>(static_cast<void *>(work.scratch));
  const ptrdiff_t keyStep = Trees::kFirstKey + f.keys;
  for (int unit = work.begin; unit < work.end; ++unit) {
    const int first = unit * Block, count = rows - first < Block ? rows - first : Block;
    const T *x = in + static_cast<ptrdiff_t>(first) * f.features;
    T *y = out + static_cast<ptrdiff_t>(first) * f.outputs;
    const ptrdiff_t outputs = static_cast<ptrdiff_t>(count) * f.outputs;
    for (int r = 0; r < count; ++r) {
      if constexpr (Trees::kFirstKey == 1)
        keys[r * keyStep] = kKeyPasses<Key>;
      treeKeys(f.keys, f.feature, x + static_cast<ptrdiff_t>(r) * f.features,
               keys + r * keyStep + Trees::kFirstKey);
    }
    for (ptrdiff_t i = 0; i < outputs; ++i)
      y[i] = Join::template kFirst<T>;
    int r = 0;
    if constexpr (Block >= Lanes && Lanes > 1) {
      r = count / Lanes * Lanes;
      forestRows<Join, Lanes>(f, trees, r, keys, keyStep, y);
    }
    for (; r < count; ++r)
      forestRow<Join, Lanes>(f, trees, 0, keys + r * keyStep,
                             y + static_cast<ptrdiff_t>(r) * f.outputs);
    for (ptrdiff_t i = 0; i < outputs; ++i)
      y[i] = Join::last(y[i]);
  }
}

} // namespace BURIN_ABI
} // namespace rt
} // namespace burin

#endif

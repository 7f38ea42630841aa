// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/attention.h"

namespace {
using namespace burin::rt;

struct Problem {
  int images, heads, group, queries, keys, depth, width;
};

size_t at(int64_t i) { return static_cast<size_t>(i); }

/// Scores of a row, masked by `change(image, head, query, key, score)`, to shares, to a sum.
template <class Change>
std::vector<double> expected(const Problem &p, const std::vector<float> &q,
                             const std::vector<float> &k, const std::vector<float> &v, float scale,
                             const Change &change) {
  const int keyHeads = p.heads / p.group;
  std::vector<double> out, x(at(p.keys));
  for (int i = 0; i < p.images; ++i)
    for (int s = 0; s < p.queries; ++s)
      for (int h = 0; h < p.heads; ++h) {
        const float *row = q.data() + ((int64_t{i} * p.queries + s) * p.heads + h) * p.depth;
        double top = -std::numeric_limits<double>::infinity(), sum = 0;
        const auto keyRow = [&](int t) {
          return (int64_t{i} * p.keys + t) * keyHeads + h / p.group;
        };
        for (int t = 0; t < p.keys; ++t) {
          double dot = 0;
          for (int d = 0; d < p.depth; ++d)
            dot += double{row[d]} * k[at(keyRow(t) * p.depth + d)];
          x[at(t)] = change(i, h, s, t, dot * scale);
          top = std::max(top, x[at(t)]);
        }
        for (double &e : x)
          sum += e = std::exp(e - top);
        for (int e = 0; e < p.width; ++e) {
          double y = 0;
          for (int t = 0; t < p.keys; ++t)
            y += x[at(t)] / sum * v[at(keyRow(t) * p.width + e)];
          out.push_back(y);
        }
      }
  return out;
}

template <int NR, bool Causal, class S, class T, class D, class E, class Mask, class Change>
void check(const Problem &p, S queries, T keys, D depth, E width, const Mask &mask,
           const Change &change) {
  Random random{7};
  const int keyHeads = p.heads / p.group;
  const std::vector<float> q = random.floats(at(p.images * p.queries * p.heads * p.depth)),
                           k = random.floats(at(p.images * p.keys * keyHeads * p.depth), -3, 3),
                           v = random.floats(at(p.images * p.keys * keyHeads * p.width));
  const auto want = expected(p, q, k, v, 0.4f, change);
  const size_t scratch =
      at(attentionScratch(NR, Causal, p.queries, p.keys, p.depth, p.width)) * sizeof(float);
  const Guarded<float> qs{q}, ks{k}, vs{v};
  for (const int tasks : {1, 3}) {
    Guarded<float> out(want.size());
    forTasks(p.images * p.heads, tasks, scratch, [&](Work work) {
      attention<NR, Causal>(p.heads, p.group, queries, keys, depth, width, 0.4f, qs.data(),
                            ks.data(), vs.data(), out.data(), mask, work);
    });
    for (size_t i = 0; i < want.size(); ++i)
      if (std::isnan(want[i]))
        ASSERT_TRUE(std::isnan(out[i])) << i;
      else
        ASSERT_NEAR(want[i], out[i], 2e-5)
            << i << " of " << p.queries << " x " << p.keys << ", panels of " << NR;
  }
}

const auto kSame = [](int, int, int, int, double x) { return x; };
const auto kCausal = [](int, int, int s, int t, double x) {
  return t <= s ? x : -std::numeric_limits<double>::infinity();
};

template <int NR> void testSizes() {
  for (const int s : {1, 7, 65, 130})
    for (const int t : {1, 16, 70}) {
      const Problem p{2, 2, 1, s, t, 8, 5};
      check<NR, false>(p, s, t, 8, 5, NoMask{}, kSame);
      check<NR, true>(p, s, t, 8, 5, NoMask{}, kCausal);
    }
  check<NR, false>({1, 4, 2, 19, 19, 16, 16}, Const<19>{}, Const<19>{}, Const<16>{}, Const<16>{},
                   NoMask{}, kSame);
  check<NR, true>({1, 3, 1, 70, 70, 4, 24}, Const<70>{}, Const<70>{}, Const<4>{}, Const<24>{},
                  NoMask{}, kCausal);
  check<NR, false>({1, 1, 1, 9, 12, 3, 16}, AtMost<33>{9}, AtMost<40>{12}, Const<3>{}, Const<16>{},
                   NoMask{}, kSame);
}
TEST(Attention, AllSizes) {
  testSizes<16>();
  testSizes<8>();
  testSizes<4>();
}

TEST(Attention, KeysOfSeveralBlocks) {
  const Problem p{1, 2, 2, 300, 1100, 4, 8};
  check<16, false>(p, 300, 1100, 4, 8, NoMask{}, kSame);
  check<16, false>(p, Const<300>{}, Const<1100>{}, Const<4>{}, Const<8>{}, NoMask{}, kSame);
  const Problem long_{1, 1, 1, 1100, 1100, 4, 8};
  check<8, true>(long_, 1100, 1100, 4, 8, NoMask{}, kCausal);
}

TEST(Attention, Masks) {
  const Problem p{2, 3, 1, 6, 600, 4, 8};
  Random random{3};
  const std::vector<float> added = random.floats(at(p.queries * p.keys), -2, 2);
  check<16, false>(p, 6, 600, 4, 8, AddedMask<1>{added.data(), 0, 0, 600},
                   [&](int, int, int s, int t, double x) { return x + added[at(s * 600 + t)]; });
  check<16, false>(p, 6, 600, 4, 8, AddedMask<0>{added.data(), 3, 1, 0},
                   [&](int i, int h, int, int, double x) { return x + added[at(i * 3 + h)]; });
  const std::unique_ptr<bool[]> kept{new bool[at(p.images * p.keys)]};
  for (int i = 0; i < p.images * p.keys; ++i)
    kept[at(i)] = random.integer(0, 3) == 0;
  check<16, false>(p, 6, 600, 4, 8, KeptMask<1>{kept.get(), 600, 0, 0},
                   [&](int i, int, int, int t, double x) {
                     return kept[at(i * 600 + t)] ? x : -std::numeric_limits<double>::infinity();
                   });
}

TEST(Attention, ARowThatSeesNothingIsNaN) {
  const Problem p{1, 1, 1, 2, 20, 4, 8};
  const bool none[20] = {};
  check<16, false>(p, 2, 20, 4, 8, KeptMask<1>{none, 0, 0, 0}, [](int, int, int, int, double) {
    return -std::numeric_limits<double>::infinity();
  });
}

} // namespace

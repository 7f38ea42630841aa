// SPDX-License-Identifier: Apache-2.0
#include "rt_test.h"

#include "burin/rt/numeric.h"
#include "burin/rt/suppression.h"

#include <algorithm>

namespace {

using namespace rt;

std::vector<int64_t> suppressed(const Suppression &s, const std::vector<float> &boxes,
                                const std::vector<float> &scores, int64_t most, float iou,
                                const float *least, int room, int *count) {
  Guarded<int64_t> out(at(room * 3), -1);
  forTasks(1, 1, at(s.boxes) * 8, [&](Work work) {
    nonMaxSuppression(s, boxes.data(), scores.data(), &most, &iou, least, room, out.data(), count,
                      work);
  });
  return {out.data(), out.data() + std::min(*count, room) * 3};
}

/// What is chosen does not overlap; what is not overlaps something better, or is not good enough.
TEST(Suppression, OfRandomBoxes) {
  Random random{21};
  for (bool centerPoint : {false, true}) {
    const Suppression s{2, 3, 60, centerPoint};
    std::vector<float> boxes;
    for (int i = 0; i < 2 * 60; ++i)
      for (int k = 0; k < 4; ++k)
        boxes.push_back(k < 2         ? random.uniform(0, 5)
                        : centerPoint ? random.uniform(1, 3)
                                      : boxes.end()[-2] + random.uniform(1, 3));
    const std::vector<float> scores = random.floats(2 * 3 * 60, 0, 1);
    const float least = 0.1f;
    int count = 0;
    const std::vector<int64_t> all = suppressed(s, boxes, scores, 60, 0.4f, &least, 360, &count);
    ASSERT_EQ(all.size(), at(count * 3));
    for (int line = 0; line < 6; ++line) {
      std::vector<int> chosen;
      for (size_t i = 0; i < all.size(); i += 3)
        if (all[i] * 3 + all[i + 1] == line)
          chosen.push_back(static_cast<int>(all[i + 2]));
      const auto score = [&](int i) { return scores[at(line * 60 + i)]; };
      const auto hides = [&](int a, int b) {
        const auto box = [&](int i) { return boxOf(s, boxes.data() + (line / 3 * 60 + i) * 4); };
        return overlap(box(a), box(b)) > 0.4f;
      };
      ASSERT_TRUE(std::is_sorted(chosen.begin(), chosen.end(),
                                 [&](int a, int b) { return score(a) > score(b); }));
      for (int i = 0; i < 60; ++i) {
        const bool isChosen = std::find(chosen.begin(), chosen.end(), i) != chosen.end();
        const bool isHidden = std::any_of(chosen.begin(), chosen.end(), [&](int c) {
          return c != i && score(c) >= score(i) && hides(c, i);
        });
        ASSERT_EQ(isChosen, !isHidden && score(i) > least);
      }
    }
    // Of each class the best two; and no more is written than there is room for.
    const std::vector<int64_t> two = suppressed(s, boxes, scores, 2, 0.4f, &least, 5, &count);
    EXPECT_EQ(12, count);
    EXPECT_EQ(15u, two.size());
    EXPECT_TRUE(std::equal(two.begin(), two.begin() + 6, all.begin()));
  }
}

TEST(Suppression, EqualScoresAndNan) {
  const std::vector<float> boxes = {0, 0, 1, 1, 5, 5, 6, 6, 9, 9, 8, 8};
  int count = 0;
  EXPECT_EQ((std::vector<int64_t>{0, 0, 1, 0, 0, 2, 0, 0, 0}),
            suppressed({1, 1, 3, false}, boxes, {NAN, 2, 2}, 9, 0.5f, nullptr, 3, &count));
  // 7 / 10 is not above 0.7.
  EXPECT_EQ(0.7f, overlap({0, 0, 1, 10}, {0, 0, 1, 7}));
  EXPECT_EQ(0.f, overlap({0, 0, 1, 1}, {1, 0, 2, 1}));
  EXPECT_TRUE(suppressed({1, 1, 3, false}, boxes, {1, 2, 3}, -1, 0.5f, nullptr, 3, &count).empty());
}

} // namespace

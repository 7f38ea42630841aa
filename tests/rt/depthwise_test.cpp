// SPDX-License-Identifier: Apache-2.0
#include "conv_problem.h"

#include "burin/rt/depthwise.h"

namespace {

template <int KH, int KW> void testDepthwise(Shape s, Nd<2> end) {
  const Problem<2> p = make<2>(s, end, 13, false);
  const int taps = s.kernel[0] * s.kernel[1], o = s.outChannels;
  std::vector<float> packed(at(taps * o));
  for (int t = 0; t < taps; ++t)
    for (int j = 0; j < o; ++j)
      packed[at(t * o + j)] = p.filter[at(j * taps + t)];
  std::vector<float> bias(p.bias.begin(), p.bias.begin() + o);
  for (int tasks : {1, 3}) {
    Guarded<float> out(p.sums.size()), plain(p.sums.size());
    forTasks(p.rows(), tasks, 0, [&](Work work) {
      depthwise2dVirtual<KH, KW>(p.s, p.in.data(), weights(packed.data()), out.data(),
                                 TestEpilogue{bias.data(), nullptr}, work);
    });
    p.expect(out);
    if (s.padBegin[0] == 0 && s.padBegin[1] == 0 && end[0] == 0 && end[1] == 0) {
      forTasks(p.rows(), tasks, 0, [&](Work work) {
        depthwise2d<KH, KW>(p.s, p.in.data(), weights(packed.data()), plain.data(),
                            TestEpilogue{bias.data(), nullptr}, work);
      });
      p.expect(plain);
    }
  }
}
TEST(Conv, Depthwise) {
  const Nd<2> one{{1, 1}}, two{{2, 2}}, none{{0, 0}};
  for (int c : {1, 4, 21, 40}) {
    testDepthwise<3, 3>(shape(c, c, c, {{6, 19}}, {{3, 3}}, one, one, one), one);
    testDepthwise<3, 3>(shape(c, c, c, {{7, 18}}, {{3, 3}}, two, one, {{0, 1}}), one);
    testDepthwise<3, 3>(shape(c, c, c, {{7, 9}}, {{3, 3}}, one, one, none), none);
    testDepthwise<5, 5>(shape(c, c, c, {{9, 9}}, {{5, 5}}, one, one, two), two);
    testDepthwise<3, 3>(shape(c, c, c, {{9, 12}}, {{3, 3}}, {{1, 2}}, two, two), two);
    testDepthwise<0, 0>(shape(c, c, c, {{7, 9}}, {{2, 3}}, {{3, 1}}, one, {{1, 0}}), one);
    testDepthwise<3, 3>(shape(c, 2 * c, c, {{5, 6}}, {{3, 3}}, one, one, one), one);
    testDepthwise<0, 0>(shape(c, 5 * c, c, {{5, 6}}, {{3, 1}}, one, one, none), none);
  }
}
/// Strips of all widths, rows that are left over, and more channels than are done at a time.
TEST(Conv, DepthwiseStrips) {
  const Nd<2> one{{1, 1}}, two{{2, 2}}, three{{3, 3}}, none{{0, 0}};
  testDepthwise<3, 3>(shape(150, 150, 150, {{5, 16}}, {{3, 3}}, one, one, none), none);
  testDepthwise<3, 3>(shape(150, 150, 150, {{8, 27}}, {{3, 3}}, two, one, one), none);
  testDepthwise<3, 3>(shape(24, 24, 24, {{3, 13}}, {{3, 3}}, one, one, one), one);
  testDepthwise<5, 5>(shape(88, 88, 88, {{7, 13}}, {{5, 5}}, two, one, two), two);
  testDepthwise<5, 5>(shape(88, 88, 88, {{6, 11}}, {{5, 5}}, one, one, none), none);
  testDepthwise<7, 7>(shape(56, 56, 56, {{8, 15}}, {{7, 7}}, one, one, three), three);
  testDepthwise<7, 7>(shape(56, 56, 56, {{13, 19}}, {{7, 7}}, two, one, none), none);
}

} // namespace

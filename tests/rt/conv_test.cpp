// SPDX-License-Identifier: Apache-2.0
#include "conv_problem.h"

#include "burin/rt/conv_transpose.h"

namespace {

template <int NR> void testVirtual(const Problem<2> &p) {
  const std::vector<float> packed = p.packed<NR>();
  std::vector<float> bias(p.bias.begin(), p.bias.begin() + p.s.outChannels);
  for (int tasks : {1, 3}) {
    Guarded<float> out(p.sums.size());
    forTasks(p.rows(), tasks, 0, [&](Work work) {
      if (p.transposed)
        convTranspose2d<NR>(p.s, p.in.data(), weights(packed.data()), out.data(),
                            TestEpilogue{bias.data(), nullptr}, work);
      else
        conv2dVirtual<NR>(p.s, p.in.data(), weights(packed.data()), out.data(),
                          TestEpilogue{bias.data(), nullptr}, work);
    });
    p.expect(out);
  }
  Guarded<double> naive(p.sums.size());
  const auto finish = [&](double sum, ptrdiff_t, int column) {
    sum += static_cast<double>(bias[at(column)]);
    return sum > 0 ? sum : 0;
  };
  forTasks(p.rows(), 2, 0, [&](Work work) {
    if (p.transposed)
      convTransposeScalar<double>(p.s, p.in.data(), p.filter.data(), naive.data(), finish, work);
    else
      convScalar<double>(p.s, p.in.data(), p.filter.data(), naive.data(), finish, work);
  });
  p.expect(naive);
}

TEST(Conv, VirtualPaddingOfEveryKind) {
  const Nd<2> one{{1, 1}}, none{{0, 0}};
  for (bool transposed : {false, true})
    for (int c : {1, 3, 8})
      for (int o : {1, 5, 16, 33}) {
        const auto run = [&](Shape s, Nd<2> end) {
          testVirtual<16>(make<2>(s, end, static_cast<uint32_t>(c * 50 + o), transposed));
        };
        run(shape(c, o, 1, {{5, 9}}, {{3, 3}}, one, one, one), one);
        run(shape(c, o, 1, {{6, 11}}, {{3, 2}}, {{2, 3}}, one, {{1, 0}}), {{0, 1}});
        run(shape(c, o, 1, {{9, 9}}, {{2, 3}}, one, {{2, 3}}, {{1, 2}}), {{0, 3}});
        run(shape(c, o, 1, {{7, 8}}, {{3, 3}}, {{2, 2}}, {{2, 1}}, {{2, 1}}), {{2, 0}});
        run(shape(c, o, 1, {{1, 12}}, {{1, 5}}, one, one, {{0, 2}}), {{0, 2}}); // 1-D
        run(shape(c, o, 1, {{4, 7}}, one, one, one, none), none);
      }
  // A border wider than the filter: windows that see nothing. Cut instead of padded, too.
  testVirtual<16>(
      make<2>(shape(3, 20, 1, {{3, 3}}, {{2, 2}}, one, one, {{4, 4}}), {{5, 4}}, 1, false));
  testVirtual<16>(
      make<2>(shape(3, 20, 1, {{6, 9}}, {{2, 2}}, one, one, {{-1, -2}}), {{-1, 0}}, 1, false));
  testVirtual<16>(make<2>(shape(3, 4, 1, {{4, 5}}, {{2, 2}}, {{5, 4}}, one, none), none, 1, true));
}

TEST(Conv, GroupsAndPanels) {
  const Nd<2> one{{1, 1}};
  for (bool transposed : {false, true})
    for (int g : {2, 3})
      for (int o : {1, 4, 17}) {
        const Shape s = shape(2 * g, o * g, g, {{5, 10}}, {{3, 3}}, {{1, 2}}, one, one);
        testVirtual<16>(make<2>(s, one, 5, transposed));
        testVirtual<4>(make<2>(s, one, 6, transposed));
      }
}

TEST(Conv, ThreeAxes) {
  for (bool transposed : {false, true})
    for (int o : {3, 20}) {
      const ConvGeneral<3> s{2 * 2,       o * 2,       2, {{3, 4, 7}}, {}, {{2, 3, 3}}, {{1, 2, 1}},
                             {{1, 1, 2}}, {{1, 1, 2}}, 0, 0,           {}, {}};
      const Problem<3> p = make<3>(s, {{0, 1, 2}}, 9, transposed);
      const std::vector<float> packed = p.packed<16>();
      Guarded<float> out(p.sums.size());
      forTasks(p.rows(), 3, 0, [&](Work work) {
        if (transposed)
          convTranspose3d<16>(p.s, p.in.data(), weights(packed.data()), out.data(),
                              TestEpilogue{p.bias.data(), nullptr}, work);
        else
          conv3dVirtual<16>(p.s, p.in.data(), weights(packed.data()), out.data(),
                            TestEpilogue{p.bias.data(), nullptr}, work);
      });
      p.expect(out);
    }
}

} // namespace

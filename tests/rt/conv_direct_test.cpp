// SPDX-License-Identifier: Apache-2.0
#include "conv_problem.h"

#include "burin/rt/border.h"
#include "burin/rt/conv.h"

namespace {

/// The same by the direct kernels: the input in a frame, channels of the output padded or not.
template <class Width, class Channels, class Out, class Kernel, class Stride>
void testDirect(Width width, Channels channels, Out outChannels, Kernel kernel, Stride stride) {
  constexpr int NR = 16, border = 2;
  const int height = 5, c = channels, o = outChannels, k = kernel, w = width;
  const Nd<2> strides{{stride, stride}};
  const Nd<2> in{{(height - 1) * stride + k - 2, (w - 1) * stride + k - 2}};
  const Shape s = shape(c, o, 1, in, {{k, k}}, strides, {{1, 1}}, {{1, 1}});
  const Problem<2> p = make<2>(s, {{1, 1}}, 11, false);
  ASSERT_EQ(w, p.s.out[1]);
  const Frame frame{in[0], in[1], c, border, border, in[0] + 2 * border, in[1] + 2 * border};
  const ptrdiff_t image = frame.row() * frame.frameHeight;
  std::vector<float> framed(static_cast<size_t>(2 * image), NAN);
  for (int i = 0; i < 2 * in[0]; ++i)
    std::copy_n(p.in.data() + i * p.s.inStride[0], p.s.inStride[0],
                framed.data() + i / in[0] * image + frame.first() + i % in[0] * frame.row());
  forTasks(2 * frame.frameHeight, 3, 0, [&](Work work) { zeroBorder(frame, framed.data(), work); });
  const float *corner = framed.data() + (border - 1) * (frame.row() + c);
  const std::vector<float> packed = p.packed<NR>();
  const int padded = (o + NR - 1) / NR * NR, panels = padded / NR;
  for (int tasks : {1, 3})
    for (bool byPanels : {false, true})
      for (bool exact : {false, true}) {
        const int pixel = exact ? o : padded;
        const Conv2d d{Const<5>{},
                       width,
                       channels,
                       outChannels,
                       kernel,
                       kernel,
                       stride,
                       stride,
                       image,
                       frame.row(),
                       ptrdiff_t{5} * w * pixel,
                       ptrdiff_t{w} * pixel,
                       ptrdiff_t{pixel}};
        Guarded<float> out(at(2 * height * w * pixel));
        const TestEpilogue epilogue{p.bias.data(), nullptr};
        forTasks(byPanels ? panels : 2 * height, tasks, 0, [&](Work work) {
          const F32 *f = weights(packed.data());
          if (byPanels && exact)
            conv2dPanelsExact<NR>(d, 2, corner, f, out.data(), epilogue, work);
          else if (byPanels)
            conv2dPanels<NR>(d, 2, corner, f, out.data(), epilogue, work);
          else if (exact)
            conv2dExact<NR>(d, corner, f, out.data(), epilogue, work);
          else
            conv2d<NR>(d, corner, f, out.data(), epilogue, work);
        });
        std::vector<float> dense;
        for (int i = 0; i < 2 * height * w; ++i)
          dense.insert(dense.end(), out.data() + i * pixel, out.data() + i * pixel + o);
        p.expect(dense);
      }
}
TEST(Conv, DirectWithABorderInMemory) {
  testDirect(Const<7>{}, Const<3>{}, Const<16>{}, Const<3>{}, Const<1>{});
  testDirect(Const<14>{}, Const<5>{}, Const<40>{}, Const<3>{}, Const<2>{});
  testDirect(9, 4, 33, 3, 1);
  testDirect(AtMost<16>{11}, Const<8>{}, 16, 2, 2);
  testDirect(MultipleOf<7>{14}, Const<8>{}, 16, 2, 2);
  testDirect(8, 130, 130, 3, 1); // a large filter
}

} // namespace

// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of ResNet-50, U-Net and the mobile networks, with bias and ReLU: dense with a border
// in memory or by Winograd, depthwise with and without a border.
#include "kernel_case.h"

#include "burin/rt/conv.h"
#include "burin/rt/depthwise.h"
#include "burin/rt/winograd.h"

namespace burin::bench {
namespace {
using rt::Const;

/// An image H x H with a border, channels C to O, kernel K x K; H is the output's.
struct Shape {
  int H, C, O, K, S;
  constexpr int side() const { return (H - 1) * S + K; } ///< of the input with its border
};

template <Shape P>
BURIN_STUB void conv(const float *in, const rt::F32 *filter, float *out, BiasRelu epilogue,
                     rt::Work work) {
  constexpr int side = P.side();
  const rt::Conv2d shape{
      Const<P.H>{},    Const<P.H>{}, Const<P.C>{}, Const<P.O>{},      Const<P.K>{},
      Const<P.K>{},    Const<P.S>{}, Const<P.S>{}, side * side * P.C, side * P.C,
      P.H * P.H * P.O, P.H * P.O,    P.O};
  rt::conv2d<16>(shape, in, filter, out, epilogue, work);
}

/// The border in memory, or virtual: then the pixels alone are there, and `pad` of them are
/// missing.
template <Shape P, bool Virtual>
BURIN_STUB void depthwise(const float *in, const rt::F32 *filter, float *out, BiasRelu epilogue,
                          rt::Work work) {
  constexpr int pad = Virtual ? P.K / 2 : 0, side = Virtual ? P.H * P.S : P.side();
  const rt::ConvGeneral<2> shape{P.C,
                                 P.C,
                                 P.C,
                                 {{side, side}},
                                 {{P.H, P.H}},
                                 {{P.K, P.K}},
                                 {{P.S, P.S}},
                                 {{1, 1}},
                                 {{pad, pad}},
                                 side * side * P.C,
                                 P.H * P.H * P.C,
                                 {{side * P.C, P.C}},
                                 {{P.H * P.C, P.C}}};
  if constexpr (Virtual)
    rt::depthwise2dVirtual<P.K, P.K>(shape, in, filter, out, epilogue, work);
  else
    rt::depthwise2d<P.K, P.K>(shape, in, filter, out, epilogue, work);
}

/// The form that the compiler chooses for the shapes below: T x T tiles, Block of them at once, or
/// panel by panel where the weights are larger than the image.
template <Shape P, int T, int Block, bool ByPanels>
BURIN_STUB void winograd(const float *in, const rt::F32 *filter, float *out, BiasRelu epilogue,
                         rt::Work work) {
  constexpr int side = (P.H + T - 1) / T;
  const rt::Winograd shape{
      Const<P.C>{},    Const<P.O>{}, Const<side * side>{}, Const<Block>{}, P.H, P.H, P.H, P.H, 1, 1,
      P.H * P.H * P.C, P.H * P.C,    P.H * P.H * P.O,      P.H * P.O};
  if constexpr (ByPanels)
    rt::winogradPanels<T, 16>(shape, in, filter, out, epilogue, work);
  else
    rt::winograd<T, 16>(shape, in, filter, out, epilogue, work);
}

using Kernel = void (*)(const float *, const rt::F32 *, float *, BiasRelu, rt::Work);

size_t at(int a, int b = 0) { return static_cast<size_t>(a) + static_cast<size_t>(b); }

using Pack = Floats (*)(const Floats &, Shape);
Floats packDirect(const Floats &filter, Shape p) {
  return packPanels(filter, p.K * p.K * p.C, p.O);
}
Floats packDepthwise(const Floats &filter, Shape) { return filter; }
template <int T> Floats packWinograd(const Floats &filter, Shape p) {
  constexpr int points = (T + 2) * (T + 2);
  const Floats packed(at(points * p.O * p.C));
  double u[points];
  for (int o = 0; o < p.O; ++o)
    for (int c = 0; c < p.C; ++c) {
      rt::winogradFilter<T>(filter.data() + c * p.O + o, p.C * p.O, u);
      for (int k = 0; k < points; ++k)
        packed[at(((k * p.O / 16 + o / 16) * p.C + c) * 16 + o % 16)] = static_cast<float>(u[k]);
    }
  return packed;
}

/// Filter [taps * C][O] row-major, or [taps][C] if depthwise. `side`: of the image in memory, which
/// misses `pad` pixels in front.
Prepared prepare(Kernel kernel, Shape p, Pack pack, int side, int pad, int units,
                 ptrdiff_t scratchBytes = 0) {
  const bool isDepthwise = pack == packDepthwise;
  const int depth = p.K * p.K * (isDepthwise ? 1 : p.C);
  const Floats in = Floats::random(at(side * side * p.C), 1),
               filter = Floats::random(at(depth * p.O), 2), bias = Floats::random(at(p.O), 3),
               out(at(p.H * p.H * p.O)), packed = pack(filter, p),
               scratch(static_cast<size_t>(scratchBytes) / sizeof(float));
  std::vector<double> expected(out.size());
  for (int y = 0; y < p.H; ++y)
    for (int x = 0; x < p.H; ++x) {
      double *pixel = &expected[at((y * p.H + x) * p.O)];
      for (int o = 0; o < p.O; ++o)
        pixel[o] = bias[at(o)];
      for (int tap = 0; tap < p.K * p.K; ++tap) {
        const int iy = y * p.S - pad + tap / p.K, ix = x * p.S - pad + tap % p.K;
        if (iy < 0 || ix < 0 || iy >= side || ix >= side)
          continue;
        const float *from = &in[at((iy * side + ix) * p.C)];
        if (isDepthwise)
          for (int o = 0; o < p.O; ++o)
            pixel[o] += static_cast<double>(from[o]) * filter[at(tap * p.O, o)];
        else
          for (int c = 0; c < p.C; ++c)
            for (int o = 0; o < p.O; ++o)
              pixel[o] += static_cast<double>(from[c]) * filter[at((tap * p.C + c) * p.O, o)];
      }
      for (int o = 0; o < p.O; ++o)
        pixel[o] = pixel[o] > 0 ? pixel[o] : 0;
    }
  return {[=] {
            kernel(in.data(), packed.weights(), out.data(), BiasRelu{bias.data()},
                   all(units, reinterpret_cast<unsigned char *>(scratch.data())));
          },
          out, std::move(expected)};
}

std::string nameOf(Shape p) {
  const auto text = [](int n) { return std::to_string(n); };
  return text(p.K) + "x" + text(p.K) + (p.S > 1 ? " stride " + text(p.S) : "") + " at " +
         text(p.H) + ", " + text(p.C) + (p.O == p.C ? "" : " to " + text(p.O));
}

template <Shape P> void addConv(std::vector<Case> &cases) {
  static_assert(P.O % 16 == 0);
  cases.push_back({"conv", nameOf(P), Measure::flops, 2.0 * P.H * P.H * P.K * P.K * P.C * P.O,
                   [] { return prepare(conv<P>, P, packDirect, P.side(), 0, P.H); }});
}

/// Against the operations of the direct sum.
template <Shape P, int T, int Block, bool ByPanels = false>
void addWinograd(std::vector<Case> &cases) {
  constexpr int side = (P.H + T - 1) / T;
  constexpr int units = ByPanels ? P.O / 16 : (side * side + Block - 1) / Block;
  const std::string tile = std::to_string(T);
  cases.push_back({"winograd", tile + "x" + tile + " of " + nameOf(P), Measure::flops,
                   2.0 * P.H * P.H * 9 * P.C * P.O, [] {
                     return prepare(winograd<P, T, Block, ByPanels>, P, packWinograd<T>, P.H, 1,
                                    units, rt::winogradScratch(T, P.C, Block, 16));
                   }});
}

template <Shape P> void addDepthwise(std::vector<Case> &cases) {
  constexpr double flops = 2.0 * P.H * P.H * P.K * P.K * P.C;
  cases.push_back({"depthwise", nameOf(P), Measure::flops, flops, [] {
                     return prepare(depthwise<P, false>, P, packDepthwise, P.side(), 0, P.H);
                   }});
  cases.push_back({"depthwise", nameOf(P) + ", virtual border", Measure::flops, flops, [] {
                     return prepare(depthwise<P, true>, P, packDepthwise, P.H * P.S, P.K / 2, P.H);
                   }});
}

} // namespace

void addConvolutions(std::vector<Case> &cases) {
  addConv<Shape{56, 64, 64, 3, 1}>(cases);
  addConv<Shape{28, 128, 128, 3, 1}>(cases);
  addConv<Shape{14, 256, 256, 3, 1}>(cases);
  addConv<Shape{7, 512, 512, 3, 1}>(cases);
  addConv<Shape{28, 128, 128, 3, 2}>(cases);
  addConv<Shape{7, 512, 512, 3, 2}>(cases);
  addConv<Shape{28, 256, 512, 1, 2}>(cases);
  addConv<Shape{7, 1024, 2048, 1, 2}>(cases);
  addConv<Shape{112, 3, 64, 7, 2}>(cases);
  addConv<Shape{112, 3, 32, 3, 2}>(cases);
  addConv<Shape{256, 32, 32, 3, 1}>(cases);
  addConv<Shape{14, 3, 768, 16, 16}>(cases);
  addWinograd<Shape{56, 64, 64, 3, 1}, 4, 28>(cases);
  addWinograd<Shape{28, 128, 128, 3, 1}, 4, 49, true>(cases);
  addWinograd<Shape{14, 256, 256, 3, 1}, 2, 49, true>(cases);
  addWinograd<Shape{7, 512, 512, 3, 1}, 2, 16, true>(cases);
  addWinograd<Shape{128, 64, 64, 3, 1}, 4, 16>(cases);
  addDepthwise<Shape{112, 32, 32, 3, 1}>(cases);
  addDepthwise<Shape{56, 144, 144, 3, 1}>(cases);
  addDepthwise<Shape{14, 384, 384, 3, 1}>(cases);
  addDepthwise<Shape{7, 960, 960, 3, 1}>(cases);
  addDepthwise<Shape{112, 32, 32, 5, 1}>(cases);
  addDepthwise<Shape{112, 32, 32, 7, 1}>(cases);
  addDepthwise<Shape{56, 32, 32, 3, 2}>(cases);
  addDepthwise<Shape{56, 32, 32, 5, 2}>(cases);
  addDepthwise<Shape{56, 32, 32, 7, 2}>(cases);
  addDepthwise<Shape{56, 96, 96, 3, 2}>(cases);
  addDepthwise<Shape{14, 192, 192, 3, 2}>(cases);
  addDepthwise<Shape{28, 240, 240, 5, 1}>(cases);
  addDepthwise<Shape{14, 240, 240, 5, 2}>(cases);
}

} // namespace burin::bench

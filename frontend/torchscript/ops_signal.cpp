// SPDX-License-Identifier: Apache-2.0
//
// Complex tensors, and transforms of signals. A complex tensor is its real and its imaginary part;
// a transform is a product with a matrix of cosines and sines, or a convolution with it.
#include "frontend/torchscript/lowering.h"
#include "ir/number.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// The two parts of a complex tensor; of a real one the second is null.
struct Parts {
  Value *real, *imaginary;
};
Parts partsOf(const Call &n, const Host &h) {
  if (isComplex(h)) {
    const std::vector<Host> &items = h.as<TupleRef>()->items;
    return {n.in.valueOf(items[0].as<TensorRef>()), n.in.valueOf(items[1].as<TensorRef>())};
  }
  if (const TensorRef *t = h.find<TensorRef>()) {
    Value *v = n.in.valueOf(*t);
    return {ir::isFloat(v->type.element()) ? v : compose::cast(n.to, v, ElementType::f32), nullptr};
  }
  return {compose::cast(n.to, n.in.scalarOf(h), ElementType::f32), nullptr};
}
Parts parts(const Call &n, std::string_view name) { return partsOf(n, n[name]); }
Host complexOf(const Call &n, Value *real, Value *imaginary) {
  return makeComplex(n.tensor(real), n.tensor(imaginary));
}
Value *orZeros(const Call &n, const Parts &p) {
  return p.imaginary ? p.imaginary
                     : compose::full(n.to, p.real->type.element(), 0, p.real->type.shape());
}

// ---- making and taking apart ----

Host complexOfParts(const Call &n) { return makeComplex(n["real"], n["imag"]); }
Host polar(const Call &n) {
  const compose::Arith is{n.to};
  Value *size = n.value("abs"), *angle = n.value("angle");
  return complexOf(n, is.mul(size, is(ops::cos, angle)), is.mul(size, is(ops::sin, angle)));
}
/// Views of the two columns of the last axis.
Host viewAsComplex(const Call &n) {
  const ir::Shape shape = n.value("self")->type.shape();
  if (shape.empty() || !shape.back().isNumber(2))
    n.fail("shape", "view_as_complex needs a last axis of 2 elements");
  const Dims left(shape.begin(), shape.end() - 1);
  const auto column = [&](int64_t i) {
    const Host part = sliced(n, n.ref("self"), shape.size() - 1, i, 1, 1);
    return reshaped(n, part.as<TensorRef>(), left);
  };
  return makeComplex(column(0), column(1));
}
Value *interleaved(const Call &n, Value *real, Value *imaginary) {
  const auto rank = static_cast<int64_t>(real->type.rank());
  return compose::concat(
      n.to, {compose::unsqueeze(n.to, real, {rank}), compose::unsqueeze(n.to, imaginary, {rank})},
      real->type.rank());
}
/// A copy, so that a write into it is refused.
Host viewAsReal(const Call &n) {
  const Parts p = parts(n, "self");
  const Host made = n.tensor(interleaved(n, p.real, orZeros(n, p)));
  return view(
      made.as<TensorRef>(), [](ir::Builder &, Value *x) { return x; },
      [](ir::Builder &to, Value *, Value *) -> Value * {
        throw CompileError(Problem::unsupported, to.at, "a write into view_as_real")
            .code("torchscript.in_place")
            .hint("clone it first");
      },
      Tensor::Layout::contiguous);
}
Host realPart(const Call &n) {
  return isComplex(n["self"]) ? n["self"].as<TupleRef>()->items[0] : n["self"];
}
Host imaginaryPart(const Call &n) {
  if (!isComplex(n["self"]))
    n.fail("complex", "the imaginary part of a real tensor");
  return n["self"].as<TupleRef>()->items[1];
}
Host conjugate(const Call &n) {
  if (!isComplex(n["self"]))
    return n["self"];
  const Parts p = parts(n, "self");
  return makeComplex(realPart(n), n.tensor(n.to.make(ops::neg, {p.imaginary})));
}
Host same(const Call &n) { return n.values[0]; }
Host yes(const Call &) { return true; }

Host sizeOfComplex(const Call &n) {
  const compose::Arith is{n.to};
  const Parts p = parts(n, "self");
  return n.tensor(is(ops::sqrt, is.add(is.mul(p.real, p.real), is.mul(p.imaginary, p.imaginary))));
}
Host angle(const Call &n) {
  const compose::Arith is{n.to};
  const Parts p = parts(n, "self");
  Value *zero = is.mul(p.real, 0.0);
  if (!p.imaginary)
    return n.tensor(is.where(is.less(p.real, 0.0), is.add(zero, kPi), zero));
  Value *y = p.imaginary, *x = p.real;
  Value *base = is(ops::atan, is.div(y, x));
  Value *turned = is.where(is.less(y, 0.0), is.sub(base, kPi), is.add(base, kPi));
  Value *up = is.where(is.less(y, 0.0), is.sub(zero, kPi / 2),
                       is.where(is.less(0.0, y), is.add(zero, kPi / 2), zero));
  return n.tensor(is.where(is.equal(x, 0.0), up, is.where(is.less(x, 0.0), turned, base)));
}

// ---- arithmetic ----

/// Of one element type: that of the tensors, if one of them is a number.
std::pair<Parts, Parts> operands(const Call &n) {
  Parts all[2] = {parts(n, "self"), parts(n, "other")};
  ElementType e = promoteTypes(all[0].real->type.element(), all[1].real->type.element());
  for (size_t i = 0; i < 2; ++i)
    if (!isComplex(n.values[i]) && !n.values[i].holds<TensorRef>())
      e = all[1 - i].real->type.element();
  for (Parts &p : all) {
    p.real = compose::cast(n.to, p.real, e);
    p.imaginary = p.imaginary ? compose::cast(n.to, p.imaginary, e) : nullptr;
  }
  return {all[0], all[1]};
}

template <const ir::OpDef &def> Host addParts(const Call &n) {
  const Dim *one = n.takes("alpha") ? n["alpha"].find<Dim>() : nullptr;
  if (n.takes("alpha") && !(one && one->isNumber(1)))
    n.unsupported("argument", "an alpha with complex tensors", "multiply before");
  const auto [a, b] = operands(n);
  return complexOf(n, n.to.make(def, {a.real, b.real}),
                   n.to.make(def, {orZeros(n, a), orZeros(n, b)}));
}
Parts product(const Call &n, const Parts &a, const Parts &b) {
  const compose::Arith is{n.to};
  if (!b.imaginary)
    return {is.mul(a.real, b.real), is.mul(a.imaginary, b.real)};
  if (!a.imaginary)
    return product(n, b, a);
  return {is.sub(is.mul(a.real, b.real), is.mul(a.imaginary, b.imaginary)),
          is.add(is.mul(a.real, b.imaginary), is.mul(a.imaginary, b.real))};
}
Host multiply(const Call &n) {
  const auto [a, b] = operands(n);
  const Parts p = product(n, a, b);
  return complexOf(n, p.real, p.imaginary);
}
Host divide(const Call &n) {
  const compose::Arith is{n.to};
  const auto [a, b] = operands(n);
  if (!b.imaginary)
    return complexOf(n, is.div(a.real, b.real), is.div(a.imaginary, b.real));
  const Parts up = product(n, {a.real, orZeros(n, a)}, {b.real, is(ops::neg, b.imaginary)});
  Value *size = is.add(is.mul(b.real, b.real), is.mul(b.imaginary, b.imaginary));
  return complexOf(n, is.div(up.real, size), is.div(up.imaginary, size));
}

// ---- transforms ----

Value *constant(const Call &n, ElementType e, const Dims &shape, const std::vector<double> &all) {
  std::vector<std::byte> bytes(all.size() * ir::elementSize(e));
  for (size_t i = 0; i < all.size(); ++i)
    ir::storeNumber(e, all[i], bytes.data() + i * ir::elementSize(e));
  return n.in.module().addConstant({e, shape}, bytes);
}

/// of(cos, sin) of 2 pi i j / length, for each row i and column j.
template <class Rule>
Value *circle(const Call &n, ElementType e, int64_t rows, int64_t columns, int64_t length,
              const Rule &of) {
  constexpr int64_t kMost = 1 << 26;
  if (rows * columns > kMost)
    n.unsupported("size", fmt::format("a transform of {} points", length),
                  "use frames of fewer points");
  std::vector<double> all;
  all.reserve(static_cast<size_t>(rows * columns));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      const double turn =
          2 * kPi * static_cast<double>(i * j % length) / static_cast<double>(length);
      all.push_back(of(std::cos(turn), std::sin(turn), i, j));
    }
  return constant(n, e, {Dim(rows), Dim(columns)}, all);
}

double scaleOf(const Call &n, int64_t length, bool inverse) {
  const std::string norm = n.has("norm") ? n.text("norm") : "backward";
  if (norm != "backward" && norm != "ortho" && norm != "forward")
    n.fail("argument", fmt::format("the norm is '{}', expected backward, ortho or forward", norm));
  const auto count = static_cast<double>(length);
  return norm == "ortho" ? 1 / std::sqrt(count) : (norm == "backward") == inverse ? 1 / count : 1;
}

struct Form {
  bool inverse, fromHalf, toHalf; ///< half: of the bins up to the middle, as of a real signal
};

/// x along an axis cut or filled up with zeros to an extent.
Value *fitted(const Call &n, Value *x, size_t axis, int64_t extent) {
  const Dim &has = x->type.dim(axis);
  if (has.isNumber(extent))
    return x;
  Dims pads(2 * x->type.rank(), Dim(0));
  pads[x->type.rank() + axis] = Dim(extent) - has;
  return n.to.make(ops::pad, {x}, {attr::pads(pads), attr::mode("constant")});
}

Parts transformed(const Call &n, const Parts &given, size_t axis, std::optional<int64_t> asked,
                  const Form &form) {
  const compose::Arith is{n.to};
  const Dim &extent = given.real->type.dim(axis);
  if (!extent.isNumber())
    n.unsupported("symbolic", "a transform along an open extent", "fix the symbol with --dim");
  const int64_t length =
      asked.value_or(form.fromHalf ? 2 * (extent.number() - 1) : extent.number());
  if (length < 1 || length > 1 << 20)
    n.fail("shape", fmt::format("a transform of {} points", length));
  const int64_t half = length / 2 + 1;
  const int64_t rows = form.fromHalf ? half : length, columns = form.toHalf ? half : length;
  const double scale = scaleOf(n, length, form.inverse), turn = form.inverse ? 1 : -1;
  // What half a spectrum leaves out mirrors what it has.
  const auto weight = [&](int64_t i) {
    return form.fromHalf && i != 0 && 2 * i != length ? 2 * scale : scale;
  };
  const ElementType e = given.real->type.element();
  Value *cosines = circle(n, e, rows, columns, length,
                          [&](double c, double, int64_t i, int64_t) { return weight(i) * c; });
  Value *sines = circle(n, e, rows, columns, length,
                        [&](double, double s, int64_t i, int64_t) { return weight(i) * turn * s; });
  Ints perm(given.real->type.rank());
  for (size_t i = 0; i < perm.size(); ++i)
    perm[i] = static_cast<int64_t>(i);
  std::swap(perm[axis], perm.back());
  const auto inFront = [&](Value *v) {
    return v ? compose::transpose(n.to, fitted(n, v, axis, rows), perm) : nullptr;
  };
  Value *a = inFront(given.real), *b = inFront(given.imaginary);
  const auto times = [&](Value *x, Value *by) { return compose::matmul(n.to, x, by); };
  Value *real = times(a, cosines), *imaginary = form.fromHalf ? nullptr : times(a, sines);
  if (b) {
    real = is.sub(real, times(b, sines));
    if (imaginary)
      imaginary = is.add(imaginary, times(b, cosines));
  }
  return {compose::transpose(n.to, real, perm),
          imaginary ? compose::transpose(n.to, imaginary, perm) : nullptr};
}

Host asHost(const Call &n, const Parts &p) {
  return p.imaginary ? complexOf(n, p.real, p.imaginary) : n.tensor(p.real);
}

constexpr Form kForward{false, false, false}, kInverse{true, false, false},
    kToHalf{false, false, true}, kFromHalf{true, true, false};

template <const Form &form> Host transformOne(const Call &n) {
  const Parts p = parts(n, "self");
  if (form.toHalf && p.imaginary)
    n.fail("complex", "rfft of a complex tensor");
  const auto asked = n.has("n") ? std::optional(n.integer("n")) : std::nullopt;
  const auto axis = static_cast<size_t>(n.axis("dim", p.real->type.rank()));
  return asHost(n, transformed(n, p, axis, asked, form));
}
/// Along several axes; what makes or takes half a spectrum does so along the last one.
template <const Form &form> Host transformSome(const Call &n) {
  Parts p = parts(n, "self");
  const auto rank = static_cast<int64_t>(p.real->type.rank());
  Ints axes = n.has("dim") ? n.ints("dim") : Ints{}, sizes = n.has("s") ? n.ints("s") : Ints{};
  if (axes.empty())
    for (int64_t i = sizes.empty() ? 0 : rank - static_cast<int64_t>(sizes.size()); i < rank; ++i)
      axes.push_back(i);
  for (int64_t &axis : axes) {
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank)
      n.fail("axis", fmt::format("a transform along an axis that is none of rank {}", rank));
  }
  if (axes.empty() || (!sizes.empty() && sizes.size() != axes.size()))
    n.fail("axis", "a transform has not as many sizes as axes");
  const auto along = [&](size_t i, const Form &how) {
    const auto asked = sizes.empty() || sizes[i] == -1 ? std::nullopt : std::optional(sizes[i]);
    p = transformed(n, p, static_cast<size_t>(axes[i]), asked, how);
  };
  const Form plain{form.inverse, false, false};
  if (form.toHalf)
    along(axes.size() - 1, form);
  for (size_t i = 0; i + (form.toHalf || form.fromHalf) < axes.size(); ++i)
    along(i, plain);
  if (form.fromHalf)
    along(axes.size() - 1, form);
  return asHost(n, p);
}

// ---- spectra of frames ----

struct Frames {
  int64_t points, hop, bins;
  std::vector<double> window;
  double scale;
};

Frames framesOf(const Call &n, bool onesided) {
  Frames f;
  constexpr int64_t kMost = 1 << 13; // its table has the square of it
  f.points = n.integer("n_fft");
  f.hop = n.has("hop_length") ? n.integer("hop_length") : f.points / 4;
  const int64_t width = n.has("win_length") ? n.integer("win_length") : f.points;
  if (f.points < 1 || f.points > kMost || f.hop < 1 || f.hop > 1 << 24 || width < 1 ||
      width > f.points)
    n.fail("argument",
           fmt::format("frames of {} points by {}, with a window of {}", f.points, f.hop, width));
  f.bins = onesided ? f.points / 2 + 1 : f.points;
  f.scale = n.flag("normalized") ? 1 / std::sqrt(static_cast<double>(f.points)) : 1;
  f.window.assign(static_cast<size_t>(f.points), 0);
  const int64_t left = (f.points - width) / 2;
  const ir::Value *window = nullptr;
  if (n.has("window")) {
    window = n.in.constantOf(n.value("window"));
    if (!window || !window->type.count().isNumber(width))
      n.unsupported("known", "a window that only the run knows, or of another length",
                    "make the window a buffer or a constant");
  }
  for (int64_t i = 0; i < width; ++i)
    f.window[static_cast<size_t>(left + i)] =
        window ? ir::elementAsDouble(*window, static_cast<size_t>(i)) : 1;
  return f;
}

/// The filters [2 bins, points, 1] whose products with a frame are its spectrum (or, `inverse`,
/// that make a frame of its spectrum: [1, points, 2 bins]).
Value *spectralFilters(const Call &n, const Frames &f, ElementType e, bool inverse) {
  std::vector<double> all(static_cast<size_t>(2 * f.bins * f.points));
  const bool isHalf = f.bins != f.points;
  for (int64_t k = 0; k < f.bins; ++k)
    for (int64_t i = 0; i < f.points; ++i) {
      const double turn =
          2 * kPi * static_cast<double>(i * k % f.points) / static_cast<double>(f.points);
      double by = f.window[static_cast<size_t>(i)] * f.scale;
      if (inverse) {
        by /= static_cast<double>(f.points) * f.scale * f.scale;
        by *= isHalf && k != 0 && 2 * k != f.points ? 2 : 1;
      }
      const auto at = [&](int64_t channel) {
        return static_cast<size_t>(inverse ? i * 2 * f.bins + channel : channel * f.points + i);
      };
      all[at(k)] = by * std::cos(turn);
      all[at(f.bins + k)] = -by * std::sin(turn);
    }
  return inverse ? constant(n, e, {Dim(1), Dim(f.points), Dim(2 * f.bins)}, all)
                 : constant(n, e, {Dim(2 * f.bins), Dim(f.points), Dim(1)}, all);
}

Host spectrum(const Call &n) {
  if (isComplex(n["self"]))
    n.unsupported("complex", "stft of a complex tensor", "transform the two parts");
  if (n.has("onesided") && !n.flag("onesided"))
    n.unsupported("argument", "stft with onesided=False", "use the half of the bins");
  if (n.takes("align_to_window") && n.has("align_to_window") && n.flag("align_to_window"))
    n.unsupported("argument", "stft with align_to_window", "pad the signal");
  const Frames f = framesOf(n, true);
  Value *x = n.floating("self");
  if (x->type.rank() != 1 && x->type.rank() != 2)
    n.fail("rank", fmt::format("stft of a tensor of rank {}", x->type.rank()));
  const bool batched = x->type.rank() == 2;
  if (!batched)
    x = compose::unsqueeze(n.to, x, {0});
  if (n.takes("center") && n.flag("center")) {
    const std::string &mode = n.text("pad_mode");
    const Dim by = f.points / 2;
    if (mode != "reflect" && mode != "constant" && mode != "replicate")
      n.unsupported("argument", fmt::format("stft with the pad_mode '{}'", mode));
    x = n.to.make(
        ops::pad, {x},
        {attr::pads(Dims{0, by, 0, by}), attr::mode(mode == "replicate" ? "edge" : mode)});
  }
  Value *y =
      n.to.make(ops::conv,
                {compose::unsqueeze(n.to, x, {2}), spectralFilters(n, f, x->type.element(), false)},
                {attr::strides(Ints{f.hop}), attr::pads(Dims{0, 0}), attr::dilations(Ints{1}),
                 attr::group(1)});
  const auto part = [&](int64_t i) {
    Value *v = compose::transpose(
        n.to, compose::sliceAxis(n.to, y, 2, Dim(i * f.bins), Dim(f.bins)), {0, 2, 1});
    return batched ? v : compose::squeeze(n.to, v, {0});
  };
  if (!n.has("return_complex") || !n.flag("return_complex"))
    return n.tensor(interleaved(n, part(0), part(1)));
  return complexOf(n, part(0), part(1));
}

/// Frames laid over each other, divided by what their windows sum up to.
Host signalOf(const Call &n) {
  const compose::Arith is{n.to};
  if (n.flag("return_complex"))
    n.unsupported("argument", "istft that returns complex numbers", "it is for real signals here");
  if (n.has("onesided") && !n.flag("onesided"))
    n.unsupported("argument", "istft with onesided=False", "give it the half of the bins");
  const Frames f = framesOf(n, true);
  const Parts p = parts(n, "self");
  if (p.real->type.rank() != 2 && p.real->type.rank() != 3)
    n.fail("rank", fmt::format("istft of a tensor of rank {}", p.real->type.rank()));
  Value *y = compose::concat(n.to, {p.real, orZeros(n, p)}, p.real->type.rank() - 2);
  const bool batched = y->type.rank() == 3;
  if (!batched)
    y = compose::unsqueeze(n.to, y, {0});
  const Dim frames = y->type.dim(2);
  if (!frames.isNumber())
    n.unsupported("symbolic", "istft of an open number of frames", "fix the symbol with --dim");
  if (frames.number() < 1 || frames.number() > 1 << 20 || !y->type.dim(1).isNumber(2 * f.bins))
    n.fail("shape", fmt::format("istft of {} by {} numbers", y->type.dim(1).text(), frames.text()));
  const ElementType e = y->type.element();
  y = n.to.make(ops::conv_transpose,
                {compose::transpose(n.to, y, {0, 2, 1}), spectralFilters(n, f, e, true)},
                {attr::strides(Ints{f.hop}), attr::pads(Dims{0, 0}), attr::dilations(Ints{1}),
                 attr::group(1), attr::outputPads(Dims{0})});
  const int64_t whole = f.points + f.hop * (frames.number() - 1);
  std::vector<double> sums(static_cast<size_t>(whole), 0);
  for (int64_t t = 0; t < frames.number(); ++t)
    for (int64_t i = 0; i < f.points; ++i)
      sums[static_cast<size_t>(t * f.hop + i)] +=
          f.window[static_cast<size_t>(i)] * f.window[static_cast<size_t>(i)];
  const int64_t from = n.flag("center") ? f.points / 2 : 0;
  const int64_t until = n.has("length")    ? from + n.integer("length")
                        : n.flag("center") ? whole - f.points / 2
                                           : whole;
  const int64_t have = std::min(until, whole) - from;
  for (int64_t i = 0; i < have; ++i)
    if (sums[static_cast<size_t>(from + i)] < 1e-11)
      n.fail("argument", "istft with windows that leave out a sample");
  y = compose::sliceAxis(n.to, y, 1, Dim(from), Dim(have));
  const std::vector<double> inside(sums.begin() + from, sums.begin() + from + have);
  y = is.div(y, constant(n, e, {Dim(have), Dim(1)}, inside));
  y = compose::squeeze(n.to, y, {2});
  if (until > whole)
    y = fitted(n, y, 1, until - from);
  return n.tensor(batched ? y : compose::squeeze(n.to, y, {0}));
}

constexpr Lowering kSignal[] = {
    {"aten::complex(Tensor real, Tensor imag) -> Tensor", complexOfParts},
    {"aten::polar(Tensor abs, Tensor angle) -> Tensor", polar},
    {"aten::view_as_complex(Tensor(a) self) -> Tensor(a)", viewAsComplex},
    {"aten::view_as_real(Tensor(a) self) -> Tensor(a)", viewAsReal},
    {"aten::real(Tensor(a) self) -> Tensor(a)", realPart},
    {"aten::imag(Tensor(a) self) -> Tensor(a)", imaginaryPart},
    {"aten::conj(Tensor(a) self) -> Tensor(a)", conjugate},
    {"aten::_conj(Tensor(a) self) -> Tensor(a)", conjugate},
    {"aten::conj_physical(Tensor self) -> Tensor", conjugate},
    {"aten::angle(Tensor self) -> Tensor", angle},
    {"aten::angle.int(int a) -> float", nullptr},
    {"aten::angle.float(float a) -> float", nullptr},
    {"aten::angle.Scalar(Scalar a) -> Scalar", nullptr},
    {"aten::fft_fft(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor",
     transformOne<kForward>},
    {"aten::fft_ifft(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor",
     transformOne<kInverse>},
    {"aten::fft_rfft(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor",
     transformOne<kToHalf>},
    {"aten::fft_irfft(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor",
     transformOne<kFromHalf>},
    {"aten::fft_fft2(Tensor self, int[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
     transformSome<kForward>},
    {"aten::fft_ifft2(Tensor self, int[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
     transformSome<kInverse>},
    {"aten::fft_rfft2(Tensor self, int[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
     transformSome<kToHalf>},
    {"aten::fft_irfft2(Tensor self, int[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
     transformSome<kFromHalf>},
    {"aten::fft_fftn(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
     transformSome<kForward>},
    {"aten::fft_ifftn(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
     transformSome<kInverse>},
    {"aten::fft_rfftn(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
     transformSome<kToHalf>},
    {"aten::fft_irfftn(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
     transformSome<kFromHalf>},
    {"aten::stft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? "
     "window=None, bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? "
     "align_to_window=None) -> Tensor",
     spectrum},
    {"aten::stft.center(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, "
     "Tensor? window=None, bool center=True, str pad_mode=\"reflect\", bool normalized=False, "
     "bool? onesided=None, bool? return_complex=None, bool? align_to_window=None) -> Tensor",
     spectrum},
    {"aten::istft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? "
     "window=None, bool center=True, bool normalized=False, bool? onesided=None, int? length=None, "
     "bool return_complex=False) -> Tensor",
     signalOf},
};

/// By the name of the operator: what it does to complex tensors.
struct OfComplex {
  std::string_view name;
  Host (*lower)(const Call &);
};
constexpr OfComplex kOfComplex[] = {
    {"aten::view_as_real", viewAsReal},
    {"aten::real", realPart},
    {"aten::imag", imaginaryPart},
    {"aten::conj", conjugate},
    {"aten::_conj", conjugate},
    {"aten::conj_physical", conjugate},
    {"aten::resolve_conj", same},
    {"aten::resolve_neg", same},
    {"aten::is_complex", yes},
    {"aten::abs", sizeOfComplex},
    {"aten::angle", angle},
    {"aten::add", addParts<ops::add>},
    {"aten::sub", addParts<ops::sub>},
    {"aten::mul", multiply},
    {"aten::multiply", multiply},
    {"aten::div", divide},
    {"aten::fft_fft", transformOne<kForward>},
    {"aten::fft_ifft", transformOne<kInverse>},
    {"aten::fft_rfft", transformOne<kToHalf>},
    {"aten::fft_irfft", transformOne<kFromHalf>},
    {"aten::fft_fft2", transformSome<kForward>},
    {"aten::fft_ifft2", transformSome<kInverse>},
    {"aten::fft_irfft2", transformSome<kFromHalf>},
    {"aten::fft_fftn", transformSome<kForward>},
    {"aten::fft_ifftn", transformSome<kInverse>},
    {"aten::fft_irfftn", transformSome<kFromHalf>},
    {"aten::istft", signalOf},
};

/// Linear in their only tensors, or asking for what both parts have.
constexpr std::string_view kOnBothParts[] = {
    "aten::view",    "aten::reshape",    "aten::unsqueeze",
    "aten::squeeze", "aten::transpose",  "aten::permute",
    "aten::t",       "aten::select",     "aten::slice",
    "aten::narrow",  "aten::flatten",    "aten::unflatten",
    "aten::expand",  "aten::expand_as",  "aten::repeat",
    "aten::cat",     "aten::stack",      "aten::flip",
    "aten::roll",    "aten::contiguous", "aten::clone",
    "aten::detach",  "aten::alias",      "aten::index_select",
    "aten::split",   "aten::chunk",      "aten::unbind",
    "aten::movedim", "aten::size",       "aten::dim",
    "aten::numel",   "aten::len",        "prim::device",
    "aten::sum",     "aten::neg",        "aten::swapaxes",
    "aten::view_as", "aten::reshape_as", "aten::split_with_sizes",
};

} // namespace

std::span<const Lowering> signalLowerings() { return kSignal; }

Host (*complexLowering(const Schema &schema))(const Call &) {
  const auto *row = std::ranges::find(kOfComplex, schema.name, &OfComplex::name);
  return row == std::end(kOfComplex) ? nullptr : row->lower;
}

bool movesParts(std::string_view name) {
  return std::ranges::find(kOnBothParts, name) != std::end(kOnBothParts);
}

} // namespace burin::torchscript

// SPDX-License-Identifier: Apache-2.0
//
// Shapes as values, and the movement of elements. Shapes are attributes, in extents: what a format
// gives as a tensor has become extents by folding, or by `bind` where only the run knows it.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferShape(const Op &);
std::vector<Type> inferExtents(const Op &);
std::vector<Type> inferBind(const Op &);
std::vector<Type> inferCopy(const Op &);
std::vector<Type> inferReshape(const Op &);
std::vector<Type> inferTranspose(const Op &);
std::vector<Type> inferBroadcastTo(const Op &);
std::vector<Type> inferSlice(const Op &);
std::vector<Type> inferSliceAt(const Op &);
std::vector<Type> inferConcat(const Op &);
std::vector<Type> inferPad(const Op &);
std::vector<Type> inferTile(const Op &);
std::vector<Type> inferIota(const Op &);
std::optional<Dims> foldShape(const Op &);
std::optional<Dims> foldExtents(const Op &);
std::optional<Dims> foldSame(const Op &); ///< the contents of operand 0: copy, reshape (row-major)
std::optional<Dims> foldTranspose(const Op &);
std::optional<Dims> foldBroadcastTo(const Op &);
std::optional<Dims> foldSlice(const Op &);
std::optional<Dims> foldTile(const Op &);
std::optional<Dims> foldConcat(const Op &);
std::optional<Dims> foldIota(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    shape{.name = "shape", .doc = "The extents of x, i64[rank].", .operands = {{"x"}}, .infer = inferShape, .fold = foldShape},
    extents{.name = "extents", .doc = "The extents as numbers, i64[n].", .attrs = {attr::dims}, .infer = inferExtents, .fold = foldExtents},
    bind{.name = "bind",
         .doc = "x (integers, rank 0 or 1), whose elements are the extents `dims` from here on: a symbol that no op before it defines takes "
                "its value here. The run fails with bad_shape where an element differs or is out of the bounds of its symbol.",
         .operands = {{"x"}}, .attrs = {attr::dims}, .traits = Trait::effect | Trait::view | Trait::definesDims, .infer = inferBind, .fold = foldExtents},
    copy{.name = "copy", .doc = "x.", .operands = {{"x"}}, .traits = Trait::movement, .infer = inferCopy, .fold = foldSame},
    reshape{.name = "reshape", .doc = "x in row-major order as `shape`, which has as many elements.", .operands = {{"x"}}, .attrs = {attr::shape},
            .traits = Trait::view, .infer = inferReshape, .fold = foldSame},
    transpose{.name = "transpose", .doc = "Axis i of the result is axis perm[i] of x.", .operands = {{"x"}}, .attrs = {attr::perm},
              .traits = Trait::movement, .infer = inferTranspose, .fold = foldTranspose},
    broadcast{.name = "broadcast", .doc = "x repeated along axes of extent 1, or new in front, to `shape`.", .operands = {{"x"}}, .attrs = {attr::shape},
              .traits = Trait::movement, .infer = inferBroadcastTo, .fold = foldBroadcastTo},
    slice{.name = "slice", .doc = "out[i] = x[starts + i * steps] for i below `shape`, all of it inside x; an entry an axis, steps may be negative.",
          .operands = {{"x"}}, .attrs = {attr::starts, attr::steps, attr::shape}, .traits = Trait::movement, .infer = inferSlice, .fold = foldSlice},
    slice_at{.name = "slice_at", .doc = "As slice with steps, at starts (i64[rank]) known at run time, moved so that all of it is inside x.",
             .operands = {{"x"}, {"starts"}}, .attrs = {attr::steps, attr::shape}, .traits = Trait::movement, .infer = inferSliceAt},
    concat{.name = "concat", .doc = "The operands one after the other along `axis`.", .operands = {{"xs", variadic}}, .attrs = {attr::axis},
           .traits = Trait::movement, .infer = inferConcat, .fold = foldConcat},
    pad{.name = "pad",
        .doc = "x with `pads` more elements, fewer where negative: begins of every axis, then ends. mode: constant (of `value`, or zero), reflect, edge, wrap.",
        .operands = {{"x"}, {"value", optional}}, .attrs = {attr::pads, attr::mode}, .traits = Trait::movement, .infer = inferPad},
    tile{.name = "tile", .doc = "x repeated repeats[i] times along axis i.", .operands = {{"x"}}, .attrs = {attr::repeats},
         .traits = Trait::movement, .infer = inferTile, .fold = foldTile},
    iota{.name = "iota", .doc = "A tensor of `type` whose elements are their index along `axis`.", .attrs = {attr::type, attr::axis}, .infer = inferIota, .fold = foldIota};

inline constexpr const OpDef *kShapeOps[] = {&shape, &extents, &bind, &copy, &reshape, &transpose, &broadcast, &slice, &slice_at, &concat, &pad, &tile, &iota};
// clang-format on
} // namespace ops
} // namespace burin::ir

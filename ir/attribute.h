// SPDX-License-Identifier: Apache-2.0
//
// Attributes of ops. A key carries its name and its C++ type, so op[attr::strides] is an Ints and a
// typo does not compile. The IR has no defaults: who makes an op fills every attribute of its row.
#pragma once

#include "ir/type.h"

#include <string>
#include <variant>
#include <vector>

namespace burin::ir {

using Ints = std::vector<int64_t>;
using Floats = std::vector<double>;
using Strings = std::vector<std::string>;

/// std::monostate: an optional attribute that is absent.
using AttrValue = std::variant<std::monostate, bool, int64_t, double, std::string, Ints, Floats,
                               Strings, Dims, ElementType, Type>;

struct NamedAttr {
  std::string_view name;
  AttrValue value;
};

template <class T> struct AttrKey {
  std::string_view name;
  NamedAttr operator()(T value) const { return {name, AttrValue{std::move(value)}}; }
};

/// A column of an op row: the attribute's name and the index of its type in AttrValue.
struct AttrSpec {
  std::string_view name;
  uint8_t kind = 0;
  bool optional = false;

  constexpr AttrSpec() = default;
  template <class T>
  constexpr AttrSpec(AttrKey<T> key, bool isOptional = false)
      : name{key.name}, kind{static_cast<uint8_t>(kindOf<T>())}, optional{isOptional} {}

  template <class T, size_t I = 0> static constexpr size_t kindOf() {
    if constexpr (std::is_same_v<T, std::variant_alternative_t<I, AttrValue>>)
      return I;
    else
      return kindOf<T, I + 1>();
  }
};

std::string_view attrKindName(uint8_t kind); ///< "int", "ints", "dims", ...

namespace attr {
// clang-format off
inline constexpr AttrKey<int64_t> axis{"axis"}, carried{"carried"}, size{"size"}, batchAxis{"batch_axis"}, group{"group"}, batchDims{"batch_dims"}, diagonal{"diagonal"},
    hidden{"hidden"}, heads{"heads"}, kvHeads{"kv_heads"}, blockSize{"block_size"}, groups{"groups"},
    sampling{"sampling"}, seed{"seed"}, index{"index"}, numClasses{"num_classes"}, normalize{"normalize"},
    maxCount{"max_count"};
inline constexpr AttrKey<double> epsilon{"epsilon"}, alpha{"alpha"}, beta{"beta"}, bias{"bias"}, clip{"clip"},
    scale{"scale"}, cubicCoefficient{"cubic_coefficient"}, extrapolation{"extrapolation"}, low{"low"}, high{"high"},
    softcap{"softcap"}, spatialScale{"spatial_scale"};
inline constexpr AttrKey<bool> exclusive{"exclusive"}, reverse{"reverse"}, largest{"largest"}, sorted{"sorted"},
    selectLast{"select_last"}, saturate{"saturate"}, countIncludePad{"count_include_pad"}, causal{"causal"},
    linearBeforeReset{"linear_before_reset"}, inputForget{"input_forget"}, excludeOutside{"exclude_outside"},
    antialias{"antialias"}, alignCorners{"align_corners"}, transposeA{"transpose_a"}, transposeB{"transpose_b"},
    centerPoint{"center_point"}, inverse{"inverse"}, onesided{"onesided"}, detectNegative{"detect_negative"},
    detectPositive{"detect_positive"}, columnMajor{"column_major"};
inline constexpr AttrKey<Ints> axes{"axes"}, perm{"perm"}, strides{"strides"}, dilations{"dilations"},
    kernel{"kernel"}, steps{"steps"}, nodes{"nodes"};
/// Begins of every axis, then ends of every axis.
inline constexpr AttrKey<Dims> pads{"pads"}, starts{"starts"}, shape{"shape"}, dims{"dims"}, repeats{"repeats"},
    outputPads{"output_pads"}, count{"count"};
inline constexpr AttrKey<Floats> values{"values"}, scales{"scales"};
inline constexpr AttrKey<std::string> mode{"mode"}, reduction{"reduction"}, rounding{"rounding"},
    direction{"direction"}, coordinates{"coordinates"}, nearest{"nearest"}, message{"message"}, distribution{"distribution"},
    pattern{"pattern"}, op{"op"};
inline constexpr AttrKey<Strings> activations{"activations"}, texts{"texts"};
inline constexpr AttrKey<ElementType> to{"to"};
inline constexpr AttrKey<Type> type{"type"};
// clang-format on
} // namespace attr

} // namespace burin::ir

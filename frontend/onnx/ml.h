// SPDX-License-Identifier: Apache-2.0
//
// What the operators of ai.onnx.ml share: scores become probabilities, and the best of them a
// label.
#pragma once

#include "frontend/onnx/lowering.h"

namespace burin::onnx {

std::span<const Lowering> svmLowerings();
std::span<const Lowering> treeLowerings();
std::span<const Lowering> machineLearningLowerings();

/// x [n, features] as f32, or as it is if it is f64; a vector is one row.
Value *featureRows(const NodeView &);
/// The second extent of rows; an error if it is a symbol.
int64_t featureCount(const NodeView &, const Value *rows);
/// Checks that a list attribute is absent (false) or has `count` entries (true).
bool hasCount(const NodeView &, std::string_view attribute, size_t entries, size_t count);
/// A vector of numbers as a constant.
Value *numbers(const NodeView &, ElementType, const std::vector<double> &, Dims shape);

/// The attribute `post_transform` of scores [n, k].
Value *postTransform(const NodeView &, const std::string &transform, Value *scores);
/// The labels of a classifier: classlabels_strings or classlabels_ints (or _int64s); if there are
/// none, 0, 1, ....
struct Labels {
  ir::Strings texts;
  Ints numbers;

  size_t size() const { return texts.empty() ? numbers.size() : texts.size(); }
};
Labels labelsOf(const NodeView &, std::string_view integers);
/// The label of each row, of which `index` [n] (i64) is the number. Strings are a gather of a
/// constant of strings, which can be run and left out, not compiled.
Value *labelled(const NodeView &, const Labels &, Value *index);
/// The label of the greatest score of each row, the first of equal ones.
Value *bestLabel(const NodeView &, const Labels &, Value *scores);
/// Label and scores [n, 2] of two classes by one score [n, 1], which has to be above `threshold`
/// for the second; as scores [1 - s, s], or [-s, s] if `mixed`; by LOGISTIC, the probabilities of
/// -s and s.
Values binaryClasses(const NodeView &, const Labels &, const std::string &transform, Value *score,
                     double threshold, bool mixed);

} // namespace burin::onnx

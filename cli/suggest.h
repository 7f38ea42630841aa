// SPDX-License-Identifier: Apache-2.0
//
// "did you mean": the nearest of the words that would have been right.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace burin::cli {

/// Edits (insert, delete, replace, swap neighbours) that turn one word into the other, ignoring
/// case.
size_t editDistance(std::string_view, std::string_view);

/// The nearest word, or empty if none is near: at most one edit in three letters.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

/// "did you mean 'word'?", or empty.
std::string didYouMean(std::string_view word, std::span<const std::string_view> words);

} // namespace burin::cli

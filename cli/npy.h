// SPDX-License-Identifier: Apache-2.0
//
// Arrays of NumPy: the files .npy (format versions 1 to 3) and .npz.
#pragma once

#include "ir/tensor.h"

#include <filesystem>
#include <map>

namespace burin::cli {

using NamedTensors = std::map<std::string, ir::Tensor, std::less<>>;

/// The array in the bytes of a .npy file, in C order and in the byte order of ir::Tensor. Arrays of
/// text become strings, void elements of two bytes are bfloat16. Refuses pickled objects and
/// records. Throws CompileError (unreadable) that names `file`.
ir::Tensor parseNpy(std::span<const std::byte> bytes, std::string_view file);
ir::Tensor readNpy(const std::filesystem::path &path);
/// The arrays of a .npz file, stored or deflated; their names are without the ending .npy.
NamedTensors readNpz(const std::filesystem::path &path);

/// A .npy file. Element types that NumPy lacks are widened: floats to float32, integers to 8 bits.
std::string formatNpy(const ir::Tensor &);
/// Without times and compression: equal arrays give equal files.
void writeNpz(const std::filesystem::path &path, const NamedTensors &);

} // namespace burin::cli

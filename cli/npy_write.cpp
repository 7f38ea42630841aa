// SPDX-License-Identifier: Apache-2.0
#include "cli/npy.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace burin::cli {
namespace {

using ir::ElementType;

std::string_view codeOf(ElementType element) {
  switch (element) {
  case ElementType::f32:
  case ElementType::bf16:
  case ElementType::f8e4m3fn:
  case ElementType::f8e4m3fnuz:
  case ElementType::f8e5m2:
  case ElementType::f8e5m2fnuz:
  case ElementType::f4e2m1:
  case ElementType::f8e8m0:
    return "<f4";
  case ElementType::f16:
    return "<f2";
  case ElementType::f64:
    return "<f8";
  case ElementType::i8:
  case ElementType::i4:
  case ElementType::i2:
    return "|i1";
  case ElementType::u8:
  case ElementType::u4:
  case ElementType::u2:
    return "|u1";
  case ElementType::i16:
    return "<i2";
  case ElementType::u16:
    return "<u2";
  case ElementType::i32:
    return "<i4";
  case ElementType::u32:
    return "<u4";
  case ElementType::i64:
    return "<i8";
  case ElementType::u64:
    return "<u8";
  case ElementType::boolean:
    return "|b1";
  case ElementType::c64:
    return "<c8";
  case ElementType::c128:
    return "<c16";
  case ElementType::string:
    return "<U";
  }
  throw InternalError("an element type without a code");
}

/// The characters of UTF-8; a byte that is not UTF-8 becomes U+FFFD.
std::u32string toUtf32(std::string_view text) {
  std::u32string characters;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const int more = first < 0x80    ? 0
                     : first >= 0xF0 ? 3
                     : first >= 0xE0 ? 2
                     : first >= 0xC0 ? 1
                                     : -1;
    char32_t c = more <= 0 ? first : first & (0x3F >> more);
    bool valid = more >= 0 && first < 0xF8;
    for (int k = 0; k < more && valid; ++k) {
      valid = i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
      if (valid)
        c = c << 6 | (static_cast<unsigned char>(text[i++]) & 0x3F);
    }
    characters += valid ? c : U'\uFFFD';
  }
  return characters;
}

std::string_view bytesOf(const void *data, size_t size) {
  return {static_cast<const char *>(data), size};
}

/// The elements, and for strings the width that the longest needs.
std::string elementsOf(const ir::Tensor &tensor, size_t &width) {
  const ElementType element = tensor.type.element();
  if (element == ElementType::string) {
    std::vector<std::u32string> texts;
    width = 1; // NumPy makes no U0
    for (const std::string &text : tensor.strings) {
      texts.push_back(toUtf32(text));
      width = std::max(width, texts.back().size());
    }
    std::string bytes;
    for (std::u32string &text : texts) {
      text.resize(width);
      bytes += bytesOf(text.data(), text.size() * sizeof(char32_t));
    }
    return bytes;
  }
  if (codeOf(element) == "<f4" && element != ElementType::f32) {
    std::vector<float> values(tensor.count());
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(tensor.number(i));
    return std::string(bytesOf(values.data(), values.size() * sizeof(float)));
  }
  return std::string(bytesOf(tensor.bytes.data(), tensor.bytes.size()));
}

std::string shapeOf(const ir::Tensor &tensor) {
  const std::vector<int64_t> shape = tensor.shape();
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

} // namespace

std::string formatNpy(const ir::Tensor &tensor) {
  size_t width = 0;
  const std::string elements = elementsOf(tensor, width);
  std::string code(codeOf(tensor.type.element()));
  if (tensor.type.element() == ElementType::string)
    code += std::to_string(width);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", code,
                                   shapeOf(tensor));
  // The elements begin at a multiple of 64. Rank is bounded, so the header fits version 1.
  constexpr size_t kBefore = 10, kAlignment = 64;
  header.resize(
      (kBefore + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kBefore - 1, ' ');
  header += '\n';
  if (header.size() > UINT16_MAX)
    throw InternalError("an array of too many axes for a .npy file");
  std::string file = "\x93NUMPY\x01";
  file += '\0';
  file += static_cast<char>(header.size() & 0xFF);
  file += static_cast<char>(header.size() >> 8);
  return file + header + elements;
}

} // namespace burin::cli

// SPDX-License-Identifier: Apache-2.0
//
// The format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "cli/npy.h"

#include "cli/file_error.h"
#include "cli/mapped_file.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace burin::cli {
namespace {

using ir::ElementType;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxRank = 64;

/// The Python literal in the header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
struct Header {
  std::string descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

class HeaderParser {
public:
  HeaderParser(std::string_view text, std::string_view file) : text_{text}, file_{file} {}

  Header parse() {
    Header header;
    bool hasDescr = false, hasOrder = false, hasShape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        header.descr = descr();
        hasDescr = true;
      } else if (key == "fortran_order") {
        header.fortranOrder = boolean();
        hasOrder = true;
      } else if (key == "shape") {
        header.shape = shape();
        hasShape = true;
      } else {
        fail("the header has an unknown entry");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!hasDescr || !hasOrder || !hasShape)
      fail("the header lacks descr, fortran_order or shape");
    return header;
  }

private:
  [[noreturn]] void fail(std::string_view what) const { cannotRead(file_, what); }

  void skipBlanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n"), text_.size()));
  }
  bool accept(char c) {
    skipBlanks();
    if (!text_.starts_with(c))
      return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      fail(fmt::format("the header lacks a '{}'", c));
  }

  std::string string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'')
      expect('\'');
    const size_t end = text_.find(quote);
    if (end == std::string_view::npos)
      fail("the header ends in a string");
    const std::string value(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return value;
  }

  std::string descr() {
    if (accept('['))
      fail("it holds records, expected one element type");
    return string();
  }

  bool boolean() {
    skipBlanks();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.starts_with(word)) {
        text_.remove_prefix(word.size());
        return word == "True";
      }
    }
    fail("fortran_order is neither True nor False");
  }

  std::vector<int64_t> shape() {
    std::vector<int64_t> extents;
    expect('(');
    while (!accept(')')) {
      int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc{} || extent < 0 || extents.size() == kMaxRank)
        fail("the shape in the header is not valid");
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      accept('L'); // Python 2 wrote long integers so
      extents.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  std::string_view text_;
  std::string_view file_;
};

/// How the elements lie in the file.
struct Layout {
  ElementType element;
  size_t size; ///< bytes of an element
  size_t word; ///< bytes of the parts whose order can be swapped
  bool swap;   ///< the file is big-endian
  bool wide;   ///< text in four bytes a character
};

struct TypeRow {
  std::string_view code;
  ElementType element;
  size_t word;
};
constexpr TypeRow kTypes[] = {
    {"f2", ElementType::f16, 2}, {"f4", ElementType::f32, 4},   {"f8", ElementType::f64, 8},
    {"i1", ElementType::i8, 1},  {"i2", ElementType::i16, 2},   {"i4", ElementType::i32, 4},
    {"i8", ElementType::i64, 8}, {"u1", ElementType::u8, 1},    {"u2", ElementType::u16, 2},
    {"u4", ElementType::u32, 4}, {"u8", ElementType::u64, 8},   {"b1", ElementType::boolean, 1},
    {"c8", ElementType::c64, 4}, {"c16", ElementType::c128, 8}, {"V2", ElementType::bf16, 2},
};

Layout layoutOf(const Header &header, std::string_view file) {
  std::string_view code = header.descr;
  const bool swap = code.starts_with('>');
  if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos)
    code.remove_prefix(1);
  const auto row = std::ranges::find(kTypes, code, &TypeRow::code);
  if (row != std::end(kTypes))
    return {row->element, ir::elementSize(row->element), row->word, swap, false};
  if (code.starts_with('U') || code.starts_with('S')) {
    const bool wide = code[0] == 'U';
    size_t length = 0;
    const auto [end, error] = std::from_chars(code.data() + 1, code.data() + code.size(), length);
    if (error == std::errc{} && end == code.data() + code.size() && length < UINT32_MAX)
      return {ElementType::string, length * (wide ? 4 : 1), wide ? 4U : 1U, swap, wide};
  }
  if (code == "O")
    cannotRead(file, "it holds pickled Python objects; save numbers or text instead");
  cannotRead(file, fmt::format("elements of type '{}' are not supported", header.descr));
}

/// Copies from Fortran order to C order: the last axis runs fastest in C, the first in Fortran.
std::vector<std::byte> toCOrder(std::span<const std::byte> from, std::span<const int64_t> shape,
                                size_t size) {
  std::vector<std::byte> to(from.size());
  std::vector<size_t> index(shape.size()), stride(shape.size());
  size_t step = size;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    stride[axis] = step;
    step *= static_cast<size_t>(shape[axis]);
  }
  size_t source = 0;
  for (size_t target = 0; target < to.size(); target += size) {
    std::memcpy(to.data() + target, from.data() + source, size);
    for (size_t axis = shape.size(); axis-- > 0;) {
      source += stride[axis];
      if (++index[axis] < static_cast<size_t>(shape[axis]))
        break;
      source -= stride[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return to;
}

void swapBytes(std::span<std::byte> bytes, size_t word) {
  for (size_t i = 0; i + word <= bytes.size(); i += word)
    std::reverse(bytes.begin() + static_cast<ptrdiff_t>(i),
                 bytes.begin() + static_cast<ptrdiff_t>(i + word));
}

void appendUtf8(std::string &text, uint32_t c, std::string_view file) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
    cannotRead(file, fmt::format("{:#x} is not a character", c));
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3; // bytes after the first
  constexpr unsigned char kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kFirst[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i)
    text += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

/// One element of text, without the zeros that fill it up.
std::string textOf(std::span<const std::byte> element, bool wide, std::string_view file) {
  std::string text;
  if (!wide) {
    text.assign(reinterpret_cast<const char *>(element.data()), element.size());
    text.resize(text.find_last_not_of('\0') + 1);
    return text;
  }
  std::vector<uint32_t> characters(element.size() / 4);
  if (!characters.empty())
    std::memcpy(characters.data(), element.data(), element.size());
  while (!characters.empty() && characters.back() == 0)
    characters.pop_back();
  for (const uint32_t c : characters)
    appendUtf8(text, c, file);
  return text;
}

/// The text of the header; `bytes` then begins at the elements.
std::string_view takeHeader(std::span<const std::byte> &bytes, std::string_view file) {
  const auto byteAt = [&](size_t i) { return static_cast<size_t>(bytes[i]); };
  const auto asText = [&] {
    return std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  };
  if (!asText().starts_with(kMagic))
    cannotRead(file, "it is not a .npy file");
  const size_t version = bytes.size() > kMagic.size() ? byteAt(kMagic.size()) : 0;
  const size_t begin = version == 1 ? 10 : 12;
  if (version < 1 || version > 3)
    cannotRead(file, fmt::format("format version {} of .npy, expected 1 to 3", version));
  if (bytes.size() < begin)
    cannotRead(file, "the header is cut off");
  size_t length = byteAt(8) | byteAt(9) << 8;
  if (version > 1)
    length |= byteAt(10) << 16 | byteAt(11) << 24;
  if (bytes.size() - begin < length)
    cannotRead(file,
               fmt::format("the header has {} bytes, expected {}", bytes.size() - begin, length));
  const std::string_view header = asText().substr(begin, length);
  bytes = bytes.subspan(begin + length);
  return header;
}

/// Throws if the product overflows or does not match the bytes that are there.
size_t countElements(const Header &header, size_t elementSize, size_t bytes,
                     std::string_view file) {
  size_t count = 1, expected = elementSize;
  bool overflow = false;
  for (const int64_t extent : header.shape) {
    overflow |= __builtin_mul_overflow(count, static_cast<size_t>(extent), &count);
    overflow |= __builtin_mul_overflow(expected, static_cast<size_t>(extent), &expected);
  }
  if (std::ranges::count(header.shape, 0) > 0) {
    count = expected = 0;
    overflow = false;
  }
  if (overflow || expected != bytes)
    cannotRead(file, fmt::format("the elements take {} bytes, expected {}", bytes,
                                 overflow ? "far more" : std::to_string(expected)));
  // Empty strings take no bytes: any number of them would fit.
  if (elementSize == 0 && count > (size_t{1} << 24))
    cannotRead(file, fmt::format("{} empty strings", count));
  return count;
}

} // namespace

ir::Tensor parseNpy(std::span<const std::byte> bytes, std::string_view file) {
  const Header header = HeaderParser(takeHeader(bytes, file), file).parse();
  const Layout layout = layoutOf(header, file);
  const size_t count = countElements(header, layout.size, bytes.size(), file);
  std::vector<std::byte> data = header.fortranOrder && count > 0
                                    ? toCOrder(bytes, header.shape, layout.size)
                                    : std::vector<std::byte>(bytes.begin(), bytes.end());
  if (layout.swap)
    swapBytes(data, layout.word);

  ir::Tensor tensor;
  tensor.type = ir::Type(layout.element, ir::Shape(header.shape.begin(), header.shape.end()));
  if (layout.element == ElementType::string) {
    for (size_t i = 0; i < count; ++i)
      tensor.strings.push_back(
          textOf(std::span(data).subspan(i * layout.size, layout.size), layout.wide, file));
    return tensor;
  }
  if (layout.element == ElementType::boolean)
    std::ranges::transform(data, data.begin(),
                           [](std::byte b) { return std::byte(b != std::byte{}); });
  tensor.bytes = std::move(data);
  return tensor;
}

ir::Tensor readNpy(const std::filesystem::path &path) {
  const MappedFile file(path);
  return parseNpy(file.bytes(), path.string());
}

} // namespace burin::cli

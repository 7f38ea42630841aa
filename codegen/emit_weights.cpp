// SPDX-License-Identifier: Apache-2.0
//
// NAME.weights.cpp: small tensors as literals to read, the rest as one string literal of float32
// bytes, the form that compilers read fastest.
#include "codegen/emit.h"
#include "codegen/kernels/expression.h"
#include "ir/number.h"

#include <fmt/format.h>
#include <iterator>

namespace burin::codegen {
namespace {

std::string literal(ElementType e, const std::byte *at) {
  switch (e) {
  case ElementType::f32:
  case ElementType::f64:
    return kernels::floatLiteral(ir::loadNumber(e, at), e);
  case ElementType::boolean:
    return ir::loadInteger(e, at) ? "true" : "false";
  case ElementType::i64: {
    const int64_t x = ir::loadInteger(e, at);
    return x == INT64_MIN ? "INT64_MIN" : std::to_string(x);
  }
  case ElementType::u64:
    return fmt::format("{}u", static_cast<uint64_t>(ir::loadInteger(e, at)));
  case ElementType::u32:
    return fmt::format("{}u", ir::loadInteger(e, at));
  case ElementType::i4:
  case ElementType::u4:
  case ElementType::i2:
  case ElementType::u2:
    return fmt::format("{{{}}}", ir::loadInteger(e, at));
  default:
    if (ir::isFloat(e)) { // a struct of its bits
      uint32_t bits = 0;
      for (size_t i = ir::elementSize(e); i-- > 0;)
        bits = bits << 8 | static_cast<uint8_t>(at[i]);
      return fmt::format("{{0x{:x}}}", bits);
    }
    return std::to_string(ir::loadInteger(e, at));
  }
}

void emitLiterals(std::string &out, const Weight &w) {
  const std::vector<std::byte> bytes = w.make();
  const std::string type = kernels::elementCpp(w.element);
  const int64_t declared = std::max<int64_t>(w.count, 1);
  auto to = std::back_inserter(out);
  fmt::format_to(to, "// {}\nextern const {} {}[{}];\nalignas(64) const {} {}[{}] = {{", w.comment, type, w.name, declared, type, w.name, declared);
  std::string line;
  const size_t size = ir::elementSize(w.element);
  for (int64_t i = 0; i < w.count; ++i) {
    const std::string text = literal(w.element, bytes.data() + static_cast<size_t>(i) * size);
    if (line.empty() || line.size() + text.size() + 2 > 100) {
      out += line;
      line = "\n    ";
    } else {
      line += ' ';
    }
    line += text + ",";
  }
  out += line + "\n};\n\n";
}

/// Bytes as pieces of a string literal: three octal digits, or the character itself.
class StringWriter {
public:
  explicit StringWriter(std::string &out) : out_{out} {}
  void add(std::byte b) {
    if (column_ == 0)
      out_ += "    \"";
    const auto c = static_cast<unsigned char>(b);
    if (c >= 32 && c < 127 && c != '"' && c != '\\' && c != '?') {
      out_ += static_cast<char>(c);
      column_ += 1;
    } else {
      out_ += '\\';
      out_ += static_cast<char>('0' + (c >> 6));
      out_ += static_cast<char>('0' + (c >> 3 & 7));
      out_ += static_cast<char>('0' + (c & 7));
      column_ += 4;
    }
    if (column_ > 110)
      end();
  }
  void end() {
    if (column_)
      out_ += "\"\n";
    column_ = 0;
  }

private:
  std::string &out_;
  int column_ = 0;
};

void emitBlob(std::string &out, const Prepared &p) {
  out += "// What is longer, each from a multiple of 64 bytes on:\n";
  for (const Weight &w : p.weights)
    if (w.inBlob)
      fmt::format_to(std::back_inserter(out), "//   {:>8}  {}\n", w.blobOffset, w.comment);
  out += "#if defined(__clang__)\n#pragma clang diagnostic ignored \"-Woverlength-strings\"\n"
         "#elif defined(__GNUC__)\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n#endif\n";
  fmt::format_to(std::back_inserter(out), "extern const unsigned char packed[{0} + 1];\nalignas(64) const unsigned char packed[{0} + 1] =\n", p.blobBytes);
  StringWriter writer{out};
  int64_t written = 0;
  for (const Weight &w : p.weights) {
    if (!w.inBlob)
      continue;
    for (const std::byte b : w.make())
      writer.add(b);
    written += w.bytes();
    for (; written % 64; ++written)
      writer.add(std::byte{0});
  }
  writer.end();
  out.insert(out.size() - 1, ";");
  out += "\n";
}

} // namespace

std::string emitWeights(const Prepared &p) {
  std::string out = preamble(p, false);
  fmt::format_to(std::back_inserter(out), "//\n// The weights, apart from {}.cpp: new weights recompile no code.\n// clang-format off\n\n", p.settings.name);
  std::set<std::string> headers;
  std::string literals;
  for (const Weight &w : p.weights) {
    headers.insert(kernels::elementCpp(w.element).starts_with("rt::") ? "burin/rt/numeric.h" : "burin/runtime.h");
    if (!w.inBlob)
      emitLiterals(literals, w);
  }
  if (literals.find("rt::k") != std::string::npos)
    headers.insert("burin/rt/special.h");
  for (const std::string &header : headers)
    fmt::format_to(std::back_inserter(out), "#include \"{}\"\n", header);
  if (p.blobBytes)
    out += "\n#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n"
           "#error \"written for little-endian targets; generate with --weights literals for others\"\n#endif\n";
  fmt::format_to(std::back_inserter(out), "\nnamespace {} {{\nnamespace weights {{\n", p.nameSpace);
  if (headers.contains("burin/rt/numeric.h") || headers.contains("burin/rt/special.h"))
    out += "namespace rt = burin::rt;\n";
  out += "\n";
  out += literals;
  if (p.blobBytes)
    emitBlob(out, p);
  fmt::format_to(std::back_inserter(out), "}} // namespace weights\n}} // namespace {}\n", p.nameSpace);
  return out;
}

} // namespace burin::codegen

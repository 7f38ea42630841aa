// SPDX-License-Identifier: Apache-2.0
//
// NAME.weights.cpp: small tensors as literals to read; the rest as one string literal, which
// compilers read faster than numbers, or as pieces of NAME.weights.bin, which only the assembler
// reads.
#include "codegen/emit.h"
#include "codegen/kernels/expression.h"
#include "codegen/kernels/weights_file.h"
#include "ir/number.h"

#include <cmath>
#include <fmt/format.h>
#include <span>

namespace burin::codegen {

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

namespace {

/// Whether the literals name infinity or NaN.
bool hasSpecial(const Weight &w) {
  if (!ir::isFloat(w.element))
    return false;
  const std::vector<std::byte> bytes = w.make();
  for (size_t at = 0; at < bytes.size(); at += ir::elementSize(w.element))
    if (!std::isfinite(ir::loadNumber(w.element, bytes.data() + at)))
      return true;
  return false;
}

void emitLiterals(const Weight &w, const Sink &to) {
  const std::vector<std::byte> bytes = w.make();
  const std::string type = kernels::elementCpp(w.element);
  const int64_t declared = std::max<int64_t>(w.count, 1);
  to(fmt::format("// {0}\nextern const {1} {2}[{3}];\nalignas(64) const {1} {2}[{3}] = {{",
                 w.comment, type, w.name, declared));
  std::string line;
  const size_t size = ir::elementSize(w.element);
  for (int64_t i = 0; i < w.count; ++i) {
    const std::string text = literal(w.element, bytes.data() + static_cast<size_t>(i) * size);
    if (line.empty() || line.size() + text.size() + 2 > 100) {
      to(line);
      line = "\n    ";
    } else {
      line += ' ';
    }
    line += text + ",";
  }
  to(line + "\n};\n\n");
}

/// Bytes as pieces of a string literal: three octal digits, or the character itself.
class StringWriter {
public:
  explicit StringWriter(const Sink &to) : to_{to} {}
  void add(std::byte b) {
    const auto c = static_cast<unsigned char>(b);
    if (c >= 32 && c < 127 && c != '"' && c != '\\' && c != '?')
      line_ += static_cast<char>(c);
    else
      line_ += {'\\', static_cast<char>('0' + (c >> 6)), static_cast<char>('0' + (c >> 3 & 7)),
                static_cast<char>('0' + (c & 7))};
    if (line_.size() > 110)
      endLine();
  }
  void end() {
    endLine();
    to_(";\n");
  }

private:
  void endLine() {
    if (!line_.empty())
      to_("\n    \"" + line_ + '"');
    line_.clear();
  }

  const Sink &to_;
  std::string line_;
};

/// All weights of a place with the zeros between them and behind the last.
template <class Take> void eachByte(const Prepared &p, Weight::Place place, const Take &take) {
  int64_t written = 0;
  for (const Weight &w : p.weights)
    if (w.place == place) {
      take(std::vector<std::byte>(static_cast<size_t>(w.offset - written)));
      take(w.make());
      written = w.offset + w.bytes();
    }
  if (place == Weight::Place::given)
    take(std::vector<std::byte>(static_cast<size_t>(p.givenBytes - written)));
}

void emitString(const Prepared &p, const Sink &to) {
  to("// What is longer, each from a multiple of 64 bytes on:\n");
  for (const Weight &w : p.weights)
    if (w.place == Weight::Place::string)
      to(fmt::format("//   {:>8}  {}\n", w.offset, w.comment));
  to("#if defined(__clang__)\n#pragma clang diagnostic ignored \"-Woverlength-strings\"\n"
     "#elif defined(__GNUC__)\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n#endif\n");
  to(fmt::format("extern const unsigned char packed[{0} + 1];\n"
                 "alignas(64) const unsigned char packed[{0} + 1] =",
                 p.stringBytes));
  StringWriter writer{to};
  eachByte(p, Weight::Place::string, [&](const std::vector<std::byte> &bytes) {
    for (const std::byte b : bytes)
      writer.add(b);
  });
  writer.end();
  to("\n");
}

/// The name of an array as the assembler knows it: Itanium C++ ABI, section 5.1.
std::string mangled(const Prepared &p, const Weight &w) {
  return fmt::format("_ZN{}{}7weights{}{}E", p.nameSpace.size(), p.nameSpace, w.name.size(),
                     w.name);
}

void emitBinaryParts(const Prepared &p, const Sink &to) {
  to(fmt::format(
      R"(// The rest is {0}.weights.bin, in which the assembler finds it: the folder of that file has to be
// in the include path (-I). Link time optimisation does not see the assembler: -fno-lto for this file.
#if !defined(__GNUC__)
#error "{0}.weights.bin needs g++ or clang; generate with --weights literals for other compilers"
#endif
#define BURIN_TEXT(x) #x
#define BURIN_PREFIX(x) BURIN_TEXT(x)
#define BURIN_SYMBOL(name) BURIN_PREFIX(__USER_LABEL_PREFIX__) #name
#if defined(__APPLE__)
#define BURIN_SECTION ".section __TEXT,__const\n"
#define BURIN_OBJECT(name, bytes) ".private_extern " BURIN_SYMBOL(name) "\n"
#elif defined(_WIN32)
#define BURIN_SECTION ".section .rdata,\"dr\"\n"
#define BURIN_OBJECT(name, bytes)
#else
#define BURIN_SECTION ".section .rodata\n"
#define BURIN_OBJECT(name, bytes) \
  ".hidden " #name "\n.type " #name ", %object\n.size " #name ", " #bytes "\n"
#endif
#define BURIN_WEIGHTS(name, at, bytes) \
  __asm__(BURIN_SECTION ".balign 64\n.globl " BURIN_SYMBOL(name) "\n" BURIN_OBJECT(name, bytes) \
          BURIN_SYMBOL(name) ":\n.incbin \"{0}.weights.bin\", " #at ", " #bytes "\n.text\n")

)",
      p.settings.name));
  for (const Weight &w : p.weights)
    if (w.place == Weight::Place::binary)
      to(fmt::format("// {}\nBURIN_WEIGHTS({}, {}, {});\n", w.comment, mangled(p, w), w.offset,
                     w.bytes()));
  to("\n");
}

} // namespace

void emitBinary(const Prepared &p, const Sink &to) {
  const Weight::Place place = p.givesWeights() ? Weight::Place::given : Weight::Place::binary;
  eachByte(p, place, [&](const std::vector<std::byte> &bytes) {
    to({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  });
}

uint64_t weightsLayout(const Prepared &p) {
  std::string text;
  for (const Weight &w : p.weights)
    text += fmt::format("{} {} {}\n", w.offset, w.bytes(), w.comment);
  text.resize((text.size() + 7) / 8 * 8);
  kernels::WeightsHash hash;
  hash.add(std::as_bytes(std::span(text)));
  return hash.value();
}

uint64_t weightsHash(const Prepared &p) {
  kernels::WeightsHash hash;
  eachByte(p, Weight::Place::given, [&](std::span<const std::byte> bytes) { hash.add(bytes); });
  return hash.value();
}

void emitWeightsFile(const Prepared &p, uint64_t hash, const Sink &to) {
  to(kernels::weightsFileHeader(weightsLayout(p), static_cast<uint64_t>(p.givenBytes), hash));
  emitBinary(p, to);
}

void emitWeights(const Prepared &p, const Sink &to) {
  to(preamble(p, false));
  to(fmt::format("//\n// The weights, apart from {}.cpp: new weights recompile no code.\n"
                 "// clang-format off\n\n",
                 p.settings.name));
  if (p.givesWeights())
    to(fmt::format("// They are in {}.weights{}, which the program gives to the class.\n",
                   p.settings.name, p.hasWeightsFile() ? "" : ".bin"));
  std::set<std::string> headers;
  for (const Weight &w : p.weights) {
    if (w.place == Weight::Place::given)
      continue;
    const bool isStruct = kernels::elementCpp(w.element).starts_with("rt::");
    headers.insert(isStruct ? "burin/rt/numeric.h" : "burin/runtime.h");
    if (w.place == Weight::Place::literals && !isStruct && hasSpecial(w))
      headers.insert("burin/rt/special.h");
  }
  for (const std::string &header : headers)
    to(fmt::format("#include \"{}\"\n", header));
  if (p.stringBytes || p.binaryBytes || p.givenBytes)
    to("\n#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n"
       "#error \"written for little-endian targets; generate with --weights literals for others\"\n"
       "#endif\n");
  to(fmt::format("\nnamespace {} {{\nnamespace weights {{\n", p.nameSpace));
  if (headers.contains("burin/rt/numeric.h") || headers.contains("burin/rt/special.h"))
    to("namespace rt = burin::rt;\n");
  to(fmt::format(
      "\nextern const char model_sha256[{0}];\nconst char model_sha256[{0}] = \"{1}\";\n\n",
      p.module.modelSha256.size() + 1, p.module.modelSha256));
  for (const Weight &w : p.weights)
    if (w.place == Weight::Place::literals)
      emitLiterals(w, to);
  if (p.stringBytes)
    emitString(p, to);
  if (p.binaryBytes)
    emitBinaryParts(p, to);
  to(fmt::format("}} // namespace weights\n}} // namespace {}\n", p.nameSpace));
}

} // namespace burin::codegen

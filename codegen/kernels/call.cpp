// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/call.h"

#include "ir/views.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace burin::kernels {

std::string Functor::key() const {
  std::string text = signature;
  for (const Param &m : members)
    text += "|" + m.type + " " + m.name;
  for (const std::string &l : lines)
    text += "\n" + l;
  return text;
}

std::string Call::add(std::string type, std::string paramName, Argument argument) {
  params.push_back({std::move(type), paramName, std::move(argument)});
  return paramName;
}

std::string Call::read(const Value *value, std::string paramName) {
  return add(fmt::format("const {} *", storedCpp(value->type)), std::move(paramName),
             {Argument::Read{value}});
}

std::string Call::readAsF32(const Value *value, std::string paramName) {
  return add("const rt::F32 *", std::move(paramName), {Argument::Read{value}});
}

std::string Call::write(const Value *value, std::string paramName) {
  return add(fmt::format("{} *", storedCpp(value->type)), std::move(paramName),
             {Argument::Write{value}});
}

std::string Call::writeIfMade(const Value *value, std::string paramName) {
  if (ir::isMade(*value))
    return write(value, std::move(paramName));
  return fmt::format("static_cast<{} *>(nullptr)", storedCpp(value->type));
}

std::string Call::packed(Packed weights, std::string paramName) {
  const std::string type = weights.element == ElementType::f32
                               ? "const rt::F32 *"
                               : fmt::format("const {} *", elementCpp(weights.element));
  return add(type, std::move(paramName), {std::move(weights)});
}

std::string Call::functor(Functor f, std::string paramName) {
  if (mentions(f.lines, "modFloor")) // of floats too
    include("burin/rt/integer_math.h");
  functors.push_back(std::move(f));
  functorNames.push_back(paramName);
  return paramName;
}

namespace {
constexpr char kOpen = '\1', kClose = '\2';
} // namespace

std::string placeholder(size_t index) { return fmt::format("{}{}{}", kOpen, index, kClose); }

size_t placeholderLength(std::string_view text, size_t at) {
  return at < text.size() && text[at] == kOpen ? text.find(kClose, at) + 1 - at : 0;
}

size_t placeholderIndex(std::string_view text, size_t at) {
  size_t index = 0;
  for (++at; text[at] != kClose; ++at)
    index = index * 10 + static_cast<size_t>(text[at] - '0');
  return index;
}

std::string resolved(std::string_view text, const std::function<std::string(size_t)> &say) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (const size_t length = placeholderLength(text, at)) {
      out += say(placeholderIndex(text, at));
      at += length;
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string Call::extent(const Dim &d, std::string paramName, bool isShared) {
  if (d.isNumber()) {
    extents.push_back({d.number(), std::move(paramName), true, isShared || !target.specialise});
    return placeholder(extents.size() - 1);
  }
  const int64_t hi = d.bounds().hi;
  return add(hi < INT32_MAX ? fmt::format("rt::AtMost<{}>", hi) : "int", std::move(paramName), {d});
}

std::string Call::tiled(const Dim &d, std::string paramName) {
  std::string text = extent(d, std::move(paramName));
  constexpr int kWidePanel = 16; // of targets whose tiles are functions that know no extent
  if (d.isNumber() && target.panel >= kWidePanel)
    for (const int64_t step : {7, 8}) // rows of a tile: images are 7 2^n or 2^n wide
      if (d.number() % step == 0) {
        extents.back().isShared = true;
        extents.back().step = step;
        break;
      }
  return text;
}

std::string Call::number(const Dim &d, std::string paramName, bool isShared) {
  if (d.isNumber()) {
    extents.push_back({d.number(), std::move(paramName), false, isShared || !target.specialise});
    return placeholder(extents.size() - 1);
  }
  return add("int", std::move(paramName), {d});
}

std::string elementCpp(ElementType e) {
  switch (e) {
  case ElementType::f32:
    return "float";
  case ElementType::f64:
    return "double";
  case ElementType::f16:
    return "rt::F16";
  case ElementType::bf16:
    return "rt::BF16";
  case ElementType::i8:
    return "int8_t";
  case ElementType::u8:
    return "uint8_t";
  case ElementType::i4:
    return "rt::I4";
  case ElementType::u4:
    return "rt::U4";
  case ElementType::i2:
    return "rt::I2";
  case ElementType::u2:
    return "rt::U2";
  case ElementType::i16:
    return "int16_t";
  case ElementType::u16:
    return "uint16_t";
  case ElementType::i32:
    return "int32_t";
  case ElementType::u32:
    return "uint32_t";
  case ElementType::i64:
    return "int64_t";
  case ElementType::u64:
    return "uint64_t";
  case ElementType::boolean:
    return "bool";
  case ElementType::f8e4m3fn:
    return "rt::F8E4M3FN";
  case ElementType::f8e4m3fnuz:
    return "rt::F8E4M3FNUZ";
  case ElementType::f8e5m2:
    return "rt::F8E5M2";
  case ElementType::f8e5m2fnuz:
    return "rt::F8E5M2FNUZ";
  case ElementType::f4e2m1:
    return "rt::F4E2M1";
  case ElementType::f8e8m0:
    return "rt::F8E8M0";
  case ElementType::string:
  case ElementType::c64:
  case ElementType::c128:
    break;
  }
  throw CompileError(Problem::unsupported, {},
                     fmt::format("tensors of {} cannot be compiled yet", ir::name(e)))
      .code("codegen.element")
      .hint("choose outputs that need none with --outputs");
}

std::string storedCpp(const Type &type) {
  return type.isTensor() ? elementCpp(type.element()) : "uint8_t";
}

std::string elementApi(ElementType e) {
  if (e == ElementType::i4 || e == ElementType::i2)
    return "int8_t";
  if (e == ElementType::u4 || e == ElementType::u2)
    return "uint8_t";
  if (ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64)
    return ir::elementSize(e) == 2 ? "uint16_t" : "uint8_t";
  return elementCpp(e);
}

bool mentions(std::string_view text, std::string_view identifier) {
  const auto isPart = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  };
  for (size_t at = text.find(identifier); at != text.npos; at = text.find(identifier, at + 1)) {
    const size_t end = at + identifier.size();
    if ((at == 0 || !isPart(text[at - 1])) && (end == text.size() || !isPart(text[end])))
      return true;
  }
  return false;
}

bool mentions(const std::vector<std::string> &lines, std::string_view identifier) {
  return std::ranges::any_of(lines, [&](const std::string &l) { return mentions(l, identifier); });
}

std::string dimCpp(const Dim &d, const std::function<std::string(std::string_view)> &symbol) {
  if (d.isNumber())
    return std::to_string(d.number());
  std::string text;
  for (const Dim::Term &t : d.terms()) {
    const bool negative = t.coefficient < 0;
    const int64_t magnitude = negative ? -t.coefficient : t.coefficient;
    text += text.empty() ? (negative ? "-" : "") : negative ? " - " : " + ";
    if (t.atoms.empty()) {
      text += std::to_string(magnitude);
      continue;
    }
    bool first = true;
    for (const Dim::AtomRef &atom : t.atoms) {
      text += first ? "" : " * ";
      first = false;
      if (atom->kind == Dim::Atom::Kind::symbol) {
        text += symbol(atom->key);
        continue;
      }
      const std::string a = dimCpp(atom->operands[0], symbol),
                        b = dimCpp(atom->operands[1], symbol);
      switch (atom->kind) {
      case Dim::Atom::Kind::symbol:
        break;
      case Dim::Atom::Kind::floorDiv:
        text += fmt::format("rt::floorOf({}, {})", a, b);
        break;
      case Dim::Atom::Kind::ceilDiv:
        text += fmt::format("rt::ceilOf({}, {})", a, b);
        break;
      case Dim::Atom::Kind::min:
        text += fmt::format("rt::lesser({}, {})", a, b);
        break;
      case Dim::Atom::Kind::max:
        text += fmt::format("rt::greater({}, {})", a, b);
        break;
      }
    }
    if (magnitude != 1)
      text += fmt::format(" * {}", magnitude);
  }
  return text;
}

} // namespace burin::kernels

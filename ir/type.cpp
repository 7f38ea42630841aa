// SPDX-License-Identifier: Apache-2.0
#include "ir/type.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {
enum class Family : uint8_t { real, integer, unsignedInteger, other };

struct ElementRow {
  std::string_view name;
  uint8_t size;
  Family family;
};

constexpr ElementRow kElements[] = {
    {"f32", 4, Family::real},           {"f16", 2, Family::real},
    {"bf16", 2, Family::real},          {"f64", 8, Family::real},
    {"i8", 1, Family::integer},         {"u8", 1, Family::unsignedInteger},
    {"i16", 2, Family::integer},        {"u16", 2, Family::unsignedInteger},
    {"i32", 4, Family::integer},        {"u32", 4, Family::unsignedInteger},
    {"i64", 8, Family::integer},        {"u64", 8, Family::unsignedInteger},
    {"bool", 1, Family::other},         {"i4", 1, Family::integer},
    {"u4", 1, Family::unsignedInteger}, {"i2", 1, Family::integer},
    {"u2", 1, Family::unsignedInteger}, {"f8e4m3fn", 1, Family::real},
    {"f8e4m3fnuz", 1, Family::real},    {"f8e5m2", 1, Family::real},
    {"f8e5m2fnuz", 1, Family::real},    {"f4e2m1", 1, Family::real},
    {"f8e8m0", 1, Family::real},        {"str", 0, Family::other},
    {"c64", 8, Family::other},          {"c128", 16, Family::other},
};
static_assert(std::size(kElements) == static_cast<size_t>(ElementType::c128) + 1);

const ElementRow &row(ElementType e) { return kElements[static_cast<size_t>(e)]; }
} // namespace

std::string_view name(ElementType e) { return row(e).name; }
size_t elementSize(ElementType e) { return row(e).size; }
bool isFloat(ElementType e) { return row(e).family == Family::real; }
bool isUnsignedInteger(ElementType e) { return row(e).family == Family::unsignedInteger; }
bool isInteger(ElementType e) { return row(e).family == Family::integer || isUnsignedInteger(e); }
bool isSigned(ElementType e) { return isFloat(e) || row(e).family == Family::integer; }

std::optional<ElementType> elementTypeNamed(std::string_view text) {
  const auto it = std::ranges::find(kElements, text, &ElementRow::name);
  if (it == std::end(kElements))
    return std::nullopt;
  return static_cast<ElementType>(it - std::begin(kElements));
}

Type Type::list(Type element, Dim capacity) {
  Type type{ElementType::f32, {std::move(capacity)}};
  type.kind_ = Kind::list;
  type.inner_ = std::make_shared<const Type>(std::move(element));
  return type;
}

Type Type::optional(Type inner) {
  Type type;
  type.kind_ = Kind::optional;
  type.inner_ = std::make_shared<const Type>(std::move(inner));
  return type;
}

bool Type::isStatic() const {
  return std::ranges::all_of(shape_, [](const Dim &d) { return d.isNumber(); }) &&
         (!inner_ || inner_->isStatic());
}

bool Type::operator==(const Type &other) const {
  return kind_ == other.kind_ && (!isTensor() || element_ == other.element_) &&
         shape_ == other.shape_ && (isTensor() || *inner_ == *other.inner_);
}

std::string text(const Shape &shape) {
  std::string out = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + shape[i].text();
  return out + "]";
}

std::string Type::text() const {
  switch (kind_) {
  case Kind::tensor:
    return fmt::format("{}{}", name(element_), ir::text(shape_));
  case Kind::list:
    return fmt::format("list<{}, {}>", inner_->text(), capacity().text());
  case Kind::optional:
    return fmt::format("optional<{}>", inner_->text());
  }
  return {};
}

} // namespace burin::ir

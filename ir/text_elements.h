// SPDX-License-Identifier: Apache-2.0
//
// The words of .gir: single elements, strings, names. Printer, parser and tests share them.
#pragma once

#include "ir/type.h"

#include <cstddef>

namespace burin::ir {

/// The element at `from`, as short as it can be and still be read back: "0.1", "-inf", "true".
/// Empty for complex numbers, which have no such form.
std::string elementText(ElementType, const std::byte *from);
/// False if the text is no such number, or does not fit.
bool storeElementText(ElementType, std::string_view text, std::byte *to);
/// As elementText of an f64: attributes.
std::string numberText(double);
std::optional<double> numberFromText(std::string_view);

/// In quotes, with escapes; UTF-8 stays.
std::string quoted(std::string_view);
/// A name behind % or @, quoted if it needs it.
std::string nameText(std::string_view);
bool isNameCharacter(char);
bool isIdentifier(std::string_view); ///< [A-Za-z_][A-Za-z0-9_]*
bool isDigits(std::string_view);

/// Values and constants without a name are numbered; constants with more elements are hex.
constexpr size_t kListedElements = 16;

} // namespace burin::ir

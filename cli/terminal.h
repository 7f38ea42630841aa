// SPDX-License-Identifier: Apache-2.0
//
// What the other end of stdout or stderr can show.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace burin::cli {

bool isTerminal(std::FILE *);

/// Of --color: "always", "never", or "auto", which means a terminal, NO_COLOR unset or empty, and
/// TERM other than "dumb".
bool useColor(std::string_view when, std::FILE *);

enum class Color { bold, red, green, yellow, cyan };
/// The text between the escapes of a colour, or as it is.
std::string paint(std::string_view text, Color, bool enabled);

/// Text of a model as it can be shown: control characters are escaped, so that no model can write
/// to the terminal what it likes. Line ends are escaped too.
std::string printable(std::string_view text);

} // namespace burin::cli

// SPDX-License-Identifier: Apache-2.0
#include "ir/diagnostic.h"

#include <fmt/format.h>

namespace burin {
namespace {
std::string place(const Location &at) {
  if (at.node.empty() && at.op.empty())
    return {};
  std::string text = at.node.empty() ? "node" : fmt::format("node '{}'", at.node);
  if (!at.op.empty())
    text += fmt::format(" ({})", at.op);
  return text + ": ";
}
} // namespace

std::string toText(const Diagnostic &d, std::string_view file) {
  std::string text =
      fmt::format("{}{}{}error: {}", file, file.empty() ? "" : ": ", place(d.at), d.text);
  if (!d.code.empty())
    text += fmt::format(" [{}]", d.code);
  if (!d.at.source.empty())
    text += fmt::format("\n  at {}", d.at.source);
  for (const Diagnostic::Note &note : d.notes)
    text += fmt::format("\n  note: {}{}", place(note.at), note.text);
  if (!d.hint.empty())
    text += fmt::format("\n  hint: {}", d.hint);
  return text + "\n";
}
} // namespace burin

// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include "ir/diagnostic.h"

#include <algorithm>

namespace burin::cli {

std::string_view title(Group group) {
  switch (group) {
  case Group::model:
    return "Model";
  case Group::output:
    return "Output";
  case Group::shapes:
    return "Shapes";
  case Group::memory:
    return "Memory";
  case Group::numerics:
    return "Numerics";
  case Group::diagnostics:
    return "Diagnostics";
  case Group::debug:
    return "Debugging burin";
  case Group::build:
    return "Build";
  }
  throw InternalError("a group without a title");
}

std::string_view nameOf(const Option &o) {
  return o.name.empty() ? longSpelling(o).substr(2) : o.name;
}

const Option &optionNamed(std::string_view name) {
  const auto it = std::ranges::find(allOptions(), name, nameOf);
  if (it == allOptions().end())
    throw InternalError("no option is named " + std::string(name));
  return *it;
}

const VerbRow &rowOf(Verb verb) { return allVerbs()[static_cast<size_t>(verb)]; }

const VerbRow *verbNamed(std::string_view name) {
  const auto it = std::ranges::find(allVerbs(), name, &VerbRow::name);
  return it == allVerbs().end() ? nullptr : &*it;
}

bool takesValue(const Option &o) { return o.kind != Kind::flag; }
bool isRepeatable(const Option &o) { return o.kind == Kind::list || o.kind == Kind::files; }

std::string_view longSpelling(const Option &o) { return o.spelling.substr(o.spelling.find("--")); }

std::string_view shortSpelling(const Option &o) {
  const size_t comma = o.spelling.find(',');
  return comma == std::string_view::npos ? std::string_view{} : o.spelling.substr(0, comma);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string join(std::span<const std::string_view> parts, std::string_view separator) {
  std::string text;
  for (const std::string_view part : parts)
    text.append(text.empty() ? "" : separator).append(part);
  return text;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return result;
}

} // namespace burin::cli

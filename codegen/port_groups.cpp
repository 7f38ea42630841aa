// SPDX-License-Identifier: Apache-2.0
#include "codegen/port_groups.h"

#include "codegen/names.h"

#include <algorithm>
#include <cctype>

namespace burin::codegen {
namespace {

std::string fieldName(std::string_view part) {
  const bool isNumber = !part.empty() && std::ranges::all_of(part, [](unsigned char c) {
    return c >= '0' && c <= '9';
  });
  return isNumber ? "item" + std::string(part) : identifier(part);
}

void add(std::vector<PortTree> &siblings, std::string_view path, size_t port) {
  const size_t dot = path.find('.');
  const std::string name = fieldName(path.substr(0, dot));
  auto it = std::ranges::find(siblings, name, &PortTree::name);
  // A tensor and a group of one name, or two tensors: each keeps its place by a number.
  if (it != siblings.end() && (it->port || dot == std::string_view::npos))
    it = siblings.end();
  if (it == siblings.end()) {
    std::string own = name;
    for (size_t n = 2; std::ranges::find(siblings, own, &PortTree::name) != siblings.end(); ++n)
      own = name + "_" + std::to_string(n);
    it = siblings.insert(siblings.end(), {std::move(own), std::nullopt, {}});
  }
  if (dot == std::string_view::npos)
    it->port = port;
  else
    add(it->items, path.substr(dot + 1), port);
}

} // namespace

std::vector<PortTree> groupPorts(std::span<const std::string> names) {
  std::vector<PortTree> all;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i].find('.') != std::string::npos)
      add(all, names[i], i);
  return all;
}

std::string typeName(std::string_view member) {
  std::string type;
  for (size_t i = 0; i < member.size(); ++i)
    if (const auto c = static_cast<unsigned char>(member[i]); c != '_')
      type += static_cast<char>(i == 0 || member[i - 1] == '_' ? std::toupper(c) : c);
  return type;
}

} // namespace burin::codegen

// SPDX-License-Identifier: Apache-2.0
#include "ir/machine.h"

#include "ir/diagnostic.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <ranges>

namespace burin::ir {

extern const std::string_view kMachinesText; // ir/machines.txt

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(text, separator))
    if (!part.empty())
      parts.emplace_back(part.begin(), part.end());
  return parts;
}

template <class Number> Number parse(std::string_view text, int base = 10) {
  Number number{};
  std::from_chars_result result{};
  if constexpr (std::is_integral_v<Number>)
    result = std::from_chars(text.data(), text.data() + text.size(), number, base);
  else
    result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size())
    throw InternalError(fmt::format("machines.txt has '{}' for a number", text));
  return number;
}

Machine parseRow(const std::vector<std::string_view> &cells) {
  if (cells.size() != 14)
    throw InternalError(
        fmt::format("machines.txt: the row of '{}' has {} cells", cells[0], cells.size()));
  const auto number = [&](size_t i) { return parse<double>(cells[i]); };
  const auto bytes = [&](size_t i) { return parse<int64_t>(cells[i]) * 1024; };
  return {split(cells[0], '='),
          cells[1],
          number(2),
          {number(3), number(4), number(5)},
          bytes(6),
          bytes(7),
          bytes(8),
          number(9),
          number(10),
          number(11),
          number(12),
          cells[13]};
}

std::vector<Machine> parseTable() {
  std::vector<Machine> rows;
  for (const std::string_view line : split(kMachinesText, '\n'))
    if (!line.starts_with('#'))
      rows.push_back(parseRow(split(line, ' ')));
  return rows;
}

/// What stands behind "KEY : " in the first line that has the key.
std::string_view field(std::string_view cpuinfo, std::string_view key) {
  for (const std::string_view line : split(cpuinfo, '\n')) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string_view::npos &&
        line.substr(key.size(), colon - key.size()).find_first_not_of(" \t") ==
            std::string_view::npos)
      return line.substr(colon + 2);
  }
  return {};
}

/// "16-31,85"
bool contains(std::string_view ranges, int64_t number) {
  return std::ranges::any_of(split(ranges, ','), [&](std::string_view range) {
    const std::vector<std::string_view> ends = split(range, '-');
    return parse<int64_t>(ends.front()) <= number && number <= parse<int64_t>(ends.back());
  });
}

} // namespace

double Machine::peak() const { return *std::ranges::max_element(flops); }

std::span<const Machine> allMachines() {
  static const std::vector<Machine> kRows = parseTable();
  return kRows;
}

const Machine *findMachine(std::string_view name) {
  for (const Machine &m : allMachines())
    if (std::ranges::find(m.names, name) != m.names.end())
      return &m;
  return nullptr;
}

const Machine *machineOf(std::string_view cpuinfo) {
  const std::string_view vendor = field(cpuinfo, "vendor_id"),
                         family = field(cpuinfo, "cpu family"), model = field(cpuinfo, "model"),
                         implementer = field(cpuinfo, "CPU implementer"),
                         part = field(cpuinfo, "CPU part");
  for (const Machine &m : allMachines()) {
    const std::vector<std::string_view> id = split(m.id, '/');
    if (id.size() == 3 && id[0] == vendor && id[1] == family &&
        contains(id[2], parse<int64_t>(model)))
      return &m;
    if (id.size() == 2 && id[0] == implementer && std::ranges::count(split(id[1], ','), part))
      return &m;
  }
  return nullptr;
}

std::string machineNames() {
  std::vector<std::string_view> names;
  for (const Machine &m : allMachines())
    names.insert(names.end(), m.names.begin(), m.names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

} // namespace burin::ir

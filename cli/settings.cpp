// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include "ir/diagnostic.h"

#include <charconv>
#include <cmath>

namespace burin::cli {
namespace {

template <class... Kinds> const Option &expect(std::string_view name, Kinds... kinds) {
  const Option &option = optionNamed(name);
  if (!((option.kind == kinds) || ...))
    throw InternalError("the option " + std::string(name) + " is of another kind");
  return option;
}

template <class Number> std::optional<Number> parseWhole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// Empty where the fallback is computed: the table then says how, in parentheses.
std::string fallbackOf(const Option &option) {
  return option.fallback.starts_with('(') ? std::string{} : std::string(option.fallback);
}

} // namespace

bool Settings::has(std::string_view name) const {
  optionNamed(name);
  return given.contains(name);
}

bool Settings::flag(std::string_view name) const { return times(name) > 0; }

size_t Settings::times(std::string_view name) const {
  expect(name, Kind::flag);
  const auto it = given.find(name);
  return it == given.end() ? 0 : it->second.size();
}

std::string Settings::text(std::string_view name) const {
  const Option &option = optionNamed(name);
  if (!takesValue(option) || isRepeatable(option))
    throw InternalError("the option " + std::string(name) + " has no single value");
  if (const auto it = given.find(name); it != given.end())
    return it->second.back();
  return fallbackOf(option);
}

std::vector<std::string> Settings::list(std::string_view name) const {
  const Option &option = expect(name, Kind::list, Kind::files);
  if (const auto it = given.find(name); it != given.end())
    return it->second;
  const std::string fallback = fallbackOf(option);
  return fallback.empty() ? std::vector<std::string>{} : std::vector{fallback};
}

std::optional<uint64_t> Settings::number(std::string_view name) const {
  const Option &option = expect(name, Kind::count, Kind::bytes);
  return option.kind == Kind::count ? parseCount(text(name)) : parseBytes(text(name));
}

std::optional<double> Settings::real(std::string_view name) const {
  expect(name, Kind::real);
  return parseReal(text(name));
}

std::optional<uint64_t> parseCount(std::string_view text) { return parseWhole<uint64_t>(text); }

std::optional<uint64_t> parseBytes(std::string_view text) {
  if (text.ends_with("KiB") || text.ends_with("MiB") || text.ends_with("GiB"))
    text.remove_suffix(2);
  unsigned shift = 0;
  const size_t unit =
      text.empty() ? std::string_view::npos : std::string_view("KMG").find(text.back());
  if (unit != std::string_view::npos) {
    shift = 10 * (static_cast<unsigned>(unit) + 1);
    text.remove_suffix(1);
  }
  const std::optional<uint64_t> number = parseCount(text);
  if (!number || *number > UINT64_MAX >> shift)
    return std::nullopt;
  return *number << shift;
}

std::optional<double> parseReal(std::string_view text) {
  const std::optional<double> number = parseWhole<double>(text);
  return number && std::isfinite(*number) && *number >= 0 ? number : std::nullopt;
}

} // namespace burin::cli

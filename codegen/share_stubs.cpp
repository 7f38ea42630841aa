// SPDX-License-Identifier: Apache-2.0
//
// Calls become stubs: layers whose kernels differ in nothing but extents that these need not know
// share one, which takes what differs as parameters.
#include "codegen/prepare.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <numeric>
#include <unordered_set>

namespace burin::codegen {
namespace {
using kernels::Call;
using kernels::Extent;
using kernels::Param;

/// Equal where calls may share a stub.
std::string structure(const OpCall &prepared, const Prepared &p) {
  const Call &call = prepared.call;
  std::string text = call.returnsStatus ? "status\n" : "\n";
  for (const Param &param : call.params)
    text += fmt::format("{} {}\n", param.type, param.name);
  for (size_t i = 0; i < call.functors.size(); ++i)
    text += fmt::format("{} {}\n", p.functorName(call.functors[i]), call.functorNames[i]);
  for (const std::string &line : call.body)
    text += line + "\n";
  for (const Extent &e : call.extents)
    text += e.isShared ? fmt::format("{} {} {}\n", e.name, e.isType, e.step)
                       : fmt::format("{}\n", e.value);
  return text;
}

/// "dense256x32Relu" with the numbers that are still known, "denseRelu" without.
std::string nameOf(const Call &call, const std::vector<std::string> &texts) {
  // Neighbours joined by 'x' are one size: all of it stays, or nothing.
  std::string out;
  for (size_t at = 0; at < call.name.size();) {
    size_t end = at;
    std::string size;
    bool isKnown = true;
    while (const size_t length = kernels::placeholderLength(call.name, end)) {
      const std::string number = texts[kernels::placeholderIndex(call.name, end)];
      isKnown = isKnown && !number.empty();
      size += number;
      end += length;
      if (end < call.name.size() && call.name[end] == 'x' &&
          kernels::placeholderLength(call.name, end + 1)) {
        size += 'x';
        ++end;
      }
    }
    if (end == at)
      out += call.name[at++];
    else
      out += isKnown ? size : "";
    at = std::max(at, end);
  }
  return out;
}

/// Of the parameter for an extent that has these values.
std::string typeOf(const Extent &extent, const std::vector<int64_t> &values) {
  if (!extent.isType)
    return "int";
  if (extent.step == 1)
    return fmt::format("rt::AtMost<{}>", *std::ranges::max_element(values));
  return fmt::format("rt::MultipleOf<{}>",
                     std::accumulate(values.begin(), values.end(), int64_t{0},
                                     [](int64_t a, int64_t b) { return std::gcd(a, b); }));
}

/// The identifiers in a text: a stub may have as many parameters as lines.
std::unordered_set<std::string_view> wordsOf(const std::vector<std::string> &lines) {
  const auto isPart = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  };
  std::unordered_set<std::string_view> words;
  for (const std::string_view line : lines)
    for (size_t at = 0, end; at < line.size(); at = end + 1) {
      for (end = at; end < line.size() && isPart(line[end]);)
        ++end;
      words.insert(line.substr(at, end - at));
    }
  return words;
}

} // namespace

void Prepared::shareStubs() {
  std::unordered_map<std::string, size_t> groupOf;
  std::vector<std::vector<size_t>> groups; // of layers, in order
  for (size_t i = 0; i < layers_.size(); ++i) {
    const auto [it, isNew] =
        groupOf.emplace(structure(calls_.at(layers_[i].op), *this), groups.size());
    if (isNew)
      groups.emplace_back();
    groups[it->second].push_back(i);
  }
  for (const std::vector<size_t> &group : groups)
    makeStub(group);
}

void Prepared::makeStub(const std::vector<size_t> &group) {
  const auto callOf = [&](size_t layer) -> OpCall & { return calls_.at(layers_[layer].op); };
  const OpCall &first = callOf(group.front());
  const Call &call = first.call;
  std::vector<Param> added;                 // parameters for extents that differ
  std::vector<std::vector<int64_t>> values; // of them, a layer each
  std::vector<std::string> texts, numbers;  // what stands for each extent; empty: no number
  for (size_t i = 0; i < call.extents.size(); ++i) {
    const Extent &extent = call.extents[i];
    std::vector<int64_t> all;
    for (const size_t layer : group)
      all.push_back(callOf(layer).call.extents[i].value);
    if (std::ranges::all_of(all, [&](int64_t v) { return v == all.front(); })) {
      numbers.push_back(std::to_string(extent.value));
      texts.push_back(extent.isType ? fmt::format("Const<{}>{{}}", extent.value) : numbers.back());
      continue;
    }
    const std::string type = typeOf(extent, all);
    size_t same = 0; // a parameter that always has the same value serves both; types convert to int
    while (same < added.size() &&
           (values[same] != all ||
            (type != "int" && added[same].type != "int" && added[same].type != type)))
      ++same;
    if (same < added.size() && extent.isType)
      added[same].type = type;
    if (same == added.size()) {
      const auto isTaken = [&](const std::string &name) {
        const auto has = [&](const Param &p) { return p.name == name; };
        return std::ranges::any_of(call.params, has) || std::ranges::any_of(added, has) ||
               std::ranges::count(call.functorNames, name) != 0;
      };
      std::string name = extent.name;
      for (int suffix = 2; isTaken(name); ++suffix)
        name = fmt::format("{}{}", extent.name, suffix);
      added.push_back({type, name, {Dim(0)}});
      values.push_back(std::move(all));
    }
    numbers.emplace_back();
    texts.push_back(added[same].name);
  }

  Stub stub;
  const auto say = [&](size_t i) { return texts[i]; };
  for (const std::string &line : call.body)
    stub.body.push_back(kernels::resolved(line, say));
  stub.name = names.fresh(nameOf(call, numbers));
  stub.variant = first.kernel->variant;
  stub.includes = call.includes;
  stub.returnsStatus = call.returnsStatus;
  const std::unordered_set<std::string_view> words = wordsOf(stub.body);
  const auto parameter = [&](const Param &p) {
    const bool isUsed = words.contains(p.name);
    stub.parameters.push_back(
        isUsed ? fmt::format("{}{}{}", p.type, p.type.back() == '*' ? "" : " ", p.name) : p.type);
  };
  std::ranges::for_each(call.params, parameter);
  std::ranges::for_each(added, parameter);
  for (size_t i = 0; i < call.functors.size(); ++i)
    stub.parameters.push_back(
        fmt::format("{} {}", functorName(call.functors[i]), call.functorNames[i]));
  stub.parameters.emplace_back(words.contains("work") ? "rt::Work work" : "rt::Work");

  for (size_t k = 0; k < group.size(); ++k) {
    OpCall &prepared = callOf(group[k]);
    for (size_t i = 0; i < added.size(); ++i) {
      Param p = added[i];
      p.argument = {Dim(values[i][k])};
      prepared.call.params.push_back(std::move(p));
    }
    prepared.call.body.clear();
    prepared.stub = stubs.size();
    stub.layers.push_back(layers_[group[k]].step);
  }
  stubs.push_back(std::move(stub));
}

} // namespace burin::codegen

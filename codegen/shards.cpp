// SPDX-License-Identifier: Apache-2.0
#include "codegen/shards.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

namespace burin::codegen {
namespace {

// Times that compilers take, in those of a step (about 2 ms).
constexpr size_t kStubCost = 100;
constexpr size_t kFileCost = 200; // of the headers: a part should hold more than that

std::vector<size_t> upTo(size_t n) {
  std::vector<size_t> all(n);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

struct Needs {
  std::set<size_t> stubs, functors;
};

/// Of each step, those of its blocks included.
std::vector<Needs> needsOf(const Prepared &p) {
  std::unordered_map<std::string_view, size_t> functorNamed;
  for (size_t i = 0; i < p.functors.size(); ++i)
    functorNamed.emplace(p.functors[i].name, i);
  std::vector<Needs> all(p.steps.size());
  for (size_t i = 0; i < p.steps.size(); ++i) {
    const auto add = [&](const Op &op) {
      const OpCall *call = p.callOf(op);
      if (!call)
        return;
      all[i].stubs.insert(call->stub);
      for (const kernels::Functor &f : call->call.functors)
        all[i].functors.insert(functorNamed.at(p.functorName(f)));
    };
    add(*p.steps[i].op);
    for (size_t b = 0; b < p.steps[i].op->numBlocks(); ++b)
      p.steps[i].op->block(b).walk(add);
  }
  return all;
}

} // namespace

Part wholeOf(const Prepared &p) {
  return {upTo(p.steps.size()), upTo(p.stubs.size()), upTo(p.functors.size())};
}

std::vector<Part> partsOf(const Prepared &p, size_t count) {
  const std::vector<Needs> needs = needsOf(p);
  std::vector<size_t> order = upTo(p.steps.size());
  std::ranges::stable_sort(order, {}, [&](size_t step) {
    return needs[step].stubs.empty() ? p.stubs.size() : *needs[step].stubs.begin();
  });
  const size_t all = p.steps.size() + p.stubs.size() * kStubCost;
  const size_t each = std::max(all / count + 1, kFileCost);
  std::vector<Part> parts(count);
  Needs here;
  size_t at = 0, cost = 0;
  for (const size_t step : order) {
    if (cost >= each && at + 1 < count) {
      ++at;
      cost = 0;
      here = {};
    }
    Part &part = parts[at];
    part.steps.push_back(step);
    ++cost;
    for (const size_t stub : needs[step].stubs)
      if (here.stubs.insert(stub).second) {
        part.stubs.push_back(stub);
        cost += kStubCost;
      }
    for (const size_t functor : needs[step].functors)
      if (here.functors.insert(functor).second)
        part.functors.push_back(functor);
  }
  for (Part &part : parts) {
    std::ranges::sort(part.steps);
    std::ranges::sort(part.stubs);
    std::ranges::sort(part.functors);
  }
  return parts;
}

std::vector<std::string> sourceNames(const std::string &name, size_t shards) {
  std::vector<std::string> names = {name + ".cpp"};
  for (size_t i = 0; shards > 1 && i < shards; ++i)
    names.push_back(fmt::format("{}.{}.cpp", name, i));
  return names;
}

size_t shardsFor(size_t steps, size_t stubs) {
  constexpr size_t kCostEach = 6000; // about 15 s
  constexpr size_t kMost = 64;
  return std::clamp<size_t>((steps + stubs * kStubCost) / kCostEach, 1, kMost);
}

} // namespace burin::codegen

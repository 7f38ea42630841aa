// SPDX-License-Identifier: Apache-2.0
#include "passes/place.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace burin::passes {
namespace {
using Order = std::vector<uint32_t>;

struct Span {
  int64_t begin, end;
};

/// The lowest offset at which `bytes` fit between what is taken (any order, may overlap).
int64_t lowestGap(std::vector<Span> &taken, int64_t bytes) {
  std::ranges::sort(taken, {}, &Span::begin);
  int64_t at = 0;
  for (const Span &s : taken) {
    if (s.begin - at >= bytes)
      break;
    at = std::max(at, s.end);
  }
  return at;
}

template <class Key> Order orderedBy(size_t n, Key key) {
  Order order(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, key);
  return order;
}

// ---- few: many orders ----

class Search {
public:
  Search(std::span<const Interval> all, int64_t effort) : all_{all}, effort_{effort} {
    const Order byBirth = orderedBy(all.size(), [&](uint32_t i) { return all[i].first; });
    neighbours_.resize(all.size());
    std::vector<uint32_t> live;
    for (const uint32_t i : byBirth) {
      std::erase_if(live, [&](uint32_t j) { return all[j].last < all[i].first; });
      for (const uint32_t j : live) {
        neighbours_[i].push_back(j);
        neighbours_[j].push_back(i);
      }
      live.push_back(i);
    }
  }

  Placement run(const Order &order) {
    Placement p{std::vector<int64_t>(all_.size(), -1), 0};
    std::vector<Span> taken;
    for (const uint32_t i : order) {
      taken.clear();
      for (const uint32_t j : neighbours_[i])
        if (p.offsets[j] >= 0)
          taken.push_back({p.offsets[j], p.offsets[j] + all_[j].bytes});
      effort_ -= static_cast<int64_t>(neighbours_[i].size()) + 1;
      p.offsets[i] = lowestGap(taken, all_[i].bytes);
      p.bytes = std::max(p.bytes, p.offsets[i] + all_[i].bytes);
    }
    return p;
  }

  bool isSpent() const { return effort_ <= 0; }

private:
  std::span<const Interval> all_;
  std::vector<std::vector<uint32_t>> neighbours_;
  int64_t effort_;
};

/// Orders that place well: what is hard to place goes first.
std::vector<Order> goodOrders(std::span<const Interval> all) {
  const size_t n = all.size();
  const auto lifetime = [&](uint32_t i) { return int64_t{all[i].last} - all[i].first + 1; };
  const auto area = [&](uint32_t i) {
    return static_cast<double>(all[i].bytes) * static_cast<double>(lifetime(i));
  };
  return {
      orderedBy(n, [&](uint32_t i) { return -all[i].bytes; }),
      orderedBy(n, [&](uint32_t i) { return -area(i); }),
      orderedBy(n, [&](uint32_t i) { return std::pair(-lifetime(i), -all[i].bytes); }),
      orderedBy(n, [&](uint32_t i) { return std::pair(all[i].first, -all[i].bytes); }),
      orderedBy(n, [&](uint32_t i) { return std::pair(-all[i].last, -all[i].bytes); }),
  };
}

/// Another order near this one: some that end on top go earlier, or some change places.
Order neighbourOf(Order order, const Placement &p, std::span<const Interval> all,
                  std::mt19937 &random) {
  const size_t n = order.size();
  if (random() % 2) {
    for (uint32_t swaps = 1 + random() % 3; swaps; --swaps)
      std::swap(order[random() % n], order[random() % n]);
    return order;
  }
  for (size_t k = 0; k < n; ++k)
    if (const uint32_t i = order[k]; k && p.offsets[i] + all[i].bytes == p.bytes) {
      const auto to = static_cast<ptrdiff_t>(random() % k);
      std::rotate(order.begin() + to, order.begin() + static_cast<ptrdiff_t>(k),
                  order.begin() + static_cast<ptrdiff_t>(k) + 1);
    }
  return order;
}

Placement placeFew(std::span<const Interval> all, int64_t bound, uint32_t seed, int64_t effort) {
  Search search{all, effort};
  Placement best;
  Order bestOrder;
  for (const Order &order : goodOrders(all)) {
    Placement p = search.run(order);
    if (bestOrder.empty() || p.bytes < best.bytes) {
      best = std::move(p);
      bestOrder = order;
    }
    if (best.bytes <= bound)
      return best;
  }
  std::mt19937 random{seed};
  while (!search.isSpent() && all.size() > 1) {
    Order order = neighbourOf(bestOrder, best, all, random);
    Placement p = search.run(order);
    if (p.bytes <= best.bytes) { // equal ones too: the walk leaves plateaus
      best = std::move(p);
      bestOrder = std::move(order);
    }
    if (best.bytes <= bound)
      break;
  }
  return best;
}

// ---- many ----

/// Intervals by birth, as an implicit tree whose nodes know the latest death below them among those
/// that have been placed.
class IntervalTree {
public:
  explicit IntervalTree(std::span<const Interval> all)
      : all_{all}, byBirth_{orderedBy(all.size(), [&](uint32_t i) { return all[i].first; })},
        rank_(all.size()), size_{std::bit_ceil(std::max<size_t>(all.size(), 1))},
        latest_(2 * size_, kNone) {
    for (uint32_t r = 0; r < byBirth_.size(); ++r)
      rank_[byBirth_[r]] = r;
  }

  void insert(uint32_t i) {
    for (size_t node = size_ + rank_[i]; node; node /= 2)
      latest_[node] = std::max(latest_[node], all_[i].last);
  }

  /// Visits what has been inserted and lives together with interval i.
  template <class Visit> void overlapping(uint32_t i, Visit visit) const {
    const auto end = std::ranges::upper_bound(byBirth_, all_[i].last, {},
                                              [&](uint32_t j) { return all_[j].first; });
    descend(1, 0, size_, static_cast<size_t>(end - byBirth_.begin()), all_[i].first, visit);
  }

private:
  static constexpr int kNone = INT32_MIN;

  template <class Visit>
  void descend(size_t node, size_t begin, size_t end, size_t bornBefore, int since,
               Visit &visit) const {
    if (begin >= bornBefore || latest_[node] < since || latest_[node] == kNone)
      return;
    if (end - begin == 1) {
      visit(byBirth_[begin]);
      return;
    }
    const size_t middle = begin + (end - begin) / 2;
    descend(2 * node, begin, middle, bornBefore, since, visit);
    descend(2 * node + 1, middle, end, bornBefore, since, visit);
  }

  std::span<const Interval> all_;
  Order byBirth_;
  std::vector<uint32_t> rank_;
  size_t size_;
  std::vector<int> latest_;
};

/// First fit in an order. False if it takes more than what is left of `effort` comparisons.
bool placeInOrder(std::span<const Interval> all, const Order &order, int64_t &effort,
                  Placement &p) {
  p = {std::vector<int64_t>(all.size(), -1), 0};
  IntervalTree tree{all};
  std::vector<Span> taken;
  for (const uint32_t i : order) {
    taken.clear();
    tree.overlapping(i, [&](uint32_t j) {
      taken.push_back({p.offsets[j], p.offsets[j] + all[j].bytes});
    });
    effort -= static_cast<int64_t>(taken.size()) * std::bit_width(taken.size()) + 1; // to sort them
    if (effort < 0)
      return false;
    p.offsets[i] = lowestGap(taken, all[i].bytes);
    p.bytes = std::max(p.bytes, p.offsets[i] + all[i].bytes);
    tree.insert(i);
  }
  return true;
}

/// The free space below the highest end so far: gaps by offset and by size.
class FreeSpace {
public:
  int64_t take(int64_t bytes) {
    if (const auto fit = bySize_.lower_bound({bytes, 0}); fit != bySize_.end()) {
      const auto [size, offset] = *fit;
      drop(offset);
      if (size > bytes)
        keep(offset + bytes, size - bytes);
      return offset;
    }
    int64_t offset = end_;
    if (!byOffset_.empty()) // grow the gap at the end
      if (const auto [begin, size] = *byOffset_.rbegin(); begin + size == end_) {
        drop(begin);
        offset = begin;
      }
    end_ = offset + bytes;
    return offset;
  }

  void release(int64_t offset, int64_t bytes) {
    auto next = byOffset_.lower_bound(offset);
    if (next != byOffset_.begin())
      if (const auto [begin, size] = *std::prev(next); begin + size == offset) {
        drop(begin);
        offset = begin;
        bytes += size;
      }
    next = byOffset_.lower_bound(offset);
    if (next != byOffset_.end() && offset + bytes == next->first) {
      bytes += next->second;
      drop(next->first);
    }
    keep(offset, bytes);
  }

private:
  void keep(int64_t offset, int64_t size) {
    byOffset_.emplace(offset, size);
    bySize_.emplace(size, offset);
  }
  void drop(int64_t offset) {
    const auto it = byOffset_.find(offset);
    bySize_.erase({it->second, offset});
    byOffset_.erase(it);
  }

  std::map<int64_t, int64_t> byOffset_;
  std::set<std::pair<int64_t, int64_t>> bySize_;
  int64_t end_ = 0;
};

Placement placeByTime(std::span<const Interval> all) {
  Placement p{std::vector<int64_t>(all.size(), 0), 0};
  const Order births =
      orderedBy(all.size(), [&](uint32_t i) { return std::pair(all[i].first, -all[i].bytes); });
  const Order deaths = orderedBy(all.size(), [&](uint32_t i) { return all[i].last; });
  FreeSpace space;
  size_t dead = 0;
  for (const uint32_t i : births) {
    if (all[i].bytes == 0)
      continue;
    for (; all[deaths[dead]].last < all[i].first; ++dead)
      if (const uint32_t j = deaths[dead]; all[j].bytes)
        space.release(p.offsets[j], all[j].bytes);
    p.offsets[i] = space.take(all[i].bytes);
    p.bytes = std::max(p.bytes, p.offsets[i] + all[i].bytes);
  }
  return p;
}

} // namespace

Peak peakOf(std::span<const Interval> all) {
  std::map<int, int64_t> change;
  for (const Interval &i : all) {
    change[i.first] += i.bytes;
    change[i.last + 1] -= i.bytes;
  }
  Peak peak;
  int64_t live = 0;
  for (const auto &[at, delta] : change) {
    live += delta;
    if (live > peak.bytes)
      peak = {live, at};
  }
  return peak;
}

Placement place(std::span<const Interval> all, int64_t bound, uint32_t seed, int64_t effort) {
  if (all.size() <= kFewIntervals)
    return placeFew(all, bound, seed, effort);
  Placement best = placeByTime(all);
  for (const Order &order : goodOrders(all)) {
    Placement p;
    if (best.bytes <= bound || !placeInOrder(all, order, effort, p))
      break;
    if (p.bytes < best.bytes)
      best = std::move(p);
  }
  return best;
}

} // namespace burin::passes

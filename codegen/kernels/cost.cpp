// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/cost.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
using ir::Machine;

constexpr double kTileStart = 40;    // cycles to begin and to end a register tile
constexpr double kFmaCycles = 4;     // until the sum of a multiply-add can be used again
constexpr double kExposed = .7;      // of a stream of weights, what multiplying does not hide
constexpr double kMustWin = 1.1;     // by what a plan has to beat one with fewer weights
constexpr double kLeastGain = 3e-6;  // seconds: less is not worth the memory for transformed tiles
constexpr int64_t kFewestBlocks = 4; // with fewer, tasks share the panels instead

/// The register tile of runtime-lite/burin/rt/config.h for the vectors of the machine.
struct RegisterTile {
  int64_t rows, columns;
};
RegisterTile tileOf(const Machine &m) {
  return m.isa == "avx512" ? RegisterTile{8, 32}
         : m.isa == "avx2" ? RegisterTile{6, 16}
         : m.isa == "neon" ? RegisterTile{8, 8}
         : m.isa == "sse2" ? RegisterTile{4, 8}
                           : RegisterTile{4, 4};
}

/// Seconds for `rows` rows by `depth` of one panel of a tile's columns, in tiles as gemm.h cuts
/// them: no more than `block` rows are there at once.
double tileSeconds(const Machine &m, int64_t rows, int64_t block, int64_t depth) {
  const RegisterTile tile = tileOf(m);
  const double cycle = 1 / (m.gigahertz * 1e9);
  const double rowCycles = 2 * static_cast<double>(tile.columns) * m.gigahertz / m.peak();
  // With fewer rows, multiply-adds wait for each other: two vectors of each row are on their way.
  const double waiting = kFmaCycles / rowCycles;
  const int64_t tiles = (block + tile.rows - 1) / tile.rows, most = (block + tiles - 1) / tiles;
  double cycles = 0;
  for (int64_t left = rows, size = most; left > 0; left -= size) {
    while (size > left) // what whole tiles leave over is done in halves
      size = left == rows % most && block % most == left ? left : (size + 1) / 2;
    cycles +=
        rowCycles * std::max(static_cast<double>(size), waiting) * static_cast<double>(depth) +
        kTileStart;
  }
  return cycles * cycle;
}

double seconds(double bytes, double rate) { return bytes / (rate * 1e9); }

/// Both at once: the longer one, and what the shorter one adds.
double overlapped(double a, double b) { return std::max(a, b) + kExposed * std::min(a, b); }

double panelsOf(const Machine &m, int64_t columns) {
  const int64_t panel = tileOf(m).columns;
  return static_cast<double>((columns + panel - 1) / panel);
}

int64_t tilesOf(const Conv3x3 &c, int tile) {
  return c.images * ((c.height + tile - 1) / tile) * ((c.width + tile - 1) / tile);
}

ConvPlan planDirect(const Machine &m, const Conv3x3 &c) {
  const int64_t depth = 9 * c.channels;
  const double products = static_cast<double>(c.images * c.height) * panelsOf(m, c.outChannels) *
                          tileSeconds(m, c.width, c.width, depth);
  const double weights = 4. * static_cast<double>(depth * c.outChannels);
  const double border =
      8. * static_cast<double>(c.images * c.height * c.width * c.channels); // copied into it
  return {0, 0, false,
          overlapped(products, seconds(weights, m.memoryRate)) + seconds(border, m.l2Rate)};
}

ConvPlan planBlocks(const Machine &m, const Conv3x3 &c, int tile, int64_t block) {
  const int64_t points = (tile + 2) * (tile + 2), pixels = tile * tile;
  const int64_t tiles = tilesOf(c, tile);
  const double panels = panelsOf(m, c.outChannels);
  const double weights = 4. * static_cast<double>(points * c.channels * c.outChannels);
  const double scratch = 4. * static_cast<double>(points * block) *
                         static_cast<double>(c.channels + tileOf(m).columns);
  const auto l2 = static_cast<double>(m.l2Bytes), l3 = static_cast<double>(m.l3Bytes);
  const double nextRate = weights + scratch < l2   ? m.l2Rate
                          : weights + scratch < l3 ? m.l3Rate
                                                   : m.memoryRate;
  // What the transforms read and write of one tile, points and pixels of both sides.
  const double moved = 4. * static_cast<double>(points * (3 * c.channels + 2 * c.outChannels) +
                                                pixels * c.outChannels);
  // An input that does not fit L2 beside the weights comes from L3 again for every panel.
  const bool fits = scratch < .6 * l2;
  const double again = fits ? 0 : 4. * static_cast<double>(points * c.channels) * panels;
  double total = 0;
  for (int64_t first = 0; first < tiles; first += block) {
    const int64_t n = std::min(block, tiles - first);
    const double products =
        static_cast<double>(points) * panels * tileSeconds(m, n, block, c.channels);
    total += overlapped(products, seconds(weights, first == 0 ? m.memoryRate : nextRate)) +
             static_cast<double>(n) * (seconds(moved, m.l2Rate) + seconds(again, m.l3Rate));
  }
  return {tile, block, (tiles + block - 1) / block < kFewestBlocks, total};
}

/// Blocks of whole register tiles, of eight rows or of seven.
std::vector<ConvPlan> planWinograd(const Machine &m, const Conv3x3 &c, int tile) {
  const int64_t tiles = tilesOf(c, tile);
  std::vector<ConvPlan> plans = {planBlocks(m, c, tile, std::min<int64_t>(tiles, 64))};
  for (const int64_t block : {8, 14, 16, 24, 28, 32, 48})
    if (block < tiles && (block % 8 == 0 || tiles % 7 == 0))
      plans.push_back(planBlocks(m, c, tile, block));
  std::ranges::stable_sort(plans, {}, &ConvPlan::seconds);
  return plans;
}

} // namespace

std::string ConvPlan::form() const {
  return tile ? fmt::format("winograd {0}x{0}, {1} tiles at once", tile, block) : "direct";
}

std::vector<ConvPlan> plansOf(const Machine &m, const Conv3x3 &c) {
  std::vector<ConvPlan> plans = {planDirect(m, c)};
  for (const int tile : {2, 4})
    for (const ConvPlan &plan : planWinograd(m, c, tile))
      plans.push_back(plan);
  return plans;
}

ConvPlan planConv3x3(const Machine &m, const Conv3x3 &c) {
  const std::vector<ConvPlan> plans = plansOf(m, c);
  const ConvPlan &direct = plans.front();
  ConvPlan best = direct;
  for (const ConvPlan &plan : plans)
    if (plan.seconds * (plan.tile == best.tile ? 1 : kMustWin) < best.seconds &&
        (plan.tile == 0 || plan.seconds + kLeastGain < direct.seconds))
      best = plan;
  return best;
}

} // namespace burin::kernels

// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/cost.h"

#include <algorithm>

namespace burin::kernels {
namespace {

// An AMD Zen 4 core of a server, as measured. What is decided by it holds for its kind: caches that
// feed the multipliers from L2, and a memory that does not.
constexpr Machine kDefault{
    .flops = 118, .l2Rate = 118, .l3Rate = 90, .memoryRate = 24, .l2Bytes = 1 << 20};

constexpr double kLanes = 32;        // columns of a register tile
constexpr int64_t kTileRows = 8;     // its rows, at most
constexpr double kTileStart = 40;    // cycles to begin and to end one
constexpr double kLatencyRows = 2;   // below that, multiply-adds wait for each other
constexpr double kExposed = .7;      // of a stream of weights, what multiplying does not hide
constexpr double kMustWin = 1.1;     // by what a plan has to beat one with fewer weights
constexpr double kLeastGain = 3e-6;  // seconds: less is not worth the memory for transformed tiles
constexpr int64_t kFewestBlocks = 4; // with fewer, tasks share the panels instead

/// Seconds for `rows` rows by `depth` of one panel of kLanes columns, in tiles as gemm.h cuts them.
double tileSeconds(const Machine &m, int64_t rows, int64_t block, int64_t depth) {
  const double cycle = 32 / (m.flops * 1e9); // one multiply-add of 16 lanes
  const int64_t tiles = (block + kTileRows - 1) / kTileRows, most = (block + tiles - 1) / tiles;
  double cycles = 0;
  for (int64_t left = rows, size = most; left > 0; left -= size) {
    while (size > left) // what whole tiles leave over is done in halves
      size = left == rows % most && block % most == left ? left : (size + 1) / 2;
    cycles +=
        2 * std::max<double>(static_cast<double>(size), kLatencyRows) * static_cast<double>(depth) +
        kTileStart;
  }
  return cycles * cycle;
}

double seconds(double bytes, double rate) { return bytes / (rate * 1e9); }

/// Both at once: the longer one, and what the shorter one adds.
double overlapped(double a, double b) { return std::max(a, b) + kExposed * std::min(a, b); }

double panelsOf(int64_t columns) { return static_cast<double>((columns + 31) / 32); }

ConvPlan planBlocks(const Machine &m, const Conv3x3 &c, int tile, int64_t block) {
  const int64_t points = (tile + 2) * (tile + 2), pixels = tile * tile;
  const int64_t tiles = c.images * ((c.height + tile - 1) / tile) * ((c.width + tile - 1) / tile);
  const double weights = 4. * static_cast<double>(points * c.channels * c.outChannels);
  const double scratch =
      4. * static_cast<double>(points * block) * (static_cast<double>(c.channels) + kLanes);
  const auto l2 = static_cast<double>(m.l2Bytes);
  // What the transforms read and write of one tile, points and pixels of both sides.
  const double moved = 4. * static_cast<double>(points * (3 * c.channels + 2 * c.outChannels) +
                                                pixels * c.outChannels);
  // An input that does not fit L2 beside the weights comes from L3 again for every panel.
  const bool fits = scratch < .6 * l2;
  const double again =
      fits ? 0 : 4. * static_cast<double>(points * c.channels) * panelsOf(c.outChannels);
  double total = 0;
  for (int64_t first = 0; first < tiles; first += block) {
    const int64_t n = std::min(block, tiles - first);
    const double products = static_cast<double>(points) * panelsOf(c.outChannels) *
                            tileSeconds(m, n, block, c.channels);
    const double rate = first == 0 ? m.memoryRate : weights + scratch < l2 ? m.l2Rate : m.l3Rate;
    total += overlapped(products, seconds(weights, rate)) +
             static_cast<double>(n) * (seconds(moved, m.l2Rate) + seconds(again, m.l3Rate));
  }
  return {tile, block, (tiles + block - 1) / block < kFewestBlocks, total};
}

} // namespace

const Machine &defaultMachine() { return kDefault; }

ConvPlan planDirect(const Machine &m, const Conv3x3 &c) {
  const int64_t depth = 9 * c.channels;
  const double products = static_cast<double>(c.images * c.height) * panelsOf(c.outChannels) *
                          tileSeconds(m, c.width, c.width, depth);
  const double weights = 4. * static_cast<double>(depth * c.outChannels);
  const double border =
      8. * static_cast<double>(c.images * c.height * c.width * c.channels); // copied into it
  return {0, 0, false,
          overlapped(products, seconds(weights, m.memoryRate)) + seconds(border, m.l2Rate)};
}

ConvPlan planWinograd(const Machine &m, const Conv3x3 &c, int tile) {
  const int64_t tiles = c.images * ((c.height + tile - 1) / tile) * ((c.width + tile - 1) / tile);
  ConvPlan best = planBlocks(m, c, tile, std::min<int64_t>(tiles, 64));
  // Blocks of whole register tiles, of eight rows or of seven.
  for (const int64_t block : {8, 14, 16, 24, 28, 32, 48}) {
    if (block >= tiles || (block % 8 && tiles % 7))
      continue;
    if (const ConvPlan plan = planBlocks(m, c, tile, block); plan.seconds < best.seconds)
      best = plan;
  }
  return best;
}

ConvPlan planConv3x3(const Machine &m, const Conv3x3 &c) {
  const ConvPlan direct = planDirect(m, c);
  ConvPlan best = direct;
  for (const int tile : {2, 4})
    if (const ConvPlan plan = planWinograd(m, c, tile);
        plan.seconds * kMustWin < best.seconds && plan.seconds + kLeastGain < direct.seconds)
      best = plan;
  return best;
}

} // namespace burin::kernels

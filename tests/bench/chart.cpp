// SPDX-License-Identifier: Apache-2.0
#include "chart.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

namespace burin::bench {
namespace {

std::string escaped(const std::string &text) {
  std::string out;
  for (const char c : text)
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

} // namespace

void writeBars(const std::filesystem::path &path, const std::string &title,
               const std::string &subtitle, const std::vector<Bar> &bars, double mark) {
  constexpr int kWidth = 980, kLeft = 340, kRight = 190, kTop = 64, kRow = 22;
  double most = mark;
  for (const Bar &bar : bars)
    most = std::max(most, bar.value);
  const double unit = (kWidth - kLeft - kRight) / most;
  const int bottom = kTop + static_cast<int>(bars.size()) * kRow;
  std::string svg =
      fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                  "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
                  "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
                  "<text x=\"16\" y=\"24\" font-size=\"16\">{2}</text>\n"
                  "<text x=\"16\" y=\"44\" fill=\"#555\">{3}</text>\n",
                  kWidth, bottom + 16, escaped(title), escaped(subtitle));
  for (size_t i = 0; i < bars.size(); ++i) {
    const int y = kTop + static_cast<int>(i) * kRow;
    const double width = bars[i].value * unit;
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n"
                       "<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" fill=\"{}\"/>\n"
                       "<text x=\"{:.1f}\" y=\"{}\" fill=\"#333\">{}</text>\n",
                       kLeft - 8, y + 12, escaped(bars[i].name), kLeft, y + 1, width,
                       bars[i].value >= mark ? "#2a78b5" : "#c8622c", kLeft + width + 6, y + 12,
                       escaped(bars[i].label));
  }
  svg += fmt::format("<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#333\" "
                     "stroke-dasharray=\"3 3\"/>\n</svg>\n",
                     kLeft + mark * unit, kTop - 4, bottom);
  std::ofstream file(path);
  if (!(file << svg))
    throw std::runtime_error("cannot write " + path.string());
}

} // namespace burin::bench

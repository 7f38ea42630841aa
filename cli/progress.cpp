// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include "cli/terminal.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::cli {
namespace {
using namespace std::chrono_literals;
constexpr auto kSilence = 1s;
constexpr auto kInterval = 100ms;
constexpr size_t kBar = 24;
} // namespace

Progress::Progress(std::FILE *file, bool enabled)
    : file_{enabled && isTerminal(file) ? file : nullptr}, start_{Clock::now()}, last_{start_} {}

Progress::~Progress() { erase(); }

void Progress::update(std::string_view stage, size_t done, size_t total) {
  if (file_)
    updateAt(Clock::now(), stage, done, total);
}

void Progress::updateAt(Clock::time_point now, std::string_view stage, size_t done, size_t total) {
  if (now - start_ < kSilence || (visible_ && now - last_ < kInterval))
    return;
  last_ = now;
  visible_ = true;
  if (total == 0) {
    fmt::print(file_, "\r\033[K{}: {}", stage, done);
  } else {
    const size_t filled = kBar * std::min(done, total) / total;
    fmt::print(file_, "\r\033[K{:<{}}  {}: {} of {}", std::string(filled, '#'), kBar, stage, done,
               total);
  }
  std::fflush(file_);
}

void Progress::erase() {
  if (!visible_)
    return;
  visible_ = false;
  fmt::print(file_, "\r\033[K");
  std::fflush(file_);
}

} // namespace burin::cli

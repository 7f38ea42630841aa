// SPDX-License-Identifier: Apache-2.0
//
// A line that shows how far a long task is: on a terminal only, and only after a second.
#pragma once

#include <chrono>
#include <cstdio>
#include <string_view>

namespace burin::cli {

class Progress {
public:
  using Clock = std::chrono::steady_clock;

  /// Shows nothing at all unless `enabled` (not --quiet) and `file` is a terminal.
  Progress(std::FILE *file, bool enabled);
  /// Erases the line.
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// Cheap enough to be called for every op. `total` may be 0: not known.
  void update(std::string_view stage, size_t done, size_t total);
  void erase();

protected:
  /// For tests: as on a terminal, with a clock of their own.
  Progress(std::FILE *file, Clock::time_point start) : file_{file}, start_{start}, last_{start} {}
  void updateAt(Clock::time_point now, std::string_view stage, size_t done, size_t total);

private:
  std::FILE *file_; // null: shows nothing
  Clock::time_point start_, last_;
  bool visible_ = false;
};

} // namespace burin::cli

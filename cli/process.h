// SPDX-License-Identifier: Apache-2.0
//
// Other programs: the C++ compiler, and what it built.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace burin::cli {

/// A folder that is removed again.
class ScratchFolder {
public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;
  const std::filesystem::path &path() const { return path_; }

private:
  std::filesystem::path path_;
};

struct ProcessResult {
  int code = 0;   ///< exit code
  int signal = 0; ///< that ended it; 0: none
  bool timedOut = false;
  std::string output; ///< stdout and stderr together; the first 64 KiB
  bool succeeded() const { return code == 0 && signal == 0 && !timedOut; }
  std::string outcome() const; ///< "exit code 1", "signal 11 (Segmentation fault)", "a timeout"
};

/// Runs a program, found by PATH, without a shell. After `limit` it and its children are killed.
/// Throws CompileError (usage) if it cannot be started.
ProcessResult runProcess(const std::vector<std::string> &words, std::chrono::seconds limit);

} // namespace burin::cli

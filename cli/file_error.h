// SPDX-License-Identifier: Apache-2.0
//
// What reading and writing files share: "cannot read 'x.onnx': no such file or directory", in the
// same words for every file.
#pragma once

#include "ir/diagnostic.h"

#include <cctype>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

namespace burin::cli {

[[noreturn]] inline void cannotRead(const std::filesystem::path &path, std::string_view reason) {
  throw CompileError(Problem::unreadable, {},
                     fmt::format("cannot read '{}': {}", path.string(), reason));
}

[[noreturn]] inline void cannotWrite(const std::filesystem::path &path, std::string_view reason) {
  throw CompileError(Problem::usage, {},
                     fmt::format("cannot write '{}': {}", path.string(), reason));
}

/// Closes on every way out.
struct Descriptor {
  int fd;
  explicit Descriptor(int file) : fd{file} {}
  ~Descriptor() { ::close(fd); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
};

/// The reason behind a value of errno, in lower case as every diagnostic.
inline std::string reasonOf(int error) {
  std::string reason = std::generic_category().message(error);
  if (!reason.empty())
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return reason;
}

} // namespace burin::cli

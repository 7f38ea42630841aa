// SPDX-License-Identifier: Apache-2.0
//
// The source of an archive: files are parsed when something of them is first asked for.
#pragma once

#include "frontend/torchscript/archive.h"
#include "frontend/torchscript/syntax.h"

namespace burin::torchscript {

class Program {
public:
  explicit Program(const Archive &archive) : archive_{archive} {}

  /// By qualified name, "__torch__.a.b.Name"; null if no file defines it.
  const Class *findClass(std::string_view name);
  const Function *findFunction(std::string_view name);
  const Class &classNamed(std::string_view name); ///< throws where there is none

  /// The line of the user's own program that a place was made of, "net.py:12", where the archive
  /// tells; else the line in the archive.
  std::string placeOf(const SourceFile &, uint32_t offset);

private:
  struct Range {
    uint32_t offset;
    std::string place;
  };
  struct File {
    SourceFile source;
    Module module;
    bool hasRanges = false;
    std::vector<Range> ranges; ///< sorted
  };
  File *fileOf(std::string_view module);
  void readRanges(File &);

  const Archive &archive_;
  std::map<std::string, std::unique_ptr<File>, std::less<>> files_; ///< by module
};

} // namespace burin::torchscript

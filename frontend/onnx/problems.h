// SPDX-License-Identifier: Apache-2.0
//
// Collecting the problems of a model, so that all of them are reported at once.
#pragma once

#include "ir/diagnostic.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace burin::onnx {

/// 'name' for a message: control characters escaped, cut after 120 bytes.
std::string quote(std::string_view);

class Problems {
public:
  void add(const CompileError &error) { all_.push_back(error.diagnostic()); }
  /// Runs `step`; a CompileError of it is kept, the import goes on, and the result is false.
  template <class Step> bool collect(Step &&step) {
    try {
      std::forward<Step>(step)();
      return true;
    } catch (const CompileError &error) {
      add(error);
      return false;
    }
  }
  /// Throws CompileErrors with everything that was collected, if anything was.
  void raise() {
    if (!all_.empty())
      throw CompileErrors(std::exchange(all_, {}));
  }

private:
  std::vector<Diagnostic> all_;
};

} // namespace burin::onnx

// SPDX-License-Identifier: Apache-2.0
//
// What a program requires of its inputs beyond ranges, as Python: "(L['x'].size()[0] % 2) == 0".
// torch.export has left out the ways through the model that other inputs would take.
#pragma once

#include "frontend/torchscript/operators.h"

namespace burin::exported {

class Guards {
public:
  /// `inputs`: by their names at the interface, "d.a".
  Guards(torchscript::Evaluation &, torchscript::Operators &,
         const std::map<std::string, torchscript::Host, std::less<>> &inputs);

  /// The condition: known, or a value of the run. Nothing for what is not understood.
  std::optional<torchscript::Host> evaluate(std::string_view condition);

private:
  class Reader;
  torchscript::Evaluation &in_;
  torchscript::Operators &operators_;
  const std::map<std::string, torchscript::Host, std::less<>> &inputs_;
};

} // namespace burin::exported

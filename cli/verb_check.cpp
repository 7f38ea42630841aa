// SPDX-License-Identifier: Apache-2.0
//
// burin check MODEL: everything of `compile` but the files.
#include "cli/format.h"
#include "cli/model.h"
#include "cli/pipeline.h"
#include "cli/problems.h"
#include "cli/verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace burin::cli {

int runCheck(const Settings &settings) {
  const Model model = readModel(settings);
  const size_t nodes = countOps(*model.module);
  optimise(*model.module, settings);
  const Compiled compiled = generateCode(*model.module, model.name, settings);
  if (settings.flag("json"))
    print(dump({{"errors", nlohmann::ordered_json::array()}, {"nodes", nodes}}, false));
  else if (!settings.flag("quiet"))
    print(fmt::format("ok: {} nodes, {} steps, arena {}, weights {}\n", nodes,
                      compiled.summary.steps, bytesText(compiled.summary.arenaBytes),
                      bytesText(compiled.summary.weightBytes)));
  return kOk;
}

} // namespace burin::cli

// SPDX-License-Identifier: Apache-2.0
//
// Which tensor of the checkpoint a variable has. Names of variables are not unique, so none of the
// three ways goes by name: the object graph, what the restore operation assigns, and, for Keras 3,
// the variables that copies of others are made from.
#pragma once

#include "frontend/savedmodel/model.h"

namespace burin::savedmodel {

/// A tensor of the checkpoint, or a part of one.
struct CheckpointKey {
  std::string key, slice;
  bool operator==(const CheckpointKey &) const = default;
};

/// By the node of the main graph that makes the handle.
using VariableKeys = std::map<std::string_view, CheckpointKey>;

/// Reads the object graphs and the restore and initialisation nodes of the graph; compares the
/// bytes where two ways give different keys.
VariableKeys variableKeys(Model &, const MetaGraph &, const Graph &main,
                          const std::map<std::string_view, Message> &functions);

} // namespace burin::savedmodel

// SPDX-License-Identifier: Apache-2.0
//
// From bytes to protobuf's messages, and the pieces of them that models and test data share.
#pragma once

#include "frontend/onnx/model.h"
#include "frontend/onnx/wire.h"

#include "onnx.pb.h"

namespace burin::onnx {

/// Parses everything but tensor data; CompileError(unreadable) if it cannot be.
void parseInto(google::protobuf::MessageLite &, std::span<const std::byte>, Root);

template <class Message> Message parse(std::span<const std::byte> file, Root root) {
  Message message;
  parseInto(message, file, root);
  return message;
}

Type typeOf(const pb::TypeProto &);

} // namespace burin::onnx

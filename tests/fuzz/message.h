// SPDX-License-Identifier: Apache-2.0
//
// Protobuf messages of any type as trees, so that what changes inside of one leaves the lengths
// around it right.
#pragma once

#include "tests/fuzz/random.h"

#include <optional>

namespace burin::fuzz {

struct Field {
  uint32_t number = 0;
  uint8_t wire = 0;
  uint64_t value = 0;        ///< of wire types 0, 1 and 5
  std::string bytes;         ///< of wire type 2, where these are no message
  std::vector<Field> fields; ///< where they are
  bool isMessage = false;
};
using Fields = std::vector<Field>;

/// Nothing if the bytes are no message.
std::optional<Fields> fieldsOf(std::string_view, int depth = 0);
std::string bytesOf(const Fields &);
/// Changes a message in one to four places, with parts of itself and of `donor`.
void mutateMessage(Fields &, const Fields &donor, Random &);

} // namespace burin::fuzz

// SPDX-License-Identifier: Apache-2.0
//
// Protobuf's wire format, read in place: a message is a range of the mapped file, its fields are
// read when they are asked for, and large bytes stay where they are. Every length is checked.
#pragma once

#include "ir/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::savedmodel {

using Span = std::span<const std::byte>;

inline std::string_view textOf(Span bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

class Message;

/// One field of a message; the readers throw CompileError(unreadable) where the wire type differs.
class Field {
public:
  uint32_t number;

  bool isMessage() const { return wire_ == Wire::bytes; } ///< or text, or bytes
  Span bytes() const;
  std::string_view text() const { return textOf(bytes()); }
  uint64_t unsignedInteger() const; ///< of a varint or a fixed number
  int64_t integer() const { return static_cast<int64_t>(unsignedInteger()); }
  bool boolean() const { return unsignedInteger() != 0; }
  float real() const;
  Message message(std::string_view type) const;
  /// A repeated number, packed or one of several.
  void addIntegers(std::vector<int64_t> &to) const;
  void addReals(std::vector<float> &to) const;
  void addDoubles(std::vector<double> &to) const;

private:
  friend class Message;
  enum class Wire : uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

  Field(const Message &message, uint32_t fieldNumber, Wire wire, uint64_t value, Span bytes)
      : number{fieldNumber}, in_{&message}, wire_{wire}, value_{value}, bytes_{bytes} {}
  void expect(Wire) const;

  const Message *in_;
  Wire wire_;
  uint64_t value_;
  Span bytes_;
};

/// A message of a type, which messages about it name.
class Message {
public:
  Message() = default;
  /// The whole of a file, which messages call `file`.
  Message(std::string_view type, Span bytes, std::string_view file)
      : type_{type}, file_{file}, bytes_{bytes}, begin_{bytes.data()} {}

  /// Calls take(field) for each field in order.
  template <class Take> void each(Take &&take) const {
    for (size_t at = 0; at < bytes_.size();)
      take(fieldAt(at));
  }
  /// The last field of this number as bytes; empty if there is none.
  Span bytes(uint32_t number) const;
  std::string_view text(uint32_t number) const { return textOf(bytes(number)); }
  int64_t integer(uint32_t number, int64_t otherwise = 0) const;
  Message message(uint32_t number, std::string_view type) const;
  bool has(uint32_t number) const;

  Span span() const { return bytes_; }
  [[noreturn]] void corrupt(const std::byte *at, std::string_view expectation) const;

private:
  friend class Field;
  Message(std::string_view type, Span bytes, const Message &outer)
      : type_{type}, file_{outer.file_}, bytes_{bytes}, begin_{outer.begin_} {}
  Field fieldAt(size_t &at) const;

  std::string_view type_, file_;
  Span bytes_;
  const std::byte *begin_ = nullptr; ///< of the file
};

/// A varint at `at`, which moves behind it; false if it does not end within the range.
bool readVarint(Span, size_t &at, uint64_t &value);
/// `size` bytes, little-endian; the caller knows that they are there.
uint64_t readFixed(Span, size_t at, size_t size);

} // namespace burin::savedmodel

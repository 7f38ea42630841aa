// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/wire.h"

#include <bit>
#include <fmt/format.h>

namespace burin::savedmodel {

bool readVarint(Span bytes, size_t &at, uint64_t &value) {
  value = 0;
  for (unsigned i = 0; i < 10 && at + i < bytes.size(); ++i) {
    const auto byte = std::to_integer<uint64_t>(bytes[at + i]);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      at += i + 1;
      return true;
    }
  }
  return false;
}

uint64_t readFixed(Span bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value |= std::to_integer<uint64_t>(bytes[at + i]) << (8 * i);
  return value;
}

// ---- fields ----

void Field::expect(Wire wire) const {
  if (wire_ != wire)
    in_->corrupt(bytes_.data(),
                 fmt::format("field {} has another wire type than it should", number));
}

Span Field::bytes() const {
  expect(Wire::bytes);
  return bytes_;
}

uint64_t Field::unsignedInteger() const {
  if (wire_ == Wire::bytes)
    expect(Wire::varint);
  return value_;
}

float Field::real() const {
  expect(Wire::fixed32);
  return std::bit_cast<float>(static_cast<uint32_t>(value_));
}

Message Field::message(std::string_view type) const {
  expect(Wire::bytes);
  return {type, bytes_, *in_};
}

void Field::addIntegers(std::vector<int64_t> &to) const {
  if (wire_ != Wire::bytes) {
    to.push_back(integer());
    return;
  }
  for (size_t at = 0; at < bytes_.size();) {
    uint64_t value;
    if (!readVarint(bytes_, at, value))
      in_->corrupt(bytes_.data() + at, "a varint should end within 10 bytes");
    to.push_back(static_cast<int64_t>(value));
  }
}

void Field::addReals(std::vector<float> &to) const {
  if (wire_ != Wire::bytes) {
    to.push_back(real());
    return;
  }
  if (bytes_.size() % 4 != 0)
    in_->corrupt(bytes_.data(), "the length should be a multiple of 4");
  for (size_t at = 0; at < bytes_.size(); at += 4)
    to.push_back(std::bit_cast<float>(static_cast<uint32_t>(readFixed(bytes_, at, 4))));
}

void Field::addDoubles(std::vector<double> &to) const {
  if (wire_ != Wire::bytes) {
    expect(Wire::fixed64);
    to.push_back(std::bit_cast<double>(value_));
    return;
  }
  if (bytes_.size() % 8 != 0)
    in_->corrupt(bytes_.data(), "the length should be a multiple of 8");
  for (size_t at = 0; at < bytes_.size(); at += 8)
    to.push_back(std::bit_cast<double>(readFixed(bytes_, at, 8)));
}

// ---- messages ----

Field Message::fieldAt(size_t &at) const {
  const std::byte *start = bytes_.data() + at;
  uint64_t tag;
  if (!readVarint(bytes_, at, tag) || tag >> 3 == 0 || tag > UINT32_MAX)
    corrupt(start, "a field should start here");
  const auto number = static_cast<uint32_t>(tag >> 3);
  const auto wire = static_cast<Field::Wire>(tag & 7);
  uint64_t value = 0;
  switch (wire) {
  case Field::Wire::varint:
    if (!readVarint(bytes_, at, value))
      corrupt(start, "a varint should end within 10 bytes");
    return {*this, number, wire, value, bytes_.subspan(at, 0)};
  case Field::Wire::fixed64:
  case Field::Wire::fixed32: {
    const size_t size = wire == Field::Wire::fixed64 ? 8 : 4;
    if (bytes_.size() - at < size)
      corrupt(start, fmt::format("a number of {} bytes should follow", size));
    value = readFixed(bytes_, at, size);
    at += size;
    return {*this, number, wire, value, bytes_.subspan(at, 0)};
  }
  case Field::Wire::bytes: {
    if (!readVarint(bytes_, at, value))
      corrupt(start, "a length should end within 10 bytes");
    if (value > bytes_.size() - at)
      corrupt(start,
              fmt::format("{} bytes should follow, but {} are left", value, bytes_.size() - at));
    const Span bytes = bytes_.subspan(at, value);
    at += value;
    return {*this, number, wire, 0, bytes};
  }
  }
  corrupt(start,
          fmt::format("field {} has wire type {}, which TensorFlow does not use", number, tag & 7));
}

Span Message::bytes(uint32_t number) const {
  Span found;
  each([&](const Field &f) {
    if (f.number == number)
      found = f.bytes();
  });
  return found;
}

int64_t Message::integer(uint32_t number, int64_t otherwise) const {
  each([&](const Field &f) {
    if (f.number == number)
      otherwise = f.integer();
  });
  return otherwise;
}

Message Message::message(uint32_t number, std::string_view type) const {
  return {type, bytes(number), *this};
}

bool Message::has(uint32_t number) const {
  bool found = false;
  each([&](const Field &f) { found = found || f.number == number; });
  return found;
}

void Message::corrupt(const std::byte *at, std::string_view expectation) const {
  throw CompileError(
      Problem::unreadable, {},
      fmt::format("{} is corrupt at byte {}, in {}: {}", file_, at - begin_, type_, expectation))
      .code("savedmodel.wire");
}

} // namespace burin::savedmodel

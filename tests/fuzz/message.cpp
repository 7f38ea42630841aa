// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/message.h"

#include <algorithm>

namespace burin::fuzz {
namespace {

bool readVarint(std::string_view s, size_t &at, uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 70 && at < s.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(s[at++]);
    value |= shift < 64 ? uint64_t{byte & 0x7fU} << shift : 0;
    if (byte < 0x80)
      return true;
  }
  return false;
}

void putVarint(std::string &s, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    s += static_cast<char>((x & 0x7f) | 0x80);
  s += static_cast<char>(x);
}

/// Every list of fields in the tree, with how many each has.
void collect(Fields &fields, std::vector<Fields *> &all) {
  if (!fields.empty())
    all.push_back(&fields);
  for (Field &f : fields)
    if (f.isMessage)
      collect(f.fields, all);
}

/// One field of the tree, all with the same chance, and the list that it is in.
struct Place {
  Fields *list;
  size_t index;
  Field &field() const { return (*list)[index]; }
};

Place anyField(Fields &root, Random &random) {
  std::vector<Fields *> lists;
  collect(root, lists);
  size_t count = 0;
  for (const Fields *list : lists)
    count += list->size();
  size_t k = random.below(count);
  for (Fields *list : lists) {
    if (k < list->size())
      return {list, k};
    k -= list->size();
  }
  return {&root, 0};
}

/// The field inside of itself, many times.
void nest(Field &f, Random &random) {
  for (size_t times = size_t{1} << random.below(9); times > 0; --times) {
    Field outer;
    outer.number = f.number;
    outer.wire = 2;
    outer.isMessage = true;
    outer.fields.push_back(std::move(f));
    f = std::move(outer);
  }
}

void mutateOnce(Fields &root, const Fields &donor, Random &random) {
  if (root.empty())
    return;
  const Place at = anyField(root, random);
  Field &field = at.field();
  const auto place = at.list->begin() + static_cast<std::ptrdiff_t>(at.index);
  switch (random.below(12)) {
  case 0:
    at.list->erase(place);
    break;
  case 1: {
    Field copy = field;
    at.list->insert(place, std::move(copy));
    break;
  }
  case 2: { // something of the other file
    Fields other = donor;
    if (!other.empty())
      field = Field(anyField(other, random).field());
    break;
  }
  case 3: // a field of the same number elsewhere
  case 4:
  case 5:
    for (int tries = 0; tries < 30; ++tries) {
      const Place other = anyField(root, random);
      if (&other.field() != &field && other.field().number == field.number &&
          other.field().wire == field.wire) {
        Field copy = other.field();
        field = std::move(copy);
        break;
      }
    }
    break;
  case 6:
    field.number = static_cast<uint32_t>(random.below(20) + 1);
    break;
  case 7:
    if (random.oneIn(4))
      nest(field, random);
    else
      std::swap(field, random.of(*at.list));
    break;
  case 8:
    if (field.isMessage)
      field.bytes = bytesOf(field.fields);
    field.isMessage = false;
    field.wire = static_cast<uint8_t>(std::vector<int>{0, 1, 2, 5, 3}[random.below(5)]);
    break;
  default: // its value
    if (field.wire != 2) {
      field.value = oddNumber(field.value, random);
    } else if (field.isMessage && !random.oneIn(4)) {
      if (!field.fields.empty())
        mutateOnce(field.fields, donor, random);
    } else {
      if (field.isMessage)
        field.bytes = bytesOf(field.fields);
      field.isMessage = false;
      mutateBytes(field.bytes, random);
    }
  }
}

} // namespace

std::optional<Fields> fieldsOf(std::string_view s, int depth) {
  constexpr int kDeepest = 20;
  if (depth > kDeepest)
    return std::nullopt;
  Fields fields;
  for (size_t at = 0; at < s.size();) {
    uint64_t tag;
    if (!readVarint(s, at, tag) || tag >> 3 == 0 || tag >> 3 > 500)
      return std::nullopt;
    Field f;
    f.number = static_cast<uint32_t>(tag >> 3);
    f.wire = tag & 7;
    if (f.wire == 0) {
      if (!readVarint(s, at, f.value))
        return std::nullopt;
    } else if (f.wire == 1 || f.wire == 5) {
      const size_t size = f.wire == 1 ? 8 : 4;
      if (s.size() - at < size)
        return std::nullopt;
      for (size_t i = 0; i < size; ++i)
        f.value |= uint64_t{static_cast<unsigned char>(s[at + i])} << (8 * i);
      at += size;
    } else if (f.wire == 2) {
      uint64_t size;
      if (!readVarint(s, at, size) || size > s.size() - at)
        return std::nullopt;
      const std::string_view inner = s.substr(at, size);
      at += size;
      if (std::optional<Fields> message = fieldsOf(inner, depth + 1); message && size > 0) {
        f.fields = std::move(*message);
        f.isMessage = true;
      } else {
        f.bytes = inner;
      }
    } else {
      return std::nullopt;
    }
    fields.push_back(std::move(f));
  }
  return fields;
}

std::string bytesOf(const Fields &fields) {
  std::string s;
  for (const Field &f : fields) {
    putVarint(s, uint64_t{f.number} << 3 | f.wire);
    if (f.wire == 0) {
      putVarint(s, f.value);
    } else if (f.wire == 1 || f.wire == 5) {
      for (unsigned i = 0; i < (f.wire == 1 ? 8U : 4U); ++i)
        s += static_cast<char>(f.value >> (8 * i));
    } else {
      const std::string inner = f.isMessage ? bytesOf(f.fields) : f.bytes;
      putVarint(s, inner.size());
      s += inner;
    }
  }
  return s;
}

void mutateMessage(Fields &fields, const Fields &donor, Random &random) {
  for (size_t times = random.below(4) + 1; times > 0; --times)
    mutateOnce(fields, donor, random);
}

} // namespace burin::fuzz

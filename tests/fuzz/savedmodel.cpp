// SPDX-License-Identifier: Apache-2.0
//
// SavedModel: protobuf messages of the graph, a table of blocks with checksums whose values are
// messages, and shards of tensors.
#include "frontend/savedmodel/import.h"
#include "frontend/savedmodel/table.h"
#include "ir/diagnostic.h"
#include "tests/frontend/savedmodel/writer.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/readers.h"
#include "tests/reference/reference.h"

#include <algorithm>

namespace burin::fuzz {
namespace {
namespace fs = std::filesystem;
namespace writer = savedmodel::writer;

constexpr const char *kModel = "saved_model.pb", *kIndex = "variables/variables.index",
                     *kShard = "variables/variables.data-00000-of-00001";

Files load(const fs::path &path) {
  if (!fs::is_directory(path))
    return {{kModel, contentOf(path)}};
  Files files;
  for (const fs::directory_entry &entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), path).string()] = contentOf(entry.path());
  return files;
}

/// Snappy with copies where the last bytes come again.
std::string compressed(const std::string &s, Random &random) {
  std::string out = writer::varint(s.size());
  for (size_t at = 0; at < s.size();) {
    const size_t distance = random.below(20) + 1;
    size_t same = 0;
    while (distance <= at && at + same < s.size() && same < 11 &&
           s[at + same] == s[at + same - distance])
      ++same;
    if (same >= 4) {
      out += static_cast<char>(1 | (same - 4) << 2);
      out += static_cast<char>(distance);
      at += same;
      continue;
    }
    const size_t size = std::min(s.size() - at, random.below(60) + 1);
    out += static_cast<char>((size - 1) << 2);
    out += s.substr(at, size);
    at += size;
  }
  return out;
}

std::string mutatedMessage(const std::string &bytes, Random &random) {
  auto fields = fieldsOf(bytes);
  if (!fields)
    return bytes;
  mutateMessage(*fields, {}, random);
  return bytesOf(*fields);
}

/// The same entries in other blocks, or other entries, or other bytes of blocks; all checksums are
/// right.
std::string mutatedIndex(const std::string &index, Random &random) {
  writer::Entries entries;
  try {
    for (const auto &[key, value] : savedmodel::readTable(writer::spanOf(index), "it"))
      entries.emplace_back(key, value);
  } catch (const CompileError &) {
    return index;
  }
  for (size_t times = random.below(3); times > 0 && !entries.empty(); --times) {
    auto &[key, value] = random.of(entries);
    switch (random.below(6)) {
    case 0:
      mutateBytes(key, random);
      break;
    case 1:
      value = random.of(entries).second;
      break;
    case 2:
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(random.below(entries.size())));
      break;
    default:
      value = mutatedMessage(value, random);
    }
  }
  writer::TableFile table;
  writer::Entries handles;
  const size_t most = random.oneIn(2) ? entries.size() : random.below(5) + 1;
  for (size_t i = 0; i < entries.size(); i += most) {
    const writer::Entries some(entries.begin() + static_cast<std::ptrdiff_t>(i),
                               entries.begin() +
                                   static_cast<std::ptrdiff_t>(std::min(i + most, entries.size())));
    std::string block = writer::block(some);
    if (random.oneIn(8))
      mutateBytes(block, random);
    const bool isCompressed = random.oneIn(3);
    if (isCompressed)
      block = compressed(block, random);
    if (isCompressed && random.oneIn(4))
      mutateBytes(block, random);
    handles.emplace_back(some.back().first + "~", table.put(block, isCompressed));
    if (random.oneIn(20))
      mutateBytes(handles.back().second, random);
  }
  return table.finish(handles);
}

uint64_t valueOf(const Fields &fields, uint32_t number) {
  for (const Field &f : fields)
    if (f.number == number)
      return f.value;
  return 0;
}

/// The bytes of variables change, and their checksums with them, so that they are read.
void mutateShard(Files &files, Random &random) {
  const auto index = files.find(kIndex), shard = files.find(kShard);
  if (index == files.end() || shard == files.end())
    return;
  mutateBytes(shard->second, random);
  const savedmodel::Span bytes = writer::spanOf(shard->second);
  writer::Entries entries;
  try {
    for (const auto &[key, value] : savedmodel::readTable(writer::spanOf(index->second), "it"))
      entries.emplace_back(key, value);
  } catch (const CompileError &) {
    return;
  }
  for (auto &[key, value] : entries) {
    constexpr uint32_t kOffset = 4, kSize = 5, kChecksum = 6; // of BundleEntryProto
    std::optional<Fields> fields = fieldsOf(value);
    if (!fields || key.empty())
      continue;
    const uint64_t offset = valueOf(*fields, kOffset), size = valueOf(*fields, kSize);
    if (offset > bytes.size() || size > bytes.size() - offset)
      continue;
    for (Field &f : *fields)
      if (f.number == kChecksum)
        f.value = savedmodel::masked(savedmodel::crc32c(bytes.subspan(offset, size)));
    value = bytesOf(*fields);
  }
  if (!entries.empty())
    index->second = writer::table({entries});
}

Files mutate(const Files &from, const Files &donor, Random &random) {
  Files files = from;
  const size_t kind = random.below(10);
  if (kind < 6) {
    std::string &model = files.at(kModel);
    if (auto fields = fieldsOf(model)) {
      mutateMessage(*fields, fieldsOf(donor.at(kModel)).value_or(Fields{}), random);
      model = bytesOf(*fields);
    }
  }
  if (const auto index = files.find(kIndex); index != files.end() && kind >= 5 && kind < 9)
    index->second = mutatedIndex(index->second, random);
  if (kind == 8)
    mutateShard(files, random);
  if (kind == 9) {
    auto any = files.begin();
    std::advance(any, random.below(files.size()));
    if (random.oneIn(8))
      files.erase(any);
    else
      mutateBytes(any->second, random);
  }
  return files;
}

void read(const fs::path &path, Random &random) {
  savedmodel::ImportOptions options;
  for (const savedmodel::InputPort &port : savedmodel::inputsOf(path, options))
    for (size_t i = 0; i < port.extents.size(); ++i)
      if (port.extents[i] < 0)
        options.dims[port.name + "." + std::to_string(i)] = {
            1, static_cast<int64_t>(random.below(4)) + 1};
  options.evaluator = &reference::evaluator();
  const savedmodel::Import import = savedmodel::importModel(path, options);
  verify(*import.module);
}

} // namespace

const Reader kSavedModel = {"savedmodel", "", load, mutate, read};

} // namespace burin::fuzz

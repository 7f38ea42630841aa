// SPDX-License-Identifier: Apache-2.0
//
// The values of variables: a checkpoint of an index and data shards (TensorBundle). Numbers stay in
// the mapped shards.
#pragma once

#include "frontend/common/file.h"
#include "frontend/savedmodel/tensor.h"

#include <filesystem>
#include <map>

namespace burin::savedmodel {

class Bundle {
public:
  /// A checkpoint without tensors.
  Bundle() = default;
  /// PREFIX.index and PREFIX.data-00000-of-0000N. CompileErrors say which file and where.
  explicit Bundle(const std::filesystem::path &prefix);

  bool has(std::string_view key) const { return entries_.contains(key); }
  std::vector<std::string> keys() const;
  /// The type and shape of a tensor, without its values.
  DataType type(std::string_view key) const;
  std::vector<int64_t> shape(std::string_view key) const;
  /// The tensor, its checksum verified.
  Tensor read(std::string_view key);
  /// What RestoreV2 reads by `slice`, such as "66 100 0,66:0,100"; empty: all of it.
  Tensor read(std::string_view key, std::string_view slice);

  /// The index, then the shards that were read.
  const std::vector<std::filesystem::path> &files() const { return files_; }

private:
  struct Slice {
    std::vector<int64_t> start, length; ///< -1: to the end
  };
  struct Entry {
    DataType type = DataType::invalid;
    std::vector<int64_t> dims;
    int64_t shard = 0, offset = 0, size = 0;
    uint32_t crc = 0;
    std::vector<Slice> slices;
  };
  Entry parse(const std::string &key, std::string_view value) const;
  const Entry &entry(std::string_view key) const;
  Tensor readEntry(const Entry &, const std::string &what);
  Tensor joined(std::string_view key, const Entry &, const std::string &what);
  const frontend::Bytes &shard(int64_t);

  std::filesystem::path prefix_;
  std::map<std::string, Entry, std::less<>> entries_;
  int64_t numShards_ = 0;
  std::map<int64_t, frontend::Bytes> shards_;
  std::vector<std::filesystem::path> files_;
};

/// The key under which a part of a partitioned variable lies.
std::string sliceKey(std::string_view name, const std::vector<int64_t> &start,
                     const std::vector<int64_t> &length);

} // namespace burin::savedmodel

// SPDX-License-Identifier: Apache-2.0
//
// The part of npy.h that needs libzip.
#include "cli/file_error.h"
#include "cli/mapped_file.h"
#include "cli/npy.h"
#include "cli/write_file.h"

#include <memory>
#include <zip.h>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

/// An error of libzip and what it says.
class ZipError {
public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError &) = delete;
  ZipError &operator=(const ZipError &) = delete;
  zip_error_t *get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

private:
  zip_error_t error_;
};

struct DiscardArchive {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};
struct FreeSource {
  void operator()(zip_source_t *source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, DiscardArchive>;
using Source = std::unique_ptr<zip_source_t, FreeSource>;

/// More than deflate can reach: a size beyond it is a lie, or a bomb.
constexpr uint64_t kMaxRatio = 1032;

Archive openArchive(std::span<const std::byte> bytes, const fs::path &path) {
  if (bytes.empty()) // an archive without entries, for libzip
    cannotRead(path, "it is empty");
  ZipError error;
  zip_source_t *const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get());
  zip_t *const archive =
      source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, error.get()) : nullptr;
  if (!archive) {
    zip_source_free(source);
    cannotRead(path, "it is not a .npz file: " + error.text());
  }
  return Archive(archive);
}

std::vector<std::byte> readMember(zip_t *archive, const zip_stat_t &status, const fs::path &path) {
  constexpr uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_INDEX;
  if ((status.valid & kNeeded) != kNeeded || status.size > kMaxRatio * (status.comp_size + 1))
    cannotRead(path, fmt::format("the size of '{}' is wrong", status.name));
  const std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(archive, status.index, 0));
  if (!file)
    cannotRead(path, fmt::format("'{}': {}", status.name, zip_strerror(archive)));
  std::vector<std::byte> bytes(status.size);
  for (size_t done = 0; done < bytes.size();) {
    const zip_int64_t got = zip_fread(file.get(), bytes.data() + done, bytes.size() - done);
    if (got <= 0)
      cannotRead(path, fmt::format("'{}': {}", status.name,
                                   got < 0 ? zip_file_strerror(file.get()) : "it is cut off"));
    done += static_cast<size_t>(got);
  }
  std::byte more;
  if (zip_fread(file.get(), &more, 1) != 0) // also where libzip compares the checksum
    cannotRead(path, fmt::format("'{}': {}", status.name, zip_file_strerror(file.get())));
  return bytes;
}

} // namespace

NamedTensors readNpz(const fs::path &path) {
  const MappedFile file(path);
  const Archive archive = openArchive(file.bytes(), path);
  NamedTensors tensors;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    zip_stat_t status;
    if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &status) != 0)
      cannotRead(path, zip_strerror(archive.get()));
    std::string name = status.name;
    if (!name.ends_with(".npy"))
      cannotRead(path, fmt::format("'{}' in it is not an array", name));
    name.resize(name.size() - 4);
    const std::vector<std::byte> bytes = readMember(archive.get(), status, path);
    if (!tensors.emplace(name, parseNpy(bytes, fmt::format("{}:{}", path.string(), name))).second)
      cannotRead(path, fmt::format("two arrays have the name '{}'", name));
  }
  return tensors;
}

void writeNpz(const fs::path &path, const NamedTensors &tensors) {
  ZipError error;
  const Source target(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  Archive archive(target ? zip_open_from_source(target.get(), ZIP_TRUNCATE, error.get()) : nullptr);
  if (!archive)
    cannotWrite(path, error.text());
  zip_source_keep(target.get());    // the archive owns it too, and gives it up when closed
  std::vector<std::string> members; // alive until the archive is closed
  members.reserve(tensors.size());
  for (const auto &[name, tensor] : tensors) {
    const std::string &bytes = members.emplace_back(formatNpy(tensor));
    zip_source_t *const source = zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
    const zip_int64_t index =
        zip_file_add(archive.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      cannotWrite(path, zip_strerror(archive.get()));
    }
    const auto at = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(archive.get(), at, ZIP_CM_STORE, 0);
    constexpr zip_uint16_t kFirstOfJanuary1980 = 1 << 5 | 1;
    zip_file_set_dostime(archive.get(), at, 0, kFirstOfJanuary1980, 0);
  }
  if (zip_close(archive.get()) != 0)
    cannotWrite(path, zip_strerror(archive.get()));
  archive.release();

  zip_stat_t status;
  if (zip_source_open(target.get()) != 0 || zip_source_stat(target.get(), &status) != 0)
    throw InternalError("libzip does not give the archive back");
  std::string bytes(status.size, '\0');
  const zip_int64_t got = zip_source_read(target.get(), bytes.data(), bytes.size());
  zip_source_close(target.get());
  if (got != static_cast<zip_int64_t>(bytes.size()))
    throw InternalError("libzip does not give the archive back");
  writeFile(path, bytes);
}

} // namespace burin::cli

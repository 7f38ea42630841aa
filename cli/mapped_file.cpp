// SPDX-License-Identifier: Apache-2.0
#include "cli/mapped_file.h"

#include "cli/file_error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace burin::cli {
MappedFile::MappedFile(const std::filesystem::path &path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    cannotRead(path, reasonOf(errno));
  const Descriptor descriptor{fd};
  struct stat status {};
  if (::fstat(fd, &status) != 0)
    cannotRead(path, reasonOf(errno));
  if (S_ISDIR(status.st_mode))
    cannotRead(path, "it is a folder");
  if (!S_ISREG(status.st_mode))
    cannotRead(path, "not a regular file");
  if (status.st_size == 0)
    return; // an empty mapping is an error of mmap, an empty file is not
  void *const data =
      ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED)
    cannotRead(path, reasonOf(errno));
  data_ = static_cast<const std::byte *>(data);
  size_ = static_cast<size_t>(status.st_size);
}

MappedFile::~MappedFile() {
  if (data_)
    ::munmap(const_cast<std::byte *>(data_), size_);
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

} // namespace burin::cli

// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/file.h"
#include "frontend/onnx/problems.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace burin::onnx {
namespace {

CompileError unreadable(std::string text) {
  return CompileError(Problem::unreadable, {}, std::move(text)).code("onnx.file");
}

CompileError forbidden(std::string text) {
  return CompileError(Problem::invalid, {}, std::move(text)).code("onnx.external.path");
}

std::string systemText(int error) { return std::generic_category().message(error); }

/// An open file descriptor, or -1.
class Descriptor {
public:
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(Descriptor &&other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int get() const { return fd_; }
  bool isOpen() const { return fd_ >= 0; }

private:
  int fd_;
};

struct stat statusOf(const Descriptor &file, const std::string &what) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0)
    throw unreadable(fmt::format("{} cannot be read: {}", what, systemText(errno)));
  if (S_ISDIR(status.st_mode))
    throw unreadable(fmt::format("{} is a folder, not a file", what));
  if (!S_ISREG(status.st_mode))
    throw unreadable(fmt::format("{} is not a regular file", what));
  return status;
}

Bytes mapDescriptor(const Descriptor &file, size_t size, const std::string &what) {
  if (size == 0)
    return {}; // mmap refuses an empty range
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED)
    throw unreadable(fmt::format("{} cannot be mapped: {}", what, systemText(errno)));
  std::shared_ptr<const void> owner{address, [size](void *p) { ::munmap(p, size); }};
  return {{static_cast<const std::byte *>(address), size}, std::move(owner)};
}

// O_NONBLOCK: opening a pipe must not wait for a writer.
constexpr int kOpenFile = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

/// The names between the slashes, without empty ones and ".".
std::vector<std::string> componentsOf(const std::string &location) {
  if (location.empty())
    throw forbidden("the location of external data is empty");
  if (location.find('\0') != std::string::npos)
    throw forbidden(fmt::format("external data {}: the path holds a NUL", quote(location)));
  if (location.front() == '/')
    throw forbidden(fmt::format(
        "external data {}: the path is absolute, but must be relative to the model's folder",
        quote(location)));
  std::vector<std::string> names;
  for (size_t begin = 0; begin < location.size();) {
    size_t end = std::min(location.find('/', begin), location.size());
    std::string name = location.substr(begin, end - begin);
    if (name == "..")
      throw forbidden(fmt::format(
          "external data {}: '..' is not allowed, the path must stay in the model's folder",
          quote(location)));
    if (!name.empty() && name != ".")
      names.push_back(std::move(name));
    begin = end + 1;
  }
  if (names.empty())
    throw forbidden(fmt::format("external data {}: the path names no file", quote(location)));
  return names;
}

bool isSymlink(const Descriptor &folder, const std::string &name) {
  struct stat status;
  return ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(status.st_mode);
}

/// Opens `location` below the folder. One name at a time, each without following a link and none of
/// them "..": what openat2 gives with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, on every POSIX system.
Descriptor openBeneath(const std::filesystem::path &folder, const std::string &location) {
  std::vector<std::string> names = componentsOf(location);
  if (folder.empty())
    throw unreadable(
        fmt::format("external data {}: a model in memory has no folder for it", quote(location)));
  Descriptor at{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!at.isOpen())
    throw unreadable(fmt::format("the model's folder '{}' cannot be opened: {}", folder.string(),
                                 systemText(errno)));
  for (const std::string &name : names) {
    bool isLast = &name == &names.back();
    int flags = kOpenFile | O_NOFOLLOW | (isLast ? 0 : O_DIRECTORY);
    Descriptor next{::openat(at.get(), name.c_str(), flags)};
    int error = errno;
    if (!next.isOpen()) {
      if (isSymlink(at, name))
        throw forbidden(
            fmt::format("external data {}: {} is a symbolic link, which is not followed",
                        quote(location), quote(name)))
            .hint("put a copy of the data beside the model");
      throw unreadable(
          fmt::format("external data {}: cannot be opened: {}", quote(location), systemText(error)))
          .hint("keep the data file at this path in the folder of the model");
    }
    at = std::move(next);
  }
  return at;
}

} // namespace

Bytes mapFile(const std::filesystem::path &path) {
  Descriptor file{::open(path.c_str(), kOpenFile)};
  if (!file.isOpen())
    throw unreadable(fmt::format("the file cannot be opened: {}", systemText(errno)));
  struct stat status = statusOf(file, "the path");
  return mapDescriptor(file, static_cast<size_t>(status.st_size), "the file");
}

Buffer allocate(size_t size) {
  void *memory = std::calloc(std::max<size_t>(size, 1), 1); // large blocks come untouched
  if (!memory)
    return {};
  return {static_cast<std::byte *>(memory), std::shared_ptr<void>{memory, std::free}};
}

Bytes Folder::map(const std::string &location) {
  if (auto known = mapped_.find(location); known != mapped_.end())
    return known->second;
  std::string what = fmt::format("external data {}", quote(location));
  Descriptor file = openBeneath(path_, location);
  struct stat status = statusOf(file, what);
  if (status.st_nlink > 1)
    throw forbidden(
        fmt::format("{}: the file has {} hard links, but must have one", what, status.st_nlink))
        .hint("put a copy of the data beside the model");
  Bytes bytes = mapDescriptor(file, static_cast<size_t>(status.st_size), what);
  mapped_.emplace(location, bytes);
  std::filesystem::path name = std::filesystem::path{location}.lexically_normal();
  files_.push_back(path_ == "." ? name : path_ / name);
  return bytes;
}

} // namespace burin::onnx

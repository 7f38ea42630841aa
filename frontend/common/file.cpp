// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/file.h"

#include "ir/diagnostic.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace burin::frontend {
namespace {

/// Closes a file descriptor.
struct Closer {
  int fd;
  ~Closer() { ::close(fd); }
};

} // namespace

Bytes mapFile(const std::filesystem::path &path, std::string_view code) {
  const auto fail = [&](std::string_view what, std::string_view why) {
    return CompileError(Problem::unreadable, {},
                        fmt::format("'{}' {}{}", path.filename().string(), what, why))
        .code(std::string(code));
  };
  const auto systemText = [] { return std::generic_category().message(errno); };
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    throw fail("cannot be opened: ", systemText());
  const Closer closer{fd};
  struct stat status;
  if (::fstat(fd, &status) != 0)
    throw fail("cannot be read: ", systemText());
  if (!S_ISREG(status.st_mode))
    throw fail("is no regular file", "");
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0)
    return {}; // mmap refuses an empty range
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED)
    throw fail("cannot be mapped: ", systemText());
  std::shared_ptr<const void> owner{address, [size](void *p) { ::munmap(p, size); }};
  return {{static_cast<const std::byte *>(address), size}, std::move(owner)};
}

} // namespace burin::frontend

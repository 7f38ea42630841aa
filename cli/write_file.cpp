// SPDX-License-Identifier: Apache-2.0
#include "cli/write_file.h"

#include "cli/file_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace burin::cli {
namespace {
namespace fs = std::filesystem;

void writeAll(int fd, const fs::path &path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR)
      cannotWrite(path, reasonOf(errno));
    content.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
}

/// A file that is removed again unless it gets its final name.
class TemporaryFile {
public:
  /// Beside `path`, because a rename stays within a file system.
  explicit TemporaryFile(const fs::path &path)
      : path_(path), name_(path.string() + fmt::format(".{}.tmp", ::getpid())),
        fd_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (fd_ < 0)
      cannotWrite(path_, reasonOf(errno));
  }
  ~TemporaryFile() {
    if (fd_ >= 0)
      ::close(fd_);
    if (!name_.empty())
      ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  void write(std::string_view content) { writeAll(fd_, path_, content); }

  void commit() {
    if (::close(std::exchange(fd_, -1)) != 0)
      cannotWrite(path_, reasonOf(errno));
    if (::rename(name_.c_str(), path_.c_str()) != 0)
      cannotWrite(path_, reasonOf(errno));
    name_.clear();
  }

private:
  fs::path path_;
  std::string name_;
  int fd_;
};

void makeFolderOf(const fs::path &path) {
  std::error_code error;
  if (path.has_parent_path())
    fs::create_directories(path.parent_path(), error);
  if (error)
    cannotWrite(path, reasonOf(error.value()));
}

bool hasContent(const fs::path &path, std::string_view content) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return false;
  const Descriptor descriptor{fd};
  struct stat status {};
  bool same = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
              static_cast<uint64_t>(status.st_size) == content.size();
  std::array<char, 65536> buffer;
  while (same && !content.empty()) {
    const ssize_t got = ::read(fd, buffer.data(), std::min(buffer.size(), content.size()));
    same = got > 0 && std::memcmp(buffer.data(), content.data(), static_cast<size_t>(got)) == 0;
    if (same)
      content.remove_prefix(static_cast<size_t>(got));
  }
  return same;
}

/// To a terminal, a pipe or /dev/null, which a rename would replace.
bool writeDirectly(const fs::path &path, std::string_view content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    cannotWrite(path, reasonOf(errno));
  const Descriptor descriptor{fd};
  writeAll(fd, path, content);
  return true;
}

} // namespace

bool writeFile(const fs::path &path, std::string_view content) {
  if (hasContent(path, content))
    return false;
  makeFolderOf(path);
  std::error_code none;
  const fs::path real = fs::is_symlink(path, none) ? fs::weakly_canonical(path, none) : path;
  if (const fs::file_status status = fs::status(real, none);
      fs::exists(status) && !fs::is_regular_file(status))
    return writeDirectly(path, content);
  TemporaryFile file(real);
  file.write(content);
  file.commit();
  return true;
}

void touchFile(const fs::path &path) {
  makeFolderOf(path);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    cannotWrite(path, reasonOf(errno));
  const Descriptor descriptor{fd};
  if (::futimens(fd, nullptr) != 0)
    cannotWrite(path, reasonOf(errno));
}

std::string escapeForDepfile(std::string_view path) {
  std::string text;
  size_t backslashes = 0; // of the run that ends here
  for (const char c : path) {
    if (c == '$')
      text += '$';
    if (c == '#')
      text += '\\';
    if (c == ' ' || c == '\t')
      text.append(backslashes + 1, '\\'); // Make halves a run of backslashes before a blank
    backslashes = c == '\\' ? backslashes + 1 : 0;
    text += c;
  }
  return text;
}

std::string depfile(const fs::path &target, std::span<const fs::path> prerequisites) {
  std::string text = escapeForDepfile(target.string()) + ":";
  for (const fs::path &path : prerequisites)
    text += " \\\n  " + escapeForDepfile(path.string());
  return text + "\n";
}

} // namespace burin::cli

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

/// Whether a file is what comes, piece by piece.
class Comparison {
public:
  explicit Comparison(const fs::path &path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), file_{fd_} {
    struct stat status {};
    same_ = fd_ >= 0 && ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
    left_ = same_ ? static_cast<uint64_t>(status.st_size) : 0;
  }

  void add(std::string_view piece) {
    same_ = same_ && piece.size() <= left_;
    left_ -= same_ ? piece.size() : 0;
    std::array<char, 65536> buffer;
    while (same_ && !piece.empty()) {
      const ssize_t got = ::read(fd_, buffer.data(), std::min(buffer.size(), piece.size()));
      same_ = got > 0 && std::memcmp(buffer.data(), piece.data(), static_cast<size_t>(got)) == 0;
      if (same_)
        piece.remove_prefix(static_cast<size_t>(got));
    }
  }

  bool isSame() const { return same_ && left_ == 0; }

private:
  int fd_;
  Descriptor file_;
  bool same_ = false;
  uint64_t left_ = 0; ///< bytes of the file that are not compared yet
};

/// Small pieces together.
class Buffer {
public:
  explicit Buffer(std::function<void(std::string_view)> to) : to_(std::move(to)) {}
  void add(std::string_view piece) {
    if (held_.size() + piece.size() > kMost)
      flush();
    if (piece.size() > kMost)
      to_(piece);
    else
      held_ += piece;
  }
  void flush() {
    to_(held_);
    held_.clear();
  }

private:
  static constexpr size_t kMost = 1 << 18;
  std::function<void(std::string_view)> to_;
  std::string held_;
};

/// To a terminal, a pipe or /dev/null, which a rename would replace.
bool writeDirectly(const fs::path &path, const Pieces &pieces) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    cannotWrite(path, reasonOf(errno));
  const Descriptor descriptor{fd};
  pieces([&](std::string_view piece) { writeAll(fd, path, piece); });
  return true;
}

} // namespace

bool writeFile(const fs::path &path, std::string_view content) {
  return writeFile(path, [&](const auto &to) { to(content); });
}

bool writeFile(const fs::path &path, const Pieces &pieces) {
  makeFolderOf(path);
  std::error_code none;
  const fs::path real = fs::is_symlink(path, none) ? fs::weakly_canonical(path, none) : path;
  if (const fs::file_status status = fs::status(real, none);
      fs::exists(status) && !fs::is_regular_file(status))
    return writeDirectly(path, pieces);
  Comparison old(real);
  TemporaryFile file(real);
  Buffer buffer([&](std::string_view piece) {
    old.add(piece);
    file.write(piece);
  });
  pieces([&](std::string_view piece) { buffer.add(piece); });
  buffer.flush();
  if (old.isSame())
    return false; // and its time stays
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

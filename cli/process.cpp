// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include "cli/file_error.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

namespace burin::cli {
namespace {
using Clock = std::chrono::steady_clock;
constexpr size_t kMostOutput = 65536;

/// A child in a process group of its own, that is killed unless it was waited for.
class Child {
public:
  Child(const std::vector<std::string> &words, int out) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    std::vector<char *> argv;
    for (const std::string &word : words)
      argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);
    const int error = ::posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
      throw CompileError(Problem::usage, {},
                         fmt::format("cannot run '{}': {}", words.front(), reasonOf(error)));
  }
  ~Child() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      wait();
    }
  }
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

private:
  pid_t pid_ = -1;
};

/// Reads to the end; false if `deadline` comes first.
bool drain(int fd, Clock::time_point deadline, std::string &output) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0)
      return false;
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) <= 0)
      continue;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno != EINTR))
      return true;
    if (got > 0 && output.size() < kMostOutput)
      output.append(buffer.data(), static_cast<size_t>(got));
  }
}

} // namespace

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "burin-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    cannotWrite(name, reasonOf(errno));
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ProcessResult::outcome() const {
  if (timedOut)
    return "a timeout";
  if (signal != 0)
    return fmt::format("signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exit code {}", code);
}

ProcessResult runProcess(const std::vector<std::string> &words, std::chrono::seconds limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw CompileError(Problem::usage, {}, fmt::format("no pipe: {}", reasonOf(errno)));
  const Descriptor reader{ends[0]};
  ProcessResult result;
  std::optional<Child> child;
  {
    const Descriptor writer{ends[1]};
    child.emplace(words, ends[1]);
  }
  result.timedOut = !drain(ends[0], Clock::now() + limit, result.output);
  if (result.timedOut)
    return result; // the destructor kills
  const int status = child->wait();
  if (WIFSIGNALED(status))
    result.signal = WTERMSIG(status);
  else
    result.code = WEXITSTATUS(status);
  return result;
}

} // namespace burin::cli

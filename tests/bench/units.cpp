// SPDX-License-Identifier: Apache-2.0
#include "units.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace burin::bench {
namespace {
namespace fs = std::filesystem;

/// Starts a shell whose words go to the file.
pid_t start(const std::string &command, const fs::path &log) {
  const pid_t child = ::fork();
  if (child != 0)
    return child;
  const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(to, 1);
  ::dup2(to, 2);
  ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  ::_exit(127);
}

double seconds(const timeval &t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

} // namespace

Taken runAll(std::span<const std::string> commands, unsigned jobs) {
  const auto began = std::chrono::steady_clock::now();
  const auto logOf = [](size_t i) {
    return fs::temp_directory_path() / fmt::format("burin-bench-{}-{}.txt", ::getpid(), i);
  };
  Taken taken;
  std::map<pid_t, size_t> running;
  std::string failure;
  for (size_t next = 0; next < commands.size() || !running.empty();) {
    while (next < commands.size() && running.size() < jobs && failure.empty()) {
      running.emplace(start(commands[next], logOf(next)), next);
      ++next;
    }
    if (running.empty())
      break;
    int status = 0;
    rusage usage; // of the shell and what it waited for
    const pid_t child = ::wait4(-1, &status, 0, &usage);
    const auto it = running.find(child);
    if (it == running.end())
      continue;
    const double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    taken.cpu += cpu;
    taken.slowest = std::max(taken.slowest, cpu);
    taken.megabytes = std::max(taken.megabytes, static_cast<double>(usage.ru_maxrss) / 1024);
    if (status != 0 && failure.empty()) {
      std::ifstream log(logOf(it->second));
      const std::string said(std::istreambuf_iterator<char>(log), {});
      failure = fmt::format("{}\n{}", commands[it->second], said.substr(0, 4000));
    }
    fs::remove(logOf(it->second));
    running.erase(it);
  }
  if (!failure.empty())
    throw std::runtime_error(failure);
  taken.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return taken;
}

std::string quoted(const std::string &word) {
  std::string text = "'";
  for (const char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

} // namespace burin::bench

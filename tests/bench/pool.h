// SPDX-License-Identifier: Apache-2.0
//
// Threads for the hook of a model: the caller and its workers take the next index until none is
// left. Workers spin for half a millisecond, then sleep, so that nothing runs long after a call.
#pragma once

#include "burin/runtime.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace burin::bench {

class Pool {
public:
  explicit Pool(int threads) : left_{0} {
    for (int i = 1; i < threads; ++i)
      workers_.emplace_back([this] { serve(); });
  }
  ~Pool() {
    stops_ = true;
    start();
    for (std::thread &worker : workers_)
      worker.join();
  }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  ParallelFor hook() { return {&Pool::run, this}; }

private:
  static void run(void *context, size_t n, void (*body)(void *, size_t), void *arg) {
    Pool &pool = *static_cast<Pool *>(context);
    pool.body_ = body, pool.arg_ = arg, pool.count_ = n;
    pool.next_.store(0, std::memory_order_relaxed);
    pool.left_.store(pool.workers_.size(), std::memory_order_relaxed);
    pool.start();
    pool.take();
    while (pool.left_.load(std::memory_order_acquire) > 0) {
    }
  }
  void start() {
    generation_.fetch_add(1);
    generation_.notify_all();
  }
  void take() {
    for (size_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count_;)
      body_(arg_, i);
  }
  void serve() {
    using Clock = std::chrono::steady_clock;
    for (uint32_t seen = 0;; ++seen) {
      const auto sleepsAt = Clock::now() + std::chrono::microseconds(500);
      while (generation_.load() == seen && Clock::now() < sleepsAt) {
      }
      generation_.wait(seen);
      if (stops_)
        return;
      take();
      left_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::vector<std::thread> workers_;
  std::atomic<uint32_t> generation_{0};
  std::atomic<size_t> next_{0}, left_;
  size_t count_ = 0;
  void (*body_)(void *, size_t) = nullptr;
  void *arg_ = nullptr;
  std::atomic<bool> stops_{false};
};

} // namespace burin::bench

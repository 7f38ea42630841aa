// SPDX-License-Identifier: Apache-2.0
//
// Plans are checked by running the function on ownership: every byte knows which value it holds,
// and each op must find its operands whole.
#include "passes/memory_plan.h"

#include "ir/ops.h"
#include "ir/text.h"
#include "passes/liveness.h"
#include "passes/pipeline.h"
#include "passes/place.h"
#include "tests/passes/ownership.h"
#include "tests/passes/random_graph.h"

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>

namespace burin::passes {
namespace {
namespace ops = ir::ops;
using ir::Op;
using ir::Value;

constexpr int64_t kAlignment = 64;

/// Checks a plan against the function, and against what it says of itself.
void check(const ir::Function &f, const MemoryPlan &plan, std::span<const int64_t> scratch = {}) {
  EXPECT_GE(plan.arenaBytes, plan.lowerBound);
  for (const PlannedBuffer &b : plan.buffers) {
    EXPECT_EQ(b.offset % kAlignment, 0);
    EXPECT_EQ(b.bytes % kAlignment, 0);
    EXPECT_LE(b.offset + b.bytes, plan.arenaBytes);
    EXPECT_LE(b.first, b.last);
  }
  EXPECT_EQ(plan.steps, steps(f));
  Ownership(f, plan, scratch).run();
}

struct Planned {
  explicit Planned(std::string_view text, std::vector<int64_t> scratchBytes = {},
                   const PlanOptions &options = {})
      : module{ir::parse(text, "test")}, function{*module->functions[0]},
        scratch{std::move(scratchBytes)}, plan{planMemory(function, scratch, kAlignment, options)} {
    check(function, plan, scratch);
  }
  const Value *operator[](std::string_view name) const {
    const Value *found = nullptr;
    function.body.walk([&](Op &op) {
      for (size_t i = 0; i < op.numResults(); ++i)
        if (op.result(i)->name == name)
          found = op.result(i);
      for (size_t b = 0; b < op.numBlocks(); ++b)
        for (size_t i = 0; i < op.block(b).numArguments(); ++i)
          if (op.block(b).argument(i)->name == name)
            found = op.block(b).argument(i);
    });
    for (size_t i = 0; i < function.body.numArguments(); ++i)
      if (function.body.argument(i)->name == name)
        found = function.body.argument(i);
    return found;
  }
  size_t bufferOf(std::string_view name) const { return plan.bufferOf.at((*this)[name]); }
  const PlannedBuffer &buffer(std::string_view name) const { return plan.buffers[bufferOf(name)]; }

  std::unique_ptr<ir::Module> module;
  const ir::Function &function;
  std::vector<int64_t> scratch;
  MemoryPlan plan;
};

TEST(MemoryPlan, ReusesWhatIsDead) {
  Planned p(R"(func @f(%x: f32[16]) -> (%y: f32[16]) {
    %a = softmax(%x) {axis=0}
    %b = softmax(%a) {axis=0}
    %c = softmax(%b) {axis=0}
    %y = softmax(%c) {axis=0}
    return %y
  })");
  EXPECT_EQ(p.plan.steps.size(), 4u);
  EXPECT_EQ(p.plan.arenaBytes, 128);
  EXPECT_EQ(p.plan.lowerBound, 128);
  EXPECT_EQ(p.buffer("x").first, -1);
  EXPECT_EQ(p.buffer("x").last, 0);
  EXPECT_EQ(p.buffer("y").last, 4);
}

TEST(MemoryPlan, ViewsShareTheirOperand) {
  Planned p(R"(func @f(%x: f32[16]) -> (%y: f32[32]) {
    %a = softmax(%x) {axis=0}
    %r = reshape(%a) {shape=[4, 4]}
    %b = softmax(%x) {axis=0}
    %s = softmax(%r) {axis=1}
    %t = reshape(%s) {shape=[16]}
    %y = concat(%b, %t) {axis=0}
    return %y
  })");
  EXPECT_EQ(p.plan.steps.size(), 3u); // without the two views, and the concat of what is there
  EXPECT_EQ(p.bufferOf("r"), p.bufferOf("a"));
  EXPECT_EQ(p.buffer("a").last, 2); // the view reads it there
}

TEST(MemoryPlan, SlicesOfWholeEntriesAreViews) {
  Planned p(R"(func @f(%x: f32[4, 16]) -> (%y: f32[2, 16], %z: f32[1, 16]) {
    %a = softmax(%x) {axis=1}
    %r = slice(%a) {starts=[1, 0], steps=[1, 1], shape=[2, 16]}
    %s = slice(%a) {starts=[3, 0], steps=[1, 1], shape=[1, 16]}
    %y = softmax(%r) {axis=1}
    %z = softmax(%s) {axis=1}
    return %y, %z
  })");
  EXPECT_EQ(p.plan.steps.size(), 3u);
  EXPECT_EQ(p.bufferOf("r"), p.bufferOf("a"));
  EXPECT_EQ(p.buffer("a").last, 2);
}

TEST(MemoryPlan, AResultIsNotWrittenOverAPart) {
  Planned p(R"(func @f(%x: f32[16]) -> (%y: f32[15]) {
    %a = softmax(%x) {axis=0}
    %r = slice(%a) {starts=[1], steps=[1], shape=[15]}
    %b = fused(%r) {shape=[15]} body(%p: f32[]) {
      %q = exp(%p)
      yield %q
    }
    %y = softmax(%b) {axis=0}
    return %y
  })");
  EXPECT_NE(p.bufferOf("b"), p.bufferOf("a"));
}

TEST(MemoryPlan, WhatAConcatJoinsIsMadeThere) {
  Planned p(R"(func @f(%x: f32[16]) -> (%y: f32[48], %w: f32[16]) {
    %a = softmax(%x) {axis=0}
    %b = fused(%a) {shape=[16]} body(%p: f32[]) {
      %q = exp(%p)
      yield %q
    }
    %w = softmax(%b) {axis=0}
    %y = concat(%b, %w, %a) {axis=0}
    return %y, %w
  })");
  EXPECT_EQ(p.plan.steps.size(), 4u);
  EXPECT_EQ(p.bufferOf("a"), p.bufferOf("y"));
  EXPECT_EQ(p.bufferOf("b"), p.bufferOf("y"));
  EXPECT_NE(p.bufferOf("w"), p.bufferOf("y")); // an output
  EXPECT_EQ(p.buffer("y").first, 0);
}

TEST(MemoryPlan, AnUpdateOfAValueFromOutsideOfALoop) {
  Planned p(R"(const @go : bool[] = [true]
  func @f(%x: f32[4], %i: i64[1, 1], %u: f32[1], %n: i64[]) -> (%y: f32[4], %z: f32[4]) {
    %a = softmax(%x) {axis=0}
    %y = loop(%n, _, %x) {carried=1, dims=[]} body(%t: i64[], %v: f32[4]) {
      %s = scatter_nd(%a, %i, %u) {reduction="none"}
      yield @go, %s
    }
    %z = softmax(%a) {axis=0}
    return %y, %z
  })");
  EXPECT_NE(p.bufferOf("a"), p.bufferOf("y"));
}

TEST(MemoryPlan, AFusedResultTakesADyingOperand) {
  Planned p(R"(func @f(%x: f32[16], %z: f32[4, 16]) -> (%y: f32[4, 16]) {
    %a = softmax(%z) {axis=0}
    %y = fused(%x, %a) {shape=[4, 16]} body(%p: f32[], %q: f32[]) {
      %r = add(%p, %q)
      yield %r
    }
    return %y
  })");
  EXPECT_EQ(p.bufferOf("y"), p.bufferOf("a"));
}

TEST(MemoryPlan, ButNotABroadcastOneAnInputOrOneThatIsReadAgain) {
  Planned p(R"(func @f(%x: f32[16], %z: f32[16]) -> (%y: f32[16], %w: f32[16]) {
    %a = softmax(%z) {axis=0}
    %b = fused(%x, %a) {shape=[16]} body(%p: f32[], %q: f32[]) {
      %r = add(%p, %q)
      yield %r
    }
    %v = reshape(%b) {shape=[16, 1]}
    %c = fused(%v, %b) {shape=[16, 16]} body(%p: f32[], %q: f32[]) {
      %r = add(%p, %q)
      yield %r
    }
    %y = reduce_sum(%c) {axes=[0]}
    %w = softmax(%a) {axis=0}
    return %y, %w
  })");
  EXPECT_NE(p.bufferOf("b"), p.bufferOf("a"));
  EXPECT_NE(p.bufferOf("b"), p.bufferOf("x"));
  EXPECT_NE(p.bufferOf("c"), p.bufferOf("b"));
}

TEST(MemoryPlan, ScratchLivesInItsStep) {
  Planned p(R"(func @f(%x: f32[16]) -> (%y: f32[16]) {
    %a = softmax(%x) {axis=0}
    %b = softmax(%a) {axis=0}
    %y = softmax(%b) {axis=0}
    return %y
  })",
            {0, 100, 0});
  EXPECT_EQ(p.plan.scratchOffset, (std::vector<int64_t>{-1, p.plan.scratchOffset[1], -1}));
  EXPECT_EQ(p.plan.lowerBound, 128 + 128);
  EXPECT_EQ(p.plan.arenaBytes, p.plan.lowerBound);
}

TEST(MemoryPlan, BranchesShareTheirSpace) {
  Planned p(R"(func @f(%x: f32[16], %c: bool[]) -> (%y: f32[16]) {
    %y = if(%c) then {
      %a = softmax(%x) {axis=0}
      %b = softmax(%a) {axis=0}
      yield %b
    } else {
      %d = softmax(%x) {axis=0}
      %e = softmax(%d) {axis=0}
      yield %e
    }
    return %y
  })");
  EXPECT_EQ(p.bufferOf("b"), p.bufferOf("y"));
  EXPECT_EQ(p.bufferOf("e"), p.bufferOf("y"));
  EXPECT_EQ(p.buffer("a").offset, p.buffer("d").offset);
  EXPECT_EQ(p.plan.arenaBytes, 4 * 64); // x, c, y, and one of a and d
}

TEST(MemoryPlan, ALoopCarriesInItsResult) {
  Planned p(R"(const @t : bool[] = [true]
  func @f(%x: f32[16], %n: i64[]) -> (%y: f32[16]) {
    %s = softmax(%x) {axis=0}
    %y = loop(%n, _, %s) {carried=1, dims=[]} body(%i: i64[], %c: f32[16]) {
      %d = fused(%c) {shape=[16]} body(%p: f32[]) {
        %r = exp(%p)
        yield %r
      }
      yield @t, %d
    }
    return %y
  })");
  EXPECT_EQ(p.bufferOf("c"), p.bufferOf("y"));
  EXPECT_EQ(p.bufferOf("d"), p.bufferOf("y")); // over the old value, at the same index
  EXPECT_EQ(p.bufferOf("s"), p.bufferOf("y")); // which nobody reads any more
}

TEST(MemoryPlan, ALoopThatReadsItsStartDoesNotTakeIt) {
  Planned p(R"(const @t : bool[] = [true]
  func @f(%x: f32[16], %n: i64[]) -> (%y: f32[16]) {
    %s = softmax(%x) {axis=0}
    %y = loop(%n, _, %s) {carried=1, dims=[]} body(%i: i64[], %c: f32[16]) {
      %d = softmax(%c) {axis=0}
      %e = concat(%d, %s) {axis=0}
      %g = slice(%e) {starts=[8], steps=[1], shape=[16]}
      yield @t, %g
    }
    return %y
  })");
  EXPECT_NE(p.bufferOf("s"), p.bufferOf("y"));
}

TEST(MemoryPlan, ANewStateIsWrittenOverTheOldOne) {
  Planned p(
      R"(const @z : f32[16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  func @f(%x: f32[16], state h %h: f32[16] = @z) -> (%y: f32[16], state h %h2: f32[16]) {
    %y = softmax(%h) {axis=0}
    %h2 = fused(%h, %x) {shape=[16]} body(%p: f32[], %q: f32[]) {
      %r = add(%p, %q)
      yield %r
    }
    return %y, %h2
  })");
  EXPECT_TRUE(p.plan.stateOf.contains(p["h2"]));
  EXPECT_FALSE(p.plan.bufferOf.contains(p["h2"]));
  EXPECT_EQ(p.plan.arenaBytes, 128);
}

TEST(MemoryPlan, ButNotWhereTheOldOneIsReadOrTheRunCanFail) {
  Planned read(R"(const @z : f32[4] = [0, 0, 0, 0]
  func @f(%x: f32[4], state h %h: f32[4] = @z) -> (%y: f32[4], state h %h2: f32[4]) {
    %h2 = softmax(%x) {axis=0}
    %y = softmax(%h) {axis=0}
    return %y, %h2
  })");
  EXPECT_FALSE(read.plan.stateOf.contains(read["h2"]));
  Planned fails(R"(const @z : f32[4] = [0, 0, 0, 0]
  func @f(%x: f32[4], %c: bool[], state h %h: f32[4] = @z) -> (%y: f32[4], state h %h2: f32[4]) {
    %y = softmax(%h) {axis=0}
    %h2 = softmax(%x) {axis=0}
    assert(%c) {message="no"}
    return %y, %h2
  })");
  EXPECT_FALSE(fails.plan.stateOf.contains(fails["h2"]));
}

TEST(MemoryPlan, UpdatesOfAStateAreDoneInPlace) {
  Planned p(
      R"(func @f(%i: i64[1, 1], %row: f32[1, 16], state h %h: f32[64, 16]) -> (%y: f32[64, 16], state h %h3: f32[64, 16]) {
    %h1 = scatter_nd(%h, %i, %row) {reduction="none"}
    %h2 = scatter_nd(%h1, %i, %row) {reduction="add"}
    %j = broadcast(%i) {shape=[1, 16]}
    %h3 = scatter_elements(%h2, %j, %row) {axis=0, reduction="none"}
    %y = softmax(%h3) {axis=1}
    return %y, %h3
  })");
  for (const char *name : {"h1", "h2", "h3"})
    EXPECT_TRUE(p.plan.stateOf.contains(p[name])) << name;
  // Of a value that dies, as well.
  Planned made(R"(func @f(%i: i64[1, 1], %row: f32[1, 16], %x: f32[64, 16]) -> (%y: f32[64, 16]) {
    %a = softmax(%x) {axis=1}
    %b = scatter_nd(%a, %i, %row) {reduction="none"}
    %y = softmax(%b) {axis=0}
    return %y
  })");
  EXPECT_EQ(made.plan.bufferOf.at(made["a"]), made.plan.bufferOf.at(made["b"]));
}

TEST(MemoryPlan, ButNotWhereTheUpdateReadsTheOldValue) {
  Planned updates(R"(func @f(%i: i64[1, 1], state h %h: f32[64, 16]) -> (state h %h1: f32[64, 16]) {
    %row = slice(%h) {starts=[3, 0], steps=[1, 1], shape=[1, 16]}
    %h1 = scatter_nd(%h, %i, %row) {reduction="none"}
    return %h1
  })");
  EXPECT_FALSE(updates.plan.stateOf.contains(updates["h1"]) &&
               updates.plan.stateOf.contains(updates["row"]));
  Planned later(
      R"(func @f(%i: i64[1, 1], %row: f32[1, 16], state h %h: f32[64, 16]) -> (%y: f32[64, 16], state h %h1: f32[64, 16]) {
    %h1 = scatter_nd(%h, %i, %row) {reduction="none"}
    %y = softmax(%h) {axis=1}
    return %y, %h1
  })");
  EXPECT_FALSE(later.plan.stateOf.contains(later["h1"]));
}

TEST(MemoryPlan, EntryPointsShareTheArena) {
  // Two, one behind the other: what the first one has left is nothing to the second.
  const auto module = ir::parse(R"(const @c : bool[] = [true]
  func @f(%x: f32[16], state h %h: f32[16], %u: f32[16], state g %g: f32[16]) -> (%y: f32[16], state h %h2: f32[16], %v: f32[16], state g %g2: f32[16]) {
    %a = softmax(%x) {axis=0}
    %y = softmax(%a) {axis=0}
    %h2 = fused(%h, %y) {shape=[16]} body(%p: f32[], %q: f32[]) {
      %r = add(%p, %q)
      yield %r
    }
    %b = softmax(%u) {axis=0}
    assert(@c) {message="no"}
    %v = softmax(%b) {axis=0}
    %g2 = softmax(%v) {axis=0}
    return %y, %h2, %v, %g2
  })",
                                "test");
  const ir::Function &f = *module->functions[0];
  const Value *next = f.body.terminator().operand(1);
  PlanOptions options;
  const MemoryPlan asOne = planMemory(f, {}, kAlignment, options);
  options.entries = {{"a", 0, 2, 0, 2, 0, 3}, {"b", 2, 4, 2, 4, 3, 7}};
  const MemoryPlan asTwo = planMemory(f, {}, kAlignment, options);
  EXPECT_LT(asTwo.arenaBytes, asOne.arenaBytes);
  // The assertion of the second one does not keep the first one from writing in place.
  EXPECT_TRUE(asTwo.stateOf.contains(next));
  EXPECT_FALSE(asOne.stateOf.contains(next));
}

TEST(MemoryPlan, SymbolsCountAtTheirUpperBound) {
  Planned p(R"(dim N = 1..100
  func @f(%x: f32[N, 4]) -> (%y: f32[N, 4]) {
    %y = softmax(%x) {axis=1}
    return %y
  })");
  EXPECT_EQ(p.buffer("x").bytes, 1600);
  EXPECT_EQ(bufferBytes(ir::Type::list({ir::ElementType::u8, {3}}, 5)), 8 + 5 * 8);
  EXPECT_EQ(bufferBytes(ir::Type::optional({ir::ElementType::f32, {3}})), 8 + 16);
  const auto module = ir::parse(
      "dim N = ..\nfunc @f(%x: f32[N]) -> (%y: f32[N]) { %y = softmax(%x) {axis=0} return %y }",
      "test");
  EXPECT_THROW(planMemory(*module->functions[0], {}, kAlignment), CompileError);
}

TEST(MemoryPlan, SharedValuesLieTogether) {
  const auto module = ir::parse(R"(func @f(%x: f32[16]) -> (%y: f32[16]) {
    %a = softmax(%x) {axis=0}
    %b = pad(%a, _) {pads=[4, 4], mode="constant"}
    %y = slice(%b) {starts=[2], steps=[1], shape=[16]}
    return %y
  })",
                                "test");
  PlanOptions options;
  const Op *first = module->functions[0]->body.front();
  options.shared = {{first->result(), first->next()->result()}};
  const MemoryPlan plan = planMemory(*module->functions[0], {}, kAlignment, options);
  EXPECT_EQ(plan.bufferOf.at(options.shared[0].first), plan.bufferOf.at(options.shared[0].second));
  EXPECT_EQ(plan.buffers[plan.bufferOf.at(options.shared[0].first)].first, 0);
}

TEST(MemoryPlan, RandomGraphs) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    const auto module =
        tests::randomGraph(seed, {.ops = seed % 4 ? 20 : 80, .states = seed % 2 == 0});
    PassContext context;
    context.target = ir::findTarget("host");
    context.optimize = seed % 3 ? Optimize::speed : Optimize::none;
    runPipeline(*module, context, {});
    const ir::Function &f = *module->functions[0];
    std::vector<int64_t> scratch;
    for (const Op *op : steps(f))
      scratch.push_back(op->is(ops::softmax) ? 96 : 0);
    PlanOptions options;
    options.effort = 100'000;
    try {
      check(f, planMemory(f, scratch, kAlignment, options), scratch);
    } catch (const std::exception &e) {
      FAIL() << "seed " << seed << ": " << e.what() << "\n" << ir::print(*module);
    }
  }
}

// ---- placement ----

std::vector<Interval> randomIntervals(size_t n, int length) {
  std::mt19937 random{7};
  std::vector<Interval> all;
  for (size_t i = 0; i < n; ++i) {
    const int first = static_cast<int>(i);
    all.push_back({static_cast<int64_t>(random() % 100 + 1) * 64, first,
                   first + 1 + static_cast<int>(random() % static_cast<unsigned>(length))});
  }
  return all;
}

bool overlaps(std::span<const Interval> all, const Placement &p) {
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = i + 1; j < all.size() && all[j].first <= all[i].last; ++j)
      if (p.offsets[i] < p.offsets[j] + all[j].bytes && p.offsets[j] < p.offsets[i] + all[i].bytes)
        return true;
  return false;
}

TEST(Place, FewReachTheBound) {
  const std::vector<Interval> all = randomIntervals(60, 5);
  const Placement p = place(all, peakOf(all).bytes, 1, 20'000'000);
  EXPECT_FALSE(overlaps(all, p));
  EXPECT_EQ(p.bytes, peakOf(all).bytes);
}

TEST(Place, ManyAreCloseToTheBoundAndFast) {
  for (const int length : {3, 30}) {
    const std::vector<Interval> all = randomIntervals(50'000, length);
    const auto start = std::chrono::steady_clock::now();
    const Placement p = place(all, peakOf(all).bytes, 1, 20'000'000);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_FALSE(overlaps(all, p));
    EXPECT_LE(static_cast<double>(p.bytes), 1.3 * static_cast<double>(peakOf(all).bytes));
    EXPECT_LT(took.count(), 10);
  }
}

TEST(Place, ManyThatAllLiveAtOnce) {
  std::vector<Interval> all(20'000, Interval{64, 0, 1});
  const Placement p = place(all, peakOf(all).bytes, 1, 1'000'000);
  EXPECT_EQ(p.bytes, peakOf(all).bytes);
}

} // namespace
} // namespace burin::passes

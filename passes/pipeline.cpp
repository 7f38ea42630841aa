// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/hash.h"
#include "passes/passes.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace burin::passes {
namespace {

constexpr Pass kPasses[] = {
    // canonicalise: what all others count on; also runs between the passes of later stages.
    {"fold-constants", foldConstants, false,
     "Runs ops on constants; takes the block of an `if` whose condition is known.",
     foldConstantsRules},
    {"simplify", simplify, false, "Algebra: x + 0, reshape of reshape, neutral ops, normal forms.",
     simplifyRules},
    {"cse", eliminateCommon, false, "Makes one of equal ops.", commonRules},
    {"dead-code", eliminateDead, true,
     "Drops ops, block arguments, results of `if` and `loop`, and constants that nobody uses.",
     deadRules},
    // optimise
    {"recover", recover, false,
     "Finds softmax, norms, attention and recurrences in the ops that an exporter made of them.",
     recoverRules},
    {"layout", layout, false, "Moves transposes through the graph until they cancel or end.",
     layoutRules},
    {"fold-scales", foldScales, false,
     "Folds batch norms, and factors and parts of channels, into weights.", foldScalesRules},
    // fuse
    {"expand-attention", expandAttention, true,
     "Makes products, a softmax and the mask of attention that no kernel runs as a whole.",
     expandAttentionRules},
    {"fuse-epilogue", fuseEpilogue, false,
     "Moves elementwise ops behind a contraction, pooling or reduction into its epilogue.",
     fuseEpilogueRules},
    {"fuse-elementwise", fuseElementwise, true, "Makes `fused` of every group of elementwise ops.",
     fuseElementwiseRules},
    // lower
    {"own-results", ownResults, true,
     "Copies results that have no memory of their own: inputs, constants, two names of one value.",
     ownResultsRules},
    {"pad-physical", padPhysical, false,
     "Gives convolutions an input with a border of zeros in memory, where the target likes it.",
     padPhysicalRules},
    // schedule
    {"schedule", schedule, false, "Orders ops so that little lives at once.", scheduleRules},
};

constexpr Stage kStages[] = {
    {"canonicalise", "fold-constants", "dead-code", true, true},
    {"optimise", "recover", "fold-scales", true, true},
    {"fuse", "expand-attention", "fuse-elementwise", false, true},
    // From here on nothing is canonical, on purpose: borders and copies would go again.
    {"lower", "own-results", "pad-physical", false, false},
    {"schedule", "schedule", "schedule", false, false},
};

struct Before {
  std::string_view first, second;
};

constexpr Before kOrder[] = {
    // What is to be found is written in normal form.
    {"simplify", "recover"},
    // A norm in ten ops is ten chances to put a transpose between them.
    {"recover", "layout"},
    // Transposes of constants and of extents fold away; what is left is worth a search.
    {"simplify", "layout"},
    // A frontend puts NHWC -> NCHW between a convolution and its batch norm.
    {"layout", "fold-scales"},
    // A bias, too, lies behind that transpose.
    {"layout", "fuse-epilogue"},
    // A convolution whose epilogue holds the bias has no scale to fold into its filter.
    {"fold-scales", "fuse-epilogue"},
    // The scale and the mask go into the epilogue of the product.
    {"expand-attention", "fuse-epilogue"},
    // An activation that has become `fused` is no longer seen as one that an epilogue can take.
    {"fuse-epilogue", "fuse-elementwise"},
    // Simplify merges a pad into the pads of a convolution, which pad-physical undoes.
    {"simplify", "pad-physical"},
    // A copy for a result would be removed as `x.`
    {"simplify", "own-results"},
    // A residual that a block took no longer lives where it did: the order is for what runs.
    {"fuse-elementwise", "schedule"},
    {"pad-physical", "schedule"},
    {"own-results", "schedule"},
};

constexpr size_t position(std::string_view name) {
  for (size_t i = 0; i < std::size(kPasses); ++i)
    if (kPasses[i].name == name)
      return i;
  throw "no pass of that name"; // a compile error where the tables are checked
}

static_assert(std::ranges::all_of(kOrder, [](const Before &b) {
  return position(b.first) < position(b.second);
}));
static_assert([] { // the stages are the table, cut
  size_t at = 0;
  for (const Stage &s : kStages) {
    if (position(s.first) != at || position(s.last) < at)
      return false;
    at = position(s.last) + 1;
  }
  return at == std::size(kPasses);
}());

// ---- names ----

size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(
          row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  }
  return row.back();
}

[[noreturn]] void failUnknown(std::string_view name, const std::vector<std::string> &known) {
  const auto nearest = std::ranges::min_element(
      known, {}, [&](const std::string &k) { return editDistance(name, k); });
  const bool isNear = editDistance(name, *nearest) <= 2 + name.size() / 4;
  throw CompileError(Problem::usage, {}, fmt::format("there is no pass or rule '{}'", name))
      .hint(isNear ? fmt::format("did you mean '{}'?", *nearest)
                   : fmt::format("the passes are {}", fmt::join(known, ", ")));
}

const Pass &passNamed(std::string_view name) {
  const auto *it = std::ranges::find(kPasses, name, &Pass::name);
  if (it == std::end(kPasses)) {
    std::vector<std::string> known;
    for (const Pass &p : kPasses)
      known.emplace_back(p.name);
    failUnknown(name, known);
  }
  return *it;
}

void checkRule(std::string_view qualified) {
  const size_t slash = qualified.find('/');
  const Pass &pass = passNamed(qualified.substr(0, slash));
  const RuleNames rules = pass.rules ? pass.rules() : RuleNames{};
  if (std::ranges::find(rules, qualified.substr(slash + 1)) != rules.end())
    return;
  std::vector<std::string> known{std::string(pass.name)};
  for (const std::string_view rule : rules)
    known.push_back(fmt::format("{}/{}", pass.name, rule));
  failUnknown(qualified, known);
}

// ---- the run ----

class Run {
public:
  Run(ir::Module &module, PassContext &context, const PipelineOptions &options)
      : module_{module}, context_{context}, options_{options} {
    for (const std::string &name : options.disable) {
      if (name.find('/') != name.npos) {
        checkRule(name);
        context.disabledRules.push_back(name);
        continue;
      }
      const Pass &pass = passNamed(name);
      if (pass.required)
        throw CompileError(
            Problem::usage, {},
            fmt::format("the pass '{}' cannot be disabled: later stages rely on it", name));
      disabled_.push_back(pass.name);
    }
    for (const std::string &name : options.printAfter)
      if (name != "all")
        passNamed(name);
    if (!options.stopAfter.empty())
      end_ = position(passNamed(options.stopAfter).name) + 1;
  }

  void all() {
    for (const Stage &s : kStages) {
      if (position(s.first) >= end_)
        break;
      stage(s);
    }
    if (options_.timePasses)
      for (const Pass &p : kPasses)
        if (const auto it = times_.find(p.name); it != times_.end())
          context_.say(fmt::format("{:10.3f} ms {:4} runs  {}", it->second.milliseconds,
                                   it->second.runs, p.name));
  }

private:
  struct Time {
    double milliseconds = 0;
    int runs = 0;
  };
  static constexpr int kMostRounds = 50; // a rule that undoes another would never end

  std::span<const Pass> passesOf(const Stage &s) const {
    const size_t begin = position(s.first), end = std::min(position(s.last) + 1, end_);
    return {kPasses + begin, end - begin};
  }

  void stage(const Stage &s) {
    const bool isFirst = &s == kStages;
    if (isFirst) {
      canonicalise();
      return;
    }
    for (int round = 0; round < kMostRounds; ++round) {
      bool changed = false;
      for (const Pass &p : passesOf(s))
        changed |= run(p);
      if (!changed || !s.canonical)
        return;
      canonicalise();
      if (!s.fixpoint)
        return;
    }
    context_.say(fmt::format("stage {} did not come to rest in {} rounds", s.name, kMostRounds));
  }

  /// The passes of the first stage in turn until none of them changes anything.
  void canonicalise() {
    const std::span<const Pass> passes = passesOf(kStages[0]);
    size_t quiet = 0;
    for (size_t i = 0; quiet < passes.size() && i < kMostRounds * passes.size(); ++i)
      quiet = run(passes[i % passes.size()]) ? 0 : quiet + 1;
  }

  bool run(const Pass &pass) {
    if (std::ranges::find(disabled_, pass.name) != disabled_.end() ||
        (context_.optimize == Optimize::none && !pass.required))
      return false;
    context_.pass = pass.name;
    const size_t before = options_.verifyEach ? hashOf(module_) : 0;
    const auto start = std::chrono::steady_clock::now();
    const bool changed = pass.run(module_, context_);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    Time &time = times_[pass.name];
    time.milliseconds += took.count();
    ++time.runs;
    if (options_.verifyEach) {
      ir::verifyOrThrow(module_, fmt::format("pass {}", pass.name));
      if ((hashOf(module_) != before) != changed)
        throw InternalError(fmt::format("the pass {} says that it {} the module, which is not so",
                                        pass.name, changed ? "changed" : "did not change"));
    }
    if (changed && std::ranges::any_of(options_.printAfter, [&](const std::string &name) {
          return name == "all" || name == pass.name;
        }))
      context_.say(fmt::format("# after {}\n{}", pass.name,
                               ir::print(module_, {.elideConstants = true, .annotations = {}})));
    return changed;
  }

  ir::Module &module_;
  PassContext &context_;
  const PipelineOptions &options_;
  std::vector<std::string_view> disabled_;
  std::map<std::string_view, Time> times_;
  size_t end_ = std::size(kPasses);
};

} // namespace

std::span<const Pass> pipeline() { return kPasses; }
std::span<const Stage> stages() { return kStages; }

void runPipeline(ir::Module &module, PassContext &context, const PipelineOptions &options) {
  if (!context.explain.empty() && context.explain.find('/') != context.explain.npos)
    checkRule(context.explain);
  Run{module, context, options}.all();
}

bool runPass(ir::Module &module, PassContext &context, std::string_view name) {
  const Pass &pass = passNamed(name);
  context.pass = pass.name;
  return pass.run(module, context);
}

} // namespace burin::passes

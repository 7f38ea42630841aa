// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "ir/machine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace burin::cli {
namespace {

/// The rows of ir/machines.txt.
std::string cpusText() {
  std::string text =
      R"(  The kernel of a layer is chosen by what it costs on a processor: operations, and bytes of each
  level of memory. --cpu NAME takes the figures of another than the target's, --cpu native those of
  this one. The code is right on all, and the flags of the C++ compiler alone decide which vectors
  it uses. --tune measures instead of estimating, and keeps the choices in the file of --tuned.

  All figures are those of one core; GB/s from L1, L2, L3 and memory.

  isa     GFLOP/s  KiB L1, L2, L3   GB/s               name
)";
  for (const ir::Machine &m : ir::allMachines())
    text +=
        fmt::format("  {:<6}  {:<7}  {:<15}  {:<17}  {}\n", m.isa, m.peak(),
                    fmt::format("{}, {}, {}", m.l1Bytes >> 10, m.l2Bytes >> 10, m.l3Bytes >> 10),
                    fmt::format("{}, {}, {}, {}", m.l1Rate, m.l2Rate, m.l3Rate, m.memoryRate),
                    fmt::join(m.names, ", "));
  return text;
}

constexpr Topic kTopics[] = {
    {"shapes", "Shapes, dimensions and types",
     R"(  A model must say how large everything is, or how large it can get: memory is planned at compile
  time. Give what the model leaves open.

  --input-shape x:1x3x224x224     the shape of the input x
  --input-shape x:[batch,3,224]   with a symbol; commas and brackets work everywhere
  --input-shape ids:1x128xi64     with an element type
  --input-shape step:scalar       rank 0
  --input-shape 1x3x224x224       the name may be left out if the model has one input
  --dim batch=1                   the symbol batch is 1 everywhere
  --dim batch=1..8                the symbol batch stays a dimension, from 1 to 8
  --input-type x:i8               quantised data at the interface

  The name ends at the last ':' or '=', because names of tensors have colons themselves (x:0). '?'
  is refused: a dimension that stays open needs a bound. All of these can be repeated.
)"},
    {"exit-codes", "Exit codes",
     R"(  0   success
  1   the answer of check, validate or diff is no, or a limit is exceeded
  2   usage: arguments that do not fit, or output that cannot be written
  3   the model or another file is missing, corrupt or invalid
  4   something valid that burin cannot do: an operator, a dimension without a bound, or a planned
      option
  70  a bug of burin; the message says what to report
)"},
    {"files", "Files of options",
     R"(  @FILE           on the command line stands for the words in FILE: separated by blanks, '...' and
                  "..." keep blanks, \ keeps the next character, # begins a comment
  --config FILE   reads a TOML file; the command line wins. Keys are the names of the options:

      target = "mcu-fpu"
      dim = ["batch=1..8", "steps=16"]
      profile = true

      [validate]                  # a section is of one verb
      rtol = 1e-3
)"},
    {"output", "Output and diagnostics",
     R"(  Results go to stdout, errors and progress to stderr. With --json, stdout is one JSON document;
  with --diagnostics-format json, stderr has one JSON object a line for each error. With -q only
  errors and the paths of written files are printed.

  All problems of a model are reported in one run, grouped by operator, each with the name of its
  node. `burin help CODE` explains the code in brackets at the end of an error.

  Files whose content would not change are not touched, so that nothing is compiled again. Equal
  models and options give equal files: they hold neither dates nor paths.
)"},
};

} // namespace

std::span<const Topic> allTopics() {
  static const std::string kCpus = cpusText();
  static const std::vector<Topic> kAll = [] {
    std::vector<Topic> all(std::begin(kTopics), std::end(kTopics));
    all.push_back({"cpus", "Processors", kCpus});
    return all;
  }();
  return kAll;
}

} // namespace burin::cli

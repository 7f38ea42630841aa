// SPDX-License-Identifier: Apache-2.0
//
// The rows. To add an option, add a row here, read it where it acts, and run the tests: they name
// the generated files that are stale.
#include "cli/options.h"

#include <algorithm>

namespace burin::cli {
namespace {

// clang-format off
constexpr VerbRow kVerbs[] = {
  {Verb::compile, "compile", "MODEL", Status::ready, false,
   "write self-contained C++17 for a model",
   {"burin compile kws.onnx -o gen --name kws",
    "burin compile net.onnx -o gen --dim batch=1..8 --arena-limit 64K",
    "burin compile net.onnx -o gen --target mcu-fpu --optimize size --api c"}},
  {Verb::inspect, "inspect", "MODEL", Status::ready, false,
   "show a model: inputs, outputs, operators, weights, memory",
   {"burin inspect kws.onnx",
    "burin inspect kws.onnx --tensors",
    "burin inspect kws.onnx --json"}},
  {Verb::check, "check", "MODEL", Status::ready, false,
   "list everything that keeps a model from compiling; exit code 1 if there is anything",
   {"burin check kws.onnx",
    "burin check net.onnx --dim batch=1..8 --target mcu-fpu",
    "burin check net.onnx --json"}},
  {Verb::validate, "validate", "MODEL", Status::ready, false,
   "compile, build and run a model, and compare its outputs with references",
   {"burin validate kws.onnx",
    "burin validate kws.onnx --data test_data_set_0 --rtol 1e-4",
    "burin validate kws.onnx --data golden.npz --in-process --per-node"}},
  {Verb::run, "run", "MODEL", Status::ready, false,
   "run a model on arrays of NumPy, without a C++ compiler",
   {"burin run kws.onnx --input mfcc=@mfcc.npy -o out.npz",
    "burin run net.onnx --input x=@x.npy --input mask=@mask.npy -o out.npz",
    "burin run gru.onnx --input x=@steps.npy --sequence -o out.npz"}},
  {Verb::bench, "bench", "MODEL", Status::planned, false,
   "compile, build and time a model",
   {"burin bench kws.onnx", "burin bench kws.onnx --cc clang++"}},
  {Verb::report, "report", "MODEL", Status::planned, false,
   "write a report on memory, operators and passes as one HTML file",
   {"burin report kws.onnx -o kws.html"}},
  {Verb::diff, "diff", "A.json B.json", Status::planned, false,
   "compare two reports; exit code 1 if they differ",
   {"burin diff old/report.json new/report.json"}},
  {Verb::ops, "ops", "", Status::ready, false,
   "list the operators of each format that burin can compile",
   {"burin ops", "burin ops --format markdown", "burin ops --json"}},
  {Verb::completion, "completion", "SHELL", Status::ready, false,
   "print the completions for bash, zsh or fish",
   {"burin completion bash > ~/.local/share/bash-completion/completions/burin",
    "burin completion zsh > ~/.zfunc/_burin",
    "burin completion fish > ~/.config/fish/completions/burin.fish"}},
  {Verb::help, "help", "[TOPIC]", Status::ready, false,
   "explain a verb, a topic or the code of a diagnostic",
   {"burin help compile", "burin help shapes", "burin help exit-codes"}},
  {Verb::options, "options", "", Status::ready, true,
   "print what is generated from the table of options",
   {"burin options --format markdown-cli"}},
};
// clang-format on

constexpr Verbs operator|(Verb a, Verb b) { return bit(a) | bit(b); }
constexpr Verbs operator|(Verbs a, Verb b) { return a | bit(b); }

constexpr Verbs kAll = bit(Verb::options) * 2 - 1;
constexpr Verbs kBuild = Verb::validate | Verb::bench; // run a C++ compiler
constexpr Verbs kGenerate = kBuild | Verb::compile | Verb::check | Verb::report; // make code
constexpr Verbs kRead = kGenerate | Verb::inspect | Verb::run;                   // read a model
constexpr Verbs kCompile = bit(Verb::compile), kInspect = bit(Verb::inspect), kRun = bit(Verb::run),
                kValidate = bit(Verb::validate);

// clang-format off
constexpr Option kOptions[] = {
    {.spelling = "--input-format", .kind = Kind::choice, .value = "FORMAT", .keyword = "FORMAT",
     .fallback = "(by content)", .choices = "onnx|torchscript|savedmodel|gir",
     .group = Group::model, .verbs = kRead,
     .help = "format of the model"},
    {.spelling = "--signature", .kind = Kind::list, .value = "NAME", .keyword = "SIGNATURES",
     .fallback = "(serving_default)", .group = Group::model, .verbs = kRead,
     .help = "entry point to compile: a signature of a SavedModel"},
    {.spelling = "--tag", .kind = Kind::text, .value = "TAG", .keyword = "TAG",
     .fallback = "serve", .group = Group::model, .verbs = kRead,
     .help = "graph of a SavedModel that holds several"},
    {.spelling = "--outputs", .kind = Kind::list, .value = "NAME", .keyword = "OUTPUTS",
     .fallback = "(the model's)", .group = Group::model, .verbs = kRead,
     .help = "tensor to return: cuts the graph there"},
    {.spelling = "--state", .kind = Kind::list, .value = "IN=OUT", .keyword = "STATE",
     .group = Group::model, .verbs = kRead, .help = "input and output kept as state between runs"},

    {.spelling = "-o,--output", .kind = Kind::folder, .value = "PATH", .group = Group::output,
     .verbs = Verb::compile | Verb::run | Verb::validate | Verb::report,
     .help = "folder of the generated files (run: .npz file of the results)"},
    {.spelling = "--name", .kind = Kind::text, .value = "NAME",
     .fallback = "(from the model's file)", .group = Group::output, .verbs = kGenerate,
     .inHelp = kCompile, .help = "base name of the generated files"},
    {.spelling = "--namespace", .kind = Kind::text, .value = "NAME", .keyword = "NAMESPACE",
     .fallback = "(the name)", .group = Group::output, .verbs = kGenerate, .inHelp = kCompile,
     .help = "C++ namespace of the generated class"},
    {.spelling = "--class", .kind = Kind::text, .value = "NAME", .keyword = "CLASS",
     .fallback = "Model", .group = Group::output, .verbs = kGenerate, .inHelp = kCompile,
     .help = "name of the generated class"},
    {.spelling = "--api", .kind = Kind::choice, .value = "API", .keyword = "API", .fallback = "cxx",
     .choices = "cxx|c|both", .group = Group::output, .verbs = kGenerate, .inHelp = kCompile,
     .help = "interface to generate"},
    {.spelling = "--optimize", .kind = Kind::choice, .value = "GOAL", .keyword = "OPTIMIZE",
     .fallback = "speed", .choices = "speed|size|none|exact", .group = Group::output,
     .verbs = kRead, .help = "what matters most; exact keeps the order of float sums"},
    {.spelling = "--target", .kind = Kind::choice, .value = "TARGET", .keyword = "TARGET",
     .fallback = "host", .choices = "host|mcu-fpu|mcu-dsp|mcu-min|portable", .group = Group::output,
     .verbs = kRead, .help = "machine to tune for"},
    {.spelling = "--features", .kind = Kind::list, .value = "SET", .keyword = "FEATURES",
     .group = Group::output, .verbs = kGenerate, .status = Status::planned, .inHelp = 0,
     .help = "instruction set to add to the binary, chosen at start"},
    {.spelling = "--threads", .kind = Kind::choice, .value = "WAY", .keyword = "THREADS",
     .fallback = "none", .choices = "none|hook|std|openmp", .planned = "std|openmp",
     .group = Group::output, .verbs = kGenerate, .inHelp = kCompile,
     .help = "how a run is spread over threads"},
    {.spelling = "--profile", .kind = Kind::flag, .keyword = "PROFILE", .group = Group::output,
     .verbs = kGenerate, .inHelp = kCompile, .help = "add the hook that observes every node"},
    {.spelling = "--shards", .kind = Kind::count, .value = "N", .keyword = "SHARDS",
     .fallback = "(from the size)", .group = Group::output, .verbs = kGenerate, .inHelp = 0,
     .help = "spread the code over N source files beside NAME.cpp"},
    {.spelling = "--emit", .kind = Kind::choice, .value = "WHAT", .fallback = "cpp",
     .choices = "cpp|gir", .group = Group::output, .verbs = kCompile, .inHelp = 0,
     .help = "write C++, or the IR after the passes"},
    {.name = "report-html", .spelling = "--report", .kind = Kind::file, .value = "FILE",
     .group = Group::output, .verbs = kCompile, .status = Status::planned, .inHelp = 0,
     .help = "also write the HTML report"},
    {.spelling = "--depfile", .kind = Kind::file, .value = "FILE", .group = Group::output,
     .verbs = kCompile, .inHelp = 0, .help = "write what was read, as a rule for Make and Ninja"},
    {.spelling = "--stamp", .kind = Kind::file, .value = "FILE", .group = Group::output,
     .verbs = kCompile, .inHelp = 0, .help = "touch this file when done; the target in --depfile"},
    {.spelling = "--print-outputs", .kind = Kind::flag, .group = Group::output, .verbs = kCompile,
     .inHelp = 0, .help = "print the paths that would be written, and stop"},
    {.spelling = "--dry-run", .kind = Kind::flag, .group = Group::output, .verbs = kCompile,
     .inHelp = 0, .help = "do everything but write"},

    {.spelling = "--input-shape", .kind = Kind::list, .value = "NAME:SHAPE",
     .keyword = "INPUT_SHAPES", .fallback = "(the model's)", .group = Group::shapes, .verbs = kRead,
     .help = "shape of an input, as x:1x3x224x224"},
    {.spelling = "--dim", .kind = Kind::list, .value = "SYMBOL=N", .keyword = "DIMS",
     .group = Group::shapes, .verbs = kRead,
     .help = "fix a symbol, as batch=1, or bound it, as batch=1..8"},
    {.spelling = "--input-type", .kind = Kind::list, .value = "NAME:TYPE", .keyword = "INPUT_TYPES",
     .fallback = "(the model's)", .group = Group::shapes, .verbs = kRead, .status = Status::planned,
     .help = "element type at the interface, as x:i8"},

    {.spelling = "--arena", .kind = Kind::choice, .value = "PLACE", .keyword = "ARENA",
     .fallback = "caller", .choices = "caller|static|stack", .planned = "static|stack",
     .group = Group::memory, .verbs = kGenerate, .inHelp = kCompile,
     .help = "where the working memory lies"},
    {.spelling = "--arena-section", .kind = Kind::text, .value = "SECTION",
     .keyword = "ARENA_SECTION", .group = Group::memory, .verbs = kGenerate,
     .status = Status::planned, .inHelp = 0,
     .help = "linker section of a static arena"},
    {.spelling = "--arena-limit", .kind = Kind::bytes, .value = "BYTES", .keyword = "ARENA_LIMIT",
     .group = Group::memory, .verbs = kGenerate, .inHelp = kCompile,
     .help = "fail if the arena is larger"},
    {.spelling = "--weights", .kind = Kind::choice, .value = "FORM", .keyword = "WEIGHTS",
     .fallback = "auto", .choices = "auto|literals|string|incbin|file|caller",
     .planned = "file|caller", .group = Group::memory, .verbs = kGenerate,
     .inHelp = kCompile, .help = "how the weights are stored"},
    {.spelling = "--weights-section", .kind = Kind::text, .value = "SECTION",
     .keyword = "WEIGHTS_SECTION", .group = Group::memory, .verbs = kGenerate,
     .status = Status::planned, .inHelp = 0,
     .help = "linker section of the weights"},
    {.spelling = "--weights-limit", .kind = Kind::bytes, .value = "BYTES",
     .keyword = "WEIGHTS_LIMIT", .group = Group::memory, .verbs = kGenerate, .inHelp = kCompile,
     .help = "fail if the weights are larger"},
    {.spelling = "--macs-limit", .kind = Kind::count, .value = "N", .keyword = "MACS_LIMIT",
     .group = Group::memory, .verbs = kGenerate, .inHelp = kCompile,
     .help = "fail if a run multiplies more often"},
    {.spelling = "--ram-target", .kind = Kind::bytes, .value = "BYTES", .keyword = "RAM_TARGET",
     .group = Group::memory, .verbs = kGenerate, .status = Status::planned,
     .help = "trade time for memory down to this size"},

    {.spelling = "--input", .kind = Kind::list, .value = "NAME=@FILE",
     .group = Group::numerics, .verbs = kRun, .help = "array for an input, from a .npy file"},
    {.spelling = "--sequence", .kind = Kind::flag, .group = Group::numerics,
     .verbs = Verb::run | Verb::validate, .help = "feed steps without resetting the state"},
    {.spelling = "--data", .kind = Kind::files, .value = "PATH", .keyword = "TEST_DATA",
     .fallback = "(random inputs)", .group = Group::numerics, .verbs = kValidate,
     .help = "references: a folder of input_*.pb and output_*.pb, or a .npz file"},
    {.spelling = "--rtol", .kind = Kind::real, .value = "X", .fallback = "1e-4",
     .group = Group::numerics, .verbs = kValidate,
     .help = "relative tolerance: |a-b| <= atol + rtol*|b|"},
    {.spelling = "--atol", .kind = Kind::real, .value = "X", .fallback = "1e-5",
     .group = Group::numerics, .verbs = kValidate, .help = "absolute tolerance"},
    {.spelling = "--max-ulp", .kind = Kind::count, .value = "N", .group = Group::numerics,
     .verbs = kValidate, .inHelp = 0,
     .help = "pass up to N units in the last place, beside the tolerances"},
    {.spelling = "--seed", .kind = Kind::count, .value = "N", .fallback = "0",
     .group = Group::numerics, .verbs = kBuild | Verb::run,
     .help = "seed of random inputs; run makes them only if it is given"},
    {.spelling = "--in-process", .kind = Kind::flag, .group = Group::numerics, .verbs = kValidate,
     .help = "evaluate in this program, without a C++ compiler"},
    {.spelling = "--cc", .kind = Kind::file, .value = "CXX", .fallback = "(CXX or c++)",
     .group = Group::numerics, .verbs = kBuild, .help = "C++ compiler to build with"},
    {.spelling = "--cxxflags", .kind = Kind::list, .value = "FLAGS", .fallback = "-O2",
     .group = Group::numerics, .verbs = kBuild, .help = "flags for the C++ compiler"},
    {.spelling = "--per-node", .kind = Kind::flag, .group = Group::numerics,
     .verbs = kValidate | kRun,
     .help = "compare every tensor, name the first that differs; run writes them as node:NAME"},
    {.spelling = "--bisect", .kind = Kind::flag, .group = Group::numerics, .verbs = kValidate,
     .status = Status::planned, .inHelp = 0, .help = "find the pass that breaks the result"},
    {.spelling = "--export-json", .kind = Kind::file, .value = "FILE", .group = Group::numerics,
     .verbs = bit(Verb::bench), .status = Status::planned, .inHelp = 0,
     .help = "write the measurements"},

    {.spelling = "--graph", .kind = Kind::flag, .group = Group::diagnostics, .verbs = kInspect,
     .help = "print the graph as .gir text"},
    {.spelling = "--tensors", .kind = Kind::flag, .group = Group::diagnostics, .verbs = kInspect,
     .help = "list the tensors with types and sizes"},
    {.name = "list-ops", .spelling = "--ops", .kind = Kind::flag, .group = Group::diagnostics,
     .verbs = kInspect, .help = "count the operators"},
    {.name = "list-weights", .spelling = "--weights", .kind = Kind::flag,
     .group = Group::diagnostics, .verbs = kInspect,
     .help = "list the weights with types and sizes"},
    {.spelling = "--format", .kind = Kind::choice, .value = "FORMAT", .fallback = "text",
     .choices = "text|markdown|json", .group = Group::diagnostics, .verbs = bit(Verb::ops),
     .help = "form of the table"},
    {.name = "options-format", .spelling = "--format", .kind = Kind::choice, .value = "FORMAT",
     .fallback = "markdown-cli", .choices = "markdown-cli|markdown-cmake|cmake|man",
     .group = Group::diagnostics, .verbs = bit(Verb::options), .help = "which file to print"},
    {.spelling = "-q,--quiet", .kind = Kind::flag, .group = Group::diagnostics, .verbs = kRead,
     .help = "print errors and paths only"},
    {.spelling = "-v,--verbose", .kind = Kind::flag, .group = Group::diagnostics, .verbs = kRead,
     .help = "print more; twice for still more"},
    {.spelling = "--color", .kind = Kind::choice, .value = "WHEN", .fallback = "auto",
     .choices = "auto|always|never", .group = Group::diagnostics, .verbs = kAll,
     .help = "colour; auto obeys NO_COLOR"},
    {.spelling = "--json", .kind = Kind::flag, .group = Group::diagnostics,
     .verbs = kRead | Verb::diff | Verb::ops,
     .help = "one JSON document on stdout; everything else on stderr"},
    {.spelling = "--diagnostics-format", .kind = Kind::choice, .value = "FORMAT",
     .fallback = "text", .choices = "text|json", .group = Group::diagnostics, .verbs = kAll,
     .inHelp = 0, .help = "form of errors on stderr; json is one object a line"},
    {.spelling = "--config", .kind = Kind::file, .value = "FILE.toml", .group = Group::diagnostics,
     .verbs = kAll, .help = "read options from a file; the command line wins"},
    {.spelling = "-j,--jobs", .kind = Kind::count, .value = "N", .fallback = "(processors)",
     .group = Group::diagnostics, .verbs = kRead, .status = Status::planned,
     .help = "threads of burin itself"},
    {.spelling = "-h,--help", .kind = Kind::flag, .group = Group::diagnostics, .verbs = kAll,
     .help = "show this text"},
    {.spelling = "--help-all", .kind = Kind::flag, .group = Group::diagnostics, .verbs = kAll,
     .help = "show every option"},

    {.spelling = "--print-after", .kind = Kind::list, .value = "PASS", .group = Group::debug,
     .verbs = kRead, .inHelp = 0, .help = "print the IR after a pass; all for every pass"},
    {.spelling = "--stop-after", .kind = Kind::text, .value = "PASS", .group = Group::debug,
     .verbs = kRead, .inHelp = 0, .help = "end the pipeline after a pass"},
    {.spelling = "--disable", .kind = Kind::list, .value = "NAME", .group = Group::debug,
     .verbs = kRead, .inHelp = 0, .help = "leave out a pass or a rule"},
    {.spelling = "--rewrite-limit", .kind = Kind::count, .value = "N", .group = Group::debug,
     .verbs = kRead, .inHelp = 0, .help = "stop rewriting after N rewrites: bisects a wrong one"},
    {.spelling = "--time-passes", .kind = Kind::flag, .group = Group::debug, .verbs = kRead,
     .inHelp = 0, .help = "print how long each pass takes"},
    {.spelling = "--explain", .kind = Kind::text, .value = "NAME", .group = Group::debug,
     .verbs = kRead, .inHelp = 0, .help = "say why a rule did or did not apply"},
    {.spelling = "--verify-each", .kind = Kind::flag, .group = Group::debug, .verbs = kRead,
     .inHelp = 0, .help = "verify the IR after every pass"},

    {.name = "model", .kind = Kind::text, .value = "PATH", .keyword = "MODEL",
     .group = Group::build, .help = "the model: a file, or the folder of a SavedModel"},
    {.name = "type", .kind = Kind::choice, .value = "TYPE", .keyword = "TYPE", .fallback = "static",
     .choices = "static|object|shared|interface", .planned = "interface", .group = Group::build,
     .help = "type of the library"},
    {.name = "output-dir", .kind = Kind::text, .value = "DIR", .keyword = "OUTPUT_DIR",
     .fallback = "(TARGET.burin in the build folder)", .group = Group::build,
     .help = "folder of the generated files"},
    {.name = "flash-limit", .kind = Kind::bytes, .value = "BYTES", .keyword = "FLASH_LIMIT",
     .group = Group::build, .help = "fail after the build if code and constants are larger"},
    {.name = "stack-limit", .kind = Kind::bytes, .value = "BYTES", .keyword = "STACK_LIMIT",
     .group = Group::build, .help = "fail after the build if a run needs more stack"},
    {.name = "tolerance", .kind = Kind::text, .value = "atol=X,rtol=X", .keyword = "TOLERANCE",
     .group = Group::build, .help = "tolerances of the test made by TEST_DATA"},
    {.name = "bundle-runtime", .kind = Kind::flag, .keyword = "BUNDLE_RUNTIME",
     .group = Group::build,
     .help = "copy the runtime headers beside the code, so that the result needs no burin"},
    {.name = "exclude-from-all", .kind = Kind::flag, .keyword = "EXCLUDE_FROM_ALL",
     .group = Group::build, .help = "leave the library out of the target all"},
    {.name = "header", .kind = Kind::text, .value = "VAR", .keyword = "HEADER",
     .group = Group::build, .help = "variable that receives the path of the header"},
    {.name = "sources", .kind = Kind::text, .value = "VAR", .keyword = "SOURCES",
     .group = Group::build, .help = "variable that receives the paths of the sources"},
    {.name = "report", .kind = Kind::text, .value = "VAR", .keyword = "REPORT",
     .group = Group::build, .status = Status::planned,
     .help = "variable that receives the path of report.html"},
    {.name = "report-json", .kind = Kind::text, .value = "VAR", .keyword = "REPORT_JSON",
     .group = Group::build, .help = "variable that receives the path of report.json"},
    {.name = "options", .kind = Kind::list, .value = "FLAG", .keyword = "OPTIONS",
     .group = Group::build, .help = "flags for burin compile, passed on as they are"},
    {.name = "depends", .kind = Kind::list, .value = "FILE", .keyword = "DEPENDS",
     .group = Group::build, .help = "files whose change compiles the model again"},
};
// clang-format on

/// What --help relies on: a default that is a choice is the first one.
constexpr bool isFirstChoice(const Option &o) {
  return o.choices.empty() || o.fallback.starts_with('(') || o.choices.starts_with(o.fallback);
}

constexpr bool isConsistent(const Option &o) {
  return isFirstChoice(o) &&                              //
         (o.kind == Kind::flag) == o.value.empty() &&     //
         (o.kind == Kind::choice) != o.choices.empty() && //
         o.spelling.empty() == (o.verbs == 0) &&          //
         !(o.spelling.empty() && (o.keyword.empty() || o.name.empty()));
}
static_assert(std::ranges::all_of(kOptions, isConsistent));

constexpr bool isInOrder() {
  for (size_t i = 0; i < std::size(kVerbs); ++i)
    if (kVerbs[i].verb != static_cast<Verb>(i))
      return false;
  return std::size(kVerbs) == static_cast<size_t>(Verb::options) + 1;
}
static_assert(isInOrder());

} // namespace

std::span<const Option> allOptions() { return kOptions; }
std::span<const VerbRow> allVerbs() { return kVerbs; }

} // namespace burin::cli

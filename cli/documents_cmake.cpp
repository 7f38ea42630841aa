// SPDX-License-Identifier: Apache-2.0
//
// docs/cmake.md and cmake/BurinOptions.cmake.
#include "cli/documents.h"

#include "cli/options.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::cli {
namespace {

/// Passed on to `burin compile`; the others are of burin_add_model itself.
bool isPassedOn(const Option &option) {
  return !option.keyword.empty() && (option.verbs & bit(Verb::compile)) != 0;
}

std::vector<const Option *> keywords(bool passedOn) {
  std::vector<const Option *> options;
  for (const Option &option : allOptions())
    if (!option.keyword.empty() && isPassedOn(option) == passedOn)
      options.push_back(&option);
  return options;
}

std::string choicesOf(std::string_view choices) {
  std::string text = upper(choices);
  std::ranges::replace(text, '|', ';');
  return text;
}

/// The keywords of one arity, as set(NAME A B C) in lines of 100 columns.
template <class Predicate>
std::string setList(std::string_view name, bool passedOn, Predicate matches) {
  std::string text = fmt::format("set({}", name);
  size_t column = text.size();
  for (const Option *option : keywords(passedOn)) {
    if (!matches(*option))
      continue;
    if (column + 1 + option->keyword.size() > 98) {
      text += "\n ";
      column = 1;
    }
    text += fmt::format(" {}", option->keyword);
    column += 1 + option->keyword.size();
  }
  return text + ")\n";
}

std::string setLists(std::string_view prefix, bool passedOn) {
  return setList(fmt::format("{}_FLAGS", prefix), passedOn,
                 [](const Option &o) { return !takesValue(o); }) +
         setList(fmt::format("{}_VALUES", prefix), passedOn,
                 [](const Option &o) { return takesValue(o) && !isRepeatable(o); }) +
         setList(fmt::format("{}_LISTS", prefix), passedOn, isRepeatable);
}

std::string signatureLine(const Option &option) {
  std::string value(option.value);
  if (!option.choices.empty()) {
    std::vector<std::string_view> planned = split(option.planned), choices = split(option.choices);
    std::erase_if(choices, [&](std::string_view c) { return std::ranges::count(planned, c) > 0; });
    value = upper(join(choices, "|"));
  }
  return fmt::format("    [{}{}{}{}]\n", option.keyword, value.empty() ? "" : " ",
                     value.empty() ? "" : fmt::format("<{}>", value),
                     isRepeatable(option) ? "..." : "");
}

std::string code(std::string_view words) {
  std::string text;
  for (const std::string_view word : split(words))
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", upper(word));
  return text;
}

std::string keywordRow(const Option &option) {
  std::string help(option.help);
  if (!option.choices.empty())
    help += ": " + code(option.choices);
  if (option.status == Status::planned)
    help += "; **planned**";
  else if (!option.planned.empty())
    help += "; **planned**: " + code(option.planned);
  std::string fallback(option.fallback);
  if (fallback.starts_with('('))
    fallback = fallback.substr(1, fallback.size() - 2);
  else if (!option.choices.empty())
    fallback = code(fallback);
  if (option.keyword == "TARGET")
    fallback = "from the toolchain, printed";
  std::string row = fmt::format(
      "| `{}` | {} | {} | {} |\n", option.keyword, help, fallback,
      option.spelling.empty() ? std::string{} : fmt::format("`{}`", longSpelling(option)));
  return row;
}

constexpr std::string_view kIntroduction = R"(
```cmake
cmake_minimum_required(VERSION 3.23)
project(App CXX)
find_package(Burin REQUIRED)
burin_add_model(kws MODEL kws.onnx DIMS batch=1)
add_executable(app main.cpp)
target_link_libraries(app PRIVATE kws)
```

`burin_add_model` makes an ordinary library of C++17 that any target can link. It is compiled with the
toolchain and the flags of the caller; the program `burin` runs on the machine that builds. The same
file serves a cross build: `cmake -B build --toolchain arm-none-eabi.cmake`.

## burin_add_model

```
burin_add_model(<target>
    MODEL <path>
)";

constexpr std::string_view kAfterKeywords = R"(
An unknown keyword, a keyword without a value, a value that is not allowed and a keyword that is
planned are errors that name the call. Configuring never runs the compiler: the names of all outputs
are known. Files whose content would not change are not written, so nothing is compiled again.

## burin_target_report

```
burin_target_report(<target>)
```

prints, when the library was built, what the model costs: arena, weights, code.

## Results

| Name | Kind | Holds |
|---|---|---|
| `BURIN_HEADER` | target property | path of the generated header |
| `BURIN_MODEL` | target property | path of the model |
| `BURIN_REPORT` | target property | path of `report.json` |
| `BURIN_WEIGHTS` | target property | with `WEIGHTS FILE` or `CALLER`: path of the weights that the program needs |
| `TARGET.tune` | target | with `TUNED FILE`: measures kernels with this toolchain and writes the file |

## Variables

| Variable | Meaning |
|---|---|
| `Burin_COMPILER_EXECUTABLE` | the program `burin` to use, instead of the one of the package |
| `Burin_HOST_TOOLCHAIN_FILE` | toolchain of the host, where a cross build makes `burin` itself |
| `Burin_DEFAULT_OPTIONS` | flags for every call, as OPTIONS |
| `Burin_VERSION` | version of the package |

## Cross builds

The package is one for all architectures. Where a toolchain file confines packages to its sysroot
(`CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY`), `CMAKE_PREFIX_PATH` and `Burin_ROOT` have no effect; use
one of

```sh
cmake -B build --toolchain arm-none-eabi.cmake -DBurin_DIR=/usr/share/cmake/Burin
```

```cmake
find_package(Burin REQUIRED CMAKE_FIND_ROOT_PATH_BOTH)
```

As a part of your own sources (`add_subdirectory` or `FetchContent`) burin is built for the host by a
nested build, also in a cross build; the names of targets and functions are the same.

```cmake
include(FetchContent)
FetchContent_Declare(Burin GIT_REPOSITORY <url> GIT_TAG <tag> FIND_PACKAGE_ARGS) # CMake 3.24
FetchContent_MakeAvailable(Burin)
```

## Without CMake

`burin compile MODEL -o DIR --name NAME --depfile FILE --stamp FILE` is a rule for Make, Ninja, Meson
or Bazel; `--print-outputs` lists the files that it writes. `pkg-config --variable=burin
burin-runtime` is the program and `--cflags` the include path of the runtime.
)";

} // namespace

std::string cmakeMarkdown() {
  std::string text = "<!-- Generated by `burin options --format markdown-cmake`. Do not edit. -->\n"
                     "# The CMake package\n";
  text += kIntroduction;
  for (const Option &option : allOptions())
    if (!option.keyword.empty() && option.keyword != "MODEL" && option.status == Status::ready)
      text += signatureLine(option);
  text.back() = ')';
  text += "\n```\n";
  for (size_t i = 0; i <= static_cast<size_t>(Group::build); ++i) {
    const auto group = static_cast<Group>(i);
    std::string rows;
    for (const Option &option : allOptions())
      if (!option.keyword.empty() && option.group == group)
        rows += keywordRow(option);
    if (!rows.empty())
      text += fmt::format("\n### {}\n\n| Keyword | Meaning | Default | Command line |\n"
                          "|---|---|---|---|\n{}",
                          title(group), rows);
  }
  text += kAfterKeywords;
  return text;
}

std::string cmakeOptions() {
  std::string text = R"(# SPDX-License-Identifier: Apache-2.0
#
# Generated by `burin options --format cmake`. Do not edit.
#
#   BURIN_MODEL_FLAGS, _VALUES, _LISTS  keywords of burin_add_model that `burin compile` gets:
#                                       without a value, with one, repeatable
#   BURIN_CMAKE_FLAGS, _VALUES, _LISTS  keywords of burin_add_model alone
#   BURIN_FLAG_<KW>     the spelling on the command line; empty for the second kind
#   BURIN_STATUS_<KW>   ready, or planned: then the keyword is an error
#   BURIN_CHOICES_<KW>  the values allowed, or nothing
#   BURIN_PLANNED_<KW>  those of them that are not there yet: an error
)";
  text += setLists("BURIN_MODEL", true) + setLists("BURIN_CMAKE", false);
  text += R"(
macro(_burin_option keyword flag status choices planned)
  set(BURIN_FLAG_${keyword} "${flag}")
  set(BURIN_STATUS_${keyword} ${status})
  set(BURIN_CHOICES_${keyword} "${choices}")
  set(BURIN_PLANNED_${keyword} "${planned}")
endmacro()
)";
  for (const bool passedOn : {true, false})
    for (const Option *option : keywords(passedOn))
      text += fmt::format("_burin_option({} \"{}\" {} \"{}\" \"{}\")\n", option->keyword,
                          passedOn ? longSpelling(*option) : "",
                          option->status == Status::ready ? "ready" : "planned",
                          choicesOf(option->choices), choicesOf(option->planned));
  return text;
}

} // namespace burin::cli

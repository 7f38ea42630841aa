#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# From nothing to a running model: installs packages, builds burin, compiles the digits network to
# C++, builds that and runs it. Some minutes on two cores the first time, seconds after that.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
source samples/packages.sh
build=build/release out=build/quickstart

bold= plain=
[ -t 1 ] && bold=$'\033[1m' plain=$'\033[0m'
say() { printf '\n%s\n' "$bold$*$plain"; }
show() { echo "  $*"; "$@"; }

say "1. What burin needs to be built"
need "${compiler_packages[@]}" ninja=ninja-build

say "2. Build burin in $build"
options=()
if [ ! -f $build/CMakeCache.txt ]; then
  # -O1: built a third sooner, and what burin writes does not depend on it.
  options+=(-DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" -DBURIN_TESTS=OFF)
  command -v ninja >/dev/null && options+=(-G Ninja)
  command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
mkdir -p build
cmake -S . -B $build "${options[@]}" >$build.log 2>&1 || { cat $build.log; exit 1; }
cmake --build $build --target burin -j "$(nproc)"
burin=$build/cli/burin

say "3. Compile samples/digits/digits.onnx to C++"
show "$burin" compile samples/digits/digits.onnx -o $out --name digits

say "4. Build it: ordinary C++17 and one folder of headers"
show c++ -std=c++17 -O2 -march=native -I runtime-lite -I $out samples/digits/main.cpp $out/*.cpp \
  -o $out/digits

say "5. Read 200 handwritten digits"
show $out/digits

say "Now yours: $burin compile MODEL -o FOLDER --name NAME"
echo "or, in CMake, burin_add_model(NAME MODEL file): docs/cmake.md"

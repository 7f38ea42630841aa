#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds burin and runs its tests. The last line is "N passed, N failed", with ", N skipped" if any.
#   --firmware        also install the Arm toolchain and the emulator, and run the firmware tests
#   --asan            with address and undefined behaviour sanitizers, in build/asan
#   --filter REGEX    only the tests whose name matches
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
source samples/packages.sh

build=build/release firmware=no filter=()
# -O1 as in samples/quickstart.sh, whose folder this is.
options=(-DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" -DBURIN_SANITIZE=OFF)
while [ $# -gt 0 ]; do
  case $1 in
    --firmware) firmware=yes ;;
    --asan) build=build/asan options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo -DBURIN_SANITIZE=ON) ;;
    --filter) filter=(-R "${2?--filter needs a regular expression}") && shift ;;
    *) sed -n '4,8s/^# \?//p' "$0" && exit 2 ;;
  esac
  shift
done

# Each stage says how long it took; without a stage before the tests there is nothing to count.
stage() { # NAME COMMAND...
  local name=$1 start=$SECONDS status=0
  shift
  echo "== $name"
  "$@" || status=$?
  echo "== $name: $((SECONDS - start)) s"
  return $status
}
give_up() {
  echo "$1"
  echo "0 passed, 1 failed"
  exit 1
}

packages=("${compiler_packages[@]}" "${test_packages[@]}" ninja=ninja-build)
[ $firmware = yes ] && packages+=("${firmware_packages[@]}")
stage packages need "${packages[@]}" || give_up "Packages are missing."

[ -f $build/CMakeCache.txt ] || options+=(-G Ninja)
command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
# Without the network the ONNX suite is skipped, which is said.
stage "data of the ONNX suite" bash tests/conformance/fetch.sh || echo "The ONNX suite is not there."
stage configure cmake -S . -B $build -DBURIN_TESTS=ON "${options[@]}" ||
  give_up "Configuring failed."
stage build cmake --build $build -j "$(nproc)" || give_up "The build failed."

[ $firmware = yes ] || filter+=(-LE firmware)
results=$PWD/$build/results.xml
rm -f "$results"
stage tests ctest --test-dir $build -j "$(nproc)" --output-on-failure --output-junit "$results" \
  --no-tests=error "${filter[@]}"
[ -f "$results" ] || give_up "There are no tests."

count() { grep -m 1 -A 8 '<testsuite ' "$results" | grep -oE "$1=\"[0-9]+\"" | grep -oE '[0-9]+'; }
failed=$(count failures) skipped=$(($(count skipped) + $(count disabled)))
passed=$(($(count tests) - failed - skipped))
if [ $skipped = 0 ]; then
  echo "$passed passed, $failed failed"
else
  echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" = 0 ]

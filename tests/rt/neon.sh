#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests of the kernels on AArch64, in an emulator. 77: what that needs is not there.
#   neon.sh OUTPUT_FOLDER [-j N]
cd "$(dirname "$0")" || exit 1
out=${1?usage: neon.sh OUTPUT_FOLDER [-j N]} jobs=${3:-$(nproc)} gtest=/usr/src/googletest/googletest
missing=()
for program in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v $program >/dev/null || missing+=("$program")
done
[ -f $gtest/src/gtest-all.cc ] || missing+=(googletest)
[ ${#missing[@]} = 0 ] || { echo "skipped: no ${missing[*]}"; exit 77; }

cxx=(aarch64-linux-gnu-g++ -std=c++20 -O1 -I ../../runtime-lite -I $gtest/include -I $gtest)
command -v ccache >/dev/null && cxx=(ccache "${cxx[@]}")
mkdir -p "$out"
printf '%s\0' ./*_test.cpp $gtest/src/gtest-all.cc $gtest/src/gtest_main.cc |
  xargs -0 -P "$jobs" -I{} bash -c '"${@:3}" -c "$1" -o "$2/$(basename "$1").o"' - {} "$out" "${cxx[@]}" ||
  exit 1
aarch64-linux-gnu-g++ -static "$out"/*.o -pthread -o "$out/neon_test" 2>/dev/null || exit 1
qemu-aarch64 "$out/neon_test" --gtest_brief=1

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# targets.sh BURIN CXX SOURCE FOLDER: the digits of samples/digits for every target. What is made for
# one runs right on this machine, and is the same text as for another but for what the target
# decides, which is named here.
set -eu
burin=$1 cxx=$2 source=$3 folder=$4
digits=$source/samples/digits
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

for target in host portable mcu-fpu mcu-dsp mcu-min; do
  "$burin" compile "$digits/digits.onnx" -o $target --target $target --weights literals -q >/dev/null
  "$cxx" -std=c++17 -O1 -I "$source/runtime-lite" -I "$digits" -I $target "$digits/main.cpp" \
    $target/digits.cpp $target/digits.weights.cpp -o $target/program
  $target/program >$target/log || { echo "$target:"; cat $target/log; exit 1; }
done

# Two of them as text, without what a target decides:
# * the algorithm: the smallest one (--optimize size) is the same
# * the line that tells the settings, and the alignment of the arena, with the offsets and sizes that follow
# * the width of the panels that weights are packed in, with the units that a step has of them
for target in host mcu-fpu; do
  "$burin" compile "$digits/digits.onnx" -o small/$target --target $target --optimize size \
    --weights literals -q >/dev/null
done
cd small
common() {
  sed -E -e '/^\/\/ Settings: /d' \
    -e 's/(arena_(size|align) = )[0-9]+/\1N/' \
    -e 's/^  at_[A-Za-z0-9_]+ = [0-9]+, *\/\/ *[0-9]+ /  at /' \
    -e 's/arena: [0-9]+ bytes, .*/arena/' \
    -e 's/(rt::(conv2d|gemv|gemm)<)[0-9]+>/\1P>/' \
    -e 's/rt::units<[0-9]+>/rt::units<U>/; s/ +\/\/ panels of [0-9]+/ panels/' "$1"
}
# The numbers of the weights, whatever their order and padding.
numbers() { grep -oE -- '-?[0-9][0-9.e+-]*f\b' "$1" | sort -u; }

[ "$(ls host)" = "$(ls mcu-fpu)" ] || { echo "the files are not the same"; exit 1; }
for file in digits.h digits.cpp; do
  diff <(common host/$file) <(common mcu-fpu/$file) ||
    { echo "$file differs between host and mcu-fpu in more than the target decides"; exit 1; }
done
diff <(numbers host/digits.weights.cpp | grep -vx '0.0f') \
  <(numbers mcu-fpu/digits.weights.cpp | grep -vx '0.0f') ||
  { echo "the weights for host and mcu-fpu are not the same numbers"; exit 1; }

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Generated code depends on the model and the options alone.
#
#   run.sh PROGRAM...       programs `burin`, each in two surroundings, write the same bytes
#   run.sh --build FOLDER   so do those that g++ -O2, clang++ -O2 and g++ -O0 make in FOLDER, for
#                           more models, targets and goals; takes as long as three builds
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cases=1 # of each file in tests/ops
options=("")
programs=("$@")
if [[ ${1:-} == --build ]]; then
  cases=1000
  options=("" "--optimize none" "--optimize exact" "--target mcu-fpu --optimize size"
    "--target portable --shards 3 --threads hook --profile")
  programs=()
  for how in "g++ -O2" "clang++ -O2" "g++ -O0"; do
    read -r compiler level <<<"$how"
    build=$2/$compiler$level
    cmake -S "$root" -B "$build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=None \
      -DCMAKE_CXX_FLAGS="$level" -DBURIN_TESTS=OFF >/dev/null
    cmake --build "$build" --target burin -j "${JOBS:-2}"
    programs+=("$build/cli/burin")
  done
fi
[[ ${#programs[@]} -gt 0 ]] || { sed -n '4,9s/^# \?//p' "$0"; exit 2; }

mkdir -p "$work/here/models" "$work/elsewhere"
cp "$root/samples/digits/digits.onnx" "$root/tests/cli/data/stream.gir" "$work/here/models"
for file in "$root"/tests/ops/*.gir; do
  awk -v base="$work/here/models/$(basename "$file" .gir)" -v most="$cases" \
    '/^---$/ { ++n; next } n < most { print > (base "_" n + 0 ".gir") }' "$file"
done
# The other formats, with all of their importers, where there is time for it.
if [[ $cases -gt 1 ]]; then
  cp "$root"/tests/frontend/torchscript/zoo/*.traced.pt "$work/here/models"
  zoo=$root/tests/frontend/savedmodel/zoo
  for arguments in "$zoo"/*.args; do
    name=$(basename "$arguments" .args)
    for model in "$zoo/$name" "$zoo/$name.pb"; do
      [[ -e $model ]] && cp -r "$model" "$work/here/models/"
    done
    cp "$arguments" "$work/here/models/"
  done
fi
cp -r "$work/here/models" "$work/elsewhere"

# generate PROGRAM OUT: what it writes and says for every model, in the current folder
generate() {
  local number=0 set model out code arguments
  for set in "${options[@]}"; do
    for model in models/*; do
      [[ $model != *.args ]] || continue
      arguments=()
      [[ ! -f ${model%.pb}.args ]] || mapfile -t arguments < <(xargs -r -n 1 <"${model%.pb}.args" | grep -vx -e --sequence)
      out=$2/$number/$(basename "$model")
      mkdir -p "$out"
      code=0
      # shellcheck disable=SC2086 # options are words
      "$1" compile "$model" -o "$out" -q $set "${arguments[@]}" >/dev/null 2>"$out/log" || code=$?
      if ((code >= 70)); then
        echo "$1 compile $(basename "$model") $set: exit code $code"
        return 1
      fi
    done
    number=$((number + 1))
  done
}

first=
for program in "${programs[@]}"; do
  program=$(realpath "$program")
  rm -rf "$work/a" "$work/b"
  (cd "$work/here" && generate "$program" "$work/a")
  (
    cd "$work/elsewhere"
    unset HOME USER
    { export LC_ALL=tr_TR.UTF-8; } 2>/dev/null # as if not set, where there is none
    export TZ=Asia/Tokyo COLUMNS=40 MALLOC_PERTURB_=85
    generate "$program" "$work/b"
  )
  diff -r "$work/a" "$work/b" || { echo "$program: not the same in two surroundings"; exit 1; }
  if grep -rlE "$work|0x7f[0-9a-f]{10}|$(date +%Y-%m-%d)" "$work/a"; then
    echo "$program: a path, a pointer or a date in its output"
    exit 1
  fi
  if [[ -z $first ]]; then
    first=$program
    mv "$work/a" "$work/first"
    continue
  fi
  diff -r "$work/first" "$work/a" || { echo "$first and $program differ"; exit 1; }
done
find "$work/first" -name '*.cpp' | wc -l | xargs printf '%s sources, the same each time\n'

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh [RUNS]: builds the readers with gcov in build/coverage, reads every committed model and
# RUNS (2000) changed ones of each format, runs the tests of the containers, and prints which part of
# the lines of each reader was reached, the least covered files first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${1:-2000} build=build/coverage
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O0 --coverage" \
  -DBURIN_TESTS=ON >/dev/null
cmake --build $build --target burin_fuzz savedmodel_container_test onnx_container_test onnx_lowering_test \
  torchscript_test
find $build -name '*.gcda' -delete
# Findings are those of ctest -R fuzz; here they stop nothing.
(cd $build && ctest -R '^fuzz|frontend.onnx|frontend.torchscript.language|savedmodel.container' \
  --output-on-failure | tail -1) || true
for reader in onnx torchscript exported savedmodel; do
  case $reader in
    onnx) models=$(find tests -name '*.onnx') ;;
    torchscript) models=$(ls tests/frontend/torchscript/zoo/*.pt) ;;
    exported) models=$(ls tests/frontend/exported/zoo/*.pt2) ;;
    savedmodel) models=$(ls -d tests/frontend/savedmodel/zoo/*/ tests/frontend/savedmodel/zoo/*.pb) ;;
  esac
  $build/tests/fuzz/burin_fuzz $reader --replay --runs "$(wc -w <<<"$models")" $models || true
  $build/tests/fuzz/burin_fuzz $reader --seed 5 --runs "$runs" $models || true
  find $build/frontend/$reader $build/frontend/common -name '*.gcda' -exec gcov -n {} + 2>/dev/null |
    awk -F"[':% ]+" -v reader=$reader '
      /^File/ { file = $2 }
      /^Lines/ && file ~ "/frontend/(" reader "|common)/.*cpp$" {
        lines[file] = $NF; hit[file] = $3 * $NF / 100; file = ""
      }
      END {
        for (f in lines) { all += lines[f]; reached += hit[f]
          if (hit[f] < 0.85 * lines[f]) printf "  %s: %.0f %% of %d lines\n", f, 100 * hit[f] / lines[f], lines[f] }
        printf "%s: %.1f %% of %d lines\n", reader, 100 * reached / all, all
      }'
done

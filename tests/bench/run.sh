#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds burin and its measuring programs in build/bench, makes the networks that are not there yet, and
# times them against ONNX Runtime. Needs a Python with torch, onnx, onnxscript and onnxruntime: PYTHON.
#   run.sh [NAME...] [-- OPTIONS]   NAME: of `networks.py --list`, or a path of an .onnx file; all if none.
#                                   OPTIONS: for burin_bench_networks, such as --layers --threads 2
#   run.sh --check [NAME...] [-- OPTIONS]   compares every tensor instead (check.py)
#   run.sh --kernels [OPTIONS]      times the kernels (burin_bench_kernels)
#   run.sh --scale [WORD...]        how compiling grows with the model (burin_bench_scale)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${PYTHON:-python3} build=build/bench models=build/bench/models what=times
case ${1-} in
  --check | --kernels | --scale) what=${1#--} && shift ;;
  --help | -h) sed -n '4,10s/^# \?//p' "$0" && exit ;;
esac

[ -f $build/CMakeCache.txt ] ||
  cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DBURIN_TESTS=ON -DBURIN_BENCHMARKS=ON
if [ $what = kernels ] || [ $what = scale ]; then
  cmake --build $build -j "$(nproc)" --target burin_bench_$what
  exec $build/tests/bench/burin_bench_$what "$@"
fi
cmake --build $build -j "$(nproc)" --target burin burin_bench_networks

names=() paths=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  names+=("$1") && shift
done
[ "${1-}" = -- ] && shift
[ ${#names[@]} -gt 0 ] || mapfile -t names < <("$python" tests/bench/networks.py --list)
for name in "${names[@]}"; do
  path=$name
  if [[ $name != *.onnx ]]; then
    path=$models/$name.onnx
    [ -f "$path" ] || "$python" tests/bench/networks.py $models "$name"
  fi
  paths+=("$path")
done

if [ $what = check ]; then
  exec "$python" tests/bench/check.py --build $build --work $build/work "${paths[@]}" "$@"
fi
ort=$("$python" -c 'import glob, os, onnxruntime
print(glob.glob(os.path.dirname(onnxruntime.__file__) + "/capi/libonnxruntime.so.*")[0])')
exec $build/tests/bench/burin_bench_networks --ort "$ort" --work $build/work \
  --json $build/networks.json --svg $build/networks.svg "${paths[@]}" "$@"

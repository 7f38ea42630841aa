#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compiles one instance of every kernel under the warnings that generated code promises, with every
# compiler that is there, for every vector width and in the plain form; and sees that nothing but
# mem* (and the compiler's own __aeabi_*) is left for a linker to find.
cd "$(dirname "$0")" || exit 1
WARN="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror"
COMMON="-std=c++17 -O1 -ffreestanding -fno-exceptions -fno-rtti -I../../runtime-lite"
ARM="-Wundef -Wdouble-promotion -Wcast-align=strict -mthumb"
object=$(mktemp --suffix=.o) && trap 'rm -f "$object"' EXIT
failed=0

check() { # COMPILER FLAGS
  command -v "${1%% *}" >/dev/null || { echo "skipped: no $1"; return; }
  if ! $1 $COMMON $WARN $2 -c all_kernels.cpp -o "$object"; then
    echo "FAILED: $1 $2"; failed=1; return
  fi
  local left
  left=$(nm "$object" | awk '$1 == "U" { print $2 } NF == 3 && $2 ~ /[VWu]/ { print $3 " (weak)" }' |
    grep -vxE '(mem(cpy|set|move|cmp)|__aeabi_[a-z0-9_]*|_GLOBAL_OFFSET_TABLE_|__[a-z]+[sd][fi][a-z]*[0-9]?)')
  [ -z "$left" ] || { echo "FAILED: $1 $2 needs: $left"; failed=1; }
}

for cxx in g++ clang++; do
  for flags in "" "-mavx2 -mfma" "-mavx512f -mavx512vl -mfma" "-DBURIN_NO_EXTENSIONS -pedantic-errors"; do
    [ "$QUICK" ] && [ "$flags" = "-mavx2 -mfma" ] && continue
    check $cxx "$flags"
  done
done
check arm-none-eabi-g++ "-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16 $ARM"
check arm-none-eabi-g++ "-mcpu=cortex-m0 $ARM"
check riscv64-unknown-elf-g++ "-march=rv32imc -mabi=ilp32"
exit $failed

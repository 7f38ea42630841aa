#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check_kws.sh BURIN MODEL DATA.npz [DATA.h]: MLPerf Tiny's keyword spotting network, compiled,
# against what TensorFlow makes of it (make_kws.py has written both files): classes and logits on
# this machine, and with DATA.h the logits on an emulated Cortex-M4. Prints the largest difference.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
burin=$1 model=$2 data=$3 header=${4:-}
input=input_1 classes=dense logits=functional_1/dense/BiasAdd # what make_kws.py prints

"$burin" validate "$model" --data="$data" --sequence --dim $input.0=1 --outputs $classes \
  --outputs $logits --rtol 1e-5 --atol 1e-5
[ -n "$header" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$burin" compile "$model" -o "$work/gen" --name kws --target mcu-fpu --dim $input.0=1 \
  --outputs $logits --quiet
cp "$header" "$work/kws_data.h"
firmware=$root/tests/firmware
cpu="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mthumb -mfloat-abi=hard -ffreestanding -O2"
arm-none-eabi-gcc $cpu -I"$firmware" -c "$firmware/startup_cm.c" -o "$work/startup.o"
arm-none-eabi-g++ $cpu -std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics -nostartfiles \
  --specs=nano.specs -Wl,--gc-sections -T "$firmware/cm.ld" -I"$root/runtime-lite" -I"$work/gen" \
  -I"$work" -I"$firmware" "$here/kws_on_board.cpp" "$work"/gen/*.cpp "$work/startup.o" -lc -lgcc \
  -o "$work/kws.elf"
arm-none-eabi-size "$work/kws.elf"
timeout 600 qemu-system-arm -M mps2-an386 -semihosting-config enable=on,target=native -display none \
  -serial none -monitor none -kernel "$work/kws.elf" </dev/null

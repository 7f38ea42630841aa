#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh BURIN CORE FOLDER: generates the digits network for a core, compiles it as firmware users
# do, looks at the objects, and runs it on the board in QEMU. At -Os and -O2. Prints what it costs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
burin=$1 core=$2 work=$3/$2

frame_limit=640 # the goal is 256: convolutions with padding that is not in memory take 584
rom=0x00000000 ram=0x20000000 romsize=1M images=200 libraries= board=digits_on_board
hard="-mthumb -mfloat-abi=hard" soft="-mthumb -mfloat-abi=soft"
case $core in
  m0) cpu="-mcpu=cortex-m0 $soft" machine=mps2-an385 target=mcu-min images=5 ;;
  m3) cpu="-mcpu=cortex-m3 $soft" machine=mps2-an385 target=mcu-min images=5 ;;
  m4) cpu="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 $hard" machine=mps2-an386 target=mcu-fpu ;;
  m4-soft) cpu="-mcpu=cortex-m4 $soft" machine=mps2-an386 target=mcu-dsp images=5 ;;
  m7) cpu="-mcpu=cortex-m7 -mfpu=fpv5-d16 $hard" machine=mps2-an500 target=mcu-fpu ;;
  m33) cpu="-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 $hard" machine=mps2-an505 target=mcu-fpu
    rom=0x10000000 ram=0x38000000 ;;
  m55) cpu="-mcpu=cortex-m55 $hard" machine=mps3-an547 target=mcu-fpu
    rom=0x10000000 ram=0x30000000 romsize=512K ;;
  *) echo "unknown core $core"; exit 2 ;;
esac
[[ $cpu == *soft* ]] && libraries=-lgcc # float arithmetic
for program in arm-none-eabi-g++ qemu-system-arm; do
  command -v $program >/dev/null || { echo "skipped: no $program"; exit 0; }
done

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef
  -Wdouble-promotion -Wcast-align=strict -Werror"
flags="$cpu -ffreestanding -fno-unwind-tables -fno-asynchronous-unwind-tables
  -ffunction-sections -fdata-sections"
cxxflags="$flags -std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics
  -I$root/runtime-lite -I$work/gen -I$root/samples/digits -I$here"
rm -rf "$work" && mkdir -p "$work"
cd "$work"

fail() { echo "FAILED ($core $level): $1"; exit 1; }

# The objects of the model: no warning, with headers of C alone.
compile_model() {
  for source in gen/*.cpp; do
    arm-none-eabi-g++ $cxxflags $warnings $level -nostdinc++ -fstack-usage -c "$source" \
      -o "$(basename "${source%.cpp}").model.o" || fail "$source does not compile"
  done
}

# Nothing writable, nothing that the linker could merge; needs mem* alone, and the arithmetic of
# libgcc where the core has none; no frame above the limit and none without bound.
check_objects() {
  local bad
  # The facts of the class are one constant table wherever they are used: the same in every file.
  bad=$(arm-none-eabi-nm -C ./*.model.o | grep -E ' [BbDdWVC] ' | grep -v ' V digits::Model::' || true)
  [ -z "$bad" ] || fail "variables or merged symbols: $bad"
  cat >stubs.c <<'STUBS'
#include <stddef.h>
void *memcpy(void *d, const void *s, size_t n) { return n ? d : (void *)s; }
void *memmove(void *d, const void *s, size_t n) { return n ? d : (void *)s; }
void *memset(void *d, int c, size_t n) { return n + (size_t)c ? d : 0; }
int memcmp(const void *a, const void *b, size_t n) { return n && a != b; }
void _start(void) {}
STUBS
  arm-none-eabi-gcc $flags $level -c stubs.c -o stubs.o
  arm-none-eabi-g++ $cpu -nostdlib ./*.model.o stubs.o $libraries -o linked 2>link.txt ||
    fail "needs more than mem*: $(grep undefined link.txt | head -3)"
  bad=$(awk -F'\t' -v limit=$frame_limit '$2 > limit || $3 == "dynamic"' ./*.su)
  [ -z "$bad" ] || fail "frames: $bad"
}

link_firmware() { # EXTRA FLAGS -> fw.elf
  arm-none-eabi-gcc $cpu -O2 -I"$here" -c "$here/startup_cm.c" -o startup.o
  arm-none-eabi-g++ $cxxflags $warnings $level -DIMAGES=$images "$@" \
    -c "$here/$board.cpp" -o board.o
  arm-none-eabi-g++ $cpu -nostartfiles --specs=nano.specs -Wl,--gc-sections -T "$here/cm.ld" \
    -Wl,--defsym=ROM_BASE=$rom,--defsym=RAM_BASE=$ram,--defsym=ROM_SIZE=$romsize \
    ./*.model.o board.o startup.o -lc -lgcc -o fw.elf
}

emulate() { # [PLUGIN]
  timeout 60 qemu-system-arm -M $machine -semihosting-config enable=on,target=native \
    -display none -serial none -monitor none ${1:+-plugin "$1"} -kernel fw.elf </dev/null
}

# The plugins speak the interface of QEMU 7 and 8: without it this part is left out.
make_plugin() { # SOURCE
  gcc -O2 -shared -fPIC "$here/$1.c" -o "lib$1.so" 2>/dev/null &&
    ! emulate "./lib$1.so,out=/dev/null" 2>&1 | grep -q -i plugin
}

instructions() { # of one run, as the difference of two counts
  local counts=() runs
  for runs in 1 2; do
    link_firmware -DRUNS=$runs
    emulate ./libicount_plugin.so,out=count.txt
    counts+=("$(awk '/^total/ { print $2 }' count.txt)")
  done
  echo $((counts[1] - counts[0]))
}

# A run stores into variables and the stack, aligned; the start-up code once switches the FPU on.
check_stores() {
  link_firmware
  symbol() { echo "0x$(arm-none-eabi-nm fw.elf | awk -v s="$1" '$3 == s { print $1 }')"; }
  range() { echo "r=$1:$(symbol "$2"):$(symbol "$3")"; }
  emulate "./libmemwatch.so,$(range bss __bss_start __bss_end),$(range data __data_start \
    __data_end),$(range stack __stack_limit __stack_top),out=stores.txt"
  grep -qE '^other .* stores=[01] ' stores.txt && grep -q '^misaligned=0 ' stores.txt ||
    fail "stores: $(cat stores.txt)"
}

"$burin" compile "$root/samples/digits/digits.onnx" -o gen --name digits --target=$target \
  --api=both >compile.txt || { cat compile.txt; exit 1; }
for level in -Os -O2; do
  compile_model
  check_objects
  link_firmware
  emulate || fail "the board answers $?"
  code=$(arm-none-eabi-size digits.model.o | awk 'NR == 2 { print $1 }')
  frame=$(cut -f2 ./*.su | sort -n | tail -1)
  echo "$core $level: $code bytes of code, largest frame $frame bytes"
  if [ $core = m4 ] && make_plugin icount_plugin; then
    echo "$core $level: $(instructions) instructions a picture"
  fi
  if [ $core = m4 ] && make_plugin memwatch; then
    check_stores
  fi
done

# The weights as an image of their own in flash, whose address the class is given.
if [ $core = m4 ] || [ $core = m0 ]; then
  level=-O2 board=weights_on_board
  for form in file caller; do
    rm -rf gen ./*.model.o
    "$burin" compile "$root/samples/digits/digits.onnx" -o gen --name digits --target=$target \
      --weights $form >compile.txt || { cat compile.txt; exit 1; }
    compile_model
    check_objects
    image=gen/digits.weights.bin
    [ $form = file ] && image=gen/digits.weights
    link_firmware -DIMAGE="\"$image\"" "-D${form^^}"
    emulate || fail "the board with --weights $form answers $?"
    echo "$core $level: --weights $form"
  done
fi

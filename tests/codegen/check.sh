#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh WHAT EMITTED WORK: looks at what burin_emit_cases, or burin itself, has written to EMITTED.
#   g++-17, clang++-20, arm-none-eabi-g++-17, ...   compiles without a warning for that standard
#   format                                          as clang-format leaves it (docs/output-format.md)
#   page                                            what docs/generated-code.md and README.md show stands there
#   link-host, link-m4                              links with mem* alone; on Cortex-M4 also with the
#                                                   arithmetic of libgcc on double and 64-bit integers
set -euo pipefail
what=$1 emitted=$2 work=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$work" && mkdir -p "$work"

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Werror"
flags="-fno-exceptions -fno-rtti -I$root/runtime-lite -I$emitted"
m4="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard -mthumb -Wno-psabi"
bare="-ffreestanding -fno-unwind-tables -fno-asynchronous-unwind-tables -fno-stack-protector
  -ffunction-sections"

need() { command -v "$1" >/dev/null || { echo "skipped: no $1"; exit 0; }; }
fail() { echo "FAILED: $1"; exit 1; }

# each COMMAND...: runs the command for every batch, {} is its name; two at a time.
each() {
  for batch in "$emitted"/batch[0-9]*.cpp; do basename "$batch" .cpp; done |
    xargs -P 2 -I{} "$@" >"$work/log.txt" 2>&1 ||
    { grep -m 20 -E 'error|warning' "$work/log.txt" || tail "$work/log.txt"; fail "$what"; }
}

# The symbols that objects need of outside, each with the cases: "memcpy conv_1 pad_3 ...".
needs() { # PREFIX of the tools
  "$1objdump" -r "$work"/batch[0-9]*.o | awk '
    /^RELOCATION RECORDS/ {
      match($0, /_ZN[0-9]+/)
      length_of = substr($0, RSTART + 3, RLENGTH - 3) + 0
      name = substr($0, RSTART + RLENGTH, length_of)
    }
    NF >= 3 && $2 ~ /^R_/ && $3 !~ /^[._]?(text|rodata|bss|data)/ { sub(/[-+]0x[0-9a-f]+$/, "", $3); print $3, name }
  ' | sort -u | awk '
    $1 != last { if (NR > 1) print ""; printf "%s", last = $1 }
    { printf " %s", $2 }
    END { print "" }
  ' | grep -vE '^(_ZN|\.|_GLOBAL__)'
}

link() { # PREFIX FLAGS...
  local prefix=$1
  shift
  cat >"$work/stubs.c" <<'STUBS'
#include <stddef.h>
void *memcpy(void *d, const void *s, size_t n) { return n ? d : (void *)s; }
void *memmove(void *d, const void *s, size_t n) { return n ? d : (void *)s; }
void *memset(void *d, int c, size_t n) { return n + (size_t)c ? d : 0; }
int memcmp(const void *a, const void *b, size_t n) { return n && a != b; }
void _start(void) {}
STUBS
  "${prefix}gcc" -O1 -ffreestanding -fno-builtin "$@" -c "$work/stubs.c" -o "$work/stubs.o"
  "${prefix}g++" -nostdlib "$@" "$work"/batch[0-9]*.o "$work/stubs.o" $libraries -o "$work/linked" \
    2>"$work/link.txt" || true
  needs "$prefix" >"$work/needs.txt"
  local bad
  bad=$(grep -vE "^($allowed) " "$work/needs.txt" || true)
  [ -z "$bad" ] || fail "symbols that are not allowed, and who needs them:"$'\n'"$bad"
  [ -e "$work/linked" ] || fail "does not link: $(grep -m 5 undefined "$work/link.txt")"
  echo "symbols of outside, and how many cases need each:"
  awk '{ printf "  %-16s %d\n", $1, NF - 1 }' "$work/needs.txt"
}

# The largest frames: bytes, case, function.
frames() {
  grep -h . "$work"/*.su | awk -F'\t' '$3 ~ /dynamic/ && $3 !~ /bounded/' >"$work/dynamic.txt"
  [ ! -s "$work/dynamic.txt" ] || fail "frames without a bound: $(head -5 "$work/dynamic.txt")"
  echo "the largest frames, in bytes:"
  cat "$work"/*.su | awk -F'\t' '{ file = $1; sub(/^.*\//, "", file); sub(/\.cpp:.*/, "", file)
      function_ = $1; sub(/^.*cpp:[0-9]+:[0-9]+:/, "", function_)
      sub(/\(.*/, "", function_); print $2, file, function_ }' | sort -rn | sed -n '1,12s/^/  /p' # head would end sort
}

case $what in
  link-host)
    need g++
    libraries="" allowed="mem(cpy|move|set|cmp)"
    each g++ -std=c++17 -O1 $bare $warnings $flags -c "$emitted/{}.cpp" -o "$work/{}.o"
    link "" -static
    ;;
  link-m4)
    need arm-none-eabi-g++
    # docs/firmware.md: double and 64-bit integers are calculated by libgcc.
    libraries=-lgcc
    allowed="mem(cpy|move|set|cmp)|__aeabi_(d[a-z0-9]*|[a-z]+2d|u?l[a-z0-9]+|f2u?lz)"
    each arm-none-eabi-g++ -std=c++17 -Os $m4 $bare -fstack-usage $warnings $flags \
      -c "$emitted/{}.cpp" -o "$work/{}.o"
    link arm-none-eabi- $m4
    frames
    ;;
  format)
    need clang-format
    style="{BasedOnStyle: LLVM, ColumnLimit: 100}"
    cd "$emitted"
    ls | grep -E '\.(h|cpp)$' | grep -vE '^batch[0-9]|\.weights\.cpp$' >"$work/files.txt"
    xargs -P 2 -n 100 clang-format --style="$style" --dry-run <"$work/files.txt" 2>"$work/log.txt"
    first=$(grep -m 1 -o '^[^ :]*' "$work/log.txt" || true)
    [ -z "$first" ] || fail "$(clang-format --style="$style" "$first" | diff -u "$first" - | head -20)"
    ;;
  page) # excerpts: `...` stands for what is left out
    { cat "$root/docs/generated-code.md"; sed -n '/^## What the output looks like/,$p' "$root/README.md"; } |
      sed -n '/^```cpp/,/^```$/p' | grep -vE '^```|^ *(// )?\.\.\.$|^$' >"$work/page.txt"
    cat "$emitted"/digits*.{h,cpp} >"$work/text.txt"
    if grep -vxFf "$work/text.txt" "$work/page.txt" >"$work/log.txt"; then
      fail "not in the generated code: $(head -3 "$work/log.txt")"
    fi
    ;;
  *-17 | *-20)
    compiler=${what%-*} target=""
    need "$compiler"
    [[ $compiler != arm-* ]] || target=$m4
    each "$compiler" "-std=c++${what##*-}" $target $warnings $flags -fsyntax-only "$emitted/{}.cpp"
    ;;
  *) echo "unknown: $what"; exit 2 ;;
esac
echo "$what: $(ls "$emitted" | grep -c '\.weights\.cpp') models"

# SPDX-License-Identifier: Apache-2.0
#
# Sourced by quickstart.sh and tests/run.sh: installs packages of Debian or Ubuntu.

# need PROGRAM=PACKAGE... PACKAGE...: installs what is absent. A package is there if dpkg has it, or
# if its program is on the PATH, wherever it came from.
need() {
  local absent=() item
  for item in "$@"; do
    if [[ $item == *=* ]] && command -v "${item%%=*}" >/dev/null; then continue; fi
    dpkg-query -W -f '${Status}' "${item##*=}" 2>/dev/null | grep -q 'ok installed' && continue
    absent+=("${item##*=}")
  done
  if [ ${#absent[@]} = 0 ]; then
    echo "All packages are there."
    return
  fi
  echo "Absent: ${absent[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "There is no apt-get here: install them, or what your system has for them." >&2
    return 1
  fi
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  echo "Installing them with ${sudo[*]:+sudo }apt-get."
  "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${absent[@]}" >/dev/null 2>&1 ||
    { "${sudo[@]}" apt-get update -qq &&
      "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${absent[@]}" >/dev/null; }
}

compiler_packages=(g++=g++ cmake=cmake pkg-config=pkg-config protoc=protobuf-compiler
  libprotobuf-dev libzip-dev libfmt-dev libeigen3-dev libcli11-dev nlohmann-json3-dev)
test_packages=(python3=python3 pip3=python3-pip libgtest-dev libgmock-dev libbenchmark-dev clang++=clang clang-format=clang-format)
firmware_packages=(arm-none-eabi-g++=gcc-arm-none-eabi libnewlib-arm-none-eabi
  libstdc++-arm-none-eabi-newlib qemu-system-arm=qemu-system-arm
  aarch64-linux-gnu-g++=g++-aarch64-linux-gnu qemu-aarch64=qemu-user googletest)

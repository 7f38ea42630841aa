# SPDX-License-Identifier: Apache-2.0
#
# Completes some command lines with the completions in the file $1.
source "$1"
failures=0

# expect <expected words, sorted> <words of the command line, the last one to be completed>...
expect() {
  local expected=$1
  shift
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _burin
  local actual
  actual=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
  if [ "$actual" != "$expected " ]; then
    echo "burin: ${*:2}: expected '$expected', completed '$actual'" >&2
    failures=1
  fi
}

expect "compile completion" burin comp
expect "hook none" burin compile m.onnx --threads ""
expect "--help --version" burin --
expect "zsh" burin completion z
expect "always auto never" burin help --color ""
expect "never" burin help --color = n
expect "--color --config" burin help --co
expect "shapes" burin help sh
exit $failures

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Finds the rewrite that makes a command fail: the command runs with --rewrite-limit N until the least N is known with
# which it does. The rewrite of that number is printed.
#   run.sh burin validate MODEL --in-process [--data REFERENCES]
# Without references the model as it was read tells, by the reference interpreter. Other commands do, too, where their
# exit code tells right from wrong: a build and a run of one's own (`run.sh ./my_check.sh` gets the option as arguments).
set -uo pipefail
[ $# -gt 0 ] && [ "$1" != --help ] || { sed -n '4,8s/^# \?//p' "$0" && exit 2; }

fails() { ! "${command[@]}" --rewrite-limit "$1" >/dev/null 2>&1; }
command=("$@") good=0 bad=1
fails 0 && { echo "it fails without any rewrite: no rule is to blame" && exit 1; }
"${command[@]}" >/dev/null 2>&1 && { echo "it does not fail" && exit 1; }
until fails $bad; do
  good=$bad bad=$((bad * 2))
done
while [ $((bad - good)) -gt 1 ]; do
  middle=$(((good + bad) / 2))
  if fails $middle; then bad=$middle; else good=$middle; fi
done
"${command[@]}" --rewrite-limit "$bad" --verbose 2>&1 | grep "rewrite $bad: " | head -1

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Brings the data of the ONNX backend suite (the wheel onnx 1.22.0 of PyPI, 19 MB) to build/onnx-suite.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
to=$root/build/onnx-suite
[ -d "$to/node" ] && exit 0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip download -q --no-deps --only-binary=:all: -d "$tmp" onnx==1.22.0
python3 - "$tmp" "$to" <<'PY'
import glob, os, sys, zipfile
prefix = "onnx/backend/test/data/"
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
for name in wheel.namelist():
    if name.startswith(prefix) and not name.endswith("/"):
        path = os.path.join(sys.argv[2], name[len(prefix):])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(wheel.read(name))
PY

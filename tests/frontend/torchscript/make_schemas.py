#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes schemas.txt: what the installed PyTorch reports for the operators that burin has, in its
order, without the overloads that write into an argument `out`.

  python3 make_schemas.py PATH/TO/burin
"""
import json
import pathlib
import subprocess
import sys

import torch
import torch.ao.quantization.fx._decomposed

listed = json.loads(subprocess.check_output([sys.argv[1], "ops", "--json"]))["operators"]
lines = []
for name in sorted({op["name"] for op in listed if op["format"] == "torchscript"}):
    for schema in torch._C._jit_get_schemas_for_operator(name):
        text = str(schema).replace("SymInt", "int")
        if not any(a.kwarg_only and a.is_out for a in schema.arguments):
            lines.append(text)
(pathlib.Path(__file__).parent / "schemas.txt").write_text("\n".join(lines) + "\n")
print(torch.__version__, len(lines), "schemas")

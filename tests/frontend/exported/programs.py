# SPDX-License-Identifier: Apache-2.0
"""Saves programs of torch.export as fixtures: small, without dates and without places of the machine
that wrote them."""
import io
import re
import zipfile

import torch
from torch._export.serde.serialize import SCHEMA_VERSION, serialize


def scrubbed(trace):
    def place(match):
        path = match[1]
        inner = path.rfind("/site-packages/")
        return f'File "{path[inner + 14 :] if inner >= 0 else path[path.rfind("/") + 1 :]}"'

    return re.sub(r'File "([^"]*)"', place, trace)


def exported(module, args, kwargs=None, core=False, **how):
    program = torch.export.export(module, args, kwargs, **how)
    if core:
        program = program.run_decompositions()
    for part in program.graph_module.modules():
        for node in part.graph.nodes if hasattr(part, "graph") else ():
            if node.meta.get("stack_trace"):
                node.meta["stack_trace"] = scrubbed(node.meta["stack_trace"])
    return program


def pack(path, members):
    with zipfile.ZipFile(path, "w") as new:
        for name, data in members:
            new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def save(program, path):
    """In the layout of PyTorch 2.8 and later. The example inputs are of no use here."""
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as old:
        names = [n for n in old.namelist() if "sample_inputs" not in n and "serialization_id" not in n]
        pack(path, [(name, old.read(name)) for name in names])


def small(saved):
    """What torch.save wrote, packed anew."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old:
        pack(buffer, [(n, old.read(n)) for n in old.namelist() if not n.startswith("archive/.")])
    return buffer.getvalue()


def save_first(program, path):
    """In the new layout as PyTorch 2.8 wrote it first: weights by torch.save."""
    parts = serialize(program)
    pack(path, [
        ("model/archive_format", "pt2"),
        ("model/byteorder", "little"),
        ("model/models/model.json", parts.exported_program),
        ("model/data/weights/model.pt", small(parts.state_dict)),
        ("model/data/constants/model.pt", small(parts.constants)),
    ])


def infix(text):
    """Extents as programs had them before they were written for sympy to read: 2*s0 + 1."""
    text = re.sub(r"Symbol\('(\w+)'[^)]*\)", r"\1", text)
    text = re.sub(r"Mul\(Integer\((\d+)\), (\w+)\)", r"\1*\2", text)
    return re.sub(r"Add\(([^()]*), Integer\((\d+)\)\)", r"\1 + \2", text)


def save_old(program, path):
    """In the layout before PyTorch 2.8."""
    parts = serialize(program)
    pack(path, [
        ("serialized_exported_program.json", infix(parts.exported_program.decode())),
        ("serialized_state_dict.pt", small(parts.state_dict)),
        ("serialized_constants.pt", small(parts.constants)),
        ("version", ".".join(map(str, SCHEMA_VERSION))),
    ])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes calls.txt: calls of operators as PyTorch prints them, by the types of their arguments, and the
overload that it picks when it reads them back. Needs PyTorch and is not part of the build.

  python3 make_calls.py PATH/TO/burin

A line is "NAME ARGUMENT... = OVERLOAD"; an argument is a type, or KEYWORD:TYPE. Types: T tensor, i int,
f float, b bool, s str, D device, N None, [x] a list, () an empty list without a type, <x,y> a tuple,
{k,v} a dict.
"""
import ast
import json
import pathlib
import random
import subprocess
import sys

import torch

PER_OVERLOAD = 12
TRIES = 45
TYPES = {"T": "Tensor", "i": "int", "f": "float", "b": "bool", "s": "str", "D": "Device"}
LITERALS = {"i": ["1", "-1", "2"], "f": ["0.5", "1."], "b": ["True"], "s": ['"none"'], "N": ["None"]}
BASES = {
    "Tensor": "T", "int": "i", "float": "f", "bool": "b", "str": "s", "Device": "D", "number": "if",
    "Scalar": "if", "t": "Ti", "Any": "T",
}


def python_type(code):
    if code[0] == "[":
        return f"List[{python_type(code[1:-1])}]"
    if code[0] == "{":
        key, value = code[1:-1].split(",")
        return f"Dict[{python_type(key)}, {python_type(value)}]"
    return TYPES[code]


def of_type(random, text):
    """A code of a type that an argument of this type may take, converted perhaps."""
    if text.startswith("Optional["):
        return "N" if random.random() < 0.3 else of_type(random, text[9:-1])
    if text.startswith("List["):
        inner = text[5:-1]
        base = "T" if inner.startswith("Optional") else of_type(random, inner)
        roll = random.random()
        if roll < 0.2 and base in TYPES:
            return base
        return f"<{base},{base}>" if roll < 0.35 and base in TYPES else f"[{base}]"
    if text.startswith("Dict("):
        key, value = text[5:-1].split(", ")
        return f"{{{of_type(random, key)},{of_type(random, value)}}}"
    base = random.choice(BASES.get(text, "?"))
    if random.random() < 0.15:  # what implicit conversions allow, or do not
        base = random.choice("Tifb")
    return base


def schemas(name):
    for schema in torch._C._jit_get_schemas_for_operator(name):
        text = str(schema)
        if "out" not in schema.overload_name and not any(
            word in text for word in ("Dimname", "complex", "Generator", "Storage", "!) out", "Stream", "QScheme")
        ):
            yield schema


def attempt(random, schema):
    """Parameters and the text of a call, or nothing if there is no such value."""
    parameters, arguments, named = [], [], False
    for a in schema.arguments:
        named |= a.kwarg_only
        if a.has_default_value() and random.random() < (0.75 if named else 0.5):
            named = True
            continue
        code = of_type(random, str(a.type))
        if "?" in code:
            return None
        if code in LITERALS and (code == "N" or random.random() < 0.4):
            value = random.choice(LITERALS[code])
        elif code.startswith("<"):
            value = f"({', '.join(name_of(parameters, c) for c in code[1:-1].split(','))})"
        else:
            value = name_of(parameters, code)
        arguments.append(f"{a.name}={value}" if named else value)
    return parameters, arguments


def name_of(parameters, code):
    parameters.append(code)
    return f"p{len(parameters) - 1}"


def type_code(node, parameters):
    """Of an expression of the printed language; throws for what this file has no word for."""
    if isinstance(node, ast.Name):
        return {"inf": "f", "nan": "f"}.get(node.id) or parameters[node.id]
    if isinstance(node, ast.UnaryOp):
        return type_code(node.operand, parameters)
    if isinstance(node, ast.Constant):
        return {bool: "b", int: "i", float: "f", str: "s", type(None): "N"}[type(node.value)]
    if isinstance(node, ast.List):
        inner = {type_code(e, parameters) for e in node.elts}
        return f"[{inner.pop()}]" if len(inner) == 1 else {0: "()"}[len(inner)]
    if isinstance(node, ast.Tuple):
        return f"<{','.join(type_code(e, parameters) for e in node.elts)}>"
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "annotate":
        return annotation_code(node.args[0])
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.device":
        return "D"
    raise KeyError(ast.dump(node))


def annotation_code(node):
    if isinstance(node, ast.Name):
        return {v: k for k, v in TYPES.items()}[node.id]
    if node.value.id == "List":
        return f"[{annotation_code(node.slice)}]"
    if node.value.id == "Optional":
        return "N"
    raise KeyError(ast.dump(node))


def compiled(name, parameters, arguments):
    """A function that makes the call."""
    declared = ", ".join(f"p{i}: {python_type(code)}" for i, code in enumerate(parameters))
    space, _, op = name.partition("::")
    return torch.jit.CompilationUnit(
        f"def forward({declared}):\n    return torch.ops.{space}.{op}({', '.join(arguments)})\n"
    ).forward


def printed_call(function, op):
    """The one call of an operator in the code that PyTorch prints; nothing if there are others around it."""
    found = [
        node
        for node in ast.walk(ast.parse(function.code))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (f"torch.{op}", f"ops.prim.{op}")
    ]
    return found[0] if len(found) == 1 else None


def calls_in(name, parameters, arguments):
    """The types of the printed arguments, and the overload that PyTorch picks when it reads them back."""
    op = name.split("::")[1]
    call = printed_call(compiled(name, parameters, arguments), op)
    if call is None:
        return None
    types = {f"p{i}": code for i, code in enumerate(parameters)}
    words = [type_code(a, types) for a in call.args]
    words += [f"{k.arg}:{type_code(k.value, types)}" for k in call.keywords]
    given = [ast.unparse(a) for a in call.args] + [f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords]
    given = [text.replace("annotate(", "torch.jit.annotate(") for text in given]
    again = compiled(name, parameters, given)
    chosen = [n.schema() for n in again.graph.nodes() if n.kind() == name]
    return (words, chosen[0].split("(")[0]) if len(chosen) == 1 else None


def main():
    listed = json.loads(subprocess.check_output([sys.argv[1], "ops", "--json"]))["operators"]
    lines = set()
    for name in sorted({op["name"] for op in listed if op["format"] == "torchscript"}):
        for schema in schemas(name):
            seeded = random.Random(str(schema))
            made = 0
            for _ in range(TRIES):
                call = attempt(seeded, schema)
                if not call or made == PER_OVERLOAD:
                    continue
                try:
                    result = calls_in(name, *call)
                except (RuntimeError, KeyError, SyntaxError, AttributeError):
                    continue
                if result:
                    line = f"{name} {' '.join(result[0])}".strip() + f" = {result[1]}"
                    made += line not in lines
                    lines.add(line)
    (pathlib.Path(__file__).parent / "calls.txt").write_text("\n".join(sorted(lines)) + "\n")
    print(torch.__version__, len(lines), "calls")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares every tensor that survives in burin's code, and every output, with ONNX Runtime's.

    check.py MODEL.onnx...     needs numpy, onnx, onnxruntime, and a build with -DBURIN_BENCHMARKS=ON

ONNX Runtime runs a copy of the model in which every value is an output, without optimisations. burin's code runs with the
observer hook: when a step ends, what it made is copied out of the arena, at the place that report.json gives. Images lie
channels last there, and are turned back. `burin run` then gives the outputs of the same kernels inside the compiler.
An error is the largest difference by the largest magnitude of the tensor.
"""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[2]
DTYPES = {
    "f32": np.float32, "f64": np.float64, "f16": np.float16, "i8": np.int8, "u8": np.uint8, "i16": np.int16, "u16": np.uint16,
    "i32": np.int32, "u32": np.uint32, "i64": np.int64, "u64": np.uint64, "bool": np.bool_,
}  # fmt: skip


class ModelTable(ctypes.Structure):
    """struct BenchModel of adapter.h."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "align", "weights", "inputs", "outputs", "nodes")),
        ("macs", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("input_infos", "output_infos", "node_infos")),
        ("run", ctypes.CFUNCTYPE(ctypes.c_uint32, *[ctypes.c_void_p] * 5)),
    ]


Hook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32)


class Observer(ctypes.Structure):
    _fields_ = [("begin", Hook), ("end", Hook), ("context", ctypes.c_void_p)]


def random_inputs(model, seed, integers):
    rng = np.random.default_rng(seed)
    constants = {t.name for t in model.graph.initializer}
    inputs = {}
    for value in model.graph.input:
        if value.name in constants:
            continue
        tensor = value.type.tensor_type
        shape = [d.dim_value for d in tensor.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        random = rng.standard_normal(shape) if dtype.kind == "f" else rng.integers(0, integers, shape)
        inputs[value.name] = random.astype(dtype)
    return inputs


def run_ort(model, inputs):
    """All values of the main graph, by name."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    known = {v.name for v in copy.graph.output}
    names = [name for node in copy.graph.node for name in node.output if name and name not in known]
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options, ["CPUExecutionProvider"])
    outputs = [o.name for o in session.get_outputs()]
    return dict(zip(outputs, session.run(outputs, inputs)))


def aligned(size, alignment=64):
    memory = np.zeros(size + alignment, np.uint8)
    start = -memory.ctypes.data % alignment
    return memory[start : start + size]


def run_compiled(library, report, inputs):
    """(name, array as it lies in memory) of every step's results, then the outputs by name."""
    table = ModelTable.in_dll(ctypes.CDLL(str(library)), "bench_model")
    arena = aligned(table.arena, table.align)
    arrays = [np.ascontiguousarray(inputs[i["name"]]) for i in report["inputs"]]
    outputs = {o["name"]: np.zeros(o["shape"], DTYPES[o["dtype"]]) for o in report["outputs"]}
    results = []

    def end(_, node):
        for r in report["nodes"][node]["results"] if node < table.nodes else []:
            if "offset" in r and r["name"] and r["dtype"] in DTYPES:
                part = arena[r["offset"] : r["offset"] + r["bytes"]]
                results.append((r["name"], part.view(DTYPES[r["dtype"]]).reshape(r["shape"]).copy()))

    observer = Observer(Hook(lambda *_: None), Hook(end), None)
    pointers = lambda arrays: (ctypes.c_void_p * max(1, len(arrays)))(*(a.ctypes.data for a in arrays))
    status = table.run(
        arena.ctypes.data, pointers(arrays), pointers(list(outputs.values())), None, ctypes.byref(observer)
    )
    if status & 0xFF:
        raise RuntimeError(f"a run ends with status {status & 0xFF} in step {status >> 8}")
    return results, outputs


def run_in_process(burin, path, inputs, options):
    with tempfile.TemporaryDirectory() as folder:
        words = []
        for k, (name, array) in enumerate(inputs.items()):
            np.save(f"{folder}/{k}.npy", array)
            words += ["--input", f"{name}=@{folder}/{k}.npy"]
        subprocess.run([burin, "run", path, *words, *options, "-q", "-o", f"{folder}/out.npz"], check=True, stdout=subprocess.DEVNULL)
        arrays = np.load(f"{folder}/out.npz")
        return {name.removeprefix("out:"): arrays[name] for name in arrays.files}


def error(actual, expected):
    if actual.dtype.kind != "f":
        return 0.0 if np.array_equal(actual, expected) else np.inf
    a, e = actual.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(a), np.isnan(e)):
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where((a == e) | np.isnan(e), 0, np.abs(a - e))
    magnitude = np.abs(e[np.isfinite(e)]).max(initial=0)
    return float(difference.max(initial=0) / (magnitude or 1))


def layouts(actual, shape):
    """The array as the model has it: as it is, channels first, without a border, or without axes of 1."""
    if list(actual.shape) == list(shape):
        yield actual
    if actual.ndim == len(shape) and actual.ndim >= 3:
        first = np.moveaxis(actual, -1, 1)
        if first.shape[:2] == tuple(shape[:2]) and all(a >= s for a, s in zip(first.shape, shape)):
            yield first[tuple(slice((a - s) // 2, (a - s) // 2 + s) for a, s in zip(first.shape, shape))]
    squeezed = lambda s: [n for n in s if n != 1]
    if squeezed(actual.shape) == squeezed(shape):
        yield actual.reshape(shape)


def check(path, args):
    model = onnx.load(path)
    inputs = random_inputs(model, args.seed, args.integers)
    expected = run_ort(model, inputs)
    build = [args.program, "--build", "--work", args.work, "--burin", args.burin, "--cxxflags", args.cxxflags, path]
    build += [f"--options={' '.join(args.options)}"] if args.options else []
    library = subprocess.run(build, check=True, capture_output=True, text=True).stdout.strip()
    report = json.loads(pathlib.Path(library).with_name("report.json").read_text())
    results, outputs = run_compiled(library, report, inputs)
    inside = {} if args.compiled else run_in_process(args.burin, path, inputs, args.options)

    errors, others = {}, []
    for name, actual in results:
        if name not in expected:
            others.append(name)
            continue
        found = [error(a, expected[name]) for a in layouts(actual, expected[name].shape)]
        if found:
            errors[name] = min(found)
        else:
            others.append(f"{name} {list(actual.shape)}")
    for name in outputs:
        errors[f"output {name}"] = error(outputs[name], expected[name])
        if not args.compiled:
            errors[f"output {name} in process"] = error(inside[name], expected[name])
    wrong = {name: e for name, e in errors.items() if not e <= args.tolerance}
    worst = max(errors, key=errors.get)
    print(f"{path.stem}: {len(errors)} tensors, {len(wrong)} wrong, worst {errors[worst]:.2e} ({worst}); not comparable: {len(others)}")
    if args.verbose:
        print("  not comparable: " + ", ".join(others))
    for name, e in list(wrong.items())[:10]:
        print(f"  WRONG {name}: {e:.3g}")
    sys.stdout.flush()
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="folder of the build of burin")
    parser.add_argument("--work", default="bench-work", help="folder for what is generated")
    parser.add_argument("--cxxflags", default="-O2 -march=native", help="for the compiler of C++")
    parser.add_argument("--options", nargs="*", default=[], help="for burin, such as optimize=none")
    parser.add_argument("--integers", type=int, default=1000, help="integer inputs are random below this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--compiled", action="store_true", help="not in process, which takes longer for large models")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    args.options = ["--" + option for option in args.options]
    args.program, args.burin = args.build / "tests/bench/burin_bench_networks", args.build / "cli/burin"
    passed = True
    for path in args.models:
        try:
            passed &= check(path, args)
        except Exception as e:
            passed = False
            said = e.stderr if isinstance(e, subprocess.CalledProcessError) and e.stderr else ""
            print(f"{path.stem}: FAILED: {said or e}".rstrip(), flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

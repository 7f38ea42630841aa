# SPDX-License-Identifier: Apache-2.0
"""The ways in which check.py runs a model: ONNX Runtime, burin's code, and burin in process.

ONNX Runtime runs a copy of the model in which every value is an output, without optimisations. burin's code runs with the
observer hook: when a step ends, what it made is copied out of the arena, at the place that report.json gives. `burin run`
writes the tensors of the same kernels inside the compiler.
"""
import ctypes
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime

DTYPES = {
    "f32": np.float32, "f64": np.float64, "f16": np.float16, "i8": np.int8, "u8": np.uint8, "i16": np.int16, "u16": np.uint16,
    "i32": np.int32, "u32": np.uint32, "i64": np.int64, "u64": np.uint64, "bool": np.bool_,
}  # fmt: skip


def inputs_of(model):
    constants = {t.name for t in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in constants]


def numpy_type(value):
    return onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)


def table_sizes(model):
    """The entries of the tables that integer inputs look up, by the name of the input."""
    extents = {t.name: t.dims for t in model.graph.initializer}
    sizes = {}
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[0] in extents:
            axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
            sizes[node.input[1]] = min(extents[node.input[0]][axis], sizes.get(node.input[1], 1 << 30))
    return sizes


def random_inputs(model, seed, integers, dims):
    """Normal floats, integers below a limit and the sizes of tables; `dims` has the extent of each symbol."""
    rng, sizes = np.random.default_rng(seed), table_sizes(model)
    inputs = {}
    for value in inputs_of(model):
        shape = [dims[d.dim_param] if d.dim_param else d.dim_value for d in value.type.tensor_type.shape.dim]
        dtype = numpy_type(value)
        random = rng.standard_normal(shape) if dtype.kind == "f" else rng.integers(0, min(integers, sizes.get(value.name, integers)), shape)
        inputs[value.name] = random.astype(dtype)
    return inputs


def inputs_beside(path, model):
    """Those of MODEL.npz, in the order of the model's inputs."""
    arrays = np.load(path.with_suffix(".npz"))
    return {value.name: arrays[name].astype(numpy_type(value)) for value, name in zip(inputs_of(model), arrays.files, strict=True)}


class Onnxruntime:
    """Answers the outputs of the model, or all values of its main graph, by name."""

    def __init__(self, path, model):
        self.path, self.model, self.outputs = path, model, [o.name for o in model.graph.output]
        self.session = self._session(str(path))

    @staticmethod
    def _session(model):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])

    def run(self, inputs):
        return dict(zip(self.outputs, self.session.run(self.outputs, inputs)))

    def run_all(self, inputs):
        copy = onnx.ModelProto()
        copy.CopyFrom(self.model)
        names = [name for node in copy.graph.node for name in node.output if name and name not in self.outputs]
        copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        session = self._session(copy.SerializeToString())
        return {name: value for name, value in zip(self.outputs + names, session.run(None, inputs)) if isinstance(value, np.ndarray)}


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


def _aligned(size, alignment=64):
    memory = np.zeros(size + alignment, np.uint8)
    start = -memory.ctypes.data % alignment
    return memory[start : start + size]


def _pointers(arrays):
    return (ctypes.c_void_p * max(1, len(arrays)))(*(a.ctypes.data for a in arrays))


class Compiled:
    """Generated code in a shared library."""

    def __init__(self, path, goal, args):
        build = [args.program, "--build", "--work", f"{args.work}/{goal}", "--burin", args.burin, "--cxxflags", args.cxxflags, path]
        build.append("--options=" + " ".join(["--optimize", goal, *args.options]))
        library = subprocess.run(build, check=True, capture_output=True, text=True).stdout.strip()
        self.report = json.loads(pathlib.Path(library).with_name("report.json").read_text())
        self.table = ModelTable.in_dll(ctypes.CDLL(str(library)), "bench_model")

    def run_all(self, samples):
        """(name, array as it lies in memory) of every step's results of the first sample, and the outputs of each."""
        arena, nodes = _aligned(self.table.arena, self.table.align), self.report["nodes"]
        results, all_outputs = [], []

        def end(_, node):
            for r in nodes[node]["results"] if node < self.table.nodes and not all_outputs else []:
                if "offset" in r and r["name"] and r["dtype"] in DTYPES:
                    part = arena[r["offset"] : r["offset"] + r["bytes"]]
                    results.append((r["name"], part.view(DTYPES[r["dtype"]]).reshape(r["shape"]).copy()))

        observer = Observer(Hook(lambda *_: None), Hook(end), None)
        for inputs in samples:
            arrays = [np.ascontiguousarray(inputs[i["name"]]) for i in self.report["inputs"]]
            outputs = {o["name"]: np.zeros(o["shape"], DTYPES[o["dtype"]]) for o in self.report["outputs"]}
            status = self.table.run(
                arena.ctypes.data, _pointers(arrays), _pointers(list(outputs.values())), None, ctypes.byref(observer)
            )
            if status & 0xFF:
                raise RuntimeError(f"a run ends with status {status & 0xFF} in step {status >> 8}")
            all_outputs.append(outputs)
        return results, all_outputs


class InProcess:
    """The kernels inside the compiler."""

    def __init__(self, path, goal, args):
        self.command = [args.burin, "run", path, "--optimize", goal, *args.options, "-q", "--per-node"]

    def run_all(self, samples):
        with tempfile.TemporaryDirectory() as folder:
            words = []
            for k, name in enumerate(samples[0]):
                np.save(f"{folder}/{k}.npy", np.stack([inputs[name] for inputs in samples]))
                words += ["--input", f"{name}=@{folder}/{k}.npy"]
            out = f"{folder}/out.npz"
            subprocess.run([*self.command, "--sequence", *words, "-o", out], check=True, capture_output=True, text=True)
            arrays = np.load(out)
            results = [(k.removeprefix("node:"), arrays[k]) for k in arrays.files if k.startswith("node:")]
            outputs = {k.removeprefix("out:"): arrays[k] for k in arrays.files if not k.startswith("node:")}
        return results, [{name: stacked[i] for name, stacked in outputs.items()} for i in range(len(samples))]


class Validated:
    """Generated code by `burin validate`, for models whose extents are symbols: outputs alone, and errors in place of arrays."""

    def __init__(self, path, goal, args):
        self.command = [args.burin, "validate", path, "--optimize", goal, *args.options, "--json", "--cxxflags", args.cxxflags]

    def errors(self, samples, expected):
        with tempfile.TemporaryDirectory() as folder:
            words = []
            for k, (inputs, outputs) in enumerate(zip(samples, expected)):
                np.savez(f"{folder}/{k}.npz", **{f"in:{n}": a for n, a in inputs.items()}, **{f"out:{n}": a for n, a in outputs.items()})
                words += ["--data", f"{folder}/{k}.npz"]
            done = subprocess.run([*self.command, *words], capture_output=True, text=True)
        if done.returncode > 1 or not done.stdout.startswith("{"):
            raise RuntimeError(done.stderr)
        rows = json.loads(done.stdout)["outputs"]
        most = lambda name: max(np.abs(o[name]).max(initial=0) for o in expected) or 1
        return {row["name"]: np.inf if "mismatch" in row else row["max_abs"] / most(row["name"]) for row in rows}

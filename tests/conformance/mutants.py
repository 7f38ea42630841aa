#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models beside those of the ONNX backend suite, against ONNX Runtime: what the suite does not ask for.

    mutants.py BURIN DATA [--count N] [--seed S] [--only REGEX]     needs numpy, onnx, onnxruntime

Each model of one node (DATA/node, of fetch.sh) gets another attribute, loses one, loses an optional input, gets other data, or has
its inputs as constants. What ONNX Runtime runs must give the same in `burin run`, or be an error that says why; a wrong
number and a crash are findings, printed with the model that shows them (kept in --keep).
"""
import argparse
import collections
import copy
import os
import pathlib
import pickle
import random
import re
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

TEXTS = {
    "auto_pad": ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"],
    "mode": ["nearest", "linear", "cubic", "constant", "reflect", "edge", "wrap", "DCR", "CRD", "avg", "max", "bilinear"],
    "reduction": ["none", "add", "mul", "min", "max", "mean", "sum"],
    "direction": ["forward", "reverse", "bidirectional", "LEFT", "RIGHT"],
    "coordinate_transformation_mode": ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel",
                                       "tf_crop_and_resize", "half_pixel_symmetric", "output_half_pixel"],
    "nearest_mode": ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
    "keep_aspect_ratio_policy": ["stretch", "not_larger", "not_smaller"],
    "padding_mode": ["zeros", "border", "reflection"],
    "approximate": ["none", "tanh"],
    "equation": [],
}
FLAGS = set("""align_corners allowzero antialias ceil_mode center_point_box count_include_pad detect_negative detect_positive
    exclude_outside exclusive fmod input_forget interleaved inverse is_causal keepdims largest layout linear_before_reset
    noop_with_empty_axes onesided reverse saturate select_last_index sorted storage_order transA transB upper""".split())
REFUSALS = (3, 4)  # of the exit codes of burin: a model that is wrong, or not supported
# Where ONNX Runtime departs from the specification, the specification leaves the result open, or arrays of NumPy have no such type.
OPEN = re.compile(r"random|bernoulli|multinomial|dropout|string|regex|image_decoder|optional|sequence|training|qk_matmul_output"
                  r"|FLOAT8|INT4|INT2|FLOAT4|e4m3|e5m2|e8m0|maxunpool_export_with_output_shape|tf_crop_and_resize")


def is_open(node):
    """Top-k in no order, and pools with dilations under SAME, whose extents ONNX Runtime computes without their rule."""
    given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.type in (2, 3, 7)}
    dilated = any(d != 1 for d in given.get("dilations", []))
    return given.get("sorted") == 0 or dilated and given.get("auto_pad", b"").startswith(b"SAME")



def data_of(folder):
    tensors = []
    for path in sorted(folder.glob("test_data_set_0/input_*.pb"), key=lambda p: int(p.stem.split("_")[1])):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        tensors.append(numpy_helper.to_array(tensor))
    return tensors


def change_attribute(rng, model, data):
    node = rng.choice(model.graph.node)
    candidates = [a for a in node.attribute if a.type in (1, 2, 3, 6, 7)]
    if not candidates:
        return False
    a = rng.choice(candidates)
    if a.type == onnx.AttributeProto.INT:
        a.i = rng.choice([0, 1] if a.name in FLAGS else [0, 1, -1, 2, a.i + 1, a.i - 1])
    elif a.type == onnx.AttributeProto.FLOAT:
        a.f = rng.choice([0.0, 1.0, -a.f, a.f * 2, a.f / 2, 0.3])
    elif a.type == onnx.AttributeProto.STRING:
        options = TEXTS.get(a.name)
        if not options:
            return False
        a.s = rng.choice(options).encode()
    elif a.type == onnx.AttributeProto.INTS:
        if not a.ints:
            return False
        i = rng.randrange(len(a.ints))
        a.ints[i] = rng.choice([0, 1, 2, a.ints[i] + 1, a.ints[i] - 1, a.ints[rng.randrange(len(a.ints))]])
    else:
        if not a.floats:
            return False
        a.floats[rng.randrange(len(a.floats))] *= rng.choice([2, 0.5, -1])
    return True


def set_attribute(rng, model, data):
    """One that the schema has and the node does not."""
    node = rng.choice(model.graph.node)
    version = next((o.version for o in model.opset_import if o.domain in (node.domain, node.domain or "ai.onnx")), None)
    try:
        schema = onnx.defs.get_schema(node.op_type, version, node.domain)
    except onnx.defs.SchemaError:
        return False
    given = {a.name for a in node.attribute}
    free = [s for n, s in sorted(schema.attributes.items()) if n not in given]
    if not free:
        return False
    s = rng.choice(free)
    kind = int(s.type)
    if kind == onnx.AttributeProto.INT:
        node.attribute.append(onnx.helper.make_attribute(s.name, rng.choice([0, 1] if s.name in FLAGS else [0, 1, -1, 2])))
    elif kind == onnx.AttributeProto.FLOAT:
        node.attribute.append(onnx.helper.make_attribute(s.name, rng.choice([0.0, 0.5, 2.0])))
    elif kind == onnx.AttributeProto.STRING and TEXTS.get(s.name):
        node.attribute.append(onnx.helper.make_attribute(s.name, rng.choice(TEXTS[s.name])))
    elif kind == onnx.AttributeProto.INTS:
        node.attribute.append(onnx.helper.make_attribute(s.name, [rng.choice([0, 1, 2]) for _ in range(rng.choice([1, 2, 4]))]))
    else:
        return False
    return True


def drop_attribute(rng, model, data):
    node = rng.choice(model.graph.node)
    if not node.attribute:
        return False
    del node.attribute[rng.randrange(len(node.attribute))]
    return True


def drop_input(rng, model, data):
    node = rng.choice(model.graph.node)
    if len(node.input) < 2:
        return False
    i = rng.randrange(1, len(node.input))
    if i == len(node.input) - 1:
        del node.input[i]
    else:
        node.input[i] = ""
    return True


def change_data(rng, model, data):
    if not data:
        return False
    i = rng.randrange(len(data))
    x = data[i] = data[i].copy()
    if x.size == 0 or x.dtype.kind not in "fiub":
        return False
    flat = x.reshape(-1)
    k = rng.randrange(flat.size)
    if x.dtype.kind == "b":
        flat[k] = not flat[k]
    elif x.dtype.kind == "f":
        flat[k] = rng.choice([0, 1, -1, 0.5, 100, -flat[k]])
    else:
        with np.errstate(over="ignore"):
            flat[k] = flat[k] + np.array(rng.choice([0, 1, 2])).astype(x.dtype) - np.array(1).astype(x.dtype)
    return True


CHANGES = [change_attribute, change_attribute, set_attribute, drop_attribute, drop_input, change_data]


def as_constants(rng, model, data):
    """Some inputs become constants, which burin folds and packs; so do those that are shapes or axes."""
    names = [i.name for i in model.graph.input]
    share = rng.choice([0, 0.5])
    for name, x in list(zip(names, data)):
        is_shape = x.dtype == np.int64 and x.ndim < 2 and x.size <= 8
        if (is_shape or rng.random() < share) and len(model.graph.input) > 1:
            model.graph.initializer.append(numpy_helper.from_array(x, name))
            position = [i.name for i in model.graph.input].index(name)
            del model.graph.input[position]
            data.pop(position)


def untyped_outputs(model):
    """Shapes of outputs follow from the change, and are not those that the suite declares."""
    for output in model.graph.output:
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.ClearField("shape")


def run_reference(model, data):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: x for i, x in zip(model.graph.input, data)})


def expected_of(model, data):
    """In a process of its own: some of these models end ONNX Runtime. None where it has no result."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            with os.fdopen(write, "wb") as pipe:
                pickle.dump(run_reference(model, data), pipe)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(text) if text else None


def actual_of(burin, model, data, folder):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    command = [burin, "run", str(path), "-o", str(folder / "out.npz"), "-q"]
    for k, (i, x) in enumerate(zip(model.graph.input, data)):
        np.save(folder / f"{k}.npy", x)
        command += ["--input", f"{i.name}=@{folder / f'{k}.npy'}"]
        if any(not d.dim_value for d in i.type.tensor_type.shape.dim) or len(i.type.tensor_type.shape.dim) != x.ndim:
            command += ["--input-shape", f"{i.name}:{'x'.join(map(str, x.shape)) or 'scalar'}"]
    (folder / "out.npz").unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        return done.returncode, done.stderr.strip()[-600:], None
    with np.load(folder / "out.npz") as out:
        return 0, "", {k: out[k] for k in out.files}


def differs(name, actual, expected):
    if actual.shape != expected.shape:
        return f"{name} is {list(actual.shape)}, expected {list(expected.shape)}"
    if actual.dtype != expected.dtype:
        return f"{name} is {actual.dtype}, expected {expected.dtype}"
    a, e = actual, expected
    if e.dtype.kind in "fc" or e.dtype.name == "bfloat16":
        a, e = a.astype(np.float64), e.astype(np.float64)
        scale = np.abs(e[np.isfinite(e)]).max(initial=1e-6)
        tolerance = 2e-2 if actual.itemsize < 4 else 2e-4
        same = np.isclose(a, e, rtol=tolerance, atol=tolerance * scale * 0.1, equal_nan=True)
    else:
        same = a == e
    if np.all(same):
        return None
    at = tuple(int(i) for i in np.argwhere(~same)[0]) if np.ndim(same) else ()
    return f"{name}{list(at)} is {a[at]}, expected {e[at]} ({np.sum(~same)} of {np.size(same)} differ)"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("burin")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=3, help="models made of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="names that this regular expression finds")
    parser.add_argument("--reasons", action="store_true", help="tell why burin refuses")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the models of findings")
    args = parser.parse_args()
    tally, reasons = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for test in sorted((args.data / "node").iterdir()):
            if not re.search(args.only, test.name) or OPEN.search(test.name):
                continue
            original = onnx.load(test / "model.onnx")
            if len(original.graph.node) > 3:
                continue
            try:
                inputs = data_of(test)
            except Exception:  # sequences and optionals
                continue
            for k in range(args.count):
                rng = random.Random(f"{args.seed} {test.name} {k}")
                model, data = copy.deepcopy(original), list(inputs)
                changes = [c for c in rng.sample(CHANGES, rng.choice([1, 1, 2])) if c(rng, model, data)]
                untyped_outputs(model)
                as_constants(rng, model, data)
                if not changes or any(is_open(n) for n in model.graph.node):
                    continue
                expected = expected_of(model, data)
                if expected is None:
                    tally["refused by ONNX Runtime"] += 1
                    continue
                try:
                    code, text, actual = actual_of(args.burin, model, data, folder)
                except subprocess.TimeoutExpired:
                    code, text, actual = 124, "60 seconds", None
                if actual is None and code in REFUSALS:
                    tally["refused by burin"] += 1
                    reasons[re.sub(r"^.*?error: ", "", text.splitlines()[0])[:110]] += 1
                    continue
                problems = [text] if actual is None else []
                if actual is not None:
                    for output, e in zip(model.graph.output, expected):
                        if isinstance(e, np.ndarray) and output.name in actual:
                            problems += filter(None, [differs(output.name, actual[output.name], e)])
                if not problems:
                    tally["the same"] += 1
                    continue
                tally["findings"] += 1
                node = model.graph.node[0]
                told = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.type in (1, 2, 3, 6, 7)}
                print(f"{test.name} {k} ({', '.join(c.__name__ for c in changes)}; {told}): {problems[0]}", flush=True)
                if args.keep:
                    args.keep.mkdir(parents=True, exist_ok=True)
                    onnx.save(model, args.keep / f"{test.name}.{k}.onnx")
                    np.savez(args.keep / f"{test.name}.{k}.npz",
                             **{f"in:{i.name}": x for i, x in zip(model.graph.input, data)},
                             **{f"out:{o.name}": e for o, e in zip(model.graph.output, expected)})
    if args.reasons:
        for reason, count in reasons.most_common():
            print(f"{count:6} {reason}")
    print(", ".join(f"{count} {what}" for what, count in tally.most_common()))
    return 1 if tally["findings"] else 0


if __name__ == "__main__":
    raise SystemExit(main())

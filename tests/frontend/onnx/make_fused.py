#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes fixtures/fused.onnx and .npz: the operators that ONNX Runtime writes, and what it computes.

One model with a node for each case, its inputs and outputs named after it. Needs numpy, onnx and onnxruntime.
"""
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent / "fixtures"
F, U8 = TensorProto.FLOAT, TensorProto.UINT8
rng = np.random.default_rng(3)
nodes, inputs, initializers, outputs, feeds = [], [], [], [], {}


def case(name, op, operands, attributes, results=(("y", F),), constants=()):
    """A node; an operand is None where it is absent, and an initializer if its name is in `constants`."""
    for operand, array in operands.items():
        if array is None:
            continue
        array = np.asarray(array)
        if operand in constants:
            initializers.append(numpy_helper.from_array(array, f"{name}.{operand}"))
        else:
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            inputs.append(helper.make_tensor_value_info(f"{name}.{operand}", kind, array.shape))
            feeds[f"{name}.{operand}"] = array
    names = ["" if array is None else f"{name}.{operand}" for operand, array in operands.items()]
    outs = [f"{name}.{result}" for result, _ in results]
    nodes.append(helper.make_node(op, names, outs, name=name, domain="com.microsoft", **attributes))
    outputs.extend(helper.make_tensor_value_info(out, kind, None) for out, (_, kind) in zip(outs, results))


def floats(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def scale(x):
    return np.float32(x)


def integers(dtype, *shape):
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


def multi_head_attention():
    batch, queries, keys, heads, depth = 2, 3, 5, 2, 4
    q, k, v = floats(batch, queries, 8), floats(batch, keys, 8), floats(batch, keys, 8)
    apart = lambda n: floats(batch, heads, n, depth)
    both = {"q": q, "k": k, "v": v}
    several = (("y", F), ("present_k", F), ("present_v", F))
    for name, more, attributes in [
        ("plain", {}, {}),
        ("bias", {"bias": floats(24)}, {}),
        ("scale", {}, {"scale": 0.3}),
        ("mask", {"bias": None, "mask": np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)}, {}),
        ("lengths", {"bias": None, "mask": np.array([3, 5], np.int32)}, {}),
        ("added", {"bias": None, "mask": None, "added": floats(1, heads, queries, keys)}, {}),
    ]:
        case(f"mha_{name}", "MultiHeadAttention", {**both, **more}, {"num_heads": heads, **attributes})
    case("mha_causal", "MultiHeadAttention", {"q": q, "k": q, "v": q}, {"num_heads": heads, "unidirectional": 1})
    case("mha_apart", "MultiHeadAttention", {"q": q, "k": apart(keys), "v": apart(keys)}, {"num_heads": heads})
    past = {"bias": None, "mask": None, "added": None, "past_k": apart(4), "past_v": apart(4)}
    case("mha_past", "MultiHeadAttention", {"q": q, "k": q, "v": q, **past}, {"num_heads": heads}, several)


def attention():
    operands = {"x": floats(2, 4, 8), "w": floats(8, 24), "bias": floats(24)}
    past = {"mask": None, "past": floats(2, 2, 2, 3, 4)}
    pairs = rng.integers(0, 2, (2, 4, 4)).astype(np.int32)
    several = (("y", F), ("present", F))
    for name, more, attributes, results in [
        ("plain", {}, {}, several[:1]),
        ("mask", {"mask": np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)}, {}, several[:1]),
        ("lengths", {"mask": np.array([3, 2], np.int32)}, {}, several[:1]),
        ("pairs", {"mask": pairs}, {}, several[:1]),
        ("causal", {}, {"unidirectional": 1}, several[:1]),
        ("past", past, {}, several),
        ("causal_past", past, {"unidirectional": 1}, several),
    ]:
        attributes["num_heads"] = 2
        case(f"attention_{name}", "Attention", {**operands, **more}, attributes, results, ("w", "bias"))
    sizes = {"x": operands["x"], "w": floats(8, 20), "bias": floats(20)}
    case("attention_sizes", "Attention", sizes, {"num_heads": 2, "qkv_hidden_sizes": [8, 8, 4]}, constants=("w", "bias"))


def products():
    case("matmul_batch_a", "FusedMatMul", {"a": floats(4, 2, 3, 5), "b": floats(2, 3, 5, 6)}, {"transBatchA": 1, "alpha": 0.5})
    case("matmul_batch_b", "FusedMatMul", {"a": floats(2, 3, 4, 5), "b": floats(5, 2, 3, 6)}, {"transBatchB": 1})
    case("matmul_both", "FusedMatMul", {"a": floats(5, 2, 3, 4), "b": floats(2, 3, 5, 6)}, {"transBatchA": 1, "transA": 1})
    for bits, rows, k, block, zero in [(4, 5, 40, 16, "packed"), (4, 6, 32, 32, None), (8, 5, 40, 16, "packed"), (4, 4, 64, 32, "real")]:
        blocks = -(-k // block)
        zeros = {"packed": integers(np.uint8, rows * ((blocks * bits + 7) // 8)), "real": floats(rows * blocks) * scale(3), None: None}[zero]
        operands = {"x": floats(2, 3, k), "b": integers(np.uint8, rows, blocks, block * bits // 8), "scale": abs(floats(rows * blocks)) * scale(0.1)}
        case(f"nbits_{bits}_{rows}", "MatMulNBits", {**operands, **({} if zero is None else {"zero": zeros})},
             {"K": k, "N": rows, "bits": bits, "block_size": block}, constants=("b", "scale", "zero"))
    for name, attributes in [("Relu", {}), ("LeakyRelu", {"activation_alpha": 0.2}), ("Elu", {"activation_alpha": 1.5}), ("Softplus", {}),
                             ("ThresholdedRelu", {"activation_alpha": 0.4}), ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4})]:
        case(f"gemm_{name}", "FusedGemm", {"x": floats(3, 4), "w": floats(5, 4), "bias": floats(5)},
             {"activation": name, "transB": 1, **attributes}, constants=("w", "bias"))
    for name, parameters in [("Relu", []), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 0.7]), ("HardSigmoid", [0.3, 0.4]), ("Tanh", []), ("Sigmoid", [])]:
        operands = {"x": floats(1, 4, 6, 6), "w": floats(8, 4, 3, 3), "bias": floats(8)}
        if name == "Relu":
            operands["added"] = floats(1, 8, 6, 6)
        attributes = {"activation": name, "pads": [1, 1, 1, 1], **({"activation_params": parameters} if parameters else {})}
        case(f"conv_{name}", "FusedConv", operands, attributes, constants=("w", "bias"))


def quantised():
    for name, (trans_a, trans_b, columns, quantises) in {"plain": (0, 0, 0, 1), "b": (0, 1, 0, 1), "columns": (0, 1, 1, 1), "real": (0, 0, 1, 0), "a": (1, 0, 0, 0)}.items():
        operands = {
            "a": integers(np.uint8, *((6, 4) if trans_a else (4, 6))), "a_scale": scale(0.02), "a_zero": np.uint8(120),
            "b": integers(np.int8, *((5, 6) if trans_b else (6, 5))), "b_scale": abs(floats(5)) * scale(0.01) if columns else scale(0.02),
            "b_zero": np.zeros(5, np.int8) if columns else np.int8(3), "c": rng.integers(-2000, 2000, 5).astype(np.int32),
        }  # fmt: skip
        if quantises:
            operands |= {"y_scale": scale(0.3), "y_zero": np.uint8(100)}
        results = (("y", U8 if quantises else F),)
        case(f"qgemm_{name}", "QGemm", operands, {"transA": trans_a, "transB": trans_b}, results, list(operands)[1:])
    parameters = {"x_scale": scale(0.1), "x_zero": np.uint8(128), "y_scale": scale(0.07), "y_zero": np.uint8(110)}
    pool = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
    case("qpool", "QLinearAveragePool", {"x": integers(np.uint8, 1, 3, 7, 7), **parameters}, pool, (("y", U8),), list(parameters))
    operands = {
        "condition": rng.integers(0, 2, (3, 4)).astype(bool), "a": integers(np.uint8, 3, 4), "a_scale": scale(0.1), "a_zero": np.uint8(128),
        "b": integers(np.uint8, 3, 4), "b_scale": scale(0.2), "b_zero": np.uint8(10), "y_scale": scale(0.15), "y_zero": np.uint8(110),
    }  # fmt: skip
    case("qwhere", "QLinearWhere", operands, {}, (("y", U8),), [n for n in operands if "_" in n])


def main():
    multi_head_attention(), attention(), products(), quantised()
    graph = helper.make_graph(nodes, "fused", inputs, outputs, initializers)
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    results = dict(zip((o.name for o in session.get_outputs()), session.run(None, feeds)))
    onnx.save(model, FOLDER / "fused.onnx")
    arrays = {f"in:{n}": a for n, a in feeds.items()} | {f"out:{n}": a for n, a in results.items()}
    np.savez_compressed(FOLDER / "fused.npz", **arrays)


main()

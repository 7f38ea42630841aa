# SPDX-License-Identifier: Apache-2.0
"""Writes cache.onnx, cache.pt and cache_saved_model: a cache of 64 rows as a state, of which each run writes one
row and reads all. For cache.cmake.

  python make_cache.py torch         (PyTorch and onnx)
  python make_cache.py tensorflow    (TensorFlow)
"""
import pathlib
import sys

here = pathlib.Path(__file__).parent


def write_onnx():
    import onnx
    from onnx import TensorProto, helper

    def tensor(name, shape, element=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, element, shape)

    nodes = [helper.make_node("ScatterND", ["cache", "position", "row"], ["cache_out"]),
             helper.make_node("Transpose", ["cache_out"], ["columns"], perm=[1, 0]),
             helper.make_node("MatMul", ["row", "columns"], ["scores"])]
    graph = helper.make_graph(nodes, "cache", [tensor("row", [1, 16]), tensor("position", [1, 1], TensorProto.INT64),
                                               tensor("cache", [64, 16])],
                              [tensor("scores", [1, 64]), tensor("cache_out", [64, 16])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, here / "cache.onnx")


def write_torch():
    import torch

    class Cache(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("keys", torch.zeros(2, 64, 16))
            self.register_buffer("values", torch.zeros(2, 64, 16))
            self.position = 0

        def forward(self, row):
            self.keys[:, self.position] = row  # two writes into one state, one into the other
            self.keys[:, self.position + 1] = -row
            self.values.index_copy_(1, torch.full([1], self.position), row[:, None] * 2)
            self.position += 1
            scores = torch.matmul(row[:, None], self.keys.transpose(1, 2))
            return torch.matmul(scores, self.values)

    torch.jit.script(Cache().eval()).save(here / "cache.pt")


def write_tensorflow():
    import tensorflow as tf

    class Cache(tf.Module):
        def __init__(self):
            super().__init__()
            self.cache = tf.Variable(tf.zeros([64, 16]), name="cache")
            self.position = tf.Variable(0, name="position")

        @tf.function(input_signature=[tf.TensorSpec([1, 16], tf.float32, "row")])
        def serve(self, row):
            self.cache.assign(tf.tensor_scatter_nd_update(self.cache, [[self.position]], row))
            self.position.assign_add(1)
            return {"scores": tf.matmul(row, self.cache, transpose_b=True)}

    model = Cache()
    folder = here / "cache_saved_model"
    tf.saved_model.save(model, str(folder), signatures=model.serve)
    (folder / "fingerprint.pb").unlink(missing_ok=True)


if sys.argv[1] == "torch":
    write_onnx()
    write_torch()
else:
    write_tensorflow()

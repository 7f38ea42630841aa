#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes digits_saved_model/, the network of digits.onnx with the same weights, as TensorFlow has it:
images NHWC, filters HWIO, matrices transposed. The interface stays that of digits.onnx.

  python3 -m venv .venv && .venv/bin/pip install tensorflow-cpu onnx && .venv/bin/python to_saved_model.py
"""
import shutil
from pathlib import Path

import onnx
import tensorflow as tf
from onnx import numpy_helper

HERE = Path(__file__).parent


class Digits(tf.Module):
    def __init__(self, weights):
        super().__init__()
        # "conv1.weight" becomes conv1_weight
        for name, value in weights.items():
            setattr(self, name.replace(".", "_"), tf.Variable(value))

    def block(self, x, i):
        w = {k: getattr(self, k.format(i)) for k in ("conv{}_weight", "conv{}_bias")}
        x = tf.nn.bias_add(tf.nn.conv2d(x, w["conv{}_weight"], 1, "SAME"), w["conv{}_bias"])
        norm = [getattr(self, f"bn{i}_{k}") for k in ("weight", "bias", "running_mean", "running_var")]
        x = tf.compat.v1.nn.fused_batch_norm(x, *norm, epsilon=1e-5, is_training=False)[0]
        return tf.nn.relu(x)

    @tf.function(input_signature=[tf.TensorSpec([1, 1, 8, 8], name="image")])
    def __call__(self, image):
        x = tf.transpose(image, [0, 2, 3, 1])
        x = self.block(self.block(x, 1), 2)
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [1, -1])  # the order of PyTorch
        x = tf.nn.relu(x @ self.fc1_weight + self.fc1_bias)
        return {"logits": x @ self.fc2_weight + self.fc2_bias}


def main():
    graph = onnx.load(HERE / "digits.onnx").graph
    weights = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    for name, value in weights.items():
        if name.endswith("weight") and value.ndim == 4:
            weights[name] = value.transpose(2, 3, 1, 0)
        elif name.endswith("weight") and value.ndim == 2:
            weights[name] = value.T
    folder = HERE / "digits_saved_model"
    shutil.rmtree(folder, ignore_errors=True)
    model = Digits(weights)
    tf.saved_model.save(model, str(folder), signatures=model.__call__.get_concrete_function())
    (folder / "fingerprint.pb").unlink(missing_ok=True)  # differs from run to run; nothing reads it
    (folder / "assets").rmdir()


main()

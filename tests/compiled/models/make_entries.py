# SPDX-License-Identifier: Apache-2.0
"""Writes entries.pt and entries_saved_model: two entry points of one model, which share weights and what
they remember. `learn` moves a mean, the other one subtracts it.

  python make_entries.py torch        (PyTorch)
  python make_entries.py tensorflow   (TensorFlow)
"""
import pathlib
import sys

here = pathlib.Path(__file__).parent
weights = [[0.5, -0.25, 0.125, 0.75], [-0.5, 0.25, 1.0, -0.125], [0.0, 0.5, -0.75, 0.25]]


def write_torch():
    import torch

    class Centre(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(weights))
            self.register_buffer("mean", torch.tensor([0.0, 0.5, 0.0]))
            self.register_buffer("count", torch.zeros((), dtype=torch.int64))

        def forward(self, x):
            return torch.tanh(torch.nn.functional.linear(x, self.weight) - self.mean)

        @torch.jit.export
        def learn(self, x, rate):
            y = torch.nn.functional.linear(x, self.weight)
            self.mean += rate * (y.mean(0) - self.mean)
            self.count += 1
            return self.mean, self.count

    torch.jit.script(Centre().eval()).save(here / "entries.pt")


def write_tensorflow():
    import tensorflow as tf

    class Centre(tf.Module):
        def __init__(self):
            super().__init__()
            self.weight = tf.Variable(weights, name="weight")
            self.mean = tf.Variable([0.0, 0.5, 0.0], name="mean")
            self.count = tf.Variable(0, dtype=tf.int64, name="count")

        @tf.function(input_signature=[tf.TensorSpec([2, 4], tf.float32, "x")])
        def serve(self, x):
            return {"y": tf.tanh(tf.matmul(x, self.weight, transpose_b=True) - self.mean)}

        @tf.function(input_signature=[tf.TensorSpec([2, 4], tf.float32, "x"),
                                      tf.TensorSpec([], tf.float32, "rate")])
        def learn(self, x, rate):
            y = tf.matmul(x, self.weight, transpose_b=True)
            self.mean.assign_add(rate * (tf.reduce_mean(y, 0) - self.mean))
            self.count.assign_add(1)
            return {"mean": self.mean.read_value(), "count": self.count.read_value()}

    model = Centre()
    folder = here / "entries_saved_model"
    tf.saved_model.save(model, str(folder),
                        signatures={"serving_default": model.serve, "learn": model.learn})
    (folder / "fingerprint.pb").unlink(missing_ok=True)


{"torch": write_torch, "tensorflow": write_tensorflow}[sys.argv[1]]()

# SPDX-License-Identifier: Apache-2.0
"""Writes the two models of this sample: the same small LSTM with the same weights, which keeps its state itself.

  python make_models.py torch         streaming.pt, and expected.h: what PyTorch computes
  python make_models.py tensorflow    streaming_saved_model

PyTorch 2 and TensorFlow 2; neither is part of the build. Both take 8 samples of 4 channels at a time.
"""
import pathlib
import sys

import numpy as np

here = pathlib.Path(__file__).parent
CHUNK, CHANNELS, HIDDEN, OUTPUTS, CHUNKS = 8, 4, 16, 2, 12

random = np.random.default_rng(2026)
shapes = {"input": (4 * HIDDEN, CHANNELS), "hidden": (4 * HIDDEN, HIDDEN), "bias": (4 * HIDDEN,),
          "dense": (OUTPUTS, HIDDEN), "offset": (OUTPUTS,)}
weights = {name: random.uniform(-0.4, 0.4, shape).astype("f4") for name, shape in shapes.items()}
# A tone that glides, in steps of 1/64 so that the header holds it exactly.
time = np.arange(CHUNKS * CHUNK)[:, None] * (1 + np.arange(CHANNELS)) / 9
signal = np.round(np.sin(time + time**2 / 300) * 64).astype("f4") / 64


def write_torch():
    import torch

    class Stream(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = torch.nn.LSTM(CHANNELS, HIDDEN)
            self.dense = torch.nn.Linear(HIDDEN, OUTPUTS)
            for parameter, name in ((self.lstm.weight_ih_l0, "input"), (self.lstm.weight_hh_l0, "hidden"),
                                    (self.lstm.bias_ih_l0, "bias"), (self.dense.weight, "dense"),
                                    (self.dense.bias, "offset")):
                parameter.data = torch.from_numpy(weights[name])
            self.lstm.bias_hh_l0.data.zero_()
            self.register_buffer("h", torch.zeros(1, HIDDEN))
            self.register_buffer("c", torch.zeros(1, HIDDEN))

        def forward(self, chunk):
            y, (h, c) = self.lstm(chunk, (self.h, self.c))
            self.h.copy_(h)
            self.c.copy_(c)
            return self.dense(y)

    model = torch.jit.script(Stream().eval())
    model.save(here / "streaming.pt")
    with torch.no_grad():
        outputs = [model(torch.from_numpy(chunk)) for chunk in signal.reshape(CHUNKS, CHUNK, CHANNELS)]
    write_header(torch.cat(outputs).numpy())


def write_header(expected):
    def rows(array, form):
        return "\n".join("    " + " ".join(form(x) + "," for x in row) for row in array)

    (here / "expected.h").write_text(f"""// SPDX-License-Identifier: Apache-2.0
//
// A signal of {CHANNELS} channels in chunks of {CHUNK}, and what PyTorch makes of it. From make_models.py.
#pragma once

// clang-format off
namespace expected {{
constexpr int chunks = {CHUNKS};
constexpr float signal[] = {{ // by 64
{rows((signal * 64).reshape(-1, 16), lambda x: f"{int(x)}")}
}};
constexpr float outputs[] = {{
{rows(expected.reshape(-1, 8), lambda x: f"{x:.7g}f" if x % 1 else f"{x:.1f}f")}
}};
}} // namespace expected
// clang-format on
""")


def write_tensorflow():
    import tensorflow as tf

    class Stream(tf.Module):
        """Keras' LSTM keeps its state in variables of its own; here they are plain to see."""

        def __init__(self):
            super().__init__()
            self.weights = {name: tf.Variable(value, name=name) for name, value in weights.items()}
            self.h = tf.Variable(tf.zeros([1, HIDDEN]), name="h")
            self.c = tf.Variable(tf.zeros([1, HIDDEN]), name="c")

        @tf.function(input_signature=[tf.TensorSpec([CHUNK, CHANNELS], tf.float32, "chunk")])
        def serve(self, chunk):
            w = self.weights
            h, c = self.h.read_value(), self.c.read_value()
            outputs = tf.TensorArray(tf.float32, CHUNK, element_shape=[1, HIDDEN])
            for t in tf.range(CHUNK):
                gates = (tf.matmul(tf.reshape(chunk[t], [1, CHANNELS]), w["input"], transpose_b=True)
                         + tf.matmul(h, w["hidden"], transpose_b=True) + w["bias"])
                i, f, g, o = tf.split(gates, 4, axis=1)  # PyTorch's order
                c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
                h = tf.sigmoid(o) * tf.tanh(c)
                outputs = outputs.write(t, h)
            self.h.assign(h)
            self.c.assign(c)
            y = tf.reshape(outputs.stack(), [CHUNK, HIDDEN])
            return {"output": tf.matmul(y, w["dense"], transpose_b=True) + w["offset"]}

    model = Stream()
    folder = here / "streaming_saved_model"
    tf.saved_model.save(model, str(folder), signatures=model.serve)
    (folder / "fingerprint.pb").unlink(missing_ok=True)


{"torch": write_torch, "tensorflow": write_tensorflow}[sys.argv[1]]()

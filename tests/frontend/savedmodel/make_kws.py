#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what TensorFlow makes of 100 inputs of MLPerf Tiny's keyword spotting network: the classes
and the logits (what its softmax gets). MODEL is kws_ref_model of
https://github.com/mlcommons/tiny/tree/master/benchmark/training/keyword_spotting/trained_models.

    make_kws.py MODEL OUT.npz [OUT.h]

prints the name of the tensor of the logits. OUT.h has the same for check_kws.sh on a board.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

IMAGES = 100


def array_text(name, a):
    rows = [", ".join(float(x).hex() + "F" for x in row) for row in a.reshape(len(a), -1)]
    return f"const float {name}[{len(a)}][{a[0].size}] = {{\n" + ",\n".join("{" + r + "}" for r in rows) + "};\n"


def main(model, out, header=None):
    loaded = tf.saved_model.load(model)
    serving = loaded.signatures["serving_default"]
    key = next(iter(serving.structured_input_signature[1]))
    flat = convert_variables_to_constants_v2(serving)
    softmax = next(op for op in flat.graph.get_operations() if op.type == "Softmax")
    logits = softmax.inputs[0]
    both = flat.prune(flat.inputs, [softmax.outputs[0], logits])
    shape = [1] + flat.inputs[0].shape.as_list()[1:]
    # From quiet to loud, and from smooth to rough, so that more than one class comes out.
    random = np.random.default_rng(3)
    x = random.normal(0, 1, [IMAGES] + shape)
    for i in range(IMAGES):
        for _ in range(i % 5):
            x[i] = (x[i] + np.roll(x[i], 1, 1)) / 1.5
        x[i] = x[i] * 10 ** random.uniform(-1, 2) + random.normal(0, 20, [1, 1, shape[2], 1])
    x = x.astype(np.float32)
    results = [both(tf.constant(one)) for one in x]
    classes = np.stack([np.asarray(r[0]) for r in results])
    inner = np.stack([np.asarray(r[1]) for r in results])
    output = next(iter(serving.structured_outputs))
    name = logits.op.name.rsplit("/StatefulPartitionedCall/", 1)[-1].replace("StatefulPartitionedCall/", "")
    print(name, f"(input {key}, output {output}, classes {np.bincount(classes.reshape(IMAGES, -1).argmax(1), minlength=12)})")
    np.savez(out, **{f"in:{key}": x, f"out:{output}": classes, f"out:{name}": inner})
    if header:
        with open(header, "w") as f:
            f.write(array_text("kInputs", x) + array_text("kLogits", inner))


main(*sys.argv[1:])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes networks of Keras and functions of TensorFlow as tf2onnx converts them, with inputs for check.py.

    keras_networks.py FOLDER [NAME...]     needs tensorflow-cpu, tf2onnx, onnx, numpy; --list names them

The batch of a network is a symbol: `check.py --dim` gives it bounds. The weights are seeded.
"""
import argparse
import logging
import os
import pathlib

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402

layers = keras.layers


def spec(*shape, dtype=tf.float32, name="x"):
    return tf.TensorSpec(shape, dtype, name=name)


def application(build, size=96):
    """A network of keras.applications for images of `size`."""

    def make():
        return build(weights=None, input_shape=(size, size, 3), classes=20), [spec(None, size, size, 3, name="image")]

    return make


def sequence(shape, *stack, dtype=tf.float32):
    def make():
        inputs = keras.Input(shape, dtype=dtype.name)
        outputs = inputs
        for layer in stack:
            outputs = layer()(outputs)
        return keras.Model(inputs, outputs), [spec(None, *shape, dtype=dtype)]

    return make


def attention():
    inputs = keras.Input((6, 16))
    return keras.Model(inputs, layers.MultiHeadAttention(2, 8)(inputs, inputs, use_causal_mask=True)), [spec(None, 6, 16)]


def suppressed(boxes, scores):
    return tf.gather(boxes, tf.image.non_max_suppression(boxes, scores, 8, 0.5, 0.05))


def detected(boxes, scores):
    """By class and together, padded to a fixed number."""
    return tf.image.combined_non_max_suppression(boxes[:, :, None], scores, 10, 20, 0.5, 0.1)


def prepared(image):
    """What stands before an image network: scale, resize, crop."""
    x = tf.image.resize(tf.cast(image, tf.float32) / 127.5 - 1, (40, 40))
    x = tf.image.resize_with_crop_or_pad(x, 32, 32)
    return tf.nn.avg_pool2d(tf.nn.space_to_depth(x, 2), 3, 2, "SAME")


def repeated(x):
    """A loop that carries a state and writes each step into an array."""

    def step(i, h, out):
        h = tf.tanh(tf.matmul(h, tf.ones((4, 4)) * 0.1) + x)
        return i + 1, h, out.write(i, h)

    out = tf.TensorArray(tf.float32, 6, element_shape=(2, 4))
    _, h, out = tf.while_loop(lambda i, *_: i < 6, step, (0, tf.zeros((2, 4)), out))
    return h, out.stack()


def branched(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x - 1)


def function(f, *specs):
    return lambda: (f, list(specs))


A = keras.applications
NETWORKS = {
    "keras_mobilenet": application(A.MobileNet),
    "keras_mobilenet_v2": application(A.MobileNetV2),
    "keras_mobilenet_v3": application(A.MobileNetV3Small),
    "keras_nasnet": application(A.NASNetMobile, 224),
    "keras_resnet50_v2": application(A.ResNet50V2),
    "keras_densenet121": application(A.DenseNet121),
    "keras_xception": application(A.Xception),
    "keras_inception_v3": application(A.InceptionV3),
    "keras_lstm": sequence(
        (7, 4), lambda: layers.LSTM(8, return_sequences=True), lambda: layers.Bidirectional(layers.LSTM(6)), lambda: layers.Dense(3)
    ),
    "keras_gru": sequence((7, 4), lambda: layers.GRU(8, return_sequences=True), lambda: layers.GRU(5), lambda: layers.Dense(3)),
    "keras_convlstm": sequence((3, 8, 8, 2), lambda: layers.ConvLSTM2D(4, 3, padding="same"), lambda: layers.Conv2D(2, 1)),
    "keras_text": sequence(
        (12,), lambda: layers.Embedding(50, 16), lambda: layers.Conv1D(16, 3, activation="relu", padding="same"),
        layers.GlobalMaxPooling1D, lambda: layers.Dense(2, activation="sigmoid"), dtype=tf.int32,
    ),
    "keras_image": sequence(
        (16, 16, 3), lambda: layers.SeparableConv2D(8, 3, strides=2, padding="same"), layers.LayerNormalization, layers.PReLU,
        lambda: layers.Conv2DTranspose(4, 3, strides=2, padding="same"), lambda: layers.UpSampling2D(2, interpolation="bilinear"),
        lambda: layers.GroupNormalization(2), lambda: layers.DepthwiseConv2D(3, dilation_rate=2),
    ),
    "keras_attention": attention,
    "tf_suppression": function(suppressed, spec(30, 4, name="boxes"), spec(30, name="scores")),
    "tf_detection": function(detected, spec(1, 30, 4, name="boxes"), spec(1, 30, 3, name="scores")),
    "tf_preparation": function(prepared, spec(1, 50, 60, 3, dtype=tf.uint8)),
    "tf_while": function(repeated, spec(2, 4)),
    "tf_cond": function(branched, spec(3, 4)),
}  # fmt: skip


def settle(model):
    """Statistics and biases of a trained network instead of zeros and ones."""
    for weight in model.weights:
        if "moving_variance" in weight.path:
            weight.assign(np.random.uniform(0.8, 1.2, weight.shape))
        elif any(part in weight.path for part in ("moving_mean", "beta", "bias")):
            weight.assign(np.random.normal(0, 0.05, weight.shape))


def random_input(rng, s):
    shape = [extent or 2 for extent in s.shape]
    if s.name == "boxes":  # two corners, the lower one first
        return np.sort(rng.random((*shape[:-1], 2, 2)), -2).reshape(shape).astype(np.float32)
    if s.name == "scores":
        return rng.random(shape).astype(np.float32)
    if s.dtype == tf.float32:
        return rng.standard_normal(shape).astype(np.float32)
    return rng.integers(0, 50, shape).astype(s.dtype.as_numpy_dtype)


def write(name, folder):
    keras.utils.set_random_seed(1)
    model, specs = NETWORKS[name]()
    call = model
    if isinstance(model, keras.Model):
        settle(model)
        call = lambda x: model(x, training=False)
    path = folder / f"{name}.onnx"
    traced = tf.function(call, input_signature=specs)
    onnx_model, _ = tf2onnx.convert.from_function(traced, input_signature=specs, opset=17)
    for value in onnx_model.graph.input:
        for extent in value.type.tensor_type.shape.dim:
            if extent.dim_param:  # tf2onnx numbers its symbols
                extent.dim_param = "batch"
    onnx.save(onnx_model, path)
    rng = np.random.default_rng(1)
    np.savez(path.with_suffix(".npz"), *(random_input(rng, s) for s in specs))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names")
    args = parser.parse_args()
    if args.list or not args.folder:
        print("\n".join(NETWORKS))
        return
    unknown = set(args.names) - NETWORKS.keys()
    if unknown:
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    logging.disable(logging.CRITICAL)
    args.folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or NETWORKS:
        write(name, args.folder)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes zoo/NAME, a small seeded model each, and zoo/NAME.npz with inputs and what TensorFlow makes
of them: `in:KEY` and `out:KEY`, for a state with a leading axis over the steps.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu
    venv/bin/python make_zoo.py zoo [NAME...]

The tests need what it has written, not TensorFlow.
"""
import os
import pathlib
import shutil
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

ZOO = {}


def model(make):
    """Registers a maker. It returns (save, inputs): save(folder) writes the model."""
    ZOO[make.__name__] = make
    return make


def spec(*shape, dtype=tf.float32, name=None):
    return tf.TensorSpec(shape, dtype, name=name)


def rng():
    return np.random.default_rng(7)


def normal(*shape):
    return rng().standard_normal(shape).astype(np.float32)


class Functions(tf.Module):
    """Signatures of plain functions of tensors, with variables of its own."""

    def __init__(self, **variables):
        super().__init__()
        for name, value in variables.items():
            setattr(self, name, tf.Variable(value, name=name))


def saved(module, **signatures):
    """signatures: name = (function, specs)."""
    made = {}
    for name, (f, specs) in signatures.items():
        made[name] = tf.function(f, input_signature=specs).get_concrete_function()
    return lambda folder: tf.saved_model.save(module, folder, signatures=made)


def function(f, specs, inputs, **variables):
    """A module whose serving_default is f(module, *tensors)."""
    m = Functions(**variables)
    call = lambda *args: f(m, *args)
    names = [s.name for s in specs]
    g = eval("lambda {0}: call({0})".format(", ".join(names)), {"call": call})
    return saved(m, serving_default=(g, specs)), dict(zip(names, inputs))


# ---- tf.Module ----


@model
def affine():
    return function(lambda m, x: {"y": x @ m.w + m.b}, [spec(None, 4, name="x")], [normal(3, 4)],
                    w=normal(4, 5), b=normal(5))


@model
def unary():
    def f(m, x):
        p = tf.abs(x) + 0.1
        u = tf.tanh(x) * 0.9
        ys = [tf.exp(x), tf.math.log(p), tf.sqrt(p), tf.math.rsqrt(p), tf.sin(x), tf.cos(x), tf.tan(u),
              tf.asin(u), tf.acos(u), tf.atan(x), tf.sinh(x), tf.cosh(x), tf.asinh(x), tf.acosh(p + 1.0),
              tf.atanh(u), tf.math.erf(x), tf.math.erfc(x), tf.nn.relu(x), tf.nn.relu6(3.0 * x), tf.nn.elu(x),
              tf.nn.selu(x), tf.nn.softplus(x), tf.nn.softsign(x), tf.sigmoid(x), tf.nn.leaky_relu(x),
              tf.math.expm1(x), tf.math.log1p(p), tf.round(x * 4.0), tf.math.rint(x * 4.0), tf.floor(x),
              tf.math.ceil(x), tf.sign(x), tf.square(x), tf.math.reciprocal(p), tf.negative(x),
              tf.zeros_like(x), tf.ones_like(x), tf.nn.gelu(x), tf.nn.silu(x)]
        return {"y": tf.stack(ys)}
    return function(f, [spec(2, 5, name="x")], [normal(2, 5)])


@model
def tests_of_numbers():
    x = np.array([1, -np.inf, np.inf, np.nan, 0, -3], np.float32)
    f = lambda m, x: {"y": tf.stack([tf.math.is_nan(x), tf.math.is_inf(x), tf.math.is_finite(x)])}
    return function(f, [spec(6, name="x")], [x])


@model
def binary():
    def f(m, x, y):
        p = tf.abs(x) + 0.5
        ys = [x + y, x - y, x * y, x / (tf.abs(y) + 0.5), tf.maximum(x, y), tf.minimum(x, y), tf.pow(p, y),
              tf.math.floormod(x, y), tf.math.floordiv(x, y), tf.math.squared_difference(x, y),
              tf.math.divide_no_nan(x, tf.nn.relu(y)), tf.math.multiply_no_nan(x, tf.nn.relu(y)),
              tf.math.xdivy(tf.nn.relu(x), y), tf.math.xlogy(tf.nn.relu(x), tf.abs(y)), tf.atan2(x, y),
              tf.truncatemod(x, y), tf.add_n([x, x, x]) + y]
        c = [x < y, x <= y, x > y, x >= y, x == y, x != y, tf.math.logical_and(x > 0, y > 0),
             tf.math.logical_or(x > 0, y > 0), tf.math.logical_not(x > 0) | (y > 1)]
        return {"y": tf.stack(ys), "c": tf.stack(c)}
    return function(f, [spec(3, 4, name="x"), spec(1, 4, name="y")], [normal(3, 4), normal(1, 4) + 0.3])


@model
def integers():
    def f(m, x, y):
        ys = [x + y, x - y, x * y, x // y, x % y, tf.truncatediv(x, y), tf.truncatemod(x, y), tf.maximum(x, y),
              tf.bitwise.bitwise_and(x, y), tf.bitwise.bitwise_or(x, y), tf.bitwise.bitwise_xor(x, y),
              tf.bitwise.left_shift(x, tf.abs(y)), tf.bitwise.right_shift(x, tf.abs(y)), tf.bitwise.invert(x),
              tf.abs(x), tf.sign(x), tf.cast(tf.cast(x, tf.float32) * 0.7, tf.int32), x ** tf.constant(2)]
        return {"y": tf.stack(ys), "b": tf.cast(x, tf.bool)}
    i = np.array([7, -7, 5, 0, 9], np.int32), np.array([2, 2, -3, 4, 5], np.int32)
    return function(f, [spec(5, dtype=tf.int32, name="x"), spec(5, dtype=tf.int32, name="y")], i)


@model
def select():
    def f(m, x, c):
        return {"a": tf.where(c, x, -x), "b": tf.where(x > 0, x, 0.5),
                "v1": tf.raw_ops.Select(condition=c[:, 0], x=x, y=2.0 * x), "clip": tf.clip_by_value(x, -0.5, 0.5)}
    c = np.array([[True], [False], [True]])
    return function(f, [spec(3, 4, name="x"), spec(3, 1, dtype=tf.bool, name="c")], [normal(3, 4), c])


# ---- convolutions and pooling ----


@model
def conv():
    def f(m, x):
        a = tf.nn.conv2d(x, m.w, [1, 2, 2, 1], "SAME")
        b = tf.nn.conv2d(x, m.w, 1, "VALID", dilations=[1, 2, 1, 1])
        c = tf.nn.conv2d(x, m.w, 1, [[0, 0], [2, 1], [0, 3], [0, 0]])
        d = tf.nn.depthwise_conv2d(x, m.d, [1, 2, 2, 1], "SAME")
        g = tf.nn.conv2d(x, m.g, 1, "SAME")
        return {"a": tf.nn.bias_add(a, m.b), "b": b, "c": c, "d": d, "g": g}
    return function(f, [spec(1, 49, 10, 2, name="x")], [normal(1, 49, 10, 2)], w=normal(10, 4, 2, 3), b=normal(3),
                    d=normal(3, 3, 2, 2), g=normal(3, 3, 1, 4))


@model
def conv_symbolic():
    def f(m, x):
        x = tf.nn.relu(tf.nn.conv2d(x, m.w, 2, "SAME"))
        x = tf.nn.max_pool2d(x, 3, 2, "SAME")
        return {"y": tf.reduce_mean(x, [1, 2])}
    return function(f, [spec(None, None, None, 2, name="x")], [normal(2, 11, 14, 2)], w=normal(3, 4, 2, 3))


@model
def conv_others():
    def f(m, x, s, v):
        one = tf.nn.conv1d(s, m.one, 2, "SAME")
        three = tf.nn.conv3d(v, m.three, [1, 1, 2, 1, 1], "SAME")
        t = tf.nn.conv2d_transpose(x, m.t, tf.stack([tf.shape(x)[0], 9, 11, 3]), 2, "SAME")
        u = tf.nn.conv2d_transpose(x, m.t, [2, 11, 13, 3], 2, "VALID")
        return {"one": one, "three": three, "t": t, "u": u}
    return function(f, [spec(2, 5, 6, 2, name="x"), spec(2, 9, 3, name="s"), spec(1, 4, 5, 3, 2, name="v")],
                    [normal(2, 5, 6, 2), normal(2, 9, 3), normal(1, 4, 5, 3, 2)], one=normal(4, 3, 2),
                    three=normal(2, 3, 2, 2, 3), t=normal(3, 3, 3, 2))


@model
def pooling():
    def f(m, x):
        argmax = tf.nn.max_pool_with_argmax(x, 2, 2, "VALID", include_batch_in_index=True)
        return {"a": tf.nn.max_pool2d(x, 3, 2, "SAME"), "b": tf.nn.avg_pool2d(x, 3, 2, "SAME"),
                "c": tf.nn.max_pool2d(x, 2, 1, "VALID"), "d": tf.nn.avg_pool2d(x, [2, 3], [1, 2], "VALID"),
                "i": argmax[1], "m": argmax[0], "lrn": tf.nn.local_response_normalization(x, 2, 1.5, 0.3, 0.7)}
    return function(f, [spec(2, 7, 8, 5, name="x")], [normal(2, 7, 8, 5)])


@model
def nchw():
    def f(m, x):
        y = tf.nn.bias_add(x, m.b, data_format="NCHW")
        y = tf.compat.v1.nn.fused_batch_norm(tf.transpose(y, [0, 2, 3, 1]), m.s, m.b, m.m, m.v, is_training=False)[0]
        return {"y": tf.nn.depth_to_space(y, 2), "z": tf.nn.space_to_depth(y, 2)}
    return function(f, [spec(1, 4, 6, 4, name="x")], [normal(1, 4, 6, 4)], b=normal(4), s=normal(4), m=normal(4),
                    v=np.abs(normal(4)))


@model
def batch_norm_training():
    def f(m, x):
        y, mean, var = tf.compat.v1.nn.fused_batch_norm(x, m.s, m.b, is_training=True)
        return {"y": y, "mean": mean, "var": var}
    return function(f, [spec(3, 4, 5, 2, name="x")], [normal(3, 4, 5, 2)], s=normal(2), b=normal(2))


@model
def blocks():
    def f(m, x):
        s = tf.space_to_batch_nd(x, [2, 3], [[0, 1], [1, 1]])
        return {"s": s, "b": tf.batch_to_space(s * 2.0, [2, 3], [[0, 1], [1, 1]])}
    return function(f, [spec(2, 5, 7, 3, name="x")], [normal(2, 5, 7, 3)])


# ---- shapes ----


@model
def shapes():
    def f(m, x):
        n = tf.shape(x)[0]
        flat = tf.reshape(x, [n, -1])
        ys = {"flat": flat, "rows": tf.reshape(x, tf.stack([n * 2, 3, 4])),
              "t": tf.transpose(x, [2, 0, 1, 3]), "e": tf.expand_dims(x, -2), "s": tf.squeeze(x[:, :1], [1]),
              "tile": tf.tile(flat, [2, 1]), "fill": tf.fill(tf.shape(flat), 2.5), "b": tf.broadcast_to(x[:, :1], tf.shape(x)),
              "pack": tf.stack([flat, flat + 1.0], 1), "u": tf.unstack(x, axis=1)[1], "concat": tf.concat([x, x], 3),
              "pad": tf.pad(flat, [[1, 2], [0, 3]]), "pad2": tf.pad(flat, [[0, 0], [2, 0]], constant_values=9.0),
              "reflect": tf.pad(flat, [[0, 0], [2, 1]], "REFLECT"), "sym": tf.pad(flat, [[0, 0], [2, 3]], "SYMMETRIC"),
              "rev": tf.reverse(x, [1, 3]), "roll": tf.roll(x, [1, -1], [1, 3]),
              "size": tf.size(x), "rank": tf.rank(x), "range": tf.range(2, 2 + n), "lin": tf.linspace(0.0, 3.0, 5)}
        a, b = tf.split(x, 2, 3)
        c, d = tf.split(x, [1, -1], 3)
        return ys | {"split": a - b, "splitv": tf.reduce_sum(c) + d}
    return function(f, [spec(None, 2, 3, 4, name="x")], [normal(2, 2, 3, 4)])


@model
def strided_slices():
    def f(m, x):
        return {"a": x[1:, ::2], "b": x[..., -1], "c": x[:, tf.newaxis, 1, ..., 1:3], "d": x[::-1, 3:0:-1],
                "e": x[-1], "f": x[:, :, -3:-1], "g": x[0:100, 1:-1], "h": x[..., tf.newaxis], "i": x[1, 2, 3],
                "j": tf.slice(x, [1, 0, 2], [1, -1, 2])}
    return function(f, [spec(3, 5, 6, name="x")], [normal(3, 5, 6)])


@model
def slices_at_run_time():
    f = lambda m, x, i: {"row": x[i], "column": x[:, i], "slice": tf.slice(x, tf.stack([i, 0]), [2, 3])}
    return function(f, [spec(5, 4, name="x"), spec(dtype=tf.int32, name="i")], [normal(5, 4), np.int32(2)])


@model
def reductions():
    def f(m, x):
        return {"sum": tf.reduce_sum(x, [0, 2]), "mean": tf.reduce_mean(x, -1, keepdims=True), "max": tf.reduce_max(x),
                "min": tf.reduce_min(x, 1), "prod": tf.reduce_prod(x, 0), "all": tf.reduce_all(x > -2, 1),
                "any": tf.reduce_any(x > 1, 1), "argmax": tf.argmax(x, 2), "argmin": tf.argmin(x, 0, tf.int32),
                "cumsum": tf.cumsum(x, 1, exclusive=True, reverse=True), "cumprod": tf.math.cumprod(x, -1),
                "norm": tf.norm(x, axis=1), "lse": tf.reduce_logsumexp(x, 2), "std": tf.math.reduce_std(x, 2),
                "softmax": tf.nn.softmax(x), "log_softmax": tf.nn.log_softmax(x), "axis": tf.nn.softmax(x, 1),
                "l2": tf.nn.l2_loss(x), "bucket": tf.raw_ops.Bucketize(input=x, boundaries=[-1.0, 0.0, 1.0])}
    return function(f, [spec(2, 3, 4, name="x")], [normal(2, 3, 4)])


@model
def indices():
    def f(m, x, i):
        top = tf.math.top_k(x, 2)
        return {"g": tf.gather(x, i), "g1": tf.gather(x, i, axis=1), "gb": tf.gather(x, tf.stack([i, i, i, i]), batch_dims=1),
                "nd": tf.gather_nd(x, tf.stack([i, i], 1)), "hot": tf.one_hot(i, 5), "hot0": tf.one_hot(i, 5, 2.0, -1.0, 0),
                "v": top.values, "k": top.indices, "s": tf.scatter_nd(i[:, None], x[:3], [6, 5]),
                "u": tf.tensor_scatter_nd_update(x, i[:, None], x[:3] * 2.0), "p": tf.math.invert_permutation(tf.constant([2, 0, 1])),
                "seg": tf.math.unsorted_segment_sum(x[:3], i, 4), "const": tf.math.segment_sum(x, tf.constant([0, 0, 1, 2])),
                "band": tf.linalg.band_part(x, 1, 0), "diag": tf.linalg.diag(x),
                "rs": tf.reverse_sequence(x, tf.constant([1, 2, 3, 5]), 1), "emb": tf.nn.embedding_lookup(m.e, i)}
    return function(f, [spec(4, 5, name="x"), spec(3, dtype=tf.int32, name="i")], [normal(4, 5), np.array([3, 0, 2], np.int32)],
                    e=normal(6, 2))


@model
def run_time_shapes():
    def f(m, x):
        y, i = tf.unique(tf.cast(tf.round(x), tf.int32))
        return {"where": tf.where(x > 0), "unique": y, "index": i}
    return function(f, [spec(9, name="x")], [normal(9)])


@model
def matmuls():
    def f(m, a, b):
        return {"t": tf.matmul(a[0], b[0], transpose_a=True), "b": a[:, :, :2] @ b[:, :2], "bt": tf.matmul(a, b, transpose_a=True),
                "e": tf.einsum("bij,bik->bjk", a, b), "e2": tf.einsum("...ij->...ji", a), "td": tf.tensordot(a, m.w, 1),
                "e3": tf.einsum("abc,cde->abde", a, m.h)}
    return function(f, [spec(2, 3, 4, name="a"), spec(2, 3, 5, name="b")], [normal(2, 3, 4), normal(2, 3, 5)],
                    w=normal(4, 6), h=normal(4, 2, 3))


@model
def tensordot_symbolic():
    return function(lambda m, x: {"y": tf.tensordot(x, m.w, 1)}, [spec(None, None, 4, name="x")], [normal(2, 3, 4)], w=normal(4, 6))


@model
def resizing():
    def f(m, x):
        r = tf.raw_ops
        return {"b": tf.image.resize(x, [7, 5]), "n": tf.image.resize(x, [7, 5], "nearest"), "c": tf.image.resize(x, [7, 9], "bicubic"),
                "ba": r.ResizeBilinear(images=x, size=[6, 8], align_corners=True), "bl": r.ResizeBilinear(images=x, size=[6, 8]),
                "na": r.ResizeNearestNeighbor(images=x, size=[6, 8], align_corners=True),
                "nl": r.ResizeNearestNeighbor(images=x, size=[3, 8])}
    return function(f, [spec(1, 4, 5, 2, name="x")], [normal(1, 4, 5, 2)])


@model
def boxes():
    def f(m, b, s):
        i = tf.image.non_max_suppression(b, s, 4, 0.4, 0.1)
        j, n = tf.raw_ops.NonMaxSuppressionV4(boxes=b, scores=s, max_output_size=4, iou_threshold=0.4, score_threshold=0.1,
                                              pad_to_max_output_size=True)
        return {"i": i, "picked": tf.gather(b, i), "j": j, "n": n}
    corners = np.abs(normal(8, 2)) * 0.4
    b = np.concatenate([corners, corners + 0.3 + 0.1 * np.abs(rng().standard_normal((8, 2)))], 1).astype(np.float32)
    return function(f, [spec(8, 4, name="b"), spec(8, name="s")], [b, np.abs(normal(8))])


@model
def bins():
    r = tf.raw_ops

    def f(m, i, w, g):
        return {"bins": r.Bincount(arr=i, size=6, weights=tf.constant([], tf.int32)), "weighted": r.Bincount(arr=i, size=5, weights=w),
                "dense": r.DenseBincount(input=g, size=7, weights=tf.constant([], tf.float32)),
                "binary": r.DenseBincount(input=g, size=7, weights=tf.constant([], tf.int32), binary_output=True),
                "dense_weighted": r.DenseBincount(input=i, size=7, weights=w),
                "max": r.UnsortedSegmentMax(data=w, segment_ids=i, num_segments=8), "min": r.UnsortedSegmentMin(data=w, segment_ids=i, num_segments=8),
                "sparse": r.SparseToDense(sparse_indices=[[0, 1], [2, 0]], output_shape=[3, 2], sparse_values=w[:2], default_value=m.w),
                "filled": r.SparseToDense(sparse_indices=[1, 3], output_shape=[5], sparse_values=m.w, default_value=0.0),
                "xlog1py": r.Xlog1py(x=[0.0, 1.0, 2.0], y=[-1.0, 1e-6, 3.0])}
    return function(f, [spec(9, dtype=tf.int32, name="i"), spec(9, name="w"), spec(2, 5, dtype=tf.int32, name="g")],
                    [np.int32([0, 1, 4, 4, 2, 1, 5, 6, 0]), normal(9), np.int32([[0, 1, 1, 6, 3], [2, 2, 2, 9, 0]])], w=np.float32(0.5))


@model
def crops():
    r = tf.raw_ops

    def f(m, x, b):
        which = [0, 1, 1, 0]
        crop = lambda **more: r.CropAndResize(image=x, boxes=b, box_ind=which, **more)
        return {"bilinear": crop(crop_size=[3, 4]), "nearest": crop(crop_size=[4, 3], method="nearest", extrapolation_value=7.0),
                "one": crop(crop_size=[1, 1]),
                "patches": r.ExtractImagePatches(images=x, ksizes=[1, 2, 3, 1], strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding="SAME"),
                "valid": r.ExtractImagePatches(images=x, ksizes=[1, 3, 2, 1], strides=[1, 1, 2, 1], rates=[1, 2, 1, 1], padding="VALID")}
    return function(f, [spec(2, 7, 6, 3, name="x"), spec(4, 4, name="b")],
                    [normal(2, 7, 6, 3), np.float32([[0, 0, 1, 1], [0.1, 0.2, 0.8, 0.7], [0.9, 0.9, 0.2, 0.1], [-0.3, 0.5, 1.2, 1.4]])])


@model
def detections():
    def f(m, b, s):
        out = {}
        for name, boxes, more in (("shared", b[:, :, :1], {}), ("own", b, {"clip_boxes": False}), ("padded", b[:, :, :1], {"pad_per_class": True})):
            r = tf.image.combined_non_max_suppression(boxes, s, 3, 12, 0.4, 0.3, **more)
            out |= {f"{name}_{k}": v for k, v in zip(("boxes", "scores", "classes", "count"), r)}
        return out
    corners = np.abs(normal(2, 8, 4, 2)) * 0.4
    b = np.concatenate([corners, corners + 0.3 + 0.1 * np.abs(rng().standard_normal((2, 8, 4, 2)))], 3).astype(np.float32)
    return function(f, [spec(2, 8, 4, 4, name="b"), spec(2, 8, 4, name="s")], [b, np.abs(normal(2, 8, 4))])


@model
def cells():
    r = tf.raw_ops

    def f(m, x, c, h):
        peep = {"wci": m.p[0], "wcf": m.p[1], "wco": m.p[2]}
        one = r.LSTMBlockCell(x=x[0], cs_prev=c, h_prev=h, w=m.w, b=m.b, forget_bias=0.7, cell_clip=0.4, use_peephole=True, **peep)
        long = {"x": x, "cs_prev": c, "h_prev": h, "w": m.w, "b": m.b, **peep}
        all = r.BlockLSTM(seq_len_max=tf.constant(4, tf.int64), use_peephole=True, **long)
        v2 = r.BlockLSTMV2(seq_len_max=tf.constant(5, tf.int64), **long)
        gru = r.GRUBlockCell(x=x[0], h_prev=h, w_ru=m.w[:, :6], w_c=m.w[:, 6:9], b_ru=m.b[:6], b_c=m.b[6:9])
        return {"cell_c": one.cs, "cell_h": one.h, "cell_o": one.o, "block_h": all.h, "block_c": all.cs, "block_f": all.f[:4],
                "v2_h": v2.h, "v2_ci": v2.ci, "gru_h": gru.h, "gru_r": gru.r}
    return function(f, [spec(5, 2, 4, name="x"), spec(2, 3, name="c"), spec(2, 3, name="h")], [normal(5, 2, 4), normal(2, 3), normal(2, 3)[::-1].copy()],
                    w=normal(7, 12), b=normal(12), p=normal(3, 3))


@model
def quantised():
    r = tf.raw_ops

    def f(m, x):
        q = lambda **more: r.QuantizeAndDequantizeV2(**({"input": x, "input_min": -1.5, "input_max": 1.1} | more))
        return {"given": q(range_given=True), "measured": q(num_bits=5, signed_input=False), "narrow": q(range_given=True, narrow_range=True, num_bits=4),
                "up": q(range_given=True, round_mode="HALF_UP", num_bits=6, input_max=3.0),
                "axis": q(axis=1, num_bits=6, input_min=m.low, input_max=-2.0 * m.low),
                "v4": r.QuantizeAndDequantizeV4(input=x, input_min=-1.0, input_max=2.0, range_given=True),
                "v3": r.QuantizeAndDequantizeV3(input=x, input_min=0.0, input_max=0.0, num_bits=7, range_given=False)}
    return function(f, [spec(4, 3, 5, name="x")], [normal(4, 3, 5)], low=np.float32([-1, -0.5, -2]))


@model
def attributes():
    """Attributes and inputs that are seldom other than their defaults."""
    r = tf.raw_ops

    def f(m, x, i):
        return {"around": r.MatrixDiagV3(diagonal=x[:, 0], k=0, num_rows=-1, num_cols=-1, padding_value=5.0),
                "steps": x[:, ::-1][i], "row": x[i],
                "bucket": tf.cast(r.Bucketize(input=tf.cast(x, tf.float64) + 1e-12, boundaries=[-0.5, 0.25]), tf.float32)}
    return function(f, [spec(3, 4, name="x"), spec(dtype=tf.int32, name="i")], [normal(3, 4), np.int32(2)])


# ---- structure ----


@model
def constants():
    def f(m, x):
        big = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
        return {"y": x + big + tf.constant(2.5, shape=[4]), "i": tf.constant([1, 2, 3], tf.int64), "h": tf.cast(tf.constant([1.5, 2], tf.float16), tf.float32)}
    return function(f, [spec(2, 3, 4, name="x")], [normal(2, 3, 4)])


@model
def nested_calls():
    @tf.function
    def inner(x):
        return x * 2.0, x + 1.0

    @tf.function
    def outer(x):
        a, b = inner(x)
        return inner(a)[1] + inner(b)[0]
    return function(lambda m, x: {"y": outer(x) * m.w}, [spec(3, name="x")], [normal(3)], w=np.float32(3))


@model
def two_signatures():
    m = Functions(w=normal(4, 3))
    s = [spec(None, 4, name="x")]
    return (saved(m, encode=(lambda x: {"code": x @ m.w}, s), serving_default=(lambda x: {"norm": tf.norm(x @ m.w, axis=1)}, s)),
            {"x": normal(2, 4)})


@model
def counter():
    m = Functions(total=np.zeros(3, np.float32), steps=np.int32(0))

    def f(x):
        m.total.assign_add(x)
        m.steps.assign(m.steps + 1)
        return {"mean": m.total.read_value() / tf.cast(m.steps.read_value(), tf.float32)}
    return saved(m, serving_default=(f, [spec(3, name="x")])), {"x": normal(4, 3)}, 4


# ---- Keras ----


def exported(m, inputs):
    return lambda folder: m.export(folder, verbose=False), inputs


@model
def keras_dense():
    m = keras.Sequential([layers.Input((6,)), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(3, "softmax")])
    return exported(m, {"input_layer": normal(2, 6)})


@model
def keras_saved():
    m = keras.Sequential([layers.Input((6,)), layers.Dense(8, "tanh"), layers.Dense(3)])
    return lambda folder: tf.saved_model.save(m, folder), {"input_layer": normal(2, 6)}


@model
def keras_cnn():
    x = i = layers.Input((12, 10, 3), name="image")
    for filters in (4, 6):
        x = layers.Conv2D(filters, 3, 2, "same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU(6.0)(x)
        x = layers.DepthwiseConv2D(3, padding="same")(x)
        x = layers.LeakyReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    m = keras.Model(i, layers.Dense(4, "softmax")(x))
    for v in m.non_trainable_variables:
        if "variance" in v.path or "mean" in v.path:
            v.assign(np.abs(normal(*v.shape)) + 0.5)
    return exported(m, {"image": normal(2, 12, 10, 3)})


@model
def keras_unet():
    i = layers.Input((8, 8, 2), name="image")
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(i)
    b = layers.Conv2D(6, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    up = layers.Conv2DTranspose(4, 3, 2, "same")(b)
    c = layers.Concatenate()([a, up])
    d = layers.UpSampling2D(2, interpolation="bilinear")(b)
    y = layers.Conv2D(1, 1, activation="sigmoid")(layers.Concatenate()([c, d]))
    return exported(keras.Model(i, y), {"image": normal(1, 8, 8, 2)})


@model
def keras_attention():
    i = layers.Input((5, 8), name="tokens")
    x = layers.MultiHeadAttention(2, 4)(i, i)
    x = layers.LayerNormalization()(x + i)
    x = x + layers.Dense(8)(layers.Dense(16, "gelu")(x))
    return exported(keras.Model(i, layers.GlobalMaxPooling1D()(x)), {"tokens": normal(2, 5, 8)})


@model
def keras_embedding():
    i = layers.Input((6,), dtype="int32", name="ids")
    x = layers.Embedding(20, 4)(i)
    x = layers.Conv1D(5, 3, padding="causal", activation="relu")(x)
    return exported(keras.Model(i, layers.Flatten()(x)), {"ids": rng().integers(0, 20, (2, 6)).astype(np.int32)})


def recurrent(layer, features=3, **inputs):
    i = layers.Input((7, features), name="x")
    return exported(keras.Model(i, layer(i)), {"x": normal(2, 7, features)})


@model
def keras_lstm():
    return recurrent(layers.LSTM(4, bias_initializer="uniform"))


@model
def keras_lstm_sequences():
    return recurrent(layers.LSTM(4, return_sequences=True, unit_forget_bias=True, go_backwards=True))


@model
def keras_gru():
    return recurrent(layers.GRU(4, return_sequences=True, bias_initializer="uniform"))


@model
def keras_simple_rnn():
    return recurrent(layers.SimpleRNN(4))


@model
def keras_bidirectional():
    return recurrent(layers.Bidirectional(layers.LSTM(3, return_sequences=True)))


@model
def keras_masked():
    i = layers.Input((7, 3), name="x")
    y = layers.LSTM(4)(layers.Masking()(i))
    x = normal(2, 7, 3)
    x[0, 5:] = 0
    x[1, 2] = 0
    return exported(keras.Model(i, y), {"x": x})


@model
def keras_stateful():
    m = keras.Sequential([layers.Input((4, 3), batch_size=1), layers.LSTM(5, stateful=True)])
    return saved(m, serving_default=(lambda x: {"y": m(x)}, [spec(1, 4, 3, name="x")])), {"x": normal(3, 1, 4, 3)}, 3


# ---- control flow ----


@model
def condition():
    def f(m, x):
        if tf.reduce_sum(x) > 0:
            y = x * m.w
        else:
            y = x - 1.0
        z = tf.switch_case(tf.cast(tf.reduce_max(x), tf.int32), [lambda: y, lambda: y * 2.0], lambda: -y)
        return {"y": z}
    return function(tf.function(f), [spec(4, name="x")], [normal(4)], w=normal(4))


@model
def loop():
    def f(m, x, n):
        i = tf.constant(0)
        while i < n:
            x = tf.tanh(x @ m.w)
            i += 1
        return {"y": x, "i": i}
    return function(tf.function(f), [spec(2, 3, name="x"), spec(dtype=tf.int32, name="n")], [normal(2, 3), np.int32(4)], w=normal(3, 3))


@model
def scans():
    def f(m, x):
        s = tf.scan(lambda a, b: a * 0.5 + b, x)
        y = tf.map_fn(lambda v: tf.tanh(v) * m.w, x)
        a = tf.TensorArray(tf.float32, 5, element_shape=[3])
        for i in tf.range(5):
            a = a.write(i, x[i] * tf.cast(i, tf.float32))
        return {"s": s, "y": y, "a": a.stack()}
    return function(tf.function(f), [spec(5, 3, name="x")], [normal(5, 3)], w=normal(3))


# ---- signals, tables, quantisation ----


@model
def spectrogram():
    def f(m, x):
        s = tf.signal.stft(x, 16, 8, pad_end=True)
        c = tf.signal.fft(tf.complex(x[:9], x[1:10]))
        return {"abs": tf.abs(s), "angle": tf.math.angle(s), "back": tf.signal.irfft(s), "re": tf.math.real(c), "im": tf.math.imag(c),
                "mel": tf.tensordot(tf.abs(s), tf.signal.linear_to_mel_weight_matrix(6, 9, 8000), 1),
                "i": tf.math.real(tf.signal.ifft(c))}
    return function(f, [spec(60, name="x")], [normal(60)])


@model
def fake_quantised():
    def f(m, x):
        return {"v": tf.quantization.fake_quant_with_min_max_vars(x, m.low, m.high, narrow_range=True),
                "c": tf.quantization.fake_quant_with_min_max_vars_per_channel(x, m.lows, m.highs),
                "a": tf.quantization.fake_quant_with_min_max_args(x, -1.0, 2.0, num_bits=4)}
    return function(f, [spec(3, 5, name="x")], [normal(3, 5)], low=np.float32(-1.3), high=np.float32(0.9),
                    lows=-np.abs(normal(5)), highs=np.abs(normal(5)) + 0.1)


@model
def lookup():
    m = Functions(w=np.float32(2))
    init = tf.lookup.KeyValueTensorInitializer(np.array([5, 7, 9], np.int64), np.array([0.5, 0.7, 0.9], np.float32))
    m.table = tf.lookup.StaticHashTable(init, -1.0)
    words = tf.lookup.KeyValueTensorInitializer(["yes", "no"], np.array([1, 2], np.int64))
    m.words = tf.lookup.StaticHashTable(words, 0)
    f = lambda i: {"y": m.table.lookup(i) * m.w, "no": m.words.lookup(tf.constant(["no", "?"]))}
    return saved(m, serving_default=(f, [spec(2, 2, dtype=tf.int64, name="i")])), {"i": np.array([[9, 1], [5, 7]], np.int64)}


# ---- TensorFlow 1 ----


def in_session(build):
    """build() makes placeholders and returns ({key: placeholder}, {key: result})."""
    def save(folder):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.compat.v1.set_random_seed(3)
            inputs, outputs = build()
            session.run(tf.compat.v1.global_variables_initializer())
            tf.compat.v1.saved_model.simple_save(session, folder, inputs, outputs)
    return save


@model
def tf1_variables():
    def build():
        tf.compat.v1.disable_resource_variables()
        x = tf.compat.v1.placeholder(tf.float32, [None, 4], "x")
        w = tf.compat.v1.get_variable("w", [4, 3], initializer=tf.compat.v1.random_normal_initializer(seed=1))
        b = tf.compat.v1.get_variable("b", [3], initializer=tf.compat.v1.random_normal_initializer(seed=2))
        return {"x": x}, {"y": tf.compat.v1.nn.xw_plus_b(x, w, b)}
    return in_session(build), {"x": normal(2, 4)}


@model
def tf1_partitioned():
    def build():
        x = tf.compat.v1.placeholder(tf.float32, [2, 6], "x")
        w = tf.compat.v1.get_variable("w", [6, 3], initializer=tf.compat.v1.random_normal_initializer(seed=1),
                                      partitioner=tf.compat.v1.fixed_size_partitioner(2), use_resource=True)
        return {"x": x}, {"y": x @ tf.convert_to_tensor(w)}
    return in_session(build), {"x": normal(2, 6)}


def flat(build):
    """With control flow as TensorFlow 1 has it."""
    save = in_session(build)

    def without_functions(folder):
        tf.compat.v1.disable_control_flow_v2()
        save(folder)
        tf.compat.v1.enable_control_flow_v2()
    return without_functions


@model
def tf1_condition():
    def build():
        x = tf.compat.v1.placeholder(tf.float32, [4], "x")
        big = tf.reduce_sum(x) > 0
        y = tf.cond(big, lambda: tf.exp(x) * 2.0, lambda: x - 1.0)
        z = tf.cond(tf.logical_not(big), lambda: y, lambda: tf.cond(y[0] > 0, lambda: y + 3.0, lambda: tf.sin(y)))
        return {"x": x}, {"y": y, "z": z}
    return flat(build), {"x": normal(4)}


@model
def tf1_condition_shared():
    """What one side of a condition computes, by way of another result of the same side."""
    def build():
        x = tf.compat.v1.placeholder(tf.float32, [4], "x")

        def yes():
            e = tf.exp(x)
            return e, e * 2.0 + tf.sin(e)
        a, b = tf.cond(tf.reduce_sum(x) > 0, yes, lambda: (x - 1.0, x * 3.0))
        return {"x": x}, {"a": a, "b": b}
    return flat(build), {"x": normal(4)}


@model
def tf1_loops():
    def build():
        x = tf.compat.v1.placeholder(tf.float32, [5, 3], "x")
        w = tf.constant(normal(3, 3))
        _, a = tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.tanh(a @ w)), (0, x))

        def outer(i, s):
            return i + 1, s + tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, t * 0.5 + tf.cast(i, tf.float32)), (0, s))[1]
        _, nested = tf.while_loop(lambda i, s: i < 3, outer, (0, x[0]))
        mapped = tf.map_fn(lambda row: tf.reduce_sum(row) * row, x)
        return {"x": x}, {"a": a, "nested": nested, "mapped": mapped}
    return flat(build), {"x": normal(5, 3)}


@model
def tf1_frozen():
    def save(folder):
        with tf.Graph().as_default() as graph:
            x = tf.compat.v1.placeholder(tf.float32, [2, 4], "x")
            tf.nn.relu(x @ tf.constant(normal(4, 3)), name="y")
            os.makedirs(folder)
            tf.io.write_graph(graph.as_graph_def(), folder, "frozen.pb", as_text=False)
    return save, {"x": normal(2, 4)}


# ---- writing ----


def expected(folder, inputs, steps):
    """The outputs; the inputs by the names of the signature; the options that burin needs."""
    if (folder / "frozen.pb").exists():
        return {"y": np.maximum(inputs["x"] @ normal(4, 3), 0)}, inputs, ""
    f = tf.saved_model.load(str(folder)).signatures["serving_default"]
    specs = f.structured_input_signature[1]
    if len(specs) == 1:
        inputs = dict(zip(specs, inputs.values()))
    options = ["--sequence"] if steps else []
    for name, s in specs.items():
        options += [f"--dim {name}.{i}=1..16" for i, extent in enumerate(s.shape) if extent is None]
    results = [{k: v.numpy() for k, v in f(**{n: tf.constant(x[i] if steps else x) for n, x in inputs.items()}).items()}
               for i in range(steps or 1)]
    outputs = {k: np.stack([r[k] for r in results]) if steps else results[0][k] for k in results[0]}
    return outputs, inputs, " ".join(options)


def main():
    root = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or ZOO:
        keras.utils.set_random_seed(5)
        save, inputs, *steps = ZOO[name]()
        folder = root / name
        shutil.rmtree(folder, ignore_errors=True)
        save(str(folder))
        outputs, inputs, options = expected(folder, inputs, steps[0] if steps else 0)
        for extra in ("fingerprint.pb", "assets", "keras_metadata.pb"):
            path = folder / extra
            shutil.rmtree(path) if path.is_dir() and not any(path.iterdir()) else path.is_file() and path.unlink()
        if (folder / "frozen.pb").exists():
            (folder / "frozen.pb").rename(root / f"{name}.pb")
            folder.rmdir()
        np.savez(root / f"{name}.npz", **{f"in:{k}": v for k, v in inputs.items()}, **{f"out:{k}": v for k, v in outputs.items()})
        (root / f"{name}.args").write_text(options + "\n")
        print(name)


main()

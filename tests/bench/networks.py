#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the networks that burin is measured on as ONNX files: the published architectures with seeded random weights.

    networks.py FOLDER [NAME...]     needs torch, numpy, onnx, onnxscript; --list names them

Weights are He-scaled, and batch norms have the statistics of a forward pass over noise, so that activations keep their
size through the depth, as in a trained network. Nothing of it is committed: a file is as large as its network.
"""
import argparse
import math
import pathlib

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn


# ---- convolutional networks ---------------------------------------------------------------------


def conv_norm(inputs, outputs, kernel=3, stride=1, groups=1, activation=nn.ReLU):
    """Convolution without bias, batch norm, activation: the brick of every network below."""
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class Bottleneck(nn.Module):
    """He et al. 2015 (arXiv 1512.03385), fig. 5 right; the stride is on the 3x3 (v1.5)."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.body = nn.Sequential(
            conv_norm(inputs, width, 1), conv_norm(width, width, 3, stride), conv_norm(width, 4 * width, 1, activation=None)
        )
        self.body[-1][-1].ends_residual = True
        same = stride == 1 and inputs == 4 * width
        self.shortcut = nn.Identity() if same else conv_norm(inputs, 4 * width, 1, stride, activation=None)

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet50():
    blocks, inputs = [], 64
    for width, count, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for k in range(count):
            blocks.append(Bottleneck(inputs, width, stride if k == 0 else 1))
            inputs = 4 * width
    return nn.Sequential(
        conv_norm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)
    )


class InvertedResidual(nn.Module):
    """Sandler et al. 2018 (arXiv 1801.04381), fig. 4; with `squeeze`, Tan and Le 2019 (arXiv 1905.11946)."""

    def __init__(self, inputs, outputs, expansion, kernel, stride, activation, squeeze=False):
        super().__init__()
        width = inputs * expansion
        layers = [conv_norm(inputs, width, 1, activation=activation)] if expansion != 1 else []
        layers.append(conv_norm(width, width, kernel, stride, groups=width, activation=activation))
        if squeeze:
            layers.append(SqueezeExcite(width, inputs // 4))
        layers.append(conv_norm(width, outputs, 1, activation=None))
        self.body = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, squeezed, 1), nn.SiLU(), nn.Conv2d(squeezed, channels, 1), nn.Sigmoid()
        )

    def forward(self, x):
        return x * self.gate(x)


def mobilenet_v2():
    layers, inputs = [conv_norm(3, 32, 3, 2, activation=nn.ReLU6)], 32
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, outputs, count, stride in table:
        for k in range(count):
            layers.append(InvertedResidual(inputs, outputs, expansion, 3, stride if k == 0 else 1, nn.ReLU6))
            inputs = outputs
    layers.append(conv_norm(inputs, 1280, 1, activation=nn.ReLU6))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


def efficientnet_b0():
    layers, inputs = [conv_norm(3, 32, 3, 2, activation=nn.SiLU)], 32
    table = [
        (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)
    ]  # fmt: skip
    for expansion, outputs, count, stride, kernel in table:
        for k in range(count):
            layers.append(InvertedResidual(inputs, outputs, expansion, kernel, stride if k == 0 else 1, nn.SiLU, squeeze=True))
            inputs = outputs
    layers.append(conv_norm(inputs, 1280, 1, activation=nn.SiLU))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


class UNet(nn.Module):
    """Ronneberger et al. 2015 (arXiv 1505.04597) with 32 to 256 channels and bilinear upsampling."""

    def __init__(self, widths=(32, 64, 128, 256), classes=2):
        super().__init__()
        pairs = zip((3, *widths), widths)
        self.down = nn.ModuleList(nn.Sequential(conv_norm(i, o), conv_norm(o, o)) for i, o in pairs)
        rising = list(zip(widths[:0:-1], widths[-2::-1]))
        self.reduce = nn.ModuleList(conv_norm(i, o) for i, o in rising)
        self.up = nn.ModuleList(nn.Sequential(conv_norm(2 * o, o), conv_norm(o, o)) for _, o in rising)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        skips = []
        for k, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if k else x)
            skips.append(x)
        for reduce, up, skip in zip(self.reduce, self.up, skips[-2::-1]):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = up(torch.cat([skip, reduce(x)], 1))
        return self.head(x)


# ---- transformers -------------------------------------------------------------------------------


class Attention(nn.Module):
    def __init__(self, width, heads, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (f(x).view(batch, length, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.output(y.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """One transformer layer; `pre`: the norm stands before each part (ViT, GPT-2), else behind the residual (BERT)."""

    def __init__(self, width, heads, pre, causal=False, approximate="none", eps=1e-5):
        super().__init__()
        self.pre = pre
        self.attention = Attention(width, heads, causal)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate), nn.Linear(4 * width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps) for _ in range(2))

    def forward(self, x):
        for part, norm in zip((self.attention, self.mlp), self.norms):
            x = x + part(norm(x)) if self.pre else norm(x + part(x))
        return x


class Bert(nn.Module):
    """Devlin et al. 2018 (arXiv 1810.04805), base: the encoder and its pooler."""

    def __init__(self, layers=12, width=768, heads=12, words=30522, length=128):
        super().__init__()
        self.words, self.kinds = nn.Embedding(words, width), nn.Embedding(2, width)
        self.positions = nn.Parameter(torch.zeros(length, width))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.Sequential(*(Block(width, heads, pre=False, eps=1e-12) for _ in range(layers)))
        self.pooler = nn.Linear(width, width)

    def forward(self, tokens, kinds):
        x = self.layers(self.norm(self.words(tokens) + self.kinds(kinds) + self.positions))
        return x, torch.tanh(self.pooler(x[:, 0]))


class Vit(nn.Module):
    """Dosovitskiy et al. 2020 (arXiv 2010.11929), B/16."""

    def __init__(self, layers=12, width=768, heads=12, side=224, patch=16):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (side // patch) ** 2 + 1, width))
        self.layers = nn.Sequential(*(Block(width, heads, pre=True, eps=1e-6) for _ in range(layers)))
        self.norm = nn.LayerNorm(width, 1e-6)
        self.head = nn.Linear(width, 1000)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.layers(x))[:, 0])


class Gpt2(nn.Module):
    """Radford et al. 2019, small: one pass over the whole prompt, logits of its last token."""

    def __init__(self, layers=12, width=768, heads=12, words=50257, length=128):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.positions = nn.Parameter(torch.zeros(length, width))
        blocks = (Block(width, heads, pre=True, causal=True, approximate="tanh") for _ in range(layers))
        self.layers, self.norm = nn.Sequential(*blocks), nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.norm(self.layers(self.words(tokens) + self.positions))
        return x[:, -1] @ self.words.weight.t()


# ---- recurrent and small ------------------------------------------------------------------------


class Recurrent(nn.Module):
    """Steps, batch 1, features in; the hidden states of all steps out."""

    def __init__(self, inputs, hidden, bidirectional=False):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, bidirectional=bidirectional)

    def forward(self, x):
        return self.lstm(x)[0]


def mlp(*widths):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


# ---- trees --------------------------------------------------------------------------------------


def trees(batch, count=100, depth=6, features=20):
    """A regressor as scikit-learn's gradient boosting is exported: full trees, sum of their leaves."""
    rng = np.random.default_rng(1)
    inner, nodes = 2**depth - 1, 2 ** (depth + 1) - 1
    ids = np.arange(nodes)
    is_leaf = ids >= inner
    child = lambda k: np.where(is_leaf, 0, 2 * ids + k)
    repeat = lambda row: np.tile(row, count).tolist()
    attributes = {
        "nodes_treeids": np.repeat(np.arange(count), nodes).tolist(),
        "nodes_nodeids": repeat(ids),
        "nodes_featureids": np.where(np.tile(is_leaf, count), 0, rng.integers(0, features, nodes * count)).tolist(),
        "nodes_values": np.where(np.tile(is_leaf, count), 0, rng.standard_normal(nodes * count)).astype(np.float32).tolist(),
        "nodes_modes": repeat(np.where(is_leaf, "LEAF", "BRANCH_LEQ")),
        "nodes_truenodeids": repeat(child(1)),
        "nodes_falsenodeids": repeat(child(2)),
        "nodes_missing_value_tracks_true": [0] * (nodes * count),
        "target_treeids": np.repeat(np.arange(count), nodes - inner).tolist(),
        "target_nodeids": repeat(ids[is_leaf]),
        "target_ids": [0] * (count * (nodes - inner)),
        "target_weights": rng.standard_normal(count * (nodes - inner)).astype(np.float32).tolist(),
    }
    node = onnx.helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, **attributes)
    value = lambda name, columns: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [batch, columns])
    graph = onnx.helper.make_graph([node], "trees", [value("x", features)], [value("y", 1)])
    opsets = [onnx.helper.make_opsetid("", 20), onnx.helper.make_opsetid("ai.onnx.ml", 3)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)


# ---- the light/ graphs of the ONNX suite ----------------------------------------------------------

LIGHT = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"


def light(name):
    """A published network without its weights, of the onnx wheel: ConstantOfShape stands for each, and gets random numbers.

    What reads a weight says what it is. A normalised branch that ends in a sum is small, as `fill` has it.
    """
    rng = np.random.default_rng(1)
    model = onnx.load(LIGHT / f"light_{name}.onnx")
    graph = model.graph
    shapes = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    readers = {}
    for node in graph.node:
        for k, value in enumerate(node.input):
            readers.setdefault(value, []).append((node, k))

    def numbers(value, shape):
        node, k = readers[value][0]
        while node.op_type == "Unsqueeze":
            node, k = readers[node.output[0]][0]
        ends_residual = any(reader.op_type == "Sum" for reader, _ in readers.get(node.output[0], []))
        if node.op_type in ("Conv", "Gemm") and k == 1:
            return rng.normal(0, math.sqrt(2 / np.prod(shape[1:])), shape)
        if (node.op_type, k) == ("BatchNormalization", 4) or node.op_type == "Mul":
            return rng.uniform(0.8, 1.2, shape)
        if (node.op_type, k) == ("BatchNormalization", 1):
            return rng.uniform(0.2, 0.4, shape) if ends_residual else rng.uniform(0.8, 1.2, shape)
        return rng.normal(0, 0.05, shape)

    weights = [node for node in graph.node if node.op_type == "ConstantOfShape"]
    for node in weights:
        array = numbers(node.output[0], shapes[node.input[0]]).astype(np.float32)
        graph.initializer.append(onnx.numpy_helper.from_array(array, node.output[0]))
        graph.node.remove(node)
    unused = {node.input[0] for node in weights} - {name for node in graph.node for name in node.input}
    for field in (graph.initializer, graph.input):
        kept = [entry for entry in field if entry.name not in unused]
        del field[:]
        field.extend(kept)
    model.ir_version = 4  # whose initializers need not be inputs
    return model


def noise(*shape):
    return torch.randn(*shape)


def tokens(limit, *shape):
    return torch.randint(0, limit, shape)


NETWORKS = {
    "resnet50": lambda: (resnet50(), (noise(1, 3, 224, 224),)),
    "mobilenet_v2": lambda: (mobilenet_v2(), (noise(1, 3, 224, 224),)),
    "efficientnet_b0": lambda: (efficientnet_b0(), (noise(1, 3, 224, 224),)),
    "unet": lambda: (UNet(), (noise(1, 3, 256, 256),)),
    "bert_base": lambda: (Bert(), (tokens(30522, 1, 128), tokens(2, 1, 128))),
    "vit_b16": lambda: (Vit(), (noise(1, 3, 224, 224),)),
    "gpt2_small": lambda: (Gpt2(), (tokens(50257, 1, 128),)),
    "bilstm": lambda: (Recurrent(128, 256, bidirectional=True), (noise(64, 1, 128),)),
    "lstm_64": lambda: (Recurrent(64, 64), (noise(64, 1, 64),)),
    "lstm_256": lambda: (Recurrent(128, 256), (noise(64, 1, 128),)),
    "lstm_512": lambda: (Recurrent(512, 512), (noise(32, 1, 512),)),
    "mlp_small": lambda: (mlp(16, 64, 64, 16), (noise(1, 16),)),
    "mlp_784": lambda: (mlp(784, 256, 128, 16), (noise(1, 784),)),
}

LIGHTS = (
    "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19", "zfnet512"
)  # fmt: skip
GRAPHS = {
    "trees_1": lambda: trees(1), "trees_256": lambda: trees(256),
    **{f"light_{name}": lambda name=name: light(name) for name in LIGHTS},
}  # fmt: skip


def fill(model):
    """Seeded weights: He-scaled matrices, small biases, scales near 1, embeddings of size 0.5.

    Scales at the end of a residual branch are small, as training leaves them (arXiv 1706.02677): else rounding errors grow from
    block to block, until two correct results are 1e-4 apart.
    """
    for name, p in model.named_parameters():
        module = model.get_submodule(name.rpartition(".")[0])
        with torch.no_grad():
            if isinstance(module, nn.Embedding):
                p.normal_(0, 0.5)
            elif hasattr(module, "ends_residual"):
                p.uniform_(0.2, 0.4) if p is module.weight else p.normal_(0, 0.05)
            elif p.dim() > 1:
                p.normal_(0, math.sqrt((1 if "lstm" in name else 2) / p[0].numel()))
            elif "weight" in name:
                p.uniform_(0.8, 1.2)
            else:
                p.normal_(0, 0.05)


def settle(model, inputs):
    """Batch norms get the mean and variance that they see."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for m in norms:
        m.momentum = None
    if norms:
        model.train()
        with torch.no_grad():
            model(*inputs)
    model.eval()


def write(name, folder, batch):
    path = folder / f"{name}.onnx"
    if name in GRAPHS:
        onnx.save(GRAPHS[name](), path)
    else:
        torch.manual_seed(1)
        model, inputs = NETWORKS[name]()
        fill(model)
        settle(model, inputs)
        axis = 1 if isinstance(model, Recurrent) else 0
        shapes = tuple({axis: torch.export.Dim("batch")} for _ in inputs) if batch else None
        if batch:  # what is traced with a batch of 1 is for that alone
            inputs = tuple(torch.cat([x, x], axis) for x in inputs)
        torch.onnx.export(
            model, inputs, str(path), dynamo=True, external_data=False, verbose=False, dynamic_shapes=shapes
        )
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--batch", action="store_true", help="with a symbol for the batch, where torch exports the network")
    args = parser.parse_args()
    if args.list or not args.folder:
        print("\n".join([*NETWORKS, *GRAPHS]))
        return
    unknown = set(args.names) - NETWORKS.keys() - GRAPHS.keys()
    if unknown:
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    args.folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or [*NETWORKS, *GRAPHS]:
        write(name, args.folder, args.batch)


if __name__ == "__main__":
    main()

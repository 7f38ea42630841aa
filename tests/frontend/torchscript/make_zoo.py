#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes of small seeded modules (here and in zoo_networks.py) zoo/NAME.traced.pt, zoo/NAME.scripted.pt,
zoo/NAME.exported.pt2 if torch.export takes it, zoo/NAME.onnx, and zoo/NAME.npz with inputs and what PyTorch
answers; zoo/shapes.txt has the shapes, which scripted modules do not hold. Needs PyTorch and is not part of the build: the files are committed.

  python3 make_zoo.py [NAME...]
"""
import copy
import io
import pathlib
import sys
import warnings
import zipfile
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "exported"))
import programs
import zoo_networks  # noqa: F401 (registers its modules)
from zoo_model import CHANGES, MODELS, ids, model

warnings.filterwarnings("ignore")
ZOO = pathlib.Path(__file__).parent / "zoo"
ELEMENTS = {torch.float32: "f32", torch.int64: "i64", torch.bool: "bool"}

# ---- networks ----


@model((1, 1, 8, 8))
class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, stride=2, groups=2, bias=False)
        self.pool, self.fc = nn.MaxPool2d(2), nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.pool(F.relu6(self.conv2(x)))
        return F.softmax(self.fc(torch.flatten(x, 1)), dim=1)


@model((2, 5))
class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(5, 8), nn.GELU(), nn.Dropout(0.5), nn.Linear(8, 8), nn.SiLU(),
            nn.LayerNorm(8), nn.Linear(8, 3), nn.LogSoftmax(-1)
        )

    def forward(self, x):
        return self.layers(x)


class Residual(nn.Module):
    def __init__(self, into: int, out: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.down: Optional[nn.Module] = None
        if stride != 1 or into != out:
            self.down = nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        identity = x
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.down is not None:
            identity = self.down(x)
        y += identity
        return self.relu(y)


@model((1, 3, 12, 12))
class Resnet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.blocks = nn.Sequential(Residual(4, 4, 1), Residual(4, 8, 2))
        self.pool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(8, 5)

    def forward(self, x):
        x = self.pool(self.blocks(self.stem(x)))
        return self.fc(torch.flatten(x, 1))


@model((1, 3, 8, 8))
class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(3, 6, 1), nn.BatchNorm2d(6), nn.Hardswish())
        self.depth = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.BatchNorm2d(6), nn.ReLU6())
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(6, 2, 1), nn.ReLU(), nn.Conv2d(2, 6, 1), nn.Hardsigmoid())
        self.project = nn.Conv2d(6, 3, 1)

    def forward(self, x):
        y = self.depth(self.expand(x))
        return x + self.project(y * self.squeeze(y))


@model((1, 2, 8, 8))
class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.inner = nn.Conv2d(2, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, padding=1)
        self.up, self.out = nn.ConvTranspose2d(4, 2, 2, 2), nn.Conv2d(4, 1, 1)

    def forward(self, x):
        y = F.leaky_relu(self.down(x), 0.1)
        y = self.up(F.elu(self.inner(y)))
        return torch.sigmoid(self.out(torch.cat([x, y], 1)))


@model(ids(1, 6))
class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.register_buffer("place", torch.randn(1, 6, 8))
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(approximate="tanh"), nn.Linear(16, 8))

    def forward(self, ids):
        x = self.embed(ids) + self.place
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1)) * (c // 2) ** -0.5
        mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        weights = weights.masked_fill(~mask, float("-inf")).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.norm2(x))


@model((1, 5, 8))
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True, dropout=0.0)

    def forward(self, x):
        return self.layer(x)


@model((1, 4, 6), (1, 4, 6), (1, 4, 6))
class Sdpa(nn.Module):
    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


@model((1, 5, 3))
class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.fc = nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), nn.Linear(8, 2)

    def forward(self, x):
        y, (h, c) = self.lstm(x)
        return self.fc(y), h, c


@model((5, 1, 3), (1, 1, 4))
class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4)

    def forward(self, x, h):
        return self.gru(x, h)


@model((4, 1, 3))
class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 4, nonlinearity="relu")

    def forward(self, x):
        return self.rnn(x)[0]


@model((4, 1, 3))
class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.gru = nn.LSTMCell(3, 4), nn.GRUCell(4, 4)

    def forward(self, x):
        h, c, g = torch.zeros(1, 4), torch.zeros(1, 4), torch.zeros(1, 4)
        out: List[Tensor] = []
        for t in range(x.size(0)):
            h, c = self.lstm(x[t], (h, c))
            g = self.gru(h, g)
            out.append(g)
        return torch.stack(out)


@model((1, 2, 16))
class Tcn(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv1d(2, 4, 3, padding="same", dilation=2), nn.Conv1d(4, 4, 3)
        self.norm, self.pool = nn.GroupNorm(2, 4), nn.AvgPool1d(2)

    def forward(self, x):
        x = self.pool(F.mish(self.norm(self.a(F.pad(x, (2, 0))))))
        return F.max_pool1d(self.b(x), 2)


# ---- operators ----


@model((2, 6), onnx=False)
class Activations(nn.Module):
    def __init__(self):
        super().__init__()
        self.prelu = nn.PReLU(6)

    def forward(self, x):
        return torch.stack([
            F.elu(x, 0.7), F.celu(x, 1.3), F.selu(x), F.softplus(x, 2.0), F.hardtanh(x, -0.5, 0.5),
            F.logsigmoid(x), F.softshrink(x, 0.3), F.threshold(x, 0.1, 2.0), self.prelu(x),
            F.leaky_relu(x), torch.tanh(x), F.hardsigmoid(x), F.hardswish(x),
        ]), F.glu(x, 1)


@model((3, 4), (3, 4), onnx=False)
class Arithmetic(nn.Module):
    def forward(self, a, b):
        c = torch.abs(b) + 0.5
        return torch.stack([
            a + b, a - 2 * b, a * b, a / c, a // c, a % c, torch.fmod(a, c), a ** 2, c ** 0.5, c ** a,
            2.0 ** a, 1 - a, 1 / c, torch.add(a, b, alpha=0.5), torch.rsub(a, b), torch.maximum(a, b),
            torch.minimum(a, b), torch.clamp(a, -0.3, 0.4), torch.clamp(a, min=0.0), torch.sign(a),
            torch.sqrt(c), torch.rsqrt(c), torch.exp(a), torch.log(c), torch.log1p(c), torch.expm1(a),
            torch.reciprocal(c), torch.square(a), torch.atan2(a, b), torch.erf(a), torch.sin(a),
            torch.floor(a), torch.ceil(a), torch.round(a), torch.trunc(a), torch.where(a > b, a, b),
            torch.div(a, c, rounding_mode="floor"), torch.div(a, c, rounding_mode="trunc"),
            torch.lerp(a, b, 0.3), torch.addcmul(a, b, c, value=0.5), torch.log2(c), a.neg(),
        ])


@model((3, 4), ids(3, 4), onnx=False)  # the exporter gets it wrong
class Types(nn.Module):
    def forward(self, x, i):
        y = (i + 1.5) * x
        b = (i > 4) & (x < 0.5) | ~(x >= 0)
        s = i.sum() + b.sum()
        h = i.to(torch.int32) // 2 - 3
        return y, b, s, h, i / 4, i % 3, (i * 2).float().mean(), x.double() * 3, i == 2, i.max(), (-h) // 2


@model((2, 3, 4))
class Reductions(nn.Module):
    def forward(self, x):
        v, i = x.max(dim=1)
        w, j = torch.min(x, -1, keepdim=True)
        top, at = torch.topk(x, 2, dim=2)
        return (x.sum(), x.mean((0, 2)), x.sum(1, keepdim=True), v, i, w, j, x.amax((1, 2)), x.argmax(2),
                x.argmin(), x.std(1), x.var(), torch.var(x, 2, unbiased=False), x.norm(), torch.norm(x, 2, 1),
                torch.logsumexp(x, 1), x.cumsum(1), (x > 0).any(), (x > -9).all(1), x.prod(2), top, at,
                torch.sort(x, dim=1)[0], x.max(), torch.linalg.vector_norm(x, 1, dim=0))


@model((2, 3, 4))
class Shapes(nn.Module):
    def forward(self, x):
        a, b = x.split(2, dim=2)
        c, d, e = x.chunk(3, 1)
        return (x.view(6, 4), x.reshape(2, -1), x.permute(2, 0, 1), x.transpose(0, 2), x.flatten(),
                x.unsqueeze(1).squeeze(1).unflatten(2, (2, 2)), x.select(1, 1), x[:, 1:], x[:, ::2, -1],
                x.narrow(2, 1, 2), a * b, c + d - e, x.unbind(1)[2], x[0].t(), x.repeat(1, 2, 1),
                x[:, :1].expand(2, 3, 4) + 1, x.flip([1]), x.roll(1, 2), torch.movedim(x, 0, 2),
                torch.stack([x, x], 1), x.tile((2,)), x.repeat_interleave(2, 1), x[..., None].contiguous())


@model((4, 5), ids(3, below=4), onnx=False)  # the exporter gets it wrong
class Indexing(nn.Module):
    def forward(self, x, i):
        j = torch.tensor([0, 2, 4])
        y = x.clone()
        y[i[0:1]] = 0.0
        y[:, 1] = 7.0
        y[1:3, ::2] += 1
        z = torch.zeros(4, 5).scatter(0, i.view(1, 3), x[:1, :3])
        z = z.scatter_add(1, j.view(1, 3), torch.ones(1, 3))
        w = x.clone()
        w[w > 0.5] = -1.0
        v = torch.zeros(4, 5).index_put((i, j), torch.tensor(2.0), accumulate=True)
        return (x[i], x[i, j], x[:, j], x.index_select(0, i), x.gather(0, i.view(1, 3)), y, z, w, v,
                F.one_hot(i, 5), x[-1], torch.index_add(x, 0, i, torch.ones(3, 5)))


@model((3, 3))
class Creation(nn.Module):
    def forward(self, x):
        n = x.size(0)
        m, k = torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij")
        return (x + torch.eye(n), torch.zeros(n, 2), torch.ones_like(x), torch.full((2,), 3), m, k,
                torch.arange(1, 10, 3), torch.arange(0.0, 1.0, 0.25), torch.linspace(-1, 1, 5), x.tril(),
                x.triu(1), x.new_zeros(2) + x.new_full((2,), 1.5), torch.tensor([[1, 2], [3, 4]]),
                torch.tensor(2.5) * x, torch.zeros(2, dtype=torch.int64), torch.full_like(x, 2))


@model((1, 2, 4, 6), onnx=False)
class Images(nn.Module):
    def forward(self, x):
        return (F.interpolate(x, scale_factor=2.0, mode="nearest"),
                F.interpolate(x, size=(7, 9), mode="bilinear", align_corners=False),
                F.interpolate(x, size=(8, 3), mode="bilinear", align_corners=True),
                F.interpolate(x, scale_factor=(1.5, 0.5), mode="bicubic", align_corners=False),
                F.pad(x, (1, 2, 0, 1), mode="reflect"), F.pad(x, (1, 1, 2, 0), mode="replicate"),
                F.pad(x, (0, 1, 2, 0), value=3.0), F.adaptive_avg_pool2d(x, (2, 3)),
                F.adaptive_avg_pool2d(x, (3, 4)), F.adaptive_max_pool2d(x, 2),
                F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
                F.max_pool2d(x, 3, 2, 1, ceil_mode=True), F.pixel_shuffle(x.reshape(1, 8, 2, 3), 2),
                F.pixel_unshuffle(x, 2), F.instance_norm(x), F.avg_pool2d(x, 2, divisor_override=3))


@model((2, 3, 4), (2, 4, 3))
class Products(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(4, 5))

    def forward(self, a, b):
        return (a @ b, torch.bmm(a, b), a @ self.w, torch.einsum("bij,bjk->bik", a, b), torch.addmm(self.w[:3], a[0], self.w),
                torch.mv(a[0], b[0, :, 0]), torch.dot(a[0, 0], b[1, :, 1]), torch.einsum("bij,jk->bk", a, self.w),
                torch.baddbmm(a @ b, a, b, beta=0.5, alpha=2), torch.outer(a[0, 0], b[0, 0]))


@model((3, 4), (3, 4), ids(2, 3, below=3), onnx=False)
class More(nn.Module):
    def forward(self, a, b, i):
        s, m = torch.std_mean(a, 1)
        v, w = torch.var_mean(a, unbiased=False)
        low, high = torch.aminmax(a)
        c, d = torch.tensor_split(a, 2, 1)
        z = torch.zeros(3, 4).scatter_reduce(0, i, b[:2, :3], "amax", include_self=True)
        return (s, m, v, w, low, high, c + d, z, a.unfold(1, 2, 1), torch.diagonal(a, 1), F.hardshrink(a),
                F.cosine_similarity(a, b), torch.isfinite(a / (b * 0)), torch.hypot(a, b), torch.logaddexp(a, b),
                torch.frac(a), torch.clip(a, -0.5), torch.less(a, b), 3 % (b.abs() + 1), a.index_fill(1, i[0], 2.0))


@model((1, 2, 2, 3, 4))
class Volumes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.up = nn.Conv3d(2, 3, 2, padding=1), nn.ConvTranspose3d(3, 2, 2, stride=2)

    def forward(self, x):
        y = F.max_pool3d(self.conv(x), 2)
        return self.up(y), F.interpolate(x, scale_factor=2.0, mode="trilinear", align_corners=False), F.avg_pool3d(x, 2), F.adaptive_avg_pool3d(x, 1)


@model((2, 3, 8))
class Multihead(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.post = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True, norm_first=False)

    def forward(self, x):
        y, w = self.attention(x, x, x)
        return self.post(y), w


@model((1, 3, 6, 7), ids(3, 4, below=3), modes="scripted")
class Arguments(nn.Module):
    """Arguments that are seldom given, and what memory formats mean for writes."""

    def forward(self, x, i):
        byte = i.to(torch.uint8)
        last = x.contiguous(memory_format=torch.channels_last)
        last.add_(1)
        back = last.contiguous()
        back.mul_(2)
        copy = x.clone(memory_format=torch.channels_last).contiguous()
        copy.sub_(3)
        turned = x[:, :1].permute(0, 2, 1, 3)
        same = x.permute(1, 0, 2, 3).contiguous()
        return (F.avg_pool2d(x, 3, 2, 1, True, True, 4), F.avg_pool2d(x, 3, 2, 1, True, False, 4),
                F.avg_pool2d(x, 3, 2, 1, True, True), F.avg_pool2d(x, (2, 3), (2, 1), (1, 0)),
                F.avg_pool1d(x[0], 3, 2, 1, True, False), F.max_pool2d(x, 3, 2, 1, 2, True),
                byte.any(), byte.all(1), byte.any(0, keepdim=True), last, back, copy, turned.clone(), same,
                torch.add(i, 2, alpha=3), torch.sub(x, 2.5, alpha=0.5), torch.rsub(i, 3, alpha=2),
                torch.addmm(x[0, 0, :3, :4], x[0, 1, :3, :2], x[0, 2, :2, :4], beta=0.5, alpha=2))


@model((2, 3), modes="scripted")
class Printing(nn.Module):
    def forward(self, x):
        print("the sum", x.sum(), 3)
        warnings.warn("no gradients")
        return x + 1


# ---- the language ----


@model((2, 3), modes="scripted")
class Branch(nn.Module):
    def forward(self, x):
        if bool(x.sum() > 0):
            y = x * 2
        else:
            y = -x
        z = 0
        if x[0, 0].item() > 0.5:
            z = 3
        if x.max() > 100:
            raise ValueError("too large")
        return y, z


@model((6,), modes="scripted")
class While(nn.Module):
    def forward(self, x):
        i = 0
        while bool(x.abs().max() > 0.01) and i < 20:
            x = x * 0.5
            i += 1
        return x, i


@model((3, 4), ids(1, below=4), modes="scripted")
class Loop(nn.Module):
    def forward(self, x, n):
        h = torch.zeros(4)
        rows = torch.zeros(3, 4)
        for i in range(int(n)):
            h = torch.tanh(h + x[i % 3])
            rows[i % 3] = h
        return h, rows


class Pair(NamedTuple):
    first: Tensor
    second: Tensor


class Scale(nn.Module):
    def __init__(self, by: float):
        super().__init__()
        self.by = by

    def forward(self, x, name: str = "scale", extra: Optional[Tensor] = None):
        if name == "none":
            return x
        if extra is not None:
            x = x + extra
        return x * self.by


@model((2, 3), modes="scripted")
class Language(nn.Module):
    rate: torch.jit.Final[int]

    def __init__(self):
        super().__init__()
        self.rate = 3
        self.parts = nn.ModuleList([Scale(2.0), Scale(0.5), Scale(-1.0)])
        self.named = nn.ModuleDict({"a": Scale(3.0)})

    def forward(self, x, bias: Optional[Tensor] = None):
        table: Dict[str, Tensor] = {"x": x}
        for i, part in enumerate(self.parts):
            table["p" + str(i)] = part(x, extra=None if i == 1 else x)
        words = ["u", "v"]
        words.append("w")
        total = x
        for key in table.keys():
            total = total + table[key]
        sizes = [s * 2 for s in x.size()]
        pair = Pair(total, self.named["a"](x))
        if bias is not None:
            total = total + bias
        assert x.dim() == 2, "expected a matrix, got {}".format(x.dim())
        n = len(words) * self.rate + sum(sizes) % 7
        y = pair.first if isinstance(bias, Tensor) else pair.second
        return {"y": y.new_zeros(sizes[0]) + n, "total": total}, (pair, [x, y])


@model((2, 4), modes="scripted")
class Views(nn.Module):
    def forward(self, x):
        y = x.clone()
        row = y[0]
        row.mul_(2)
        y.view(-1)[3:5].fill_(9.0)
        t = y.t()
        t[1].add_(1)
        y[:, 2:].copy_(x[:, :2])
        z = torch.zeros(2, 4)
        z[1] = y[0]
        z[0, 1:3] = 5
        parts = z.unbind(1)
        parts[0].sub_(3)
        if bool(x[0, 0] > -100):
            row += 1
        else:
            row.zero_()
        return y, z, row, t


@model((2, 3), modes="scripted", steps=3)
class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(2, 3))
        self.register_buffer("last", torch.ones(3))
        self.steps = 0

    def forward(self, x):
        self.total += x
        before = self.last.clone()
        self.last = x[0] * 2
        self.steps += 1
        return self.total, before, self.steps


@model((1, 1, 3), modes="scripted", steps=3)
class Streaming(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.fc = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 2)
        self.register_buffer("h", torch.zeros(1, 1, 4))
        self.register_buffer("c", torch.zeros(1, 1, 4))

    def forward(self, x):
        y, (h, c) = self.lstm(x, (self.h, self.c))
        self.h.copy_(h)
        self.c.copy_(c)
        return self.fc(y)


@model((1, 4), modes="scripted", steps=3, args=(16000, "sum"))
class Lazy(nn.Module):
    """State that gets its shape in the first run, as in silero-vad."""

    hidden: Optional[Tuple[Tensor, Tensor]]

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(6, 3)
        self.context, self.state = torch.zeros(0), torch.zeros(0)
        self.hidden = None
        self.last_rate, self.count = 0, 0

    def reset(self):
        self.context, self.state = torch.zeros(0), torch.zeros(0)

    def forward(self, x, rate: int, mode: str):
        if self.last_rate and self.last_rate != rate:
            self.reset()
        if not len(self.context):
            self.context = torch.zeros(x.size(0), 2)
        x = torch.cat([self.context, x], 1)
        if len(self.state):
            h, c = self.cell(x, (self.state[0], self.state[1]))
        else:
            h, c = self.cell(x)
        self.state = torch.stack([h, c])
        self.context = x[:, -2:]
        self.last_rate = rate
        self.count += 2
        hidden = self.hidden
        if hidden is not None:
            h = h + hidden[0] * 0.5
        self.hidden = (h, c)
        if mode == "sum":
            h = h.sum(1)
        return h, self.count


# ---- writing ----


def flat(value, name, into):
    """As burin names outputs: output, output.0, output.KEY."""
    if isinstance(value, Tensor):
        into[name] = value.detach().numpy().copy()
    elif isinstance(value, dict):
        for key, item in value.items():
            flat(item, f"{name}.{key}", into)
    elif isinstance(value, (tuple, list)):
        fields = getattr(value, "_fields", range(len(value)))
        for key, item in zip(fields, value):
            flat(item, f"{name}.{key}", into)
    else:
        into[name] = np.asarray(value, {bool: np.bool_, int: np.int64, float: np.float64}[type(value)])


def save(module, path, change=None):
    """Packed by zip, so that the files are small and do not change without a reason."""
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        members = {name: old.read(name) for name in old.namelist()}
        for name, data in (change(members) if change else members).items():
            new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def export_onnx(module, inputs, parameters, outputs, path):
    """Without the text of the exporter, which names files and lines."""
    buffer = io.BytesIO()
    torch.onnx.export(module, inputs, buffer, input_names=parameters, output_names=outputs, opset_version=20, dynamo=False)
    proto = onnx.load_from_string(buffer.getvalue())
    for node in proto.graph.node:
        node.ClearField("doc_string")
        del node.metadata_props[:]
    path.write_bytes(proto.SerializeToString(deterministic=True))


def export(name, module, samples):
    """NAME.exported.pt2, where torch.export takes the module and keeps what it does: it leaves out
    numbers that a module counts."""
    path = ZOO / f"{name}.exported.pt2"
    path.unlink(missing_ok=True)
    try:
        program = programs.exported(copy.deepcopy(module), samples[0])
        programs.save(program, path)
        again, answers = program.module(), [{}, {}]
        for sample in samples:
            flat(again(*sample), "output", answers[0])
            flat(module(*sample), "output", answers[1])
            for key, value in answers[0].items():
                np.testing.assert_allclose(value, answers[1][key], 1e-4, 1e-5)
    except Exception as why:
        path.unlink(missing_ok=True)
        print(f"{name} is not exported: {type(why).__name__}")


def write(name):
    cls, shapes, modes, steps, args = MODELS[name]
    torch.manual_seed(sum(map(ord, name)))
    module = cls().eval()
    for m in module.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.running_mean.normal_(), m.running_var.uniform_(0.5, 2), m.weight.data.normal_(1, 0.2)
    make = [shape if callable(shape) else lambda shape=shape: torch.randn(shape) for shape in shapes]
    samples = [[f() for f in make] for _ in range(max(steps, 2))]
    scripted = torch.jit.script(module)
    if "scripted" in modes:
        save(scripted, ZOO / f"{name}.scripted.pt", CHANGES[name])
    if CHANGES[name]:
        scripted = torch.jit.load(ZOO / f"{name}.scripted.pt")
    if "traced" in modes:
        save(torch.jit.trace(module, tuple(samples[0]), check_trace=False), ZOO / f"{name}.traced.pt")
    export(name, copy.deepcopy(module), [tuple(sample) + tuple(args) for sample in samples])
    arrays = {}
    parameters = [a.name for a in scripted.forward.schema.arguments[1:]]
    stacked = {f"in:{p}": [] for p in parameters[: len(make)]}
    with torch.no_grad():
        for sample in samples:
            for p, x in zip(parameters, sample):
                stacked[f"in:{p}"].append(x.numpy().copy())
            flat(scripted(*sample, *args), "output", arrays)
            for key, value in arrays.items():
                stacked.setdefault(f"out:{key}", []).append(value)
    if "onnx" in modes:
        outputs = [key[4:] for key in stacked if key.startswith("out:")]
        export_onnx(module, tuple(samples[0]), parameters[: len(make)], outputs, ZOO / f"{name}.onnx")
    np.savez_compressed(ZOO / f"{name}.npz", **{k: np.stack(v) for k, v in stacked.items()})
    print(name, *modes)
    return " ".join(
        f"--input-shape={p}:{'x'.join([*map(str, x.shape)] or ['scalar'])}x{ELEMENTS[x.dtype]}"
        for p, x in zip(parameters, samples[0])
    ) + "".join(f" --arg={p}={x}" for p, x in zip(parameters[len(make) :], args))


def write_quantised():
    """What is refused: its weights are an object that C++ packs."""
    torch.manual_seed(1)
    module = nn.Sequential(torch.ao.quantization.QuantStub(), nn.Linear(4, 3), torch.ao.quantization.DeQuantStub()).eval()
    module.qconfig = torch.ao.quantization.get_default_qconfig("x86")
    prepared = torch.ao.quantization.prepare(module)
    prepared(torch.randn(8, 4))
    traced = torch.jit.trace(torch.ao.quantization.convert(prepared), torch.randn(2, 4))
    save(traced, ZOO / "quantised.pt")


if __name__ == "__main__":
    ZOO.mkdir(exist_ok=True)
    listed = ZOO / "shapes.txt"
    known = dict(line.split(" ", 1) for line in listed.read_text().splitlines()) if listed.exists() else {}
    if not sys.argv[1:]:
        write_quantised()
    for each in sys.argv[1:] or MODELS:
        known[each] = write(each)
    listed.write_text("".join(f"{key} {known[key]}\n" for key in sorted(known)))

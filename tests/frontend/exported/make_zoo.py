#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes zoo/NAME.pt2 of small seeded modules that torch.export takes, zoo/NAME.core.pt2 after
run_decompositions(), and zoo/NAME.N.npz with inputs and what PyTorch answers, one for each size of an
open extent. Needs PyTorch and is not part of the build: the files are committed.

  python3 make_zoo.py [NAME...]
"""
import inspect
import pathlib
import sys
import warnings
from typing import NamedTuple

import numpy as np
import torch
import torch.ao.quantization.fx._decomposed
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop
from torch.export import Dim
from torch.nn import functional as F

import programs

warnings.filterwarnings("ignore")
ZOO = pathlib.Path(__file__).parent / "zoo"
MODELS = {}
BATCH = Dim("batch", min=1, max=8)


def program(make, sizes=(None,), ways="plain core", steps=2, **how):
    """Registers a class. `make(size)`: its arguments, a tuple, or a tuple and a dict of keywords."""

    def add(cls):
        MODELS[cls.__name__.lower()] = (cls, make, sizes, ways.split(), steps, how)
        return cls

    return add


# ---- extents ----


@program(lambda n: (torch.randn(n, 1, 8, 8),), sizes=(2, 1, 7), dynamic_shapes={"x": {0: BATCH}})
class Batch(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(1, 2, 3, stride=2), nn.BatchNorm2d(2)
        self.fc = nn.Linear(18, 3)

    def forward(self, x):
        n = x.shape[0]
        y = F.relu(self.bn(self.conv(x))).view(n, -1)
        return self.fc(y), torch.arange(n * 2).view(n, 2), x.new_zeros(n + 1, (n + 3) // 2), n, torch.cat([y, y])


@program(
    lambda n: (torch.randn(2, n), torch.randn(2, n + 3)),
    sizes=(6, 2, 11),
    dynamic_shapes={"x": {1: Dim("s", min=2, max=16)}, "y": {1: Dim("t", min=4, max=24)}},
)
class Extents(nn.Module):
    def forward(self, x, y):
        n, m = x.shape[1], y.shape[1]
        return (torch.cat([x, y], 1)[:, : n // 2 + 1], n * m - 1, x.mean() * n, x.sum() / n**0.5,
                torch.zeros(max(n, m) - min(n, m) + 2), x.sum(1) * (n % 4))


@program(
    lambda n: (torch.randn(n, 4),), sizes=(6, 2, 3), strict=True,
    dynamic_shapes={"x": {0: Dim("n", min=2, max=8)}},
)
class Strict(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        assert x.shape[0] < 100
        return F.softmax(self.fc(x) @ x.t(), -1)


@program(lambda n: (torch.randn(n, 3),), sizes=(4, 8), dynamic_shapes={"x": {0: Dim.DYNAMIC(min=2, max=8)}})
class Even(nn.Module):
    """Has a condition that no range tells: torch.export leaves out the other way."""

    def forward(self, x):
        return x[: x.shape[0] // 2] + 1 if x.shape[0] % 2 == 0 else x * 2


@program(
    lambda n: (torch.randn(2 * n, 3), torch.randn(n)), sizes=(2, 4),
    dynamic_shapes={"x": {0: 2 * Dim("half", min=2, max=4)}, "y": {0: Dim("half", min=2, max=4)}},
)
class Derived(nn.Module):
    def forward(self, x, y):
        return x.view(2, -1, 3) * y[:, None]


@program(lambda n: (torch.randn(2 * n, 3),), sizes=(), ways="plain", dynamic_shapes={"x": {0: 2 * Dim("half", min=2, max=4)}})
class Unsolved(nn.Module):
    def forward(self, x):
        return x * 2


@program(lambda n: (torch.randn(6, 3), n, 0.5), sizes=(2, 5), dynamic_shapes={"x": None, "n": Dim.DYNAMIC, "f": None})
class Number(nn.Module):
    def forward(self, x, n: int, f: float):
        return x * n + f, x[:n]


@program(lambda n: (torch.randn(2, 3),))
class Unbacked(nn.Module):
    def forward(self, x):
        i = x.nonzero()
        n = (x > 0).sum().item()
        torch._check(n >= 0)
        torch._check(n <= 6)
        return i, torch.ones(n).sum(), n


# ---- control flow ----


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)


@program(lambda n: (torch.randn(2, 3),), steps=6)
class Cond(Branches):
    def forward(self, x):
        y, z = torch.cond(
            x.sum() > 0, lambda x: (self.a(x), x + 1), lambda x: (self.b(x).relu(), x - 1), (x,)
        )
        return y * 2, z


@program(lambda n: (torch.randn(n, 3),), sizes=(2, 7), dynamic_shapes={"x": {0: BATCH}})
class CondOfExtent(Branches):
    def forward(self, x):
        return torch.cond(x.shape[0] > 4, lambda x: self.a(x), lambda x: self.b(x) - 1, (x,))


@program(lambda n: (torch.randn(2, 3),), steps=4)
class While(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, x):
        return while_loop(
            lambda i, x: (i < 20) & (x.abs().max() > 0.01), lambda i, x: (i + 1, self.a(x) * 0.5),
            (torch.zeros((), dtype=torch.int64), x),
        )


@program(
    lambda n: (torch.zeros(3), torch.randn(n, 3)), sizes=(5, 1, 9),
    dynamic_shapes={"h": None, "xs": {0: Dim("t", min=1, max=16)}},
)
class Scan(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, h, xs):
        def step(h, x):
            h = torch.tanh(self.a(x) + h)
            return h, h * 2

        return scan(step, h, xs)


@program(lambda n: (torch.randn(2, 3),))
class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)

    def forward(self, x):
        with torch.no_grad():
            y = x * 2
        with torch.autocast("cpu", enabled=False):
            z = self.a(x)
        return y + z


# ---- state ----


@program(lambda n: (torch.randn(2, 3),), steps=4)
class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(2, 3))
        self.register_buffer("last", torch.ones(3), persistent=False)
        self.register_buffer("count", torch.tensor(0))

    def forward(self, x):
        self.total += x
        self.count += 1
        self.total[:, 1] *= 0.5
        before, self.last = self.last.clone(), x[0] * 2
        return self.total, before, self.count


@program(lambda n: (torch.randn(2, 3),), ways="plain core")
class Written(nn.Module):
    """Its input is another one after a run."""

    def forward(self, x):
        x.add_(1)
        return x * 2


# ---- the interface ----


class Pair(NamedTuple):
    left: Tensor
    right: Tensor


torch.utils._pytree._register_namedtuple(Pair, serialized_type_name="make_zoo.Pair")


@program(lambda n: (({"a": torch.randn(2), "b": (torch.randn(2),)}, [torch.randn(3), torch.randn(3)]), {"flag": False, "w": 3}))
class Nested(nn.Module):
    def forward(self, d, l, k=None, *, flag=True, w=2):
        y = d["a"] + d["b"][0] * w
        return {"y": y, "z": (l[0], [l[1] * 2]), "n": None, "w": w, "pair": Pair(y + 1, l[0])}


@program(lambda n: (torch.randn(2, 3),))
class Constants(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("hidden", torch.arange(3.0), persistent=False)
        self.register_buffer("wide", torch.randn(3, 4).t())
        self.plain = torch.tensor([1.0, 2.0, 3.0])
        self.a, self.b = nn.Linear(3, 4), nn.Linear(3, 4)
        self.b.weight = self.a.weight

    def forward(self, x):
        return (self.a(x) + self.b(x), x + self.plain + self.hidden + torch.tensor([4.0, 5.0, 6.0]), x @ self.wide.t(),
                x * float("inf"), x * 1e300 * 1e-300)


@program(lambda n: (torch.randn(1, 2, 4, 4), torch.randn(2, 3, 4)))
class Core(nn.Module):
    """What run_decompositions() has other operators for."""

    def __init__(self):
        super().__init__()
        self.bn, self.gn, self.ln = nn.BatchNorm2d(2), nn.GroupNorm(2, 2), nn.LayerNorm(4)

    def forward(self, x, y):
        z = y.clone()
        z[:, 1] = 2.0
        z[..., ::2] += 1
        return (self.bn(x), self.gn(x), self.ln(y), F.instance_norm(x), F.log_softmax(y, 1), y.half().softmax(-1).float(),
                F.adaptive_avg_pool2d(x, 2), F.scaled_dot_product_attention(y, y, y), z, y.to(torch.int32).double(),
                torch.empty_like(x, memory_format=torch.channels_last).fill_(1), F.max_pool2d(x, 2), F.grid_sample(x, x.permute(0, 2, 3, 1) / 4))


@program(lambda n: (torch.randn(1, 2, 5, 5),), steps=4)
class Quantized(nn.Module):
    """As PT2E converts a model: weights as integers, explicit quantisation of activations."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.randint(-127, 128, (4, 2, 3, 3), dtype=torch.int8))
        self.register_buffer("scales", torch.rand(4) / 100 + 0.01)
        self.register_buffer("zeros", torch.zeros(4, dtype=torch.int64))
        self.bias = nn.Parameter(torch.randn(4))

    def forward(self, x):
        q = torch.ops.quantized_decomposed
        x = q.quantize_per_tensor(x, 1 / 32, 3, -128, 127, torch.int8)
        x = q.dequantize_per_tensor(x, 1 / 32, 3, -128, 127, torch.int8)
        w = q.dequantize_per_channel(self.weight, self.scales, self.zeros, 0, -127, 127, torch.int8)
        y = F.relu(F.conv2d(x, w, self.bias, padding=1))
        narrow = q.quantize_per_tensor(y - 1, 1 / 16, 0, -20, 20, torch.int8)
        channels = q.quantize_per_channel(y, self.scales * 10, self.zeros + 2, 1, 0, 255, torch.uint8)
        y = q.quantize_per_tensor(y, 1 / 16, 0, 0, 255, torch.uint8)
        return q.dequantize_per_tensor(y, 1 / 16, 0, 0, 255, torch.uint8), narrow, channels


def leaves(value, name, into):
    """The tensors and numbers in a value, by the names that they have at the interface."""
    if isinstance(value, dict):
        for key, item in value.items():
            leaves(item, f"{name}.{key}" if name else key, into)
    elif isinstance(value, (tuple, list)):
        for key, item in zip(getattr(value, "_fields", range(len(value))), value):
            leaves(item, f"{name}.{key}", into)
    elif value is not None:
        array = value.detach().numpy().copy() if isinstance(value, Tensor) else np.asarray(value)
        into[name] = array if isinstance(value, (Tensor, bool)) else array.astype(np.int64 if isinstance(value, int) else np.float64)


def write(name):
    cls, make, sizes, ways, steps, how = MODELS[name]
    torch.manual_seed(sum(map(ord, name)))

    def arguments(size):
        made = make(size)
        return made if len(made) == 2 and isinstance(made[1], dict) and isinstance(made[0], tuple) else (made, {})

    def fresh():
        torch.manual_seed(1)
        module = cls().eval()
        for m in module.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.running_mean.normal_(), m.running_var.uniform_(0.5, 2)
        return module

    args, kwargs = arguments(sizes[0] if sizes else 2)
    for way in ways:
        program = programs.exported(fresh(), args, kwargs, core=way == "core", **how)
        programs.save(program, ZOO / f"{name}{'.core' if way == 'core' else ''}.pt2")
        if name in ("batch", "constants", "derived", "memory") and way == "plain":
            programs.save_old(program, ZOO / f"{name}.old.pt2")
            programs.save_first(program, ZOO / f"{name}.first.pt2")
    parameters = list(inspect.signature(cls.forward).parameters)[1:]
    for number, size in enumerate(sizes):
        module, stacked = fresh(), {}
        with torch.no_grad():
            for _ in range(steps):
                args, kwargs = arguments(size)
                inputs, written, outputs = {}, {}, {}
                leaves(dict(zip(parameters, args)) | kwargs, "", inputs)
                leaves(module(*args, **kwargs), "output", outputs)
                leaves(dict(zip(parameters, args)) | kwargs, "", written)
                outputs |= {f"{k}.next": x for k, x in written.items() if not np.array_equal(x, inputs[k])}
                open_numbers = how.get("dynamic_shapes", {})
                for key, value in inputs.items():
                    if np.ndim(value) or open_numbers.get(key):  # others are compiled in
                        stacked.setdefault(f"in:{key}", []).append(value)
                for key, value in outputs.items():
                    stacked.setdefault(f"out:{key}", []).append(value)
        np.savez_compressed(ZOO / f"{name}.{number}.npz", **{k: np.stack(v) for k, v in stacked.items()})
    print(name, *ways)


if __name__ == "__main__":
    ZOO.mkdir(exist_ok=True)
    for each in sys.argv[1:] or MODELS:
        write(each)

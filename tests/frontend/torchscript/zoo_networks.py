# SPDX-License-Identifier: Apache-2.0
"""Modules of make_zoo.py after networks that people run: sequences, images, state, structures."""
import enum
from typing import Dict, List, NamedTuple, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoo_model import ids, model

# ---- sequences ----


@model((1, 1, 8), (1, 2, 3, 4), (1, 2, 3, 4))
class Decoder(nn.Module):
    """One step of a decoder, with the keys and values of the steps before."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out, self.norm = nn.Linear(8, 24), nn.Linear(8, 8), nn.LayerNorm(8)

    def forward(self, x, past_k, past_v):
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, t, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        k, v = torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, c)
        return x + self.out(y), k, v


@model((2, 4, 8), lambda: torch.tensor([[False, False, False, True], [False] * 4]))
class Masked(nn.Module):
    """An encoder under a mask of padding and one of the future."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, dropout=0.0)
        self.norm, self.feed = nn.LayerNorm(8), nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 8))
        self.register_buffer("future", torch.full((4, 4), float("-inf")).triu(1))

    def forward(self, x, padding):
        bias = torch.zeros(2, 1, 1, 4).masked_fill(padding[:, None, None], float("-inf")) + self.future
        bias = bias.expand(2, 2, 4, 4).reshape(4, 4, 4)
        y, weights = self.attention(x, x, x, attn_mask=bias, need_weights=True)
        return self.feed(self.norm(x + y)), weights


@model((1, 3, 8), (1, 5, 8))
class Seq2seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerDecoderLayer(8, 2, 12, dropout=0.0, batch_first=True)
        self.register_buffer("future", nn.Transformer.generate_square_subsequent_mask(3))

    def forward(self, y, memory):
        return self.layer(y, memory, tgt_mask=self.future)


@model((1, 6, 8))
class Conformer(nn.Module):
    def __init__(self):
        super().__init__()
        feed = lambda: nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 8))
        self.first, self.last, self.norm1, self.norm2, self.norm3 = feed(), feed(), *(nn.LayerNorm(8) for _ in range(3))
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.wide, self.depth = nn.Conv1d(8, 16, 1), nn.Conv1d(8, 8, 3, padding=1, groups=8)
        self.batch, self.narrow = nn.BatchNorm1d(8), nn.Conv1d(8, 8, 1)

    def forward(self, x):
        x = x + 0.5 * self.first(x)
        q, k, v = self.qkv(self.norm1(x)).view(1, 6, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.out(((q @ k.transpose(-2, -1) * 0.5).softmax(-1) @ v).transpose(1, 2).reshape(1, 6, 8))
        y = F.glu(self.wide(self.norm2(x).transpose(1, 2)), 1)
        x = x + self.narrow(F.silu(self.batch(self.depth(y)))).transpose(1, 2)
        return self.norm3(x + 0.5 * self.last(x))


@model((1, 2, 5, 4), ids(5))
class Rotary(nn.Module):
    """Rotary places, in halves and in pairs."""

    def forward(self, x, place):
        angle = place[:, None] * 10.0 ** (-torch.arange(0, 2) / 2.0)
        cos, sin = angle.cos(), angle.sin()
        a, b = x.chunk(2, -1)
        halves = torch.cat([a * cos - b * sin, a * sin + b * cos], -1)
        even, odd = x[..., ::2], x[..., 1::2]
        return halves, torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


@model((1, 4, 3))
class Viterbi(nn.Module):
    """The best path through scores of tags, as behind a CRF."""

    def __init__(self):
        super().__init__()
        self.step = nn.Parameter(torch.randn(3, 3))

    def forward(self, x):
        best, back = x[:, 0], []
        for t in range(1, 4):
            score, at = (best[:, :, None] + self.step).max(1)
            best = score + x[:, t]
            back.append(at)
        tag = best.argmax(1, keepdim=True)
        path = [tag]
        for i in range(2, -1, -1):
            tag = back[i].gather(1, tag)
            path.append(tag)
        return torch.cat(path[::-1], 1), best.logsumexp(1)


@model((1, 8, 4))
class Listener(nn.Module):
    """A bidirectional LSTM whose steps are weighed by attention, and pooled by pairs."""

    def __init__(self):
        super().__init__()
        self.lower, self.upper = nn.LSTM(4, 3, batch_first=True, bidirectional=True), nn.GRU(12, 4, batch_first=True)
        self.query = nn.Parameter(torch.randn(4))

    def forward(self, x):
        y, _ = self.lower(x)
        y, h = self.upper(y.reshape(1, 4, 12))
        weights = torch.softmax(y @ self.query, -1)
        return torch.einsum("bt,btc->bc", weights, y), h


@model((2, 3, 4), (2, 3, 4), (4, 5), onnx=False)
class Einsums(nn.Module):
    def forward(self, a, b, w):
        return (torch.einsum("bik,bjk->bij", a, b), torch.einsum("...k,kn->...n", a, w),
                torch.einsum("bij->bji", a), torch.einsum("bij,bij->b", a, b), torch.einsum("ij->", w),
                torch.tensordot(a, w, dims=([2], [0])), torch.inner(a[0], b[0]), torch.outer(w[0], w[1]))


# ---- images ----


@model((1, 3, 12, 12))
class Vision(nn.Module):
    """Patches, a token for the class, one block."""

    def __init__(self):
        super().__init__()
        self.patch, self.token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, 1, 8))
        self.place, self.norm = nn.Parameter(torch.randn(1, 10, 8)), nn.LayerNorm(8)
        self.qkv, self.out, self.head = nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.place
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        x = x + self.out(F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0])
        return self.head(x[:, 0])


@model((1, 2, 9, 7))
class Skips(nn.Module):
    """A U-Net that resizes to the sizes it has come from."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(2, 4, 3, 2, 1), nn.Conv2d(4, 6, 3, 2, 1), nn.Conv2d(10, 4, 3, padding=1)
        self.norm1, self.norm2, self.out = nn.GroupNorm(2, 4), nn.InstanceNorm2d(6, affine=True), nn.Conv2d(6, 1, 1)

    def forward(self, x):
        a = F.silu(self.norm1(self.a(x)))
        b = F.relu(self.norm2(self.b(a)))
        b = F.interpolate(b, size=a.shape[2:], mode="bilinear", align_corners=False)
        y = F.relu(self.c(torch.cat([a, b], 1)))
        y = F.interpolate(y, size=x.shape[2:], mode="nearest")
        return torch.sigmoid(self.out(torch.cat([x, y], 1)))


@model((1, 4, 8, 8))
class Windows(nn.Module):
    """Windows that are shifted, as in Swin."""

    def __init__(self):
        super().__init__()
        self.qkv, self.bias = nn.Linear(4, 12), nn.Parameter(torch.randn(1, 16, 16))

    def forward(self, x):
        x = torch.roll(x.permute(0, 2, 3, 1), shifts=(-2, -2), dims=(1, 2))
        x = x.view(1, 2, 4, 2, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 4)
        q, k, v = self.qkv(x).chunk(3, -1)
        x = torch.softmax(q @ k.transpose(1, 2) * 0.5 + self.bias, -1) @ v
        x = x.view(1, 2, 2, 4, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(1, 8, 8, 4)
        return torch.roll(x, shifts=(2, 2), dims=(1, 2)).permute(0, 3, 1, 2)


@model((1, 2, 6, 6), onnx=False)
class Shuffles(nn.Module):
    """A network for super resolution: shuffled pixels and channels."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 8, 3, padding=1, padding_mode="reflect"), nn.Conv2d(8, 8, 3, padding=1, groups=2)

    def forward(self, x):
        y = torch.tanh(self.first(x))
        y = F.channel_shuffle(self.second(y), 2)
        y = F.pixel_shuffle(y, 2)
        return y, F.pixel_unshuffle(y, 2), y + F.interpolate(x, scale_factor=2.0, mode="bicubic")


@model((1, 2, 5, 6))
class Warped(nn.Module):
    """A spatial transformer."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 6)

    def forward(self, x):
        theta = torch.tanh(self.fc(x.mean((2, 3)))).view(1, 2, 3)
        grid = F.affine_grid(theta, [1, 2, 4, 3], align_corners=False)
        return (F.grid_sample(x, grid, align_corners=False),
                F.grid_sample(x, grid, "nearest", "border", True), grid)


@model((1, 4, 6), (1, 2, 6))
class Detector(nn.Module):
    """Boxes by anchors, the best of them, and those that no better one covers."""

    def __init__(self):
        super().__init__()
        self.register_buffer("anchors", torch.rand(6, 4) + torch.tensor([0.0, 0.0, 1.0, 1.0]))

    def forward(self, offsets, logits):
        center = self.anchors[:, :2] + offsets[0, :2].t() * 0.1
        size = self.anchors[:, 2:] * torch.exp(offsets[0, 2:].t() * 0.2)
        boxes = torch.cat([center - size / 2, center + size / 2], 1)
        score, label = torch.softmax(logits[0], 0).max(0)
        score, order = torch.topk(score, 4)
        boxes, label = boxes[order], label[order]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        inner = torch.min(boxes[:, None, 2:], boxes[:, 2:]) - torch.max(boxes[:, None, :2], boxes[:, :2])
        both = inner.clamp(min=0).prod(2)
        iou = both / (area[:, None] + area - both)
        keep = torch.ones(4, dtype=torch.bool)
        for i in range(4):
            keep = keep & ~((iou[i] > 0.5) & keep[i] & (torch.arange(4) > i))
        return boxes, torch.where(keep, score, torch.zeros_like(score)), label, keep


# ---- operators ----


@model((3, 8), ids(4, 3))
class Bags(nn.Module):
    def __init__(self):
        super().__init__()
        self.sum, self.mean = nn.EmbeddingBag(10, 4, mode="sum"), nn.EmbeddingBag(10, 4, mode="mean")
        self.max = nn.EmbeddingBag(10, 4, mode="max")

    def forward(self, x, words):
        return self.sum(words), self.mean(words), self.max(words), x.sum(1)


@model((3, 6), ids(3, 6), onnx=False)
class Ordering(nn.Module):
    def forward(self, x, i):
        edges = torch.tensor([-1.0, 0.0, 0.5])
        return (x.sort(1, descending=True), x.argsort(0), x.topk(2, 1), x.median(1), x.median(), x.kthvalue(2, 1),
                x.cummax(1), x.cummin(0), x.logcumsumexp(1), x.cumsum(0), i.cumsum(1), torch.bucketize(x, edges),
                torch.searchsorted(edges, x, right=True), torch.isin(i, torch.tensor([1, 4])), x.quantile(0.3),
                x.diff(), torch.count_nonzero(i, 1), x.aminmax(dim=1), torch.cdist(x, x[:2]), x.fliplr(), x.rot90())


@model((1, 2, 6, 5), onnx=False)
class Blocks(nn.Module):
    """Blocks of images and back, diagonals, triangles."""

    def forward(self, x):
        y = F.unfold(x, (3, 2), padding=1, stride=2)
        m = x[0, 0]
        return (y, F.fold(y, (6, 5), (3, 2), padding=1, stride=2), torch.diag_embed(m, 1), m.diag(), m[0].diag(-1),
                m.trace(), torch.block_diag(m, m), m.tril(1), torch.tril_indices(3, 4), m.diagonal(1),
                F.max_pool2d(x, 2, return_indices=True), torch.hann_window(6), m.select_scatter(m[1], 0, 0),
                m.slice_scatter(m[:2], 0, 1, 3), torch.linalg.norm(m), torch.linalg.norm(m, 1.0, 1),
                torch.cross(m[:, :3], m[:, 1:4], dim=1), m.index_add(0, torch.tensor([0, 0]), m[:2], alpha=2))


# ---- state ----


@model((1, 2, 4), modes="scripted", steps=4)
class Wavenet(nn.Module):
    """Dilated causal convolutions that keep what they have seen."""

    def __init__(self):
        super().__init__()
        self.filters = nn.ModuleList(nn.Conv1d(2, 4, 2, dilation=2**i) for i in range(3))
        self.out = nn.Conv1d(2, 1, 1)
        for i in range(3):
            self.register_buffer(f"past{i}", torch.zeros(1, 2, 2**i))

    def forward(self, x):
        pasts = [self.past0, self.past1, self.past2]
        for i, conv in enumerate(self.filters):
            wide = torch.cat([pasts[i], x], 2)
            pasts[i].copy_(wide[:, :, -pasts[i].size(2) :])
            a, b = conv(wide).chunk(2, 1)
            x = x + torch.tanh(a) * torch.sigmoid(b)
        return self.out(x)


@model((1, 1, 3), ids(below=2), modes="scripted", steps=4)
class Resettable(nn.Module):
    """A GRU with its state inside, that the caller can reset."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True)
        self.h = torch.zeros(1, 1, 4)

    def forward(self, x, reset):
        if bool(reset > 0):
            self.h = torch.zeros(1, 1, 4)
        y, self.h = self.gru(x, self.h)
        return y


@model((2, 3), modes="scripted", steps=4)
class History(nn.Module):
    """A tensor that grows in the first call, and keeps its size then."""

    def __init__(self):
        super().__init__()
        self.past = torch.zeros(0, 3)

    def forward(self, x):
        if self.past.size(0) == 0:
            self.past = torch.cat([x, x])
        self.past = torch.cat([self.past, x])[-4:]
        return self.past.mean(0), self.past.size(0)


# ---- structures ----


class Box(NamedTuple):
    corner: Tensor
    size: Tuple[Tensor, int]


class Mode(enum.Enum):
    FAST = 1
    EXACT = 2


@model((2, 3), modes="scripted")
class Records(nn.Module):
    def __init__(self):
        super().__init__()
        self.mode = Mode.EXACT

    def forward(self, x):
        box = Box(x[0], (x[1], 3))
        if self.mode == Mode.FAST:
            x = x * 0
        by: Dict[str, List[Tensor]] = {"a": [x], "b": [x, box.corner]}
        return box, by, {"kind": self.mode.value}


@model((3, 4), ids(1, below=4), modes="scripted")
class Carried(nn.Module):
    """Dicts, lists and tuples through loops whose length the input decides."""

    def forward(self, x, n):
        state: Dict[str, Tensor] = {"h": x[0], "c": torch.zeros(4)}
        rows = [x[0], x[1]]
        pair = (x[2], 0)
        for i in range(int(n)):
            state["c"] = state["c"] + state["h"] * 0.5
            state["h"] = torch.tanh(state["c"] + rows[0])
            rows[1] = rows[0] * state["h"]
            pair = (pair[0] + rows[1], pair[1] + i)
        return state["h"], state["c"], rows, pair


@model((4,), modes="scripted")
class Halting(nn.Module):
    """A loop that the numbers end, with a check inside of it."""

    def forward(self, x):
        total, steps = torch.zeros(4), 0
        while bool(total.max() < 2.0) and steps < 16:
            if bool(total.sum() > 4):
                total = total + 0.5
            else:
                total = total + torch.sigmoid(x)
            steps += 1
        if bool(torch.isnan(total).any()):
            raise ValueError("not a number")
        return total, steps


# ---- old files ----


class Old(nn.Module):
    def forward(self, x, i):
        j = i + 1
        k = i.clone()
        k.div_(j)
        return (torch.div(i, j), torch.div(x, 2), torch.div(i, 2), i.size(0) / 2, torch.full([2], 3), torch.full([2], 2.5),
                torch.linspace(0.0, 1.0, 100), torch.logspace(0.0, 1.0, 100), F.gelu(x))


def saved_long_ago(version):
    """What the archive becomes: an older version, and steps as they were left out then."""

    def change(members):
        for name in members:
            if name.endswith("/version"):
                members[name] = f"{version}\n".encode()
            if name.endswith(".py"):
                members[name] = members[name].replace(b"1., 100)", b"1., None)").replace(b", 100)", b", None)")
        return members

    return change


for number in (3, 4):
    model((2, 3), ids(2, 3), modes="scripted", change=saved_long_ago(number))(type(f"Version{number}", (Old,), {}))


@model((2, 64), modes="scripted")
class Spectra(nn.Module):
    """The front end of a model of speech, and transforms."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(16))
        self.register_buffer("mel", torch.rand(9, 4))

    def forward(self, x):
        s = torch.stft(x, 16, 4, 16, self.window, return_complex=True)
        power = s.abs().pow(2).transpose(1, 2) @ self.mel
        back = torch.istft(s, 16, 4, 16, self.window)
        f = torch.fft.rfft(x)
        turned = torch.fft.irfft(f * torch.polar(torch.ones(33), torch.linspace(0.0, 3.0, 33)))
        return torch.log(power + 1e-6), back, torch.view_as_real(s), turned, torch.fft.fft2(x[:, :8]).imag, f[:, 1:4].angle()


@model((1, 3, 2, 4), modes="scripted")
class Turned(nn.Module):
    """Rotary places by complex numbers."""

    def forward(self, x):
        turn = torch.polar(torch.ones(3, 2), torch.outer(torch.arange(3.0), torch.tensor([1.0, 0.1])))
        y = torch.view_as_complex(x.reshape(1, 3, 2, 2, 2)) * turn.view(1, 3, 1, 2)
        return torch.view_as_real(y).flatten(3)

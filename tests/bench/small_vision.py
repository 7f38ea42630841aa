# SPDX-License-Identifier: Apache-2.0
"""Small forms of the vision networks that people deploy, for small.py."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def conv_norm(i, o, k=3, s=1, g=1, d=1, act=nn.ReLU):
    """Convolution, batch norm, activation."""

    layers = [nn.Conv2d(i, o, k, s, (k // 2) * d, d, g, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([act()] if act else []))


def image(size=64, batch=2, channels=3):
    return torch.randn(batch, channels, size, size)


class DeepLab(nn.Module):
    """Chen et al. 2018 (arXiv 1802.02611): dilated convolutions side by side, pooled context, a decoder."""

    def __init__(self, w=8, classes=4):
        super().__init__()
        self.body = nn.Sequential(
            conv_norm(3, w, 3, 2), conv_norm(w, 2 * w, 3, 2), conv_norm(2 * w, 4 * w, 3, 2), conv_norm(4 * w, 4 * w, 3, d=2)
        )
        self.low = conv_norm(2 * w, w, 1)
        self.aspp = nn.ModuleList([conv_norm(4 * w, w, 1), *(conv_norm(4 * w, w, 3, d=d) for d in (2, 4, 6))])
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv_norm(4 * w, w, 1))
        self.project = conv_norm(5 * w, 2 * w, 1)
        self.decode = nn.Sequential(conv_norm(3 * w, 2 * w), nn.Conv2d(2 * w, classes, 1))

    def forward(self, x):
        low = self.body[:2](x)
        y = self.body[2:](low)
        pooled = F.interpolate(self.pool(y), size=y.shape[-2:], mode="bilinear", align_corners=False)
        y = self.project(torch.cat([*(a(y) for a in self.aspp), pooled], 1))
        y = F.interpolate(y, size=low.shape[-2:], mode="bilinear", align_corners=True)
        y = self.decode(torch.cat([y, self.low(low)], 1))
        y = F.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)
        return y, y.argmax(1)


class LayerNorm2d(nn.Module):
    """Over the channels, written out as ConvNeXt has it."""

    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))

    def forward(self, x):
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        x = (x - u) / torch.sqrt(s + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class ConvNeXtBlock(nn.Module):
    """Liu et al. 2022 (arXiv 2201.03545), fig. 4."""

    def __init__(self, c):
        super().__init__()
        self.dw, self.norm = nn.Conv2d(c, c, 7, padding=3, groups=c), nn.LayerNorm(c, 1e-6)
        self.a, self.b, self.gamma = nn.Linear(c, 4 * c), nn.Linear(4 * c, c), nn.Parameter(torch.full((c,), 0.5))

    def forward(self, x):
        y = self.dw(x).permute(0, 2, 3, 1)
        y = self.gamma * self.b(F.gelu(self.a(self.norm(y))))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Two stages of it."""

    def __init__(self, w=16):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, w, 4, 4), LayerNorm2d(w))
        self.s1 = nn.Sequential(ConvNeXtBlock(w), ConvNeXtBlock(w))
        self.down = nn.Sequential(LayerNorm2d(w), nn.Conv2d(w, 2 * w, 2, 2))
        self.s2 = ConvNeXtBlock(2 * w)
        self.norm, self.head = nn.LayerNorm(2 * w, 1e-6), nn.Linear(2 * w, 10)

    def forward(self, x):
        x = self.s2(self.down(self.s1(self.stem(x))))
        return self.head(self.norm(x.mean([-2, -1])))


class SwinBlock(nn.Module):
    """Liu et al. 2021 (arXiv 2103.14030): windows, shifted by a roll, with a mask and relative positions."""

    def __init__(self, c, heads, size, window, shift):
        super().__init__()
        self.c, self.heads, self.size, self.window, self.shift = c, heads, size, window, shift
        self.n1, self.n2 = nn.LayerNorm(c), nn.LayerNorm(c)
        self.qkv, self.proj = nn.Linear(c, 3 * c), nn.Linear(c, c)
        self.mlp = nn.Sequential(nn.Linear(c, 4 * c), nn.GELU(), nn.Linear(4 * c, c))
        self.table = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads) * 0.1)
        coords = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        rel = (coords[:, :, None] - coords[:, None, :]).permute(1, 2, 0) + window - 1
        self.register_buffer("index", rel[..., 0] * (2 * window - 1) + rel[..., 1])
        if shift:
            img = torch.zeros(1, size, size, 1)
            n = 0
            for h in (slice(0, -window), slice(-window, -shift), slice(-shift, None)):
                for w in (slice(0, -window), slice(-window, -shift), slice(-shift, None)):
                    img[:, h, w] = n
                    n += 1
            m = self.split(img).view(-1, window * window)
            m = m.unsqueeze(1) - m.unsqueeze(2)
            self.register_buffer("mask", m.masked_fill(m != 0, -100.0).masked_fill(m == 0, 0.0))

    def split(self, x):
        b, h, w, c = x.shape
        s = self.window
        return x.view(b, h // s, s, w // s, s, c).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, s * s, c)

    def forward(self, x):
        b, l, c = x.shape
        s, n = self.window, self.window**2
        y = self.n1(x).view(b, self.size, self.size, c)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = self.split(y)
        bw = y.shape[0]
        q, k, v = self.qkv(y).reshape(bw, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        a = a + self.table[self.index.view(-1)].view(n, n, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        if self.shift:
            nw = self.mask.shape[0]
            a = (a.view(bw // nw, nw, self.heads, n, n) + self.mask.unsqueeze(1).unsqueeze(0)).view(-1, self.heads, n, n)
        y = self.proj((a.softmax(-1) @ v).transpose(1, 2).reshape(bw, n, c))
        y = (
            y.view(b, self.size // s, self.size // s, s, s, c)
            .permute(0, 1, 3, 2, 4, 5)
            .contiguous()
            .view(b, self.size, self.size, c)
        )
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y.view(b, l, c)
        return x + self.mlp(self.n2(x))


class Swin(nn.Module):
    """Two stages with merging of patches."""

    def __init__(self, c=16):
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, c, 4, 4), nn.LayerNorm(c)
        self.a, self.b = SwinBlock(c, 2, 8, 4, 0), SwinBlock(c, 2, 8, 4, 2)
        self.mn, self.reduce = nn.LayerNorm(4 * c), nn.Linear(4 * c, 2 * c, bias=False)
        self.c = SwinBlock(2 * c, 4, 4, 4, 0)
        self.n2, self.head = nn.LayerNorm(2 * c), nn.Linear(2 * c, 10)

    def forward(self, x):
        x = self.norm(self.patch(x).flatten(2).transpose(1, 2))
        x = self.b(self.a(x))
        b, l, c = x.shape
        x = x.view(b, 8, 8, c)
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1).view(b, -1, 4 * c)
        x = self.c(self.reduce(self.mn(x)))
        return self.head(F.adaptive_avg_pool1d(self.n2(x).transpose(1, 2), 1).flatten(1))


class DiffusionUNet(nn.Module):
    """One level of Stable Diffusion's U-Net: time embedding, group norms, cross attention, nearest upsampling."""

    def __init__(self, c=16):
        super().__init__()
        self.c = c
        self.time = nn.Sequential(nn.Linear(c, 4 * c), nn.SiLU(), nn.Linear(4 * c, 4 * c))
        self.inp = nn.Conv2d(4, c, 3, padding=1)
        self.r1, self.r2, self.r3 = ResBlock(c, c, 4 * c), ResBlock(c, 2 * c, 4 * c), ResBlock(3 * c, c, 4 * c)
        self.down = nn.Conv2d(c, c, 3, 2, 1)
        self.attn = CrossAttention(2 * c, 2, 24)
        self.up = nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.norm, self.out = nn.GroupNorm(4, c), nn.Conv2d(c, 4, 3, padding=1)

    def forward(self, x, t, context):
        half = self.c // 2
        freqs = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
        args = t[:, None].float() * freqs[None]
        emb = self.time(torch.cat([torch.cos(args), torch.sin(args)], -1))
        h1 = self.r1(self.inp(x), emb)
        h = self.attn(self.r2(self.down(h1), emb), context)
        h = self.up(F.interpolate(h, scale_factor=2.0, mode="nearest"))
        h = self.r3(torch.cat([h, h1], 1), emb)
        return self.out(F.silu(self.norm(h)))


class ResBlock(nn.Module):
    """Two convolutions with the time between."""

    def __init__(self, i, o, e):
        super().__init__()
        self.n1, self.c1 = nn.GroupNorm(4, i), nn.Conv2d(i, o, 3, padding=1)
        self.emb = nn.Linear(e, o)
        self.n2, self.c2 = nn.GroupNorm(4, o), nn.Conv2d(o, o, 3, padding=1)
        self.skip = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x, emb):
        h = self.c1(F.silu(self.n1(x))) + self.emb(F.silu(emb))[:, :, None, None]
        return self.skip(x) + self.c2(F.silu(self.n2(h)))


class CrossAttention(nn.Module):
    """Self attention, attention to a context, a gated feed-forward."""

    def __init__(self, c, heads, ctx):
        super().__init__()
        self.heads = heads
        self.norm, self.pin, self.pout = nn.GroupNorm(4, c, 1e-6), nn.Conv2d(c, c, 1), nn.Conv2d(c, c, 1)
        self.ln1, self.ln2, self.ln3 = (nn.LayerNorm(c) for _ in range(3))
        self.qkv, self.o1 = nn.Linear(c, 3 * c, bias=False), nn.Linear(c, c)
        self.q, self.k, self.v, self.o2 = (
            nn.Linear(c, c, bias=False),
            nn.Linear(ctx, c, bias=False),
            nn.Linear(ctx, c, bias=False),
            nn.Linear(c, c),
        )
        self.ff, self.ffo = nn.Linear(c, 8 * c), nn.Linear(4 * c, c)

    def attend(self, q, k, v):
        b, n, c = q.shape
        f = lambda t: t.reshape(b, -1, self.heads, c // self.heads).transpose(1, 2)
        return F.scaled_dot_product_attention(f(q), f(k), f(v)).transpose(1, 2).reshape(b, n, c)

    def forward(self, x, context):
        b, c, h, w = x.shape
        y = self.pin(self.norm(x)).permute(0, 2, 3, 1).reshape(b, h * w, c)
        y = y + self.o1(self.attend(*self.qkv(self.ln1(y)).chunk(3, -1)))
        y = y + self.o2(self.attend(self.q(self.ln2(y)), self.k(context), self.v(context)))
        a, g = self.ff(self.ln3(y)).chunk(2, -1)
        y = y + self.ffo(a * F.gelu(g))
        return x + self.pout(y.reshape(b, h, w, c).permute(0, 3, 1, 2))


class VaeDecoder(nn.Module):
    """Attention over pixels, transposed convolutions."""

    def __init__(self, c=16):
        super().__init__()
        self.inp = nn.Conv2d(4, c, 3, padding=1)
        self.n1, self.q, self.k, self.v, self.o = nn.GroupNorm(4, c), *(nn.Conv2d(c, c, 1) for _ in range(4))
        self.up1, self.up2 = nn.ConvTranspose2d(c, c, 4, 2, 1), nn.ConvTranspose2d(c, c, 3, 2, 1, output_padding=1)
        self.out = nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, z):
        x = self.inp(z / 0.18215)
        b, c, h, w = x.shape
        n = self.n1(x)
        q, k, v = self.q(n).reshape(b, c, -1).permute(0, 2, 1), self.k(n).reshape(b, c, -1), self.v(n).reshape(b, c, -1)
        a = torch.softmax(torch.bmm(q, k) * c**-0.5, 2).permute(0, 2, 1)
        x = x + self.o(torch.bmm(v, a).reshape(b, c, h, w))
        x = F.leaky_relu(self.up1(x), 0.1)
        return torch.clamp(self.out(F.elu(self.up2(x))) / 2 + 0.5, 0, 1)


class StyleTransfer(nn.Module):
    """Johnson et al. 2016 (arXiv 1603.08155): instance norms and reflected borders."""

    def __init__(self, c=8):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, c, 9), nn.Conv2d(c, 2 * c, 3, 2)
        self.n1, self.n2, self.n3 = (
            nn.InstanceNorm2d(c, affine=True),
            nn.InstanceNorm2d(2 * c, affine=True),
            nn.InstanceNorm2d(c, affine=True),
        )
        self.c, self.d = nn.Conv2d(2 * c, c, 3), nn.Conv2d(c, 3, 9)

    def forward(self, x):
        x = F.relu(self.n1(self.a(F.pad(x, (4,) * 4, mode="reflect"))))
        x = F.relu(self.n2(self.b(F.pad(x, (1,) * 4, mode="reflect"))))
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.relu(self.n3(self.c(F.pad(x, (1,) * 4, mode="reflect"))))
        return self.d(F.pad(x, (4,) * 4, mode="reflect"))


class Espcn(nn.Module):
    """Super-resolution by pixel shuffle (arXiv 1609.05158)."""

    def __init__(self, c=16):
        super().__init__()
        self.l = nn.Sequential(
            nn.Conv2d(1, c, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(c, c, 3, padding=1),
            nn.PReLU(c),
            nn.Conv2d(c, 9, 3, padding=1),
            nn.PixelShuffle(3),
        )

    def forward(self, x):
        return self.l(x) + F.interpolate(x, scale_factor=3, mode="bicubic", align_corners=False)


class HSqueeze(nn.Module):
    """Squeeze and excite with a hard sigmoid."""

    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Conv2d(c, c // 4, 1), nn.Conv2d(c // 4, c, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.b(F.relu(self.a(F.adaptive_avg_pool2d(x, 1)))))


class MobileNetV3(nn.Module):
    """Its first blocks (arXiv 1905.02244)."""

    def __init__(self):
        super().__init__()
        H = nn.Hardswish
        self.l = nn.Sequential(
            conv_norm(3, 16, 3, 2, act=H),
            conv_norm(16, 16, 3, 2, 16),
            HSqueeze(16),
            conv_norm(16, 24, 1, act=None),
            conv_norm(24, 72, 1, act=H),
            conv_norm(72, 72, 5, 1, 72, act=H),
            HSqueeze(72),
            conv_norm(72, 24, 1, act=None),
        )
        self.head = nn.Sequential(nn.Linear(24, 64), H(), nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.l(x), 1).flatten(1))


class ShuffleV2(nn.Module):
    """Ma et al. 2018 (arXiv 1807.11164): channel split and shuffle."""

    def __init__(self, c=32):
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, c, 3, 2), nn.MaxPool2d(3, 2, 1, ceil_mode=True))
        h = c // 2
        self.a = nn.Sequential(conv_norm(h, h, 1), conv_norm(h, h, 3, 1, h, act=None), conv_norm(h, h, 1))
        self.l, self.r = nn.Sequential(conv_norm(c, c, 3, 2, c, act=None), conv_norm(c, c, 1)), nn.Sequential(
            conv_norm(c, c, 1), conv_norm(c, c, 3, 2, c, act=None), conv_norm(c, c, 1)
        )
        self.head = nn.Linear(2 * c, 10)

    @staticmethod
    def shuffle(x):
        b, c, h, w = x.shape
        return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, -1, h, w)

    def forward(self, x):
        x = self.stem(x)
        p, q = x.chunk(2, 1)
        x = self.shuffle(torch.cat([p, self.a(q)], 1))
        x = self.shuffle(torch.cat([self.l(x), self.r(x)], 1))
        return self.head(x.mean([2, 3]))


class Raft(nn.Module):
    """Correlation volume sampled around a flow, one step of a convolutional GRU."""

    def __init__(self, c=8, r=2):
        super().__init__()
        self.r = r
        self.f = nn.Sequential(conv_norm(3, c, 3, 4), nn.Conv2d(c, c, 3, padding=1))
        self.z, self.rr, self.q = (nn.Conv2d(c + (2 * r + 1) ** 2 + 2, c, 3, padding=1) for _ in range(3))
        self.flow = nn.Conv2d(c, 2, 3, padding=1)

    def forward(self, a, b):
        fa, fb = self.f(a), self.f(b)
        n, c, h, w = fa.shape
        corr = torch.einsum("nchw,ncij->nhwij", fa, fb).reshape(n * h * w, 1, h, w) / math.sqrt(c)
        ys, xs = torch.meshgrid(torch.arange(h, dtype=torch.float32), torch.arange(w, dtype=torch.float32), indexing="ij")
        coords = torch.stack([xs, ys], -1)[None].repeat(n, 1, 1, 1)
        hidden, flow = torch.tanh(fa), torch.zeros(n, 2, h, w)
        for _ in range(2):
            d = torch.linspace(-self.r, self.r, 2 * self.r + 1)
            delta = torch.stack(torch.meshgrid(d, d, indexing="ij"), -1)
            at = (coords + flow.permute(0, 2, 3, 1)).reshape(n * h * w, 1, 1, 2) + delta[None]
            grid = 2 * at / torch.tensor([w - 1.0, h - 1.0]) - 1
            s = F.grid_sample(corr, grid, align_corners=True).view(n, h, w, -1).permute(0, 3, 1, 2)
            x = torch.cat([s, flow], 1)
            hx = torch.cat([hidden, x], 1)
            z, r = torch.sigmoid(self.z(hx)), torch.sigmoid(self.rr(hx))
            q = torch.tanh(self.q(torch.cat([r * hidden, x], 1)))
            hidden = (1 - z) * hidden + z * q
            flow = flow + 0.1 * self.flow(hidden)
        return F.interpolate(flow, scale_factor=4, mode="bilinear", align_corners=True) * 4


class Sam(nn.Module):
    """Windowed image encoder with decomposed relative positions, prompts with Fourier features."""

    def __init__(self, c=16, heads=2, size=8):
        super().__init__()
        self.c, self.heads, self.size = c, heads, size
        self.patch, self.qkv, self.proj = nn.Conv2d(3, c, 8, 8), nn.Linear(c, 3 * c), nn.Linear(c, c)
        self.rh, self.rw = nn.Parameter(torch.randn(2 * size - 1, c // heads) * 0.1), nn.Parameter(
            torch.randn(2 * size - 1, c // heads) * 0.1
        )
        self.gauss = nn.Parameter(torch.randn(2, c // 2))
        self.emb = nn.Embedding(3, c)
        self.neck = nn.Sequential(nn.ConvTranspose2d(c, c // 2, 2, 2), LayerNorm2d(c // 2), nn.GELU())

    def rel(self, table):
        i = torch.arange(self.size)
        return table[(i[:, None] - i[None, :]) + self.size - 1]

    def forward(self, x, points, labels):
        x = self.patch(x).permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        qkv = self.qkv(x).reshape(b, h * w, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.reshape(3, b * self.heads, h * w, -1).unbind(0)
        a = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        rq = q.reshape(b * self.heads, h, w, -1)
        a = (
            a.view(-1, h, w, h, w)
            + torch.einsum("bhwc,hkc->bhwk", rq, self.rel(self.rh))[..., None]
            + torch.einsum("bhwc,wkc->bhwk", rq, self.rel(self.rw))[:, :, :, None, :]
        ).view(-1, h * w, h * w)
        y = (a.softmax(-1) @ v).view(b, self.heads, h, w, -1).permute(0, 2, 3, 1, 4).reshape(b, h, w, -1)
        f = self.neck((x + self.proj(y)).permute(0, 3, 1, 2))
        p = (2 * points - 1) @ self.gauss * (2 * math.pi)
        pe = torch.cat([p.sin(), p.cos()], -1)
        pe[labels == -1] = 0.0
        pe[labels == -1] += self.emb.weight[0]
        pe[labels == 0] += self.emb.weight[1]
        pe[labels == 1] += self.emb.weight[2]
        t = pe[..., : c // 2]
        m = (t @ f.flatten(2)).view(b, -1, 2 * h, 2 * w)
        return m, (m > 0).float().mean([2, 3])


class PointNet(nn.Module):
    """Qi et al. 2017 (arXiv 1612.00593): a learnt transform, maxima over points."""

    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(
            nn.Conv1d(3, 32, 1), nn.BatchNorm1d(32), nn.ReLU(), nn.Conv1d(32, 64, 1), nn.BatchNorm1d(64), nn.ReLU()
        )
        self.t = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 9))
        self.h = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 6))

    def forward(self, x):
        m = self.t(torch.max(self.a(x), 2)[0]).view(-1, 3, 3) + torch.eye(3)
        x = torch.bmm(x.transpose(2, 1), m).transpose(2, 1)
        y, i = torch.max(self.a(x), 2, keepdim=True)
        return F.log_softmax(self.h(y.flatten(1)), 1), i


class C3d(nn.Module):
    """Three-dimensional convolutions and pools."""

    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(
            nn.Conv3d(3, 8, 3, padding=1),
            nn.BatchNorm3d(8),
            nn.ReLU(),
            nn.MaxPool3d((1, 2, 2)),
            nn.Conv3d(8, 16, (3, 1, 1), padding=(1, 0, 0)),
            nn.ReLU(),
            nn.AvgPool3d(2),
        )
        self.up = nn.ConvTranspose3d(16, 4, 2, 2)
        self.h = nn.Linear(16, 5)

    def forward(self, x):
        y = self.a(x)
        return self.h(F.adaptive_avg_pool3d(y, 1).flatten(1)), F.interpolate(
            self.up(y), scale_factor=2, mode="trilinear", align_corners=False
        )


class Nerf(nn.Module):
    """Positional encoding and volume rendering (arXiv 2003.08934)."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(39, 64), nn.Linear(64 + 39, 64), nn.Linear(64, 4)

    def forward(self, rays, depths):
        o, d = rays[:, :3], rays[:, 3:]
        p = o[:, None] + d[:, None] * depths[..., None]
        f = 2.0 ** torch.arange(6)
        e = torch.cat([p, torch.sin(p[..., None] * f).flatten(-2), torch.cos(p[..., None] * f).flatten(-2)], -1)
        h = F.relu(self.b(torch.cat([F.relu(self.a(e)), e], -1)))
        rgb, sigma = self.c(h).split([3, 1], -1)
        delta = torch.cat([depths[:, 1:] - depths[:, :-1], torch.full_like(depths[:, :1], 1e10)], -1)
        alpha = 1 - torch.exp(-F.softplus(sigma[..., 0]) * delta.abs())
        t = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha + 1e-10], -1), -1)[:, :-1]
        w = alpha * t
        return (w[..., None] * rgb.sigmoid()).sum(1), (w * depths).sum(-1)


class VqVae(nn.Module):
    """The nearest code, by argmin (arXiv 1711.00937)."""

    def __init__(self, c=16, n=32):
        super().__init__()
        self.e, self.d = nn.Sequential(nn.Conv2d(3, c, 4, 2, 1), nn.ReLU(), nn.Conv2d(c, c, 4, 2, 1)), nn.Sequential(
            nn.ConvTranspose2d(c, c, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(c, 3, 4, 2, 1)
        )
        self.code = nn.Embedding(n, c)

    def forward(self, x):
        z = self.e(x).permute(0, 2, 3, 1)
        f = z.reshape(-1, z.shape[-1])
        dist = f.pow(2).sum(1, keepdim=True) - 2 * f @ self.code.weight.t() + self.code.weight.pow(2).sum(1)
        i = dist.argmin(1)
        q = self.code(i).view(z.shape)
        return torch.tanh(self.d(q.permute(0, 3, 1, 2))), i.view(z.shape[:-1])


noise = torch.randn
NETWORKS = {
    "deeplab": lambda: (DeepLab(), (image(65),)),
    "convnext": lambda: (ConvNeXt(), (image(32),)),
    "swin": lambda: (Swin(), (image(32),)),
    "diffusion": lambda: (DiffusionUNet(), (image(16, 2, 4), torch.tensor([5, 700]), noise(2, 7, 24))),
    "vae": lambda: (VaeDecoder(), (image(8, 1, 4),)),
    "style": lambda: (StyleTransfer(), (image(32, 1),)),
    "espcn": lambda: (Espcn(), (image(15, 1, 1),)),
    "mobilenet_v3": lambda: (MobileNetV3(), (image(),)),
    "shufflenet_v2": lambda: (ShuffleV2(), (image(),)),
    "raft": lambda: (Raft(), (image(32, 1), image(32, 1))),
    "sam": lambda: (Sam(), (image(64, 1), torch.rand(1, 4, 2), torch.tensor([[1, 0, -1, 1]]))),
    "pointnet": lambda: (PointNet(), (noise(2, 3, 50),)),
    "c3d": lambda: (C3d(), (noise(1, 3, 8, 16, 16),)),
    "nerf": lambda: (Nerf(), (noise(5, 6), torch.rand(5, 16).sort(-1)[0])),
    "vqvae": lambda: (VqVae(), (image(16),)),
}

# SPDX-License-Identifier: Apache-2.0
"""Small forms of the networks for text, sound, series and tables that people deploy, for small.py."""

import math
import torch
import torch.nn.functional as F
from torch import nn


class RmsNorm(nn.Module):
    """T5's norm: no mean is taken off."""

    def __init__(self, c, eps=1e-6):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(c)), eps

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


class T5Attention(nn.Module):
    """Relative positions in buckets, as a bias."""

    def __init__(self, c, heads, bidirectional, buckets=8):
        super().__init__()
        self.heads, self.bi, self.buckets = heads, bidirectional, buckets
        self.q, self.k, self.v, self.o = (nn.Linear(c, c, bias=False) for _ in range(4))
        self.bias = nn.Embedding(buckets, heads)

    def bucket(self, rel):
        out, n = 0, self.buckets
        if self.bi:
            n //= 2
            out = out + (rel > 0).to(torch.long) * n
            rel = torch.abs(rel)
        else:
            rel = -torch.min(rel, torch.zeros_like(rel))
        exact = n // 2
        large = exact + (torch.log(rel.float() / exact) / math.log(20 / exact) * (n - exact)).to(torch.long)
        large = torch.min(large, torch.full_like(large, n - 1))
        return out + torch.where(rel < exact, rel, large)

    def forward(self, x, kv=None, mask=None, positions=True):
        kv = x if kv is None else kv
        b, l, c = x.shape
        f = lambda t: t.view(b, -1, self.heads, c // self.heads).transpose(1, 2)
        s = torch.matmul(f(self.q(x)), f(self.k(kv)).transpose(3, 2))
        if positions:
            rel = torch.arange(kv.shape[1])[None, :] - torch.arange(l)[:, None]
            s = s + self.bias(self.bucket(rel)).permute(2, 0, 1).unsqueeze(0)
        if mask is not None:
            s = s + mask
        a = F.softmax(s.float(), -1).type_as(s)
        return self.o(torch.matmul(a, f(self.v(kv))).transpose(1, 2).contiguous().view(b, -1, c))


class T5(nn.Module):
    """Raffel et al. 2020 (arXiv 1910.10683): a layer of the encoder and one of the decoder."""

    def __init__(self, c=32, words=50):
        super().__init__()
        self.words = nn.Embedding(words, c)
        self.n = nn.ModuleList(RmsNorm(c) for _ in range(6))
        self.ea, self.da, self.ca = T5Attention(c, 4, True), T5Attention(c, 4, False), T5Attention(c, 4, True)
        self.wi0, self.wi1, self.wo = nn.Linear(c, 64, bias=False), nn.Linear(c, 64, bias=False), nn.Linear(64, c, bias=False)

    def ff(self, x):
        return self.wo(F.gelu(self.wi0(x), approximate="tanh") * self.wi1(x))

    def forward(self, ids, mask, dec):
        m = (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        x = self.words(ids)
        x = x + self.ea(self.n[0](x), mask=m)
        x = self.n[2](x + self.ff(self.n[1](x)))
        y = self.words(dec)
        l = dec.shape[1]
        causal = torch.triu(torch.full((l, l), torch.finfo(torch.float32).min), 1)
        y = y + self.da(self.n[3](y), mask=causal)
        y = y + self.ca(self.n[4](y), x, m, positions=False)
        y = self.n[5](y + self.ff(y))
        return (y * y.shape[-1] ** -0.5) @ self.words.weight.t()


class Llama(nn.Module):
    """One step of a decoder with rotary positions, grouped queries and a cache."""

    def __init__(self, c=32, heads=4, kv=2, words=50):
        super().__init__()
        self.heads, self.kv, self.d = heads, kv, c // heads
        self.words, self.n1, self.n2, self.n3 = nn.Embedding(words, c), RmsNorm(c), RmsNorm(c), RmsNorm(c)
        self.q, self.k, self.v, self.o = (
            nn.Linear(c, c, bias=False),
            nn.Linear(c, kv * self.d, bias=False),
            nn.Linear(c, kv * self.d, bias=False),
            nn.Linear(c, c, bias=False),
        )
        self.gate, self.up, self.down = nn.Linear(c, 64, bias=False), nn.Linear(c, 64, bias=False), nn.Linear(64, c, bias=False)
        self.head = nn.Linear(c, words, bias=False)
        self.register_buffer("freq", 1.0 / (10000 ** (torch.arange(0, self.d, 2).float() / self.d)))

    @staticmethod
    def half(x):
        a, b = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
        return torch.cat((-b, a), -1)

    def forward(self, ids, mask, pk, pv):
        b, l = ids.shape
        past = pk.shape[2]
        x = self.words(ids)
        h = self.n1(x)
        pos = torch.cumsum(mask, -1) - 1
        pos = pos[:, -l:].float()
        f = (self.freq[None, :, None] @ pos[:, None, :]).transpose(1, 2)
        emb = torch.cat((f, f), -1)
        cos, sin = emb.cos()[:, None], emb.sin()[:, None]
        q = self.q(h).view(b, l, self.heads, self.d).transpose(1, 2)
        k = self.k(h).view(b, l, self.kv, self.d).transpose(1, 2)
        v = self.v(h).view(b, l, self.kv, self.d).transpose(1, 2)
        q, k = q * cos + self.half(q) * sin, k * cos + self.half(k) * sin
        k, v = torch.cat([pk, k], 2), torch.cat([pv, v], 2)
        rep = self.heads // self.kv
        t = past + l
        kk = k[:, :, None].expand(b, self.kv, rep, t, self.d).reshape(b, self.heads, t, self.d)
        vv = v[:, :, None].expand(b, self.kv, rep, t, self.d).reshape(b, self.heads, t, self.d)
        s = q @ kk.transpose(2, 3) / math.sqrt(self.d)
        i = torch.arange(past, t)[:, None]
        causal = torch.arange(t)[None, :] > i
        causal = causal[None, None] | (mask == 0)[:, None, None, :]
        s = s.masked_fill(causal, torch.finfo(s.dtype).min)
        x = x + self.o((s.softmax(-1) @ vv).transpose(1, 2).reshape(b, l, -1))
        h = self.n2(x)
        x = x + self.down(F.silu(self.gate(h)) * self.up(h))
        return self.head(self.n3(x)), k, v


class WhisperEncoder(nn.Module):
    """Radford et al. 2022 (arXiv 2212.04356): two convolutions, a layer."""

    def __init__(self, mels=20, c=32):
        super().__init__()
        self.c1, self.c2 = nn.Conv1d(mels, c, 3, padding=1), nn.Conv1d(c, c, 3, 2, 1)
        self.pos = nn.Parameter(torch.randn(25, c) * 0.1)
        self.l = nn.TransformerEncoderLayer(c, 4, 64, 0.0, "gelu", batch_first=True, norm_first=True)
        self.n = nn.LayerNorm(c)

    def forward(self, x):
        x = F.gelu(self.c2(F.gelu(self.c1(x)))).transpose(1, 2)
        return self.n(self.l(x + self.pos))


class WhisperDecoder(nn.Module):
    """A layer with a causal mask that looks at the audio."""

    def __init__(self, c=32, words=50):
        super().__init__()
        self.words, self.pos = nn.Embedding(words, c), nn.Parameter(torch.randn(30, c) * 0.1)
        self.l = nn.TransformerDecoderLayer(c, 4, 64, 0.0, "gelu", batch_first=True, norm_first=True)
        self.n = nn.LayerNorm(c)

    def forward(self, ids, audio):
        l = ids.shape[1]
        mask = torch.full((l, l), float("-inf")).triu_(1)
        y = self.l(self.words(ids) + self.pos[:l], audio, tgt_mask=mask)
        return self.n(y) @ self.words.weight.t()


class WaveNet(nn.Module):
    """van den Oord et al. 2016 (arXiv 1609.03499): gated dilated convolutions, weight norm, skips."""

    def __init__(self, c=16, layers=4):
        super().__init__()
        self.inp = nn.Conv1d(1, c, 1)
        wn = torch.nn.utils.parametrizations.weight_norm
        self.d = nn.ModuleList(wn(nn.Conv1d(c, 2 * c, 2, dilation=2**i)) for i in range(layers))
        self.r, self.s = nn.ModuleList(nn.Conv1d(c, c, 1) for _ in range(layers)), nn.ModuleList(
            nn.Conv1d(c, c, 1) for _ in range(layers)
        )
        self.o1, self.o2 = nn.Conv1d(c, c, 1), nn.Conv1d(c, 32, 1)

    def forward(self, x):
        x, skip = self.inp(x), 0
        for i, (d, r, s) in enumerate(zip(self.d, self.r, self.s)):
            a, b = d(F.pad(x, (2**i, 0))).chunk(2, 1)
            y = torch.tanh(a) * torch.sigmoid(b)
            skip = skip + s(y)
            x = x + r(y)
        return self.o2(F.relu(self.o1(F.relu(skip))))


class Tcn(nn.Module):
    """Bai et al. 2018 (arXiv 1803.01271): causal by cutting what sticks out."""

    def __init__(self, c=16):
        super().__init__()
        self.a = nn.ModuleList(nn.Conv1d(4 if i == 0 else c, c, 3, padding=2 * 2**i, dilation=2**i) for i in range(3))
        self.skip, self.h = nn.Conv1d(4, c, 1), nn.Linear(c, 3)

    def forward(self, x):
        y = x
        for i, a in enumerate(self.a):
            z = F.relu(a(y)[:, :, : -2 * 2**i].contiguous())
            y = F.relu(z + (self.skip(y) if i == 0 else y))
        return self.h(y[:, :, -1])


class Dlrm(nn.Module):
    """Naumov et al. 2019 (arXiv 1906.00091): embedding bags of three kinds, products of pairs."""

    def __init__(self, d=8):
        super().__init__()
        self.e = nn.ModuleList(nn.EmbeddingBag(40, d, mode=m) for m in ("sum", "mean", "max"))
        self.bot = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, d), nn.ReLU())
        self.top = nn.Sequential(nn.Linear(d + 6, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, dense, ids):
        x = self.bot(dense)
        t = torch.stack([x, *(e(ids[i]) for i, e in enumerate(self.e))], 1)
        z = torch.bmm(t, t.transpose(1, 2))
        li, lj = torch.tril_indices(4, 4, -1)
        return torch.sigmoid(self.top(torch.cat([x, z[:, li, lj]], 1)))


class DlrmOffsets(nn.Module):
    """A bag whose bounds are an input."""

    def __init__(self):
        super().__init__()
        self.e, self.h = nn.EmbeddingBag(40, 8, mode="sum"), nn.Linear(8, 2)

    def forward(self, ids, offsets):
        return self.h(self.e(ids, offsets))


class Crnn(nn.Module):
    """Shi et al. 2015 (arXiv 1507.05717): a convolutional network read by a recurrent one."""

    def __init__(self):
        super().__init__()
        self.c = nn.Sequential(
            nn.Conv2d(1, 8, 3, 1, 1),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(8, 16, 3, 1, 1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), (2, 1), (0, 1)),
            nn.Conv2d(16, 16, (8, 1)),
        )
        self.r, self.h = nn.LSTM(16, 12, 2, bidirectional=True), nn.Linear(24, 11)

    def forward(self, x):
        x = self.c(x).squeeze(2).permute(2, 0, 1)
        y, _ = self.r(x)
        p = F.log_softmax(self.h(y), 2)
        return p, p.argmax(2)


class Seq2Seq(nn.Module):
    """GRU encoder, attention over its states in a decoder that feeds back its own words: a scripted loop."""

    def __init__(self, c=16, words=20):
        super().__init__()
        self.words, self.e, self.d, self.o = (
            nn.Embedding(words, c),
            nn.GRU(c, c, batch_first=True),
            nn.GRUCell(2 * c, c),
            nn.Linear(2 * c, words),
        )

    def forward(self, ids):
        states, h = self.e(self.words(ids))
        h = h[0]
        word = torch.zeros(ids.shape[0], dtype=torch.long)
        out = []
        for _ in range(5):
            a = torch.softmax((states @ h[:, :, None]).squeeze(2), 1)
            c = (a[:, None] @ states).squeeze(1)
            h = self.d(torch.cat([self.words(word), c], 1), h)
            y = self.o(torch.cat([h, c], 1))
            word = y.argmax(1)
            out.append(y)
        return torch.stack(out, 1)


class Conformer(nn.Module):
    """Gulati et al. 2020 (arXiv 2005.08100) with relative positions and padding."""

    def __init__(self, c=16, heads=2):
        super().__init__()
        self.heads = heads
        self.f1, self.f2 = (nn.Sequential(nn.LayerNorm(c), nn.Linear(c, 4 * c), nn.SiLU(), nn.Linear(4 * c, c)) for _ in range(2))
        self.n1, self.qkv, self.pos, self.out = nn.LayerNorm(c), nn.Linear(c, 3 * c), nn.Linear(c, c, bias=False), nn.Linear(c, c)
        self.u, self.v = nn.Parameter(torch.randn(heads, c // heads)), nn.Parameter(torch.randn(heads, c // heads))
        self.n2, self.p1, self.dw, self.bn, self.p2, self.n3 = (
            nn.LayerNorm(c),
            nn.Conv1d(c, 2 * c, 1),
            nn.Conv1d(c, c, 15, padding=7, groups=c),
            nn.BatchNorm1d(c),
            nn.Conv1d(c, c, 1),
            nn.LayerNorm(c),
        )

    def forward(self, x, lengths):
        b, l, c = x.shape
        pad = torch.arange(l)[None] >= lengths[:, None]
        x = x + 0.5 * self.f1(x)
        q, k, v = (t.view(b, l, self.heads, -1) for t in self.qkv(self.n1(x)).chunk(3, -1))
        i = torch.arange(l - 1, -l, -1.0)
        div = torch.exp(torch.arange(0, c, 2) * -(math.log(10000.0) / c))
        pe = torch.stack([torch.sin(i[:, None] * div), torch.cos(i[:, None] * div)], -1).flatten(1)
        p = self.pos(pe).view(1, 2 * l - 1, self.heads, -1).transpose(1, 2)
        ac = (q + self.u).transpose(1, 2) @ k.permute(0, 2, 3, 1)
        bd = (q + self.v).transpose(1, 2) @ p.transpose(-2, -1)
        bd = F.pad(bd, (1, 0)).view(b, self.heads, 2 * l, l)[:, :, 1:].view(b, self.heads, l, 2 * l - 1)[..., :l]
        s = ((ac + bd) / math.sqrt(c // self.heads)).masked_fill(pad[:, None, None], -1e4)
        a = s.softmax(-1).masked_fill(pad[:, None, None], 0.0)
        x = x + self.out((a @ v.transpose(1, 2)).transpose(1, 2).reshape(b, l, c))
        y = F.glu(self.p1(self.n2(x).transpose(1, 2)), 1).masked_fill(pad[:, None], 0.0)
        x = x + self.p2(F.silu(self.bn(self.dw(y)))).transpose(1, 2)
        return self.n3(x + 0.5 * self.f2(x))


class Mamba(nn.Module):
    """Gu and Dao 2023 (arXiv 2312.00752): the scan of a state, unrolled."""

    def __init__(self, c=16, n=4, l=9):
        super().__init__()
        self.c, self.n = c, n
        self.inp, self.conv, self.xp, self.dt, self.out = (
            nn.Linear(c, 2 * c),
            nn.Conv1d(c, c, 4, padding=3, groups=c),
            nn.Linear(c, 2 * n + 2),
            nn.Linear(2, c),
            nn.Linear(c, c),
        )
        self.A, self.D = nn.Parameter(torch.log(torch.arange(1.0, n + 1).repeat(c, 1))), nn.Parameter(torch.ones(c))

    def forward(self, x):
        l = x.shape[1]
        x, z = self.inp(x).chunk(2, -1)
        x = F.silu(self.conv(x.transpose(1, 2))[..., :l].transpose(1, 2))
        dt, B, C = self.xp(x).split([2, self.n, self.n], -1)
        dt = F.softplus(self.dt(dt))
        dA = torch.exp(torch.einsum("bld,dn->bldn", dt, -torch.exp(self.A)))
        dB = torch.einsum("bld,bln,bld->bldn", dt, B, x)
        h, ys = torch.zeros(x.shape[0], self.c, self.n), []
        for i in range(l):
            h = dA[:, i] * h + dB[:, i]
            ys.append(torch.einsum("bdn,bn->bd", h, C[:, i]))
        y = torch.stack(ys, 1) + x * self.D
        return self.out(y * F.silu(z))


class Moe(nn.Module):
    """The two best experts of each token, all of them computed."""

    def __init__(self, c=16, e=4):
        super().__init__()
        self.g = nn.Linear(c, e)
        self.w1, self.w2 = nn.Parameter(torch.randn(e, c, 2 * c) * 0.2), nn.Parameter(torch.randn(e, 2 * c, c) * 0.2)

    def forward(self, x):
        p = F.softmax(self.g(x), -1)
        w, i = torch.topk(p, 2, -1)
        w = w / w.sum(-1, keepdim=True)
        dense = torch.zeros_like(p).scatter(-1, i, w)
        h = F.gelu(torch.einsum("td,edh->teh", x, self.w1))
        return torch.einsum("teh,ehd,te->td", h, self.w2, dense), F.one_hot(i, 4).sum(1)


class Gnn(nn.Module):
    """Attention over the edges of a graph: scatters with sums and maxima."""

    def __init__(self, c=8):
        super().__init__()
        self.a, self.att, self.b = nn.Linear(5, c), nn.Linear(2 * c, 1), nn.Linear(c, 3)

    def forward(self, x, edges):
        h = self.a(x)
        s, d = edges[0], edges[1]
        e = F.leaky_relu(self.att(torch.cat([h[s], h[d]], 1)), 0.2).squeeze(1)
        e = torch.exp(e - e.max())
        total = torch.zeros(x.shape[0]).index_add(0, d, e)
        m = torch.zeros_like(h).scatter_add(0, d[:, None].expand(-1, h.shape[1]), h[s] * e[:, None])
        out = F.elu(m / (total[:, None] + 1e-6))
        deg = torch.zeros(x.shape[0]).scatter_reduce(0, d, torch.ones_like(e), "sum")
        return (
            self.b(out),
            deg,
            torch.zeros_like(h).scatter_reduce(0, d[:, None].expand(-1, h.shape[1]), h[s], "amax", include_self=False),
        )


class Spline(nn.Module):
    """A step of a neural spline flow: softmax, cumsum, searchsorted by comparison, gather."""

    def __init__(self, k=5):
        super().__init__()
        self.k, self.net = k, nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2 * (3 * k + 1)))

    def forward(self, x, y):
        p = self.net(x).view(-1, 2, 3 * self.k + 1)
        w, h, d = p.split([self.k, self.k, self.k + 1], -1)
        cum = lambda t: F.pad(torch.cumsum(F.softmax(t, -1), -1), (1, 0)) * 2 - 1
        cw, ch, d = cum(w), cum(h), F.softplus(d) + 1e-3
        y = y.clamp(-0.99, 0.99)
        i = (torch.sum(y[..., None] >= cw, -1) - 1).clamp(0, self.k - 1)[..., None]
        g = lambda t, k=0: t.gather(-1, i + k)[..., 0]
        x0, x1, y0, y1, d0, d1 = g(cw), g(cw, 1), g(ch), g(ch, 1), g(d), g(d, 1)
        s, t = (y1 - y0) / (x1 - x0), (y - x0) / (x1 - x0)
        den = s + (d0 + d1 - 2 * s) * t * (1 - t)
        return y0 + (y1 - y0) * (s * t**2 + d0 * t * (1 - t)) / den, torch.where(y.abs() < 0.9, den, torch.log1p(den))


class Clip(nn.Module):
    """The text side: the token with the largest id is pooled (arXiv 2103.00020)."""

    def __init__(self, c=16):
        super().__init__()
        self.e = nn.Embedding(50, c)
        self.l = nn.TransformerEncoderLayer(c, 2, 32, 0.0, "gelu", batch_first=True)
        self.p = nn.Parameter(torch.randn(c, 8))

    def forward(self, ids, image):
        l = ids.shape[1]
        mask = torch.full((l, l), float("-inf")).triu(1)
        x = self.l(self.e(ids), src_mask=mask, is_causal=True)
        t = x[torch.arange(x.shape[0]), ids.argmax(-1)] @ self.p
        t, i = F.normalize(t, dim=-1), image / image.norm(dim=-1, keepdim=True)
        return 100 * i @ t.t()


class PaddedEncoder(nn.Module):
    """Padding hidden by a mask; the mean of what is left."""

    def __init__(self, c=16):
        super().__init__()
        self.e = nn.Embedding(30, c, padding_idx=0)
        self.l = nn.TransformerEncoder(nn.TransformerEncoderLayer(c, 2, 32, 0.0, batch_first=True), 2, enable_nested_tensor=False)
        self.h = nn.Linear(c, 4)

    def forward(self, ids):
        pad = ids == 0
        x = self.l(self.e(ids), src_key_padding_mask=pad)
        m = (~pad).unsqueeze(-1).float()
        return self.h((x * m).sum(1) / m.sum(1).clamp(min=1e-9))


class Spectrogram(nn.Module):
    """A short-time Fourier transform in the graph."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(64))
        self.register_buffer("mel", torch.rand(33, 10))
        self.c = nn.Conv1d(10, 4, 3, padding=1)

    def forward(self, x):
        s = torch.view_as_real(torch.stft(x, 64, 32, window=self.window, center=True, return_complex=True))
        m = s.pow(2).sum(-1).transpose(1, 2) @ self.mel
        return self.c(torch.log10(m.clamp(min=1e-5)).transpose(1, 2))


class Lstms(nn.Module):
    """Recurrent layers of each kind one behind the other, states in and out."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (
            nn.LSTM(6, 8, 2, batch_first=True, bidirectional=True),
            nn.GRU(16, 8, batch_first=True),
            nn.RNN(8, 8, nonlinearity="relu"),
        )
        self.p = nn.LSTM(8, 8, proj_size=0)

    def forward(self, x, h, c):
        y, (h, c) = self.a(x, (h, c))
        z, g = self.b(y)
        w, r = self.c(z.transpose(0, 1))
        q, _ = self.p(w)
        return q, h, c, g, r


class Tft(nn.Module):
    """Gated residual networks, variable selection, quantiles: a temporal fusion transformer."""

    def __init__(self, c=8, v=3):
        super().__init__()
        self.v = v
        self.e = nn.ModuleList(nn.Linear(1, c) for _ in range(v))
        self.a, self.b, self.g, self.n = nn.Linear(c * v, c), nn.Linear(c, c), nn.Linear(c, 2 * c), nn.LayerNorm(c)
        self.s, self.l, self.q = nn.Linear(c, v), nn.LSTM(c, c, batch_first=True), nn.Linear(c, 3)
        self.mha = nn.MultiheadAttention(c, 2, batch_first=True)

    def forward(self, x):
        t = torch.stack([e(x[..., i : i + 1]) for i, e in enumerate(self.e)], -1)
        h = F.elu(self.a(t.flatten(-2)))
        w = F.softmax(self.s(h), -1)
        h = self.n((t * w.unsqueeze(-2)).sum(-1) + F.glu(self.g(self.b(h)), -1))
        y, _ = self.l(h)
        m = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1)
        z, a = self.mha(y, y, y, attn_mask=m)
        return self.q(y + z), a


class SileroLike(nn.Module):
    """Voice activity: a framed signal by a convolution, magnitude, a recurrent cell with state in and out."""

    def __init__(self):
        super().__init__()
        self.f = nn.Conv1d(1, 34, 32, 16, bias=False)
        self.c, self.r, self.d = nn.Conv1d(17, 16, 3, 2, 1), nn.LSTMCell(16, 16), nn.Conv1d(16, 1, 1)

    def forward(self, x, state):
        y = self.f(F.pad(x, (0, 16), mode="reflect").unsqueeze(1))
        m = torch.sqrt(y[:, :17] ** 2 + y[:, 17:] ** 2)
        y = F.relu(self.c(m)).mean(2)
        h, c = self.r(y, (state[0], state[1]))
        return torch.sigmoid(self.d(F.relu(h).unsqueeze(-1))).squeeze(1).mean(1, keepdim=True), torch.stack([h, c])


noise, tokens = torch.randn, torch.randint
NETWORKS = {
    "t5": lambda: (T5(), (tokens(1, 50, (2, 9)), torch.tensor([[1] * 9, [1] * 6 + [0] * 3]), tokens(1, 50, (2, 5)))),
    "llama": lambda: (
        Llama(),
        (tokens(0, 50, (2, 3)), torch.tensor([[1] * 7, [0, 1, 1, 1, 1, 1, 1]]), noise(2, 2, 4, 8), noise(2, 2, 4, 8)),
    ),
    "whisper_encoder": lambda: (WhisperEncoder(), (noise(1, 20, 50),)),
    "whisper_decoder": lambda: (WhisperDecoder(), (tokens(0, 50, (1, 6)), noise(1, 25, 32))),
    "wavenet": lambda: (WaveNet(), (noise(1, 1, 40),)),
    "tcn": lambda: (Tcn(), (noise(2, 4, 20),)),
    "dlrm": lambda: (Dlrm(), (noise(4, 13), tokens(0, 40, (3, 4, 5)))),
    "dlrm_offsets": lambda: (DlrmOffsets(), (tokens(0, 40, (12,)), torch.tensor([0, 3, 7, 9]))),
    "crnn": lambda: (Crnn(), (noise(1, 1, 32, 40),)),
    "seq2seq": lambda: (Seq2Seq(), (tokens(0, 20, (2, 7)),)),
    "conformer": lambda: (Conformer(), (noise(2, 12, 16), torch.tensor([12, 8]))),
    "mamba": lambda: (Mamba(), (noise(2, 9, 16),)),
    "moe": lambda: (Moe(), (noise(10, 16),)),
    "gnn": lambda: (Gnn(), (noise(7, 5), tokens(0, 7, (2, 15)))),
    "spline": lambda: (Spline(), (noise(6, 2), torch.rand(6, 2) * 2 - 1)),
    "clip": lambda: (Clip(), (tokens(0, 50, (3, 8)), noise(2, 8))),
    "padded_encoder": lambda: (PaddedEncoder(), (torch.tensor([[3, 4, 5, 6, 0, 0], [1, 2, 3, 4, 5, 6]]),)),
    "spectrogram": lambda: (Spectrogram(), (noise(2, 320),)),
    "lstms": lambda: (Lstms(), (noise(3, 7, 6), noise(4, 3, 8), noise(4, 3, 8))),
    "tft": lambda: (Tft(), (noise(2, 10, 3),)),
    "silero": lambda: (SileroLike(), (noise(1, 256), noise(2, 1, 16))),
}

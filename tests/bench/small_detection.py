# SPDX-License-Identifier: Apache-2.0
"""Small detectors, for small.py."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from small_vision import conv_norm, image


class C3(nn.Module):
    """The block of YOLOv5: bottlenecks beside a shortcut."""

    def __init__(self, i, o, n=1, shortcut=True):
        super().__init__()
        h = o // 2
        self.a, self.b, self.c = (
            conv_norm(i, h, 1, act=nn.SiLU),
            conv_norm(i, h, 1, act=nn.SiLU),
            conv_norm(2 * h, o, 1, act=nn.SiLU),
        )
        self.m = nn.ModuleList(nn.Sequential(conv_norm(h, h, 1, act=nn.SiLU), conv_norm(h, h, 3, act=nn.SiLU)) for _ in range(n))
        self.shortcut = shortcut

    def forward(self, x):
        y = self.a(x)
        for m in self.m:
            y = y + m(y) if self.shortcut else m(y)
        return self.c(torch.cat([y, self.b(x)], 1))


class SPPF(nn.Module):
    """Pooling of one map three times over."""

    def __init__(self, i, o):
        super().__init__()
        self.a, self.b = conv_norm(i, i // 2, 1, act=nn.SiLU), conv_norm(i * 2, o, 1, act=nn.SiLU)

    def forward(self, x):
        x = self.a(x)
        a = F.max_pool2d(x, 5, 1, 2)
        b = F.max_pool2d(a, 5, 1, 2)
        return self.b(torch.cat([x, a, b, F.max_pool2d(b, 5, 1, 2)], 1))


class YoloV5(nn.Module):
    """Anchors, grids and boxes decoded in the graph (Ultralytics, v5)."""

    def __init__(self, w=8, classes=5):
        super().__init__()
        self.stem = conv_norm(3, w, 6, 2, act=nn.SiLU)
        self.stem[0].padding = (2, 2)
        self.s2 = nn.Sequential(conv_norm(w, 2 * w, 3, 2, act=nn.SiLU), C3(2 * w, 2 * w))
        self.s3 = nn.Sequential(conv_norm(2 * w, 4 * w, 3, 2, act=nn.SiLU), C3(4 * w, 4 * w, 2))
        self.s4 = nn.Sequential(conv_norm(4 * w, 8 * w, 3, 2, act=nn.SiLU), C3(8 * w, 8 * w), SPPF(8 * w, 8 * w))
        self.lat = conv_norm(8 * w, 4 * w, 1, act=nn.SiLU)
        self.up = C3(8 * w, 4 * w, 1, False)
        self.down = conv_norm(4 * w, 4 * w, 3, 2, act=nn.SiLU)
        self.out = C3(8 * w, 8 * w, 1, False)
        self.no, self.na = classes + 5, 3
        self.heads = nn.ModuleList(nn.Conv2d(c, self.no * self.na, 1) for c in (4 * w, 8 * w))
        self.register_buffer("anchors", torch.tensor([[[10.0, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]]]))
        self.stride = [8, 16]

    def forward(self, x):
        p3 = self.s3(self.s2(self.stem(x)))
        p4 = self.s4(p3)
        lat = self.lat(p4)
        u = self.up(torch.cat([F.interpolate(lat, scale_factor=2, mode="nearest"), p3], 1))
        d = self.out(torch.cat([self.down(u), lat], 1))
        z = []
        for i, (f, head) in enumerate(zip((u, d), self.heads)):
            y = head(f)
            b, _, ny, nx = y.shape
            y = y.view(b, self.na, self.no, ny, nx).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
            gy, gx = torch.meshgrid(torch.arange(ny, dtype=y.dtype), torch.arange(nx, dtype=y.dtype), indexing="ij")
            grid = torch.stack((gx, gy), 2).expand(1, self.na, ny, nx, 2) - 0.5
            xy, wh, conf = y.split((2, 2, self.no - 4), 4)
            xy = (xy * 2 + grid) * self.stride[i]
            wh = (wh * 2) ** 2 * self.anchors[i].view(1, self.na, 1, 1, 2)
            z.append(torch.cat((xy, wh, conf), 4).view(b, -1, self.no))
        return torch.cat(z, 1)


class YoloV8(nn.Module):
    """Anchor-free head with distribution focal loss (softmax over 16 bins, conv by arange)."""

    def __init__(self, w=8, nc=4, reg=16):
        super().__init__()
        self.nc, self.reg = nc, reg
        self.b = nn.Sequential(conv_norm(3, w, 3, 2, act=nn.SiLU), conv_norm(w, 2 * w, 3, 2, act=nn.SiLU), C2f(2 * w, 2 * w))
        self.c = nn.Sequential(conv_norm(2 * w, 4 * w, 3, 2, act=nn.SiLU), C2f(4 * w, 4 * w), SPPF(4 * w, 4 * w))
        self.box = nn.ModuleList(nn.Conv2d(c, 4 * reg, 1) for c in (2 * w, 4 * w))
        self.cls = nn.ModuleList(nn.Conv2d(c, nc, 1) for c in (2 * w, 4 * w))
        self.dfl = nn.Conv2d(reg, 1, 1, bias=False)

    def forward(self, x):
        f1 = self.b(x)
        f2 = self.c(f1)
        outs, anchors, strides = [], [], []
        for f, box, cls, s in zip((f1, f2), self.box, self.cls, (4, 8)):
            y = torch.cat((box(f), cls(f)), 1)
            outs.append(y.view(y.shape[0], self.nc + 4 * self.reg, -1))
            h, w = f.shape[2:]
            sy, sx = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
            anchors.append(torch.stack((sx, sy), -1).view(-1, 2))
            strides.append(torch.full((h * w, 1), float(s)))
        anchors, strides = torch.cat(anchors).transpose(0, 1), torch.cat(strides).transpose(0, 1)
        box, cls = torch.cat(outs, 2).split((4 * self.reg, self.nc), 1)
        b, _, a = box.shape
        d = self.dfl(box.view(b, 4, self.reg, a).transpose(2, 1).softmax(1)).view(b, 4, a)
        lt, rb = d.chunk(2, 1)
        x1y1, x2y2 = anchors.unsqueeze(0) - lt, anchors.unsqueeze(0) + rb
        dbox = torch.cat(((x1y1 + x2y2) / 2, x2y2 - x1y1), 1) * strides
        return torch.cat((dbox, cls.sigmoid()), 1)


class C2f(nn.Module):
    """The block of YOLOv8: every bottleneck's result is kept."""

    def __init__(self, i, o, n=1):
        super().__init__()
        self.h = o // 2
        self.a, self.b = conv_norm(i, o, 1, act=nn.SiLU), conv_norm((2 + n) * self.h, o, 1, act=nn.SiLU)
        self.m = nn.ModuleList(
            nn.Sequential(conv_norm(self.h, self.h, act=nn.SiLU), conv_norm(self.h, self.h, act=nn.SiLU)) for _ in range(n)
        )

    def forward(self, x):
        y = list(self.a(x).chunk(2, 1))
        for m in self.m:
            y.append(y[-1] + m(y[-1]))
        return self.b(torch.cat(y, 1))


class BiFpn(nn.Module):
    """EfficientDet's weighted fusion (arXiv 1911.09070)."""

    def __init__(self, c=16):
        super().__init__()
        self.b = nn.ModuleList([conv_norm(3, c, 3, 2), conv_norm(c, c, 3, 2), conv_norm(c, c, 3, 2)])
        self.w = nn.ParameterList(nn.Parameter(torch.rand(2 + (i > 1))) for i in range(4))
        self.f = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, c, 3, padding=1, groups=c), nn.Conv2d(c, c, 1), nn.BatchNorm2d(c)) for _ in range(4)
        )
        self.cls = nn.Conv2d(c, 6, 3, padding=1)

    def fuse(self, i, *xs):
        w = F.relu(self.w[i])
        w = w / (w.sum() + 1e-4)
        return self.f[i](F.silu(sum(w[k] * x for k, x in enumerate(xs))))

    def forward(self, x):
        p = []
        for b in self.b:
            x = b(x)
            p.append(x)
        up = lambda t, like: F.interpolate(t, size=like.shape[-2:], mode="nearest")
        t1 = self.fuse(0, p[1], up(p[2], p[1]))
        o0 = self.fuse(1, p[0], up(t1, p[0]))
        o1 = self.fuse(2, p[1], t1, F.max_pool2d(F.pad(o0, (0, 1, 0, 1)), 3, 2))
        o2 = self.fuse(3, p[2], F.max_pool2d(o1, 3, 2, 1), F.avg_pool2d(p[1], 2))
        outs = [self.cls(o).permute(0, 2, 3, 1).reshape(o.shape[0], -1, 3) for o in (o0, o1, o2)]
        return torch.cat(outs, 1).sigmoid()


class Detr(nn.Module):
    """Backbone, sine positions, encoder-decoder transformer with learnt queries, boxes."""

    def __init__(self, c=32, q=7):
        super().__init__()
        self.b = nn.Sequential(conv_norm(3, 16, 3, 4), conv_norm(16, c, 3, 2))
        self.t = nn.Transformer(c, 4, 1, 1, 64, 0.0, batch_first=True)
        self.row, self.col = nn.Parameter(torch.rand(20, c // 2)), nn.Parameter(torch.rand(20, c // 2))
        self.q = nn.Parameter(torch.rand(q, c))
        self.cls, self.box = nn.Linear(c, 5), nn.Sequential(nn.Linear(c, c), nn.ReLU(), nn.Linear(c, 4))

    def forward(self, x):
        f = self.b(x)
        h, w = f.shape[-2:]
        pos = (
            torch.cat([self.col[:w].unsqueeze(0).repeat(h, 1, 1), self.row[:h].unsqueeze(1).repeat(1, w, 1)], -1)
            .flatten(0, 1)
            .unsqueeze(0)
        )
        y = self.t(pos + 0.1 * f.flatten(2).permute(0, 2, 1), self.q.unsqueeze(0).repeat(f.shape[0], 1, 1))
        return self.cls(y), self.box(y).sigmoid()


class DeformableAttention(nn.Module):
    """Zhu et al. 2021 (arXiv 2010.04159), one level: grid samples, weighted."""

    def __init__(self, c=16, heads=2, points=3):
        super().__init__()
        self.heads, self.points = heads, points
        self.value, self.off, self.w, self.out = (
            nn.Linear(c, c),
            nn.Linear(c, heads * points * 2),
            nn.Linear(c, heads * points),
            nn.Linear(c, c),
        )

    def forward(self, q, ref, src):
        b, n, c = q.shape
        h, w = 6, 5
        v = self.value(src).view(b, h * w, self.heads, -1)
        off = self.off(q).view(b, n, self.heads, self.points, 2)
        a = self.w(q).view(b, n, self.heads, self.points).softmax(-1)
        at = ref[:, :, None, None] + off / torch.tensor([w, h], dtype=torch.float32)
        g = (2 * at - 1).transpose(1, 2).flatten(0, 1)
        v = v.flatten(2).transpose(1, 2).reshape(b * self.heads, -1, h, w)
        s = F.grid_sample(v, g, mode="bilinear", padding_mode="zeros", align_corners=False)
        y = (s * a.transpose(1, 2).reshape(b * self.heads, 1, n, self.points)).sum(-1)
        return self.out(y.view(b, c, n).transpose(1, 2))


noise = torch.randn
NETWORKS = {
    "yolov5": lambda: (YoloV5(), (image(),)),
    "yolov8": lambda: (YoloV8(), (image(),)),
    "bifpn": lambda: (BiFpn(), (image(64, 1),)),
    "detr": lambda: (Detr(), (image(),)),
    "deformable": lambda: (DeformableAttention(), (noise(2, 9, 16), torch.rand(2, 9, 2), noise(2, 30, 16))),
}

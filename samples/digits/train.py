#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the sample network on the 8x8 digits of scikit-learn and writes, beside this file,

  digits.onnx       the model, BatchNorm unfused: burin folds it
  digits.traced.pt, digits.scripted.pt
                    the same for TorchScript; the scripted one also takes grey values of 0..16
  digits.pt2        the same as a program of torch.export
  digits_test.npz   200 held-out images with labels and the logits of PyTorch, for `burin validate`
  test_images.h     the same 200 for the desktop and the firmware program

All are committed: this runs only to make them anew. With --torchscript only the files of
PyTorch are made, of the weights in digits.onnx.

  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python train.py
"""
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).parent
SEED = 20
EPOCHS = 40
TESTS = 200


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(16)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(256, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, image):
        x = torch.relu(self.bn1(self.conv1(image)))
        x = torch.relu(self.bn2(self.conv2(x)))
        x = self.pool(x).flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))


class AnyDigits(nn.Module):
    """Digits, also of pictures whose grey values were not divided."""

    def __init__(self, digits):
        super().__init__()
        self.digits = digits

    def forward(self, image):
        if bool(image.max() > 1):
            image = image / 16
        return self.digits(image)


def load():
    """Pixels as uint8 0..16, [n,8,8], and labels; split into training and test."""
    digits = load_digits()
    pixels = digits.images.astype(np.uint8)
    return train_test_split(
        pixels, digits.target, test_size=TESTS, random_state=SEED, stratify=digits.target
    )


def as_input(pixels):
    """What the network reads: f32[n,1,8,8] in 0..1."""
    return torch.from_numpy(pixels.astype(np.float32) / 16).unsqueeze(1)


def train(pixels, labels):
    model = Digits()
    x, y = as_input(pixels), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
        schedule.step()
    return model.eval()


def export(model):
    path = HERE / "digits.onnx"
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, 8, 8),),
        str(path),
        input_names=["image"],
        output_names=["logits"],
        opset_version=17,
        dynamo=False,
        training=torch.onnx.TrainingMode.PRESERVE,  # the exporter would fold BatchNorm otherwise
        do_constant_folding=False,
    )
    onnx.checker.check_model(str(path), full_check=True)
    ops = [node.op_type for node in onnx.load(str(path)).graph.node]
    assert ops.count("BatchNormalization") == 2, ops
    print(f"{path.name}: {path.stat().st_size} bytes, {' '.join(ops)}")


def trained():
    """The model with the weights of digits.onnx."""
    model = Digits()
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(str(HERE / "digits.onnx")).graph.initializer}
    state = {name: torch.from_numpy(weights[name].copy()) for name in model.state_dict() if name in weights}
    model.load_state_dict(state, strict=False)  # but for the counters of batches
    return model.eval()


def export_torchscript(model):
    modules = {
        "traced": torch.jit.trace(model, torch.zeros(1, 1, 8, 8)),
        "scripted": torch.jit.script(AnyDigits(model)),
    }
    for name, module in modules.items():
        buffer = io.BytesIO()
        torch.jit.save(module, buffer)
        repack(buffer, HERE / f"digits.{name}.pt")
    program = torch.export.export(model, (torch.zeros(1, 1, 8, 8),))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # places on the machine that wrote it
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    repack(buffer, HERE / "digits.pt2")


def repack(buffer, path):
    """Packed anew: without dates, and small."""
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            new.writestr(zipfile.ZipInfo(member), old.read(member), zipfile.ZIP_DEFLATED)
    print(f"{path.name}: {path.stat().st_size} bytes")


def rows(values, per_line):
    """A C initialiser list, `per_line` values a line."""
    text = [str(v) for v in values]
    lines = [text[i : i + per_line] for i in range(0, len(text), per_line)]
    return ",\n    ".join(", ".join(line) for line in lines)


def shortest(value):
    """The shortest decimal that reads back as this float."""
    text = str(np.float32(value))
    return text + ("F" if "." in text or "e" in text else ".0F")


def write_header(pixels, labels, logits):
    images = ",\n".join("    {" + rows(image.flatten(), 16) + "}" for image in pixels)
    expected = ",\n".join("    {" + rows(map(shortest, row), 5) + "}" for row in logits)
    text = f"""\
// Held-out images of the digits data set of scikit-learn, and what PyTorch answers. By train.py.
// SPDX-License-Identifier: Apache-2.0
// clang-format off
#ifndef DIGITS_TEST_IMAGES_H
#define DIGITS_TEST_IMAGES_H

#include <stdint.h>

namespace test_images {{

constexpr int count = {len(pixels)};

/// Grey values 0..16, rows of 8. The network reads them divided by 16.
constexpr uint8_t pixels[count][64] = {{
{images}}};

constexpr uint8_t labels[count] = {{
    {rows(labels, 25)}}};

constexpr float logits[count][10] = {{
{expected}}};

}} // namespace test_images

#endif
"""
    (HERE / "test_images.h").write_text(text)


def main():
    if "--torchscript" in sys.argv:
        return export_torchscript(trained())
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    train_pixels, test_pixels, train_labels, test_labels = load()
    model = train(train_pixels, train_labels)
    with torch.no_grad():
        x = as_input(test_pixels)
        logits = torch.cat([model(image.unsqueeze(0)) for image in x])  # one by one, as they will run
    accuracy = (logits.argmax(1).numpy() == test_labels).mean()
    print(f"accuracy on {len(x)} held-out images: {accuracy:.1%}")
    assert accuracy >= 0.97

    export(model)
    export_torchscript(model)
    np.savez_compressed(
        HERE / "digits_test.npz",
        **{
            "in:image": x.numpy()[:, None],  # [samples, 1,1,8,8]
            "out:logits": logits.numpy()[:, None],  # [samples, 1,10]
            "labels": test_labels.astype(np.int64),
        },
    )
    write_header(test_pixels, test_labels, logits.numpy())


if __name__ == "__main__":
    main()

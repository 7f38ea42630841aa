# SPDX-License-Identifier: Apache-2.0
"""What make_zoo.py and the files of modules share: the list of modules."""
import torch

MODELS, CHANGES = {}, {}


def model(*shapes, modes="traced scripted", steps=1, args=(), onnx=True, change=None):
    """Registers a class. `shapes`: of f32 inputs, or functions that make one; `args`: the arguments
    behind them, which --arg compiles in; `onnx`: whether a traced module is exported as ONNX, too;
    `change`: of the members of the archive."""

    def add(cls):
        MODELS[cls.__name__.lower()] = (cls, shapes, modes.split() + ["onnx"] * (onnx and "traced" in modes), steps, args)
        CHANGES[cls.__name__.lower()] = change
        return cls

    return add


def ids(*shape, below=10):
    return lambda: torch.randint(0, below, shape)

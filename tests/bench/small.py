#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes small forms of networks that people deploy, as each exporter of torch has them, with inputs for check.py.

    small.py FOLDER [NAME...]     needs torch, numpy, onnx, onnxscript; --list names them

NAME.onnx is of the exporter that traces with dynamo, NAME.script.onnx of the older one; NAME.npz and NAME.script.npz have
the inputs. What an exporter cannot write is told. The weights are torch's own, seeded: each network takes a second.
"""
import argparse
import contextlib
import logging
import os
import pathlib
import warnings

import numpy as np
import torch

import small_detection
import small_sequence
import small_vision

NETWORKS = {**small_vision.NETWORKS, **small_detection.NETWORKS, **small_sequence.NETWORKS}
EXPORTERS = {"": {"dynamo": True, "external_data": False}, ".script": {"dynamo": False, "opset_version": 17}}


def settled(model, inputs):
    """Batch norms have the mean and variance that they see, else the numbers fade with the depth."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None
    if norms:
        model.train()
        with torch.no_grad():
            model(*inputs)
    return model.eval()


@contextlib.contextmanager
def silence():
    """The exporters print whole graphs, from C++ too."""
    saved, nothing = (os.dup(1), os.dup(2)), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1), os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(saved[0], 1), os.dup2(saved[1], 2)
        for file in (*saved, nothing):
            os.close(file)


def write(name, folder):
    for suffix, options in EXPORTERS.items():
        torch.manual_seed(1)
        model, inputs = NETWORKS[name]()
        settled(model, inputs)
        path = folder / f"{name}{suffix}.onnx"
        try:
            with silence():
                torch.onnx.export(model, inputs, str(path), verbose=False, **options)
        except Exception as e:
            path.unlink(missing_ok=True)
            print(f"{path.stem}: not exported: {str(e).strip().splitlines()[0][:120]}", flush=True)
            continue
        np.savez(folder / f"{name}{suffix}.npz", *(x.numpy() for x in inputs))
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names")
    args = parser.parse_args()
    if args.list or not args.folder:
        print("\n".join(NETWORKS))
        return
    unknown = set(args.names) - NETWORKS.keys()
    if unknown:
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    args.folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or NETWORKS:
        write(name, args.folder)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares burin with ONNX Runtime: every tensor that survives, every output, the top five, in every mode.

    check.py MODEL.onnx...     needs numpy, onnx, onnxruntime, and a build with -DBURIN_BENCHMARKS=ON

A row is a model, a goal of --optimize, and a way to run it: compiled, or in process. The error is the largest difference by
the largest magnitude of the tensor. Images lie channels last inside, and are turned back. Inputs are random, or those of
MODEL.npz in the model's order. A model with symbols (--dim batch=1..3) is run at both bounds, and its outputs compared.
ways.py runs the models.
"""
import argparse
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx

import ways

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOALS = ("speed", "none", "size", "exact")
WAYS = ("compiled", "in-process")
TOP = 5


def error(actual, expected):
    if actual.shape != expected.shape:
        return np.inf
    a, e = actual.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(a), np.isnan(e)):
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where((a == e) | np.isnan(e), 0, np.abs(a - e))
    magnitude = np.abs(e[np.isfinite(e)]).max(initial=0)
    return float(difference.max(initial=0) / (magnitude or 1))


def layouts(actual, shape):
    """The array as the model has it: as it is, channels first, without a border, or without axes of 1."""
    if list(actual.shape) == list(shape):
        yield actual
    if actual.ndim == len(shape) and actual.ndim >= 3:
        first = np.moveaxis(actual, -1, 1)
        if first.shape[:2] == tuple(shape[:2]) and all(a >= s for a, s in zip(first.shape, shape)):
            yield first[tuple(slice((a - s) // 2, (a - s) // 2 + s) for a, s in zip(first.shape, shape))]
    squeezed = lambda s: [n for n in s if n != 1]
    if squeezed(actual.shape) == squeezed(shape):
        yield actual.reshape(shape)


def tensor_errors(results, expected):
    """The error of each tensor that both have, and the names of those that cannot be compared."""
    errors, others = {}, []
    for name, actual in results:
        found = [error(a, expected[name]) for a in layouts(actual, expected[name].shape)] if name in expected else []
        if found:
            errors[name] = min(found)
        else:
            others.append(name)
    return errors, others


def top_fives(outputs, expected):
    """(equal, all) of the samples, for outputs that rank classes."""
    equal = total = 0
    for got, wanted in zip(outputs, expected):
        for name, e in wanted.items():
            if e.dtype.kind == "f" and e.size >= 100 and e.size == max(e.shape):
                total += 1
                equal += np.array_equal(*(np.argsort(-a.ravel(), kind="stable")[:TOP] for a in (got[name], e)))
    return equal, total


class Network:
    def __init__(self, path, args):
        self.path, self.args, self.model = path, args, onnx.load(path)
        declared = {d.dim_param for i in ways.inputs_of(self.model) for d in i.type.tensor_type.shape.dim if d.dim_param}
        self.bounds = {s: args.dims[s] for s in declared if s in args.dims}
        if declared - self.bounds.keys():
            raise RuntimeError(f"give bounds of {', '.join(sorted(declared - self.bounds.keys()))}: --dim NAME=LOW..HIGH")
        if path.with_suffix(".npz").exists():
            self.samples = [ways.inputs_beside(path, self.model)]
        else:
            ends = zip(*self.bounds.values()) if self.bounds else [()] * args.samples
            extents = [dict(zip(self.bounds, end)) for end in ends]
            self.samples = [ways.random_inputs(self.model, args.seed + k, args.integers, e) for k, e in enumerate(extents)]
        runtime = ways.Onnxruntime(path, self.model)
        self.expected = [runtime.run(inputs) for inputs in self.samples]
        self.tensors = self.expected[0] if self.bounds else runtime.run_all(self.samples[0])
        self.outputs = {}  # of each goal, in process or compiled

    def row(self, goal, way):
        """(tensors compared, errors, top fives): see main."""
        dims = [f"--dim={name}={low}..{high}" for name, (low, high) in self.bounds.items()]
        options = argparse.Namespace(**{**vars(self.args), "options": [*self.args.options, *dims]})
        if self.bounds and way == "compiled":
            return ways.Validated(self.path, goal, options).errors(self.samples, self.expected), [], (0, 0)
        run = (ways.Compiled if way == "compiled" else ways.InProcess)(self.path, goal, options)
        if self.bounds:  # samples of different extents do not stack
            results, outputs = [], [run.run_all([inputs])[1][0] for inputs in self.samples]
        else:
            results, outputs = run.run_all(self.samples)
        errors, others = tensor_errors(results, self.tensors)
        for got, wanted in zip(outputs, self.expected):
            for name in wanted:
                errors[name] = max(errors.get(name, 0), error(got[name], wanted[name]))
        self.outputs[goal, way] = outputs
        return errors, others, top_fives(outputs, self.expected)

    def apart(self):
        """The largest difference between the outputs of two modes."""
        first, *rest = self.outputs.values() or [[]]
        return max((error(b[n], a[n]) for other in rest for a, b in zip(first, other) for n in a), default=0)


def check(path, args):
    network = Network(path, args)
    passed = True
    for goal in args.optimize:
        for way in args.ways:
            start = f"{path.stem:<22} {goal:<6} {way:<11}"
            try:
                errors, others, (equal, total) = network.row(goal, way)
            except (RuntimeError, subprocess.CalledProcessError) as e:
                passed = False
                print(f"{start} FAILED: {(getattr(e, 'stderr', '') or str(e)).strip()[:2000]}", flush=True)
                continue
            wrong = {name: e for name, e in errors.items() if not e <= args.tolerance}
            worst = max(errors, key=errors.get)
            ranks = f"{equal}/{total}" if total else ""
            fine = not wrong and equal == total
            passed &= fine
            print(f"{start} {len(errors):>5} {errors[worst]:>8.1e} {ranks:>7} {'' if fine else 'WRONG':<5} {worst}", flush=True)
            for name, e in list(wrong.items())[:10]:
                print(f"    {name}: {e:.3g}")
            if args.verbose and others:
                print("    not comparable: " + ", ".join(others))
    if len(network.outputs) > 1:
        print(f"{path.stem:<22} between two modes {network.apart():15.1e}", flush=True)
    return passed


def bounds(text):
    match = re.fullmatch(r"(\w+)=(\d+)\.\.(\d+)", text)
    if not match:
        raise argparse.ArgumentTypeError("expected NAME=LOW..HIGH")
    return match[1], (int(match[2]), int(match[3]))


def some_of(known):
    """A list with commas of words that are known."""

    def parse(text):
        words = text.split(",")
        if not set(words) <= set(known):
            raise argparse.ArgumentTypeError(f"expected some of {','.join(known)}")
        return words

    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="folder of the build of burin")
    parser.add_argument("--work", default="bench-work", help="folder for what is generated")
    parser.add_argument("--cxxflags", default="-O2 -march=native", help="for the compiler of C++")
    parser.add_argument("--optimize", type=some_of(GOALS), default=GOALS, metavar="GOAL,...", help="goals to check; all")
    parser.add_argument("--ways", type=some_of(WAYS), default=WAYS, metavar="WAY,...", help="compiled,in-process")
    parser.add_argument("--option", action="append", default=[], help="one more for burin, such as target=mcu-fpu")
    parser.add_argument("--dim", action="append", type=bounds, default=[], metavar="NAME=LOW..HIGH", help="bounds of a symbol")
    parser.add_argument("--samples", type=int, default=20, help="random inputs; tensors inside are those of the first")
    parser.add_argument("--integers", type=int, default=1000, help="integer inputs are random below this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    args.options, args.dims = ["--" + option for option in args.option], dict(args.dim)
    args.program, args.burin = args.build / "tests/bench/burin_bench_networks", args.build / "cli/burin"
    print(f"{'network':<22} {'goal':<6} {'way':<11} {'count':>5} {'error':>8} {'top 5':>7}       worst tensor", flush=True)
    passed = True
    for path in args.models:
        try:
            passed &= check(path, args)
        except Exception as e:  # of the model alone: the others go on
            passed = False
            print(f"{path.stem:<22} FAILED: {e}".rstrip(), flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

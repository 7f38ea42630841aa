#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares silero-vad, a detector of speech with state, with PyTorch or ONNX Runtime on every chunk of
a recording. Takes what it compares, since nothing of it lies in this repository:

  check_silero.py BURIN MODEL AUDIO.wav [--rate 8000 16000] [--seconds 60] [--cc g++]

MODEL is silero_vad.jit (needs torch) or silero_vad.onnx (needs onnxruntime), as in the package
silero-vad of PyPI; AUDIO.wav has one channel of 16 bits at 16 kHz or 8 kHz. Exit code 1 if a
probability is off by more than 1e-4.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import wave

import numpy as np

CHUNK, CONTEXT = {8000: 256, 16000: 512}, {8000: 32, 16000: 64}


def samples_of(path, rate):
    with wave.open(path) as file:
        if file.getnchannels() != 1 or file.getsampwidth() != 2:
            sys.exit(f"{path} is not of one channel of 16 bits")
        own = file.getframerate()
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
    if own == rate:
        return data
    if own == 2 * rate:
        return data[::2].copy()
    if rate == 2 * own:
        return np.repeat(data, 2)
    sys.exit(f"{path} has {own} samples a second")


def by_torch(path, chunks, rate):
    import torch

    model = torch.jit.load(path).eval()
    model.reset_states()
    with torch.no_grad():
        return chunks, np.stack([model(torch.from_numpy(c), rate).numpy() for c in chunks])


def by_onnxruntime(path, chunks, rate):
    """The caller keeps the end of the last chunk in front of the next one, and the state."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT[rate]), np.float32)
    inputs, outputs = [], []
    for chunk in chunks:
        x = np.concatenate([context, chunk], 1)
        y, state = session.run(None, {"input": x, "state": state, "sr": np.array(rate, np.int64)})
        context = x[:, -CONTEXT[rate] :]
        inputs.append(x)
        outputs.append(y)
    return np.stack(inputs), np.stack(outputs)


def check(arguments, rate, folder):
    samples = samples_of(arguments.audio, rate)[: rate * arguments.seconds]
    size = CHUNK[rate]
    chunks = samples[: len(samples) // size * size].reshape(-1, 1, size)
    is_onnx = arguments.model.endswith(".onnx")
    inputs, outputs = (by_onnxruntime if is_onnx else by_torch)(arguments.model, chunks, rate)
    name = "input" if is_onnx else "x"
    data = pathlib.Path(folder) / f"{rate}.npz"
    np.savez(data, **{f"in:{name}": inputs, "out:output": outputs})
    command = [arguments.burin, "validate", arguments.model, f"--data={data}", "--sequence",
               f"--input-shape={name}:1x{inputs.shape[2]}", f"--arg=sr={rate}", "--atol=1e-4", "--rtol=0"]
    if is_onnx:
        command += ["--input-shape=state:2x1x128", "--state=state=stateN"]
    command += [f"--cc={arguments.cc}"] if arguments.cc else ["--in-process"]
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"{rate} Hz, {len(chunks)} chunks, probabilities {outputs.min():.4f} to {outputs.max():.4f}")
    print(done.stdout + done.stderr, end="")
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("burin")
    parser.add_argument("model")
    parser.add_argument("audio")
    parser.add_argument("--rate", type=int, nargs="+", default=[8000, 16000], choices=CHUNK)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--cc", help="compile it; otherwise it runs inside of burin")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        passed = [check(arguments, rate, folder) for rate in arguments.rate]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a large model costs the compiler: makes an ONNX model of some GB with external data, compiles
it under a limit of memory, and prints time, peak of resident and of anonymous memory.

  memory.py BURIN [--gigabytes 4] [--form incbin] [--folder DIR] [--keep]

The limit is that of the design: 0.3 of the weights and 100 MB, of memory that no file backs. Exit
code 1 if the program needs more. Mapped files are resident too, but the system takes that memory back
when another needs it."""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

WIDTH = 4096  # of the layers: 64 MiB each


def varint(n):
    out = bytearray()
    while True:
        out.append(n & 127 | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes(out)


def field(number, value):
    """A field of a message: a number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def value_info(name, shape):
    dims = b"".join(field(1, field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def tensor(name, shape, location, offset, length):
    entries = (("location", location), ("offset", str(offset)), ("length", str(length)))
    return (b"".join(field(1, n) for n in shape) + field(2, 1) + field(8, name) +
            b"".join(field(13, field(1, k) + field(2, v)) for k, v in entries) + field(14, 1))


def make_model(folder, layers):
    """x[1, WIDTH] through `layers` products with Relu: numbers that differ from layer to layer."""
    bytes_each = WIDTH * WIDTH * 4
    chunk = bytearray(os.urandom(bytes_each // 16))
    chunk[3::4] = bytes(0x3B + (b & 1) for b in chunk[3::4])  # about 1e-3 to 1e-1
    graph = b""
    with open(os.path.join(folder, "weights.bin"), "wb") as data:
        for i in range(layers):
            chunk[0:2] = i.to_bytes(2, "little")
            for _ in range(16):
                data.write(chunk)
    for i in range(layers):
        graph += field(1, field(1, f"x{i}") + field(1, f"w{i}") + field(2, f"p{i}") +
                       field(3, f"product{i}") + field(4, "MatMul"))
        graph += field(1, field(1, f"p{i}") + field(2, f"x{i + 1}") + field(3, f"relu{i}") +
                       field(4, "Relu"))
    graph += field(2, "large")
    for i in range(layers):
        graph += field(5, tensor(f"w{i}", (WIDTH, WIDTH), "weights.bin", i * bytes_each, bytes_each))
    graph += field(11, value_info("x0", (1, WIDTH)))
    graph += field(12, value_info(f"x{layers}", (1, WIDTH)))
    model = field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))
    with open(os.path.join(folder, "large.onnx"), "wb") as file:
        file.write(model)
    return layers * bytes_each


def anonymous(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("burin")
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--form", default="incbin", help="of --weights: incbin, file or caller")
    parser.add_argument("--folder", help="for the model and what is generated; needs twice the size")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(dir=arguments.folder)
    try:
        weights = make_model(folder, max(1, round(arguments.gigabytes * 2**30 / WIDTH**2 / 4)))
        limit = int(0.3 * weights) + 100 * 10**6
        start = time.monotonic()
        process = subprocess.Popen(
            [arguments.burin, "compile", os.path.join(folder, "large.onnx"), "-o",
             os.path.join(folder, "out"), "--weights", arguments.form, "-q"],
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)))
        most = 0
        while process.poll() is None:
            most = max(most, anonymous(process.pid))
            time.sleep(0.005)
        seconds = time.monotonic() - start
        resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(f"weights {weights / 2**20:.0f} MiB, --weights {arguments.form}: {seconds:.1f} s, "
              f"resident {resident / 2**20:.0f} MiB, anonymous {most / 2**20:.0f} MiB "
              f"of {limit / 2**20:.0f} allowed, exit code {process.returncode}")
        return 0 if process.returncode == 0 and most <= limit else 1
    finally:
        if arguments.keep:
            print(folder)
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())

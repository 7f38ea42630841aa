#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a large model costs the compiler: makes a model of some GB, compiles it under a limit of memory,
and prints time, peak of resident and of anonymous memory. It is an ONNX model with external data, a
TorchScript archive, or a SavedModel with its weights as constants of the graph (below 2 GB).

  memory.py BURIN [--format onnx] [--gigabytes 4] [--form incbin] [--folder DIR] [--keep]

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
import zipfile

WIDTH = 4096  # of the layers: 64 MiB each
BYTES_EACH = WIDTH * WIDTH * 4


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


def weights_of(layer, chunk=bytearray(os.urandom(WIDTH * WIDTH // 4))):
    """The numbers of a layer in parts: 16 times the same ones, which differ from layer to layer."""
    if layer == 0:
        chunk[3::4] = bytes(0x3B + (b & 1) for b in chunk[3::4])  # about 1e-3 to 1e-1
    part = layer.to_bytes(2, "little") + bytes(chunk[2:])
    return [part] * 16


def make_onnx(folder, layers):
    """x[1, WIDTH] through `layers` products with Relu, as are the other two."""
    graph = b""
    with open(os.path.join(folder, "weights.bin"), "wb") as data:
        for i in range(layers):
            data.writelines(weights_of(i))
    for i in range(layers):
        graph += field(1, field(1, f"x{i}") + field(1, f"w{i}") + field(2, f"p{i}") +
                       field(3, f"product{i}") + field(4, "MatMul"))
        graph += field(1, field(1, f"p{i}") + field(2, f"x{i + 1}") + field(3, f"relu{i}") +
                       field(4, "Relu"))
    graph += field(2, "large")
    for i in range(layers):
        graph += field(5, tensor(f"w{i}", (WIDTH, WIDTH), "weights.bin", i * BYTES_EACH, BYTES_EACH))
    graph += field(11, value_info("x0", (1, WIDTH)))
    graph += field(12, value_info(f"x{layers}", (1, WIDTH)))
    model = field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))
    path = os.path.join(folder, "large.onnx")
    with open(path, "wb") as file:
        file.write(model)
    return [path]


def pickled(text):
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def make_torchscript(folder, layers):
    """Its archive by hand: the pickle of the module, the program, a record for each weight."""
    state = pickled("training") + b"\x89"
    for i in range(layers):
        storage = (b"(" + pickled("storage") + b"ctorch\nFloatStorage\n" + pickled(str(i)) +
                   pickled("cpu") + b"J" + (WIDTH * WIDTH).to_bytes(4, "little") + b"tQ")
        extents = [b"J" + n.to_bytes(4, "little") for n in (WIDTH, WIDTH, WIDTH, 1)]
        state += (pickled(f"w{i}") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0" +
                  extents[0] + extents[1] + b"\x86" + extents[2] + extents[3] + b"\x86\x89" +
                  b"ccollections\nOrderedDict\n)RtR")
    code = ["class Large(Module):", f"  __parameters__ = [{''.join(f'{chr(34)}w{i}{chr(34)}, ' for i in range(layers))}]",
            "  __buffers__ = []", "  training : bool", *(f"  w{i} : Tensor" for i in range(layers)),
            "  def forward(self: __torch__.Large,", "    x: Tensor) -> Tensor:"]
    for i in range(layers):
        code.append(f"    x{i} = torch.relu(torch.matmul({f'x{i - 1}' if i else 'x'}, self.w{i}))")
    code.append(f"    return x{layers - 1}")
    path = os.path.join(folder, "large.pt")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr("large/data.pkl", b"\x80\x02c__torch__\nLarge\n)\x81}(" + state + b"ub.")
        archive.writestr("large/code/__torch__.py", "\n".join(code) + "\n")
        archive.writestr("large/constants.pkl", b"\x80\x02).")
        archive.writestr("large/version", "3\n")
        for i in range(layers):
            info = zipfile.ZipInfo(f"large/data/{i}")
            pad = -(archive.fp.tell() + 30 + len(info.filename) + 4) % 64  # as torch aligns them
            info.extra = b"FB" + pad.to_bytes(2, "little") + b"Z" * pad
            with archive.open(info, "w") as record:
                for part in weights_of(i):
                    record.write(part)
    return [path, f"--input-shape=x:1x{WIDTH}"]


class Message:
    """A message in parts, so that weights are not copied into it."""

    def __init__(self, *parts):
        self.parts = [p for part in parts for p in (part.parts if isinstance(part, Message) else [part])]
        self.size = sum(map(len, self.parts))

    def as_field(self, number):
        return Message(varint(number << 3 | 2) + varint(self.size), self)


def entry(number, key, value):
    """Of a map."""
    return Message(field(1, key), Message(value).as_field(2)).as_field(number)


def make_savedmodel(folder, layers):
    shape = b"".join(field(2, field(1, n)) for n in (WIDTH, WIDTH))
    row = field(2, field(1, 1)) + field(2, field(1, WIDTH))
    float_type = field(6, 1)

    def node(name, op, inputs, **attributes):
        return Message(field(1, name), field(2, op), *(field(3, i) for i in inputs),
                       *(entry(5, key, value) for key, value in attributes.items())).as_field(1)

    nodes = [node("x", "Placeholder", [], dtype=float_type, shape=field(7, row))]
    for i in range(layers):
        content = Message(varint(4 << 3 | 2) + varint(BYTES_EACH), *weights_of(i))
        value = Message(field(1, 1), field(2, shape), content).as_field(8)
        nodes.append(node(f"w{i}", "Const", [], dtype=float_type, value=value))
        nodes.append(node(f"p{i}", "MatMul", [f"r{i - 1}" if i else "x", f"w{i}"], T=float_type))
        nodes.append(node(f"r{i}", "Relu", [f"p{i}"], T=float_type))
    def port(name):
        return field(1, name + ":0") + field(2, 1) + field(3, row)
    signature = Message(entry(1, "x", port("x")), entry(2, "y", port(f"r{layers - 1}")),
                        field(3, "tensorflow/serving/predict"))
    meta = Message(field(1, field(4, "serve")), Message(*nodes, field(4, field(1, 1482))).as_field(2),
                   entry(5, "serving_default", signature))
    path = os.path.join(folder, "large")
    os.mkdir(path)
    with open(os.path.join(path, "saved_model.pb"), "wb") as file:
        file.writelines(Message(field(1, 1), meta.as_field(2)).parts)
    return [path]


MAKERS = {"onnx": make_onnx, "torchscript": make_torchscript, "savedmodel": make_savedmodel}


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
    parser.add_argument("--format", default="onnx", choices=MAKERS)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--form", default="incbin", help="of --weights: incbin, file or caller")
    parser.add_argument("--folder", help="for the model and what is generated; needs twice the size")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(dir=arguments.folder)
    try:
        layers = max(1, round(arguments.gigabytes * 2**30 / BYTES_EACH))
        model = MAKERS[arguments.format](folder, layers)
        weights = layers * BYTES_EACH
        limit = int(0.3 * weights) + 100 * 10**6
        start = time.monotonic()
        process = subprocess.Popen(
            [arguments.burin, "compile", *model, "-o", os.path.join(folder, "out"), "--weights",
             arguments.form, "-q"],
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)))
        most = 0
        while process.poll() is None:
            most = max(most, anonymous(process.pid))
            time.sleep(0.005)
        seconds = time.monotonic() - start
        resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(f"{arguments.format}, weights {weights / 2**20:.0f} MiB, --weights {arguments.form}: {seconds:.1f} s, "
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

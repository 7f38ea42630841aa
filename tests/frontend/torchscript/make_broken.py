#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes broken/: archives that are damaged, hostile or something else, each with the message that
burin must answer in broken/messages.txt (NAME: text). Made from zoo/cnn.traced.pt and by hand; needs
no PyTorch."""
import io
import pathlib
import struct
import zipfile

HERE = pathlib.Path(__file__).parent
OUT = HERE / "broken"
MESSAGES = {}


def members():
    with zipfile.ZipFile(HERE / "zoo" / "cnn.traced.pt") as z:
        return {name: z.read(name) for name in z.namelist()}


GOOD = members()
ROOT = next(iter(GOOD)).split("/")[0]
CODE = next(name for name, data in GOOD.items() if name.endswith(".py") and b"class Cnn(" in data)
MODULE = CODE[len(ROOT) + 6 : -3].replace("/", ".")


def packed(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, data in files.items():
            z.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def write(name, data, message):
    (OUT / name).write_bytes(data)
    MESSAGES[name] = message


def changed(name, **files):
    """The good archive with members replaced; None takes one away."""
    all = dict(GOOD)
    for key, data in files.items():
        path = f"{ROOT}/{PATHS[key]}"
        if data is None:
            all.pop(path)
        else:
            all[path] = data
    return packed(all)


PATHS = {
    "pickle": "data.pkl", "constants": "constants.pkl", "version": "version", "order": "byteorder",
    "code": CODE[len(ROOT) + 1 :], "weights": "data/0", "examples": "traced_inputs.pkl",
}


def container():
    good = packed(GOOD)
    write("cut.pt", good[: len(good) // 2], "cut off: it has no directory")
    write("header.pt", good[:40], "cut off: it has no directory")
    at = good.index(b"PK\x01\x02")
    write("directory.pt", good[:at] + b"PK\x07\x07" + good[at + 4 :], "the directory of the archive is damaged")
    stored = packed(GOOD, zipfile.ZIP_STORED)
    spot = stored.index(GOOD[f"{ROOT}/data/0"])
    write("checksum.pt", stored[:spot] + b"\xff" + stored[spot + 1 :], "the checksum of the member 'data/0'")
    write("outside.pt", packed(GOOD | {"elsewhere/x": b""}), "'elsewhere/x' lies outside of the folder")
    write("bzip.pt", packed(GOOD, zipfile.ZIP_BZIP2), "is packed by method 12")
    big = bytearray(good)
    struct.pack_into("<I", big, at + 24, 0x7FFFFFF0)
    write("bomb.pt", bytes(big), "")
    write("empty.pt", packed({}), "an empty zip archive")


def lookalikes():
    write("state_dict.pt", packed({"a/data.pkl": b"\x80\x02}.", "a/version": b"3\n"}), "a state_dict")
    write("legacy.pt", b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46" + b"\0" * 20, "before PyTorch 1.6")
    write("old.pt", packed({"a/model.json": b"{}"}), "PyTorch 1.0 to 1.2")
    write("mobile.ptl", packed({"a/bytecode.pkl": b"", "a/data.pkl": b""}), "a mobile module")
    write("flat.ff", b"\x10\0\0\0PTMF" + b"\0" * 20, "flatbuffers")
    write("package.pt", packed({"a/.data/ts_code/0/data.pkl": b"", "a/x": b""}), "a torch.package")
    write("arrays.npz", packed({"x.npy": b""}), "an archive of numpy arrays")
    write("office.docx", packed({"word/document.xml": b""}), "a zip archive without code/")
    write("preview.pt", b"PYTORCH1" + b"\0" * 20, "preview")
    write("source.pt", b"op_version_set = 1\n", "TorchScript source without its archive")
    write("weights.safetensors", struct.pack("<Q", 2) + b"{}", "a safetensors file")
    write("packed.tar", b"\0" * 257 + b"ustar" + b"\0" * 250, "a tar archive")


def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def tensor(storage="FloatStorage", key="0", numel=36, offset=0, size=(4,), stride=(1,), pid=b"storage"):
    def ints(t):
        return b"(" + b"".join(b"J" + struct.pack("<i", i) for i in t) + b"t"

    id = b"(" + text(pid.decode()) + b"ctorch\n" + storage.encode() + b"\n" + text(key) + text("cpu") + b"J" + struct.pack("<i", numel) + b"tQ"
    args = b"(" + id + b"J" + struct.pack("<i", offset) + ints(size) + ints(stride) + b"\x89ccollections\nOrderedDict\n)Rt"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + args + b"R"


def model_of(value):
    return f"\x80\x02c{MODULE}\nCnn\n)\x81}}(".encode("latin-1") + text("x") + value + b"ub."


def pickles():
    def case(name, data, message):
        write(name, changed(name, pickle=data), message)

    case("protocol.pt", b"\x80\x04N.", "it is not a pickle of protocol 2")
    case("no_stop.pt", b"\x80\x02N", "it is cut off")
    case("opcode.pt", b"\x80\x02\x93.", "the opcode 0x93")
    case("underflow.pt", b"\x80\x02R.", "the stack is empty")
    case("no_mark.pt", b"\x80\x02Nt.", "there is no mark")
    case("memo.pt", b"\x80\x02h\x07.", "nothing was kept as 7")
    case("odd_dict.pt", b"\x80\x02}(Nu.", "a key without a value")
    case("long.pt", b"\x80\x02\x8a\x04\0\0\0\0.", "an integer of 4 bytes")
    case("long_text.pt", b"\x80\x02X\xff\xff\xff\x7fabc.", "it is cut off")
    case("system.pt", b"\x80\x02cposix\nsystem\n(" + text("id") + b"tR.", "calls posix.system")
    case("inside.pt", model_of(b"cbuiltins\neval\n(" + text("1") + b"tR"), "calls builtins.eval")
    case("object.pt", model_of(b"cos\nPathLike\n)\x81}b"), "an object of os.PathLike")
    case("global.pt", model_of(b"cos\nsystem\n"), "os.system stands where a value is expected")
    case("no_module.pt", b"\x80\x02N.", "the archive holds no module")
    case("callee.pt", b"\x80\x02N)R.", "expected a global and a tuple")
    case("twice.pt", f"\x80\x02c{MODULE}\nCnn\n)\x81}}b}}b.".encode("latin-1"), "an object has two states")
    case("beyond.pt", model_of(tensor(size=(40,))), "reaches beyond its storage")
    case("offset.pt", model_of(tensor(offset=35)), "reaches beyond its storage")
    case("stride.pt", model_of(tensor(size=(2,), stride=(2**31 - 1,))), "reaches beyond its storage")
    case("negative.pt", model_of(tensor(size=(-1,))), "a size or a stride is negative")
    case("huge.pt", model_of(tensor(size=(2**31 - 1, 2**31 - 1, 4), stride=(0, 0, 0))), "")
    case("repeats.pt", model_of(tensor(size=(2**30,), stride=(0,))), "repeats its storage too often")
    case("ranks.pt", model_of(tensor(size=(2, 2), stride=(1,))), "do not fit together")
    case("storage.pt", model_of(tensor(key="99")), "the archive has no member 'data/99'")
    case("short.pt", model_of(tensor(numel=1000)), "expected 1000 elements of f32")
    case("id.pt", model_of(tensor(pid=b"module")), "another form than PyTorch writes")
    case("deep.pt", f"\x80\x02c{MODULE}\nCnn\n)\x81}}(".encode("latin-1") + text("x") + b"(" * 2000 + b"t" * 2000 + b"ub.", "too deep")
    case("cycle.pt", b"\x80\x02]q\x00h\x00a.", "")


def programs():
    code = GOOD[CODE].decode()
    head = code[: code.index("  def forward")]
    start = f"  def forward(self: {MODULE}.Cnn,\n    x: Tensor) -> Tensor:\n"

    def case(name, body, message):
        write(name, changed(name, code=(head + start + body).encode()), message)

    case("operator.pt", "    return torch.frobnicate(x)\n", "the operator aten::frobnicate is not supported")
    case("two_operators.pt", "    y = torch.frobnicate(x)\n    z = torch.quux(x, y)\n    return ops.acme.zap(x)\n", "acme::zap is not supported")
    case("overload.pt", "    return torch.relu(x, 1)\n", "fits no overload")
    case("syntax.pt", "    return torch.relu(x\n", "expected ','")
    case("plus.pt", "    return x + x\n", "edited by hand")
    case("indent.pt", "    y = x\n  z = x\n      return y\n", "")
    case("escape.pt", '    y = "\\x41"\n    return x\n', "an escape that PyTorch does not print")
    case("text.pt", '    y = "abc\n    return x\n', "a text without its end")
    case("nested.pt", "    return " + "(" * 3000 + "x" + ")" * 3000 + "\n", "nests too deeply")
    case("dots.pt", "    return x" + ".a" * 3000 + "\n", "nests too deeply")
    case("name.pt", "    return y\n", "'y' is not defined here")
    case("attribute.pt", "    return self.nothing\n", "has no attribute 'nothing'")
    case("method.pt", "    return (self).nothing(x, )\n", "has no method 'nothing'")
    case("recursion.pt", "    return (self).forward(x, )\n", "call each other too deeply")
    case("forever.pt", "    c = True\n    while c:\n      y = torch.relu(x)\n      c = True\n    return x\n", "the loop runs more than")
    case("raise.pt", '    ops.prim.RaiseException("not today")\n    return x\n', "the program always ends in an exception: not today")
    case("shape.pt", "    return torch.reshape(x, [3, 5])\n", "elements do not make the shape")
    case("axis.pt", "    return torch.softmax(x, 7)\n", "expected one of a tensor of rank 4")
    case("training.pt", "    return torch.dropout(x, 0.5, True)\n", "dropout in training mode")
    case("index.pt", "    return torch.select(x, 0, 9)\n", "out of range")
    case("unpack.pt", "    a, b, = (x, x, x)\n    return a\n", "3 values is unpacked into 2 names")
    case("class.pt", "    return __torch__.missing.Thing(x)\n", "has no source in the archive")
    case("constant.pt", "    return CONSTANTS.c7\n", "there is no CONSTANTS.c7")
    case("reshaped_write.pt", "    y = torch.reshape(torch.transpose(x, 2, 3), [64])\n    z = torch.add_(x, 1)\n    return torch.relu(y)\n", "a copy or a view")
    case("sparse.pt", "    return torch.add(x, torch.zeros([8], dtype=6, layout=1))\n", "the layout 1 of torch: a sparse tensor")
    complex = "torch.view_as_complex(torch.reshape(x, [32, 2]))"
    case("complex_output.pt", f"    return {complex}\n", "is a complex tensor")
    case("complex_relu.pt", f"    return torch.abs(torch.relu({complex}))\n", "aten::relu of a complex tensor")
    case("matrix_norm.pt", "    return torch.linalg_norm(torch.squeeze(x), 2)\n", "which needs its singular values")
    case("scalar_list.pt", "    return torch.add(torch.as_tensor([[1, 2], [3]]), x)\n", "not of one length")
    case("string_output.pt", '    return "text"\n', "expected tensors and numbers")
    both = f"\x80\x02c{MODULE}\nCnn\n)\x81}}(".encode("latin-1") + text("a") + tensor() + text("b") + tensor(offset=2) + b"ub."
    body = "    a = self.a\n    _0 = torch.add_(a, 1)\n    return torch.relu(x)\n"
    write("shared_write.pt", changed("shared_write.pt", pickle=both, code=(head + start + body).encode()), "shares its memory with another")
    write("future.pt", changed("future.pt", version=b"11\n"), "the archive has version 11")
    write("no_version.pt", changed("no_version.pt", version=b"x\n"), "holds no version")
    write("endian.pt", changed("endian.pt", order=b"big"), "stored big-endian")
    write("no_shapes.pt", changed("no_shapes.pt", examples=None), "has no shape: a TorchScript model holds none")
    write("no_weights.pt", changed("no_weights.pt", weights=None), "the archive has no member 'data/0'")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    container(), lookalikes(), pickles(), programs()
    (OUT / "messages.txt").write_text("".join(f"{k}: {v}\n" for k, v in sorted(MESSAGES.items())))
    print(len(MESSAGES), "files")

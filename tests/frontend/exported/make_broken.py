#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes broken/: .pt2 files that are damaged, hostile or beyond what burin compiles, each with the
message that it must answer in broken/messages.txt (NAME: text). Made from the files of zoo/; needs no
PyTorch."""
import io
import json
import pathlib
import zipfile

HERE = pathlib.Path(__file__).parent
OUT = HERE / "broken"
MESSAGES = {}


def members(name):
    with zipfile.ZipFile(HERE / "zoo" / name) as z:
        return {n: z.read(n) for n in z.namelist()}


NEW, OLD = members("batch.pt2"), members("batch.old.pt2")
ROOT = next(iter(NEW)).split("/")[0]
MODEL, WEIGHTS = f"{ROOT}/models/model.json", f"{ROOT}/data/weights/model_weights_config.json"


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, data in files.items():
            if data is not None:
                z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write(name, data, message):
    (OUT / f"{name}.pt2").write_bytes(data)
    MESSAGES[f"{name}.pt2"] = message


def container():
    good = packed(NEW)
    write("cut", good[: len(good) // 2], "cut off: it has no directory")
    write("no_program", packed(NEW | {MODEL: None}), "no program of torch.export")
    write("two_programs", packed(NEW | {MODEL: None} | {f"{ROOT}/models/{n}.json": NEW[MODEL] for n in "ab"}),
          "the archive has the programs a, b")
    write("big_endian", packed(NEW | {f"{ROOT}/byteorder": b"big"}), "stored big-endian")
    write("no_weights", packed(NEW | {WEIGHTS: None}), "no member 'data/weights/model.pt'")
    write("old_no_weights", packed(OLD | {"serialized_state_dict.pt": None}), "no member 'serialized_state_dict.pt'")
    write("old_no_zip", packed(OLD | {"serialized_state_dict.pt": b"PK"}), "cut off: it has no directory")
    write("old_list", packed(OLD | {"serialized_state_dict.pt": packed({"a/data.pkl": b"\x80\x02]."})}), "no dict of tensors")
    write("old_call", packed(OLD | {"serialized_state_dict.pt": packed({"a/data.pkl": b"\x80\x02cos\nsystem\n(X\x04\0\0\0trueq\0tR."})}),
          "it is not executed")
    write("aoti", packed({f"{ROOT}/archive_format": b"pt2", f"{ROOT}/data/aotinductor/model/a.so": b"\x7fELF"}), "AOTInductor")


def text():
    def of(data):
        return packed(NEW | {MODEL: data})

    write("empty", of(b""), "models/model.json is no JSON")
    write("no_json", of(b"{'a': 1}"), "models/model.json is no JSON")
    write("no_utf8", of(b'{"a": "\xff"}'), "models/model.json is no JSON")
    write("number", of(b'{"a": 1e999}'), "models/model.json is no JSON")
    write("list", of(b"[]"), "models/model.json is a list, expected an object")
    write("deep", of(b"[" * 100000 + b"]" * 100000), "values lie too deep inside each other")
    write("no_members", of(b"{}"), "models/model.json: it has no 'schema_version'")


def changed(name, change, message, model="batch.pt2"):
    """The program of a file with one change."""
    files = members(model)
    path = next(n for n in files if "/models/" in n)
    program = json.loads(files[path])
    change(program)
    write(name, packed(files | {path: json.dumps(program)}), message)


def graph(program):
    return program["graph_module"]["graph"]


def node(program, target):
    return next(n for n in graph(program)["nodes"] if n["target"].endswith(target))


def specs(program):
    return program["graph_module"]["signature"]


def program():
    changed("schema", lambda p: p["schema_version"].update(major=9), "the program has the schema 9.")
    changed("no_graph", lambda p: p["graph_module"].pop("graph"), "graph_module: it has no 'graph'")
    changed("target", lambda p: graph(p)["nodes"][0].update(target=7), "target is 7, expected a text")
    changed("target_form", lambda p: graph(p)["nodes"][1].update(target="torch.ops.aten"), "expected torch.ops.NAMESPACE.NAME.OVERLOAD")
    changed("unknown_op", lambda p: node(p, "relu.default").update(target="torch.ops.my.filter.default"),
            "the operator my::filter is not supported")
    changed("unknown_order", lambda p: node(p, "relu.default").update(target="torch.ops.higher_order.flex_attention"),
            "the operator torch.ops.higher_order.flex_attention is not supported")
    changed("unknown_python", lambda p: node(p, "_operator.mul").update(target="os.system"), "the operator os.system is not supported")
    changed("no_value", lambda p: node(p, "relu.default")["inputs"][0]["arg"]["as_tensor"].update(name="relu"),
            "'relu' is used, and nothing before it makes it")
    changed("twice", lambda p: graph(p)["nodes"].append(graph(p)["nodes"][-1]), "is defined twice")
    changed("argument_name", lambda p: node(p, "relu.default")["inputs"][0].update(name="other"), "fits no overload")
    changed("argument_kind", lambda p: node(p, "relu.default")["inputs"][0].update(arg={"as_complex": {"real": 1.0, "imag": 0.0}}),
            "an argument of the kind as_complex is not supported")
    changed("union", lambda p: node(p, "relu.default")["inputs"][0].update(arg={"as_int": 1, "as_float": 1.0}),
            "it has 2 members, expected one")
    changed("huge_integer", lambda p: node(p, "_operator.mul")["inputs"][1].update(arg={"as_int": 2**63}),
            "expected an integer of 64 bits")
    changed("memory_format", lambda p: node(p, "relu.default")["inputs"].append({"name": "f", "arg": {"as_memory_format": 9}, "kind": 1}),
            "expected a memory format from 1 to 4")
    changed("sparse", lambda p: node(p, "relu.default")["inputs"].append({"name": "f", "arg": {"as_layout": 1}, "kind": 1}),
            "only dense tensors are supported")
    changed("types", lambda p: graph(p)["tensor_values"]["relu"].update(dtype=8), "'relu' is f32")
    changed("shapes", lambda p: graph(p)["tensor_values"]["relu"]["sizes"].pop(), "'relu' is f32")
    changed("outputs", lambda p: graph(p)["outputs"].pop(), "entries for the")
    changed("inputs", lambda p: graph(p)["inputs"].pop(), "entries for the")
    changed("tree_version", lambda p: p["graph_module"]["module_call_graph"][0]["signature"].update(in_spec="[9, {}]"),
            "expected a tree of version 1")
    changed("tree_text", lambda p: p["graph_module"]["module_call_graph"][0]["signature"].update(out_spec="[1"), "out_spec is no JSON")
    changed("token", lambda p: specs(p)["input_specs"].__setitem__(0, {"token": {"arg": {"name": "t"}}}), "an input of the kind token")
    changed("loss", lambda p: specs(p)["output_specs"].__setitem__(0, {"loss_output": {"arg": {"name": "linear"}}}),
            "an output of the kind loss_output")
    changed("no_tensor", lambda p: specs(p)["input_specs"][0]["parameter"].update(parameter_name="nothing"), "no tensor 'nothing'")
    changed("same_tensor", lambda p: specs(p)["input_specs"][1]["parameter"].update(parameter_name="conv.weight"), "is an input twice")


def extents():
    def size(text):
        def change(p):
            graph(p)["tensor_values"]["x"]["sizes"][0]["as_expr"]["expr_str"] = text
        return change

    changed("extent_text", size("Add(Symbol('s77')"), "this extent cannot be read")
    changed("extent_deep", size("(" * 900), "too deep inside each other")
    changed("extent_function", size("Gamma(Symbol('s77'))"), "Gamma of 1 values is not supported")
    changed("extent_zero", size("FloorDiv(Symbol('s77'), Integer(0))"), "divided by what is no positive number")
    changed("extent_long", size("1 + " * 1000 + "1"), "it is too long")
    changed("extent_negative", lambda p: graph(p)["tensor_values"]["x"]["sizes"].__setitem__(0, {"as_int": -2}), "an extent is negative")
    changed("range", lambda p: p["range_constraints"].update({k: {"min_val": 9, "max_val": 2} for k in p["range_constraints"]}),
            "the range 9..2 is empty")
    changed("open", lambda p: p["range_constraints"].clear(), "extents of inputs are open")


def weights():
    def config(name, change, message):
        files = members("batch.pt2")
        table = json.loads(files[WEIGHTS])
        change(table["config"]["conv.weight"])
        write(name, packed(files | {WEIGHTS: json.dumps(table)}), message)

    config("weight_shape", lambda w: w["tensor_meta"]["sizes"].__setitem__(0, {"as_int": 1 << 40}), "it reaches beyond its storage")
    config("weight_overflow", lambda w: w["tensor_meta"].update(sizes=[{"as_int": 1 << 62}] * 4), "it reaches beyond its storage")
    config("weight_negative", lambda w: w["tensor_meta"].update(storage_offset={"as_int": -4}), "sizes and strides do not fit together")
    config("weight_strides", lambda w: w["tensor_meta"]["strides"].pop(), "sizes and strides do not fit together")
    config("weight_dtype", lambda w: w["tensor_meta"].update(dtype=10), "elements of the dtype 10 are not supported")
    config("weight_layout", lambda w: w["tensor_meta"].update(layout=1), "only dense tensors are supported")
    config("weight_pickle", lambda w: w.update(use_pickle=True), "is of a subclass of Tensor")
    config("weight_path", lambda w: w.update(path_name="../../x"), "no member 'data/weights/../../x'")
    config("weight_symbol", lambda w: w["tensor_meta"]["sizes"].__setitem__(0, {"as_expr": {"expr_str": "s0"}}), "the sizes of a weight must be numbers")


def control():
    cond = "cond.pt2"
    changed("cond_no_graph", lambda p: node(p, "cond")["inputs"][1].update(arg={"as_int": 1}), "expected a graph", cond)
    changed("cond_arguments", lambda p: node(p, "cond")["inputs"].pop(), "3 arguments, expected 4", cond)

    def inner(p, number):
        return node(p, "cond")["inputs"][number]["arg"]["as_graph"]["graph"]

    changed("cond_inputs", lambda p: inner(p, 1)["inputs"].pop(), "the graph has 4 inputs and gets 5", cond)
    changed("cond_results", lambda p: inner(p, 1)["outputs"].pop(), "result 1 of the branches", cond)

    changed("while_condition", lambda p: node(p, "while_loop")["inputs"][0]["arg"]["as_graph"]["graph"]["outputs"].clear(),
            "the condition of a loop is one value", "while.pt2")
    changed("scan_nothing", lambda p: node(p, "scan")["inputs"][2].update(arg={"as_tensors": []}), "a scan over nothing", "scan.pt2")
    changed("autocast", lambda p: node(p, "wrap_with_autocast")["inputs"][2].update(arg={"as_bool": True}), "a region of autocast", "wrapped.pt2")
    changed("write_in_branch", lambda p: next(n for n in inner(p, 1)["nodes"] if n["target"].endswith("add.Tensor")).update(
        target="torch.ops.aten.add_.Tensor"), "writes into a tensor from around it", cond)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*"):
        old.unlink()
    for part in (container, text, program, extents, weights, control):
        part()
    (OUT / "messages.txt").write_text("".join(f"{name}: {MESSAGES[name]}\n" for name in sorted(MESSAGES)))
    print(len(MESSAGES), "files")

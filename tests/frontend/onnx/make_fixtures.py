#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes fixtures/: models as the onnx package writes them (pip install onnx)."""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent / "fixtures"
F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def value(name, kind=F, shape=(2,)):
    return helper.make_tensor_value_info(name, kind, shape)


def save(name, graph, functions=(), opsets=(("", 21),), ir=10):
    imports = [helper.make_opsetid(*o) for o in opsets]
    model = helper.make_model(graph, opset_imports=imports, functions=functions, ir_version=ir)
    onnx.save(model, FOLDER / name)


def every_type():
    """Each data type once in its typed field and once raw; the names say which."""
    tensors = []
    for name, kind in TensorProto.DataType.items():
        if kind in (TensorProto.UNDEFINED,):
            continue
        if kind == TensorProto.STRING:
            tensors.append(helper.make_tensor("typed STRING", kind, (3,), ["a", "", "ü"]))
            continue
        values = [0, 1, 1] if kind == TensorProto.BOOL or "FLOAT8E8M0" == name else [0, 1, -2]
        if name.startswith("UINT") or "FLOAT8E8M0" == name:
            values = [1, 1, 2]
        typed = helper.make_tensor(f"typed {name}", kind, (3,), values)
        array = numpy_helper.to_array(typed)
        raw = numpy_helper.from_array(array, f"raw {name}")
        assert raw.data_type == kind and raw.HasField("raw_data") and not typed.HasField("raw_data")
        tensors += [typed, raw]
    nodes = [helper.make_node("Identity", ["typed FLOAT"], ["y"])]
    save("every_type.onnx", helper.make_graph(nodes, "types", [], [value("y", shape=(3,))], tensors), ir=13)


def external():
    a = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "a")
    b = numpy_helper.from_array(np.arange(3, dtype=np.int64), "b")
    nodes = [helper.make_node("Identity", ["a"], ["y"]), helper.make_node("Identity", ["b"], ["z"])]
    graph = helper.make_graph(nodes, "external", [], [value("y", shape=(2, 3)), value("z", I, (3,))], [a, b])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (FOLDER / "external.bin").unlink(missing_ok=True)
    onnx.save(model, FOLDER / "external.onnx", save_as_external_data=True, location="external.bin", size_threshold=0)


def control_flow():
    """A loop in a branch; the innermost graph reads the outermost one, whose nodes are not sorted."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go_on"], ["still"]), helper.make_node("Add", ["sum", "late"], ["next"])],
        "body", [value("i", I, ()), value("go_on", B, ()), value("sum")], [value("still", B, ()), value("next")])
    then = helper.make_graph(
        [helper.make_node("Loop", ["three", "", "x"], ["total"], "loop", body=body)], "then", [], [value("total")],
        [helper.make_tensor("three", I, (), [3])])
    other = helper.make_graph([], "else", [], [value("late")])
    nodes = [helper.make_node("If", ["c"], ["y"], "if", then_branch=then, else_branch=other),
             helper.make_node("Neg", ["x"], ["late"], "late")]
    save("control_flow.onnx", helper.make_graph(nodes, "g", [value("x"), value("c", B, ())], [value("y")]))


def functions():
    leaky = helper.make_node("LeakyRelu", ["a"], ["b"])
    reference = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    leaky.attribute.append(reference)
    imports = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    inner = helper.make_function("own", "Inner", ["a"], ["b"], [leaky], imports, attributes=[],
                                 attribute_protos=[helper.make_attribute("slope", 0.25)])
    outer = helper.make_function("own", "Outer", ["a"], ["b"],
                                 [helper.make_node("Inner", ["a"], ["t"], domain="own", slope=0.5),
                                  helper.make_node("Neg", ["t"], ["b"])], imports)
    nodes = [helper.make_node("Outer", ["x"], ["y"], "call", domain="own")]
    save("functions.onnx", helper.make_graph(nodes, "g", [value("x")], [value("y")]), [inner, outer],
         (("", 21), ("own", 1)))


def sparse():
    def tensor(name, indices):
        return helper.make_sparse_tensor(
            numpy_helper.from_array(np.array([1.5, 2.5], np.float32), name),
            numpy_helper.from_array(np.array(indices, np.int64), "indices"), [2, 3])
    nodes = [helper.make_node("Add", ["linear", "pairs"], ["s"]),
             helper.make_node("Constant", [], ["c"], sparse_value=tensor("", [0, 5])),
             helper.make_node("Add", ["s", "c"], ["y"])]
    graph = helper.make_graph(nodes, "g", [], [value("y", shape=(2, 3))],
                              sparse_initializer=[tensor("linear", [1, 5]), tensor("pairs", [[0, 1], [1, 2]])])
    save("sparse.onnx", graph)


def test_data():
    array = np.array([1, 2], np.float32)
    (FOLDER / "sequence.pb").write_bytes(
        numpy_helper.from_list([array, array[:1]], "s").SerializeToString())
    (FOLDER / "optional.pb").write_bytes(
        numpy_helper.from_optional([array], "o").SerializeToString())
    (FOLDER / "nothing.pb").write_bytes(
        numpy_helper.from_optional(None, "o", onnx.OptionalProto.TENSOR).SerializeToString())
    (FOLDER / "map.pb").write_bytes(
        numpy_helper.from_dict({3: array, 5: array}, "m").SerializeToString())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in (every_type, external, control_flow, functions, sparse, test_data):
        make()

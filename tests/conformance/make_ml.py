#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ml/: models of ai.onnx.ml with what ONNX Runtime computes, in the form of the ONNX suite.

    make_ml.py     needs numpy, onnx, onnxruntime, scikit-learn

The suite of ONNX tests four operators of this domain. Trees are trained by scikit-learn and written as
its converter does: thresholds rounded down to float, the probability of the second of two classes alone.
"""
import pathlib
import shutil

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor

FOLDER = pathlib.Path(__file__).parent / "ml" / "node"
ML = "ai.onnx.ml"
rng = np.random.default_rng(7)


def dims(array):
    return list(array.shape)


def save(name, nodes, inputs, outputs, version=3, expected=None, opset=17, symbolic=False):
    """outputs: (name, element type) each; expected: replaces what ONNX Runtime says of an output."""
    kinds = {k: helper.np_dtype_to_tensor_dtype(v.dtype) for k, v in inputs.items()}
    shape = lambda v: (["N"] + dims(v)[1:]) if symbolic else dims(v)
    ins = [helper.make_tensor_value_info(k, kinds[k], shape(v)) for k, v in inputs.items()]
    outs = [helper.make_tensor_value_info(k, t, None) if t else onnx.ValueInfoProto(name=k) for k, t in outputs]
    graph = helper.make_graph(nodes, name, ins, outs)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(ML, version)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    results = session.run(None, inputs)
    folder = FOLDER / f"test_ml_{name}"
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    for i, (key, array) in enumerate(inputs.items()):
        (data / f"input_{i}.pb").write_bytes(numpy_helper.from_array(array, key).SerializeToString())
    for i, (key, _) in enumerate(outputs):
        array = (expected or {}).get(key, results[i])
        (data / f"output_{i}.pb").write_bytes(numpy_helper.from_array(array, key).SerializeToString())


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, domain=ML, **attributes)


F, D, I = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64
f32 = lambda a: np.asarray(a, np.float32)

# ---- trees --------------------------------------------------------------------------------------


class Trees:
    """The lists of a tree ensemble; kind is "target" or "class"."""

    def __init__(self, kind):
        self.kind, self.count = kind, 0
        self.lists = {f"nodes_{k}": [] for k in "treeids nodeids featureids values modes truenodeids falsenodeids missing_value_tracks_true".split()}
        self.lists |= {f"{kind}_{k}": [] for k in "treeids nodeids ids weights".split()}

    def node(self, i, mode="LEAF", feature=0, value=0.0, yes=0, no=0, missing=0):
        for key, x in zip(self.lists, (self.count, i, feature, value, mode, yes, no, missing)):
            self.lists[key].append(x)

    def weight(self, i, target, weight):
        for key, x in zip("treeids nodeids ids weights".split(), (self.count, i, target, weight)):
            self.lists[f"{self.kind}_{key}"].append(x)

    def end(self):
        self.count += 1

    def sklearn(self, tree, weights, targets, scale=1.0):
        """weights: node -> a list, one for each of the targets."""
        for i in range(tree.node_count):
            if tree.children_left[i] < 0:
                self.node(i)
                for target, w in zip(targets, weights(tree.value[i])):
                    self.weight(i, target, float(np.float32(w * scale)))
                continue
            t = np.float32(tree.threshold[i])
            t = np.nextafter(t, np.float32(-np.inf)) if t > tree.threshold[i] else t
            self.node(i, "BRANCH_LEQ", tree.feature[i], float(t), tree.children_left[i], tree.children_right[i])
        self.end()


def random_trees(kind, targets, count, depth, features, modes, weight=lambda: round(float(rng.normal()), 2), missing=False, spread=False):
    trees = Trees(kind)
    for _ in range(count):
        ids = iter(range(10000))

        def grow(level):
            i = next(ids)
            if level == 0 or (level < depth and rng.random() < 0.2):
                trees.node(i)
                for t in range(targets):
                    if not spread or rng.random() < 0.6:
                        trees.weight(i, t, weight())
                return i
            at = len(trees.lists["nodes_nodeids"])
            trees.node(i, str(rng.choice(modes)), int(rng.integers(features)), float(rng.integers(-3, 4)) / 2, 0, 0, int(missing and rng.random() < 0.5))
            trees.lists["nodes_truenodeids"][at] = grow(level - 1)
            trees.lists["nodes_falsenodeids"][at] = grow(level - 1)
            return i

        grow(depth)
        trees.end()
    if not missing:
        del trees.lists["nodes_missing_value_tracks_true"]
    return trees


def rows(n, features, nan=False):
    x = f32(rng.integers(-4, 5, (n, features)) / 2)
    if nan:
        x[rng.random(x.shape) < 0.2] = np.nan
    return x


def regressor(name, trees, x, targets=1, symbolic=False, **attributes):
    save(name, [node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=targets, **trees.lists, **attributes)], {"x": x}, [("y", F)], symbolic=symbolic)


def classifier(name, trees, x, labels, expected=None, **attributes):
    save(name, [node("TreeEnsembleClassifier", ["x"], ["label", "p"], classlabels_int64s=labels, **trees.lists, **attributes)],
         {"x": x}, [("label", I), ("p", F)], expected=expected)


def tree_cases():
    six = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    regressor("tree_modes", random_trees("target", 1, 5, 4, 3, six), rows(20, 3))
    regressor("tree_missing", random_trees("target", 1, 5, 4, 3, six[:5], missing=True), rows(30, 3, nan=True))
    for mode in six:
        regressor("tree_" + mode.lower(), random_trees("target", 1, 3, 3, 2, [mode]), rows(10, 2, nan=True))
    for function in ("SUM", "AVERAGE", "MIN", "MAX"):
        regressor("tree_" + function.lower(), random_trees("target", 2, 6, 3, 4, six[:1], spread=True), rows(9, 4), 2,
                  aggregate_function=function, base_values=[0.5, -1.0])
    for transform in ("LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"):
        weight = (lambda: round(float(rng.uniform(0.05, 0.2)), 3)) if transform == "PROBIT" else lambda: float(rng.integers(-2, 3))
        regressor("tree_" + transform.lower(), random_trees("target", 3, 4, 3, 2, six[:1], weight), rows(9, 2), 3, post_transform=transform)
    regressor("tree_one_logistic", random_trees("target", 1, 4, 3, 2, six[:1]), rows(9, 2), 1, post_transform="LOGISTIC")
    regressor("tree_rows", random_trees("target", 1, 13, 3, 4, six[:1]), rows(77, 4), symbolic=False)
    trees = random_trees("target", 1, 3, 3, 2, six[:1])
    regressor("tree_f64_input", trees, rows(6, 2).astype(np.float64))
    lists = dict(trees.lists)
    values = np.array(lists.pop("nodes_values")) + 1e-12
    weights = np.array(lists.pop("target_weights")) / 3
    lists |= {"nodes_values_as_tensor": numpy_helper.from_array(values), "target_weights_as_tensor": numpy_helper.from_array(weights)}
    trees.lists = lists
    regressor("tree_double", trees, np.concatenate([values, values + 1e-12])[:20].reshape(-1, 2))

    one = lambda weight: random_trees("class", 1, 3, 3, 2, six[:1], weight)
    for transform in ("NONE", "LOGISTIC"):
        classifier("tree_binary_" + transform.lower(), one(lambda: round(float(rng.uniform(0, 0.33)), 3)), rows(9, 2), [4, 7], post_transform=transform)
        classifier("tree_binary_mixed_" + transform.lower(), one(lambda: round(float(rng.normal()), 3)), rows(9, 2), [4, 7],
                   post_transform=transform, base_values=[0.25])
        classifier("tree_classes_" + transform.lower(), random_trees("class", 3, 3, 3, 2, six[:1]), rows(9, 2), [4, 7, 5],
                   post_transform=transform, base_values=[0.25, 0.0, -0.5])
    classifier("tree_classes_softmax", random_trees("class", 3, 3, 3, 2, six[:1]), rows(9, 2), [0, 1, 2], post_transform="SOFTMAX")

    save("tree_labels_of_text", [node("TreeEnsembleClassifier", ["x"], ["label", "p"], classlabels_strings=["a", "b", "c"],
                                      **random_trees("class", 3, 3, 3, 2, six[:1]).lists)],
         {"x": rows(9, 2)}, [("label", TensorProto.STRING), ("p", F)])

    # Both of two classes have scores: ONNX Runtime answers with the second wherever its score is above 0,
    # and with 0 or 1 whatever the labels are.
    both = random_trees("class", 2, 3, 3, 2, six[:1], lambda: round(float(rng.uniform(0, 0.33)), 3))
    lists = {k.replace("class", "target"): v for k, v in both.lists.items()}
    x = rows(9, 2)
    graph = helper.make_graph([node("TreeEnsembleRegressor", ["x"], ["y"], n_targets=2, **lists)], "g",
                              [helper.make_tensor_value_info("x", F, dims(x))], [helper.make_tensor_value_info("y", F, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(ML, 3)], ir_version=9)
    scores = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    classifier("tree_two_scores", both, x, [4, 7], expected={"label": np.array([4, 7])[scores.argmax(1)]})


def trained_cases():
    x, y = make_classification(200, 6, n_informative=4, n_classes=3, random_state=1)
    x = f32(x)
    forest = RandomForestClassifier(5, max_depth=5, random_state=1).fit(x, y)
    trees = Trees("class")
    for t in forest.estimators_:
        trees.sklearn(t.tree_, lambda v: v[0] / v[0].sum(), range(3), 1 / 5)
    nodes = [node("TreeEnsembleClassifier", ["x"], ["label", "p"], classlabels_int64s=[0, 1, 2], **trees.lists),
             node("ZipMap", ["p"], ["zipped"], classlabels_int64s=[0, 1, 2])]
    graph_p = f32(forest.predict_proba(x[:16]))
    save("sklearn_forest_zipmap", nodes, {"x": x[:16]}, [("label", I), ("zipped", None)], expected={"zipped": graph_p})

    y2 = (y > 0).astype(int)
    boosted = GradientBoostingClassifier(n_estimators=8, max_depth=3, random_state=1).fit(x, y2)
    trees = Trees("class")
    for t in boosted.estimators_[:, 0]:
        trees.sklearn(t.tree_, lambda v: [v[0][0]], [0], boosted.learning_rate)
    base = float(np.log(y2.mean() / (1 - y2.mean())))
    classifier("sklearn_boosting", trees, x[:16], [0, 1], post_transform="LOGISTIC", base_values=[base])

    x, y = make_regression(200, 5, n_targets=2, random_state=2)
    x = f32(x)
    forest = RandomForestRegressor(4, random_state=2, max_leaf_nodes=40).fit(x, y)
    trees = Trees("target")
    for t in forest.estimators_:
        trees.sklearn(t.tree_, lambda v: v[:, 0], range(2))
    regressor("sklearn_regression", trees, x[:20], 2, aggregate_function="AVERAGE")


def ensemble5_cases():
    tensor = numpy_helper.from_array
    for dtype, kind in ((np.float32, F), (np.float64, D)):
        attributes = dict(
            n_targets=2, aggregate_function=1, post_transform=0, tree_roots=[0, 3],
            nodes_modes=tensor(np.array([6, 0, 3, 6], np.uint8)), nodes_featureids=[0, 1, 2, 0],
            nodes_splits=tensor(np.array([0, 0.5, -0.5, 0], dtype)), nodes_truenodeids=[1, 0, 2, 3], nodes_trueleafs=[0, 1, 1, 1],
            nodes_falsenodeids=[2, 1, 3, 4], nodes_falseleafs=[0, 1, 1, 1], nodes_missing_value_tracks_true=[0, 1, 0, 1],
            membership_values=tensor(np.array([1, 3, np.nan, 0, 2, 4, np.nan], dtype)),
            leaf_targetids=[0, 1, 0, 1, 1], leaf_weights=tensor(np.array([1, 2, 4, 8, 16], dtype)))
        x = np.array([[1, 0, 0], [3, 1, 0], [2, 0, 0], [0, 0, -1], [np.nan, 9, -9], [1, np.nan, np.nan], [4, 0, -0.5]], dtype)
        save("tree_ensemble_" + np.dtype(dtype).name, [node("TreeEnsemble", ["x"], ["y"], **attributes)], {"x": x}, [("y", kind)], 5)


# ---- the others ---------------------------------------------------------------------------------


def other_cases():
    x = f32([[1, -3, 2], [0, 0, 0], [-1, -2, -4], [0.5, 0.25, 0]])
    simple = lambda name, op, inputs, kind=F, version=3, **a: save(
        name, [node(op, [f"x{i}" for i in range(len(inputs))], ["y"], **a)], {f"x{i}": v for i, v in enumerate(inputs)}, [("y", kind)], version)
    for norm in ("MAX", "L1", "L2"):
        simple("normalizer_" + norm.lower(), "Normalizer", [x], norm=norm)
    simple("scaler", "Scaler", [x], offset=[1.0, 2.0, 3.0], scale=[2.0, 1.0, 0.5])
    simple("scaler_one", "Scaler", [x.astype(np.int64)], offset=[1.0], scale=[0.5])
    simple("binarizer", "Binarizer", [x], threshold=0.3)
    with_nan = x.copy()
    with_nan[0, 1] = with_nan[3, 2] = np.nan
    simple("imputer_nan", "Imputer", [with_nan], imputed_value_floats=[7.0, 8.0, 9.0], replaced_value_float=float("nan"))
    simple("imputer_zero", "Imputer", [with_nan], imputed_value_floats=[7.0], replaced_value_float=0.0)
    simple("imputer_int", "Imputer", [x.astype(np.int64)], I, imputed_value_int64s=[7], replaced_value_int64=0)
    simple("array_feature_extractor", "ArrayFeatureExtractor", [x.reshape(2, 2, 3), np.array([2, 0], np.int64)])
    simple("array_feature_extractor_row", "ArrayFeatureExtractor", [x[0], np.array([[2, 0]], np.int64)])
    simple("one_hot_encoder", "OneHotEncoder", [x], cats_int64s=[0, 1, -2], zeros=1)
    simple("one_hot_encoder_int", "OneHotEncoder", [np.array([1, 0, 1], np.int64)], cats_int64s=[0, 1], zeros=0)
    simple("feature_vectorizer", "FeatureVectorizer", [x, x[:, :1]], inputdimensions=[3, 1])
    labels = np.array([[1, 2], [3, 4]], np.int64)
    simple("label_encoder_int_float", "LabelEncoder", [labels], keys_int64s=[4, 1, 2], values_floats=[0.5, 0.25, 2.0], default_float=9.0)
    simple("label_encoder_float_int", "LabelEncoder", [f32([1, 2.5, 3])], I, keys_floats=[2.5, 1.0], values_int64s=[4, 5])
    simple("label_encoder_default", "LabelEncoder", [labels], keys_int64s=[4], values_floats=[0.5])
    tensor = numpy_helper.from_array
    simple("label_encoder_tensors", "LabelEncoder", [np.array([1.0, np.nan, 3.0])], D, 4, keys_tensor=tensor(np.array([np.nan, 3.0])),
           values_tensor=tensor(np.array([7.0, 8.0])), default_tensor=tensor(np.array([-2.0])))
    for transform in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        simple("linear_regressor_" + transform.lower(), "LinearRegressor", [x], coefficients=[0.1, 0.2, 0.05, 1.0, 0.0, -0.5], intercepts=[0.5, 0.1],
               targets=2, post_transform=transform)
    simple("linear_regressor_one", "LinearRegressor", [x], coefficients=[0.1, 0.2, 0.05], intercepts=[0.5], post_transform="LOGISTIC")
    two = lambda name, op, version, **a: save(name, [node(op, ["x"], ["label", "p"], **a)], {"x": x}, [("label", I), ("p", F)], version)
    for transform in ("NONE", "LOGISTIC", "SOFTMAX"):
        two("linear_classifier_" + transform.lower(), "LinearClassifier", 1, coefficients=[0.1, 0.2, 0.05, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
            intercepts=[0.5, 0.1, 0.0], classlabels_ints=[3, 5, 9], post_transform=transform)
        two("linear_classifier_binary_" + transform.lower(), "LinearClassifier", 1, coefficients=[0.1, 0.2, 0.05], intercepts=[0.25],
            classlabels_ints=[3, 5], post_transform=transform)
    vectors = dict(coefficients=[0.5, -1.0], support_vectors=[1.0, 2.0, 3.0, 0.0, 1.0, 0.0], n_supports=2, rho=[0.25], kernel_params=[0.25, 1.0, 3.0])
    for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        simple("svm_regressor_" + kernel.lower(), "SVMRegressor", [x], kernel_type=kernel, **vectors)
    simple("svm_regressor_one_class", "SVMRegressor", [x], kernel_type="RBF", one_class=1, **vectors)
    simple("svm_regressor_plain", "SVMRegressor", [x], kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0], coefficients=[0.5, -1.0, 2.0], rho=[0.25])
    machine = dict(support_vectors=[1.0, 2.0, 3.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 2.0, 1.0, 0.0], kernel_type="RBF", kernel_params=[0.25, 0.0, 0.0])
    classes = {
        "two": dict(vectors_per_class=[2, 2], coefficients=[0.5, 0.25, -0.5, -0.75], rho=[0.1], classlabels_ints=[4, 7], **machine),
        "three": dict(vectors_per_class=[2, 1, 1], coefficients=[0.5, 0.25, -0.5, -0.75, 0.3, 0.2, 0.1, -0.4], rho=[0.1, -0.05, 0.02],
                      classlabels_ints=[4, 7, 9], **machine),
    }
    probabilities = {"two": dict(prob_a=[-1.5], prob_b=[0.2]), "three": dict(prob_a=[-1.5, -1.2, -0.8], prob_b=[0.2, 0.0, -0.1])}
    for count, attributes in classes.items():
        for transform in ("NONE", "LOGISTIC", "SOFTMAX"):
            two(f"svm_classifier_{count}_{transform.lower()}", "SVMClassifier", 1, post_transform=transform, **attributes)
        two(f"svm_classifier_{count}_probabilities", "SVMClassifier", 1, **attributes, **probabilities[count])


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    tree_cases()
    trained_cases()
    ensemble5_cases()
    other_cases()
    print(len(list(FOLDER.iterdir())), "cases")

"""Small ONNX models, made here: a sum with weights, trees with missing values, and some that no rules can use."""

from __future__ import annotations

import random
from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

FLOAT = TensorProto.FLOAT


def made(nodes: Sequence[onnx.NodeProto], columns: int | None, outputs: Sequence[tuple[str, int, list[int | None]]],
         constants: Sequence[onnx.TensorProto] = (), inputs: int = 1) -> bytes:  # fmt: skip
    """A model of these nodes. `outputs`: of each its name, its type and its shape."""
    takes = [helper.make_tensor_value_info(f"x{i or ''}", FLOAT, [None, columns]) for i in range(inputs)]
    gives = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs]
    graph = helper.make_graph(list(nodes), "g", takes, gives, list(constants))
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def weighted(*weights: float) -> bytes:
    """The sum of the columns, each times its weight: float[n, 1]. NaN goes through."""
    constant = helper.make_tensor("w", FLOAT, [len(weights), 1], weights)
    node = helper.make_node("MatMul", ["x", "w"], ["score"])
    return made([node], len(weights), [("score", FLOAT, [None, 1])], [constant])


def forest(columns: int, trees: int = 60, seed: int = 1) -> bytes:
    """A sum over trees of two levels, as float32 adds it up; a missing value goes left or right, by the tree."""
    rng = random.Random(seed)
    at: dict[str, list[object]] = {
        key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
                            "missing_value_tracks_true", "hitrates")
    }  # fmt: skip
    leaves: dict[str, list[object]] = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    for tree in range(trees):
        for node in range(7):
            branch = node < 3
            at["treeids"].append(tree)
            at["nodeids"].append(node)
            at["featureids"].append(rng.randrange(columns) if branch else 0)
            at["values"].append(rng.uniform(0, 100) if branch else 0.0)
            at["modes"].append("BRANCH_LEQ" if branch else "LEAF")
            at["truenodeids"].append(2 * node + 1 if branch else 0)
            at["falsenodeids"].append(2 * node + 2 if branch else 0)
            at["missing_value_tracks_true"].append(rng.randrange(2) if branch else 0)
            at["hitrates"].append(1.0)
            if not branch:
                leaves["treeids"].append(tree)
                leaves["nodeids"].append(node)
                leaves["ids"].append(0)
                leaves["weights"].append(rng.uniform(-0.3, 0.3))
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["score"], domain="ai.onnx.ml", n_targets=1,
        **{f"nodes_{key}": values for key, values in at.items()},
        **{f"target_{key}": values for key, values in leaves.items()},
    )  # fmt: skip
    return made([node], columns, [("score", FLOAT, [None, 1])])


def two_outputs(columns: int) -> bytes:
    """As a classifier: labels, and for both classes a number; the second class is 0.25 for everybody."""
    ones = helper.make_tensor("zero", FLOAT, [columns, 2], [0.0] * 2 * columns)
    pair = helper.make_tensor("pair", FLOAT, [2], [0.75, 0.25])
    nodes = [
        helper.make_node("MatMul", ["x", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "pair"], ["probabilities"]),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    ]
    return made(nodes, columns, [("label", TensorProto.INT64, [None]), ("probabilities", FLOAT, [None, 2])],
                [ones, pair])  # fmt: skip


def labels_only(columns: int) -> bytes:
    node = helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)
    return made([node], columns, [("label", TensorProto.INT64, [None])])


def three_wide(columns: int) -> bytes:
    """Three numbers a row."""
    constant = helper.make_tensor("w", FLOAT, [columns, 3], [1.0] * 3 * columns)
    return made([helper.make_node("MatMul", ["x", "w"], ["score"])], columns, [("score", FLOAT, [None, 3])], [constant])


def two_tables(columns: int) -> bytes:
    """Takes two tables."""
    node = helper.make_node("Add", ["x", "x1"], ["score"])
    return made([node], columns, [("score", FLOAT, [None, columns])], inputs=2)

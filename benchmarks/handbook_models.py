"""Trains the two models of rulesets/examples/handbook_models.risk, and tells what they find on later days.

    python benchmarks/handbook_models.py HISTORY.parquet [--write]

HISTORY is the card history of the Fraud Detection Handbook with the columns that `handbook.map.toml` names. The columns
of each model are read from its `model` block and worked out by the library's own replay, so a model is trained on what
it will be shown. The first 60% of days train, a week's gap follows, the rest is reported. With --write the files are
put beside the rules; the seed is fixed, so the same history gives the same trees. Needs scikit-learn and skl2onnx.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest

import riskrules as rr
from riskrules.base.times import zone_of
from riskrules.bridges.columns import Flags, Numbers
from riskrules.bridges.maps import load_map
from riskrules.bridges.onnx import Session
from riskrules.bridges.reports import REPORTED
from riskrules.bridges.tables import file_batches
from riskrules.engine.history import Replaying, Unread
from riskrules.engine.models import numbers
from riskrules.engine.replaying import with_windows
from riskrules.engine.serving import Serving
from riskrules.engine.tables import table_schema, wanted_fields

EXAMPLES = Path(__file__).resolve().parents[1] / "rulesets" / "examples"
RULES, MAP = EXAMPLES / "handbook_models.risk", EXAMPLES / "handbook.map.toml"
DAY_US = 86_400_000_000
TRAINED, GAP_DAYS = 0.6, 7
SHARES = (0.001, 0.005)
"""Of honest payments that are stopped, where the trees are judged."""

NODES = ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids",
         "nodes_falsenodeids", "nodes_missing_value_tracks_true")  # fmt: skip
LEAVES = ("target_treeids", "target_nodeids", "target_ids", "target_weights")
OPSETS = {"": 15, "ai.onnx.ml": 3}

Floats = NDArray[np.float64]


def columns(history: Path) -> tuple[dict[str, Floats], NDArray[np.bool_], NDArray[np.int64], Floats]:
    """Of each model the table that it reads, float64[n, columns]; which payments are fraud; their times in
    microseconds; their amounts."""
    text = RULES.read_text("utf-8")
    rules = rr.loads(text, models={f"handbook_{x}.onnx": b"not made yet" for x in ("trees", "oddity")})
    serving, chosen = Serving(rules, {}), load_map(MAP, rules.schema)
    fields = wanted_fields(serving, chosen)
    batches = file_batches(history, table_schema(serving), fields, zone_of(rules.meaning.timezone), chosen)
    how = Replaying(report_delay_us=chosen.report_delay_us)
    tables: dict[str, list[Floats]] = {m.name: [] for m in rules.meaning.models}
    fraud, times, amounts = [], [], []
    for batch in with_windows(serving, batches, how, Unread()):
        for model in rules.meaning.models:
            tables[model.name].append(np.stack([numbers(batch, c) for c in model.reads], axis=1))
        told, when, amount = (batch.columns[x] for x in (REPORTED.name, "occurred_at", "amount"))
        assert isinstance(told, Flags) and isinstance(when, Numbers) and isinstance(amount, Numbers)
        fraud.append(told.values == 1)
        times.append(when.values)
        amounts.append(amount.values.astype(np.float64))
    whole = {name: np.concatenate(parts) for name, parts in tables.items()}
    return whole, np.concatenate(fraud), np.concatenate(times), np.concatenate(amounts)


def negated(model: onnx.ModelProto) -> onnx.ModelProto:
    """The forest's scores with their sign turned, so that more is odder, and no labels."""
    graph = model.graph
    score = graph.output[-1].name
    graph.node.append(helper.make_node("Neg", [score], ["oddity"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("oddity", onnx.TensorProto.FLOAT, [None, 1]))
    return model


def trees(table: Floats, fraud: NDArray[np.bool_]) -> bytes:
    learner = HistGradientBoostingClassifier(
        max_iter=120, max_leaf_nodes=16, learning_rate=0.08, min_samples_leaf=60, random_state=1
    )
    learner.fit(table.astype(np.float32), fraud)
    # scikit-learn has no other way to its trees than the names that it keeps to itself
    grown = [made[0].nodes for made in learner._predictors]  # as above
    content = summed(grown, float(learner._baseline_prediction.ravel()[0]), table)  # as above
    some = table[:: max(1, len(table) // 20_000)]
    expected = learner.predict_proba(some.astype(np.float32))[:, 1]
    apart = np.abs(Session(content, table.shape[1]).scores(some) - expected).max()
    assert apart < 1e-5, "the trees were written wrongly"
    return content


def summed(grown: list[NDArray[Any]], first: float, table: Floats) -> bytes:
    """The trees as ONNX: their leaves added up to `first`, and made a probability. Written out here because skl2onnx
    1.20 stumbles over how these trees keep where a missing value goes."""
    at: dict[str, list[Any]] = {x: [] for x in (*NODES, *LEAVES)}
    for tree, nodes in enumerate(grown):
        for place, node in enumerate(nodes):
            leaf = bool(node["is_leaf"])
            limit = np.float32(node["num_threshold"])
            if limit > node["num_threshold"]:  # rounded up, it would take in what belongs to the right
                limit = np.nextafter(limit, np.float32(-np.inf))
            values = (tree, place, 0 if leaf else int(node["feature_idx"]), 0.0 if leaf else float(limit),
                      "LEAF" if leaf else "BRANCH_LEQ", 0 if leaf else int(node["left"]),
                      0 if leaf else int(node["right"]), 0 if leaf else int(node["missing_go_to_left"]))  # fmt: skip
            for name, value in zip(NODES, values, strict=True):
                at[name].append(value)
            if leaf:
                for name, value in zip(LEAVES, (tree, place, 0, float(node["value"])), strict=True):
                    at[name].append(value)
    added = helper.make_node("TreeEnsembleRegressor", ["rows"], ["sum"], domain="ai.onnx.ml", n_targets=1,
                             base_values=[first], **at)  # fmt: skip
    graph = helper.make_graph(
        [added, helper.make_node("Sigmoid", ["sum"], ["fraud"])], "trees",
        [helper.make_tensor_value_info("rows", onnx.TensorProto.FLOAT, [None, table.shape[1]])],
        [helper.make_tensor_value_info("fraud", onnx.TensorProto.FLOAT, [None, 1])],
    )  # fmt: skip
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


def oddity(table: Floats) -> bytes:
    filled = np.nan_to_num(table, nan=0.0).astype(np.float32)
    some = np.random.default_rng(1).choice(len(filled), 100_000, replace=False)
    learner = IsolationForest(n_estimators=40, max_samples=64, random_state=1).fit(filled[some])
    kind = [("rows", FloatTensorType([None, table.shape[1]]))]
    made = to_onnx(learner, initial_types=kind, target_opset=OPSETS)
    return bytes(negated(made).SerializeToString())


def found(score: Floats, fraud: NDArray[np.bool_], amounts: Floats, share: float) -> dict[str, float]:
    """What is caught above the score that stops this share of honest payments."""
    limit = np.quantile(score[~fraud], 1 - share)
    stopped = score > limit
    caught = stopped & fraud
    return {
        "honest stopped": float((stopped & ~fraud).sum() / (~fraud).sum()),
        "frauds caught": float(caught.sum() / fraud.sum()),
        "fraud money caught": float(amounts[caught].sum() / amounts[fraud].sum()),
        "from a score of": float(limit),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("history", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    tables, fraud, times, amounts = columns(asked.history)
    days = (times - times.min()) // DAY_US
    last = int((days.max() + 1) * TRAINED)
    early, late = days < last, days >= last + GAP_DAYS
    made = {
        "fraud_score": ("handbook_trees.onnx", trees(tables["fraud_score"][early], fraud[early])),
        "oddity": ("handbook_oddity.onnx", oddity(tables["oddity"][early])),
    }
    told: dict[str, Any] = {"payments reported": int(late.sum()), "frauds among them": int(fraud[late].sum())}
    for name, (file, content) in made.items():
        score = Session(content, tables[name].shape[1]).scores(tables[name][late])
        score = np.where(np.isnan(score), -1.0, score)
        judged = {f"at {s:.1%}": found(score, fraud[late], amounts[late], s) for s in SHARES}
        told[file] = {"bytes": len(content), **judged}
        if asked.write:
            (EXAMPLES / file).write_bytes(content)
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    sys.exit(main())

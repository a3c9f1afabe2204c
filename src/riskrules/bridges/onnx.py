"""ONNX models, run by onnxruntime (the extra `[onnx]`): rows of numbers in, a score a row out.

One thread a call and the trees in their order, so a row by itself and the same row in a table get the same score to the
last bit. A model is taken from its bytes, so it can name no further file, and no library of operators is loaded for it.
What cannot be a score (not a number, infinite, or past `MOST`) is NaN here, which is a missing score to the rules.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 1_000.0
"""Scores lie between this and its opposite."""
_FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class ModelError(ValueError):
    """A model that cannot be used. The message is one sentence."""


class Session:
    """One model, ready to run from any thread. `columns`: how many numbers a row has. ModelError when onnxruntime is
    not there, when the bytes are no model, or when the model does not take one table of as many columns and give a
    number a row: float[n], float[n, 1], or float[n, 2], of which the second is taken, as classifiers give them."""

    def __init__(self, content: bytes, columns: int) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise ModelError("a model needs onnxruntime: install it with `pip install 'riskrules[onnx]'`") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session: Any = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001  # onnxruntime has its own kinds, which it does not document
            raise ModelError(f"onnxruntime cannot load it: {_first_line(error)}") from None
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or inputs[0].type not in _FLOATS:
            raise ModelError(f"it takes {_shapes(inputs)}, and not one table of floats")
        shape = inputs[0].shape
        if len(shape) != 2 or isinstance(shape[0], int) or (isinstance(shape[1], int) and shape[1] != columns):
            raise ModelError(f"it takes {_shapes(inputs)}, and the rules give any number of rows of {columns}")
        scores = [x for x in outputs if x.type in _FLOATS]
        if not scores:
            raise ModelError(f"it gives {_shapes(outputs)}, and no numbers; export a classifier with `zipmap=False`")
        self._input, self._kind, self._output = inputs[0].name, _FLOATS[inputs[0].type], scores[-1].name
        found = self._run(np.zeros((2, columns)))
        if found.shape not in ((2,), (2, 1), (2, 2)):
            raise ModelError(f"for two rows it gives numbers of shape {found.shape}, and not one or two a row")

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n] for float64[n, columns], where NaN is a missing value. ModelError when the model fails."""
        found = self._run(rows)
        found = found if found.ndim == 1 else found[:, -1]
        if found.shape != (len(rows),):
            raise ModelError(f"it gave {len(found)} scores for {len(rows)} rows")
        return np.where(np.isfinite(found) & (np.abs(found) <= MOST), found, math.nan)

    def _run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        try:
            with np.errstate(over="ignore"):  # what a float cannot hold is infinite to the model
                (found,) = self._session.run([self._output], {self._input: rows.astype(self._kind)})
        except Exception as error:  # noqa: BLE001  # as above
            raise ModelError(f"it failed: {_first_line(error)}") from None
        return np.asarray(found, np.float64)


def _shapes(parts: Any) -> str:
    return ", ".join(f"{x.type} {x.shape}" for x in parts) or "nothing"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]

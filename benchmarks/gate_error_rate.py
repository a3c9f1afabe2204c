"""How often does the gate refuse a version that is no worse, and how often does it pass one that is?

    python benchmarks/gate_error_rate.py [--seeds 100] [--rows 40_000] [--error-rate 0.01]

For each seed a history is made and three comparisons with the same version before are judged: itself, one that stops
other payments but as many (every difference is chance), and one that quietly stops 0.3% more of one segment, a quarter
of the payments. Made by `tests/balance/gate_versions.py`, which says how. The answer is held against what is stated:
the second is refused with a probability of at most the error rate, all questions together; the third is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "balance"))

import gate_versions

import riskrules as rr


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--rows", type=int, default=gate_versions.ROWS)
    parser.add_argument("--error-rate", type=float, default=0.01)
    asked = parser.parse_args()
    old, no_worse, worse = (rr.loads(x) for x in (gate_versions.OLD, gate_versions.NO_WORSE, gate_versions.WORSE))
    refused = {"itself": 0, "no worse": 0, "worse": 0}
    began = time.perf_counter()
    for seed in range(asked.seeds):
        for name, new in (("itself", old), ("no worse", no_worse), ("worse", worse)):
            answer = gate_versions.judged(new, old, seed, asked.error_rate, asked.rows)
            refused[name] += not answer.holds
    print(json.dumps({"seeds": asked.seeds, "rows": asked.rows, "error_rate": asked.error_rate, "refused": refused,
                      "seconds": round(time.perf_counter() - began, 1)}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())

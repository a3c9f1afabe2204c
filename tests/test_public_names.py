"""The public face of the library, pinned: what is not named here may change without notice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import riskrules

PUBLIC = {
    "UNSIGNED",
    "Action",
    "Backtest",
    "Band",
    "Canary",
    "Checked",
    "Deadline",
    "Decision",
    "DecisionLog",
    "Decisions",
    "Diagnostic",
    "Duty",
    "Engine",
    "Gate",
    "GateError",
    "KillSwitch",
    "KillSwitchError",
    "Kind",
    "LabelError",
    "ListError",
    "Lists",
    "LogError",
    "Map",
    "MapError",
    "MemoryWindows",
    "Metrics",
    "ModelError",
    "Payment",
    "PaymentError",
    "RedisWindows",
    "RefusedError",
    "Registry",
    "RegistryError",
    "Rules",
    "RulesetError",
    "SavedProgramError",
    "Schema",
    "Shadow",
    "Share",
    "SigningKey",
    "TableError",
    "TestResult",
    "Trust",
    "TrustedKey",
    "WindowConflict",
    "WindowStoreError",
    "backtest",
    "check",
    "differences",
    "event_schema",
    "fields_of",
    "gate",
    "load",
    "load_map",
    "loads",
    "model_of",
    "payment_schema",
    "read_labels",
    "read_log",
    "ruleset_path",
    "run_tests",
    "schema_of",
}


def test_public_names_are_these() -> None:
    """`__all__` says exactly what is public, and each name is there."""
    assert set(riskrules.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(riskrules, name) is not None


def test_import_is_light() -> None:
    """Importing the library, and checking a file, loads neither Numba nor pyarrow."""
    script = (
        "import sys, riskrules as rr; light = set(sys.modules); rr.check; "
        "from riskrules.checker.ruleset import check_text; check_text('ruleset a version 1.1')\n"
        "print([m for m in ('numba', 'numpy', 'pyarrow', 'lark', 'pydantic') if m in light], "
        "[m for m in ('numba', 'llvmlite', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"


def test_a_public_name_is_no_folder() -> None:
    """No folder of the package has a public name, which it would take once it is imported."""
    folders = {path.name for path in Path(riskrules.__file__).parent.iterdir() if path.is_dir()}
    assert folders & PUBLIC == set()

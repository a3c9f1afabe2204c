"""Builds the wheel and decides a payment with it, far from the checkout.

The tests run on an editable install, which finds `grammar/` and `rulesets/` beside the sources and sees every
package that the tests need. A stranger has neither. So: the source archive is built, the wheel from that archive,
and the wheel goes into an empty environment with nothing but what it asks for.

The wheels of its dependencies are fetched once, into a folder beside the environment, so that later runs need no
network. The price is 100 MB of disk.

Run as `make wheel`, by the Python that has `build` and `hatchling`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FETCHED = Path(sys.prefix) / "wheels"
TRAVELS = {"grammar": "riskrules/_grammar", "rulesets": "riskrules/_rulesets", "src/riskrules": "riskrules"}
RULESET = "cn/whose_account.risk"
SECONDS = 300

PAYMENT = {
    "id": "PAY-1",
    "occurred_at": "2026-12-05T10:00:00+08:00",
    "amount": "120.00",
    "currency": "CNY",
    "channel": "mobile",
    **{
        side: {
            "party": {"type": "person"},
            "account": {"id": f"{side}-1", "institution": "BANK-A", "opened_at": "2016-06-15T04:00:00Z"},
            "device": f"{side}-phone",
        }
        for side in ("payer", "payee")
    },
}

DECIDE = f"""
import json
import riskrules as rr
rules = rr.load(rr.ruleset_path({RULESET!r}))
decision = rr.Engine(rules, lists=dict.fromkeys(rules.lists, ())).decide(json.load(open("payment.json")))
assert isinstance(decision.action, rr.Action), decision.action
print(decision.to_json())
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="riskrules-wheel-") as name:
        away = Path(name)
        wheel = built(away / "dist")
        holds_everything(wheel)
        fetch_dependencies(wheel)
        home = installed(wheel, away / "environment")
        (away / "payment.json").write_text(json.dumps(PAYMENT))
        ruleset = run([home / "python", "-c", f"import riskrules as rr; print(rr.ruleset_path({RULESET!r}))"], away)
        if not Path(ruleset.strip()).is_relative_to(away):
            sys.exit(f"wheel: the ruleset was found outside the installed package: {ruleset.strip()}")
        run([home / "riskrules", "--version"], away)
        shipped = sorted(Path(ruleset.strip()).parent.parent.rglob("*.risk"))
        run([home / "riskrules", "check", *shipped], away)
        run([home / "riskrules", "explain", ruleset.strip(), "payment.json"], away)
        run([home / "python", "-c", DECIDE], away)
        print(f"wheel: {wheel.name} checks {len(shipped)} rulesets and decides a payment in an empty environment")


def built(folder: Path) -> Path:
    """The wheel, built from the source archive, which is built from the checkout."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def holds_everything(wheel: Path) -> None:
    """Every file of the package, the grammar and the rulesets is in the wheel, and no other."""
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, inside in TRAVELS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    if found != expected:
        sys.exit(f"wheel: lacks {sorted(expected - found)}, has {sorted(found - expected)} too much")


def fetch_dependencies(wheel: Path) -> None:
    """Fetch what the wheel asks for, unless that was done since `pyproject.toml` last changed."""
    done = FETCHED / "done"
    if done.exists() and done.stat().st_mtime > (ROOT / "pyproject.toml").stat().st_mtime:
        return
    shutil.rmtree(FETCHED, ignore_errors=True)
    run([sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--dest", FETCHED, wheel], ROOT)
    (FETCHED / wheel.name).unlink()  # otherwise a later run could install this copy instead of its own
    done.touch()


def installed(wheel: Path, environment: Path) -> Path:
    """The folder of programs of a new environment that holds the wheel and what it asks for, and nothing else."""
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    home = environment / ("Scripts" if os.name == "nt" else "bin")
    offline = ["install", "--no-index", "--find-links", FETCHED]
    run([sys.executable, "-m", "pip", "--python", home / "python", *offline, wheel], environment)
    return home


def run(command: Sequence[object], folder: Path) -> str:
    """What the command prints; if it fails, all that it said, and the end."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        sys.exit(f"wheel: failed: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()

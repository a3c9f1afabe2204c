"""Prints, as pip constraints, the lower bound of each dependency that pyproject.toml declares to users."""

from __future__ import annotations

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
extras = project["optional-dependencies"]
for requirement in [*project["dependencies"], *(x for name in ("files", "redis", "testing") for x in extras[name])]:
    print(requirement.replace(">=", "=="))

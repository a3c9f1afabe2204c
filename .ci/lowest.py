"""Prints, as pip constraints, the lower bound of each dependency that pyproject.toml declares to users."""

from __future__ import annotations

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
extras = project["optional-dependencies"]
for requirement in [*project["dependencies"], *extras["files"], *extras["testing"]]:
    print(requirement.replace(">=", "=="))

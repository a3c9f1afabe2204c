"""The house has one direction: a folder imports only from the folders before it, and each is what it says.

Read from the source with `ast`, so that an import inside a function or under `TYPE_CHECKING` counts as well: a circle
that is hidden is still a circle. `problems` is tested itself, on modules that break each law in turn.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"

# In order: each imports only from those before it, or from its own. `riskrules` itself, the public names, comes
# after all that a host calls and before what is built on top of it as a host would.
ORDER = [
    *("base", "schema", "syntax", "meaning", "checker", "program", "kernel", "state", "bridges"),
    *("engine", "versions", "balance", "funds"),
    *("riskrules", "testing", "cli", "__main__"),
]

ONLY_IN = {"numba": "kernel", "llvmlite": "kernel", "click": "cli", "rich": "cli"}
RUNS_DATA_AS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
RUNS_TEXT_AS_CODE = {"eval", "exec", "compile", "__import__"}
CALLS_THAT_PICKLE = {"read_pickle", "to_pickle"}
NAMES_THAT_SAY_NOTHING = re.compile(r"_?(util|utils|utility|utilities|helper|helpers|common|manager|managers|misc)")


def problems(module: str, source: str, is_package: bool = False) -> list[str]:
    """What the module (`riskrules.checker.names`) does against the laws of the house, a line each."""
    tree = ast.parse(source)
    found = [] if (ast.get_docstring(tree) or "").strip() else ["opens without a docstring"]
    found += [f"is called {part}" for part in module.split(".") if NAMES_THAT_SAY_NOTHING.fullmatch(part)]
    layer = layer_of(module)
    if layer not in ORDER:
        return [*found, f"is in no known layer: {layer}"]
    for line, target in imports(tree, module, is_package):
        found += [f"line {line}: {said}" for said in wrong_import(layer, target)]
    imported = [node.names for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    own = {alias.asname or alias.name for names in imported for alias in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            found += [f"line {node.lineno}: {said}" for said in code_from_data(node, own)]
    return found


def layer_of(module: str) -> str:
    """`riskrules.checker.names` is of `check`, and `riskrules` of itself."""
    return module.split(".")[1] if "." in module else module


def imports(tree: ast.Module, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and full name of all that the module imports, by whatever means."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) == "import_module":
            name = node.args[0] if node.args else None
            known = isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith(".")
            yield node.lineno, str(ast.literal_eval(name)) if known and name else "?"


def wrong_import(layer: str, target: str) -> Iterator[str]:
    """Why a module of the layer may not import the target; nothing if it may."""
    top, _, rest = target.partition(".")
    if top == "riskrules":
        name = rest.split(".")[0]
        to = name if name in ORDER else "riskrules"  # a public name, such as `riskrules.load`
        if ORDER.index(to) > ORDER.index(layer) or (to == "riskrules" == layer and rest not in ORDER):
            yield f"{layer} imports {target}, which comes after it"
    elif target == "?":
        yield "imports a module whose name cannot be read here"
    elif top in RUNS_DATA_AS_CODE:
        yield f"imports {top}: whoever can write the data runs code"
    elif top == "builtins" and rest in RUNS_TEXT_AS_CODE:
        yield f"uses {rest}"
    elif ONLY_IN.get(top, layer) != layer:
        yield f"imports {top}, which belongs to {ONLY_IN[top]}"


def code_from_data(node: ast.expr, own: set[str]) -> Iterator[str]:
    """Whether the node runs text or data as code; `own` are names that the module gave another meaning."""
    if isinstance(node, ast.Name) and node.id in RUNS_TEXT_AS_CODE - own:
        yield f"uses {node.id}"
    elif isinstance(node, ast.Attribute) and node.attr in RUNS_TEXT_AS_CODE and ast.unparse(node.value) == "builtins":
        yield f"uses {node.attr}"
    elif isinstance(node, ast.Call):
        if called(node) in CALLS_THAT_PICKLE:
            yield f"calls {called(node)}"
        for keyword in node.keywords:
            refused = isinstance(keyword.value, ast.Constant) and not keyword.value.value
            if keyword.arg == "allow_pickle" and not refused:
                yield "allows a pickle"
            if keyword.arg == "cache" and called(node) == "Lark" and not refused:
                yield "has Lark keep a pickle"


def called(node: ast.Call) -> str:
    """The last name of what is called: `load` of `numpy.load(…)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCES).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted((SOURCES / "riskrules").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_a_module_keeps_the_laws_of_the_house(path: Path) -> None:
    """Imports run one way, nothing runs data as code, and a docstring opens every module."""
    assert problems(module_of(path), path.read_text("utf-8"), path.name == "__init__.py") == []


def test_every_folder_is_a_package_with_a_layer() -> None:
    """No folder of modules lies outside the order, and each has the `__init__` that says what it is."""
    assert MODULES
    folders = {path.parent for path in MODULES}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
    assert {layer_of(module_of(path)) for path in MODULES} <= set(ORDER)


def test_every_import_is_declared() -> None:
    """What is imported comes with Python or is named in pyproject.toml, under whatever extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {name for each in requirements for name in re.findall(r"^[\w.-]+", "\n".join(each), re.MULTILINE)}
    known = {name.replace("-", "_") for name in names} | sys.stdlib_module_names
    known |= {"riskrules", "llvmlite", "opentelemetry"}
    undeclared = {
        f"{module_of(path)}: {target}"
        for path in MODULES
        for _, target in imports(ast.parse(path.read_text("utf-8")), module_of(path), path.name == "__init__.py")
        if target.split(".")[0] not in known
    }
    assert undeclared == set()


DOC = '"""Why."""\n'
BREAKS = {
    "after": ("riskrules.checker.names", DOC + "from ..engine.decision import Decision", "imports riskrules.engine"),
    "after, from the top": ("riskrules.checker.names", DOC + "import riskrules.engine", "comes after it"),
    "after, a whole folder": ("riskrules.base.source", DOC + "from .. import cli", "imports riskrules.cli"),
    "after, in a function": ("riskrules.syntax.a", DOC + "def f():\n    from ..meaning import nodes", "line 3"),
    "after, for types only": (
        "riskrules.schema.a",
        DOC + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..checker.names import x",
        "line 4: schema imports riskrules.checker.names.x",
    ),
    "after, by name": (
        "riskrules.base.a",
        DOC + "import importlib\nimportlib.import_module('riskrules.cli')",
        "base imports riskrules.cli",
    ),
    "the public names, from inside": ("riskrules.engine.a", DOC + "from riskrules import load", "riskrules.load"),
    "the public names, by dots": ("riskrules.engine.a", DOC + "from .. import load", "riskrules.load"),
    "the command line among the public names": ("riskrules", DOC + "from .cli.main import main", "comes after it"),
    "a folder that nobody knows": ("riskrules.extra.a", DOC, "in no known layer: extra"),
    "a module that nobody knows": ("riskrules.extra", DOC, "in no known layer: extra"),
    "a name that cannot be read": ("riskrules.cli.a", DOC + "import_module(name)", "cannot be read"),
    "numba outside the kernel": ("riskrules.engine.a", DOC + "def f():\n    import numba", "belongs to kernel"),
    "numba, a part of it": ("riskrules.program.a", DOC + "from numba.core import types", "belongs to kernel"),
    "click outside the command line": ("riskrules.testing.a", DOC + "import click", "belongs to cli"),
    "rich outside the command line": ("riskrules.base.a", DOC + "from rich.text import Text", "belongs to cli"),
    "pickle": ("riskrules.program.a", DOC + "import pickle", "imports pickle"),
    "marshal": ("riskrules.program.a", DOC + "def f():\n    from marshal import loads", "imports marshal"),
    "shelve": ("riskrules.state.a", DOC + "import shelve as store", "imports shelve"),
    "eval": ("riskrules.checker.a", DOC + "x = eval('1')", "line 2: uses eval"),
    "exec, kept for later": ("riskrules.checker.a", DOC + "run = exec", "uses exec"),
    "compile": ("riskrules.checker.a", DOC + "compile('1', '', 'eval')", "uses compile"),
    "eval by its full name": ("riskrules.checker.a", DOC + "import builtins\nbuiltins.eval('1')", "uses eval"),
    "eval under another name": ("riskrules.checker.a", DOC + "from builtins import eval as e\ne('1')", "uses eval"),
    "__import__": ("riskrules.cli.a", DOC + "__import__('os')", "uses __import__"),
    "numpy reading a pickle": ("riskrules.program.a", DOC + "np.load(f, allow_pickle=True)", "allows a pickle"),
    "pandas writing a pickle": ("riskrules.bridges.a", DOC + "frame.to_pickle(f)", "calls to_pickle"),
    "Lark keeping a pickle": ("riskrules.syntax.a", DOC + "Lark(text, cache=True)", "has Lark keep a pickle"),
    "no docstring": ("riskrules.base.a", "x = 1", "opens without a docstring"),
    "an empty docstring": ("riskrules.base.a", '"""  """', "opens without a docstring"),
    "a module called utils": ("riskrules.base.utils", DOC, "is called utils"),
    "a folder called common": ("riskrules.base.common.a", DOC, "is called common"),
}

KEEPS = {
    "before": ("riskrules.engine.a", DOC + "from ..kernel import row\nfrom ..base.source import Span"),
    "its own": ("riskrules.checker.a", DOC + "from .b import x\nfrom . import c\nfrom riskrules.checker import d"),
    "numba in the kernel": ("riskrules.kernel.row", DOC + "import numba"),
    "the public names, from the command line": ("riskrules.cli.a", DOC + "import riskrules\nfrom .. import load"),
    "the public names from the layers": ("riskrules", DOC + "from .engine.decide import Engine"),
    "a regular expression": ("riskrules.syntax.a", DOC + "import re\nre.compile('a')"),
    "a module of ours called compile": (
        "riskrules.engine.a",
        DOC + "from ..program import compile\ncompile.from_meaning(x)",
    ),
    "numpy refusing a pickle": ("riskrules.program.a", DOC + "np.load(f, allow_pickle=False)"),
    "the words in a text": ("riskrules.checker.a", DOC + "x = 'eval exec pickle'"),
}


@pytest.mark.parametrize(("module", "source", "said"), BREAKS.values(), ids=BREAKS)
def test_each_law_can_be_broken(module: str, source: str, said: str) -> None:
    """A module that breaks one law is found out, with that law in the message and no other."""
    found = problems(module, source, is_package=module == "riskrules")
    assert [said in problem for problem in found] == [True]


@pytest.mark.parametrize(("module", "source"), KEEPS.values(), ids=KEEPS)
def test_what_is_allowed_stays_allowed(module: str, source: str) -> None:
    """The laws forbid no more than they say."""
    assert problems(module, source, is_package=module == "riskrules") == []


def test_dots_count_from_the_package_in_an_init() -> None:
    """`from ..cli` in `checker/__init__.py` is `riskrules.cli`; one dot is the package itself."""
    assert problems("riskrules.checker", DOC + "from .names import x\nfrom ..base import source", is_package=True) == []
    assert "riskrules.cli" in problems("riskrules.checker", DOC + "from ..cli import main", is_package=True)[0]

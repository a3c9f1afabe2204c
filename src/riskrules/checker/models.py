"""`model` blocks: a score that a file works out of fields and windows.

The file is part of the version: its digest is in the meaning, so another file is another fingerprint. What is in it is
looked at by whoever runs it (`bridges.onnx`); here only that it is there, beside the rules, and not too large. A score
may be missing, as when the file fails on a payment, so the rules must say what happens then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from ..meaning import nodes as n
from ..schema import kinds as k
from ..syntax.tree import Node, Token
from .declarations import Declarations
from .kinds_together import article
from .literals import unquoted
from .problems import Problems
from .quantities import Quantities
from .scope import Scope

Beside: TypeAlias = Callable[[str], bytes]
"""The content of a file that lies beside the rules, by its plain name. OSError where there is none."""

MOST_MODELS = 4
"""Each runs on every payment, tens of microseconds at best, and the payer waits."""
MOST_BYTES = 64 * 10**6
"""Of one file. A model that a payment can wait for is far smaller."""
ENDING = ".onnx"
_OK = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


class ModelBlocks:
    def __init__(
        self, scope: Scope, problems: Problems, declarations: Declarations, quantities: Quantities, beside: Beside
    ) -> None:
        self.scope = scope
        self.problems = problems
        self.declarations = declarations
        self.quantities = quantities
        self.beside = beside
        self.blocks: dict[str, Node] = {}
        self.files: dict[str, bytes] = {}

    def declare(self, block: Node) -> None:
        """The model's name; the rest is read by `finish`, once all that it may read is declared."""
        name = block.parts[0]
        assert isinstance(name, Token)
        if not self.declarations.declare("model", name):
            return
        if len(self.blocks) == MOST_MODELS:
            self.problems.error(
                "too-many-models", f"a ruleset has at most {MOST_MODELS} models", name,
                help=("each of them runs on every payment: let one model give the score",),
            )  # fmt: skip
        self.scope.models[name.text] = None
        self.blocks[name.text] = block

    def finish(self) -> None:
        for name, block in self.blocks.items():
            file, *refs = block.parts[1:]
            assert isinstance(file, Token)
            used, self.scope.used = self.scope.used, self.scope.reads.setdefault(name, set())
            reads = [self._read(r) for r in refs if isinstance(r, Node)]
            self.scope.used = used
            content = self._content(file)
            found = [r for r in reads if r is not None]
            if content is not None and len(found) == len(reads):
                digest = hashlib.sha256(content).hexdigest()
                self.scope.models[name] = n.Model(name, unquoted(file), digest, tuple(found))
                self.files[unquoted(file)] = content

    def _read(self, ref: Node) -> n.Read | n.Average | None:
        value = self.quantities.ref(ref)
        if value is None:
            return None
        node = value.node.value if isinstance(value.node, n.Default) else value.node
        if not isinstance(node, n.Read | n.Average) or (
            isinstance(node, n.Read) and self.scope.inputs[node.name].origin == "model"
        ):
            self.problems.error(
                "not-for-a-model",
                f"{self.problems.shown(ref)} is nothing that a payment or a window brings",
                ref,
                help=("name fields and windows",),
            )
            return None
        if value.kind == k.TIME or not (value.kind.numeric or value.kind == k.YES_NO):
            self.problems.error(
                "not-for-a-model",
                f"{self.problems.shown(ref)} is {article(value.kind)}, and a model reads numbers",
                ref,
                help=("name amounts, numbers, ratios, durations such as `payee.account.age`, or yes/no fields",),
            )
            return None
        return node

    def _content(self, file: Token) -> bytes | None:
        name = unquoted(file)
        if not name.endswith(ENDING) or not set(name) <= _OK or name.startswith("."):
            self._refuse(file, "is not the plain name of an ONNX file", "write a name such as `fraud.onnx`, no folder")
            return None
        try:
            content = self.beside(name)
        except OSError:
            self._refuse(file, "does not lie beside the rules", "put the file into the folder of this one")
            return None
        if not 0 < len(content) <= MOST_BYTES:
            what = "is empty" if not content else f"is larger than {MOST_BYTES // 10**6} megabytes"
            self._refuse(file, what, "export the model again, with fewer trees or layers")
            return None
        return content

    def _refuse(self, file: Token, what: str, help: str) -> None:
        self.problems.error("model-file", f"`{unquoted(file)}` {what}", file, help=(help,))


def beside(path: Path) -> Beside:
    """What reads the files of models that lie beside a rule file; no more of one than is taken."""

    def read(name: str) -> bytes:
        with (path.parent / name).open("rb") as file:
            return file.read(MOST_BYTES + 1)

    return read


def none_beside(name: str) -> bytes:
    """For rules whose text came without a folder."""
    raise FileNotFoundError(name)

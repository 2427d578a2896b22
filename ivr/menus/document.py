"""YAML text -> plain data, with the line and column of every key and value.

YAML's own reading is left to ruamel.yaml; here its nodes are turned into dicts, lists and scalars, and what YAML
permits but a menu file must not hold (a key twice, aliases, tags) is reported instead of being resolved silently.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from ivr.menus.faults import Fault

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
TAGS = ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge")

Path = tuple[str | int, ...]
Mark = tuple[int, int]


@dataclass(slots=True)
class Document:
    """The data of a file, the marks of its keys and values by path, and the faults met on the way."""

    data: object = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    empty: bool = False

    def mark(self, path: Path) -> Mark:
        """Where `path` stands: its key if it has one, else its value, else the nearest thing around it."""
        while path:
            if path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return (1, 1)

    def value_mark(self, path: Path) -> Mark:
        """Where the value at `path` stands."""
        return self.values.get(path) or self.mark(path)

    def move(self, old: Path, new: Path) -> None:
        """Find at `new` what stood at `old`, and all within it."""
        for marks in (self.keys, self.values):
            for path in [path for path in marks if path[: len(old)] == old]:
                marks[new + path[len(old) :]] = marks.pop(path)


def read_bytes(path: os.PathLike[str]) -> bytes:
    """A file's bytes, or enough of them to tell that it is too large. Raises OSError."""
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)


def read_document(raw: bytes) -> Document:
    """Read a file's bytes. Faults are in the document; its data is None when nothing could be read."""
    document = Document()
    if len(raw) > MAX_BYTES:
        document.faults.append(Fault(1, 1, f"the file is larger than {MAX_BYTES} bytes"))
        return document
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = _mark_after(raw[: error.start].decode("utf-8-sig"))
        document.faults.append(Fault(*mark, "not UTF-8 text", "save the file as UTF-8"))
        return document
    node = _compose(text, document)
    if node is not None:
        document.data = _build(node, (), document)
    if document.data is None and not document.faults:
        document.empty = True
        document.faults.append(Fault(1, 1, "the file is empty"))
    return document


def _mark_after(text: str) -> Mark:
    """Where the character after `text` stands."""
    lines = re.split(r"\r\n?|\n", text)
    return len(lines), len(lines[-1]) + 1


def _compose(text: str, document: Document) -> Node | None:
    reader = YAML(typ="safe", pure=True)
    reader.max_depth = MAX_DEPTH
    reader.composer.warn_double_anchors = False  # anchors are faults anyway
    try:
        node: Node | None = reader.compose(text)
    except MaxDepthExceededError as error:
        document.faults.append(Fault(*_error_mark(error), "nested too deeply"))
    except MarkedYAMLError as error:
        document.faults.append(Fault(*_error_mark(error), f"not YAML: {_problem(error)}", _yaml_hint(error)))
    except ReaderError as error:
        mark = _mark_after(text[: error.position])
        document.faults.append(Fault(*mark, f"a control character, U+{ord(text[error.position]):04X}", "delete it"))
    except (YAMLError, ValueError, OverflowError) as error:
        document.faults.append(_unmarked_fault(text, error))
    else:
        return node
    return None


def _unmarked_fault(text: str, error: Exception) -> Fault:
    """ruamel.yaml says nothing of where it met an escape beyond Unicode's last character."""
    for escape in re.finditer(r"\\U([0-9A-Fa-f]{8})", text):
        if int(escape[1], 16) > sys.maxunicode:
            return Fault(*_mark_after(text[: escape.start()]), f"{escape[0]} stands for no character", "delete it")
    return Fault(1, 1, f"not YAML: {_one_line(str(error))}")


def _error_mark(error: MarkedYAMLError) -> Mark:
    mark = error.problem_mark or error.context_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _problem(error: MarkedYAMLError) -> str:
    """What is wrong; a problem that only ends a sentence gets the sentence's beginning back."""
    problem = _one_line(error.problem)
    return f"{_one_line(error.context)}, {problem}" if problem.startswith("but ") else problem


def _one_line(text: str | None) -> str:
    return " ".join((text or "unreadable").split())


def _yaml_hint(error: MarkedYAMLError) -> str:
    problem = f"{error.context} {error.problem}"
    if "alias" in problem or "anchor" in problem:
        return 'a key or text that begins with * or & must be in quotes: "*"'
    if "tab" in problem or "\\t" in problem:
        return "indent with spaces"
    return "look for a missing colon, quote or indentation on this line or the one above"


def _build(node: Node, path: Path, document: Document) -> object:
    mark = (node.start_mark.line + 1, node.start_mark.column + 1)
    document.values[path] = mark
    if not _is_plain(node, mark, document):
        return None
    match node:
        case MappingNode():
            return _build_mapping(node, path, document)
        case SequenceNode():
            return [_build(item, (*path, index), document) for index, item in enumerate(node.value)]
        case ScalarNode():
            return _scalar(node)
        case _:
            raise AssertionError(f"YAML has no {type(node).__name__}")


def _is_plain(node: Node, mark: Mark, document: Document) -> bool:
    """Whether the node can be built; an anchored list may hold itself, or grow without end where aliases repeat it."""
    if node.anchor is not None:
        document.faults.append(Fault(*mark, "anchors and aliases are not used in menu files", "write it out"))
        return isinstance(node, ScalarNode)
    if str(node.tag).removeprefix("tag:yaml.org,2002:") not in TAGS:
        document.faults.append(Fault(*mark, f"tags like {node.tag} are not used in menu files", "delete it"))
    if isinstance(node, ScalarNode) and _text(node) != node.value:
        document.faults.append(Fault(*mark, "half a character", "write the character itself"))
    return True


def _build_mapping(node: MappingNode, path: Path, document: Document) -> dict[str, object]:
    built: dict[str, object] = {}
    for key_node, value_node in node.value:
        mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, ScalarNode):
            document.faults.append(Fault(*mark, "a key must be a word"))
            continue
        if not _is_plain(key_node, mark, document):
            continue
        key = _text(key_node)
        if not isinstance(_scalar(key_node), str):
            document.faults.append(Fault(*mark, f"the key {key} is not in quotes", f'write "{key}":'))
        if key in built:
            document.faults.append(Fault(*mark, f'"{key}" stands here a second time', "keep one of them"))
            continue
        document.keys[(*path, key)] = mark
        built[key] = _build(value_node, (*path, key), document)
    return built


def _text(node: ScalarNode) -> str:
    """The node's text; half of a surrogate pair, which no file or database can hold, becomes a question mark."""
    return str(node.value).encode("utf-8", "replace").decode("utf-8")


def _scalar(node: ScalarNode) -> object:
    text = _text(node)
    match node.tag:
        case "tag:yaml.org,2002:int":
            return _number(text, int)
        case "tag:yaml.org,2002:float":
            return _number(text, float)
        case "tag:yaml.org,2002:bool":
            return text.lower() == "true"
        case "tag:yaml.org,2002:null":
            return None
        case _:
            return text


def _number(text: str, kind: type[int] | type[float]) -> object:
    try:
        return kind(text.replace("_", ""))
    except ValueError:
        return text if kind is int and not text.isdigit() else 0

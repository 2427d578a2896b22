"""YAML text -> plain data, with the line and column of every key and value.

YAML's own reading is left to ruamel.yaml; here its nodes are turned into dicts, lists and scalars, and what YAML
permits but a menu file must not hold (a key twice, aliases) is reported instead of being resolved silently.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ivr.menus.faults import Fault

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

Path = tuple[str | int, ...]
Mark = tuple[int, int]


@dataclass(slots=True)
class Document:
    """The data of a file, the marks of its keys and values by path, and the faults met on the way."""

    data: object = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

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


def read_document(raw: bytes) -> Document:
    """Read a file's bytes. Faults are in the document; its data is None when nothing could be read."""
    document = Document()
    if len(raw) > MAX_BYTES:
        document.faults.append(Fault(1, 1, f"the file is larger than {MAX_BYTES} bytes"))
        return document
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        document.faults.append(Fault(line, 1, "not UTF-8 text", "save the file as UTF-8"))
        return document
    node = _compose(text, document)
    if node is not None:
        document.data = _build(node, (), document, 0)
    elif not document.faults:
        document.faults.append(Fault(1, 1, "the file is empty"))
    return document


def _compose(text: str, document: Document) -> Node | None:
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        document.faults.append(Fault(line, column, f"not YAML: {_one_line(error.problem)}", _yaml_hint(error)))
    except RecursionError:
        document.faults.append(Fault(1, 1, "nested too deeply"))
    except (YAMLError, ValueError) as error:
        document.faults.append(Fault(1, 1, f"not YAML: {_one_line(str(error))}"))
    else:
        return node
    return None


def _one_line(text: str | None) -> str:
    return " ".join((text or "unreadable").split())


def _yaml_hint(error: MarkedYAMLError) -> str:
    problem = f"{error.context} {error.problem}"
    if "alias" in problem or "anchor" in problem:
        return 'a key or text that begins with * or & must be in quotes: "*"'
    if "tab" in problem or "\\t" in problem:
        return "indent with spaces"
    return "look for a missing colon, quote or indentation on this line or the one above"


def _build(node: Node, path: Path, document: Document, depth: int) -> object:
    mark = (node.start_mark.line + 1, node.start_mark.column + 1)
    document.values[path] = mark
    if node.anchor is not None:
        document.faults.append(Fault(*mark, "anchors and aliases are not used in menu files", "write it out"))
        return None
    if depth > MAX_DEPTH:
        document.faults.append(Fault(*mark, "nested too deeply"))
        return None
    match node:
        case MappingNode():
            return _build_mapping(node, path, document, depth)
        case SequenceNode():
            return [_build(item, (*path, index), document, depth + 1) for index, item in enumerate(node.value)]
        case ScalarNode():
            return _scalar(node)
        case _:
            document.faults.append(Fault(*mark, "not a mapping, a list or a value"))
            return None


def _build_mapping(node: MappingNode, path: Path, document: Document, depth: int) -> dict[str, object]:
    built: dict[str, object] = {}
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key_node, ScalarNode):
            document.faults.append(Fault(line, column, "a key must be a word"))
            continue
        key = str(key_node.value)
        if not isinstance(_scalar(key_node), str):
            document.faults.append(Fault(line, column, f"the key {key} is not in quotes", f'write "{key}":'))
        if key in built:
            document.faults.append(Fault(line, column, f'"{key}" stands here a second time', "keep one of them"))
            continue
        document.keys[(*path, key)] = (line, column)
        built[key] = _build(value_node, (*path, key), document, depth + 1)
    return built


def _scalar(node: ScalarNode) -> object:
    text = str(node.value)
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

"""Menu files whose parts are replaced, lost and misnamed: each is refused, or is a service that works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ivr.menus.faults import MenuError
from tests.menu_files import SMALL, SURVEY, edited, load_text
from tests.property.walks import assert_told_in_place, random_walk

Path = tuple[str | int, ...]
Change = tuple[Path, str, Any]

OWN_WAYS = ('agents: ["11", "12"]', 'agents: ["11", "12"], ways: {answered: sorry, full: goodbye}')
DATA = YAML(typ="safe", pure=True).load(edited(SMALL, *SURVEY, OWN_WAYS))
NAMES = ["type", "steps", "menu", "options", "[key]", "1", "", "pl", "to", "play", "then"]


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """The paths of everything in a file."""
    yield path
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(NAMES)
values = st.recursive(
    scalars, lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(NAMES), parts, max_size=3)
)
changes: st.SearchStrategy[Change] = st.one_of(
    st.tuples(st.sampled_from([*paths(DATA)][1:]), st.just("replace"), values),
    st.tuples(st.sampled_from([*paths(DATA)][1:]), st.just("delete"), st.none()),
    st.tuples(st.sampled_from([*paths(DATA)][1:]), st.just("rename"), st.sampled_from(NAMES) | st.text()),
    st.tuples(st.sampled_from([*paths(DATA)][1:]), st.just("misspell"), st.none()),
)


def changed(data: Any, change: Change) -> None:
    """Change a file's data in place; a change of what is not there any more changes nothing."""
    path, how, value = change
    for part in path[:-1]:
        if not has(data, part):
            return
        data = data[part]
    if not has(data, path[-1]):
        return
    match how:
        case "replace":
            data[path[-1]] = value
        case "delete":
            del data[path[-1]]
        case "rename" if isinstance(data, dict):
            data[value] = data.pop(path[-1])
        case "misspell" if isinstance(data, dict):
            data[f"{path[-1]}s"] = data.pop(path[-1])


def has(data: object, part: str | int) -> bool:
    """Whether there is such a part."""
    return part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))


@settings(max_examples=200)
@given(st.lists(changes, min_size=1, max_size=4), st.integers(0, 2**32))
def test_a_file_of_another_structure_is_refused_or_works(several: list[Change], seed: int) -> None:
    """No exception but MenuError ever leaves the loader, however the parts are put together."""
    data = json.loads(json.dumps(DATA))
    for change in several:
        changed(data, change)
    raw = json.dumps(data, indent=1).replace("Infinity", ".inf").encode()
    try:
        flow = load_text(raw).flow
    except MenuError as error:
        assert_told_in_place(error, raw)
    else:
        random_walk(flow, Random(seed), steps=50)

"""The walls of the house: imports run downwards only, and what is pure stays pure."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.architecture.source import Module, is_ours, library, modules

ANYTHING = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Modules by dotted prefix, the layers below that they may import, and the libraries that they may use."""

    name: str
    prefixes: tuple[str, ...]
    below: tuple[str, ...] = ()
    libraries: frozenset[str] | None = frozenset()

    def holds(self, module: str) -> int:
        """How long the prefix is that the module has of this layer; 0 if it has none."""
        return max((len(prefix) for prefix in self.prefixes if f"{module}.".startswith(f"{prefix}.")), default=0)


DATABASE = frozenset({"sqlalchemy"})
POLICY = tuple(
    f"routing.{name}"
    for name in (
        *("agents", "hours", "offices", "queues", "estimates", "members", "reporting"),
        *("phone_numbers", "callback_times"),
    )
)
VOCABULARY = ("ivr", "ivr.events", "ivr.prompts", "ivr.state", "ivr.turns", "ivr.waits")
FLOW = tuple(
    f"ivr.{name}"
    for name in (
        *(
            "definition",
            "sayings",
            "codes",
            "lookups",
            "phrases",
            "waiting",
            "questions",
            "transfers",
            "telling",
            "flow",
            "codec",
        ),
        "fallback",
    )
)
# What a recogniser and whoever asks it tell each other.
HEARING = tuple(f"speech.{name}" for name in ("grammar", "hearing", "messages", "voices"))
CORE = ("vocabulary", "policy", "hearing", "flow")
PARTS = (
    *CORE,
    *("provision", "storage", "audit", "routing", "verdicts", "auth_pin", "retention", "recordings"),
    *("menus", "exploration", "audio", "speech", "calls", "history", "personal data", "runner"),
    *("AGI", "Twilio", "terminal", "subjects"),
)

# From the ground up: a layer imports itself and those layers that it names, which stand above it in this list.
LAYERS = (
    Layer("provision", ("provision",)),
    Layer("storage", ("storage",), libraries=frozenset({"sqlalchemy", "alembic", "cryptography"})),
    Layer("audit", ("audit",), ("storage",), DATABASE),
    Layer("policy", POLICY, libraries=frozenset({"holidays", "phonenumbers"})),
    Layer("routing", ("routing",), ("policy", "storage"), DATABASE | {"asterisk", "jinja2", "structlog"}),
    Layer("verdicts", ("auth_pin.limits", "auth_pin.verdicts")),
    Layer("auth_pin", ("auth_pin",), ("verdicts", "storage", "audit"), DATABASE | {"argon2", "cryptography"}),
    Layer("retention", ("recordings.retention", "recordings.sampling", "recordings.score_figures")),
    Layer("recordings", ("recordings",), ("retention", "storage"), DATABASE | {"cryptography", "pydub", "structlog"}),
    Layer("hearing", HEARING),
    Layer("speech", ("speech",), ("hearing",), frozenset({"vosk", "websockets", "structlog"})),
    Layer("speech training", ("speech.training",), ("hearing",), frozenset({"numpy", "scipy", "torch"})),
    Layer("vocabulary", VOCABULARY),
    Layer("flow", FLOW, ("vocabulary", "policy", "hearing")),
    Layer("menus", ("ivr.menus",), CORE, frozenset({"pydantic", "pydantic_core", "ruamel"})),
    Layer("exploration", ("ivr.exploration", "ivr.scripts"), CORE),
    Layer("audio", ("ivr.audio",), (*CORE, "exploration", "provision"), frozenset({"pydub", "structlog"})),
    Layer("calls", ("ivr.calls", "ivr.library"), (*CORE, "menus", "storage"), DATABASE),
    Layer(
        "runner",
        (
            "ivr.runner",
            "ivr.stays",
            "ivr.belated",
            "ivr.consenting",
            "ivr.authorisations",
            "ivr.level_audit",
            "ivr.secrets",
            "ivr.surveys",
            "ivr.transcript",
            "ivr.services",
            "ivr.places",
            "ivr.herald",
            "ivr.promises",
            "ivr.payers",
            "ivr.live",
            "ivr.surroundings",
            "ivr.recalling",
            "ivr.legs",
        ),
        (*CORE, "calls", "routing", "recordings", "verdicts", "audit", "storage"),
        DATABASE | {"structlog"},
    ),
    Layer("history", ("ivr.history",), (*CORE, "calls", "routing", "storage"), DATABASE),
    Layer(
        "personal data",
        ("personal_data",),
        ("policy", "calls", "history", "routing", "auth_pin", "retention", "recordings", "audit", "storage"),
        DATABASE | {"structlog"},
    ),
    Layer("gateways", ("ivr.gateways",)),
    Layer(
        "AGI",
        ("ivr.gateways.agi",),
        (*CORE, "audio", "calls", "runner", "storage"),
        DATABASE | {"asterisk", "structlog", "typing_extensions"},
    ),
    Layer(
        "Twilio",
        ("ivr.gateways.twilio",),
        (*CORE, "audio", "calls", "runner", "routing", "storage"),
        DATABASE | {"starlette", "structlog", "twilio", "uvicorn"},
    ),
    Layer("terminal", ("ivr.gateways.terminal",), (*CORE, "runner")),
    Layer(
        "subjects",
        ("subjects",),
        (*CORE, "storage", "audit", "routing", "auth_pin", "recordings", "menus", "calls", "runner"),
        DATABASE,
    ),
    # These join the parts, and may know them all.
    Layer("command line", ("centrala",), PARTS, ANYTHING),
    Layer("retention job", ("retention_job",), (*PARTS, "command line"), ANYTHING),
    Layer("phone", ("demo.phone",)),
    Layer("demonstration", ("demo",), (*PARTS, "phone", "command line"), ANYTHING),
    Layer("benchmark", ("bench",), (*PARTS, "phone", "command line", "demonstration"), ANYTHING),
)
BY_NAME = {layer.name: layer for layer in LAYERS}


def layer_of(module: str) -> Layer:
    """The layer that names the module most closely."""
    closest = max(LAYERS, key=lambda layer: layer.holds(module))
    assert closest.holds(module), f"{module} belongs to no layer: give it one in {__file__}"
    return closest


def faults(module: Module) -> list[str]:
    """Every import that goes through a wall."""
    layer = layer_of(module.name)
    return [
        f"{module.path}:{line}: {layer.name} must not import {name}"
        for line, name in module.imports()
        if not may(layer, name)
    ]


def may(layer: Layer, name: str) -> bool:
    """Whether a module of the layer may import the name."""
    if is_ours(name):
        return layer_of(name).name in (layer.name, *layer.below)
    return layer.libraries is ANYTHING or library(name) is None or library(name) in layer.libraries


def test_layers_stand_on_one_another() -> None:
    """Each names only layers that stand before it in the list, so that nothing leads upwards or in a circle."""
    names = [layer.name for layer in LAYERS]
    for place, layer in enumerate(LAYERS):
        assert set(layer.below) <= set(names[:place])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_every_layer_has_modules(layer: Layer) -> None:
    """A wall around nothing protects nothing."""
    assert [module.name for module in modules() if layer_of(module.name) is layer]


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_imports_run_downwards_only(module: Module) -> None:
    """A module imports its own layer, the layers below that it may know, and its own libraries."""
    assert [] == faults(module)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("routing", "auth_pin"),
        ("routing", "recordings"),
        ("auth_pin", "recordings"),
        ("AGI", "terminal"),
        ("AGI", "Twilio"),
        ("Twilio", "terminal"),
    ],
)
def test_neighbours_do_not_know_one_another(above: str, below: str) -> None:
    """What they share lies below them, what joins them above."""
    assert below not in BY_NAME[above].below
    assert above not in BY_NAME[below].below


def test_nothing_below_knows_the_command_line_or_the_demonstration() -> None:
    """They join the parts; no part leans on them."""
    tops = ("command line", "retention job", "demonstration", "benchmark")
    leaning = [layer.name for layer in LAYERS if layer.name not in tops and set(layer.below) & set(tops)]
    assert [] == leaning


def test_a_wall_is_noticed() -> None:
    """The checks above can fail: a flow that imports a database or a gateway would be told."""
    flow, agi = BY_NAME["flow"], BY_NAME["AGI"]
    assert not may(flow, "sqlalchemy.orm")
    assert not may(flow, "ivr.runner")
    assert not may(agi, "ivr.gateways.terminal")
    assert not may(BY_NAME["routing"], "ivr.events")
    assert may(flow, "ivr.events")
    assert may(flow, "dataclasses")

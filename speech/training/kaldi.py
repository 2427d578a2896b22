"""A trained network as a folder that libvosk loads: Kaldi's text form of an nnet3 model, graphs and settings.

https://kaldi-asr.org/doc/dnn3_code_data_types.html; https://alphacephei.com/vosk/models names the folder's files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from speech.training.corpus import ANY, CLASSES
from speech.training.features import CONFIGURATION
from speech.training.graphs import UNKNOWN, Loop, write_graphs
from speech.training.network import ANY_SHARE, LAYERS, LEFT, RIGHT, Acoustics

# How much the frequency of a class counts, and what a frame of `[unk]` costs against one of a word (as a logarithm).
PRIOR_WEIGHT = 0.5
PRICE_OF_ANY = -0.7
# Seconds of silence after which something said is over.
TRAILING_SILENCE = 0.5
_PARTS = (("B", "begin"), ("E", "end"), ("I", "internal"), ("S", "singleton"))

SETTINGS = f"""--min-active=200
--max-active=3000
--beam=12.0
--lattice-beam=5.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence={TRAILING_SILENCE}
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""


def write_model(
    folder: Path, acoustics: Acoustics, classes: tuple[str, ...], lexicon: Mapping[str, tuple[str, ...]]
) -> None:
    """Write the model's files; `classes` are those of the network, `lexicon` the sounds of each word."""
    for part in ("am", "conf", "graph/phones"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    phones = _phones(classes)
    numbers = {name: number for number, (name, _, _) in enumerate(phones, start=1)}
    (folder / "am/final.mdl").write_text(_transitions(phones, numbers) + "".join(_network(acoustics)), "utf-8")
    (folder / "conf/mfcc.conf").write_text(CONFIGURATION, "utf-8")
    (folder / "conf/model.conf").write_text(SETTINGS, "utf-8")
    words = {UNKNOWN: (("ANY",), ("SPN",)), **{word: (_in_place(sounds),) for word, sounds in lexicon.items()}}
    # Kaldi numbers transitions phone by phone: staying, then going on.
    write_graphs(folder / "graph", words, Loop(lambda name: 2 * numbers[name], lambda name: 2 * numbers[name] - 1))
    (folder / "graph/disambig_tid.int").write_text(f"{2 * len(phones) + 1}\n", "utf-8")
    boundaries = "".join(f"{numbers[name]} {kind}\n" for name, kind, _ in phones)
    (folder / "graph/phones/word_boundary.int").write_text(boundaries, "utf-8")
    lines = "".join(f"{name} {number}\n" for name, number in {"<eps>": 0, **numbers}.items())
    (folder / "graph/phones.txt").write_text(lines, "utf-8")


def _phones(classes: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Each sound at each place in a word, with its kind and the network's class: places share it."""
    kinds = ("nonword", "singleton", "singleton")
    special = [(name, kind, number) for number, (name, kind) in enumerate(zip(CLASSES, kinds, strict=True))]
    spoken = [
        (f"{sound}_{part}", kind, number)
        for number, sound in enumerate(classes[len(CLASSES) :], start=len(CLASSES))
        for part, kind in _PARTS
    ]
    return special + spoken


def _in_place(sounds: tuple[str, ...]) -> tuple[str, ...]:
    if len(sounds) == 1:
        return (f"{sounds[0]}_S",)
    return (f"{sounds[0]}_B", *[f"{sound}_I" for sound in sounds[1:-1]], f"{sounds[-1]}_E")


def _transitions(phones: list[tuple[str, str, int]], numbers: Mapping[str, int]) -> str:
    """Each sound is one state, which stays or goes on at even odds."""
    named = " ".join(map(str, numbers.values()))
    states = (
        "<State> 0 <PdfClass> 0 <Transition> 0 0.5 <Transition> 1 0.5 </State> \n<State> 1 </State> \n"
        "</TopologyEntry> \n</Topology> \n"
    )
    triples = "".join(f"{numbers[name]} 0 {pdf} \n" for name, _, pdf in phones)
    odds = _vector([0.0] + [math.log(0.5)] * (2 * len(phones)))
    return (
        f"<TransitionModel> \n<Topology> \n<TopologyEntry> \n<ForPhones> \n{named} \n</ForPhones> \n{states}"
        f"<Triples> {len(phones)} \n{triples}</Triples> \n<LogProbs> \n{odds}</LogProbs> \n</TransitionModel> \n"
    )


def _network(acoustics: Acoustics) -> Iterator[str]:
    yield "<Nnet3> \n"
    previous = "input"
    yield f"input-node name=input dim={acoustics.layers[0][0].shape[1] // len(LAYERS[0])}\n"
    for number, offsets in enumerate(LAYERS):
        around = ", ".join(previous if not offset else f"Offset({previous}, {offset})" for offset in offsets)
        yield f"component-node name=l{number}.affine component=l{number}.affine input=Append({around})\n"
        yield f"component-node name=l{number}.relu component=l{number}.relu input=l{number}.affine\n"
        previous = f"l{number}.relu"
    yield f"component-node name=out.affine component=out.affine input={previous}\n"
    yield "component-node name=out.logsoftmax component=out.logsoftmax input=out.affine\n"
    yield "output-node name=output input=out.logsoftmax objective=linear\n"
    yield f"\n<NumComponents> {2 * len(acoustics.layers)} \n"
    for number, (weights, bias) in enumerate(acoustics.layers):
        is_last = number == len(LAYERS)
        name, then = ("out", "logsoftmax") if is_last else (f"l{number}", "relu")
        yield f"<ComponentName> {name}.affine <FixedAffineComponent> <LinearParams> {_matrix(weights)}"
        yield f"<BiasParams> {_vector(bias)}</FixedAffineComponent> \n"
        kind = "LogSoftmaxComponent" if is_last else "RectifiedLinearComponent"
        yield f"<ComponentName> {name}.{then} <{kind}> <Dim> {len(bias)} <ValueAvg>  [ ]\n<DerivAvg>  [ ]\n"
        yield f"<Count> 0 <NumDimsSelfRepaired> 0 <NumDimsProcessed> 0 </{kind}> \n"
    yield f"</Nnet3> <LeftContext> {LEFT} <RightContext> {RIGHT} <Priors> {_vector(_priors(acoustics))}"


def _priors(acoustics: Acoustics) -> list[float]:
    priors = acoustics.priors**PRIOR_WEIGHT
    # So that the likelihood of any speech is that of speech, at its price.
    priors[ANY] = ANY_SHARE * math.exp(PRICE_OF_ANY)
    return [float(one) for one in priors]


def _vector(values: object) -> str:
    return " [ " + " ".join(f"{value:.6g}" for value in np.asarray(values)) + " ]\n"


def _matrix(rows: object) -> str:
    return " [\n" + "\n".join("  " + " ".join(f"{value:.6g}" for value in row) for row in np.asarray(rows)) + " ]\n"

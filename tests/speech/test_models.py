"""A folder is a model that will do, or it is told why not, before libvosk sees it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from speech.models import NEEDED, UnusableModel, inspect, shipped
from speech.recognition import Model

Spoil = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped Polish model."""
    return Path(shutil.copytree(shipped("pl"), tmp_path / "model"))


@pytest.mark.parametrize("lang", ["pl", "uk"])
def test_the_shipped_models_will_do_and_say_what_they_are(lang: str) -> None:
    """Synthetic, for telephones."""
    found = inspect(shipped(lang))
    assert (8000, True) == (found.rate, found.synthetic)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (shutil.rmtree, "no such folder"),
        (lambda folder: (folder / "graph/Gr.fst").write_bytes(b"damaged"), "graph/Gr.fst is no graph"),
        (lambda folder: (folder / "graph/HCLG.fst").touch(), "its graph is fixed"),
        (lambda folder: (folder / "conf/mfcc.conf").write_text("--sample-frequency=11025\n"), "it hears at 11025 Hz"),
        *((lambda folder, name=name: (folder / name).unlink(), f"no {name} in it") for name in NEEDED),
    ],
)
def test_a_folder_that_will_not_do_is_told(folder: Path, spoil: Spoil, told: str) -> None:
    """With what is wrong."""
    spoil(folder)
    with pytest.raises(UnusableModel, match=told):
        inspect(folder)


def test_a_damaged_model_is_told_and_not_listened_with(folder: Path) -> None:
    """libvosk itself says so."""
    (folder / "am/final.mdl").write_text("damaged\n", "utf-8")
    with pytest.raises(UnusableModel, match="libvosk cannot load it"):
        Model(inspect(folder))


def test_a_model_of_one_of_vosks_rates_is_taken(folder: Path) -> None:
    """16 kHz is what a model hears at that does not say."""
    (folder / "conf/mfcc.conf").write_text("--use-energy=false\n", "utf-8")
    assert 16000 == inspect(folder).rate


def test_words_that_a_model_lacks_are_known() -> None:
    """So that no menu offers them silently."""
    model = Model(inspect(shipped("pl")))
    assert (True, False, False) == tuple(map(model.known, ("emerytury", "słoń", "")))

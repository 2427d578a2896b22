"""The acoustic model: a time-delay neural network, trained by PyTorch, given as plain affine layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from speech.training.corpus import ANY, SILENCE, Example
from speech.training.features import Matrix

# Which frames around its own each layer looks at. libvosk computes every third frame.
LAYERS = ((-2, -1, 0, 1, 2), (-3, 0, 3), (-3, 0, 3), (-6, 0, 3), (-9, 0, 3))
LEFT, RIGHT = -sum(layer[0] for layer in LAYERS), sum(layer[-1] for layer in LAYERS)
WIDTH = 96
CHUNK = 60
BATCH = 128
# Of each frame of speech so much is told to be any speech: the price at which a word of ours gives way to `[unk]`.
ANY_SHARE = 0.10
_SMOOTHING = 0.02


@dataclass(frozen=True, slots=True)
class Acoustics:
    """Affine layers (weights and bias), with rectifiers between them, and how often each class occurred."""

    layers: tuple[tuple[Matrix, Matrix], ...]
    priors: npt.NDArray[np.float64]


class _Network(nn.Module):  # type: ignore[misc]
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        widths = (inputs, *[WIDTH] * len(LAYERS))
        self.affine = nn.ModuleList(
            nn.Linear(width * len(layer), WIDTH) for width, layer in zip(widths, LAYERS, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, affine=False) for width in widths)
        self.last = nn.Linear(WIDTH, outputs)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        heard = self.norms[0](frames.transpose(1, 2)).transpose(1, 2)
        for layer, affine, norm in zip(LAYERS, self.affine, self.norms[1:], strict=True):
            length = heard.shape[1] - (layer[-1] - layer[0])
            heard = torch.cat([heard[:, offset - layer[0] : offset - layer[0] + length] for offset in layer], 2)
            heard = norm(torch.relu(affine(heard)).transpose(1, 2)).transpose(1, 2)
        return self.last(heard)

    def folded(self) -> tuple[tuple[Matrix, Matrix], ...]:
        """The layers, each with the normalisation before it."""
        layers = []
        for index, affine in enumerate([*self.affine, self.last]):
            norm, repeats = self.norms[index], len(LAYERS[index]) if index < len(LAYERS) else 1
            scale = (1 / torch.sqrt(norm.running_var + norm.eps)).repeat(repeats)
            shift = (-norm.running_mean).repeat(repeats) * scale
            layers.append(
                ((affine.weight * scale[None]).detach().numpy(), (affine.bias + affine.weight @ shift).detach().numpy())
            )
        return tuple(layers)


def train(
    examples: Sequence[Example], classes: int, epochs: int, tell: Callable[[str], None], seed: int = 0
) -> Acoustics:
    """Train on the examples; `tell` hears of each epoch."""
    torch.manual_seed(seed)
    frames, wanted = _chunks(examples)
    held = max(1, min(300, len(frames) // 20))
    counts = torch.bincount(wanted.flatten(), minlength=classes).double() + 1
    network = _Network(frames.shape[2], classes)
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    batches = (len(frames) - held) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, max(2, epochs * batches))
    for epoch in range(epochs):
        network.train()
        order = held + torch.randperm(len(frames) - held)
        for batch in range(batches):
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            loss = _loss(network(frames[chosen]).flatten(0, 1), wanted[chosen].flatten())
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            right = (network(frames[:held]).argmax(2) == wanted[:held]).float().mean().item()
        tell(f"epoch {epoch + 1} of {epochs}: {100 * right:.1f} % of frames right")
    return Acoustics(network.folded(), (counts / counts.sum()).numpy())


def _loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    logs = torch.log_softmax(scores, 1)
    classes = logs.shape[1]
    target = torch.full_like(logs, _SMOOTHING / classes).scatter_(1, wanted[:, None], 1 - _SMOOTHING)
    share = (wanted != SILENCE).float()[:, None] * ANY_SHARE
    target = target * (1 - share)
    target[:, ANY] += share[:, 0]
    return -(target * logs).sum(1).mean()


def _chunks(examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Stretches of equal length, with what the network looks at around them."""
    frames, wanted = [], []
    for example in examples:
        length = len(example.features)
        if length < CHUNK:
            continue
        first, last = example.features[:1], example.features[-1:]
        padded = np.concatenate([np.repeat(first, LEFT, 0), example.features, np.repeat(last, RIGHT, 0)])
        for start in range(0, length, CHUNK):
            begin = min(start, length - CHUNK)
            frames.append(padded[begin : begin + CHUNK + LEFT + RIGHT])
            wanted.append(example.classes[begin : begin + CHUNK])
    return torch.tensor(np.stack(frames)), torch.tensor(np.stack(wanted)).long()

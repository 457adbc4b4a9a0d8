"""Recipes for activation maximisation, each with its source: what is moved, what it must survive, how it is stepped.

"ours": a Fourier basis cut to low frequencies, small pictures first, and a penalty on channels that answer unlike they
    do to photographs (DeepInversion's idea), which keeps colours and contrast calm. It fades as the run goes on, and
    the transforms become small: form first, then detail.
"calm": the same with the penalty at full weight to the end and a steeper spectrum: painterly, lower scores;
    what the gallery is made with.
"Lucid": https://github.com/tensorflow/lucid (Apache 2.0), `optvis.render` with its standard transforms; C. Olah, A.
    Mordvintsev, L. Schubert, *Feature Visualization*, 2017, https://distill.pub/2017/feature-visualization. Enlarging
    and turning keep the frame here, and take any value in Lucid's range.
"keras-vis": https://github.com/raghakot/keras-vis (MIT), `visualize_activation` of version 0.4 with jitter: pixels,
    total variation, L6 norm; at last every picture is brought to one contrast, since what comes out is pale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from explain.gradients.visualisation import transforms
from explain.gradients.visualisation.ascent import Rule, Stage
from explain.gradients.visualisation.objectives import Norm, Objective, Roughness
from explain.gradients.visualisation.optimisers import Adam, RMSprop
from explain.gradients.visualisation.parametrisation import Fourier, Grey, Pixels

Size = int | tuple[int, int]  # pixels: the side of a square, or height and width
SMALLEST = 32  # pixels of a picture's side
# keras-vis counts squared differences of levels, 0 to 255, averaged over places and colours
KERAS_VIS_ROUGHNESS = 1 / 255**2


@dataclass(frozen=True)
class Preset:
    """A recipe.

    image: from a picture's size, of a square its side alone, to its parametrisation. rule: see `loop.Rule`.
    stages: for each stage its share of the final size and its share of the steps. settle: see `loop.Stage`, of
        the last.
    finish: the last stage's transform, in place of the rule's.
    natural, fades: weight of `objectives.Unnatural` over `layers`, against a class's logit, at the beginning; it falls
        linearly until this share of the run is over, and is zero from there.
    penalties: what else is taken off, `(weight, objective)`.
    steps: when nothing else is said.
    """

    image: Callable[[Size], Any]
    rule: Rule
    stages: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    settle: float = 0.0
    finish: Any = None
    natural: float = 0.0
    fades: float = 1.0
    layers: tuple[str, ...] = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3")
    penalties: tuple[tuple[float, Objective], ...] = field(default=())
    steps: int = 56

    def unnatural(self, share: float) -> float:
        """Weight of the penalty when this share of the run is over."""
        return self.natural * max(0.0, 1 - share / self.fades)

    def staged(self, size: Size, steps: int, grey: bool = False) -> list[Stage]:
        """The stages of a run; the last one takes the steps that are left. grey: of pictures without colours."""
        found, left = [], steps
        for position, (size_share, step_share) in enumerate(self.stages, start=1):
            last = position == len(self.stages)
            side = size if last else _smaller(size, size_share)
            count = left if last else min(left - 1, round(step_share * steps))
            left -= count
            transform = self.finish if last else None
            image = Grey(self.image(side)) if grey else self.image(side)
            found.append(Stage(image, count, settle=self.settle if last else 0.0, transform=transform))
        return found

    def told(self, size: Size, steps: int) -> dict[str, Any]:
        """The recipe in plain values, to note what pictures were made with; equal recipes are told alike."""
        stages = [repr(stage) for stage in self.staged(size, steps)]
        penalties = [[weight, repr(penalty)] for weight, penalty in self.penalties]
        natural = [self.natural, self.fades, *self.layers] if self.natural else []
        return {"stages": stages, "rule": repr(self.rule), "natural": natural, "penalties": penalties}


def _smaller(size: Size, share: float) -> Size:
    """A share of a size, in even numbers; a picture that would become too low or too narrow keeps its size."""
    if isinstance(size, int):
        return max(SMALLEST, 2 * round(share * size / 2))
    sides = tuple(2 * round(share * side / 2) for side in size)
    return sides if min(sides) >= SMALLEST else size


OURS = Preset(
    image=partial(Fourier, decay=0.8),
    rule=Rule(rate=0.07, start=0.2, transform=transforms.chain(transforms.Move(0.0, 0.08, (0.9, 1.1), 5.0))),
    stages=((0.6, 0.4), (1.0, 0.6)),
    settle=0.4,
    finish=transforms.chain(transforms.Move(0.0, 0.04, (0.96, 1.04), 2.0)),
    natural=2.0,
    fades=0.8,
    steps=48,
)
CALM = Preset(
    image=Fourier,
    rule=Rule(rate=0.06, start=0.2, transform=transforms.chain(transforms.Move(0.0, 0.08, (0.9, 1.1), 5.0))),
    stages=((0.6, 0.55), (1.0, 0.45)),
    settle=1.0,
    natural=2.0,
    fades=1e6,  # never
)
LUCID = Preset(
    image=lambda size: Fourier(size, decay=1.0, low_pass=float("inf"), contrast=None, mean=(0.5, 0.5, 0.5)),
    rule=Rule(
        rate=0.05,
        start=0.01,
        optimiser=Adam(0.9, 0.999),
        transform=transforms.chain(
            transforms.Pad(12),
            transforms.Crop(8),
            transforms.Move(scale=(0.9, 1.1), degrees=10.0),
            transforms.Crop(4),
        ),
    ),
    steps=128,
)
KERAS_VIS = Preset(
    image=partial(Pixels, contrast=0.1),
    rule=Rule(rate=1.0, start=0.05, optimiser=RMSprop(0.95), transform=transforms.Roll(0.05)),
    penalties=((10.0, Roughness(KERAS_VIS_ROUGHNESS)), (10.0, Norm(6.0))),
    steps=200,
)
PRESETS = {"ours": OURS, "calm": CALM, "Lucid": LUCID, "keras-vis": KERAS_VIS}

"""How well a linear read-out tells classes apart: fitted on one half of the words, measured on the other, both ways.

The read-out is least squares with a penalty (ridge regression) from a layer's values to one number a class, the class
with the largest being its answer. The penalty, and whether values that vary little are made to vary as much as the
others, is what has the least leave-one-out error on the half that is fitted, which has a closed form (G. Golub,
M. Heath, G. Wahba, "Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter", Technometrics 21(2),
1979, https://doi.org/10.1080/00401706.1979.10489751, section 2).

That a linear read-out finds something in a layer: G. Alain, Y. Bengio, "Understanding intermediate layers using linear
classifier probes", 2016, https://arxiv.org/abs/1610.01644. That it may find something in anything, and is to be held
against a control: J. Hewitt, P. Liang, "Designing and Interpreting Probes with Control Tasks", EMNLP 2019,
https://arxiv.org/abs/1909.03368.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTIES = 10.0 ** np.arange(-4, 4)  # times the mean of the eigenvalues
FLAT = 1e-3  # of the largest spread: a value that varies less is not made to vary as much as the others
SHUFFLED = 720  # examples over which the control is measured, at least
CERTAIN = 1.96  # standard deviations of the interval that holds the true share 95 times in a hundred


@dataclass(frozen=True)
class ReadOut:
    """weights: `(value, class)`, offset: `(class,)`, for values as they are. penalty: that was chosen."""

    weights: np.ndarray
    offset: np.ndarray
    penalty: float

    def classes(self, values: np.ndarray) -> np.ndarray:
        """The class of each row of `(n, value)`."""
        return (values @ self.weights + self.offset).argmax(axis=1)


@dataclass(frozen=True)
class Separation:
    """How well classes are told apart.

    share: of examples whose class is read out right, each by a read-out that was fitted on other words. low, high: the
    interval in which it lies for all such examples, 95 times in a hundred (Wilson). control: the same share where the
    classes were dealt out anew by chance before fitting and measuring. examples: how many. values: of each.
    """

    share: float
    low: float
    high: float
    control: float
    examples: int
    values: int


@dataclass(frozen=True)
class Rows:
    """Examples to fit on, along the axes of their own scatter; worked out once for any classes.

    mean, scale: `(value,)`, taken off and divided by. projected: `(n, k)`. eigenvalues: `(k,)`. axes: `(value, k)`.
    """

    mean: np.ndarray
    scale: np.ndarray
    projected: np.ndarray
    eigenvalues: np.ndarray
    axes: np.ndarray

    @staticmethod
    def of(values: np.ndarray, alike: bool) -> Rows:
        """values: `(n, value)`. alike: all values made to vary as much; else large ones count for more."""
        values = np.asarray(values, np.float64)
        mean, spread = values.mean(axis=0), values.std(axis=0)
        most = max(spread.max(initial=0.0), 1e-12)
        scale = np.maximum(spread, FLAT * most) if alike else np.full_like(spread, most)
        x = (values - mean) / scale
        if x.shape[1] <= len(x):  # on the shorter side
            eigenvalues, axes = np.linalg.eigh(x.T @ x)
        else:
            eigenvalues, rows = np.linalg.eigh(x @ x.T)
            axes = x.T @ (rows / np.sqrt(np.maximum(eigenvalues, 1e-12 * max(eigenvalues[-1], 1e-12))))
        return Rows(mean, scale, x @ axes, np.maximum(eigenvalues, 0.0), axes)

    def fit(self, classes: np.ndarray, count: int, penalties: np.ndarray = PENALTIES) -> tuple[float, ReadOut]:
        """The read-out with the least leave-one-out error, after that error.

        classes: `(n,)`, below count. penalties: in multiples of the mean eigenvalue.
        """
        wanted = np.eye(count)[classes]
        usual = wanted.mean(axis=0)
        along = self.projected.T @ (wanted - usual)
        penalties = penalties * max(self.eigenvalues.mean(), 1e-12)
        errors = [self._left_out(penalty, along, wanted - usual) for penalty in penalties]
        best = int(np.argmin(errors))
        weights = self.axes @ (along / (self.eigenvalues + penalties[best])[:, None]) / self.scale[:, None]
        return errors[best], ReadOut(weights, usual - self.mean @ weights, float(penalties[best]))

    def _left_out(self, penalty: float, along: np.ndarray, wanted: np.ndarray) -> float:
        """The mean squared error at each row by the fit without it."""
        raised = self.eigenvalues + penalty
        fitted = self.projected @ (along / raised[:, None])
        lever = (self.projected**2 / raised).sum(axis=1) + 1 / len(self.projected)  # the mean is fitted as well
        return float((((wanted - fitted) / np.maximum(1 - lever, 1e-6)[:, None]) ** 2).mean())


def separation(values: np.ndarray, classes: np.ndarray, halves: np.ndarray, seed: int = 0) -> Separation:
    """Each half measured with the read-out that is fitted on the other.

    values: `(n, value)`. classes: `(n,)` whole numbers from 0. halves: `(n,)` booleans, all of a word on one side.
    Raises ValueError where a half is empty.
    """
    if halves.all() or not halves.any():
        raise ValueError("There are too few words to fit on one half and to measure on the other.")
    count, random = int(classes.max()) + 1, np.random.default_rng(seed)
    dealt = [classes]
    for _ in range(max(1, round(SHUFFLED / len(classes)))):
        dealt.append(classes.copy())
        for half in (halves, ~halves):  # each keeps as many of each class: else the other would have fewer
            dealt[-1][half] = random.permutation(classes[half])
    right = np.zeros((len(dealt), len(classes)), bool)
    for half in (halves, ~halves):
        ways = [Rows.of(values[~half], alike) for alike in (False, True)]
        for number, of_these in enumerate(dealt):
            fits = [rows.fit(of_these[~half], count) for rows in ways]
            read_out = min(fits, key=lambda fitted: fitted[0])[1]
            right[number, half] = read_out.classes(values[half]) == of_these[half]
    low, high = interval(int(right[0].sum()), len(classes))
    return Separation(float(right[0].mean()), low, high, float(right[1:].mean()), len(classes), values.shape[1])


def chance(classes: np.ndarray) -> float:
    """The share that is right where the commonest class is always answered."""
    return float(np.bincount(classes).max() / len(classes))


def interval(right: int, of: int) -> tuple[float, float]:
    """In which a share lies of which so many of so many were seen (E. B. Wilson, "Probable Inference, the Law of
    Succession, and Statistical Inference", JASA 22, 1927, https://doi.org/10.1080/01621459.1927.10502953)."""
    share, z = right / of, CERTAIN
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return float(max(0.0, middle - reach)), float(min(1.0, middle + reach))

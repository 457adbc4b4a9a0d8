"""The judge of the network that comes along, on pictures drawn here."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.network.description import describe
from explain.network.session import Network
from explain.trust import measured
from explain.trust.fit import threshold
from explain.trust.judge import judge, words_on
from models.crnn import CARD
from models.typeface import FONTS, draw_word
from tests.benchmarks import no_text


@pytest.fixture(scope="module")
def network():
    return Network(CARD, threads=1)


def judged(network, picture, words=None, description=None):
    description = description or network.description
    prepared = description.made_ready(picture)
    values = {name: array[0] for name, array in network.run(prepared.batch).items()}
    return judge(description, values, prepared, words)


def kinds(trust):
    return [caveat.kind for caveat in trust.caveats]


def test_what_was_measured_holds_for_the_committed_weights():
    known = measured.load(CARD.trust, measured.digest_of(CARD.files))
    assert known is not None
    assert CARD.trust.stat().st_size < 300_000
    assert known.false_alarms < known.doubted <= 0.03


def test_numbers_of_other_weights_are_not_used(tmp_path, network):
    assert measured.load(CARD.trust, "of other weights") is None
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(CARD.trust.read_bytes()[:200])
    assert measured.load(damaged, measured.digest_of(CARD.files)) is None
    other = describe(replace(CARD, trust=damaged))
    trust = judged(network, draw_word("Garden", next(iter(FONTS))), description=other)
    assert (trust.right, trust.likeness, trust.line) == (None, None, "")


def test_a_plain_word_is_believed(network):
    for text in ("Garden", "window", "HOTEL"):
        trust = judged(network, draw_word(text, next(iter(FONTS))))
        assert trust.believed
        assert trust.right > 0.8


def test_pictures_without_text_are_like_no_word(network):
    found = [judged(network, picture) for _, picture in no_text.drawn(20, seed=99)]
    assert sum(not trust.believed for trust in found) >= 18
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (60, 200), np.uint8))
    assert judged(network, noise).line.startswith("This does not look like a word to me")


def test_a_blank_picture_has_no_contrast(network):
    assert kinds(judged(network, Image.new("L", (200, 50), 255)))[0] == "no-contrast"


def line_of(word, count):
    step = word.width + word.height // 3
    line = Image.new("RGB", (step * count, word.height), "white")
    for place in range(count):
        line.paste(word, (place * step, 0))
    return line


def test_several_words_come_first(network):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (60, 200), np.uint8))
    trust = judged(network, noise, words=3)
    assert trust.line.startswith("More than one word: at least 3.") and kinds(trust)[1] == "not-a-word"
    trust = judged(network, line_of(draw_word("Garden", next(iter(FONTS))), 8))
    assert kinds(trust)[0] == "several-words"
    assert "Squeezed to" in trust.line


def test_a_gap_in_a_word_that_is_surely_read_is_no_reason_not_to_believe_it(network):
    word = draw_word("Garden", next(iter(FONTS)))
    trust = judged(network, word, words=2)
    assert trust.believed and "2 were found" in trust.line
    assert judged(network, word, words=1).line == ""


def test_words_are_counted_on_what_is_read(network):
    word = draw_word("Garden", next(iter(FONTS)))
    assert words_on(network.description.made_ready(word)) == 1
    line = network.description.made_ready(line_of(word, 3))
    assert words_on(line) == 3
    assert words_on(replace(line, kept=(0, 0, word.width, word.height))) == 1


def test_a_network_that_reads_spaces_reads_several_words(network):
    line = line_of(draw_word("Garden", next(iter(FONTS))), 8)
    labels = (" ", *network.description.labels[1:])
    head = replace(network.description.head, labels=labels)
    assert "several-words" not in kinds(judged(network, line, 8, replace(network.description, head=head)))


def test_low_letters_are_told(network):
    trust = judged(network, draw_word("Garden", next(iter(FONTS))).resize((30, 9)))
    assert "9 pixels high" in trust.line


def test_scores_by_hand():
    count = len(measured.features.NAMES)
    known = measured.Measured(
        digest="", layer="", mean=np.ones(count), deviation=np.full(count, 2.0), word=np.append(np.ones(count), 0.5),
        right=np.append(np.zeros(count), [3.0, 0.0]), steps=np.array([0.0, 10.0]), shares=np.array([0.0, 1.0]),
        edges=np.array([0.5]), told=np.array([0.2, 0.9]),
        least_like=0.0, least_right=0.0, false_alarms=0.0, doubted=0.0,
    )  # fmt: skip
    picture = np.ones((1, count))
    picture[0, 0], picture[0, 1] = 4, 1000  # 1.5 deviations, and far beyond reach
    likeness, share = known.scores(picture)
    assert likeness == pytest.approx([1.5 + measured.REACH + 0.5])
    assert share == pytest.approx([likeness[0] / 10])
    assert known.said(np.array([0.1, 0.5, 0.51])).tolist() == [0.2, 0.2, 0.9]


def test_levels_are_equally_filled_and_tell_their_own_share():
    random = np.random.default_rng(3)
    shares = random.random(5000)
    right = random.random(5000) < shares
    edges, told = measured.levels(shares, right)
    assert edges == pytest.approx(np.arange(1, measured.LEVELS) / measured.LEVELS, abs=0.03)
    assert told == pytest.approx((np.arange(measured.LEVELS) + 0.5) / measured.LEVELS, abs=0.05)
    edges, told = measured.levels(np.array([0.1] * 70 + [0.9] * 30), np.arange(100) < 70)
    assert told.tolist() == [1.0, 0.0] and np.searchsorted(edges, [0.1, 0.9]).tolist() == [0, 1]


def test_a_share_of_rightly_read_words_is_spared():
    random = np.random.default_rng(2)
    shares, marked = random.random(1000), random.random(1000) < 0.01
    least = threshold(marked, shares, 0.03)
    assert (marked | (shares < least)).sum() == 30

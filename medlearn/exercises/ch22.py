"""The exercises of notebook 22. The seventh trains a network, and imports Keras when it is handed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. One cell of the table


def one_cell_of_the_table():
    upper_left, above, left = 9, 7, 13
    pair, gap = -3, -5
    return max(upper_left + pair, above + gap, left + gap)


q1 = Exercise(
    hint=(
        "Three ways lead into the cell. What is each worth: the cell that it comes from, and what the step "
        "adds?",
        "Along the diagonal the two letters stand under each other, 9 − 3. From above and from the left a "
        "letter stands alone, 7 − 5 and 13 − 5. The best of the three stays.",
    ),
    solve=one_cell_of_the_table,
    judge=number(
        8,
        {
            6: "6 is the way along the diagonal, 9 − 3. Another of the three ways is worth more.",
            2: "2 is the way from above, 7 − 5, and the worst of the three: the best one stays.",
            13: "13 is the cell on the left as it stands; a step from there is a gap and adds −5.",
            9: "9 is the cell up on the left as it stands; a step from there adds −3.",
            7: "7 is the cell above as it stands; a step from there is a gap and adds −5.",
            18: "The gap is −5: it is added, and makes the score smaller, not larger.",
            12: "L over E is worth −3: it is added, and makes the score smaller, not larger.",
            10: "13 − 3: but from the left no letter stands over another. That step adds the gap's −5.",
            4: "7 − 3: but from above no letter stands over another. That step adds the gap's −5.",
            5: "13 − 3 − 5: from the left only a gap is added; L over E belongs to the diagonal.",
            16: "16 is the sum of the three ways. The alignment takes one of them, the best.",
            29: "29 is the sum of the three cells. Each step adds something first; then the best way stays.",
            0: "0 would be a candidate in a local alignment, and even there another way is worth more.",
        },
        "Three sums: 9 − 3, 7 − 5 and 13 − 5. The largest of them stands in the cell.",
    ),
    praise=(
        "It comes from the left: a letter of the second sequence stands alone. The table never asks how the "
        "neighbours came to their numbers, and that makes it fast."
    ),
)


# 2. The score of the best alignment


def score_of_the_best_alignment():
    def needleman(score, gap):
        n, m = score.shape
        best = np.zeros((n + 1, m + 1))
        best[:, 0] = gap * np.arange(n + 1)  # only letters of the first so far
        best[0] = gap * np.arange(m + 1)
        for i in range(1, n + 1):
            for j in range(1, m + 1):
                best[i, j] = max(
                    best[i - 1, j - 1] + score[i - 1, j - 1],
                    best[i - 1, j] + gap,
                    best[i, j - 1] + gap,
                )
        return best[n, m]

    return needleman


_STEPS = {"pair": (1, 1), "above": (1, 0), "left": (0, 1)}


def _alignments(n: int, m: int) -> Iterator[tuple[str, ...]]:
    """Every alignment of `n` and `m` letters, as its steps: from above a letter of the first stands alone."""
    if n == m == 0:
        yield ()
    for step, (down, right) in _STEPS.items():
        if down <= n and right <= m:
            yield from ((*before, step) for before in _alignments(n - down, m - right))


def _worth(steps: tuple[str, ...], score: np.ndarray, gap: float, *, once: bool = False) -> float:
    """What an alignment is worth; with `once` a gap of many letters costs as much as one letter."""
    i, j, total, last = 0, 0, 0.0, ""
    for step in steps:
        if step == "pair":
            total += score[i, j]
        elif not (once and step == last):
            total += gap
        i, j, last = i + _STEPS[step][0], j + _STEPS[step][1], step
    return total


def _best_of_all(score: np.ndarray, gap: float, *, once: bool = False) -> float:
    return max(_worth(steps, score, gap, once=once) for steps in _alignments(*score.shape))


def _table(
    score: np.ndarray,
    gap: float,
    *,
    column: bool = True,
    row: bool = True,
    ways: tuple[str, ...] = tuple(_STEPS),
    pairs: bool = True,
    least: float = -np.inf,
    choose: Callable = max,
    kind: type = float,
) -> np.ndarray:
    """The table, right or with something changed: the borders, the ways into a cell, and so on."""
    n, m = score.shape
    best = np.zeros((n + 1, m + 1), kind)
    best[:, 0] += (column * gap * np.arange(n + 1)).astype(kind)
    best[0] += (row * gap * np.arange(m + 1)).astype(kind)
    for i, j in np.ndindex(n, m):
        way = {"pair": best[i, j] + pairs * score[i, j], "above": best[i, j + 1] + gap}
        way["left"] = best[i + 1, j] + gap
        best[i + 1, j + 1] = max(least, choose(way[one] for one in ways))
    return best


def _last(**changed: object) -> Callable:
    return lambda score, gap: _table(score, gap, **changed)[-1, -1]


_FAULTS_OF_NEEDLEMAN = (
    (
        _last(row=False, column=False),
        "The first row and the first column are 0 with you. Letters that stand alone in front cost a gap "
        "each: 0, gap, 2 · gap and so on.",
    ),
    (
        _last(row=False),
        "The first row is 0 with you; it holds 0, gap, 2 · gap and so on, as the first column.",
    ),
    (
        _last(column=False),
        "The first column is 0 with you; it holds 0, gap, 2 · gap and so on, as the first row.",
    ),
    (
        _last(ways=("pair", "left")),
        "One way is missing: from above, best[i − 1, j] + gap, where a letter of the first stands alone.",
    ),
    (
        _last(ways=("pair", "above")),
        "One way is missing: from the left, best[i, j − 1] + gap, where a letter of the second stands alone.",
    ),
    (
        _last(ways=("pair",)),
        "Both gaps are missing: a cell can also be reached from above and from the left.",
    ),
    (_last(ways=("above", "left")), "The diagonal is missing: best[i − 1, j − 1] + score[i − 1, j − 1]."),
    (_last(pairs=False), "The diagonal adds nothing with you: it adds the score of the two letters."),
    (_last(choose=min), "You take the worst of the three ways: take max."),
    (_last(choose=sum), "You add up the three ways: the best of them stays."),
    (_last(least=0), "No cell of yours is below 0: that is a local alignment. Leave 0 out of the max."),
    (
        lambda score, gap: _table(score, gap, least=0, row=False, column=False).max(),
        "That is the best local alignment: borders of 0, 0 in the max, the largest cell. Asked for is both "
        "sequences from end to end.",
    ),
    (
        lambda score, gap: _table(score, gap, least=0, row=False, column=False)[-1, -1],
        "Borders of 0, and 0 in the max: those belong to a local alignment.",
    ),
    (
        lambda score, gap: _table(score, gap).max(),
        "You return the largest cell. Both sequences are aligned to their ends: that is the last cell.",
    ),
    (
        lambda score, gap: _table(score, gap)[-2, -2],
        "You stop a row and a column too early: the table has a cell before the first letters, so it is "
        "(n + 1, m + 1).",
    ),
    (lambda score, gap: _last()(score, -gap), "gap is a number below 0: add it. You take it away."),
    (
        _last(kind=int),
        "Fractions are lost: your table holds whole numbers. np.zeros((n + 1, m + 1)) holds any.",
    ),
    (
        lambda score, gap: _best_of_all(score, gap, once=True),
        "A gap of three letters costs 3 · gap here; with you it costs as much as one letter.",
    ),
    (
        lambda score, gap: score.max(axis=1).sum(),
        "Each letter takes its best partner with you, whatever the order: an alignment never goes back.",
    ),
    (
        lambda score, gap: 0.0,
        "The last cell is still 0: the loops stop too early. They run to range(1, n + 1), range(1, m + 1).",
    ),
    (lambda score, gap: np.trace(score), "You add up the diagonal: the best alignment may need gaps."),
    (lambda score, gap: -_last()(score, gap), "The sign is turned: the best score is the highest."),
)


def _pairs_to_align() -> list[tuple[np.ndarray, float]]:
    """Scores of letters and what a gap adds: small enough to try every alignment."""
    rng = np.random.default_rng(22)
    shapes = ((1, 1), (2, 3), (3, 2), (1, 3), (4, 4), (4, 3), (3, 5), (4, 4))
    cases = [(rng.integers(-4, 7, shape).astype(float), -2.0) for shape in shapes]
    cases += [(rng.integers(-4, 7, (4, 5)) + 0.25, -1.5), (rng.integers(-9, 3, (4, 3)) - 0.25, -0.75)]
    return cases


def _judge_needleman(needleman) -> str | None:
    says = "Return one number, the score of the best alignment."
    cases, given = _pairs_to_align(), []
    for score, gap in cases:
        try:
            value = grid(needleman(score.copy(), gap), None, says)
        except IndexError as error:
            return _why_outside(score, error)
        if value.shape == (score.shape[0] + 1, score.shape[1] + 1):
            return "You return the whole table; asked for is its last cell, best[n, m]."
        given.append(grid(value, (), says))
    right = [_best_of_all(score, gap) for score, gap in cases]
    if np.allclose(given, right, atol=1e-6):
        return None
    for fault, told in _FAULTS_OF_NEEDLEMAN:
        if np.allclose(given, [fault(score, gap) for score, gap in cases], atol=1e-6):
            return told
    at = int(np.argmin(np.isclose(given, right, atol=1e-6)))
    return _where_it_differs(*cases[at], given[at], right[at])


def _why_outside(score: np.ndarray, error: IndexError) -> str:
    n, m = score.shape
    return (
        f"For {n} and {m} letters it stops: {error}. The table is (n + 1, m + 1), the rows for the first "
        "sequence, and the letters of cell (i, j) have score[i − 1, j − 1]."
    )


def _where_it_differs(score: np.ndarray, gap: float, given: float, right: float) -> str:
    n, m = score.shape
    return (
        f"For {score.tolist()} and gap = {gap:g} all alignments of {n} and {m} letters were tried: the best "
        f"is worth {right:g}, yours {given:g}. Borders of multiples of gap, the best of three ways in each "
        "cell, and the last cell."
    )


q2 = Exercise(
    hint=(
        "A table of (n + 1, m + 1). Its first row and column are known: only gaps. Each other cell is the "
        "best of three ways, as in exercise 1.",
        "best[i, j] = max(best[i - 1, j - 1] + score[i - 1, j - 1], best[i - 1, j] + gap, "
        "best[i, j - 1] + gap), in two loops from 1; the answer is best[n, m].",
    ),
    solve=score_of_the_best_alignment,
    judge=_judge_needleman,
    praise=(
        "Four and four letters have 321 paths through the table, and every one was tried here: yours finds "
        "the best with 16 cells. For two proteins of 300 letters only the table is left."
    ),
)


# 3. A score from counts


def half_bits_of_a_pair():
    observed = 22 / 1000
    of_l, of_i = 200 / 2000, 120 / 2000
    by_chance = 2 * of_l * of_i  # L over I, or I over L
    return 2 * np.log2(observed / by_chance)


def _half_bits(
    logarithm: Callable = np.log2, *, times: float = 2, share: float = 0.022, chance: float = 0.012
) -> float:
    """The score, right or with something changed: the logarithm, what is counted, what chance expects."""
    return float(times * logarithm(share / chance))


def _as_it_is(value: float) -> float:
    return value


q3 = Exercise(
    hint=(
        "Two shares: how often L and I stand under each other, and how often they would if partners were "
        "drawn at random. Chance has two ways to do it.",
        "Observed 22 / 1,000; expected 2 · 200 / 2,000 · 120 / 2,000. The logarithm to base 2 of their ratio "
        "is in bits; in half-bits the number is twice as large.",
    ),
    solve=half_bits_of_a_pair,
    judge=number(
        _half_bits(),
        {
            _half_bits(
                chance=0.006
            ): "Chance has two ways: L over I, and I over L. Expected is twice the product.",
            _half_bits(times=1): "That is in bits. A bit is two half-bits, so the number is twice as large.",
            _half_bits(
                times=1, chance=0.006
            ): "That is in bits, and chance has two ways: L over I, and I over L.",
            _half_bits(times=0.5): "A bit is two half-bits: multiply by 2, do not divide.",
            _half_bits(np.log): "That is twice the natural logarithm: take the logarithm to base 2.",
            _half_bits(np.log, times=1): "That is the natural logarithm: take it to base 2, and twice that.",
            _half_bits(np.log10): "That is twice the logarithm to base 10: take it to base 2.",
            _half_bits(
                np.log10, times=1
            ): "That is the logarithm to base 10: take it to base 2, and twice that.",
            -_half_bits(): "The sign is turned: what was observed stands above, what chance expects below.",
            _half_bits(chance=0.024): "A factor of 2 is wrong in the ratio: 22 of 1,000 pairs above; below, "
            "2 · .10 · .06, where the letters are shares of 2,000 residues.",
            _half_bits(chance=0.048): "L and I are shares of the 2,000 residues, not of the 1,000 pairs.",
            _half_bits(
                _as_it_is, times=1
            ): "That is the ratio: take its logarithm to base 2, and twice that.",
            _half_bits(_as_it_is): "That is twice the ratio: the logarithm to base 2 is missing.",
            _half_bits(share=22): "22 is a count: make it a share of the 1,000 pairs.",
            _half_bits(chance=1): "What chance expects is missing: divide by 2 · .10 · .06.",
            _half_bits(chance=0.16): "Shares of letters are multiplied, not added: 2 · .10 · .06.",
            2: "2 is what a table prints, rounded to whole numbers. Give two decimals.",
        },
        "2 · log2(observed / expected): 22 of 1,000 above; below, twice the product of the letters' shares.",
    ),
    praise=(
        "Rounded it is 2, which is what BLOSUM62 gives for L and I. Both are hydrophobic and alike in size, "
        "so evolution often takes one for the other."
    ),
)


# 4. What gaps cost


def one_long_gap_and_five_short_ones():
    first, further = -11, -1
    return first + 4 * further, 5 * first


_ONE_GAP = {
    -55: "One gap opens once: the first letter adds −11, each of the four others −1.",
    -16: "−11 − 5: the first letter adds −11 alone, so only four letters add −1. (Some programs count as you "
    "do; the notebook does not.)",
    -5: "Five letters at −1 each: the first letter of a gap adds −11.",
    -11: "The four further letters are not free: they add −1 each.",
    -14: "Behind the first letter stand four more, not three.",
    -12: "Behind the first letter stand four more, not one.",
    -10: "The gap's −11 and the letters' −1 are added, not taken from each other.",
    -60: "One gap opens once: the first letter adds −11, each of the four others −1.",
}
_FIVE_GAPS = {
    -15: "That is one gap of five letters. Five gaps open five times.",
    -60: "A gap of one letter has no further letter: it adds −11 and no more.",
    -5: "Each gap opens: its first letter adds −11, and it has no other.",
    -11: "That is one gap of one letter; there are five of them.",
    -50: "A gap of one letter adds −11, not −10.",
    -75: "Each of the five gaps has one letter here, not five: 5 · −11.",
    -275: "Each of the five gaps has one letter here, not five: 5 · −11.",
}


def _judge_affine(answer) -> str | None:
    one, five = grid(answer, (2,), "Give two numbers: one gap of five letters, and five gaps of one.")
    if one > 0 or five > 0:
        return "Write what gaps cost as it is added to a score: below 0, such as (-3, -8)."
    if (one, five) == (-55, -15):
        return "Exchange the two: first one gap of five letters, then five gaps of one."
    long = number(-15, _ONE_GAP, "The first number: −11 for the first letter, −1 for each of four others.")
    short = number(-55, _FIVE_GAPS, "The second number: five times the first letter of a gap, −11 each.")
    return long(one) or short(five)


q4 = Exercise(
    hint=(
        "How often does a gap begin? Each time it does, its first letter adds −11.",
        "One gap of five: −11 once and −1 four times. Five gaps of one: −11 five times.",
    ),
    solve=one_long_gap_and_five_short_ones,
    judge=_judge_affine,
    praise=(
        "One event in evolution can insert or delete many letters at once, so one long gap is likelier than "
        "five short ones. A cost that is the same for each letter cannot say so."
    ),
)


# 5. Local instead of global

_CHANGES = {
    "A": "a piece may begin at any pair of letters, and 0 is what a new beginning is worth.",
    "B": "gaps within the piece cost what they cost before; only what lies outside it is free.",
    "C": "letters in front of the piece are left out, so they cost nothing.",
    "D": "with no score below 0 nothing would ever end a piece: it would run over all letters.",
    "E": "nothing is cut: whatever lies outside the piece is left out by itself, on both sides.",
    "F": "a piece may end at any pair of letters, and the largest cell says where the best one ends.",
    "G": "one table will do: the way back from the largest cell finds the beginning.",
    "H": "the way back leads from the end of the piece to its beginning, where the score was 0.",
}


def what_local_changes():
    a_new_beginning = {"A": "0 is a fourth candidate", "C": "borders of 0"}
    an_end_anywhere = {"F": "the largest cell", "H": "back to the first 0"}
    return {*a_new_beginning, *an_end_anywhere}


q5 = Exercise(
    hint=(
        "A local alignment may leave letters out at both ends of both sequences, free of charge. Which lines "
        "of the program forbid that?",
        "Four sentences belong there: two let a piece begin anywhere, two let it end anywhere. Scores and "
        "gaps stay as they are.",
    ),
    solve=what_local_changes,
    judge=letters("ACFH", _CHANGES, called="sentence", innocent="is no part of the change"),
    praise=(
        "That is Smith and Waterman's algorithm. It finds a domain in a long protein, which a global "
        "alignment would stretch over the whole length."
    ),
)


# 6. Q3 with padding


def share_of_residues_that_are_right():
    def q3_by_hand(true, pred, mask):
        counts = mask == 1
        return np.mean(true[counts] == pred[counts])

    return q3_by_hand


_FAULTS_OF_Q3 = (
    (
        lambda true, pred, mask: (true == pred).mean(),
        "The mask is not used: padding is 0 on both sides, and counts as right.",
    ),
    (
        lambda true, pred, mask: (true * mask == pred * mask).mean(),
        "Times the mask, whatever does not count is 0 on both sides, and counts as right.",
    ),
    (
        lambda true, pred, mask: ((true == pred) * mask).mean(),
        "Above you count rightly, but you divide by all places: divide by mask.sum().",
    ),
    (
        lambda true, pred, mask: (true == pred).sum() / mask.sum(),
        "You divide by the residues that count, but above you also count padding that agrees.",
    ),
    (
        lambda true, pred, mask: (((true == pred) * mask).sum(1) / mask.sum(1)).mean(),
        "That is the mean over chains, each of the same weight. Asked for is the share of residues.",
    ),
    (
        lambda true, pred, mask: (true == pred)[mask == 0].mean(),
        "The mask is turned: it is 1 where a residue counts.",
    ),
    (
        lambda true, pred, mask: (true[mask] == pred[mask]).mean(),
        "mask holds numbers, and true[mask] takes rows 0 and 1 again and again: write mask == 1.",
    ),
    (
        lambda true, pred, mask: (true == pred)[true > 0].mean(),
        "Coil is 0, as padding is, and a residue in coil counts: only the mask tells the two apart.",
    ),
    (
        lambda true, pred, mask: (true == pred)[(mask == 1) & (true > 0)].mean(),
        "Residues in coil count as well: use the mask alone.",
    ),
    (
        lambda true, pred, mask: (true == pred)[(mask == 1) & (pred > 0)].mean(),
        "Residues that are called coil count as well: use the mask alone.",
    ),
    (
        lambda true, pred, mask: ((true == pred) * mask)[0].sum() / mask[0].sum(),
        "Only the first chain counts with you: take all of them.",
    ),
    (
        lambda true, pred, mask: ((true == pred) * mask).sum(),
        "That is how many are right: divide by mask.sum().",
    ),
    (
        lambda true, pred, mask: 1 - (true == pred)[mask == 1].mean(),
        "That is the share that is wrong.",
    ),
    (
        lambda true, pred, mask: 100 * (true == pred)[mask == 1].mean(),
        "Give a share between 0 and 1, not per cent.",
    ),
    (
        lambda true, pred, mask: ((true > 0) == (pred > 0))[mask == 1].mean(),
        "Helix and strand are two classes: with you one counts as right for the other.",
    ),
)


def _labelled_chains() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Chains as arrays: true labels, predicted ones, and 1 where a residue counts; 0 behind the end."""
    rng, cases = np.random.default_rng(6), []
    for lengths in ((9, 4, 6), (12, 12, 3, 7, 5), (30, 11)):
        inside = np.arange(max(lengths)) < np.array(lengths)[:, None]
        true = rng.integers(0, 3, inside.shape) * inside
        pred = np.where(rng.random(inside.shape) < 0.6, true, rng.integers(0, 3, inside.shape)) * inside
        mask = inside * (rng.random(inside.shape) < 0.85)
        mask[:, 0] = 1
        cases.append((true, pred, mask.astype(int)))
    return cases


def _judge_q3(q3_by_hand) -> str | None:
    says = "Return one number, the share of residues that are right."
    cases = _labelled_chains()
    given = [grid(q3_by_hand(*(part.copy() for part in case)), (), says) for case in cases]
    right = [share_of_residues_that_are_right()(*case) for case in cases]
    if np.allclose(given, right, atol=1e-6):
        return None
    for fault, told in _FAULTS_OF_Q3:
        if np.allclose(given, [fault(*case) for case in cases], atol=1e-6):
            return told
    true, pred, mask = cases[0]
    return (
        f"Of {mask.sum()} residues that count, {((true == pred) * mask).sum()} are right: Q3 is "
        f"{right[0]:.3f}, and yours {given[0]:.3f}. Compare where the mask is 1, and take the mean."
    )


q6 = Exercise(
    hint=(
        "Which places count? Among those alone, in what share is the prediction right?",
        "counts = mask == 1 picks the places; then the mean of true[counts] == pred[counts].",
    ),
    solve=share_of_residues_that_are_right,
    judge=_judge_q3,
    praise=(
        "With padding counted as right, Q3 depends on how long the longest chain of the batch is: a long one "
        "beside short ones makes any model look good. Ask of a published figure what it counts."
    ),
)


# 7. A network that looks to both sides

LENGTH, LETTERS, CLASSES = 60, 20, 3  # residues of a chain, letters that there are, labels of a residue
_FAR, _MIDDLE = 2, 30  # how far away the letters stand that decide; a residue in the middle
_KIND = np.array([*map(int, "10110001011100101010")])  # of which of two kinds each letter is
_ENOUGH = 0.9  # of the residues of new chains


def network_that_looks_to_both_sides():
    def build():
        import keras
        from keras import layers

        chain = keras.Input((60,), dtype="int32")
        x = layers.Embedding(20, 16)(chain)
        x = layers.Conv1D(32, 5, padding="same", activation="relu")(x)  # two letters to each side
        return keras.Model(chain, layers.Dense(3, activation="softmax")(x))

    return build


def _chains(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Chains of letters drawn evenly, and a label for each residue.

    The letters two places before and two places behind decide: both of the one kind, label 1; both of the
    other, label 2; one of each, label 0.
    """
    x = np.random.default_rng(seed).integers(0, LETTERS, (count, LENGTH))
    kind = np.pad(_KIND[x], ((0, 0), (_FAR, _FAR)))
    y = np.array([2, 0, 1])[kind[:, : -2 * _FAR] + kind[:, 2 * _FAR :]]
    return x.astype("int32"), y.astype("int32")


def _judge_labeller(build) -> str | None:
    if hasattr(getattr(build, "__wrapped__", build), "layers"):
        return "Give the function that builds the network, not the network: it is built and trained here."
    model = build()
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Your function should return a Keras model, not trained."
    if not getattr(model, "built", False):
        return "It does not know the shape of its input: begin with keras.Input((60,))."
    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if shapes != [(LENGTH,)]:
        return f"It should take a chain of (60,) numbers, not {shapes}: the Embedding makes vectors of them."
    return (
        _fault_of_its_shape(tuple(model.output_shape))
        or _fault_of_its_layers(model)
        or _fault_of_its_answers(model)
        or _fault_of_what_it_learnt(model)
    )


def _fault_of_its_shape(shape: tuple) -> str | None:
    if shape == (None, LENGTH, CLASSES):
        return None
    if shape == (None, CLASSES):
        return (
            "It gives one answer for the whole chain: leave pooling and Flatten out, and give a recurrent "
            "layer return_sequences=True."
        )
    if shape in ((None, LENGTH), (None, LENGTH, 1)):
        return "It gives one number a residue, and should give three probabilities, one for each label."
    if len(shape) == 3 and shape[2] == CLASSES:
        return f"It labels {shape[1]} of 60 residues: padding='same' keeps the length, and pooling does not."
    return f"It should give three probabilities for each residue, (None, 60, 3), not {shape}."


def _layers(model) -> list:
    """Every layer of a model, those within other models included."""
    return [layer for one in getattr(model, "layers", []) for layer in (one, *_layers(one))]


def _fault_of_its_layers(model) -> str | None:
    few = [one.input_dim for one in _layers(model) if getattr(one, "input_dim", LETTERS) < LETTERS]
    if few:
        return f"The numbers of letters run from 0 to 19: an Embedding needs 20 rows, not {few[0]}."
    if any(getattr(one, "mask_zero", False) for one in _layers(model)):
        return "mask_zero=True passes over the number 0, which is a letter here: leave it out."
    return None if model.trainable_weights else "Nothing in it can learn."


def _say(model, x: np.ndarray) -> np.ndarray:
    """What the model says, in NumPy: for a few cases quicker than predict."""
    import keras

    return keras.ops.convert_to_numpy(model(x, training=False)).astype(float)


def _fault_of_its_answers(model) -> str | None:
    """What can be told before it is trained."""
    x, _ = _chains(100, seed=1)
    p = _say(model, x)
    if not ((p >= 0) & (p <= 1)).all() or not np.allclose(p.sum(-1), 1, atol=1e-3):
        return "Its three numbers a residue are no probabilities that add up to 1: the softmax is missing."
    if np.ptp(p, axis=0).max() < 1e-6:  # whatever the chain: that is told when it has learnt
        return None
    if np.ptp(p, axis=1).max() < 1e-6:
        return (
            "It says the same of each residue of a chain: pooling has lost the places. Leave it out, and let "
            "Conv1D with padding='same' look at neighbours."
        )
    return _fault_of_its_reach(model, x, p) or _fault_of_its_order(model, x, p)


def _fault_of_its_reach(model, x: np.ndarray, p: np.ndarray) -> str | None:
    """Whether the letters before and behind a residue change what is said of it, and from how far."""

    def sees(where: slice) -> bool:
        other = x.copy()
        other[:, where] = (other[:, where] + 7) % LETTERS
        return not np.allclose(_say(model, other)[:, _MIDDLE], p[:, _MIDDLE], atol=1e-6)

    before, behind = sees(slice(0, _MIDDLE)), sees(slice(_MIDDLE + 1, None))
    if not before and not behind:
        return (
            "It labels each residue by its own letter alone: let a layer look at neighbours, Conv1D with a "
            "kernel of 5, or a GRU to both sides."
        )
    if not behind:
        return (
            "It looks back only: what stands behind a residue never changes its label. Take padding='same' "
            "in place of 'causal', or layers.Bidirectional around the recurrent layer."
        )
    if not before:
        return "It looks ahead only: what stands before a residue never changes its label."
    if not sees(slice(0, _MIDDLE - 1)) or not sees(slice(_MIDDLE + 2, None)):
        return (
            "It sees too little: what decides stands two letters away, on either side. Take a kernel of 5, "
            "or two convolutions of 3."
        )
    return None


def _fault_of_its_order(model, x: np.ndarray, p: np.ndarray) -> str | None:
    order = np.random.default_rng(3).permutation(LENGTH)
    if not np.allclose(_say(model, x[:, order]), p[:, order], atol=1e-5):
        return None
    return (
        "Shuffle a chain, and each residue keeps its label: it sees which letters there are, and not where. "
        "Add to each letter an embedding of its place, or take Conv1D."
    )


def _fault_of_what_it_learnt(model) -> str | None:
    import keras

    (x, y), (x_new, y_new) = _chains(120, seed=4), _chains(200, seed=5)
    compiled = keras.backend.backend() == "jax"  # which crawls without; the others would compile too long
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", jit_compile=compiled)
    for _ in range(6):  # a convolution is done after one
        model.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0)
        p = _say(model, x_new)
        right = np.mean(p.argmax(-1) == y_new)
        if right >= _ENOUGH:
            return None
    return _why_it_fails(model, right, p)


def _why_it_fails(model, right: float, p: np.ndarray) -> str:
    kinds = {type(one).__name__ for one in _layers(model)}
    found = (
        f"Trained, it is right about {right:.0%} of the residues of new chains; one side alone gives half."
    )
    if np.ptp(p, axis=0).max() < 0.02:
        return f"{found} It says the same whatever the chain: do the letters reach the output?"
    if "Flatten" in kinds:
        return (
            f"{found} Behind Flatten each place has weights of its own, so all is learnt anew at each of 60. "
            "Conv1D uses the same weights everywhere."
        )
    if not {"Embedding", "CategoryEncoding"} & kinds:
        return f"{found} It takes the number of a letter for a quantity: begin with an Embedding."
    return (
        f"{found} Embedding(20, 16), Conv1D(32, 5, padding='same', activation='relu'), and Dense(3) will do."
    )


q7 = Exercise(
    hint=(
        "Three steps: a vector for each letter; a layer that sees two letters to either side and keeps the "
        "length; three probabilities for each residue.",
        "layers.Embedding(20, 16), layers.Conv1D(32, 5, padding='same', activation='relu'), and "
        "layers.Dense(3, activation='softmax'), which works on each residue by itself.",
    ),
    solve=network_that_looks_to_both_sides,
    judge=_judge_labeller,
    praise=(
        "It found out by itself which letters matter and where they stand. A model that reads from left to "
        "right, as those that write text do, stays at half here."
    ),
)


# 8. Which split leaks

_PLANS = {
    "A": "the neighbours of a test residue, from the same chain, are in training.",
    "B": "each family is whole on one side, so those of the test are new, as the claim says.",
    "C": "a chain that fills two rows can stand on both sides, letter for letter.",
    "D": "no chain is on both sides, but its relatives are: the plan tests chains, not families.",
    "E": "the pairs of the test families were counted, and their alignments are the answers.",
    "F": "what is counted comes from training families alone.",
    "G": "a choice made by looking at the test makes its figure too high.",
    "H": "no test chain has a near relative in training, nor one of the same family.",
}


def splits_that_leak():
    the_same_chain_on_both_sides = {"A": "residues are drawn", "C": "rows are drawn"}
    relatives_on_both_sides = {"D": "chains are drawn"}
    test_answers_were_looked_at = {"E": "counted", "G": "chosen"}
    return {*the_same_chain_on_both_sides, *relatives_on_both_sides, *test_answers_were_looked_at}


q8 = Exercise(
    hint=(
        "Ask of each plan: has anything of a test family been seen before the test, its letters, a relative, "
        "or its answers?",
        "Five leak: in two the same chain can be on both sides, in one its relatives, and in two the answers "
        "of the test families were used.",
    ),
    solve=splits_that_leak,
    judge=letters("ACDEG", _PLANS, called="plan", innocent="does not leak"),
    praise=(
        "Which unit must stay together follows from the claim: for “a family that nobody has seen” it is the "
        "family, not the residue, the row or the chain."
    ),
)


# 9. From perplexity to bits


def bits_of_a_perplexity():
    perplexity = 12
    return np.log2(perplexity)


q9 = Exercise(
    hint=(
        "A perplexity of 2 is one bit, of 4 two bits, of 8 three. And of 12?",
        "Perplexity is 2 to the power of the bits, so the bits are the logarithm to base 2: np.log2(12).",
    ),
    solve=bits_of_a_perplexity,
    judge=number(
        np.log2(12),
        {
            np.log(12): "That is the natural logarithm, in nats. Bits are the logarithm to base 2.",
            np.log10(12): "That is the logarithm to base 10. Bits are the logarithm to base 2.",
            12: "12 is the perplexity itself: as many letters, equally likely. How many bits is that?",
            np.log2(20): "4.32 bits is a letter of 20 that are equally likely; this model narrows it to 12.",
            np.log2(20)
            - np.log2(12): "That is what the model saves against 20 equally likely letters. Asked "
            "for is what is left.",
            4096: "2 to the power of 12 is the way back. From perplexity to bits leads the logarithm.",
            -np.log2(12): "The sign is turned: a logarithm of a number above 1 is above 0.",
            0.6: "12 of 20 is a share. Bits are the logarithm to base 2 of the perplexity.",
            1 / 12: "That is the probability of a letter. Bits are the logarithm to base 2 of 12.",
            np.sqrt(12): "That is the square root: 2 to the power of it is 11, not 12.",
            4: "Four bits are a perplexity of 16. Give two decimals.",
            3: "Three bits are a perplexity of 8. Give two decimals.",
            6: "Half of 12: but three bits already are a perplexity of 8, and four of 16.",
            12 * np.log2(12): "That is 12 times too much: the bits of one letter are log2(12).",
        },
        "Perplexity is 2 to the power of the bits a letter: which power of 2 is 12? Between 3 and 4.",
        tolerance=0.006,
    ),
    praise=(
        "Letters of proteins drawn by their frequencies alone have about 4.19 bits, a perplexity of 18: so "
        "12 is a model that has learnt something."
    ),
)


# 10. Attention by hand


def attention_weights_by_hand():
    scores, d = np.array([6, 2, 0]), 4
    power = np.exp(scores / np.sqrt(d))
    return power / power.sum()


_PRODUCTS = np.array([6.0, 2.0, 0.0])  # of the query with the key of each letter


def _softmax(values: np.ndarray, base: float = np.e) -> np.ndarray:
    return base**values / (base**values).sum()


_FAULTS_OF_ATTENTION = (
    (_softmax(_PRODUCTS), "The scaling is missing: divide the products by √4 = 2 before the softmax."),
    (_softmax(_PRODUCTS / 4), "You divide by d = 4: divide by its root, 2."),
    (
        _softmax(_PRODUCTS * 2),
        "Nearly all for the largest: the softmax leaves more to the others. Divide by √d, do not multiply.",
    ),
    (
        _softmax(_PRODUCTS / 3),
        "You divide by the number of letters: divide by the root of d = 4, the length of a key.",
    ),
    (_softmax(_PRODUCTS / np.sqrt(3)), "You take the root of the number of letters: take that of d = 4."),
    (
        _softmax(_PRODUCTS) / 2,
        "You scale behind the softmax: scale the products, so that the weights add up to 1.",
    ),
    (_softmax(-_PRODUCTS / 2), "The signs are turned: the largest product has the largest weight."),
    (_softmax(_PRODUCTS / 2, 2), "You take powers of 2: the softmax takes powers of e."),
    (_softmax(_PRODUCTS / 2)[::-1], "The order is turned: the first product is 6."),
    (np.exp(_PRODUCTS / 2), "Those are the powers of e: divide each by their sum, so that they add up to 1."),
    (_PRODUCTS / 2, "Those are the scaled products: the softmax is missing."),
    (_PRODUCTS / 8, "You divide the products by their sum: take powers of e of the scaled ones first."),
    (1 / (1 + np.exp(-_PRODUCTS / 2)), "You take the sigmoid of each: the softmax shares 1 among the three."),
    (np.full(3, 1 / 3), "Those are equal weights, as for equal products."),
    (100 * _softmax(_PRODUCTS / 2), "Give shares that add up to 1, not per cent."),
)


def _judge_attention(answer) -> str | None:
    given = grid(answer, (3,), "Give three numbers, a weight for each letter.")
    if np.allclose(given, _softmax(_PRODUCTS / 2), rtol=0, atol=0.006):
        return None
    for wrong, told in _FAULTS_OF_ATTENTION:
        if np.allclose(given, wrong, rtol=0, atol=0.006):
            return told
    if not np.isclose(given.sum(), 1, atol=0.02):
        return f"Your weights add up to {given.sum():.2f}; those of a softmax add up to 1."
    return "Scaled, the products are 3, 1 and 0. Take e to the power of each, and divide by their sum."


q10 = Exercise(
    hint=(
        "Two steps: divide the products by the root of d, so that long vectors do not make them large; then "
        "the softmax.",
        "6, 2, 0 become 3, 1, 0; e to the power of these is 20.09, 2.72, 1. Divide each by the sum, 23.80.",
    ),
    solve=attention_weights_by_hand,
    judge=_judge_attention,
    praise=(
        "Without the scaling the first letter would get .98. Weights so near to 0 or 1 hardly move as the "
        "network learns, and long vectors would push them there."
    ),
)

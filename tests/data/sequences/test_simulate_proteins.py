"""The simulated families, structures and transcripts: as announced, and with what is to be learnt."""

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.sequences.residues import BLOSUM62, RESIDUES
from medlearn.data.sequences.simulate_evolution import FAMILIES, MEMBERS, true_scores, write_families
from medlearn.data.sequences.simulate_genes_dna import CODONS, INTRON, spliced, transcripts, translated
from medlearn.data.sequences.simulate_proteins import CHAINS, TWICE, write_structures
from medlearn.errors import DataError


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """All as `load` gives them: the structures, and the families of each chemistry."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MEDLEARN_CACHE", str(tmp_path_factory.mktemp("cache")))
    found = {kind: load("families", chemistry=kind) for kind in ("usual", "other")}
    yield found | {"structures": load("structures")}
    patch.undo()


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


@pytest.mark.parametrize("write", [write_families, write_structures])
def test_the_seed_decides(write, tmp_path):
    def content(seed, name):
        folder = tmp_path / name
        folder.mkdir()
        write(folder, seed=seed)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = content(0, "a")
    assert first == content(0, "b") and first != content(1, "c")


# Families


def unlike(scores):
    """The scores of two different residues: that one goes best with itself is so in any chemistry."""
    return scores[:20, :20][np.triu_indices(20, 1)]


def log_odds(data):
    """What the pairs of all families say of each two residues, as the logarithm of a ratio of chances."""
    counts = np.full((20, 20), 0.5)
    for (first, second), places in zip(whole(data, "x"), whole(data, "y"), strict=True):
        for i, j in places:
            counts[RESIDUES.index(first[i]), RESIDUES.index(second[j])] += 1
    counts += counts.T
    chance = counts.sum(1) / counts.sum()
    return np.log(counts / counts.sum() / np.outer(chance, chance))


def alike(one, other):
    return np.corrcoef(unlike(one), unlike(other))[0, 1]


@pytest.mark.parametrize("kind", ["usual", "other"])
def test_families_have_their_sizes_and_gaps_and_are_as_far_apart_as_real_ones(stand_ins, kind):
    data = stand_ins[kind]
    assert data.simulated and len(set(whole(data, "patient"))) == FAMILIES
    pairs = MEMBERS * (MEMBERS - 1) // 2
    assert 0.98 * FAMILIES * pairs < len(whole(data, "y")) <= FAMILIES * pairs
    identity = whole(data, "identity")
    assert 0.2 < identity.mean() < 0.45 and identity.std() > 0.05
    lengths = [(len(a), len(b), len(y)) for (a, b), y in zip(whole(data, "x"), whole(data, "y"), strict=True)]
    share = np.mean([2 * both / (one + other) for one, other, both in lengths])
    assert 0.7 < share < 0.97 and np.mean([one != other for one, other, _ in lengths]) > 0.5


def test_the_aligned_pairs_say_what_the_true_scores_are(stand_ins):
    for kind in ("usual", "other"):
        assert alike(log_odds(stand_ins[kind]), true_scores(kind)) > 0.7
        assert np.allclose(true_scores(kind), true_scores(kind).T)


def test_only_the_usual_chemistry_is_that_of_blosum62():
    assert alike(true_scores(), BLOSUM62) > 0.9
    assert abs(alike(true_scores("other"), BLOSUM62)) < 0.3
    assert sorted(np.diag(true_scores("other")).round(6)) == sorted(np.diag(true_scores()).round(6))


# Structures


def test_structures_have_their_sizes_and_chains_that_stand_twice(stand_ins):
    data = stand_ins["structures"]
    assert data.simulated and len(whole(data, "x")) == CHAINS + TWICE
    assert len(set(whole(data, "patient"))) == CHAINS
    assert [note.count for note in data.notes if "more than once" in note.what] == [TWICE]
    x, patient = whole(data, "x"), whole(data, "patient")
    labels = [one for split in data.splits.values() for one in split.y]
    twice = [np.flatnonzero(patient == one) for one in range(CHAINS) if (patient == one).sum() == 2]
    assert len(twice) == TWICE
    for one, other in twice:
        assert x[one] == x[other] and not ((labels[one] >= 0) & (labels[other] >= 0)).any()


def test_labels_are_about_as_common_and_segments_about_as_long_as_in_cb513(stand_ins):
    data = stand_ins["structures"]
    y = np.concatenate([split.y["value"] for split in data.splits.values()])
    shares = np.bincount(y[y >= 0]) / (y >= 0).sum()
    np.testing.assert_allclose(shares, (0.43, 0.35, 0.22), atol=0.08)
    runs = {label: [] for label in range(3)}
    for one in (one for split in data.splits.values() for one in split.y):
        border = np.flatnonzero(np.diff(one)) + 1
        for part in np.split(one, border)[1:-1]:
            if part[0] >= 0:
                runs[part[0]].append(len(part))
    means = [np.mean(runs[label]) for label in range(3)]
    assert means[1] > 1.5 * means[0] and means[1] > 1.5 * means[2]


def windows(split, width):
    """The residues around each that counts, as 20 numbers each, and the labels."""
    rows, labels = [], []
    for chain, label in zip(split.x, split.y, strict=True):
        codes = np.array([RESIDUES.index(letter) for letter in chain])
        hot = np.pad(np.eye(20, dtype=np.float32)[codes], ((width // 2, width // 2), (0, 0)))
        around = np.concatenate([hot[shift : shift + len(chain)] for shift in range(width)], axis=1)
        rows.append(around[label >= 0])
        labels.append(label[label >= 0])
    return np.concatenate(rows), np.concatenate(labels)


def test_a_window_tells_more_than_a_residue_and_that_more_than_the_commonest_label(stand_ins):
    data, right = stand_ins["structures"], {}
    for width in (1, 13):
        x, y = windows(data.train, width)
        mean, ridge = x.mean(0), 5 * np.eye(x.shape[1])
        weights = np.linalg.solve((x - mean).T @ (x - mean) + ridge, (x - mean).T @ np.eye(3)[y])
        asked, truth = windows(data.test, width)
        score = (asked - mean) @ weights + np.bincount(y) / len(y)
        right[width] = np.mean(score.argmax(1) == truth)
    most = np.mean(truth == np.bincount(y).argmax())
    assert most + 0.03 < right[1] < right[13] - 0.03 and 0.52 < right[13] < 0.75


# Transcripts


def test_the_rule_is_right_in_every_case_at_any_length():
    for codons in ((3, 3), (10, 30), (60, 60)):
        pre_mrna, protein = transcripts(60, codons=codons)
        assert [translated(spliced(text)) for text in pre_mrna] == protein
        lengths = [len(text) for text in protein]
        assert codons[0] <= min(lengths) and max(lengths) <= codons[1]
        assert all(text.startswith("M") and text.index("*") == len(text) - 1 for text in protein)
        assert all(set(text) <= set("ACGT") for text in pre_mrna)


def test_transcripts_have_up_to_two_introns_and_are_drawn_by_the_seed():
    pre_mrna, protein = transcripts(200)
    assert (pre_mrna, protein) == transcripts(200) and pre_mrna != transcripts(200, seed=1)[0]
    introns = [(len(text) - len(spliced(text)) > 0) for text in pre_mrna]
    assert 0.5 < np.mean(introns) < 0.9
    assert {len(INTRON.findall(text)) for text in pre_mrna} == {0, 1, 2}
    assert len({len(text) for text in protein}) > 15


def test_translating_without_splicing_is_mostly_wrong():
    pre_mrna, protein = transcripts(100)
    assert np.mean([translated(text) == true for text, true in zip(pre_mrna, protein, strict=True)]) < 0.5


def test_the_code_is_the_standard_one():
    assert len(CODONS) == 64 and [CODONS[stop] for stop in ("TAA", "TAG", "TGA")] == ["*"] * 3
    known = {"ATG": "M", "TGG": "W", "AAA": "K", "GAT": "D", "CAC": "H", "TTT": "F", "GGG": "G", "AGC": "S"}
    assert {codon: CODONS[codon] for codon in known} == known
    counts = {letter: list(CODONS.values()).count(letter) for letter in "LSRAMW*"}
    assert counts == {"L": 6, "S": 6, "R": 6, "A": 4, "M": 1, "W": 1, "*": 3}


def test_a_translation_ends_at_the_first_stop():
    assert translated("ATGTAAAAA") == "M*" and translated("ATGAA") == "M"


@pytest.mark.parametrize("codons", [(2, 5), (9, 8)])
def test_lengths_that_cannot_be_are_refused(codons):
    with pytest.raises(DataError, match=r"codons are the least and the most, 3 or more, not"):
        transcripts(1, codons=codons)

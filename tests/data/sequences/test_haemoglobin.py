"""The two chains, by what is known of them."""

import pytest

from medlearn.data.sequences.haemoglobin import HAEMOGLOBIN


def test_the_chains_have_their_lengths():
    assert (len(HAEMOGLOBIN.alpha), len(HAEMOGLOBIN.beta)) == (141, 146)
    assert not HAEMOGLOBIN.simulated


@pytest.mark.parametrize(
    ("chain", "place", "residue"),
    [
        ("alpha", 58, "H"),  # on either side of the iron
        ("alpha", 87, "H"),
        ("beta", 63, "H"),
        ("beta", 92, "H"),
        ("beta", 6, "E"),  # V in sickle-cell disease
        ("beta", 26, "E"),  # K in haemoglobin E
        ("beta", 93, "C"),
        ("alpha", 141, "R"),
        ("beta", 146, "H"),
    ],
)
def test_residues_that_are_known_by_their_places_stand_there(chain, place, residue):
    assert getattr(HAEMOGLOBIN, chain)[place - 1] == residue

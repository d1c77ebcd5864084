"""The catalogue's sets of health records."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

CHALLENGE = "https://physionet.org/files/challenge-2012/1.0.0/{}"

_CHALLENGE_PAPER = (
    "Silva et al., Comput Cardiol 39:245 (2012); Goldberger et al., Circulation 101:e215 (2000)"
)


def _stays(letter: str, deaths: int) -> tuple[File, File]:
    archive, outcomes = f"set-{letter}.tar.gz", f"Outcomes-{letter}.txt"
    content = (("rows", 4000), ("In-hospital_death", deaths))
    return (
        File(archive, CHALLENGE.format(archive), "", 6_600_000, letter, (("members", 4000),)),
        File(outcomes, CHALLENGE.format(outcomes), "", 80_000, letter, content),
    )


ENTRIES = [
    Entry(
        name="icu",
        title="PhysioNet Challenge 2012",
        modality="health record",
        task="binary",
        classes=("survived", "died in hospital"),
        cases="stays",
        count=12000,
        licence="open access",
        citation=_CHALLENGE_PAPER,
        homepage="https://physionet.org/content/challenge-2012/1.0.0/",
        reader="medlearn.data.records.physionet:read_physionet",
        simulator="medlearn.data.records.simulate:write_stays",
        files=(*_stays("a", 554), *_stays("b", 568), *_stays("c", 585)),
        patients_known=True,
        options={"sets": ("a", "b")},
    ),
]

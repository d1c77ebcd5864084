"""The catalogue's sets of health records."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

CHALLENGE = "https://physionet.org/files/challenge-2012/1.0.0/{}"

_CHALLENGE_PAPER = (
    "Silva et al., Comput Cardiol 39:245 (2012); Goldberger et al., Circulation 101:e215 (2000)"
)


def _stays(letter: str, deaths: int, archive_digest: str, outcomes_digest: str) -> tuple[File, File]:
    """A set's two files."""
    archive, outcomes = f"set-{letter}.tar.gz", f"Outcomes-{letter}.txt"
    content = (("rows", 4000), ("In-hospital_death", deaths))
    return (
        File(archive, CHALLENGE.format(archive), archive_digest, 6_600_000, letter, (("members", 4000),)),
        File(outcomes, CHALLENGE.format(outcomes), outcomes_digest, 80_000, letter, content),
    )


# PhysioNet lists no digests. These are what those who publish their downloads find; the second of an archive
# is that of its stays packed anew, without times.
SET_A = _stays(
    "a",
    554,
    "sha256:8cb250f179cd0952b4b9ebcf8954b63d70383131670fac1cfee13deaa13ca920 "
    "sha256:810d88c1e02b121823151d32b24cc7ad13ca53c383fb0d212d1333b1ef1c6fe7",
    "sha256:2613ea60ccda29f87571a7d6b09ad130858a8ccd66325bd073365925026883c2",
)
SET_B = _stays(
    "b",
    568,
    "sha256:b1637a2a423a8e76f8f087896cfc5fdf28f88519e1f4e874fbda69b2a64dac30 "
    "sha256:094fb74f7b6a58df1c64d6a56bf5ffedac325669ac094bf4bdd5f21e1eec3f06",
    "sha256:1305f29734da374a809483229a99f33a9230aa8d4fa74b1a2d6ad788136423d5",
)
SET_C = _stays(
    "c",
    585,
    "sha256:a4a56b95bcee4d50a3874fe298bf2998f2ed0dd98a676579573dc10419329ee1",
    "sha256:0b32dcb7753c0f18f2f5fde498a28618b8879c5e527ce0dae8ad120dd7e205c9",
)

# The diabetes drugs that are asked for: those given in at least 300 of the 101,766 encounters, insulin first.
DRUGS = (
    *("insulin", "metformin", "glipizide", "glyburide", "pioglitazone", "rosiglitazone", "glimepiride"),
    *("repaglinide", "glyburide-metformin", "nateglinide", "acarbose"),
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
        files=(*SET_A, *SET_B, *SET_C),
        patients_known=True,
        options={"sets": ("a", "b")},
        choices={"ordering": ("need", "rule")},
    ),
    Entry(
        name="encounters",
        title="Diabetes 130-US hospitals 1999-2008",
        modality="health record",
        task="multilabel",
        classes=DRUGS,
        cases="encounters",
        count=101766,
        licence="CC BY 4.0",
        citation="Strack et al., BioMed Research International 2014:781670 (2014), doi:10.1155/2014/781670",
        homepage="https://archive.ics.uci.edu/dataset/296",
        reader="medlearn.data.records.encounters:read_encounters",
        simulator="medlearn.data.records.simulate_encounters:write_encounters",
        files=(
            File(
                "dataset_diabetes.zip",
                "https://archive.ics.uci.edu/ml/machine-learning-databases/00296/dataset_diabetes.zip",
                "sha256:2cc570fc34b09ba1169d94b68c27ce3802dce7dc4ab6082bed833a6c195507a5",
                3_174_799,
            ),
        ),
        patients_known=True,
        options={"patient": "", "admission": "", "drug": "", "start": ""},
    ),
]

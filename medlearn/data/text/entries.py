"""The catalogue's sets of texts."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

# Each repository at the commit that was read.
GITHUB = "https://raw.githubusercontent.com/"
CORPUS = "cambridgeltl/MTL-Bioinformatics-2016/df0df02fae6dbb87d88ffcf323b9096528f06f84/data/"
KIT = "chapmanbe/negex/d136b972b5d214959807ad5de1881a3225541fe7/negex.python/"
ABSTRACTS = "sebischair/Medical-Abstracts-TC-Corpus/70a2d9106c724729be8b3c4ddb00d1b14ec300c8/"

_OPTIONS = dict.fromkeys(("text", "label", "group", "keep"))

ENTRIES = [
    Entry(
        name="diseases",
        title="NCBI disease corpus",
        modality="text",
        task="tagging",
        classes=("disease",),
        cases="sentences",
        count=7287,
        licence="CC BY 4.0",
        citation="Dogan et al., J Biomed Inform 47:1 (2014); Crichton et al., BMC Bioinformatics 18:368",
        homepage="https://github.com/cambridgeltl/MTL-Bioinformatics-2016",
        reader="medlearn.data.text.tagged:read_tagged",
        simulator="medlearn.data.text.simulate:write_diseases",
        files=(
            File(
                "train.tsv",
                GITHUB + CORPUS + "NCBI-disease-IOB/train.tsv",
                "sha256:58379baf4614b8d757d93dd7a21b202849ca99f9b9d71b49185523ff5443300c",
                1_137_445,
            ),
            File(
                "devel.tsv",
                GITHUB + CORPUS + "NCBI-disease-IOB/devel.tsv",
                "sha256:b4e1e7efcc2a35047bf2f3d281648357470e674f555d4a26a0049ac37d59cc61",
                200_352,
            ),
            File(
                "test.tsv",
                GITHUB + CORPUS + "NCBI-disease-IOB/test.tsv",
                "sha256:8f088ce45dc4746592188f9e69de3d89d87f3bb8f0ed8c4a287d018123fa148d",
                205_664,
            ),
        ),
        options={"columns": None, "keep": None},
    ),
    Entry(
        name="notes",
        title="Discharge notes of nobody",
        modality="text",
        task="tagging",
        classes=("disease", "drug", "identifier"),
        cases="sentences",
        count=20_000,
        licence="CC BY 4.0",
        citation="for the task: Stubbs et al., J Biomed Inform 58:S11 (2015), doi:10.1016/j.jbi.2015.06.007",
        homepage="https://doi.org/10.1016/j.jbi.2015.06.007",
        reader="medlearn.data.text.tagged:read_tagged",
        simulator="medlearn.data.text.simulate_notes:write_notes",
        patients_known=True,
        options={"columns": (0, 1), "keep": {"assertion": 2}},
        choices={"register": ("north", "south")},
    ),
    Entry(
        name="letters",
        title="Discharge notes of nobody",
        modality="text",
        task="binary",
        classes=("no follow-up", "follow-up needed"),
        cases="notes",
        count=900,
        licence="CC BY 4.0",
        citation="for copies on both sides: Lee et al., ACL (2022), arXiv:2107.06499",
        homepage="https://arxiv.org/abs/2107.06499",
        reader="medlearn.data.text.labelled:read_labelled",
        simulator="medlearn.data.text.simulate_notes:write_letters",
        patients_known=True,
        options=_OPTIONS,
    ),
    Entry(
        name="reviews",
        title="Drug Reviews (Druglib.com)",
        modality="text",
        task="binary",
        classes=("praise", "complaint"),
        cases="reviews",
        count=4143,
        licence="CC BY 4.0",
        citation="Gräßer et al., Digital Health Conference (2018), doi:10.1145/3194658.3194677",
        homepage="https://archive.ics.uci.edu/dataset/461",
        reader="medlearn.data.text.labelled:read_labelled",
        simulator="medlearn.data.text.simulate_texts:write_reviews",
        files=(
            File(
                "drugLib_raw.zip",
                "https://archive.ics.uci.edu/ml/machine-learning-databases/00461/drugLib_raw.zip",
                size=1_130_000,
                content=(("_raw.tsv", 2),),
                encoding="latin-1",
            ),
        ),
        patients_known=True,
        options=_OPTIONS,
    ),
    Entry(
        name="findings",
        title="NegEx test kit",
        modality="text",
        task="binary",
        classes=("affirmed", "negated"),
        cases="findings",
        count=2376,
        licence="Apache 2.0",
        citation="Chapman et al., J Biomed Inform 34:301 (2001); Harkema et al., ibid. 42:839 (2009)",
        homepage="https://github.com/chapmanbe/negex",
        reader="medlearn.data.text.negation:read_findings",
        simulator="medlearn.data.text.simulate_texts:write_findings",
        files=(
            File(
                "Annotations-1-120.txt",
                GITHUB + KIT + "Annotations-1-120.txt",
                "sha256:7e844c5ea0a0ef0d16f1308fa1074c00e0fb31cfbe38a61999d34a56a2d98dc7",
                330_224,
            ),
        ),
        patients_known=True,
    ),
    Entry(
        name="abstracts",
        title="Medical Abstracts (its test file)",
        modality="text",
        task="multiclass",
        classes=("neoplasms", "digestive system", "nervous system", "cardiovascular", "general pathology"),
        cases="abstracts",
        count=2888,
        licence="CC BY-SA 3.0",
        citation="Schopf et al., NLPIR (2022), doi:10.1145/3582768.3582795",
        homepage="https://github.com/sebischair/Medical-Abstracts-TC-Corpus",
        reader="medlearn.data.text.labelled:read_labelled",
        simulator="medlearn.data.text.simulate_texts:write_abstracts",
        files=(
            File(
                "medical_tc_test.csv",
                GITHUB + ABSTRACTS + "medical_tc_test.csv",
                "sha256:1eecea73c9ecad292c55e10403bd139fab9580545d6878482997c5564d51ac05",
                3_586_836,
            ),
        ),
        patients_known=True,
        options=_OPTIONS,
    ),
]

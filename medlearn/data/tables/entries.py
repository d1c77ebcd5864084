"""The catalogue's tables."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

# What the tables of treatments may be asked; None is as the official file is laid.
_OPTIONS = dict.fromkeys(
    ("treatment", "outcome", "bad", "unknown", "before", "after", "keep", "patient", "arms")
)

# The ten studies of the benchmark: digest and size in bytes of each copy.
_STUDIES = {
    "alizadeh-2000-v2": ("5725687bdc758c419ffa60a305704bc66b9b02ed0109f7997ce84028b440724b", 195_248),
    "armstrong-2002-v2": ("5c5057df28288b278669f2af3b01178c3507aea8aac356ee2bd72d9636d3b4bc", 215_266),
    "bhattacharjee-2001": ("1f5181a65b411588c05da1cc58508a5843848fc2dd4e62b70d31a58dcff2754b", 672_217),
    "chowdary-2006": ("43c626cf23c43a1cf2c5808621db682c24ff5d417474be621bd8c8abb80712a6", 31_311),
    "golub-1999-v1": ("cb791ad187eb4a22439c6472d2febb331c6e0283be2f51ea023f312a46e2d500", 173_495),
    "khan-2001": ("66cd196c3119e3c993038d76e4727f6b5734049cbb50332a367fe3230037537b", 105_308),
    "pomeroy-2002-v2": ("70a416a4df540e86a8afde8228a9099a356dc05f3e94ad41b902c73fdbcc2d5a", 66_636),
    "ramaswamy-2001": ("a2832719151641296921bc1a84f700e8be10185448e95890b471b62b1171f6bf", 218_361),
    "risinger-2003": ("79c5c37b16d6ce54b898dd84057f329c86a41e70eb13204cb99065785d567dcf", 107_531),
    "su-2001": ("6d6303a637a287525ebb5a7d5daf529e35078452d11f38a8fdf66bf0319edce0", 369_204),
}
_COPY = "https://raw.githubusercontent.com/padilha/biclustlib/bfadbd6944cc3b5b297e4018dd1437ddfb1f589f"

_GOLUB = (
    "https://raw.githubusercontent.com/jhcui18/Leukemia_classifier/c1adb976376075b2c5e38407e0f58529e7be8924"
)
_NKI = (
    "https://raw.githubusercontent.com/lamps24/Cancer-Treatment-Project/"
    "5c26fdb4e36f352eb6f2643d270daa6b6bdf0e25"
)

ENTRIES = [
    Entry(
        name="breast_cancer",
        title="Breast Cancer Wisconsin (Diagnostic)",
        modality="table",
        task="binary",
        classes=("malignant", "benign"),
        cases="biopsies",
        count=569,
        licence="CC BY 4.0",
        citation="Wolberg et al., UCI Machine Learning Repository (1995), doi:10.24432/C5DW2B",
        homepage="https://archive.ics.uci.edu/dataset/17",
        reader="medlearn.data.tables.bundled:read_breast_cancer",
    ),
    Entry(
        name="diabetes",
        title="Diabetes progression",
        modality="table",
        task="regression",
        classes=(),
        cases="patients",
        count=442,
        licence="with scikit-learn",
        citation="Efron et al., Annals of Statistics 32:407 (2004)",
        homepage="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
        reader="medlearn.data.tables.bundled:read_diabetes",
        patients_known=True,
    ),
    Entry(
        name="trial",
        title="International Stroke Trial",
        modality="table",
        task="treatment",
        classes=("none", "aspirin"),
        cases="patients",
        count=19435,
        licence="ODC-By",
        citation="Sandercock et al., Trials 12:101 (2011); IST Collaborative Group, Lancet 349:1569 (1997)",
        homepage="https://doi.org/10.7488/ds/104",
        reader="medlearn.data.tables.treatments:read_treatments",
        simulator="medlearn.data.tables.simulate:write_trial",
        files=(
            File(
                "IST_corrected.csv",
                "https://datashare.ed.ac.uk/bitstream/handle/10283/124/IST_corrected.csv",
                size=4_800_000,
                content=(("rows", 19435),),
                encoding="latin-1",
            ),
        ),
        patients_known=True,
        options={**_OPTIONS, "randomised": True},
    ),
    Entry(
        name="catheter",
        title="Right Heart Catheterization (SUPPORT)",
        modality="table",
        task="treatment",
        classes=("no catheter", "catheter"),
        cases="patients",
        count=5735,
        licence="free to use, with acknowledgement",
        citation="Connors et al., JAMA 276:889 (1996)",
        homepage="https://hbiostat.org/data/",
        reader="medlearn.data.tables.treatments:read_treatments",
        simulator="medlearn.data.tables.simulate:write_catheter",
        files=(
            File(  # the second digest is that of a copy without the numbers of rows
                "rhc.csv",
                "https://hbiostat.org/data/repo/rhc.csv",
                "sha256:9ef4ab578be4b40ad5d97d3a7e08ffdc1f9f76aeeefee51b4996e4221556f8e8 "
                "sha256:30c80cfb16fa37a0d1e483a89b0df646c28061bf324034ffc805012ae789809a",
                2_320_412,
            ),
        ),
        patients_known=True,
        options={**_OPTIONS, "randomised": False},
    ),
    Entry(
        name="prescribing",
        title="A drug whose effects are known",
        modality="table",
        task="treatment",
        classes=("no drug", "drug"),
        cases="patients",
        count=10_000,
        licence="CC BY 4.0",
        citation="for the value of a policy: Dudík et al., ICML (2011), arXiv:1103.4601",
        homepage="https://arxiv.org/abs/1103.4601",
        reader="medlearn.data.tables.treatments:read_treatments",
        simulator="medlearn.data.tables.simulate:write_prescribing",
        patients_known=True,
        options={"shares": (0.48, 0.12, 0.4)},
        choices={"hidden": ("no", "yes")},
    ),
    Entry(
        name="phenotypes",
        title="Kinds of patients that are known",
        modality="table",
        task="multiclass",
        classes=("inflammation", "kidney", "liver"),
        cases="patients",
        count=1500,
        licence="CC BY 4.0",
        citation="for phenotypes of sepsis: Seymour et al., JAMA 321:2003 (2019), doi:10.1001/jama.2019.5791",
        homepage="https://doi.org/10.1001/jama.2019.5791",
        reader="medlearn.data.tables.grouping:read_groups",
        simulator="medlearn.data.tables.simulate_groups:write_phenotypes",
        patients_known=True,
        options=dict.fromkeys(("label", "patient", "leave_out", "keep")),
        choices={"kinds": ("three", "none"), "hospitals": ("alike", "shifted")},
    ),
    Entry(
        name="dermatology",
        title="UCI Dermatology",
        modality="table",
        task="multiclass",
        classes=(
            *("psoriasis", "seborrhoeic dermatitis", "lichen planus", "pityriasis rosea"),
            *("chronic dermatitis", "pityriasis rubra pilaris"),
        ),
        cases="patients",
        count=366,
        licence="CC BY 4.0",
        citation="Güvenir et al., Artificial Intelligence in Medicine 13:147 (1998), doi:10.24432/C5FK5P",
        homepage="https://archive.ics.uci.edu/dataset/33",
        reader="medlearn.data.tables.dermatology:read_dermatology",
        simulator="medlearn.data.tables.simulate_groups:write_dermatology",
        files=(
            File(
                "dermatology.data",
                "https://archive.ics.uci.edu/ml/machine-learning-databases/dermatology/dermatology.data",
                "sha256:455eba77f72cd087ce54a5a266c514c5f34e85000c8689ad09e796d68ad45742",
                25_964,
            ),
        ),
        patients_known=True,
    ),
    Entry(
        name="expression",
        title="Gene expression of tumours, ten studies",
        modality="table",
        task="multiclass",
        classes=("ALL", "AML"),
        cases="tumours",
        count=1044,
        licence="published with the articles; no licence stated",
        citation="de Souto et al., BMC Bioinformatics 9:497 (2008), doi:10.1186/1471-2105-9-497",
        homepage="https://schlieplab.org/Static/Supplements/CompCancer/",
        reader="medlearn.data.tables.expression:read_expression",
        simulator="medlearn.data.tables.simulate_groups:write_expression",
        files=tuple(
            File(
                f"{study}_database.txt.gz",
                f"{_COPY}/biclustlib/datasets/data/cancer_benchmark/{study}_database.txt.gz",
                f"sha256:{digest}",
                size,
                set=study.partition("-")[0],
            )
            for study, (digest, size) in _STUDIES.items()
        ),
        patients_known=True,
        options={"sets": ("golub",)},
    ),
    Entry(
        name="leukaemia",
        title="Leukaemias of Golub et al., two series",
        modality="table",
        task="binary",
        classes=("ALL", "AML"),
        cases="patients",
        count=72,
        licence="published with the article; no licence stated",
        citation="Golub et al., Science 286:531 (1999), doi:10.1126/science.286.5439.531",
        homepage="https://portals.broadinstitute.org/cgi-bin/cancer/publications/view/43",
        reader="medlearn.data.tables.leukaemia:read_leukaemia",
        simulator="medlearn.data.tables.simulate_genes:write_leukaemia",
        files=(
            File(
                "data_set_ALL_AML_train.csv",
                f"{_GOLUB}/data_set_ALL_AML_train.csv",
                "sha256:d82f928c573de78e56b0a6c42393a14d08148927060fac4178b40023ff0b0752",
                2_046_726,
            ),
            File(
                "data_set_ALL_AML_independent.csv",
                f"{_GOLUB}/data_set_ALL_AML_independent.csv",
                "sha256:7b3a9868d371ea1b5182f7c0242c920a52ddea5cb232fd387cfc2563f3dadce0",
                1_863_440,
            ),
            File(
                "actual.csv",
                f"{_GOLUB}/actual.csv",
                "sha256:af291eced4116e257af0b73043e83b55d9b42f0d815440a4c5bc72424d2f44e1",
                511,
            ),
        ),
        patients_known=True,
    ),
    Entry(
        name="prognosis",
        title="Breast cancer of the Netherlands Cancer Institute",
        modality="table",
        task="survival",
        classes=("censored", "event"),
        cases="patients",
        count=272,
        licence="published with the article; no licence stated",
        citation="van de Vijver et al., N Engl J Med 347:1999 (2002), doi:10.1056/NEJMoa021967",
        homepage="https://doi.org/10.1056/NEJMoa021967",
        reader="medlearn.data.tables.prognosis:read_prognosis",
        simulator="medlearn.data.tables.simulate_genes:write_prognosis",
        files=(
            File(
                "NKI_cleaned.csv",
                f"{_NKI}/NKI_cleaned.csv",
                "sha256:4a790cb00d8ee1d592ffca474f5dae606fa2474a05c4a0c7cfea632a597b2b5c",
                4_054_671,
            ),
        ),
        patients_known=True,
        options=dict.fromkeys(("time", "event", "clinical", "leave_out")),
    ),
]

"""The catalogue's sets of sequences."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

# Each repository at the commit that was read.
GITHUB = "https://raw.githubusercontent.com/"
SPLICE = "drusk/splice-junction-gene-sequences/e862a929e3d82a881bb7abc8e0ffba3f68cf9a8c/data/"
ENHANCERS = "WamesM/iEnhancer-DCLA/7f7f12d3c7347bb8092a053f28aa21e80d3e3b9e/data/"
STOCKHOLM = "biopython/biopython/8b4d499f0e42567439e18a44986f342cc46e4faa/Tests/Stockholm/"
CB513 = "omarperacha/ps4-dataset/89cbd3802c06832b6c803bfe3eff0143bbe5d3e9/ps4_data/data/cb513/"

ENTRIES = [
    Entry(
        name="splice",
        title="UCI Molecular Biology (Splice-junction Gene Sequences)",
        modality="DNA, 60 letters",
        task="multiclass",
        classes=("donor", "acceptor", "neither"),
        cases="sequences",
        count=3190,
        licence="CC BY 4.0",
        citation="Noordewier et al., NIPS 3 (1991); doi:10.24432/C5M888",
        homepage="https://archive.ics.uci.edu/dataset/69/molecular+biology+splice+junction+gene+sequences",
        reader="medlearn.data.sequences.splice:read_splice",
        simulator="medlearn.data.sequences.simulate_splice:write_splice",
        files=(
            File(
                "splice.data",
                GITHUB + SPLICE + "splice.data",
                "sha256:ebbae10c85d3c285e2a2489a37e42bc2ee8d91d15005e391a9962fa3389a114f",
                319_000,
            ),
        ),
        patients_known=True,
    ),
    Entry(
        name="enhancers",
        title="iEnhancer-2L and -EL",
        modality="DNA, 200 letters",
        task="binary",
        classes=("other", "enhancer"),
        cases="sequences",
        count=3268,
        licence="not stated",
        citation="Liu et al., Bioinformatics 32:362 (2016); Liu et al., Bioinformatics 34:3835 (2018)",
        homepage="https://github.com/WamesM/iEnhancer-DCLA",
        reader="medlearn.data.sequences.labelled:read_enhancers",
        simulator="medlearn.data.sequences.simulate_promoters:write_enhancers",
        files=(
            File(
                "train_strong_enhancers.txt",
                GITHUB + ENHANCERS + "train_strong_enhancers.txt",
                "sha256:a2efd6df4a5504152a81e09e85da1fd393b8817835182dc531879545076f56d0",
                169_051,
            ),
            File(
                "train_weak_enhancers.txt",
                GITHUB + ENHANCERS + "train_weak_enhancers.txt",
                "sha256:6383fd9b87fd3d72917405c2b273fcd0f61705e4b49682f7bc8110140bf6c3b7",
                169_137,
            ),
            File(
                "train_non_enhancers.txt",
                GITHUB + ENHANCERS + "train_non_enhancers.txt",
                "sha256:d95445b12a7f79e2cc05fbd20a517725eda7dd5e8d8f61d6def8d800a75af529",
                335_268,
            ),
            File(
                "test_strong_enhancers.txt",
                GITHUB + ENHANCERS + "test_strong_enhancers.txt",
                "sha256:3f7f890fc41684833e552af774c7ff77d2c64bf0550d1e8459dd370ca63c2aa5",
                22_896,
            ),
            File(
                "test_weak_enhancers.txt",
                GITHUB + ENHANCERS + "test_weak_enhancers.txt",
                "sha256:f91fa64756a6f8d2a8a118a128a300be1017b15b1a88f9ad844792de86433106",
                30_779,
            ),
            File(
                "test_non_enhancers.txt",
                GITHUB + ENHANCERS + "test_non_enhancers.txt",
                "sha256:920c73da3fde5d438d90bb9bb0e283401a9f22e676de21a5c3e571368d315521",
                61_673,
            ),
        ),
        patients_known=True,
    ),
    Entry(
        name="promoters",
        title="Promoters of nobody",
        modality="DNA, 251 letters",
        task="binary",
        classes=("other", "promoter"),
        cases="sequences",
        count=2400,
        licence="CC BY 4.0",
        citation="for what negatives do to a score: Oubounyt et al., Front Genet 10:286 (2019)",
        homepage="https://doi.org/10.3389/fgene.2019.00286",
        reader="medlearn.data.sequences.labelled:read_promoters",
        simulator="medlearn.data.sequences.simulate_promoters:write_promoters",
        options={"negative": None},
        choices={"negatives": ("shuffled", "coding", "random")},
    ),
    Entry(
        name="families",
        title="Pfam seeds of Biopython's tests",
        modality="proteins, aligned",
        task="none",
        classes=(),
        cases="pairs",
        count=183,
        licence="CC0 (Pfam); files by Biopython, BSD-3-Clause",
        citation="Mistry et al., Nucleic Acids Res 49:D412 (2021)",
        homepage="https://www.ebi.ac.uk/interpro/entry/pfam/",
        reader="medlearn.data.sequences.stockholm:read_families",
        simulator="medlearn.data.sequences.simulate_evolution:write_families",
        files=(
            File(
                "pfam1.seed.txt",
                GITHUB + STOCKHOLM + "pfam1.seed.txt",
                "sha256:2b02fc124fafec1a3880f3351ec0861511ec9fc3ba4b059bf8e6bf160a95a8cc",
                1_835,
            ),
            File(
                "pfam2.seed.txt",
                GITHUB + STOCKHOLM + "pfam2.seed.txt",
                "sha256:14b0b8477a81f291a23cc77d1b547c895712e09d106c40e4651ce2c953007e8a",
                1_888,
            ),
            File(
                "pfam3.seed.txt",
                GITHUB + STOCKHOLM + "pfam3.seed.txt",
                "sha256:40ab11570193132703e29b0163c41d535ebee1c275c9049f873e6b228cede247",
                5_542,
            ),
            File(
                "pfam4.seed.txt",
                GITHUB + STOCKHOLM + "pfam4.seed.txt",
                "sha256:21eced4146bd503e33c7abaf01626a65638a190d781dadd2f5133b372bb5d260",
                4_705,
            ),
            File(
                "pfam5.seed.txt",
                GITHUB + STOCKHOLM + "pfam5.seed.txt",
                "sha256:2b2f86d8afeeb4ba251365c9fd84c447fa31a0f4fc934acd22b5e1f288e3c72d",
                6_277,
            ),
            File(
                "pfam6.seed.txt",
                GITHUB + STOCKHOLM + "pfam6.seed.txt",
                "sha256:6acd62b6d461ac416f21e9fdfcfb816de6fc1f911371271fd535fbd75512d2df",
                3_026,
            ),
            File(
                "pfam7.seed.txt",
                GITHUB + STOCKHOLM + "pfam7.seed.txt",
                "sha256:dac706500253b9122e11646e4c584b21cb1e3e80e4b784edd1471dd2e28c9dec",
                4_874,
            ),
            File(
                "pfam8.seed.txt",
                GITHUB + STOCKHOLM + "pfam8.seed.txt",
                "sha256:2e16e29871db7904f1e359953cba62195002572f3c4854b9419f2f889422d80e",
                29_515,
            ),
            File(
                "example.sth",
                GITHUB + STOCKHOLM + "example.sth",
                "sha256:70c1283b2bdc8471cf9e8194d2622466f99768f1b4fdc395687e0e92baa37064",
                1_308,
            ),
            File(
                "funny.sth",
                GITHUB + STOCKHOLM + "funny.sth",
                "sha256:67bbed6eee5944e03169782bcf666f1d1688d65d4fe805daaf9040987297d233",
                2_456,
            ),
        ),
        choices={"chemistry": ("usual", "other")},
        patients_known=True,
    ),
    Entry(
        name="structures",
        title="CB513",
        modality="proteins, a label a residue",
        task="labelling",
        classes=("coil", "helix", "strand"),
        cases="chains",
        count=509,
        licence="CC0",
        citation="Cuff and Barton, Proteins 34:508 (1999); Klausen et al., Proteins 87:520 (2019)",
        homepage="https://github.com/omarperacha/ps4-dataset",
        reader="medlearn.data.sequences.structures:read_structures",
        simulator="medlearn.data.sequences.simulate_proteins:write_structures",
        files=(
            File(
                "CB513_HHblits.csv",
                GITHUB + CB513 + "CB513_HHblits.csv",
                "sha256:829e357259fd132e945af4ea4ffa4233f135e886b749a2fc5111b41102537afc",
                2_016_196,
            ),
        ),
        patients_known=True,
    ),
]

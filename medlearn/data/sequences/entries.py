"""The catalogue's sets of sequences."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

# Each repository at the commit that was read.
GITHUB = "https://raw.githubusercontent.com/"
SPLICE = "drusk/splice-junction-gene-sequences/e862a929e3d82a881bb7abc8e0ffba3f68cf9a8c/data/"
ENHANCERS = "WamesM/iEnhancer-DCLA/7f7f12d3c7347bb8092a053f28aa21e80d3e3b9e/data/"

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
]

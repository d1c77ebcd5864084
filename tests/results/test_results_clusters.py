"""The groups' recipe, short: sets of any kind beside their twins, no look at classes, and what it refuses."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from medlearn import cli
from medlearn.data.tables import simulate_groups
from medlearn.data.tables.entries import ENTRIES
from medlearn.errors import DataError
from medlearn.evaluation.clusters import Groups
from medlearn.models import groups
from medlearn.results import clusters, main
from medlearn.results.clusters import AS_THEY_ARE, FROM_CODE, Cohort, Space
from medlearn.results.table import OURS

SYSTEMS = [OURS, "k-means", "mixture of Gaussians", "average linkage", AS_THEY_ARE, FROM_CODE]
KNOWN, BESIDE = ["ari", "nmi"], ["silhouette_null", "stability", "stability_null"]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few twins, halves and cuts, no autoencoder, and three groups found at once; what was asked of them."""
    for name, value in {"WORLDS": 19, "MOST": 3, "HALVES": 1, "TWINS": 1, "SPLITS": 2, "EPOCHS": 1}.items():
        monkeypatch.setattr(clusters, name, value)
    monkeypatch.setattr(groups, "DRAWS", 3)
    really, asked = SimpleNamespace(encode=clusters.encode, groups_found=clusters.groups_found), []
    monkeypatch.setattr(clusters, "encode", lambda x, learnt, seed: x[:, :3])
    monkeypatch.setattr(
        clusters, "groups_found", lambda *given, **rest: asked.append((given, rest)) or Groups(3, 1 / 21, [])
    )
    with threadpool_limits(1):
        yield SimpleNamespace(asked=asked, really=really)


@pytest.fixture
def really(quick, monkeypatch):
    """The autoencoder, and the number of groups as it is found."""
    for name, function in vars(quick.really).items():
        monkeypatch.setattr(clusters, name, function)


def expression(path, *, classes=("ALL", "AML"), each=15, raised=6.0, genes=30, seed=0):
    """A table of expression, in which each class has its own genes."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(classes)), each)
    own = np.arange(genes) % len(classes)
    x = rng.normal(size=(genes, len(label))) + raised * (own[:, None] == label)
    rows = [["GENES", *(classes[one] for one in label)]]
    rows += [[f"gene{number}", *map("{:.2f}".format, row)] for number, row in enumerate(x)]
    text = "\n".join(map("\t".join, rows)) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def patients(path, cases=60, *, kinds=3, label=True, seed=0):
    """A CSV with a row a patient, who are of planted kinds; its columns."""
    drawn = simulate_groups.draw_phenotypes(cases, kinds=kinds, distance=8, seed=seed)
    columns = dict(zip(simulate_groups.ADMISSION, drawn["x"].T, strict=True))
    columns = {name: ["" if np.isnan(cell) else f"{cell:.3f}" for cell in x] for name, x in columns.items()}
    columns["who"] = [f"P{number}" for number in range(cases)]
    if label:
        columns["disease"] = [f"kind {kind}" for kind in drawn["kind"]]
    return write(path, columns), columns


def write(path, columns):
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


OWN = {"label": "disease", "leave_out": ["who"]}


@pytest.fixture
def asked(monkeypatch):
    """Into how many groups patients are cut."""
    found = set()

    def recipe(x, k, seed):
        found.add(k)
        return groups.k_means(x, k, seed)

    for name in clusters.RECIPES:
        monkeypatch.setitem(clusters.RECIPES, name, recipe)
    return found


# What a table shows


def test_a_table_of_one_s_own_with_a_class(quick, tmp_path, capsys):
    path, _ = patients(tmp_path / "ward.csv", 90)
    out = tmp_path / "out.json"
    own = ["--label", "disease", "--leave-out", "who"]
    main(["clusters", "--file", path, "--seeds", "2", "--json", str(out), *own])
    printed, written = capsys.readouterr().out, json.loads(out.read_text())
    assert list(written["ours"]) == [*KNOWN, "ari_new", "silhouette", *BESIDE, "k"]
    assert list(written["baselines"]) == SYSTEMS[1:]
    for system in ("k-means", "mixture of Gaussians"):
        assert list(written["baselines"][system]) == [*KNOWN, "ari_new", "silhouette", *BESIDE]
    assert list(written["baselines"]["average linkage"]) == [*KNOWN, "silhouette", *BESIDE]
    for system in (AS_THEY_ARE, FROM_CODE):
        assert list(written["baselines"][system]) == [*KNOWN, "silhouette"]
    for measure, summary in written["ours"].items():
        assert summary["seeds"] == 2 and written["labels"][measure]
    assert "90 real patients" in printed and "own file" in printed and str(tmp_path) not in printed
    assert "Groups found" in printed and "ward 3, 3 (.048, .048)" in printed and "its " not in printed
    ours = {measure: summary["mean"] for measure, summary in written["ours"].items()}
    assert ours["ari"] > 0.8 and ours["ari_new"] > 0.7 and ours["k"] == 3
    assert ours["silhouette"] > ours["silhouette_null"] + 0.1
    assert ours["stability"] > ours["stability_null"] + 0.3
    assert written["baselines"][AS_THEY_ARE]["ari"]["mean"] < 0.6, "where platelets decide"
    (((z, recipe), rest), _) = quick.asked
    assert z.shape == (90, clusters.COMPONENTS) and np.isfinite(z).all() and recipe is groups.neighbours
    assert rest == {"most": 3, "twins": 19, "halves": 1, "seed": 0}


def test_the_classes_are_never_looked_at(tmp_path):
    path, columns = patients(tmp_path / "ward.csv")
    right = clusters.run("clusters", file=path, seeds=2, **OWN).rows
    columns["disease"] = np.random.default_rng(0).permutation(columns["disease"])
    wrong = clusters.run("clusters", file=write(tmp_path / "ward.csv", columns), seeds=2, **OWN).rows
    for system in SYSTEMS:
        for measure in set(right[system]) - {*KNOWN, "ari_new"}:
            assert right[system][measure] == wrong[system][measure], (system, measure)
    assert min(right[OURS]["ari"]) > 0.7 and np.abs(wrong[OURS]["ari"]).max() < 0.15
    assert np.abs(wrong[OURS]["ari_new"]).max() < 0.2


@pytest.mark.parametrize(("found", "cut"), [(3, 3), (1, 2)])
def test_without_a_class_there_are_as_many_groups_as_are_found(found, cut, asked, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "groups_found", lambda *_, **__: Groups(found, 0.5, []))
    path, _ = patients(tmp_path / "ward.csv", label=False)
    table = clusters.run("clusters", file=path, seeds=2, leave_out=["who"])
    assert list(table.rows[OURS]) == ["silhouette", *BESIDE, "k"] and asked == {cut}
    assert table.rows[OURS]["k"] == [found] * 2
    assert all("ari" not in row and "nmi" not in row for row in table.rows.values())


@pytest.mark.parametrize("label", ["disease", None])
def test_the_number_of_groups_can_be_said(label, asked, tmp_path):
    path, _ = patients(tmp_path / "ward.csv")
    leave_out = ["who"] if label else ["who", "disease"]
    clusters.run("clusters", file=path, seeds=2, groups=5, label=label, leave_out=leave_out)
    assert asked == {5}


def test_a_folder_is_several_sets_and_what_else_lies_there_is_passed_over(tmp_path, capsys):
    expression(tmp_path / "one.txt")
    expression(tmp_path / "khan-2001_database.txt.gz", classes=("A", "B", "C"), each=10, raised=0.5, seed=1)
    (tmp_path / "PROVENANCE.md").write_text("GENES\tA\tA\n")
    (tmp_path / "LICENSE").write_text("free\n")
    (tmp_path / "README.txt").write_text("Tumours, of two studies\nand what they are\n")
    patients(tmp_path / "ward.csv")
    main(["clusters", "--file", str(tmp_path), "--seeds", "2"])
    printed = capsys.readouterr().out
    assert "60 real tumours" in printed and "2 sets, own file" in printed and str(tmp_path) not in printed
    table = clusters.run("clusters", file=str(tmp_path), seeds=2)
    assert list(table.rows) == [*SYSTEMS, "its khan-2001", "its one"]
    hard, easy = table.rows["its khan-2001"], table.rows["its one"]
    assert list(hard) == list(table.rows[OURS])
    for measure, values in table.rows[OURS].items():
        np.testing.assert_allclose(values, np.mean([hard[measure], easy[measure]], axis=0))
    assert min(easy["ari"]) == 1 > 0.9 > max(hard["ari"])
    assert "khan-2001 3, 3 (.048, .048); one 3, 3 (.048, .048)" in table.markdown()


def test_without_a_file_these_are_the_studies(monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    (entry,) = (entry for entry in ENTRIES if entry.name == "expression")
    files = [file for file in entry.files if file.set in ("pomeroy", "risinger")]
    monkeypatch.setattr(clusters, "ENTRIES", [replace(entry, files=tuple(files))])
    table = clusters.run("clusters", seeds=2)
    assert list(table.rows)[-2:] == ["its pomeroy-2002-v2", "its risinger-2003"]
    printed = table.markdown()
    assert "84 simulated tumours" in printed and "not comparable" in printed and "PMC5325197" not in printed


def test_what_others_published_stands_beside_the_real_set_of_that_name(tmp_path):
    expression(tmp_path / "su-2001_database.txt")
    printed = clusters.run("clusters", file=str(tmp_path), seeds=2).markdown()
    assert "PMC5325197, table 4): su-2001 0.312." in printed


def test_the_stand_in_for_dermatology(really, tmp_path, monkeypatch):
    simulate_groups.write_dermatology(tmp_path)
    monkeypatch.setattr(clusters, "JUDGED", 90)
    table = clusters.run("clusters", file=str(tmp_path / "dermatology.data"), seeds=2)
    printed = table.markdown()
    assert "366 simulated patients" in printed and np.mean(table.rows[OURS]["ari"]) > 0.4
    assert "is asked of 90 patients" in printed and min(table.rows[OURS]["k"]) > 1
    assert len(set(table.rows[FROM_CODE]["ari"])) == 2, "another seed, another code"


def test_the_real_files_are_known_for_what_they_are(real_data):
    folder = real_data / "cancer_expression"
    if not folder.is_dir():
        pytest.skip("the tumours are not among the real data here")
    assert [clusters.study_of(file) for file in clusters.tables_of_expression(folder)] == [
        file.name.removesuffix("_database.txt.gz")
        for entry in ENTRIES
        if entry.name == "expression"
        for file in entry.files
    ]
    assert clusters.kind_of_table(real_data / "dermatology" / "dermatology.tab") == "dermatology"


# How it is made


@pytest.fixture
def cohort():
    drawn = simulate_groups.draw_phenotypes(80, distance=8, seed=1)
    return Cohort(drawn["x"].astype(np.float32), drawn["kind"], np.arange(80) // 2, 3, False)


def test_new_patients_were_not_learnt_from(cohort, monkeypatch):
    learnt, told, asked = [], [], []
    of = Space.of

    def learn(x, **rest):
        learnt.append({row.tobytes() for row in x})
        space = of(x, **rest)

        def turn(rows):
            (told if {row.tobytes() for row in rows} <= learnt[-1] else asked).append(rows)
            return space(rows)

        return turn

    monkeypatch.setattr(Space, "of", learn)
    found = clusters.on_new_patients(cohort, 3, seed=0)
    assert set(found) == set(clusters.ASKED_ANEW) and found["k-means"]["ari_new"] > 0.8
    assert len(learnt) == len(told) == len(asked) == clusters.SPLITS and learnt[0] != learnt[1]
    of_patient = {row.tobytes(): who for row, who in zip(cohort.x, cohort.patient, strict=True)}
    for known, rows in zip(learnt, asked, strict=True):
        others = {row.tobytes() for row in rows}
        assert not {of_patient[row] for row in known} & {of_patient[row] for row in others}
        assert len(known) + len(others) == len(cohort.x)


def test_a_half_of_one_class_says_nothing_of_agreement(cohort):
    one = cohort._replace(y=(np.arange(80) == 0).astype(int), patient=np.arange(80), k=2)
    found = clusters.on_new_patients(one, 2, seed=0)
    assert all(np.isfinite(row["ari_new"]) for row in found.values())
    assert clusters.on_new_patients(cohort._replace(y=np.zeros(80, int)), 1, seed=0) == {}


def test_components_come_from_those_who_are_learnt_from():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)) * np.array([1, 50, 1, 1])
    x[:30, 2] = np.nan
    space = Space.of(x[:30], one_unit=False, seed=0)
    np.testing.assert_array_equal(space.there, [True, True, False, True])
    z = space(x)
    assert z.shape == (60, 3) and np.isfinite(z).all()
    np.testing.assert_allclose(z[:30].mean(0), 0, atol=1e-5)
    np.testing.assert_array_equal(space(x[30:]), z[30:])
    assert Space.of(rng.normal(size=(9, 40)), one_unit=True, seed=0)(np.zeros((2, 40))).shape == (2, 9)


def test_genes_keep_their_proportions_and_measures_do_not(tmp_path):
    file = expression(tmp_path / "one.txt")
    (data,) = clusters.load_sets(file, {}).values()
    assert Cohort.of("one", data, None).one_unit
    path, _ = patients(tmp_path / "ward.csv")
    (data,) = clusters.load_sets(path, OWN).values()
    assert not Cohort.of("ward", data, None).one_unit


def test_the_code_is_learnt_from_those_who_are_named(really, monkeypatch):
    x = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    given = []
    monkeypatch.setattr(clusters, "fit", lambda net, pair, **rest: given.append((pair, rest)))
    code = clusters.encode(x, np.arange(25), seed=3)
    ((one, other), rest) = given[0]
    np.testing.assert_array_equal(one, x[:25])
    np.testing.assert_array_equal(other, x[:25])
    assert code.shape == (40, clusters.CODE) and rest["seed"] == 3
    np.testing.assert_array_equal(clusters.encode(x, np.arange(25), seed=3), code)
    assert np.abs(clusters.encode(x, np.arange(25), seed=4) - code).max() > 0.01


def test_average_linkage_and_whoever_comes_later():
    rng = np.random.default_rng(0)
    kind = np.arange(40) % 2
    x = rng.normal(size=(40, 2)) + 9 * kind[:, None]
    label = clusters.average_linkage(x, 2, 0)
    assert adjusted_rand_score(kind, label(x)) == 1
    np.testing.assert_array_equal(label(x[:6] + 0.5), label(x)[:6])


def test_silhouettes_are_scikit_learn_s_and_0_for_one_group(monkeypatch):
    x = np.array([[0.0], [1], [8], [9]])
    assert clusters.silhouette(x, np.zeros(4, int), seed=0) == 0
    found = clusters.silhouette(x, np.array([0, 0, 1, 1]), seed=0)
    inner, outer = 1 - 1 / 7.5, 1 - 1 / 8.5  # 1 within; to the others 7 and 8, or 8 and 9
    assert found == pytest.approx((inner + outer) / 2)
    monkeypatch.setattr(clusters, "LEARNT", 50)
    many = np.random.default_rng(0).normal(size=(500, 2))
    assert clusters.silhouette(many, (many[:, 0] > 0).astype(int), seed=0) == pytest.approx(0.3, abs=0.1)


def test_where_there_are_many_some_are_learnt_from_and_all_are_grouped(cohort, monkeypatch):
    monkeypatch.setattr(clusters, "LEARNT", 40)
    space = Space.of(cohort.x, one_unit=False, seed=0)
    found = clusters.all_groups(cohort, space, 3, seed=0)
    assert list(found) == SYSTEMS and all(len(group) == 80 for group in found.values())
    assert adjusted_rand_score(found[OURS], cohort.y) > 0.7


# What stands below


def said(p, k, ari=None, *, cases=50, asked=None):
    """The notes on a set called "ward", of which each seed found `k` groups."""
    y = None if ari is None else np.zeros(cases)
    it = SimpleNamespace(x=np.zeros((cases, 2)), y=y, k=asked)
    rows = {OURS: {} if ari is None else {"ari": [ari, ari]}}
    return clusters.in_words({"ward": it}, [{"ward": Groups(one, p, [])} for one in k], rows)


def test_groups_that_are_not_the_classes_are_said_to_be_none():
    assert any("groups of ward are not its classes" in note for note in said(0.048, (2, 3), 0.1))
    for notes in (
        said(0.048, (2, 3), 0.5),
        said(0.3, (1, 1), 0.1),
        said(0.04, (1, 3), 0.1),
        said(0.04, (2, 2)),
    ):
        assert not any("not its classes" in note for note in notes)


def test_where_none_are_found_the_table_says_so():
    assert any("no groups were found in ward" in note for note in said(0.3, (1, 3)))
    assert "ward none, 3 (.300, .300)" in said(0.3, (1, 3))[0]
    for notes in (said(0.04, (2, 3)), said(0.3, (1, 1), 0.5, asked=4)):
        assert not any("no groups were found" in note for note in notes)


def test_a_big_table_is_said_to_be_judged_by_some():
    assert any("is asked of 400 patients" in note for note in said(0.04, (2, 2), cases=401))
    assert not any("is asked of" in note for note in said(0.04, (2, 2), cases=400))


# What it reads, and what it refuses


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("GENES\tALL\tALL\tAML\tAML", "gene1\t1\t2\t\t4", "expression"),
        ("GENES,1,1,2,2", '"gene 1",0.1,0.2,0.3,0.4', "expression"),
        ("gene1" + 20 * "\t1.5", "gene2" + 20 * "\t1", "expression"),  # to be told that classes lack
        ("P1,61,1.9", "P2,70,2.2", ""),
        ("age;sex;lactate", "61;1;1,9", "rows"),
        (",age,sex", "1,61,0", "rows"),
        ("age,sex", "", "rows"),
        (",".join(["1"] * 33 + ["?", "2"]), ",".join(["1"] * 33 + ["40", "2"]), "dermatology"),
        (",".join([*["1"] * 33, "55", "2", "simulated"]), "1", "dermatology"),
        ("\t".join(["D#itching"] * 36), "1", "dermatology"),
        ("1,2,3,4", "5,6,7,8", ""),
        ("Tumours of two studies", "and more", ""),
        ("x" * 200_000, "1", ""),
        ("", "", ""),
    ],
)
def test_what_a_file_is(first, second, kind, tmp_path):
    path = tmp_path / "some.csv"
    path.write_text(f"\n{first}\r\n{second}\n", encoding="utf-8")
    assert clusters.kind_of_rows(*clusters.first_rows(path)) == kind
    if not kind:
        with pytest.raises(DataError, match=r"no table of expression .* nor UCI Dermatology, nor a CSV"):
            clusters.kind_of_table(path)


REFUSED = {
    "one group": (["--groups", "1"], "--groups 1 is not possible in ward, of 40 patients, where 2 to 20"),
    "too many groups": (["--groups", "21"], "where 2 to 20 groups can be asked for"),
    "no such column": (["--label", "diseese"], "no column 'diseese': did you mean 'disease'"),
    "nothing left out is there": (["--leave-out", "wo"], "has no column 'wo'"),
    "texts": (["--leave-out", "disease"], "looks like the number of a patient"),
    "not there": (["--file", "nowhere.csv"], "--file nowhere.csv: there is no such file or folder"),
}


def refusal(arguments, capsys):
    """What the command says on standard error: one sentence, and no table."""
    assert cli.main(["results", "clusters", "--seeds", "2", *arguments]) == 1
    printed = capsys.readouterr()
    lines = [
        line for line in printed.err.strip().splitlines() if not line.startswith(("phenotypes:", "expr"))
    ]
    assert len(lines) == 1 and "Traceback" not in lines[0] and not printed.out
    return lines[0]


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_one_sentence(case, tmp_path, capsys):
    arguments, message = REFUSED[case]
    path, columns = patients(tmp_path / "ward.csv", 40)
    if "--groups" in arguments:
        path = write(tmp_path / "ward.csv", {name: x for name, x in columns.items() if name != "who"})
        arguments = ["--label", "disease", *arguments]
    assert message in refusal(["--file", path, *arguments], capsys)


def test_an_empty_folder_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("nothing here\n")
    assert "holds no table of expression" in refusal(["--file", str(tmp_path)], capsys)


def test_a_damaged_file_in_a_folder_is_not_passed_over(tmp_path, capsys):
    expression(tmp_path / "one.txt")
    (tmp_path / "two.txt.gz").write_bytes(b"no gzip at all")
    assert "two.txt.gz is damaged" in refusal(["--file", str(tmp_path)], capsys)


def test_a_set_that_lies_there_twice_is_refused(tmp_path, capsys):
    expression(tmp_path / "one.txt")
    expression(tmp_path / "one.txt.gz")
    assert "holds one twice" in refusal(["--file", str(tmp_path)], capsys)


def test_a_table_in_a_folder_without_classes_is_not_passed_over(tmp_path, capsys):
    rows = Path(expression(tmp_path / "one.txt")).read_text().splitlines()[1:]
    (tmp_path / "two.txt").write_text("\n".join(rows) + "\n")
    assert "put a row with the class of each tumour on top" in refusal(["--file", str(tmp_path)], capsys)


@pytest.mark.parametrize("option", ["--label", "--patient", "--leave-out"])
def test_parts_of_columns_are_for_rows(option, tmp_path, capsys):
    path = expression(tmp_path / "one.txt")
    for file in (path, str(tmp_path)):
        assert f"{option} is for a CSV" in refusal(["--file", file, option, "age"], capsys)
    assert f"{option} is for a CSV" in refusal([option, "age"], capsys)


def test_few_patients_are_refused(tmp_path, capsys):
    few = refusal(["--file", expression(tmp_path / "one.txt", each=9)], capsys)
    assert "one has 18 tumours, and groups need 20 at least" in few
    path, columns = patients(tmp_path / "ward.csv", 40)
    columns["who"] = np.arange(40) // 4
    write(tmp_path / "ward.csv", columns)
    few = refusal(["--file", path, "--label", "disease", "--patient", "who"], capsys)
    assert "10 patients, and groups need 20 at least" in few


def test_nearly_as_many_classes_as_patients_are_refused(tmp_path, capsys):
    classes = [f"kind {number}" for number in range(13)]
    path, columns = patients(tmp_path / "ward.csv", 24)
    columns["disease"] = np.resize(classes, 24)
    write(tmp_path / "ward.csv", columns)
    said = refusal(["--file", path, "--label", "disease", "--leave-out", "who"], capsys)
    assert "ward, of 24 patients, has 13 classes: say --groups" in said

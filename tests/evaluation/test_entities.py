"""Entities by hand and by a plain loop, their intervals and differences, what was seen, who is exposed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import Estimate, bootstrap, entities

O, B, I, B2, I2 = range(5)  # noqa: E741
TRUE = [[B, I, O, B], [O, O], [B2, I2, O], [B, B]]
PRED = [[B, I, O, O], [O, B], [B2, O, O], [B, B]]
SHARES = (entities.entity_f1, entities.entity_precision, entities.entity_recall)


def plain_spans(tags):
    """The entities of a sentence, word by word."""
    found, begin, its = [], None, None
    for place, tag in enumerate([*tags, O]):
        kind = None if tag == O else (tag - 1) // 2
        goes_on = begin is not None and tag != O and tag % 2 == 0 and kind == its
        if begin is not None and not goes_on:
            found.append((begin, place, its))
            begin = None
        if kind is not None and begin is None:
            begin, its = place, kind
    return found


def plain_counts(true, pred, label=None):
    """Found, true and called entities, sentence by sentence."""
    rows = []
    for one, other in zip(true, pred, strict=True):
        own, theirs = (
            {span for span in plain_spans(tags) if label is None or span[2] == label} for tags in (one, other)
        )
        rows.append([len(own & theirs), len(own), len(theirs)])
    return rows


def sentences(most=4):
    pair = st.integers(0, 8).flatmap(
        lambda words: st.tuples(*[st.lists(st.integers(0, most), min_size=words, max_size=words)] * 2)
    )
    return st.lists(pair, min_size=1, max_size=8)


def tagged(documents=80, each=3, words=12, seed=0):
    """True and predicted tags of sentences, and their document; some documents are harder than others."""
    rng = np.random.default_rng(seed)
    document = np.repeat(np.arange(documents), each)
    wrong = rng.beta(1, 4, documents)[document]
    true = rng.choice([O, B, I, B2], (len(document), words), p=[0.7, 0.15, 0.1, 0.05])
    pred = np.where(rng.random(true.shape) < wrong[:, None] / 2, O, true)
    return true, pred, document


# Entities


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ([O, B, I, O], [(1, 3, 0)]),
        ([B, B, I], [(0, 1, 0), (1, 3, 0)]),  # side by side
        ([O, B, I], [(1, 3, 0)]),  # up to the end
        ([I, O, I, I], [(0, 1, 0), (2, 4, 0)]),  # an I that goes on with nothing begins
        ([B, I2], [(0, 1, 0), (1, 2, 1)]),  # or with another type
        ([B2, I, I, B2], [(0, 1, 1), (1, 3, 0), (3, 4, 1)]),
        ([O], []),
        ([], []),
        ([5, 6, 6], [(0, 3, 2)]),
    ],
)
def test_spans_by_hand(tags, wanted):
    assert entities.spans(tags) == wanted == plain_spans(tags)
    assert entities.spans(np.array(tags, np.uint8)) == wanted


@settings(max_examples=80)
@given(rows=sentences(6), label=st.none() | st.integers(0, 3))
def test_counts_are_those_of_a_plain_loop(rows, label):
    true, pred = (list(side) for side in zip(*rows, strict=True))
    assert entities.counts(true, pred, label=label).tolist() == plain_counts(true, pred, label)
    assert [entities.spans(tags) for tags in true] == [plain_spans(tags) for tags in true]


def test_no_entity_reaches_from_one_sentence_into_the_next():
    assert entities.counts([[O, B], [I, O]], [[O, B], [I, O]]).tolist() == [[1, 1, 1]] * 2
    assert entities.counts([[B], [], [I]], [[B], [], [I]]).sum(0).tolist() == [2, 2, 2]


def test_one_word_too_many_too_few_or_another_type_is_not_found():
    for wrong in ([B, I, I, O], [B, O, O, O], [O, B, O, O], [B2, I2, O, O], [B, B, O, O], [B, I2, O, O]):
        assert entities.counts([[B, I, O, O]], [wrong])[0, 0] == 0


def test_words_of_entities_are_told_in_small_letters():
    tokens = [["Wilson", "disease", "or", "WD"], []]
    assert entities.mentions(tokens, [[B, I, O, B], []]) == ["wilson disease", "wd"]


# Values


def test_shares_by_hand():
    assert entities.counts(TRUE, PRED).tolist() == [[1, 2, 1], [0, 0, 1], [0, 1, 1], [2, 2, 2]]
    f1, precision, recall = (of(TRUE, PRED).value for of in SHARES)
    assert (precision, recall) == pytest.approx((3 / 5, 3 / 5)) and f1 == pytest.approx(3 / 5)
    assert entities.entity_recall(TRUE, PRED, label=0).value == pytest.approx(3 / 4)
    assert entities.entity_f1(TRUE, PRED, label=1).value == 0
    assert entities.entity_f1(TRUE, PRED, macro=True).value == pytest.approx((3 / 4 + 0) / 2)


def test_a_ragged_is_as_good_as_a_list():
    for of in SHARES:
        assert of(Ragged.of(TRUE), Ragged.of(PRED)) == of(TRUE, PRED)


def test_a_type_that_is_called_and_never_true_counts_in_the_mean_over_types():
    assert entities.entity_f1([[B, O]], [[B, B2]], macro=True).value == 0.5
    assert entities.entity_f1([[B, O]] * 2, [[B, O], [B, B2]], macro=True, weights=[1, 0]).value == 1


def test_all_words_outside_is_not_worth_anything():
    nothing = [[O] * len(tags) for tags in TRUE]
    assert entities.entity_recall(TRUE, nothing).value == 0 == entities.entity_f1(TRUE, nothing).value
    with pytest.raises(UndefinedMeasure, match="precision of entities is undefined: no entity was called"):
        entities.entity_precision(TRUE, nothing)
    for how in ({}, {"macro": True}):
        with pytest.raises(UndefinedMeasure, match="F1 of entities is undefined: there is none"):
            entities.entity_f1(nothing, nothing, **how)


def test_weights_count_a_sentence_so_many_times():
    true, pred, _ = tagged(20)
    times = np.arange(len(true)) % 3
    more = [np.repeat(one, times, axis=0) for one in (true, pred)]
    for of in (*SHARES, lambda *both, **how: entities.entity_f1(*both, macro=True, **how)):
        assert of(true, pred, weights=times).value == pytest.approx(of(*more).value, abs=1e-12)


# Intervals


def test_copies_of_a_document_make_no_interval_narrower():
    true, pred, document = tagged()
    for of in (*SHARES, lambda *both, **how: entities.entity_f1(*both, macro=True, **how)):
        once = of(true, pred, patient=document)
        twice = of(np.tile(true, (2, 1)), np.tile(pred, (2, 1)), patient=np.tile(document, 2))
        assert (twice.low, twice.high) == pytest.approx((once.low, once.high)) and "patient" in once.method
        assert once.high - once.low > of(true, pred).high - of(true, pred).low


def test_intervals_are_about_those_of_a_bootstrap_that_scores_each_draw():
    true, pred, document = tagged(60)

    def plain(own, theirs):
        found, there, called = np.sum(plain_counts(own, theirs), axis=0)
        return 2 * found / (there + called)

    loop = bootstrap(plain, true, pred, patient=document, draws=300)
    ours = entities.entity_f1(true, pred, patient=document)
    assert ours.value == pytest.approx(loop.value)
    assert (ours.low, ours.high) == pytest.approx((loop.low, loop.high), abs=0.012)


def test_the_interval_holds_the_truth_though_the_sentences_of_a_document_are_alike():
    (truth,) = (entities.entity_f1(true, pred).value for true, pred, _ in [tagged(20_000, seed=999)])
    held = 0
    for seed in range(120):
        true, pred, document = tagged(40, seed=seed)
        held += truth in entities.entity_f1(true, pred, patient=document)
    assert 106 <= held <= 119


def test_all_found_in_a_few_documents_is_not_shown_to_be_all():
    true = np.tile([B, I, O, B], (12, 1))
    few = entities.entity_f1(true, true, patient=np.arange(12) // 3)
    assert few.value == few.high == 1 and few.low < 0.6
    assert 0.9 < entities.entity_f1(np.tile(true, (20, 1)), np.tile(true, (20, 1))).low < 1


def test_the_difference_is_paired():
    true, pred, document = tagged()
    other = pred.copy()
    other[::5, :4] = O
    gap = entities.entity_f1_difference(true, pred, other, patient=document)
    one, two = (entities.entity_f1(true, answer, patient=document) for answer in (pred, other))
    assert gap.value == pytest.approx(one.value - two.value, abs=1e-12) and gap.clears(0)
    assert gap.high - gap.low < 0.7 * (one.high - one.low)
    turned = entities.entity_f1_difference(true, other, pred, patient=document)
    assert (turned.value, turned.low) == pytest.approx((-gap.value, -gap.high), abs=1e-12)
    same = entities.entity_f1_difference(true, pred, pred)
    assert (same.value, same.low, same.high) == (0, 0, 0)


# What training knew


def test_recall_of_seen_and_of_unseen_entities_make_up_the_recall():
    tokens = [["Gout", "or", "renal", "failure"], ["gout", "mumps"]]
    true, pred = [[B, O, B, I], [B, B]], [[B, O, B, O], [O, B]]
    known = entities.mentions([["GOUT", "and", "renal", "colic"]], [[B, O, B, I]])
    seen, unseen = (
        of(true, pred, tokens=tokens, known=known) for of in (entities.recall_seen, entities.recall_unseen)
    )
    assert (seen.value, unseen.value) == (0.5, 0.5)
    assert entities.recall_seen(true, true, tokens=tokens, known=known).value == 1
    with pytest.raises(UndefinedMeasure, match="recall of entities is undefined: there is no such entity"):
        entities.recall_seen(true, pred, tokens=tokens, known=[])
    everything = entities.recall_unseen(true, pred, tokens=tokens, known=[], patient=[1, 2])
    assert everything == entities.entity_recall(true, pred, patient=[1, 2])


# Who is exposed


def test_one_missed_word_exposes_a_patient():
    true = [[B, I, O], [O, B, O], [B2, O, O], [O, O, O], [O, B2, B]]
    pred = [[B, B, O], [B, O, O], [B2, O, O], [O, O, B], [O, B2, I]]
    share = entities.exposed(true, pred, patient=["a", "a", "b", "c", "d"])
    assert share.value == pytest.approx(1 / 3) and share.low > 0  # c has no identifier, d's words are gone
    assert entities.exposed(true, pred, ["a", "a", "b", "c", "d"], label=0).value == 0.5
    assert entities.exposed(true, pred).value == pytest.approx(1 / 4)
    assert entities.exposed([[B]], [[B2]]).value == 1


def test_nobody_exposed_among_few_is_not_shown_to_be_nobody():
    notes = [[B, O]] * 20
    assert entities.exposed(notes, notes, np.arange(20)).high > 0.1
    assert entities.exposed(notes, notes, np.arange(20) // 10).high > 0.5
    with pytest.raises(UndefinedMeasure, match="no patient has such an identifier"):
        entities.exposed(notes, notes, label=3)


# What is wrong


@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        (TRUE, PRED[1:], "y_true has 4 sentences, but y_pred has 3"),
        (TRUE, [[B, I, O], *PRED[1:]], "sentence 0 has 4 words in y_true, but 3 in y_pred"),
        (TRUE, [*PRED[:3], [B, -1]], "sentence 3 of y_pred needs whole numbers .* but holds -1$"),
        (TRUE, [*PRED[:3], [B, 0.5]], "sentence 3 of y_pred needs whole numbers"),
        ([["B-disease", "O"]], [[B, O]], "sentence 0 of y_true needs whole numbers .* but holds B-disease$"),
        (TRUE, [*PRED[:3], [B, None]], "sentence 3 of y_pred needs whole numbers"),
        (TRUE, [*PRED[:3], [[B], [B]]], "sentence 3 of y_pred needs one tag a word, in one row"),
        (TRUE, [*PRED[:3], [[B], [B, I]]], "sentence 3 of y_pred needs one tag a word, in one row"),
        ([0, 1, 2], [0, 1, 2], "sentence 0 of y_true needs one tag a word"),
        ([], [], "y_true holds the tags of each sentence, of one or more"),
        ("OBIO", "OBIO", "y_true holds the tags of each sentence"),
        (None, PRED, "y_true holds the tags of each sentence"),
        ([[2**63]], [[1]], "sentence 0 of y_true needs whole numbers"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_with_tags_is_one_sentence(true, pred, said):
    for call in (*SHARES, entities.exposed, lambda *both: entities.entity_f1_difference(*both, PRED)):
        with pytest.raises(DataError, match=said) as error:
            call(true, pred)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: entities.entity_f1(TRUE, PRED, label=-1), "number of a type of entity, from 0, not -1"),
        (lambda: entities.entity_f1(TRUE, PRED, label="disease"), "from 0, not 'disease'"),
        (lambda: entities.entity_f1(TRUE, PRED, label=0, macro=True), "label=, for one type, or macro=True"),
        (lambda: entities.entity_f1(TRUE, PRED, label=7), "there is none, and none was called"),
        (lambda: entities.entity_f1(TRUE, PRED, patient=[1, 2]), "4 cases but 2 patient numbers"),
        (lambda: entities.entity_f1(TRUE, PRED, level=95), "level must lie between 0 and 1"),
        (lambda: entities.exposed(TRUE, PRED, level=95), "level must lie between 0 and 1"),
        (lambda: entities.entity_recall(TRUE, PRED, weights=[0, 1, 0, 0]), "in any sentence that counts"),
        (lambda: entities.entity_f1(TRUE, PRED, weights=[0, 0, 0, 0]), "not all of them 0"),
        (lambda: entities.entity_f1_difference([[B]], [[B]], [[O]]), "at least two patients"),
        (lambda: entities.mentions([["a"]], TRUE), "tags has 4 sentences, but tokens has 1"),
        (lambda: entities.mentions([["a", "b"]], [[O]]), "sentence 0 has 1 words in tags, but 2 in tokens"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_an_argument_that_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said):
        call()


@pytest.mark.filterwarnings("error")
@settings(max_examples=60)
@given(rows=sentences(), data=st.data())
def test_any_tags_give_a_sentence_or_an_estimate_within_the_bounds(rows, data):
    true, pred = (list(side) for side in zip(*rows, strict=True))
    other = data.draw(st.permutations(pred))
    patient = data.draw(st.none() | st.just(np.arange(len(true)) // 2))
    for of, given_to in (
        *((of, (true, pred)) for of in (*SHARES, entities.exposed)),
        (entities.entity_f1_difference, (true, pred, other)),
    ):
        try:
            estimate = of(*given_to, patient=patient)
        except DataError as error:
            assert len(str(error)) > 15 and "\n" not in str(error)
            continue
        assert isinstance(estimate, Estimate) and of.low <= estimate.low <= estimate.value + 1e-9
        assert estimate.value <= estimate.high + 1e-9 and estimate.high <= of.high

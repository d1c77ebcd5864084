"""The exercises of notebook 72. No worker is started here: what is judged is what a worker would run."""

from __future__ import annotations

import hashlib
import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import CodeType

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number, whole

# 1. How much faster at best


def how_much_faster_at_best():
    stays, is_shared = 0.2, 0.8  # of the time
    with_eight = 1 / (stays + is_shared / 8)
    with_any_number = 1 / stays
    return with_eight, with_any_number


_FASTER = {
    8: "Only 80 of the 100 minutes are shared among the eight. The other 20 stay as they are.",
    10: "That is the shared part alone, 80 minutes in 10. The 20 that stay come on top: 30 in all.",
    12.5: "100 / 8: the 20 minutes that cannot be shared are not shared either.",
    6.4: "Speeds do not add up in this way. Add minutes: how many are left with eight workers?",
    6.6: "That holds where more workers get more work. Here the work is the same: add up the minutes.",
    1.6: "Eight workers do nothing for the 20 %. Add up the minutes that are left.",
    0.3: "That is the share of the time that is left. How many times faster is 30 minutes than 100?",
    30: "Those are the minutes that are left. How many times faster is that than 100?",
    0.7: "That is the share of the time that is saved. How many times faster is 30 minutes than 100?",
    70: "Those are the minutes that are saved. 30 are left: how many times faster is that than 100?",
    1.2121: "You exchanged the shares: 20 % stays, and 80 % is shared.",
    1.25: "1 / .8: it is the 20 % that stays, and the 80 % become 10 minutes, not nothing.",
    5: "That is the limit, with as many workers as one likes. Eight still need 10 minutes for their part.",
    4: "80 over 20 compares the two parts. Asked is 100 over what is left.",
    3: "Nearly, but give one decimal at least.",
}
_AT_MOST = {
    np.inf: "With ever more workers the 80 minutes go towards nothing, and the 20 stay: there is a limit.",
    8: "The second question has no eight in it: as many workers as you like.",
    3.33: "That is with eight workers. With ever more of them the 80 minutes go towards nothing.",
    1.25: "1 / .8 would be the limit if the 80 % stayed. It is the 20 % that stays.",
    20: "Those are the minutes that stay. How many times faster is that than 100?",
    0.2: "That is the share that stays. How many times faster is 20 minutes than 100?",
    0.8: "That is the share that is divided up. With ever more workers it goes towards nothing.",
    80: "Those are the minutes that are shared. With ever more workers they go towards nothing.",
    4: "80 over 20 compares the two parts. Asked is 100 over what stays.",
    10: "10 would be the limit if 10 % stayed. Here it is 20 %.",
}


def _judge_faster(answer) -> str | None:
    says = "Give two numbers: how many times faster with eight workers, and with as many as you like."
    eight, most = grid(answer, (2,), says)
    if np.allclose((eight, most), (5, 10 / 3), atol=0.05):
        return "Exchange the two: first with eight workers, then with as many as you like."
    first = number(10 / 3, _FASTER, "What is left: 20 minutes, and 80 / 8. 100 over that.", tolerance=0.035)
    second = number(5, _AT_MOST, "Of the 100 minutes 20 stay at least. 100 over that.", tolerance=0.05)
    return first(eight) or second(most)


q1 = Exercise(
    hint=(
        "Let it be 100 minutes with one process. Which of them are shared among eight, and which are not?",
        "20 + 80 / 8 = 30 minutes are left of 100. With ever more workers 80 / n goes towards nothing.",
    ),
    solve=how_much_faster_at_best,
    judge=_judge_faster,
    praise=(
        "Eight workers, 3.3 times faster, and five times is all there ever is. Halving the 20 % that cannot "
        "be shared raises the limit to ten, which no number of machines can."
    ),
)


# 2. Where rows of one patient meet on both sides

_PLANS = {
    "A": "a patient's stays lie in different rows, and so in different shards: some in test, some not.",
    "B": "all stays of a patient have the same hash, so they lie in one shard, on one side.",
    "C": "a cut between two rows may pass between two stays of one patient. It is one patient only, but it "
    "is one.",
    "D": "a cut lies between two patients, never within one.",
    "E": "the shards are by patient; but where, within a shard, are rows of one patient cut apart?",
    "F": "a stay's number says nothing of whose it is: that is a sharding by row, with a hash.",
    "G": "a worker may have some stays of a patient and another the rest; both work out the same side.",
    "H": "Python's hash of a text differs from process to process. Do two workers with stays of one patient "
    "agree on the side?",
    "I": "no patient is on both sides. But what do the training values know of the test set?",
}


def plans_that_leak():
    by_row = {"A": "rows in turn", "C": "the cut", "E": "rows within a shard", "F": "the stay's number"}
    no_two_agree = {"H": "Python's hash"}
    scaled_with_test = {"I": "the mean of all shards"}
    return {*by_row, *no_two_agree, *scaled_with_test}


q2 = Exercise(
    hint=(
        "Take one patient with three stays far apart in the table, and follow each of them: can one land in "
        "test and another in training? And is there another way for test values to reach the training?",
        "Four plans cut by row somewhere, one lets each worker decide in its own way, and one leaks without "
        "any patient on both sides.",
    ),
    solve=plans_that_leak,
    judge=letters("ACEFHI", _PLANS, called="plan", innocent="does not leak"),
    praise=(
        "Shards by row are no leak in themselves: plan G has them. What counts is that the side is decided "
        "by patient, in the same way on every worker."
    ),
)


# 3. Many small tasks

_JOBS = {
    "A": "to hand out 96,000 tasks takes 96 s, for 29 s of work. And with 3,000 stays a task?",
    "B": "32 tasks cost 32 ms, for 29 s of work: each shard is a batch already.",
    "C": "to hand out 50,000 tasks takes 50 s, for 12.5 s of work.",
    "D": "200 tasks cost .2 s, for 27 minutes of work, so there is nothing to gain; and ten scans at once do "
    "not fit into the memory of a worker.",
}


def jobs_to_batch():
    seconds = {"A": (96_000, 0.0003), "B": (32, 0.9), "C": (50_000, 0.00025), "D": (200, 8.0)}
    handing_out = 0.001
    return {job for job, (tasks, each) in seconds.items() if handing_out > 0.1 * each}


q3 = Exercise(
    hint=(
        "For each job: how long does handing out its tasks take in all, and how long does the work take?",
        "In two jobs a task is done sooner than it is handed out. In the two others a thousandth of the time "
        "goes into handing out, or less.",
    ),
    solve=jobs_to_batch,
    judge=letters("AC", _JOBS, called="job", innocent="is best left as it is"),
    praise=(
        "A task should take much longer than handing it out does, and what it needs must fit into a "
        "worker's memory. A task for each shard does both."
    ),
)


# 4. Two workers, one batch


def batch_steps_and_rate_of_two_workers():
    stays, batch, rate, workers = 32_000, 64, 0.001, 2
    global_batch = workers * batch
    steps = stays // global_batch
    scaled_rate = rate * global_batch / batch
    batch_of_each_for_the_same = batch // workers
    return global_batch, steps, scaled_rate, batch_of_each_for_the_same


_BATCHES = {
    64: "Each of the two takes 64 in a step, and one gradient is made from all of them.",
    32: "That is half of a batch of 64. Here each of the two takes 64.",
    256: "Two workers, not four: 64 and 64.",
    4096: "The two batches are added, not multiplied: 64 and 64.",
    32_000: "Those are all stays. How many of them go into one step?",
}
_STEPS = {
    500: "That is with one process. Now a step uses 128 of the 32,000 stays.",
    1000: "The wrong way: larger batches make fewer steps.",
    125: "Halved once too often: each worker has 16,000 stays and takes 64 of them in a step.",
    2000: "The wrong way, and twice: a step uses 128 of the 32,000 stays.",
    16_000: "Those are the stays of each worker. It takes 64 of them in a step.",
    32_000: "Those are all stays. A step uses 128 of them.",
}
_RATES = {
    0.001: "The rule says: as much larger as the batch. The batch has doubled.",
    0.0005: "The wrong way: the mean over more cases is steadier, and a longer step may be taken.",
    0.001414: "That is the square root of 2, another rule. Asked is the linear one.",
    0.004: "The batch has doubled, and so does the rate; not four times.",
    0.128: "That is .001 for each of 128 cases. The rule: as much larger as the batch has become.",
    0.064: "That is .001 for each of 64 cases. The rule: as much larger as the batch has become.",
    2: "That is by how much the rate grows. What is it then?",
}
_SHARES = {
    64: "With 64 each the global batch is 128, as in the first three numbers. One process had 64.",
    128: "With 128 each the global batch would be 256.",
    16: "That would be for four workers. Two share the 64.",
    1: "Two share the 64.",
    250: "Those are the steps. How many cases does each of the two take, so that together it is 64?",
}


def _judge_two_workers(answer) -> str | None:
    says = (
        "Give four numbers: global batch, steps, learning rate, and the batch of each for the same training."
    )
    batch, steps, rate, share = grid(answer, (4,), says)
    if (batch, steps) == (250, 128):
        return "Exchange the first two: the global batch, then the steps."
    if (rate, share) == (32, 0.002):
        return "Exchange the last two: the learning rate, then the batch of each."
    told = (
        number(128, _BATCHES, "The global batch: 64 cases of one worker and 64 of the other.")(batch),
        number(250, _STEPS, "The steps: 32,000 stays, 128 in each.")(steps),
        number(0.002, _RATES, "The rate: .001, times as much as the batch has grown.", tolerance=5e-5)(rate),
        number(32, _SHARES, "The last one: two workers share a batch of 64.")(share),
    )
    return next(filter(None, told), None)


q4 = Exercise(
    hint=(
        "One step is made from the cases of both workers together. How many are they, and how often do they "
        "fit into 32,000?",
        "64 + 64 cases a step; 32,000 over that are the steps; the batch has doubled, and so does the rate. "
        "For the same training as before, the two share 64.",
    ),
    solve=batch_steps_and_rate_of_two_workers,
    judge=_judge_two_workers,
    praise=(
        "Whether the linear rule holds for your network has to be tried. With 32 each there is nothing to "
        "try: the same batch, the same steps, and the same loss."
    ),
)


# 5. Equal losses, different weights

_CAUSES = {
    "A": "sums of 32-bit numbers were added in another order",
    "B": "both workers read the same half of the cases",
    "C": "each worker took a whole batch",
    "D": "each run shuffled the cases in its own order",
    "E": "the learning rate was halved",
    "F": "the gradients were not averaged",
    "G": "the weights were not the same at the start",
}
_SYMPTOMS = (
    ("D", "with the same weights the first batch had another loss. So what was in that batch?"),
    ("A", "a difference of .000001 is in the last digits of 32 bits. Nothing is wrong here."),
    ("F", "two workers leave from the same weights and go different ways. What should keep them together?"),
    ("B", "the two stay together, and know as little as from half of the cases. What has each of them read?"),
    ("C", "half as many steps in an epoch: how many cases go into one?"),
)
_NOT_THAT = {
    "1A": "the order of a sum changes the last digit of a loss, not the second.",
    "1B": "then the loss on new cases would be higher, and it agrees.",
    "1C": "then an epoch would have half as many steps, and nothing is said of that.",
    "1E": "the first batch's loss comes before any step, so no learning rate has had a part in it.",
    "1F": "then the two workers would differ from each other, and they are equal.",
    "1G": "before the first step all weights were equal.",
    "2D": "another order of the cases moves weights by far more than .000001.",
    "2E": "with half the rate the weights would go only half as far.",
    "2G": "other weights at the start would not come so near.",
    "3A": "the order of a sum changes the last digit, and these weights differ in the first.",
    "3B": "workers that read the same cases would agree all the more.",
    "3C": "the two would still take the same steps, only fewer of them.",
    "3D": "whatever the order, the two would take the same averaged step.",
    "3G": "before the first step their weights are equal.",
    "4C": "then an epoch would have half as many steps.",
    "4D": "another order of the cases makes them no fewer.",
    "4E": "a slow learner would catch up with time.",
    "4F": "then the weights of the two would differ, and they are equal.",
    "5B": "then an epoch would have as many steps as before.",
    "5D": "another order of the cases leaves the number of steps as it is.",
    "5E": "with half the rate the steps are shorter, and not fewer.",
    "5F": "then the weights of the two would differ, and they are equal.",
}


def cause_of_each_difference():
    causes = {
        1: "D",  # shuffled: other cases in the first batch
        2: "A",  # the last digits
        3: "F",  # each trains alone
        4: "B",  # all read the same shard
        5: "C",  # 64 on each of two is 128
    }
    return "".join(causes.values())


def _judge_causes(answer) -> str | None:
    if not isinstance(answer, (str, list, tuple)):
        return 'Give five letters in the order of the comparisons, such as "ABCDE".'
    given = [str(one).strip().upper() for one in answer if str(one).strip() not in ("", ",")]
    if len(given) != len(_SYMPTOMS):
        return f'Give five letters in the order of the comparisons, such as "ABCDE", not {len(given)}.'
    if unknown := set(given) - set(_CAUSES):
        return f"There is no cause {min(unknown)}: the letters are A to G."
    for place, (letter, (right, look)) in enumerate(zip(given, _SYMPTOMS, strict=True), start=1):
        if letter != right:
            why = _NOT_THAT.get(f"{place}{letter}", look)
            return f"Comparison {place} is not explained by {letter}, that {_CAUSES[letter]}: {why}"
    return None


q5 = Exercise(
    hint=(
        "Ask of each first: are the two workers equal to each other? Is the number of steps as before? Then: "
        "when does the first difference appear, and how large is it?",
        "1 has other cases in its first batch, 2 is the last digits of a sum, in 3 each goes its own way, in "
        "4 half of the cases are missing, and in 5 half of the steps. Two causes are left over.",
    ),
    solve=cause_of_each_difference,
    judge=_judge_causes,
    praise=(
        "Comparison 4 is the one to fear: the workers agree with each other to the last digit, and only a "
        "comparison with one process shows it."
    ),
)


# 6. Counted once

_SHARDS = (
    {"digest": "5e1a", "name": "shard-0.npz", "stays": 4, "patients": (101, 102, 103)},
    {"digest": "c07b", "name": "shard-1.npz", "stays": 3, "patients": (104, 105)},
    {"digest": "11d9", "name": "shard-0.npz", "stays": 4, "patients": (201, 202, 203)},  # elsewhere's
    {"digest": "8a44", "name": "shard-2.npz", "stays": 0, "patients": ()},
    {"digest": "c07b", "name": "copy of shard-1.npz", "stays": 3, "patients": (104, 105)},
)
_ARRIVALS = (  # each result: of which shard, from which worker, at which attempt
    ("two shards arrive once each", ((0, 1, 1), (1, 2, 1))),
    ("a shard arrives twice running, and another once", ((0, 1, 1), (0, 1, 2), (1, 2, 1))),
    ("the first of three shards arrives once more at the end", ((1, 2, 1), (0, 1, 1), (2, 1, 1), (1, 3, 2))),
    ("one of two shards arrives at its second attempt only", ((0, 1, 1), (1, 2, 2))),
    ("a shard arrives under two names, and another once", ((1, 1, 1), (0, 2, 1), (4, 1, 1))),
    ("a shard arrives three times", ((1, 1, 1), (1, 2, 2), (1, 3, 3))),
    ("a shard without stays arrives, and another", ((3, 1, 1), (2, 2, 1))),
    ("nothing arrives", ()),
)


def a_tally_that_counts_once():
    def tally(arrivals):
        stays_of, patients = {}, set()
        for one in arrivals:
            stays_of[one["digest"]] = one["stays"]
            patients |= set(one["patients"])  # was: patients += one["patients"], of a list
        return sum(stays_of.values()), len(patients)

    return tally


def _arrive(results: Sequence[tuple[int, int, int]]) -> list[dict]:
    """The results as they reach whoever counts, made anew each time."""
    return [
        {
            **_SHARDS[shard],
            "patients": list(_SHARDS[shard]["patients"]),
            "worker": worker,
            "attempt": attempt,
        }
        for shard, worker, attempt in results
    ]


def _tallied(arrivals: Sequence[dict], *, key: Callable[[dict], object]) -> tuple[int, int]:
    """Stays and patients of the results that are left when one is kept for each `key`."""
    kept = {key(one): one for one in arrivals}.values()
    return sum(one["stays"] for one in kept), sum(len(one["patients"]) for one in kept)


def _once(arrivals: Sequence[dict]) -> tuple[int, int]:
    return _tallied(arrivals, key=lambda one: one["digest"])


def _each_time(arrivals: Sequence[dict]) -> tuple[int, int]:
    return _tallied(arrivals, key=id)


def _unlike_the_one_before(arrivals: Sequence[dict]) -> tuple[int, int]:
    pairs = zip([None, *arrivals], arrivals, strict=False)
    return _each_time([one for last, one in pairs if last is None or last["digest"] != one["digest"]])


def _arrived_once(arrivals: Sequence[dict]) -> tuple[int, int]:
    times = Counter(one["digest"] for one in arrivals)
    return _each_time([one for one in arrivals if times[one["digest"]] == 1])


def _at_first_attempt(arrivals: Sequence[dict]) -> tuple[int, int]:
    return _once([one for one in arrivals if one["attempt"] == 1])


def _stays_of_different_size(arrivals: Sequence[dict]) -> tuple[int, int]:
    return sum({one["stays"] for one in arrivals}), _once(arrivals)[1]


_FAULTS_OF_TALLIES: tuple[tuple[Callable[[Sequence[dict]], tuple[int, int]], str], ...] = (
    (
        lambda arrived: (_once(arrived)[0], _each_time(arrived)[1]),
        "The stays are right, and the patients of a retry count twice: line 5 adds to what is there, while "
        "line 4 puts a value in its place. A set takes the same patient once only.",
    ),
    (
        lambda arrived: (_each_time(arrived)[0], _once(arrived)[1]),
        "Now the patients are right, and the stays of a retry count twice: line 4 was right as it stood.",
    ),
    (_each_time, "Stays and patients of a retry count twice: keep one result for each digest."),
    (
        lambda arrived: _tallied(arrived, key=lambda one: one["name"]),
        "One result for each name: two hospitals call their first shard shard-0.npz, and one of them is "
        "lost. The digest says what is in a shard.",
    ),
    (
        lambda arrived: _tallied(arrived, key=lambda one: (one["name"], one["digest"])),
        "A shard that lies there under two names counts twice: the digest alone says what is in it.",
    ),
    (
        lambda arrived: _tallied(arrived, key=lambda one: one["worker"]),
        "One result for each worker: but a worker does several shards.",
    ),
    (
        lambda arrived: _tallied(arrived, key=lambda one: (one["digest"], one["worker"])),
        "A retry often comes from another worker: with the worker in the key it counts as another shard.",
    ),
    (
        lambda arrived: _tallied(arrived, key=lambda one: (one["digest"], one["attempt"])),
        "With the attempt in the key a second attempt counts as another shard.",
    ),
    (
        _unlike_the_one_before,
        "You compare with the result before. A retry can come much later, with others in between.",
    ),
    (
        _arrived_once,
        "A shard that arrives twice is not counted at all. It should count once.",
    ),
    (
        _at_first_attempt,
        "You leave out second attempts. Where the first attempt died with its worker, the second is the "
        "only one.",
    ),
    (
        _stays_of_different_size,
        "Two shards with as many stays count as one: a set of the numbers of stays forgets whose they were.",
    ),
    (lambda arrived: _once(arrived)[::-1], "Exchange the two: stays first, then patients."),
    (
        lambda arrived: (len({one["digest"] for one in arrived}), _once(arrived)[1]),
        "The first number counts shards. Asked are the stays in them.",
    ),
    (
        lambda arrived: (_once(arrived)[0], len({one["digest"] for one in arrived})),
        "The second number counts shards. Asked are the patients in them.",
    ),
)


def _judge_tally(tally) -> str | None:
    given, again = _tallies(tally, _ARRIVALS), _tallies(tally, _ARRIVALS[::-1])[::-1]
    if given != again:
        return (
            "Asked a second time about the same arrivals, it counts differently: what it remembers has to "
            "begin anew in each call."
        )
    right = [_once(_arrive(results)) for _, results in _ARRIVALS]
    if given == right:
        return None
    for fault, told in _FAULTS_OF_TALLIES:
        if given == [fault(_arrive(results)) for _, results in _ARRIVALS]:
            return told
    rows = zip(_ARRIVALS, given, right, strict=True)
    (what, _), (stays, patients), (its_stays, its_patients) = next(row for row in rows if row[1] != row[2])
    return (
        f"Where {what}, there are {its_stays} stays of {its_patients} patients; you count {stays:g} of "
        f"{patients:g}."
    )


def _tallies(tally, asked: Sequence[tuple[str, Sequence]]) -> list[tuple[float, ...]]:
    says = "Return two numbers: stays and patients."
    return [tuple(grid(tally(_arrive(results)), (2,), says)) for _, results in asked]


q6 = Exercise(
    hint=(
        "Run lines 4 and 5 twice with the same result. Which of the two leaves everything as it was the "
        "first time?",
        "Line 4 puts a value in its place. Line 5 makes the list longer each time: let patients be a set, "
        'and write patients |= set(one["patients"]).',
    ),
    solve=a_tally_that_counts_once,
    judge=_judge_tally,
    praise=(
        "What can be done twice and leaves things as once is called idempotent. With such lines nobody has "
        "to know how often a worker died."
    ),
)


# 7. Which shard a patient belongs to

_PLACES = tuple(1237 * turn % 2000 for turn in range(2000))  # in an order that no shard should follow
_PATIENTS = tuple(f"{'AAAAAAABBC'[place % 10]}{100_000 + 10 * place}" for place in _PLACES)
_MANY = tuple(f"A{10 * place}" for place in range(10_000))
_UNEVEN = 0.25  # of the mean: chance alone seldom brings half of it


class _OnAnotherWorker(str):
    """A patient as another worker sees it: the text is the same, and Python's hash of it is not."""

    __slots__ = ()

    def __hash__(self) -> int:
        return str.__hash__(self) ^ 0x5BD1E995


def shard_of_a_patient():
    def shard_of(patient, shards):
        digest = hashlib.sha256(patient.encode()).hexdigest()
        return int(digest, 16) % shards

    return shard_of


_WHY_IT_STOPS: Mapping[str, str] = {
    "during bytes formatting": "digest() is bytes, and % on bytes formats them: int.from_bytes(…) makes a "
    "number of them.",
    "encoded before hashing": "hashlib takes bytes: hand it patient.encode().",
    "not all arguments converted": "A hexdigest is text, and % on a text formats it: int(…, 16) makes a "
    "number of it.",
    "with base 10": "Read as a decimal number it stops: the patients here are A to C with digits, and a "
    "hexdigest has the base 16, int(…, 16).",
    "for %: '_hashlib.HASH' and 'int'": "That is the hash object: take its hexdigest(), and int(…, 16).",
}


def _judge_shard_of(shard_of) -> str | None:
    try:
        return _fault_of_its_kind(shard_of) or _fault_between_workers(shard_of) or _fault_of_sizes(shard_of)
    except (TypeError, ValueError) as error:
        for part, told in _WHY_IT_STOPS.items():
            if part in str(error):
                return told
        raise


def _shards_of(shard_of, patients: Sequence[str], shards: int) -> list[int]:
    says = "Return the number of one shard, a whole number from 0 on."
    return [whole(shard_of(patient, shards), says) for patient in patients]


def _fault_of_its_kind(shard_of) -> str | None:
    given = _shards_of(shard_of, _PATIENTS, 8)
    if min(given) < 0:
        return f"You return {min(given)}; the shards are 0 to 7."
    if set(given) == set(range(1, 9)):
        return "Eight shards are numbered 0 to 7, and yours 1 to 8."
    if max(given) > 7:
        return f"With 8 shards you return {max(given):.6g}: the remainder, % shards, lies between 0 and 7."
    if given != _shards_of(shard_of, _PATIENTS[::-1], 8)[::-1]:
        return (
            "Asked again, it gives the same patient another shard: chance, or a count of those who came "
            "before, has no place in it."
        )
    if given == [(given[0] + turn) % 8 for turn in range(len(given))]:
        return (
            "The shards are given in turn, to whoever comes next. On another worker others come first: the "
            "shard should follow from the patient alone."
        )
    return None


def _fault_between_workers(shard_of) -> str | None:
    if "hash" in _names_in(shard_of):
        return (
            "Python's hash() of a text begins with a number that each process draws for itself, so that two "
            "workers disagree. hashlib gives the same everywhere."
        )
    elsewhere = [_OnAnotherWorker(patient) for patient in _PATIENTS[::-1]]
    if _shards_of(shard_of, _PATIENTS, 8) != _shards_of(shard_of, elsewhere, 8)[::-1]:
        return (
            "Another worker gives the same patient another shard. Python's hash() and id() differ from "
            "process to process, and what your function remembers is not known there: take hashlib."
        )
    return None


def _names_in(function: Callable) -> set[str]:
    """The names outside of it that a function uses, but for those that the reader gave a meaning."""
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    return _names(code) - set(function.__globals__) if code else set()


def _names(code: CodeType) -> set[str]:
    inner = [_names(one) for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*inner)


def _fault_of_sizes(shard_of) -> str | None:
    for shards in (8, 5, 1):
        given = Counter(_shards_of(shard_of, _PATIENTS, shards))
        if told := _fault_of_counts(given, shards):
            return told
    used = len(set(_shards_of(shard_of, _MANY, 500)))
    if used < 500:
        return (
            f"Of 500 shards only {used} get patients, though there are 10,000: what you take has too few "
            "values, as a byte or a few digits have. Take the whole hash."
        )
    return None


def _fault_of_counts(given: Mapping[int, int], shards: int) -> str | None:
    """What is wrong with how many patients each of the shards gets."""
    if max(given) >= shards:
        return f"With {shards} shards you return {max(given)}: shards is not always 8."
    if len(given) == 1 < shards:
        return f"All 2,000 patients get shard {max(given)}, so that one worker does everything."
    if len(given) < shards:
        return (
            f"Of {shards} shards {len(given)} get patients: all numbers here end in 0, and there are three "
            "hospitals. Hash the whole text first."
        )
    least, most = min(given.values()), max(given.values())
    if max(most * shards - 2000, 2000 - least * shards) > _UNEVEN * 2000:
        return (
            f"Of {shards} shards the smallest gets {least} patients and the largest {most}: hash the whole "
            "text, and they become about equal."
        )
    return None


q7 = Exercise(
    hint=(
        "A hash makes of any text a large number that looks random and is always the same. Which hash is the "
        "same in every process, and how does a large number become one of 0 to shards − 1?",
        "digest = hashlib.sha256(patient.encode()).hexdigest(); int(digest, 16) % shards.",
    ),
    solve=shard_of_a_patient,
    judge=_judge_shard_of,
    praise=(
        "No list of patients has to be sent around: each worker works it out, today and in a year. But with "
        "another number of shards many patients move, and all shards have to be written again."
    ),
)


# 8. Means of shards

_MEANS = (
    ([(900, 1.2), (100, 4.2)], "900 values of mean 1.2 and 100 of mean 4.2"),
    ([(50, 2.0), (50, 4.0)], "50 values of mean 2 and 50 of mean 4"),
    ([(1, 9.0), (99, 1.0)], "one value of 9 and 99 of mean 1"),
    ([(20, -6.0), (10, 3.0), (10, 2.0)], "20 values of mean −6, 10 of mean 3 and 10 of mean 2"),
    ([(10, 0.0), (30, 4.0)], "10 values of mean 0 and 30 of mean 4"),
    ([(7, 2.345678)], "7 values of mean 2.345678 alone"),
    ([(30, 2.0), (0, float("nan")), (10, 6.0)], "30 values of mean 2, none, and 10 of mean 6"),
    ([(0, float("nan")), (0, float("nan"))], "two shards without a value"),
)


def mean_of_all_shards():
    def combine(parts):
        count = sum(n for n, _ in parts)
        total = sum(n * mean for n, mean in parts if n > 0)  # 0 · NaN would be NaN
        return count, total / count if count else float("nan")

    return combine


def _combined(
    parts: Sequence[tuple[int, float]],
    *,
    weight: Callable[[int], float] = lambda n: n,
    used: Callable[[int, float], bool] = lambda n, mean: n > 0,
    over: Callable[[Sequence[float]], float] = sum,
) -> tuple[float, float]:
    """The right answer, or one with something changed."""
    kept = [(weight(n), mean) for n, mean in parts if used(n, mean)]
    weights = [one for one, _ in kept]
    below = over(weights) if weights else 0
    mean = sum(one * mean for one, mean in kept) / below if below else np.nan
    return sum(n for n, _ in parts), mean


def _step_by_step(parts: Sequence[tuple[int, float]]) -> tuple[float, float]:
    means = [mean for n, mean in parts if n > 0] or [np.nan]
    now = means[0]
    for mean in means[1:]:
        now = (now + mean) / 2
    return sum(n for n, _ in parts), now


def _with_count(mean_of: Callable[[list[float]], float]) -> Callable[[Sequence[tuple[int, float]]], tuple]:
    """A right count, and a mean from the means of the shards that have any."""
    return lambda parts: (
        sum(n for n, _ in parts),
        mean_of([mean for n, mean in parts if n > 0] or [np.nan]),
    )


_FAULTS_OF_MEANS: tuple[tuple[Callable[[Sequence[tuple[int, float]]], tuple], str], ...] = (
    (
        lambda parts: (_combined(parts)[0], np.mean([mean for _, mean in parts])),
        "The mean of the means: a shard of 100 values weighs as much as one of 900. And the NaN of an empty "
        "shard spoils it.",
    ),
    (
        _with_count(np.mean),
        "The mean of the means: a shard of 100 values weighs as much as one of 900. Weigh each by its count.",
    ),
    (_with_count(np.median), "The median of the means looks at no count. Weigh each mean by its count."),
    (_with_count(sum), "You add up the means. Weigh each by its count, and divide by all counts."),
    (
        _step_by_step,
        "You average two at a time: the last shard gets half of the weight, whatever its size.",
    ),
    (
        lambda parts: _combined(parts, weight=lambda n: n - 1),
        "You weigh by n − 1, as for a variance. For a mean each value weighs the same: n.",
    ),
    (
        lambda parts: _combined(parts, weight=np.sqrt),
        "You weigh by the square root of the count. For a mean each value weighs the same: n.",
    ),
    (
        lambda parts: _combined(parts, used=lambda n, mean: True),
        "An empty shard makes everything NaN, since 0 · NaN is NaN: leave out shards without a value.",
    ),
    (
        lambda parts: _combined(parts, used=lambda n, mean: n > 0 and bool(mean)),
        "A mean of 0 is a value like any other, and you leave its shard out. Ask whether n is 0.",
    ),
    (
        lambda parts: _combined(parts, used=lambda n, mean: n > 0 and mean > 0),
        "Means of 0 and below are values like any other: a base excess can be −6. Ask whether n is 0.",
    ),
    (
        lambda parts: _combined(parts, over=lambda weights: 1),
        "That is the sum of all values. Divide it by their number.",
    ),
    (
        lambda parts: _combined(parts, over=len),
        "You divide by the number of shards. Divide by the number of values.",
    ),
    (
        lambda parts: (_combined(parts)[0], max(parts)[1]),
        "The mean of the largest shard leaves out all others.",
    ),
    (
        lambda parts: (len(parts), _combined(parts)[1]),
        "The count is that of the values, not of the shards: otherwise what you return cannot be combined "
        "again.",
    ),
    (
        lambda parts: (sum(n > 0 for n, _ in parts), _combined(parts)[1]),
        "The count is that of the values, not of the shards: otherwise what you return cannot be combined "
        "again.",
    ),
    (lambda parts: _combined(parts)[::-1], "Exchange the two: the count first, then the mean."),
    (
        lambda parts: (_combined(parts)[0], round(_combined(parts)[1], 2)),
        "You round. What is rounded here cannot be combined again without an error: leave it as it is.",
    ),
    (
        lambda parts: (_combined(parts)[0], np.nan_to_num(_combined(parts)[1])),
        "Two shards without a value give a mean of 0, which looks like one that was measured: return NaN.",
    ),
)


def _same(one: tuple, other: tuple) -> bool:
    return np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)


def _judge_combine(combine) -> str | None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        given, stops = _what_it_combines(combine)
        wrong = [not _same(one, _combined(parts)) for one, (parts, _) in zip(given, _MEANS, strict=True)]
        if not any(wrong):
            return stops
        for fault, told in _FAULTS_OF_MEANS:
            if all(_same(one, fault(parts)) for one, (parts, _) in zip(given, _MEANS, strict=True)):
                return told
    (count, mean), (parts, what) = given[wrong.index(True)], _MEANS[wrong.index(True)]
    its_count, its_mean = _combined(parts)
    return (
        f"{what.capitalize()} make {its_count:g} values of mean {its_mean:g}; you return {count:g} and "
        f"{mean:g}."
    )


def _what_it_combines(combine) -> tuple[list[np.ndarray], str | None]:
    """The answers, and what is said if the function stops where there is no value at all."""
    given, stops = [], None
    for parts, _ in _MEANS:
        try:
            answer = combine(list(parts))
        except ZeroDivisionError:
            if sum(n for n, _ in parts):
                raise
            stops = "Two shards without a value: there is nothing to divide by. Return 0 and NaN."
            answer = (0, np.nan)
        given.append(grid(answer, (2,), "Return two numbers: the count of all values, and their mean."))
    return given, stops


q8 = Exercise(
    hint=(
        "A count and a mean together tell the sum of a shard's values. And what does an empty shard tell?",
        "sum(n * mean for n, mean in parts if n > 0) over the sum of all n. Where that is 0 there is no "
        'mean: float("nan").',
    ),
    solve=mean_of_all_shards,
    judge=_judge_combine,
    praise=(
        "What comes out has the form of what went in, so workers can combine in pairs. Only the last digit "
        "depends on the order: for the same digest, sort first."
    ),
)

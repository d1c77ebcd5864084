"""Wrong answers that readers give in chapter 72, and a few words of what each is told."""

import hashlib
import itertools
import math
import random
import statistics

import numpy as np

# Counted once


def unchanged(answer):
    return answer


def tallying(*, key=lambda one: one["digest"], kept=lambda one: True, first=False, back=unchanged):
    """One result is kept for each `key`, the last or the first, if it is to be `kept` at all."""

    def tally(arrivals):
        found = {}
        for one in arrivals:
            if kept(one) and not (first and key(one) in found):
                found[key(one)] = one
        stays = sum(one["stays"] for one in found.values())
        return back((stays, sum(len(one["patients"]) for one in found.values())))

    return tally


def as_it_stood(arrivals):
    stays_of, patients = {}, []
    for one in arrivals:
        stays_of[one["digest"]] = one["stays"]
        patients += one["patients"]
    return sum(stays_of.values()), len(patients)


def the_other_line(arrivals):
    stays, patients = 0, set()
    for one in arrivals:
        stays += one["stays"]
        patients |= set(one["patients"])
    return stays, len(patients)


def both_lines(arrivals):
    return sum(one["stays"] for one in arrivals), sum(len(one["patients"]) for one in arrivals)


def unlike_the_last(arrivals):
    stays, patients, last = 0, 0, None
    for one in arrivals:
        if one["digest"] != last:
            stays, patients, last = stays + one["stays"], patients + len(one["patients"]), one["digest"]
    return stays, patients


def those_that_came_once(arrivals):
    digests = [one["digest"] for one in arrivals]
    return tallying(kept=lambda one: digests.count(one["digest"]) == 1)(arrivals)


def a_set_of_stays(arrivals):
    patients = {patient for one in arrivals for patient in one["patients"]}
    return sum({one["stays"] for one in arrivals}), len(patients)


def shards_as_stays(arrivals):
    return len({one["digest"] for one in arrivals}), tallying()(arrivals)[1]


def shards_as_patients(arrivals):
    return tallying()(arrivals)[0], len({one["digest"] for one in arrivals})


def remembering():
    patients = []

    def tally(arrivals):
        patients.extend(patient for one in arrivals for patient in one["patients"])
        return tallying()(arrivals)[0], len(patients)

    return tally


# Shards


def sha(text, shards):
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % shards


def remembered():
    seen = {}
    return lambda patient, shards: seen.setdefault(patient, len(seen)) % shards


def remembered_by_two():
    """In turn as well, but two patients at a time."""
    seen = {}
    return lambda patient, shards: seen.setdefault(patient, len(seen)) // 2 % shards


def in_turn():
    turn = itertools.count()
    return lambda patient, shards: next(turn) % shards


def by_a_helper():
    def helper(text):
        return hash(text)

    return lambda patient, shards: helper(patient) % shards


def hash_in_a_loop(patient, shards):
    return sum(hash(letter) for letter in patient) % shards


# Means


def combining(*, used=lambda n, mean: n > 0, weight=float, below=None, back=unchanged):
    """The function of the exercise with one thing changed."""

    def combine(parts):
        kept = [(weight(n), mean) for n, mean in parts if used(n, mean)]
        over = sum(one for one, _ in kept) if below is None else below(kept)
        mean = sum(one * mean for one, mean in kept) / over if over else math.nan
        return back((sum(n for n, _ in parts), mean))

    return combine


def of_means(mean_of, *, empty=False):
    def combine(parts):
        means = [mean for n, mean in parts if n > 0 or empty]
        return sum(n for n, _ in parts), mean_of(means) if means else math.nan

    return combine


def two_at_a_time(parts):
    means = [mean for n, mean in parts if n > 0] or [math.nan]
    now = means[0]
    for mean in means[1:]:
        now = (now + mean) / 2
    return sum(n for n, _ in parts), now


def without_asking(parts):
    count = sum(n for n, _ in parts)
    return count, sum(n * mean for n, mean in parts if n > 0) / count


def nothing_is_zero(parts):
    count, mean = combining()(parts)
    return count, mean if count else 0.0


WRONG = {
    "q1": [
        ((8, 5), "Only 80 of the 100 minutes are shared"),
        ((10, 5), "That is the shared part alone"),
        ((12.5, 5), "cannot be shared are not shared either"),
        ((6.4, 5), "Speeds do not add up"),
        ((6.6, 5), "where more workers get more work"),
        ((1.6, 5), "do nothing for the 20 %"),
        ((0.3, 5), "the share of the time that is left"),
        ((30, 5), "Those are the minutes that are left"),
        ((0.7, 5), "the share of the time that is saved"),
        ((70, 5), "Those are the minutes that are saved"),
        ((1 / 0.825, 5), "You exchanged the shares"),
        ((1.25, 5), "it is the 20 % that stays"),
        ((5, 5), "That is the limit"),
        ((4, 5), "compares the two parts"),
        ((3, 5), "give one decimal at least"),
        ((2, 5), "20 minutes, and 80 / 8"),
        ((5, 3.33), "Exchange the two"),
        ((3.33, math.inf), "there is a limit"),
        ((3.33, 8), "has no eight in it"),
        ((3.33, 3.33), "That is with eight workers"),
        ((3.33, 1.25), "if the 80 % stayed"),
        ((3.33, 20), "Those are the minutes that stay"),
        ((3.33, 0.2), "the share that stays"),
        ((3.33, 0.8), "the share that is divided up"),
        ((3.33, 80), "the minutes that are shared"),
        ((3.33, 4), "compares the two parts"),
        ((3.33, 10), "if 10 % stayed"),
        ((3.33, 100), "20 stay at least"),
        (3.33, "Give two numbers"),
    ],
    "q2": [
        ("CEFHI", "Look again at plan A"),
        ("AEFHI", "Look again at plan C: a cut between two rows"),
        ("ACFHI", "Look again at plan E"),
        ("ACEHI", "Look again at plan F"),
        ("ACEFI", "Look again at plan H: Python's hash"),
        ("ACEFH", "Look again at plan I: no patient is on both sides"),
        ("ABCEFHI", "Plan B does not leak"),
        ("ACDEFHI", "Plan D does not leak"),
        ("ACEFGHI", "Plan G does not leak: a worker may have some stays"),
        ("ACEFHIJ", "There is no plan J"),
        (6, "Give the letters"),
    ],
    "q3": [
        ("A", "Look again at job C"),
        ("C", "Look again at job A: to hand out 96,000 tasks"),
        ("ABC", "Job B is best left as it is: 32 tasks cost 32 ms"),
        ("ACD", "Job D is best left as it is: 200 tasks cost .2 s"),
        ("ABCD", "each shard is a batch already"),
        ("D", "ten scans at once do not fit"),
        ("ACE", "There is no job E"),
        (2, "Give the letters"),
    ],
    "q4": [
        ((64, 500, 0.001, 32), "Each of the two takes 64 in a step"),
        ((32, 250, 0.002, 32), "That is half of a batch"),
        ((256, 125, 0.004, 16), "Two workers, not four"),
        ((4096, 250, 0.002, 32), "added, not multiplied"),
        ((32_000, 1, 0.002, 32), "How many of them go into one step"),
        ((100, 250, 0.002, 32), "64 cases of one worker and 64 of the other"),
        ((250, 128, 0.002, 32), "Exchange the first two"),
        ((128, 250, 32, 0.002), "Exchange the last two"),
        ((128, 500, 0.002, 32), "That is with one process"),
        ((128, 1000, 0.002, 32), "larger batches make fewer steps"),
        ((128, 125, 0.002, 32), "Halved once too often"),
        ((128, 2000, 0.002, 32), "The wrong way, and twice"),
        ((128, 16_000, 0.002, 32), "Those are the stays of each worker"),
        ((128, 32_000, 0.002, 32), "Those are all stays"),
        ((128, 300, 0.002, 32), "32,000 stays, 128 in each"),
        ((128, 250, 0.001, 32), "as much larger as the batch"),
        ((128, 250, 0.0005, 32), "The wrong way: the mean over more cases"),
        ((128, 250, 0.001 * 2**0.5, 32), "the square root of 2"),
        ((128, 250, 0.004, 32), "not four times"),
        ((128, 250, 0.128, 32), "for each of 128 cases"),
        ((128, 250, 0.064, 32), "for each of 64 cases"),
        ((128, 250, 2, 32), "by how much the rate grows"),
        ((128, 250, 0.01, 32), "times as much as the batch has grown"),
        ((128, 250, 0.002, 64), "With 64 each the global batch is 128"),
        ((128, 250, 0.002, 128), "With 128 each"),
        ((128, 250, 0.002, 16), "for four workers"),
        ((128, 250, 0.002, 250), "Those are the steps"),
        ((128, 250, 0.002, 1), "Two share the 64"),
        ((128, 250, 0.002, 20), "two workers share a batch of 64"),
        ((128, 250, 0.002), "Give four numbers"),
        ("128", "Give four numbers"),
    ],
    "q5": [
        ("ADFBC", "Comparison 1 is not explained by A, that sums of 32-bit numbers"),
        ("FADBC", "then the two workers would differ from each other"),
        ("BAFDC", "the loss on new cases would be higher"),
        ("CAFBD", "half as many steps, and nothing is said of that"),
        ("GAFBC", "before the first step all weights were equal"),
        ("EAFBC", "comes before any step"),
        ("DDFBC", "by far more than .000001"),
        ("DGFBC", "would not come so near"),
        ("DEFBC", "only half as far"),
        ("DFABC", "in the last digits of 32 bits"),
        ("DADBC", "the same averaged step"),
        ("DAABC", "these weights differ in the first"),
        ("DABFC", "agree all the more"),
        ("DACFB", "only fewer of them"),
        ("DAGBC", "before the first step their weights are equal"),
        ("DAEBC", "What should keep them together"),
        ("DAFDC", "makes them no fewer"),
        ("DAFFC", "Comparison 4 is not explained by F"),
        ("DAFCB", "then an epoch would have half as many steps"),
        ("DAFEC", "a slow learner"),
        ("DAFAC", "What has each of them read"),
        ("DAFBD", "leaves the number of steps"),
        ("DAFBF", "Comparison 5 is not explained by F"),
        ("DAFBB", "as many steps as before"),
        ("DAFBE", "the steps are shorter, and not fewer"),
        ("DAFBG", "how many cases go into one"),
        ("DAFBH", "There is no cause H"),
        ("DAFB", "not 4"),
        (5, "Give five letters"),
    ],
    "q6": [
        (as_it_stood, "line 5 adds to what is there"),
        (the_other_line, "line 4 was right as it stood"),
        (both_lines, "keep one result for each digest"),
        (tallying(key=lambda one: one["name"]), "two hospitals call their first shard"),
        (tallying(key=lambda one: one["name"], first=True), "two hospitals call their first shard"),
        (tallying(key=lambda one: (one["name"], one["digest"])), "under two names counts twice"),
        (tallying(key=lambda one: one["worker"]), "a worker does several shards"),
        (tallying(key=lambda one: one["worker"], first=True), "a worker does several shards"),
        (tallying(key=lambda one: (one["worker"], one["digest"])), "with the worker in the key"),
        (tallying(key=lambda one: (one["attempt"], one["digest"])), "With the attempt in the key"),
        (tallying(key=str), "Stays and patients of a retry count twice"),
        (unlike_the_last, "with others in between"),
        (those_that_came_once, "is not counted at all"),
        (tallying(kept=lambda one: one["attempt"] == 1), "You leave out second attempts"),
        (a_set_of_stays, "forgets whose they were"),
        (tallying(back=lambda answer: answer[::-1]), "Exchange the two"),
        (shards_as_stays, "The first number counts shards"),
        (shards_as_patients, "The second number counts shards"),
        (remembering(), "has to begin anew"),
        (lambda arrivals: (0, 0), "you count 0 of 0"),
        (tallying(back=sum), "Return two numbers"),
        (lambda arrivals: arrivals[0]["stay"], "KeyError"),
        ((11, 8), "the function itself"),
    ],
    "q7": [
        (lambda patient, shards: hash(patient) % shards, "each process draws for itself"),
        (lambda patient, shards: abs(hash(f"salt {patient}")) % shards, "each process draws for itself"),
        (hash_in_a_loop, "each process draws for itself"),
        (lambda patient, shards: patient.__hash__() % shards, "Another worker gives the same patient"),
        (by_a_helper(), "Python's hash"),
        (remembered(), "given in turn, to whoever comes next"),
        (remembered_by_two(), "what your function remembers is not known there"),
        (in_turn(), "Asked again, it gives the same patient another shard"),
        (lambda patient, shards: random.randrange(shards), "Asked again"),
        (lambda patient, shards: sha(patient, shards) + 1, "yours 1 to 8"),
        (lambda patient, shards: sha(patient, 10**6), "the remainder, % shards"),
        (lambda patient, shards: -sha(patient, shards), "the shards are 0 to 7"),
        (lambda patient, shards: sha(patient, 8), "shards is not always 8"),
        (lambda patient, shards: 0, "one worker does everything"),
        (lambda patient, shards: len(patient) % shards, "one worker does everything"),
        (lambda patient, shards: int(patient[1:]) % shards, "all numbers here end in 0"),
        (lambda patient, shards: ord(patient[0]) % shards, "there are three hospitals"),
        (lambda patient, shards: min(sha(patient, 2 * shards), shards - 1), "hash the whole text"),
        (
            lambda patient, shards: hashlib.sha256(patient.encode()).digest()[0] % shards,
            "Of 500 shards only 256 get patients",
        ),
        (lambda patient, shards: sha(patient, 1000) / 1000, "a whole number from 0 on"),
        (lambda patient, shards: f"shard {sha(patient, shards)}", "a whole number from 0 on"),
        (lambda patient, shards: hashlib.sha256(patient).hexdigest(), "hand it patient.encode()"),
        (
            lambda patient, shards: hashlib.sha256(patient.encode()).hexdigest() % shards,
            "A hexdigest is text",
        ),
        (lambda patient, shards: hashlib.sha256(patient.encode()).digest() % shards, "digest() is bytes"),
        (lambda patient, shards: hashlib.sha256(patient.encode()) % shards, "That is the hash object"),
        (lambda patient, shards: int(patient) % shards, "Read as a decimal number it stops"),
        (lambda patient: sha(patient, 8), "TypeError"),
        (3, "the function itself"),
    ],
    "q8": [
        (of_means(np.mean), "a shard of 100 values weighs as much as one of 900. Weigh each"),
        (of_means(np.mean, empty=True), "the NaN of an empty shard spoils it"),
        (of_means(statistics.median), "The median of the means"),
        (of_means(sum), "You add up the means"),
        (two_at_a_time, "You average two at a time"),
        (combining(weight=lambda n: n - 1), "You weigh by n − 1"),
        (combining(weight=math.sqrt), "the square root of the count"),
        (combining(used=lambda n, mean: True), "0 · NaN is NaN"),
        (combining(used=lambda n, mean: n and mean), "A mean of 0 is a value like any other"),
        (combining(used=lambda n, mean: n and mean > 0), "Means of 0 and below"),
        (combining(below=lambda kept: 1 if kept else 0), "the sum of all values"),
        (combining(below=len), "the number of shards"),
        (lambda parts: (sum(n for n, _ in parts), max(parts)[1]), "The mean of the largest shard"),
        (lambda parts: (len(parts), combining()(parts)[1]), "cannot be combined again"),
        (lambda parts: (sum(n > 0 for n, _ in parts), combining()(parts)[1]), "cannot be combined again"),
        (combining(back=lambda answer: answer[::-1]), "Exchange the two"),
        (combining(back=lambda answer: (answer[0], round(answer[1], 2))), "You round"),
        (combining(back=lambda answer: (answer[0], round(answer[1], 1))), "you return 100 and 1.1"),
        (nothing_is_zero, "which looks like one that was measured"),
        (without_asking, "there is nothing to divide by"),
        (lambda parts: (sum(n for n, _ in parts), parts[0][1]), "make 1000 values of mean 1.5"),
        (lambda parts: combining()(parts)[1], "Return two numbers"),
        (lambda parts: (1, 1 / 0), "ZeroDivisionError"),
        (1.5, "the function itself"),
    ],
}

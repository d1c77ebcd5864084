"""The exercises of notebook 04. Needs NumPy only."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number, whole

# 1. The best discriminator when the made-up films are more than the real ones


def best_discriminator():
    def best(p, q, r):
        return p / (p + r * q)

    return best


def _judge_best(best) -> str | None:
    p, q = np.array([0.3, 0.1, 0.2, 0.05]), np.array([0.1, 0.3, 0.2, 0.6])
    says = f"Return one number for each of the {len(p)} places."
    even, uneven = (grid(best(p.copy(), q.copy(), r), p.shape, says) for r in (1, 3))
    if np.allclose(even, q / (p + q)):
        return "That is the chance that a film is made up; D says how likely it is real."
    if np.allclose(even, p / q):
        return "Those are the odds, real to made-up; D gives a probability, so divide by both together."
    if np.allclose(even, p):
        return "That is how common such films are among the real ones; D compares them with the made-up ones."
    if not np.allclose(even, p / (p + q)):
        return f"With r = 1, for p = 0.3 and q = 0.1, D should say 0.75; you return {even[0]:.2f}."
    if np.allclose(uneven, even):
        return "With r = 1 you are right. Where 3 made-up films come on each real one, D must doubt more."
    if np.allclose(uneven, 3 * p / (3 * p + q)):
        return "With r = 3 the made-up films are three times as many, not the real ones."
    if not np.allclose(uneven, p / (p + 3 * q)):
        return (
            "With r = 1 you are right. Write the formula again, with r in front of the second term, and set "
            "its derivative to zero."
        )
    return None


q1 = Exercise(
    hint="At each place D's term is now p log D + r q log(1 − D). Where is its derivative in D zero?",
    solve=best_discriminator,
    judge=_judge_best,
    praise="So an answer of one half means a perfect generator only where both come equally often.",
)

# 2. Three pairs of loss curves

DIAGNOSES = {
    1: "the discriminator has won: its loss is near 0, and the generator's climbs",
    2: "nothing trains: the weights stand still, and only the noise of the batches is left",
    3: "the two are balanced: D is near log 4, the generator near log 2, and both go on moving",
    4: "the two run in circles: when one loss rises the other falls, again and again",
}


def loss_curves(steps: int = 300) -> dict[str, np.ndarray]:
    """Three pairs of made-up loss curves, (steps, 2): the discriminator's, and the generator's."""
    rng, t = np.random.default_rng(0), np.linspace(0, 1, steps)
    noise = 0.03 * rng.normal(size=(3, steps, 2))
    fade = np.exp(-8 * t)
    won = np.stack([1.35 * np.exp(-5 * t) + 0.02, 0.7 + 6.5 * t**0.8], axis=1)
    circles = np.stack([1.1 + 0.6 * np.sin(25 * t), 1.2 - 0.7 * np.sin(25 * t)], axis=1)
    balanced = np.stack([np.log(4) - 0.5 * fade, np.log(2) + 1.1 * fade], axis=1)
    curves = np.stack([circles, won, balanced]) + noise * (1 + (np.arange(3) == 2))[:, None, None]
    return dict(zip("ABC", np.maximum(curves, 0.003), strict=True))


def what_the_curves_say():
    return {"A": 4, "B": 1, "C": 3}


def _judge_curves(answer) -> str | None:
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set("ABC"):
        return 'Give a diagnosis for each curve, such as {"A": 1, "B": 2, "C": 3}.'
    given = {str(key).upper(): value for key, value in answer.items()}
    if strange := [value for value in given.values() if value not in DIAGNOSES]:
        return f"There is no diagnosis {strange[0]}: they are numbered from 1 to 4."
    if given["B"] == 3:
        return (
            "A low loss of D is no good sign: in B, D tells every film, and the generator is told that all "
            "it makes is bad."
        )
    if given["B"] != 1:
        return "Look at where B ends: one loss near 0, the other still climbing."
    if given["A"] == 3:
        return "Look at A again: the two swing against each other, and the swings do not get smaller."
    if given["A"] != 4:
        return "In A the losses are neither near 0 nor still: what does one do when the other rises?"
    if given["C"] == 2:
        return "C moves for a while before it settles: weights that stand still have no such beginning."
    if given["C"] != 3:
        return "In C both losses settle. At which values, and what did the game's optimum promise?"
    return None


q2 = Exercise(
    hint="At the optimum D says one half to every film. What are its two terms then, and the generator's?",
    solve=what_the_curves_say,
    judge=_judge_curves,
    praise="But a collapsed generator can have C's curves as well: losses never replace a look at the films.",
)

# 3. The duplicate among the synthetic films


def suspects(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """200 simulated training films and 30 "synthetic" ones; one of these is a training film in disguise."""
    from medlearn.data.images.simulate.films import draw_films

    rng = np.random.default_rng((4, seed))
    films = draw_films(rng.integers(0, 2, 230), seed=(4, seed), scanner=0)[0].astype(float)
    train, synthetic = films[:200], films[200:]
    copied, place = rng.integers(200), rng.integers(30)
    synthetic[place] = 0.55 * train[copied] + 70 + rng.normal(0, 4, train[copied].shape)
    return tuple(np.clip(part, 0, 255).astype(np.uint8) for part in (train, synthetic))


def _flat(films: np.ndarray) -> np.ndarray:
    return np.asarray(films, float).reshape(len(films), -1)


def find_the_duplicate():
    def duplicate(train, synthetic):
        def standardised(films):
            flat = films.reshape(len(films), -1).astype(float)
            flat -= flat.mean(axis=1, keepdims=True)
            return flat / np.linalg.norm(flat, axis=1, keepdims=True)

        likeness = standardised(synthetic) @ standardised(train).T  # (synthetic, train): correlations
        return int(likeness.max(axis=1).argmax())

    return duplicate


def _judge_duplicate(duplicate) -> str | None:
    for seed in (1, 2, 3):
        train, synthetic = suspects(seed)
        right = find_the_duplicate()(train, synthetic)
        given = whole(
            duplicate(train.copy(), synthetic.copy()),
            "Return one number: the position of the duplicate among the synthetic films.",
        )
        if given == right:
            continue
        if not 0 <= given < len(synthetic):
            return f"There are {len(synthetic)} synthetic films, numbered from 0; you return {given}."
        pixels = np.linalg.norm(_flat(synthetic)[:, None] - _flat(train), axis=2).min(axis=1)
        if given == pixels.argmin():
            return (
                "By its pixels that film is nearest, since its exposure is the same. The copy has another "
                "exposure: what can you do to all films so that it does not matter?"
            )
        if given == pixels.argmax():
            return "That film is the farthest from all training films; asked for is the nearest."
        return (
            "That film is nobody's. Bring each film to mean 0 and spread 1, and compare it with every "
            "training film."
        )
    return None


q3 = Exercise(
    hint="A change of exposure is a factor and a shift. What do you do to a film so that neither matters?",
    solve=find_the_duplicate,
    judge=_judge_duplicate,
    praise="It looked paler than any training film, and it still was somebody's.",
)

# 4. How large should the latent space be?


def smallest_within_one_error():
    def choose(sizes, distances):
        mean = distances.mean(axis=1)
        error = distances.std(axis=1, ddof=1) / np.sqrt(distances.shape[1])
        best = mean.argmin()
        return min(size for size, value in zip(sizes, mean, strict=True) if value <= mean[best] + error[best])

    return choose


def _judge_choice(choose) -> str | None:
    sizes = [2, 8, 32, 128, 512]
    spread = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])  # standard error 0.0071, standard deviation 0.0158
    mean = np.array([0.41, 0.113, 0.105, 0.100, 0.12])
    distances = mean[:, None] + spread
    distances[4, 0] = 0.05  # one lucky run of the largest
    size = whole(choose(list(sizes), distances.copy()), "Return one of the sizes.")
    if size not in sizes:
        place = f" ({size} is a position in the list)" if size in range(5) else ""
        return f"Return one of the sizes, {sizes}{place}."
    if size == 128:
        return "That is the lowest mean; a smaller size within one standard error of it does as well."
    if size == 512:
        return "That is the luckiest single run: compare the means over the seeds."
    if size == 8:
        return (
            "That lies within one standard *deviation* of the best; the mean of five runs is known better: "
            "divide by √5."
        )
    if size == 2:
        return "The smallest of all, but its distance is far from the best."
    moved = choose([128, 32, 512], distances[[3, 2, 4]].copy())
    if whole(moved, "Return one of the sizes.") != 32:
        return "The sizes need not come in order: take the smallest of those that qualify."
    return None


q4 = Exercise(
    hint="Take the mean over the seeds for each size. The best one's standard error is std(ddof=1) / √seeds. "
    "Which sizes have a mean no higher than best + error?",
    solve=smallest_within_one_error,
    judge=_judge_choice,
    praise="And such distances come from validation films: the choice is a part of the training.",
)

# 5. A distance by hand


def frechet_in_one_dimension():
    mean_real, spread_real = 2, 1
    mean_made, spread_made = 5, 3
    return (mean_real - mean_made) ** 2 + (spread_real - spread_made) ** 2


q5 = Exercise(
    hint="In one dimension the covariance is the variance, and its square root the spread: what is left of "
    "s² + t² − 2 s t?",
    solve=frechet_in_one_dimension,
    judge=number(
        13,
        {
            9: "That is the part of the means; the spreads differ, too.",
            4: "That is the part of the spreads; the means differ, too.",
            5: "Both differences are squared before they are added.",
            13**0.5: "That is its square root; the Fréchet distance of this notebook is left squared.",
            73: "The spreads are 1 and 3, their squares 1 and 9: it is the spreads that are subtracted.",
            17: "The spreads are 1 and 3, their squares 1 and 9: it is the spreads that are subtracted.",
            19: "The last term is missing: twice the square root of the product of the two variances.",
            1: "Under the trace stands the square root of the product, not the product itself.",
        },
        "Square the difference of the means, square that of the spreads, and add.",
    ),
    praise="Two clouds with equal mean and spread would give 0, whatever their shapes: it sees no more.",
)

# 6. An attack on membership


def attack_by_distance():
    def attack(members, outsiders):
        nearer = members[:, None] < outsiders
        tied = members[:, None] == outsiders
        return np.mean(nearer + 0.5 * tied)

    return attack


def _judge_attack(attack) -> str | None:
    rng = np.random.default_rng(0)
    members, outsiders = rng.gamma(4, 1.0, 40), rng.gamma(6, 1.0, 60)
    right = attack_by_distance()(members, outsiders)
    given = float(attack(members.copy(), outsiders.copy()))
    if np.isclose(given, 1 - right):
        return "The wrong way round: who has a synthetic film nearby is more likely a member."
    if np.isclose(given, right * members.size * outsiders.size):
        return "That is how many pairs; the AUROC is a share of the pairs."
    if np.isclose(given, np.mean(members < np.median(outsiders))):
        return "You compare with one outsider, the middle one; take every pair of a member and an outsider."
    if not np.isclose(given, right, atol=1e-6):
        return f"For 40 members and 60 outsiders without ties you return {given:.3f}, not {right:.3f}."
    given = float(attack(np.ones(5), np.ones(7)))
    if not np.isclose(given, 0.5):
        return f"Where all distances are equal the attacker guesses: 0.5, not {given:.2g}. Ties count half."
    return None


q6 = Exercise(
    hint="Take every pair of a member and an outsider: in which share of them has the member the smaller "
    "distance? Ties count half.",
    solve=attack_by_distance,
    judge=_judge_attack,
    praise="At 0.5 this attack learns nothing. Another might: one that fails does not prove that none works.",
)

# 7. A claim and its table

_WHY = {
    "A": "trained on made-up films alone it ranks real ones with 0.86, and the interval is far from 0.5.",
    "B": "0.86 is not 0.93, and the intervals lie apart: something was lost on the way.",
    "C": "0.88 and 0.89, and each value lies within the other's interval: the table does not show it.",
    "D": "the generator had learnt from 5,000 labelled films. Who has 200 films cannot train that generator.",
    "E": "the second row, without any generator, already has it.",
    "F": "no exact copy is a weak promise: 64 in 100 lie nearer to a training film than to one it never saw, "
    "where 50 would be chance.",
    "G": "the test films are from the same hospital: nothing is known of another one.",
}


def what_the_table_does_not_show():
    return {"B", "C", "D", "F", "G"}


q7 = Exercise(
    hint="Ask of each sentence which two rows it compares, whether their intervals settle it, and what the "
    "generator had seen.",
    solve=what_the_table_does_not_show,
    judge=letters("BCDFG", _WHY, called="sentence", innocent="may stand"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _WHY.items()),
)

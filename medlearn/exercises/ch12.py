"""The exercises of notebook 12. The one that asks for a network imports Keras when it looks at one."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, letters, number

# 1. A Dice from counts


def dice_from_counts():
    return 2 * 200 / (300 + 500)


q1 = Exercise(
    hint=(
        "Both have 200. How many has the truth, how many the answer?",
        "Twice what both have, over the sum of both sizes. The background is not counted.",
    ),
    solve=dice_from_counts,
    judge=number(
        0.5,
        {
            200 / 600: "That is the IoU: both over either. Dice is twice both, over the sum of the sizes.",
            0.25: "What both have counts twice.",
            0.96: "The background is counted, too: 9,600 of 10,000 pixels are right, an accuracy.",
            200 / 300: "That is the share of the truth that was found, the sensitivity.",
            200 / 500: "That is the share of the marked pixels that are right, the PPV.",
        },
        "Twice what both have, over the size of the truth and the size of the answer together.",
    ),
    praise="The accuracy of the same answer is 0.96: most of a picture is background.",
)

# 2. From one to the other


def iou_from_dice():
    def iou_of(dice):
        return dice / (2 - dice)

    return iou_of


def _judge_iou(iou_of) -> str | None:
    given = float(iou_of(0.8))
    if np.isclose(given, 2 * 0.8 / 1.8):
        return "That is the way back, from IoU to Dice: solve it for the IoU."
    if np.isclose(given, 0.4):
        return "It is not half of it: a Dice of 1 is an IoU of 1."
    if not np.isclose(given, 0.8 / 1.2):
        return f"For a Dice of 0.8 the IoU is 0.667, not {given:.3f}: call the overlap i and both sizes s."
    if not (np.isclose(iou_of(1.0), 1) and np.isclose(iou_of(0.0), 0)):
        return "Perfect and disjoint masks should stay 1 and 0."
    return None


q2 = Exercise(
    hint=(
        "Let i be what both have and s the sum of both sizes. What is in either is s − i.",
        "Dice is 2 i / s, so i = s · Dice / 2. Put that into i / (s − i).",
    ),
    solve=iou_from_dice,
    judge=_judge_iou,
    praise="A Dice of 0.8 is an IoU of 0.667: ask which of the two a paper prints.",
)

# 3. A matched share


def share_from_overlaps():
    table = np.array([[0.8, 0, 0.1], [0, 0.4, 0.3]])
    found = np.sum(table > 0.5)
    missed, made_up = table.shape[0] - found, table.shape[1] - found
    return found / (found + missed + made_up)


q3 = Exercise(
    hint=(
        "Which entries are above .5? Each is one nucleus that is found.",
        "One is found. One of two is missed, and two of three objects match nothing.",
    ),
    solve=share_from_overlaps,
    judge=number(
        0.25,
        {
            0.5: "Of the true nuclei a half is found; the objects that match nothing count as well.",
            1 / 3: "Of three objects one is right; the nucleus that was missed counts as well.",
            0.4: "That is the F1 of the objects, where those found count twice.",
            2 / 3: "An IoU of .4 is not above .5.",
            0.6: "That is a mean of IoU; the matched share counts objects.",
        },
        "Found over found, missed and made up: count each.",
    ),
    praise="Three quarters of the errors would not show in a Dice, if the pixels are nearly right.",
)

# 4. A network to build

MOST_WEIGHTS = 20_000


def small_unet():
    import keras
    from keras import layers

    inputs = keras.Input((64, 64, 1))
    seen = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(seen)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), seen])
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def _judge_network(model) -> str | None:
    if not hasattr(model, "count_params") or not hasattr(model, "layers"):
        return "The answer is a Keras model, such as keras.Model(inputs, outputs), not trained."
    kinds = [type(layer).__name__ for layer in model.layers]
    if tuple(model.input_shape[1:]) != (64, 64, 1):
        return f"It should take pictures of (64, 64, 1); yours takes {tuple(model.input_shape[1:])}."
    if tuple(model.output_shape[1:]) != (64, 64, 1):
        return (
            f"It should give one share for each pixel, (64, 64, 1), not {tuple(model.output_shape[1:])}: "
            'double what was pooled, and use padding="same".'
        )
    if not any("Pooling" in kind for kind in kinds) and all(
        max(getattr(layer, "strides", (1,))) == 1 for layer in model.layers if "Conv" in type(layer).__name__
    ):
        return (
            "It never pools, so it sees only a few pixels around each: pool at least once, and double again."
        )
    if "Concatenate" not in kinds:
        return "Nothing is handed across: join what was seen before the pooling with Concatenate."
    if (weights := model.count_params()) >= MOST_WEIGHTS:
        return f"It has {weights:,} weights: fewer channels will do."
    shares = np.asarray(model.predict(np.random.default_rng(0).normal(0, 9, (2, 64, 64, 1)), verbose=0))
    if shares.min() < 0 or shares.max() > 1:
        return "Its answer should be a share from 0 to 1: end with a sigmoid."
    return None


q4 = Exercise(
    hint=(
        "One convolution, keep its answer under a name; pool; convolve; double with UpSampling2D.",
        "layers.Concatenate()([doubled, kept]), a convolution, and Conv2D(1, 1, activation='sigmoid').",
    ),
    solve=small_unet,
    judge=_judge_network,
    praise="That is a U of depth 1. Each further level sees twice as far.",
    builds=True,
)

# 5. The Dice loss


def dice_loss_written():
    def dice_loss(y_true, y_pred):
        both = np.sum(y_true * y_pred)
        return 1 - (2 * both + 1) / (np.sum(y_true) + np.sum(y_pred) + 1)

    return dice_loss


def _judge_loss(dice_loss) -> str | None:
    y = np.zeros((4, 4))
    empty = float(dice_loss(y, y))
    if np.isclose(empty, 1) and np.isclose(float(dice_loss(y + 1, y + 1)), 1):
        return "That is the Dice itself; a loss is lowest where the answer is right: take it from 1."
    if np.isnan(empty) or np.isclose(empty, 1):
        return "For an empty map that is left empty it should be 0: add 1 above and below the fraction."
    y[:2] = 1
    p = np.full((4, 4), 0.5)
    given, right = float(dice_loss(y, p)), 1 - 9 / 17
    if np.isclose(given, 1 - 17 / 17) or given < 0:
        return "Shares are multiplied as they stand, and not cut to yes and no first."
    if np.isclose(given, 1 - 5 / 17):
        return "What both have counts twice."
    return (
        None
        if np.isclose(given, right)
        else f"For shares of one half everywhere it is {right:.3f}, not {given:.3f}."
    )


q5 = Exercise(
    hint=(
        "With shares, what both have is the sum of the products.",
        "1 − (2 · sum of products + 1) / (sum of y_true + sum of y_pred + 1).",
    ),
    solve=dice_loss_written,
    judge=_judge_loss,
    praise="Since it divides by the sizes, it does not matter how rare the foreground is.",
)

# 6. A distance in millimetres


def distance_in_mm():
    return 2 * 3


q6 = Exercise(
    hint=(
        "Every point is as far from the other edge as every other: then each percentile is that distance.",
        "2 voxels, and how high is one?",
    ),
    solve=distance_in_mm,
    judge=number(
        6,
        {
            2: "That is in voxels; each is 3 mm high.",
            5.7: "All distances are alike, so the 95th percentile is that distance and not 95 % of it.",
            12: "There and back are not added: the larger of the two counts.",
            3: "That is the height of one voxel.",
        },
        "How many voxels lie between them, and how high is one?",
    ),
    praise="In voxels the same scan would look three times as good.",
)

# 7. A volume


def volume_in_ml():
    def volume(labels, sides):
        return np.count_nonzero(labels) * np.prod(sides) / 1000

    return volume


def _judge_volume(volume) -> str | None:
    labels = np.zeros((10, 20, 10), int)
    labels[2:8, 2:8, 2:8], labels[2:8, 8:18, 2:8] = 1, 2
    right, given = 576 * 3.0 / 1000, float(volume(labels, (1.0, 1.5, 2.0)))
    if np.isclose(given, right):
        return None
    said = {
        0.576: "A voxel here is not 1 mm³: multiply its three sides.",
        right * 1000: "That is in mm³; a millilitre is 1,000 of them.",
        216 * 3 / 1000: "That is the anterior part alone; the hippocampus is both.",
        (216 + 2 * 360)
        * 3
        / 1000: "The labels were added up, so that the posterior part counts twice: count voxels.",
        576 * 4.5 / 1000: "The sides were added; a volume is their product.",
    }
    near = (told for wrong, told in said.items() if np.isclose(given, wrong))
    return next(
        near, f"This label map holds {right:.3f} ml, not {given:.3f}: count voxels above 0, times their size."
    )


q7 = Exercise(
    hint=("How many voxels are above 0?", "Their number, times the product of the sides, over 1,000."),
    solve=volume_in_ml,
    judge=_judge_volume,
    praise="A hippocampus has about 3 ml.",
)

# 8. Which split leaks


def splits_that_leak():
    return {"A", "B"}


q8 = Exercise(
    hint=(
        "A network that has seen a neighbouring slice of a head knows the head.",
        "Is anybody on both sides? Go through the four, one by one.",
    ),
    solve=splits_that_leak,
    judge=letters(
        "AB",
        {
            "A": "neighbouring slices of one head are nearly the same picture.",
            "B": "the other side of the head has the same brightness and nearly the same size.",
            "C": "nobody is on both sides.",
            "D": "nobody is on both sides, and it shows what happens on another scanner as well.",
        },
        called="split",
        innocent="stands",
    ),
    praise="By hospital is the hardest of them, and the nearest to what happens in use.",
)

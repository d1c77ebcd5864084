"""Wrong answers that readers give in chapter 71, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers

from medlearn.exercises.ch71 import REPORT, VERSIONS, a_small_net_for_a_teacher

# A small net


def built(*inside, shape=(28, 28, 1), scaled=True, end=lambda: layers.Dense(1, activation="sigmoid")):
    """A function that builds a network: the scaling, these layers, each as what makes it, and an end."""

    def build():
        inputs = keras.Input(shape)
        x = layers.Rescaling(1 / 64, offset=-2)(inputs) if scaled else inputs
        for make in inside:
            x = make()(x)
        return keras.Model(inputs, end()(x))

    return build


def conv(channels=16, kernel=5):
    return lambda: layers.Conv2D(channels, kernel, activation="relu")


def frozen():
    model = built(conv(), layers.GlobalAveragePooling2D)()
    model.trainable = False
    return model


# Eight bits


def rounded(*, top=127, size=np.abs, whole=np.rint, cut=False, axis=None, kind=np.int8, zeros=True):
    """The function of the exercise with one thing changed."""

    def quantised(weights):
        axes = tuple(range(weights.ndim - 1)) if axis is None else axis
        largest = size(weights).max(axis=axes)
        scale = (np.where(largest > 0, largest, 1) if zeros else largest) / top
        numbers = whole(weights / scale)
        if cut:
            numbers = np.clip(numbers, -128, 127)
        return np.nan_to_num(numbers).astype(int).astype(kind), scale

    return quantised


def upside_down(weights):
    numbers, scale = rounded()(weights)
    return numbers, 1 / scale


def one_scale(weights):
    scale = np.abs(weights).max() / 127
    return np.rint(weights / scale).astype(np.int8), scale


def whole_range(weights):
    axes = tuple(range(weights.ndim - 1))
    width = weights.max(axis=axes) - weights.min(axis=axes)
    scale = np.where(width > 0, width, 1) / 255
    return np.rint(weights / scale).astype(int).astype(np.int8), scale


def by_the_spread(weights):
    sd = weights.std(axis=tuple(range(weights.ndim - 1)))
    scale = np.where(sd > 0, sd, 1) / 127
    return np.rint(weights / scale).astype(int).astype(np.int8), scale


def kept_as_numbers(weights):
    numbers, scale = rounded()(weights)
    return numbers.astype(float), scale


def flattened(weights):
    numbers, scale = rounded()(weights)
    return numbers.ravel(), scale


def not_finite(weights):
    numbers, scale = rounded()(weights)
    return numbers, np.where(scale == scale.min(), np.nan, scale)


# Headers


def refusing(*, most=100_000_000, least=1, names=("rows", "columns", "samples", "frames"), at_most=False):
    """Refuses by what the pixels need, with what else is changed."""

    def refuse(header):
        sizes = [int(header[name]) for name in ("rows", "columns", "samples", "frames", "bits")]
        if min(sizes) < least:
            return True
        needed = np.prod([float(header[name]) for name in names]) * header["bits"] / 8
        too_many = needed >= most if at_most else needed > most
        return bool(too_many or (not header["compressed"] and header["bytes"] < needed))

    return refuse


def right(header):
    return refusing()(header)


def without_bits(header):
    needed = int(header["rows"]) * int(header["columns"]) * header["samples"] * header["frames"]
    return bool(needed > 100_000_000 or (not header["compressed"] and header["bytes"] < needed))


def whatever_is_compressed(header):
    """Also where the file is compressed, it must hold as many bytes as the pixels need."""
    return right(header) or right({**header, "compressed": False})


def without_the_file(header):
    return right({**header, "bytes": 10**12})


def exactly_as_many(header):
    sizes = [int(header[name]) for name in ("rows", "columns", "samples", "frames", "bits")]
    return right(header) or (not header["compressed"] and header["bytes"] != np.prod(sizes) // 8)


def looks_at(*names):
    """Looks whether these numbers are 1 or more, and only these."""

    def refuse(header):
        if min(int(header[name]) for name in names) < 1:
            return True
        return refusing(least=-(10**9))(header)

    return refuse


def of_sixteen_bits(header):
    if min(header[name] for name in ("rows", "columns", "samples", "frames", "bits")) < 1:
        return True
    needed = header["rows"] * header["columns"] * header["samples"] * header["frames"] * header["bits"] / 8
    return bool(needed > 100_000_000 or (not header["compressed"] and header["bytes"] < needed))


STEP = 5 / 255

WRONG = {
    "q1": [
        (a_small_net_for_a_teacher()(), "Give the function that builds"),
        (lambda: layers.Dense(1), "should return a Keras model"),
        (a_small_net_for_a_teacher, "should return a Keras model"),
        (
            lambda: keras.Sequential([layers.Conv2D(8, 5), layers.Flatten(), layers.Dense(1)]),
            "begin with keras.Input",
        ),
        (
            built(conv(), layers.GlobalAveragePooling2D, shape=(64, 64, 1)),
            "films of (28, 28, 1), not [(64, 64, 1)]",
        ),
        (built(conv()), "It answers with a map"),
        (
            built(conv(), layers.GlobalAveragePooling2D, end=lambda: layers.Dense(2, activation="softmax")),
            "two numbers a film",
        ),
        (
            built(conv(), layers.GlobalAveragePooling2D, end=lambda: layers.Dense(3)),
            "one probability a film, (None, 1), not (None, 3)",
        ),
        (
            built(conv(), layers.GlobalAveragePooling2D, end=lambda: layers.Dense(1, activation="softmax")),
            "softmax of a single number is always 1",
        ),
        (
            built(conv(), layers.GlobalAveragePooling2D, end=lambda: layers.Dense(1)),
            "ends with linear, which is no probability",
        ),
        (
            built(conv(), layers.GlobalAveragePooling2D, end=lambda: layers.Dense(1, activation="relu")),
            "ends with relu",
        ),
        (
            built(layers.Flatten, lambda: layers.Dense(64, activation="relu")),
            "It has 50,305 weights, and 30,000 are allowed",
        ),
        (
            built(conv(48), conv(48), layers.GlobalAveragePooling2D),
            "30,000 are allowed",
        ),
        (frozen, "Nothing in it can learn"),
        (
            built(conv(), layers.GlobalAveragePooling2D, lambda: layers.Rescaling(0.0)),
            "the same whatever the film",
        ),
        (built(layers.Flatten), "Behind Flatten each pixel has weights of its own"),
        (built(layers.GlobalAveragePooling2D), "never looks at neighbours together"),
        (
            built(lambda: layers.AveragePooling2D(28), conv(16, 1), layers.GlobalAveragePooling2D),
            "from its teacher on average",
        ),
        (built(conv(16, 1), conv(16, 1), layers.GlobalAveragePooling2D), "from its teacher on average"),
        (0.5, "the function itself"),
    ],
    "q2": [
        ((STEP, 51, 153), "numbers from 0 to 255 (uint8)"),
        ((-77, STEP, 25), "Exchange the first two"),
        ((0.02, -77, 25), "give four decimals"),
        ((5 / 256, -77, 25), "255 steps between them"),
        ((4 / 255, -128, 0), "The range begins at −1"),
        ((3 / 255, -77, 25), "5 wide, not 3"),
        ((4 / 127, 0, 64), "That is for a symmetric range"),
        ((5 / 127, -77, 25), "255 steps, not 127"),
        ((5 / 128, -77, 25), "255 steps, not 128"),
        ((1 / 255, -77, 25), "its share of the whole range"),
        ((51, -77, 25), "Upside down"),
        ((5, -77, 25), "5 is the width of the range"),
        ((0.3, -77, 25), "the width of the range, 4 − (−1), over 255"),
        ((STEP, 51, 25), "51 would be right for numbers from 0 to 255"),
        ((STEP, -51, 25), "counted upwards from −128"),
        ((STEP, -179, 25), "51 steps above it, not below"),
        ((STEP, 0, 102), "0 would be right for a symmetric range"),
        ((STEP, -128, 25), "−128 stands for the lowest number"),
        ((STEP, 77, 25), "The sign is turned"),
        ((STEP, -76, 26), "One too many: 0 lies"),
        ((STEP, -78, 24), "One too few"),
        ((STEP, 12, 25), "−128 and the steps from −1 to 0"),
        ((STEP, -77, 102), "Add the zero point"),
        ((STEP, -77, 153), "153 would be right for numbers from 0 to 255"),
        ((STEP, -77, 179), "102 + 77"),
        ((STEP, -77, -179), "2.0 lies above 0"),
        ((STEP, -77, -26), "102 steps above −128 is 1.0"),
        ((STEP, -77, 24), "Round, do not cut off"),
        ((STEP, -77, 26), "One too many: 2.0"),
        ((STEP, -77, 2), "2.0 / scale, rounded, and the zero point"),
        ((STEP, -77), "Give three numbers"),
    ],
    "q3": [
        (rounded(whole=np.trunc), "cuts decimals off"),
        (rounded(whole=np.floor), "np.floor always goes down"),
        (rounded(whole=np.ceil), "np.ceil always goes up"),
        (rounded(top=128), "wraps around to −128"),
        (rounded(top=128, cut=True), "is cut off at 127"),
        (rounded(top=255), "beyond it wraps around"),
        (rounded(top=255, cut=True), "you cut off the rest"),
        (rounded(top=256), "256 numbers there are"),
        (rounded(top=256, cut=True), "the largest is 127, and you cut off the rest"),
        (rounded(top=100), "to 100 only"),
        (rounded(top=64), "twice as coarse as need be"),
        (rounded(top=63), "twice as coarse as need be"),
        (rounded(top=20), "more than half a step"),
        (rounded(size=np.array), "numbers beyond −128 wrap around"),
        (rounded(size=np.array, cut=True), "what lies below is cut off"),
        (whole_range, "a range with a zero point"),
        (by_the_spread, "the standard deviation"),
        (upside_down, "upside down"),
        (one_scale, "One scale for all channels"),
        (rounded(zeros=False), "its scale is 0, and 0 / 0 has no value"),
        (not_finite, "no finite number"),
        (kept_as_numbers, "The numbers are float64"),
        (rounded(kind=np.uint8), "The numbers are uint8"),
        (flattened, "keep it"),
        (lambda weights: (rounded()(weights)[0], np.ones(2)), "and your scale the shape (2,)"),
        (lambda weights: (rounded()(weights)[0], "scale"), "The second thing is the scale"),
        (lambda weights: rounded()(weights)[0] * 0.5, "Return two things"),
        (lambda weights, scale: weights, "TypeError"),
        (127, "the function itself"),
    ],
    "q4": [
        (
            "FBACDE",
            "Export 1 is not explained by F, that numbers were rounded to eight bits: eight bits round",
        ),
        ("HBACDF", "another training gives other answers, but the same ones each time"),
        ("BEACDF", "the order of a sum changes the last digit, not the first"),
        ("EFACDB", "eight bits move answers by far more"),
        ("EHACDF", "another training would never come so near"),
        ("EAACDF", "the last digit of a number of 32 bits"),
        ("EBGCDF", "the threshold decides what is done with an answer"),
        ("EBHCDF", "another training would put some films in another order"),
        ("EBCADF", "all answers would lie close together"),
        ("EBAADF", "a calibration that is left out keeps the spread"),
        ("EBADCF", "mixed up, pictures still differ"),
        ("EBAEDF", "with dropout the same film would get a new answer"),
        ("EBACCF", "a picture of one grey would be answered differently"),
        ("EBACHF", "its AUROC would not be near .5"),
        ("EBACFD", "it matters where each number stands"),
        ("EBACDB", "Export 6 is not explained by B"),
        ("EBACDH", "moves most answers a little"),
        ("EBACDA", "moves all answers, in the same order"),
        ("EBACDC", "numbers were made coarse"),
        ("EBACDX", "There is no cause X"),
        ("EBACD", "not 5"),
        (7, "Give six letters"),
    ],
    "q5": [
        ("CD", "Look again at film E: it was read as its header says"),
        ("CE", "Look again at film D"),
        ("DE", "Look again at film C"),
        ("ACDE", "Film A is no negative"),
        ("BCDE", "Film B is no negative: its large values mean dark, and were turned"),
        ("CDEF", "Film F is no negative: a narrow window"),
        ("CDEG", "Film G is no negative: its header does not say"),
        ("CDEH", "There is no film H"),
        (3, "Give the letters"),
    ],
    "q6": [
        ("BDEFH", "Look again at upload I: nothing is wrong with the file"),
        ("BDEFI", "Look again at upload H"),
        ("BDEHI", "Look again at upload F"),
        ("BDFHI", "Look again at upload E: what would its pixels need"),
        ("BEFHI", "Look again at upload D"),
        ("DEFHI", "Look again at upload B"),
        ("ABDEFHI", "Upload A can be answered"),
        ("BCDEFHI", "Upload C can be answered"),
        ("BDEFGHI", "Upload G can be answered: what counts is what a file holds"),
        ("BDEFHIJ", "Upload J can be answered"),
        ("BDEFHIK", "There is no upload K"),
        (6, "Give the letters"),
    ],
    "q7": [
        (lambda header: True, "Everything is refused"),
        (lambda header: False, "Nothing is refused"),
        (lambda header: not right(header), "The answers are turned"),
        (lambda header: "too large", "Return True, to refuse, or False"),
        (refusing(most=10_000_000), "A usual film"),
        (refusing(most=10**11), "60,000 × 60,000 pixels in a file of 2,000 bytes get through"),
        (refusing(at_most=True), "exactly 100,000,000 bytes is refused"),
        (without_bits, "each takes two bytes"),
        (refusing(names=("rows", "columns", "frames")), "it has three samples a pixel"),
        (refusing(names=("rows", "columns", "samples")), "400 frames"),
        (whatever_is_compressed, "That is what compression is for"),
        (without_the_file, "with half of its bytes gets through"),
        (exactly_as_many, "DICOM fills up to an even number"),
        (refusing(least=-(10**9)), "A film without rows gets through"),
        (refusing(least=0), "A film without rows gets through"),
        (
            lambda header: header["rows"] == 0 or refusing(least=-(10**9))(header),
            "their product is above 0",
        ),
        (looks_at("rows", "columns"), "A film without samples"),
        (looks_at("rows", "columns", "samples"), "have no bits"),
        (looks_at("rows", "columns", "samples", "bits"), "A film without frames"),
        (of_sixteen_bits, "wraps around to 41,984"),
        (lambda header: header["width"] > 0, "KeyError"),
        (False, "the function itself"),
    ],
    "q8": [
        ("1.2", "a name is typed by people"),
        ("pneumonia 1.2", "a name is typed by people"),
        (1.2, "a name is typed by people"),
        ("v1.0", "The bytes of 1.0 have another digest"),
        (REPORT["model"], "Which of the three files has it?"),
        (REPORT["model"][:12], "Which of the three files has it?"),
        ("e3b0c44298fc1c14", "Give the name of one of the three versions"),
        ("none", "Give the name of one of the three versions"),
        (["1.1"], "Give the name of one of the three versions"),
        (VERSIONS["1.1"], "Give the name of one of the three versions"),
    ],
    "q9": [
        (187.5, "a byte is 8 bits"),
        (23.44, "You divide by 8"),
        (25, "in minutes"),
        (0.4167, "in hours"),
        (15, "That is one film"),
        (1.875, "one film, and its bytes were taken for bits"),
        (1.5, "A factor of 1,000 is lost"),
        (1_500_000, "A factor of 1,000 too much"),
        (1536, "1 kB is 1,000 bytes"),
        (1464.84375, "1 kbit is 1,000 bits"),
        (96_000_000, "Those are the bits"),
        (12_000_000, "Those are the bytes"),
        (12_000, "Those are the kilobytes"),
        (96, "in megabits"),
        (12, "in megabytes"),
        (3000, "Only the films are sent"),
        (64_000 / 96_000_000, "Upside down"),
        (100 * 64 / 120, "stands below, not above"),
        (700, "Bits over bits a second"),
        ("25 min", "one number"),
    ],
    "q10": [
        ("ACFHI", "Look again at entry K"),
        ("ACFHK", "Look again at entry I"),
        ("ACFIK", "Look again at entry H: from a digest nobody gets a film back"),
        ("ACHIK", "Look again at entry F"),
        ("AFHIK", "Look again at entry C"),
        ("CFHIK", "Look again at entry A"),
        ("ABCFHIK", "Entry B does not belong in the log"),
        ("ACDFHIK", "Entry D does not belong in the log: the film is the patient's"),
        ("ACEFHIK", "Entry E does not belong in the log"),
        ("ACFGHIK", "Entry G does not belong in the log: whoever can list all numbers"),
        ("ACFHIJK", "Entry J does not belong in the log: people name their files"),
        ("ACFHIKZ", "There is no entry Z"),
        (6, "Give the letters"),
    ],
}

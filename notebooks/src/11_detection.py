# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Detection: which cells, how many, and where?
#
# > A blood smear under the microscope: red cells, white cells, platelets.
# > **How many cells of each kind, and which ones did the program miss?**
#
# On the way we look for nodules in the lung, where each false alarm may send a healthy
# person for another scan.
#
# At the end of this notebook you can
#
# - compute an IoU and an average precision by hand, and say by which rule;
# - build a detector that answers for a whole picture in one pass, and train it;
# - choose the measure by the use: a count, a place, or false alarms a patient.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1, 2 and 5. **Data**: blood smears and CT scans, simulated unless you ask for the real
# ones. Nothing here is made for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` above to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
from dataclasses import replace
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from medlearn import claim, evaluation, load, plots, training
import keras
from keras import layers
from medlearn.exercises import ch11

# %% [markdown]
# ## The question
#
# A drop of blood, spread thin on glass and stained. *Red cells* carry oxygen; there are
# many. *White cells* defend; their nucleus takes the stain and is purple. *Platelets*
# close wounds; they are small. **How many of each do you count below?**

# %% tags=["in-sight"] mystnb={"image": {"alt": "A picture of stained blood. Pink round cells with a pale middle lie side by side and overlap; two larger cells have a purple nucleus; a small purple dot lies between."}, "figure": {"caption": "A blood smear."}}
plots.use_style()
smears = load("smears", shape=(144, 192))
train, validation, test = smears.splits.values()
KINDS = ("red cell", "white cell", "platelet")
shown = np.searchsorted(np.cumsum(test.y.counts > 8), [9, 17, 1])
plots.boxes(test.x[shown[:1]], [[]], columns=1, size=2.6, data=smears);

# %% [markdown]
# Large and purple are the nuclei of white cells; small and purple, the platelets. Write
# down three numbers before you go on.

# %%
of_it = test.y[shown[0]]["label"]
print(", ".join(f"{np.sum(of_it == k)} × {kind}" for k, kind in enumerate(KINDS)))

# %% [markdown]
# That is how many have a box in the data. If you counted more, look at the first
# picture below: some cells at the edge, and some in the middle, may have none. Whoever
# drew the boxes decided what half a cell is, and got tired. What that does to a figure
# comes at the end of this sitting.
#
# ## Data, and whose they are
#
# To *detect* is to say what is in a picture and where. An answer is a list of *boxes*:
# two corners and a class for each object. One picture has three of them, the next one
# thirty.

# %% mystnb={"image": {"alt": "The picture from above and two more, with boxes around cells, in one colour for each kind: most around red cells, few around white cells, few small ones around platelets."}, "figure": {"caption": "The smear from above and two more, with the boxes that count as the truth."}}
plots.boxes([test.x[n] for n in shown], [[test.y[n]] for n in shown], classes=KINDS,
            columns=3, size=1.75, data=smears);

# %% [markdown]
# Boxes overlap where cells do, and end at the picture's edge. How many are there of
# each kind?

# %%
def count(part):
    kinds = np.bincount(part.y["label"], minlength=3)
    return [len(part), len(np.unique(part.patient)), *kinds]

pd.DataFrame({name: count(part) for name, part in smears.splits.items()},
             index=["pictures", "slides", *(f"{kind}s" for kind in KINDS)])

# %% [markdown]
# In these pictures there are about twelve red cells for each white one, because they
# are taken where a white cell lies. In blood there are several hundred to a thousand. A
# haematologist looks at white cells until there are a hundred, and reports their kinds
# (*differential count*).
#
# The simulated pictures come three to a *slide*, and share its stain and light, so a
# slide is on one side of the split, as a patient is. In the real set, BCCD [1], nobody
# says which pictures belong together. Each then counts by itself.
#
# The simulated cells are drawn by formulas. Sickle cells, parasites, clumps, and most
# of what a haematologist looks for are missing.
#
# ### One smear on both sides
#
# Does nobody know? **How could you find out which pictures are of one slide**, if all
# you have is the pictures and the number in each file's name?

# %%
def colour(part):
    """How dark, middling and bright each of the three colours is, a row a picture."""
    return np.hstack(np.percentile(part.x, [20, 50, 80], axis=(1, 2)))

tint = np.concatenate([colour(part) for part in smears.splits.values()])
number = np.array([int(name[-5:]) for part in smears.splits.values()
                   for name in part.about["name"]])
apart = np.square(tint[:, None] - tint[None]).sum(-1)
np.fill_diagonal(apart, np.inf)
gap = np.abs(number[:, None] - number[None])
to_nearest = gap[np.arange(len(gap)), apart.argmin(1)]
claim("the picture nearest in colour is near in number, too",
      np.median(to_nearest) < np.median(gap) / 3,
      shown=f"{np.median(to_nearest):.0f} numbers apart, two at random "
            f"{np.median(gap):.0f}")

# %% [markdown]
# Stain and light give the slide away. Where pictures are dealt out at random, a slide
# is on both sides, and the figure says how well the network does on slides that it
# knows. The split that comes with the real set has look-alikes on both sides, as if it
# had been dealt out so.
#
# ## IoU by hand
#
# When is a box right? Nobody hits the true corners to the pixel. So one measures the
# overlap: what both boxes share, over what either covers (*intersection over union*,
# IoU).

# %% mystnb={"image": {"alt": "Two squares of the same size, one shifted to the right and down. What both share is marked. Intersection over union is the marked area over the area that either covers."}}
from medlearn.plots import drawings

drawings.two_boxes()

# %% [markdown]
# Move one box away, and the part above the line shrinks while the part below grows. In
# code:

# %%
def iou(a, b):
    """The IoU of boxes `a` and `b`, each (x0, y0, x1, y1)."""
    shared = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = np.prod(np.maximum(shared, 0))  # 0 where they do not meet
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)

print(f"{iou(np.array([0, 0, 30, 30]), np.array([10, 10, 40, 40])):.2f}")

# %% [markdown]
# ### Exercise 1: an IoU
#
# Two squares with sides of 20 pixels; the second lies 5 pixels further right and 5
# further down. What is their IoU?

# %%
overlap = ...
ch11.q1.check(overlap)

# %% [markdown]
# The same error costs small objects more. A box is shifted by one pixel across and one
# down:

# %%
from medlearn.evaluation import detection

sides = {kind: np.sqrt((test.y["corners"][:, 2:] - test.y["corners"][:, :2]).prod(1)
                       [test.y["label"] == k]).mean() for k, kind in enumerate(KINDS)}
off = {kind: iou(np.array([0, 0, side, side]), np.array([1, 1, side + 1, side + 1]))
       for kind, side in sides.items()}
pd.DataFrame({kind: [f"{sides[kind]:.0f} px", f"{off[kind]:.2f}"] for kind in KINDS},
             index=["side", "IoU, one pixel off"])

# %% [markdown]
# A box counts as *found* if its class is right and its IoU is .5 or more. A platelet is
# lost when its box is two pixels off across and two down.
#
# ## Baseline
#
# What can be had without learning? The nucleus of a white cell is the most purple thing
# in the picture. Whatever is far more purple than the picture's middle, and hangs
# together, is called a white cell; a box is put around it.

# %%
from medlearn.features.stain import purple_boxes

purple = [purple_boxes(image) for image in test.x]
slides = {"patient": test.patient}
there = detection.average_precision(test.y, purple, label=1, **slides)
right = [len(found["label"]) == np.sum(true["label"] == 1)
         for found, true in zip(purple, test.y)]
print(f"white cells: counted right in {sum(right)} of {len(test)} pictures; "
      f"average precision {there:.2f}")

# %% [markdown]
# It counts white cells right in most pictures. In others it invents some, because "far
# more purple" is measured by the most purple place of the same picture. Its boxes lie
# around the nucleus, and the truth's around the whole cell. It boxes no platelet, which
# is too small, and no red cell, which is not purple. *Average precision* is explained
# below; 1 is perfect.
#
# ## A classifier that slides
#
# Notebook 2 built networks that say what *one* picture shows. Early detectors slid such
# a network over the picture, window by window. **How many windows are there**, of 32 ×
# 32 pixels and 4 pixels apart?

# %%
height, width = test.x.shape[1:3]
corners = [(y, x) for y in range(0, height - 31, 4) for x in range(0, width - 31, 4)]
print(f"{len(corners)} windows in a picture of {width} × {height}")

# %% [markdown]
# Cells differ in size, so all of it is done again for each size. And each window is
# computed afresh, although neighbours share most of their pixels.
#
# A convolution does not care how large the picture is. So the same network can be given
# the *whole* picture: its last layer then has an answer for each window. (The network
# below is not trained; we only ask whether both ways give the same answers.)

# %%
training.set_seed(0)
small = keras.Sequential([
    keras.Input((None, None, 3)), layers.Rescaling(1 / 255),
    layers.Conv2D(8, 5, strides=2, activation="relu"),
    layers.Conv2D(16, 5, strides=2, activation="relu"),
    layers.Conv2D(4, 5, activation="softmax"),  # the window's last layer
])
windows = np.stack([test.x[0, y : y + 32, x : x + 32] for y, x in corners])
one_by_one = training.predict(small, windows)[:, 0, 0]
at_once = training.predict(small, test.x[:1])[0]
print("windows", one_by_one.shape, "whole picture", at_once.shape)

# %% [markdown]
# Are they the same answers?

# %%
same = np.abs(at_once.reshape(len(corners), -1) - one_by_one).max() < 1e-4
claim("one pass over the whole picture gives every window's answer", same)

# %% [markdown]
# One pass, about ten times quicker here and forty times on a picture of 640 × 480
# (`python benchmarks/detection_speed.py`). What is missing are sizes, and boxes that
# fit: a window is where the grid puts it.
#
# ## One pass for everything
#
# SSD and YOLO [2, 3] ask a grid of places. Each place answers: *what* is here, and
# *where* exactly does its box lie? Ours has a place every eight pixels.

# %% mystnb={"image": {"alt": "A grid of places over a picture with a round cell. At one place three boxes of different sizes are drawn, the priors. An arrow leads to seven numbers: three for the classes and four for the box."}}
drawings.grid_of_answers()

# %% [markdown]
# To answer with a box, a place begins with a *prior* (*anchor*), a box of a usual size
# around it, and says how the true box differs. A white cell is four to five times as
# wide as a platelet, so there are several priors. **Which sizes would you choose?**

# %% mystnb={"image": {"alt": "Dots, one a box, width across and height up, in three clouds along the diagonal: platelets small, red cells in a dense cloud, white cells large and scattered. Crosses mark the sizes of the priors."}, "figure": {"caption": "Width and height of the training boxes, with the sizes of the priors as crosses."}}
from medlearn.features.priors import sizes_of

sizes = sizes_of(train.y["corners"], 4)
across, up = (train.y["corners"][:, 2:] - train.y["corners"][:, :2]).T
figure, ax = plt.subplots(figsize=(4.5, 3.4))
for k, kind in enumerate(KINDS):
    of = train.y["label"] == k
    ax.scatter(across[of], up[of], s=8, alpha=0.5, label=kind)
ax.scatter(*sizes.T, marker="X", s=90, color="black", edgecolor="white", label="prior")
ax.set(xlabel="width, pixels", ylabel="height, pixels")
ax.legend()
plots.mark(figure, data=smears)

# %% [markdown]
# The crosses are the middles of four groups, found by *k-means*: each box belongs to
# the cross it overlaps most, each cross moves to the mean of its boxes, and so on. Two
# of the four lie among the red cells, for whole ones and for those that are cut or half
# covered; platelets and white cells have one each.
#
# ### Relative to a prior
#
# The network says how far the centre lies from the prior's, in sizes of the prior, and
# how much larger the box is, as a logarithm. Small and large cells then need answers of
# the same size.

# %%
from medlearn.features.priors import decode, encode, prior_boxes

rows, columns = height // 8, width // 8
priors = prior_boxes(rows, columns, sizes)  # (places, sizes, 4)
cell = train.y[0]["corners"][0].astype(float)
near = priors.reshape(-1, 4)
prior = near[detection.iou(near, cell[None])[:, 0].argmax()]
answer = encode(cell, prior)
claim("decoding undoes encoding", np.allclose(decode(answer, prior), cell))
print("prior", prior.round(), "cell", cell.round(), "answer", answer.round(2))

# %% [markdown]
# Four small numbers: this prior, the best of all, fits the cell nearly.
#
# ### Exercise 2: from an answer to a box
#
# A prior has its centre at x = 100, y = 80 and is 40 × 40. The network answers
# (0.5, −0.25, 0.405, 0): centre across, centre down, log of the width's ratio, log of
# the height's; exp(0.405) is 1.5. Give the box as four numbers, x0, y0, x1, y1.

# %%
box = ...
ch11.q2.check(box)

# %% [markdown]
# ### Whose cell is it?
#
# To learn, each prior needs a right answer. It answers for the cell that it overlaps
# most, if their IoU is at least .65; between .5 and .65 it is not asked, and below it
# should answer "nothing". A small cell between two places would have no prior; so each
# cell gets its three best in any case.
#
# "Nothing" is no class of its own. Each of the three classes is a yes or no, a
# probability by a sigmoid; where all three are low, there is nothing.

# %%
from medlearn.features.priors import targets

y_train = np.stack([targets(boxes, priors, classes=3) for boxes in train.y])
held = y_train[..., :3].sum((0, 1, 2)) / len(train)
asked = y_train[..., 3].sum() / len(train)
rest = [asked - held.sum(), np.prod(y_train.shape[1:3]) - asked]
pd.DataFrame({"priors a picture": [*held, *rest]},
             index=[*KINDS, "nothing", "not asked"]).round(1)

# %% [markdown]
# More than a thousand priors answer "nothing", and a few hold a platelet. **What
# does a network learn by cross-entropy from that?**
#
# It learns to say "nothing", and is nearly always right. *Focal loss* [4] turns down
# what is easy: an answer that gives the truth a probability $p$ counts
# $(1-p)^2$ times.

# %%
p = np.array([0.5, 0.9, 0.99])
pd.DataFrame({"cross-entropy": -np.log(p), "focal": -((1 - p) ** 2) * np.log(p)},
             index=pd.Index(p, name="p")).round(7)

# %% [markdown]
# An answer at .99 costs ten thousand times less than before, an answer at .5 a quarter
# of what it did. The thousand easy ones no longer drown the rest.
#
# ### Exercise 3: focal loss
#
# Write the focal loss of one answer. `p` is the probability that the network gives to
# "there is a cell", `y` is 1 if there is one and 0 if not. Call $p_t$ what the truth
# was given: $p$ if `y` is 1, else $1-p$. The loss is $-(1-p_t)^\gamma \ln p_t$.

# %%
def focal(p, y, gamma=2):
    return ...

ch11.q3.check(focal)

# %% [markdown]
# ## The model
#
# Down to a sixteenth of the size, where it sees far; up again to a place every eight
# pixels, joined with what was seen there; then two convolutions answer, one with what,
# one with where. On the way stand *residual blocks*: two convolutions whose result is
# added to what went in, so that they need only learn what to change.

# %%
def conv(x, channels, kernel=3, strides=1, relu=True):
    x = layers.Conv2D(channels, kernel, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.ReLU()(x) if relu else x

def residual(x):
    again = conv(conv(x, x.shape[-1]), x.shape[-1], relu=False)
    return layers.ReLU()(layers.Add()([x, again]))

# %% tags=["flagship"]
def build(shape=(144, 192, 3), classes=3, priors=4, width=8):
    inputs = keras.Input(shape)
    x = layers.GroupNormalization(-1, center=False, scale=False)(inputs)  # standardise
    x = conv(x, width, strides=2)
    x = residual(conv(x, 2 * width, strides=2))
    near = residual(residual(conv(x, 4 * width, strides=2)))  # a place every 8 pixels
    far = residual(residual(conv(near, 8 * width, strides=2)))  # every 16, sees further
    far = layers.UpSampling2D(2)(conv(far, 4 * width, kernel=1))
    x = residual(conv(layers.Concatenate()([near, far]), 4 * width))
    empty = keras.initializers.Constant(-4.0)  # log-odds: nearly every place is empty
    what = layers.Conv2D(priors * classes, 3, padding="same", bias_initializer=empty)(x)
    where = layers.Conv2D(priors * 4, 3, padding="same")(x)
    answer = [layers.Reshape((-1, priors, classes))(what),
              layers.Reshape((-1, priors, 4))(where)]
    return keras.Model(inputs, layers.Concatenate()(answer))

# %% [markdown]
# The package's `one_stage` is this network, for pictures of any size. Nearly every
# place is empty, so the classes begin at log-odds of −4; otherwise the first steps
# would go into learning that.
#
# ### Exercise 4: build a head
#
# Write the last layer of a detector: from features (rows, columns, channels) to
# (rows, columns, priors × 7), three log-odds for the classes and four numbers for the
# box at each prior. It must work for a picture of any size. Return what the layer
# gives, without an activation: the loss applies the sigmoid.

# %%
def head(features, priors):
    return ...

ch11.q4.check(head)

# %% [markdown]
# ## Training
#
# Two losses at once: focal loss for *what*, and for *where* how far the four numbers
# are off, at the priors that hold a cell. Cells with few priors would be learnt last;
# so the fewer a cell has, the more each of them counts, up to four times.

# %% tags=["nbval-ignore-output"]
from medlearn.features.priors import boxes_of
from medlearn.models.detector import detection_loss

training.set_seed(0)
net = build()
steps = 20 * -(-len(train) // 8)
net.compile(keras.optimizers.Adam(training.schedule(steps, peak=0.01)), detection_loss)
history = training.fit(net, (train.x, y_train), epochs=20, batch_size=8, patience=None)
history[4::5].round(2)

# %% [markdown]
# The loss still falls at the end; the recipe for the real data takes more steps.
#
# ## Too many boxes
#
# What does it answer to a test picture, if every prior may speak?

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Left, a smear in which each cell has a bundle of many boxes; right, the same smear with about one box a cell."}, "figure": {"caption": "Left, all boxes with a score above .1; right, the best of each bundle, if its score is above .3."}}
answers = training.predict(net, test.x, batch_size=16)
all_boxes = boxes_of(answers[shown[2]], priors, cut=0.1, at=1)
kept = boxes_of(answers[shown[2]], priors, cut=0.3)
plots.boxes([test.x[shown[2]]] * 2, [[all_boxes], [kept]], classes=KINDS, columns=2,
            titles=[f"{len(all_boxes['label'])} boxes", f"{len(kept['label'])} boxes"],
            size=2.0, data=smears);

# %% [markdown]
# Neighbouring priors see the same cell, and each says so. *Non-maximum suppression*
# takes the box with the highest score, drops those of the same class that overlap it by
# more than .5, and goes on with the next.

# %%
def suppress(corners, scores, at=0.5):
    """Positions of the boxes that are kept, best first."""
    order, kept = list(np.argsort(-scores)), []
    while order:
        best = order.pop(0)
        kept.append(best)
        order = [n for n in order if iou(corners[best], corners[n]) <= at]
    return kept

red = all_boxes["label"] == 0
by_hand = suppress(all_boxes["corners"][red], all_boxes["score"][red])
claim("the loop keeps what the package keeps",
      by_hand == list(detection.suppress(all_boxes["corners"][red],
                                         all_boxes["score"][red])))

# %% [markdown]
# ### Exercise 5: what is kept
#
# A network finds six boxes. Which are kept at an IoU of .5? Do it by hand, and give a
# set of letters. (Two squares of 20 pixels, shifted by 5 pixels along one side, have an
# IoU of .60; shifted by 10, of .33.)
#
# | box | class | score | x0, y0, x1, y1 |
# |---|---|---|---|
# | A | red cell | .7 | 10, 0, 30, 20 |
# | B | red cell | .9 | 0, 0, 20, 20 |
# | C | red cell | .5 | 10, 0, 30, 30 |
# | D | white cell | .6 | 0, 0, 20, 20 |
# | E | red cell | .8 | 5, 0, 25, 20 |
# | F | red cell | .2 | 60, 0, 80, 20 |

# %%
kept = ...
ch11.q5.check(kept)

# %% [markdown]
# ### Two cells that really overlap
#
# **What does it do to two red cells that really overlap?**

# %%
def crowded(boxes):
    """Cells of a picture that overlap another of their class by more than .5."""
    close = detection.iou(boxes["corners"], boxes["corners"]) > 0.5
    close &= boxes["label"][:, None] == boxes["label"][None]
    return np.sum(close.sum(1) > 1)

lost = sum(crowded(boxes) for boxes in test.y)
print(f"{lost} of {len(test.y['label'])} true cells overlap another by more than .5")

# %% [markdown]
# Of such a pair one is always dropped, however well the network sees both. In a smear
# that is spread thin there are few. Where there are many, one lowers the scores of
# neighbours instead of dropping them (*soft* suppression).
#
# ## How good is it?
#
# For a picture as a whole there is no right or wrong. So all finds of all pictures are
# ranked by their score. A find is a *hit* if its IoU with a true cell of its class is
# .5 or more, and no find with a higher score has taken that cell; else it is a *false
# alarm*. Going down the list gives pairs of *precision* (share of finds that are hits)
# and *recall* (share of true cells that are found; notebook 5 called it sensitivity).

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Three curves of precision over recall, one a class, high at first and falling at the end."}, "figure": {"caption": "Precision over recall for each kind of cell, on the test pictures."}}
def boxes_in(part):
    return [boxes_of(answer, priors, cut=0.02, shape=(height, width))
            for answer in training.predict(net, part.x, batch_size=16)]

found = boxes_in(test)
curves = {kind: detection.precision_and_recall(test.y, found, label=k)
          for k, kind in enumerate(KINDS)}
plots.precision_recall_of_boxes(curves, data=smears);

# %% [markdown]
# White cells are nearly all found with hardly a false alarm; platelets lose precision
# first.
# Where a curve falls to the ground before a recall of 1, the rest of the cells has no
# box with a score above .02, where our list ends. The area under a curve is the
# *average precision* (AP); its mean over the classes is the *mAP*.
#
# ### Four numbers, one detector
#
# **Which rule?** VOC in 2007 averaged the precision at 11 recalls, later the whole area
# was taken, and COCO takes 101 recalls [5]. And is a box right from an IoU of .5, or is
# it the mean from .5 to .95?

# %% tags=["nbval-ignore-output"]
def mean_ap(found, y=test.y, **options):
    return detection.mean_average_precision(y, found, **(slides | options))

rules = {"11 recalls": {"rule": "11"}, "whole area": {"rule": "all"},
         "101 recalls": {"rule": "101"},
         "101 recalls, .5 to .95": {"rule": "101", "at": detection.COCO}}
by_rule = {name: mean_ap(found, **options) for name, options in rules.items()}
pd.DataFrame({name: [f"{one:.3f}"] for name, one in by_rule.items()}, index=["mAP"]).T

# %% [markdown]
# The recalls matter little here; the IoU decides. Below it is the mAP at an IoU of .5,
# read at 101 recalls. Papers call it *AP50* or *mAP50*; "COCO's mAP" without more is
# the mean from .5 to .95. A figure that does not say which cannot be compared.
#
# ### Exercise 6: an average precision
#
# There are five true cells. A list of seven finds, the surest first, reads: hit, false
# alarm, hit, hit, false alarm, false alarm, hit. What is its average precision by the
# *whole area*? At each recall, take the best precision reached there or later (the
# *envelope*). Give three decimals.

# %%
ap = ...
ch11.q6.check(ap)

# %% [markdown]
# ### Whose interval?
#
# Pictures of one slide share its stain. **What varies if the study is done again**, the
# pictures or the slides?

# %% tags=["nbval-ignore-output"]
alone = mean_ap(found, patient=np.arange(len(test)))
print(f"by slide {by_rule['101 recalls']:.3f}, by picture {alone:.3f}")

# %% [markdown]
# The slides. Where the network copes with each stain, the two intervals are nearly
# alike. Where it fails on one, its three pictures fail together, and the first is
# wider. One does not know beforehand; so slides are counted. The published figures that
# the package prints come without an interval, on a split of their own or on one that is
# not stated.
#
# ## Result

# %% tags=["nbval-ignore-output"]
def row(found):
    each = [detection.average_precision(test.y, found, label=k, **slides)
            for k in range(3)]
    return [f"{one.value:.2f}" for one in [mean_ap(found), *each]]

pd.DataFrame({"purple is white": row(purple), "one stage": row(found)},
             index=["mAP at .5", *KINDS]).T

# %% [markdown]
# The mean hides that the colour can find white cells only; so the most that it can
# reach is a third.

# %%
ours = mean_ap(found)
claim("the network's mAP is above a third, the most that one class can give",
      ours.low > 1 / 3, shown=f"{ours:.2f}")

# %% [markdown]
# And white cells alone? How many of them does each find, on the same pictures?

# %% tags=["nbval-ignore-output"]
def hits(found, label, cut):
    """Cells of one class that are found, a number a picture."""
    one = detection.match(test.y, found)[label]
    right = one.case[one.hit[0] & (one.score >= cut)]
    return np.bincount(right, minlength=len(test))

share = lambda one, other, true: (one.sum() - other.sum()) / true.sum()
true_white = np.array([np.sum(boxes["label"] == 1) for boxes in test.y])
more = evaluation.bootstrap(share, hits(found, 1, 0.3), hits(purple, 1, 0), true_white,
                            **slides)
print(f"share of white cells that the network finds, less the colour's: {more:+.2f}")

# %% [markdown]
# Where the interval holds 0, a line of arithmetic finds as many. What the network adds
# for certain are red cells and platelets.
#
# ## How many of each?
#
# To count, one must say from which score a find is a cell. The validation pictures
# choose, for each kind by itself; then the test pictures are counted.

# %% tags=["nbval-ignore-output"]
on_validation = boxes_in(validation)
cuts = [min(np.arange(0.1, 0.8, 0.05), key=lambda cut: detection.count_error(
    validation.y, on_validation, label=k, cut=cut).value) for k in range(3)]
errors = [detection.count_error(test.y, found, label=k, cut=cuts[k], **slides)
          for k in range(3)]
there = np.bincount(test.y["label"], minlength=3) / len(test)
pd.DataFrame({"cells a picture": there.round(1), "counted from a score of": cuts,
              "count off by": [f"{one:.2f}" for one in errors]}, index=KINDS).round(2)

# %% [markdown]
# The count of white cells is nearly right, that of red cells is off by one or two in a
# picture. Part of that is the labels' fault, as we shall see.
#
# ## Where it fails
#
# **Which ones did the program miss?** Here are two test pictures with the most errors.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two smears with many cells. Solid boxes mark cells that were missed, dashed ones finds that count as false alarms; many of the dashed ones are on cells."}, "figure": {"caption": "Solid: labelled cells that were missed. Dashed: finds that no label answers to."}}
def errors_of(true, found):
    """Missed cells, and false alarms, of one picture."""
    sure = found["score"] >= np.array(cuts)[found["label"]]
    calls = {name: column[sure] for name, column in found.items()}
    meet = detection.iou(true["corners"], calls["corners"]) >= 0.5
    meet &= true["label"][:, None] == calls["label"][None]
    pairs = (true, ~meet.any(1)), (calls, ~meet.any(0))
    return [{name: boxes[name][rows] for name in ("corners", "label")}
            for boxes, rows in pairs]

wrong = [errors_of(*pair) for pair in zip(test.y, found)]
worst = np.argsort([-sum(len(one["label"]) for one in pair) for pair in wrong])[:2]
plots.boxes(test.x[worst], [wrong[n] for n in worst], names=("missed", "false alarm"),
            classes=KINDS, columns=2, size=1.8, data=smears);

# %% [markdown]
# Look at the dashed boxes: many are on cells, and these have no label. Whose error is
# that? Cells that are truly missed lie at the edge or on each other.
#
# ## Count right, boxes wrong
#
# The ward often needs a number only. We move each find of a white cell by half its
# width: the count stays. **What becomes of its average precision?**

# %% tags=["nbval-ignore-output"]
def moved(boxes):
    half = (boxes["corners"][:, 2] - boxes["corners"][:, 0])[:, None] / 2
    return boxes | {"corners": boxes["corners"] + half * [1, 0, 1, 0]}

rows = {}
for name, answer in {"as found": found, "moved": [moved(one) for one in found]}.items():
    off = detection.count_error(test.y, answer, label=1, cut=0.3, **slides)
    fits = detection.average_precision(test.y, answer, label=1, **slides)
    rows[name] = [f"{off.value:.2f}", f"{fits.value:.2f}"]
pd.DataFrame(rows, index=["white cells, count off by", "average precision"]).T

# %% [markdown]
# The same count, and a detector that is worth nothing by AP: half a width leaves an IoU
# of a third, and no box is a hit. Choose the measure by the use: a count, a place, or a
# box that fits.
#
# ## Labels with holes
#
# Who draws a hundred boxes gets tired. In a third of the simulated slides a quarter of
# the red cells has no box; in the real set, too, a detector finds more red cells than
# are labelled. **What does that do to a right answer?** We take away another quarter of
# the test's red cells, and change nothing about the network.

# %% tags=["nbval-ignore-output"]
from medlearn.data.ragged import Ragged

def with_holes(y, share, rng):
    keep = [(boxes["label"] > 0) | (rng.random(len(boxes["label"])) >= share)
            for boxes in y]
    return Ragged.of([{name: rows[some] for name, rows in boxes.items()}
                      for boxes, some in zip(y, keep)])

holes = with_holes(test.y, 0.25, np.random.default_rng(0))
whole, fewer = (detection.average_precision(y, found, label=0, **slides)
                for y in (test.y, holes))
print(f"AP of red cells {whole.value:.2f}, with holes in the labels {fewer.value:.2f}")

# %% [markdown]
# A cell that is found and not labelled counts as a false alarm. No figure is better
# than the labels it is computed from, whoever gave the answers.
#
# ## Stop here
#
# A good place for a break. So far: whether a box is right depends on the IoU one asks
# for; one pass answers for all places, beginning from priors; of boxes on one cell the
# best stays; a figure needs its rule and its interval, and is no better than the
# labels.
#
# ## Second sitting: a nodule among vessels
#
# > A man of 62 has smoked for forty years. Below is what a scanner shows of lungs like
# > his. **Is there a nodule, and how many false alarms does finding it cost?**
#
# A *nodule* is a round spot in the lung. Most are harmless, some are cancers. A vessel
# that crosses a slice is a round spot, too. These scans are always simulated.

# %% mystnb={"image": {"alt": "Four slices of a lung on CT: black air, white branching vessels and round white spots. In each an orange square marks a nodule; other spots of the same size and brightness have none."}, "figure": {"caption": "Slices of four simulated scans, each through the middle of a nodule, which the square marks."}}
from medlearn.data.images import draw_scans

drawn = replace(smears, simulated=True)  # stamps figures of what we draw
learn, score = draw_scans(64, seed=0), draw_scans(60, seed=1)

def slice_of(scans, n):
    """The slice through the first nodule of scan `n`, and a box around it."""
    nodule, sides = scans["nodules"][n], scans["spacing"][n]
    at, reach = nodule["place"][0] / sides, nodule["diameter"][0] / sides[1] / 2 + 2
    middle = at[[2, 1, 2, 1]] + reach * np.array([-1, -1, 1, 1])
    return scans["images"][n, round(at[0])], {"corners": middle[None], "label": [0]}

ill = np.flatnonzero(score["nodules"].counts)[:4]
slices, marks = zip(*[slice_of(score, n) for n in ill])
plots.boxes([np.clip((one + 1000) / 1400, 0, 1) for one in slices],
            [[mark] for mark in marks], columns=4, size=1.6, data=drawn);

# %% [markdown]
# Would you have found them without the squares? A large one, yes. A small one in a
# single slice can hardly be told from a vessel that crosses. Through the slices it can:
# the vessel goes on, the nodule ends.
#
# ### Candidates, then a network
#
# First *candidates*, sixty a scan: places where brightness falls off in all three
# directions, at one of three sizes. A vessel falls off in two. (The second derivative
# of a blurred picture is negative on top of a hill.)

# %%
from scipy import ndimage

def candidates(scan, sides, most=60):
    """Where a scan is bright like a ball: places in voxels, and how much so."""
    soft = np.clip((scan + 1000) / 1000, 0, 1).astype("float32")  # air 0, tissue 1
    ball = np.full(soft.shape, -np.inf)
    for radius in (2, 4, 7):  # mm
        blur = np.maximum(radius / 1.4 / sides, 0.5)
        bent = [-ndimage.gaussian_filter(soft, blur, order=order) / sides[axis] ** 2
                for axis, order in enumerate([(2, 0, 0), (0, 2, 0), (0, 0, 2)])]
        ball = np.maximum(ball, radius**2 * np.min(bent, axis=0))
    air = ndimage.gaussian_filter((scan < -600).astype("float32"), (0, 4, 4))
    peak = (ball == ndimage.maximum_filter(ball, (3, 5, 5))) & (air > 0.3)
    places, heights = np.argwhere(peak), ball[peak]
    best = np.argsort(-heights)[:most]
    return places[best], heights[best]

def find(scans):
    return [candidates(*one) for one in zip(scans["images"], scans["spacing"])]

learnt_from, scored = find(learn), find(score)

def inside(scans, found):
    """Which candidate lies in which nodule: a table a scan."""
    return [np.linalg.norm(places[:, None] * sides - nodule["place"], axis=-1)
            < nodule["diameter"] / 2 for (places, _), sides, nodule
            in zip(found, scans["spacing"], scans["nodules"])]

in_learn, in_score = inside(learn, learnt_from), inside(score, scored)
among = np.array([table.any(0).sum() for table in in_score])
print(f"{among.sum()} of {score['nodules'].counts.sum()} nodules are candidates")

# %% [markdown]
# No network can find the others again: that share is the ceiling of what follows.
#
# A small network now looks at five slices around each candidate and says nodule or not.
# Few candidates are nodules, so each of these is shown twice in each of the eight ways
# to turn and mirror it.

# %% tags=["nbval-ignore-output"]
def patches(scans, found, half=8):
    sides = [(0, 0), (2, 2), (half, half), (half, half)]
    x = np.pad(scans["images"], sides, mode="edge")
    cut = [x[n, z : z + 5, y : y + 17, k : k + 17]
           for n, (places, _) in enumerate(found) for z, y, k in places]
    return np.moveaxis(np.clip((np.stack(cut) + 1000) / 1400, 0, 1), 1, -1)

x = patches(learn, learnt_from)
y = np.concatenate([table.any(1) for table in in_learn])
turned = np.concatenate([np.rot90(x[y], k, (1, 2))[:, :, ::side]
                         for k in range(4) for side in (1, -1)])
training.set_seed(0)
looks = keras.Sequential([
    keras.Input((17, 17, 5)), layers.Conv2D(16, 3, activation="relu"),
    layers.Conv2D(32, 3, strides=2, activation="relu"),
    layers.Conv2D(32, 3, activation="relu"), layers.Flatten(), layers.Dropout(0.5),
    layers.Dense(32, activation="relu"), layers.Dense(1, activation="sigmoid")])
looks.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy")
shown_x = np.concatenate([x[~y], turned, turned])
shown_y = np.arange(len(shown_x)) >= np.sum(~y)
history = training.fit(looks, (shown_x, shown_y.astype("float32")), epochs=6,
                       batch_size=64, patience=None)
print(f"{y.sum()} of {len(y):,} candidates are nodules; "
      f"loss {history['loss'].iloc[-1]:.3f}")

# %% [markdown]
# ### False alarms a scan
#
# There is no "true negative" here: how many places without a nodule has a lung? So one
# counts false alarms *a scan*, and draws the share of nodules found over them, the
# *FROC curve*. A find is right if it lies within the nodule's radius of its centre.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two rising curves: share of nodules found over false alarms a scan, from an eighth to eight. The curve of the network lies above that of the candidates ranked by how much they look like a ball."}, "figure": {"caption": "FROC curves on 60 simulated scans: candidates ranked by how much they look like a ball, and by the network."}}
from medlearn.evaluation import nodules

says = training.predict(looks, patches(score, scored))[:, 0]
starts = np.cumsum([0] + [len(places) for places, _ in scored])
systems = {"like a ball": [], "network": []}
for n, (places, heights) in enumerate(scored):
    there = places * score["spacing"][n]
    systems["like a ball"].append({"place": there, "score": heights})
    own = says[starts[n] : starts[n + 1]]
    systems["network"].append({"place": there, "score": own})

true = score["nodules"]
plots.froc({name: nodules.froc(true, found) for name, found in systems.items()},
           data=drawn);

# %% [markdown]
# The *CPM* is the mean height of such a curve at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false
# alarms a scan, the score of the LUNA16 challenge [6].

# %% tags=["nbval-ignore-output"]
for name, one in systems.items():
    print(f"{name}: CPM {nodules.cpm(true, one):.2f}, at one false alarm a scan "
          f"{nodules.sensitivity_at(true, one, alarms=1):.2f}")

# %% [markdown]
# Is that more than chance? Both are set to one false alarm a scan, and the nodules that
# each finds are counted scan by scan.

# %% tags=["nbval-ignore-output"]
def found_at_one(system):
    heights = np.concatenate([scan["score"] for scan in system])
    is_false = ~np.concatenate([table.any(1) for table in in_score])
    cut = np.sort(heights[is_false])[-len(system)]
    return np.array([table[scan["score"] > cut].any(0).sum()
                     for table, scan in zip(in_score, system)])

more = evaluation.bootstrap(share, found_at_one(systems["network"]),
                            found_at_one(systems["like a ball"]), true.counts)
claim("the network finds more nodules at one false alarm a scan", more.clears(0),
      shown=f"{more:+.2f}")

# %% [markdown]
# At every number of false alarms the network's curve lies above; even at eight a scan
# it leaves some nodules unfound. On 888 real scans a combination of several systems
# found over 95 % at fewer than one false alarm a scan [6].
#
# ### What an alarm costs
#
# 1,000 people are screened; ten have a nodule that matters. **How many false alarms
# does it take to find these ten?**

# %% tags=["nbval-ignore-output"]
at_one = nodules.sensitivity_at(true, systems["network"], alarms=1)
people, with_nodule = 1000, 10
alarms_each = [people / (with_nodule * share) for share in (at_one.high, at_one.low)]
found = with_nodule * at_one.value
print(f"found {found:.1f} of {with_nodule}, false alarms {people:,}: "
      f"{alarms_each[0]:.0f} to {alarms_each[1]:.0f} for each nodule found")

# %% [markdown]
# That is not yet how many people are called back. One false alarm a scan is a mean:
# some scans have several, and some none. And whoever counts a *slice* in place of a
# scan divides the same alarms by twelve, and by hundreds on a real scanner. Ask what an
# alarm is counted per.
#
# ### Exercise 7: what a find costs
#
# A hospital reads 4,000 scans a year, one a person, each of 12 slices. In 1 % of the
# people there is a nodule that matters. A program finds .8 of these nodules, at one
# false alarm a scan. How many false alarms are there for each nodule found?

# %%
alarms = ...
ch11.q7.check(alarms)

# %% [markdown]
# ## Another laboratory
#
# Back to the smears. Another laboratory stains bluer, has a brighter lamp and magnifies
# a fifth more; a third has a lens that is twice as strong. The same network, on six
# slides of each:

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Three pictures of stained blood with the boxes that the network finds: the first as before; the second bluer and brighter, its cells still have boxes; in the third the cells are twice as large and many boxes are missing or wrong."}, "figure": {"caption": "A smear of each laboratory, with what the network finds at a score of .3 or more."}}
from medlearn.data.images import draw_smears

def stronger_lens(drawn):
    """The middle of pictures that were drawn twice as large, and the boxes in it."""
    down, left = height // 2, width // 2
    images = drawn["images"][:, down : down + height, left : left + width]
    cases = []
    for boxes in drawn["boxes"]:
        corners = np.clip(boxes["corners"] - [left, down] * 2, 0, [width, height] * 2)
        whole = (boxes["corners"][:, 2:] - boxes["corners"][:, :2]).prod(1)
        kept = (corners[:, 2:] - corners[:, :2]).prod(1) > whole / 3
        cases.append({"corners": corners[kept], "label": boxes["label"][kept]})
    return {"images": images, "boxes": cases, "slide": drawn["slide"]}

shape, double = (height, width), (2 * height, 2 * width)
laboratories = {"own": draw_smears(6, seed=9, shape=shape),
                "other stain": draw_smears(6, seed=9, shape=shape, elsewhere=True),
                "other lens": stronger_lens(draw_smears(6, seed=9, shape=double))}
there = {name: [boxes_of(answer, priors, cut=0.02, shape=shape)
                for answer in training.predict(net, of["images"], batch_size=16)]
         for name, of in laboratories.items()}
sure = [[{key: column[found[0]["score"] > 0.3] for key, column in found[0].items()}]
        for found in there.values()]
plots.boxes([of["images"][0] for of in laboratories.values()], sure, classes=KINDS,
            columns=3, size=1.6, titles=list(laboratories), data=drawn);

# %% [markdown]
# In the first two most cells have one box. In the third, cells that the network knows
# only at half the size have none, or a heap. In figures:

# %% tags=["nbval-ignore-output"]
elsewhere = {name: mean_ap(there[name], of["boxes"], patient=of["slide"])
             for name, of in laboratories.items()}
pd.DataFrame({name: [f"{one:.2f}"] for name, one in elsewhere.items()},
             index=["mAP at .5"])

# %% [markdown]
# Bluer, brighter and a fifth larger costs little. Twice as large costs most of the mAP:
# the network has seen no red cell of that size. (Its first layer brings each colour to
# mean 0 and sd 1; that is a likely reason why the stain matters little, but we have not
# tested it.) It gives boxes and scores as before, and no warning. Whoever looks at the
# picture sees it; a program that only counts does not.
#
# All three laboratories are simulated. A network that learnt from the real smears knows
# none of them.
#
# ### Exercise 8: which plan leaks
#
# Five plans to measure a detector of cells. Which let it, or those who build it, see
# the test? Give a set of letters. **A** All slides' pictures are dealt out at random.
# **B** Slides are dealt out at random; nobody has two. **C** Each picture is copied as
# in a mirror; then pictures and copies are dealt out at random. **D** Slides are dealt
# out, and the overlap at which suppression drops a box is the one best on the test
# pictures. **E** Each person has two slides; persons are dealt out.

# %%
leaking = ...
ch11.q8.check(leaking)

# %% [markdown]
# ## On the real data
#
# `medlearn results smears --file PATH` trains a larger detector of the same kind on
# real smears, with several seeds, and prints its mAP50, its counts and
# published figures. Your own pictures can be given the same way: a Pascal VOC folder or
# zip, or pictures with a CSV of boxes (image, xmin, ymin, xmax, ymax, label).
#
# ## What it must not be used for
#
# It must not count a patient's blood, nor clear a patient's lungs:
#
# - **One stain, one lens.** Elsewhere it misses cells, and gives no warning.
# - **It knows three kinds.** A blast, the cell of a leukaemia, is for it a white cell.
# - **It looks for what was labelled.** Parasites in red cells were not.
# - **Its nodules are drawn.** It has seen no real lung.
#
# It is made for learning.
#
# ## What we learnt
#
# - Whether a box is right depends on the IoU one asks for. For a small object a pixel
#   or two decides.
# - One pass answers for all places and sizes; priors are where it begins.
# - AP has several rules. A figure without its rule, its IoU and its interval says
#   little.
# - Counts, places and boxes are three questions. Holes in labels punish right answers.
# - False alarms are counted per scan, not per slice; ask how many people have one.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | detection | saying what is in a picture and where |
# | box | two corners around an object |
# | IoU | what two boxes share, over what either covers |
# | sliding window | a classifier that is shown each part of a picture |
# | prior, anchor | a box of a usual size, from which an answer begins |
# | one-stage detector | answers what and where for all places in one pass |
# | focal loss | cross-entropy in which easy answers count little |
# | non-maximum suppression | of boxes on one object the best stays |
# | AP, mAP | area under precision over recall, and its mean over classes |
# | FROC, CPM | nodules found over false alarms a scan, and its mean height |
#
# **Onward**: notebook 12, [*Segmentation*](12_segmentation.ipynb): not a box around a
# cell, but its outline.
#
# <details><summary><b>Sources</b></summary>
#
# 1. Smears, where real: Shenggan, BCCD Dataset,
#    github.com/Shenggan/BCCD_Dataset (2017), MIT
# 2. Liu et al., SSD, ECCV (2016), arXiv:1512.02325
# 3. Redmon et al., YOLO, CVPR (2016), arXiv:1506.02640
# 4. Lin et al., ICCV (2017), arXiv:1708.02002
# 5. Everingham et al., Int. J. Comput. Vis. 88:303 (2010); Lin et al., ECCV (2014),
#    arXiv:1405.0312
# 6. Setio et al., Med. Image Anal. 42:1 (2017), arXiv:1612.08012
#
# </details>

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
# # 12 · Segmentation: how large is it, and has it shrunk?
#
# > A woman forgets appointments. Here is a scan of her brain, and one of last year.
# > **How large is her hippocampus, how surely do we know, and has it shrunk?**
#
# On the way we count cell nuclei, where one touches the next.
#
# At the end of this notebook you can
#
# - compute Dice, IoU, matched share and HD95 by hand, and say what each of them misses;
# - build a U-Net and train it to give an answer for every pixel and voxel;
# - turn a mask into a volume, and say which change that volume can show.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1 and 2. **Data**: pictures of nuclei and brain scans, simulated unless you ask for
# the real ones. Nothing here is made for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` above to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
import numpy as np
import pandas as pd
from medlearn import claim, evaluation, load, plots, training
import keras
from keras import layers
from medlearn.exercises import ch12

# %% [markdown]
# ## The question
#
# Below are four pictures from a fluorescence microscope. The stain glows where there is
# DNA, so each bright spot is the *nucleus* of a cell.

# %% mystnb={"image": {"alt": "Four dark pictures with bright round spots, the nuclei. Some lie alone, some touch each other in clumps. Each has an orange outline; between two that touch runs a line."}, "figure": {"caption": "Four pictures of nuclei with the outlines that count as the truth; each is drawn from its darkest to its brightest pixel."}}
from medlearn.evaluation import segmentation

plots.use_style()
nuclei = load("nuclei")
train, validation, test = nuclei.splits.values()
crowded = np.argsort([labels.max() for labels in test.y])[[2, 8, 16, -1]]
plots.outlines([test.x[n, ..., 0] for n in crowded], [[test.y[n]] for n in crowded],
               size=1.8, data=nuclei);

# %% [markdown]
# The outlines are the truth, also between two that touch. **How many nuclei are there
# in the last picture?** Count before you read on.

# %%
print("nuclei in each:", *[int(test.y[n].max()) for n in crowded])

# %% [markdown]
# Who counts bright spots counts too few, because a clump of several is one spot.
#
# ## Data, and whose they are
#
# To *segment* is to say for each pixel what it belongs to. An answer is a picture of
# numbers, the *label map*: 0 is background, 1, 2, 3 … are the nuclei. With the numbers
# it is an *instance segmentation*; if it says only nucleus or not (a *mask*), a
# *semantic* one.

# %%
pd.DataFrame({name: [len(part), len(np.unique(part.patient)),
                     sum(int(labels.max()) for labels in part.y),
                     f"{np.mean(part.y > 0):.0%}"]
              for name, part in nuclei.splits.items()},
             index=["pictures", "wells", "nuclei", "share of the pixels"])

# %% [markdown]
# The simulated pictures come from *wells*, small dishes, five from each. A well's
# pictures share light, focus and cells, so a well is on one side of the split, as a
# patient is. In the real set, from the Data Science Bowl of 2018 [1], nobody says which
# pictures belong together. Each then counts by itself, and the intervals are too
# narrow.
#
# The simulated nuclei are drawn by formulas. They vary in brightness, focus and size,
# and touch each other; cells that divide or die, and dust, are missing. Their outlines
# are the truth. Real ones are drawn by hand, and two people's differ.
#
# ## Dice and IoU by hand
#
# How well does a mask agree with the truth?

# %% mystnb={"image": {"alt": "Three grids of pixels. In the first six are marked, the truth; in the second six, the answer, one row lower; in the third the four that are in both. Dice is 2 times 4 over 12, 0.67; IoU is 4 over 8, 0.50."}}
from medlearn.plots import drawings

drawings.two_masks()

# %% [markdown]
# *Dice* counts what both have, twice, over the sizes of both. *IoU*, intersection over
# union, divides by all pixels that are in either:
#
# $$D = \frac{2\,|A \cap B|}{|A| + |B|}, \qquad I = \frac{|A \cap B|}{|A \cup B|}.$$

# %%
def dice(A, B):
    return 2 * np.sum(A & B) / (np.sum(A) + np.sum(B))

A, B = np.zeros((5, 4), bool), np.zeros((5, 4), bool)
A[1:4, 1:3], B[2:5, 1:3] = True, True
print(f"Dice {dice(A, B):.2f}, IoU {np.sum(A & B) / np.sum(A | B):.2f}")

# %% [markdown]
# ### Exercise 1: a Dice from counts
#
# Of 10,000 pixels 300 belong to nuclei in truth. A program marks 500, and 200 of these
# are right. What is its Dice?

# %%
score = ...
ch12.q1.check(score)

# %% [markdown]
# ### Exercise 2: from one to the other
#
# Dice and IoU of one mask always rank alike, because one follows from the other. Write
# a function that takes a Dice and returns the IoU of the same masks.

# %%
def iou_of(dice):
    return ...

ch12.q2.check(iou_of)

# %% [markdown]
# ### What does an empty mask count?
#
# Take three pictures. In the first the answer is perfect. In the second there is one
# small nucleus, and it is missed. In the third there is nothing, and nothing is marked.
# The formula gives 1, 0 and 0/0. **What is the mean Dice?**

# %%
each = np.array([1, 0, np.nan])
pd.DataFrame({"0/0 is left out": [np.nanmean(each)],
              "0/0 counts 1": [np.mean([1, 0, 1])],
              "0/0 counts 0": [np.mean([1, 0, 0])]}, index=["mean Dice"]).round(2)

# %% [markdown]
# Three conventions, three means, and all are in use; a paper that does not say which
# cannot be compared. Here one rule holds everywhere: both empty agree, 1; one empty, 0.
# It also matters what is averaged. The *mean over pictures* counts a picture with one
# nucleus as much as one with a hundred; *pooled*, all pixels of all pictures count
# alike.
#
# ## Baseline
#
# What can be had without a network? *Otsu's threshold* cuts the grey values in two so
# that both sides vary least. What is above it and hangs together is called one nucleus,
# unless it has fewer than ten pixels; that is noise.

# %%
from medlearn.features.masks import components, otsu

def by_otsu(image):
    return components(image > otsu(image), least=10)

truth = [labels > 0 for labels in test.y]
objects = {"Otsu": [by_otsu(image) for image in test.x[..., 0]]}
masks = [labels > 0 for labels in objects["Otsu"]]
wells = {"patient": test.patient}
print(f"Dice {segmentation.dice(truth, masks, **wells):.2f}, "
      f"pooled {segmentation.dice(truth, masks, pooled=True, **wells):.2f}")

# %% [markdown]
# A few lines of arithmetic, and a Dice that many papers would print. **Are we done?**

# %% mystnb={"image": {"alt": "Four pictures of nuclei, each with two sets of outlines. Orange ones run around each nucleus. Blue ones run around whole clumps."}, "figure": {"caption": "The truth in orange, Otsu's objects in blue: clumps are one object."}}
plots.outlines([test.x[n, ..., 0] for n in crowded],
               [[test.y[n], objects["Otsu"][n]] for n in crowded], size=1.8,
               data=nuclei, titles=[
                   f"{test.y[n].max()} nuclei, {objects['Otsu'][n].max()} found"
                   for n in crowded]);

# %% [markdown]
# The bright pixels are right and the count is wrong: nuclei that touch are one object.
#
# ## What Dice does not see
#
# The *matched share* looks at objects. A nucleus is *found* if an object of the answer
# has an IoU with it above .5; then the share is found / (found + missed + made up). We
# spoil a perfect answer in three ways: touching nuclei fused, all shifted by a pixel,
# each cut in stripes. **Which measure notices which?**

# %%
labels = test.y[crowded[-1]].astype(int)
stripes = np.arange(labels.shape[1]) % 8 < 4
spoilt = {"perfect": labels, "fused": components(labels > 0),
          "shifted": np.roll(labels, 1, axis=1),
          "in stripes": 2 * labels - stripes * (labels > 0)}
pd.DataFrame({name: [segmentation.dice([labels > 0] * 2, [one > 0] * 2).value,
                     segmentation.matched_share([labels] * 2, [one] * 2).value,
                     segmentation.hausdorff95([labels > 0] * 2, [one > 0] * 2).value]
              for name, one in spoilt.items()},
             index=["Dice", "matched share", "HD95, pixels"]).T.round(2)

# %% [markdown]
# Fusing and cutting change no pixel between nucleus and background, so Dice and edges
# remain perfect. A shift by a pixel costs Dice and keeps every nucleus. No measure sees
# all. Say first what the mask is for: an area, a count, an edge.

# %%
dices = {name: segmentation.dice_of_each([labels > 0], [one > 0])[0]
         for name, one in spoilt.items()}
found = {name: segmentation.matched_share([labels] * 2, [one] * 2).value
         for name, one in spoilt.items()}
claim("fused and in stripes Dice is perfect and nuclei are lost; shifted, the reverse",
      dices["fused"] == dices["in stripes"] == 1 > dices["shifted"]
      and max(found["fused"], found["in stripes"]) < 0.9 < found["shifted"])

# %% [markdown]
# ### Exercise 3: a matched share
#
# Two true nuclei (rows), three objects of an answer (columns), and their IoU:
#
# $$\begin{bmatrix} 0.8 & 0 & 0.1 \\ 0 & 0.4 & 0.3 \end{bmatrix}$$
#
# What is the matched share at .5?

# %%
share = ...
ch12.q3.check(share)

# %% [markdown]
# ## The model
#
# A network that pools sees far and forgets where. An answer for each pixel needs both.
# The *U-Net* [2] goes down by pooling, comes up again by doubling, and hands what it
# saw at each size across (*skip connection*).

# %% mystnb={"image": {"alt": "Seven boxes in the shape of a U. Down the left side: 128 squared with 8 channels, 64 squared with 16, 32 squared with 32; at the bottom 16 squared with 64; up the right side the same sizes back. Dashed arrows run across between boxes of one size."}}
drawings.u_of_a_unet()

# %% [markdown]
# Read it from the left: three times two convolutions and a pooling, then the same sizes
# back. At each size of the way up, the maps of the way down are joined to what comes
# from below. Two convolutions stand at each stage; one is written so:

# %%
def conv(x, channels):
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))

# %% tags=["flagship"]
def build(outputs=2, width=8, depth=3, conv=conv):
    inputs, seen = keras.Input((None, None, 1)), []
    x = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False,
                                  epsilon=1e-6)(inputs)  # standardising
    for level in range(depth):
        x = conv(conv(x, width * 2**level), width * 2**level)
        seen.append(x)  # to be handed across
        x = layers.MaxPooling2D(2)(x)
    x = conv(conv(x, width * 2**depth), width * 2**depth)  # the bottom of the U
    for level in reversed(range(depth)):
        x = layers.Concatenate()([layers.UpSampling2D(2)(x), seen[level]])
        x = conv(conv(x, width * 2**level), width * 2**level)
    return keras.Model(inputs, layers.Conv2D(outputs, 1, activation="sigmoid")(x))

# %%
from medlearn.models.unet import aspp_net, nuclei_loss, parts_loss, unet

print(f"{build().count_params():,} weights, the package's unet "
      f"{unet((None, None, 1), 2, width=8).count_params():,}")

# %% [markdown]
# It has no dense layer, so it takes pictures of any size (here a multiple of 8). The
# package's `unet` is this network, for volumes as well.
#
# ### Exercise 4: build one
#
# Build a small U-Net (Keras, not trained): it takes pictures of (64, 64, 1), pools at
# least once, hands something across with `Concatenate`, and gives one share from 0 to 1
# for each pixel. It should have fewer than 20,000 weights.

# %%
model = ...
ch12.q4.check(model)

# %% [markdown]
# ## Training
#
# What should it learn? If it says only *inside* or not, clumps stay clumps. So it
# learns a second map: how far each pixel is from the edge of its own nucleus, as a
# share of the nucleus's depth. Between two that touch, it falls.

# %% mystnb={"image": {"alt": "A picture of nuclei, its mask, in which clumps are one white patch, and the distance to the edge: each nucleus has a bright middle and dark rims, also where it touches another."}, "figure": {"caption": "A picture, and the two maps that the network learns: inside or not, and the distance to the edge."}}
from medlearn.features.masks import between_objects, edge_distance

def maps_of(labels):
    counts = 1 + 3 * (labels > 0) + 10 * between_objects(labels)  # see below
    return np.stack([labels > 0, edge_distance(labels), counts], -1).astype("float32")

y_train = np.stack([maps_of(labels) for labels in train.y])
most = np.argmax([labels.max() for labels in train.y])
picture = train.x[most, ..., 0] / train.x[most].max()
two_maps = np.moveaxis(y_train[most, ..., :2], -1, 0)
plots.pictures([picture, *two_maps], columns=3, size=1.7, data=nuclei,
               titles=["picture", "inside", "distance to the edge"]);

# %% [markdown]
# Two more choices. Nuclei fill few of the pixels, and borders between them far fewer; a
# mean over all pixels hardly notices them. So pixels between neighbours count ten times
# (`counts`), as in the U-Net's own paper [2]. And the loss of the first map is
# cross-entropy plus $1 - \text{Dice}$, computed with shares in place of yes and no.

# %% tags=["nbval-ignore-output"]
def train_net(net, x, y, loss, epochs, batch_size):
    steps = epochs * -(-len(x) // batch_size)
    net.compile(keras.optimizers.Adam(training.schedule(steps, peak=0.01)), loss)
    return training.fit(net, (x, y), epochs=epochs, batch_size=batch_size,
                        patience=None)

training.set_seed(0)
net = build()
history = train_net(net, train.x, y_train, nuclei_loss, epochs=6, batch_size=4)
history.round(2)

# %% [markdown]
# The loss falls from epoch to epoch. What the network now says of the four test
# pictures from above:

# %% mystnb={"image": {"alt": "The network's two maps for the four pictures: above, white where it says inside, so that clumps are one patch; below, a bright spot in the middle of each nucleus."}, "figure": {"caption": "What the network says of the four test pictures above: inside, and below it the distance to the edge."}}
maps = training.predict(net, test.x, batch_size=8)
plots.pictures([*maps[crowded, ..., 0], *maps[crowded, ..., 1]], columns=4, size=1.2,
               data=nuclei);

# %% [markdown]
# ### Seeds that grow
#
# Where the distance is high, there is a *seed*, the middle of a nucleus. Seeds grow
# until they meet (*watershed*). How high is high? The validation pictures decide.

# %% tags=["nbval-ignore-output"]
from medlearn.features.masks import grown_from_seeds

def grow(maps, seed):
    return [grown_from_seeds(one[..., 0] > 0.5, one[..., 1], seed=seed) for one in maps]

on_validation = training.predict(net, validation.x, batch_size=8)
found = {seed: segmentation.matched_share(validation.y, grow(on_validation, seed),
                                          patient=validation.patient)
         for seed in (0.3, 0.4, 0.5, 0.6, 0.7)}
best = max(found, key=lambda seed: found[seed].value)
print(*[f"seeds above {seed}: {share:.2f}" for seed, share in found.items()], sep="\n")

# %% [markdown]
# ## Result
#
# The test pictures, once. The network's mask without seeds stands beside it, so that
# one sees what the second map brings.

# %% tags=["nbval-ignore-output"]
objects["U-Net, inside alone"] = [components(one[..., 0] > 0.5, least=10)
                                  for one in maps]
objects["U-Net with seeds"] = grow(maps, best)

def row(answer):
    masks = [labels > 0 for labels in answer]
    return [f"{segmentation.dice(truth, masks, patient=test.patient):.2f}",
            f"{segmentation.matched_share(test.y, answer, patient=test.patient):.2f}",
            f"{segmentation.matched_mean(test.y, answer, patient=test.patient):.2f}"]

pd.DataFrame({name: row(answer) for name, answer in objects.items()},
             index=["Dice", "matched share at .5", "mean of .5 to .95"]).T

# %% [markdown]
# The two rows of the U-Net have about the same Dice, and with seeds more nuclei are
# found. Is it more than chance?

# %%
def more_found(one, other):
    """The difference of two matched shares, on the same pictures."""
    counts = [segmentation.matches(test.y, objects[name])[:, 0]
              for name in (one, other)]
    share = lambda table: table[:, 0].sum() / table.sum()
    return evaluation.bootstrap(lambda a, b: share(a) - share(b), *counts,
                                patient=test.patient)

gain = more_found("U-Net with seeds", "Otsu")
claim("the U-Net with seeds finds more of the nuclei than Otsu", gain.clears(0),
      shown=f"{gain:+.2f}")
seeds = more_found("U-Net with seeds", "U-Net, inside alone")
claim("the same network without seeds finds fewer", seeds.clears(0),
      shown=f"{seeds:+.2f}")

# %% [markdown]
# The seeds need no further network: it pays to ask for the right thing.
#
# ### Other ways to see far
#
# DeepLab [3] sees far without going down as deep: its kernels have holes.

# %% mystnb={"image": {"alt": "Three grids of 7 by 7 places with nine marked: side by side, then with one place between, then with two. With a rate of 1 they see 3 by 3, of 2 5 by 5, of 3 7 by 7."}}
drawings.holes_in_kernels()

# %% [markdown]
# Several rates side by side are its *atrous spatial pyramid pooling* (ASPP). Is that
# better for nuclei? Both nets get about the same number of weights, the same pictures
# and the same steps; they are compared on the validation pictures.

# %% tags=["nbval-ignore-output"]
training.set_seed(0)
deeplab = aspp_net((None, None, 1), 2, width=15)
train_net(deeplab, train.x, y_train, nuclei_loss, epochs=6, batch_size=4)
theirs = training.predict(deeplab, validation.x, batch_size=8)
for name, model, answer in (("U-Net", net, on_validation), ("ASPP", deeplab, theirs)):
    share = segmentation.matched_share(validation.y, grow(answer, best),
                                       patient=validation.patient)
    print(f"{name}: {model.count_params():,} weights, matched share {share:.2f}")

# %% [markdown]
# Its answer is made at a quarter of the size and enlarged, so fine borders blur. It was
# made for streets and rooms, whose parts are large. One training each: read a small
# difference as chance.
#
# ### Exercise 5: write the Dice loss
#
# Write the Dice loss for one map: a function of `y_true` (0 or 1) and `y_pred`
# (shares), NumPy arrays of one shape. Put the shares into the formula of Dice, add 1
# above and below the fraction, and take it from 1.

# %%
def dice_loss(y_true, y_pred):
    return ...

ch12.q5.check(dice_loss)

# %% [markdown]
# Why the 1? Without it a picture without any nucleus has the loss 1 whatever the
# network says, and teaches nothing: $2 \cdot 0 / (0 + |B|)$ is 0 for every answer.
# Cross-entropy teaches there, too. That is why both are added.
#
# ## Where it fails
#
# Another laboratory stains its nuclei dark on a bright ground.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two bright pictures with dark nuclei. The blue outlines of the network's objects run around the background instead of the nuclei. Below, the same pictures as negatives; there the blue outlines follow the nuclei."}, "figure": {"caption": "Above, another laboratory's pictures as they come; below, their negatives. Truth orange, network blue."}}
from dataclasses import replace
from medlearn.data.images import draw_nuclei

drawn = replace(nuclei, simulated=True)  # stamps figures of pictures that we draw
other = draw_nuclei(12, seed=7, dark=True)
as_they_come, negatives = (grow(training.predict(net, x[..., None], batch_size=8), best)
                           for x in (other["images"], 255 - other["images"]))
two = other["labels"][:2]
plots.outlines([*other["images"][:2], *255 - other["images"][:2]],
               [*zip(two, as_they_come), *zip(two, negatives)], columns=2, size=1.5,
               data=drawn);

# %% [markdown]
# Above, the network's outlines run around the bright ground. Below, on the negatives,
# they run around nuclei.

# %%
shares = [segmentation.matched_share(other["labels"], answer).value
          for answer in (as_they_come, negatives)]
claim("on another stain it fails, and a negative mends it", shares[1] > shares[0] + 0.2,
      shown=f"{shares[0]:.2f} and {shares[1]:.2f}")

# %% [markdown]
# The network has not learnt what a nucleus is, but what is bright here. It says nothing
# of that: its maps look as sure as before.
#
# ## Stop here
#
# A good place for a break. So far: a mask is judged by what it is for: Dice sees areas,
# the matched share sees objects. A U-Net answers for each pixel; what it is asked to
# learn matters more than its size. It knows one stain.
#
# ## Second sitting: a brain
#
# The *hippocampus* lies on either side of the brain, deep in the temporal lobe. Without
# it no new memories form, and in Alzheimer's disease it shrinks early. It has a front,
# the *anterior* part, and a back, the *posterior* one. Radiologists ask for its volume.

# %% mystnb={"image": {"alt": "Three slices through a brain scan at right angles: from the side, from the front, from above. A grey body with an orange outline, longer than wide, lies under a dark band of fluid."}, "figure": {"caption": "One scan in three planes, with the outline of the hippocampus in orange: from the side, from the front, from above."}}
brains = load("hippocampus")
learn, choose, score = brains.splits.values()
scan, label = learn.x[0, ..., 0], learn.y[0]  # (across, along, up)
middle = [int(np.median(places)) for places in np.nonzero(label)]
planes = [(np.take(one, middle[axis], axis).T[::-1]) for axis in range(3)
          for one in (scan, label > 0)]
plots.outlines(planes[::2], [[plane.astype(int)] for plane in planes[1::2]], columns=3,
               size=2.3, data=brains);

# %% [markdown]
# A scan is a *volume*: its pixels, *voxels*, are here 1 mm wide in each direction. The
# file (NIfTI) says so in its header, with a map from voxels to millimetres (*affine*).
# A program that ignores the header measures in voxels and not in mm³.
#
# The simulated scans show a bent tube in white matter, under fluid. Vessels, folds and
# the cortex in detail are missing. The real ones are from the Medical Segmentation
# Decathlon [4].
#
# ### Grey without a unit

# %%
brightness = np.median(learn.x, axis=(1, 2, 3, 4))
print(f"median grey of a scan: from {brightness.min():,.0f} to {brightness.max():,.0f}")

# %% [markdown]
# In MRI a grey value means nothing by itself; another head has another scale. So each
# volume is standardised by itself, as the U-Net's first layer does.
#
# ### Which two are one head?
#
# Every person has two hippocampi, and the data set has both, mirrored to one side,
# under numbers. Nobody says which belong together. **How could you find out?**

# %%
everyone = [(int(name[-3:]), np.median(x[x > 0])) for part in brains.splits.values()
            for name, x in zip(part.about["name"], part.x)]
grey = dict(everyone)
def apart(first):
    """How far the greys of neighbours lie apart, from an odd (1) or even (0) number."""
    return np.median([abs(np.log(grey[n] / grey[n + 1])) for n in grey
                      if n % 2 == first and n + 1 in grey])

claim("odd and even neighbours are the two sides of one head", apart(1) < apart(0) / 2)
pd.DataFrame({"their greys differ by": [apart(1), apart(0)]},
             index=["1 and 2, 3 and 4, …", "2 and 3, 4 and 5, …"]).round(2)

# %% [markdown]
# The same scan, the same scale: brightness gives the pairs away. No description of the
# real data says so; the reader of this course looks for it, and keeps both sides of a
# head on one side of the split. A split by volume, the usual one, puts one half of a
# brain into training and the other into the test.

# %%
def of_the_lookalike(part, of):
    """The volume of the training scan whose brightness is nearest to each of `part`."""
    dark, volume = (np.concatenate([f(one) for one in of])
                    for f in (lambda s: np.median(s.x, axis=(1, 2, 3, 4)),
                              lambda s: (s.y > 0).sum((1, 2, 3))))
    here = np.median(part.x, axis=(1, 2, 3, 4))
    nearest = np.abs(np.log(here[:, None] / dark[None])).argmin(1)
    return np.corrcoef(volume[nearest], (part.y > 0).sum((1, 2, 3)))[0, 1]

by_volume = load("hippocampus", patient="volume")
leak = of_the_lookalike(by_volume.test, [by_volume.train])
clean = of_the_lookalike(score, [learn])
print(f"correlation with the look-alike's volume: by volume {leak:.2f}, "
      f"by person {clean:.2f}")

# %% [markdown]
# Split by volume, the brightness alone predicts the size of a hippocampus, without
# looking at it. For an outline that hardly helps; for everything that is said of a
# person it does.
#
# ### Baseline: the mean shape
#
# Heads are alike and lie alike. What if we always answer the commonest label of each
# voxel among the training people, and never look at the scan?

# %%
shares_of = np.stack([(learn.y == part).mean(0) for part in range(3)])
mean_shape = np.repeat(shares_of.argmax(0)[None], len(score), axis=0)
parts = {"anterior": 1, "posterior": 2}
for name, k in parts.items():
    agrees = segmentation.dice(score.y == k, mean_shape == k, patient=score.patient)
    print(f"{name}: Dice {agrees:.2f}")

# %% [markdown]
# That is what a Dice is worth here before any network has looked.
#
# ### Three dimensions on two cores
#
# The same U-Net with `Conv3D`, four channels at full size, three classes (background,
# anterior, posterior), and as loss cross-entropy plus the Dice loss of both parts.

# %% tags=["nbval-ignore-output"]
training.set_seed(0)
brain_net = unet((*learn.x.shape[1:4], 1), 3, width=4)
classes = np.eye(3, dtype="float32")
train_net(brain_net, learn.x, classes[learn.y], parts_loss, epochs=5, batch_size=1)
answer = training.predict(brain_net, score.x, batch_size=4).argmax(-1)

# %% tags=["nbval-ignore-output"]
spacing = score.about["spacing"]
table = {}
for system, given in (("mean shape", mean_shape), ("3-D U-Net", answer)):
    for name, k in parts.items():
        pair, who = (score.y == k, given == k), {"patient": score.patient}
        table[f"{system}, {name}"] = [
            f"{segmentation.dice(*pair, **who):.2f}",
            f"{segmentation.hausdorff95(*pair, spacing=spacing, **who):.1f}",
            f"{segmentation.surface_dice(*pair, spacing=spacing, **who):.2f}"]
pd.DataFrame(table, index=["Dice", "HD95, mm", "surface Dice at 1 mm"]).T

# %% [markdown]
# *HD95* is the distance between two edges, in millimetres: from each point of one to
# the nearest of the other, and back, and of these the 95th percentile, since the
# largest is one stray voxel. The *surface Dice* is the share of both edges that lies
# within 1 mm. By all three the network is ahead of the mean shape. Is it more than
# chance?

# %%
gained = [evaluation.bootstrap(lambda a, b: float((a - b).mean()),
                               segmentation.dice_of_each(score.y == k, answer == k),
                               segmentation.dice_of_each(score.y == k, mean_shape == k),
                               patient=score.patient) for k in parts.values()]
claim("the network draws both parts better than the mean shape",
      all(one.clears(0) for one in gained),
      shown=" and ".join(f"{one:+.2f}" for one in gained))

# %% [markdown]
# A part that is missed altogether counts the picture's diagonal in the HD95. Some
# libraries leave it out, and their mean improves the more is missed [5].
#
# ### Exercise 6: a distance in millimetres
#
# Two edges of ten points each lie 2 voxels apart everywhere. The voxels are 3 mm high,
# and the edges are apart in height. What is the HD95 in mm?

# %%
hd95 = ...
ch12.q6.check(hd95)

# %% [markdown]
# ## A volume, and its error
#
# ### Exercise 7: how large is it?
#
# Write a function that takes a label map (0 background, 1 anterior, 2 posterior) and
# the three sides of a voxel in mm, and returns the volume of the hippocampus in
# *millilitres* (1 ml is 1,000 mm³).

# %%
def volume(labels, sides):
    return ...

ch12.q7.check(volume)

# %% [markdown]
# Two ways to measure the same thing, by hand and by network: how far apart are they?
# Bland and Altman draw the difference over the mean. 95 % of differences are expected
# within the *limits of agreement*, the mean difference (*bias*) ± 1.96 sd.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Dots, one a hippocampus: the difference of network and truth over the mean of both volumes. A solid line, the bias, and two dashed lines, the limits of agreement, several hundred cubic millimetres apart."}, "figure": {"caption": "Each dot is a hippocampus: the network's volume less the true one, over their mean, with bias and limits of agreement."}}
mm3 = [(labels > 0).sum((1, 2, 3)) * spacing.prod(1) for labels in (score.y, answer)]
limits = segmentation.agreement(*mm3)
plots.bland_altman(*mm3, low=limits.low, bias=limits.bias, high=limits.high, unit="mm³",
                   data=brains);

# %% [markdown]
# Above the solid line the network measures too much, below it too little. The dashed
# lines enclose nearly all dots. How wide is that, beside a year's loss?

# %% tags=["nbval-ignore-output"]
year = 0.0466  # lost in a year in Alzheimer's disease; controls lose 0.0141 [6]
print(f"bias {limits.bias:+.0f} mm³, limits ± {limits.half:.0f} mm³, "
      f"± {limits.share:.0%}")
claim("the limits of agreement are wider than a year's atrophy", limits.share > year)

# %% [markdown]
# A good mask is not yet a measurement. In Alzheimer's disease a hippocampus loses 4.7 %
# of its volume a year (3.9 to 5.4), in controls 1.4 % (0.5 to 2.3), says a
# meta-analysis [6]. One scan measured by this network cannot tell such a change from
# its error.
#
# ### Has it shrunk?
#
# But a network that errs may err alike twice. We draw twelve heads, and the same heads
# a year later, in another position and with other noise. So we know how much was lost.

# %% tags=["nbval-ignore-output"]
from medlearn.data.images import draw_hippocampi, fitted

def measured(scans):
    x = np.stack([fitted(one, learn.x.shape[1:4], fill=np.median(one))
                  for one in scans["images"]])[..., None]
    found = training.predict(brain_net, x, batch_size=4).argmax(-1) > 0
    return np.maximum(found.sum((1, 2, 3)), 1)  # in voxels, which are 1 mm³ here

first, later = (draw_hippocampi(12, seed=5, years=years) for years in (0, 1))
lost = 1 - later["volume"] / first["volume"]
seen = 1 - measured(later) / measured(first)
ill = first["ill"] == 1
error = seen - lost
print(f"truly lost {lost[ill].mean():.1%} if ill, {lost[~ill].mean():.1%} if not; "
      f"error of one hippocampus: sd {error.std():.1%}")

# %% [markdown]
# Compare the error of one hippocampus with what is lost. For one person the change
# drowns in it if it is as large; the mean of many persons has an error that is smaller
# by the root of their number. That is why such volumes serve in trials, with hundreds
# of people, before they serve at a bedside. (With real scans these heads remain
# simulated, since the Decathlon has one scan a person. A network that learnt from real
# heads does not know them, and then the printed error means nothing.)
#
# ## "99 % for Alzheimer's disease"
#
# Many papers cut scans into slices, split the slices at random, and report such
# figures. On *random labels* such a split reached 96 %, and a split by person 50 % [7].
# We do it again: each head gets a label by coin, and a slice is called what its nearest
# slice is called.

# %%
rng = np.random.default_rng(0)
coin = {who: rng.integers(2) for who in np.unique(learn.patient)}
slices = learn.x[:, 8:16, ::4, ::4, 0].reshape(-1, *learn.x[0, 0, ::4, ::4, 0].shape)
flat = slices.reshape(len(slices), -1)
who = np.repeat(learn.patient, 8)
called = np.array([coin[one] for one in who])

def right(hidden):
    """The share of hidden slices whose nearest other slice has the same label."""
    rows = []
    for n in np.flatnonzero(hidden):
        there = ~hidden if hidden.sum() < len(hidden) else who != who[n]
        distance = np.square(flat[there] - flat[n]).sum(1)
        rows.append(called[there][distance.argmin()] == called[n])
    return np.mean(rows)

by_slice = right(rng.random(len(flat)) < 0.3)
by_person = right(np.ones(len(flat), bool))  # no slice of the same person
claim("random labels are learnt if slices are split at random",
      by_slice > by_person + 0.2)
pd.DataFrame({"labels that are right": [f"{by_slice:.0%}", f"{by_person:.0%}"]},
             index=["split by slice", "split by person"])

# %% [markdown]
# A label by coin cannot be learnt. Split by slice, it is *recognised*: the next slice
# of the same head is in training.
#
# ### Exercise 8: which split leaks
#
# A network shall diagnose people it has never seen. Which splits let it see them in
# training? Give a set of letters. The parts are made at random **A** by slice, **B** by
# volume, where each person has two, **C** by person, **D** by hospital, where nobody
# was in two of them.

# %%
leaking = ...
ch12.q8.check(leaking)

# %% [markdown]
# ## On the real data
#
# `medlearn results nuclei --file PATH` and `medlearn results hippocampus --file PATH`
# train the same nets longer on real pictures and scans, with several seeds, and print
# them beside Otsu, the mean shape and published figures; for the hippocampus split by
# person and by volume. Your own pictures can be given the same way: a folder or a zip
# with `images/` and `masks/`, or volumes in `imagesTr/` and `labelsTr/`.
#
# ## What it must not be used for
#
# It must not measure a patient, neither alone nor as a "second opinion":
#
# - **One stain, one kind of scan.** Others get an answer that looks as sure.
# - **Its volume has an error** larger than what a doctor wants to see.
# - **Its truth is somebody's outline**, or a formula. Hands and rules differ.
# - **It always finds a hippocampus**, also where there is a tumour or a tooth.
#
# It is made for learning.
#
# ## What we learnt
#
# - Dice sees areas, the matched share objects, HD95 edges. Say what an empty mask
#   counts.
# - A threshold is a strong baseline for Dice, and fuses what touches.
# - A U-Net sees far and keeps its place. What it is asked to learn matters most.
# - The sides of one head belong on one side of the split; brightness finds them.
# - A volume has limits of agreement. Compare them with the change you want to see.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | segmentation | saying for each pixel what it belongs to |
# | mask, label map | a picture of answers: yes or no, or a number for each object |
# | Dice, IoU | what two masks share, over their sizes or over what either holds |
# | matched share | objects found, over found, missed and made up |
# | Otsu's threshold | cuts grey values in two so that both sides vary least |
# | skip connection | hands what was seen on the way down to the way up |
# | dilated convolution | a kernel with holes, which sees further |
# | watershed | seeds that grow until they meet |
# | voxel | a pixel of a volume, with three sides in mm |
# | HD95 | the 95th percentile of the distance between two edges |
# | limits of agreement | where 95 % of the differences of two measures are expected |
#
# **Onward**: notebook 6, [*Overfitting*](06_overfitting.ipynb), if you have not been
# there: what to do when a network learns its training pictures by heart.
#
# <details><summary><b>Sources</b></summary>
#
# 1. Nuclei, where real: Caicedo et al., Nat. Methods 16:1247 (2019),
#    doi:10.1038/s41592-019-0612-7, BBBC038, CC0
# 2. Ronneberger et al., MICCAI (2015), arXiv:1505.04597
# 3. Chen et al., arXiv:1706.05587 (2017)
# 4. Scans, where real: Simpson et al., arXiv:1902.09063 (2019), CC BY-SA 4.0
# 5. MONAI, issue 9095: a missed structure becomes NaN and leaves the mean
# 6. Barnes et al., Neurobiol. Aging 30:1711 (2009),
#    doi:10.1016/j.neurobiolaging.2008.01.010
# 7. Yagis et al., Sci. Rep. 11:22544 (2021)
#
# </details>

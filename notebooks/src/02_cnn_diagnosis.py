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
# # 2 · CNN diagnosis: from a pixel to a diagnosis
#
# > A child has had a fever and a cough for two days. Here is the chest film.
# > **Does it show pneumonia? And would you show a doctor what your net says?**
#
# At the end of this notebook you can
#
# - compute a convolution by hand, and say what a net of convolutions sees and how much it has to learn;
# - train such a net, by `fit` and by a loop of your own, with alterations that make anatomical sense;
# - deal with unequal classes, and with few films from another scanner;
# - save the net, load it elsewhere, feed it a DICOM file, and report its result with intervals by patient;
# - show where it looks, find where it fails, and say what it must not be used for.
#
# **Time**: about 2 hours, with the exercises. **You need**: notebook 1 (cross-entropy, Adam, AUROC, the interval).
# **Data**: chest films of children, simulated unless you ask for the real ones. Nothing here is made for use on
# patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` in this cell to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from medlearn import claim, evaluation, load, plots, training
import keras
from medlearn.exercises import ch02
plots.use_style()

# %% [markdown]
# ## The films, and whose they are
#
# `y` is 1 for pneumonia. One child can have several films, and all of them lie in one part; where the source does
# not say whose a film is (the real set does not), each film counts as a child of its own.

# %%
films = load("pneumonia")
x = {part: split.x for part, split in films.splits.items()}  # (films, 28, 28, 1): one channel, grey
y = {part: split.y for part, split in films.splits.items()}
pd.DataFrame({part: {"films": len(split), "children": len(np.unique(split.patient)),
                     "pneumonia": f"{split.y.mean():.0%}"} for part, split in films.splits.items()})

# %% [markdown]
# Two things to keep in mind. Pneumonia is the *common* class here, as it is not in any waiting room; and it is less
# common in the test films than in those we learn from. To use your own films, put them into folders by class, as
# `train/normal/…`, `train/pneumonia/…`, `test/…`, and change one line: `load("pneumonia", file="your/folder")`.
#
# ## Convolution by hand
#
# A net for films must find the same shadow wherever it lies. So it looks at a film through a small window, the
# *kernel*, which it lays on every place in turn: multiply what lies under it by the kernel's numbers, and add.
# With a film $f$ and a kernel $k$ of 3 × 3,
#
# $$g_{ij} = \sum_{a=0}^{2} \sum_{b=0}^{2} k_{ab} \, f_{i+a,\, j+b}.$$

# %%
def convolve(f, k):
    height, width = f.shape[0] - 2, f.shape[1] - 2
    return np.array([[np.sum(k * f[i:i + 3, j:j + 3]) for j in range(width)] for i in range(height)])

edge = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
film = films.train.x[np.flatnonzero(y["train"] == 0)[0], ..., 0] / 255
print("film", film.shape, "→ map", convolve(film, edge).shape)

# %% [markdown]
# The map is two pixels smaller, since the kernel does not hang over the edge; with `padding="same"` a frame of zeros
# prevents that. **What will this kernel find?** On an even patch its numbers cancel. It answers where the film gets
# brighter from left to right (bright below) or darker (dark). A *bank* of kernels asks several questions at once.

# %% mystnb={"image": {"alt": "A chest film and its maps under four kernels. The first shows the vertical outlines of lungs and heart, the second the horizontal ones, such as ribs and diaphragm; the third is the film blurred; the fourth shows small spots and fine edges."}}
bank = {"left to right": edge, "top to bottom": edge.T, "blur": np.ones((3, 3)) / 9,
        "spots": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])}
maps = np.stack([convolve(film, k) for k in bank.values()])
shown = [film] + [m if name == "blur" else 0.5 + m / (2 * np.abs(m).max()) for name, m in zip(bank, maps)]
plots.pictures(shown, titles=["film", *bank], columns=5, data=films);

# %% [markdown]
# Long before nets, films were sharpened with kernels that someone had thought up. A convolutional net
# *learns* its kernels: they are weights like any other. Keras calls such a bank a `Conv2D` layer. **Is it the same
# sum?**

# %%
layer = keras.layers.Conv2D(4, 3, use_bias=False)
layer.build((None, 28, 28, 1))
layer.set_weights([np.stack(list(bank.values()), axis=-1)[:, :, None, :]])  # (3, 3, channels in, kernels)
from_keras = keras.ops.convert_to_numpy(layer(film[None, :, :, None]))[0]   # (26, 26, 4)
claim("Keras's layer gives our four maps", np.allclose(np.moveaxis(from_keras, -1, 0), maps, atol=1e-4))

# %% [markdown]
# (In mathematics a convolution turns the kernel around first. Nets do not, and since the kernel is learnt, nothing
# is lost.) A second layer's kernels lie over *all* maps of the first: a kernel on four maps has 3 × 3 × 4 weights, and
# looks for patterns of edges and spots.
#
# ### Pooling, and how far a net sees
#
# For pneumonia it matters that there is a grey patch, not at which pixel. *Pooling* keeps of every 2 × 2 places the
# largest value, or the mean. What is left is a quarter in size, and small shifts matter less.

# %%
def pool(m):  # maps (n, 26, 26) → (n, 13, 13)
    return m.reshape(len(m), 13, 2, 13, 2).max(axis=(2, 4))

moved = np.stack([convolve(np.roll(film, 1, axis=1), k) for k in bank.values()])
before, after = np.maximum(maps, 0), np.maximum(moved, 0)
change = np.abs(before - after).sum() / before.sum(), np.abs(pool(before) - pool(after)).sum() / pool(before).sum()
print(f"the film moved by one pixel: maps change by {change[0]:.0%}, pooled maps by {change[1]:.0%}")
claim("pooled maps change less when the film moves", change[1] < change[0])

# %% [markdown]
# How much of the film can decide one number of a deep layer, its *receptive field*? Each layer adds
# $(\text{kernel} - 1)$ times the distance, in pixels, between its neighbouring places; each step of 2 doubles that
# distance. For a convolution, a pooling of 2 and a convolution: $3$, then $3 + 1 = 4$, then $4 + 2 \cdot 2 = 8$.
# **Let us count it**: change one pixel at a time, and see which ones move the number in the middle.

# %%
stack = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(1, 3, kernel_initializer="ones"),
                          keras.layers.AveragePooling2D(2), keras.layers.Conv2D(1, 3, kernel_initializer="ones")])
single = np.eye(784).reshape(784, 28, 28, 1)  # 784 films, each with one white pixel
middle = keras.ops.convert_to_numpy(stack(single))[:, 5, 5, 0].reshape(28, 28)
print("rows that matter:", np.flatnonzero(middle.any(axis=1)))
claim("eight pixels across, as the rule says", (middle.any(axis=1).sum(), middle.any(axis=0).sum()) == (8, 8))

# %% [markdown]
# ## Baselines
#
# What must a net beat? First, whoever calls every film *pneumonia*: **what is that accuracy?** Second, a logistic
# regression on the 784 pixels, which has a weight for each place of the film. While we build, we measure on
# `validation`; the test films stay shut until the end.

# %%
from sklearn.linear_model import LogisticRegression

flat = {part: values.reshape(len(values), -1) / 255 for part, values in x.items()}
logistic = LogisticRegression(C=0.01, max_iter=1000).fit(flat["train"], y["train"])
scores = {"logistic regression on pixels": {part: logistic.predict_proba(flat[part])[:, 1] for part in flat}}
always = evaluation.accuracy(y["validation"], np.ones(len(y["validation"]), int))
print(f"always pneumonia: accuracy {always:.2f}, AUROC 0.50")
print(f"logistic regression: AUROC {evaluation.auroc(y['validation'], scores['logistic regression on pixels']['validation']):.2f}")

# %% [markdown]
# ## A first net, and what is wrong with it
#
# Popular articles build this: one convolution with 32 kernels, one pooling, everything laid out in one long row
# (*flatten*), a dense layer of 128. **Where are its weights?**

# %%
from medlearn.models import cnn

training.set_seed(0)
first = cnn.articles_net((28, 28, 1))
pd.DataFrame([(layer.name.split("_")[0], str(layer.output.shape[1:]), layer.count_params()) for layer in first.layers],
             columns=["layer", "gives", "weights"])

# %%
dense = next(layer for layer in first.layers if isinstance(layer, keras.layers.Dense))
claim("one dense layer holds more than 99 % of its weights", dense.count_params() > 0.99 * first.count_params())

# %% [markdown]
# That layer has a weight of its own for every place of every map. What it learns about an opacity in one corner it
# must learn again for the next pixel: the flattening throws away what convolution had won. At 224 pixels, for which
# the articles print it, the same layer has fifty million weights.

# %% tags=["nbval-ignore-output"]
def predict(net, films_in):
    return training.predict(net, films_in)[:, 0]

first.compile("adam", "binary_crossentropy")
training.fit(first, (x["train"], y["train"]), epochs=5, patience=None)
scores["the articles' net"] = {part: predict(first, x[part]) for part in ("validation", "test")}
print(f"AUROC {evaluation.auroc(y['validation'], predict(first, x['validation'])):.2f}")

# %% [markdown]
# ## The course's net
#
# The same few ideas, put together otherwise. Each film is first brought to mean 0 and spread 1, so that its exposure
# does not matter. Five convolutions, with two steps that each halve the film, see far. (*Batch normalisation*
# keeps their outputs in a range that trains well.) And in place of the flattening stands the *mean over all places*:
# wherever the opacity is, it counts the same.

# %%
training.set_seed(0)
net = cnn.course_net((28, 28, 1), width=12)
pd.DataFrame([(layer.name.rstrip("_0123456789"), str(layer.output.shape[1:]), layer.count_params())
              for layer in net.layers if layer.count_params() or "pool" in layer.name],
             columns=["layer", "gives", "weights"])

# %%
print(f"{net.count_params():,} weights, the articles' net {first.count_params():,}")
claim("a net of five convolutions with less than a tenth of the weights", net.count_params() < 0.1 * first.count_params())

# %% [markdown]
# ### Alterations that could happen
#
# Films are few. The next film of the same child would be a little shifted, turned, lighter or grainier, and still
# show the same; so every time the net sees a training film, we alter it a little (*augmentation*). What is altered
# is what must not matter, and that is a medical decision. Validation and test films are left as they are: they stand
# for the next patients.

# %% mystnb={"image": {"alt": "One chest film, four altered copies of it that are slightly shifted, turned, stretched, lighter or grainier, and its mirror image, in which the heart lies on the wrong side."}}
from medlearn.models.augment import Augment

altered = keras.ops.convert_to_numpy(Augment(seed=1)(np.repeat(255 * film[None, :, :, None], 4, axis=0), training=True))
plots.pictures([film, *altered[..., 0].clip(0, 255) / 255, film[:, ::-1]],
               titles=["film", *["could happen"] * 4, "could not"], data=films);

# %% [markdown]
# The last one is mirrored, which many programs do without asking. **Why not here?** Look at the heart: in the mean of
# all normal films it lies to the right of the spine as you look at it, on the child's left. Mirrored, it is
# the film of a child with *situs inversus*, about one in ten thousand: a lesson for a case that hardly ever comes.

# %%
mean_film = films.train.x[y["train"] == 0].mean(axis=0)
claim("in the mean normal film the heart's side of the lower chest is brighter",
      mean_film[12:20, 15:19].mean() > mean_film[12:20, 9:13].mean() + 5)

# %% [markdown]
# ### Training by hand, once
#
# `fit` is a loop, and a short one: take a batch, compute the loss, ask which way each weight should go, take the step.
# The *gradients* are the one thing for which Keras has no word of its own; each backend has its own way. TensorFlow
# plays the net onto a tape and runs it backwards; PyTorch asks the loss (`loss.backward()`); JAX turns a function into
# its gradient (`jax.value_and_grad`).

# %%
def gradients(model, batch, truth):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        p = model(batch, training=True)
        loss = keras.ops.mean(keras.losses.binary_crossentropy(truth[:, None], p))
    return loss, tape.gradient(loss, model.trainable_variables)

# %% tags=["hide-input"]
if keras.backend.backend() == "torch":
    def gradients(model, batch, truth):
        model.zero_grad()
        loss = keras.ops.mean(keras.losses.binary_crossentropy(truth[:, None], model(batch, training=True)))
        loss.backward()
        return loss, [weight.value.grad for weight in model.trainable_variables]

if keras.backend.backend() == "jax":
    import jax

    def gradients(model, batch, truth):
        def loss(weights):
            p, _ = model.stateless_call(weights, [v.value for v in model.non_trainable_variables], batch, training=True)
            return keras.ops.mean(keras.losses.binary_crossentropy(truth[:, None], p))
        return jax.value_and_grad(loss)([v.value for v in model.trainable_variables])

# %% [markdown]
# (The second cell holds the two others, for whoever runs this notebook on them.) Now a small net twice, with the same
# weights: one goes through our loop, the other through `fit`, ten batches of 32 films in the same order.

# %%
def small_net():
    training.set_seed(0)
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255),
                             keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.GlobalAveragePooling2D(),
                             keras.layers.Dense(1, activation="sigmoid")])

by_hand, optimizer, seen = small_net(), keras.optimizers.Adam(0.01), []
for start in range(0, 320, 32):
    truth = y["train"][start:start + 32].astype("float32")
    loss, slopes = gradients(by_hand, x["train"][start:start + 32], truth)  # which way is up
    optimizer.apply(slopes, by_hand.trainable_variables)                   # a step down
    seen.append(float(loss))                                               # the metric: the loss of each batch

# %%
by_fit = small_net()
by_fit.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
history = by_fit.fit(x["train"][:320], y["train"][:320].astype("float32"), batch_size=32, shuffle=False, verbose=0)
same = all(np.allclose(one, other, atol=1e-4) for one, other in zip(by_hand.get_weights(), by_fit.get_weights()))
claim("after ten steps all weights of our loop and of fit agree", same)
claim("and so does the mean loss", np.isclose(np.mean(seen), history.history["loss"][0], atol=1e-3))

# %% [markdown]
# From here on `fit` does it. (`training.fit` is Keras's, with a table of what happened.)
#
# ### Training the course's net
#
# The alterations go in front of the net and are active in training only. The learning rate falls along a cosine to
# zero, so that the last steps are small ones.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Loss over ten epochs on training and on validation films: both fall, the training loss smoothly, the validation loss unevenly at first; at the end they lie close together."}}
epochs = 10
with_alterations = keras.Sequential([keras.Input((28, 28, 1)), Augment(), net])
rate = keras.optimizers.schedules.CosineDecay(4e-3, epochs * -(-len(x["train"]) // 32))
with_alterations.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
table = training.fit(with_alterations, (x["train"], y["train"]), (x["validation"], y["validation"]),
                     epochs=epochs, patience=None)
plots.history(table, data=films);

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "AUROC on the validation films with intervals: logistic regression on pixels and the articles' net low, the course's net clearly higher."}}
scores["the course's net"] = {part: predict(net, x[part]) for part in ("validation", "test")}
on_validation = {name: evaluation.auroc(y["validation"], score["validation"], patient=films.validation.patient)
                 for name, score in scores.items()}
plots.estimates(on_validation, measure="AUROC on the validation films", chance=0.5, data=films);

# %%
claim("on validation films the course's net ranks better than the articles' net and than logistic regression",
      on_validation["the course's net"].value > max(on_validation[name].value for name in list(scores)[:2]))

# %% [markdown]
# ## Another scanner
#
# Here the real films cannot help us, since nobody noted what took them. So this section draws its films, with
# a simulator that can take *the same children* on two scanners: scanner 1 is softer, flatter and grainier, and has a
# dark frame. A net is trained on 800 films from scanner 0. **How will it do on scanner 1?**

# %% mystnb={"image": {"alt": "Twelve simulated films: six children on scanner 0 above, and the same six on scanner 1 below, softer, flatter, grainier, with a dark frame and another mark in the corner."}}
from dataclasses import replace

from medlearn.data.images import draw_films

half = np.arange(800) % 2
source = draw_films(half, seed=1, scanner=0)[0]
same_children = {scanner: draw_films(half[:300], seed=2, scanner=scanner)[0] for scanner in (0, 1)}
shown = [*same_children[0][:6], *same_children[1][:6]]
plots.pictures(shown, titles=["scanner 0"] * 6 + ["scanner 1"] * 6, data=replace(films, simulated=True));

# %% [markdown]
# Several nets will be needed, so we write once how one is trained, from given weights on.

# %%
training.set_seed(0)
student = cnn.course_net((28, 28, 1), width=8)
student.compile(keras.optimizers.SGD(), "binary_crossentropy")
blank = student.get_weights()

def learn(start, films_in, labels, *, epochs, rate):
    """Train the student from these weights on; the learning rate falls to zero."""
    student.set_weights(start)
    falling = keras.callbacks.LearningRateScheduler(lambda epoch: rate * (1 - epoch / epochs))
    training.fit(student, (films_in, labels), epochs=epochs, patience=None, callbacks=[falling])
    return student.get_weights()

def scores_of(weights, films_in):
    student.set_weights(weights)
    return predict(student, films_in)

# %% tags=["nbval-ignore-output"]
trained = learn(blank, source, half, epochs=10, rate=0.3)
on = {scanner: scores_of(trained, taken) for scanner, taken in same_children.items()}
pd.DataFrame({f"scanner {scanner}": {"AUROC": f"{evaluation.auroc(half[:300], s):.2f}",
                                     "called ill, of the ill": f"{np.mean(s[half[:300] == 1] > 0.5):.0%}",
                                     "called ill, of the well": f"{np.mean(s[half[:300] == 0] > 0.5):.0%}"}
              for scanner, s in on.items()})

# %%
drop = evaluation.auroc_difference(half[:300], on[0], on[1])
claim("on the other scanner the same net ranks the same children worse, by at least 0.03", drop.clears(0.03))
claim("and it raises a false alarm for more of the well",
      np.mean(on[1][half[:300] == 0] > 0.5) > np.mean(on[0][half[:300] == 0] > 0.5) + 0.1)

# %% [markdown]
# The children are the same, in the same poses, and no test set from scanner 0 could have shown this. A hospital that
# buys a new machine gets a new net without knowing it.
#
# ### Transfer: a few films of our own
#
# The net has learnt what lungs and opacities look like; must it start again for another source? *Fine-tuning* goes on
# from its weights with a small learning rate. Our hospital has scanner 1 and
# 16, 48 or 112 labelled films; the net is measured on 300 others. **With how few does it pay?**

# %%
own_x, own_y = draw_films(half[:112], seed=4, scanner=1)[0], half[:112]
held_x, held_y = draw_films(half[:300], seed=3, scanner=1)[0], half[:300]
counts, curve = (16, 48, 112), {"fine-tuned": [], "from scratch": []}
for count in counts:
    rounds = max(8, 480 // count)
    for name, start, speed in (("fine-tuned", trained, 0.02), ("from scratch", blank, 0.2)):
        weights = learn(start, own_x[:count], own_y[:count], epochs=rounds, rate=speed)
        curve[name].append(evaluation.auroc(held_y, scores_of(weights, held_x)))

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "AUROC on other films against the number of films learnt from, for fine-tuning and for training from scratch. The fine-tuned net lies far above the one from scratch; a dotted line shows the net as it came."}}
for name, marker in (("fine-tuned", "o-"), ("from scratch", "s--")):
    plt.errorbar(counts, [e.value for e in curve[name]], fmt=marker, capsize=3, label=name,
                 yerr=[[e.value - e.low for e in curve[name]], [e.high - e.value for e in curve[name]]])
plt.axhline(evaluation.auroc(held_y, scores_of(trained, held_x)).value, color="0.4", linestyle=":", label="as it came")
plt.xlabel("films to learn from")
plt.ylabel("AUROC on other films")
plt.legend()
plots.mark(plt.gcf(), data=replace(films, simulated=True))

# %%
claim("with 16 and with 48 films, fine-tuning ranks better than starting from scratch",
      all(curve["fine-tuned"][k].value > curve["from scratch"][k].value for k in (0, 1)))

# %% [markdown]
# Nets that learnt on photographs are used in the same way. How much they help depends on how much is shared: here the
# two sources were drawn by one simulator, which is the easiest case. Whether a head start helps on *your* films is
# a measurement like this one. With thousands of films of one's own, starting from scratch would catch up anyway.
#
# ## When one class is rare
#
# In an ordinary waiting room pneumonia is rare. We make such a room: all normal training films, and one in twenty
# of those with pneumonia. A model trained on it says *normal* too easily. Three remedies are in use: *class weights* let
# a rare case count for several; *resampling* shows it several times; or one trains as ever and *moves the threshold*,
# from one half to the share of the ill. **Which will rank best?**
#
# For a quick comparison we *freeze* the net that learnt on scanner 0 and train its last layer only, which is a
# logistic regression on what the layers before it see. (That is also the cheapest kind of transfer.)

# %%
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

student.set_weights(trained)
frozen = keras.Model(student.input, student.layers[-2].output)
views = {part: keras.ops.convert_to_numpy(frozen(x[part])) for part in ("train", "validation")}  # (films, 32)

well, ill = np.flatnonzero(y["train"] == 0), np.flatnonzero(y["train"] == 1)[::20]
room = np.concatenate([well, ill])
again = np.concatenate([well, np.resize(ill, len(well))])  # each ill film several times
share = len(ill) / len(room)

def last_layer(cases, **options):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000, **options))
    return model.fit(views["train"][cases], y["train"][cases]).predict_proba(views["validation"])[:, 1]

# %% tags=["nbval-ignore-output"]
rare = {"none": (last_layer(room), 0.5), "class weights": (last_layer(room, class_weight="balanced"), 0.5),
        "resampling": (last_layer(again), 0.5), f"threshold {share:.2f}": (last_layer(room), share)}
pd.DataFrame({name: {"AUROC": f"{evaluation.auroc(y['validation'], s):.2f}",
                     "sensitivity": f"{evaluation.sensitivity(y['validation'], s >= cut):.2f}",
                     "specificity": f"{evaluation.specificity(y['validation'], s >= cut):.2f}"}
              for name, (s, cut) in rare.items()}).T

# %%
found = [evaluation.sensitivity(y["validation"], s >= cut).value for s, cut in rare.values()]
area = [evaluation.auroc(y["validation"], s).value for s, cut in rare.values()]
claim("each remedy finds more of the ill", min(found[1:]) > found[0] + 0.03)
claim("none of them ranks better by 0.05 or more", max(area) - area[0] < 0.05)

# %% [markdown]
# What the remedies buy is sensitivity, and they pay with specificity: they move along the ROC curve more than they
# lift it. A threshold does that for nothing, after training, and leaves the probabilities what they are; weights
# and copies distort them (notebook 5 undoes that). Made-up films would be a third kind of copy: notebook 4. And never
# resample before you split, or copies of one film stand on both sides.
#
# ## The result
#
# All is settled but the threshold. We ask that nine in ten of the ill be found, on validation films, and then open
# the test set, once, for all models.

# %% tags=["nbval-ignore-output"]
def decide(score):
    threshold = evaluation.threshold_by_sensitivity(y["validation"], score["validation"], at_least=0.9)
    return (score["test"] >= threshold).astype(int)

decisions = {"always pneumonia": np.ones(len(y["test"]), int)} | {name: decide(score) for name, score in scores.items()}
whose = films.test.patient
result = pd.DataFrame({name: {
    "AUROC": f"{evaluation.auroc(y['test'], scores[name]['test'], patient=whose):.2f}" if name in scores else "0.50",
    "accuracy": f"{evaluation.accuracy(y['test'], y_pred, patient=whose):.2f}",
    "sensitivity": f"{evaluation.sensitivity(y['test'], y_pred, patient=whose):.2f}",
    "specificity": f"{evaluation.specificity(y['test'], y_pred, patient=whose):.2f}"} for name, y_pred in decisions.items()}).T
result

# %%
ahead = [evaluation.auroc_difference(y["test"], scores["the course's net"]["test"], scores[name]["test"], patient=whose)
         for name in list(scores)[:2]]
claim("on the test films the course's net ranks better than both, beyond the interval of the difference",
      all(difference.clears(0) for difference in ahead))
claim("it is more accurate than calling every film pneumonia",
      evaluation.accuracy(y["test"], decisions["the course's net"], patient=whose).clears(y["test"].mean()))

# %% [markdown]
# The sensitivity that was asked for on validation films comes out otherwise on the test films, which differ: fewer
# ill, and in the simulated set half of them from scanner 1. For the real films `medlearn results pneumonia` trains a
# larger net over several seeds and sets it beside published figures.
#
# ## Saved, and loaded elsewhere
#
# A model is used long after its notebook is closed. One file holds layers and weights; whoever loads it needs
# neither this notebook nor `medlearn`. A fresh Python shows whether that is true. (Load only files you trust;
# `safe_mode`, the default, refuses those that bring code.)

# %%
import subprocess
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
net.save(folder / "net.keras")
np.save(folder / "new_films.npy", x["validation"][:20])
program = """
import keras, numpy as np
net = keras.saving.load_model("net.keras")
np.save("scores.npy", net.predict(np.load("new_films.npy"), verbose=0)[:, 0])
"""
subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)
elsewhere = np.load(folder / "scores.npy")
claim("in a fresh process it gives the same scores",
      np.allclose(elsewhere, scores["the course's net"]["validation"][:20], atol=1e-4))

# %% [markdown]
# With `medlearn` at hand, `models.read` reads such a file, and says in one sentence what is wrong with one that is
# damaged, comes from another version of Keras, or, as here, was trained on films of another size.

# %%
from medlearn import models
from medlearn.errors import DataError

try:
    models.read(folder / "net.keras", shape=(64, 64, 1))
except DataError as error:
    print(error)

# %% [markdown]
# A hospital keeps its films as *DICOM*: pixels, and a header that says how to show them and, in real ones, whose they
# are. In a *MONOCHROME1* file high numbers mean dark, the opposite of ours; a program that does not look sees a
# negative. We write such a file, 12 bits deep and eight times as large, and read it with the course's reader.

# %%
import pydicom
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

def write_dicom(path, film):
    header = pydicom.Dataset()
    header.file_meta = pydicom.dataset.FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID, header.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", generate_uid()
    header.PatientName, header.Modality = "Nobody", "DX"
    values = (4095 - np.kron(film.astype(float), np.ones((8, 8))) * 4095 / 255).astype(np.uint16)
    header.Rows, header.Columns, header.SamplesPerPixel = *values.shape, 1
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 12, 11, 0
    header.PhotometricInterpretation, header.PixelData = "MONOCHROME1", values.tobytes()
    header.save_as(path, enforce_file_format=True)

# %% mystnb={"image": {"alt": "A film, the same film as the raw numbers of the DICOM file, in which dark and bright are exchanged, and as the course's reader gives it back, which looks like the film."}}
from medlearn.data.images import read_image

case = int(np.argmax(scores["the course's net"]["validation"]))
write_dicom(folder / "film.dcm", films.validation.x[case, ..., 0])
back = read_image(folder / "film.dcm", pixels=28)
raw = pydicom.dcmread(folder / "film.dcm").pixel_array
plots.pictures([films.validation.x[case], raw[::8, ::8] / 4095, back],
               titles=["film", "as stored in the file", "as read"], columns=3, data=films);

# %% tags=["nbval-ignore-output"]
in_file, negative = predict(net, np.stack([back, 255 - back]))
print(f"read rightly {in_file:.2f}, as a negative {negative:.2f}")

# %%
claim("read from the DICOM file it gets the same score to 0.05", abs(in_file - scores["the course's net"]["validation"][case]) < 0.05)

# %% [markdown]
# A negative gets a score as well, and so would a picture of a cat. The net cannot say that something is not a film.

# %% [markdown]
# ## Where it looks
#
# The net's last step is a mean over places and a weighted sum. So its answer *is* a sum over places, and how much
# each adds can be drawn without any guess: the *class activation map*. With $a_{ijk}$ for channel $k$ of the last
# convolution at place $i, j$, and $w_k$ for its weight,
#
# $$m_{ij} = \sum_k w_k\, a_{ijk}, \qquad p = \sigma\Big(\tfrac{1}{n} \sum_{ij} m_{ij} + b\Big).$$
#
# (*Grad-CAM*, of which one reads more, weighs channels by their gradients. For a net that ends like ours the gradient
# *is* $w_k$, up to a factor.)

# %%
from medlearn.explain import class_activation_map

y_score = scores["the course's net"]["test"]
sure = np.argsort(-np.where(y["test"] == 1, y_score, -1))[:60:10]  # six films with pneumonia that it found
maps = class_activation_map(net, x["test"])
p = 1 / (1 + np.exp(-(maps.mean(axis=(1, 2)) + net.layers[-1].get_weights()[1])))
claim("the mean of each map, plus the bias, is the net's answer", np.allclose(p, y_score, atol=1e-3))

# %% mystnb={"image": {"alt": "Six chest films with pneumonia above; the same films below with the class activation map laid over them in colour: in most, the brightest place lies over the part of a lung that looks grey."}}
figure, axes = plt.subplots(2, 6, figsize=(8.4, 3.2))
for above, below, case in zip(*axes, sure):
    above.imshow(films.test.x[case], vmin=0, vmax=255)
    below.imshow(films.test.x[case], vmin=0, vmax=255)
    below.imshow(maps[case], cmap="viridis", alpha=0.45, extent=(-0.5, 27.5, 27.5, -0.5), interpolation="bilinear")
    above.axis("off"), below.axis("off")
plots.mark(figure, data=films)

# %% [markdown]
# It looks convincing, and that is the danger: a map over the lungs pleases whether or not the net uses it. **So test
# the map.** A net with random weights knows nothing; if its maps look as good, maps prove nothing [1]. And where the
# simulator knows which places have lost their air, we can ask: of two places of a film, one with opacity and one
# without, how often does the map rank them rightly?

# %%
random_net = keras.models.clone_model(net)  # the same layers, weights drawn anew
random_maps = class_activation_map(random_net, x["test"])
alike = np.mean([np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(maps[y["test"] == 1], random_maps[y["test"] == 1])])
claim("the trained net's maps are not those of a net that knows nothing", abs(alike) < 0.7)

# %% tags=["nbval-ignore-output"]
def finds_places(maps, truth):
    """Mean over films: how often an airless place gets a higher value than another."""
    where = truth.reshape(-1, 7, 2, 7, 2).mean(axis=(2, 4)).reshape(len(truth), -1) > 64  # 14 x 14 → 7 x 7
    flat = maps.reshape(len(maps), -1)
    return [evaluation.auroc(w, m).value for w, m in zip(where, flat) if 3 < w.sum() < 46]

if films.simulated:
    is_ill = (y["test"] == 1) & (films.test.about["severity"] > 0.3)
    truth = films.test.about["opacity_map"][is_ill].astype(float)
    ranked = {"trained": np.mean(finds_places(maps[is_ill], truth)), "random": np.mean(finds_places(random_maps[is_ill], truth))}
    print({name: round(float(value), 2) for name, value in ranked.items()})

# %%
if films.simulated:
    claim("the trained net's maps find the airless places better than a random net's",
          ranked["trained"] > ranked["random"] + 0.05)

# %% [markdown]
# Better than nothing, and far from an outline. With a receptive field as wide as the film, a place in the last layer
# has seen much of its surroundings. The map says what the net used, not what is ill, nor whether the net is right. On
# the real films nobody drew the opacities, and the second test cannot be made.
#
# ## Where it fails, and what it must not be used for
#
# - **On another scanner**, as we saw, and on any film unlike those it learnt from: adults, lateral views, a negative, a
#   picture of a cat. It gives all of them a score.
# - **On what nobody labelled.** It knows two words. A tumour, a broken rib or a swallowed coin is *normal* or *pneumonia*.
# - **On faint films**: those at 28 pixels which the eye cannot tell, it cannot either.
# - **By a shortcut.** Marks and tubes in the film can tell hospitals and wards apart, and thereby the ill [2].
#
# It must not decide about a patient, alone or as a "second opinion"; nobody has tried it on a ward, its films are
# small or simulated, its children come from one source, and its label is what a reader saw on a film, not what a child
# had. It is made for learning.
#
# ## Exercises
#
# Each answers you: `check` says what is wrong with an answer, `hint` helps, `solution` shows the code.
#
# **1. A feature map.** Lay the kernel on this patch, without padding. Give the map as a grid.
#
# $$\begin{bmatrix} 0&0&9&9 \\ 0&0&9&9 \\ 0&0&9&9 \\ 0&0&0&0 \end{bmatrix} \qquad
# \begin{bmatrix} -1&0&1 \\ -2&0&2 \\ -1&0&1 \end{bmatrix}$$

# %%
feature_map = ...
ch02.q1.check(feature_map)

# %% [markdown]
# **2. What a layer costs.** A `Conv2D` layer with 16 kernels of 3 × 3 follows one with 8, on a 28 × 28 film. How many
# numbers does it learn?

# %%
parameters = ...
ch02.q2.check(parameters)

# %% [markdown]
# **3. How far it sees.** Write a function that takes the layers as a list of (kernel, stride) and returns the receptive
# field, in pixels across. Pooling counts as a layer: (2, 2).

# %%
def receptive_field(layers):
    return ...

ch02.q3.check(receptive_field)

# %% [markdown]
# **4. Which alterations** would you allow in training a net for chest films? Give a set of letters.
#
# - **A** Shift the film by two pixels. **B** Mirror it, left to right. **C** Change contrast and brightness a little.
# - **D** Turn it upside down. **E** Alter the test films, too, so that they are like the training films.
# - **F** Turn it by five degrees. **G** Black out a random quarter of it.

# %%
allowed = ...
ch02.q4.check(allowed)

# %% [markdown]
# **5. Class weights.** Return a weight for each class, as a dictionary, so that all classes weigh the same in all and
# the mean weight of a case is 1. `y` holds the class of each case, numbered from 0.

# %%
def class_weights(y):
    return ...

ch02.q5.check(class_weights)

# %% [markdown]
# **6. Eight kinds of blood cell.** In BloodMNIST `y` is one of eight. The net then ends in eight outputs with a *softmax*,
# $p_k = e^{z_k} / \sum_j e^{z_j}$, and its loss is the mean of $-\log$ of the probability that the true kind got. Write a
# function that finds the kind of which the smallest share is recognised. `y_score` has one column a kind.

# %% mystnb={"image": {"alt": "Eight stained white blood cells, one of each kind, each under its name, among pale red cells."}}
cells = load("blood", size="small")  # with size="full": the real ones
plots.pictures([cells.train.x[np.argmax(cells.train.y == kind)] for kind in range(8)],
               titles=[name[:13] for name in cells.classes], columns=8, data=cells);

# %%
def worst(y_true, y_score):
    return ...

ch02.q6.check(worst)

# %% [markdown]
# <details><summary><b>To try it on a net of your own</b> (half a minute)</summary>
#
# ```python
# blood_net = cnn.course_net((28, 28, 3), classes=8, width=8)
# model = keras.Sequential([keras.Input((28, 28, 3)), Augment(mirror=True), blood_net])  # cells have no sides
# model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
# training.fit(model, cells.train, cells.validation, epochs=12)
# y_score = blood_net.predict(cells.test.x, verbose=0)
# print(evaluation.averaged(evaluation.auroc, cells.test.y, y_score), cells.classes[worst(cells.test.y, y_score)])
# ```
#
# </details>
#
# **7. The scanner changed.** A net has been in use for twenty weeks, and nobody has labelled a film. `reference` holds its
# scores on 300 films from before, `weeks` those of each week, 150 films a row. Return the first week (from 0) in which
# they come from elsewhere, and −1 if there is none. You will be tried on streams that change in different ways, or not at all.

# %%
def changed(reference, weeks):
    return ...

ch02.q7.check(changed)

# %% [markdown]
# ## What we learnt
#
# - A convolution is a small weighted sum, laid on every place; a layer is a bank of them; the weights do not grow with the film.
# - Flattening gives nearly all weights to one dense layer. The mean over places needs few, and says where the answer comes from.
# - Alterations say what must not matter. A mirrored chest is another anatomy.
# - Weights, resampling and the threshold trade sensitivity for specificity. The threshold does it for nothing.
# - Another scanner is another world; a few films of one's own and a net that has seen lungs go a long way.
# - Choose on validation, open the test set once, give intervals by patient. Test your maps before you trust them.
#
# **Onward**: notebook 3, [*RNN on health records*](03_rnn_ehr.ipynb), where a case is not a picture but a course of two
# days.
#
# <details><summary><b>Sources</b></summary>
#
# Films, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al., Sci. Data 10:41 (2023), CC BY
# 4.0. Cells, where real: Acevedo et al., Data in Brief 30:105474 (2020), as BloodMNIST, ibid. Class activation maps: Zhou
# et al., CVPR (2016), arXiv:1512.04150; Grad-CAM: Selvaraju et al., ICCV (2017), arXiv:1610.02391.
#
# 1. Adebayo et al., NeurIPS (2018), arXiv:1810.03292
# 2. Zech et al., PLoS Med. 15:e1002683 (2018), doi:10.1371/journal.pmed.1002683
#
# </details>

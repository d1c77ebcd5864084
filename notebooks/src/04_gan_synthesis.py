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
# # 4 · GAN synthesis: can we share films of patients who do not exist?
#
# > A university asks a hospital for its chest films. The films are its patients', and may not leave. Somebody
# > proposes: train a net on them, and share what the net makes up.
# > **Are those nobody's films? And is there anything to be learnt from them?**
#
# At the end of this notebook you can
#
# - write down the game that two nets play, find its optimum, and check it numerically;
# - train such a pair with plain `fit`, and prove that both of them learn;
# - tell what went wrong: one net too quick, a generator that makes one film only;
# - say how far made-up films are from real ones, with the distance between real ones beside it;
# - test whether they can teach a net, and whether they give away whose films they were made from.
#
# **Time**: about 2 hours, with the exercises. **You need**: notebook 2, and from notebook 1 the cross-entropy.
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
from medlearn.exercises import ch04
plots.use_style()

# %% [markdown]
# ## The films, and who may see them
#
# A net that has seen a film may remember it. To find out later, some children are kept away from the generator, and
# that is settled now: of the training children it sees seven in ten, `seen`; the others are `kept`.

# %%
from medlearn.data import split_by_patient

films = load("pneumonia")
parts = split_by_patient(films.train.patient, films.train.y, shares=(0.7, 0.3))
seen, kept = (films.train.take(part) for part in parts)
pd.DataFrame({name: {"films": len(split), "children": len(np.unique(split.patient)), "pneumonia": f"{split.y.mean():.0%}"}
              for name, split in {"seen": seen, "kept": kept, "test": films.test}.items()})

# %% [markdown]
# ## A game for two
#
# A *generator* $G$ takes noise $z$, a row of random numbers, and makes a film of it. A *discriminator* $D$ takes a
# film and says how likely it is real. $D$ wants to be right; $G$ wants $D$ to be wrong. This is a *generative
# adversarial network* [1], and its formula says just that:
#
# $$\min_G \max_D \; V(D, G) = \mathbb{E}_x \log D(x) + \mathbb{E}_z \log\big(1 - D(G(z))\big).$$
#
# It is the cross-entropy of notebook 1 with its sign turned, for a classifier with the classes *real* and *made up*.
#
# ### The best discriminator
#
# Suppose a film were one number. Real ones lie densely where $p(x)$ is high, made-up ones where $q(x)$ is. At each
# place $V$ adds up $p \log D + q \log(1 - D)$; its derivative, $p/D - q/(1-D)$, is zero at
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}.$$
#
# **Do you believe it?** Let us try 999 answers at every place.

# %%
from scipy.stats import norm

place = np.linspace(-4, 4, 161)
p, q = norm.pdf(place, 2, 0.5), norm.pdf(place, -1, 1)      # real: around 2, narrow; made up: around −1, wide
answer = np.linspace(0.001, 0.999, 999)[:, None]
value = p * np.log(answer) + q * np.log(1 - answer)         # (answers, places)
best = answer[value.argmax(axis=0), 0]
claim("at every place the best of 999 answers is p / (p + q), to one step of 0.001", np.abs(best - p / (p + q)).max() < 0.0011)

# %% [markdown]
# **What can $G$ do against a perfect $D$?** Put $D^*$ into $V$. Where the made-up films lie exactly as the real ones
# do, it says one half everywhere, and $V = -\log 4$. Otherwise $V$ is higher: $D$ knows something. So $G$ does best
# when $q = p$, and then nobody can tell whose film it is.

# %%
def game_value(mean, spread):
    p, q = norm.pdf(place, 2, 0.5), norm.pdf(place, mean, spread)
    return np.trapezoid(p * np.log(p / (p + q)) + q * np.log(q / (p + q)), place)

for mean, spread in [(-1, 1), (1, 0.5), (2, 1), (2, 0.5)]:
    print(f"made-up films around {mean}, spread {spread}: V = {game_value(mean, spread):.2f}")
claim("with q = p the value is −log 4, and nothing else tried is as low",
      np.isclose(game_value(2, 0.5), -np.log(4), atol=1e-3) and game_value(2, 0.6) > -np.log(4) + 0.01)

# %% [markdown]
# ### Five weights that one can watch
#
# Now let both learn. Our generator has two weights, $G(z) = b + a z$: it shifts and stretches noise. Our
# discriminator has three, $D(x) = \sigma(u_0 + u_1 x + u_2 x^2)$, just enough for the $D^*$ of two bell curves. The
# gradients fit on a line each, and so NumPy is enough. In each round $D$ takes a few steps up, then $G$ takes one.

# %%
z = norm.ppf((np.arange(200) + 0.5) / 200)       # 200 values as evenly drawn as can be: nothing is left to chance
real = 2 + 0.5 * z

def powers(x):
    return np.stack([np.ones_like(x), x - 1, (x - 1) ** 2], axis=-1)

def D(u, x):
    return 1 / (1 + np.exp(-powers(x) @ u))

def up(u, made):
    """A step up V for the discriminator: towards 1 on the real, towards 0 on the made-up."""
    return u + 0.3 * np.mean((1 - D(u, real))[:, None] * powers(real) - D(u, made)[:, None] * powers(made), axis=0)

# %%
def play(rounds, d_steps, b=-1.0, a=1.0):
    """The weights (b, a, u) after each round."""
    u, course = np.zeros(3), [(b, a, np.zeros(3))]
    for _ in range(rounds):
        for _ in range(d_steps):
            u = up(u, b + a * z)
        made = b + a * z
        wanted = (1 - D(u, made)) * (u[1] + 2 * u[2] * (made - 1))   # where each made-up film should move
        b, a = b + 0.05 * np.mean(wanted), a + 0.05 * np.mean(wanted * z)
        course.append((b, a, u))
    return course

course = play(600, d_steps=20)

# %% [markdown]
# **Where will the two end?** The dotted line is the best $D$ against the $G$ of that moment.

# %% mystnb={"image": {"alt": "Four moments of the game in one dimension. At first the made-up bell curve lies far left of the real one, and the discriminator falls from one to zero between them. The made-up curve moves under the real one, first too narrow, then too wide or nearly right; at the end both curves coincide and the discriminator is flat at one half, on the dotted line of the best one."}}
figure, axes = plt.subplots(1, 4, figsize=(9.5, 2.6), sharey=True)
for ax, moment in zip(axes, (5, 30, 80, 600)):
    b, a, u = course[moment]
    p, q = norm.pdf(place, 2, 0.5), norm.pdf(place, b, a)
    ax.fill_between(place, p, alpha=0.3, label="real")
    ax.fill_between(place, q, alpha=0.3, label="made up")
    ax.plot(place, D(u, place), "k-", label="D")
    ax.plot(place, p / (p + q), "k:", label="best D")
    ax.set(title=f"round {moment}", xlabel="x", ylim=(0, 1.5))
axes[0].legend(fontsize=8);

# %%
b, a, u = course[-1]
claim("the generator ends with the mean and the spread of the real films", abs(b - 2) < 0.02 and abs(a - 0.5) < 0.02)
claim("and the discriminator says one half where films lie", np.abs(D(u, real) - 0.5).max() < 0.02)

# %% [markdown]
# Neither net was ever told a mean or a spread. All that $G$ learnt, it learnt from $D$'s slope at its own films.
#
# ### When one is too slow
#
# The value promises an optimum if $D$ is always at its best. We gave it 20 steps a round. **And with one?**

# %% mystnb={"image": {"alt": "Spread of the made-up films over 600 rounds. With 20 steps of the discriminator a round it dips, recovers and stays at one half, the dotted truth. With one step it falls to nearly zero, stays there for long, and then swings far beyond the truth and back."}}
hasty = play(600, d_steps=1)
for name, rounds, line in (("20 steps of D a round", course, "-"), ("1 step", hasty, "--")):
    plt.plot([a for b, a, u in rounds], line, label=name)
plt.axhline(0.5, color="0.4", linestyle=":", label="real films")
plt.xlabel("round")
plt.ylabel("spread of made-up films")
plt.legend();

# %%
spread = np.array([a for b, a, u in hasty])
claim("with a slow discriminator the spread falls to less than a tenth of the real one", spread.min() < 0.05)
claim("and it is still off by more than 0.1 at the end", abs(spread[-1] - 0.5) > 0.1)

# %% [markdown]
# The slow $D$ still likes what lay there some rounds ago, and all made-up films run to the one place that it likes
# best. That is *mode collapse*, in a generator of two weights: made-up films that convince, one by one, and are all
# the same. When $D$ catches up they run elsewhere, and so in circles. No formula was wrong; only the speeds were.
#
# ### A formula with a slope
#
# And if $D$ is perfect from the start? Far from the real films it is sure, $D \approx 0$, and then $\log(1 - D)$ is
# flat: $G$ is told that all it makes is bad, but not which way is better. So in practice $G$ maximises $\log D(G(z))$
# instead, the *non-saturating* loss. It has the same optimum, and it is steep where $G$ is bad. (`play` used it.)

# %% mystnb={"image": {"alt": "Slope that the generator feels, on a logarithmic axis, against the distance between real and made-up films, for a perfect discriminator. The slope of the formula's own loss falls by many powers of ten; that of the non-saturating loss grows."}}
apart = np.linspace(0.1, 4, 40)
log_odds = [norm.logpdf(x := 2 - d + 0.5 * z, 2, 0.5) - norm.logpdf(x, 2 - d, 0.5) for d in apart]
says = 1 / (1 + np.exp(-np.array(log_odds)))             # (distances, films): the best D on made-up films
slopes = {"as in the formula": says * apart[:, None] / 0.25, "non-saturating": (1 - says) * apart[:, None] / 0.25}
for (name, slope), line in zip(slopes.items(), ("-", "--")):
    plt.semilogy(apart, slope.mean(axis=1), line, label=name)
plt.xlabel("distance of the made-up films from the real ones")
plt.ylabel("mean slope")
plt.legend();

# %%
far = {name: slope.mean(axis=1)[-1] for name, slope in slopes.items()}
claim("far away the formula's slope is less than a thousandth of the other", far["as in the formula"] < far["non-saturating"] / 1000)

# %% [markdown]
# ## The pair in Keras
#
# For films both are nets of convolutions. The discriminator is like the classifiers of notebook 2: each step halves
# the film, and at the end stands one number, its *score* $s$, with $D = \sigma(s)$. The generator is the same in
# reverse: a row of 64 random numbers becomes a coarse grid, and each step doubles it.

# %%
from medlearn.models import gan

def pair(**options):
    training.set_seed(0)
    return gan.generator(width=8, **options), gan.discriminator(width=8, **options)

maker, judge = pair()
pd.DataFrame([(net.name, layer.name.rstrip("_0123456789"), str(layer.output.shape[1:]), layer.count_params())
              for net in (maker, judge) for layer in net.layers if layer.count_params() > 100],
             columns=["net", "layer", "gives", "weights"])

# %% [markdown]
# ### A loop that trains nothing
#
# Popular articles, and countless examples, train such a pair so: compile $D$; *freeze* it, so that it stands still
# while $G$ learns; put $D$ behind $G$ and compile both; then call `train_on_batch` for each in turn. **Which nets
# will have moved after ten rounds?** (We also listen for warnings.)

# %%
def loop(maker, judge, rounds=10):
    loss, rng = keras.losses.BinaryCrossentropy(from_logits=True), np.random.default_rng(0)
    judge.compile("adam", loss)
    judge.trainable = False
    both = keras.Sequential([maker, judge])
    both.compile("adam", loss)
    for _ in range(rounds):
        noise = rng.normal(size=(32, 64)).astype("float32")
        made = keras.ops.convert_to_numpy(maker(noise))
        batch = np.concatenate([seen.x[rng.integers(len(seen), size=32)], made])
        loss_of_judge = judge.train_on_batch(batch, np.repeat([[1.0], [0.0]], 32, axis=0))
        both.train_on_batch(noise, np.ones((32, 1)))
    return float(loss_of_judge)

# %%
import warnings

def moved(nets, before):
    return {net.name: sum(not np.array_equal(new, old) for new, old in zip(net.get_weights(), start))
            for net, start in zip(nets, before)}

before = [net.get_weights() for net in (maker, judge)]
with warnings.catch_warnings(record=True) as heard:
    warnings.simplefilter("always")
    loss_of_judge = loop(maker, judge)
by_loop = moved((maker, judge), before)
print("arrays of weights that moved:", by_loop)
print("heard, of training:", *{text for warning in heard if "trainable" in (text := str(warning.message))})

# %%
claim("a loss came back, and no weight of the discriminator moved", np.isfinite(loss_of_judge) and by_loop["discriminator"] == 0)

# %% [markdown]
# Once, `trainable` was looked up when a model was compiled, and the loop worked. Keras 3 looks it up when the model
# trains, and by then $D$ is frozen. It says so, in one line of warning among many. What you get is a generator that
# pleases a discriminator which never learnt anything. So do not trust a loop because losses come back: **test that the
# weights of both nets move.**
#
# ### One step for both, by hand
#
# Both losses can be had in one go, if each is kept from reaching the other net. $D$'s loss sees the made-up films as
# given (`stop_gradient`); $G$'s loss looks through a $D$ whose weights are given. Then their sum can be trained by
# plain `fit`, on any backend. $-\log \sigma(s)$ is `softplus(-s)`, and $-\log(1 - \sigma(s))$ is `softplus(s)`.

# %%
from keras import ops

class Both(keras.Model):
    def __init__(self, maker, judge):
        super().__init__()
        self.maker, self.judge, self.drawn = maker, judge, keras.random.SeedGenerator(0)

    def call(self, real):
        made = self.maker(keras.random.normal((ops.shape(real)[0], 64), seed=self.drawn), training=True)
        of_judge = ops.softplus(-self.judge(real)) + ops.softplus(self.judge(ops.stop_gradient(made)))
        given = [ops.stop_gradient(weight.value) for weight in self.judge.trainable_variables]
        score, _ = self.judge.stateless_call(given, [], made)       # D as it is: only G can learn from this
        self.add_loss(ops.mean(of_judge))
        self.add_loss(ops.mean(ops.softplus(-score)))               # the non-saturating loss
        return score

# %% [markdown]
# The course's `gan.GAN` takes the same step, and knows a few tricks that come below; here they are switched off. The
# same nets, the same 64 films, five steps each.

# %%
some = seen.x[:64].astype("float32")
before = [net.get_weights() for net in pair()]
by_hand, package = Both(*pair()), gan.GAN(*pair(), penalty=0.0, average=0.0)
for model in (by_hand, package):
    model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)   # a few steps: not worth a compilation
    model.fit(some, batch_size=64, epochs=5, verbose=0)
by_step = moved((by_hand.maker, by_hand.judge), before)
print("arrays of weights that moved:", by_step, "of", [len(start) for start in before])

# %%
ours = [*by_hand.maker.get_weights(), *by_hand.judge.get_weights()]
theirs = [*package.generator.get_weights(), *package.discriminator.get_weights()]
claim("all weights of both nets moved", list(by_step.values()) == [len(start) for start in before])
claim("and the package's are the same as ours", all(np.allclose(one, other, atol=1e-3) for one, other in zip(ours, theirs)))

# %% [markdown]
# ## What the tricks are for
#
# On films one cannot count what a generator leaves out. So first a world in which one can: points in the plane, in
# eight heaps on a ring, as if there were eight kinds of film. How many of the eight will a generator make? Four
# tricks, and each will be switched off:
#
# | trick | the idea |
# |---|---|
# | non-saturating loss | a slope where $G$ is bad (above) |
# | gradient penalty | $D$'s score must not be steep around a real point: so it is never quite sure, and leaves a slope everywhere [2] |
# | label smoothing | ask $D$ for 0.9 on the real ones in place of 1 [3] |
# | balanced rates | let $D$ learn faster than $G$, so that it is near its best when $G$ asks it [4] |
#
# (Another way to keep $D$ from being steep is *spectral normalisation* [5]: divide each layer's weights by the most
# they can stretch their input; `gan.discriminator(spectral=True)` does that.)
#
# One ring tells little: another start could end otherwise. So five pairs of nets for each recipe, and all side by
# side: `EinsumDense` is a `Dense` layer with one more axis, here for the pairs. They share nothing. A pair whose
# weights are counted `speed` times learns that much faster, since Adam moves each weight by about the learning rate
# whatever the loss.

# %%
from keras import layers

PAIRS = 5  # for each recipe
full = {"saturating": 0, "penalty": 0.1, "smoothing": 0.1, "speed": 6}
recipes = {"all tricks": full, "formula's loss": full | {"saturating": 1}, "no smoothing": full | {"smoothing": 0},
           "no penalty": full | {"penalty": 0}, "a slow D": full | {"speed": 0.2}}
chosen = {name: np.repeat([recipe[name] for recipe in recipes.values()], PAIRS).astype("float32") for name in full}
nets = len(recipes) * PAIRS

def side_by_side(inputs, outputs, speed):
    """Two hidden layers of 32 for each of `nets` nets: (n, nets, …) in, (n, nets, outputs) out."""
    def dense(h, units):
        spread = ops.convert_to_tensor(np.sqrt(2 / h.shape[-1]) / speed[:, None, None], "float32")
        h = layers.EinsumDense("bsi,sij->bsj", (nets, units), bias_axes="sj",
                               kernel_initializer=lambda shape, dtype=None: spread * keras.random.normal(shape))(h)
        return layers.Rescaling(speed[:, None])(h)
    h = layers.LeakyReLU(0.2)(dense(inputs, 32))
    return keras.Model(inputs, dense(layers.LeakyReLU(0.2)(dense(h, 32)), outputs))

# %%
class Rings(keras.Model):
    """As `Both`, for many pairs at once, each with its own recipe."""
    def __init__(self):
        super().__init__()
        self.maker = side_by_side(keras.Input((nets, 4)), 2, np.ones(nets, "float32"))
        self.judge = side_by_side(keras.Input((nets, 2)), 1, chosen["speed"])
        self.drawn = keras.random.SeedGenerator(0)

    def call(self, real):
        made = self.maker(keras.random.normal((ops.shape(real)[0], nets, 4), seed=self.drawn))
        nearby = real + 0.05 * keras.random.normal(ops.shape(real), seed=self.drawn)
        on_real, on_made, on_nearby = (self.judge(points)[..., 0] for points in (real, ops.stop_gradient(made), nearby))
        given = [ops.stop_gradient(weight.value) for weight in self.judge.trainable_variables]
        score = self.judge.stateless_call(given, [], made)[0][..., 0]
        smooth, saturating, penalty = map(ops.convert_to_tensor, (chosen[name] for name in ("smoothing", "saturating", "penalty")))
        of_judge = (1 - smooth) * ops.softplus(-on_real) + smooth * ops.softplus(on_real) + ops.softplus(on_made)
        slope = (on_nearby - on_real) / 0.05
        of_maker = (1 - saturating) * ops.softplus(-score) - saturating * ops.softplus(score)
        self.add_loss(ops.mean(ops.sum(of_judge + penalty / 2 * slope**2 + of_maker, axis=1)))
        return score

# %%
rng, steps = np.random.default_rng(0), 700
turn = np.arange(8) * np.pi / 4
centres = 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
points = centres[rng.integers(8, size=(64 * steps, nets))] + rng.normal(0, 0.1, (64 * steps, nets, 2))
training.set_seed(0)
rings = Rings()
optimizer = keras.optimizers.Adam(6e-3, beta_1=0.5, beta_2=0.99, use_ema=True, ema_momentum=0.98)
at_once = 1 if keras.backend.backend() == "torch" else 25         # steps in one go, which PyTorch cannot
rings.compile(optimizer, steps_per_execution=at_once)
rings.fit(points.astype("float32"), batch_size=64, verbose=0)
dreamt = keras.ops.convert_to_numpy(rings.maker(rng.normal(size=(500, nets, 4)).astype("float32")))

# %% [markdown]
# (`use_ema` makes the points with a running mean of the weights, since in a game they never come to rest.) A heap
# counts as found if at least 2 in 100 of the made-up points lie in it. **Which trick will be missed most?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Five pictures of points, one pair of each recipe; grey rings mark the eight heaps. With all tricks, with the formula's loss and without smoothing the points go all around the ring, many of them in the heaps. Without the penalty heaps on one side are left out. With a slow discriminator the points are scattered or lie in one patch."}}
distance = np.linalg.norm(dreamt[:, :, None] - centres, axis=-1)                     # (points, nets, heaps)
share = ((distance < 0.5) & (distance == distance.min(axis=-1, keepdims=True))).mean(axis=0)  # (nets, heaps)
found = (share >= 0.02).sum(axis=1).reshape(-1, PAIRS)
figure, axes = plt.subplots(1, 5, figsize=(8.4, 2), sharey=True)
for number, (ax, name) in enumerate(zip(axes, recipes)):
    ax.scatter(*centres.T, s=120, facecolors="none", edgecolors="0.6")
    ax.scatter(*dreamt[:200, number * PAIRS + 1].T, s=2)
    ax.set(title=name, xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect="equal")

# %% tags=["nbval-ignore-output"]
pd.DataFrame({"heaps found, of 8": [f"{evaluation.over_seeds(row):.1f}" for row in found],
              "each pair": [", ".join(map(str, row)) for row in found],
              "points in a heap": [f"{part.mean():.0%}" for part in share.sum(axis=1).reshape(-1, PAIRS)]}, index=recipes)

# %%
mean_found = dict(zip(recipes, found.mean(axis=1)))
claim("with all tricks at least seven heaps are found on average", mean_found["all tricks"] >= 7)
claim("so do the formula's loss, and no smoothing", min(mean_found["formula's loss"], mean_found["no smoothing"]) >= 7)
claim("with a slow discriminator more than one heap is lost", mean_found["a slow D"] < mean_found["all tricks"] - 1)
claim("and without the penalty, more than half a heap on average", mean_found["no penalty"] < mean_found["all tricks"] - 0.5)

# %% [markdown]
# Behind a slow $D$ the generator runs from place to place, as ours with two weights did, and never settles. Without
# the penalty $D$ grows so sure that heaps which were missed at the start may stay missed: mode collapse again, and
# worse to notice, since the points that *are* made lie in heaps as often as before. Who looks at samples one by one
# does not see it. And two famous tricks hardly matter *here*: as long as $D$ is kept from being sure, even the
# formula's own loss has a slope. Tricks do not add up, and each must be measured beside the others.

# %% [markdown]
# ## Films that nobody took
#
# First a baseline, as always. What is the simplest generator of films? The mean film, plus the main directions in
# which films differ from it, each by chance: $G(z) = b + A z$, as in one dimension, only with more numbers. In
# statistics that is a normal distribution of the pixels, cut off after 32 principal components (notebook 1).

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Six chest films drawn from a normal distribution of the pixels: lungs and heart can be recognised, but everything is soft, without ribs, and in places as if two children lay over one another."}}
def plain(x, y, latent=32):
    """The mean film of each class, (2, 784), and the main directions in which films differ from it, (latent, 784)."""
    rows = x.reshape(len(x), -1) / 127.5 - 1
    means = np.stack([rows[y == label].mean(axis=0) for label in (0, 1)])
    _, spread, directions = np.linalg.svd((rows - means[y]) / np.sqrt(len(rows)), full_matrices=False)
    return means, spread[:latent, None] * directions[:latent]

means, directions = plain(seen.x, seen.y)
made_y = np.random.default_rng(2).permutation(seen.y)            # as many of each class as the generator sees
noise = np.random.default_rng(3).normal(size=(len(made_y), 32))
baseline = (127.5 + 127.5 * (means[made_y] + noise @ directions)).clip(0, 255).reshape(-1, 28, 28, 1).astype("uint8")
plots.pictures(baseline[:6], titles=["baseline"] * 6, data=films);

# %% [markdown]
# Not bad, and not sharp: **what would you look at to tell them from real ones?** Let a discriminator find out. Our
# generator begins as the baseline, since for films from nothing `gan.generator` needs many more steps (`medlearn
# results gan` takes them), and we have a few seconds. Behind $b + A z$ stand convolutions that correct the film, at
# first by nothing. All of it learns.
#
# Both nets are given the class as well: $G$ makes a film *for* "pneumonia", and $D$ is told what it was made for, so
# that a normal film under the wrong name does not pass. This is *conditional* generation.

# %%
def film_maker():
    noise, asked = keras.Input((32,)), keras.Input((), dtype="int32")
    by_class, by_noise = layers.Embedding(2, 784, name="class_code"), layers.Dense(784, use_bias=False)
    film = layers.Reshape((28, 28, 1))(layers.Add()([by_class(asked), by_noise(noise)]))  # b + A z
    h = layers.Conv2D(8, 4, strides=2, padding="same", use_bias=False)(film)              # (14, 14, 8)
    h = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(h))
    h = layers.Conv2D(16, 3, padding="same", use_bias=False)(h)
    h = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(h))
    h = layers.Conv2DTranspose(1, 4, strides=2, padding="same", kernel_initializer="zeros")(h)
    film = layers.ReLU(max_value=255)(layers.Rescaling(127.5, 127.5)(layers.Add()([film, h])))
    return keras.Model([noise, asked], film, name="generator")

training.set_seed(0)
model = gan.GAN(film_maker(), gan.discriminator(classes=2, width=12), penalty=0.1, average=0.98)
model.compile(gan.TwoRates(3e-4, ratio=8))
model.generator.count_params(), model.discriminator.count_params()

# %% [markdown]
# `gan.GAN` takes the steps of `Both`, with the penalty and the two rates of above. It too keeps a running mean of
# $G$'s weights and makes its films with that. While it trains, films are drawn from the same four rows of noise,
# again and again.

# %% tags=["nbval-ignore-output"]
fresh = model.get_weights()

def begin_with(x, y):
    """Every weight as it was before training, and the generator as the baseline of these films."""
    model.set_weights(fresh)
    for net in (model.generator, model.averaged):
        by_class, by_noise = (layer for layer in net.layers if layer.count_params() >= 2 * 784)
        by_class.set_weights([plain(x, y)[0]]), by_noise.set_weights([plain(x, y)[1]])

def draw(model):
    drawn.append([model.decode(noise[:4], np.full(4, label))[..., 0] for label in (0, 1)])

class Watch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch % 20 == 0:
            draw(self.model)

drawn, steps = [], 220
begin_with(seen.x, seen.y)
before = [net.get_weights() for net in (model.generator, model.discriminator)]
draw(model)
history = model.fit(seen.x, seen.y, batch_size=32, epochs=-(-steps // (len(seen) // 32)), verbose=0,
                    callbacks=[Watch()]).history
by_fit = moved((model.generator, model.discriminator), before)
print({name: round(values[-1], 2) for name, values in history.items()})

# %%
claim("again all weights of both nets moved", list(by_fit.values()) == [len(start) for start in before])

# %% [markdown]
# **Which of these were taken, and which made up?** Decide before you run the next cell.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Sixteen small chest films, numbered from 0 to 15, real and made up in mixed order. In the made-up ones, too, one recognises two dark lungs, the heart and the diaphragm; some are grainier or less sharp than the others."}}
made = model.decode(noise, made_y)      # from the same noise as the baseline
is_made = np.random.default_rng(3).permutation(16) < 8
shown = [made[k] if is_made[k] else kept.x[k] for k in range(16)]
plots.pictures(shown, titles=[str(k) for k in range(16)], columns=8, data=films);

# %%
print("made up:", *np.flatnonzero(is_made))

# %% [markdown]
# ### Watching it learn
#
# Each column is one row of noise; above it is asked for a normal film, below for one with pneumonia. The picture
# moves, on GitHub and on Colab too: it is an *animated PNG*. Whatever cannot play it shows its first picture, which
# is a strip: one noise, from the first round to the last.

# %%
import io
from IPython.display import Image
from PIL import Image as Sheet, ImageDraw

def sheet(above, below):
    """Two rows of films as one picture, each pixel three wide; 16 shades of grey keep the file small."""
    rows = np.vstack([np.hstack([np.pad(film, 1) for film in row]) for row in (above, below)]) // 16 * 17
    rows = np.pad(np.kron(rows, np.ones((3, 3), np.uint8)), ((0, 13), (0, 0)), constant_values=255)
    picture = Sheet.fromarray(rows)
    if films.simulated:
        ImageDraw.Draw(picture).text((rows.shape[1] - 82, rows.shape[0] - 12), plots.STAMP, fill=90)
    return picture

def moving(strip, frames, milliseconds):
    """An animated PNG; where nothing moves, the strip is seen."""
    file = io.BytesIO()
    strip.save(file, "PNG", save_all=True, append_images=frames, duration=milliseconds, loop=0, default_image=True)
    return Image(file.getvalue())

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two rows of four films, normal above and pneumonia below, which change while the generator learns: soft at first, then with more contrast, edges and grain."}}
moments = np.linspace(0, len(drawn) - 1, 4).astype(int)
strip = sheet(*([drawn[moment][label][0] for moment in moments] for label in (0, 1)))
frames = [drawn[moment] for moment in np.linspace(0, len(drawn) - 1, 8).astype(int)]
moving(strip, [sheet(*rows) for rows in frames], 500)

# %% [markdown]
# ### A walk through the noise
#
# Between two rows of noise lie others, and each is a film. If the generator had only learnt a few films by heart, it
# would jump from one to the next on the way. We walk in a circle, $z(t) = \cos t \, z_1 + \sin t \, z_2$, so that the
# noise keeps its length. **Will it jump?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two rows of four films, normal above and pneumonia below, which change smoothly into one another: lungs grow and shrink, the body moves, the exposure changes, and after a round they are back where they began."}}
first, second = np.random.default_rng(4).normal(size=(2, 4, 32))
turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
path = np.stack([np.cos(t) * first + np.sin(t) * second for t in turns])             # (12, 4, 32)
walk = [np.stack([model.decode(part, label)[..., 0] for part in path]) for label in (0, 1)]  # (12, 4, 28, 28) each
strip = sheet(*(row[:4, 0] for row in walk))
moving(strip, [sheet(*rows) for rows in zip(*walk)], 200)

# %%
def apart(one, other):
    return np.sqrt(np.mean((one.astype(float) - other) ** 2, axis=(-2, -1)))

steps_apart = apart(walk[1], np.roll(walk[1], 1, axis=0))       # (12, 4): from each film to the next
two_made = apart(made[:200], made[200:400]).mean()
claim("no step of the walk is as far as two films made at random are apart", steps_apart.max() < two_made)

# %% [markdown]
# ## The contrast: an autoencoder
#
# A *variational autoencoder* [6] plays no game. One net, the encoder, turns a film into a short code and says how
# sure it is of it; another draws the film again from a code within that blur. It learns to draw well, and to keep all
# codes together so that they look like noise; then noise can be drawn, too. The loss is a plain error of pixels, and
# so it simply falls. **What will films look like that are right on average?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Three rows of six chest films. Real ones with crisp ribs and edges above; made up by the GAN in the middle; by the autoencoder below: lungs and heart in their places, but soft as seen through frosted glass, without ribs."}}
from medlearn.models.vae import VAE

training.set_seed(0)
code = keras.Input((12,))
h = layers.Dense(784, "sigmoid")(layers.Dense(128, "relu")(code))    # a plain net draws; convolutions would take longer
vae = VAE(keras.Model(code, layers.Rescaling(255)(layers.Reshape((28, 28, 1))(h))))
vae.compile(keras.optimizers.Adam(2e-3))
vae.fit(seen.x, batch_size=32, epochs=-(-150 // (len(seen) // 32)), verbose=0)
vae_made = vae.sample(len(seen))
plots.pictures([*kept.x[:6], *made[:6], *vae_made[:6]], titles=["real"] * 6 + ["GAN"] * 6 + ["autoencoder"] * 6, data=films);

# %% tags=["nbval-ignore-output"]
def detail(x):
    """How much neighbouring pixels differ, on average."""
    x = x.astype(float)
    return np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean()

print({name: round(float(detail(x)), 1) for name, x in {"real": kept.x, "baseline": baseline, "GAN": made, "autoencoder": vae_made}.items()})

# %%
claim("the autoencoder's films have less than 0.8 of the detail of real ones", detail(vae_made) < 0.8 * detail(kept.x))
claim("the GAN's films have more than the baseline's, made from the same noise", detail(made) > 1.1 * detail(baseline))

# %% [markdown]
# Where a rib could lie here or a little lower, the film with the least error has half a rib in both places. A
# discriminator sees at once that no real film looks so; an error of pixels does not. On the other hand the
# autoencoder cannot leave out a kind of film, since it must redraw all of them, and nothing in it runs in circles.

# %% [markdown]
# ## How far from real?
#
# The loss cannot say whether the films are good: it says how well *this* discriminator tells them. The eye is easily
# pleased. So films are compared as *clouds*. A net that can read films turns each into a row of features, and we ask
# how far the cloud of made-up films lies from that of real ones. The reader is a classifier as in notebook 2, without
# its last layer.

# %% tags=["nbval-ignore-output"]
from medlearn.models import cnn
from medlearn.models.augment import Augment

training.set_seed(0)
reader = cnn.course_net(width=8)
learner = keras.Sequential([keras.Input((28, 28, 1)), Augment(), reader])
learner.compile(keras.optimizers.Adam(4e-3), "binary_crossentropy")
untaught = learner.get_weights()

def taught_by(x, y, epochs=5):
    """AUROC on the real test films of a classifier that learnt from these."""
    learner.set_weights(untaught)
    falling = keras.callbacks.LearningRateScheduler(lambda epoch: 4e-3 * (1 - epoch / epochs))
    training.fit(learner, (x, y), epochs=epochs, patience=None, callbacks=[falling])
    y_score = training.predict(reader, films.test.x)[:, 0]
    return evaluation.auroc(films.test.y, y_score, patient=films.test.patient)

taught = {"real films": taught_by(seen.x, seen.y)}
body = keras.Model(reader.input, reader.layers[-2].output)

def features(x):
    return training.predict(body, x)

middle, width = features(seen.x).mean(axis=0), features(seen.x).std(axis=0) + 1e-6

def standardised(x):
    return (features(x) - middle) / width

# %% [markdown]
# The *Fréchet distance* takes each cloud for a bell curve, with mean $m$ and covariance $S$, and adds up what their
# means and their spreads differ by:
#
# $$|m - n|^2 + \mathrm{tr}\big(S + T - 2\,(ST)^{1/2}\big).$$
#
# The *kernel distance* compares all pairs: are two made-up films as alike, and two real ones, as a real and a made-up
# one? With $k(a, b) = (a \cdot b / d + 1)^3$, for features of length $d$, it notices means, spreads and skews.

# %%
from scipy.linalg import sqrtm

def frechet(one, other):
    (m, S), (n, T) = ((cloud.mean(axis=0), np.cov(cloud.T)) for cloud in (one, other))
    return np.sum((m - n) ** 2) + np.trace(S + T - 2 * sqrtm(S @ T).real)

def kernel(one, other):
    def k(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3
    within = sum((k(c, c).sum() - np.trace(k(c, c))) / (len(c) * (len(c) - 1)) for c in (one, other))
    return within - 2 * k(one, other).mean()

real, unreal = standardised(kept.x), standardised(made[:len(kept)])
claim("the package computes what we computed by hand",
      np.isclose(frechet(real, unreal), evaluation.frechet_distance(real, unreal), rtol=1e-3)
      and np.isclose(kernel(real, unreal), evaluation.kernel_distance(real, unreal), rtol=1e-6))

# %% [markdown]
# **Is 3 a small distance?** A number alone says nothing. So beside it belongs the distance between *real* films and
# real films, the *floor*: half of the kept children against the other half. Nothing can be asked to come nearer than
# that. We draw the halves ten times, and hold other things against a half as well: the baseline, the autoencoder,
# real films blurred, and only those with pneumonia.

# %% tags=["nbval-ignore-output"]
from scipy.ndimage import gaussian_filter

halves = [split_by_patient(kept.patient, kept.y, shares=(0.5, 0.5), seed=seed) for seed in range(10)]
size = min(len(half) for pair_of in halves for half in pair_of)
candidates = {"GAN": made, "baseline": baseline, "autoencoder": vae_made,
              "real, blurred": gaussian_filter(kept.x.astype(float), (0, 0.7, 0.7, 0)), "real, only pneumonia": kept.x[kept.y == 1]}

def from_halves(cloud=None):
    """Both distances from each half: of the other half, or of as many films of a cloud."""
    rng, far = np.random.default_rng(0), []
    for one, other in halves:
        against = real[other[:size]] if cloud is None else cloud[rng.permutation(len(cloud))[:size]]
        far.append([measure(real[one[:size]], against) for measure in (evaluation.frechet_distance, evaluation.kernel_distance)])
    return np.array(far)

far = {"real films: the floor": from_halves()} | {name: from_halves(standardised(x)) for name, x in candidates.items()}
pd.DataFrame({name: [f"{evaluation.over_seeds(values):.2f}" for values in both.T] for name, both in far.items()},
             index=["Fréchet distance", "kernel distance"]).T

# %%
floor = far["real films: the floor"].mean(axis=0)
further = (far["GAN"] - far["real films: the floor"])[:, 0]
claim("by the Fréchet distance the made-up films lie further from real ones than real ones do, on average", further.mean() > 0)

# %% [markdown]
# The floor of the Fréchet distance is not 0, though both halves are real: with few films the covariances are off by
# chance, and always in the same direction. **How does the floor change with fewer films?** The kernel distance is
# built so that chance cancels out.

# %% tags=["nbval-ignore-output"]
few = [evaluation.frechet_distance(real[one[:25]], real[other[:25]]) for one, other in halves]
print(f"Fréchet floor with {size} films {floor[0]:.2f}, with 25 films {np.mean(few):.2f}")

# %%
claim("with 25 films the Fréchet floor more than doubles", np.mean(few) > 2 * floor[0])

# %% [markdown]
# So never compare two Fréchet distances from different numbers of films, nor from different readers; and never read
# one without its floor.
#
# ## Can they teach?
#
# A hard test: *train on synthetic, test on real*. The same classifier learns once from the films that the generator
# has seen, once from as many that it made, and is measured on real test films. **What will be lost on the way?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "AUROC on real test films of the same classifier, with intervals: taught by real films it is highest; taught by made-up films it is lower, but above the dotted line of chance."}}
taught["made-up films"] = taught_by(made, made_y)
plots.estimates(taught, measure="AUROC on real test films", chance=0.5, data=films);

# %%
claim("taught by made-up films alone, the classifier ranks real ones better than chance", taught["made-up films"].clears(0.5))
claim("taught by the real ones it ranks better", taught["real films"].value > taught["made-up films"].value + 0.02)

# %% [markdown]
# The made-up films can hold no more about pneumonia than the films that $G$ has seen, since it knows nothing else;
# and some was lost. So "more films" from a generator is not more evidence.
#
# ### When there are few real ones
#
# Where they may help is elsewhere. The university has a few films of its own, and gets the hospital's made-up ones.
# The kept children are its patients: it has 20, 40, 80 or 160 of their films. The classifier is a *ridge regression*
# (notebook 6), a weighted sum of pixels for which there is a formula, so that we can draw ten universities for each
# number. (Its L2 grows with the number of films. Otherwise more rows would also mean less L2, and a gain could be due
# to that.)

# %%
def flat(x):
    """Each film as one row of 196: at half its resolution, with mean 0 and spread 1."""
    x = np.asarray(x, float).reshape(len(x), 14, 2, 14, 2).mean((2, 4)).reshape(len(x), -1)
    return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)

def ridge_auroc(x, y):
    """AUROC on the test films of the ridge regression of these, with half a unit of L2 for each film."""
    x, x_new = (np.c_[np.ones(len(part)), part] for part in (x, x_test))
    w = np.linalg.solve(x.T @ x + 0.5 * len(x) * np.eye(x.shape[1]), x.T @ (2.0 * y - 1))
    return evaluation.auroc(films.test.y, x_new @ w).value

x_kept, x_made, x_seen, x_test = (flat(x) for x in (kept.x, made, seen.x, films.test.x))
counts, draws = (20, 40, 80, 160), 10
own = {count: [np.random.default_rng(seed).permutation(len(kept))[:count] for seed in range(draws)] for count in counts}
added = {"own films only": (x_made[:0], made_y[:0]), "and the made-up ones": (x_made, made_y), "and the hospital's real ones": (x_seen, seen.y)}
curve = {name: [evaluation.over_seeds([ridge_auroc(np.vstack([x_kept[few], x]), np.append(kept.y[few], y)) for few in own[count]])
                for count in counts] for name, (x, y) in added.items()}

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "AUROC on real test films against the number of own films, from 20 to 160, three lines with intervals: with own films only it rises from low; with the made-up films, and with the hospital's real ones, it lies far above at the left and still above at the right."}}
for (name, line), style in zip(curve.items(), ("o-", "s--", "^:")):
    plt.errorbar(counts, [e.value for e in line], fmt=style, capsize=3, label=name,
                 yerr=[[e.value - e.low for e in line], [e.high - e.value for e in line]])
plt.xscale("log")
plt.xticks(counts, counts)
plt.minorticks_off()
plt.xlabel("own real films")
plt.ylabel("AUROC on real test films")
plt.legend()
plots.mark(plt.gcf(), data=films)

# %% tags=["nbval-ignore-output"]
gain = evaluation.over_seeds([ridge_auroc(np.vstack([x_kept[few], x_made]), np.append(kept.y[few], made_y))
                              - ridge_auroc(x_kept[few], kept.y[few]) for few in own[20]])
late = evaluation.over_seeds([ridge_auroc(np.vstack([x_kept[few], x_made]), np.append(kept.y[few], made_y))
                              - ridge_auroc(x_kept[few], kept.y[few]) for few in own[160]])
print(f"gain from the made-up films: with 20 own films {gain:.2f}, with 160 {late:.2f}")

# %%
claim("the fewer films of one's own, the more the made-up ones are worth", gain.value > late.value)
claim("even with 160 of one's own they help", late.clears(0))

# %% [markdown]
# What helps is what some 700 other films have taught the generator; those films themselves would do about as well. (A
# weighted sum of pixels needs only means and covariances, and those a generator hands on best.) **Can a university
# with 64 films help itself, by a generator of its own?** That is what one reads most often: "we enlarged our data by
# synthetic films". We take 64 kept films and train the same pair on these alone.

# %% tags=["nbval-ignore-output"]
few = own[80][0][:64]
begin_with(kept.x[few], kept.y[few])
model.fit(kept.x[few], kept.y[few], batch_size=32, epochs=30, verbose=0)
home_y = np.resize(kept.y[few], 640)
home_made = model.sample(len(home_y), home_y)
alone = ridge_auroc(x_kept[few], kept.y[few])
enlarged = ridge_auroc(np.vstack([x_kept[few], flat(home_made)]), np.append(kept.y[few], home_y))
with_ours = ridge_auroc(np.vstack([x_kept[few], x_made]), np.append(kept.y[few], made_y))
print(f"AUROC with 64 films {alone:.2f}, with 640 made from them as well {enlarged:.2f}, with the hospital's made-up ones {with_ours:.2f}")

# %%
claim("films made from one's own 64 help less than the hospital's made-up ones, by more than 0.01", with_ours - enlarged > 0.01)

# %% [markdown]
# One generator, one draw: no proof, but no surprise. A generator adds no patients. (What little is gained, plain
# alterations give as well: notebook 2.) Whoever reports a gain from synthetic films should be asked two things: what
# had the generator seen, and how much do plain alterations (notebook 2) gain?
#
# ## Do they give patients away?
#
# Nobody exists to whom a made-up film belongs. But a generator may remember. For each made-up film we look for the
# real film most like it, among those that the generator has seen and among as many that it has not. If it
# remembers nothing, each is as often the nearer: the share is one half.
#
# Then we turn the question round, as an attacker would. He has a film of a child and the made-up films, and wants to
# know whether the child's film was among those learnt from: a *membership test*. He trusts that the children who were
# have something more alike among the made-up films. **How often does he rank rightly?** To know that the tests can
# find a leak at all, we add a thief, who sells slightly altered copies as made-up.

# %% tags=["nbval-ignore-output"]
rng = np.random.default_rng(0)
stolen = 0.8 * seen.x + 20 + rng.normal(0, 8, seen.x.shape)     # another exposure, and some grain
others_seen = np.setdiff1d(np.arange(len(kept)), few)
suspects = {"our generator": (x_made, x_seen, x_kept), "generator of 64 films": (flat(home_made), x_kept[few], x_kept[others_seen]),
            "the thief": (flat(stolen), x_seen, x_kept)}
pd.DataFrame({name: {"nearest is one it has seen": f"{evaluation.nearest_train_share(*clouds):.0%}",
                     "membership test, AUROC": f"{evaluation.membership_test(*clouds):.2f}"} for name, clouds in suspects.items()}).T

# %%
test_of = {name: evaluation.membership_test(*clouds) for name, clouds in suspects.items()}
claim("the tests find the thief", test_of["the thief"].clears(0.9))
claim("they do not find our generator: its AUROC is within 0.1 of one half", abs(test_of["our generator"].value - 0.5) < 0.1)
claim("they come nearer to finding the generator of 64 films", test_of["generator of 64 films"].value > test_of["our generator"].value)

# %% [markdown]
# Our generator passes, and "passes" means: *these two* tests find nothing, in films of a generator that has seen each
# film a few times only. With few films, each seen more often, it begins to give them away; longer training can do the
# same to many. Whoever holds the discriminator as well, or the weights, can ask better questions. A test that finds
# nothing says how far this test gets, and nothing of anyone else's.

# %% [markdown]
# ## What they must not be used for
#
# - **As evidence.** No diagnosis, rate or measurement may rest on made-up films: there are no patients behind them.
# - **To test a model that is to be used.** A test set of made-up films asks whether the model agrees with the generator.
# - **As proof of privacy.** "No patient exists" is a hope until it is measured; where someone could be harmed, distances alone are
#   not enough (the Trust part comes back to this, with *differential privacy*).
# - **To mend a bias.** A group of which the generator has seen little, it makes badly, or not at all.
# - **As a pass for sharing.** Whether they may leave the hospital is for those to decide who answer for the patients.
# - **Unmarked.** A made-up film in an archive, or before somebody who does not know, is a forgery.
#
# **Can we share films of patients who do not exist?** For learning how films look, for trying out software before the
# real ones may be had, for teaching: perhaps, with the measurements beside them. In place of the real ones: no.
#
# ## Exercises
#
# Each answers you: `check` says what is wrong with an answer, `hint` helps, `solution` shows the code.
#
# **1. The best discriminator, unevenly.** In each batch there are `r` made-up films for every real one. `p` and `q`
# hold, for some places, how densely the real and the made-up films lie there. Return the best answer of $D$ at each.

# %%
def best(p, q, r):
    return ...

ch04.q1.check(best)

# %% [markdown]
# **2. Three pairs of loss curves** (invented). Which diagnosis fits which? One fits none.
#
# 1. The discriminator has won. 2. Nothing trains. 3. The two are balanced. 4. They run in circles.

# %% mystnb={"image": {"alt": "Three pictures of two loss curves each over 100 rounds. A: both losses swing up and down in opposite directions, without getting smaller. B: the discriminator's loss falls to nearly zero while the generator's climbs to about seven. C: after a short beginning both level off, the discriminator's near 1.4 and the generator's near 0.7, with small noise."}}
figure, axes = plt.subplots(1, 3, figsize=(7, 2.2))
for ax, (name, losses) in zip(axes, ch04.loss_curves().items()):
    ax.plot(losses[::3, 0], label="discriminator")
    ax.plot(losses[::3, 1], "--", label="generator")
    ax.set(title=name, xlabel="round")
axes[1].legend(fontsize=8);

# %%
diagnosis = ...  # such as {"A": 1, "B": 2, "C": 3}
ch04.q2.check(diagnosis)

# %% [markdown]
# **3. The duplicate.** One of these 30 "synthetic" films is a training film with another exposure and some grain.
# Write a function that returns its position. (It will be tried on other films, too.)

# %%
train, synthetic = ch04.suspects()  # (200, 28, 28, 1) and (30, 28, 28, 1)

def duplicate(train, synthetic):
    return ...

ch04.q3.check(duplicate)

# %% [markdown]
# **4. How much noise?** A generator was trained five times with each of several latent sizes, and each time its
# kernel distance to validation films was measured: `distances` has one row a size. Return the smallest size whose
# mean distance is within one standard error of the lowest mean. (A standard error is the standard deviation of the
# runs, `ddof=1`, divided by the square root of their number; take that of the size with the lowest mean.)

# %%
def choose(sizes, distances):
    return ...

ch04.q4.check(choose)

# %% [markdown]
# **5. A distance by hand.** One feature. Real films have a mean of 2 and a spread of 1, made-up ones a mean of 5 and
# a spread of
# 3. What is the Fréchet distance?

# %%
distance = ...
ch04.q5.check(distance)

# %% [markdown]
# **6. An attack.** For each of some `members` of the training set, and some `outsiders`, you have the distance to the
# nearest made-up film. Return how well distance tells them apart, as an AUROC: 1 if all members are nearer, ties
# counted half.

# %%
def attack(members, outsiders):
    return ...

ch04.q6.check(attack)

# %% [markdown]
# **7. A paper's table** (invented for this exercise). A hospital trained a generator on 5,000 labelled films of its
# own. A classifier was tested on 1,000 further films of the same hospital. Of the made-up films, 64 in 100 had their
# nearest real film among the training films, and 36 among as many films never seen; none was an exact copy.
#
# | classifier trained on | AUROC (95 % interval) |
# |---|---|
# | 200 real films | 0.83 (0.81 to 0.85) |
# | 200 real films, altered (augmentation) | 0.88 (0.86 to 0.90) |
# | 200 real and 5,000 made-up films | 0.89 (0.87 to 0.91) |
# | 5,000 made-up films | 0.86 (0.84 to 0.88) |
# | 5,000 real films | 0.93 (0.92 to 0.94) |
#
# Which sentences does the table *not* support? Give a set of letters.
#
# - **A** "A classifier trained on made-up films alone ranks real films far better than chance."
# - **B** "Made-up films can replace real ones in training."
# - **C** "Adding made-up films helps more than altering the real ones."
# - **D** "Hospitals with only 200 films can gain 0.06 by training a generator on them."
# - **E** "Altering the 200 films gains 0.05 without any generator."
# - **F** "Since no film is an exact copy, the made-up films are anonymous."
# - **G** "The classifier will do as well in other hospitals."

# %%
unsupported = ...
ch04.q7.check(unsupported)

# %% [markdown]
# ## What we learnt
#
# - Two nets play for one value; the best discriminator is $p / (p + q)$, and the game ends where it says one half.
# - It ends there only if the discriminator keeps up. If it lags behind, the generator collapses or runs in circles.
# - A loss that comes back proves nothing: test that the weights of both nets move.
# - A distance needs its floor beside it, from as many films and by the same reader.
# - Made-up films hold less than the films they were learnt from. They can help who has few, not who made them.
# - "Nobody's films" is a claim to be tested, on those whom the generator saw and those whom it did not.
#
# **Onward**: notebook 5, [*Evaluation*](05_evaluation.ipynb), for intervals and for reading other people's tables.
#
# <details><summary><b>Sources</b></summary>
#
# Films, where real: Kermany et al., Cell 172:1122 (2018), as PneumoniaMNIST, Yang et al., Sci. Data 10:41 (2023), CC
# BY 4.0. Fréchet distance between nets' features: Heusel et al., ref. 4; kernel distance: Bińkowski et al.,
# arXiv:1801.01401. Projection discriminator: Miyato, Koyama, arXiv:1802.05637. Membership tests: Shokri et al.,
# arXiv:1610.05820.
#
# 1. Goodfellow et al., Generative adversarial nets, arXiv:1406.2661
# 2. Mescheder et al., Which training methods for GANs do actually converge?, arXiv:1801.04406
# 3. Salimans et al., Improved techniques for training GANs, arXiv:1606.03498
# 4. Heusel et al., GANs trained by a two time-scale update rule converge to a local Nash equilibrium, arXiv:1706.08500
# 5. Miyato et al., Spectral normalization for generative adversarial networks, arXiv:1802.05957
# 6. Kingma, Welling, Auto-encoding variational Bayes, arXiv:1312.6114
#
# </details>

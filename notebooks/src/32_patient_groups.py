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
# # 32 · Patient groups: are there kinds of patients here?
#
# > A ward has the admission values of 900 patients.
# > **Are there kinds of patients among them?**
#
# In 2019 a large study cut sepsis into four kinds, α to δ [1]. Asthma and diabetes have
# been cut likewise. If the kinds exist, they may need different treatments. But a
# program that forms groups always finds some, in any data. So the question is not
# which groups it finds, but whether it finds more than in a cloud without any.
#
# At the end of this notebook you can
#
# - prepare values so that units and long tails do not decide who is alike;
# - cut patients into groups with k-means and with a mixture of Gaussians, and ask
#   whether there are any, with twins that have none;
# - build an autoencoder, and say why its groups need the same questions;
# - tell what may be said of groups from what may not.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1, 3 and 5. **Data**: admission values of a made-up ward whose kinds are known, skin
# diseases and tumours, simulated unless you ask for the real ones. Nothing here is made
# for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` above to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from medlearn import claim, evaluation, load, plots, training
import keras
from keras import layers
from medlearn.exercises import ch32

# %% [markdown]
# ## The question
#
# Here are patients of a ward. Each dot is one; dots are close if their twelve values
# are alike. A program put them into three groups. **How many kinds of patients are
# there?** Decide before you read on.

# %% tags=["in-sight"] mystnb={"image": {"alt": "A scatter plot of many patients as dots, in three colours and shapes. The three groups lie side by side and fill one oval cloud without gaps."}, "figure": {"caption": "Patients of one ward, in three groups."}}
from medlearn.features.tables import Preparation
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

plots.use_style()
first = load("phenotypes", kinds="none", size="small")
flat = PCA(2).fit_transform(Preparation.of(first.train.x)(first.train.x))
colours = KMeans(3, n_init=10, random_state=0).fit_predict(flat)
plots.cloud(flat, colours, data=first);

# %% [markdown]
# There are none. We drew these patients from a single cloud, and the program cut it
# into slices of about equal size. It would have cut it into four or seven just as
# neatly. The colours made you see borders where nothing changes. A picture of groups
# is no evidence of groups.
#
# ## Data, and whose they are
#
# From here on we look at another ward. It is made up as well, so that we can check
# every answer; but nobody tells the programs what we know.

# %%
ward = load("phenotypes")
train, validation, test = ward.splits.values()
pd.DataFrame(train.x[:5], columns=ward.columns)

# %% [markdown]
# A row is a patient at admission: heart rate, pressure, and what the laboratory found.
# Some values were not measured. The patients of two hospitals are in the table, and
# each patient is there once. The groups are formed on training patients. Validation
# and test patients wait: only patients whom a program has not seen can show that its
# groups are more than an accident.
#
# ## Scaling decides
#
# Two patients are alike if their values are close. But close in which unit? **Which
# column do you think decides, if we take the values as they are?**

# %%
filled = np.where(np.isnan(train.x), np.nanmedian(train.x, axis=0), train.x)
share = filled.var(axis=0) / filled.var(axis=0).sum()
shares = pd.Series(share, index=ward.columns, name="share of all variance")
shares.sort_values(ascending=False).head(4).round(2).to_frame()

# %% [markdown]
# Platelets and creatinine come in large numbers, and so they decide nearly alone.
# Temperature counts for nothing, since it moves by a degree. In other units the groups
# would be other groups.
#
# So each column is divided by its own spread, learnt from training patients. One more
# thing has to come first. Bilirubin has a long tail: most patients have a value near
# the usual one, a few have ten times as much. Unchanged, these few would sit far away
# from everybody and form a "group" of their own. After a *logarithm*, ten times as much
# is one step, and the tail is gone.

# %% mystnb={"image": {"alt": "Two histograms of bilirubin. On the left, as measured, most patients are at low values and a thin tail runs far to the right. On the right, after the logarithm, the histogram is close to a bell."}, "figure": {"caption": "Bilirubin of the training patients, as measured and prepared."}}
prepare = Preparation.of(train.x)
x, x_validation, x_test = (prepare(part.x) for part in (train, validation, test))
bilirubin = ward.columns.index("bilirubin")
figure, axes = plt.subplots(1, 2, figsize=(6.5, 2.4), sharey=True)
axes[0].hist(filled[:, bilirubin], 40)
axes[1].hist(x[:, bilirubin], 40);

# %% [markdown]
# `Preparation` takes the logarithm of columns with a long tail, divides by the spread
# and fills gaps with the median. All of that is learnt from training patients.
#
# ### Exercise 1: what a unit decides
#
# Six patients: creatinine in µmol/l, temperature in °C, lactate in mmol/l.

# %%
pd.DataFrame(ch32.UNITS, index=["creatinine", "temperature", "lactate"]).T

# %% [markdown]
# Which of these statements hold? Give a set of letters, such as `{"A", "B"}`. "To
# scale" is to take off the mean of each column and divide by its standard deviation.
# **A** On the values as they are, k-means with two groups goes by creatinine alone.
# **B** With creatinine in mg/dl (divided by 88.4) it gives the same two groups. **C**
# After scaling it makes no difference whether creatinine is in µmol/l or in mg/dl.
# **D** Nor does it after taking logs and then scaling. **E** After logs and scaling it
# makes no difference whether temperature is in °C or in °F (1.8 times as much, and 32
# more). **F** A fourth column that has nothing to do with the kinds of patient does no
# harm once it is scaled. **G** Mean and standard deviation may be those of all
# patients, test patients included, since no label is used. **H** After scaling without
# a log, two patients with a creatinine of 1,000 and 1,100 can still make a group of
# their own.

# %%
hold = ...
ch32.q1.check(hold)

# %% [markdown]
# ## Fewer columns: principal components
#
# Twelve columns cannot be drawn. A *principal component* is a weighted sum of the
# columns; the first is the one along which patients differ most, the second the one
# along which they differ most besides. They come from one line of linear algebra, the
# singular value decomposition.

# %%
u, s, weights = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
share = s**2 / np.sum(s**2)
print("share of the variance:", share[:6].round(2))

# %% mystnb={"image": {"alt": "A table in colours with three rows, the first three components, and twelve columns, the measures. In the first row nearly all columns are strongly coloured; in the second and third row some are positive, some negative."}, "figure": {"caption": "The weight of each column in the first three components."}}
sign = np.sign(weights[:, list(ward.columns).index("lactate")])[:, None]
names = ["first", "second", "third"]
plots.profiles((sign * weights)[:3], ward.columns, names, data=ward);

# %% [markdown]
# In the first component all columns pull together: high lactate, fast breathing, low
# pressure, low albumin. That is no kind of patient. It is how ill someone is. The second
# and third set some organs against others. After the third there is a step down, and
# the rest is about even: noise that the columns do not share.
#
# We keep five components. **Why not two, as in the first picture?** Two lose whatever
# lies in the third; and as we will see, they make any groups look better.

# %%
components = PCA(5).fit(x)
z, z_test = components.transform(x), components.transform(x_test)
print(z.shape, z_test.shape)

# %% [markdown]
# ## Baseline: k-means by hand
#
# *k-means* needs the number of groups, k. It puts k centres somewhere, gives each
# patient to the nearest centre, moves each centre to the mean of its patients, and
# repeats. Here it is, in six lines.

# %%
def k_means_by_hand(z, k, seed=0, rounds=50):
    centres = np.random.default_rng(seed).choice(z, k, replace=False)
    for _ in range(rounds):
        distance = ((z[:, None] - centres) ** 2).sum(axis=2)  # (patients, k)
        label = distance.argmin(axis=1)
        centres = np.array([z[label == group].mean(axis=0) for group in range(k)])
    return label, distance.min(axis=1).sum()

for seed in range(3):
    label, total = k_means_by_hand(z, 3, seed)
    print(f"start {seed}: groups of {np.bincount(label)}, total distance {total:.0f}")

# %% [markdown]
# Another start can end elsewhere. So one takes several and keeps the one with the least
# total distance. scikit-learn does that; our recipe `k_means` wraps it. It gives back
# who says the group of any patient, also of one who was not there.
#
# ### Exercise 2: one step of k-means
#
# `x` is (patients, columns), `centres` is (groups, columns). Do one step: give each
# patient the number of the nearest centre, then move each centre to the mean of its
# patients. A centre without patients stays where it is. Return both, the labels first,
# and leave `centres` itself as it was.

# %%
def assign_and_move(x, centres):
    return ...

ch32.q2.check(assign_and_move)

# %% mystnb={"image": {"alt": "A table in colours with three rows, one a group, and twelve columns. One row is red in lactate, breathing rate and most others, one is near white, one is blue in the same columns."}, "figure": {"caption": "The mean of each group of k-means, in standard deviations."}}
from medlearn.models import groups

by_distance = groups.k_means(z, 3)
label = by_distance(z)
order = np.argsort([z[label == group, 0].mean() * sign[0, 0] for group in range(3)])
means = [x[label == group].mean(axis=0) for group in order]
plots.profiles(means, ward.columns, ["low", "middle", "high"], data=ward);

# %% [markdown]
# The groups are "a little ill", "ill" and "very ill", nearly the same columns up and
# down in all of them. k-means cut along the longest direction. Such groups come out of
# many studies. They are not wrong; but a severity score says the same, and better, since it
# has no borders.
#
# ## How good are groups? Two usual measures
#
# The *silhouette* of a patient compares $a$, the mean distance to the others in the own
# group, with $b$, the mean distance to the nearest other group: $(b - a) / \max(a, b)$.
# It is 1 for tight groups far apart, and 0 on a border. The *Davies-Bouldin index* sets
# the width of groups against the distance of their centres; smaller is better.
#
# ### Exercise 3: a silhouette by hand
#
# Four patients have the values 0, 1, 5 and 7. The groups are {0, 1} and {5, 7}. For one
# patient, $a$ is the mean distance to the others of the same group, and $b$ that to the
# patients of the other group. The silhouette is $(b - a) / \max(a, b)$. Give two
# numbers: that of the patient with the value 5, and the mean of all four. Two digits
# are enough.

# %%
silhouettes = ...
ch32.q3.check(silhouettes)

# %% [markdown]
# Now a test of the measures themselves. We take the cloud without kinds, keep fewer and
# fewer components, and cut it into four. **Where will the silhouette be highest?**

# %%
from sklearn.metrics import davies_bouldin_score, silhouette_score

nobody = Preparation.of(first.train.x)(first.train.x)
rows = {}
for kept in (12, 5, 2):
    some = PCA(kept).fit_transform(nobody)
    cut = groups.k_means(some, 4)(some)
    rows[f"{kept} components"] = [silhouette_score(some, cut), davies_bouldin_score(some, cut)]
pd.DataFrame(rows, index=["silhouette", "Davies-Bouldin"]).T.round(2)

# %% [markdown]
# The fewer components, the better both look, and there are no groups in any of them.
# Two components make slices of a cloud look tight. A silhouette of .3 means nothing by
# itself: we have to know what the same recipe gets on patients without groups.

# %%
claim("without any kinds, fewer components look better",
      rows["2 components"][0] > rows["5 components"][0] > rows["12 components"][0])

# %% [markdown]
# ## The null twin
#
# So we make such patients. The *null twin* of a table has as many patients, the same
# means, the same spreads and the same correlations. It is drawn from one Gaussian
# cloud. It has no groups.

# %% mystnb={"image": {"alt": "Left, three clumps of blue, orange and green dots within a dashed ellipse: the patients. An arrow, marked same mean, same spread, no kinds, leads to the right, where grey dots fill the same ellipse without gaps: the null twin."}}
from medlearn.plots import drawings

drawings.twin()

# %% [markdown]
# ### Exercise 4: a twin without groups
#
# `x` is (patients, columns). Return as many made-up patients, drawn with the generator
# `rng` from one Gaussian cloud that has the mean and the covariance of `x`.

# %%
def null_twin(x, rng):
    return ...

ch32.q4.check(null_twin)

# %%
from medlearn.evaluation import clusters

twin = clusters.null_twin(z, seed=1)
rows = {}
for k in range(2, 7):
    of_ward, of_twin = (groups.k_means(each, k)(each) for each in (z, twin))
    rows[k] = [silhouette_score(z, of_ward), silhouette_score(twin, of_twin)]
pd.DataFrame(rows, index=["the ward", "its twin"]).T.rename_axis("k").round(2)

# %% [markdown]
# By its silhouette, the ward hardly differs from its twin. A paper that shows the left
# column alone would choose the largest number in it and call that many kinds real.
#
# ## Stability
#
# Here is a better question. Split the patients in halves, form groups in each half, and
# let both label everybody. **Do the two agree on who belongs together?**

# %% mystnb={"image": {"alt": "Left, eight numbered patients. An arrow leads to each half of them, four patients, and from there through a box marked recipe to all eight, in the colours of their groups. The two rows differ in patient 6 alone; between them stands: the same?"}}
drawings.halves()

# %% [markdown]
# Names of groups are arbitrary: what one half calls 0 the other may call 2. The
# *adjusted Rand index* (ARI) looks at pairs of patients instead: are two who are
# together in one also together in the other? It is 1 for the same groups under any
# names, and about 0 for groups that agree by chance.

# %%
from sklearn.metrics import adjusted_rand_score

print(f"the same under other names: {adjusted_rand_score([0, 0, 1, 1], [1, 1, 0, 0]):.2f}")
print(f"stability of the ward, k = 3: {clusters.stability(z, groups.k_means, 3):.2f}")
print(f"stability of one twin:        {clusters.stability(twin, groups.k_means, 3):.2f}")

# %% [markdown]
# One twin is one draw, so we make twenty. `groups_found` tries k from 2 on. It compares
# the stability of the ward with that of all twins, and it says "none" unless no twin
# comes as far above the others as the ward does.

# %% mystnb={"image": {"alt": "A line with dots, the stability of the ward for two to five groups, runs within a grey band, the range of its twins."}, "figure": {"caption": "k-means: stability of the ward, and of twenty twins without groups."}}
settings = {"most": 5, "twins": 20, "halves": 3}
of_distance = clusters.groups_found(z, groups.k_means, **settings)
print(of_distance)
plots.against_twins(of_distance, data=ward);

# %% [markdown]
# The line runs in the band or close to it: what k-means finds in the ward is hardly more
# stable than slices of a cloud. (On some draws of this ward it leaves the band at one
# number of groups. Slices can be stable, too: a stable group is one that can be found
# again, not yet a kind.)
#
# ### Exercise 5: how many groups?
#
# Somebody clustered 400 patients into two to six groups, and 20 null twins by the same
# recipe.
#
# | groups | silhouette | twins' mean | stability | twins' mean | twins' range |
# |---|---|---|---|---|---|
# | 2 | .34 | .33 | .70 | .68 | .55 to .83 |
# | 3 | .41 | .40 | .52 | .50 | .38 to .66 |
# | 4 | .38 | .38 | .51 | .44 | .33 to .55 |
# | 5 | .36 | .36 | .40 | .41 | .30 to .52 |
# | 6 | .35 | .36 | .38 | .39 | .29 to .49 |
#
# How many groups does this table show? Give their number, or `"none"`.

# %%
number_of_groups = ...
ch32.q5.check(number_of_groups)

# %% [markdown]
# ## Model: a mixture of Gaussians
#
# The answer always is about one recipe. For k-means a step counts the same in every
# direction, so that it cuts where patients differ most, along the severity. A *mixture of Gaussians* takes the cloud for a sum of k bell curves. We let
# them share one shape, which is learnt. Then a long direction is long in every group,
# and is no reason to cut.

# %% mystnb={"image": {"alt": "A line with dots, the stability of the ward. At three groups it lies far above a grey band, the range of its twins."}, "figure": {"caption": "A mixture of Gaussians: stability of the ward, and of twenty twins."}}
of_mixture = clusters.groups_found(z, groups.mixture, **settings)
print(of_mixture)
plots.against_twins(of_mixture, data=ward);

# %% [markdown]
# At three groups the line leaves the band. Two independent halves of the ward agree on
# who belongs together, far more than any twin does.

# %%
claim("the mixture finds three groups", of_mixture.k == 3, shown=f"p {of_mixture.p:.2f}")

# %% [markdown]
# A caution: we asked twice, with two recipes, and were ready to ask with a third.
# Whoever tries ten recipes finds "groups" with one of them by accident. Say how many
# you tried.
#
# A second opinion comes from the *BIC*: how well the bell curves fit, less a price for
# each number that had to be learnt. Smaller is better.

# %%
from sklearn.mixture import GaussianMixture

def bic(z, k):
    scaled = z / z.std(axis=0)  # or the starts would follow the longest direction
    bells = GaussianMixture(k, covariance_type="tied", n_init=5, random_state=0)
    return bells.fit(scaled).bic(scaled)

table = {k: [bic(z, k), bic(twin, k)] for k in range(1, 6)}
pd.DataFrame(table, index=["the ward", "its twin"]).T.rename_axis("k").round(0)

# %% [markdown]
# For the ward the BIC is smallest at three; for the twin at one, which means none.
# BIC asks whether bell curves fit. It has no twin, and is easily misled where the true
# shape is no bell.
#
# ## Result: what are these groups?

# %% mystnb={"image": {"alt": "A table in colours with three rows, one a group, and twelve columns. In each row another set of organs stands out: kidneys, liver, or inflammation."}, "figure": {"caption": "The mean of each group of the mixture, in standard deviations."}}
by_shape = groups.mixture(z, 3)
label = by_shape(z)
means = [x[label == group].mean(axis=0) for group in range(3)]
plots.profiles(means, ward.columns, ["group 0", "group 1", "group 2"], data=ward);

# %% [markdown]
# Now each group has an organ of its own: creatinine and urea up in one, bilirubin up
# and platelets down in another, temperature and white cells up in the third. And since
# the ward is made up, we can look at the truth. On test patients:

# %%
kinds = np.array(ward.classes)[test.y]
pd.crosstab(kinds, by_shape(z_test), rownames=["kind"], colnames=["group"])

# %%
severity = test.about["severity"]
thirds = np.digitize(severity, np.quantile(severity, [1 / 3, 2 / 3]))
rows = {}
for name, by in (("k-means", by_distance), ("mixture", by_shape)):
    found = by(z_test)
    rows[name] = [f"{clusters.ari(truth, found):.2f}" for truth in (test.y, thirds)]
pd.DataFrame(rows, index=["with the kinds", "with thirds of severity"]).T

# %% [markdown]
# The mixture finds the planted kinds in patients whom it never saw. k-means mixes kinds
# with severity. We do not have this table in real life: there we see the stability, and
# the twins.

# %%
claim("on test patients the mixture is nearer to the kinds than k-means",
      clusters.ari(test.y, by_shape(z_test)).low
      > clusters.ari(test.y, by_distance(z_test)).high)

# %% [markdown]
# ## Stop here
#
# Half way. In three lines:
#
# - Units and long tails decide who is alike, so prepare the columns first.
# - Any recipe cuts any cloud; silhouettes of slices look fine, most of all in two
#   dimensions.
# - There are groups if the recipe finds them again in other patients, and not in twins
#   that have none.
#
# %% [markdown]
# ## Second sitting: what may be said of groups?
#
# We have three groups that hold up in new patients. Now they meet a network, a
# beautiful map, p-values, outcomes and a second hospital. Each can fool us once more.
#
# ## Model: an autoencoder
#
# Principal components are weighted sums, so they can only lay a flat sheet through the
# patients. An *autoencoder* can bend it. It is a network that must return its own
# input, through a layer of few units: the *code*. A *denoising* one gets its input with
# noise added, and must return it without; it learns which columns go together.

# %% mystnb={"image": {"alt": "From the left, a box of 12 columns, a plus where noise comes in, a box of 64 with tanh, a small box of 5, the code, again 64 with tanh, and 12 columns. A dashed line from the end back to the first box is the loss: how far from the values before the noise."}}
drawings.denoising_autoencoder()

# %% tags=["flagship"]
def autoencoder(columns, code=5, hidden=64, noise=0.3):
    x = keras.Input((columns,))
    z = layers.GaussianNoise(noise)(x)
    z = layers.Dense(hidden, activation="tanh")(z)
    z = layers.Dense(code, name="code")(z)
    z = layers.Dense(hidden, activation="tanh")(z)
    return keras.Model(x, layers.Dense(columns)(z))

# %% [markdown]
# `GaussianNoise` works in training only. The target is the input itself, so nobody has
# to label anything.
#
# ### Exercise 6: an autoencoder for a bent sheet
#
# Write a function that builds an autoencoder, and does not train it: from 12 scaled
# columns back to the same 12, through a *code* of at most three units. It is trained
# for a few seconds on rows that you do not see: noise is added to them, and it has to
# give them back without it. The 12 columns hang on two numbers, but not in a straight
# way. It passes if, of new rows, it leaves at most half of the variance that three
# principal components leave.

# %%
def build():
    return ...

ch32.q6.check(build)

# %% [markdown]
# ## Training

# %% tags=["nbval-ignore-output"]
def train_on(x, seed, held_out=None):
    training.set_seed(seed)
    net = autoencoder(x.shape[1])
    net.compile(keras.optimizers.Adam(3e-3), "mse")
    losses = training.fit(net, (x, x), held_out, epochs=25, patience=None)
    return net, losses

net, losses = train_on(x, 0, (x_validation, x_validation))
losses.iloc[[0, -1]].round(3)

# %% [markdown]
# Both losses fall. **Is the bent sheet better than the flat one?** The baseline is PCA
# with as many components: how well does each return test patients?

# %% tags=["nbval-ignore-output"]
def error(returned, x):
    return np.mean((returned - x) ** 2)

rows = {"autoencoder": error(training.predict(net, x_test), x_test),
        "five components": error(components.inverse_transform(z_test), x_test),
        "the mean": error(x.mean(axis=0), x_test)}
pd.Series(rows, name="mean squared error").round(2).to_frame()

# %% [markdown]
# The components do at least as well, in a thousandth of the time. These columns hang
# together in straight lines, and 900 patients are few. On many patients, or pictures, a
# network can win. Here the honest answer is: no need.
#
# ### Groups in the code
#
# Still, papers form groups in the code. **Do two networks that differ in the seed
# alone give the same groups?** We ask for the ward and for its twin.

# %% tags=["nbval-ignore-output"]
def code_of(net, x):
    encoder = keras.Model(net.input, net.get_layer("code").output)
    return training.predict(encoder, x)

flat = clusters.null_twin(x, seed=1).astype("float32")
codes = {"the ward": [code_of(each, x) for each in (net, train_on(x, 1)[0])],
         "its twin": [code_of(train_on(flat, seed)[0], flat) for seed in (0, 1)]}

# %% tags=["nbval-ignore-output"]
rows = {}
for name, values in (("the ward", x), ("its twin", flat)):
    cuts = [groups.k_means(code, 3)(code) for code in codes[name]]
    rows[name] = [adjusted_rand_score(*cuts), silhouette_score(codes[name][0], cuts[0]),
                  silhouette_score(values, cuts[0])]
columns = ["ARI of two seeds", "silhouette in the code", "in the data"]
pd.DataFrame(rows, index=columns).T.round(2)

# %% [markdown]
# The silhouette in the code is about twice that in the data, for the ward *and* for the
# twin: the network has squeezed patients into five numbers, and few dimensions look
# good. So score groups in the data, never in a space that was made for them. The ARI of
# two seeds tells more. On the twin each network cuts elsewhere.
#
# The code has one merit here: k-means in it comes nearer to the kinds than k-means on
# the components.

# %% tags=["nbval-ignore-output"]
code = codes["the ward"][0]
for name, space in (("five components", z), ("the code", code)):
    found = groups.k_means(space, 3)(space)
    print(f"k-means on {name:16} ARI with the kinds {clusters.ari(train.y, found):.2f}")

# %% [markdown]
# Its five numbers have about equal spread, so that severity is no longer the longest
# direction. The mixture does the same with less effort. And without the planted kinds
# we could not have seen it: the number to look at in real life is the stability.
#
# ## A map: t-SNE
#
# *t-SNE* lays patients out on a page so that near neighbours stay near. Its *perplexity*
# says about how many neighbours count. Here is the ward **without** kinds, twice.
# **How many islands do you see?**

# %% mystnb={"image": {"alt": "Two maps of the same patients. On the left, with perplexity 5, dots form many small clumps and strings. On the right, with perplexity 50, they form one round cloud."}, "figure": {"caption": "t-SNE of 400 patients without kinds: perplexity 5 and 50."}}
from sklearn.manifold import TSNE

figure, axes = plt.subplots(1, 2, figsize=(7, 3.2))
for ax, perplexity in zip(axes, (5, 50)):
    page = TSNE(perplexity=perplexity, random_state=0).fit_transform(nobody[:400])
    plots.cloud(page, labels=("", ""), ax=ax, data=first)
    ax.set_title(f"perplexity {perplexity}")

# %% [markdown]
# With few neighbours the map shows clumps that are not there. With many it is one
# cloud. On such a map neither the distance of two islands nor their size means
# anything. A map is for looking; groups formed on it are groups of the map.
#
# ## What differs between groups? Double dipping
#
# The natural next step in a paper is a table: "the groups differ in creatinine, p <
# .001". **What does this test say of the patients without kinds?**

# %%
from scipy.stats import ttest_ind

cut = groups.k_means(nobody, 2)(nobody)
p = ttest_ind(nobody[cut == 0], nobody[cut == 1]).pvalue
print(f"12 tests; {np.sum(p < 1e-20)} of them with p < 1e-20")

# %% [markdown]
# Of course they differ: the groups were formed so that they would. Testing groups on
# the columns that made them is called *double dipping*, and its p-values say nothing.
# New patients do not help, as long as they are grouped by the same columns and then
# tested on them [2]:

# %%
unseen = Preparation.of(first.train.x)(first.test.x)
cut_unseen = groups.k_means(nobody, 2)(unseen)
p_unseen = ttest_ind(unseen[cut_unseen == 0], unseen[cut_unseen == 1]).pvalue
print(f"on test patients: smallest p {p_unseen.min():.0e}")
claim("tests on the columns that made the groups find differences where nothing is",
      p_unseen.min() < 1e-10)

# %% [markdown]
# What *may* be said is something that the columns did not decide: the stability against
# twins, or an outcome that was not used, in patients who did not form the groups.
#
# ### Exercise 7: what may be said?
#
# Groups were found from laboratory values, creatinine among them. Which of these
# sentences may stand in the paper? Give a set of letters. **A** "Creatinine differs
# between the groups (p < 10⁻²⁰), which shows that they are real." **B** "Mortality,
# which was not used to find the groups, differs between them in test patients." **C**
# "Added to a severity score, the group raised the AUROC for death in test patients by
# .03 (.01 to .05)." **D** "Two runs of our autoencoder with different seeds agree with
# an ARI of .4; we report the one with the clearer groups." **E** "Two runs with
# different seeds agree with an ARI of .4: these groups depend on the seed." **F** "In
# the autoencoder's code the silhouette is .45, which proves that there are groups."
# **G** "t-SNE shows four islands; hence there are four kinds of patient." **H** "Groups
# found in hospital A were assigned, unchanged, to the patients of hospital B. Clustered
# anew, these agreed with them with an ARI of .8, and null twins with .3."

# %%
may_stand = ...
ch32.q7.check(may_stand)

# %% [markdown]
# ## Does the group say more than severity?
#
# Of the patients some died. Neither recipe has seen that. **Do the groups differ in
# mortality, in patients who were not there?** We take validation and test patients
# together.

# %%
others = {name: np.concatenate([part.about[name] for part in (validation, test)])
          for name in ("died", "severity")}
z_others = components.transform(np.concatenate([x_validation, x_test]))
for name, by in (("k-means", by_distance), ("mixture", by_shape)):
    died = [others["died"][by(z_others) == group].mean() for group in range(3)]
    print(f"{name:8} mortality by group: " + ", ".join(f"{share:.0%}" for share in died))

# %% [markdown]
# Both sets of groups differ in mortality. For k-means that is no wonder: its groups are
# severity in slices. The question is whether a group says more than a severity score
# does. So we fit two logistic regressions: severity alone, and severity with the group.
#
# ### Exercise 8: does the group add to severity?
#
# `y` is 1 for patients who died, `severity` a number and `group` the number of the
# group of each; the same for test patients. Fit two logistic regressions to the first
# three, `LogisticRegression()` of scikit-learn as it is: one with severity and group,
# one with severity alone. Return the AUROC of the first less that of the second, on the
# test patients. A group's number is only its name.

# %%
def gain(y, severity, group, y_test, severity_test, group_test):
    return ...

ch32.q8.check(gain)

# %%
from sklearn.linear_model import LogisticRegression

def risk(by=None):
    """The risk of the others: by severity, and by the group that `by` says."""
    def inputs(severity, z):
        one_hot = np.eye(3)[by(z)] if by else np.empty((len(z), 0))
        return np.column_stack([severity, one_hot])
    known = inputs(train.about["severity"], z)
    model = LogisticRegression().fit(known, train.about["died"])
    return model.predict_proba(inputs(others["severity"], z_others))[:, 1]

alone = risk()
print(f"severity alone: AUROC {evaluation.auroc(others['died'], alone):.3f}")
for name, by in (("k-means", by_distance), ("mixture", by_shape)):
    gain = evaluation.auroc_difference(others["died"], risk(by), alone)
    print(f"with the groups of {name:8} {gain:+.3f}")

# %% [markdown]
# In this world one kind, that of the liver, dies more often at the same severity. So
# there is something to gain, and the groups of the mixture know it. The groups of
# k-means are severity in slices, with a little of the kinds in them. Whether 600
# patients are enough to show a gain is for the interval to say: if it holds 0, the gain
# is not shown.
#
# ## Hospital or disease?
#
# Now the same ward again, but the laboratory of the second hospital reads four values
# higher or lower. The patients are alike. **What will the groups be?**

# %%
shifted = load("phenotypes", hospitals="shifted", size="small")
prepare_shifted = Preparation.of(shifted.train.x)
z_shifted = PCA(5).fit_transform(prepare_shifted(shifted.train.x))
cut = groups.k_means(z_shifted, 2)(z_shifted)
hospital = shifted.train.about["hospital"]
pd.crosstab(hospital, cut, rownames=["hospital"], colnames=["group"])

# %% [markdown]
# Two groups, stable, far from any twin: and they are the two hospitals. This is called a
# *batch effect*. Laboratories, scanners, years and wards all make such groups. Stability
# cannot tell them from kinds of patients: they *are* in the data. Only a look at who is
# where can.

# %%
claim("where laboratories differ, the groups are the hospitals",
      clusters.ari(hospital, cut).low > clusters.ari(shifted.train.y, cut).high)

# %% [markdown]
# A remedy, if both hospitals have the same mix of patients: prepare each hospital's
# values by itself.

# %%
apart = np.zeros_like(shifted.train.x)
for each in (0, 1):
    rows_of = hospital == each
    apart[rows_of] = Preparation.of(shifted.train.x[rows_of])(shifted.train.x[rows_of])
z_apart = PCA(5).fit_transform(apart)
cut = groups.mixture(z_apart, 3)(z_apart)
print(f"ARI with the hospital {clusters.ari(hospital, cut):.2f}, "
      f"with the kinds {clusters.ari(shifted.train.y, cut):.2f}")

# %% [markdown]
# The hospital is gone and the kinds are back. If one hospital had taken only liver
# patients, the same step would have erased them: then nobody could tell the laboratory
# from the disease.
#
# ## Real sets with known classes
#
# For some sets somebody else has said which patients belong together. We look at three:
# patients with one of six skin diseases, described by graded findings [3], and tumours
# by the activity of their genes, acute leukaemia and four childhood cancers [4]. No
# recipe sees the classes; k is given.
#
# In one widely copied file of the skin diseases the last column but one *is* the
# disease, as a number. Leave it in, and a program "finds" the diseases. Our reader
# leaves it out. Look for such a column before you cluster anything.

# %% tags=["nbval-ignore-output"]
sets = {"skin": (load("dermatology"), False),
        "leukaemia": (load("expression", sets=("golub",)), True),
        "childhood cancers": (load("expression", sets=("khan",)), True)}
recipes = {"k-means": groups.k_means, "mixture": groups.mixture,
           "neighbours": groups.neighbours}
rows = {}
for name, (data, one_unit) in sets.items():
    values = np.concatenate([part.x for part in data.splits.values()])
    known = np.concatenate([part.y for part in data.splits.values()])
    prepared = Preparation.of(values, one_unit=one_unit)(values)
    space = PCA(10, random_state=0).fit_transform(prepared)
    k = len(data.classes)
    rows[name] = [f"{clusters.ari(known, recipe(space, k, 0)(space)):.2f}"
                  for recipe in recipes.values()]
pd.DataFrame(rows, index=list(recipes)).T

# %% [markdown]
# `neighbours` links each patient with the nearest others and cuts this graph where it
# has the fewest links (*spectral clustering*); a group may then have any shape.
#
# No recipe is best everywhere. In the childhood cancers none comes near the diagnoses.
# That is no fault of theirs: a tumour's genes also tell how pure the sample was, where
# it was taken and how fast the cells divide, and groups may follow any of these. Groups
# answer *a* question, not yours.
#
# And note what this table must not be used for. If we picked the recipe that scores
# best in it, we would have used the classes. In real life there is no such table.
#
# ## Where it fails
#
# **Few patients.** We take 40 of the 900, with the same three kinds among them.

# %%
few = z[:40]
print(clusters.groups_found(few, groups.mixture, **settings))

# %% [markdown]
# "None found" is not "none there". The kinds are there; 40 patients are too few to show
# them with this recipe.
#
# **A wrong twin.** The twin is a bell. If values have long tails and nobody takes the
# logarithm, the data differ from their twin in more than groups. Here we give the twin,
# which has no groups, long tails:

# %%
long_tails = np.exp(1.5 * (twin - twin.mean(axis=0)) / twin.std(axis=0))
print(clusters.groups_found(long_tails, groups.mixture, **settings))

# %% [markdown]
# "Groups found", in a cloud without any. What `groups_found` rules out is one bell, and
# no more than that. Prepare first, look at histograms, and distrust a group that is the
# tail of one column.
#
# Two more limits:
#
# - **The recipe.** Each looks for its own shape of group. The protocol says whether
#   *this* recipe finds more than in twins.
# - **The columns.** Groups answer the question that the columns ask. Other columns,
#   other groups.
#
# ## On the real data
#
# `medlearn results clusters` does all of this on ten sets of tumours, and with `--file`
# on a table of your own: genes or findings, with or without known classes. It prints
# the silhouette and the stability beside those of twins, and how many groups it finds.
#
# ## What it must not be used for
#
# It must not sort anybody into a kind of patient:
#
# - **A group is no diagnosis.** It has no cause, no course and no treatment until
#   somebody shows them, in other patients.
# - **A group is no reason to treat.** Whether a kind needs another drug, only a trial
#   can show (chapter 31).
# - **Groups of people who are sorted by their values follow who was measured, where and
#   how.** They can be a hospital, an insurance or an origin under another name.
# - **The ward here is made up.** No kind in it is a real one.
#
# It is made for learning.
#
# ## What we learnt
#
# - A clustering program always answers. Ask it the same on twins without groups.
# - Units, tails and the longest direction decide, unless you prepare and choose.
# - Few dimensions flatter; score groups in the data.
# - Stable in halves, beyond twins, the same in new patients: then speak of groups.
# - No p-values on the columns that made the groups. An outcome that was not used,
#   against severity, in other patients.
# - Stable groups can be a hospital.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | cluster | a group of cases that a program finds alike |
# | principal component | a weighted sum of columns along which cases differ most |
# | k-means | each case to the nearest of k centres, each centre the mean of its cases |
# | silhouette | own group near, next group far: 1; on a border: 0 |
# | null twin | made-up cases with the same means and correlations, without groups |
# | stability | whether two halves of the cases agree on who belongs together |
# | adjusted Rand index | agreement of two groupings on pairs; 0 by chance, 1 the same |
# | mixture of Gaussians | the cloud as a sum of bell curves |
# | BIC | fit, less a price for each number that was learnt |
# | autoencoder, code | a network that returns its input, through few units: the code |
# | t-SNE | a map that keeps near neighbours near, and nothing else |
# | double dipping | testing groups on the data that made them |
# | batch effect | a difference made by where or when, not by whom |
#
# **Onward**: the records go on in chapter 33, on clinical text, which is not written
# yet. For intervals and comparisons, go back to [*Evaluation*](05_evaluation.ipynb).
#
# <details><summary><b>Sources</b></summary>
#
# 1. Seymour et al., JAMA 321:2003 (2019)
# 2. Gao, Bien and Witten, arXiv:2012.02936 (2020)
# 3. Data: UCI Machine Learning Repository, Dermatology
# 4. de Souto et al., BMC Bioinformatics 9:497 (2008), with data of Golub et al.,
#    Science 286:531 (1999), and Khan et al., Nature Medicine 7:673 (2001)
# 5. Consensus of many cuts: Monti et al., Machine Learning 52:91 (2003)
#
# </details>

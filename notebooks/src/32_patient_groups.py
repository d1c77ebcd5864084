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
# been cut in the same way. If such kinds exist, they may need different treatments.
# Papers call them *phenotypes*, *subtypes* or *endotypes*.
#
# Forming groups without being told what to look for is called *clustering*, the best
# known part of *unsupervised learning*. A clustering program always finds groups, in
# any data. So the question is not which groups it finds, but whether it finds more than
# in a cloud of patients without any.
#
# At the end of this notebook you can
#
# - prepare values so that units and long tails do not decide who is alike;
# - cut patients into groups with k-means and with a mixture of Gaussians, and test
#   whether there are any, against made-up patients without groups;
# - build an autoencoder, and say why its groups need the same tests;
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
nobody = Preparation.of(first.train.x)(first.train.x)
page = PCA(2).fit_transform(nobody)[:300]
colours = KMeans(3, n_init=10, random_state=0).fit_predict(page)
plots.cloud(page, colours, data=first);

# %% [markdown]
# There is one kind. We drew these patients from a single cloud, and the program cut it
# into slices. It would have cut it into four or seven just as neatly. The colours made
# you see borders where nothing changes. A picture of groups is no evidence of groups.
#
# ## Data, and whose they are
#
# From here on we look at another ward. It is made up as well, with three kinds of
# patients in it, so that we can check every answer. No program is told the kinds.

# %%
ward = load("phenotypes")
train, validation, test = ward.splits.values()
pd.DataFrame(train.x[:5].astype(float).round(1), columns=ward.columns)

# %% [markdown]
# A row is a patient at admission: heart and breathing rate per minute, mean pressure in
# mmHg, temperature in °C, white cells and platelets in 10⁹/l, albumin in g/l, creatinine
# and bilirubin in µmol/l, the rest in mmol/l. `NaN` was not measured.
#
# The patients come from two hospitals; each patient is in the table once. Groups are
# formed on the 900 training patients. The 300 validation and 300 test patients wait:
# only patients whom a program has not seen can show that its groups are more than an
# accident.
#
# ## Scaling decides
#
# Two patients are alike if their values are close. But close in which unit? **Which
# column do you think decides, if we take the values as they are?**

# %%
filled = np.where(np.isnan(train.x), np.nanmedian(train.x, axis=0), train.x)
shares = filled.var(axis=0) / filled.var(axis=0).sum()
shares = pd.Series(shares, index=ward.columns, name="share of all variance")
shares.sort_values(ascending=False).head(4).round(2).to_frame()

# %% [markdown]
# Platelets and creatinine come in large numbers, and so they decide nearly alone.
# Temperature counts for almost nothing, since it moves by a degree. In other units we
# would get other groups.
#
# So each column is divided by its own standard deviation, learnt from training patients.
# One more thing has to come first. Bilirubin has a *long tail*: most patients have a
# value near the usual one, a few have several times as much. Unchanged, these few would
# lie far from everybody and could form a "group" of their own. After a *logarithm*, twice
# as much is one step up wherever one starts, and the tail is gone.

# %% mystnb={"image": {"alt": "Two histograms of bilirubin. On the left, as measured, most patients are at low values and a thin tail runs far to the right. On the right, after the logarithm, the histogram is close to a bell."}, "figure": {"caption": "Bilirubin of the training patients, as measured and prepared."}}
prepare = Preparation.of(train.x)
x, x_validation, x_test = (prepare(part.x) for part in (train, validation, test))
bilirubin = ward.columns.index("bilirubin")
figure, axes = plt.subplots(1, 2, figsize=(6.5, 2.4), sharey=True)
axes[0].hist(filled[:, bilirubin], 24)
axes[1].hist(x[:, bilirubin], 24)
axes[0].set(xlabel="bilirubin, µmol/l", ylabel="patients")
axes[1].set(xlabel="prepared, standard deviations")
plots.mark(figure, data=ward)

# %% [markdown]
# The tail on the left is gone on the right. `Preparation` takes the logarithm of
# columns with a long tail, fills gaps with the median (the tall bar), and scales each
# column to mean 0 and standard deviation 1. All of that is learnt from training patients.
#
# ### Exercise 1: what a unit decides
#
# Six patients: creatinine in µmol/l, temperature in °C, lactate in mmol/l.

# %%
pd.DataFrame(ch32.UNITS, index=["creatinine", "temperature", "lactate"]).T

# %% [markdown]
# Which of these statements hold? Give a set of letters, such as `{"A", "B"}`. "To
# scale" is to take off the mean of each column and divide by its standard deviation.
#
# - **A** On the values as they are, k-means with two groups goes by creatinine alone.
# - **B** With creatinine in mg/dl (divided by 88.4) it gives the same two groups.
# - **C** After scaling it makes no difference whether creatinine is in µmol/l or in
#   mg/dl.
# - **D** Nor does it after taking logarithms and then scaling.
# - **E** After logarithms and scaling, the prepared temperatures are exactly the same
#   whether temperature was in °C or in °F (1.8 times as much, and 32 more).
# - **F** A fourth column that has nothing to do with the kinds of patient does no harm
#   once it is scaled.
# - **G** Mean and standard deviation may be learnt from all patients, test patients
#   included, since no label is used.
# - **H** Add two patients with a creatinine of 1,000 and 1,100. After scaling without a
#   logarithm, these two can make a group of their own.

# %%
hold = ...
ch32.q1.check(hold)

# %% [markdown]
# ## Fewer columns: principal components
#
# Twelve columns cannot be drawn. A *principal component* is a weighted sum of the
# columns; the first is the one along which patients differ most, the second the one
# along which the rest of the differences is largest. They come from one line of linear
# algebra, the singular value decomposition.

# %%
u, s, weights = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
print("share of the variance:", (s**2 / np.sum(s**2))[:6].round(2))

# %% mystnb={"image": {"alt": "A table in colours with three rows, the first three components, and twelve columns, the measures. In the first row all columns are lightly coloured, about equally; in the second and third row a few are strongly coloured, some positive and some negative, and others are blank."}, "figure": {"caption": "The weight of each column in the first three components."}}
lactate = ward.columns.index("lactate")
turned = weights * np.sign(weights[:, [lactate]])  # a component has no sign of its own
names = ["first", "second", "third"]
plots.profiles(turned[:3], ward.columns, names, unit="weight", data=ward);

# %% [markdown]
# In the first component all columns pull together: high lactate, fast breathing, low
# pressure, low albumin. That is no kind of patient. It is how ill someone is, the
# *severity*. The second and third set some organs against others. After the third there
# is a step down, and the other shares are about equal: noise that the columns do not
# share.
#
# We keep five components: the three that stand out, and two more, in case the step is
# not where it seems to be. (Try three at the end: `PCA(3)`.) **Why not two, as in the
# first picture?** Two lose whatever lies in the third; and as we will see, they make
# any groups look better.

# %%
components = PCA(5).fit(x)
z, z_test = components.transform(x), components.transform(x_test)
print(z.shape, z_test.shape)

# %% [markdown]
# ## Baseline: k-means by hand
#
# *k-means* needs the number of groups, $k$. It begins with $k$ patients as *centres*,
# gives each patient to the nearest centre, moves each centre to the mean of its patients,
# and repeats.

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
# Another start can end elsewhere. So one takes several starts and keeps the one with the
# least total (squared) distance. scikit-learn does that. `groups.k_means` wraps it as a
# *recipe*: `groups.k_means(z, 3)` learns three groups from the patients `z` and returns a
# function that names the group of any patient, also of one it has not seen.
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

# %% [markdown]
# Back to the ward, and to scikit-learn's k-means. Here are the mean values of each of
# its three groups, in standard deviations of all patients:

# %% mystnb={"image": {"alt": "A table in colours with three rows, one a group, and twelve columns. In one row nearly all columns are far from the mean, lactate and breathing up, pressure and albumin down. The other two rows are on the other side, each with some columns of its own."}, "figure": {"caption": "k-means: the mean of each group, in standard deviations."}}
from medlearn.models import groups

by_distance = groups.k_means(z, 3)
label = by_distance(z)
means = [x[label == group].mean(axis=0) for group in range(3)]
named = ["group 0", "group 1", "group 2"]
plots.profiles(means, ward.columns, named, data=ward);

# %% [markdown]
# Read each row from lactate and breathing rate, which belong to no single organ: they
# say how ill the group is. **Which group is the most ill, and what else do the others
# differ in?** One group is worse in nearly every column. The others are less ill, and
# differ besides in the columns of kidney or liver. So k-means mixes two things: *how* ill
# someone is, and *with what*. It cuts where patients differ most, and they differ most in
# severity.
#
# ## How good are groups? Two usual measures
#
# The *silhouette* of a patient compares $a$, the mean distance to the others in its own
# group, with $b$, the mean distance to the patients of the nearest other group:
# $(b - a) / \max(a, b)$. It is near 1 for tight groups far apart, and 0 on a border. The
# *Davies-Bouldin index* compares the width of groups with the distance between their
# centres; smaller is better.
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
# Now a test of the measures themselves. We take the first ward, which has no kinds, keep
# fewer and fewer components, and cut it into four. **Where will the silhouette be
# highest?**

# %%
from sklearn.metrics import davies_bouldin_score, silhouette_score

rows = {}
for kept in (12, 5, 2):
    some = PCA(kept).fit_transform(nobody)
    cut = groups.k_means(some, 4)(some)
    measured = silhouette_score(some, cut), davies_bouldin_score(some, cut)
    rows[f"{kept} components"] = measured
pd.DataFrame(rows, index=["silhouette", "Davies-Bouldin"]).T.round(2)

# %% [markdown]
# The fewer components we keep, the better both measures look, and there are no groups in
# any of them. In two dimensions slices of a cloud look tight. A silhouette of .3 means
# nothing by itself: we have to know what the same recipe gets on patients without groups.

# %%
claim("without any kinds, fewer components look better",
      rows["2 components"][0] > rows["5 components"][0] > rows["12 components"][0])

# %% [markdown]
# ## The null twin
#
# So we make such patients. The *null twin* of a table has as many patients, with the same
# means, standard deviations and correlations, but drawn from one Gaussian cloud. It has
# no groups. The name is ours; comparing a clustering with data from such a *reference
# distribution* is an old idea, best known from the *gap statistic* [2].

# %% mystnb={"image": {"alt": "Left, three clumps of blue, orange and green dots within a dashed ellipse: the patients. An arrow, marked same mean, same spread, no kinds, leads to the right, where grey dots fill the same ellipse without gaps: the null twin."}}
from medlearn.plots import drawings

drawings.twin()

# %% [markdown]
# The dashed ellipse is the same on both sides: mean and spread do not tell the two apart.
#
# ### Exercise 4: a twin without groups
#
# `x` is (patients, columns). Return as many made-up patients, drawn with the generator
# `rng` from one Gaussian cloud that has the mean and the covariance of `x`.

# %%
def null_twin(x, rng):
    return ...

ch32.q4.check(null_twin)

# %% [markdown]
# Now the ward and one twin, cut by the same recipe. **Will the silhouette tell them
# apart?**

# %%
from medlearn.evaluation import clusters

twin = clusters.null_twin(z, seed=1)
rows = {}
for k in range(2, 7):
    of_ward, of_twin = (groups.k_means(each, k)(each) for each in (z, twin))
    rows[k] = [silhouette_score(z, of_ward), silhouette_score(twin, of_twin)]
pd.DataFrame(rows, index=["the ward", "its twin"]).T.rename_axis("k").round(2)

# %% [markdown]
# By its silhouette the ward is hardly above its twin, and the largest value is not at
# three, the number of kinds that we planted. A paper that shows the left column alone
# would choose its largest number and call that many kinds real.
#
# ## Stability
#
# Here is a better question. Split the patients into two halves, form groups in each half,
# and let both label everybody. **Do the two agree on who belongs together?** Their
# agreement is the *stability* of the groups. (*Prediction strength* [3] asks nearly the
# same.)

# %% mystnb={"image": {"alt": "Left, eight numbered patients. An arrow leads to each half of them, four patients, and from there through a box marked recipe to all eight, in the colours of their groups. The two rows differ in patient 6 alone; between them stands: the same?"}}
drawings.halves()

# %% [markdown]
# The two halves disagree about patient 6 alone.
#
# Names of groups are arbitrary: what one half calls 0 the other may call 2. The
# *adjusted Rand index* (ARI) looks at pairs of patients instead: are two who are
# together in one also together in the other? It is 1 for the same groups under any
# names, and about 0 for groups that agree by chance.

# %%
from sklearn.metrics import adjusted_rand_score

print(f"under other names: {adjusted_rand_score([0, 0, 1, 1], [1, 1, 0, 0]):.2f}")
for name, patients in (("the ward", z), ("one twin", twin)):
    found_again = clusters.stability(patients, groups.k_means, 3)
    print(f"{name}, stability of three groups: {found_again:.2f}")

# %% [markdown]
# One twin is one draw, so we make twenty. `groups_found` tries two groups, three, and
# so on, and measures how far the ward's stability lies above that of its twins. Each
# twin is measured against the others in the same way. For each we take the number of
# groups at which it stands out most. The *p-value* is the share of all 21, ward
# included, that stand out at least as far as the ward. With 20 twins it cannot be less
# than 1/21 = .048, and that is what it takes: no twin stands out as far.

# %% mystnb={"image": {"alt": "A line with dots, the stability of the ward for two to four groups, runs inside a wide grey band, the range of its twins, on its dashed middle line at two groups and above that at three and four. The band begins high at two groups and falls."}, "figure": {"caption": "k-means: stability of the ward, and of twenty twins without groups."}}
settings = {"most": 4, "twins": 20, "halves": 2}
of_distance = clusters.groups_found(z, groups.k_means, **settings)
print(of_distance)
plots.against_twins(of_distance, data=ward);

# %% [markdown]
# Look at the grey band first. Two groups of k-means in a twin are highly stable,
# although nothing is there: both halves cut across the longest direction. **High
# stability alone is no evidence either.** Now look where the ward lies, and at p. As
# long as the line stays in the band, what k-means finds is not shown to be more stable
# than slices of a cloud. (That is one draw of the ward: with another seed the line lies
# higher or lower.)
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
# The answer is always about one recipe. For k-means a step counts the same in every
# direction, so it cuts where patients differ most, and that is severity. A *mixture of
# Gaussians* takes the cloud for a sum of $k$ bell-shaped clouds. We let them share one
# shape, which is learnt. Then a direction in which everybody differs is long in every
# group, and is no reason to cut.

# %% mystnb={"image": {"alt": "A line with dots, the stability of the ward. At three groups it lies far above a grey band, the range of its twins, and at four groups, too."}, "figure": {"caption": "A mixture of Gaussians: stability of the ward, and of twenty twins."}}
of_mixture = clusters.groups_found(z, groups.mixture, **settings)
print(of_mixture)
plots.against_twins(of_mixture, data=ward);

# %% [markdown]
# From three groups on the line is far above the band. It is farthest above the twins at
# three, so `groups_found` answers three. Two halves of the ward agree on who belongs
# together far more than two halves of any twin do.

# %%
claim("the mixture finds three groups", of_mixture.k == 3,
      shown=f"p {of_mixture.p:.3f}")

# %% [markdown]
# Two cautions. First, we asked twice, with two recipes. If you try twenty, one finds
# "groups" by accident. So say how many you tried, and ask for a smaller p: for two
# recipes half of .05. With 20 twins no p can be so small; a paper would need 39 or
# more. What convinces here is the distance from the band, and the test patients below.
# Second, this recipe is lucky: our simulator drew the kinds as three clouds of one
# shape, just what it looks for. On real patients no recipe is known to be the right
# one.
#
# A second opinion is the *BIC* (Bayesian information criterion): how badly the bells fit,
# plus a price for each number that had to be learnt. Smaller is better.

# %%
from sklearn.mixture import GaussianMixture

def bic(z, k):
    scaled = z / z.std(axis=0)  # or the starts would follow the longest direction
    bells = GaussianMixture(k, covariance_type="tied", n_init=3, random_state=0)
    return bells.fit(scaled).bic(scaled)

table = {k: [bic(z, k), bic(twin, k)] for k in range(1, 6)}
pd.DataFrame(table, index=["the ward", "its twin"]).T.rename_axis("k").round(0)

# %% [markdown]
# For the ward the BIC is smallest at three. For the twin it is smallest at one, which
# means no groups. The BIC asks how many bells fit best. Where the patients form no bells,
# it uses several of them to fill one odd shape.
#
# ## Result: what are these groups?

# %% mystnb={"image": {"alt": "A table in colours with three rows, one a group, and twelve columns. In each row another set of organs stands out: kidneys, liver, or inflammation."}, "figure": {"caption": "The mean of each group of the mixture, in standard deviations."}}
by_shape = groups.mixture(z, 3)
label = by_shape(z)
means = [x[label == group].mean(axis=0) for group in range(3)]
plots.profiles(means, ward.columns, named, data=ward);

# %% [markdown]
# Now each group has columns of its own: creatinine and urea up in one, bilirubin up and
# platelets and albumin down in another, temperature and white cells up in the third.
# Lactate is about the same in all three: these groups do not go by severity. And since
# the ward is made up, we can look at the truth, in test patients:

# %%
kinds = np.array(ward.classes)[test.y]
pd.crosstab(kinds, by_shape(z_test), rownames=["kind"], colnames=["group"])

# %%
borders = np.quantile(train.about["severity"], [1 / 3, 2 / 3])
thirds = np.digitize(test.about["severity"], borders)
rows = {}
for name, recipe, by in (("k-means", groups.k_means, by_distance),
                         ("mixture", groups.mixture, by_shape)):
    found, anew = by(z_test), recipe(z_test, 3)(z_test)
    rows[name] = [str(clusters.ari(other, found)) for other in (test.y, thirds, anew)]
compared = ["the kinds", "thirds of severity", "test patients grouped anew"]
pd.DataFrame(rows, index=compared).T

# %% [markdown]
# The table gives the ARI of each recipe's groups, in test patients, with three other
# ways to group them. The mixture comes near to the planted kinds, in patients whom it
# has not seen, and has nothing to do with severity. k-means has something of both.
#
# On real patients nobody knows the first column, and the second only through a score.
# The third can always be had: group the test patients anew, and ask whether the old
# groups come back.

# %%
claim("on test patients the mixture is nearer to the kinds than k-means",
      clusters.ari(test.y, by_shape(z_test)).low
      > clusters.ari(test.y, by_distance(z_test)).high)

# %% [markdown]
# ## Stop here
#
# Halfway. In three lines:
#
# - Units and long tails decide who is alike, so prepare the columns first.
# - Any recipe cuts any cloud; silhouettes of slices look fine, most of all in two
#   dimensions.
# - Groups are worth speaking of if the recipe finds them again in other patients, and
#   finds nothing as stable in twins. That rules out one bell-shaped cloud, and no more.
#
# %% [markdown]
# ## Second sitting: what may be said of groups?
#
# We have three groups that hold up in new patients. Now they meet a network, a map,
# p-values, an outcome and a second hospital. Each can mislead us once more.
#
# ## Model: an autoencoder
#
# Principal components are weighted sums, so they can only lay a flat sheet through the
# patients. An *autoencoder* can bend it. It is a network that must return its own
# input, through a layer of few units: the *code*. A *denoising* autoencoder gets its
# input with noise added and must return it without. To do so it has to learn which
# columns go together.

# %% mystnb={"image": {"alt": "From the left, a box of 12 columns, a plus where noise comes in, a box of 64 with tanh, a small box of 5, the code, again 64 with tanh, and 12 columns. A dashed line from the end back to the first box is the loss: how far from the values before the noise."}}
drawings.denoising_autoencoder()

# %% [markdown]
# Twelve numbers go in, and five pass through the middle. The loss compares what comes
# out with the values before the noise. In Keras:

# %% tags=["flagship"]
def autoencoder(columns, code=5, hidden=64, noise=0.3):
    x = keras.Input((columns,))
    z = layers.GaussianNoise(noise)(x)
    z = layers.Dense(hidden, activation="tanh")(z)
    z = layers.Dense(code, name="code")(z)
    z = layers.Dense(hidden, activation="tanh")(z)
    return keras.Model(x, layers.Dense(columns)(z))

# %% [markdown]
# `GaussianNoise` adds noise in training only. The target is the input itself, so nobody
# has to label anything.
#
# ### Exercise 6: an autoencoder for a bent sheet
#
# Write a function that builds an autoencoder and returns it; you need not compile or
# train it. Input: 12 scaled columns. Output: the same 12. In between: a *code* of at most
# three units.
#
# The check trains your network for a few seconds, on rows that you do not see. Noise is
# added to them, and the network must return them without it. The 12 columns depend on
# two numbers, but not along straight lines. Your network passes if, on new rows, it
# leaves at most half of the variance that three principal components leave.

# %%
def build():
    return ...

ch32.q6.check(build)

# %% [markdown]
# ## Training
#
# The network learns to return each training patient, and the loss on validation
# patients shows whether it also returns others.

# %% tags=["nbval-ignore-output"]
def train_on(x, seed, validation=None):
    training.set_seed(seed)
    model = autoencoder(x.shape[1])
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    history = training.fit(model, (x, x), validation, epochs=25, batch_size=64,
                           patience=None)
    return model, history

model, history = train_on(x, 0, (x_validation, x_validation))
history.iloc[[0, -1]].round(3)

# %% [markdown]
# Both losses fall. The training loss stays above the validation loss, since only in
# training noise is added. **Is the bent sheet better than the flat one?** The baseline is
# *PCA* (principal component analysis) with as many components: how well does each return
# test patients?

# %% tags=["nbval-ignore-output"]
returned = {"autoencoder": training.predict(model, x_test),
            "five components": components.inverse_transform(z_test),
            "the mean": x.mean(axis=0)}
rows = {name: np.mean((each - x_test) ** 2) for name, each in returned.items()}
pd.Series(rows, name="mean squared error").round(2).to_frame()

# %% [markdown]
# The components do as well, without training. In this ward the columns depend on each
# other in straight lines, so there is nothing to bend. A network can win where they do
# not, or on pictures. Here it is not needed.
#
# ### Groups in the code
#
# Still, many papers form groups in the code. **Do two networks that differ in the seed
# alone give the same groups?** We ask for the ward and for its twin.

# %% tags=["nbval-ignore-output"]
def code_of(model, x):
    encoder = keras.Model(model.input, model.get_layer("code").output)
    return training.predict(encoder, x)

x_twin = clusters.null_twin(x, seed=1).astype("float32")
codes = {"the ward": [code_of(each, x) for each in (model, train_on(x, 1)[0])],
         "its twin": [code_of(train_on(x_twin, seed)[0], x_twin) for seed in (0, 1)]}

# %% tags=["nbval-ignore-output"]
rows = {}
for name, values in (("the ward", x), ("its twin", x_twin)):
    cuts = [groups.k_means(code, 3)(code) for code in codes[name]]
    rows[name] = [adjusted_rand_score(*cuts), silhouette_score(codes[name][0], cuts[0]),
                  silhouette_score(values, cuts[0])]
index = ["ARI of two seeds", "silhouette in the code", "silhouette in the 12 columns"]
pd.DataFrame(rows, index=index).T.round(2)

# %% [markdown]
# Look at the silhouettes first. The same groups look about twice as good in the code as
# in the columns, for the ward *and* for the twin. The code has five numbers, and few
# dimensions flatter. Never score groups in a space that was made for them alone.
#
# The ARI of two seeds says more. On the twin each network cuts elsewhere. On the ward
# they agree better, but not fully: for some patients the seed alone decides which group
# they are in. Anyone who publishes such groups should say so.
#
# Does the code know the kinds better than the components do? For a fair answer one more
# row is needed. The units of the code do not spread as the components do; the standard
# deviations are printed below. So we also divide the components by theirs, which gives
# all of them equal spread.

# %% tags=["nbval-ignore-output"]
print("code      ", codes["the ward"][0].std(axis=0).round(2))
print("components", z.std(axis=0).round(2))

# %% tags=["nbval-ignore-output"]
spaces = {"five components": z, "components of equal spread": z / z.std(axis=0),
          "the code": codes["the ward"][0]}
rows = {name: str(clusters.ari(train.y, groups.k_means(space, 3)(space)))
        for name, space in spaces.items()}
pd.Series(rows, name="k-means: ARI with the kinds").to_frame()

# %% [markdown]
# In the code, k-means comes nearer to the kinds than on the plain components. A paper
# would stop there and praise the network. The middle row shows that this needs no
# network: dividing by five numbers does at least as much in this run, since severity is
# then no longer the longest direction. Compare with the simplest change that could do
# the same.
#
# ## A map: t-SNE
#
# *t-SNE* draws a map of patients on which near neighbours stay near. Its *perplexity* says
# about how many neighbours count. Here are 180 patients of the first ward, which has **no**
# kinds, mapped twice. **How many islands do you see?**

# %% mystnb={"image": {"alt": "Two maps of the same patients. On the left, with perplexity 5, dots form many small clumps and strings. On the right, with perplexity 50, they form one round cloud."}, "figure": {"caption": "t-SNE of 180 patients without kinds: perplexity 5 and 50."}}
from sklearn.manifold import TSNE

figure, axes = plt.subplots(1, 2, figsize=(6, 2.8))
for ax, perplexity in zip(axes, (5, 50)):
    page = TSNE(perplexity=perplexity, random_state=0).fit_transform(nobody[:180])
    plots.cloud(page, labels=("", ""), ax=ax, data=first)
    ax.set_title(f"perplexity {perplexity}")

# %% [markdown]
# With few neighbours the map shows clumps and strings that are not there. With many it is
# one cloud. On such a map neither the distance between two islands nor their size can be
# trusted. A map is for looking; groups formed on it are groups of the map.
#
# ## What differs between groups? Double dipping
#
# The natural next step in a paper is a table: "the groups differ in creatinine, p <
# .001". **What does such a test say of the patients without kinds?**

# %%
from scipy.stats import ttest_ind

cut = groups.k_means(nobody, 2)(nobody)
p = ttest_ind(nobody[cut == 0], nobody[cut == 1]).pvalue
print(f"12 tests; {np.sum(p < 1e-20)} of them with p < 1e-20")

# %% [markdown]
# Of course they differ: the groups were formed so that they would. Testing groups on
# the columns that made them is called *double dipping*, and its p-values say nothing.
# New patients do not help, as long as they are grouped by the same columns and then
# tested on them [4]:

# %%
unseen = Preparation.of(first.train.x)(first.test.x)
cut_unseen = groups.k_means(nobody, 2)(unseen)
p_unseen = ttest_ind(unseen[cut_unseen == 0], unseen[cut_unseen == 1]).pvalue
print(f"on test patients: smallest p {p_unseen.min():.0e}")
claim("tests on the columns that made the groups find differences where nothing is",
      p_unseen.min() < 1e-10)

# %% [markdown]
# What *may* be said must not have been decided by the columns themselves: that two
# halves agree on the groups more than in twins, or that an outcome that was not used
# differs, in patients who did not form the groups.
#
# ### Exercise 7: what may be said?
#
# Groups were found from laboratory values, creatinine among them. Which of these
# sentences may stand in the paper? Give a set of letters.
#
# - **A** "Creatinine differs between the groups (p < 10⁻²⁰), which shows that they are
#   real."
# - **B** "Mortality, which was not used to find the groups, differs between them in test
#   patients."
# - **C** "Added to a severity score, the group raised the AUROC for death in test patients
#   by .03 (.01 to .05)."
# - **D** "Two runs of our autoencoder with different seeds agree with an ARI of .4; we
#   report the one with the clearer groups."
# - **E** "Two runs with different seeds agree with an ARI of .4: these groups depend on
#   the seed."
# - **F** "In the autoencoder's code the silhouette is .45, which proves that there are
#   groups."
# - **G** "t-SNE shows four islands; hence there are four kinds of patient."
# - **H** "Groups found in hospital A were assigned, unchanged, to the patients of hospital
#   B. Clustered anew, these agreed with them with an ARI of .8, and null twins with .3."

# %%
may_stand = ...
ch32.q7.check(may_stand)

# %% [markdown]
# ## Does the group say more than severity?
#
# Some of the patients died. Neither recipe has seen that. **Do the groups differ in
# mortality, in patients whom the recipes have not seen?** We take validation and test
# patients together, 600 in all.

# %%
died, severity = (np.concatenate([part.about[name] for part in (validation, test)])
                  for name in ("died", "severity"))
z_new = components.transform(np.concatenate([x_validation, x_test]))

def mortality(by):
    of_group = [died[by(z_new) == group] == 1 for group in range(3)]
    return [str(evaluation.proportion(each)) for each in of_group]

rows = {"k-means": mortality(by_distance), "mixture": mortality(by_shape)}
pd.DataFrame(rows, index=named).T

# %% [markdown]
# Compare the intervals within each row; group 0 of one row is not group 0 of the other.
# The groups of k-means differ most, and that is no wonder: they follow severity, and
# severity is what people die of. The question is whether a group says more than a
# severity score does. So we fit two logistic regressions: severity alone, and severity
# with the group. (Our severity is the true one, known because the ward is made up. A
# real score is less exact. Then a group can seem to add something merely because it
# measures severity once more.)
#
# ### Exercise 8: does the group add to severity?
#
# Of each training patient you get `y` (1: died), `severity` (a number) and `group` (0, 1
# or 2); of each test patient the same. Fit two models to the training patients with
# `LogisticRegression()` of scikit-learn: one from severity *and* group, one from severity
# alone. Return the difference of their AUROCs on the test patients, with the group minus
# without. Mind that a group's number is only a name: it must not enter as a number.

# %%
def added_auroc(y, severity, group, y_test, severity_test, group_test):
    return ...

ch32.q8.check(added_auroc)

# %% [markdown]
# Now the two models for our ward. A group enters as three columns, one of which is 1:

# %%
from sklearn.linear_model import LogisticRegression

def inputs(severity, z, by):
    group = np.eye(3)[by(z)] if by else np.empty((len(z), 0))
    return np.column_stack([severity, group])

def risk(by=None):
    known = inputs(train.about["severity"], z, by)
    fitted = LogisticRegression().fit(known, train.about["died"])
    return fitted.predict_proba(inputs(severity, z_new, by))[:, 1]

# %%
alone = risk()
print(f"severity alone: AUROC {evaluation.auroc(died, alone):.3f}")
for name, by in (("k-means", by_distance), ("mixture", by_shape)):
    added = evaluation.auroc_difference(died, risk(by), alone)
    print(f"with the groups of {name:8} {added:+.3f}")

# %% [markdown]
# In this world the liver kind dies more often at the same severity. So there is something
# to gain, and the groups of the mixture know it. Is it shown here? Read the intervals. If
# one holds 0, 600 patients do not show a gain. That is not the same as "there is none".
#
# ## Hospital or disease?
#
# Now the same ward again, except that the laboratory of the second hospital reads four
# values higher or lower. Its patients are like those of the first. **What will two groups
# be?**

# %%
shifted = load("phenotypes", hospitals="shifted", size="small")
hospital = shifted.train.about["hospital"]
x_shifted = Preparation.of(shifted.train.x)(shifted.train.x)
z_shifted = PCA(5).fit_transform(x_shifted)
cut = groups.k_means(z_shifted, 2)(z_shifted)
pd.crosstab(hospital, cut, rownames=["hospital"], colnames=["group"])

# %%
twin_shifted = clusters.null_twin(z_shifted)
for name, each in (("this ward", z_shifted), ("its twin", twin_shifted)):
    found_again = clusters.stability(each, groups.k_means, 2)
    print(f"{name:9} stability of two groups: {found_again:.2f}")

# %% [markdown]
# Both halves form nearly the same two groups, more so than in the twin: and they are
# the two hospitals. This is called a *batch effect*. Laboratories, scanners, years and
# wards all make such groups. Stability cannot tell them from kinds of patients, since
# they *are* in the data. Only a table of who is where can.

# %%
claim("where laboratories differ, the groups are the hospitals",
      clusters.ari(hospital, cut).low > clusters.ari(shifted.train.y, cut).high)

# %% [markdown]
# If both hospitals have the same mix of patients, there is a remedy: prepare the values
# of each hospital separately. We compare, with the mixture of three.

# %%
x_apart = np.zeros_like(x_shifted)
for each in (0, 1):
    its = hospital == each
    x_apart[its] = Preparation.of(shifted.train.x[its])(shifted.train.x[its])

rows = {}
for name, values in (("together", x_shifted), ("each by itself", x_apart)):
    space = PCA(5).fit_transform(values)
    cut = groups.mixture(space, 3)(space)
    rows[name] = [str(clusters.ari(known, cut))
                  for known in (hospital, shifted.train.y)]
pd.DataFrame(rows, index=["ARI with the hospital", "ARI with the kinds"]).T

# %% [markdown]
# Prepared separately, the hospital is gone and the kinds are back. But if one hospital
# had taken only liver patients, the same step would have removed the liver kind: then
# nobody can tell the laboratory from the disease.
#
# ## Sets with known classes
#
# For some sets somebody else has said which patients belong together. We look at three:
# patients with one of six skin diseases, described by graded findings [5]; acute
# leukaemia of two kinds, and four childhood cancers, by the activity of their genes [6].
# No recipe sees the classes; $k$ is given. Unless you ask for the real sets you see
# stand-ins, made about as hard.
#
# In one widely copied file of the skin diseases the last column but one *is* the
# disease, as a number. Leave it in, and a program "finds" the diseases. Our reader
# leaves it out. Look for such a column before you cluster anything.

# %%
sets = {"skin": load("dermatology"),
        "leukaemia": load("expression", sets=("golub",)),
        "childhood cancers": load("expression", sets=("khan",))}

# %% [markdown]
# Genes are all measured in one unit, so a gene that hardly varies should stay small:
# `one_unit=True` keeps it so. A third recipe, `neighbours`, links each patient with the
# nearest others and cuts this network of links where there are fewest (*spectral
# clustering*). Its groups may have any shape.
#
# We prepare and group all patients of a set together: nothing is claimed about new
# patients here, so there is no test set that could leak.

# %% tags=["nbval-ignore-output"]
recipes = {"k-means": groups.k_means, "mixture": groups.mixture,
           "neighbours": groups.neighbours}
rows = {}
for name, data in sets.items():
    parts = [(part.x, part.y) for part in data.splits.values()]
    values, known = (np.concatenate(each) for each in zip(*parts))
    prepared = Preparation.of(values, one_unit=name != "skin")(values)
    space = PCA(10, random_state=0).fit_transform(prepared)
    rows[name] = [str(clusters.ari(known, recipe(space, len(data.classes), 0)(space)))
                  for recipe in recipes.values()]
pd.DataFrame(rows, index=list(recipes)).T

# %% [markdown]
# Compare the rows first: the sets differ more than the recipes. On the skin diseases the
# groups have much to do with the diagnosis, on the childhood cancers little, whichever
# recipe one takes. In real tumours, too, the genes follow more than the
# diagnosis: how pure a sample is, where it was taken, how fast its cells divide. Groups
# may follow any of these. They answer *a* question, not necessarily yours.
#
# Do not use this table to pick the recipe that scores best. That would use the classes,
# and where groups are really sought there is no such table.
#
# ## Where it fails
#
# **Few patients.** We take 40 of the 900, with the same three kinds among them.

# %%
print("patients of each kind:", np.bincount(train.y[:40]))
print(clusters.groups_found(z[:40], groups.mixture, **settings | {"most": 3}))

# %% [markdown]
# All three kinds are among these 40. If the answer is "none", it means that 40 patients
# are too few to show them with this recipe: "none found" is not "none there".
#
# **A path.** The twin is a bell. Patients can differ from a bell without forming groups.
# Here are 300 patients of *one* disease, each somewhere on its way from early to late, and
# the way is bent. **What will the test say?**

# %% mystnb={"image": {"alt": "A scatter plot of dots along one bent band, like a horseshoe, without gaps, in several colours and shapes: the program has cut the band into pieces."}, "figure": {"caption": "Patients along one bent path, and the groups that were found on it."}}
rng = np.random.default_rng(0)
stage = rng.uniform(0, np.pi, 300)
path = 3 * np.column_stack([np.cos(stage), np.sin(stage)])
path = path + rng.normal(0, 0.35, path.shape)
on_path = clusters.groups_found(path, groups.mixture, **settings | {"most": 3})
print(on_path)
found = groups.mixture(path, on_path.k)(path)
plots.cloud(path, found, labels=("", ""), data=first);

# %% [markdown]
# Groups are "found", and there is one disease. The pieces of a bent path come back in the
# halves, since no bell is bent. What `groups_found` rules out is one bell-shaped cloud, and
# no more than that. Look for gaps between groups; where there are none, think of stages.
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
# Its table for the real sets is on the course's pages, with k-means, the mixture and
# others beside ours.
#
# ## What it must not be used for
#
# It must not sort anybody into a kind of patient:
#
# - **A group is no diagnosis.** It has no cause, no course and no treatment until
#   somebody shows them, in other patients.
# - **A group is no reason to treat.** Whether a kind needs another drug, only a trial
#   can show, or a study that imitates one (chapter 31).
# - **A group can be something else under another name.** Values follow who was measured,
#   where and how: a group can be a hospital, an insurance or an origin.
# - **The ward here is made up.** No kind in it is a real one.
#
# It is made for learning.
#
# ## What we learnt
#
# - A clustering program always answers. Ask it the same question on twins without groups.
# - Units, long tails and the longest direction decide, unless you prepare and choose.
# - Silhouettes rise as dimensions fall; score groups in the data.
# - Speak of groups if they come back in halves and in new patients, beyond what twins do.
# - Never test groups on the columns that made them. Use an outcome that was not used,
#   compare it with severity, and do so in other patients.
# - Stable groups can be a hospital.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | clustering, cluster | forming groups without labels; such a group |
# | phenotype | here: a kind of patient, by what can be measured |
# | principal component | a weighted sum of columns along which cases differ most |
# | k-means | each case to the nearest of k centres, each centre the mean of its cases |
# | silhouette | own group near, next group far: 1; on a border: 0 |
# | null twin | made-up cases with the same means and correlations, without groups |
# | stability | whether two halves of the cases agree on who belongs together |
# | adjusted Rand index | agreement of two groupings on pairs; 0 by chance, 1 the same |
# | mixture of Gaussians | the cloud as a sum of bell curves |
# | BIC | misfit, plus a price for each number that was learnt; smaller is better |
# | autoencoder, code | a network that returns its input, through few units: the code |
# | t-SNE | a map that keeps near neighbours near, and nothing else |
# | double dipping | testing groups on the data that made them |
# | batch effect | a difference made by where or when, not by whom |
#
# **Onward**: [*Clinical text*](33_clinical_text.ipynb), what a note says of a patient. For
# intervals and comparisons, go back to [*Evaluation*](05_evaluation.ipynb).
#
# <details><summary><b>Sources</b></summary>
#
# 1. Seymour et al., JAMA 321:2003 (2019)
# 2. Tibshirani, Walther and Hastie, Journal of the Royal Statistical Society B 63:411
#    (2001)
# 3. Tibshirani and Walther, Journal of Computational and Graphical Statistics 14:511
#    (2005)
# 4. Gao, Bien and Witten, arXiv:2012.02936 (2020)
# 5. Data: UCI Machine Learning Repository, Dermatology
# 6. de Souto et al., BMC Bioinformatics 9:497 (2008), with data of Golub et al.,
#    Science 286:531 (1999), and Khan et al., Nature Medicine 7:673 (2001)
# 7. Consensus of many cuts, behind our recipe: Monti et al., Machine Learning 52:91
#    (2003)
#
# </details>

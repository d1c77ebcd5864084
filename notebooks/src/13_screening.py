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
# # 13 · Screening: must this eye be seen, and is there tumour on this slide?
#
# > A nurse has photographed the backs of four hundred eyes.
# > **Which of them must an ophthalmologist see?**
#
# Then the pathologist: a slide of tissue, cut into tiles. **Is there tumour anywhere on
# it, and where?** Somebody said yes or no for the slide, and nothing about the tiles.
#
# At the end of this notebook you can
#
# - measure agreement on ordered grades, and say what a disagreement costs;
# - build a network that answers with a grade, and choose where "refer" begins;
# - build attention over a bag of tiles, and check where it looked.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1, 2 and 5. **Data**: photographs of the retina and slides of tissue, simulated unless
# you ask for the real ones. Nothing here is made for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` above to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom git+https://github.com/{repository}

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from medlearn import claim, evaluation, load, plots, training
import keras
from keras import layers, ops
from medlearn.exercises import ch13

# %% [markdown]
# ## The question
#
# Diabetes damages small vessels, those of the eye among them. Dark red spots are bulges
# of vessels or blood, yellow ones are fat that leaked. Late in the disease new vessels
# grow, and may bleed into the eye. Found early, it can be treated; so people with
# diabetes are asked to have the backs of their eyes photographed every year or two.
# **Put these five in order, from healthy to worst.**

# %% tags=["in-sight"] mystnb={"image": {"alt": "Five round orange photographs of the back of the eye, in no order. Each has a bright disc, a dark spot and red vessels in arcs. Some have red and yellow spots, one very many, one none."}, "figure": {"caption": "The backs of five eyes, one of each grade."}}
plots.use_style()
eyes = load("retina")
train, validation, test = eyes.splits.values()
large = load("retina_64").test
gradable = large.about.get("gradable", np.ones(len(large), bool)).astype(bool)
agreed = large.about.get("second", large.y) == large.y  # by both graders
five = [np.flatnonzero((large.y == grade) & gradable & agreed)[5]
        for grade in (2, 0, 4, 1, 3)]
plots.pictures(large.x[five], titles=list("ABCDE"), columns=5, data=eyes);

# %% [markdown]
# Write your order down. A grader gave them these grades:

# %%
print(", ".join(f"{letter}: {grade}" for letter, grade in zip("ABCDE", large.y[five])))

# %% [markdown]
# The scale is international and has five steps [1]: 0 is no damage, 1 only tiny bulges
# of vessels, 2 more than these, 3 bleeding in all quarters of the eye or vessels
# plainly changed, 4 new vessels, or bleeding from them. Here, **refer** means grade 2
# or more. How soon depends on the grade: with 2 within some months, with 3 or 4 at
# once.
#
# Telling 0 from 1 is hard, at this size and at any. So is telling 2 from 3.
#
# ## Data, and whose they are

# %%
table = pd.DataFrame({name: np.bincount(part.y, minlength=5)
                      for name, part in eyes.splits.items()})
table.index.name = "grade"
table.T

# %% [markdown]
# Nearly half are healthy. In screening more would be; the real set, RetinaMNIST [2],
# was put together for a contest and has fewer.
#
# Each simulated patient has two eyes, and is on one side of the split. The contest's
# 500 patients had four photographs each [3]. But RetinaMNIST was cut out of them
# without saying whose each is. **Why does that matter?** If two eyes of a person are on
# two sides, the network may know the person.
#
# The network sees 28 × 28 pixels. A tiny bulge is gone at this size; grade 1 has to be
# guessed.
#
# ## Five grades are not five classes
#
# Here are two programs' answers for ten eyes. Both are right six times in ten. **Which
# would you rather have?**

# %%
truth = np.array([0, 0, 0, 0, 1, 1, 2, 2, 3, 4])
one = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 3])
other = np.array([0, 0, 0, 4, 1, 4, 2, 0, 3, 0])
pd.DataFrame({"truth": truth, "one": one, "other": other}).T

# %% [markdown]
# The first is never off by more than a step. The second calls a healthy eye a 4, and
# sends a 2 and a 4 home. Accuracy does not see a difference.
#
# *Quadratic weighted kappa* [4] does. An answer that is off by $d$ of four steps costs
# $(d/4)^2$: one step a sixteenth, four steps 1. Kappa compares the mean cost with that of
# chance, where each side keeps its own shares of the grades and they meet at random:
# $\kappa = 1 - \text{cost seen} / \text{cost by chance}$. **Which program has the higher
# one, and is the other's above 0?**

# %%
def kappa_by_hand(y_true, y_pred, grades=5):
    steps = np.arange(grades)
    cost = np.square((steps[:, None] - steps) / (grades - 1))
    seen = cost[y_true, y_pred].mean()
    by_chance = cost[y_true][:, y_pred].mean()  # every truth with every answer
    return 1 - seen / by_chance

print(f"one {kappa_by_hand(truth, one):.2f}, other {kappa_by_hand(truth, other):.2f}")

# %% [markdown]
# 1 is perfect, 0 is chance, and the second program is no better than chance. All steps
# count as equal; for the clinic they are not, since the referral begins between 1 and
# 2. The package's `ordinal.kappa` is the same number, with an interval.

# %%
from medlearn.evaluation import ordinal

claim("kappa by hand is the package's",
      np.isclose(kappa_by_hand(truth, one), ordinal.kappa(truth, one, grades=5).value))

# %% [markdown]
# ### Exercise 1: a kappa
#
# Two doctors grade twenty eyes from 0 to 2. Rows are the first doctor's grades, columns
# the second's: `8 1 1 / 1 5 0 / 1 0 3`. What is the quadratic weighted kappa? Give
# three decimals.

# %%
kappa = ...
ch13.q1.check(kappa)

# %% [markdown]
# ## Doctors disagree
#
# The simulated eyes were graded twice, by two graders of the same skill. **How often do
# they say the same?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "A table of five by five, rows the first grader, columns the second. Most counts lie on the diagonal or beside it; far from the diagonal there are none or few."}, "figure": {"caption": "How often each grade of the first grader met each grade of the second; test photographs."}}
second = test.about.get("second")  # None where there is one grade only
if second is not None:
    plots.grade_table(test.y, second, data=eyes)
    plt.ylabel("first grader")
    plt.xlabel("second grader");

# %% [markdown]
# They often differ by one step and rarely by two. A few eyes may be far apart, 0 for
# one grader and 4 for the other; we come back to these. In numbers:

# %%
people = {"patient": test.patient}
if second is not None:
    agree = ordinal.kappa(test.y, second, **people)
    print(f"same grade {np.mean(test.y == second):.0%}, kappa {agree:.2f}")

# %% [markdown]
# The labels are the first grader's, errors included. So a kappa of 1 is out of reach,
# and the second grader's is a useful scale. A program can exceed it honestly, by erring
# less than one human does; or it has learnt this grader's habits. These labels alone do
# not tell which.
#
# RetinaMNIST has no second grade. In Danish screening a doctor and a certified second
# grader gave 93 % of 458 eyes the same grade, with a weighted kappa of .83 [9]; two
# thirds of these eyes were healthy, another mix than ours.
#
# ## Baseline
#
# Someone who always says 0 is right for nearly half of the eyes. **And the kappa?**

# %%
always_0 = np.zeros(len(test), int)
print(f"always 0: accuracy {evaluation.accuracy(test.y, always_0):.2f}, "
      f"kappa {ordinal.kappa(test.y, always_0).value:.2f}")

# %% [markdown]
# Zero, by arithmetic: who always says the same agrees only by chance.
#
# ## Two ways to answer
#
# Notebook 2's network ends in a softmax over five *classes*. It is not told that 3 lies
# between 2 and 4.
#
# A doctor who grades has one thing in mind, how bad it is, and cuts it in five. A
# network can do the same: one *score*, and four thresholds that it learns.

# %% mystnb={"image": {"alt": "An axis from healthy to worse with four vertical dashed lines, the thresholds, that divide it into grades 0 to 4. A bell-shaped curve stands around a score between the second and third line; its area is blue below the second line and orange above."}}
from medlearn.plots import drawings

drawings.thresholds()

# %% [markdown]
# The curve shows where the eye may lie, around its score; orange is the probability
# that it must be seen.
#
# The chance of a grade above $k$ is $\sigma(\text{score} - \text{threshold}_k)$. The
# chance of grade $k$ itself is the difference of two of these. The model is older than
# deep learning: *cumulative logits*, or *proportional odds* [5]. (It is a
# simplification: the real scale is a list of signs.)
#
# ### Exercise 2: from a score to grades
#
# Write a function in NumPy, without a loop. In: `score`, (n,), and `thresholds`, (k,),
# lowest first. Out: the probability of each grade, (n, k + 1). The first grade is what
# is not above the first threshold.

# %%
def grades(score, thresholds):
    return ...

ch13.q2.check(grades)

# %% [markdown]
# A layer that learns has to keep the thresholds in order. So it learns the first, and
# the steps from each to the next, made positive by *softplus*, $\ln(1 + e^x)$. (The
# factor 5 is not in Exercise 2; it only makes learning quicker.)

# %% tags=["flagship"]
class Thresholds(layers.Layer):
    """Probabilities of five grades from one score a case."""

    def build(self, shape):
        begin = keras.initializers.Constant
        self.first = self.add_weight(shape=(1,), initializer=begin(-0.5))
        self.steps = self.add_weight(shape=(3,), initializer=begin(-1.0))

    def call(self, score):
        at = ops.cumsum(ops.concatenate([self.first, ops.softplus(self.steps)]))
        above = ops.sigmoid(5 * (score - at))  # times 5: see above
        one, none = ops.ones_like(score), ops.zeros_like(score)
        return ops.concatenate([one, above], 1) - ops.concatenate([above, none], 1)

# %% [markdown]
# To compare the two answers, one network gives both, from the same features. The loss
# is the sum of two cross-entropies. (The price: the features serve both answers at
# once. Two networks, one for each, might differ more.)

# %%
from medlearn.models.cnn import course_net

training.set_seed(0)
body = course_net(train.x.shape[1:], classes=5, width=8)
features = body.layers[-1].input  # what its softmax answers from
score = layers.Dense(1, use_bias=False, name="score")(features)
both = layers.Concatenate()([body.output, Thresholds(name="thresholds")(score)])
net = keras.Model(body.input, both)

def loss(y, p):
    one = keras.losses.sparse_categorical_crossentropy
    return one(y, p[:, :5]) + one(y, p[:, 5:])

# %% [markdown]
# A left eye is a right one in a mirror, and upside down it is nearly an eye as well. So
# each photograph is shown four times: as it is, mirrored, upside down, and both.

# %% tags=["nbval-ignore-output"]
BATCH, EPOCHS = 32, 5
x = np.concatenate([np.flip(train.x, axis) for axis in ((), (1,), (2,), (1, 2))])
y = np.tile(train.y, 4)
steps = EPOCHS * -(-len(y) // BATCH)
net.compile(training.optimizer(steps, weight_decay=0.02, peak=3e-3), loss)
history = training.fit(net, (x, y), epochs=EPOCHS, batch_size=BATCH, patience=None)
print("loss", ", ".join(f"{one:.2f}" for one in history["loss"]))

# %% [markdown]
# To guess the shares of the grades costs 1.41 for each answer, 2.82 for both. The loss
# begins about there and falls in each round.
#
# ## Result
#
# Both give a probability for each grade; we take the likeliest. *RPS*, the ranked
# probability score, is the Brier score for grades: lower is better, and a probability
# put two grades off costs more than one put beside the truth.

# %% tags=["nbval-ignore-output"]
p_test = training.predict(net, test.x)
answers = {"five classes": p_test[:, :5], "one score": p_test[:, 5:]}
must_see = (test.y >= 2).astype(int)

def row(p):
    said = ordinal.decide(p)
    refer = np.clip(p[:, 2:].sum(1), 0, 1)
    measures = [evaluation.accuracy(test.y, said, **people),
                ordinal.kappa(test.y, said, **people),
                ordinal.ranked_probability_score(test.y, p, **people),
                evaluation.auroc(must_see, refer, **people)]
    return [f"{one:.2f}" for one in measures]

pd.DataFrame({name: row(p) for name, p in answers.items()},
             index=["accuracy", "kappa", "RPS", "AUROC, refer"])

# %% [markdown]
# Far better than always 0, and far from what two graders reach. **Is one score better
# than five classes?** Here is the difference of their kappas on the same patients.

# %% tags=["nbval-ignore-output"]
said = {name: ordinal.decide(p) for name, p in answers.items()}
more = ordinal.kappa_difference(test.y, said["one score"], said["five classes"],
                                **people)
print(f"kappa of one score, less that of five classes: {more:+.3f}")

# %% [markdown]
# Where the interval clears 0, as it did when this was written, do not believe it yet.
# On two more draws of these data we saw −0.09 (−0.13 to −0.06) and −0.08 (−0.13 to
# −0.04), which clear 0 on the other side. **How can that be?** The interval allows for
# other test patients. It does not allow for another network, from other training
# patients or other first weights. To say that one way is better, one has to train many
# times, and count the trainings: in five trainings of two larger networks each
# (`medlearn results retina`) one score gained −0.002 (−0.023 to +0.019).
#
# What *is* shown: the network knows something.

# %% tags=["nbval-ignore-output"]
ours = ordinal.kappa(test.y, said["one score"], **people)
claim("the network agrees with the grader beyond chance", ours.clears(0),
      shown=f"kappa {ours:.2f}")

# %% [markdown]
# What the one score brings is order: ranked by the probability of 2 or more, or of 3 or
# more, eyes stand in the same row. Five classes may rank them differently each time.
#
# ## Which grade to say?
#
# A network gives grade 0 a probability of .45, grade 1 one of .15, and grade 4 one of
# .40. **Which grade would you say?** Decide before you read on.

# %%
undecided = np.array([[0.45, 0.15, 0, 0, 0.40]])
RULES = ("likeliest", "median", "mean")
print(", ".join(f"{rule}: {ordinal.decide(undecided, rule=rule)[0]}" for rule in RULES))

# %% [markdown]
# The likeliest is 0. Counted from below, half of the probability is reached at 1, the
# *median*. The mean is 1.75, rounded 2. Three rules, three grades. And on the test
# eyes?

# %% tags=["nbval-ignore-output"]
rows = {}
for rule in RULES:
    answer = ordinal.decide(answers["one score"], rule=rule)
    off = answer - test.y
    agrees = ordinal.kappa(test.y, answer).value
    rows[rule] = [np.mean(off == 0), np.abs(off).mean(), np.square(off).mean(), agrees,
                  np.sum(answer == 1)]
by_rule = pd.DataFrame(rows, index=["accuracy", "mean error", "mean squared error",
                                    "kappa", "says 1"]).T
by_rule.round(2).astype({"says 1": int})

# %% [markdown]
# The same probabilities, three sets of answers. The likeliest grade aims to be right
# most often, the median to be off by few steps, the rounded mean to keep squared errors
# small. See the last column: the likeliest hardly ever says 1, since an eye that may be
# a 1 is likelier a 0 or a 2. Whoever chooses a measure has chosen a rule, said or not.

# %% tags=["nbval-ignore-output"]
squares = by_rule["mean squared error"]
claim("the rounded mean is off by less, in squares, than the likeliest grade",
      squares["mean"] < squares["likeliest"])

# %% [markdown]
# ### Exercise 3: before and after
#
# A program was changed. Twelve eyes:
#
# `0 0 0 0 0 0 1 1 2 2 3 4` truth<br>
# `0 0 0 0 0 0 1 1 0 2 0 4` said before<br>
# `0 0 1 0 1 0 1 1 2 2 2 3` says now
#
# Which sentences are true? Give a set of letters. **A** Fewer grades are exactly right
# now. **B** The mean squared error is less than a third of what it was. **C** The
# quadratic kappa fell as well. **D** Before, two eyes that must be referred were
# missed; now none is. **E** More healthy eyes are referred now. **F** To an accuracy, a
# wrong grade is as wrong however far off it is.

# %%
true_sentences = ...
ch13.q3.check(true_sentences)

# %% [markdown]
# ## Where "refer" begins
#
# The clinic asks for one bit. Its error has two prices: an eye that is missed may go
# blind, one that is referred for nothing costs a visit. Say we want to find nine in ten
# of those who must be seen. **Where do we cut, and what does it cost?** We choose on
# the validation photographs.

# %% tags=["nbval-ignore-output"]
def to_refer(part):
    """The probability of grade 2 or more, by the one score."""
    return np.clip(training.predict(net, part.x)[:, 7:].sum(1), 0, 1)

p_refer = to_refer(test)
cut = evaluation.threshold_by_sensitivity((validation.y >= 2).astype(int),
                                          to_refer(validation), at_least=0.9)
found = evaluation.sensitivity(must_see, p_refer >= cut, **people)
spared = evaluation.specificity(must_see, p_refer >= cut, **people)
print(f"refer from {cut:.2f}: sensitivity {found:.2f}, specificity {spared:.2f}")

# %% [markdown]
# On validation it was .9, of 51 eyes. Such a share is uncertain by about a tenth, and
# we took the highest threshold that just reached it, which flatters. Read the test's
# interval: does it contain .9? In our three runs the threshold itself lay anywhere
# between .05 and .7.
#
# In the test set more than four in ten must be seen. In screening it may be one in
# twenty. **Of a hundred who are called, how many need to come?**

# %% tags=["nbval-ignore-output"]
for share in (np.mean(must_see), 0.05):
    ppv, npv = evaluation.predictive_values(sensitivity=found.value,
                                            specificity=spared.value, prevalence=share)
    print(f"{share:.0%} must be seen: of 100 called {100 * ppv:.0f} need it, "
          f"of 100 sent home {100 * (1 - npv):.0f} were missed")

# %% [markdown]
# Where few are ill, most of those who are called are well. (We assumed the same
# sensitivity there; with milder disease it would be lower.) Every screening programme
# accepts this, and should choose how much.
#
# ### Exercise 4: set the threshold
#
# `p` is (n, 5), the probabilities of five grades. Refer if the probability of grade 2
# or more reaches a threshold. Return the highest threshold at which the sensitivity on
# the validation eyes is at least .9, and the sensitivity that it has on the test eyes.

# %%
def refer(p_validation, y_validation, p_test, y_test):
    return ...

ch13.q4.check(refer)

# %% [markdown]
# ## Two eyes, one patient
#
# It is a patient who is called, not an eye. One eye is enough. **Does that make the
# program look better or worse?**

# %% tags=["nbval-ignore-output"]
def by_patient(values):
    """The largest value of each patient's eyes."""
    _, whose = np.unique(test.patient, return_inverse=True)
    largest = np.zeros(whose.max() + 1)
    np.maximum.at(largest, whose, values)
    return largest

ill, called = by_patient(must_see).astype(int), by_patient(p_refer >= cut).astype(int)
pd.DataFrame({
    "eyes": [len(test), f"{np.mean(p_refer >= cut):.0%}", f"{found:.2f}",
             f"{spared:.2f}"],
    "patients": [len(ill), f"{called.mean():.0%}",
                 f"{evaluation.sensitivity(ill, called):.2f}",
                 f"{evaluation.specificity(ill, called):.2f}"],
}, index=["number", "called", "sensitivity", "specificity"])

# %% [markdown]
# Both, at once. Two eyes are two chances to be found, and two chances to be called for
# nothing. Say which of the two a number counts.
#
# And two eyes of one patient are not two patients. The intervals above count patients;
# one that counts eyes is too narrow wherever both eyes tend to fail together.
#
# ## Photographs that cannot be graded
#
# Some are blurred, or dark, or an arc of light lies across. **What does the network say
# of those?** A grade, as of any other.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Four photographs of the back of the eye that are hard to read: blurred, very dark, or with a bright arc. Above each stands the grade that the network gives it, and its probability."}, "figure": {"caption": "Photographs that cannot be graded, and what the network says of them."}}
if "gradable" in test.about:  # else nobody said which are not
    fine = test.about["gradable"].astype(bool)
    poor = np.flatnonzero(~fine)[:4]
    titles = [f"grade {grade} ({p:.0%})" for grade, p in
              zip(said["one score"][poor], answers["one score"][poor].max(1))]
    plots.pictures(test.x[poor], titles=titles, columns=4, data=eyes);

# %% [markdown]
# It may be sure of what it cannot see. A low probability may mean a hard grade or a bad
# photograph; the answer does not say which. And the graders?

# %% tags=["nbval-ignore-output"]
if "gradable" in test.about and second is not None:
    for name, those in {"gradable": fine, "not gradable": ~fine}.items():
        some = {"patient": test.patient[those], "grades": 5}
        graders = ordinal.kappa(test.y[those], second[those], **some)
        program = ordinal.kappa(test.y[those], said["one score"][those], **some)
        print(f"{those.sum()} {name}: graders {graders:.2f}, program {program:.2f}")
        apart = np.abs(test.y - second)[those]
        print(f"  graders three grades apart or more: {np.sum(apart >= 3)}")

# %% [markdown]
# They agree less here; what they write down is half a guess, and the eyes on which they
# were far apart are among these. A program for screening needs a third answer, *cannot
# be graded*: photograph again, or refer. A test set without such photographs measures a
# clinic in which none ever fails.
#
# ## Stop here
#
# A good place for a break. So far: a kappa says what a disagreement costs; two graders
# set the scale; one score and thresholds keep the order; the rule and the threshold
# follow from what an error costs; count patients, and the photographs that fail.
#
# ## Second sitting: a slide is a bag
#
# > A piece of bowel has been cut thin, stained, and scanned at high magnification.
# > **Is there tumour anywhere on this slide, and where?**
#
# *Haematoxylin* stains the nuclei of cells blue to purple, *eosin* most of the rest pink.
# A scanned slide has billions of pixels, so it is cut into *tiles*. Here is
# a small one.

# %% tags=["in-sight"] mystnb={"image": {"alt": "A sheet of small tiles of stained tissue in rows of eight: pink fibres, purple rings of nuclei, dense dark dots, pale and empty ones."}, "figure": {"caption": "The tiles of one slide, row by row."}}
slides = load("slides")
test_slides = slides.test
tumour = test_slides.about.get("tumour")  # by tile: to look at, never to learn from
here = np.flatnonzero((test_slides.y == 1) & (test_slides.x.counts < 40))
share = np.array([tumour[n].mean() for n in here]) if tumour else np.zeros(len(here))
case = here[np.argsort(-share)[len(share) // 3]]
plots.slide(test_slides.x[case], data=slides);

# %% [markdown]
# Tumour: crowded, large, irregular nuclei. Small, round and even ones are lymphocytes,
# and rings are healthy glands. Choose the tiles that you would look at again.
#
# ## Data, and what was labelled
#
# To mark each tile would take a pathologist hours. That there *is* tumour is in the
# report. So a case is a *bag* of tiles with one label: 1 if any tile holds tumour.
# To learn from that is called *multiple-instance learning*.

# %%
def describe(part):
    tiles = part.x.counts
    return [len(part), tiles.sum(), f"{tiles.min()}–{tiles.max()}", part.y.sum()]

pd.DataFrame({name: describe(part) for name, part in slides.splits.items()},
             index=["slides", "tiles", "tiles a slide", "slides with tumour"])

# %% [markdown]
# Bags differ in size. Half of the slides hold tumour. **On how many of their tiles?**

# %%
if tumour:
    ill = np.flatnonzero(test_slides.y)
    tiles_ill = np.array([tumour[n].sum() for n in ill])
    print(f"of {len(ill)} slides with tumour, {np.sum(tiles_ill <= 2)} have it on one "
          f"or two tiles, the most on {tiles_ill.max()}")

# %% [markdown]
# Often on one or two of forty. The label says nothing of the other thirty-nine.
#
# The slides are simulated: real ones have thousands of tiles, and those of many
# patients that could be shared freely take hundreds of gigabytes. Your own can be read;
# the end says how.
#
# ### Exercise 5: a bag's label
#
# A slide has ten tiles, of which only the fourth holds tumour. A network gives that
# tile .9 and the others .1 each; *attention*, which we build below, weighs it .55 and
# the others .05 each. Give four numbers: the slide's label, and what the maximum, the
# mean and the weighted mean of the tiles' answers say.

# %%
slide = ...
ch13.q5.check(slide)

# %% [markdown]
# ## Tiles of one slide on both sides
#
# There *are* tiles with a label each: PathMNIST [6] has nine kinds of tissue from the
# bowel. Its tiles were cut from slides, many from each, and its test tiles come from
# another hospital. **What if somebody splits the training tiles at random?** A tile's
# kind is guessed from the one tile with the most similar colour. Ten splits each.

# %%
from sklearn.neighbors import KNeighborsClassifier

tissue = load("pathology")
colour, kind = np.median(tissue.train.x, axis=(1, 2)), tissue.train.y

def nearest_is_right(out):
    nearest = KNeighborsClassifier(1).fit(colour[~out], kind[~out])
    return np.mean(nearest.predict(colour[out]) == kind[out])

rng, cut_from = np.random.default_rng(0), tissue.train.patient
by_tile = [nearest_is_right(rng.random(len(kind)) < 0.25) for _ in range(10)]
right_by = {"tile": by_tile}
if tissue.patients_known:  # or nobody said which slide a tile is from
    some = [rng.permutation(np.unique(cut_from))[::4] for _ in range(10)]
    right_by["slide"] = [nearest_is_right(np.isin(cut_from, out)) for out in some]
for name, right in right_by.items():
    print(f"right kind, split by {name}: {np.mean(right):.2f} "
          f"({min(right):.2f} to {max(right):.2f} in ten splits)")

# %% [markdown]
# Neighbours on a slide share stain, light and focus, so the nearest tile is often one
# of the same slide. On four real tasks scores rose by up to 41 % when tiles of one
# person stood on both sides [7].

# %%
if tissue.patients_known:
    claim("a split by tile looks better than one by slide",
          np.mean(by_tile) > np.mean(right_by["slide"]))

# %% [markdown]
# ### Exercise 6: which split leaks
#
# `ch13.three_splits()` gives three splits, by letter: the slides that the training
# tiles were cut from, and those of the test tiles. The slide "P07-2" is the second of
# patient 7. Which splits leak? Give a set of letters.

# %%
leaking = ...
ch13.q6.check(leaking)

# %% [markdown]
# ## Learning to see
#
# A bag's label is little to learn from: 80 yeses and noes for three thousand tiles. So
# one learns to see elsewhere, from something that has labels, and takes the features
# along. Ours learns the *eight* kinds of tissue that are no tumour. It is never shown a
# tile of tumour.

# %% tags=["nbval-ignore-output"]
healthy = tissue.train.y < 8  # the ninth kind is tumour
training.set_seed(0)
tissue_net = course_net(tissue.train.x.shape[1:], classes=8, width=16)
steps = 5 * -(-healthy.sum() // 64)
tissue_net.compile(training.optimizer(steps, weight_decay=0.02),
                   "sparse_categorical_crossentropy")
history = training.fit(tissue_net, tissue.train.take(healthy), epochs=5, batch_size=64,
                       patience=None)
other = tissue.validation.take(tissue.validation.y < 8)
kinds_right = np.mean(training.predict(tissue_net, other.x).argmax(1) == other.y)
print(f"right kind of tissue, other slides: {kinds_right:.2f}")

# %% [markdown]
# It tells glands from muscle. We do not use its answer but what it computes on the way:
# for each map of each convolution the mean over the tile, 208 numbers. (Nearly
# all large studies of slides work so, with a larger network that has seen more;
# features are computed once and kept.)

# %%
from medlearn.data.ragged import Ragged
from medlearn.models.bags import padded, tile_features

extractor = tile_features(tissue_net)

def rows(tiles):
    """What the network sees of each tile, bag by bag."""
    return Ragged(tiles.start, value=training.predict(extractor, tiles["value"]))

learnt = rows(slides.train.x)
middle, spread = learnt["value"].mean(0), learnt["value"].std(0) + 1e-6

def bags(rows):
    """Bags of standardised rows, filled up to the largest, and which rows are there."""
    return padded([(one - middle) / spread for one in rows])

x_train, x_test = bags(learnt), bags(rows(test_slides.x))
print("rows", x_train["rows"].shape, "there", x_train["there"].shape)

# %% [markdown]
# Networks want tables, bags have sizes. The smaller are filled up with rows of zeros,
# and `there` says which rows are tiles.
#
# ## From many rows to one
#
# Somehow the rows of a bag must become one. The *mean* is the first idea. **What
# happens to the one tile in forty?** It counts a fortieth. The *maximum* of each
# feature keeps it, but also each odd tile of each healthy slide.
#
# *Attention* [8] is a mean with weights, and the weights are learnt: a small network
# looks at each row and says how much it matters; a softmax over the bag makes weights
# of that.

# %% mystnb={"image": {"alt": "Four tiles, one of them orange. An arrow leads from each to a row of five tinted cells, its features, and on to a bar, its weight: 0.05, 0.04, 0.86 for the orange one, 0.05. All lead to one row, the weighted mean, and to a yes or no."}}
drawings.bag_of_tiles()

# %% [markdown]
# ### Exercise 7: attention over one bag
#
# Write it in NumPy: `features` (tiles, channels), `score` (tiles,), how much each tile
# matters before the softmax, and `there`, true where a row is a tile. Return the
# weighted mean, (channels,). A row that is not there must weigh nothing, and large
# scores must do no harm.

# %%
def pool(features, score, there):
    return ...

ch13.q7.check(pool)

# %% [markdown]
# In Keras, with weights that are learnt:

# %% tags=["flagship"]
def attend(x, there):
    """One row for a bag: the mean of its rows `x`, with weights that are learnt."""
    matters = layers.Dense(x.shape[-1], activation="tanh")(x)
    even = layers.Dense(1, kernel_initializer="zeros")(matters)  # begins as the mean
    score = layers.Reshape((-1,), name="score")(even)
    weights = layers.Softmax(name="attention")(score, mask=there)
    return layers.Dot(axes=1)([weights, x])

# %% [markdown]
# The network around it, with the mean and the maximum beside attention:

# %% tags=["flagship"]
def bag_net(features, pooling="attention", hidden=32):
    rows = keras.Input((None, features), name="rows")
    there = keras.Input((None,), dtype="bool", name="there")
    x = layers.Dropout(0.2)(layers.Dense(hidden, activation="relu")(rows))
    if pooling == "attention":
        bag = attend(x, there)
    elif pooling == "mean":
        bag = layers.GlobalAveragePooling1D()(x, mask=there)
    else:  # x is 0 or more, so a row that is not there is never the largest
        bag = layers.GlobalMaxPooling1D()(layers.Multiply()([x, there[..., None]]))
    answer = layers.Dense(1, activation="sigmoid")(bag)
    return keras.Model({"rows": rows, "there": there}, answer)

# %% [markdown]
# Each learns from the same 80 labels. All settings were fixed beforehand: the
# validation part has ten slides with tumour, too few to choose on, and nothing is
# chosen on the test.

# %%
def train_bags(pooling, x=x_train):
    training.set_seed(0)
    model = bag_net(x["rows"].shape[-1], pooling)
    steps = 30 * -(-len(slides.train) // 8)
    model.compile(training.optimizer(steps, weight_decay=0.01, peak=3e-3),
                  "binary_crossentropy")
    training.fit(model, (x, slides.train.y[:, None]), epochs=30, batch_size=8,
                 patience=None)
    return model

nets = {pooling: train_bags(pooling) for pooling in ("mean", "max", "attention")}
p_slide = {name: training.predict(model, x_test)[:, 0] for name, model in nets.items()}

# %% [markdown]
# A third of the test slides come from a hospital, C, that is in no other split.
# First, the others.

# %% tags=["nbval-ignore-output"]
hospital = test_slides.about.get("hospital", np.full(len(test_slides), "A"))
known = np.isin(hospital, np.unique(slides.train.about.get("hospital", ["A"])))
whose = {"patient": test_slides.patient[known]}
areas = {name: evaluation.auroc(test_slides.y[known], p[known], **whose)
         for name, p in p_slide.items()}
pd.DataFrame({name: [f"{area:.2f}"] for name, area in areas.items()}, index=["AUROC"]).T

# %% [markdown]
# The same features, the same labels. **Is attention really better than the mean?**

# %% tags=["nbval-ignore-output"]
for pooling in ("max", "mean"):
    more = evaluation.auroc_difference(
        test_slides.y[known], p_slide["attention"][known], p_slide[pooling][known],
        **whose)
    print(f"AUROC of attention less that of {pooling}: {more:+.2f}")
claim("attention tells more slides apart than the mean does", more.clears(0))

# %% [markdown]
# Where the interval reaches 0, as it may against the maximum, forty slides are too few.
# And each network was trained once: remember the kappas. On two more draws of the data
# attention was ahead of the mean again, by .21 and .28.
#
# ## Where did it look?
#
# Nobody told it which tiles hold tumour. Here is the slide from above, with the weight
# of each tile as a bar, and the truth as frames.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "The sheet of tiles from above. Under each tile is a bar; under most it is nearly empty. Some tiles have a black frame, tumour; one of these has the longest bar."}, "figure": {"caption": "Weights that attention gave to each tile, as shares of the largest; frames: tumour."}}
attention_net = nets["attention"]
weighs = keras.Model(attention_net.input, attention_net.get_layer("attention").output)
weights = training.predict(weighs, x_test)

def of_slide(n):
    own = weights[n][x_test["there"][n]]
    return own / own.max()

print(f"tumour, says the network: {p_slide['attention'][case]:.0%}")
plots.slide(test_slides.x[case], of_slide(case), tumour[case] if tumour else None,
            name="share of the largest weight", data=slides);

# %% [markdown]
# Compare with the tiles that you chose. It has not marked all of the tumour: a softmax
# favours the highest score, and some healthy tiles may score above tumour. A map of
# attention is no outline. And read the answer above it: a map does not say yes.
#
# One picture proves nothing, either way. So all tiles of all slides are ranked, by the
# score before the softmax, which does not depend on the rest of the bag.

# %% tags=["nbval-ignore-output"]
matters = keras.Model(attention_net.input, attention_net.get_layer("score").output)
tile_score = training.predict(matters, x_test)[x_test["there"]]
if tumour:
    of_tile = np.repeat(np.arange(len(test_slides)), test_slides.x.counts)
    ours = known[of_tile]
    area_by_tile = evaluation.auroc(tumour["value"][ours].astype(int),
                                    tile_score[ours],
                                    patient=test_slides.patient[of_tile][ours])
    claim("tumour tiles get more attention: AUROC by tile above .8",
          area_by_tile.low > 0.8, shown=f"{area_by_tile:.2f}")

# %% [markdown]
# The AUROC is the share of pairs, a tumour tile and another, in which the tumour tile
# has the higher score. So where tumour lies was learnt from yes and no alone, on
# average; the slide above shows exceptions.
#
# ### What a map does not say
#
# Here is a slide *without* tumour. **What will the weights look like?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "A sheet of tiles of another slide without any frame. Some tiles have long bars all the same."}, "figure": {"caption": "Attention on a slide without tumour."}}
without = np.flatnonzero((test_slides.y == 0) & known & (test_slides.x.counts < 32))[0]
print(f"tumour, says the network: {p_slide['attention'][without]:.0%}; largest weight "
      f"{weights[without].max():.2f}, above {weights[case].max():.2f}")
plots.slide(test_slides.x[without], of_slide(without),
            name="share of the largest weight", data=slides);

# %% [markdown]
# We drew each bar as a share of the slide's largest weight, so one bar is always full.
# The weights themselves add up to 1 on every slide, with tumour or without. A map says
# where the network looked, not that it found anything. Ask for a number over all
# slides, and for the answer beside the map.
#
# ## Another hospital
#
# Hospital C uses more eosin and another haematoxylin. **What does the same network do
# there?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Three rows of eight tiles. The first two rows, hospitals A and B, are alike in colour; in the third, hospital C, everything is pinker and the nuclei are a reddish purple."}, "figure": {"caption": "Tiles of the three hospitals, a row each."}}
first = [np.flatnonzero(hospital == name)[0] for name in np.unique(hospital)]
plots.slide(np.concatenate([test_slides.x[n][:8] for n in first]), data=slides);

# %% [markdown]
# Compare the rings of nuclei: blue-violet above, reddish below. A pathologist reads
# both. To be surer of the numbers we draw sixty more slides of hospital C; these are
# always simulated.

# %% tags=["nbval-ignore-output"]
from medlearn.data.images import draw_slides

away = draw_slides(60, hospital="C", seed=1)
p_away = training.predict(attention_net, bags(rows(away["tiles"])))[:, 0]
print(f"known hospitals {areas['attention']:.2f}, "
      f"another hospital {evaluation.auroc(away['label'], p_away):.2f}")

# %% [markdown]
# Light that passes through stain is weakened by a share for each layer of it. So one
# takes the logarithm, the *optical density*: it grows in step with the stain. The
# simplest repair is one number a channel: colours are scaled until the mean density is
# that of the training slides. **Whose mean**, the slide's or the hospital's?

# %%
from medlearn.features.stain import match_stain, stain_of

like = stain_of(slides.train.x["value"])

def matched(tiles, group):
    """Bags whose stain is matched group by group."""
    of_tile, changed = np.repeat(group, tiles.counts), tiles["value"].copy()
    for one in np.unique(group):
        changed[of_tile == one] = match_stain(changed[of_tile == one], like)
    return bags(rows(Ragged(tiles.start, value=changed)))

def alone(tiles):
    return np.arange(len(tiles))  # each slide is a group

retrained = train_bags("attention", matched(slides.train.x, alone(slides.train.x)))

def three_ways(tiles, group, p):
    """What is said of slides as they come (`p`), matched by hospital, and by slide."""
    by_hospital = training.predict(attention_net, matched(tiles, group))[:, 0]
    by_slide = training.predict(retrained, matched(tiles, alone(tiles)))[:, 0]
    return {"as they come": p, "by hospital": by_hospital, "by slide": by_slide}

p_home = three_ways(test_slides.x[known], hospital[known], p_slide["attention"][known])
p_there = three_ways(away["tiles"], np.zeros(60), p_away)

# %% [markdown]
# By hospital the network stays as it was, and only the colours of the slides that it is
# shown change. By slide it was trained anew, on training slides that were matched,
# too.

# %% tags=["nbval-ignore-output"]
pd.DataFrame({
    "known hospitals": [f"{evaluation.auroc(test_slides.y[known], p):.2f}"
                        for p in p_home.values()],
    "another hospital": [f"{evaluation.auroc(away['label'], p):.2f}"
                         for p in p_there.values()],
}, index=list(p_home))

# %% [markdown]
# By slide may cost at home: a slide full of lymphocytes is dark because of what is on
# it, not of how it was stained, and matching takes that away. By hospital keeps it,
# since many slides together have a bit of everything. Neither needs a label, only
# slides of the new hospital. **Is the gain more than chance?**

# %% tags=["nbval-ignore-output"]
gains = {way: evaluation.auroc_difference(away["label"], p_there[way], p_away)
         for way in ("by hospital", "by slide")}
for way, gain in gains.items():
    print(f"AUROC in another hospital, {way} less as they come: {gain:+.2f}")
claim("matching the hospital's stain helps in another hospital",
      gains["by hospital"].clears(0))

# %% [markdown]
# The network had learnt the stain with the tissue. Three numbers bring most of it back
# here; real stains differ in more than that, and so do scanners.
#
# Before, it was hardly better than a coin, and it gave no warning: it said yes and no
# as ever. Whoever brings a network to a new hospital must measure there.
#
# ### Exercise 8: train on bags
#
# `x_train, y_train, x_validation, y_validation = ch13.your_bags()` gives bags of 30
# tiles with four numbers each, and a label for each bag. Where there is tumour, one
# tile or two stand out. Build, compile and train a network with *one* input,
# `keras.Input((None, 4))`: no bag is filled up, so you need no `there`. It passes with
# an AUROC of at least .93 on 1,000 bags that it has not seen.

# %%
your_model = ...
ch13.q8.check(your_model)

# %% [markdown]
# ## Where it fails
#
# Which slides with tumour were missed? We count them by the number of tiles with
# tumour, in the known hospitals, at a probability of one half.

# %% tags=["nbval-ignore-output"]
if tumour:
    count = np.array([tumour[n].sum() for n in range(len(test_slides))])
    groups = {"1 tile": count == 1, "2 to 4": (count > 1) & (count < 5),
              "more": count > 4}
    not_seen = p_slide["attention"] < 0.5
    missed = {name: [np.sum(those & known), np.sum(those & known & not_seen)]
              for name, those in groups.items()}
    print(pd.DataFrame(missed, index=["slides with tumour", "of these missed"]).T)

# %% [markdown]
# Where it misses, it is mostly the slides with little tumour, which are easy to
# overlook for people, too. (Nobody chose the one half: ten validation slides with
# tumour are too few for that.) A number over all slides depends on how much tumour they
# hold; ask for it by size.
#
# ## On the real data
#
# `medlearn results retina --file PATH` trains both answers on RetinaMNIST and prints
# their kappas beside published figures. `medlearn results slides --file PATH` does this
# sitting's work on slides of your own: a zip or folder with `slides.csv` (slide, label)
# and a folder of tiles for each slide; `medlearn.data.images.read_bags` reads it.
#
# ## What it must not be used for
#
# It must not decide who sees a doctor, nor clear a slide:
#
# - **Its eyes and slides are drawn.** It has seen no real one.
# - **28 pixels.** A camera for screening has thousands; what makes a grade 1 is gone.
# - **It always answers.** It has no way to say that a photograph or a stain is bad.
# - **It knows one question.** It does not look for swelling of the macula, which must be
#   referred at any grade, nor for a melanoma, nor for another cancer on the slide.
#
# It is made for learning.
#
# ## What we learnt
#
# - Grades are ordered. Accuracy does not see it, a weighted kappa does; two graders set
#   the scale.
# - One score and thresholds keep the order. On these data that gives no kappa that could
#   be called better.
# - Which grade to say depends on what an error costs. Eyes and patients give different
#   numbers.
# - A bag has one label. Attention finds the few tiles that matter; the mean drowns
#   them.
# - A map of weights is not evidence. Rank all tiles, and look at healthy slides too.
# - Tiles of one patient belong on one side. Under another stain the same network can
#   fail: measure there.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | ordinal | in an order, though the steps need not be equal: grades |
# | quadratic weighted kappa | agreement beyond chance; an error costs its square |
# | cumulative logits | one score, cut into grades by thresholds |
# | referable | grade 2 or more: to be seen by a doctor |
# | RPS | the Brier score for grades |
# | bag, multiple-instance learning | many tiles, one label for them all |
# | attention pooling | a mean of tiles with weights that are learnt |
# | haematoxylin and eosin | the usual stains: nuclei blue to purple, the rest pink |
# | optical density | logarithm of how much light a stain takes away |
# | stain normalisation | making slides of different laboratories alike in colour |
#
# **Onward**: this is the last of the three chapters on images. Whoever came here from
# the core can go on with notebook 11, [*Detection*](11_detection.ipynb), or 12,
# [*Segmentation*](12_segmentation.ipynb).
#
# <details><summary><b>Sources</b></summary>
#
# 1. Wilkinson et al., Ophthalmology 110:1677 (2003)
# 2. Yang et al., MedMNIST v2, Sci. Data 10:41 (2023), CC BY 4.0
# 3. Liu et al., DeepDRiD, Patterns 3:100512 (2022)
# 4. Cohen, Psychol. Bull. 70:213 (1968)
# 5. McCullagh, J. R. Stat. Soc. B 42:109 (1980)
# 6. PathMNIST, where real: Kather et al., PLOS Med. 16:e1002730 (2019), CC BY 4.0
# 7. Bussola et al., ICPR Workshops (2021), arXiv:1909.06539
# 8. Ilse et al., ICML (2018), arXiv:1802.04712
# 9. Thykjær et al., Acta Ophthalmol. 101:783 (2023)
#
# </details>

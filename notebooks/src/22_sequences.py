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
# # 22 · Sequences: which letter answers to which?
#
# > Nearly all haemoglobin of adults has two kinds of chain, alpha and beta. In
# > sickle-cell disease the sixth residue of beta is replaced by another. **Are the two
# > chains related, and which residue of alpha corresponds to it?**
#
# To *align* two sequences is to say which letter of the one corresponds to which of the
# other. Laboratories do it every day: to name a bacterium, to place a variant, or to
# ask whether a changed residue is the same in all relatives of a protein. Once it is
# said what each pair of letters is worth, an old program finds the best alignment,
# without any learning. We build it, find out where its numbers come from, and then make
# it learn them. The second half of the notebook gives each letter a label, predicts the
# next letter, and turns one sequence into another. **When is a network worth it, and
# when is a program of ten lines better?**
#
# At the end of this notebook you can
#
# - fill in the table of an alignment, and say what its gaps mean;
# - tell relatives from what looks alike by chance;
# - make a maximum soft, so that what it depends on can be learnt;
# - label each letter of a chain, and say when sequence to sequence is worth it.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1, 2, 3 and 5. **Data**: the two chains of haemoglobin, which are real; families of
# proteins and chains with their structure, simulated unless you ask for the real ones;
# and genes, which are always made up. Nothing here is made for use on patients.

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
from keras import layers, ops
from medlearn.exercises import ch22

# %% [markdown]
# ## The question
#
# A protein is a chain of *residues* (amino acids) of twenty kinds, each written as a
# letter. Here are the first 60 residues of alpha and of beta [1]. A bar joins letters
# at the same place, a thick blue one equal letters. **How many are equal? Would it help
# to move one of the rows?**

# %% tags=["in-sight"] mystnb={"image": {"alt": "Two rows of 60 letters, alpha above beta, with a bar between each two letters. Few of the bars are thick: at the same place the letters are mostly different."}, "figure": {"caption": "The beginnings of the alpha and the beta chain of haemoglobin, place by place."}}
from medlearn.data.sequences.haemoglobin import HAEMOGLOBIN as haemoglobin

plots.use_style()
alpha, beta = haemoglobin.alpha, haemoglobin.beta
same_place = [(place, place) for place in range(60)]
names = "alpha", "beta"
plots.alignment(alpha[:60], beta[:60], same_place, names=names, data=haemoglobin);

# %% [markdown]
# That is hardly more than between proteins that are not related. Now move beta against
# alpha, and count again, over the whole chains:

# %%
def equal_letters(shift):
    return sum(alpha[i] == beta[i + shift] for i in range(len(alpha))
               if 0 <= i + shift < len(beta))

pd.Series({f"{shift:+}": equal_letters(shift) for shift in range(-3, 8)},
          name="equal letters").rename_axis("beta moved by").to_frame().T

# %% [markdown]
# One shift stands out: if beta is read five places later, 44 letters are equal. Is one
# shift right for the whole chain? A *dot plot* shows all shifts at once: a dot where at
# least five of eleven neighbours agree.

# %% mystnb={"image": {"alt": "A square with alpha downwards and beta to the right. Short dark lines lie along the diagonal from the upper left to the lower right; between places 30 and 55 it jumps to the right by a few places. A few shorter lines lie far away from it."}, "figure": {"caption": "A dot plot of alpha and beta: dark where at least five of eleven neighbours are equal."}}
equal = (np.array(list(alpha))[:, None] == np.array(list(beta))).astype(int)
padded = np.pad(equal, 5)
neighbours = sum(padded[5 + k:5 + k + len(alpha), 5 + k:5 + k + len(beta)]
                 for k in range(-5, 6))

figure, ax = plt.subplots(figsize=(3.6, 3.4))
ax.imshow(neighbours >= 5, cmap="Greys")
ax.set(xlabel="place in beta", ylabel="place in alpha")
plots.mark(figure, data=haemoglobin)

# %% [markdown]
# Short lines far from the diagonal are chance. The others lie on one line that jumps to
# the right, between places 30 and 55 of alpha: there beta has residues that alpha
# lacks, a *gap* in alpha. Long ago there was one chain; its gene was copied, and since
# then each copy has gone its own way. Residues were replaced, lost or inserted. From
# two sequences nobody can tell whether the one lost them or the other gained them.
#
# ## Every path at once
#
# An *alignment* says which letters stand under each other, in rising order. All others
# stand alone, over a gap. **How many alignments do alpha and beta have?** To choose the
# pairs is to choose some letters of alpha and as many of beta. This can be done in as
# many ways as one can choose n letters out of n + m:

# %%
import math

print("10 letters and 10:", f"{math.comb(20, 10):,}")
print("alpha and beta:   ", f"{math.comb(len(alpha) + len(beta), len(alpha)):.0e}")

# %% [markdown]
# More than atoms in the universe, about 10⁸⁰: nobody can try them all, and nobody has
# to. Give each alignment a *score*, a sum over its columns. Then the best alignment of
# two words ends in one of three ways: with a pair, or with the last letter of either
# word alone. What comes before is the best alignment of shorter words. So fill in a
# table, each cell from its neighbours. That is *dynamic programming*:

# %% mystnb={"image": {"alt": "A table with the letters of HEAT at its rows and of HEART at its columns, full of numbers, with a shaded path from the upper left to the lower right. Beside it the last cell with its three neighbours and what each step adds, and below the alignment HEA–T over HEART with its score of 6."}}
from medlearn.plots import drawings

drawings.alignment_grid()

# %% [markdown]
# Beside its first row and column, which hold gaps alone, the table has 4 × 5 cells, and
# each costs three additions. The way back from the last cell, always to where its
# number came from (*traceback*), is the alignment. Where two ways are equally good
# there are several best alignments; a program shows one.
#
# ### Exercise 1: one cell of the table
#
# Here is a piece of a table, with the letters of the first sequence at the rows. In the
# last cell L meets E, a pair that adds −3. Each letter that stands alone adds −5. What
# belongs in place of the question mark?
#
# | | … | E |
# |---|---|---|
# | … | 9 | 7 |
# | **L** | 13 | ? |

# %%
one_cell = ...
ch22.q1.check(one_cell)

# %% [markdown]
# ### Exercise 2: the score of the best alignment
#
# `score` is an array of (n, m): what it is worth to put letter i of the first sequence
# over letter j of the second. `gap`, a number below 0, is added for each letter that
# stands alone, at the ends as well. Return the score of the best alignment of both
# sequences from end to end. Your answers are compared with the best of all alignments,
# for pairs that are small enough to try every one.

# %%
def needleman(score, gap):
    return ...

ch22.q2.check(needleman)

# %% [markdown]
# This is the algorithm of Needleman and Wunsch [2]. It aligns both sequences from end
# to end, which is called a *global* alignment.
#
# ## Data, and whose they are
#
# Which scores are good ones? To find out we need alignments that are known to be right.
# Databases hold them by *family*: proteins that descend from one ancestor (they are
# *homologous*), aligned with much care, and often with their structure in view. Our
# data are pairs of proteins of one family.

# %%
families = load("families")
train, validation, test = families.splits.values()
pd.DataFrame({name: {"pairs": len(part), "families": len(np.unique(part.patient)),
                     "equal residues": f"{np.mean(part.about['identity']):.2f}"}
              for name, part in families.splits.items()}).T

# %% [markdown]
# The group is the family: whoever knows three proteins of a family knows a lot about
# the fourth. So each family is on one side as a whole. "Equal residues" is the mean
# *identity*, the share of aligned pairs with the same letter. These families are made
# up. Their ancestors and all changes since are known, so the right alignment is known,
# too. In real families it is a judgement, mostly a good one.
#
# ## What a pair is worth
#
# Equal or not is too coarse. I and L are both *hydrophobic*, they shun water, and of
# one size: proteins swap them often, and mostly without harm. W for D is rare. So
# count. Take aligned pairs of relatives, count how often each two residues stand under
# each other, and divide by what chance would give. The logarithm is the *log-odds* of
# the pair, and a table of log-odds is a *substitution matrix*. The most used one,
# *BLOSUM62* [3], gives them in half-bits, which is twice the logarithm to base 2.

# %% mystnb={"image": {"alt": "A square heat map of 20 by 20 residues. The diagonal is dark purple; near it there are pale purple blocks, I with L, M and V, F with Y and W, D with E, K with R. Most of the rest is orange, below 0."}, "figure": {"caption": "BLOSUM62: purple pairs are more frequent in relatives than by chance, orange ones rarer."}}
from medlearn.data.sequences.residues import RESIDUES
from medlearn.features.alphabets import BLOSUM62, residue_numbers, substitution

by_kind = [RESIDUES.index(letter) for letter in "GPACSTNQDEHKRVILMFYW"]

def draw_scores(table, ax, order=by_kind, limit=6):
    image = ax.imshow(np.asarray(table)[np.ix_(order, order)], cmap="PuOr",
                      vmin=-limit, vmax=limit)
    letters = [RESIDUES[code] for code in order]
    ax.set_xticks(range(20), letters, fontsize=7)
    ax.set_yticks(range(20), letters, fontsize=7)
    return image

figure, ax = plt.subplots(figsize=(4.2, 3.6))
figure.colorbar(draw_scores(BLOSUM62, ax), ax=ax, label="half-bits")
plots.mark(figure, data=haemoglobin)

# %% [markdown]
# Read along a row: leucine (L) goes well with I, M and V, hydrophobic as itself.
# Tryptophan (W) goes with hardly anything, and W under W is worth most, 11 (the colours
# end at 6): it is rare, so chance seldom makes such a pair, and it is seldom replaced.
# **Do our own training families give the same numbers?**

# %%
def counted_scores(part, pseudocount=1):
    pairs = np.full((20, 20), float(pseudocount))
    for (first, second), places in zip(part.x, part.y):
        i, j = (residue_numbers([each])[0] for each in (first, second))
        both = np.array([(i[a], j[b]) for a, b in places if max(i[a], j[b]) < 20])
        np.add.at(pairs, tuple(both.T), 1)
        np.add.at(pairs, tuple(both.T[::-1]), 1)  # whichever is above
    share = pairs / pairs.sum()
    by_chance = np.outer(share.sum(axis=0), share.sum(axis=0))
    table = np.zeros((21, 21))  # the last is X, an unknown residue: it tells nothing
    table[:20, :20] = 2 * np.log2(share / by_chance)
    return table

counted = counted_scores(train)
upper = np.triu_indices(20, 1)  # the diagonal is high in any such table
agreement = np.corrcoef(counted[:20, :20][upper], np.array(BLOSUM62)[upper])[0, 1]
claim("counts in the training families give scores like BLOSUM62", agreement > 0.5,
      shown=f"r {agreement:.2f}")

# %% [markdown]
# They are alike; our made-up families were changed at the rates of BLOSUM62. Counts
# need alignments, and alignments need scores: the makers of BLOSUM62 broke the circle
# with *blocks*, pieces of relatives so alike that they align without gaps.
#
# ### Exercise 3: a score from counts
#
# In 1,000 aligned pairs of residues, L and I stand under each other 22 times, whichever
# of the two is above. Of the 2,000 residues in these pairs 200 are L and 120 are I.
# Compare how often the pair is seen with what chance expects, and give the log-odds of
# L and I in *half-bits*, twice the logarithm to base 2, with two decimals.

# %%
half_bits = ...
ch22.q3.check(half_bits)

# %% [markdown]
# ## What a gap costs
#
# One event can put in five residues at once. So a gap of five should cost less than
# five gaps of one. An *affine* gap cost has two numbers: one to *open* a gap, and a
# smaller one to *extend* it. The table has to remember whether a gap is open; that
# takes three tables in place of one [4]:

# %% mystnb={"image": {"alt": "Three boxes side by side: the first's letter alone, letter over letter, the second's letter alone. Arrows lead from the middle to either side, open −11, and back, close: a pair. Loops on the sides say go on: −1. Below, an alignment with what each column adds."}}
drawings.affine_gaps()

# %% [markdown]
# With BLOSUM62, −11 to open and −1 to extend are common. (In BLAST, a widely used
# search program, the first letter pays both, 12.) Such costs are found by trying.
#
# ### Exercise 4: what gaps cost
#
# The first letter of a gap adds −11 to the score, each further letter −1. What does one
# gap of five letters add, and what do five gaps of one letter each add together? Give
# both numbers, such as `(-3, -8)`.

# %%
one_long_five_short = ...
ch22.q4.check(one_long_five_short)

# %% [markdown]
# ## Choosing what a gap costs
#
# So we try some for the first letter, on the *validation* families; each further one
# keeps its −1. The measure is the *share of pairs found* of those in the reference, as
# a mean over families. Equal or not, +5 and −4, gets gap costs of its own, or the
# comparison would not be fair. **Should gaps be cheap or dear?**

# %%
from medlearn.evaluation.alignment import pairs_found, shares_found
from medlearn.models.alignment import Gaps, best_alignment, best_scores

def equal_or_not():
    table = 9.0 * np.eye(21) - 4  # +5 and −4
    table[20] = table[:, 20] = 0
    return table

def aligned(part, table, gaps):
    return [best_alignment(substitution(table, *both), gaps).pairs for both in part.x]

# %%
tables = {"equal or not": equal_or_not(), "BLOSUM62": BLOSUM62}
firsts = (-19, -15, -11, -7, -3)  # what the first letter of a gap adds
shares = {(name, first): pairs_found(validation.y, aligned(validation, table, costs),
                                     patient=validation.patient).value
          for name, table in tables.items() for first in firsts
          for costs in [Gaps(first, -1, first, -1)]}
pd.Series(shares).unstack().round(2).rename_axis("first letter of a gap", axis=1)

# %%
chosen = {name: max(firsts, key=lambda first: shares[name, first])
          for name in tables}
costs = {name: Gaps(first, -1, first, -1) for name, first in chosen.items()}
print(chosen)

# %% [markdown]
# Where gaps are too cheap the alignment takes them to collect chance pairs; where they
# are too dear it misses real ones. The best cost may differ between the tables, since
# it is paid in the units of the scores.
#
# ## Result: alpha and beta
#
# `best_alignment` is your program of exercise 2 with affine gaps and the way back. Here
# it takes the usual costs. **Which residue of alpha corresponds to residue 6 of beta?**

# %% mystnb={"image": {"alt": "Alpha and beta in three double rows of up to 60 columns, with bars between letters that stand under each other. Many bars are thick. There are four gaps: of one letter near the beginning, of two, of one, and of five."}, "figure": {"caption": "The best global alignment of alpha and beta, by BLOSUM62, gaps −11 and −1."}}
usual = Gaps(-11, -1, -11, -1)
best = best_alignment(substitution(BLOSUM62, alpha, beta), usual)
plots.alignment(alpha, beta, best.pairs, names=names, data=haemoglobin);

# %% [markdown]
# Nearly half of the pairs are equal now. Residue 6 of beta is glutamate, E; in
# sickle-cell disease it is valine, V (today's nomenclature counts the methionine that
# is cut off, and calls it residue 7). Four more residues test the alignment: in each
# chain the iron lies between two histidines, 58 and 87 in alpha, 63 and 92 in beta.
# Nobody told the program.

# %%
alpha_of = {j + 1: i + 1 for i, j in best.pairs}  # counted from 1
for place in (6, 63, 92):
    there = alpha_of[place]
    print(f"beta {beta[place - 1]}{place} corresponds to "
          f"alpha {alpha[there - 1]}{there}")
claim("the histidines around the iron correspond to each other",
      (alpha_of[63], alpha_of[92]) == (58, 87))

# %% [markdown]
# The histidines fall under each other, although they are five places apart. The sixth
# residue of beta corresponds to the fifth of alpha, an alanine. So this place need not
# be a glutamate, and yet a valine there makes people ill who inherit it from both
# parents. An alignment says what corresponds to what. It does not say what a change
# does.
#
# ## Result: the test families
#
# The test families had no part in the counts, nor in the choice of gap costs. **How
# much better is a substitution matrix than equal or not?**

# %%
place_by_place = [np.arange(min(map(len, both)))[:, None].repeat(2, axis=1)
                  for both in test.x]
found = {"place by place": place_by_place,
         **{name: aligned(test, table, costs[name]) for name, table in tables.items()},
         "counted": aligned(test, counted, costs["BLOSUM62"])}

def share_table(part, found):
    shares = {name: pairs_found(part.y, pairs, patient=part.patient)
              for name, pairs in found.items()}
    return pd.Series({name: f"{each:.2f}" for name, each in shares.items()},
                     name="share of pairs found").to_frame()

share_table(test, found)

# %%
def paired_gain(part, found, name, other):
    each = (shares_found(part.y, found[system]) for system in (other, name))
    return evaluation.mean_error(*each, patient=part.patient)

gain = paired_gain(test, found, "BLOSUM62", "equal or not")
print(f"BLOSUM62 minus equal or not: {gain:+.3f}")
print(f"counted minus BLOSUM62: {paired_gain(test, found, 'counted', 'BLOSUM62'):+.3f}")
claim("a substitution matrix finds more than equal or not", gain.low > 0)

# %% [markdown]
# A matrix finds clearly more than equal or not, and what we counted ourselves is about
# as good as BLOSUM62. No method finds all: where relatives have drifted far apart, or
# gaps lie close together, the best score is not the true history. On real families
# BLOSUM62 finds .31 of the pairs in CBS, where a tenth of the residues are equal, and
# .87 in Cyclin_N, where more than a third are (`medlearn results alignment`).
#
# ## A piece of a protein
#
# A *domain* is a part that folds by itself, and long proteins often have several. Say
# that two proteins share one domain and nothing else: in the one it comes first, in the
# other last. **What will a global alignment do with it?** We put 80 random residues
# behind the first protein of a pair, and 80 others before the second.

# %%
rng = np.random.default_rng(0)

def random_protein(length):
    return "".join(rng.choice(list(RESIDUES), length))

longer = [(first + random_protein(80), random_protein(80) + second)
          for first, second in test.x]
true_pairs = [np.add(places, (0, 80)) for places in test.y]

for kind in ("global", "local"):
    pairs = [best_alignment(substitution(BLOSUM62, *both), usual,
                            local=kind == "local").pairs for both in longer]
    kept = pairs_found(true_pairs, pairs, patient=test.patient)
    print(f"{kind:7} {kept:.2f}")

# %% [markdown]
# The global alignment must use every residue. To bring the domains together it would
# pay for two gaps of 80, so it puts random residues under each other instead. A *local*
# alignment looks for the best piece of either and leaves the rest out, free of charge.
# It finds most of the domain where the relatives are near, and misses it where they are
# so far apart that some chance piece scores higher. This is the algorithm of Smith and
# Waterman [5], and few lines differ.
#
# ### Exercise 5: local instead of global
#
# The program of exercise 2 aligns both sequences from end to end. It is now to find the
# best *local* alignment, one piece of each, and to say where the piece lies. Which of
# these are part of the change? Give a set of letters, such as `{"A", "B"}`.
#
# - **A** Each cell has a fourth candidate, 0.
# - **B** Gaps cost nothing any more.
# - **C** The first row and the first column hold 0, not the cost of gaps.
# - **D** All scores of letters are raised until none is below 0.
# - **E** The longer sequence is first cut to the length of the shorter one.
# - **F** The score is the largest cell of the table, and no longer the last one.
# - **G** A second table is filled from the end, to find where the piece begins.
# - **H** The way back begins at that largest cell, and ends where the score was 0.

# %%
changes = ...
ch22.q5.check(changes)

# %% [markdown]
# ## Related, or not?
#
# Any two sequences have a best alignment, related or not. What score would chance give?
# Shuffle beta: it keeps as many of each letter, and any relation is gone. **How high do
# 300 shuffled chains score?** (`best_scores` fills the tables of all 300 pairs at once,
# one diagonal after the other.)

# %% mystnb={"image": {"alt": "A histogram of scores: a narrow heap between 20 and 50 for the shuffled chains, and far to the right, near 290, a single line for the real beta chain."}, "figure": {"caption": "Local scores of alpha with 300 shuffled beta chains, and with beta itself (line)."}}
shuffled = ["".join(rng.permutation(list(beta))) for _ in range(300)]

def local_scores(first, others):
    scores = np.array([substitution(BLOSUM62, first, other) for other in others])
    return best_scores(scores, local=True)

by_chance, of_beta = local_scores(alpha, shuffled), local_scores(alpha, [beta])[0]
figure, ax = plt.subplots(figsize=(6, 2.2))
ax.hist(by_chance, bins=np.arange(15, 60, 2))
ax.axvline(of_beta, color="C1")
ax.set(xlabel="local score, half-bits", ylabel="shuffled chains")
plots.mark(figure, data=haemoglobin)

# %% [markdown]
# No shuffled chain comes near. Alpha and beta are related, beyond doubt. Most questions
# are harder: a database has millions of sequences, and one of them will look alike by
# chance. How high chance reaches depends on the lengths. **What happens to the best
# chance score if both sequences become twice as long?**

# %%
def chance_scores(length, count=60):
    first, second = rng.integers(20, size=(2, count, length))
    scores = np.array(BLOSUM62)[first[:, :, None], second[:, None, :]]
    return best_scores(scores, local=True)

pd.Series({length: chance_scores(length).mean() for length in (25, 50, 100, 200)},
          name="mean score by chance").rename_axis("residues").round(0).to_frame().T

# %% [markdown]
# Each doubling adds about the same, so chance grows with the logarithm of the length. A
# search program turns a score into an *E-value*: how many hits as good the whole
# database would give by chance [6]. And one kind of sequence fools it:

# %%
def repetitive(letters, length=100):
    return "".join(rng.choice(list(letters), length, p=[0.6, 0.3, 0.1]))

plain = chance_scores(100, count=200)
first, second = repetitive("KEA"), repetitive("KEA")
copies = ["".join(rng.permutation(list(second))) for _ in range(20)]
print(f"random proteins: 99 % score below {np.quantile(plain, 0.99):.0f}")
print(f"two unrelated ones of K, E and A alone: {local_scores(first, [second])[0]:.0f}")
print(f"the same, one of them shuffled: about {local_scores(first, copies).mean():.0f}")

# %% [markdown]
# Stretches of few different letters (*low complexity*) score high with each other
# without being related. Search programs mask them. Shuffled copies, which are just as
# poor, give them away: they score as high. It is the comparison that counts.
#
# ## Stop here
#
# Halfway. In three lines:
#
# - The best of 10⁸⁵ alignments comes from a table, exactly, and without learning.
# - Its scores are log-odds, counted in relatives; families stay on one side.
# - A score means something only when compared with what chance gives for such letters
#   and lengths.
#
# %% [markdown]
# ## Second sitting: scores that learn, labels, and translation
#
# The program of the first sitting was given its scores. Could it learn them, as a
# network learns its weights? Then the score must have a *gradient*: the way to the
# answer must be *differentiable*.
#
# ## The maximum made soft
#
# Raise one score a little: mostly the best path stays as it is. Its score depends on
# the pairs that it holds, and nothing can be learnt about any others. So let all
# alignments take part, each with a weight of e raised to its score. In place of the
# *maximum* of three numbers the table takes the logarithm of the sum of e to the power
# of each, the *log-sum-exp*. It is a little above the maximum, and changes a little
# with each of the three.

# %%
three_ways = np.array([8.0, 7.5, 2.0])
print("maximum", three_ways.max(), " soft", np.logaddexp.reduce(three_ways).round(2))

# %% [markdown]
# One word in the program of exercise 2 changes, and its last cell holds the logarithm
# of the sum over *all* alignments (the *partition function*). **With all scores 0, what
# does it count?**

# %%
def over_all_paths(score, gap, join):
    n, m = score.shape
    table = np.full((n + 1, m + 1), -np.inf)
    table[0, 0] = 0
    for i in range(n + 1):
        for j in range(m + 1):
            ways = [table[i, j]] if i == j == 0 else []
            ways += [table[i - 1, j - 1] + score[i - 1, j - 1]] if i and j else []
            ways += [table[i - 1, j] + gap] if i else []
            ways += [table[i, j - 1] + gap] if j else []
            table[i, j] = join(ways)
    return table[-1, -1]

zeros = np.zeros((10, 10))
print(f"best {over_all_paths(zeros, 0, max)}, sum over all paths "
      f"{np.exp(over_all_paths(zeros, 0, np.logaddexp.reduce)):,.0f}")

# %% [markdown]
# It counts paths, and there are more of them than alignments, of which 10 letters and
# 10 have 184,756: where a gap in one sequence meets a gap in the other, every order of
# their letters is counted. The package's version fixes the order, so each alignment
# counts once.
#
# What is the gain? The *probability* of an alignment is now e raised to its score,
# divided by the sum over all. (For this the half-bits are turned into natural
# logarithms.) Add up the alignments in which two letters stand under each other, and
# you have the *posterior probability* of the pair:

# %% mystnb={"image": {"alt": "Two square grids in shades of blue. In the left one a dark line runs along the diagonal, blurred in a few places. In the right one, at a higher temperature, the line is a very pale, wide band. Orange rings mark the true pairs."}, "figure": {"caption": "The alignments of two test proteins as a cloud, and at a temperature of 3. Rings: the true pairs."}}
from medlearn.models.alignment import posterior

natural = np.log(2) / 2  # half-bits to natural logarithms
OPEN, EXTEND = -11 * natural, -1 * natural

def cloud_of(part, case, temperature=1):
    scores = natural * substitution(BLOSUM62, *part.x[case]) / temperature
    return posterior(scores, OPEN / temperature, EXTEND / temperature)

figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
for ax, temperature in zip(axes, (1, 3)):
    plots.alignment_cloud(cloud_of(test, 0, temperature=temperature), pairs=test.y[0],
                          data=families, ax=ax)
    ax.set_title(f"temperature {temperature}")

# %% [markdown]
# Where the line is dark the alignment is sure; where it is a cloud, several ways are
# about as good. All scores divided by a *temperature* make it more even: at 3 it is
# sure of hardly any pair, and near 0 the best path alone is left. **May one believe the
# probabilities?** We take all pairs of letters of some test proteins, and compare
# predicted with observed.

# %%
few = range(0, len(test), 6)
p = np.concatenate([cloud_of(test, case).ravel() for case in few])
is_pair = []
for case in few:
    there = np.zeros(tuple(map(len, test.x[case])))
    there[tuple(np.asarray(test.y[case]).T)] = 1
    is_pair.append(there.ravel())
is_pair = np.concatenate(is_pair)
between = pd.cut(p, [0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01], right=False)
pairs_asked = pd.DataFrame({"predicted": p, "observed": is_pair})
bins = pairs_asked.groupby(between, observed=True)
bins.mean().round(2).assign(pairs=bins.size())

# %% [markdown]
# What the cloud is sure of is nearly always right, and the rows between come out about
# as predicted; the single best path cannot say which is which. These families were made
# at the rates of BLOSUM62, and the model is nearly right about them. On the real
# families it is too sure in places: this cell gives .66 where .80 is predicted.
#
# ## Learning the scores
#
# Now there is a gradient: the slope of the logarithm of the sum, with respect to the
# score of a pair, is that pair's probability. So we can do what networks do: make the
# true alignments of the training families more probable, step by step (*maximum
# likelihood*). To see whether it works we take another world, in which residues replace
# each other in an order that no published table knows. BLOSUM62 is wrong there.
# `alignment_learner` begins with BLOSUM62 all the same, and learns 210 scores and two
# gap costs.

# %%
from medlearn.models.alignment import (alignment_learner, filled_pairs, its_output,
                                       learnt_scores)

other = load("families", size="small", chemistry="other")
longest = max(len(each) for part in other.splits.values() for each in part.x.ravel())

def ready(part):
    first, second = ([residue_numbers([each])[0] for each in part.x[:, side]]
                     for side in (0, 1))
    return filled_pairs(first, second, part.y, longest), np.zeros(len(part))

training.set_seed(0)
learner = alignment_learner(natural * np.array(BLOSUM62), longest)
learner.compile(keras.optimizers.Adam(0.05), its_output)

# %% tags=["nbval-ignore-output"]
learnt_tables, losses = [learnt_scores(learner)], []  # before, and after 1 and 4 epochs
for epochs in (1, 3):
    history = training.fit(learner, ready(other.train), epochs=epochs, patience=None)
    learnt_tables.append(learnt_scores(learner))
    losses += history["loss"].tolist()
print("minus the log probability of the true alignment:", np.round(losses, 1))

# %% [markdown]
# The loss falls from epoch to epoch. Here are the scores before, after one epoch and
# after four, beside those by which these families were made. The residues stand in an
# order that puts together what goes together in that world.

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Four heat maps of 20 by 20 residues: before, after one epoch, after four, and the truth. The first has a dark diagonal and purple and orange spots scattered over it. From left to right the spots fade, and beside the upper half of the diagonal pale purple cells appear, as in the fourth; what is orange stays more mixed than there."}, "figure": {"caption": "The scores as they are learnt, and the true ones."}}
from scipy.cluster.hierarchy import leaves_list, linkage
from medlearn.data.sequences.simulate_evolution import true_scores

truth = np.zeros((21, 21))
truth[:20, :20] = true_scores("other")
by_truth = leaves_list(linkage(truth[:20, :20], "average"))
figure, axes = plt.subplots(1, 4, figsize=(10, 2.8))
for ax, table, title in zip(axes, [*learnt_tables, truth],
                            ["BLOSUM62", "one epoch", "four epochs", "truth"]):
    draw_scores(table, ax, order=by_truth, limit=1)
    ax.set_title(title)
plots.mark(figure, data=other)

# %% [markdown]
# Spots that only BLOSUM62 has fade, and purple ones appear where the truth has them.
# (The colours now run from −1 to 1, in natural logarithms.) How alike are they? As
# before we leave out the diagonal, and correlate the other 190 scores with the truth.

# %% tags=["nbval-ignore-output"]
beside = np.triu_indices(20, 1)
pd.Series({title: np.corrcoef(table[beside], truth[beside])[0, 1]
           for title, table in zip(("BLOSUM62", "one epoch", "four epochs"),
                                   learnt_tables)},
          name="correlation with the truth").round(2).to_frame()

# %% [markdown]
# The truth appears, out of nothing but aligned pairs, though with noise: pairs that are
# rare were hardly seen. **Does it find more pairs in families that it has not seen?**

# %% tags=["nbval-ignore-output"]
usual_gaps = Gaps(OPEN, EXTEND, OPEN, EXTEND)
learnt_gap = ops.convert_to_numpy(learner.get_layer("soft").gap)
systems = {"BLOSUM62": (learnt_tables[0], usual_gaps),
           "learnt": (learnt_tables[-1], Gaps(*learnt_gap, *learnt_gap)),
           "learnt, usual gaps": (learnt_tables[-1], usual_gaps),
           "true log-odds": (truth, usual_gaps)}
found_there = {name: aligned(other.test, table, gaps)
               for name, (table, gaps) in systems.items()}
share_table(other.test, found_there)

# %% tags=["nbval-ignore-output"]
gain = paired_gain(other.test, found_there, "learnt", "BLOSUM62")
print(f"learnt minus BLOSUM62: {gain:+.3f}")
share = {name: pairs_found(other.test.y, pairs, patient=other.test.patient)
         for name, pairs in found_there.items()}
closed = ((share["learnt"].value - share["BLOSUM62"].value)
          / (share["true log-odds"].value - share["BLOSUM62"].value))
claim("learning closes at least half of the gap between BLOSUM62 and the truth",
      closed >= 0.5, shown=f"{closed:.0%}")

# %% [markdown]
# The gap costs were learnt, too, but they matter little here: compare the two rows.
# Where the usual table is wrong, learning replaces it within seconds. And where it is
# right? `medlearn results alignment` learns from some real families, beginning with
# BLOSUM62, and answers others: it ends in a tie. A few families know little about 210
# scores, and BLOSUM62 was counted in thousands of pieces of real ones. The method is at
# home where no good table exists.
#
# %% [markdown]
# ## A label for each letter
#
# A protein folds. Some stretches wind into a *helix*, others lie side by side as the
# *strands* of a sheet, the rest is called *coil*. This *secondary structure* is a label
# for each residue. Can it be told from the letters alone? A benchmark from 1999, CB513,
# is still in use [7]; here are chains made up in its likeness.

# %%
structures = load("structures")
learnt_from, held_out, asked = structures.splits.values()
pd.DataFrame({name: {"rows": len(part), "chains": len(np.unique(part.patient)),
                     **{kind: np.mean([np.mean(y[y >= 0] == code) for y in part.y])
                        for code, kind in enumerate(structures.classes)}}
              for name, part in structures.splits.items()}).T.round(2
             ).astype({"rows": int, "chains": int})

# %% [markdown]
# There are fewer chains than rows. In CB513 some chains have two domains and stand in
# two rows, the same letters under another *mask*: it says which residues count. A split
# by rows would put one chain on both sides. Ought the group to be the family, as in the
# first sitting? The chains of CB513 were chosen so that no two of them are clear
# relatives [7], and ours have no families; so here the chain is the group. Our reader
# makes its rows one group, and gives what does not count the label −1. So do we with
# what fills up shorter chains:

# %%
from medlearn.features.alphabets import PADDING

def filled(part):
    x = residue_numbers(part.x)  # (chains, longest), PADDING behind the end
    y = np.full(x.shape, -1)
    for row, its in zip(y, part.y):
        row[:len(its)] = its
    return x, y

(x_train, y_train), (x_held, y_held), (x_test, y_test) = map(
    filled, (learnt_from, held_out, asked))
print(f"test: {y_test.size:,} places, of which {np.sum(y_test >= 0):,} count")

# %% [markdown]
# **Which residues like a helix, and which a strand?** The log-odds of each residue in
# each state, counted in the training chains:

# %% mystnb={"image": {"alt": "A heat map of three rows, coil, helix and strand, and twenty columns of residues. Glycine and proline are purple in coil and orange in helix; alanine, leucine and glutamate are purple in helix; valine, isoleucine and the aromatic residues are purple in strand."}, "figure": {"caption": "How much more often each residue is in a state than by chance (purple), or less (orange)."}}
kept = y_train >= 0
counts = np.array([np.bincount(x_train[kept & (y_train == code)], minlength=21)[:20]
                   for code in range(3)]) + 1
expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
figure, ax = plt.subplots(figsize=(7, 1.7))
image = ax.imshow(np.log2(counts / expected)[:, by_kind], cmap="PuOr", vmin=-1.2,
                  vmax=1.2)
ax.set_xticks(range(20), [RESIDUES[code] for code in by_kind])
ax.set_yticks(range(3), structures.classes)
figure.colorbar(image, ax=ax, label="bits")
plots.mark(figure, data=structures)

# %% [markdown]
# Glycine (G) and proline (P) break helices, alanine (A), leucine (L) and glutamate (E)
# like them; V and I and the aromatic Y and F like strands. (Our chains are drawn with
# the shares counted in CB513.) No residue decides alone, so a window helps.
#
# ### Exercise 6: Q3 with padding
#
# `true` and `pred` are arrays of (chains, longest): 0 for coil, 1 for helix, 2 for
# strand. Behind the end of a shorter chain both hold zeros. `mask` is 1 where a residue
# counts; it is 0 behind the end, and where the structure is not known. Return *Q3*, the
# share of all residues that count in which the prediction is right.

# %%
def q3_by_hand(true, pred, mask):
    return ...

ch22.q6.check(q3_by_hand)

# %% [markdown]
# The baselines: the most frequent state, and a logistic regression on windows of 1, 9
# and 17 residues, the residue itself in the middle.

# %%
from sklearn.linear_model import LogisticRegression

def windows(x, wide):
    sides = ((0, 0), (wide // 2, wide // 2))
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, sides, constant_values=PADDING), wide, axis=1)
    return np.eye(22, dtype="float32")[around].reshape(*x.shape, -1)

def by_window(wide):
    model = LogisticRegression(C=0.1, max_iter=60)
    model.fit(windows(x_train, wide)[y_train >= 0], y_train[y_train >= 0])
    return model.predict(windows(x_test, wide).reshape(x_test.size, -1)
                         ).reshape(x_test.shape)

states = np.bincount(y_train[y_train >= 0])
labelled = {"most frequent": np.full_like(x_test, states.argmax()),
            **{f"window of {wide}": by_window(wide) for wide in (1, 9, 17)}}

# %% tags=["nbval-ignore-output"]
from medlearn.evaluation.structure import q3, q3_protein

def q3_table():
    chain = asked.patient
    return pd.DataFrame({title: {name: f"{measure(y_test, y_pred, patient=chain):.3f}"
                                 for name, y_pred in labelled.items()}
                         for title, measure in (("Q3", q3), ("by chain", q3_protein))})

q3_table()

# %% [markdown]
# Neighbours help; a window of 17 is no better here than one of 9. "By chain" is the
# mean over chains, where a short one counts as much as a long one.
#
# ## Model: letters to both sides
#
# The regression adds up what each residue of its window says; none changes what another
# means. A network can combine them. Its convolutions are *dilated*: they leave out
# letters between those that they join, so that six of them see 14 residues to either
# side. Halfway each residue is told the mean over the whole chain, since some proteins
# are nearly all helix and some have none. `there` is 1 where a residue is, so that
# padding stays 0.

# %% tags=["flagship"]
def structure_net(letters, labels, width=96, dilations=(1, 2, 4, 1, 2, 4), dropout=0.4,
                  filling=0):
    given = {"letters": keras.Input((None,), dtype="int32", name="letters")}
    there = ops.cast(ops.not_equal(given["letters"], filling), "float32")[..., None]
    x = layers.Embedding(letters, 32)(given["letters"]) * there
    x = layers.Dense(width, activation="relu")(layers.Dropout(dropout / 2)(x)) * there
    for number, dilation in enumerate(dilations, 1):
        z = layers.Conv1D(width, 3, padding="same", dilation_rate=dilation)(x)
        z = layers.Dropout(dropout / 2)(layers.ReLU()(z))
        x = layers.LayerNormalization()(x + z) * there  # (chains, letters, width)
        if number == (len(dilations) + 1) // 2:
            mean = ops.sum(x, 1, keepdims=True) / ops.sum(there, 1, keepdims=True)
            x = (x + layers.Dense(width)(layers.Dropout(dropout)(mean))) * there
    p = layers.Dense(labels, activation="softmax")(layers.Dropout(dropout)(x))
    return keras.Model(given, p)

# %% [markdown]
# The *masked loss* is the cross-entropy of the places that have a label, and of no
# others.
#
# ## Training

# %% tags=["nbval-ignore-output"]
from medlearn.models.structure import masked_loss

training.set_seed(0)
net = structure_net(22, 3, width=64, dropout=0.2, filling=PADDING)
epochs, batch = 8, 4
steps = epochs * -(-len(x_train) // batch)
net.compile(training.optimizer(steps, weight_decay=0.01, peak=4e-3), masked_loss)
history = training.fit(net, ({"letters": x_train}, y_train),
                       ({"letters": x_held}, y_held), epochs=epochs, batch_size=batch,
                       patience=None)
history.T.round(3)

# %% [markdown]
# Both losses fall, and that of the validation chains hardly any more at the end. **Is
# the network better than the windows?**

# %% tags=["nbval-ignore-output"]
labelled["network"] = training.predict(net, {"letters": x_test}).argmax(axis=-1)
q3_table()

# %% tags=["nbval-ignore-output"]
def q3_gain(name, other):
    shares = [np.array([np.mean(p[y >= 0] == y[y >= 0]) for p, y in zip(each, y_test)])
              for each in (labelled[other], labelled[name])]
    return evaluation.mean_error(*shares, patient=asked.patient)

for each in ("window of 9", "window of 17"):
    print(f"network minus {each}, by chain: {q3_gain('network', each):+.3f}")

# %% [markdown]
# Read both intervals. From some 13,000 residues that count a network learns little that
# a window does not know, and how little depends on the draw: in three draws the
# difference from the window of 17 was −.01, .02 and .05. The real set has five times as
# many. There the mean of two such networks has a Q3 of .68 in five folds, and the
# window of 17 .63 (`medlearn results structure`).
#
# A classic fault makes such figures look better. Padding is easy to predict: nothing is
# there. **What would Q3 be, if the padding counted as coil, and a network got it
# right?**

# %% tags=["nbval-ignore-output"]
with_padding = np.where(x_test == PADDING, 0, y_test)
predicted = np.where(x_test == PADDING, 0, labelled["network"])
counted_too = with_padding >= 0
print(f"Q3 {q3(y_test, labelled['network']).value:.2f}, "
      f"with padding {np.mean(with_padding == predicted, where=counted_too):.2f}")

# %% [markdown]
# The longer the longest chain, the better the figure. Look for the mask before you
# believe an accuracy per letter.
#
# What is possible? All of these were published [8]. The last three learnt from the same
# 10,000 chains, and were scored on the same others.
#
# | what it reads | Q3 |
# |---|---|
# | one sequence, a window of 13 (Qian and Sejnowski, 1988) | .643 |
# | one sequence, learnt from 10,000 chains | .73 to .74 |
# | a profile: the sequence and its aligned relatives | .862 |
# | one sequence, by a model that had read millions of others | .867 |
#
# The first row is of other chains, and so are our own figures: compare those roughly.
# What our network lacks is other sequences. Aligned relatives show which residues a
# place tolerates, and that says much about the fold. A model that has read millions of
# sequences reaches as much without an alignment.
#
# ### Exercise 7: a network that looks to both sides
#
# Write a function that builds a network, and does not train it. Its input is a chain of
# 60 letters as numbers from 0 to 19, `keras.Input((60,), dtype="int32")`; its output is
# three probabilities for each residue, (60, 3). The label of a residue depends on the
# letter two places before it and on the letter two places behind it, in a way that the
# network must find out. It is trained for a few seconds on 120 chains, and passes if it
# labels at least 90 % of the residues of new chains correctly. (At the ends, where one
# of the two letters is missing, the label depends on the other.)

# %%
def build():
    return ...

ch22.q7.check(build)

# %% [markdown]
# ### Exercise 8: which split leaks?
#
# A paper says that its method works on *families of proteins that nobody has seen*.
# Which of these plans leak, so that their figure does not show that? Give a set of
# letters, such as `{"A", "B"}`.
#
# - **A** The residues of all chains are drawn at random into training and test.
# - **B** Each family is put on one side as a whole, at random.
# - **C** The rows of the file are drawn at random; some chains fill two rows.
# - **D** Identical sequences are made one chain first. Then chains are drawn at random,
#   each of them whole.
# - **E** Families are split. The pairs that score the letters are counted in all
#   families, those of the test as well.
# - **F** Families are split. The pairs that score the letters are counted in the
#   training families.
# - **G** Families are split. Of ten costs of a gap the one that finds most pairs in the
#   test families is reported.
# - **H** The test chains belong to families of which training holds none, and none of
#   them has 25 % or more of its residues in common with a training chain.

# %%
plans = ...
ch22.q8.check(plans)

# %% [markdown]
# ## The next letter
#
# A *language model* gives each next letter a probability. Its quality is measured in
# *bits*: minus the logarithm to base 2 of the probability of the true letter, as a
# mean. Twenty equally likely residues make 4.32 bits. **How much do the letters before
# tell of a residue? And of a letter of English?** We count, in training texts, what
# follows each letter and each pair of letters.

# %% tags=["nbval-ignore-output"]
from collections import Counter
from string import ascii_lowercase

def bits_a_letter(learnt, asked, letters, back):
    """By how often each letter follows the `back` letters before it."""
    follows, before = Counter(), Counter()
    for text in learnt:
        for at in range(back, len(text)):
            follows[text[at - back:at + 1]] += 1
            before[text[at - back:at]] += 1
    bits = [-np.log2((follows[text[at - back:at + 1]] + 0.5)
                     / (before[text[at - back:at]] + 0.5 * len(letters)))
            for text in asked for at in range(2, len(text))]
    return np.mean(bits)

def plain_text(words):
    return " ".join("".join(letter for letter in word if letter in ascii_lowercase)
                    for word in words.lower().split())

manual = sorted({plain_text(getattr(np, name).__doc__ or "") for name in dir(np)
                 if callable(getattr(np, name))})  # each text once
texts = {"proteins": (list(learnt_from.x), list(asked.x), RESIDUES),
         "manual of NumPy": (manual[::2], manual[1::2], ascii_lowercase + " ")}
pd.DataFrame({name: {"equally likely": np.log2(len(letters)),
                     **{f"letters before: {back}": bits_a_letter(*both, letters, back)
                        for back in range(3)}}
              for name, (*both, letters) in texts.items()}).round(2).T

# %% [markdown]
# The manual gives itself away, letter by letter, and too easily: its pages share whole
# sentences, and both halves have them. That is a leak, so the last figure flatters. Of
# a protein the letters before tell nearly nothing: the frequencies of the residues save
# a tenth of a bit, one letter before does not help, and two cost more than they tell,
# since most triples were seen too seldom. (On the real chains this cell gives 4.19,
# 4.19 and 4.28.) Residues that touch in the fold can lie far apart in the chain, and a
# count of neighbours cannot see that. Language models of proteins read whole sequences,
# by the million.
#
# ### Exercise 9: from perplexity to bits
#
# A language model of proteins has a *perplexity* of 12 on new sequences: it is as
# unsure of the next residue as if 12 were equally likely. How many bits a residue is
# that? Give two decimals.

# %%
bits = ...
ch22.q9.check(bits)

# %% [markdown]
# ## From one sequence to another
#
# Now the answer is a sequence, too. A gene is read three letters at a time, a *codon*,
# and each codon stands for a residue or for the end (`*`). A program needs to know 64
# codons for it:

# %%
from medlearn.data.sequences.simulate_genes_dna import spliced, transcripts, translated

pre_mrna, protein = transcripts(30, codons=(6, 6), seed=1)
gene = next(each for each in pre_mrna if len(each) > 18)  # one with an intron
print(gene, "as it is read from the gene")
print(spliced(gene), "without its introns")
print("  ".join(translated(spliced(gene))))

# %% [markdown]
# *Introns*, pieces that are not translated, are cut out first (notebook 21); here a
# simple pattern finds them, as it never would in a real gene. What is left is
# translated. **Can a network find the code out, from genes and their proteins alone?**
# It must learn that letters go by threes, what each of 64 codons stands for, and to
# keep count of how far it has read.
#
# *Sequence to sequence* is made for the case in which nobody knows the rule. An
# *encoder* reads the one sequence, a *decoder* writes the other, letter by letter, and
# is told at each step what it wrote before. In training it is told the true letters
# instead (*teacher forcing*). The first ones [9] handed on one vector, in which the
# whole sequence had to fit. With *attention* [10] the decoder looks back: for each
# letter it writes it takes a weighted mean of the encoder's states, with weights that
# it works out anew.

# %% mystnb={"image": {"alt": "A row of nine boxes, the encoder, above the letters AUG GCU UAA. Above them three boxes, the decoder, which write M, A and the end. From the second a fan of lines leads to all nine boxes, thick to those of its codon GCU, which are orange."}}
drawings.attention()

# %% [markdown]
# Today the weights mostly come from a *query* [11], what the decoder looks for, and a
# *key* for each letter, what there is to find. The products of the query with the keys
# go through a softmax. Long vectors make large products, and a softmax of large numbers
# is nearly 0 or 1 and hardly learns; so they are divided by √d, the root of the length
# of the vectors. A *transformer* is a network of such layers, with dense ones between
# them: every letter asks every letter.
#
# ### Exercise 10: attention by hand
#
# A query is compared with the keys of three letters. Queries and keys have length d =
# 4, and the three products are 6, 2 and 0. Which weights does the attention give to the
# three letters, if it divides by the root of d? Give them to two decimals, such as
# `(0.2, 0.3, 0.5)`.

# %%
weights = ...
ch22.q10.check(weights)

# %% [markdown]
# ## A gene into its protein
#
# We train two translators on short genes without introns, of 3 to 6 codons: one without
# attention, and one with it. Both are recurrent networks with 64 hidden units, trained
# equally long. There are few genes so short: some of those drawn for the test stand in
# training, letter for letter, and are left out.

# %%
from medlearn.models.structure import attention_of, translate, translator

DNA, SAID = "ACGT", "*ACDEFGHIKLMNPQRSTVWY"

def numbers_of(texts, alphabet):
    numbers = np.zeros((len(texts), max(map(len, texts))), int)  # 0 fills up
    for row, text in zip(numbers, texts):
        row[:len(text)] = [alphabet.index(letter) + 1 for letter in text]
    return numbers

def genes(count, codons, seed, known=()):
    pre_mrna, protein = transcripts(count, codons=codons, seed=seed)
    coding = [spliced(each) for each in pre_mrna]
    return {gene: its for gene, its in zip(coding, protein) if gene not in known}

def both_as_numbers(genes):
    return numbers_of(genes, DNA), numbers_of(genes.values(), SAID)

learnt_genes = genes(2600, (3, 6), seed=0)
new_genes = genes(300, (3, 6), seed=1, known=learnt_genes)
dna, residues = both_as_numbers(learnt_genes)
tested = {"3 to 6 codons": both_as_numbers(new_genes),
          "12 codons": both_as_numbers(genes(100, (12, 12), seed=2))}
print(f"{len(dna):,} genes to learn from, {len(new_genes)} others of these lengths")

# %% tags=["nbval-ignore-output"]
def trained(attention, epochs=6):
    training.set_seed(0)
    model = translator(4, 21, size=16, units=64, attention=attention)
    steps = epochs * -(-len(dna) // 32)
    model.compile(training.optimizer(steps, weight_decay=0, peak=0.015), masked_loss)
    pairs = {"source": dna, "target": residues}, residues - 1
    training.fit(model, pairs, epochs=epochs, patience=None)
    return model

translators = {"without attention": trained(attention=False),
               "with attention": trained(attention=True)}

# %% [markdown]
# Beside them stand the program of 64 codons, and a network that was told one thing:
# that letters go by threes. Its convolution has a *stride* of 3 and three letters of
# width, so that it sees one codon at a time.

# %% tags=["nbval-ignore-output"]
training.set_seed(0)
source = keras.Input((None,), dtype="int32")
codons = layers.Conv1D(64, 3, strides=3, activation="relu")
p = layers.Dense(21, activation="softmax")(codons(layers.Embedding(5, 8)(source)))
by_threes = keras.Model(source, p)  # (genes, codons, 21)
steps = 6 * -(-len(dna) // 32)
by_threes.compile(training.optimizer(steps, weight_decay=0, peak=0.015), masked_loss)
training.fit(by_threes, (dna, residues - 1), epochs=6, patience=None);

# %% [markdown]
# A translation is right if it is right to the last letter, the end included. **How
# often is each of them right, and what happens at lengths that none of them was trained
# on?**

# %% tags=["nbval-ignore-output"]
def written(numbers):
    proteins = ["".join(SAID[code - 1] for code in row if code) for row in numbers]
    return [protein.split("*")[0] for protein in proteins]

def by_program(dna):
    genes = ["".join(DNA[code - 1] for code in row if code) for row in dna]
    return [translated(gene).split("*")[0] for gene in genes]

share_right = {}
for name, (x, y) in tested.items():
    true = written(y)
    by_stride = training.predict(by_threes, x).argmax(axis=-1) + 1
    answers = {"program of 64 codons": by_program(x),
               "network that goes by threes": written(by_stride),
               **{f"translator {kind}": written(translate(model, x, 20).numbers)
                  for kind, model in translators.items()}}
    share_right[name] = {who: np.mean([a == b for a, b in zip(said, true)])
                         for who, said in answers.items()}
pd.DataFrame(share_right).round(2)

# %% tags=["nbval-ignore-output"]
claim("with attention at least 95 of 100 genes of trained lengths are right",
      share_right["3 to 6 codons"]["translator with attention"] >= 0.95)
claim("at twice the length it fails, and the network that goes by threes does not",
      share_right["12 codons"]["translator with attention"] < 0.5
      and share_right["12 codons"]["network that goes by threes"] > 0.9)

# %% [markdown]
# Without attention one vector has to hold the whole gene, and six epochs do not get it
# there. With attention nearly every gene is right. But at twice the length it breaks
# down; it never had to look beyond the eighteenth letter. The network that goes by
# threes is right at both lengths, since its form says so. And the program made the
# answers, so it cannot be wrong. **Where does the attention look?**

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "A grid with the residues of a short protein downwards and the letters of its gene to the right. Dark cells climb down from left to right like a staircase, about three letters a step."}, "figure": {"caption": "What the translator looks at: for each residue that it writes (rows), the weights of the letters of the gene."}}
x, y = tested["3 to 6 codons"]
longest_gene = np.argmax((x > 0).sum(axis=1))
x, y = x[[longest_gene]], y[[longest_gene]]
looked = attention_of(translators["with attention"], x, y)[0]
letters_read, letters_said = np.trim_zeros(x[0]), np.trim_zeros(y[0])
figure, ax = plt.subplots(figsize=(6, 2.6))
ax.imshow(looked[:len(letters_said), :len(letters_read)], cmap="Blues", vmin=0, vmax=1)
ax.set_xticks(range(len(letters_read)), [DNA[code - 1] for code in letters_read])
ax.set_yticks(range(len(letters_said)), [SAID[code - 1] for code in letters_said])
ax.set(xlabel="read", ylabel="written")
plots.mark(figure, data=other)  # made up, as these genes always are

# %% [markdown]
# A staircase of about three letters a step: nobody told it that letters go by threes.
# It need not look at all three of a codon, nor exactly at its own, since the recurrent
# encoder carries the neighbours along. For the M at the beginning it need not look at
# all: every gene begins with it. Such a picture is tempting, and it is not an
# explanation: another network of the same score can look elsewhere.
#
# When is sequence to sequence worth it? Where nobody knows the rule, and there are many
# pairs: translation, speech, summaries. Where the rule is known, write it down.
#
# ## An honest table
#
# | question | the classical way | a network |
# |---|---|---|
# | which letters correspond (real families) | BLOSUM62: .79 | learnt scores: .79 |
# | related or not (haemoglobin) | a local score beside chance | not tried here |
# | helix, strand, coil (real chains) | a window: .63 | .68 |
# | the next residue (real chains) | frequencies: 4.19 bits | not tried here |
# | a gene's protein (made up) | 64 codons | right at lengths seen; by threes at both |
#
# *AlphaFold* predicts how proteins fold. It is sometimes called a GAN (notebook 4), and
# is none: its second version is a network with attention that reads an alignment of
# relatives. It learnt from measured structures, and from some of its own predictions
# [12].
#
# ## Where it fails
#
# **Where relatives are far.** We group the test pairs by their identity. **At which
# identity would you stop believing an alignment?**

# %%
each = shares_found(test.y, found["BLOSUM62"])
groups = pd.cut(test.about["identity"], [0, 0.2, 0.3, 0.4, 1])
by_identity = pd.DataFrame({"share found": each}).groupby(groups, observed=True)
by_identity.mean().round(2).assign(pairs=by_identity.size())

# %% [markdown]
# The share falls with the identity. (It is that of the true alignment, which in
# practice nobody has.) Between a fifth and a third of equal residues lies what is
# called the *twilight zone* [13]. There an alignment of two sequences is often wrong,
# and nothing in it says so, unless one asks for the posterior. Aligning many relatives
# together helps.
#
# **Where the order differs.** We read the alpha chain backwards. **Does the score of
# beta with a mirrored alpha look like that of a relative?**

# %%
mirrored = local_scores(beta, [alpha[::-1]])[0]
print(f"beta with alpha {of_beta:.0f}, with alpha backwards {mirrored:.0f}, "
      f"with shuffled chains up to {by_chance.max():.0f}")

# %% [markdown]
# It is a chance score: a protein has a direction. An alignment also knows no order but
# the written one. If two domains have changed places in one of the proteins, it finds
# one of them at most.
#
# More limits:
#
# - **Two sequences know little.** Only many relatives tell what a place tolerates.
# - **One history.** Copies, swaps of domains and genes that jump between species are no
#   alignments of two rows.
# - **Made-up chains.** They have no fold. What a network gains here says nothing about
#   proteins.
#
# ## On the real data
#
# `medlearn results alignment` learns scores from Pfam families and answers others, with
# `--train` and `--file` on your own files in Stockholm's format. `medlearn results
# structure` does CB513, or your own table of chains with their states. Both show the
# baselines beside ours.
#
# ## What it must not be used for
#
# - **It must not say that a variant is harmful, or harmless.** That a residue is the
#   same in all relatives supports harm a little; alone it decides nothing.
# - **It must not name a pathogen for a patient.** A laboratory does so with checked
#   databases and rules, and signs for it.
# - **A predicted structure is not a measured one.**
# - **What is simulated here is nobody's protein.**
#
# It is made for learning.
#
# ## What we learnt
#
# - Dynamic programming finds the best of all alignments, exactly.
# - Its scores are log-odds of relatives; gaps cost more to open than to extend.
# - A score means something only beside those of chance, at the same lengths and
#   letters.
# - A soft maximum gives each pair a probability, and scores a slope to learn by.
# - Mask what does not count, and keep chains and families on one side.
# - Sequence to sequence learns a rule from pairs, at the lengths it has seen.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | residue | one amino acid of a protein, written as a letter |
# | alignment, gap | which letters correspond; letters without a partner |
# | homologous, protein family | of one ancestor; proteins that are |
# | identity | the share of aligned pairs that are equal |
# | global, local alignment | from end to end; the best piece of both |
# | dynamic programming, traceback | a table filled from its neighbours; the way back |
# | log-odds, substitution matrix | logarithm of seen over chance; those of all pairs |
# | BLOSUM62 | a common substitution matrix, in half-bits |
# | affine gap cost | opening costs more than extending |
# | protein domain | a part that folds by itself |
# | low complexity, E-value | few different letters; hits as good by chance |
# | log-sum-exp, temperature | a soft maximum; what makes it softer |
# | partition function | the sum over all alignments of e to the score |
# | twilight zone | so few equal residues that alignments become doubtful |
# | posterior probability of a pair | how probable it is that these two letters meet |
# | secondary structure, Q3 | helix, strand or coil; the share that is right |
# | masked loss, dilated | of the places that count; a filter that leaves letters out |
# | language model, perplexity | predicts the next letter; among how many it hesitates |
# | codon | three letters for one residue |
# | encoder, decoder, teacher forcing | reads; writes; is told the truth in training |
# | attention, query, key | a weighted mean of all that was read; looks for; is found |
# | transformer | a network of layers of attention |
#
# **Onward**: for letters of DNA and for genes, [*Genome*](21_genome.ipynb). For labels
# of words, [*Clinical text*](33_clinical_text.ipynb).
#
# <details><summary><b>Sources</b></summary>
#
# 1. UniProt P69905 and P68871, uniprot.org; CC BY 4.0
# 2. Needleman and Wunsch, Journal of Molecular Biology 48:443 (1970)
# 3. Henikoff and Henikoff, PNAS 89:10915 (1992)
# 4. Gotoh, Journal of Molecular Biology 162:705 (1982)
# 5. Smith and Waterman, Journal of Molecular Biology 147:195 (1981)
# 6. Altschul et al., Journal of Molecular Biology 215:403 (1990)
# 7. Cuff and Barton, Proteins 34:508 (1999); the files: Klausen et al., Proteins 87:520
#    (2019)
# 8. Qian and Sejnowski, Journal of Molecular Biology 202:865 (1988); the others on
#    another set of chains, PMC9085874
# 9. Sutskever, Vinyals and Le, arXiv 1409.3215
# 10. Bahdanau, Cho and Bengio, arXiv 1409.0473
# 11. Vaswani et al., arXiv 1706.03762
# 12. Jumper et al., Nature 596:583 (2021)
# 13. Rost, Protein Engineering 12:85 (1999)
#
# </details>

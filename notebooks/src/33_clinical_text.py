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
# # 33 · Clinical text: what does this note say, and which words say it?
#
# > A safety office gets 4,000 patients' reports on drugs.
# > **Which of them complain, and of what?**
#
# Most of what hospitals know stands in sentences. Two questions can be asked of a text.
# *What does it say?* Is this report a complaint, is this finding denied? And *where*
# does it say so? Which words are a disease, a drug, a name? The second answer can be
# checked by a person, since it points at words.
#
# At the end of this notebook you can
#
# - turn texts into numbers, and compare a network with counting words;
# - find the leaks that texts bring: templates, doubles, the drug's name;
# - tell "no fever" from "fever";
# - build a network that marks diseases in a sentence, and score it by whole mentions;
# - say what de-identification must reach, and for whom.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1, 3 and 5. **Data**: discharge notes, drug reviews, negated findings and sentences
# with diseases, simulated unless you ask for the real ones. Nothing here is made for
# use on patients.

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
from medlearn.exercises import ch33

# %% [markdown]
# ## The question
#
# Here are three reports on drugs. **Which are complaints?** Decide for each.

# %% tags=["in-sight"]
plots.use_style()
reviews = load("reviews")
train, validation, test = reviews.splits.values()
for number in (0, 1, 2):
    print(f"{number}. {train.x[number][:300]}\n")

# %%
print("rated", train.about["rating"][:3], "of 10; 6 or less counts as a complaint")

# %% [markdown]
# Was it easy? Some people praise a drug and list what was bad about it; some complain
# in friendly words. A program has to learn this from examples.
#
# ## Data, and whose they are
#
# A review is rated from 1 to 10. Up to 6 we call it a complaint. The rating itself is
# never an input, nor are the grades of side effects in the same row.

# %%
pd.DataFrame({name: {"reviews": len(part), "drugs": len(np.unique(part.patient)),
                     "complaints": f"{part.y.mean():.0%}"}
              for name, part in reviews.splits.items()}).T

# %% [markdown]
# Nobody writes who the reviewer is. The splits keep the *drugs* apart: all reviews of a
# drug are on one side. Why, we will see below.
#
# ## Tokens
#
# A *token* is a word, a number or a sign. Where does one end? Medicine makes it hard.

# %%
from medlearn.data.text.tokens import tokens

print(tokens("HbA1c 8.2%, started 3.5mg/kg q.d.; no chest pain."))

# %% [markdown]
# A rule of one line does that here. Whichever rule you take, take the same one for
# training and for use.
#
# ## Baseline: counting words
#
# A *bag of words* says how often each word is in a text, and forgets the order. Common
# words, "the" and "and", say little; *TF-IDF* divides a word's count by how many texts
# have it. A logistic regression on these numbers is the baseline of all text models.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

def bag_of_words():
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
                         LogisticRegression(C=3, max_iter=1000))

bag = bag_of_words().fit(train.x, train.y)
y_bag = bag.predict_proba(test.x)[:, 1]
print(f"AUROC {evaluation.auroc(test.y, y_bag, patient=test.patient):.2f}, "
      f"share of complaints {test.y.mean():.2f}")

# %% [markdown]
# Two lines of code, and a good part of the complaints rank above the praise. **What
# does it read?** Its largest weights say so.

# %% mystnb={"image": {"alt": "Bars for the words with the largest weights: to the right words of complaint, to the left words of praise."}, "figure": {"caption": "Words that speak for a complaint (right) and against one (left)."}}
words = bag[0].get_feature_names_out()
plots.weights(words, bag[1].coef_[0], data=reviews);

# %% [markdown]
# Words of feeling, as one would hope. Look at this picture before you trust any model of
# texts: names of drugs, of hospitals or of months in it would be a warning.
#
# ### Exercise 2 is about what such a bag cannot see.
#
# [[q2]]
#
# ## Whose words are they? Leaks in texts
#
# Discharge notes are written from templates. Here are 900 notes of made-up clinics, and
# the question whether a follow-up was needed. We split them twice: at random, and so
# that each template is on one side only. **How far apart will the two results be?**

# %%
letters = load("letters")
texts, wanted, template = (
    np.concatenate([get(part) for part in letters.splits.values()])
    for get in (lambda p: p.x, lambda p: p.y, lambda p: p.about["template"]))

def auroc_by(group):
    """A bag of words, learnt on four fifths of the groups, scored on the others."""
    from sklearn.model_selection import GroupShuffleSplit
    learn, ask = next(GroupShuffleSplit(1, test_size=0.3, random_state=0)
                      .split(texts, groups=group))
    p = bag_of_words().fit(texts[learn], wanted[learn]).predict_proba(texts[ask])[:, 1]
    return evaluation.auroc(wanted[ask], p)

at_random, by_template = auroc_by(np.arange(len(texts))), auroc_by(template)
print(f"at random {at_random:.2f}\ntemplates apart {by_template:.2f}")

# %% [markdown]
# At random the model recognises the template, and the template tells which clinic wrote
# the note. In a hospital with other templates none of that helps. The second number is
# the one to report.

# %%
claim("with its templates on both sides the model seems better",
      at_random.low > by_template.high)

# %% [markdown]
# Two more leaks of the same kind. In a public collection of medical abstracts more than
# a hundred texts stand **twice, each time under two labels**: nobody can be right on
# both, and a random split puts one copy on each side. And among the drug reviews a
# model learns which *drugs* people dislike; with the drugs apart it has to read.
#
# [[q1]]
#
# ## Model: a network that reads
#
# A convolution over words sees three words at a time, in order. Of each feature the
# strongest place in the text counts.

# %% tags=["nbval-ignore-output"]
from medlearn.features.text import Vocabulary
from medlearn.models.text import text_classifier

known = Vocabulary.of([tokens(text) for text in train.x])

def numbers(texts, longest=120):
    rows = np.zeros((len(texts), longest), "int32")  # 0 fills up
    for row, one in zip(rows, known([tokens(text) for text in texts])):
        row[: len(one["words"])] = one["words"][:longest]
    return rows

training.set_seed(0)
reader = text_classifier(known.sizes[0])
reader.compile(training.optimizer(8 * -(-len(train) // 32), weight_decay=0.01),
               "binary_crossentropy")
training.fit(reader, (numbers(train.x), train.y), (numbers(validation.x), validation.y),
             epochs=8, patience=None).iloc[[0, -1]].round(3)

# %% tags=["nbval-ignore-output"]
y_reader = training.predict(reader, numbers(test.x))[:, 0]
people = {"patient": test.patient}
print(f"bag of words {evaluation.auroc(test.y, y_bag, **people):.3f}\n"
      f"network      {evaluation.auroc(test.y, y_reader, **people):.3f}\n"
      f"difference   {evaluation.auroc_difference(test.y, y_reader, y_bag, **people):+.3f}")

# %% [markdown]
# On a thousand or two texts a network that starts from nothing is hardly ever ahead of
# counting words. It has to learn each word from a handful of places. The articles that
# promise otherwise leave the baseline out. (Networks that were trained on billions of
# words first are ahead; they are not in this course, which works offline.)
#
# ## "No evidence of pneumonia"
#
# A note that mentions pneumonia need not be of a patient who has it. In one collection
# of reports a fifth of the findings are *negated* [1].

# %%
findings = load("findings")
everything = {name: np.concatenate([get(part) for part in findings.splits.values()])
              for name, get in (("sentence", lambda p: p.x), ("negated", lambda p: p.y),
                                ("finding", lambda p: p.about["finding"]))}
pd.DataFrame(everything).groupby("negated").head(3)[["negated", "finding", "sentence"]]

# %% mystnb={"image": {"alt": "A sentence with a cue, no, its scope up to the word but, and behind it a finding that is outside of the scope."}}
from medlearn.plots import drawings

drawings.negation_scope()

# %% [markdown]
# A negation has a *cue* ("no", "denies") and a *scope*: what it reaches. "But" ends it.
#
# [[q3]]
#
# The package has such a rule, of two dozen words. **Will a bag of words with a thousand
# weights beat it?**

# %%
from medlearn.features.negation import is_negated

by_rule = np.array([is_negated(sentence, finding) for sentence, finding
                    in zip(everything["sentence"], everything["finding"])])
learnt = bag_of_words().fit(findings.train.x, findings.train.y).predict(findings.test.x)
rule_on_test = by_rule[-len(findings.test):]
for name, pred in (("bag of words", learnt), ("rule", rule_on_test)):
    y = findings.test.y
    print(f"{name:12} sensitivity {evaluation.sensitivity(y, pred):.2f}, "
          f"specificity {evaluation.specificity(y, pred):.2f}")

# %% [markdown]
# The rule knows what the bag cannot: on which side of the finding the cue stands, and
# where its scope ends. Where people know the rule, write it down. It needs no data, and
# one can read why it is wrong.
#
# [[q4]]
#
# ## Stop here
#
# Half way. In three lines:
#
# - Count words first; a network from nothing is rarely ahead on a few thousand texts.
# - Templates, doubles and names leak: split by whatever repeats itself.
# - A finding in a text is not a finding in a patient.
#
# ## Second sitting: which words say it?
#
# From here on the answer is a place in the text: where does a disease stand, from which
# word to which?
#
# ## Entities, word by word
#
# A *mention* of a disease can have several words. Each word gets a tag: B begins a
# mention, I is inside, O is outside.

# %% mystnb={"image": {"alt": "A sentence of words in boxes, below each its tag: O, B, I, I, O."}}
drawings.iob()

# %%
diseases = load("diseases")
train, validation, test = diseases.splits.values()
one = int(np.argmax(train.y.counts > 12))
print(*(f"{word}/{'OBI'[tag]}" for word, tag in zip(train.x[one], train.y[one])))

# %% [markdown]
# [[q5]]
#
# ## How good is a tagger?
#
# **A program tags every word O. How often is it right?**

# %%
flat = np.concatenate(list(test.y))
print(f"right in {np.mean(flat == 0):.0%} of the words, and it finds nothing")

# %% [markdown]
# So words are the wrong thing to count. A mention is found if its first and its last
# word are right, and nothing else counts. Of what was called, the share that is right is the
# *precision*; of what is there, the share that was found is the *recall*; *F1* is their
# harmonic mean.
#
# [[q6]]
#
# ## Baseline: a dictionary
#
# We keep every mention of the training sentences, and mark it wherever it stands.

# %%
from medlearn.evaluation import entities

book = set(entities.mentions(list(train.x), list(train.y)))
in_test = entities.mentions(list(test.x), list(test.y))
share = np.mean([mention in book for mention in in_test])
print(f"{len(book)} different mentions in training; {share:.0%} of those in the test "
      "sentences are among them")

# %%
def by_dictionary(sentence, longest=6):
    words, tags, place = [word.lower() for word in sentence], np.zeros(len(sentence), int), 0
    while place < len(words):
        ends = range(min(len(words), place + longest), place, -1)
        end = next((end for end in ends if " ".join(words[place:end]) in book), None)
        if end:
            tags[place], tags[place + 1 : end] = 1, 2
        place = end or place + 1
    return tags

def row(pred):
    y, known_too = list(test.y), (list(train.x), list(train.y))
    mentions = entities.mentions(*known_too)
    return [f"{entities.entity_f1(y, pred):.2f}",
            f"{entities.recall_unseen(y, pred, tokens=list(test.x), known=mentions):.2f}"]

by_book = [by_dictionary(sentence) for sentence in test.x]
pd.DataFrame({"dictionary": row(by_book)}, index=["F1", "recall of unseen mentions"]).T

# %% [markdown]
# A dictionary finds what it has seen, and of all others nothing. So we always show the
# recall of *unseen* mentions: those are what a model is for.
#
# ## Tags that follow each other
#
# After O there can be no I. And after "acute lymphoblastic" the word "leukaemia" will
# hardly be O. So tags should not be decided one by one. A *conditional random field*
# (CRF) scores whole paths: the sum of a score for each word's tag, and a score for each
# pair of neighbours. The probability of a path is $e^{\text{score}}$, divided by the
# sum over all paths.

# %% mystnb={"image": {"alt": "A lattice of three words and three tags each, all joined by lines; one path through it is marked."}}
drawings.paths()

# %% [markdown]
# Three words with three tags have 27 paths; thirty words have $3^{30}$. Nobody can list
# them. But the sum up to a word can be computed from the sums up to the word before:
# that is all one needs.
#
# [[q7]]

# %%
from itertools import product
from medlearn.models import crf

scores = np.random.default_rng(0).normal(size=(3, 3, 3))  # (words, tag before, tag)
paths = [sum(scores[t, before, tag] for t, (before, tag)
             in enumerate(zip((0, *path), path))) for path in product(range(3), repeat=3)]
print(f"by all 27 paths {np.log(np.sum(np.exp(paths))):.6f}, "
      f"word by word {crf.log_partition(scores):.6f}")
claim("both ways give the same sum",
      np.isclose(np.log(np.sum(np.exp(paths))), crf.log_partition(scores)))

# %% [markdown]
# The best path is found in the same way, with the largest in place of the sum
# (*Viterbi*). There we forbid an I after an O.
#
# ## Model: dilated convolutions and a CRF
#
# A word's tag depends on words around it, some of them far away. A *dilated*
# convolution leaves gaps: three words, then every second, then every fourth. After six
# layers an output sees 14 words to either side.

# %% mystnb={"image": {"alt": "Fifteen words in a row, three layers above. Lines show that one output of the third layer sees all fifteen words, with steps of 1, 2 and 4."}}
drawings.dilated()

# %% [markdown]
# And a word that nobody has seen has letters: "-itis" and "-oma" tell much. A
# convolution over its letters reads them.

# %% tags=["flagship"]
def tagger(vectors, letters, tags, width=200, dropout=0.5):
    inputs = {"words": keras.Input((None,), name="words"),
              "letters": keras.Input((None, None), name="letters")}
    there = ops.expand_dims(ops.cast(inputs["words"] > 0, "float32"), -1)
    word = layers.Embedding(*vectors.shape, weights=[vectors])(inputs["words"])
    letter = layers.Embedding(letters, 25)(inputs["letters"])
    letter = layers.Conv2D(50, (1, 3), padding="same", activation="relu")(letter)
    x = layers.Concatenate()([word, ops.max(letter, axis=2)])
    x = layers.Dense(width, activation="relu")(layers.Dropout(dropout)(x)) * there
    for gap in (1, 2, 4, 1, 2, 4):
        z = layers.Conv1D(width, 3, padding="same", dilation_rate=gap, activation="relu")(x)
        x = layers.LayerNormalization()(x + layers.Dropout(dropout / 2)(z)) * there
    return keras.Model(inputs, crf.CRF()(layers.Dense(tags)(layers.Dropout(dropout)(x))))

# %% [markdown]
# (To be cut to fifteen lines: the letters go into a function of their own.) The vectors
# of words come from the training text: words with the same neighbours get like vectors.
#
# ## Training
#
# TRAINING_CELLS
#
# ## Result
#
# RESULT_CELLS: dictionary, window regression, network; F1, recall of seen and of unseen
# mentions, with the difference by `entity_f1_difference`; where the errors are
# (boundary, missed, too many), read aloud with `plots.tagged`.
#
# [[q8]]
#
# ## A disease in a text, a disease of a patient
#
# COMBINE: the tagger's mentions in `load("notes")`, and `is_negated`; what the chart
# says of this patient.
#
# ## De-identification is recall by patient
#
# NOTES: classes "identifier" in `load("notes")`; rules (dates, telephone, record
# numbers) and the network; recall; `entities.exposed` by patient; with names of another
# register (`register="south"`).
#
# [[q9]]
#
# ## Where it fails · On the real data · What it must not be used for · What we learnt ·
# New words · Sources: to be written.

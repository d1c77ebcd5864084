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
# # 3 · RNN on health records: what two days of measurements predict
#
# > A patient has been in intensive care for two days. Nurses and doctors have written down what they measured, when
# > they found time, and when they worried. **Who of these patients will die in hospital, and how early could one know?**
#
# At the end of this notebook you can
#
# - turn uneven measurements into numbers that a network can read, without hiding what was not measured;
# - find the leaks of patients' records, and prove that a model does not look into the future;
# - build a GRU, and explain gates, forgetting, exploding gradients and dropout;
# - compare it with honest baselines, count its alarms a day, and show where it fails.
#
# **Time**: about 3½ hours, in two sittings, with the exercises. **You need**: notebook 1 (cross-entropy, Adam, AUROC,
# the interval). **Data**: intensive-care stays, simulated unless you ask for the real ones. Nothing here is made for
# use on patients.

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
from medlearn import claim, evaluation, features, load, plots, training
from medlearn.exercises import ch03
import keras

# %% [markdown]
# ## Question, data, and whose they are
#
# A *stay* is one patient's time in intensive care. Of each stay we know a long list (a time, what was measured, a value)
# and a few *descriptors*: age, sex, height, weight, and the kind of unit. **Who will die?** `y` is 1 if the patient died
# at any time in hospital, often weeks later, and 0 otherwise.
#
# Whose stays are these? Only those of patients who were *still in intensive care at hour 48*. Patients who died or left
# before that are not in the data. Keep this in mind for the second question, how early one could know.

# %%
plots.use_style()
stays = load("icu")
records = stays.train.x
y_train, y_validation, y_test = stays.train.y, stays.validation.y, stays.test.y
records

# %% [markdown]
# Two typical stays, one of each kind. A monitor shows heart rate (HR) and mean blood pressure by cuff (NIMAP). Creatinine,
# which rises as the kidneys fail, and lactate, which rises as tissue lacks oxygen, need a blood sample. Each dot and each
# tick is one measurement. **What differs, besides the values?**

# %% tags=["in-sight"] mystnb={"image": {"alt": "Two stays side by side over 48 hours, four rows each with units: heart rate per minute, mean blood pressure in mmHg, creatinine in mg/dl, lactate in mmol/l. Dots mark measurements, and ticks below repeat their times. Vital signs come every few hours, blood values rarely and at uneven distances."}, "figure": {"caption": "Four measurements over two days of a patient who survived and of one who died; simulated data"}}
from medlearn.data.records import UNITS

shown = ["HR", "NIMAP", "Creatinine", "Lactate"]
survivor, died = (features.typical_stay(records, y_train == k, shown) for k in (0, 1))
pair = {"survived": records.frame(survivor), "died": records.frame(died)}
plots.stays(pair, variables=shown, units=UNITS, data=stays);

# %% [markdown]
# The distances between the ticks differ: blood is taken when someone orders it. Simulated stays are simpler than real ones:
# vital signs are charted a third as often, and there are no drugs, operations or diagnoses. No result on them says anything
# about patients.
#
# ## From a list to a grid
#
# A network reads step by step, and every step must have the same form. So we cut the two days into cells of four hours
# and keep three numbers for each cell and variable: the last *value*; a *mask*, 1 where something was measured; and the
# hours *since* the last measurement, seen from the cell's end.

# %% mystnb={"image": {"alt": "A time line of 24 hours in six cells of four hours. Lactate is measured at 0.5, 6, 7.5 and 18 hours, as dots with their values. Below, each cell has its last value or a dash, a mask of 1 or 0, and the hours since the newest measurement at the cell's end: 3.5, 0.5, 4.5, 8.5, 2 and 6."}}
from medlearn.plots import drawings

drawings.value_mask_since()

# %% [markdown]
# Look at the third cell. Nothing was measured in it, so its mask is 0; the newest lactate is from 7:30, which is 4.5 hours
# old when the cell ends at 12:00. Now by hand, for the lactate of the patient who died:

# %%
lactate = records.frame(died).query("variable == 'Lactate'")
value, mask, since = np.full(12, np.nan), np.zeros(12), np.zeros(12)
last = 0.0  # before the first measurement, hours count from admission
for cell in range(12):
    end = 4 * cell + 4
    inside = lactate[(lactate.time >= end - 4) & (lactate.time < end)]
    if len(inside):
        value[cell], mask[cell] = inside.value.iloc[-1], 1
        last = inside.time.iloc[-1]
    since[cell] = end - last
pd.DataFrame({"value": value, "mask": mask, "since": since}).T.round(1)

# %% [markdown]
# `records.grid` does the same for all stays and variables at once. But why three numbers, when a doctor reads only the
# values? Because most of the table is empty. **Of all cells, one for each hour and variable, what share holds a measurement?**

# %% mystnb={"image": {"alt": "Two maps of 37 variables by 48 hours. Left, one stay: blue where measured. Heart rate and pressures fill many cells, blood values stand in columns where a sample was taken, some rows are empty. Right, the share of all stays with a measurement: the same rows are darker, and most of the map is pale."}, "figure": {"caption": "Where something was measured, hour by hour: in one stay, and as a share of all training stays; simulated data"}}
hourly = records.grid(hours=48, step=1).mask
print(f"measured: {hourly.mean():.0%} of the cells")
maps = {"the patient who died": hourly[died], "all training stays": hourly.mean(axis=0)}
plots.measured_cells(maps, variables=records.variables, step=1, data=stays);

# %% [markdown]
# On the left, the dark columns are blood samples: one needle, many values. On the right, only a few rows are dark: heart
# rate, pressures, urine. Most rows are nearly white. A table like this is mostly a record of what was *not* measured.
#
# ### Exercise 1: time since last
#
# Lactate was measured at 05:30 and at 10:15, and never again. What is `since` in the first four cells of four hours? Give
# four numbers.

# %%
since_last = ...
ch03.q1.check(since_last)

# %% [markdown]
# ### Filled, scaled, and not forgotten
#
# A network cannot compute with a gap. The usual filling is the last value, *carried forward*, as a nurse reads it off the
# chart. Before the first value there is none; there we put what is usual. A network learns best from numbers around 0, so
# each variable is *scaled*: its median becomes 0 and its spread 1, and what lies further away than 4 is set to 4. **Whose
# median and spread?** Those of the *training* patients: the others stand for patients who have not come yet.

# %%
grid = records.grid(hours=48, step=4)  # values, mask, since: (stays, 12, 37)
prepare = features.Inputs(grid, records.static)  # learns from training stays only

def inputs(split, step=4):
    return prepare(split.x.grid(hours=48, step=step), split.x.static)

x_train, x_validation, x_test = map(inputs, (stays.train, stays.validation, stays.test))
{name: array.shape for name, array in x_train.items()}

# %% [markdown]
# Each of the 12 steps has 3 × 37 = 111 numbers: 37 values, 37 masks, 37 times since (in days). The five descriptors stand
# beside them, once a stay.
#
# ### Exercise 2: fill without peeking
#
# `values` is an array of hours × variables of one stay, with NaN where nothing was measured. Return it filled, so that
# every hour holds only what was known by then.

# %%
def fill(values):
    return ...

ch03.q2.check(fill)

# %% [markdown]
# ## The windows of popular articles
#
# Popular articles teach recurrent networks on one big table, with all patients below each other and the label in a column.
# They slide a window of four rows over it, and ask for the label of the row that follows. We make such a table of 400
# stays, a row every four hours, and cut it in the same way.

# %%
some = slice(0, 400)
series = x_train["series"][some, :, :37]  # the values
static = np.repeat(x_train["static"][some, None], 12, axis=1)  # the same in each row
patient = np.repeat(stays.train.patient[some], 12)  # the articles' table has none
label = np.repeat(y_train[some], 12).astype("float32")
rows = np.concatenate([series, static], axis=2).reshape(-1, 42)
data = np.column_stack([rows, label])  # the label is one of the columns

X, Y = [], []
for i in range(len(data) - 4):  # the articles' loop
    X.append(data[i : i + 4])
    Y.append(label[i + 4])

# %% [markdown]
# **What is wrong with these windows?** Three things. A window runs on where one patient ends and the next begins. The label
# is among the inputs, and all rows of a patient have the same label. And the articles split windows *at random*, so that
# each patient's windows are both in training and in test.
#
# To see what each fault does, we train the articles' network, an *LSTM* of 64 units (explained in the second sitting), four
# times: without a fault, and with one fault at a time. `windows` cuts within patients; `split_by_patient` keeps all windows
# of a patient on one side. **Guess the four AUROCs.** Which faults flatter the network, and which does not?

# %%
from medlearn.data import split_by_patient
from medlearn.data.records import windows

def score_windows(x, y, patient, split_by):
    """Answers and scores of 30 % of the windows, and whose they are."""
    train, test = split_by_patient(split_by, shares=(0.7, 0.3))
    training.set_seed(0)
    layers = [keras.Input(x.shape[1:]), keras.layers.LSTM(64, unroll=True)]
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy")
    training.fit(model, (x[train], y[train]), epochs=6, batch_size=128)
    return y[test], training.predict(model, x[test])[:, 0], patient[test]

# %%
cut = windows(data, patient, length=4)  # each within one patient
whole, y_cut, whose = cut[:], label[cut.last], patient[cut.last]
across, y_across, last_row = np.array(X)[..., :-1], np.array(Y), patient[4:]
arms = {
    "no fault": score_windows(whole[..., :-1], y_cut, whose, whose),
    "windows across patients": score_windows(across, y_across, last_row, last_row),
    "label among the inputs": score_windows(whole, y_cut, whose, whose),
    "split at random": score_windows(whole[..., :-1], y_cut, whose, cut.last),
}

# %% mystnb={"image": {"alt": "AUROC of the same network four ways. Without a fault it is far from 1, with a wide interval; with windows across patients no better; with the label among the inputs, and split at random, near 1."}, "figure": {"caption": "AUROC of the articles' network trained four ways, with intervals by patient; simulated data"}}
auroc = {
    name: evaluation.auroc(y, y_score, patient=patient)
    for name, (y, y_score, patient) in arms.items()
}
plots.estimates(auroc, measure="AUROC", chance=0.5, data=stays)
y_new, y_score, whose_new = arms["no fault"]
copied = arms["label among the inputs"][1]  # the same windows
gain = evaluation.auroc_difference(y_new, copied, y_score, patient=whose_new)
claim("with the label among the inputs the network looks better than it is",
      gain.clears(0), shown=f"{gain:+.2f}")
at_random, fair = auroc["split at random"], auroc["no fault"]
claim("split at random, so that it knows the test patients, it does so too",
      at_random.low > fair.high, shown=f"{at_random:.2f} against {fair:.2f}")

# %% [markdown]
# With the label among its inputs the network copies it. Split at random, it recognises patients: age, height and a usual
# creatinine are as good as a name. Windows across patients do not flatter it. A third of them have somebody else's label, so
# it learns from wrong answers. Only the first row says anything about a patient who comes tomorrow. From here on, splits are
# by patient and windows within one.
#
# ### Exercise 3: find the leaks
#
# At each hour of a stay the risk of death is to be predicted. Which lines let the model know what it could not know, or let
# test patients have a say? Give a set of letters.
#
# ```python
# table = pd.read_csv("stays.csv").sort_values(["patient", "hour"])
# table = table.groupby("patient").ffill()                                      # A
# table = table.groupby("patient").bfill()                                      # B
# x = table[["hour", "HR", "lactate", "age", "length_of_stay"]]                 # C
# cut = windows(x.values, table.patient, length=6)                              # D
# train, test = split_by_patient(table.patient[cut.last], shares=(0.7, 0.3))    # E
# mean, sd = cut[:].mean(axis=(0, 1)), cut[:].std(axis=(0, 1))                  # F
# scaled, y = (cut[:] - mean) / sd, table.label[cut.last].values
# training.fit(model, (scaled[train], y[train]), (scaled[test], y[test]), patience=3)   # G
# ```

# %%
leaks = ...
ch03.q3.check(leaks)

# %% [markdown]
# ### Exercise 4: mend a split
#
# Some patients came again: `stay` holds the stay of each window, and `patient_of` is a dictionary from stay to patient.
# Draw about 30 % for the test, so that the test is fair to a new patient. Return an array with True (or 1) for the test
# windows and False (or 0) for the others.

# %%
def mend(stay, patient_of):
    return ...

ch03.q4.check(mend)

# %% [markdown]
# ## Baseline
#
# What must a network beat? First comes *SAPS-I*, a severity score that doctors add up from the worst values of the first day [1].
# Then a logistic regression on the last value of each variable. Then *gradient boosting*, many small decision trees, on
# *summaries* that an experienced doctor would look at: of each variable the first value, the last, the lowest, the highest
# and how many. How freely the regression's weights may grow (`C`) and the number of trees were chosen by cross-validation
# (notebook 6) on training stays. The files also hold SAPS-I, SOFA (a similar score), length of stay and survival. The last
# two are outcomes. The scores are fair inputs at hour 48, but not known at hour 12. No model here gets any of the four.
#
# We measure all three on the validation stays; the test stays remain shut until the end. *AUPRC* is the area under the curve
# of PPV against sensitivity. A model that knows nothing has an AUROC of 0.5, but an AUPRC as high as the *prevalence*, the
# share of patients who died. So read AUPRC beside that share.

# %%
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

measures = [evaluation.auroc, evaluation.auprc]

def last_values(x):
    return np.hstack([x.last(), x.static])

def summaries(x):
    found = features.summarise(x)  # each summary: (stays, 37)
    five = [found[name] for name in ("first", "last", "min", "max", "count")]
    return np.hstack([*five, x.static])

# %% tags=["nbval-ignore-output"]
filled = SimpleImputer(strategy="median", keep_empty_features=True)
logistic = make_pipeline(filled, StandardScaler(), LogisticRegression(C=0.01))
logistic.fit(last_values(records), y_train)
small = dict(max_iter=100, max_leaf_nodes=6, max_features=0.3, l2_regularization=1)
trees = HistGradientBoostingClassifier(**small, random_state=0)
trees.fit(summaries(records), y_train)

def baselines(split):
    return {
        "SAPS-I": np.nan_to_num(split.about["saps1"], nan=10),
        "logistic regression": logistic.predict_proba(last_values(split.x))[:, 1],
        "gradient boosting": trees.predict_proba(summaries(split.x))[:, 1],
    }

scores = baselines(stays.validation)
print(f"died: {y_validation.mean():.2f} of the validation stays")
evaluation.compare(y_validation, scores, measures, against="SAPS-I")

# %% [markdown]
# The last column is each model's AUROC minus that of SAPS-I on the same stays, with its interval. SAPS-I sees the first day
# and a dozen variables; the others see two days and everything. Trees on well-chosen summaries are a strong opponent. Keep
# them in sight.
#
# ### What errors cost
#
# Records hold errors: impossible values, values without a name, two values for the same minute. The reader of these files
# keeps one of two values, sets aside what no living adult can have (a *range check*), and counts all this in `stays.notes`.
# What if nobody had looked? Suppose that in one of twenty measurements the decimal point slipped: ten times
# the value, in training patients and in new ones. The check can see that a temperature of 370 is wrong, but not that a
# creatinine of 9 should be 0.9. **What do such errors cost the logistic regression, and how much does the check bring
# back?**

# %%
from dataclasses import replace
from sklearn.base import clone
from medlearn.data.records import PLAUSIBLE

low, high = np.array([PLAUSIBLE[name] for name in records.variables]).T

def with_errors(x):
    slipped = np.random.default_rng(0).random(len(x.value)) < 0.05
    return replace(x, value=np.where(slipped, 10 * x.value, x.value))

def checked(x):
    return x.where((x.value >= low[x.variable]) & (x.value <= high[x.variable]))

pd.DataFrame(stays.notes)[["what", "count"]].nlargest(4, "count")  # as they came

# %% [markdown]
# These errors were in the files: mostly two values for one minute, and a few that cannot be true. Now ours are added,
# unchecked and then checked:

# %%
def score_of(train, new):
    fitted = clone(logistic).fit(last_values(train), y_train)
    return fitted.predict_proba(last_values(new))[:, 1]

spoilt, spoilt_new = with_errors(records), with_errors(stays.validation.x)
clean = score_of(records, stays.validation.x)
errors = score_of(spoilt, spoilt_new)
mended = score_of(checked(spoilt), checked(spoilt_new))
cost = evaluation.auroc_difference(y_validation, errors, clean)
back = evaluation.auroc_difference(y_validation, mended, errors)
claim("errors in 5 % of the values cost AUROC, and a range check wins most of it back",
      cost.high < 0 and back.clears(0) and back.value > -cost.value / 2,
      shown=f"{cost:+.2f}, then {back:+.2f}")

# %% [markdown]
# A few wild values stretch the scale of a variable until the true differences vanish in it. There are three cheap defences:
# check the range before you train; scale by median and quartiles, not by mean and standard deviation; cut off what is far
# away. Our `Inputs` does the last two.
#
# ## Stop here
#
# - A stay is a list. On a grid, each cell needs three numbers: value, mask, since.
# - Windows stay within a patient, splits are made by patient, and the label is no input. Each slip looks like success.
# - The baselines are set: SAPS-I, logistic regression on last values, gradient boosting on summaries.
#
# After the break, a network reads the stays in order.
#
# ## Second sitting: a model that reads in order
#
# A summary forgets what came when. A *recurrent* network (RNN) reads the stay as it happened. It has a *state* $h$, a list
# of numbers that stands for everything so far, and in each step it makes a new state from the old one and from the new
# input $x_t$.

# %% mystnb={"image": {"alt": "Left, a box called step with an arrow from x below and a loop that leads its output h back into it. Right, the same unrolled: step boxes in a row for 0–4, 4–8, 8–12 up to 44–48 hours, each with its x below; the state h leads from each to the next, and from the last to the risk."}}
drawings.unrolled_network()

# %% [markdown]
# The weights are the same in each step, as a kernel is the same at each place of an image. As a formula, with $\tanh$, an
# S-shaped curve from −1 to 1,
#
# $$h_t = \tanh(x_t W + h_{t-1} U + b).$$
#
# `run` repeats a step over a whole sequence. We try it with one unit, and an input that is 2 in the first step and 0
# afterwards. **What becomes of the state?**

# %%
def simple_step(x_t, h, W, U, b):
    return np.tanh(x_t @ W + h @ U + b)

def run(step, x, h, weights):
    states = []
    for x_t in x:
        h = step(x_t, h, *weights)
        states.append(h)
    return np.array(states)  # the state after each step

one_unit = np.array([[1.0]]), np.array([[0.5]]), 0.0  # W, U, b
run(simple_step, np.array([[2.0], [0], [0], [0]]), np.zeros(1), one_unit).round(2)

# %% [markdown]
# The state still shows the first input, in each step a little less.
#
# ### Gates: the LSTM
#
# The simple network writes its whole state anew in each step. An *LSTM* (long short-term memory [3]) keeps a second state
# $c$ that is not rewritten but *added to*. Three *gates* say how much: shares between 0 and 1, computed from $x_t$ and
# $h_{t-1}$ with weights of their own and the sigmoid $\sigma$ of notebook 1.

# %% mystnb={"image": {"alt": "The LSTM in three panels. Each has a line of memory from c at t−1 to c at t above, and a rail below where h at t−1 and x at t enter. First, the gate f multiplies the memory. Second, the gate i multiplies the candidate, and the product is added to the memory. Third, the gate o multiplies tanh of the memory and gives h at t."}}
drawings.lstm_in_three_steps()

# %% [markdown]
# In the drawing's order: the *forget gate* $f$ [4] says what is kept of the old memory, the *input gate* $i$ what is let in,
# the *output gate* $o$ what is shown. With $\odot$ for "number by number",
#
# $$f = \sigma(x_t W_f + h_{t-1} U_f + b_f), \quad c_t = f \odot c_{t-1} + i \odot \text{candidate}, \quad
# h_t = o \odot \tanh(c_t).$$
#
# $i$ and $o$ have the same form as $f$; the candidate has it with $\tanh$ in place of $\sigma$. A *GRU* (gated recurrent
# unit [5]) makes do with one state and two gates:

# %% mystnb={"image": {"alt": "The GRU in three panels. A line of memory leads from h at t−1 to h at t above; below, a rail where h at t−1 and x at t enter. First, the gate r multiplies the old state. Second, that and x at t make the candidate. Third, the gate z mixes: z times the old state plus one minus z times the candidate."}}
drawings.gru_in_three_steps()

# %% [markdown]
# $r$ says how much of the old state the candidate may see, and $z$ how much of the old state is kept. Keras's GRU has two
# biases, `b[0]` beside $x_t W$ and `b[1]` beside $h_{t-1} U$; the second stands inside $r\,\odot$:
#
# $$z, r = \sigma(x_t W + b_0 + h_{t-1} U + b_1), \quad
# \text{candidate} = \tanh\big(x_t W + b_0 + r \odot (h_{t-1} U + b_1)\big),$$
# $$h_t = z \odot h_{t-1} + (1 - z) \odot \text{candidate},$$
#
# where $z$, $r$ and the candidate each have their own columns of $W$, $U$ and $b$.
#
# **Are Keras's layers nothing but these formulas?** We give both the same weights, those that Keras draws at its start, and
# one stay, hour by hour.

# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def lstm_step(x_t, state, W, U, b):
    h, c = np.split(state, 2)  # both are carried on
    i, f, candidate, o = np.split(x_t @ W + h @ U + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
    return np.concatenate([sigmoid(o) * np.tanh(c), c])

def gru_step(x_t, h, W, U, b):
    xz, xr, xc = np.split(x_t @ W + b[0], 3)
    hz, hr, hc = np.split(h @ U + b[1], 3)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    return z * h + (1 - z) * np.tanh(xc + r * hc)

# %% tags=["nbval-ignore-output"]
one_stay = prepare(records[[died]].grid(hours=48, step=1), records.static[[died]])
x_hours = one_stay["series"]  # (1, 48, 111)
steps = {"SimpleRNN": (simple_step, 16), "LSTM": (lstm_step, 32), "GRU": (gru_step, 16)}
weights = {}
for name, (step, size) in steps.items():
    training.set_seed(1)
    layer = getattr(keras.layers, name)(16, return_sequences=True)
    states = keras.ops.convert_to_numpy(layer(x_hours))[0]
    weights[name] = [array.astype(float) for array in layer.get_weights()]
    by_hand = run(step, x_hours[0], np.zeros(size), weights[name])
    print(name, "by hand", by_hand[-1, :4].round(2), "Keras", states[-1, :4].round(2))

# %% [markdown]
# The same numbers. (These are the first four of 16, after hour 48. The LSTM's `state` is 32 long, $h$ and then $c$.)
#
# ### Why gates: vanishing and exploding
#
# To learn that a low pressure at hour 0 matters, the network must feel at hour 48 what happened at hour 0: the derivative
# of a late state with respect to an early one. By the chain rule it is a product with one factor for each step between,
#
# $$\frac{\partial h_t}{\partial h_0} = \prod_{s=1}^{t} U \operatorname{diag}(1 - h_s^2).$$
#
# A product of many factors below one is nearly 0: the gradient *vanishes* [2]. A product of many factors above one grows
# without limit: it *explodes*. We measure it as in notebook 1: nudge the state at admission by a millionth, and see how
# far apart the two runs are after each hour. Besides the three layers as Keras starts them, we try a simple RNN with $U$
# four times as large, and a GRU whose gate we open: 4 added to both biases of $z$ makes $z$ nearly 1. **Which runs still
# differ at hour 48?**

# %%
def felt(step, weights, size=16):
    nudged = run(step, x_hours[0], np.full(size, 1e-6), weights)
    states = run(step, x_hours[0], np.zeros(size), weights)
    return np.abs(nudged - states).max(axis=1) / 1e-6

(W, U, b), (Wz, Uz, bz) = weights["SimpleRNN"], weights["GRU"]
open_gate = np.where(np.arange(48) < 16, 4, 0)  # columns 0 to 15 are z's
effect = {
    "simple RNN": felt(simple_step, (W, U, b)),
    "simple RNN, U × 4": felt(simple_step, (W, 4 * U, b)),
    "LSTM": felt(lstm_step, weights["LSTM"], size=32),
    "GRU": felt(gru_step, (Wz, Uz, bz)),
    "GRU, gate opened": felt(gru_step, (Wz, Uz, bz + open_gate)),
}

# %% mystnb={"image": {"alt": "How far apart two runs are that started a millionth apart, divided by the nudge, over 48 hours on a logarithmic scale. The simple RNN and the GRU fall by many powers of ten, the LSTM less; the GRU with its gate opened stays near 1; the simple RNN with U four times as large rises by several powers of ten."}, "figure": {"caption": "How far apart two runs over one stay are after a nudge at admission, for five layers; simulated data"}}
curves = pd.DataFrame(effect, index=np.arange(1, 49))
look = dict(style=["-", ":", "-.", "-", ":"], color=["C0", "C0", "C2", "C3", "C3"])
axes = curves.plot(logy=True, figsize=(7, 3.6), **look)
axes.set(xlabel="hours since the nudge", ylabel="effect, times the nudge")
simple_end, open_end = effect["simple RNN"][-1], effect["GRU, gate opened"][-1]
largest = effect["simple RNN, U × 4"].max()
claim("after two days a simple RNN has forgotten or exploded, an open GRU has not",
      simple_end < 1e-4 and largest > 30 and 0.1 < open_end < 10,
      shown=f"{simple_end:.0e}, {largest:,.0f} and {open_end:.2f} times the nudge")

# %% [markdown]
# As Keras starts them, the simple RNN and the GRU both forget, by many powers of ten; which of them forgets faster depends on
# the weights drawn and on the stay. The LSTM forgets less, since Keras starts it with a bias of 1 on $f$. So a gate alone is
# no cure. It is a number for each unit that training can turn until the unit remembers: with the gate open, the nudge is
# still felt two days later. With large weights the simple RNN explodes.
#
# Against exploding there is a simple remedy. *Clipping* shortens a gradient that is longer than 1 and keeps its direction,
# $g \leftarrow g \cdot \min(1, 1 / \lVert g \rVert)$. In Keras it is one argument, `Adam(0.006, clipnorm=1.0)`, and all
# recurrent networks below have it.
#
# ### Exercise 5: a gate by hand
#
# A unit of a GRU stands at $h = 0.5$. Its gate is $z = 0.8$, its candidate −1. Where does it stand after the step?

# %%
state_after = ...
ch03.q5.check(state_after)

# %% [markdown]
# ### Exercise 6: train a network that remembers
#
# Each sequence has 20 random numbers, and the answer is whether the *first* was positive. Build and train a network that is
# right for at least 90 % of new sequences, and give the trained model. As it stands below it often ends near 50 %, like a
# coin. Think of what opened the gate above.

# %%
x_long = np.random.default_rng(0).normal(size=(1000, 20, 1)).astype("float32")
y_long = (x_long[:, 0, 0] > 0).astype("float32")
layers = [keras.Input((20, 1)), keras.layers.LSTM(16), keras.layers.Dense(1, "sigmoid")]
model = keras.Sequential(layers)
model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0), "binary_crossentropy")
# model.fit(x_long, y_long, epochs=12, verbose=0)
trained = ...
ch03.q6.check(trained)

# %% [markdown]
# ## The model: a GRU with its static head
#
# The GRU reads values, mask and since. What does not change in a stay (age, sex, height, weight, unit) need not be read
# twelve times: it goes *beside* the sequence and meets the last state at the end. Here is the whole network. The package's
# `rnn.recurrent_net` is the same one:

# %% tags=["flagship"]
from keras import layers
from medlearn.models import rnn

def network(recurrent=layers.GRU, dropout=0.5):
    series = keras.Input((12, 111), name="series")
    static = keras.Input((5,), name="static")
    state = recurrent(32, unroll=True)(series)  # (n, 32): after the last step
    fixed = layers.Dense(32, use_bias=False)(static)  # (n, 32)
    both = layers.Add()([layers.Dense(32)(state), fixed])
    hidden = layers.Dropout(dropout)(layers.ReLU()(both))
    risk = layers.Dense(1, activation="sigmoid")(hidden)
    return keras.Model({"series": series, "static": static}, risk)

packaged = rnn.recurrent_net((12, 111), units=32, static=5, unroll=True)
print(f"weights: {network().count_params():,} here, {packaged.count_params():,} there")

# %% [markdown]
# Two dense layers, added, are one dense layer over state and descriptors side by side. (`unroll` lays the twelve steps out,
# which trains faster on a CPU.)
#
# ## Training, and a choice
#
# *Dropout* sets a random share of the 32 features to 0 in each training step, so that no feature can rely on another;
# when the network predicts, all are there. It is a *regulariser*: it makes memorising harder. How large a share? A setting
# like this, which training does not learn, is a *hyperparameter*, and it is chosen on validation stays. We try three. The
# networks differ in nothing else, and each is trained until its validation loss has not fallen for four epochs. **0, 0.3 or
# 0.6?**

# %%
def learn(x, x_new, dropout, recurrent=layers.GRU, **more):
    training.set_seed(0)
    model = network(recurrent, dropout)
    model.compile(keras.optimizers.Adam(0.006, clipnorm=1.0), "binary_crossentropy")
    settings = dict(epochs=12, patience=4, batch_size=64) | more
    history = training.fit(model, (x, y_train), (x_new, y_validation), **settings)
    return model, history

def predict(model, x):
    return training.predict(model, x)[:, 0]

# %% tags=["nbval-ignore-output"] mystnb={"image": {"alt": "Two panels with the loss over the epochs for training and validation stays, left without dropout, right with the most dropout that was tried. In both the validation loss falls and then rises while the training loss goes on falling; without dropout the two lines part sooner and further."}, "figure": {"caption": "Loss on training and validation stays over the epochs, with two shares of dropout; simulated data"}}
tried = {rate: learn(x_train, x_validation, rate) for rate in (0, 0.3, 0.6)}
lowest = {rate: history["val_loss"].min() for rate, (_, history) in tried.items()}
dropout = min(lowest, key=lowest.get)
model = tried[dropout][0]
print(pd.Series(lowest).round(3).to_dict(), "chosen:", dropout)

figure, axes = plt.subplots(1, 2, figsize=(7.5, 3), sharey=True)
for ax, rate in zip(axes, (0, 0.6)):
    plots.history(tried[rate][1], data=stays, ax=ax).set_title(f"dropout {rate}")

# %% [markdown]
# The printed numbers are the lowest validation losses. They lie close together: the choice is a sensible default, not a
# discovery. In both panels the training loss goes on falling while the validation loss rises after a few epochs: the
# network begins to memorise (*overfitting*). *Early stopping* therefore puts back the weights of the best epoch.
#
# **Would a simple RNN or an LSTM have done as well?** Same inputs, same size of state, same dropout, same epochs at most:

# %% tags=["nbval-ignore-output"]
networks = {
    "simple RNN": learn(x_train, x_validation, dropout, layers.SimpleRNN)[0],
    "LSTM": learn(x_train, x_validation, dropout, layers.LSTM)[0],
    "GRU": model,
}
scores |= {name: predict(trained, x_validation) for name, trained in networks.items()}
evaluation.compare(y_validation, scores, measures, against="gradient boosting")

# %% [markdown]
# Now look at it coldly. The last column, each AUROC minus that of gradient boosting, asks whether a network beats the trees
# that were told what to look at. Where its interval holds 0, no difference is shown; where it lies below 0, the trees are
# ahead. No network is ahead of them. Among the networks the GRU ranks best here, but their intervals overlap: with
# `load("icu", seed=1)`, other simulated patients, the LSTM does. (On the real stays, a simple RNN of this size keeps up.)
#
# ## What it learns from being measured
#
# Now set all values and descriptors to 0 and leave mask and since: the network sees *when* something was measured, but no
# result. **What can it know?**

# %%
def without_values(x):
    series = x["series"].copy()
    series[..., :37] = 0  # the first 37 of 111 are the values
    return {"series": series, "static": 0 * x["static"]}

blind, _ = learn(without_values(x_train), without_values(x_validation), dropout)
blind_score = predict(blind, without_values(x_validation))
seen, alive = evaluation.auroc(y_validation, blind_score), y_validation == 0
known = f"AUROC {seen:.2f}"
if stays.simulated:  # only a simulator knows how sick a patient truly is
    severity = stays.validation.about["severity_end"][alive]
    follows = np.corrcoef(severity, np.log(blind_score[alive]))[0, 1]
    known += f"; correlation with hidden severity, among survivors, {follows:.1f}"
claim("without one value it ranks better than chance", seen.clears(0.5), shown=known)

# %% [markdown]
# A worried doctor orders a lactate, and the network has learnt to read the worry: among patients who survived, its risk
# follows the hidden severity that drives the simulation, though it never saw a value. But this knowledge is borrowed: the
# network reads what this hospital's staff already suspect [6]. Where blood is drawn by rule, there is less to read. We try
# it below, in "Where it fails".
#
# ## Hour by hour, from the past only
#
# At hour 48 much is decided. A ward wants to know at hour 10, and again at hour 11. The same network can answer after each
# step (`each_step`); it is trained to be right at every hour, on a grid of single hours.

# %%
x_hour_train, x_hour = inputs(stays.train, step=1), inputs(stays.validation, step=1)
training.set_seed(0)
hour_model = rnn.recurrent_net((48, 111), units=24, static=5, each_step=True)
hour_model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0), "binary_crossentropy")
each_hour = [np.repeat(y[:, None, None], 48, axis=1) for y in (y_train, y_validation)]
data, new = (x_hour_train, each_hour[0]), (x_hour, each_hour[1])
training.fit(hour_model, data, new, epochs=6, patience=2, batch_size=64)
risk = training.predict(hour_model, x_hour)[..., 0]  # (stays, 48)

# %% [markdown]
# Does it look ahead? "From the past only" should be *proved*, for the whole path from file to risk, since filling and scaling
# can look ahead as well as a network. So we change the future: every measurement after hour 24 is replaced by one from
# elsewhere in the file. The figure shows two patients, solid with their own future and dotted with another; the claim beside
# it is about all. **Which risks may change?**

# %%
x = stays.validation.x
later = x.time > 24
value = np.where(later, x.value[::-1], x.value)
variable = np.where(later, x.variable[::-1], x.variable)
changed = replace(x, value=value, variable=variable)
x_changed = prepare(changed.grid(hours=48, step=1), changed.static)
risk_changed = training.predict(hour_model, x_changed)[..., 0]

# %% mystnb={"image": {"alt": "Predicted risk of death by hour for two validation stays, solid, and after the future was exchanged at hour 24, dotted. The dotted lines lie on the solid ones up to hour 24 and leave them afterwards."}, "figure": {"caption": "Predicted risk of death by hour for two validation stays, each with two futures; simulated data"}}
plt.figure(figsize=(7, 2.8))
for k, place in enumerate((0.5, 0.8)):  # a usual survivor, and one of the higher risks
    group = np.flatnonzero(y_validation == k)
    one = group[np.argsort(risk[group, -1])[int(place * len(group))]]
    plt.plot(np.arange(1, 49), risk[one], color=f"C{k}", label=stays.classes[k])
    plt.plot(np.arange(1, 49), risk_changed[one], ":", color=f"C{k}")
plt.axvline(24, color="0.4", linewidth=0.8)
plt.gca().set(xlabel="hours since admission", ylabel="risk of death", ylim=0)
plt.legend(title="dotted: another future", fontsize=9, bbox_to_anchor=(1, 1))
plots.mark(plt.gcf(), data=stays)
moved = np.abs(risk_changed - risk)
claim("up to hour 24 no risk changes with the future, after it nearly all do",
      moved[:, :24].max() < 1e-6 and np.mean(moved[:, 24:] > 1e-6) > 0.9,
      shown=f"largest change {moved[:, :24].max():.0e} and {moved[:, 24:].max():.1f}")

# %% [markdown]
# Up to hour 24 solid and dotted lines are one line: the future has no say. The curves start at what is known on arrival and
# part as the stays unfold. A *bidirectional* network, which reads forward and backward, would fail this test from the first
# hour on. It is allowed for a question about the whole stay, asked at its end.
#
# **How early can one know, and does it take a network?** The opponent is gradient boosting, trained anew for each hour on
# the summaries *so far*:

# %% tags=["nbval-ignore-output"]
so_far = {}
for hour in (6, 12, 48):
    known, new = (x.where(x.time <= hour) for x in (records, stays.validation.x))
    boosting = clone(trees).fit(summaries(known), y_train)
    pair = {"boosting so far": boosting.predict_proba(summaries(new))[:, 1]}
    pair["GRU, hour by hour"] = risk[:, hour - 1]
    table = evaluation.compare(y_validation, pair, against="boosting so far")
    so_far[f"hour {hour}"] = [*table["AUROC"], table.iloc[1, -1]]
columns = ["boosting so far", "GRU, hour by hour", "GRU less boosting"]
pd.DataFrame(so_far, index=columns).T

# %% [markdown]
# Both know more at the end than at the beginning. Where an interval in the last column holds 0, no difference is shown. With
# other patients (`seed=1`) the network is ahead at hours 6 and 12, so one table does not settle it. The network has a
# practical advantage in any case: one model answers at every hour, and there is no table of summaries to rebuild.
#
# But the question is only half answered. All these patients were still in intensive care at hour 48, and at hour 6 nobody
# knows who will be. Patients who died in the first two days, perhaps the easiest to recognise, are missing, and so are those
# who soon went home. To say how early one could know, we would need everyone who was admitted.
#
# ### Exercise 7: hour 12
#
# Give the GRU what is known up to hour 12 only. Write a function that takes inputs like `x_train` (a dictionary of "series",
# in cells of four hours, and "static") and an hour, and returns those that are known at that hour; a cell that has not
# ended yet is not known.

# %%
def until(x, hour):
    return ...

ch03.q7.check(until)

# %% [markdown]
# To train it, write `network` for 3 steps in place of 12. By how much does the AUROC on validation stays fall, and with what
# interval?
#
# At hour 12 more is unknown than the later cells. SAPS-I takes the worst values of a whole day. A straight line between the
# creatinine of hours 6 and 18 has its other end in the future. The diagnosis for which the stay was billed is written after
# discharge.
#
# ## When few patients die
#
# Most survive. It is often advised to *weight* the deaths in the loss, so that both classes count the same in total. **What
# does that do to the ranking, and what to the risks?** The same GRU once more, with weights, and trained for as many epochs:

# %% mystnb={"image": {"alt": "Reliability on the validation stays, observed share against predicted risk in five groups. The plain GRU's dots lie near the diagonal; those of the weighted one lie far below it: it predicts much more than is observed."}, "figure": {"caption": "Observed share of deaths against predicted risk, in five groups of validation stays; simulated data"}}
weight = {k: 0.5 / np.mean(y_train == k) for k in (0, 1)}
best = tried[dropout][1]["val_loss"].idxmin()  # as many epochs as the plain GRU
settings = dict(epochs=best, patience=None, class_weight=weight)
weighted, _ = learn(x_train, x_validation, dropout, **settings)
both = {"GRU": scores["GRU"], "GRU, weighted": predict(weighted, x_validation)}
bins = {n: evaluation.reliability(y_validation, both[n], bins=5) for n in both}
plots.reliability(bins, data=stays, ax=plt.subplots(figsize=(4, 3.6))[1])
gain = evaluation.auroc_difference(y_validation, both["GRU, weighted"], both["GRU"])
plain, heavy = both["GRU"].mean(), both["GRU, weighted"].mean()
claim("weighting hardly changes the ranking, and predicts far more deaths than occur",
      not gain.clears(0.03) and heavy > 1.4 * max(plain, y_validation.mean()),
      shown=f"{gain:+.2f}; risk {heavy:.2f}, plain {plain:.2f}")

# %% [markdown]
# How to read the figure: the stays are put into five groups by predicted risk. Each dot shows the mean risk that was
# *predicted* in a group and the share of deaths that was *observed*, with its interval. On the diagonal they agree: the model
# is *calibrated*. The weighted network's dots lie below: where it says 50 %, far fewer die. Its risks belong to a world in
# which half of all patients die. A lower threshold finds more deaths as well (notebook 2), and leaves the risks as they are.
# We keep the plain GRU.
#
# ## Predicting a number
#
# Not all questions end in yes or no. **What will the heart rate be in the next four hours?** We read six cells and predict
# the seventh, where it was measured. The baselines are lazy answers: *it stays as it is*; it returns to this patient's *mean
# so far*; or halfway between the two. The GRU is asked for the difference to the mean so far, so that it need not learn again
# what a lazy answer knows. Its last layer has no sigmoid. Loss and measure are the mean absolute error, in beats per minute.

# %%
def heart_rates(split, x):
    """Windows of six cells, their heart rates, the seventh, and whose it is."""
    grid = split.x.grid(hours=48, step=4, variables=["HR"]).values[..., 0]
    series = np.concatenate([x["series"][:, s : s + 6] for s in range(6)])
    past = np.concatenate([grid[:, s : s + 6] for s in range(6)])
    target, patient = grid[:, 6:].T.ravel(), np.tile(split.patient, 6)
    use = ~np.isnan(target) & ~np.isnan(past).all(axis=1)
    return series[use], past[use], target[use], patient[use]

def lazy(past):
    as_it_is = pd.DataFrame(past).ffill(axis=1).iloc[:, -1].to_numpy()
    mean = np.nanmean(past, axis=1)
    halfway = (as_it_is + mean) / 2
    return {"stays as it is": as_it_is, "mean so far": mean, "halfway": halfway}

# %%
series, past, target, _ = heart_rates(stays.train, x_train)
new_series, new_past, new_target, whose = heart_rates(stays.validation, x_validation)
training.set_seed(0)
parts = [keras.Input((6, 111)), layers.GRU(16, unroll=True), layers.Dense(1)]
forecast = keras.Sequential(parts)
forecast.compile(keras.optimizers.Adam(0.005, clipnorm=1.0), "mae")
difference = (target - lazy(past)["mean so far"]) / 10  # in tens of beats
training.fit(forecast, (series, difference), epochs=4, batch_size=128)
answers = lazy(new_past)
step = 10 * training.predict(forecast, new_series)[:, 0]
answers["GRU"] = answers["mean so far"] + step

# %%
def less_error(target, lazy_answer, answer):
    return np.mean(np.abs(target - lazy_answer)) - np.mean(np.abs(target - answer))

as_it_is, halfway = (
    evaluation.bootstrap(less_error, new_target, answers[name], answers["GRU"],
                         patient=whose, draws=200)
    for name in ("stays as it is", "halfway"))
off_by = {name: f"{np.abs(new_target - answer).mean():.1f}"
          for name, answer in answers.items()}
claim("the GRU beats 'stays as it is', and 'halfway' comes within half a beat of it",
      as_it_is.clears(0) and halfway.value < 0.5,
      shown=f"off by {off_by}; saved {as_it_is:+.2f} and {halfway:+.2f} per min")

# %% [markdown]
# In brackets stand the four errors, and what the GRU saves against two of the lazy answers. A line of arithmetic comes close:
# that is what a baseline is for. A curve that follows the truth well, but one step behind, is only *stays as it is*.
#
# Two more tasks use the same cells. *Next event*: which test, drug or diagnosis comes next? The answer is a softmax
# (notebook 2) over all kinds of event [7]. *Sequence to sequence*: one network reads, and hands its last state to another
# that writes a whole course, as in translation [8].
#
# ## Result
#
# All is chosen but the threshold. Take a large hospital with 200 beds in intensive care, whose patients of this kind
# stay about five days: 200 / 5 = 40 a day come to their 48th hour. Someone senior can look at ten of them. So an alarm is
# raised when the score *reaches* the threshold, and the threshold is the lowest that raises at most ten alarms a day on the
# validation stays.
#
# ### Exercise 8: ten alarms a day
#
# `y_score` holds the scores of validation stays, `stays_a_day` how many stays a hospital has, `alarms_a_day` how many alarms
# it can bear. Return the lowest threshold that keeps to it; an alarm is raised when `y_score >= threshold`.

# %%
def lowest(y_score, stays_a_day, alarms_a_day):
    return ...

ch03.q8.check(lowest)

# %% [markdown]
# Now we open the test set, once, for all models, each with its threshold from validation. **Which model is the best, and by
# how much?**

# %%
test = baselines(stays.test)
test |= {name: predict(trained, x_test) for name, trained in networks.items()}
over_saps, ahead, beside = (
    evaluation.auroc_difference(y_test, test["GRU"], test[name])
    for name in ("SAPS-I", "logistic regression", "gradient boosting"))
claim("the GRU ranks better than SAPS-I", over_saps.clears(0.05),
      shown=f"{over_saps:+.2f}; than last values {ahead:+.2f}, boosting {beside:+.2f}")

# %% tags=["nbval-ignore-output"]
def threshold_for(y_score, share):
    thresholds = np.unique(y_score)
    called = np.array([np.mean(y_score >= threshold) for threshold in thresholds])
    return thresholds[called <= share].min()

threshold = {name: threshold_for(scores[name], 10 / 40) for name in test}
alarm = {name: (test[name] >= threshold[name]).astype(int) for name in test}
measures += [evaluation.sensitivity, evaluation.ppv]
table = evaluation.compare(
    y_test, test, measures, decisions=alarm, against="gradient boosting"
)
table["alarms a day"] = [round(40 * alarm[name].mean()) for name in table.index]
table

# %% [markdown]
# *Sensitivity* is the share of deaths that raise an alarm, *PPV* the share of alarms that are right. Ten stays drawn at
# random would find a quarter of the deaths. The last columns answer two questions: is it better than the baseline, and how
# many alarms did the threshold really raise on new patients? In the simulation the GRU is ahead of the logistic regression
# on the last values; on the real stays a network of this size is only level with it. In neither is it shown to beat the
# trees on summaries.

# %% mystnb={"image": {"alt": "Share of deaths found against alarms a day, from none to forty, for SAPS-I, logistic regression, gradient boosting and the GRU. All lie above the diagonal of chance; SAPS-I is nearest to it; a dotted line marks ten alarms a day."}, "figure": {"caption": "Share of deaths found against alarms a day, for four models on the test stays; simulated data"}}
plt.figure(figsize=(6, 3.2))
drawn = ["SAPS-I", "logistic regression", "gradient boosting", "GRU"]
for name, style in zip(drawn, (":", "--", "-.", "-")):
    ranked = y_test[np.argsort(-test[name], kind="stable")]
    found = np.cumsum(ranked) / ranked.sum()
    plt.plot(np.linspace(0, 40, len(ranked)), found, style, label=name)
plt.plot([0, 40], [0, 1], color="0.7", linewidth=1)
plt.axvline(10, color="0.4", linestyle=":")
plt.gca().set(xlabel="alarms a day", ylabel="share of deaths found")
plt.legend(fontsize=9)
plots.mark(plt.gcf(), data=stays)

# %% [markdown]
# The higher a curve lies above the grey diagonal of chance, the better its alarms are spent. With ten a day the curves of
# boosting and GRU lie close together, SAPS-I far below.
#
# ### On the real stays
#
# `medlearn results icu` trains a larger network, whose second half reads summaries, and the trees on 4,000 real stays (set a
# of the challenge), and scores them on 4,000 others (set b), of whom 14 % died. *Event 1* is the challenge's own measure,
# the lower of sensitivity and PPV.
#
# | model | AUROC | AUPRC | Event 1 |
# |---|---|---|---|
# | network and trees together | 0.875 | 0.569 | 0.531 |
# | its network, without the trees | 0.872 | 0.567 | 0.536 |
# | its recurrent half alone | 0.865 | 0.555 | 0.523 |
# | gradient boosting on summaries | 0.870 | 0.546 | 0.530 |
# | logistic regression on the last values | 0.852 | 0.526 | 0.498 |
# | SAPS-I | 0.667 | 0.254 | 0.271 |
#
# SAPS-I is lowest again, the regression on the last values comes next, and trees and network lie side by side; their mean
# ranks a little better than each. Over patients, the AUROC in the first row has an interval of 0.859 to 0.889, far wider
# than what lies between the first rows.
#
# ## Where it fails
#
# First, is everyone served alike? A group with fewer than ten deaths is counted, but not measured.

# %% tags=["nbval-ignore-output"]
unit = stays.test.x.static[:, stays.test.x.static_names.index("ICUType")]
names = {1: "coronary", 2: "cardiac surgery", 3: "medical", 4: "surgical"}
count = np.diff(stays.test.x.start)  # measurements in each stay
groups = {
    "unit": [names.get(number) for number in unit],
    "measured": np.where(count < np.median(count), "little", "much"),
}
evaluation.subgroups(evaluation.auroc, y_test, test["GRU"], groups)

# %% [markdown]
# The intervals overlap: from this many deaths no difference between groups is shown, which does not mean that there is none.
#
# Second, whom does it miss? The five patients who died with the lowest risks:

# %% tags=["nbval-ignore-output"]
dead = np.flatnonzero(y_test == 1)
missed = dead[np.argsort(test["GRU"][dead])[:5]]
pd.DataFrame(
    {
        "risk": test["GRU"][missed].round(3),
        "age": stays.test.x.static[missed, 0],
        "unit": [names.get(number) for number in unit[missed]],
        "measurements": count[missed],
        "died on day": stays.test.about["length_of_stay"][missed],
    }
)

# %% [markdown]
# To the network they looked like the safest patients of all. Several died many days later: what killed them may not have
# begun at hour 48. A model of two days cannot know that, however good it is.
#
# Third, another hospital. Where we trained, laboratory values are ordered by *need*: the sicker a patient seems, the more
# blood is sent. Now the same patients, with the same courses and the same deaths, in a hospital that orders by *rule*:
# everybody gets the same, at fixed hours. (Only a simulator can do that; the real stays have no such twin.) We compare two
# models that see values with the network that sees only when something was measured. **Which model suffers most?**

# %%
def risks(split):
    return {
        "gradient boosting": baselines(split)["gradient boosting"],
        "GRU": predict(model, inputs(split)),
        "GRU without values": predict(blind, without_values(inputs(split))),
    }

if stays.simulated:
    by_rule = load("icu", ordering="rule").test  # the same patients
    need, rule = risks(stays.test), risks(by_rule)
    at_need, at_rule = need["GRU without values"], rule["GRU without values"]
    fall = evaluation.auroc_difference(y_test, at_rule, at_need)
    before, after = at_need.mean(), at_rule.mean()
    claim("ordered by rule, times of measuring rank patients worse, and risks rise",
          fall.high < 0 and after > 1.15 * before,
          shown=f"{fall:+.2f}; mean risk {before:.2f}, then {after:.2f}")

# %% tags=["nbval-ignore-output"]
from IPython.display import display

def side_by_side(need, rule):
    """AUROC by need, by rule, the difference, and the mean risk in both."""
    scores = evaluation.auroc(y_test, need), evaluation.auroc(y_test, rule)
    fall = evaluation.auroc_difference(y_test, rule, need)
    mean_risks = [f"{risk.mean():.2f}" for risk in (need, rule)]
    return [f"{score:.2f}" for score in scores] + [f"{fall:+.2f}", *mean_risks]

if stays.simulated:
    rows = {name: side_by_side(need[name], rule[name]) for name in need}
    columns = ["by need", "by rule", "difference", "mean risk", "mean risk by rule"]
    display(pd.DataFrame(rows, index=columns).T)

# %% [markdown]
# Same patients, same deaths. The network without values loses rank, and its mean risk rises: everybody is measured often
# there, so everybody looks sick to it. (What it still knows comes from vital signs and ventilators, which are not ordered by
# rule.) GRU and trees see the values as well and lose little.
#
# So what a model reads off the *ordering* does not travel. How much of its score rests on that must be measured in each
# hospital. (In notebook 5 a few local patients mend the risks.)
#
# Fourth, patients whom it never saw: everyone who died or left intensive care within two days. It has learnt nothing about
# them, and no result above holds for them.
#
# ## What it must not be used for
#
# - **To decide about a patient**, or about a bed. It was trained on simulated stays, or on old ones from another place, and
#   nobody has tried it on a ward.
# - **To say what to do.** A high risk is no reason for a treatment. The patients were treated, and the network has learnt what
#   became of them *with* that treatment; it may call those safe whom everyone hurried to help.
# - **In a hospital with other habits.** It reads when something was measured as much as what.
# - **As a reason to stop.** If doctors give up where the risk is high, it comes true by itself, and looks good in every test set.
#
# ## Your own records
#
# `read_csv` makes stays of a file with one measurement a row, split by patient, once it is told the columns' names. Here we
# write such a file and read it back.

# %%
import tempfile
from pathlib import Path
from medlearn.data.records import read_csv

path = Path(tempfile.mkdtemp()) / "own.csv"
tables = [records.frame(i).assign(patient=records.case_id[i], label=y_train[i])
          for i in range(60)]  # columns: time, variable, value, patient, label
pd.concat(tables).to_csv(path, index=False)
own = read_csv(path, patient="patient", time="time", label="label",
               variable="variable", value="value")
print(own.train.x, "·", own.task, own.classes)

# %% [markdown]
# From here on all goes as above: `own.train.x.grid(...)`, `features.Inputs`, a network. A wide file, like the articles'
# `data.csv` with a column for each variable, is read without `variable` and `value`; theirs lacks whose row it is, and when.
# Whatever cannot be read is refused with a sentence that names the row and the column.
#
# ## What we learnt
#
# - A stay is a list. On a grid it needs three numbers for each cell: value, mask, since. Medians and spreads are learnt on
#   training patients.
# - Windows stay within a patient, splits are made by patient, and the label is no input. Each slip looks like success.
# - A range check, robust scaling and clipping values keep a few wild numbers from ruining a model.
# - A recurrent network is one step, repeated. Its gradients vanish or explode; with gates it *can* learn to remember.
# - Being measured is a sign of worry. A model that leans on it is misled where the staff order by rule.
# - "From the past only" can be proved: change the future and see no change. Who is in the sample must be said as well.
# - On small tables, trees on good summaries are the ones to beat. So is a lazy forecast.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | stay | one patient's time in intensive care |
# | mask | 1 where something was measured, 0 where not |
# | carry forward | fill a gap with the last value before it |
# | window | some rows in a row, given to a model together |
# | recurrent network (RNN) | one step, repeated, that carries a state from input to input |
# | state | the numbers that stand for everything read so far |
# | gate | a share between 0 and 1 that says how much is kept, let in or shown |
# | LSTM, GRU | recurrent networks with three gates and with two |
# | vanishing, exploding gradient | a product of many factors that goes to 0, or grows without limit |
# | gradient clipping | shortening a gradient that is too long, in the same direction |
# | dropout | features set to 0 at random in training |
# | hyperparameter | a setting that training does not learn, chosen on validation data |
# | early stopping | end training when the validation loss rises, and go back to the best epoch |
# | bidirectional | reading forward and backward; looks ahead |
# | AUPRC | area under PPV against sensitivity; chance is the prevalence |
# | calibrated | of patients with a predicted risk of 20 %, 20 % have the outcome |
# | class weights | counting the rare class more in the loss |
#
# **Onward**: notebook 4, [*GAN synthesis*](04_gan_synthesis.ipynb), where a network makes X-rays of its own.
#
# <details><summary><b>Sources</b></summary>
#
# Stays, where real: PhysioNet/CinC Challenge 2012, Silva et al., Comput. Cardiol. 39:245 (2012); Goldberger et al.,
# Circulation 101:e215 (2000). A network whose memory fades with the hours since last measured (GRU-D): Che et al.,
# Sci. Rep. 8:6085 (2018), doi:10.1038/s41598-018-24271-9.
#
# 1. Le Gall et al., Crit. Care Med. 12:975 (1984)
# 2. Bengio, Simard, Frasconi, IEEE Trans. Neural Netw. 5:157 (1994), doi:10.1109/72.279181
# 3. Hochreiter, Schmidhuber, Neural Comput. 9:1735 (1997), doi:10.1162/neco.1997.9.8.1735
# 4. Gers, Schmidhuber, Cummins, Neural Comput. 12:2451 (2000)
# 5. Cho et al., EMNLP (2014), arXiv:1406.1078
# 6. Agniel, Kohane, Weber, BMJ 361:k1479 (2018), doi:10.1136/bmj.k1479
# 7. Choi et al., *Doctor AI*, Machine Learning for Healthcare (2016), arXiv:1511.05942
# 8. Sutskever, Vinyals, Le, NeurIPS (2014), arXiv:1409.3215
#
# </details>

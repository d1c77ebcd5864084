# Cells for notebooks/src/71_ward.py, in the order of the exercises; each belongs behind its section.
# Set-up: from medlearn.exercises import ch71; import hashlib (exercise 7).
# Drawings: drawings.way_of_a_film() (step 1), drawings.eight_bit_numbers() (step 4),
# drawings.store_and_forward() (step 11). Chart: evaluation.drift.cusum and plots.control_chart (step 12).
# Alt texts for them stand at the end of this file.

# %% [markdown]
# ### Exercise 1: the film read as its negative
#
# Seven films came in. The table says what each header tells, what is stored in the air
# beside the body and in the spine, and how bright both are on the screen, from 0
# (black) to 255 (white). In a film with MONOCHROME2 large values mean bright, with
# MONOCHROME1 they mean dark. Which films are shown as negatives?
#
# | film | header | stored: air | spine | on the screen: air | spine |
# |---|---|---|---|---|---|
# | A | MONOCHROME2 | 120 | 3,100 | 7 | 193 |
# | B | MONOCHROME1 | 3,950 | 900 | 9 | 199 |
# | C | MONOCHROME1 | 3,900 | 700 | 243 | 44 |
# | D | MONOCHROME2 | 90 | 2,900 | 249 | 74 |
# | E | MONOCHROME1 | 150 | 3,000 | 246 | 68 |
# | F | MONOCHROME2 | 130 | 2,900 | 0 | 255 |
# | G | says nothing | 200 | 2,900 | 12 | 180 |
#
# Answer with letters, such as `{"A", "B"}`.

# %%
negatives = ...
ch71.q1.check(negatives)

# %% [markdown]
# ### Exercise 2: a scale and a zero point
#
# On the calibration films a layer answers with numbers from −1 to 4. They are to be
# stored as whole numbers from −128, which stands for −1, to 127, which stands for 4.
# What are the scale (four decimals or more), the zero point, and the whole number that
# stands for 2.0?

# %%
three_numbers = ...  # such as (0.5, 3, 7)
ch71.q2.check(three_numbers)

# %% [markdown]
# ### Exercise 3: which export differs, and why?
#
# Six exported files are compared with the Keras models they were made from, film by
# film.
#
# 1. Asked three times, it answers .62, .71 and .58 for the same film. Keras says .64
#    each time.
# 2. The greatest change of an answer is .0000006.
# 3. Each answer is lower than that of Keras, and they are spread from .01 to .93. The
#    AUROC is the same to the last digit.
# 4. All answers lie between .50 and .53.
# 5. A network for colour photographs: its AUROC falls from .93 to .55. A picture that is
#    the same grey everywhere is answered as by Keras.
# 6. The AUROC is the same to .0005. Of a hundred answers 99 move by less than .03; one
#    film's moves by .50.
#
# Each has one cause, and two of these are left over:
#
# - **A** The calibration, Platt's slope and intercept, was left out.
# - **B** The sums of 32-bit numbers are added in another order.
# - **C** The network divides the image by 255, and the program before it does, too.
# - **D** Rows, columns and colours were mixed up: (28, 28, 3) became (3, 28, 28) by
#   `reshape`, not by `transpose`.
# - **E** Dropout is still on.
# - **F** Weights and answers of layers were rounded to eight bits.
# - **G** The threshold is another.
# - **H** The file holds another training of the same network.
#
# Give six letters in the order of the exports, such as `"ABCDEF"`.

# %%
causes = ...
ch71.q3.check(causes)

# %% [markdown]
# ### Exercise 4: which upload must be refused?
#
# A server answers for frontal chest films. Its network has learnt from those of adults
# and children at one hospital; files of more than 40 MB are not taken. Ten uploads:
#
# - **A** a frontal chest film as DICOM, twelve bits, MONOCHROME1;
# - **B** a slice of a CT of the chest;
# - **C** a frontal chest film as DICOM that names no window;
# - **D** a frontal chest film of which the line broke half-way;
# - **E** a PNG of 2 kB whose header says 60,000 × 60,000 pixels;
# - **F** a lateral chest film, taken from the side;
# - **G** `scan.dcm`, which holds a frontal chest film as a grey PNG;
# - **H** the report that the server wrote yesterday, as DICOM;
# - **I** a frontal chest film whose features lie farther from those learnt from than
#   the limit in the card;
# - **J** a frontal chest film of 3,000 × 2,500 pixels with 16 bits, not compressed.
#
# Which must it refuse? Answer with letters.

# %%
refused = ...
ch71.q4.check(refused)

# %% [markdown]
# ### Exercise 5: a day's films over a thin line
#
# A clinic sends 100 films a day, each as a JPEG of 120 kB, over a line of 64 kbit/s. How
# many seconds does that take? (1 kB is 1,000 bytes, 1 kbit is 1,000 bits, and nothing
# else is on the line.)

# %%
seconds = ...
ch71.q5.check(seconds)

# %% [markdown]
# ### Exercise 6: what may the log hold?
#
# One line for each request. It shall say which model answered what and when, so that a
# fault can be looked into later and a change be noticed. Which entries may stand in it?
#
# - **A** the time of the request
# - **B** the patient's name
# - **C** the digest of the model's file
# - **D** the film, small, 28 × 28 pixels in twelve bits, as a check
# - **E** the date of birth
# - **F** the answer, p, and the decision
# - **G** the patient's number, as its SHA-256
# - **H** the SHA-256 of the film's file
# - **I** manufacturer and model of the scanner
# - **J** the name of the uploaded file
# - **K** how far the film lies from those learnt from
#
# Answer with letters.

# %%
entries = ...
ch71.q6.check(entries)

# %% [markdown]
# ### Exercise 7: which version gave this report?
#
# Last week the model was put back to an older version, and nobody remembers to which.
# `ch71.REPORT` is a report of that day, with the SHA-256 of the model that gave it.
# `ch71.VERSIONS` has the content of three model files, by name. Which of them was it?

# %%
ch71.REPORT

# %%
version = ...
ch71.q7.check(version)

# %% [markdown]
# ### Exercise 8: a small network for a teacher
#
# Write a function that builds a network of at most 30,000 weights, and does not train
# it. Its input is a film of (28, 28, 1) with values from 0 to 255, its output one
# probability. It is then trained for a few seconds on 300 simulated films, with no
# label, but with the probability that a teacher gives each. It passes if on new films
# it lies within .10 of the teacher on average. (A constant lies .32 away. What the
# teacher looks at may lie anywhere on the film.)

# %%
def build():
    return ...

ch71.q8.check(build)

# %% [markdown]
# ### Exercise 9: to eight bits and back
#
# `weights` is the kernel of a layer, whose last axis counts its channels. Return two
# things: the weights as whole numbers of the type `np.int8`, of the same shape, and the
# scale of each channel, so that `numbers * scale` gives the weights back. No weight may
# come back more than half a step away, and a step is the largest size in its channel
# over 127. One of the channels has been pruned and holds zeros only.

# %%
def quantised(weights):
    return ...

ch71.q9.check(quantised)

# %% [markdown]
# ### Exercise 10: refused by its header
#
# `header` is a dictionary that was read from a file before anything is unpacked: `rows`,
# `columns`, `samples` (1 for grey, 3 for colour), `frames`, `bits` of a sample,
# `compressed` (True or False), and `bytes`, how many bytes of pixels the file holds.
# Return True if the file must be refused:
#
# - one of the first five numbers is below 1;
# - unpacked, the pixels need more than 100,000,000 bytes;
# - it is not compressed, and the file holds fewer bytes than its pixels need.
#
# Some headers come with NumPy's numbers of 16 bits, as they stand in the file.

# %%
def refuse(header):
    return ...

ch71.q10.check(refuse)

# Alt texts of the drawings and the chart
#
# way_of_a_film: "Five boxes in a row, joined by arrows: scanner, read and checked, model, report, doctor. Below
#   the second a box 'refused, and why', below the third a log without names, below the fourth digest and
#   threshold, which go into the report."
# eight_bit_numbers: "Two lines above each other. On the upper one stand −1, 0, 2 and 4, on the lower one −128,
#   −77, 25 and 127, and an arrow leads from each number to the one that stands for it."
# store_and_forward: "Two lines of time, of a clinic and of a radiologist. The first of three films is sent at
#   once; two are taken while there is no line, wait, and are sent together afterwards. Reports come back later."
# control_chart: "Two sums over visits between two dashed limits. After a dotted line the upper one rises and
#   crosses its limit, where a dot marks the alarm." (say what it really shows)

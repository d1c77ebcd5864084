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
# # 72 · Many at once: did the answer stay the same?
#
# > The archive holds 100,000 stays and a million films, and two computers stand idle at
# > night. **Which work is worth sharing between computers, on which engine, and how does
# > one know that the answer did not change?**
#
# Two workers are more than one fast worker. One may die, and its work be counted twice;
# each may deal out patients in its own way; both may read the same half of the data. No
# error is raised, and the table looks as it should. So this notebook compares
# everything with what one process says, to the last bit where that is possible.
#
# At the end of this notebook you can
#
# - say how much faster something can get, and when one process is enough;
# - cut an archive into shards by patient, and notice a shard that is damaged or
#   doubled;
# - give work to a pool and to Dask, kill a worker, and show that nothing was lost;
# - train with two processes, and say which batch and which learning rate that is.
#
# **Time**: about 3 hours, in two sittings, with the exercises. **You need**: notebooks
# 1, 2, 3 and 5, and some packages that the core does not need: on your own machine run
# `make electives` once in the course's folder. **Data**: stays in intensive care,
# encounters of people with diabetes, and chest films, simulated unless you ask for the
# real ones. Nothing here is made for use on patients.

# %%
import sys

if "google.colab" in sys.modules:  # on your own machine there is nothing to do
    repository = ""  # where the course is kept on GitHub, as "owner/name"
    assert repository, "set `repository` above to the course's owner/name on GitHub"
    # !pip install --quiet --no-deps pydicom onnx onnxruntime tf2onnx dask distributed git+https://github.com/{repository}

# %%
import numpy as np
import pandas as pd
from medlearn import claim, load, plots
from medlearn.exercises import ch72
from medlearn.many import Shards, train, work, write_shards

# %% [markdown]
# ## The question
#
# A *process* is a running program with memory of its own; a *core* is the part of a
# processor that runs one process at a time. An archive is cut into *shards*, files with
# some hundreds of patients each. A *worker* is a process that takes a shard, computes,
# and returns a small result. Our two computers are two processes on your machine. They
# meet at a *port*, a numbered door of the machine, and speak as over a network. **What
# can go wrong here that cannot go wrong in one process?**

# %% tags=["in-sight"] mystnb={"image": {"alt": "Eight stays of the patients A to D in mixed order. An arrow, by patient, leads to four shards, which hold all stays of A, of B, of C and of D. Worker 1 takes shards 0 and 2, worker 2 takes 1 and 3, and both results go into a box: combined, one digest."}}
from medlearn.plots import drawings

plots.use_style()
drawings.shards_and_workers()

# %% [markdown]
# A patient can lie in two shards. A shard can be read twice, or not at all. Results
# come back in any order. A worker can die on its way. Each of these has a remedy of one
# or two lines, and each is easy to forget.
#
# ## Data, and whose they are
#
# Stays in intensive care (notebook 3 has them): some dozens of measurements in 48 hours
# each. Each stay is of another patient here.

# %%
stays = load("icu")
pd.DataFrame({name: {"stays": len(part), "measurements": len(part.x.value)}
              for name, part in stays.splits.items()}).T

# %% [markdown]
# We write them as shards. `copies=2` writes everybody twice, as other patients: that
# teaches nothing about patients, but doubles the work. Real shards are larger: as much
# as a worker can hold in memory, and seconds of work each.

# %%
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
shards = write_shards(folder / "stays", stays, size=600, copies=2)
pd.DataFrame([{"file": one.path.name, "stays": one.cases, "sha256": one.digest[:12]}
              for one in shards.listed[:4]])

# %% [markdown]
# Beside the files lies a list with the *digest* of each: 64 letters and digits, of
# which we show twelve. It changes when any byte changes, and results have one, too.
#
# ## How long would it take?
#
# The work is to summarise each stay: first, last, lowest, highest value and so on. The
# usual way to guess is to time one shard and to multiply. **Will the guess be too high,
# too low, or right?**

# %% tags=["nbval-ignore-output"]
import time

def seconds(function, *given):
    start = time.perf_counter()
    function(*given)
    return time.perf_counter() - start

paths = list(shards)
each = [seconds(work.prepare, path) for path in paths]
pd.Series({"guessed from the first": each[0] * len(each),
           "from the second": each[1] * len(each),
           "by stays": each[1] * shards.cases / shards.listed[1].cases,
           "took": sum(each)}).round(2).to_frame("seconds")

# %% [markdown]
# Often too high: some shards hold fewer than 600 stays. Counted by stays that error is
# gone. What is left are the times themselves, which vary, and the first shard, on which
# falls what is done once: modules are imported, files come from the disk and not from
# memory. On a real archive the first files may be the smallest, and the guess too low.
# So time several shards, drawn at random, count by stays, and leave out the first.
#
# ## First make one process good
#
# Before work is shared it should be worth sharing. Here is its simplest part, the mean
# of each variable of each stay, as it is often written:

# %%
def means_in_a_loop(records):
    table = np.full((len(records), len(records.variables)), np.nan)
    for stay in range(len(records)):
        rows = slice(records.start[stay], records.start[stay + 1])
        frame = pd.DataFrame({"variable": records.variable[rows],
                              "value": records.value[rows]})
        for variable, values in frame.groupby("variable")["value"]:
            table[stay, variable] = values.mean()
    return table

# %% [markdown]
# And here it is with arrays, all stays at once. **How many workers would the loop need
# to catch up?**

# %%
def means_at_once(records):
    stay = np.repeat(np.arange(len(records)), np.diff(records.start))
    cell = stay * len(records.variables) + records.variable
    size = len(records) * len(records.variables)
    counts = np.bincount(cell, minlength=size)
    sums = np.bincount(cell, records.value, minlength=size)
    means = np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
    return means.reshape(len(records), -1)

# %% tags=["nbval-ignore-output"]
some = stays.test.x[np.arange(200)]
slow, fast = (seconds(way, some) for way in (means_in_a_loop, means_at_once))
print(f"a loop {slow:.3f} s, at once {fast:.4f} s: {slow / fast:,.0f} times as long")

# %%
claim("both ways give the same means", np.allclose(
    means_in_a_loop(some), means_at_once(some), rtol=1e-4, equal_nan=True))

# %% [markdown]
# Hundreds of workers, then, or more. A cluster of slow workers loses to one good one.
# So look first where the time goes: a *profile* adds it up by function.

# %% tags=["nbval-ignore-output"]
import cProfile
import pstats

profile = cProfile.Profile()
profile.runcall(work.prepare, paths[0])
spent = pstats.Stats(profile).stats.items()
pd.Series({f"{Path(file).name} {name}": row[2] for (file, _, name), row in spent}
          ).nlargest(6).round(3).to_frame("seconds")

# %% [markdown]
# No single line stands out, and none is about the disk; so this work can be shared. If
# reading came first, more workers on the same disk would not help. If it were one
# function of yours, you would mend that.
#
# ## What cannot be shared
#
# What is never shared sets a limit. If a share s of the time has to be done by one, n
# workers make the whole 1 / (s + (1 − s) / n) times as fast. That is *Amdahl's law*
# [1].

# %% mystnb={"image": {"alt": "Five bars of minutes, each with the same short part that cannot be shared. With 1, 2, 4 and 8 workers the rest shrinks and 100 minutes become 55, 32.5 and 21; with ever more workers the 10 minutes that cannot be shared are left, ten times as fast."}}
drawings.amdahl()

# %% [markdown]
# If a tenth cannot be shared, eight workers are not even five times as fast. With
# sixteen, halving that tenth helps more than doubling the workers.
#
# ### Exercise 1: how much faster at best?
#
# A preparation takes 100 minutes with one process. For 20 of them it reads one long
# index and writes one table, and that cannot be shared; the other 80 can be shared by
# as many workers as there are. Starting them costs nothing. How many times faster is it
# with eight workers? And how many times at most, with as many workers as you like? (One
# decimal will do.)

# %%
two_numbers = ...  # such as (2.5, 7)
ch72.q1.check(two_numbers)

# %% [markdown]
# ## Shards by patient
#
# Two visits of one patient in two shards do no harm while each worker only summarises.
# But shards are soon used for more: one worker trains on its shards, another tests on
# its own. Here are encounters of people with diabetes, of whom some come again and
# again. They are cut into eight shards, row by row, and by patient; the last two are
# kept for testing. **What share of the test patients will lie in other shards, too?**

# %%
visits = load("encounters")
patient = np.concatenate([part.patient for part in visits.splits.values()])
patient = patient[np.random.default_rng(0).permutation(len(patient))]

def shared_patients(shard):
    """The share of patients in the two test shards who are in others as well."""
    test = np.isin(shard, (6, 7))
    return np.isin(np.unique(patient[test]), patient[~test]).mean()

by_row = np.arange(len(patient)) % 8
by_patient = patient % 8
pd.Series({"by row": shared_patients(by_row), "by patient": shared_patients(by_patient)}
          ).round(3).to_frame("test patients who were learnt from")

# %%
claim("shards by row have many patients on both sides, shards by patient none",
      shared_patients(by_row) > 0.1 and shared_patients(by_patient) == 0)

# %% [markdown]
# Cut by row, many of the test patients were seen in training; cut by patient, none. `%
# 8`, the rest of a division by eight, is a way to name the shard that each worker can
# follow on its own. For a patient's name one first needs a number, a *hash* of it: one
# that looks drawn at random, but is the same for the same name. `sha256` gives the same
# to everybody; Python's own `hash` of a text differs from process to process, as the
# second sitting shows.
#
# ### Exercise 2: which sharding leaks?
#
# A table has 100,000 stays of 71,000 patients, in the order of their arrival, and eight
# workers prepare it. A fifth to a quarter of it becomes the test set. In which of these
# plans can something of the test set reach the training? (One patient on both sides is
# enough. `patient` and `stay` are texts such as `"A103450"`, and shards are numbered 0
# to 7.)
#
# - **A** The rows are dealt to the eight shards in turn. Shards 6 and 7 are the test
#   set.
# - **B** A stay goes to shard `sha256(patient) % 8`. Shards 6 and 7 are the test set.
# - **C** The table is sorted by patient and cut after every 12,500 rows. Shards 6 and 7
#   are the test set.
# - **D** As C, but each cut is moved on to the first row of the next patient.
# - **E** Shards as in B. Each worker keeps the last fifth of the rows of each of its
#   shards for the test set.
# - **F** A stay goes to shard `sha256(stay) % 8`. Shards 6 and 7 are the test set.
# - **G** The rows are dealt in turn. A stay is in the test set if `sha256(patient) % 5`
#   is 0, and each worker works that out for its own rows.
# - **H** As G, but each worker, a fresh Python process, takes `hash(patient) % 5`.
# - **I** Shards and test set as in B. All values are divided by their mean over the
#   eight shards, which is combined from the workers' means.
#
# (`sha256(…)` is short for the number that SHA-256 makes of a text.) Answer with
# letters, such as `{"A", "B"}`.

# %%
leaking = ...
ch72.q2.check(leaking)

# %% [markdown]
# A folder of shards is copied, moved, and half of it is written again. `Shards.read`
# looks at each file. **What will it say of a byte that has changed, of a file that is
# empty or gone, and of a shard that somebody copied?**

# %%
import shutil

def complaint(spoil):
    """What is said of a copy of the folder, after `spoil` has been at it."""
    shutil.rmtree(folder / "copy", ignore_errors=True)
    shutil.copytree(folder / "stays", folder / "copy")
    spoil(sorted((folder / "copy").glob("*.npz")))
    try:
        return f"{len(Shards.read(folder / 'copy'))} shards, nothing to complain of"
    except ValueError as error:
        return str(error).replace(str(folder / "copy"), "…")

def change_a_byte(files):
    content = bytearray(files[1].read_bytes())
    content[len(content) // 2] ^= 1
    files[1].write_bytes(content)

print(complaint(change_a_byte))
print(complaint(lambda files: files[0].write_bytes(b"")))
print(complaint(lambda files: files[0].unlink()))
print(complaint(lambda files: shutil.copy(files[2], files[2].with_name("again.npz"))))

# %% [markdown]
# Nothing is counted twice, and nothing is left out without a word. `load("icu",
# file=FOLDER)` reads such a folder, with the same checks. (Not this one: with copies, a
# stay could meet its twin in the test set.)
#
# ## A pool of two
#
# Python itself can start processes: a *pool*. What one process says is the *reference*;
# the pool must say the same. All that a pool does is in these three lines, which
# `work.pool` surrounds with checks:
#
# ```python
# context = multiprocessing.get_context("spawn")
# with concurrent.futures.ProcessPoolExecutor(2, context) as processes:
#     total = work.combine(processes.map(work.prepare, paths))
# ```

# %% tags=["nbval-ignore-output"]
runs = {"one process": work.one_process(shards, work.prepare),
        "a pool of two": work.pool(shards, work.prepare, workers=2)}

def table_of_runs():
    return pd.DataFrame({name: {
        "to start, s": round(run.start_seconds, 2), "seconds": round(run.seconds, 2),
        "stays": run.total.cases, "digest": run.total.digest[:12]}
        for name, run in runs.items()}).T

table_of_runs()

# %% [markdown]
# Was it twice as fast? Look at the seconds alone: nearly, if a second core was idle.
# With the start it is slower than one process, since starting two takes longer than all
# of this work. On a busy machine there is no second core. So equality can be shown on
# any machine, speed only on one that is idle.
#
# A worker started by *spawn* is a new Python. It imports what it needs, and gets each
# task as bytes: Python's *pickle* of the function and of what is handed to it. **What
# is sent when the function has a model inside?**

# %% tags=["nbval-ignore-output"]
import functools
import pickle

model_of = functools.partial(np.dot, np.zeros(300_000, "float32"))  # 300,000 weights
path_of = functools.partial(print, "model.onnx")
pd.Series({"a task with the model in it": len(pickle.dumps(model_of)),
           "a task with the model's path": len(pickle.dumps(path_of))}
          ).to_frame("bytes sent with each task")

# %%
try:
    pickle.dumps(lambda path: work.prepare(path))
except (pickle.PicklingError, AttributeError):
    print("this function has no name by which another process would find it")

# %% [markdown]
# 1.2 MB with each of a thousand tasks are 1.2 GB, for a file that could have been read
# once. So a task gets the path, and the worker keeps what it has loaded. A pool cannot
# send a function without a name, nor one that was written in a notebook: pickle sends a
# function as its name, and a new Python cannot look into a notebook. That is why the
# work of this chapter lives in the package.
#
# ## Dask: the same function
#
# A pool knows one machine. *Dask* has a *scheduler*, which knows which worker has what
# and what waits for what, and its workers may be anywhere: here two processes that
# listen on 127.0.0.1, the address by which a machine speaks to itself. First, what is a
# task for Dask? `@dask.delayed` turns a call into one.

# %%
import dask

@dask.delayed
def summarised(path):
    return work.prepare(path)

@dask.delayed
def together(summaries):
    return work.combine(summaries)

plan = together([summarised(path) for path in paths[:4]])
print(type(plan).__name__, "with", len(plan.dask), "tasks")

# %% [markdown]
# That is *lazy*: calling builds a graph, and nothing runs before `compute`. A scheduler
# that sees the whole graph can run what is independent at once, and throw away what
# nobody needs any more. The opposite is *eager*: each call runs at once. Now it is run,
# one task after the other and in this process (`synchronous`):

# %%
print(plan.compute(scheduler="synchronous").cases, "stays")

# %% [markdown]
# `work.dask_workers` does the same eagerly, by two processes: it starts a
# `distributed.LocalCluster`, and hands the work out by `client.map(work.prepare,
# paths)`. With `scheduler="tcp://127.0.0.1:8786"` it uses workers that are there
# already, as on a hospital's server. What they exchange is Dask's own protocol, which
# holds pickles; so only workers of one's own may be at its other end.

# %% tags=["nbval-ignore-output"]
runs["two Dask workers"] = work.dask_workers(shards, work.prepare, workers=2)
table_of_runs()

# %% [markdown]
# Look at the column "to start". A cluster takes seconds before it does anything, and
# each task takes about a millisecond on its way [2]. Here 1,000 numbers are handed out,
# one by one and in batches of 100. (Left alone, Dask's scheduler shows a page to other
# machines, too; so we say where it listens.) **What does it mean for a million stays,
# if each is a task of its own?**

# %% tags=["nbval-ignore-output"]
from distributed import Client

numbers = np.arange(1000)
with Client(processes=False, n_workers=1, protocol="tcp://", host="127.0.0.1",
            dashboard_address="127.0.0.1:0") as client:
    client.submit(sum, [1]).result()
    one_by_one = seconds(lambda: client.gather(
        client.map(int, numbers.tolist(), pure=False)))
    batched = seconds(lambda: client.gather(
        client.map(sum, numbers.reshape(10, 100).tolist(), pure=False)))
# what 1,000 numbers take in seconds, one takes in milliseconds
print(f"one by one {one_by_one:.2f} ms a number, in batches {batched:.3f} ms")

# %% [markdown]
# The work itself takes next to no time; nearly all of this is handing out, and a
# million stays would take a quarter of an hour or more of it. A task should take much
# longer than to hand it out: a tenth of a second at least, says Dask [3].
#
# ### Exercise 3: which job should be batched?
#
# A scheduler hands out tasks one by one. Say that this takes 1 ms a task, whatever is
# in it, and that a worker has 4 GB of memory. Which of these four jobs should be cut
# into fewer, larger tasks?
#
# - **A** 96,000 stays are summarised; each is a task of .3 ms.
# - **B** 32 shards of 3,000 stays are summarised; each is a task of .9 s.
# - **C** 50,000 films are scored; each is a task of .25 ms.
# - **D** 200 CT scans of 500 MB are prepared; each is a task of 8 s.
#
# Answer with letters.

# %%
to_batch = ...
ch72.q3.check(to_batch)

# %% [markdown]
# ## Stop here
#
# Halfway. In three lines:
#
# - Make one process good first; then what cannot be shared sets the limit.
# - Shards are by patient, and each has a digest.
# - A task gets a path and not a model, and takes much longer than it takes to hand out.
#
# %% [markdown]
# ## Second sitting: training, and what goes wrong
#
# Preparing needs no talk: each shard is done by itself. Training does. All workers have
# to hold the same weights, and after each step they must agree on the next.
#
# ## Training by two: what is averaged?
#
# Each worker takes half of the batch, and computes how the loss changes with each
# weight: its *gradient*. Then they hand each other their gradients, take the mean, and
# make the same step. This exchange is called *all-reduce*.

# %% mystnb={"image": {"alt": "Two rows, one for each worker: 32 cases, the same weights, a gradient, .4 in one and .2 in the other. Both gradients go into one box, mean .3, and from there arrows lead to the same new weights in both rows. Between the rows: together a batch of 64, only gradients cross."}}
drawings.gradient_of_two_workers()

# %% [markdown]
# We try it with a logistic regression on the pixels of 64 chest films. **Is the mean of
# two gradients the gradient of the whole batch, if each worker has 32 films? And if one
# has 16 and the other 48?**

# %% tags=["flagship", "nbval-ignore-output"]
films = load("pneumonia")
x = films.train.x[:64].reshape(64, -1) / 255
y = films.train.y[:64]
weights = np.random.default_rng(0).normal(0, 0.01, x.shape[1])

def gradient(x, y):
    """Of the mean cross-entropy of a batch, with respect to each weight."""
    p = 1 / (1 + np.exp(-x @ weights))
    return x.T @ (p - y) / len(y)

def mean_of_two(cut):
    return (gradient(x[:cut], y[:cut]) + gradient(x[cut:], y[cut:])) / 2

whole = gradient(x, y)
away = {cut: np.abs(mean_of_two(cut) - whole).max() for cut in (32, 16)}
{cut: float(f"{difference:.1g}") for cut, difference in away.items()}

# %%
claim("the mean of two gradients is the whole batch's if both have as many cases, "
      "otherwise not", away[32] < 1e-12 and away[16] > 1e-4)

# %% [markdown]
# It is, apart from rounding, if both have the same number of cases: the loss is a mean
# over cases, and so is its gradient. If not, each has to count by its number of cases.
# So the *global batch*, that of all workers together, should be divisible by their
# number.
#
# *Batch normalisation* (notebook 2) divides by the spread of a batch. Of which batch?
# JAX computes as if all devices were one, so here it is the global batch. With other
# engines each worker may take its own part, unless the layer is told
# `synchronized=True` [4].
#
# A larger batch has a steadier gradient and leaves fewer steps. So for plain gradient
# descent the learning rate is often raised by as much as the batch has grown: the
# *linear rule* [5]. For Adam and its relatives it does not have to hold.
#
# ### Exercise 4: two workers, one batch
#
# One process trains on 32,000 stays with a batch of 64 and a learning rate of .001: 500
# steps an epoch. Now two processes train together. Each has every other stay and takes
# 64 of them in a step. What is
#
# 1. the *global batch*, from which one step is made;
# 2. the number of steps in an epoch;
# 3. the learning rate by the *linear rule*, which multiplies it by as much as the batch
#    has grown;
# 4. and how many cases must each of the two take in a step, if the training is to be
#    the same as with one process?

# %%
four_numbers = ...  # such as (10, 20, 0.003, 40)
ch72.q4.check(four_numbers)

# %% [markdown]
# ## Two processes, one training
#
# Keras has this built in, on JAX [6]: `keras.distribution.DataParallel` gives each
# *device* its part of the batch, and averages. A device can be a GPU, a process on
# another machine, or, for trying things out, one that JAX only pretends to have. Each
# of two processes does no more than this, and then trains as in every notebook:
#
# ```python
# keras.distribution.initialize(address, num_processes=2, process_id=number)
# keras.distribution.set_distribution(
#     keras.distribution.DataParallel(auto_shard_dataset=False))
# ```
#
# The package does it on this machine alone: the course's network, the same batches, and
# half of each batch for each device.

# %%
job = train.Job(films.train.x[:256], films.train.y[:256], epochs=2, batch_size=64,
                width=4)
ways = {"one process": train.one_process, "two processes": train.two_processes}

# %% [markdown]
# Here both ways train at the same time, so the seconds mean nothing. Beside the losses
# we print a digest of the weights at the end. **To how many digits will the losses
# agree? And the weights?**

# %% tags=["nbval-ignore-output"]
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor() as threads:
    results = dict(zip(ways, threads.map(lambda way: way(job), ways.values())))
pd.DataFrame({name: {"losses": np.round(one.losses, 6), "digest of the weights":
              one.shares[0].digest[:12]} for name, one in results.items()}).T

# %%
losses = np.array([one.losses for one in results.values()])
claim("two processes have the losses of one process, to 1e-4",
      (np.ptp(losses, axis=0) < 1e-4).all())

# %% [markdown]
# The printed digits agree; the digests of the weights need not. Sums of 32-bit numbers
# are added in another order, and each step builds on the one before. After these 8
# steps the losses agree to six digits. When we measured on real films with the full
# network, they were .0004 apart after 32 steps and .004 after 146. Rounding, or a fault?
# To change the last bit in half of the pixels moved one process's losses as much: it is
# rounding. So a training is compared over few steps, within a tolerance that is written
# down beforehand; a preparation is compared by its digest.
#
# **And if both workers read the same shard?** The worst mistake of all, and easily
# made. The package compares what each has read, and here is what it says:

# %% tags=["nbval-ignore-output"]
try:
    train.two_processes(job, reading=(0, 0))
except ValueError as error:
    print(error)

# %% [markdown]
# Keras itself raises no error: the gradients are equal, so is their mean, the loss
# falls, and half of the films are never seen.
#
# Two processes of one machine share its cores, so no speed can be seen here. Where each
# has a GPU of its own, a step can take half as long; the time for the gradients comes
# on top.
#
# ### Exercise 5: equal losses, different weights
#
# A training with two processes is compared with one by a single process. Each time the
# two were meant to differ in nothing but the number of processes: the same weights at
# the start, the same cases, the same global batch. Where nothing else is said, an epoch
# has as many steps, and the two workers' weights are equal all along.
#
# 1. On training cases and on new ones, the losses of all epochs agree to two digits.
#    The weights at the end do not agree. Before the first step they did, and yet the
#    loss of the first batch was .69 with one process and .74 with two.
# 2. The losses agree in every digit that is printed, and the weights to .000001.
# 3. The two workers' weights differ in the first digit after an epoch. Before the first
#    step they were equal. Each of the two prints another loss.
# 4. However long they train, the loss on new cases stays as high as with one process
#    that has half of the cases.
# 5. An epoch has half as many steps. After one epoch the loss is higher than with one
#    process.
#
# Each has one cause, and two of these are left over:
#
# - **A** The sums of 32-bit numbers were added in another order.
# - **B** Both workers read the same half of the cases.
# - **C** Each worker took a whole batch, so that the global batch has doubled.
# - **D** Each run shuffled the cases in its own order.
# - **E** The learning rate was halved.
# - **F** The gradients were not averaged: each worker trains alone.
# - **G** The weights were not the same at the start.
#
# Give five letters, in the order of the comparisons.

# %%
causes = ...  # such as "ABCDE"
ch72.q5.check(causes)

# %% [markdown]
# ## When it is TensorFlow
#
# TensorFlow has `tf.distribute.MultiWorkerMirroredStrategy`. Alone, its worker trains.
# As soon as there are two, Keras 3's `fit` ends with "Attempt to convert a value
# (PerReplica…) with an unsupported type" [7]; `benchmarks/tensorflow_workers.py` shows
# both. We do not run it here, since its workers listen on every network of the machine.
# JAX would, too, if it were left alone: the package tells it to take 127.0.0.1. Before
# you start anything that listens, find out on which address.
#
# ## Kill a worker
#
# In a long night memory can run out, or a plug is pulled. We kill one of the two
# workers after a third of the shards, by a signal that it cannot catch. **What is
# lost?**

# %% mystnb={"image": {"alt": "Three lines of time. Worker 1 does shards 0, 2 and 4 and hands each over. Worker 2 does shard 1 and is killed over shard 3. A dashed arrow, again, leads to a new worker, which does shard 3. A box on the right: 0 to 4, each once, same digest."}}
drawings.killed_worker()

# %% [markdown]
# The scheduler notices, and gives to another what the dead one had: the shard in work,
# and results that nobody had fetched yet. A guardian process, which Dask calls the
# *nanny*, starts a new worker.

# %% tags=["nbval-ignore-output"]
runs["two, one killed"] = work.dask_workers(shards, work.prepare, workers=2,
                                            kill_after=len(shards) // 3)
print(runs["two, one killed"].killed, "killed")
table_of_runs()

# %%
claim("one process, a pool, Dask, and Dask with a killed worker say the same",
      len({run.total for run in runs.values()}) == 1
      and runs["two, one killed"].killed == 1)

# %% [markdown]
# The same digest: no stay is lost, none is counted twice. It took longer, since a shard
# is done again and a new worker has to start. And if a result comes twice, as it can
# where a worker was only slow?

# %%
parts = [work.prepare(path) for path in paths[:2]]
claim("a result that comes twice counts once",
      work.combine(parts) == work.combine(parts + parts[:1]))

# %% [markdown]
# Each result is kept under the digest of its shard, so the second one, which must be
# equal, adds nothing. What can be done twice and leaves things as once is *idempotent*.
# Adding to a counter, appending to a file, or drawing from one stream of random numbers
# is not.
#
# And a pool? Python has two. `multiprocessing.Pool` starts a new process. **Does it do
# the dead one's task again?** We wait for two seconds. (`os._exit` ends a process at
# once, as a kill does.)

# %%
import multiprocessing
import os

with multiprocessing.get_context("spawn").Pool(1) as pool:
    before = pool.apply(os.getpid)  # now its process is there
    lost = pool.apply_async(os._exit, (1,))
    lost.wait(timeout=2)
    claim("a Pool replaces a process that died, and its task never comes back",
          pool.apply(os.getpid) != before and not lost.ready())

# %% [markdown]
# If you wait for that task, you wait for ever.
# `concurrent.futures.ProcessPoolExecutor`, which `work.pool` uses, raises an error
# instead, and you start again.
#
# ### Exercise 6: count once
#
# This function adds up what the workers return. Each of the `arrivals` is a dictionary:
# `digest` of the shard and its `name`, the `worker` and its `attempt` (1, 2, …), the
# number of `stays`, and the list of `patients`. After a worker was killed some patients
# counted twice, since a shard that is done again can arrive again, at once or much
# later. Which line is it? Mend the function.
#
# ```python
# 1  def tally(arrivals):
# 2      stays_of, patients = {}, []
# 3      for one in arrivals:
# 4          stays_of[one["digest"]] = one["stays"]
# 5          patients += one["patients"]
# 6      return sum(stays_of.values()), len(patients)
# ```
#
# No patient is in two different shards; the same shard may lie there under two names,
# and two different shards may have the same name.

# %%
def tally(arrivals):
    return ...

ch72.q6.check(tally)

# %% [markdown]
# ## A table that does not fit
#
# The encounters are a table, and Dask has tables, too: many pandas tables of some rows
# each, its *partitions*. A question about single rows is answered within each
# partition. **In how many partitions are the visits of a patient who comes often?**

# %%
import dask.dataframe as dd

table = dd.from_pandas(pd.DataFrame({"patient": patient}), npartitions=8, sort=False)
homes = table.map_partitions(lambda part: part.drop_duplicates())
homes = homes.compute(scheduler="synchronous")["patient"].value_counts()
often = pd.Series(patient).value_counts().loc[lambda count: count >= 3].index
print(f"{homes[often].mean():.1f} of 8 partitions hold visits of one who came often")

# %% [markdown]
# In several, and any of the others might hold one more. A count needs no row to move:
# each partition counts its own, and the counts are added up. What needs a patient's
# visits side by side does, such as the time between two visits. For that Dask has to
# *shuffle*, to send each row to where its patient's others are, and that is costly [8].
# Do it once: `set_index` sorts the rows by patient, and from then on each patient is at
# home in one partition.

# %%
indexed = table.assign(visits=1).set_index("patient")
homes_after = indexed.map_partitions(lambda part: part.index.unique().to_frame())
homes_after = homes_after.compute(scheduler="synchronous").index.value_counts()
counts = indexed.groupby("patient")["visits"].sum().compute(scheduler="synchronous")
once = np.unique(patient, return_counts=True)[1]
claim("after set_index each patient is in one partition, and the counts are right",
      homes_after.max() == 1 and (counts.sort_index() == once).all())

# %% [markdown]
# The partitions are shards by patient now, and the counts are those of one process.
#
# ## Every worker agrees
#
# In the first sitting `patient % 8` named the shard. A name, or a number that begins
# with the year, is hashed first. Python has a function for it, `hash`. **Do two workers
# agree on it?**

# %% tags=["nbval-ignore-output"]
import hashlib
import subprocess

def asked(code):
    """What a new Python process prints, to which Dask has said nothing."""
    told = {name: os.environ[name] for name in os.environ if name != "PYTHONHASHSEED"}
    return subprocess.run([sys.executable, "-c", code], env=told, capture_output=True,
                          text=True).stdout.strip()

python_s = [asked("print(hash('patient 17'))") for _ in range(4)]
sha = "import hashlib; print(hashlib.sha256(b'patient 17').hexdigest()[:6])"
sha_s = [asked(sha) for _ in range(4)]
here = hashlib.sha256(b"patient 17").hexdigest()[:6]
print("hash:", *python_s, "\nSHA-256:", *sha_s)

# %%
claim("four processes disagree on Python's hash of a text, and agree on its SHA-256",
      len(set(python_s)) > 1 and set(sha_s) == {here})

# %% [markdown]
# Python draws the hash of texts anew in each process, so that nobody can prepare texts
# that all fall together. Two workers started by spawn would put the same patient on two
# sides. (Dask gives all workers that it starts the same seed, `PYTHONHASHSEED`; there
# the fault stays hidden until something is compared with the notebook itself.)
#
# `hashlib.sha256(text.encode()).hexdigest()` is a number, written as a text to the base
# 16; `int(…, 16)` makes a whole number of it.
#
# ### Exercise 7: which shard does a patient belong to?
#
# `patient` is a text: the letter of one of three hospitals and a number that ends in 0,
# such as `"A103450"`. Return the number of the shard, from 0 to `shards` − 1. Every
# worker must give a patient the same shard, today and next year, whoever came before,
# and all shards are to get about equally many patients, also where there are 500 of
# them.

# %%
def shard_of(patient, shards):
    return ...

ch72.q7.check(shard_of)

# %% [markdown]
# ## What can be combined
#
# Counts and sums of shards can be added up, in any order. **And their means?** The mean
# of two means is right where both shards have as many values, and a median of medians
# not even then. So a worker returns what can be combined, and no more: a count beside
# each mean.
#
# ### Exercise 8: the mean over all shards
#
# Each worker returns, for the lactate values in its shard, how many there are and their
# mean; for a shard without any, that is `(0, nan)`. `parts` is a list of such pairs.
# Return a pair of the same kind for all shards together, so that pairs that were
# combined can be combined again.

# %%
def combine(parts):
    return ...

ch72.q8.check(combine)

# %% [markdown]
# ## Scoring films
#
# A million films wait for an answer. A worker needs no Keras for that: it opens a
# network that was exported to a file, with *onnxruntime*, a small program that only
# runs networks (notebook 71, not needed here). We export one with random weights: for
# counting and comparing it is as good as a trained one.

# %% tags=["nbval-ignore-output"]
from medlearn import training
from medlearn.models import cnn
from medlearn.serve.exported import Served, export, make_card

training.set_seed(0)
net = cnn.course_net((28, 28, 1), width=4)
card = make_card(net, films.train.x[:200], films.validation.x[:200], name="as drawn",
                 classes=films.classes, threshold=0.5, trained_on="nothing",
                 simulated=films.simulated)
model = export(net, folder / "model.onnx", card)
print(f"{model.stat().st_size / 1000:.0f} kB")

# %% [markdown]
# Shards come back as they are done, and an answer that slips by one place belongs to
# another child. So each film carries its number, and the answers are put in order by
# it. **Will two workers give each film the answer that one process gives?**

# %% tags=["nbval-ignore-output"]
film_shards = write_shards(folder / "films", films, size=300)
by_net = work.scoring(model)
scored = {"one process": work.one_process(film_shards, by_net),
          "two Dask workers": work.dask_workers(film_shards, by_net, workers=2)}
pd.DataFrame({name: {
    "to start, s": round(run.start_seconds, 2), "seconds": round(run.seconds, 2),
    "films": run.total.cases, "no answer": run.total.missing,
    "digest": run.total.digest[:12]} for name, run in scored.items()}).T

# %%
in_order = np.concatenate([part.x for part in films.splits.values()])
direct = Served.read(model).answer(in_order).p[:, -1]
same = [np.allclose(run.total.answers, direct, atol=1e-6) for run in scored.values()]
late = work.combine([by_net(path) for path in reversed(list(film_shards))])
claim("both give each film its own answer, also when shards come in another order",
      all(same) and late.digest == scored["one process"].total.digest
      and len({run.total.digest for run in scored.values()}) == 1)

# %% [markdown]
# They do, and for so few films they only cost time. "No answer" counts answers that are
# no number. A single NaN in a mean makes all of it NaN; left out silently it leaves a
# table of only those who could be scored. So it is counted.
#
# ## When not to
#
# Back to the question at the top. **How long would one process take for 100,000 stays,
# and for a million films?**

# %% tags=["nbval-ignore-output"]
alone = {"100,000 stays": (runs["one process"], 100_000),
         "a million films": (scored["one process"], 1_000_000)}
pd.Series({name: run.seconds / run.total.cases * many
           for name, (run, many) in alone.items()}).round().to_frame("seconds alone")

# %% [markdown]
# Here neither is worth sharing: one process is done before a cluster has been set up
# and checked. The real stays take a little longer, large films much longer, so put in
# your own numbers. Two workers that take half as long use as much energy as one, and
# the start comes on top.
#
# | the work | what to do |
# |---|---|
# | is done in minutes by one process | nothing |
# | is slow because of one function | mend that function |
# | fits into memory, but is repeated often | keep the result, in a cache |
# | many files, each for itself, one machine | a pool |
# | the same, for hours, or on several machines | Dask: what dies is done again |
# | a table larger than memory | Dask's tables, indexed by patient once |
# | training a network of 300,000 weights | one process; a GPU helps more than workers |
# | several trainings that differ in the seed | one process for each |
# | training that takes days on a GPU | several GPUs, with one global batch |
#
# The last but one is often forgotten: trainings that are independent need not talk.
# Most tables of results in this course come from several seeds, and `medlearn results
# NAME --workers 2` shares them between two processes; the figures stay the same.
#
# ## Where it fails
#
# **Where the disk is the bottleneck.** Ten workers that read from one disk share its
# speed.
#
# **Where versions differ.** A worker with another version of NumPy may round
# differently. Here is what is said of a shard that gave two answers:

# %%
right = work.prepare(paths[0])
try:
    work.combine([right, right._replace(digest="of another version")])
except ValueError as error:
    print(str(error).replace(right.shard[:12] + "…", "…"))

# %% [markdown]
# It is noticed only because the shard was done twice. So the versions of all workers
# are compared before they begin.
#
# **Where workers are set up differently.** Dask has its workers hand back freed memory
# early (`MALLOC_TRIM_THRESHOLD_`). When we measured it on the real stays, that made
# this work take half as long again, so the package turns it off. No error says so.
#
# **Where the work is not pure.** What draws random numbers, looks at the clock, or
# writes to a file gives another result when it is repeated.
#
# **Where a worker is slow but alive.** Nobody calls it dead, and all wait for it.
#
# ## What it must not be used for
#
# - **Workers must not listen on a network.** Anyone who reaches the port of a Dask
#   worker can run any program on it, and read every patient. Here all listen on
#   127.0.0.1 alone, which other users of a shared computer reach, too; a cluster of
#   several machines needs encryption and a network of its own.
# - **Data must not leave for a faster machine** without the right to be there. A rented
#   machine counts as elsewhere.
# - **Speed must not be reported without equality.** A table that came sooner and lost a
#   shard is a wrong table.
#
# ## What we learnt
#
# - Time several shards, keep the first apart, and make one process good first.
# - What cannot be shared sets the limit, however many workers there are.
# - Shards are by patient, with a digest each; where a hash deals patients out, it is
#   one that all workers agree on.
# - Tasks get a path, take a tenth of a second or more, and can be repeated.
# - One process's result is the reference: bit for bit, and in training within a
#   tolerance.
# - The global batch decides what is learnt, not the number of workers.
# - Often one process is enough.
#
# ## New words
#
# | word | meaning |
# |---|---|
# | process, core | a program with memory of its own; what runs one at a time |
# | worker, scheduler | a process that does tasks; the program that hands them out |
# | shard | a file with a part of the cases, all of a patient in one |
# | digest | a number that changes with every change of a file or result |
# | Amdahl's law | what cannot be shared sets the limit |
# | pool | a fixed number of processes on one machine that take tasks in turn |
# | hash | a number that looks random, the same for the same text |
# | spawn, pickle | starting a new Python; turning an object into bytes |
# | lazy, eager | plan first and run later; run at once |
# | shuffle | sending each row to where its patient's others are |
# | idempotent | twice is the same as once |
# | data parallel | each worker has all weights and a part of the batch |
# | all-reduce | adding up what all workers hold, so that each has the sum |
# | device | what computes: a GPU, a processor, or a part of one |
# | global batch | the cases of one step, of all workers together |
# | loopback, 127.0.0.1 | the address by which a machine speaks to itself |
#
# **Onward**: a model that answers on a ward is in [*From the notebook to the
# ward*](71_ward.ipynb).
#
# <details><summary><b>Sources</b></summary>
#
# 1. Amdahl, AFIPS Conference Proceedings 30:483 (1967)
# 2. "Each task suffers about 1 ms of overhead": distributed.dask.org
# 3. "100ms": distributed.dask.org, Efficiency
# 4. keras.io, BatchNormalization, `synchronized`
# 5. Goyal et al., arXiv:1706.02677
# 6. keras.io, guides, distribution
# 7. keras-team/keras, issue 20585
# 8. docs.dask.org, DataFrame, Groupby
# 9. Stays: Silva et al., Comput Cardiol 39:245 (2012). Encounters: Strack et al.,
#    BioMed Research International 2014:781670 (2014). Films: Kermany et al., Cell
#    172:1122 (2018), by MedMNIST: Yang et al., Scientific Data 10:41 (2023)
#
# </details>

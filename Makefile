# Short names for plain commands; `make` alone lists them.
#
#   make lab ARGS="--no-browser --port 8899"   ARGS goes on to the command
#   make lab PYTHON=/path/to/python3.12        the Python to build .venv with

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab electives serve test chapter notebooks lint links class site slides pdf test-colab test-jax test-torch test-browser

PYTHON :=
PYTHON_COLAB := python3.13
ARGS :=

# Everything pip needs is in the locks, so that nothing is fetched once they are installed: medlearn itself is
# installed with the setuptools that requirements.txt brought.
PIP := -m pip install --disable-pip-version-check
SELF := --no-deps --no-build-isolation --editable .

# Ends well only in a Python of the right version (a pyenv shim can be there and not run).
RIGHT := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

SUITE := -n auto --dist loadscope --seconds --doctest-modules --nbval --nbval-current-env medlearn tools tests notebooks

# The rooms that touch Keras, each a file or a folder: what another backend can fail. The doctor starts it, too.
ROOMS := backend models training explain compress serve many results doctor exercises
OF_KERAS := $(wildcard $(foreach room,$(ROOMS),medlearn/$(room) medlearn/$(room).py tests/$(room) tests/test_$(room).py))

help:
	@echo 'make lab         open the course in JupyterLab (the first time: install it into .venv)'
	@echo 'make electives   install what some later chapters need beside it'
	@echo 'make serve       a model that answers on a page of this machine (ARGS="--model FILE": your own)'
	@echo 'make test        run every test and every notebook'
	@echo 'make chapter NN=02  build one chapter if its source changed, and run its tests and its notebook'
	@echo 'make notebooks   rebuild the notebooks whose source changed (ARGS=--all: all; ARGS=03: one), and the tables in README'
	@echo 'make lint        check the style of the code'
	@echo 'make links REPO=owner/name  write the badges of Colab and Binder (REPO= takes them out)'
	@echo 'make class TO=FOLDER  make the folder of a class that has no internet'
	@echo 'make site        build the book into site/_build/html (the first time: install into .venv-site)'
	@echo 'make slides      build the slides into site/_build/slides'
	@echo 'make pdf         print the chapters of the book into site/_build/pdf (needs Chromium)'
	@echo 'make test-colab  make test, with the versions that Colab has (needs Python 3.13)'
	@echo 'make test-jax    the tests of what touches Keras, on JAX'
	@echo 'make test-torch  the same on PyTorch'
	@echo 'make test-browser  try the book, the slides and JupyterLab in Chromium'

# What a learner answers is kept in work/, too, unless MEDLEARN_ANSWERS names another place.
lab: .venv/installed
	.venv/bin/python -m tools.work
	MEDLEARN_ANSWERS="$${MEDLEARN_ANSWERS-$$PWD/work/answers.jsonl}" .venv/bin/python -m jupyter lab \
	    --ServerApp.ip=127.0.0.1 --ServerApp.allow_root=True \
	    --LabApp.default_url=/lab/tree/work/01_background.ipynb $(ARGS)

# What may need an elective chapter's packages; `make lab` does not wait for them.
electives: .venv/electives

serve: .venv/electives
	.venv/bin/medlearn serve $(or $(ARGS),--example)

test chapter notebooks test-jax test-torch: .venv/electives

test: .venv/installed
	.venv/bin/python -m pytest $(SUITE) $(ARGS)

chapter: .venv/installed
	.venv/bin/python -m tools.chapter $${NN:+"$$NN"}

notebooks: .venv/installed
	.venv/bin/python -m tools.notebooks $(ARGS)
	.venv/bin/python -m tools.readme

lint: .venv/installed
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .

# Without REPO: what pyproject.toml names, for notebooks that came later.
links: .venv/installed
	.venv/bin/python -m tools.links $(if $(filter command,$(origin REPO)),--repository="$$REPO")

# Any folder's name: the shell takes it from the environment as it is, and neither make nor the shell reads it.
override TO := $(value TO)
export TO
class: .venv/installed site
	.venv/bin/python -m tools.class_folder $(ARGS) -- "$${TO:-build/class}"

site: .venv-site/installed
	PYTHONPATH=. .venv-site/bin/python site/build.py

slides: .venv-site/installed
	PYTHONPATH=. .venv-site/bin/python site/slides.py

pdf: site
	PYTHONPATH=. .venv-site/bin/python site/pdf.py

# Not with the other tests: in .venv-site, of the book as built, and of the notebooks in a lab that .venv runs.
test-browser: .venv/electives .venv-site/ort site slides
	PYTHONPATH=. .venv-site/bin/python -m pytest -c tests/browser/pytest.ini tests/browser site/build.py site/sections.py site/terms.py site/slides.py site/surroundings.py $(ARGS)

test-colab: .venv-colab/installed
	.venv-colab/bin/python -m pytest $(SUITE) $(ARGS)

# JAX comes with the electives. Most of its time goes into compiling small models that run for a few steps: a third less so.
test-jax: export XLA_FLAGS := --xla_backend_optimization_level=0

test-torch: .venv-torch/installed
test-torch: export PYTHONPATH := $(CURDIR)/.venv-torch

test-jax test-torch: test-%: .venv/installed
	KERAS_BACKEND=$* .venv/bin/python -m pytest -n auto --dist loadscope --seconds --doctest-modules $(OF_KERAS) $(ARGS)

# The stamp is written last: without it an interrupted install is begun again.
define NEW_VENV
@rm -f $@
@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11) none; do \
    $$python -c '$(RIGHT)' 2>/dev/null && break; \
done; \
if [ $$python = none ]; then \
    echo 'No Python 3.11, 3.12 or 3.13 runs here: install one, or name it: make lab PYTHON=/path/to/python' >&2; exit 1; \
fi; \
if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
    echo "$$python has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; \
fi; \
echo "$$python -m venv --clear $(@D)" && $$python -m venv --clear $(@D)
endef

.venv/installed: requirements.txt
	$(NEW_VENV)
	.venv/bin/python $(PIP) --requirement requirements.txt
	.venv/bin/python $(PIP) $(SELF)
	.venv/bin/python -m jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements
	@touch $@

.venv/electives: .venv/installed requirements-electives.txt
	.venv/bin/python $(PIP) --quiet --requirement requirements-electives.txt
	@touch $@

.venv-site/installed: requirements-site.txt
	$(NEW_VENV)
	.venv-site/bin/python $(PIP) --requirement requirements-site.txt
	@touch $@

# What the page of `medlearn serve` runs in a browser, from npm; the server checks its digests. Without npm the tests
# that need it are left out, and say so.
.venv-site/ort: .venv-site/installed
	@rm -rf $@ $@.part && mkdir $@.part
	@if command -v npm >/dev/null && cd $@.part && npm pack --silent onnxruntime-web@1.30.0 && \
	    tar xzf *.tgz --strip-components=2 package/dist/ort.wasm.bundle.min.mjs package/dist/ort-wasm-simd-threaded.wasm; \
	then rm *.tgz && mv ../ort.part ../ort; else echo 'no onnxruntime-web here: the page is not tried in the browser alone'; fi

.venv-colab/installed: requirements-colab.txt
	@rm -f $@
	$(PYTHON_COLAB) -m venv --clear .venv-colab
	.venv-colab/bin/python $(PIP) --requirement requirements-colab.txt
	.venv-colab/bin/python $(PIP) $(SELF)
	@touch $@

# Not an environment of its own: PyTorch laid over .venv.
.venv-torch/installed: .venv/installed requirements-torch.txt
	@rm -rf .venv-torch
	.venv/bin/python $(PIP) --no-deps --target .venv-torch --requirement requirements-torch.txt
	@PYTHONPATH=.venv-torch .venv/bin/python -c 'import torch'
	@touch $@

# Give another environment with: make test PYTHON=python3
PYTHON ?= .venv/bin/python
QUICK = -m "not slow and not browser and not ray"

.PHONY: docs notebooks check test test-fast lowest wheel golden figures measure measure-val mutants ci

check:  ## style, types, imports, figures of the pages: seconds
	$(PYTHON) -m ruff check src tests benchmarks scripts
	$(PYTHON) -m ruff format --check src tests benchmarks scripts
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command as check; check()"
	$(PYTHON) scripts/figures.py --check

test-fast:  ## what to run after every change: below a minute
	$(PYTHON) -m pytest -q $(QUICK)

test:  ## all of the tests
	$(PYTHON) -m pytest -q

lowest:  ## the quick tests on the lowest versions that are allowed
	.ci/lowest

wheel:  ## build it twice, install it on each Python that is here, lowest and newest, and try it
	.ci/wheel

golden:  ## pin the models' answers anew, after they were changed on purpose; read the difference
	$(PYTHON) -m tests.golden
	git diff --stat tests/golden

figures:  ## figures of README and docs from docs/figures/*.json
	$(PYTHON) scripts/figures.py

docs:  ## the documentation as a site, in build/site
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

notebooks:  ## run the notebooks of examples/ and keep what they show
	$(PYTHON) scripts/notebooks.py

measure-val:  ## the figures on val, with weights that have not seen it (docs/lab/retrain.md): make measure-val CUHK=... SZU=... SHARP=... HIFST=...
	$(PYTHON) benchmarks/accuracy.py --data $(CUHK) $(SZU) --hifst $(HIFST) --picture docs/pictures/accuracy.png
	$(PYTHON) benchmarks/worst.py --data $(CUHK) --picture docs/pictures/worst.png
	$(PYTHON) benchmarks/robustness.py --data $(CUHK) --sharp $(SHARP)
	$(PYTHON) scripts/figures.py

measure:  ## every other benchmark, on an idle machine; three quarters of an hour: make measure CUHK=... SHARP=... REAL=... PEERS=venv/bin BEFORE=commit
	$(PYTHON) -c "from blurmap.cli import main; main()" evaluate --data $(CUHK) --model paper --steps --out docs/figures/paper-steps.json --overwrite
	$(PYTHON) benchmarks/shake.py --sharp $(SHARP)
	$(PYTHON) benchmarks/sharp_size.py --sharp $(SHARP)
	$(PYTHON) benchmarks/bursts.py --sharp $(SHARP)
	$(PYTHON) benchmarks/speed.py
	$(PYTHON) benchmarks/providers.py
	$(PYTHON) benchmarks/packages.py
	$(PYTHON) benchmarks/scan.py
	$(PYTHON) benchmarks/serve.py
	$(PYTHON) benchmarks/load.py
	$(PYTHON) benchmarks/presets.py --sharp $(SHARP) --real $(REAL)
	$(PYTHON) benchmarks/frames.py --sharp $(SHARP) --data $(CUHK) --peers $(PEERS)
	$(PYTHON) benchmarks/against.py --commit $(BEFORE)
	$(PYTHON) benchmarks/report.py
	$(PYTHON) benchmarks/pictures.py --out docs/pictures
	$(PYTHON) benchmarks/fine_tune.py --picture docs/pictures/fine-tune.jpg
	$(PYTHON) benchmarks/screenshots.py --out docs/pictures
	$(PYTHON) scripts/figures.py

mutants:  ## break the code in known ways; the quick tests must see each
	$(PYTHON) scripts/mutants.py

ci:  ## what runs before a change is taken: everything above in fresh environments
	.ci/run

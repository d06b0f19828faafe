# The commands of this project. `make` or `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
# Dozens of processes load the same files: they are compiled once, whatever the shell is set to.
export PYTHONDONTWRITEBYTECODE :=

# What stands after ## is what `make help` prints.
.PHONY: help
help:  ## show this list / この一覧
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 20

.PHONY: run
run: setup-run  ## start everything, simulated, on this machine / すべてを模擬機器で動かす
	@exec $(BIN)/kakanai run

.PHONY: reset
reset:  ## delete the demo's data / デモのデータを消す
	@$(PYTHON) scripts/reset.py

.PHONY: test
test: setup-test  ## every check and every test / すべての検査と試験
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy --num-workers 2
	$(BIN)/pytest -n 4 -m "not long"

.PHONY: prove-all
prove-all: setup-test  ## every test, the long ones too / 長い試験も含むすべて
	$(BIN)/pytest -n 4

.PHONY: bench
bench: setup-test  ## measure, into build/bench.json / 速さを測る
	$(BIN)/python -m tests.bench

.PHONY: prove-kill
prove-kill: setup-test  ## kill the server again and again during visits (KILLS=100) / 何度も止めて確かめる
	$(BIN)/python -m tests.stories.prove_kill --kills $(or $(KILLS),100)

.PHONY: prove-tries
prove-tries: setup-test  ## walk over the card in every way, and count its tries (WALKS=10000) / 照合の残り回数を確かめる
	$(BIN)/python -m tests.card_reader.walks --walks $(or $(WALKS),10000)

.PHONY: fuzz-card
fuzz-card: setup-test  ## read cards that answer wrongly in every way (EXCHANGES=100000) / 誤った応答のカードを読み続ける
	$(BIN)/python -m tests.card_reader.fuzz --exchanges $(or $(EXCHANGES),100000)
	$(BIN)/python -m tests.station.pin_search --readings $(or $(READINGS),400)

.PHONY: prove-rules
prove-rules: setup-test  ## prove the catalogue, and that its cases notice every mistake / 手続の規則を確かめる
	$(BIN)/kakanai procedures check
	$(BIN)/python -m tests.procedures.mutants

.PHONY: pictures
pictures: setup-test  ## picture every screen and paper / 画面と用紙の写真を撮り直す
	$(BIN)/python -m tests.stories.pictures docs/pictures

.PHONY: format
format: setup-test  ## put the code into its house style / 書式を整える
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: docs
docs: setup-test  ## write the generated parts of docs/ / 文書の一覧を書き直す
	$(BIN)/python scripts/write_docs.py

.PHONY: lock
lock:  ## write requirements/*.lock anew from pyproject.toml (needs uv) / 部品の版を固定し直す
	$(PYTHON) scripts/lock.py

.PHONY: setup-run
setup-run:
	@$(PYTHON) scripts/setup.py run

.PHONY: setup-test
setup-test:
	@$(PYTHON) scripts/setup.py test

# Every target is one command that also works without make; start.py does the work.

.PHONY: run demo test check bench soak lock setup

run:
	python3 start.py

demo:
	python3 start.py demo

test:
	python3 start.py test

check:
	python3 start.py check

setup:
	python3 start.py setup

bench:
	.venv-dev/bin/python -m pytest tests/benchmarks/bench_*.py -q -s -p no:randomly

# make soak SOAK="--minutes 30 --seed 1 --database postgresql"
soak:
	.venv-dev/bin/python -m tests.soak $(SOAK)

lock:
	.venv-dev/bin/python -m tests.locks

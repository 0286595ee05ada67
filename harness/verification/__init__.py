"""The claims about a given model, as tests: what `ethos-u-check` and `pytest --npu-model` run."""

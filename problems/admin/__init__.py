from problems.admin import problem, submission  # noqa: F401  (registers the models)

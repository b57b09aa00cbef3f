"""Runs learners' code and compares what it answers. Pure: NumPy and the operating system only.

`sandbox.Sandbox` runs a source on calls and reports what each of them came to; `compare.compare`
says whether a value is the expected one. The verdict on a submission is made of the two elsewhere.
"""

"""Links that rot: which addresses may be visited, how, and what becomes of what was found.

`guard` says where a check may lead, `visitor` makes the requests, `checks` keeps what they found.
"""

"""OpenAPI: what each view of the API says of itself, and the document that is made of it.

`operation.py` is what a view states, `document.py` puts the document together. What is stated stands by group:
`accounts.py`, `tasks.py`, `jobs.py`, `start.py`.
"""

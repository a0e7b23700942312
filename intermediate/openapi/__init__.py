"""OpenAPI: the descriptions of the API's operations, and the document that is built from them.

`operation.py` defines `Operation`, and `document.py` builds the document. The operations are grouped in `accounts.py`,
`tasks.py`, `jobs.py` and `start.py`.
"""

"""The schemas of requests and responses, one module for each subject.

`base` has shared types, `reading` parses requests into models, and `documents` has the types of responses.
"""

"""What clients send and are answered, a file for each kind of thing.

`base` is what schemas are made of, `reading` makes them of requests, and `documents` are the answers.
"""

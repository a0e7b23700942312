"""The servers that serve the application: waitress, and gunicorn with its workers. `strict.py` is what both refuse."""

"""The parts of the script. Each gets the clients of two users and one that is not logged in."""

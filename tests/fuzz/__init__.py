"""The API under schemathesis: thousands of requests made from its own description."""

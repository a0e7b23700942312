"""Fuzz tests of the API with schemathesis: thousands of requests generated from the OpenAPI document."""

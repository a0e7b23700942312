"""Compare combinations of backends: the same script over HTTP must get the same responses from all of them."""

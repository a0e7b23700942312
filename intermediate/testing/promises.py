"""What an interface promises, by the names that the tests of its suite have."""

import inspect
import re

_PROMISE = re.compile(r"^ {4}(\w+): (.+?)(?=^ {4}\w|^\S|\Z)", re.MULTILINE | re.DOTALL)


def promises(interface: type) -> dict[str, str]:
    """Name to words, as they stand under "Promises:" in the interface's docstring."""
    text = inspect.cleandoc(interface.__doc__ or "").partition("Promises:")[2]
    return {name: " ".join(words.split()) for name, words in _PROMISE.findall(text + "\n")}


def promise_of(test: str) -> str:
    """A test is named for its promise, and may name a detail after two underscores."""
    return test.removeprefix("test_").partition("__")[0]

"""Read the promises of an interface from its docstring."""

import inspect
import re

_PROMISE = re.compile(r"^ {4}(\w+): (.+?)(?=^ {4}\w|^\S|\Z)", re.MULTILINE | re.DOTALL)


def promises(interface: type) -> dict[str, str]:
    """Return the promises under "Promises:" in the interface's docstring, as a dictionary of name and text."""
    text = inspect.cleandoc(interface.__doc__ or "").partition("Promises:")[2]
    return {name: " ".join(words.split()) for name, words in _PROMISE.findall(text + "\n")}


def promise_of(test: str) -> str:
    """Return the promise that a test is named after. A detail may follow two underscores."""
    return test.removeprefix("test_").partition("__")[0]

"""Reading and writing of commands' files. Errors are raised as Failure."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from intermediate.cli.failures import Failure


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    try:
        source = file.open("rb")
    except OSError as error:
        raise Failure(f"Cannot read {file}: {error.strerror}") from None
    with source:
        yield source


@contextmanager
def destination(output: Path | None) -> Iterator[Callable[[bytes], Any]]:
    """Yield a function that writes to stdout or to a file. The file appears only when it is complete and synced."""
    if output is None:
        with written("stdout"):
            yield sys.stdout.buffer.write
            sys.stdout.buffer.flush()
        return
    if output.exists() and not output.is_file():
        raise Failure(
            f"{output} is not a regular file and was left unchanged. For a pipe or a device, write to stdout."
        )
    # A link stays one: what it leads to is written.
    with written(output), whole(Path(os.path.realpath(output))) as write:
        yield write


@contextmanager
def written(where: object) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # click exits without a message
    except OSError as error:
        raise Failure(f"Cannot write {where}: {error.strerror}") from None


@contextmanager
def whole(output: Path) -> Iterator[Callable[[bytes], Any]]:
    number, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}-")
    try:
        with open(number, "wb") as file:  # noqa: PTH123  it is open already
            yield file.write
            file.flush()
            os.fsync(number)  # else a crash after the rename might leave an empty file
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink()
        raise

"""The Kafka jars: downloaded once for this user and checked against the digests in `kafka.sha256`."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from infra.errors import StackFailed

KAFKA_VERSION = "4.3.1"

#: The broker, and a logger that writes to standard error: the broker's own dependencies have none.
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36!"

DIGESTS = Path(__file__).with_name("kafka.sha256")


class Progress(Protocol):
    """How a long step is shown to whoever waits for it."""

    def say(self, text: str) -> None:
        """Show one line."""

    def advance(self, text: str, done_bytes: int, total_bytes: int) -> None:
        """Show how far a download is."""


def kafka_jars(cache_dir: Path, progress: Progress) -> list[Path]:
    """Give the jars of Kafka in the order of the class path; download them first if this user has none.

    Raises `StackFailed` when they can't be had or are not what they should be.
    """
    folder = cache_dir / f"kafka-{KAFKA_VERSION}"
    if not folder.is_dir():
        cache_dir.mkdir(parents=True, exist_ok=True)
        with alone(cache_dir / "download.lock"):
            if not folder.is_dir():
                _download(cache_dir, folder, progress)
    return sorted(folder.glob("*.jar"))


def expected_digests() -> dict[str, str]:
    """Give the SHA-256 of every jar by its name."""
    pairs = (line.split() for line in DIGESTS.read_text().splitlines())
    return {name: digest for digest, name in pairs}


def _download(cache_dir: Path, folder: Path, progress: Progress) -> None:
    progress.say(f"Downloading Kafka {KAFKA_VERSION} (45 MB, once for this user)")
    with scratch_folder(cache_dir, "download") as scratch:
        collected = scratch / "jars"
        collected.mkdir()
        for jar in _resolve(scratch, progress):
            shutil.copyfile(jar, collected / jar.name)
        _check(collected)
        collected.rename(folder)


def _resolve(scratch: Path, progress: Progress) -> Iterator[Path]:
    from jgo.env import EnvironmentBuilder
    from jgo.maven import MavenContext, PythonResolver

    resolver = PythonResolver(progress_callback=_counter(progress))
    context = MavenContext(repo_cache=scratch / "m2", resolver=resolver, timeout=60)
    try:
        built = EnvironmentBuilder(context=context, cache_dir=scratch / "jgo").from_endpoint(ENDPOINT)
    except (OSError, RuntimeError, ValueError) as error:
        raise StackFailed(
            f"Expected to download Kafka {KAFKA_VERSION} from the Maven repository, found: {error};"
            " check the network and its proxy, or set KAFKA_BOOTSTRAP_SERVERS to use a Kafka you have"
        ) from error
    for kind in ("jars", "modules"):
        yield from (built.path / kind).glob("*.jar")


def _counter(progress: Progress) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    guard = threading.Lock()
    done_bytes = 0

    def count(chunk_bytes: int) -> None:
        nonlocal done_bytes
        with guard:
            done_bytes += chunk_bytes
            progress.advance("Kafka", done_bytes, 45_500_000)

    @contextmanager
    def file(_name: str, _total_bytes: int) -> Iterator[Callable[[int], None]]:
        yield count

    return file


def _check(folder: Path) -> None:
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.iterdir()}
    expected = expected_digests()
    wrong = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    if wrong:
        raise StackFailed(
            f"Expected the {len(expected)} jars listed in {DIGESTS.name}, found others: {', '.join(wrong)};"
            " try again, and if it stays so, don't trust the repository they come from"
        )


@contextmanager
def scratch_folder(parent: Path, name: str) -> Iterator[Path]:
    """Give an empty folder that is gone at the end, or the next time if this process is killed. Use it `alone`."""
    folder = parent / f"{name}.unfinished"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time do what is inside."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

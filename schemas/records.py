"""Records on topics that the engine does not know, one dataclass for each schema in `schemas/records/`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A published workflow definition. The first record of a key counts; versions are immutable."""

    namespace: str
    name: str
    version: str
    #: The author's text as it was published.
    text: str
    #: The same as plain JSON text, whole: with the functions and schemas that it refers to outside of itself.
    document: str
    #: SHA-256 of `document`, in hexadecimal digits.
    digest: str
    published_at_ms: int
    actor: str
    #: From where it was published, `CHANNEL:ADDRESS`.
    origin: str = ""
    #: Texts from outside that are part of `document`: a JSON array of objects with uri, digest (SHA-256) and text.
    resources: str = "[]"

    @property
    def key(self) -> bytes:
        """The key of the record: `namespace/name/version`."""
        return f"{self.namespace}/{self.name}/{self.version}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that could not be worked on, with where it came from and why."""

    #: Stage that gave up; the key of the record.
    stage: str
    reason: str
    topic: str
    partition: int
    offset: int
    at_ms: int
    record_key: bytes | None = None
    record_value: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a worker shows of a task while it runs: a model's token, a log line. Not part of the truth."""

    run_id: str
    path: str
    attempt: int
    #: `token`, `log` or `percent`.
    kind: str
    text: str
    at_ms: int

"""Validation of run data against JSON Schema, for the engine.

`pattern` runs on RE2 and the number of steps is bounded (see `json_schema`), so neither a hostile schema nor hostile
data can hold up the process. Nothing is fetched. `format` is not asserted, as in JSON Schema's default vocabulary.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import lru_cache

from jsonschema.protocols import Validator

from engine.errors import EvaluateOutside
from language.data_schemas import schema_faults
from language.json_schema import MAX_STEPS, TooManySteps, strict
from language.places import pointer
from language.sentences import sentences, sentences_within
from language.words import Suggestions


class Patience(Enum):
    """How long a validation may take: characters of the data, and keywords that are evaluated."""

    #: In the engine's process, where a partition waits: some 20 ms.
    OF_A_PARTITION = (16_384, 1_000)
    #: In a process of its own: about two seconds.
    WITHOUT = (None, MAX_STEPS)


class JsonSchemaValidator:
    """Validates JSON text against JSON Schema text (draft 2020-12). Compiled schemas are kept, by their text.

    Raises `EvaluateOutside` for a validation that takes more patience than it has: for the same schema and data always.
    """

    def __init__(self, patience: Patience = Patience.OF_A_PARTITION) -> None:
        self._characters, self._steps = patience.value
        self._is_patient = patience is Patience.WITHOUT

    def violations(self, schema: str, data: str) -> list[str]:
        """Give one sentence for each violation, empty when `data` is valid."""
        if self._characters is not None and len(data) > self._characters:
            raise EvaluateOutside(f"data of more than {self._characters} characters is validated outside")
        value, suggestions = json.loads(data), Suggestions(tries=10)
        if not self._is_patient:
            try:
                found = sentences_within(_compiled(schema), value, suggestions, "value", self._steps)
            except TooManySteps:
                raise EvaluateOutside(f"a validation of more than {self._steps} steps is done outside") from None
        else:
            found = sentences(_compiled(schema), value, suggestions, "value")
        return [f"{pointer(each.path) or '/'}: {each.message}" for each in found]

    def faults(self, schema: str) -> list[str]:
        """Give one sentence for each place where the text is no JSON Schema, empty when it is one."""
        return [f"{pointer(path) or '/'}: {message}" for path, message in schema_faults(json.loads(schema))]


@lru_cache(maxsize=1024)
def _compiled(schema: str) -> Validator:
    return strict(json.loads(schema))

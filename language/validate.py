"""Validation of run data against JSON Schema, for the engine.

`pattern` runs on RE2 and the number of steps is bounded (see `json_schema`), so neither a hostile schema nor hostile
data can hold up the process. Nothing is fetched. `format` is not asserted, as in JSON Schema's default vocabulary.
"""

from __future__ import annotations

import json
from functools import lru_cache

from jsonschema.protocols import Validator

from language.data_schemas import schema_faults
from language.json_schema import strict
from language.places import pointer
from language.sentences import sentences
from language.words import Suggestions


class JsonSchemaValidator:
    """Validates JSON text against JSON Schema text (draft 2020-12). Compiled schemas are kept, by their text."""

    def violations(self, schema: str, data: str) -> list[str]:
        """Give one sentence for each violation, empty when `data` is valid."""
        found = sentences(_compiled(schema), json.loads(data), Suggestions(tries=10), "value")
        return [f"{pointer(each.path) or '/'}: {each.message}" for each in found]

    def faults(self, schema: str) -> list[str]:
        """Give one sentence for each place where the text is no JSON Schema, empty when it is one."""
        return [f"{pointer(path) or '/'}: {message}" for path, message in schema_faults(json.loads(schema))]


@lru_cache(maxsize=1024)
def _compiled(schema: str) -> Validator:
    return strict(json.loads(schema))

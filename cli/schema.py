"""``heddle schema``: the JSON Schema of a design's, a space's or a recipe's file, for editors and validators."""

from __future__ import annotations

from pydantic import BaseModel

from heddle.arch.design import Design
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.schema import KINDS, SchemaOptions
from heddle.cli.output import print_json
from heddle.cli.work import one_of
from heddle.dse.space import Space
from heddle.training.recipe_table import RecipeTable

#: The dialect that pydantic writes.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, type[BaseModel]] = {"design": Design, "space": Space, "recipe": RecipeTable}


def run(options: SchemaOptions) -> int:
    """Print the schema; raises HeddleError for an unknown kind."""
    kind = one_of(options.kind, KINDS, "schema", "kind of file")
    print_json({"$schema": _DIALECT, **_MODELS[kind].model_json_schema()})
    return SUCCESS

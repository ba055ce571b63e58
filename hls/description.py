"""What a component says of itself, as Amaranth's metadata: ports, and latencies and parameters as an annotation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from amaranth.lib import meta, wiring


@dataclass(frozen=True)
class Port:
    """A port of an emitted module; ``width`` in bits."""

    name: str
    direction: Literal["in", "out"]
    width: int


@dataclass(frozen=True)
class ModuleDescription:
    """A module as its user sees it: ports, latencies in clocks, and what it was made with besides the design."""

    name: str
    ports: tuple[Port, ...]
    latencies: Mapping[str, int]
    parameters: Mapping[str, Any]


class Facts(meta.Annotation):
    """Latencies and parameters of a component, an annotation of its signature."""

    schema = {  # noqa: RUF012  # Amaranth reads it from the class
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:heddle:component-facts:1",
        "type": "object",
        "properties": {
            "latencies": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
            "parameters": {"type": "object"},
        },
        "required": ["latencies", "parameters"],
        "additionalProperties": False,
    }

    def __init__(self, origin: wiring.Component, latencies: Mapping[str, int], parameters: Mapping[str, Any]) -> None:
        self._origin = origin
        self._latencies = dict(sorted(latencies.items()))
        self._parameters = dict(parameters)

    @property
    def origin(self) -> wiring.Component:
        """The component."""
        return self._origin

    def as_json(self) -> dict[str, Any]:
        """Return the facts as the schema has them."""
        return {"latencies": self._latencies, "parameters": self._parameters}


class Described(wiring.Signature):
    """A component's signature with its latencies in clocks, by name, and what it was made with besides the design."""

    def __init__(
        self,
        members: Mapping[str, wiring.Member],
        latencies: Mapping[str, int],
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(dict(members))
        self._latencies = latencies
        self._parameters = parameters or {}

    def annotations(self, obj: wiring.Component, /) -> tuple[meta.Annotation, ...]:
        """Return the facts of ``obj``."""
        return (*super().annotations(obj), Facts(obj, self._latencies, self._parameters))


_NO_FACTS: Mapping[str, Any] = {"latencies": {}, "parameters": {}}


def description_of(component: wiring.Component, name: str) -> ModuleDescription:
    """Return the description of ``component`` as the module ``name``; clock and synchronous reset come first."""
    interface = component.metadata.as_json()["interface"]
    facts = interface["annotations"].get(Facts.schema["$id"], _NO_FACTS)
    Facts.validate(facts)
    ports = (Port("clk", "in", 1), Port("rst", "in", 1), *_ports(list(interface["members"].values())))
    return ModuleDescription(name, ports, facts["latencies"], facts["parameters"])


def _ports(member: Any) -> Iterator[Port]:
    """Yield the ports of a member: a port, an interface, or an array of either."""
    if isinstance(member, list):
        for each in member:
            yield from _ports(each)
    elif member["type"] == "interface":
        yield from _ports(list(member["members"].values()))
    else:
        yield Port(member["name"], member["dir"], member["width"])

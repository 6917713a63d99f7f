"""JMESPath expressions of a connector file, checked when the file is loaded.

The check finds what JMESPath itself would only notice on the first delivery: unknown
functions, wrong argument counts, unknown tables and names that nothing binds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import Options, TreeInterpreter

from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.functions import ConnectorFunctions, pattern_fault
from tradewind.channels.contract import JSON

MAX_CHARS = 2000
# A step takes some microseconds: this is far above any real body and below a second.
MAX_STEPS = 200_000

Node = Mapping[str, JSON]
# Nodes whose first child sees the outer value and whose others see a narrower one.
_NARROWING = frozenset(
    {
        "subexpression",
        "pipe",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
    }
)


class _Stepped(TreeInterpreter):
    """Counts steps, so that time is limited the same way on every machine."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.left = MAX_STEPS

    def visit(self, node: JSON, *args: JSON, **kwargs: JSON) -> JSON:
        self.left -= 1
        if self.left < 0:
            raise ExpressionFailed(f"needs more than {MAX_STEPS} steps on this body")
        return super().visit(node, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression; ``find`` evaluates it and raises ExpressionFailed."""

    text: str
    node: Node = field(repr=False)
    functions: ConnectorFunctions = field(repr=False)

    def find(self, context: JSON) -> JSON:
        """The value in the context, None when it is not there."""
        return self._visit(self.node, context)

    def side(self, number: int, context: JSON) -> JSON:
        """The value of one side of a comparison."""
        return self._visit(self.node["children"][number], context)

    def _visit(self, node: Node, context: JSON) -> JSON:
        interpreter = _Stepped(Options(custom_functions=self.functions))
        try:
            return interpreter.visit(node, context)
        except (JMESPathError, TypeError, ValueError, AttributeError, RecursionError) as fault:
            raise ExpressionFailed(f"{self.text}: {_first_line(fault)}") from None

    @property
    def names(self) -> frozenset[str]:
        """The names the expression reads from its context."""
        return frozenset(_free_names(self.node))


def compile_expression(
    text: str, *, functions: ConnectorFunctions, names: Collection[str] | None
) -> Expression:
    """The compiled expression; ``names`` are those its context binds, None for any.

    Raises ExpressionFailed with one sentence saying what is wrong.
    """
    if len(text) > MAX_CHARS:
        raise ExpressionFailed(f"{len(text)} characters, at most {MAX_CHARS} are allowed")
    try:
        node: Node = jmespath.compile(text).parsed
    except (JMESPathError, RecursionError) as fault:
        raise ExpressionFailed(f"{text!r} does not compile: {_first_line(fault)}") from None
    for child in _walk(node):
        if child["type"] == "function_expression":
            _check_call(child, functions=functions)
    expression = Expression(text=text, node=node, functions=functions)
    unknown = () if names is None else sorted(expression.names - set(names))
    if unknown:
        raise ExpressionFailed(
            f"{text!r} reads {', '.join(unknown)}; known here: {', '.join(sorted(names or ()))}"
        )
    return expression


def _check_call(node: Node, *, functions: ConnectorFunctions) -> None:
    name, arguments = node["value"], node["children"]
    spec = functions.FUNCTION_TABLE.get(name)
    if spec is None:
        raise ExpressionFailed(f"unknown function {name}()")
    wanted = spec["signature"]
    variadic = bool(wanted) and bool(wanted[-1].get("variadic"))
    if len(arguments) < len(wanted) or (len(arguments) > len(wanted) and not variadic):
        raise ExpressionFailed(f"{name}() got {len(arguments)} arguments, wants {len(wanted)}")
    if name in {"lookup", "match"}:
        _check_second(name, arguments[1], functions=functions)


def _check_second(name: str, argument: Node, *, functions: ConnectorFunctions) -> None:
    literal = argument.get("value") if argument["type"] == "literal" else None
    if not isinstance(literal, str):
        raise ExpressionFailed(f"{name}() wants its second argument written out as a string")
    if name == "lookup" and literal not in functions.tables:
        known = ", ".join(sorted(functions.tables)) or "none"
        raise ExpressionFailed(f"lookup() names table {literal!r}; the file has: {known}")
    fault = pattern_fault(literal) if name == "match" else ""
    if fault:
        raise ExpressionFailed(f"match() got the pattern {literal!r}: {fault}")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _walk(child)


def _free_names(node: Node) -> Iterator[str]:
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield str(node["value"])
    elif kind in _NARROWING:
        yield from _free_names(children[0])
    elif kind != "expref":
        for child in children:
            if isinstance(child, dict):
                yield from _free_names(child)


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0][:200]

"""What can be known of the results of an expression without its data: their kind."""

from __future__ import annotations

from expressions import ast

_NUMBER_CALLS = frozenset(
    """
    acos/0 asin/0 atan/0 cbrt/0 ceil/0 cos/0 exp/0 exp10/0 exp2/0 fabs/0 floor/0 infinite/0 length/0 log/0 log10/0
    log2/0 mktime/0 nan/0 fromdate/0 fromdateiso8601/0 nearbyint/0 rint/0 round/0 significand/0 sin/0 sqrt/0 tan/0
    tonumber/0 trunc/0 utf8bytelength/0 pow/2 fmod/2 fmin/2 fmax/2 atan2/2 numbers/0
    """.split()
)
_STRING_CALLS = frozenset(
    """
    ascii_downcase/0 ascii_upcase/0 implode/0 join/1 strftime/1 strings/0 todate/0 todateiso8601/0 tojson/0 tostring/0
    trim/0 type/0 sub/2 gsub/2
    """.split()
)
_ARRAY_CALLS = frozenset(
    """
    arrays/0 explode/0 flatten/0 flatten/1 gmtime/0 group_by/1 keys/0 keys_unsorted/0 map/1 reverse/0 sort/0 sort_by/1
    split/1 split/2 to_entries/0 transpose/0 unique/0 unique_by/1
    """.split()
)
_KINDS = {
    **dict.fromkeys(_NUMBER_CALLS, "number"),
    **dict.fromkeys(_STRING_CALLS, "string"),
    **dict.fromkeys(_ARRAY_CALLS, "array"),
    **dict.fromkeys("from_entries/0 with_entries/1 objects/0".split(), "object"),
    **dict.fromkeys("all/0 all/1 any/0 any/1 contains/1 has/1 in/1 isempty/1 not/0 startswith/1".split(), "boolean"),
}


def kind_of(node: ast.Node) -> str:
    """Give the one kind that every result has, as jq's `type` names it; empty when it cannot be known."""
    if isinstance(node, ast.Call):
        return _KINDS.get(f"{node.name}/{len(node.arguments)}", "")
    if isinstance(node, ast.Binary):
        return _binary_kind(node)
    if isinstance(node, ast.Pipe):
        return kind_of(node.parts[-1])
    if isinstance(node, ast.Constant):
        return "null" if node.text == "null" else "boolean"
    if isinstance(node, ast.Data):
        return "array" if node.text.startswith("[") else "object"
    return _PLAIN_KINDS.get(type(node), "")


_PLAIN_KINDS: dict[type, str] = {
    ast.Number: "number",
    ast.Negate: "number",
    ast.Text: "string",
    ast.Encode: "string",
    ast.Array: "array",
    ast.Object: "object",
    ast.Place: "object",
}


def _binary_kind(node: ast.Binary) -> str:
    if node.operator in {"and", "or", "==", "!=", "<", "<=", ">", ">="}:
        return "boolean"
    if node.operator == "%":
        return "number"
    kinds = {kind_of(node.left), kind_of(node.right)}
    if node.operator == "*" and "object" in kinds:
        return "object"
    return kinds.pop() if len(kinds) == 1 and node.operator != "/" else ""

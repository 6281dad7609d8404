"""Random jq programs and data for property tests: mostly valid, often hostile."""

from __future__ import annotations

import json

from hypothesis import strategies as st

_NAMES = ("a", "b", "items")
_LEAVES = """
. . .a .b .items .[0] .[-1] .[]? .[] .items[]? .a.b $context $context.a 1 0 -3 1e9 "x" "a\\u0000b" null true [] {} empty
1e400 [1,2] {"a":1}
""".split()
_PLAIN = """
length keys tojson tostring add reverse sort unique to_entries explode ascii_downcase flatten type not first last min
max any all floor tonumber fromjson from_entries trim error utf8bytelength toboolean abs values todate fromdate gmtime
@json @base64 @uri @html @csv @sh @text @base64d infinite nan scalars
""".split()
#: Programs with holes for other programs.
_SHAPES = (
    """
map(§) select(§) sort_by(§) group_by(§) unique_by(§) min_by(§) map_values(§) with_entries(§) first(§) isempty(§) any(§)
all(§) add(§) join(§) has(§) contains(§) inside(§) index(§) indices(§) split(§) startswith(§) ltrimstr(§) IN(§) in(§)
error(§) getpath(§) nth(§) last(§) [§] [§,§] {a:§} (§)? {a:§,b:§} {(§|tostring):§} limit(3;§) pow(§;2) any(§;§)
del(.a,.items[]?) -(§) [.[]|§] ([.[]?|§]|add) [.,.|§] ([.,.]|[.,.]|§) [range(7)|§] (.a=§) (.[]?|=§) (.a.b+=§)
(.items|=§) (.[]//=§) (§|§) (§|§) (§|§) (§,§) (§+§) (§-§) (§*§) (§/§) (§%§) (§==§) (§<§) (§>=§) (§)[§]? (§)[1:]
"\\(§)-\\(§)"
""".split()
    + ["(§ // §)", "(§ and §)", "(§ or §)", "(§ as $x|§|[.,$x])", "if § then § else § end", "(try § catch §)"]
)
_SHAPES += [f"(§|{name})" for name in _PLAIN]


@st.composite
def programs(draw: st.DrawFn, size: int = 12) -> str:
    """Give a program of paths, literals, operators, constructors and built-ins, without loops of the author."""
    program = draw(st.sampled_from(_SHAPES))
    for _ in range(draw(st.integers(0, size))):
        before, *after = program.split("§")
        if not after:
            break
        place = draw(st.integers(0, len(after) - 1))
        inner = draw(st.sampled_from(_SHAPES))
        program = "§".join([before, *after[:place]]) + f"({inner})" + "§".join(after[place:])
    while "§" in program:
        program = program.replace("§", draw(st.sampled_from(_LEAVES)), 1)
    return program


def values() -> st.SearchStrategy[str]:
    """Give small JSON texts."""
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 10**12),
        st.sampled_from(["", "a", "b", "é\u2028", '"\\', "1", "2020"]),
    )
    nested = st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(_NAMES), inner)),
        max_leaves=12,
    )
    return nested.map(lambda value: json.dumps(value, ensure_ascii=False))


def hostile(count: int) -> list[str]:
    """Give JSON texts of about `count` parts, each bad for another operation."""
    many = range(count)
    return [
        f"[{','.join('1' for _ in many)}]",
        f"[{','.join('{}' for _ in many)}]",
        f"[{','.join(chr(34) * 2 for _ in many)}]",
        f'"{"a" * count}"',
        f'"{chr(92) * 2 * count}"',
        f'"{chr(127) * count}"',
        "[" * min(count, 5000) + "]" * min(count, 5000),
        "{" + ",".join(f'"k{place}":{place}' for place in many) + "}",
        "[{" + ",".join(f'"k{place}":1' for place in many) + "}," + ",".join("{}" for _ in many) + "]",
        '{"a":"' + "a" * count + '","b":"' + "a" * (count // 2) + '","items":[]}',
        '{"items":[' + ",".join('{"a":1,"b":{"b":[2]}}' for _ in many) + "]}",
        f"[{'9' * count}]",
    ]

"""Every built-in function of jq 1.8, judged: refused, or known to exist. What runs in process is in `costs.py`."""

from __future__ import annotations

_CLOCK = "an expression must give the same result whenever it is evaluated; take the time from `$workflow.startedAt`"
_ENVIRONMENT = "an expression sees its data and its variables, not the environment of the process that evaluates it"
_STREAM = "an expression has one input, `.`"
_STOP = "an expression cannot stop the process that evaluates it; use `error(message)`"
_PRINT = "an expression has no terminal to print to"
_ZONE = "its result depends on the time zone of the machine; use `gmtime` and `strftime`, which are in UTC"
_FILES = "an expression has no files and no modules"

#: Functions that may not be used, by name and count of arguments, with the reason.
REFUSED = {
    "env/0": _ENVIRONMENT,
    "now/0": _CLOCK,
    "input/0": _STREAM,
    "inputs/0": _STREAM,
    "input_filename/0": _FILES,
    "input_line_number/0": _STREAM,
    "halt/0": _STOP,
    "halt_error/0": _STOP,
    "halt_error/1": _STOP,
    "debug/0": _PRINT,
    "debug/1": _PRINT,
    "stderr/0": _PRINT,
    "localtime/0": _ZONE,
    "strflocaltime/1": _ZONE,
    "get_search_list/0": _FILES,
    "get_jq_origin/0": _FILES,
    "get_prog_origin/0": _FILES,
    "modulemeta/0": _FILES,
    "builtins/0": "its result changes with the version of jq",
}

#: Variables of jq that may not be used, with the reason.
REFUSED_VARIABLES = {"ENV": _ENVIRONMENT, "__prog_args": _ENVIRONMENT}

#: Names behind `@`.
FORMATS = frozenset("text json html uri urid csv tsv sh base64 base64d".split())

_NUMBERS = """
abs acos acosh asin asinh atan atanh cbrt ceil cos cosh erf erfc exp exp10 exp2 expm1 fabs floor frexp gamma infinite
isfinite isinfinite isnan isnormal j0 j1 lgamma lgamma_r log log10 log1p log2 logb modf nan nearbyint rint round
significand sin sinh sqrt tan tanh tgamma trunc y0 y1
"""
_PLAIN = """
add all any arrays ascii_downcase ascii_upcase booleans combinations empty error explode finites first flatten
from_entries fromdate fromdateiso8601 fromjson gmtime have_decnum have_literal_numbers implode iterables keys
keys_unsorted last length ltrim max min mktime normals not nulls numbers objects paths recurse reverse rtrim scalars
sort strings to_entries toboolean todate todateiso8601 tojson tonumber tostream tostring transpose trim type unique
utf8bytelength values
"""
_ONE = """
IN INDEX add all any bsearch capture combinations contains del delpaths endswith error first flatten format fromstream
getpath group_by has in index indices inside isempty join last ltrimstr map map_values match max_by min_by nth path
paths pick range recurse repeat rindex rtrimstr scan select sort_by split splits startswith strftime strptime test
trimstr truncate_stream unique_by walk with_entries
"""
_TWO = """
IN INDEX JOIN all any atan2 capture copysign drem fdim fmax fmin fmod gsub hypot jn ldexp limit match nextafter
nexttoward nth pow range recurse remainder scalb scalbln scan setpath skip split splits sub test until while yn
"""
_THREE = "JOIN fma gsub range sub"
_FOUR = "JOIN"

#: Functions that may be used, by name and count of arguments.
ALLOWED = frozenset(
    f"{name}/{count}"
    for count, names in enumerate([_NUMBERS + _PLAIN, _ONE, _TWO, _THREE, _FOUR])
    for name in names.split()
)

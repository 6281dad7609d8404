"""Says for which data a program may run in process."""

from __future__ import annotations

from collections.abc import Mapping

from expressions import ast
from expressions.errors import Refusal
from expressions.estimate import Estimator, Rule
from expressions.estimate_calls import CALL_RULES
from expressions.estimate_operators import OPERATOR_RULES
from expressions.estimate_updates import UPDATE_RULES
from expressions.estimate_values import VALUE_RULES
from expressions.flows import Size, Unbounded
from expressions.walking import size_of

RULES: Mapping[type, Rule] = {**VALUE_RULES, **OPERATOR_RULES, **UPDATE_RULES, **CALL_RULES}
#: A program that is bounded for common data of this size gets no guards: they cost a little each time.
COMMON = Size(16_384.0, 1_024.0)
#: The densest data that is let through without a look at it.
_SMALL_BYTES = 512
_SMALL = Size(4.0 * _SMALL_BYTES, _SMALL_BYTES / 2.0 + 1.0)
#: A program with more nodes is evaluated outside: judging it would take too long.
MAX_NODES = 2_000


_TOO_LARGE = Refusal(at=0, message="an expression of this size is evaluated in a process of its own")


def cost_ns(program: ast.Node, data: Size, *, guarded: bool) -> float:
    """Give the most nanoseconds the program takes with data of this size. Raises `Unbounded`."""
    return Estimator(RULES, data, guarded=guarded).run(program)


class Bounds:
    """The verdicts on one program: whether data of some size may be evaluated in process.

    `guards` are to be printed into the program; `reason` says why it never runs in process, if so.
    """

    def __init__(self, program: ast.Node, budget_s: float) -> None:
        self.reason: Refusal | None = None
        self.guards: Mapping[int, tuple[str, ...]] = {}
        self._program = program
        self._budget_ns = budget_s * 1e9
        self._guarded = False
        self._fitting: list[Size] = []
        self._verdicts: dict[tuple[int, int], bool] = {}
        self._small = 0
        try:
            self._choose_guards()
        except Unbounded as unbounded:
            self.reason = unbounded.refusal
        except (OverflowError, RecursionError):
            self.reason = _TOO_LARGE

    def allow(self, text: str) -> bool:
        """Tell whether the program may run in process on this JSON text."""
        length = len(text)
        if length <= self._small:
            return True
        if self.reason is not None:
            return False
        # Every value but the first of a container follows a comma; those follow a bracket. Strings can only add some.
        nodes = text.count(",") + text.count("[") + text.count("{") + 1
        size = _rounded(length if text.isascii() else 4 * length), _rounded(nodes)
        verdict = self._verdicts.get(size)
        if verdict is None:
            verdict = self._verdicts[size] = self._fits(Size(*map(float, size)))
        return verdict

    def _choose_guards(self) -> None:
        if size_of(self._program) > MAX_NODES:
            self.reason = _TOO_LARGE
            return
        walk = Estimator(RULES, COMMON, guarded=False)
        cost = walk.run(self._program)
        if not cost <= self._budget_ns:
            self._guarded = True
            walk = Estimator(RULES, COMMON, guarded=True)
            cost = walk.run(self._program)
        self.guards = walk.guards
        self._fitting += [COMMON] if cost <= self._budget_ns else []
        self._small = _SMALL_BYTES if self._fits(_SMALL) else 0

    def _fits(self, size: Size) -> bool:
        """Tell whether data of this size fits into the budget; what is smaller than what fits does."""
        if any(size.or_larger(fitting) == fitting for fitting in self._fitting):
            return True
        fits = cost_ns(self._program, size, guarded=self._guarded) <= self._budget_ns
        self._fitting += [size] if fits else []
        return fits


def _rounded(count: int) -> int:
    """Give the next number that is not smaller and has three significant bits: so there are few sizes to judge."""
    unit = 1 << max(count.bit_length() - 3, 0)
    return -(-count // unit) * unit

"""A test kit for authors: play a document with scripted results, without a broker, and look at what it did.

from testkit import Fails, play

run = play("refund.yaml", {"amount": 250}, {"classify": {"label": "late"}, "pay": Fails(status=503)})
assert run.status == "faulted"
assert run.path == ["/do/0/classify", "/do/1/route", "/do/3/pay"]
"""

from testkit.agents import answer, calls
from testkit.journal import Journal
from testkit.people import Decides
from testkit.play import Fails, Play, Unscripted, play

__all__ = ["Decides", "Fails", "Journal", "Play", "Unscripted", "answer", "calls", "play"]

"""`run: script` and `run: shell`: processes with limits. Off unless an operator allows them.

launcher.py   confines itself, then becomes the process
confined.py   one process: started, fed, read within caps, killed with all its children
outcome.py    what its end means for the task
script.py     the node type `script`
shell.py      the node type `shell`
"""

from nodes.processes.script import Script
from nodes.processes.shell import Shell

__all__ = ["Script", "Shell"]

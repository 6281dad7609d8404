from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from nodes.errors import NodeError
from nodes.processes.script import Script, ScriptArguments
from nodes.processes.shell import Shell, ShellArguments
from nodes.provisions import ProcessRules, Provisions, instance_of
from tests.eventually import eventually
from tests.unit.nodes.service import Service, client, context

ON = ProcessRules(allowed=frozenset({"python", "js", "shell"}), timeout_s=10)
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")


async def shell(
    command: str, rules: ProcessRules = ON, deadline_at_ms: int = 0, returned: str = "stdout", **arguments: Any
) -> Any:
    node = instance_of(Shell, Provisions(processes=rules))
    given = ShellArguments.model_validate({"command": command, "return": returned} | arguments)
    return await node.run(given, context(None, deadline_at_ms=deadline_at_ms))  # type: ignore[arg-type]


async def script(code: str, rules: ProcessRules = ON, language: str = "python", **arguments: Any) -> Any:
    node = instance_of(Script, Provisions(processes=rules))
    given = ScriptArguments.model_validate({"language": language, "code": code} | arguments)
    return await node.run(given, context(None))  # type: ignore[arg-type]


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


async def test_processes_are_off_until_an_operator_allows_them() -> None:
    for refused in (
        failure(Shell().run(ShellArguments(command="true"), context(None))),  # type: ignore[arg-type]
        failure(script("1", ProcessRules())),
        failure(script("1", ProcessRules(allowed=frozenset({"python"})), "js")),
    ):
        error = await refused
        assert error.problem["type"].endswith("/configuration")
        assert "in the setting AGENTOS_ALLOW_PROCESSES" in error.problem["detail"]


async def test_return_says_what_the_task_gives() -> None:
    command = "echo out; echo err >&2"

    assert await shell(command) == "out\n"
    assert await shell(command, returned="stderr") == "err\n"
    assert await shell(command, returned="none") is None
    assert await shell(command + "; exit 3", returned="code") == 3
    assert await shell(command + "; exit 3", returned="all") == {"code": 3, "stdout": "out\n", "stderr": "err\n"}


async def test_an_exit_code_nobody_asked_for_is_an_error() -> None:
    error = await failure(shell("echo why >&2; exit 3"))

    assert "exit code 3: why" in error.problem["detail"]
    assert not error.retryable


async def test_a_process_has_arguments_standard_input_and_an_environment_that_is_empty_otherwise() -> None:
    assert await shell("cat", stdin="grüezi") == "grüezi"
    assert await shell("printf '%s|'", arguments=["a b", "$(id)", 7, True]) == "a b|$(id)|7|true|"
    assert await shell("echo one\necho $2 $1\n", arguments=["a", "b"]) == "one\nb a\n"
    assert await shell("shift; echo $1", arguments=["a", "b"]) == "b\n"
    assert await shell("printf '%s|' \n", arguments=["$9"]) == "$9|"
    found = set((await shell("/usr/bin/env", environment={"ONE": 1})).splitlines())
    assert "ONE=1" in found
    assert {line.split("=")[0] for line in found} <= {"ONE", "LC_CTYPE", "PWD", "OLDPWD", "SHLVL", "_"}


async def test_python_has_its_standard_library_and_none_of_our_packages() -> None:
    assert await script("import json, sys; print(json.dumps(sys.argv[1:]))", arguments=["a"]) == '["a"]\n'
    assert "No module named 'pydantic'" in (await failure(script("import pydantic"))).problem["detail"]
    assert await script("import os; print(dict(os.environ).get('PATH'))") == "None\n"


@needs_node
async def test_javascript_runs_in_node() -> None:
    code = "console.log(process.argv[2], Object.keys(process.env).length)"

    assert await script(code, language="js", arguments=["a"]) == "a 1\n"
    assert await script(code, language="javascript", arguments=["b"]) == "b 1\n"


async def test_a_script_may_be_kept_elsewhere(service: Service) -> None:
    given = {"language": "python", "source": {"endpoint": service.url + "/text"}}
    async with client() as http:
        error = await failure(Script(ON).run(ScriptArguments.model_validate(given), context(http)))

    assert "SyntaxError" in error.problem["detail"]


async def test_at_its_deadline_a_process_is_killed_with_all_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sleep 60 & echo $! > {pids}; sleep 61 & echo $! >> {pids}; wait"

    error = await failure(shell(command, ProcessRules(allowed=frozenset({"shell"}), timeout_s=0.7)))

    assert error.problem["type"].endswith("/timeout")
    eventually(lambda: not any(map(psutil.pid_exists, map(int, pids.read_text().split()))))


async def test_the_tasks_deadline_counts_if_it_is_sooner() -> None:
    began_at = time.monotonic()
    error = await failure(shell("sleep 60", deadline_at_ms=int(time.time() * 1000) + 300))

    assert error.problem["type"].endswith("/timeout")
    assert time.monotonic() - began_at < 5


async def test_children_that_a_process_leaves_behind_are_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    assert await shell(f"sleep 60 & echo $! > {pid}; echo done") == "done\n"
    eventually(lambda: not psutil.pid_exists(int(pid.read_text())))


async def test_a_cancelled_task_kills_its_process(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    running = asyncio.create_task(shell(f"echo $$ > {pid}; sleep 60"))
    await asyncio.to_thread(eventually, lambda: pid.exists() and pid.read_text().strip())

    running.cancel()
    await asyncio.wait([running])

    eventually(lambda: not psutil.pid_exists(int(pid.read_text())))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_process_that_writes_without_end_is_killed(stream: str) -> None:
    redirect = ">&2" if stream == "stderr" else ""

    error = await failure(shell(f"while :; do echo yes {redirect}; done"))

    assert f"at most 262144 bytes on {stream}" in error.problem["detail"]


@pytest.mark.parametrize(
    "code", ["b = bytearray(400_000_000); b[::4096] = b[::4096]", "open('big', 'wb').write(bytes(3_000_000))"]
)
async def test_memory_and_files_are_limited(code: str) -> None:
    limited = ProcessRules(allowed=ON.allowed, memory_bytes=200_000_000, file_bytes=2_000_000)

    found = (await failure(script(code, limited))).problem["detail"]
    assert any(told in found for told in ("MemoryError", "File too large", "the signal 25"))


async def test_the_cpu_time_is_limited_even_if_nobody_waits() -> None:
    used = await script("import resource; print(resource.getrlimit(resource.RLIMIT_CPU))")

    assert used == "(11, 11)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="what other systems show of a process is theirs")
async def test_a_process_can_not_read_the_environment_of_its_worker() -> None:
    error = await failure(script(f"print(open('/proc/{os.getpid()}/environ').read())"))

    assert "PermissionError" in error.problem["detail"]


async def test_its_folder_is_gone_after_it() -> None:
    folder = (await shell("echo mine > file; pwd")).strip()

    assert "agentos-shell-" in folder
    assert await shell(f"test -e {folder} || echo gone") == "gone\n"


async def test_what_is_not_there_is_told() -> None:
    assert "127" in (await failure(shell("no-such-command"))).problem["detail"]

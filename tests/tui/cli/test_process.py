"""The program as a process: streams that close, fill up or speak no Unicode, and what it imports."""

import json
import os
import signal
import subprocess
import sys

import pytest

PRESET = "llama-3.1-70b-h100"
PROGRAM = [sys.executable, "-m", "inferscope"]


def start(*arguments, env=None, **options):
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 60, **options}
    return subprocess.run([*PROGRAM, *arguments], env={**os.environ, **(env or {})}, check=False, **options)


def one_line(done):
    text = done.stderr.decode()
    assert text.startswith("inferscope: "), text
    assert text.count("\n") == 1, text
    return text


def shell(command, **options):
    words = ["bash", "-c", f"set -o pipefail; {command}", "bash", *PROGRAM]
    return subprocess.run(words, capture_output=True, timeout=60, check=False, **options)


def test_the_program_starts_and_its_status_is_the_answer():
    assert start("eval", PRESET).returncode == 0
    assert start("eval", PRESET, "--set", "slo.tpot_s=1e-6").returncode == 1
    done = start("eval", "nothing")
    assert (done.returncode, done.stdout) == (2, b"")
    one_line(done)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["list accelerators --format json", "--help"])
def test_a_reader_that_leaves_early_is_no_error(words, unbuffered):
    done = shell(
        f'"$1" "$2" "$3" {words} | head -1 >/dev/null', env={**os.environ, "PYTHONUNBUFFERED": unbuffered}
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_is_gone_already_is_no_error():
    done = shell('"$1" "$2" "$3" list models --format json | true')
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")  # noqa: PTH110
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["eval", PRESET], ["--version"]])
def test_a_full_disk_behind_standard_output(words, unbuffered):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = start(*words, stdout=full, capture_output=False, stderr=subprocess.PIPE,
                     env={"PYTHONUNBUFFERED": unbuffered})  # fmt: skip
    assert done.returncode == 2
    assert one_line(done) == "inferscope: standard output: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")  # noqa: PTH110
def test_a_full_device_behind_out():
    done = start("eval", PRESET, "--out", "/dev/full")
    assert done.returncode == 2
    assert one_line(done) == "inferscope: /dev/full: cannot be written: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_that_leads_in_a_circle_is_left_alone(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    done = start("schema", "--out", str(loop))
    assert done.returncode == 2
    assert one_line(done).endswith("Too many levels of symbolic links; nothing was changed\n")
    assert loop.is_symlink()


def test_closed_streams():
    done = shell('"$1" "$2" "$3" eval chatgpt-2023 >&-')
    assert done.returncode == 2
    assert one_line(done) == "inferscope: standard output is closed; --out FILE writes to a file\n"
    for command, status in (
        ("eval nothing 2>&-", 2),
        ("eval nothing >&- 2>&-", 2),
        ("eval chatgpt-2023 <&- 2>&-", 0),
        ("list models zzz 2>&-", 0),
    ):
        assert shell(f'"$1" "$2" "$3" {command}').returncode == status, command


@pytest.mark.parametrize(
    "env",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"}],
)
def test_any_encoding_will_do(tmp_path, env):
    path = tmp_path / "mine.toml"
    path.write_text('name = "caf\u00e9 \u2192"\n', encoding="utf-8")
    done = start("eval", str(path), env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    ascii_only = "PYTHONIOENCODING" in env
    assert done.stdout.startswith(b"caf\\xe9 \\u2192\n" if ascii_only else "caf\u00e9 \u2192\n".encode())


def test_json_is_unicode_or_escaped_and_always_json(tmp_path):
    path = tmp_path / "caf\u00e9.toml"
    path.write_text('name = "caf\u00e9 \u2192"\n', encoding="utf-8")
    plain = start("eval", str(path), "--format", "json")
    assert json.loads(plain.stdout)["scenario"]["name"] == "caf\u00e9 \u2192"
    done = start(
        "eval", str(path), "--out", str(tmp_path / "out.json"), "--format", "json", env={"LC_ALL": "C"}
    )
    assert done.returncode == 0
    assert json.loads((tmp_path / "out.json").read_bytes()) == json.loads(plain.stdout)


def test_bytes_that_are_no_text_in_an_argument():
    for words in (
        ["eval", b"\xff"],
        ["eval", b"\xff.toml"],
        ["eval", PRESET, "--set", b"name=\xff"],
        [b"\xff"],
    ):
        done = start(*words)
        assert (done.returncode, done.stdout) == (2, b"")
        one_line(done)


@pytest.mark.parametrize("words", [[], [PRESET, "--set", "workload.batch=8"]])
def test_without_a_terminal_the_report_is_printed(words):
    done = start(*words)
    assert done.returncode == 0
    assert one_line(done).startswith(
        "inferscope: no full screen: standard input is not a terminal; this is the report"
    )
    changed = b", with workload.batch=8" if words else b""
    assert done.stdout.startswith(b"Llama 3.1 70B on eight H100, fp8" + changed + b"\n")
    assert ("batch                             8\n" in done.stdout.decode()) == ("--set" in words)


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"TERM": "dumb"}, "TERM=dumb cannot place text"),
        ({"TERM": ""}, "TERM is not set"),
        (
            {"TERM": "xterm", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
            "the terminal's encoding is iso8859-1, not UTF-8",
        ),
    ],
)
def test_a_terminal_that_cannot_show_the_screen_gets_the_report(env, why):
    import pty

    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen(
            [*PROGRAM, PRESET],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**os.environ, **env},
        )
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
        process.wait(timeout=60)
    finally:
        os.close(leader)
    assert process.returncode == 0
    assert f"inferscope: no full screen: {why}".encode() in shown
    assert b"Llama 3.1 70B on eight H100, fp8" in shown
    assert b"\x1b" not in shown


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_an_interrupt_ends_with_one_line():
    code = (
        "import os, signal, sys\n"
        "from inferscope.tui import cli\n"
        "import inferscope.tui.cli.eval_ as e\n"
        "e.load = lambda _: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(cli.main(['eval', 'x']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr == b"inferscope: interrupted\n"
    assert signal.SIGINT


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize(
    "module", ["inferscope.core.errors", "inferscope.tui.cli", "inferscope.tui.cli.parser"]
)
def test_an_interrupt_while_the_program_is_loaded_ends_with_one_line(module):
    code = (
        "import builtins, os, signal, sys\n"
        "from inferscope.__main__ import main\n"
        "found = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name == sys.argv[1]:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return found(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, module], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"inferscope: interrupted\n")


def test_the_front_door_loads_nothing_in_which_an_interrupt_could_fall():
    code = (
        "import sys; before = set(sys.modules); import inferscope.__main__; print(set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert not [name for name in eval(done.stdout) if name.startswith("inferscope.core")]  # noqa: S307


def test_help_and_version_load_nothing_heavy():
    code = (
        "import sys\nfrom inferscope.tui.cli import main\nmain(sys.argv[1:])\n"
        "print(*[m for m in ('numpy', 'pydantic', 'textual', 'rich', 'tomllib') if m in sys.modules])"
    )
    for words in (["--version"], ["--help"], ["eval", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "", words


def test_commands_load_no_screen():
    code = (
        "import sys\nfrom inferscope.tui.cli import main\nmain(sys.argv[1:])\n"
        "print(*[m for m in ('textual', 'rich') if m in sys.modules], file=sys.stderr)"
    )
    for words in (["eval", PRESET], ["list", "models"], [PRESET]):
        program = [sys.executable, "-c", code, *words]
        done = subprocess.run(program, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        assert done.stderr.splitlines()[-1] == "", words


def test_two_runs_print_the_same_bytes():
    words = ["eval", PRESET, "deepseek-v3-h800", "--format", "json"]
    first, second = start(*words), start(*words, env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"})
    assert first.stdout == second.stdout

"""The steps of tests/run: builds, tests and analyzers, one line each, then their sum."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
LOGS = os.path.join(BUILD, "logs")
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
SKIPPED = 77  # exit status of a step that cannot be done here; its last line says why
STEP_LIMIT = 2700  # seconds

SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def count_tap(text):
    """Failed, passed and skipped cases; cmocka calls a skipped one "not ok"."""
    cases = re.findall(r"^(ok|not ok)\b(.*)", text, flags=re.M)
    kinds = ["skip" if "# SKIP" in rest else result for result, rest in cases]
    return tuple(kinds.count(kind) for kind in ("not ok", "ok", "skip"))


class Suite:
    def __init__(self, scratch):
        self.passed = self.failed = self.skipped = 0
        self.scratch = scratch

    # Running and counting

    def _run(self, log, commands, environment):
        """Runs commands until one fails; its exit status. All their output goes to the log."""
        for command in commands:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
            )
            try:
                status = process.wait(STEP_LIMIT)
            except subprocess.TimeoutExpired:
                log.write(f"more than {STEP_LIMIT} s\n")
                status = 124
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
            if status:
                return status
        return 0

    def step(self, name, *commands, count=None, **environment):
        """
        One step. `count(text of its log)` gives the tests that passed, failed and were skipped in
        it; without, the step itself counts as one test. Returns whether all went well.
        """
        path = os.path.join(LOGS, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".log")
        began = time.monotonic()
        with open(path, "w", encoding="utf-8") as log:
            status = self._run(log, commands, environment)
        with open(path, encoding="utf-8", errors="replace") as log:
            text = log.read()
        seconds = f"({time.monotonic() - began:.0f} s)"
        if status == SKIPPED:
            self.skipped += 1
            print(f"skip {name}: {text.strip().splitlines()[-1]}", flush=True)
            return True
        passed, failed, skipped = count(text) if count else (1, 0, 0)
        if status and not failed:
            passed, failed = (passed, 1) if count else (0, 1)
        self.passed, self.failed, self.skipped = (
            self.passed + passed,
            self.failed + failed,
            self.skipped + skipped,
        )
        detail = f": {passed} passed, {failed} failed, {skipped} skipped" if count else ""
        print(f"{'FAIL' if failed else 'ok  '} {name}{detail} {seconds}", flush=True)
        if failed:
            lines = [line for line in text.splitlines() if not line.startswith("ok ")]
            print("     " + "\n     ".join(lines[-80:]), flush=True)
            print(f"     (all of it: {os.path.relpath(path, ROOT)})", flush=True)
        return not failed

    @staticmethod
    def _last_sum(text):
        found = SUM.findall(text)
        return tuple(map(int, found[-1])) if found else (0, 1, 0)

    @staticmethod
    def _count_unit(folder):
        def count(_text):
            passed = failed = skipped = 0
            with open(os.path.join(folder, "meson-logs", "testlog.json"), encoding="utf-8") as file:
                for line in file:
                    program = json.loads(line)
                    bad, good, skips = count_tap(program.get("stdout", ""))
                    if program["result"] not in ("OK", "SKIP") and not bad:
                        bad = 1  # it crashed, or ended before its plan
                    passed, failed, skipped = passed + good, failed + bad, skipped + skips
            return passed, failed, skipped

        return count

    # The steps

    def lint(self):
        self.step("lint", ["tests/lint"], count=self._last_sum)

    def build(self, name, folder, *options, **environment):
        setup = ["meson", "setup", *options, folder]
        if os.path.exists(os.path.join(folder, "build.ninja")):
            setup.insert(2, "--reconfigure")
        return self.step(name, setup, ["meson", "compile", "-C", folder], **environment)

    def unit(self, name, folder, *options, **environment):
        self.step(
            name,
            ["meson", "test", "-C", folder, "--no-rebuild", *options],
            count=self._count_unit(folder),
            **environment,
        )

    def integration(self, name, folder, *options, **environment):
        self.step(
            name,
            [
                "tests/integration/run",
                "--binary",
                os.path.join(folder, "src", "nabaztagd"),
                *options,
            ],
            count=self._last_sum,
            **environment,
        )

    @staticmethod
    def sources(folder):
        """What is compiled there of src: not all back ends are, on one machine."""
        with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
            paths = {
                os.path.realpath(os.path.join(c["directory"], c["file"])) for c in json.load(file)
            }
        return sorted(path for path in paths if path.startswith(os.path.join(ROOT, "src", "")))

    def analyzers(self, clang_folder):
        jobs = str(os.cpu_count())
        tidy = ["clang-tidy", "-p", clang_folder, "--quiet", "--warnings-as-errors=*"]
        self.step(
            "clang-tidy",
            ["xargs", "-a", self._write_list(clang_folder), "-n", "4", "-P", jobs, *tidy],
        )
        cppcheck = "cppcheck --quiet --inline-suppr --std=c11 --error-exitcode=1".split()
        cppcheck += ["--enable=warning,performance,portability", "--suppress=unusedStructMember"]
        # It does not know _cleanup_; leaks are the leak sanitizer's.
        cppcheck += ["--suppress=memleak", "--suppress=resourceLeak"]
        cppcheck += [f"--project={clang_folder}/compile_commands.json", "-j", jobs]
        self.step("cppcheck", [*cppcheck, f"--file-filter={ROOT}/src/*"])

    def _write_list(self, folder):
        path = os.path.join(self.scratch, "sources")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.sources(folder)) + "\n")
        return path

    # What each mode does

    def quick(self):
        self.lint()
        if self.build("build", BUILD, "-Dwerror=false"):
            self.unit("unit tests", BUILD, "--suite", "unit")

    def usual(self):
        self.lint()
        if self.build("build", BUILD, "-Dwerror=false"):
            self.unit("unit tests", BUILD)
            self.integration("integration tests", BUILD)

    def all(self, release=False):
        self.lint()
        if self.build("gcc build, -Werror", BUILD, "-Dwerror=true", CC="gcc"):
            self.unit("unit tests", BUILD)
        clang = os.path.join(self.scratch, "clang")
        if self.build("clang build, -Werror", clang, "-Dwerror=true", CC="clang"):
            self.unit("unit tests, clang", clang)
        sanitised = os.path.join(self.scratch, "sanitised")
        if self.build(
            "sanitised build",
            sanitised,
            "-Db_sanitize=address,undefined",
            "-Db_lundef=false",
            CC="gcc",
        ):
            self.unit("unit tests, sanitised", sanitised, **SANITIZERS)
            options = ["--sanitised", *(["--release"] if release else ["--again", "3"])]
            self.integration("integration tests, sanitised", sanitised, *options, **SANITIZERS)
            if release:
                hostile = ["tests/hostile", "all", "--sanitised", "--binary"]
                hostile.append(os.path.join(sanitised, "src", "nabaztagd"))
                self.step("hostile, sanitised", hostile, count=self._last_sum, **SANITIZERS)
        self.step("fuzzing", ["tests/fuzz/run", "5"], count=self._last_sum)
        self.step("hostile servers", ["tests/hostile", "all"], count=self._last_sum)
        self.step("demo tour", ["tests/demo", "--tour"], ["tests/demo", "--violet"])
        self.analyzers(clang)
        self.step("the other Debian", ["tests/lib/other-debian"], count=self._last_sum)
        again = [] if release else ["--again", "3"]
        self.step("test machine", ["tests/vm/test", *again], count=self._last_sum)
        quick = [] if release else ["--quick"]
        self.step("Debian package", ["tests/package", *quick], count=self._last_sum)
        self.step("life of the package", ["tests/vm/installed"], count=self._last_sum)

    def release(self):
        self.all(release=True)
        self.step("bench", ["tests/bench", "--json", os.path.join(LOGS, "bench.json")])

    def inside(self):
        """What tests/lib/other-debian runs in the other Debian."""
        if self.build("build, -Werror", BUILD, "-Dwerror=true"):
            self.unit("unit tests", BUILD)
            self.integration(
                "integration tests",
                BUILD,
                "--again",
                "3",
                "--filter",
                "test_forgotten",
                "test_owner",
            )


def main():
    mode = (sys.argv[1:] or ["--usual"])[0].lstrip("-")
    os.makedirs(LOGS, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = tempfile.mkdtemp(prefix="nabaztagd-run-")
    suite = Suite(scratch)
    try:
        getattr(suite, mode)()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{suite.passed} passed, {suite.failed} failed, {suite.skipped} skipped")
    sys.exit(1 if suite.failed or (mode == "release" and suite.skipped) else 0)


if __name__ == "__main__":
    main()

"""Programs that stand for a provider: started on a free port, waited for, ended."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Program:
    """Its output is shown where it fails."""

    def __init__(self, command, port, ready, environment=None, place=None):
        """`ready` is a path that is answered once it runs, with whatever status."""
        self.place = place or tempfile.TemporaryDirectory(prefix="peer-")
        self.url = f"http://127.0.0.1:{port}"
        self._command, self._ready = command, self.url + ready
        self._environment = {**os.environ, **(environment or {})}
        self._log = open(f"{self.place.name}/log", "ab")
        self._start()

    def _start(self):
        to = {"stdout": self._log, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(self._command, env=self._environment, **to)
        for _ in range(600):
            assert self.process.poll() is None, self.said()
            try:
                urllib.request.urlopen(self._ready, timeout=5).close()
                return
            except urllib.error.HTTPError as answer:
                answer.close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{self._command} does not answer: {self.said()}")

    def said(self):
        with open(self._log.name, encoding="utf-8", errors="replace") as log:
            return log.read()

    def _end(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def restart(self):
        self._end()
        self._start()

    def stop(self):
        self._end()
        self._log.close()
        self.place.cleanup()

"""A proxy before an object store that holds one write, so that its writer can be stopped at an exact place."""

import re
import socket
import threading
from enum import Enum


class Hold(Enum):
    """Where the write is held."""

    BEFORE = "before"
    """The store has not seen it."""
    AFTER = "after"
    """The store has taken it; its writer has no answer yet."""


class Gate:
    """Passes connections on byte for byte, so that signatures stay valid. One request a connection is looked at.

    The first PUT whose path matches is held until `open`.
    """

    def __init__(self, target: int, path: str, hold: Hold, count: int = 1) -> None:
        """`count`: which of the matching writes is held."""
        self._target = target
        self._path = re.compile(path)
        self._hold = hold
        self._left = count
        self._lock = threading.Lock()
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self) -> None:
        self.opened.set()

    def close(self) -> None:
        self.open()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, socket.create_connection(("127.0.0.1", self._target)) as store:
                held = threading.Event()
                back = threading.Thread(target=self._answer, args=(store, client, held), daemon=True)
                back.start()
                while data := client.recv(1 << 16):
                    if self._is_held(data):
                        if self._hold is Hold.AFTER:
                            held.set()
                        self.reached.set()
                        if self._hold is Hold.BEFORE:
                            self.opened.wait()
                    store.sendall(data)
                store.shutdown(socket.SHUT_WR)
                back.join()
        except OSError:
            # Both sides may end at any time.
            return

    def _answer(self, store: socket.socket, client: socket.socket, held: threading.Event) -> None:
        try:
            while data := store.recv(1 << 16):
                if held.is_set():
                    self.opened.wait()
                client.sendall(data)
        except OSError:
            return

    def _is_held(self, data: bytes) -> bool:
        """Whether these bytes begin the request to be held; a client sends the head of a request in one piece."""
        line = data.split(b"\r\n", 1)[0].decode("latin-1")
        method, _, rest = line.partition(" ")
        if method != "PUT" or not self._path.search(rest):
            return False
        with self._lock:
            self._left -= 1
            return self._left == 0

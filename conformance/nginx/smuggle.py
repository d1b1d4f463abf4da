"""Ambiguous framing through the proxy: no request may get two answers, and a hanging client holds nobody."""

import socket
import ssl
import sys

port, certificate = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=certificate)


def connect():
    plain = socket.create_connection(("127.0.0.1", port), timeout=60)
    return context.wrap_socket(plain, server_hostname="localhost")


SMUGGLED = "GET /api/v2/ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTH = len(SMUGGLED)
PROBES = [
    f"Content-Length: abc\r\n\r\n{SMUGGLED}",
    f"Content-Length: {LENGTH}, {LENGTH}\r\n\r\n{SMUGGLED}",
    f"Content-Length: +{LENGTH}\r\n\r\n{SMUGGLED}",
    f"Content-Length: 0\r\nContent-Length: {LENGTH}\r\n\r\n{SMUGGLED}",
    f"Content-Length: {LENGTH}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    f"Transfer-Encoding: xchunked\r\n\r\n{SMUGGLED}",
    f"Transfer-Encoding: identity\r\n\r\n{SMUGGLED}",
    f"Transfer-Encoding: chunked\r\n\r\n3;x /smuggled HTTP/1.1\r\nabc\r\nx\r\n{SMUGGLED}",
    f" Content-Length: {LENGTH}\r\n\r\n{SMUGGLED}",
    f"Content-Length : {LENGTH}\r\n\r\n{SMUGGLED}",
]
hanging = [connect() for _ in range(50)]
for client in hanging:
    client.sendall(b"POST /api/v2/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
for probe in PROBES:
    client = connect()
    client.sendall(f"POST /api/v2/organizations HTTP/1.1\r\nHost: localhost\r\n{probe}".encode())
    # A client that says no more ends a connection that waits for another request.
    client.settimeout(2)
    answers = b""
    try:
        while piece := client.recv(65536):
            answers += piece
    except (TimeoutError, ssl.SSLError, ConnectionError):
        pass
    count = answers.count(b"HTTP/1.1 ")
    assert count <= 1, f"{count} answers to {probe!r}"
    print(answers[:12].decode() or "no answer", "to", repr(probe.split("\r\n")[0]))

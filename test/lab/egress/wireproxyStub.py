#!/usr/bin/python3
"""A stand-in for wireproxy: the same options and config, and a SOCKS5 proxy without a tunnel."""

import re
import socket
import sys
import threading

config = open(sys.argv[sys.argv.index("--config") + 1]).read()
host, port = re.search(r"^BindAddress = (\S+):(\d+)$", config, re.M).groups()
if "--configtest" in sys.argv:
    sys.exit()


def take(client, count):
    return client.recv(count, socket.MSG_WAITALL) if count else b""


def pump(source, sink):
    try:
        while part := source.recv(65536):
            sink.sendall(part)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    with client:
        take(client, take(client, 2)[1])
        client.sendall(b"\5\0")
        kind = take(client, 4)[3]
        name = take(client, take(client, 1)[0]).decode() if kind == 3 else socket.inet_ntoa(take(client, 4))
        target = (name, int.from_bytes(take(client, 2), "big"))
        with socket.create_connection(target, 5) as upstream:
            upstream.settimeout(None)
            client.sendall(b"\5\0\0\1" + bytes(6))
            threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
            pump(client, upstream)


with socket.create_server((host, int(port)), backlog=128) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

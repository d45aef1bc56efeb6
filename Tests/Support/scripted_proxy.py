"""A proxy for tests: takes CONNECT on loopback and leads every tunnel to a server with a certificate of its own, which
passes the requests on to a plain server on loopback.

Started by scripted_servers.py. The script: upstream (the plain server's port), host (the certificate's name), login
(user:password that the proxy asks for, optional). The authority's certificate is ca.pem beside the log.
"""

import base64
import json
import os
import socket
import ssl
import subprocess
import threading
import time


def pipe(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def join(one, other):
    threading.Thread(target=pipe, args=(one, other), daemon=True).start()
    pipe(other, one)


def listen(handle):
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def certificate(folder, host):
    key, file = os.path.join(folder, "ca.key"), os.path.join(folder, "ca.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
         "-out", file, "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"],
        check=True, capture_output=True)
    return key, file


def start(script, log):
    """Starts the proxy in this process; returns its port."""
    key, file = certificate(os.path.dirname(log), script["host"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    login = script.get("login")
    wanted = login and "Basic " + base64.b64encode(login.encode()).decode()

    def serve(connection):
        try:
            secure = context.wrap_socket(connection, server_side=True)
        except (ssl.SSLError, OSError):
            return connection.close()
        join(secure, socket.create_connection(("127.0.0.1", script["upstream"])))

    secure_port = listen(serve)

    def tunnel(connection):
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return connection.close()
            head += data
        lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        with open(log, "a") as file:
            file.write(json.dumps({
                "port": "proxy", "method": method, "path": target, "query": {}, "target": target, "headers": headers,
                "body": "", "time": time.time()}) + "\n")
        if wanted and headers.get("proxy-authorization") != wanted:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return connection.close()
        connection.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: scripted\r\n\r\n")
        join(connection, socket.create_connection(("127.0.0.1", secure_port)))

    return [listen(tunnel)]

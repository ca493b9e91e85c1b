"""TLS and passwords, before the real cluster: a gate that speaks https and lets one user in, as a hosted cluster has it."""

from __future__ import annotations

import base64
import http.client
import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine_contract import made, places

from retrieval.errors import EngineUnavailable
from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_client import Address
from retrieval.records import Query

from .machines import Cluster

USER, PASSWORD = "wenda", "一个:秘密 pass"
LET_IN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind = 0

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("authorization") != LET_IN:
            return self._answer(401, b"Unauthorized", "text/plain")
        node = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=60)
        node.request(self.command, self.path, body, {"content-type": self.headers.get("content-type") or "application/json"})
        answer = node.getresponse()
        return self._answer(answer.status, answer.read(), answer.headers.get("content-type") or "application/json")

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gate(cluster: Cluster, address: Address, tmp_path: Path) -> Iterator[Address]:
    """The cluster's address as seen from outside, with the file of the authority that signed its certificate."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: there is nothing to make a certificate with")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = type("GateToNode", (Gate,), {"behind": cluster.nodes[0].http})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Address(f"https://127.0.0.1:{server.server_address[1]}", USER, PASSWORD, address.prefix, str(certificate))
        server.shutdown()


def test_a_user_with_the_password_is_let_in(gate: Address) -> None:
    """Over https, with the authority's file, everything works as without."""
    engine = OpenSearchEngine(gate)
    engine.apply([made("a", "水")], ())
    assert places(engine.search(Query((("水", 1.0),)), 5)) == [("a", 0)]
    engine.close()


def test_a_wrong_password_is_told_and_never_shown(gate: Address) -> None:
    """The error names the two settings and neither of the two values."""
    for wrong in (replace(gate, password="falsch"), replace(gate, user=None)):
        with pytest.raises(EngineUnavailable, match="WENDA_OPENSEARCH_PASSWORD") as error:
            OpenSearchEngine(wrong).count()
        assert "falsch" not in str(error.value) + repr(wrong)


def test_an_unknown_certificate_is_not_trusted(gate: Address) -> None:
    """Without the authority's file nothing is sent; the error says which setting names it."""
    with pytest.raises(EngineUnavailable, match="WENDA_OPENSEARCH_CA"):
        OpenSearchEngine(replace(gate, ca=None)).count()

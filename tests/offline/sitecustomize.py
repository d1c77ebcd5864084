"""Forbids the network to this process. Python loads it at start from PYTHONPATH, so kernels get it too."""

import errno
import socket

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
_HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "", None)


def _is_here(host) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    return host in _HERE or host == socket.gethostname() or host.startswith("127.")


def _connect_here(self, address):
    if isinstance(address, tuple) and not _is_here(address[0]):
        raise OSError(errno.ENETUNREACH, f"the tests have no network (asked for {address[0]})")
    return _connect(self, address)


def _connect_ex_here(self, address):
    if isinstance(address, tuple) and not _is_here(address[0]):
        return errno.ENETUNREACH
    return _connect_ex(self, address)


def _getaddrinfo_here(host, *args, **kwargs):
    if not _is_here(host):
        raise socket.gaierror(socket.EAI_FAIL, f"the tests have no network (asked for {host})")
    return _getaddrinfo(host, *args, **kwargs)


socket.socket.connect = _connect_here
socket.socket.connect_ex = _connect_ex_here
socket.getaddrinfo = _getaddrinfo_here

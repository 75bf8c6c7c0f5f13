"""Which hosts are this very machine: what is sent there leaves it for nobody, so it needs no TLS."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host, given by address or name. Nothing is resolved."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

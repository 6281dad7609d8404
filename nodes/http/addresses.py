"""Which addresses a task may reach: public ones, and what a setting allows by name or network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: IPv4 addresses are reachable through these as well.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class InvalidAllowance(ValueError):
    """An entry of the setting is neither a network nor a host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """Public addresses are allowed, and those of `networks` and of the named `hosts`."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def allows(self, host: str, address: Address) -> bool:
        """Tell whether a connection to `address`, found for the name `host`, may be opened."""
        meant = embedded_ipv4(address)
        listed = any(address in network or meant in network for network in self.networks)
        return listed or host.lower().rstrip(".") in self.hosts or is_public(meant)


def address_policy(entries: Iterable[str]) -> AddressPolicy:
    """Give the policy of a setting such as `127.0.0.0/8, 10.1.2.3, build.example`."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for entry in (text.strip() for text in entries):
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            hosts.add(_host(entry))
    return AddressPolicy(networks=tuple(networks), hosts=frozenset(hosts))


def is_public(address: Address) -> bool:
    """Tell whether `address` belongs to the internet at large, and to one machine."""
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def embedded_ipv4(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64), else `address` itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _host(entry: str) -> str:
    if not entry or "/" in entry or "*" in entry or entry.replace(".", "").isdigit():
        raise InvalidAllowance(
            f"expected a network such as 10.0.0.0/8, an address, or the full name of a host; found {entry!r}"
        )
    return entry.lower().rstrip(".")

"""Hosts: what a name is, who owns it, and what the certificate issuer is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from app.kernel import clock
from app.kernel.actor import Actor
from tenants.hosts import service
from tenants.hosts.errors import (
    DnsUnreachable,
    HostMalformed,
    HostReserved,
    HostTaken,
    HostUnknown,
    ProofMissing,
    TooManyHosts,
)
from tenants.hosts.gateways.dns import txt_records
from tenants.hosts.rules import is_ownable, normalise_host
from tenants.lifecycle.service import suspend
from tenants.registry.memory import Registry
from tests.factories.labels import a_label
from tests.zone import name_server


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("Shop.Example.COM", "shop.example.com"),
        ("shop.example.com.", "shop.example.com"),
        ("shop.example.com:8443", "shop.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
    ],
)
def test_a_host_has_one_canonical_form(given, canonical):
    assert normalise_host(given) == canonical


@pytest.mark.parametrize(
    "given",
    [
        "", ".", "..", "a..b", "-a.example", "a-.example", "a b.example", "a/b", "a\x00b.example", "a\r\nb", "a_b.example",
        "x" * 64 + ".example", "a." * 127 + "a", "shop。example", "[::1]", "user@example.com", "xn--a.example",
        "example.com:99999999", "%65xample.com", "ex\u00adample.com:80:80", "xn--zzzzzz99999.example",
    ],
)  # fmt: skip
def test_what_is_no_host_has_no_form(given):
    assert normalise_host(given) is None


@pytest.mark.parametrize("host", ["localhost", "10.0.0.1", "a.localhost", "printer.local", "x.internal", "word", "1.2"])
def test_addresses_and_private_names_can_be_nobodys(host):
    assert not is_ownable(host)


@pytest.fixture
def zone():
    """A name server's records: names to TXT values; None is a server failure. `lookup` asks it."""
    with name_server() as (records, port):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        records["lookup"] = lambda name: txt_records(name, resolver)  # type: ignore[assignment]
        yield records


def test_a_host_goes_live_once_its_record_is_there(label, zone):
    row = service.claim(label, "Shop.Proof-One.Example.")
    assert (row.host, row.state) == ("shop.proof-one.example", "pending")
    with pytest.raises(ProofMissing, match=r"_domain-proof\.shop\.proof-one\.example"):
        service.prove(label, row.host, lookup=zone["lookup"])
    zone[service.record_of(row.host)] = ['"something else"', f'"{row.proof}"']
    assert service.prove(label, row.host, lookup=zone["lookup"]).state == "live"
    registry = Registry()
    registry.load()
    assert registry.by_host("shop.proof-one.example").tenant.id == label.id


def test_name_servers_that_fail_are_named_as_such(label, zone):
    row = service.claim(label, "shop.unreachable.example")
    zone[service.record_of(row.host)] = None
    with pytest.raises(DnsUnreachable):
        service.prove(label, row.host, lookup=zone["lookup"])


def test_two_labels_may_claim_and_one_may_own(label, rival, zone):
    mine, theirs = service.claim(label, "both.example"), service.claim(rival, "both.example")
    zone[service.record_of("both.example")] = [f'"{mine.proof}"', f'"{theirs.proof}"']
    service.prove(label, "both.example", lookup=zone["lookup"])
    with pytest.raises(HostTaken):
        service.prove(rival, "both.example", lookup=zone["lookup"])
    with pytest.raises(HostTaken):
        service.claim(a_label(), "both.example")


def test_a_rivals_proof_does_not_help(label, rival, zone):
    service.claim(label, "stolen.example")
    theirs = service.claim(rival, "stolen.example")
    zone[service.record_of("stolen.example")] = [f'"{theirs.proof}"']
    with pytest.raises(ProofMissing):
        service.prove(label, "stolen.example", lookup=zone["lookup"])


def test_a_removed_host_rests_before_another_label_may_have_it(label, rival):
    row = service.claim(label, "rests.example")
    service.prove(label, "rests.example", lookup=lambda _: {row.proof})
    service.remove(label, "rests.example")
    with pytest.raises(HostTaken):
        service.claim(rival, "rests.example")
    assert service.claim(label, "rests.example").state == "pending"
    service.prove(label, "rests.example", lookup=lambda _: {service.hosts_of(label)[-1].proof} | _proofs(label))
    service.remove(label, "rests.example")
    with clock.frozen_at(clock.now() + timedelta(days=31)):
        assert service.claim(rival, "rests.example").state == "pending"


def _proofs(tenant):
    return {row.proof for row in service.hosts_of(tenant)}


@pytest.mark.parametrize("host", ["localhost", "evil.localhost", "admin.localhost"])
def test_the_platforms_own_domain_cannot_be_claimed(label, host):
    with pytest.raises((HostReserved, HostMalformed)):
        service.claim(label, host)


def test_a_rivals_host_is_not_found(label, rival):
    service.claim(label, "mine-alone.example")
    with pytest.raises(HostUnknown):
        service.remove(rival, "mine-alone.example")
    with pytest.raises(HostUnknown):
        service.make_primary(rival, "mine-alone.example")


def test_a_label_claims_a_bounded_number_of_hosts(connected):
    tenant = a_label()
    for number in range(service.HOSTS_PER_LABEL - 1):
        service.claim(tenant, f"h{number}.many.example")
    with pytest.raises(TooManyHosts):
        service.claim(tenant, "one-more.many.example")


def test_claims_that_nobody_proves_are_forgotten(label):
    service.claim(label, "forgotten.example")
    with clock.frozen_at(clock.now() + timedelta(days=15)):
        assert service.tidy() >= 1
    assert "forgotten.example" not in {row.host for row in service.hosts_of(label)}


def test_certificates_only_for_proven_hosts_of_active_labels(connected):
    tenant, registry = a_label(slug="certified"), Registry()
    row = service.claim(tenant, "certified.example")
    service.claim(tenant, "unproven.example")
    service.prove(tenant, "certified.example", lookup=lambda _: {row.proof})
    registry.load()

    def may(host):
        return service.may_have_certificate(registry, host, admin_host="admin.localhost")

    assert may("certified.example")
    assert may("CERTIFIED.example.")
    assert may("certified.localhost")
    assert may("admin.localhost")
    assert not any(map(may, ["unproven.example", "unknown.example", "", "..", "127.0.0.1"]))
    suspend(tenant.id, by=Actor.system(None), reason="x")
    registry.refresh()
    assert not may("certified.example")
    assert replace(tenant).state.value == "active"

"""Circuits: nobody waits for what has failed again and again, and one request finds out when it is well."""

from __future__ import annotations

import pytest

from agents.circuit import FAILURES, FIRST_SECONDS, LONGEST_SECONDS, Circuit
from agents.errors import (
    BadRequest,
    CopyLocked,
    KeyRejected,
    ModelFailed,
    ModelThrottled,
    ModelUnavailable,
    ModelUnusable,
    QuotaExhausted,
)
from tests.agents.conftest import Clock


def is_open(circuit: Circuit, model: str = "m") -> bool:
    try:
        circuit.check(model)
    except ModelFailed as error:
        return error.code == "circuit_open"
    return False


@pytest.mark.parametrize("error", [QuotaExhausted("x"), KeyRejected("x")])
def test_money_and_keys_open_it_for_every_model_at_once(clock: Clock, error: ModelFailed) -> None:
    circuit = Circuit(clock)
    circuit.failed("m", error)
    assert is_open(circuit, "m")
    assert is_open(circuit, "other")
    with pytest.raises(type(error)):
        circuit.check("m")


def test_trouble_opens_it_for_its_model_after_some_failures(clock: Clock) -> None:
    circuit = Circuit(clock)
    for _ in range(FAILURES - 1):
        circuit.failed("m", ModelUnavailable("outage"))
    assert not is_open(circuit)
    circuit.failed("m", ModelUnavailable("outage"))
    assert is_open(circuit)
    assert not is_open(circuit, "other")


@pytest.mark.parametrize("error", [ModelThrottled("x"), CopyLocked("x"), BadRequest("x"), ModelUnusable("x")])
def test_what_is_no_outage_never_opens_it(clock: Clock, error: ModelFailed) -> None:
    circuit = Circuit(clock)
    for _ in range(FAILURES * 2):
        circuit.failed("m", error)
    assert not is_open(circuit)


def test_one_tries_when_the_time_is_over_and_decides_for_all(clock: Clock) -> None:
    circuit = Circuit(clock)
    circuit.failed("m", QuotaExhausted("x"))
    clock.now += FIRST_SECONDS
    assert not is_open(circuit)
    assert is_open(circuit)
    circuit.failed("m", QuotaExhausted("x"))
    clock.now += FIRST_SECONDS * 2 - 1
    assert is_open(circuit)
    clock.now += 1
    assert not is_open(circuit)
    circuit.passed("m")
    assert not is_open(circuit)


def test_it_never_stays_open_for_long(clock: Clock) -> None:
    circuit = Circuit(clock)
    for _ in range(20):
        circuit.failed("m", QuotaExhausted("x"))
        clock.now += LONGEST_SECONDS
        assert not is_open(circuit)

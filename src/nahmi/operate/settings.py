# SPDX-License-Identifier: Apache-2.0
"""What an operator sets in `node.toml`; everything has a default that is safe."""

import tomllib
from typing import Self

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.operate.exchange_settings import (
    MEBIBYTE,
    AnyExchangeSettings,
    DirectExchangeSettings,
    ExchangeSettings,
    wrong_with,
)
from nahmi.operate.request_lines import Keeps


class ServeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the node listens.

    Attributes:
        host: Address; anything but loopback wants a proxy that speaks TLS in front.
        port: 1..65535.
        workers: Processes, 1 or more.
        public_url: How people reach the node, such as `https://nahmi.example`; empty for
            `http://host:port`. With https, cookies are sent over https only.
        trusted_proxies: Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed.
        drain_s: How long a node that is told to stop says that it is not ready and still takes
            requests, so that a load balancer turns to others first, seconds.
        stop_s: How long it then waits for requests under way, seconds.
        request_log: Which requests get a line in the log: `all`, `changes_and_failures`, or
            `none`.
        slow_ms: A request that takes so long counts among the failures there, milliseconds.
    """

    host: str = "127.0.0.1"
    port: int = 8410
    workers: int = 1
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    drain_s: int = 0
    stop_s: int = 30
    request_log: Keeps = Keeps.CHANGES_AND_FAILURES
    slow_ms: int = 1000

    @property
    def address(self) -> str:
        """Where people reach the node, without a slash at its end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one request may ask for, and how many may wait.

    Attributes:
        upload_bytes: Largest content.
        json_bytes: Largest JSON body.
        import_bytes: Largest file that is imported into a bank.
        batch: Most signals in one request.
        decoders: Processes that decode content, a server process; 0 for one a core.
        waiting: Uploads that may wait for a decoder; one more is answered 503.
        concurrent: Requests under way in one server process; one more is answered 503. Health
            checks and metrics are answered nevertheless.
        connections: Open connections of one server process; for one more, the one that has waited
            longest for a request is closed.
        head_s: How long a connection may wait for a request, or take to send its head, seconds.
        body_s: How long the node waits for a body, all pauses together, seconds; each 1,000 bytes
            give one second more, but no single pause may be longer. Of a stream only that counts.
        answer_s: How long a caller may take nothing of an answer, seconds.
    """

    upload_bytes: int = 100 * MEBIBYTE
    json_bytes: int = 16 * MEBIBYTE
    import_bytes: int = 4096 * MEBIBYTE
    batch: int = 10_000
    decoders: int = 0
    waiting: int = 64
    concurrent: int = 1_000
    connections: int = 4_000
    head_s: int = 10
    body_s: int = 30
    answer_s: int = 60


class FetchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where content may be fetched by URL.

    Attributes:
        hosts: Rules such as `images.example.org`, or `.example.org` for all names below; none means
            switched off. docs/explanation/outbound-calls.md has their form.
    """

    hosts: tuple[str, ...] = ()


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where webhooks may go.

    Attributes:
        private_hosts: Hosts inside your network that may be called although they are private,
            such as `http://10.0.0.7:8080`; scheme and port count.
    """

    private_hosts: tuple[str, ...] = ()


class CircleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How this node meets the other nodes of its circles.

    Attributes:
        url: How other nodes reach this one; empty for the address under `serve`.
        wait_s: How long another node may wait with its answer when there is nothing new, seconds.
        private_hosts: Nodes inside your network that may be called although they are private,
            such as `http://10.0.0.7:8410`; scheme and port count.
        common_hosts: Names of hosts that too many pages share; signals for them are held back.
    """

    url: str = ""
    wait_s: int = 10
    private_hosts: tuple[str, ...] = ()
    common_hosts: tuple[str, ...] = ()


class HmaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The interface that callers of Hasher-Matcher-Actioner know.

    Attributes:
        enabled: Whether it is offered.
        prefix: What its paths begin with, such as `/hma`; empty for `/h`, `/m` and `/c`.
    """

    enabled: bool = False
    prefix: str = ""


class RetentionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long the node keeps what it noted.

    Attributes:
        match_log_days: How long a match stays in the match log; 0 for ever. What is counted beside
            it stays.
    """

    match_log_days: int = 365


class TelemetrySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Traces for a collector of OpenTelemetry that the operator runs.

    Attributes:
        endpoint: The collector's whole address, such as `http://127.0.0.1:4318/v1/traces`; empty
            for no traces.
        share: Of all requests that is traced, 0..1.
    """

    endpoint: str = ""
    share: float = 0.01


class ThreatExchangeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Plug-ins written for Meta's library `threatexchange`.

    Attributes:
        manifests: Modules with a `TX_MANIFEST`, such as `tx_extension_clip`.
        signal_types: Single classes as `package.module:Class`, or `name=package.module:Class` for
            another name.
        seconds: How long a plug-in may take for one answer; then it is stopped.
        memory_bytes: What the process of the plug-ins may take beyond its own start.
        exchange: From where signals are fetched.
    """

    manifests: tuple[str, ...] = ()
    signal_types: tuple[str, ...] = ()
    seconds: int = 5
    memory_bytes: int = 1024 * MEBIBYTE
    exchange: tuple[ExchangeSettings, ...] = ()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything in `node.toml`.

    Attributes:
        layout: Version of the folder's layout.
        database: `postgresql://...`; empty for the SQLite file in the folder.
        exchange: Exchanges that nahmi itself speaks with.
        serve: How the node listens.
        limits: What one request may ask for.
        fetch: From where content may be fetched.
        webhooks: Where webhooks may go.
        circles: How this node meets the others of its circles.
        hma: The interface of Hasher-Matcher-Actioner.
        retention: How long the node keeps what it noted.
        telemetry: Traces for a collector that the operator runs.
        threatexchange: Plug-ins written for the library of that name.
    """

    layout: int
    database: str = ""
    exchange: tuple[DirectExchangeSettings, ...] = ()
    serve: ServeSettings = ServeSettings()
    limits: LimitSettings = LimitSettings()
    fetch: FetchSettings = FetchSettings()
    webhooks: WebhookSettings = WebhookSettings()
    circles: CircleSettings = CircleSettings()
    hma: HmaSettings = HmaSettings()
    retention: RetentionSettings = RetentionSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    threatexchange: ThreatExchangeSettings = ThreatExchangeSettings()

    @property
    def exchanges(self) -> tuple[AnyExchangeSettings, ...]:
        """All exchanges, those of plug-ins and those that nahmi itself speaks with."""
        return (*self.threatexchange.exchange, *self.exchange)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read settings from TOML.

        Raises:
            InputError: INPUT_INVALID: not TOML, an unknown name, or a value out of range.
        """
        try:
            settings = msgspec.convert(tomllib.loads(text), cls)
        except tomllib.TOMLDecodeError as error:
            raise _invalid(f"It is not TOML: {error}") from error
        except msgspec.ValidationError as error:
            raise _invalid(str(error)) from error
        _check(settings)
        return settings


def _check(settings: Settings) -> None:
    _check_ranges(
        ("serve.port", settings.serve.port, 1, 65535),
        ("serve.workers", settings.serve.workers, 1, 1024),
        ("serve.drain_s", settings.serve.drain_s, 0, 3600),
        ("serve.stop_s", settings.serve.stop_s, 1, 3600),
        ("serve.slow_ms", settings.serve.slow_ms, 1, 3_600_000),
        ("limits.upload_bytes", settings.limits.upload_bytes, 1, 1 << 40),
        ("limits.json_bytes", settings.limits.json_bytes, 1, 1 << 32),
        ("limits.import_bytes", settings.limits.import_bytes, 1, 1 << 40),
        ("limits.batch", settings.limits.batch, 1, 1_000_000),
        ("limits.decoders", settings.limits.decoders, 0, 1024),
        ("limits.waiting", settings.limits.waiting, 1, 1_000_000),
        ("limits.concurrent", settings.limits.concurrent, 1, 1_000_000),
        ("limits.connections", settings.limits.connections, 1, 1_000_000),
        ("limits.head_s", settings.limits.head_s, 1, 3600),
        ("limits.body_s", settings.limits.body_s, 1, 3600),
        ("limits.answer_s", settings.limits.answer_s, 1, 3600),
        ("circles.wait_s", settings.circles.wait_s, 0, 60),
        ("retention.match_log_days", settings.retention.match_log_days, 0, 36_500),
        ("threatexchange.seconds", settings.threatexchange.seconds, 1, 600),
        ("threatexchange.memory_bytes", settings.threatexchange.memory_bytes, MEBIBYTE, 1 << 40),
    )
    if fault := wrong_with(settings.threatexchange.exchange, settings.exchange):
        raise _invalid(fault)
    if not 0 <= settings.telemetry.share <= 1:
        raise _invalid("telemetry.share must lie between 0 and 1")
    endpoint = settings.telemetry.endpoint
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise _invalid("telemetry.endpoint must begin with http:// or https://")
    if settings.hma.prefix and not settings.hma.prefix.startswith("/"):
        raise _invalid("hma.prefix must begin with /")


def _check_ranges(*ranges: tuple[str, int, int, int]) -> None:
    for name, value, least, most in ranges:
        if not least <= value <= most:
            raise _invalid(f"{name} must lie between {least} and {most}")


def _invalid(detail: str) -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID,
        f"The node's node.toml cannot be used. {detail.rstrip('.')}.",
        hint="docs/reference/settings.md lists what may be set.",
    )

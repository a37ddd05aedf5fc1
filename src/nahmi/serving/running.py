# SPDX-License-Identifier: Apache-2.0
"""`nahmi serve`: opens the sockets, then serves in this process or supervises several."""

import socket
import sys
from collections.abc import Sequence

import msgspec

from nahmi.bootstrap.checkup.serving import OTHER_FILES
from nahmi.bootstrap.logs import configure_logs
from nahmi.bootstrap.place import NodePlace
from nahmi.operate.settings import Settings
from nahmi.serving.listening import listen
from nahmi.serving.supervisor import Supervisor
from nahmi.serving.task import Task


def run(place: NodePlace, settings: Settings) -> None:
    """Serve until the process is told to stop; requests under way are finished first.

    With several workers a hangup signal replaces them one after the other.

    Args:
        place: Where the node is.
        settings: What its operator set.

    Raises:
        InputError: ADDRESS_UNUSABLE: the node cannot listen where it should.
        NahmiError: The node could not be opened.
    """
    sockets = listen(settings.serve.host, settings.serve.port)
    task = Task(place, _within_the_system(settings))
    configure_logs(sys.stderr)
    try:
        _serve(task, sockets)
    finally:
        for one in sockets:
            one.close()


def _serve(task: Task, sockets: Sequence[socket.socket]) -> None:
    if task.settings.serve.workers > 1:
        Supervisor(task, sockets).run()
        return
    from nahmi.serving.process import serve_alone  # noqa: PLC0415 - slow; supervisors do without

    serve_alone(task, sockets)


def _within_the_system(settings: Settings) -> Settings:
    """Ask for as many open files as the limits need, and lower them to what the system gives.

    A process that has no file left can open neither store nor index for those whom it serves.
    """
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return settings
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.limits.connections + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return settings
    most = wanted if hard == resource.RLIM_INFINITY else max(soft, min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most == wanted:
        return settings
    connections = max(most - OTHER_FILES, most // 2)
    limits = msgspec.structs.replace(settings.limits, connections=connections)
    return msgspec.structs.replace(settings, limits=limits)

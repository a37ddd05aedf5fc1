# SPDX-License-Identifier: Apache-2.0
"""A server process: alone, or one of several under a supervisor."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence

from nahmi.bootstrap.logs import configure_logs
from nahmi.errors import NahmiError
from nahmi.serving.link import Speaker
from nahmi.serving.node_app import node_app
from nahmi.serving.server import NodeServer, serve_until_told
from nahmi.serving.supervisor import FAILED
from nahmi.serving.task import Task


def serve_alone(task: Task, sockets: Sequence[socket.socket]) -> None:
    """Serve in this process until it is told to stop.

    Raises:
        NahmiError: The node could not be opened.
    """
    gate = node_app(task.place, task.settings)
    server = NodeServer(gate, task.settings)
    serve_until_told(server, gate, sockets)


def serve_as_one_of_several(task: Task, sockets: Sequence[socket.socket], speaker: Speaker) -> None:
    """Serve until told to stop, or until the supervisor is gone.

    Raises:
        NahmiError: The node could not be opened.
    """
    gate = node_app(task.place, task.settings)

    def begin() -> None:
        asyncio.get_running_loop().add_reader(speaker.channel.fileno(), hear)
        speaker.ready()

    def hear() -> None:
        if speaker.is_over():
            asyncio.get_running_loop().remove_reader(speaker.channel.fileno())
            server.stop_now()

    server = NodeServer(gate, task.settings, on_start=begin, on_look=speaker.alive)
    serve_until_told(server, gate, sockets)


def main() -> None:
    """Serve what the supervisor said; started with the numbers of the link and of the sockets."""
    gc.enable()  # loading is over
    configure_logs(sys.stderr)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # means the supervisor
    link, *listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    speaker = Speaker(link)
    try:
        serve_as_one_of_several(Task.told(os.environ), listening, speaker)
    except NahmiError as error:
        speaker.failed(error)
        sys.exit(FAILED)

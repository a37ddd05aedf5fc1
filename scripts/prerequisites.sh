#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Say what this machine lacks to build nahmi, before anything is built. $1: the Python to use.
set -eu
python=$1
lacks() {
    printf 'nahmi needs %s.\n' "$1" >&2
    shift
    printf '  %s\n' "$@" >&2
    exit 1
}

command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    lacks "Python 3.11 or later, and '$python' is none" \
        'Debian 12, Ubuntu 24.04 or later: sudo apt-get install python3 python3-venv python3-dev' \
        'If it has another name here: make PYTHON=python3.12 test'
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    lacks "Python's venv module" 'Debian, Ubuntu: sudo apt-get install python3-venv'
"$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null ||
    lacks "Python's headers" 'Debian, Ubuntu: sudo apt-get install python3-dev' \
        'Fedora: sudo dnf install python3-devel'
command -v "${CC:-cc}" >/dev/null && command -v "${CXX:-c++}" >/dev/null ||
    lacks 'a C and a C++ compiler' 'Debian, Ubuntu: sudo apt-get install build-essential' \
        'Fedora: sudo dnf install gcc gcc-c++' 'macOS: xcode-select --install'

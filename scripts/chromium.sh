#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Print the path of a Chromium that starts, installing Debian's when there is none.
#
# The tests open nahmi's pages in it. NAHMI_CHROMIUM names another browser binary.
set -eu

find_browser() {
    for name in "${NAHMI_CHROMIUM:-}" chromium chromium-browser google-chrome \
        '/Applications/Chromium.app/Contents/MacOS/Chromium' \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
        [ -n "$name" ] || continue
        path=$(command -v "$name") || continue
        # Ubuntu's chromium-browser is a stub that asks for snap: only one that answers counts.
        if "$path" --version >/dev/null 2>&1; then
            printf '%s\n' "$path"
            return 0
        fi
    done
    return 1
}

install_browser() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -eq 0 ]; then as_root=; else as_root='sudo -n'; fi
    # shellcheck disable=SC2086 # two words on purpose
    { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends chromium; } >/dev/null 2>&1
}

find_browser && exit 0
echo 'Installing Chromium for the browser tests (Debian package "chromium") ...' >&2
install_browser && find_browser && exit 0
cat >&2 <<'MESSAGE'
The browser tests need Chromium or Chrome, and none was found that starts.
  Debian: sudo apt-get install chromium
  Fedora: sudo dnf install chromium
  macOS:  brew install --cask chromium, or install Google Chrome
  else:   set NAHMI_CHROMIUM to the path of a Chromium binary
MESSAGE
exit 1

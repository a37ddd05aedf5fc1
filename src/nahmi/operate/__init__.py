# SPDX-License-Identifier: Apache-2.0
"""Running a node: jobs, the outbox, webhooks, requests that are sent twice, the node key. Pure."""

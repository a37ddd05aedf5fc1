# SPDX-License-Identifier: Apache-2.0
"""Circles: what a node does to keep, read, judge and act upon their logs.

applying    statements become part of a log and of what it leaves, in one transaction
judging     what is said of signals decides which entries this node's banks have
hosting     the home of a log takes statements in
following   another node reads them, and believes nothing unchecked
speaking    our own organisation says something
joining     circles are founded, others invited, rosters changed
"""
